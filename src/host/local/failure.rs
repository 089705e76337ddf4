//! How troubles with files look to those who use a host.

use std::path::Path;

use crate::host::HostError;
use crate::sys::files::FileError;

/// Sorts a trouble with the file of `what` into a case of [`HostError`].
pub(super) fn of_file(what: &str, error: &FileError) -> HostError {
    let what = what.to_owned();
    match error {
        FileError::NotFound { .. } => HostError::NotFound { what },
        FileError::NotRegular { .. } | FileError::TooLarge { .. } | FileError::NotText { .. } => {
            HostError::Malformed { what, reason: error.to_string() }
        }
        FileError::AlreadyExists { .. }
        | FileError::NoSpace { .. }
        | FileError::ReadOnly { .. }
        | FileError::Io { .. } => HostError::Unavailable { what, reason: error.to_string() },
    }
}

/// Says that something could not be written; a missing folder is no missing issue then.
pub(super) fn of_write(what: &str, error: &FileError) -> HostError {
    HostError::Unavailable { what: format!("write {what}"), reason: error.to_string() }
}

/// Says what the system said while `path` was looked at.
pub(super) fn of_io(what: &str, path: &Path, error: &std::io::Error) -> HostError {
    let reason = format!("`{}`: {error}", path.display());
    HostError::Unavailable { what: what.to_owned(), reason }
}

/// Says no.
pub(super) fn refused(what: impl Into<String>, reason: impl Into<String>) -> HostError {
    HostError::Refused { what: what.into(), reason: reason.into() }
}

/// Says that the world moved.
pub(super) fn stale(what: impl Into<String>, reason: impl Into<String>) -> HostError {
    HostError::Stale { what: what.into(), reason: reason.into() }
}
