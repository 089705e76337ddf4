//! What the file system below a folder has room for, and of which kind it is.

use std::io;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

/// Kinds of file systems that lie on another machine, by the number that the kernel gives them.
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
    // The numbers are unsigned words of 32 bits, which platforms keep in integers of several kinds.
    let kind = i128::from(statfs(path)?.f_type) & 0xffff_ffff;
    Ok(Disk {
        free: room.f_bavail.saturating_mul(room.f_frsize),
        total: room.f_blocks.saturating_mul(room.f_frsize),
        is_read_only: room.f_flag.contains(StatVfsMountFlags::RDONLY),
        remote: REMOTE.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name),
    })
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
    fn what_is_not_there_has_no_file_system() {
        let dir = tempfile::tempdir().unwrap();
        assert!(of(&dir.path().join("none")).is_err());
    }
}
