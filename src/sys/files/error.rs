//! Why a file could not be read or written, in the cases on which callers branch.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It, or the folder that it is to lie in, is not there.
    #[error("`{}` does not exist", path.display())]
    NotFound {
        /// What is missing.
        path: PathBuf,
    },
    /// Something of that name is there already; it was left as it is.
    #[error("`{}` already exists; it was left as it is", path.display())]
    AlreadyExists {
        /// What is in the way.
        path: PathBuf,
    },
    /// It is a link, a folder, a pipe or a device; nothing was read or written.
    #[error("`{}` is not a regular file (links are not followed); put a regular file in its place", path.display())]
    NotRegular {
        /// What is no file.
        path: PathBuf,
    },
    /// It is larger than what may be read.
    #[error("`{}` is larger than {limit} bytes; shorten it", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that may be read, in bytes.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("`{}` is not UTF-8 text; save it as UTF-8", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// The disk is full or a quota is used up; what was there before is unchanged.
    #[error("no space left for `{}`; free some on that disk, the next run goes on", path.display())]
    NoSpace {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error("`{}` lies on a read-only file system; mount it writable or choose another folder", path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
    },
    /// Anything else.
    #[error("cannot {doing} `{}`: {source}{}", path.display(), advice(source))]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileError {
    /// Says whether a later try may succeed with nobody doing anything about the file itself (exit code 75).
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::WouldBlock
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::Interrupted
                    | io::ErrorKind::ResourceBusy
                    | io::ErrorKind::StaleNetworkFileHandle
            ),
            Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::NotRegular { .. }
            | Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::ReadOnly { .. } => false,
        }
    }

    /// Names the file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::AlreadyExists { path }
            | Self::NotRegular { path }
            | Self::TooLarge { path, .. }
            | Self::NotText { path }
            | Self::NoSpace { path }
            | Self::ReadOnly { path }
            | Self::Io { path, .. } => path,
        }
    }

    /// Sorts what the system said about `path` into a case.
    pub fn of(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::AlreadyExists => Self::AlreadyExists { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::IsADirectory => Self::NotRegular { path },
            _ => Self::Io { doing, path, source },
        }
    }
}

fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "; check who owns it and its mode",
        io::ErrorKind::NotADirectory => "; a part of the path is a file and not a folder",
        io::ErrorKind::CrossesDevices => "; both must lie on one file system",
        _ => "",
    }
}
