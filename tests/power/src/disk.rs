//! What programs see, what is on the disk, and the changes in between, in their order: which of them a sync brings to the disk, and which
//! are lost with the power.

mod change;
mod layout;
mod loss;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::SystemTime;

use rustix::io::Errno;

use self::change::Change;
use self::layout::Part;
pub use self::layout::{Layout, Rule};
use crate::tree::{Body, Ino, Node, ROOT, Tree};

/// What of the changes that were not synced is on the disk when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// What chance says, by this seed: of a journal a piece from its beginning, of anything else this and that, and of bytes a part.
    Some(u64),
}

#[derive(Debug, Clone)]
struct Pending {
    number: u64,
    change: Change,
    /// The change that is never on the disk later than this one.
    needs: Option<u64>,
    /// Whether it stands in the journal.
    is_journaled: bool,
}

/// A disk with its files.
#[derive(Debug, Clone)]
pub struct Disk {
    seen: Tree,
    kept: Tree,
    links: BTreeMap<Ino, u32>,
    parts: BTreeMap<Ino, Part>,
    /// Batched files that were closed.
    handed_over: BTreeSet<Ino>,
    pending: Vec<Pending>,
    layout: Layout,
    next_ino: Ino,
    next_number: u64,
}

impl Disk {
    /// A disk with these files on it.
    pub fn new(files: Tree, layout: Layout) -> Self {
        let mut disk = Self {
            kept: files.clone(),
            links: files.links(),
            parts: BTreeMap::new(),
            handed_over: BTreeSet::new(),
            pending: Vec::new(),
            next_ino: files.nodes.keys().next_back().map_or(ROOT, |last| *last) + 1,
            next_number: 0,
            layout,
            seen: files,
        };
        let rule = disk.layout.rule;
        disk.parts.insert(ROOT, Part { rule, is_batched: false, path: Some(PathBuf::new()) });
        let mut waiting = vec![ROOT];
        while let Some(folder) = waiting.pop() {
            for (name, ino) in disk.seen.names(folder).cloned().unwrap_or_default() {
                disk.assign(folder, &name, ino);
                if disk.seen.is_folder(ino) {
                    waiting.push(ino);
                }
            }
        }
        disk
    }

    /// What programs see.
    pub fn seen(&self) -> &Tree {
        &self.seen
    }

    /// How many changes a power loss could take.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many names a file has.
    pub fn links(&self, ino: Ino) -> u32 {
        self.links.get(&ino).copied().unwrap_or_default()
    }

    /// Makes a file of any kind.
    ///
    /// # Errors
    ///
    /// When the name is taken or there is no such folder.
    pub fn make(&mut self, folder: Ino, name: &OsStr, node: Node) -> Result<Ino, Errno> {
        self.is_free(folder, name)?;
        let ino = self.next_ino;
        self.next_ino += 1;
        self.kept.nodes.insert(ino, node.blank());
        self.links.insert(ino, u32::from(matches!(node.body, Body::Folder(_))));
        self.seen.nodes.insert(ino, node);
        self.assign(folder, name, ino);
        self.link_unchecked(folder, name, ino);
        Ok(ino)
    }

    /// Gives a file one more name.
    ///
    /// # Errors
    ///
    /// When the name is taken, or the file is a folder.
    pub fn link(&mut self, ino: Ino, folder: Ino, name: &OsStr) -> Result<(), Errno> {
        self.is_free(folder, name)?;
        if self.seen.is_folder(ino) {
            return Err(Errno::PERM);
        }
        self.link_unchecked(folder, name, ino);
        Ok(())
    }

