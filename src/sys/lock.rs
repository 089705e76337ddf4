//! The kernel's locks: held by an open file, given up when its process dies, never guessed from a time or a process id.

#[cfg(any(target_os = "linux", test))]
use std::fs;
use std::fs::{File, OpenOptions, TryLockError};
#[cfg(target_os = "linux")]
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
#[cfg(target_os = "linux")]
use rustix::fs::{major, minor};

use super::files::{self, FileError};

/// First and longest pause between two looks at a lock that somebody else holds.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// A lock that this process holds until the value is dropped or the process ends. The file stays where it is.
#[derive(Debug)]
#[must_use = "a lock that is dropped is given up at once"]
pub struct Lock {
    path: PathBuf,
    file: File,
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
                return Ok(Some(Self { path: path.to_path_buf(), file }));
            }
        }
    }

    /// Takes the lock on `path`, waiting for at most `wait`; `None` when it was not free in that time.
    ///
    /// # Errors
    ///
    /// As [`Lock::try_acquire`].
    pub fn acquire(path: &Path, wait: Duration) -> Result<Option<Self>, FileError> {
        Self::within(wait, || Self::try_acquire(path))
    }

    /// Takes the lock on a folder that there is, as [`Lock::acquire`] does on a file.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or the file system knows no locks; nothing is held then.
    pub fn of_folder(path: &Path, wait: Duration) -> Result<Option<Self>, FileError> {
        Self::within(wait, || {
            let file =
                File::open(path).map_err(|source| FileError::of("open the lock", path, source))?;
            match file.try_lock() {
                Ok(()) => Ok(Some(Self { path: path.to_path_buf(), file })),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(error) => Err(FileError::of("lock", path, error)),
            }
        })
    }

    fn within(
        wait: Duration,
        try_it: impl Fn() -> Result<Option<Self>, FileError>,
    ) -> Result<Option<Self>, FileError> {
        let started = Instant::now();
        let (mut pause, longest) = PAUSES;
        loop {
            if let Some(lock) = try_it()? {
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

impl Drop for Lock {
    /// Given up and not only closed: a program that another thread is just starting has a copy of every open file until it begins, and would
    /// hold the lock for as long.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.path.display(), %error, "a lock could not be given up; it ends with this process");
        }
    }
}

/// A lock that any number of processes hold together, until the value is dropped or the process ends; see [`Lock`] for who wants it alone.
#[derive(Debug)]
#[must_use = "a lock that is dropped is given up at once"]
pub struct Shared {
    file: File,
}

impl Shared {
    /// Takes a share of the lock on `path`, waiting while somebody holds it alone; `None` where its folder is missing.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or opened, or the file system knows no locks; nothing is held then.
    pub fn acquire(path: &Path) -> Result<Option<Self>, FileError> {
        let file = match open_in_folder(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::of("open the lock", path, source)),
        };
        file.lock_shared().map_err(|source| FileError::of("lock", path, source))?;
        Ok(Some(Self { file }))
    }

    /// The empty file itself, for a program that is to hold the share too for as long as it lives: as its standard input.
    ///
    /// # Errors
    ///
    /// When there are too many open files.
    pub(super) fn as_input(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }
}

/// Says whether anybody, this process included, holds the lock on `path`. It looks into the kernel's list, so that it never is in
/// the way of somebody who takes the lock; the answer may be old when it arrives. Where the kernel shows no list, it takes a share for a
/// moment, and who tries to take the lock right then comes again at the next run.
pub fn is_held(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    let is_held = is_listed(path);
    #[cfg(not(target_os = "linux"))]
    let is_held = probe(path);
    is_held
}

#[cfg(target_os = "linux")]
fn is_listed(path: &Path) -> bool {
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

fn open_in_folder(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    options.open(path)
}

fn open(path: &Path) -> Result<File, FileError> {
    match open_in_folder(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                files::make_dir(folder)?;
            }
            open_in_folder(path).map_err(|source| FileError::of("open the lock", path, source))
        }
        Err(source) => Err(FileError::of("open the lock", path, source)),
    }
}

/// A line of `/proc/locks` about a lock of the `flock` kind that is held.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    device: (u32, u32),
    inode: u64,
}

#[cfg(target_os = "linux")]
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

    const LONG: Duration = Duration::from_secs(20);

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
        // A program that another test is just starting holds for a moment what this process held.
        assert!(Lock::acquire(&path, LONG).unwrap().is_some());
        assert!(path.exists());
    }

    #[test]
    fn a_lock_is_free_though_a_program_that_is_just_started_has_a_copy_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks/task-web-42.lock");
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        let copy = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        drop(copy);
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
    #[expect(clippy::disallowed_methods, reason = "a program that outlives what started it")]
    fn a_shared_lock_is_held_by_many_and_by_the_programs_it_was_handed_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("writers");
        assert!(Shared::acquire(&dir.path().join("missing/writers")).unwrap().is_none());
        let first = Shared::acquire(&path).unwrap().unwrap();
        let second = Shared::acquire(&path).unwrap().unwrap();
        let alive = dir.path().join("alive");
        File::create(&alive).unwrap();
        let mut child = std::process::Command::new("sh")
            .args(["-c", "while [ -e \"$0\" ]; do :; done", alive.to_str().unwrap()])
            .stdin(first.as_input().unwrap())
            .spawn()
            .unwrap();
        drop((first, second));
        assert!(Lock::try_acquire(&path).unwrap().is_none(), "the program holds it");
        fs::remove_file(&alive).unwrap();
        child.wait().unwrap();
        assert!(Lock::acquire(&path, LONG).unwrap().is_some());
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
