//! Which rule holds where.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Disk;
use crate::tree::Ino;

/// Folders of git in which it writes what it hands to the disk at once and counts on the next sync of any file for the rest.
const BATCHES: &str = "tmp_objdir-bulk-fsync";

/// What a sync promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// As ext4, xfs and btrfs do it: changes of names, sizes and permissions stand in one journal in their order, and any sync brings all
    /// those before it to the disk; the bytes of a file come with a sync of that very file.
    Journal,
    /// By the letter of POSIX: the bytes of a file come with a sync of the file, a name with a sync of its folder, and nothing with
    /// anything else. A file that moves to another folder has its new name on the disk before it loses the old one.
    Strict,
}

/// Which rule holds where.
#[derive(Debug, Clone)]
pub struct Layout {
    /// What holds in general.
    pub rule: Rule,
    /// Folders, by their path below the root, in which a journal is kept in any case: those in which programs write that count on one.
    pub journaled: Vec<PathBuf>,
}

/// What holds for a file besides its content.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) rule: Rule,
    /// Whether git has handed its bytes to the disk when it closes it.
    pub(super) is_batched: bool,
    /// Where a folder was made, as far as the layout asks.
    pub(super) path: Option<PathBuf>,
}

impl Disk {
    /// The rule of a file.
    pub(super) fn rule(&self, ino: Ino) -> Rule {
        self.parts.get(&ino).map_or(self.layout.rule, |part| part.rule)
    }

    /// Says what holds for a new file: what holds for its folder, unless the layout names it.
    pub(super) fn assign(&mut self, folder: Ino, name: &OsStr, ino: Ino) {
        let Some(above) = self.parts.get(&folder) else { return };
        let path = above.path.as_ref().map(|path| path.join(name));
        let is_asked = |path: &&PathBuf| {
            self.layout.journaled.iter().any(|named| named.starts_with(path as &Path))
        };
        let path = path.as_ref().filter(is_asked).cloned();
        let is_named = path.as_ref().is_some_and(|path| self.layout.journaled.contains(path));
        let part = Part {
            rule: if is_named { Rule::Journal } else { above.rule },
            is_batched: above.is_batched || name.to_string_lossy().starts_with(BATCHES),
            path,
        };
        self.parts.insert(ino, part);
    }
}
