//! Files, folders and links by their numbers: the state that programs see, or the one that is on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::SystemTime;

/// The number of a file.
pub type Ino = u64;

/// The number of the uppermost folder.
pub const ROOT: Ino = 1;

/// What a file is.
#[derive(Debug, Clone)]
pub enum Body {
    /// A regular file with its bytes.
    File(Arc<Vec<u8>>),
    /// A folder with its names.
    Folder(BTreeMap<OsString, Ino>),
    /// A symbolic link with where it leads to.
    Link(OsString),
    /// A pipe or a socket, by the type in its mode.
    Special(u32),
}

/// A file of any kind.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub body: Body,
    /// Its permissions.
    pub mode: u32,
    /// Its owner and the owner's group.
    pub owner: (u32, u32),
    /// When its content was changed last.
    pub changed: SystemTime,
}

impl Node {
    /// How many bytes a regular file has.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::File(bytes) => bytes.len() as u64,
            Body::Link(target) => target.len() as u64,
            _ => 0,
        }
    }

    /// The bytes of a regular file, to be changed.
    pub fn bytes(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.body {
            Body::File(bytes) => Some(Arc::make_mut(bytes)),
            _ => None,
        }
    }

    /// The same without any content: what is on the disk of a file that was made and never written.
    #[must_use]
    pub fn blank(&self) -> Self {
        let body = match &self.body {
            Body::File(_) => Body::File(Arc::default()),
            Body::Folder(_) => Body::Folder(BTreeMap::new()),
            other => other.clone(),
        };
        Self { body, ..self.clone() }
    }
}

/// All files of one state.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Each by its number.
    pub nodes: BTreeMap<Ino, Node>,
}

impl Tree {
    /// The names in a folder; none where it is no folder.
    pub fn names(&self, folder: Ino) -> Option<&BTreeMap<OsString, Ino>> {
        match &self.nodes.get(&folder)?.body {
            Body::Folder(names) => Some(names),
            _ => None,
        }
    }

    /// The names in a folder, to be changed.
    pub fn names_mut(&mut self, folder: Ino) -> Option<&mut BTreeMap<OsString, Ino>> {
        match &mut self.nodes.get_mut(&folder)?.body {
            Body::Folder(names) => Some(names),
            _ => None,
        }
    }

    /// What a name in a folder stands for.
    pub fn child(&self, folder: Ino, name: &OsStr) -> Option<Ino> {
        self.names(folder)?.get(name).copied()
    }

    /// What lies at a path below the root.
    pub fn find(&self, path: &Path) -> Option<Ino> {
        path.components().try_fold(ROOT, |at, part| match part {
            Component::Normal(name) => self.child(at, name),
            _ => Some(at),
        })
    }

    /// Whether a file is a folder.
    pub fn is_folder(&self, ino: Ino) -> bool {
        self.names(ino).is_some()
    }

    /// How many names each file has, of those that are reached from the root.
    pub fn links(&self) -> BTreeMap<Ino, u32> {
        let mut links = BTreeMap::from([(ROOT, 2)]);
        let mut waiting = vec![ROOT];
        let mut seen = BTreeSet::new();
        while let Some(folder) = waiting.pop() {
            if !seen.insert(folder) {
                continue;
            }
            for ino in self.names(folder).into_iter().flat_map(BTreeMap::values) {
                *links.entry(*ino).or_default() += 1;
                if self.is_folder(*ino) {
                    waiting.push(*ino);
                }
            }
        }
        links
    }

    /// Forgets what no name leads to.
    pub fn settle(&mut self) {
        let links = self.links();
        self.nodes.retain(|ino, _| links.contains_key(ino));
    }

    /// Every regular file below a path, each with its path below the root, and its bytes.
    pub fn files_below(&self, path: &Path) -> BTreeMap<OsString, Arc<Vec<u8>>> {
        let mut files = BTreeMap::new();
        let mut waiting: Vec<_> =
            self.find(path).map(|ino| (path.as_os_str().to_owned(), ino)).into_iter().collect();
        while let Some((path, ino)) = waiting.pop() {
            match self.nodes.get(&ino).map(|node| &node.body) {
                Some(Body::File(bytes)) => drop(files.insert(path, Arc::clone(bytes))),
                Some(Body::Folder(names)) => waiting.extend(names.iter().map(|(name, ino)| {
                    let whole = Path::new(&path).join(name);
                    (whole.into_os_string(), *ino)
                })),
                _ => {}
            }
        }
        files
    }

    /// A copy of what lies below a folder of this machine.
    ///
    /// # Errors
    ///
    /// When something there cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.take_in(folder, ROOT)?;
        Ok(tree)
    }

    fn take_in(&mut self, path: &Path, ino: Ino) -> io::Result<()> {
        let found = fs::symlink_metadata(path)?;
        let body = if found.is_dir() {
            Body::Folder(BTreeMap::new())
        } else if found.is_symlink() {
            Body::Link(fs::read_link(path)?.into_os_string())
        } else {
            Body::File(Arc::new(fs::read(path)?))
        };
        let node = Node {
            body,
            mode: found.permissions().mode() & 0o7777,
            owner: (found.uid(), found.gid()),
            changed: found.modified()?,
        };
        self.nodes.insert(ino, node);
        if !found.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let child = self.nodes.keys().next_back().copied().unwrap_or(ROOT) + 1;
            self.take_in(&entry.path(), child)?;
            if let Some(names) = self.names_mut(ino) {
                names.insert(entry.file_name(), child);
            }
        }
        Ok(())
    }
}
