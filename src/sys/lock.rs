//! The kernel's locks: held by an open file, given up when its process dies, never guessed from a time or a process id.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, major, minor};

use super::files::{self, FileError};

/// First and longest pause between two looks at a lock that somebody else holds.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// A lock that this process holds until the value is dropped or the process ends. The file stays where it is.
#[derive(Debug)]
#[must_use = "a lock that is dropped is given up at once"]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock on `path` unless somebody holds it; makes the file and its folder when they are missing.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or opened, or the file system knows no locks; nothing is held then.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, FileError> {
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(error) => return Err(FileError::of("lock", path, error)),
            }
            // Whoever removed the file in between has made this lock worthless: the next one opens another file.
            if files::is_linked(&file, path) {
                return Ok(Some(Self { path: path.to_path_buf(), _file: file }));
            }
        }
    }

    /// Takes the lock on `path`, waiting for at most `wait`; `None` when it was not free in that time.
    ///
    /// # Errors
    ///
    /// As [`Lock::try_acquire`].
    pub fn acquire(path: &Path, wait: Duration) -> Result<Option<Self>, FileError> {
        let started = Instant::now();
        let (mut pause, longest) = PAUSES;
        loop {
            if let Some(lock) = Self::try_acquire(path)? {
                return Ok(Some(lock));
            }
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(longest);
        }
    }

    /// Names the file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Says whether anybody, this process included, holds the lock on `path`. It looks into the kernel's list, so that it never is in
/// the way of somebody who takes the lock; the answer may be old when it arrives.
pub fn is_held(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let Ok(list) = fs::read_to_string("/proc/locks") else { return probe(path) };
    let device = (major(metadata.dev()), minor(metadata.dev()));
    let holders: Vec<Holder> = list
        .lines()
        .filter_map(Holder::parse)
        .filter(|holder| holder.inode == metadata.ino())
        .collect();
    if holders.iter().any(|holder| holder.device == device) {
        return true;
    }
    // Some file systems (btrfs, overlays) show another device number to `stat` than the kernel uses itself.
    !holders.is_empty() && probe(path)
}

/// Asks by a shared lock that is given up at once.
fn probe(path: &Path) -> bool {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn open(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    match options.open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                files::make_dir(folder)?;
            }
            options.open(path).map_err(|source| FileError::of("open the lock", path, source))
        }
        Err(source) => Err(FileError::of("open the lock", path, source)),
    }
}

/// A line of `/proc/locks` about a lock of the `flock` kind that is held.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    device: (u32, u32),
    inode: u64,
}

impl Holder {
    /// Reads `1: FLOCK  ADVISORY  WRITE 708 fd:00:1234 0 EOF`; a line with `->` is about somebody who waits.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        if words.next()? != "FLOCK" {
            return None;
        }
        let mut place = words.nth(3)?.split(':');
        let mut hex = || u32::from_str_radix(place.next()?, 16).ok();
        let device = (hex()?, hex()?);
        Some(Self { device, inode: place.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_free_after_its_guard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks/task-web-42.lock");
        assert!(!is_held(&path));
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        assert!(Lock::acquire(&path, Duration::from_millis(5)).unwrap().is_none());
        assert!(is_held(&path));
        drop(lock);
        assert!(!is_held(&path));
        assert!(path.exists());
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_waiting_taker_gets_the_lock_when_it_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slot-1");
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        let waiter = {
            let path = path.clone();
            thread::spawn(move || Lock::acquire(&path, Duration::from_secs(20)).unwrap().is_some())
        };
        drop(lock);
        assert!(waiter.join().unwrap());
    }

    #[test]
    fn looking_never_makes_a_taker_fail() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slot-1");
        drop(Lock::try_acquire(&path).unwrap());
        let looker = {
            let path = path.clone();
            thread::spawn(move || {
                for _ in 0..200 {
                    let _held = is_held(&path);
                }
            })
        };
        for _ in 0..200 {
            assert!(Lock::try_acquire(&path).unwrap().is_some());
        }
        looker.join().unwrap();
    }

    #[test]
    fn a_link_is_not_a_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(Lock::try_acquire(&path).is_err());
        assert!(!dir.path().join("elsewhere").exists());
    }

    #[test]
    fn waiters_and_other_kinds_of_locks_are_not_holders() {
        let held = Holder { device: (0xfd, 0), inode: 1234 };
        assert_eq!(Holder::parse("1: FLOCK  ADVISORY  WRITE 708 fd:00:1234 0 EOF"), Some(held));
        assert_eq!(Holder::parse("1: -> FLOCK  ADVISORY  WRITE 708 fd:00:1234 0 EOF"), None);
        assert_eq!(Holder::parse("2: POSIX  ADVISORY  WRITE 708 fd:00:1234 0 EOF"), None);
        assert_eq!(Holder::parse("3: FLOCK"), None);
    }
}
