//! Where a file of evidence may lie: inside of the repository or beside it, or in the evidence folder, and nowhere else, whatever links say
//! (`CONTRACT.md` section 7). Whatever lies elsewhere is refused before it is opened.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::EvidenceError;

/// Where files of one repository are looked for.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The evidence folder: the only one that absolute paths may lead into.
    pub evidence_dir: PathBuf,
    /// Folders in it that relative paths are looked for in first; none for sources that belong to the repository alone.
    pub folders: Vec<PathBuf>,
    /// The operator's clone, where one is configured.
    pub clone: Option<PathBuf>,
}

/// Where a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// On this machine, links followed.
    File(PathBuf),
    /// In the files of the base branch.
    Tracked(String),
}

/// Finds the place of a file.
///
/// # Errors
///
/// When it is not there, or lies where no evidence is read.
pub fn locate(path: &str, places: &Places) -> Result<Located, EvidenceError> {
    let given = Path::new(path);
    if given.is_absolute() {
        let why = "absolute paths may only lead into the evidence folder (`evidence_dir`)";
        return within(given, &places.evidence_dir, why).map(Located::File);
    }
    let plain = plain(given)?;
    for folder in &places.folders {
        if plain.ups == 0 && folder.join(&plain.rest).symlink_metadata().is_ok() {
            let why = "a link leads out of the evidence folder";
            return within(&folder.join(&plain.rest), &places.evidence_dir, why).map(Located::File);
        }
    }
    match (&places.clone, plain.ups) {
        (Some(clone), 0) => {
            let why = "a link leads out of the repository";
            within(&clone.join(&plain.rest), clone, why).map(Located::File)
        }
        (Some(clone), _) => {
            let clone = real(clone)?;
            let beside = clone.parent().ok_or_else(|| refused(given, "nothing is beside `/`"))?;
            let why = "a link leads away from the folder that the repository is in";
            within(&beside.join(&plain.rest), beside, why).map(Located::File)
        }
        (None, 0) => Ok(Located::Tracked(plain.rest.to_string_lossy().into_owned())),
        (None, _) => Err(refused(
            given,
            "the path leads out of the repository, which only a repository with `path` may have",
        )),
    }
}

/// A relative path without needless parts.
struct Plain {
    /// How many `..` it begins with.
    ups: usize,
    rest: PathBuf,
}

fn plain(path: &Path) -> Result<Plain, EvidenceError> {
    let mut plain = Plain { ups: 0, rest: PathBuf::new() };
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.ups == 0 && plain.rest.as_os_str().is_empty() => {
                plain.ups = 1;
            }
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => {
                return Err(refused(path, "what git keeps for itself is no evidence"));
            }
            Component::Normal(name) => plain.rest.push(name),
            _ => return Err(refused(path, "one `..` at its beginning is allowed, and no more")),
        }
    }
    if plain.rest.as_os_str().is_empty() {
        return Err(refused(path, "it names no file"));
    }
    Ok(plain)
}

/// The file that a path leads to when all links are followed, which must lie in a folder.
fn within(path: &Path, folder: &Path, why: &str) -> Result<PathBuf, EvidenceError> {
    let folder_is = real(folder);
    let lies = |path: &Path| folder_is.as_ref().is_ok_and(|folder| path.starts_with(folder));
    match fs::canonicalize(path) {
        Ok(file) if lies(&file) => Ok(file),
        // What is not there may be told as that only where it would be read.
        Err(error) if error.kind() == ErrorKind::NotFound && path.starts_with(folder) => {
            Err(EvidenceError::Absent(path.to_owned()))
        }
        Err(error) if path.starts_with(folder) => Err(unreadable(path, error)),
        Ok(_) | Err(_) => Err(refused(path, why)),
    }
}

fn real(folder: &Path) -> Result<PathBuf, EvidenceError> {
    fs::canonicalize(folder).map_err(|error| match error.kind() {
        ErrorKind::NotFound => EvidenceError::Absent(folder.to_owned()),
        _ => unreadable(folder, error),
    })
}

fn refused(path: &Path, why: &str) -> EvidenceError {
    EvidenceError::Refused { path: path.to_owned(), why: why.to_owned() }
}

fn unreadable(path: &Path, error: std::io::Error) -> EvidenceError {
    EvidenceError::File(crate::sys::files::FileError::of("read", path, error))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
