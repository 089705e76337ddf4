//! Drafts: the file beside a target that is written first and then takes its name. The kernel's lock on it says that somebody is
//! still writing; a draft without a lock was left by a crash.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::FileError;
use crate::sys::crash;

/// Longest part of the target's name in the name of its draft, in characters: the whole must stay under 255 bytes.
const NAME_PART: usize = 48;

/// Tells drafts of one process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A draft that was written and synced; removed again unless it was moved to its target.
pub(super) struct Draft {
    path: PathBuf,
    /// Holds the lock until the draft has its final name.
    file: File,
}

impl Draft {
    /// Writes `bytes` into a new draft beside `target` and waits until they are on the disk.
    pub(super) fn write(target: &Path, bytes: &[u8], mode: u32) -> Result<Self, FileError> {
        let draft = Self::write_unsynced(target, bytes, mode)?;
        match draft.file.sync_all() {
            Ok(()) => Ok(draft),
            Err(source) => {
                draft.discard();
                Err(FileError::of("write", target, source))
            }
        }
    }

    /// Writes `bytes` into a new draft beside `target` and does not wait for the disk.
    pub(super) fn write_unsynced(
        target: &Path,
        bytes: &[u8],
        mode: u32,
    ) -> Result<Self, FileError> {
        let (path, mut file) = Self::open(target)?;
        let doing = |source| FileError::of("write", target, source);
        let written = crash::write_all(&mut file, bytes)
            .and_then(|()| file.set_permissions(fs::Permissions::from_mode(mode)));
        let draft = Self { path, file };
        match written {
            Ok(()) => Ok(draft),
            Err(source) => {
                draft.discard();
                Err(doing(source))
            }
        }
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, as far as that is possible: a draft does no harm, and the first trouble is the one to report.
    pub(super) fn discard(self) {
        drop(fs::remove_file(&self.path));
    }

    fn open(target: &Path) -> Result<(PathBuf, File), FileError> {
        loop {
            let path = name_beside(target)?;
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let file = match opened {
                Ok(file) => file,
                // A dead process of the same id left it.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(FileError::NotFound { path: folder_of(target).to_path_buf() });
                }
                Err(error) => return Err(FileError::of("write", target, error)),
            };
            // Where the file system knows no locks the sweep sees none either and leaves drafts alone.
            drop(file.lock());
            if is_linked(&file, &path) {
                return Ok((path, file));
            }
            // A sweep took it for an old one between the two steps.
        }
    }
}

/// Says whether `path` still names the open file.
pub(in crate::sys) fn is_linked(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => open.dev() == named.dev() && open.ino() == named.ino(),
        _ => false,
    }
}

/// The folder in which `path` lies; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn name_beside(target: &Path) -> Result<PathBuf, FileError> {
    let Some(name) = target.file_name() else {
        return Err(FileError::NotRegular { path: target.to_path_buf() });
    };
    let part: String = name.to_string_lossy().chars().take(NAME_PART).collect();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let draft = format!(".{part}.{}.{count}.tmp", std::process::id());
    Ok(target.with_file_name(draft))
}

fn is_draft_name(name: &str) -> bool {
    let parts = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".tmp"));
    let mut numbers = parts.into_iter().flat_map(|rest| rest.rsplitn(3, '.'));
    let is_number = |part: Option<&str>| part.is_some_and(|text| text.parse::<u64>().is_ok());
    is_number(numbers.next()) && is_number(numbers.next()) && numbers.next().is_some()
}

/// Lists the drafts in a folder, whether somebody still writes them or not; none when the folder cannot be read.
pub fn drafts_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut drafts: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(is_draft_name))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .collect();
    drafts.sort();
    drafts
}

/// Removes the drafts in a folder that nobody writes any more, and says which.
pub fn remove_stale_drafts(dir: &Path) -> Vec<PathBuf> {
    drafts_in(dir).into_iter().filter(|draft| remove_stale(draft)).collect()
}

fn remove_stale(draft: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(draft) else { return false };
    // Removed while locked: its writer, if it is just being made, then sees that it has lost its name and makes another.
    file.try_lock().is_ok() && is_linked(&file, draft) && fs::remove_file(draft).is_ok()
}
