//! Taking the result file out of a worktree that an agent could write to: nothing there is trusted to be a file.

use std::fs;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, open, openat, statat};
use rustix::io::Errno;

use crate::domain::result::{FILE_NAME, MAX_BYTES};

/// Only whole seconds of a file's time are looked at, and the kernel stamps files with its last tick, which may lie a
/// little before a moment that was measured earlier.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

/// What lies where the result should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultFile {
    /// Nothing.
    Missing,
    /// A file that was not touched since the run began.
    Stale,
    /// Something that cannot be trusted to be the agent's own words.
    NotAFile {
        /// What it is, for people, for example `a symbolic link`.
        what: String,
    },
    /// More than one mebibyte.
    TooLarge,
    /// The file's content.
    Bytes(Vec<u8>),
}

/// Reads the result file without following a link, waiting for a pipe or touching a device.
///
/// `not_before` is the real time at which the run began; a file last changed before it is [`ResultFile::Stale`].
pub fn read_result(worktree: &Path, not_before: Option<SystemTime>) -> ResultFile {
    read(worktree, not_before).unwrap_or_else(|error| match error {
        Errno::NOENT | Errno::NOTDIR => ResultFile::Missing,
        Errno::LOOP => not_a_file("a symbolic link"),
        error => not_a_file(format!("unreadable: {error}")),
    })
}

fn read(worktree: &Path, not_before: Option<SystemTime>) -> Result<ResultFile, Errno> {
    let folder = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = open(worktree, folder, Mode::empty())?;
    // Looked at before it is opened, because opening a device may already do something.
    if let Some(other) = refused(&statat(&folder, FILE_NAME, AtFlags::SYMLINK_NOFOLLOW)?) {
        return Ok(other);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&folder, FILE_NAME, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if let Some(other) = refused(&stat) {
        return Ok(other);
    }
    if not_before.is_some_and(|start| changed(&stat) + CLOCK_SLACK < start) {
        return Ok(ResultFile::Stale);
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = File::from(file).take(limit).read_to_end(&mut bytes) {
        return Ok(not_a_file(format!("unreadable: {error}")));
    }
    Ok(if bytes.len() > MAX_BYTES { ResultFile::TooLarge } else { ResultFile::Bytes(bytes) })
}

fn not_a_file(what: impl Into<String>) -> ResultFile {
    ResultFile::NotAFile { what: what.into() }
}

fn refused(stat: &Stat) -> Option<ResultFile> {
    let what = match FileType::from_raw_mode(stat.st_mode) {
        // A second name may be that of a file which the agent itself may not read.
        FileType::RegularFile if stat.st_nlink > 1 => "a hard link",
        FileType::RegularFile => return None,
        FileType::Symlink => "a symbolic link",
        FileType::Directory => "a folder",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "no file",
    };
    Some(not_a_file(what))
}

/// When content or attributes last changed; the second cannot be set back by the agent.
fn changed(stat: &Stat) -> SystemTime {
    let at =
        |seconds: i64| UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    at(stat.st_mtime).max(at(stat.st_ctime))
}

/// Removes whatever lies where the result will be, a link itself and not its target, a folder with its content.
///
/// # Errors
///
/// Any I/O error but "not found"; something of it may still be there, and the run must not begin.
pub fn remove_stale_result(worktree: &Path) -> io::Result<()> {
    let path = worktree.join(FILE_NAME);
    let kind = match statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    match kind {
        FileType::Directory => fs::remove_dir_all(&path),
        _ => fs::remove_file(&path),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test makes the files that are read")]

    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use rustix::fs::mknodat;
    use tempfile::TempDir;

    use super::*;

    fn worktree() -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        (dir, path)
    }

    fn what(dir: &TempDir) -> String {
        match read_result(dir.path(), None) {
            ResultFile::NotAFile { what } => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_regular_file_is_read() {
        let (dir, path) = worktree();
        assert_eq!(read_result(dir.path(), None), ResultFile::Missing);
        assert_eq!(read_result(&dir.path().join("gone"), None), ResultFile::Missing);
        fs::write(&path, b"STATUS: \xff").unwrap();
        let now = Some(SystemTime::now());
        assert_eq!(read_result(dir.path(), now), ResultFile::Bytes(b"STATUS: \xff".to_vec()));
    }

    #[test]
    fn what_is_no_file_is_named_and_never_followed() {
        let (dir, path) = worktree();
        let secret = dir.path().join("secret");
        fs::write(&secret, "s").unwrap();
        symlink(&secret, &path).unwrap();
        assert_eq!(what(&dir), "a symbolic link");
        remove_stale_result(dir.path()).unwrap();
        fs::hard_link(&secret, &path).unwrap();
        assert_eq!(what(&dir), "a hard link");
        remove_stale_result(dir.path()).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inner"), "x").unwrap();
        symlink(&secret, path.join("link")).unwrap();
        assert_eq!(what(&dir), "a folder");
        remove_stale_result(dir.path()).unwrap();
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(what(&dir), "a pipe");
        remove_stale_result(dir.path()).unwrap();
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(what(&dir), "a socket");
        remove_stale_result(dir.path()).unwrap();
        symlink(dir.path().join("nowhere"), &path).unwrap();
        assert_eq!(what(&dir), "a symbolic link");
        remove_stale_result(dir.path()).unwrap();
        remove_stale_result(dir.path()).unwrap();
        assert_eq!(read_result(dir.path(), None), ResultFile::Missing);
        assert_eq!(fs::read(&secret).unwrap(), b"s");
    }

    #[test]
    fn a_file_of_an_earlier_run_is_stale() {
        let (dir, path) = worktree();
        fs::write(&path, "STATUS: complete").unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        assert_eq!(read_result(dir.path(), Some(later)), ResultFile::Stale);
        // Setting the time of an own file back does not make it one.
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH).unwrap();
        let now = Some(SystemTime::now());
        assert!(matches!(read_result(dir.path(), now), ResultFile::Bytes(_)));
    }

    #[test]
    fn more_than_a_mebibyte_is_not_read() {
        let (dir, path) = worktree();
        fs::write(&path, vec![b'x'; MAX_BYTES]).unwrap();
        assert!(matches!(read_result(dir.path(), None), ResultFile::Bytes(_)));
        fs::write(&path, vec![b'x'; MAX_BYTES + 1]).unwrap();
        assert_eq!(read_result(dir.path(), None), ResultFile::TooLarge);
    }
}
