//! What the file system below a folder has room for, and of which kind it is.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

/// Kinds of file systems that lie on another machine, by the number that Linux gives them.
#[cfg(target_os = "linux")]
const REMOTE: [(i128, &str); 6] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x5346_414f, "AFS"),
    (0x0102_1997, "9P"),
];

/// A file system as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The bytes that this user may still write.
    pub free: u64,
    /// All bytes of it.
    pub total: u64,
    /// Nothing can be written to it.
    pub is_read_only: bool,
    /// Its kind, where it lies on another machine.
    pub remote: Option<&'static str>,
}

/// Looks at the file system that a file or folder lies on.
///
/// # Errors
///
/// When there is no such file or folder, or the kernel does not say.
pub fn of(path: &Path) -> io::Result<Disk> {
    let room = statvfs(path)?;
    Ok(Disk {
        free: room.f_bavail.saturating_mul(room.f_frsize),
        total: room.f_blocks.saturating_mul(room.f_frsize),
        is_read_only: room.f_flag.contains(StatVfsMountFlags::RDONLY),
        remote: remote(path)?,
    })
}

#[cfg(target_os = "linux")]
fn remote(path: &Path) -> io::Result<Option<&'static str>> {
    // The numbers are unsigned words of 32 bits, which platforms keep in integers of several kinds.
    let kind = i128::from(statfs(path)?.f_type) & 0xffff_ffff;
    Ok(REMOTE.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name))
}

/// Other systems give names instead of numbers.
#[cfg(not(target_os = "linux"))]
fn remote(path: &Path) -> io::Result<Option<&'static str>> {
    let known = [("nfs", "NFS"), ("smbfs", "SMB"), ("afpfs", "AFP"), ("webdav", "WebDAV")];
    let room = statfs(path)?;
    let name = room.f_fstypename.iter().map(|byte| byte.cast_unsigned());
    let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
    Ok(known.iter().find(|(kind, _)| kind.as_bytes() == name).map(|(_, name)| *name))
}

/// What lies below a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The sizes of all files, links not followed.
    pub bytes: u64,
    /// How many files and folders were looked at.
    pub entries: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            entries: self.entries.saturating_add(other.entries),
        }
    }
}

/// Measures what lies below a folder; what cannot be looked at, or is removed meanwhile, counts as nothing.
pub fn used_below(folder: &Path) -> Usage {
    let mut usage = Usage::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            usage.entries += 1;
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) => usage.bytes = usage.bytes.saturating_add(data.len()),
                Err(_) => {}
            }
        }
    }
    usage
}

/// A number of gigabytes (10⁹ bytes) in bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of bytes that is not negative; a huge one saturates"
)]
pub fn bytes_of(gigabytes: f64) -> u64 {
    (gigabytes.max(0.0) * 1e9) as u64
}

/// A size for people, as `12.3 GB`, and as `45 MB` where it is less than one.
pub fn size(bytes: u64) -> String {
    match bytes {
        ..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_no_more_free_than_there_is() {
        let dir = tempfile::tempdir().unwrap();
        let disk = of(dir.path()).unwrap();
        assert!(disk.free <= disk.total && disk.total > 0, "{disk:?}");
        assert!(!disk.is_read_only);
    }

    #[test]
    fn what_lies_below_a_folder_is_added_up_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("deep/er")).unwrap();
        crate::sys::files::replace(&dir.path().join("deep/er/file"), &[0; 700]).unwrap();
        crate::sys::files::replace(&dir.path().join("file"), &[0; 300]).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("deep/all")).unwrap();
        let used = used_below(dir.path());
        assert_eq!((used.bytes, used.entries), (1001, 5));
        assert_eq!(used_below(&dir.path().join("none")), Usage::default());
    }

    #[test]
    fn what_is_not_there_has_no_file_system() {
        let dir = tempfile::tempdir().unwrap();
        assert!(of(&dir.path().join("none")).is_err());
    }
}
