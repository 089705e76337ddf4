//! The changes that programs make, each as small as the disk may do it or not.

use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use crate::tree::{Ino, Tree};

/// A change of one or two files.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Bytes { ino: Ino, offset: usize, bytes: Vec<u8> },
    Size { ino: Ino, size: usize },
    Attributes { ino: Ino, mode: u32, owner: (u32, u32), changed: SystemTime },
    Enter { folder: Ino, name: OsString, ino: Ino },
    Leave { folder: Ino, name: OsString },
    Move { from: (Ino, OsString), to: (Ino, OsString), ino: Ino },
    Exchange { one: (Ino, OsString, Ino), other: (Ino, OsString, Ino) },
}

impl Change {
    /// The files and folders whose sync brings it to the disk where no journal is kept.
    pub(super) fn belongs_to(&self) -> [Ino; 2] {
        match self {
            Self::Bytes { ino, .. } | Self::Size { ino, .. } | Self::Attributes { ino, .. } => {
                [*ino; 2]
            }
            Self::Enter { folder, .. } | Self::Leave { folder, .. } => [*folder; 2],
            Self::Move { from, to, .. } => [from.0, to.0],
            Self::Exchange { one, other } => [one.0, other.0],
        }
    }

    /// Makes the change in a state.
    pub(super) fn carry_out(&self, tree: &mut Tree) {
        match self {
            Self::Bytes { ino, offset, bytes } => {
                let Some(node) = tree.nodes.get_mut(ino) else { return };
                let Some(there) = node.bytes() else { return };
                let end = offset + bytes.len();
                if there.len() < end {
                    there.resize(end, 0);
                }
                there[*offset..end].copy_from_slice(bytes);
            }
            Self::Size { ino, size } => {
                let Some(node) = tree.nodes.get_mut(ino) else { return };
                if let Some(there) = node.bytes() {
                    there.resize(*size, 0);
                }
            }
            Self::Attributes { ino, mode, owner, changed } => {
                let Some(node) = tree.nodes.get_mut(ino) else { return };
                (node.mode, node.owner, node.changed) = (*mode, *owner, *changed);
            }
            Self::Enter { folder, name, ino } => enter(tree, *folder, name, *ino),
            Self::Leave { folder, name } => leave(tree, *folder, name),
            Self::Move { from, to, ino } => {
                leave(tree, from.0, &from.1);
                enter(tree, to.0, &to.1, *ino);
            }
            Self::Exchange { one, other } => {
                enter(tree, one.0, &one.1, other.2);
                enter(tree, other.0, &other.1, one.2);
            }
        }
    }
}

fn enter(tree: &mut Tree, folder: Ino, name: &OsStr, ino: Ino) {
    if let Some(names) = tree.names_mut(folder) {
        names.insert(name.to_owned(), ino);
    }
}

fn leave(tree: &mut Tree, folder: Ino, name: &OsStr) {
    if let Some(names) = tree.names_mut(folder) {
        names.remove(name);
    }
}
