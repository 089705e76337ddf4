//! What people and their exporters write about the business: objective files and evidence files (seed 000, `CONTRACT.md` sections 2 and 8),
//! and the pages and files that a configuration names. They are read and never written here; where they may lie, and how much of them is
//! read, is bounded. What is wrong with one is told with file, line and key.

mod check;
mod document;
pub mod fetch;
mod measurement;
mod objective;
mod place;

pub use check::{Checked, check, obstacle};
pub use document::{Document, MAX_DOCUMENT_BYTES, Markup};
pub use measurement::{Measurement, parse_measurement, read_measurement};
pub use objective::{LoadedObjective, Names, find_objective, load_objective, parse_objective};
pub use place::{Located, Places, locate};

use std::path::PathBuf;

use crate::sys::files::FileError;
use crate::text::yaml::YamlError;

/// Most bytes of such a file: people write them, or an exporter that keeps one snapshot in each.
const MAX_BYTES: u64 = 256 * 1024;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It is not there.
    #[error("{} does not exist", .0.display())]
    Absent(PathBuf),
    /// It cannot be read.
    #[error(transparent)]
    File(FileError),
    /// It lies where no evidence is read.
    #[error("{} is not read as evidence: {why}", .path.display())]
    Refused {
        /// The path as it was given.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// It is not of the form that it should be.
    #[error(transparent)]
    Form(#[from] YamlError),
}

impl EvidenceError {
    /// Whether the next run may find it mended without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::File(error) if error.is_temporary())
    }
}

/// When a file was last written.
pub fn modified(path: &std::path::Path) -> Option<jiff::Timestamp> {
    jiff::Timestamp::try_from(path.metadata().ok()?.modified().ok()?).ok()
}

fn read(path: &std::path::Path) -> Result<String, EvidenceError> {
    crate::sys::files::read_text(path, MAX_BYTES).map_err(|error| {
        if path.symlink_metadata().is_ok() {
            EvidenceError::File(error)
        } else {
            EvidenceError::Absent(path.to_owned())
        }
    })
}
