//! `self-update`: the newest release, or the one that is named, takes the place of this program. What is downloaded counts only once its
//! signature and its sum hold; it is run before it is put in place; what it replaces stays beside it as `agentos.previous`.

mod gather;
mod put;

use std::path::PathBuf;

pub use put::{Installed, previous_of};

use crate::domain::release::{self, Decision, Keeper, Refusal, Version};
use crate::release::{Deadlines, Place, ReleaseError, Trust};
use crate::sys::files::FileError;
use crate::sys::lock::Lock;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The version; the newest one when none is named.
    pub asked: Option<Version>,
    /// Only look.
    pub is_check: bool,
    /// Where the release lies, if not among those of the repository.
    pub from: Option<Place>,
}

/// Bounds of what is downloaded.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For the list and its signature.
    pub small: Deadlines,
    /// For the program.
    pub program: Deadlines,
    /// Most bytes of the program.
    pub most_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        use std::time::Duration;
        let connect = Duration::from_secs(10);
        Self {
            small: Deadlines { connect, total: Duration::from_secs(30) },
            program: Deadlines { connect, total: Duration::from_secs(600) },
            most_bytes: 200 * 1024 * 1024,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is the release.
    Current {
        /// Its version.
        version: Version,
    },
    /// There is another release, and only a look was asked for.
    Available {
        /// What is installed.
        from: Version,
        /// What could be.
        to: Version,
    },
    /// It was put in place.
    Updated {
        /// What was installed.
        from: Version,
        /// What is now.
        to: Version,
        /// Where.
        path: PathBuf,
        /// Where the program lies that was there before.
        previous: PathBuf,
    },
}

/// Why nothing was put in place.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The program belongs to a package.
    #[error("`{}` belongs to a package, which is not changed behind its back", path.display())]
    Kept {
        /// Where it lies.
        path: PathBuf,
        /// Whose it is.
        keeper: Keeper,
    },
    /// Its folder cannot be written.
    #[error("the folder of `{}` cannot be written: {why}", path.display())]
    NotOurs {
        /// Where the program lies.
        path: PathBuf,
        /// What the system said.
        why: FileError,
    },
    /// Another process does the same just now.
    #[error("another `agentos self-update` is at work on `{}`", path.display())]
    Busy {
        /// Where the program lies.
        path: PathBuf,
    },
    /// The release is not the one that is wanted.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A file of the release was not read.
    #[error("the release was not read: {0}")]
    Read(#[from] ReleaseError),
    /// What came is not what was released; nothing of it was kept.
    #[error("the release is not taken: {0}")]
    Untrusted(String),
    /// The new program does not work here.
    #[error("the new program does not work here, so nothing was changed: {0}")]
    Broken(String),
    /// A file beside the program could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Brings what is installed to the release that is asked for.
///
/// # Errors
///
/// Why it is as it was; at whatever point the process dies, a whole program lies in its place.
pub async fn update(
    request: &Request,
    installed: &Installed,
    trust: &Trust,
    bounds: &Bounds,
) -> Result<Outcome, UpdateError> {
    let place = request.from.as_ref().unwrap_or(&trust.place);
    let _lock = if request.is_check { None } else { Some(take(installed)?) };
    let offer = gather::offer(place, request.asked.as_ref(), trust, bounds).await?;
    let from = installed.version.clone();
    match release::decide(&from, &offer.version, request.asked.as_ref())? {
        Decision::Current => {
            if !request.is_check {
                put::tidy(&installed.path)?;
            }
            Ok(Outcome::Current { version: from })
        }
        Decision::Replace if request.is_check => Ok(Outcome::Available { from, to: offer.version }),
        Decision::Replace => {
            let program = gather::program(place, &offer, bounds).await?;
            let previous = put::in_place(installed, &offer.version, &program)?;
            let path = installed.path.clone();
            Ok(Outcome::Updated { from, to: offer.version, path, previous })
        }
    }
}

/// Makes sure that the program is ours to replace, and that nobody else does so meanwhile.
fn take(installed: &Installed) -> Result<Lock, UpdateError> {
    let path = &installed.path;
    if let Some(keeper) = Keeper::of(path) {
        return Err(UpdateError::Kept { path: path.clone(), keeper });
    }
    match Lock::try_acquire(&put::lock_of(path)) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(UpdateError::Busy { path: path.clone() }),
        Err(why) => Err(UpdateError::NotOurs { path: path.clone(), why }),
    }
}
