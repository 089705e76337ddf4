//! Where releases of this program come from and whom they must come from: a repository's releases, a folder here or on the web, and the key
//! that this program was built with. Nothing here decides or changes anything.

mod place;
mod signature;
mod trust;
mod web;

#[cfg(test)]
mod tests;

pub use place::Place;
pub use signature::PublicKey;
pub use trust::Trust;
pub use web::{Deadlines, is_loopback};

use crate::sys::files::FileError;

/// Why a file of a release was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such release, or it has no such file.
    #[error("{0}")]
    Missing(String),
    /// It may not be asked for, or the server sends its readers elsewhere.
    #[error("{0}")]
    Refused(String),
    /// What came back is no such file.
    #[error("{0}")]
    Unusable(String),
    /// The next try may have more luck.
    #[error("{0}")]
    Unreachable(String),
    /// A file of a folder on this machine cannot be read.
    #[error(transparent)]
    File(FileError),
}
