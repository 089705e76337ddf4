//! What lies in a folder, by name.

use std::fs;
use std::path::{Path, PathBuf};

use super::store::MailboxError;
use crate::sys::files::FileError;

/// The names of the task files of a folder, without `.md`, sorted; a folder that is missing has none.
pub(super) fn stems_in(dir: &Path) -> Result<Vec<String>, MailboxError> {
    stems_where(dir, |_| true)
}

/// The same, of those whose name is wanted.
pub(super) fn stems_where(
    dir: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, MailboxError> {
    let io = |source| FileError::Io { doing: "read the folder", path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error).into()),
    };
    let mut stems = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".md")) else { continue };
        if !stem.starts_with('.') && is_wanted(stem) {
            stems.push(stem.to_owned());
        }
    }
    stems.sort();
    Ok(stems)
}

/// The folders in a folder.
pub(super) fn subfolders(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
}
