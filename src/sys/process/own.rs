//! What this process does to itself and knows of itself.

use std::fs;
use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::process::{
    DumpableBehavior, Signal, child_subreaper, getpid, set_child_subreaper, set_dumpable_behavior,
    set_parent_process_death_signal,
};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Whether this system lets a process be the parent that orphans among its descendants fall to.
pub(in crate::sys) const ADOPTS_ORPHANS: bool = cfg!(target_os = "linux");

/// Lets no other process of this user read our memory and environment, and leaves no core file. Children get neither back: the kernel
/// makes a program that is started readable again, core files stay off. On other systems than Linux there are no core files, and no more.
///
/// # Errors
///
/// When the kernel refuses; one of the two may be done.
pub fn harden_this_process() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Makes orphans among our descendants our children, instead of those of the first process of the machine. Where the system knows no such
/// thing, nothing happens, and [`is_subreaper`] says so.
///
/// # Errors
///
/// When the kernel refuses; orphans then leave us.
#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::unnecessary_wraps, reason = "on Linux the kernel may refuse")
)]
pub fn become_subreaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// Says whether [`become_subreaper`] was done.
pub fn is_subreaper() -> bool {
    #[cfg(target_os = "linux")]
    let is_subreaper = child_subreaper().is_ok_and(|reaper| reaper.is_some());
    #[cfg(not(target_os = "linux"))]
    let is_subreaper = false;
    is_subreaper
}

/// Says whether this process is to be killed when its parent ends. Where the system knows no such thing, nothing happens: whoever calls
/// this has a socket to the parent and sees it close.
///
/// # Errors
///
/// When the kernel refuses.
#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::unnecessary_wraps, reason = "on Linux the kernel may refuse")
)]
pub(in crate::sys) fn end_with_parent(wanted: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    set_parent_process_death_signal(wanted.then_some(Signal::KILL))?;
    #[cfg(not(target_os = "linux"))]
    let _ = wanted;
    Ok(())
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
