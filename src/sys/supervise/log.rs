//! A log file of bounded size that can be read while it grows: its beginning stays, its end moves, the middle is cut out.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Smallest size that is worth a head and a tail, in bytes.
const SMALLEST: u64 = 4096;

/// A bounded log.
#[derive(Debug)]
pub(super) struct BoundedLog {
    file: File,
    /// The most that is kept, in bytes.
    limit: u64,
    /// Where the cut begins once there is one.
    head: Option<u64>,
    /// How long the file is now.
    length: u64,
    /// How much was cut out.
    cut: u64,
    /// A write failed: from then on everything is only counted.
    failed: bool,
}

impl BoundedLog {
    /// Makes the file anew, for its owner only.
    pub(super) fn create(path: &Path, limit: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)?;
        Ok(Self { file, limit: limit.max(SMALLEST), head: None, length: 0, cut: 0, failed: false })
    }

    /// Takes more output. A full disk is no error: the program must be able to go on writing.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        // In pieces that fit beside what a compaction keeps.
        let piece = usize::try_from(self.limit / 8).unwrap_or(usize::MAX);
        for bytes in bytes.chunks(piece) {
            if !self.failed && self.write(bytes).is_err() {
                self.failed = true;
            }
        }
    }

    /// Says whether something that was taken is not in the file.
    pub(super) fn is_truncated(&self) -> bool {
        self.failed || self.cut > 0
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.length + size > self.limit {
            self.compact()?;
        }
        self.file.write_all_at(bytes, self.length)?;
        self.length += size;
        Ok(())
    }

    /// Cuts out the older half of what follows the head, at line ends where there are any.
    fn compact(&mut self) -> io::Result<()> {
        let (head, gap) = match self.head {
            Some(head) => (head, notice_length(self.cut)),
            None => (self.end_of_head()?, 0),
        };
        self.head = Some(head);
        let tail_start = head + gap;
        let keep_from = self.length - (self.length - tail_start) / 2;
        let mut kept = vec![0; usize::try_from(self.length - keep_from).unwrap_or_default()];
        self.file.read_exact_at(&mut kept, keep_from)?;
        let torn = kept.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // A last line without end is kept although its beginning is lost: it may be all there is.
        let torn = if torn == kept.len() { 0 } else { torn };
        let kept = kept.get(torn..).unwrap_or_default();
        self.cut += keep_from - tail_start + u64::try_from(torn).unwrap_or_default();
        let mut rest = notice(self.cut).into_bytes();
        rest.extend_from_slice(kept);
        self.file.write_all_at(&rest, head)?;
        self.length = head + u64::try_from(rest.len()).unwrap_or_default();
        self.file.set_len(self.length)
    }

    /// The first quarter, up to the end of its last line where it has one.
    fn end_of_head(&self) -> io::Result<u64> {
        let mut quarter = vec![0; usize::try_from(self.limit / 4).unwrap_or_default()];
        let read = self.file.read_at(&mut quarter, 0)?;
        let quarter = quarter.get(..read).unwrap_or_default();
        let end = quarter.iter().rposition(|byte| *byte == b'\n').map_or(read, |end| end + 1);
        Ok(u64::try_from(end).unwrap_or_default())
    }
}

/// Always of one length for the same number of digits, so that it can be found again.
fn notice(cut: u64) -> String {
    format!("\n[{cut:020} bytes were cut out here]\n")
}

fn notice_length(cut: u64) -> u64 {
    u64::try_from(notice(cut).len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(limit: u64, pieces: impl Iterator<Item = String>) -> (String, BoundedLog) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = BoundedLog::create(&path, limit).unwrap();
        for piece in pieces {
            log.take(piece.as_bytes());
            assert!(std::fs::metadata(&path).unwrap().len() <= limit + 64);
        }
        (std::fs::read_to_string(&path).unwrap(), log)
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let (text, log) = written(8192, (0..100).map(|n| format!("line {n}\n")));
        assert_eq!(text.lines().count(), 100);
        assert!(!log.is_truncated());
    }

    #[test]
    fn the_beginning_and_the_end_of_a_long_log_are_kept_in_whole_lines() {
        let (text, log) = written(8192, (0..5000).map(|n| format!("line {n}\n")));
        assert!(log.is_truncated());
        assert!(text.starts_with("line 0\nline 1\n"));
        assert!(text.ends_with("line 4998\nline 4999\n"));
        assert_eq!(text.matches("bytes were cut out here").count(), 1);
        let is_whole =
            |line: &&str| line.starts_with("line ") || line.is_empty() || line.starts_with('[');
        assert!(text.lines().all(|line| is_whole(&line)));
        let kept: usize = text.lines().filter(|l| l.starts_with("line")).map(|l| l.len() + 1).sum();
        let all: usize = (0..5000).map(|n| format!("line {n}\n").len()).sum();
        assert!(text.contains(&format!("{:020}", all - kept)), "{}", all - kept);
    }

    #[test]
    fn output_without_any_line_end_is_bounded_too() {
        let (text, log) = written(4096, (0..50).map(|_| "x".repeat(70_000)));
        assert!(log.is_truncated());
        assert!(text.ends_with('x'));
    }
}