    /// Takes a name away: that of a folder, which must be empty, or that of anything else.
    ///
    /// # Errors
    ///
    /// When there is no such name, or it is of the other kind.
    pub fn remove(&mut self, folder: Ino, name: &OsStr, is_folder: bool) -> Result<(), Errno> {
        let ino = self.seen.child(folder, name).ok_or(Errno::NOENT)?;
        match (self.seen.names(ino), is_folder) {
            (None, true) => return Err(Errno::NOTDIR),
            (Some(_), false) => return Err(Errno::ISDIR),
            (Some(names), true) if !names.is_empty() => return Err(Errno::NOTEMPTY),
            _ => {}
        }
        self.unlinked(ino);
        self.change(Change::Leave { folder, name: name.to_owned() }, None);
        self.touch(folder);
        Ok(())
    }

    /// Gives a file another name; what had that name before has none any more.
    ///
    /// # Errors
    ///
    /// When the names do not allow it.
    pub fn rename(
        &mut self,
        (folder, name): (Ino, &OsStr),
        (to_folder, to_name): (Ino, &OsStr),
        may_replace: bool,
    ) -> Result<(), Errno> {
        let ino = self.seen.child(folder, name).ok_or(Errno::NOENT)?;
        if let Some(there) = self.seen.child(to_folder, to_name) {
            if !may_replace {
                return Err(Errno::EXIST);
            }
            if there == ino {
                return Ok(());
            }
            match (self.seen.is_folder(ino), self.seen.names(there)) {
                (true, None) => return Err(Errno::NOTDIR),
                (false, Some(_)) => return Err(Errno::ISDIR),
                (true, Some(names)) if !names.is_empty() => return Err(Errno::NOTEMPTY),
                _ => {}
            }
            self.unlinked(there);
        }
        let from = (folder, name.to_owned());
        let to = (to_folder, to_name.to_owned());
        let is_journaled =
            self.rule(folder) == Rule::Journal && self.rule(to_folder) == Rule::Journal;
        if folder == to_folder || is_journaled || self.seen.is_folder(ino) {
            self.change(Change::Move { from, to, ino }, None);
        } else {
            let entered = self.change(Change::Enter { folder: to.0, name: to.1, ino }, None);
            self.change(Change::Leave { folder: from.0, name: from.1 }, Some(entered));
        }
        self.touch(folder);
        self.touch(to_folder);
        Ok(())
    }

    /// Lets two files change their names.
    ///
    /// # Errors
    ///
    /// When one of them is not there.
    pub fn exchange(
        &mut self,
        (folder, name): (Ino, &OsStr),
        (other_folder, other_name): (Ino, &OsStr),
    ) -> Result<(), Errno> {
        let ino = self.seen.child(folder, name).ok_or(Errno::NOENT)?;
        let other = self.seen.child(other_folder, other_name).ok_or(Errno::NOENT)?;
        let one = (folder, name.to_owned(), ino);
        let other = (other_folder, other_name.to_owned(), other);
        self.change(Change::Exchange { one, other }, None);
        Ok(())
    }

    /// Writes bytes at a place, or at the end where there is none.
    ///
    /// # Errors
    ///
    /// When it is no regular file.
    pub fn write(&mut self, ino: Ino, offset: Option<u64>, bytes: &[u8]) -> Result<(), Errno> {
        let node = self.seen.nodes.get_mut(&ino).ok_or(Errno::NOENT)?;
        let end = node.bytes().ok_or(Errno::ISDIR)?.len();
        node.changed = SystemTime::now();
        let offset = match offset {
            Some(offset) => usize::try_from(offset).map_err(|_| Errno::FBIG)?,
            None => end,
        };
        self.handed_over.remove(&ino);
        self.change(Change::Bytes { ino, offset, bytes: bytes.to_vec() }, None);
        Ok(())
    }

    /// Gives a regular file another size.
    ///
    /// # Errors
    ///
    /// When it is no regular file.
    pub fn resize(&mut self, ino: Ino, size: u64) -> Result<(), Errno> {
        let node = self.seen.nodes.get_mut(&ino).ok_or(Errno::NOENT)?;
        node.bytes().ok_or(Errno::ISDIR)?;
        node.changed = SystemTime::now();
        let size = usize::try_from(size).map_err(|_| Errno::FBIG)?;
        self.change(Change::Size { ino, size }, None);
        Ok(())
    }

