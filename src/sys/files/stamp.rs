//! Whether a file is still the one that was read, found out without reading it.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// File systems tell the time of a change in steps; none of those that hold our files has coarser ones.
const COARSEST_STEP: Duration = Duration::from_secs(2);

/// Which file lies at a path, how long it is, and when it was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The stamp of the regular file at a path; `None` where there is none.
    pub fn at(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        metadata.is_file().then(|| Self::of(&metadata))
    }

    /// Whether any later change gives the file another stamp: its last one is longer ago than the coarsest clock of a file system can hide.
    #[expect(
        clippy::disallowed_methods,
        reason = "the kernel's clock stamps files, not that of rules"
    )]
    pub fn is_settled(&self) -> bool {
        let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let now = now.saturating_sub(COARSEST_STEP).as_secs();
        i64::try_from(now).is_ok_and(|now| self.changed.0 < now)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;
    use crate::sys::files;

    #[test]
    fn a_file_that_was_changed_replaced_or_removed_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        files::replace(&path, b"one").unwrap();
        let first = Stamp::at(&path).unwrap();
        assert_eq!(Stamp::at(&path), Some(first));
        files::replace(&path, b"two").unwrap();
        let second = Stamp::at(&path).unwrap();
        assert_ne!(second, first, "another file of the same length");
        let past = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        fs::File::options().write(true).open(&path).unwrap().set_times(past).unwrap();
        assert_ne!(Stamp::at(&path), Some(second), "a time that was put back");
        fs::remove_file(&path).unwrap();
        assert_eq!(Stamp::at(&path), None);
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert_eq!(Stamp::at(&path), None, "a link is no file of ours");
    }

    #[test]
    fn what_was_changed_just_now_or_has_a_time_to_come_is_not_settled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        files::replace(&path, b"one").unwrap();
        let fresh = Stamp::at(&path).unwrap();
        assert!(!fresh.is_settled());
        for (change, is_settled) in [(-3, true), (60, false)] {
            let (seconds, nanoseconds) = fresh.changed;
            let stamp = Stamp { changed: (seconds + change, nanoseconds), ..fresh };
            assert_eq!(stamp.is_settled(), is_settled, "{change} s");
        }
    }
}
