//! Replacing, making, moving and removing files, each complete or not at all, and on the disk before it returns.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use super::draft::{Draft, folder_of};
use super::error::FileError;
use crate::crash_point;

/// Mode of files that did not exist before: for their owner only.
const PRIVATE: u32 = 0o600;

/// Mode of files that are made for others.
const PUBLIC: u32 = 0o644;

/// Mode of programs.
const EXECUTABLE: u32 = 0o755;

/// Puts `bytes` in the place of a file, which keeps its mode; a new one is readable by its owner only.
///
/// # Errors
///
/// When the target is no regular file or the disk refuses; the target is then as it was, and no draft is left.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mode = match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => there.permissions().mode() & 0o777,
        Ok(_) => return Err(FileError::NotRegular { path: path.to_path_buf() }),
        Err(_) => PRIVATE,
    };
    replace_with(path, bytes, mode)
}

/// Puts a program in the place of a file, for everybody to execute.
///
/// # Errors
///
/// As [`replace`].
pub fn replace_program(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(FileError::NotRegular { path: path.to_path_buf() });
    }
    replace_with(path, bytes, EXECUTABLE)
}

fn replace_with(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let draft = Draft::write(path, bytes, mode)?;
    crash_point!("files.replace.drafted");
    if let Err(errno) = renameat(CWD, draft.path(), CWD, path) {
        draft.discard();
        return Err(FileError::of("replace", path, errno));
    }
    drop(draft);
    crash_point!("files.replace.renamed");
    sync_folder(folder_of(path))
}

/// Puts `bytes` in the place of a file, for its owner only, and does not wait for the disk: for what can be had again, and is checked when it is
/// read. No reader sees a part of it, unless the machine loses its power.
///
/// # Errors
///
/// As [`replace`].
pub fn replace_unsynced(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(FileError::NotRegular { path: path.to_path_buf() });
    }
    replace_unsynced_with(path, bytes, PRIVATE)
}

/// The same with a file that other users read too: one that is there keeps its mode, a new one is readable by everybody.
///
/// # Errors
///
/// As [`replace`].
pub fn replace_public_unsynced(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mode = match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => there.permissions().mode() & 0o777,
        Ok(_) => return Err(FileError::NotRegular { path: path.to_path_buf() }),
        Err(_) => PUBLIC,
    };
    replace_unsynced_with(path, bytes, mode)
}

fn replace_unsynced_with(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let draft = Draft::write_unsynced(path, bytes, mode)?;
    if let Err(errno) = renameat(CWD, draft.path(), CWD, path) {
        draft.discard();
        return Err(FileError::of("replace", path, errno));
    }
    drop(draft);
    Ok(())
}

/// Puts `bytes` in the place of a file that is there, in one step that fails when it has gone meanwhile: a file that somebody moved away is
/// never made anew.
///
/// # Errors
///
/// [`FileError::NotFound`] when the file is not there (any more); else as [`replace`].
pub fn replace_existing(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let there =
        fs::symlink_metadata(path).map_err(|error| FileError::of("replace", path, error))?;
    if !there.is_file() {
        return Err(FileError::NotRegular { path: path.to_path_buf() });
    }
    let draft = Draft::write(path, bytes, there.permissions().mode() & 0o777)?;
    crash_point!("files.replace.drafted");
    let exchanged = match renameat_with(CWD, draft.path(), CWD, path, RenameFlags::EXCHANGE) {
        // File systems without that step: the look above has to do.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            renameat(CWD, draft.path(), CWD, path).map(|()| false)
        }
        other => other.map(|()| true),
    };
    match exchanged {
        // What the draft's name now holds is the old text.
        Ok(true) => draft.discard(),
        Ok(false) => drop(draft),
        Err(errno) => {
            draft.discard();
            return Err(FileError::of("replace", path, errno));
        }
    }
    crash_point!("files.replace.renamed");
    sync_folder(folder_of(path))
}

/// Makes a file with these bytes, readable by its owner only.
///
/// # Errors
///
/// [`FileError::AlreadyExists`] when there is anything of that name, which stays as it is; else when the disk refuses; no draft is
/// left.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    // Looked at first only to save the work; the rename below decides.
    if fs::symlink_metadata(path).is_ok() {
        return Err(FileError::AlreadyExists { path: path.to_path_buf() });
    }
    let draft = Draft::write(path, bytes, PRIVATE)?;
    crash_point!("files.create.drafted");
    if let Err(source) = move_without_overwriting(draft.path(), path) {
        draft.discard();
        return Err(FileError::of("make", path, source));
    }
    drop(draft);
    crash_point!("files.create.renamed");
    sync_folder(folder_of(path))
}

/// Moves a file or folder to a name that is free. A move that was cut off and left the file under both names is ended.
///
/// # Errors
///
/// [`FileError::AlreadyExists`] when the new name is taken, [`FileError::NotFound`] when the old one (or the new one's folder) is not
/// there; nothing has moved then. When only the last sync failed it has moved.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    let moved = match move_without_overwriting(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_same_file(from, to) => {
            // The new name must be on the disk before the old one goes.
            sync_folder(folder_of(to))?;
            fs::remove_file(from)
        }
        other => other,
    };
    moved.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => FileError::AlreadyExists { path: to.to_path_buf() },
        io::ErrorKind::NotFound if fs::symlink_metadata(from).is_ok() => {
            FileError::NotFound { path: folder_of(to).to_path_buf() }
        }
        _ => FileError::of("move", from, source),
    })?;
    crash_point!("files.rename.moved");
    sync_folder(folder_of(to))?;
    if folder_of(from) == folder_of(to) { Ok(()) } else { sync_folder(folder_of(from)) }
}

/// Whether two names are those of one and the same regular file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(one), Ok(other)) => {
            one.is_file() && one.dev() == other.dev() && one.ino() == other.ino()
        }
        _ => false,
    }
}

/// Removes a file; one that is not there is fine.
///
/// # Errors
///
/// When it cannot be removed, or is a folder; it is still there then.
pub fn remove(path: &Path) -> Result<(), FileError> {
    if remove_unsynced(path)? { sync_folder(folder_of(path)) } else { Ok(()) }
}

/// Removes a file that does no harm when it is there again after the machine has lost its power; says whether it was there.
///
/// # Errors
///
/// As [`remove`].
pub fn remove_unsynced(path: &Path) -> Result<bool, FileError> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(FileError::of("remove", path, error)),
    }
    crash_point!("files.remove.removed");
    Ok(true)
}

/// Waits until the names in a folder are on the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let doing = |source| FileError::of("sync the folder", folder, source);
    match File::open(folder).map_err(doing)?.sync_all() {
        // Some file systems cannot sync a folder and do not need it.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(doing),
    }
}

/// Renames in one step that fails where the new name is taken.
pub(super) fn move_without_overwriting(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => move_by_link(from, to),
        other => Ok(other?),
    }
}

/// The same for file systems without that step: a link fails where the name is taken. A crash in between leaves both names.
fn move_by_link(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_dir() {
        // No links to folders; an empty folder in the way is replaced, any other one refused by the kernel.
        return if fs::symlink_metadata(to).is_ok() {
            Err(io::ErrorKind::AlreadyExists.into())
        } else {
            Ok(renameat(CWD, from, CWD, to)?)
        };
    }
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}