    /// Sets permissions, owner and time of change, each where one is given.
    ///
    /// # Errors
    ///
    /// When there is no such file.
    pub fn set_attributes(
        &mut self,
        ino: Ino,
        mode: Option<u32>,
        owner: (Option<u32>, Option<u32>),
        changed: Option<SystemTime>,
    ) -> Result<(), Errno> {
        let node = self.seen.nodes.get(&ino).ok_or(Errno::NOENT)?;
        let change = Change::Attributes {
            ino,
            mode: mode.map_or(node.mode, |mode| mode & 0o7777),
            owner: (owner.0.unwrap_or(node.owner.0), owner.1.unwrap_or(node.owner.1)),
            changed: changed.unwrap_or(node.changed),
        };
        self.change(change, None);
        Ok(())
    }

    /// Takes note that a program has closed a file.
    pub fn closed(&mut self, ino: Ino) {
        if self.parts.get(&ino).is_some_and(|part| part.is_batched) {
            self.handed_over.insert(ino);
        }
    }

    /// Brings to the disk what a sync of this file or folder promises.
    pub fn sync(&mut self, ino: Ino) {
        let mut wanted = BTreeSet::new();
        for pending in self.pending.iter().rev() {
            let is_mine = pending.change.belongs_to().contains(&ino);
            let is_promised = match &pending.change {
                Change::Bytes { ino, .. } => is_mine || self.handed_over.contains(ino),
                _ => is_mine || pending.is_journaled,
            };
            if is_promised || wanted.contains(&pending.number) {
                wanted.insert(pending.number);
                wanted.extend(pending.needs);
            }
        }
        let all = std::mem::take(&mut self.pending);
        for pending in all {
            if wanted.contains(&pending.number) {
                self.reach_disk(&pending.change);
            } else {
                self.pending.push(pending);
            }
        }
        if let (Some(seen), Some(kept)) = (self.seen.nodes.get(&ino), self.kept.nodes.get_mut(&ino))
        {
            kept.changed = seen.changed;
        }
    }

    /// Makes a change in what is on the disk.
    fn reach_disk(&mut self, change: &Change) {
        change.carry_out(&mut self.kept);
        let Change::Size { ino: resized, size } = change else { return };
        // Bytes behind the new end that wait still were cut off before they came.
        for pending in &mut self.pending {
            if let Change::Bytes { ino, offset, bytes } = &mut pending.change
                && ino == resized
            {
                bytes.truncate(size.saturating_sub(*offset));
            }
        }
    }

    fn change(&mut self, change: Change, needs: Option<u64>) -> u64 {
        change.carry_out(&mut self.seen);
        let is_journaled =
            change.belongs_to().into_iter().all(|ino| self.rule(ino) == Rule::Journal);
        let number = self.next_number;
        self.next_number += 1;
        self.pending.push(Pending { number, change, needs, is_journaled });
        number
    }

    fn link_unchecked(&mut self, folder: Ino, name: &OsStr, ino: Ino) {
        *self.links.entry(ino).or_default() += 1;
        self.change(Change::Enter { folder, name: name.to_owned(), ino }, None);
        self.touch(folder);
    }

    fn unlinked(&mut self, ino: Ino) {
        let by = if self.seen.is_folder(ino) { 2 } else { 1 };
        let links = self.links.entry(ino).or_default();
        *links = links.saturating_sub(by);
    }

    /// A folder's time of change is told from its names: nothing that anybody syncs.
    fn touch(&mut self, folder: Ino) {
        if let Some(node) = self.seen.nodes.get_mut(&folder) {
            node.changed = SystemTime::now();
        }
    }

    fn is_free(&self, folder: Ino, name: &OsStr) -> Result<(), Errno> {
        let names = self.seen.names(folder).ok_or(Errno::NOENT)?;
        if folder != ROOT && self.links(folder) == 0 {
            return Err(Errno::NOENT);
        }
        if names.contains_key(name) { Err(Errno::EXIST) } else { Ok(()) }
    }
}
