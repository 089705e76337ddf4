//! Deadline and stall. Output is life; where there is none for a while, so is a change below the watched folder.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Into how many looks the stall time is divided: a change is credited at the look that sees it, hence at most one part too late.
const LOOKS_PER_STALL: u32 = 8;

/// Most entries of a watched folder that a look reads; a tree that is larger is judged by these.
const MOST_ENTRIES: usize = 200_000;

/// Watches for a stall. All times are since the start of the run.
#[derive(Debug)]
pub(super) struct StallWatch {
    stall: Duration,
    folder: Option<PathBuf>,
    fingerprint: Option<u64>,
    last_look: Duration,
    last_change: Duration,
}

impl StallWatch {
    /// Begins to watch.
    pub(super) fn new(stall: Duration, folder: Option<PathBuf>) -> Self {
        Self {
            stall,
            folder,
            fingerprint: None,
            last_look: Duration::ZERO,
            last_change: Duration::ZERO,
        }
    }

    /// Says whether nothing has moved for the stall time; looks into the folder only after some silence.
    pub(super) fn is_stalled(&mut self, now: Duration, last_output: Duration) -> bool {
        let part = self.stall / LOOKS_PER_STALL;
        let is_silent = now.saturating_sub(last_output) >= part;
        if is_silent && now.saturating_sub(self.last_look) >= part {
            self.look(now);
        }
        now.saturating_sub(last_output.max(self.last_change)) >= self.stall
    }

    fn look(&mut self, now: Duration) {
        self.last_look = now;
        let Some(folder) = &self.folder else { return };
        let fingerprint = Some(fingerprint(folder));
        if self.fingerprint.is_some() && self.fingerprint != fingerprint {
            self.last_change = now;
        }
        self.fingerprint = fingerprint;
    }
}

/// A number that changes when a file below the folder is made, written, moved or removed. Links are not followed.
fn fingerprint(folder: &Path) -> u64 {
    let mut sum = 0_u64;
    let mut seen = 0_usize;
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        // A folder that goes away while we look is a change that its parent shows.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok).filter(|entry| entry.file_name() != ".git") {
            seen += 1;
            if seen > MOST_ENTRIES {
                return sum;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            // A sum, because the order of entries says nothing.
            sum = sum.wrapping_add(hash_of(&entry.file_name(), &metadata));
            if metadata.is_dir() {
                open.push(entry.path());
            }
        }
    }
    sum
}

fn hash_of(name: &std::ffi::OsStr, metadata: &fs::Metadata) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    (metadata.ino(), metadata.len()).hash(&mut hasher);
    (metadata.mtime(), metadata.mtime_nsec()).hash(&mut hasher);
    (metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests plant files as an agent would")]

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn silence_for_the_stall_time_is_a_stall_and_output_is_life() {
        let mut watch = StallWatch::new(8 * SECOND, None);
        assert!(!watch.is_stalled(7 * SECOND, Duration::ZERO));
        assert!(!watch.is_stalled(14 * SECOND, 7 * SECOND));
        assert!(watch.is_stalled(15 * SECOND, 7 * SECOND));
    }

    #[test]
    fn a_changed_file_is_life_and_a_change_in_dot_git_is_not() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("src")).unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        let mut watch = StallWatch::new(8 * SECOND, Some(dir.path().to_path_buf()));
        assert!(!watch.is_stalled(SECOND, Duration::ZERO));
        fs::write(dir.path().join("src/lib.rs"), "x").unwrap();
        assert!(!watch.is_stalled(6 * SECOND, Duration::ZERO));
        assert!(!watch.is_stalled(13 * SECOND, Duration::ZERO));
        fs::write(dir.path().join(".git/index"), "x").unwrap();
        assert!(watch.is_stalled(14 * SECOND, Duration::ZERO));
    }
}
