//! What this process does to itself and knows of itself.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, child_subreaper, getpid, set_child_subreaper,
    set_dumpable_behavior, setrlimit,
};

/// Lets no other process of this user read our memory and environment, and leaves no core file. Children get neither back: the kernel
/// makes a program that is started readable again, core files stay off.
///
/// # Errors
///
/// When the kernel refuses; one of the two may be done.
pub fn harden_this_process() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Makes orphans among our descendants our children, instead of those of the first process of the machine.
///
/// # Errors
///
/// When the kernel refuses; orphans then leave us.
pub fn become_subreaper() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Says whether [`become_subreaper`] was done.
pub fn is_subreaper() -> bool {
    child_subreaper().is_ok_and(|reaper| reaper.is_some())
}

/// Measures the space, in bytes, that this user may still fill on the disk of `path`.
///
/// # Errors
///
/// When `path` is not there or its disk cannot be asked.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Tells the most memory, in bytes, that this process ever had in use; `None` where the kernel does not say.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}
