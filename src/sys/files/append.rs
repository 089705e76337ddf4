//! Appending a line to a file that several processes append to.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::draft::{folder_of, is_linked};
use super::error::FileError;
use super::read::open_regular;
use super::replace::sync_folder;
use crate::crash_point;
use crate::sys::crash;

/// How long to wait for other appenders, each of which needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Step in which the end of a torn file is searched for its last line break, in bytes.
const BLOCK: u64 = 4096;

/// Appends a line and its line break in one write, under a lock on the file. A torn last line, left by a crash, is cut off first.
///
/// # Errors
///
/// When the line contains a line break, the file is no regular one, the disk refuses, or others hold the lock for ten seconds; the
/// file then ends where it ended before.
pub fn append_line(path: &Path, line: &str) -> Result<(), FileError> {
    let doing = |source| FileError::of("append to", path, source);
    if line.contains('\n') {
        return Err(doing(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a line must not contain a line break",
        )));
    }
    let mut file = open_locked(path)?;
    let end = cut_torn_line(&file).map_err(doing)?;
    crash_point!("files.append.locked");
    let written = crash::write_all(&mut file, format!("{line}\n").as_bytes());
    if let Err(source) = written {
        // A part may have been written before the disk was full.
        drop(file.set_len(end));
        return Err(doing(source));
    }
    file.sync_data().map_err(doing)?;
    crash_point!("files.append.written");
    if end == 0 { sync_folder(folder_of(path)) } else { Ok(()) }
}

/// Opens the file, or makes it, and waits for its lock; starts anew when the file lost its name meanwhile (a rotation).
fn open_locked(path: &Path) -> Result<File, FileError> {
    let started = Instant::now();
    loop {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = open_regular(&mut options, path)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(FileError::of("lock", path, error)),
            }
        }
        if is_linked(&file, path) {
            return Ok(file);
        }
    }
}

/// Cuts what follows the last line break and says where the file ends then.
fn cut_torn_line(file: &File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut block = vec![0; usize::try_from(end - start).unwrap_or_default()];
        file.read_exact_at(&mut block, start)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            end = start + u64::try_from(last).unwrap_or_default() + 1;
            break;
        }
        end = start;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(end)
}
