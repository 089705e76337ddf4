//! The few plain file operations that git's own programs do not do for us. None of them follows a link out of where it works.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Writes a file that can be made anew at any time.
#[expect(
    clippy::disallowed_methods,
    reason = "files of a throw-away repository, marks; nothing is lost with them"
)]
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::write(path, content)
}

/// Writes a file and comes back when it is on the disk.
pub(super) fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    sync_folder_of(path)
}

/// Comes back when the name of a file or folder is on the disk.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Puts a file in place of another at once, and comes back when it is on the disk.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let mut file = File::create(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    rename(&draft, path)?;
    sync_folder_of(path)
}

/// Renames a file or folder within one file system.
#[expect(
    clippy::disallowed_methods,
    reason = "folders are renamed here, which `sys::files` does not do"
)]
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// What is at a path itself, be it a link; nothing when there is nothing.
pub(super) fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether a path is a folder and no link to one.
pub(super) fn is_folder(path: &Path) -> io::Result<bool> {
    Ok(look(path)?.is_some_and(|found| found.is_dir()))
}

/// Reads a regular file up to `limit` bytes; nothing when it is missing, longer, a link or not a regular file.
pub(super) fn read_plain(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    if !look(path)?.is_some_and(|found| found.is_file() && found.len() <= limit) {
        return Ok(None);
    }
    let mut content = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut content)?;
    Ok(Some(content))
}

/// Whether a path inside `root` is reached without passing a link; the last part may be one.
pub(super) fn is_reached_without_links(root: &Path, relative: &Path) -> io::Result<bool> {
    let Some(parent) = relative.parent() else { return Ok(true) };
    let mut at = root.to_owned();
    for part in parent.components() {
        at.push(part);
        if !is_folder(&at)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes whatever is at a path; a link itself, not what it leads to. Nothing there is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let Some(found) = look(path)? else { return Ok(()) };
    if !found.is_dir() {
        return fs::remove_file(path);
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        other => other,
    }
}

/// Makes every folder below a path writable for us: people and programs leave read-only caches behind.
fn open_up(path: &Path) -> io::Result<()> {
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Tells this very folder from one that is made in its place later.
pub(super) fn fingerprint(path: &Path) -> io::Result<String> {
    let found = fs::symlink_metadata(path)?;
    // Inode numbers are used again at once on some file systems, hence the time of birth where there is one.
    let born = found.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(format!("{} {} {}\n", found.dev(), found.ino(), born.map_or(0, |age| age.as_nanos())))
}
