//! Making and removing whole folders.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::draft::folder_of;
use super::error::FileError;
use super::replace::{move_without_overwriting, sync_folder};

/// Mode of folders that we make: for their owner only.
const PRIVATE: u32 = 0o700;

/// Depth below which a tree is taken apart from its top: eight names of 255 bytes still fit into a path.
const LEVELS: u32 = 8;

/// Most passes over a tree that is being removed; one pass takes eight levels off each branch.
const PASSES: u32 = 100_000;

/// Makes a folder and those above it that are missing, for their owner only; one that exists is left as it is.
///
/// # Errors
///
/// When a file is in the way or the disk refuses; folders above it may have been made.
pub fn make_dir(path: &Path) -> Result<(), FileError> {
    let doing = |source| FileError::of("make the folder", path, source);
    if path.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
        .collect();
    for folder in missing.iter().rev() {
        match DirBuilder::new().mode(PRIVATE).create(folder) {
            Ok(()) => sync_folder(folder_of(folder))?,
            // Somebody else was faster, and may not have come to the sync yet.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
                sync_folder(folder_of(folder))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let in_its_place = "a file, or a link to nothing, is in its place";
                let error = io::Error::new(io::ErrorKind::NotADirectory, in_its_place);
                return Err(FileError::of("make the folder", folder, error));
            }
            Err(error) => return Err(doing(error)),
        }
    }
    Ok(())
}

/// Waits until the names in a folder and in all folders below it are on the disk, for who finds traces of a process that died: it may
/// have died between a change and its sync. A folder that is missing is fine.
///
/// # Errors
///
/// When a folder cannot be read or synced.
pub fn sync_names(folder: &Path) -> Result<(), FileError> {
    let doing = |source| FileError::of("read the folder", folder, source);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(doing)?,
    };
    sync_folder(folder)?;
    for entry in entries {
        let entry = entry.map_err(doing)?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sync_names(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder and all that is in it, or a file; links are removed and never followed; nothing there is fine.
///
/// # Errors
///
/// When something in it cannot be removed; a part of it may be gone then.
pub fn remove_tree(path: &Path) -> Result<(), FileError> {
    let doing = |source| FileError::of("remove", path, source);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(doing(error)),
        Ok(there) if !there.is_dir() => return super::replace::remove(path),
        Ok(_) => {}
    }
    let mut removal = Removal { root: path, moved: 0 };
    for _ in 0..PASSES {
        removal.empty(path, 0).map_err(doing)?;
        match fs::remove_dir(path) {
            Ok(()) => return sync_folder(folder_of(path)),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(doing(error)),
        }
    }
    Err(doing(io::ErrorKind::DirectoryNotEmpty.into()))
}

struct Removal<'a> {
    root: &'a Path,
    moved: u64,
}

impl Removal<'_> {
    /// Empties a folder. What lies too deep for a path is moved up to the root and left for the next pass.
    fn empty(&mut self, folder: &Path, depth: u32) -> io::Result<()> {
        make_writable(folder)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if !entry.file_type()?.is_dir() {
                ignore_missing(fs::remove_file(&path))?;
            } else if depth < LEVELS {
                self.empty(&path, depth + 1)?;
                // The root gets new entries while it is read: it is emptied again, its folders too.
                ignore_missing(fs::remove_dir(&path))?;
            } else {
                make_writable(&path)?;
                self.move_up(&path)?;
            }
        }
        Ok(())
    }

    fn move_up(&mut self, path: &Path) -> io::Result<()> {
        loop {
            self.moved += 1;
            let target = self.root.join(format!(".removed-{}", self.moved));
            match move_without_overwriting(path, &target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other,
            }
        }
    }
}

fn make_writable(folder: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(folder)?.permissions().mode();
    if mode & PRIVATE == PRIVATE {
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(mode | PRIVATE))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
