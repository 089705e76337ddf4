//! What root may do beyond files, dropped for good: programs that we start inherit what is left.

use std::io;

use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set, set_no_new_privs};

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
