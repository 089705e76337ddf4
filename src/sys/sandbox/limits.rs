//! Limits of one process that its children inherit: the size of files, core files, and what root may do beyond files.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set, set_no_new_privs};

/// The largest file that a program may write, in bytes: a build does not come near it, a runaway log would fill the disk.
const LARGEST_FILE: u64 = 16 << 30;

/// What root keeps: owning files, ending its own processes, changing its user, low ports.
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETPCAP)
    .union(CapabilitySet::NET_BIND_SERVICE);

/// Bounds what the calling process and its children write: no core files, no file beyond sixteen gibibytes.
///
/// # Errors
///
/// When the kernel refuses.
pub(in crate::sys) fn bound_this_process() -> io::Result<()> {
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, LARGEST_FILE)
}

/// Lets what the calling process will start gain no privileges, and have of root's powers only those over files and its own processes.
///
/// # Errors
///
/// When the kernel refuses; powers that cannot be dropped are those that this user does not have.
pub(in crate::sys) fn drop_powers() -> io::Result<()> {
    for power in CapabilitySet::all().iter().filter(|power| !KEPT.contains(*power)) {
        // Refused to everybody but root, who alone has any.
        let _ = remove_capability_from_bounding_set(power);
    }
    Ok(set_no_new_privs(true)?)
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let at_most = |limit: Option<u64>| Some(limit.map_or(to, |limit| limit.min(to)));
    let old = getrlimit(resource);
    let new = Rlimit { current: at_most(old.current), maximum: at_most(old.maximum) };
    Ok(setrlimit(resource, new)?)
}
