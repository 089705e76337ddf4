//! Reading: regular files only, of a bounded size, links not followed.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::error::FileError;
use super::stamp::Stamp;

/// Reads a file of at most `max_bytes` bytes as UTF-8 text.
///
/// # Errors
///
/// When it is missing, no regular file (a link counts as none), too large, not UTF-8, or cannot be read.
pub fn read_text(path: &Path, max_bytes: u64) -> Result<String, FileError> {
    let bytes = read_bytes(path, max_bytes)?;
    String::from_utf8(bytes).map_err(|_| FileError::NotText { path: path.to_path_buf() })
}

/// Reads a file of at most `max_bytes` bytes.
///
/// # Errors
///
/// When it is missing, no regular file (a link counts as none), too large, or cannot be read.
pub fn read_bytes(path: &Path, max_bytes: u64) -> Result<Vec<u8>, FileError> {
    let mut options = OpenOptions::new();
    let (file, metadata) = open_measured(options.read(true), path)?;
    let too_large = || FileError::TooLarge { path: path.to_path_buf(), limit: max_bytes };
    let length = metadata.len();
    if length > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // One byte more than allowed: the file may have grown since it was measured.
    file.take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| FileError::of("read", path, source))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_bytes {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

/// The longest line that is handed over; a longer one is none of ours.
const LONGEST_LINE: u64 = 1024 * 1024;

/// Hands over the lines of a file one after the other, so that a large one needs no more memory than its longest line. A file that is not
/// there has none, a last line without an end is one that is being written, and bytes that are no text are replaced.
///
/// # Errors
///
/// When it is no regular file or cannot be read.
pub fn each_line(path: &Path, take: &mut dyn FnMut(&str)) -> Result<(), FileError> {
    let mut options = OpenOptions::new();
    let file = match open_regular(options.read(true), path) {
        Ok(file) => file,
        Err(_) if path.symlink_metadata().is_err() => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|source| FileError::of("read", path, source))?;
        if read == 0 {
            return Ok(());
        }
        if line.pop_if(|last| *last == b'\n').is_some() {
            match std::str::from_utf8(&line) {
                Ok(text) => take(text),
                Err(_) => take(&String::from_utf8_lossy(&line)),
            }
        }
    }
}

/// Reads the first bytes of a file, at most `bytes` of them; one read, which may give less.
///
/// # Errors
///
/// When it is missing, no regular file (a link counts as none), or cannot be read.
pub fn read_head(path: &Path, bytes: usize) -> Result<Vec<u8>, FileError> {
    Ok(read_stamped_head(path, bytes)?.0)
}

/// Reads the first bytes as [`read_head`] does, with the stamp that the file had right before.
///
/// # Errors
///
/// As [`read_head`].
pub fn read_stamped_head(path: &Path, bytes: usize) -> Result<(Vec<u8>, Stamp), FileError> {
    let (mut file, metadata) = open_measured(OpenOptions::new().read(true), path)?;
    let mut head = vec![0; bytes];
    let length = file.read(&mut head).map_err(|source| FileError::of("read", path, source))?;
    head.truncate(length);
    Ok((head, Stamp::of(&metadata)))
}

/// Reads the last `bytes` bytes of a file, however large it is; a missing file has none.
///
/// # Errors
///
/// When it is no regular file (a link counts as none) or cannot be read.
pub fn read_end(path: &Path, bytes: u64) -> Result<Vec<u8>, FileError> {
    let of = |source| FileError::of("read", path, source);
    let mut options = OpenOptions::new();
    let mut file = match open_regular(options.read(true), path) {
        Err(FileError::NotFound { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let length = file.metadata().map_err(of)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes))).map_err(of)?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end).map_err(of)?;
    Ok(end)
}

/// A piece of a file that is growing.
#[derive(Debug)]
pub struct Piece {
    /// What it holds from there on, no more than was asked for.
    pub bytes: Vec<u8>,
    /// How long the file is.
    pub length: u64,
    /// Tells the file from another one that takes its name.
    pub identity: u64,
}

/// Reads at most `bytes` bytes of a file from `offset` on; a file that is shorter gives none.
///
/// # Errors
///
/// When it is missing, no regular file (a link counts as none), or cannot be read.
pub fn read_from(path: &Path, offset: u64, bytes: u64) -> Result<Piece, FileError> {
    let of = |source| FileError::of("read", path, source);
    let mut file = open_regular(OpenOptions::new().read(true), path)?;
    let metadata = file.metadata().map_err(of)?;
    let mut piece = Piece { bytes: Vec::new(), length: metadata.len(), identity: metadata.ino() };
    if offset < piece.length {
        file.seek(SeekFrom::Start(offset)).map_err(of)?;
        file.take(bytes).read_to_end(&mut piece.bytes).map_err(of)?;
    }
    Ok(piece)
}

/// Opens a regular file and nothing else; a pipe does not block it.
pub(super) fn open_regular(options: &mut OpenOptions, path: &Path) -> Result<File, FileError> {
    Ok(open_measured(options, path)?.0)
}

/// Opens a regular file as [`open_regular`] does, with what the check has found out about it.
fn open_measured(options: &mut OpenOptions, path: &Path) -> Result<(File, Metadata), FileError> {
    let not_regular = || FileError::NotRegular { path: path.to_path_buf() };
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = options.custom_flags(flags).open(path).map_err(|source| {
        // ELOOP is a final link, ENXIO a socket or a pipe without a reader.
        match rustix::io::Errno::from_io_error(&source) {
            Some(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => not_regular(),
            _ => FileError::of("open", path, source),
        }
    })?;
    let metadata = file.metadata().map_err(|source| FileError::of("open", path, source))?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(not_regular()) }
}
