//! Process ids and mounts of its own: everything that a program started ends when the first process of its namespace does.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::process::{DumpableBehavior, getegid, geteuid, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, UnshareFlags, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, set_capabilities,
};

use super::landlock::is_free;
use super::{Confinement, Entered, Furnished, Mode};

/// What lies there may be a door to somebody with more rights.
const DOORS: [&str; 6] = [
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/snapd.socket",
    "/run/dbus/system_bus_socket",
];

/// Sockets and keys of people who are logged in.
const SESSIONS: &str = "/run/user";

/// Says whether this process may make namespaces without one for users.
pub(super) fn is_mighty() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN))
}

/// Makes the next child of this process the first of a namespace of processes, and gives both mounts of their own. The calling process
/// must have one thread.
///
/// # Errors
///
/// When it stopped half way: the process must end then.
pub(in crate::sys) fn enter() -> io::Result<Entered> {
    let inner = UnshareFlags::NEWNS | UnshareFlags::NEWPID;
    if is_mighty() {
        return Ok(unshare(inner).map_or_else(Entered::Refused, |()| Entered::Yes));
    }
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    // The maps of a process that cannot be dumped belong to root.
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    if let Err(refused) = unshare(inner | UnshareFlags::NEWUSER) {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        return Ok(Entered::Refused(refused));
    }
    let write = |file: &str, text: String| {
        fs::OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes())
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // Without it the first process has the mounts that are there, and says so.
    drop(hand_down_mounting());
    Ok(Entered::Yes)
}

/// Lets the next program of ours mount in the namespace, which starting it would end for all but root.
fn hand_down_mounting() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.inheritable |= CapabilitySet::SYS_ADMIN;
    set_capabilities(None, sets)?;
    Ok(configure_capability_in_ambient_set(CapabilitySet::SYS_ADMIN, true)?)
}

#[expect(
    deprecated,
    reason = "its hazard is tables of file descriptors that part, which these flags do not"
)]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    Ok(rustix::thread::unshare(flags)?)
}

/// Sets up the mounts of the namespace that the calling process is the first of: a `/proc` of its own, private `/tmp` and `/dev/shm`
/// where nothing of ours lies there, and no doors. Whatever cannot be done is left as it was.
pub(in crate::sys) fn furnish(confinement: &Confinement) -> Furnished {
    let furnished = mounts(confinement);
    // What we may here the program must not. Where there is nothing to clear there is nothing to hand down.
    let _ = clear_ambient_capability_set();
    furnished
}

fn mounts(confinement: &Confinement) -> Furnished {
    let flags = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    if mount_change("/", flags).is_err() {
        return Furnished::default();
    }
    let plain = MountFlags::NOSUID | MountFlags::NODEV;
    let processes = mount("proc", "/proc", "proc", plain | MountFlags::NOEXEC, None).is_ok();
    let memory = Path::new("/dev/shm");
    let is_confined = confinement.mode != Mode::Off;
    let shared_memory = is_confined
        && memory.is_dir()
        && is_free(memory, confinement)
        && mount("tmpfs", memory, "tmpfs", plain, Some(c"mode=1777")).is_ok();
    if is_confined {
        hide(confinement);
    }
    Furnished { processes, shared_memory }
}

fn hide(confinement: &Confinement) {
    let tmp = Path::new("/tmp");
    if let Some(own) = &confinement.tmp
        && is_free(tmp, confinement)
    {
        let _ = mount_bind(own, tmp);
    }
    let sessions = Path::new(SESSIONS);
    if sessions.is_dir() && is_free(sessions, confinement) {
        let _ = mount("tmpfs", sessions, "tmpfs", MountFlags::NOSUID, Some(c"mode=0755"));
    }
    for door in DOORS.map(PathBuf::from).iter().filter(|door| door.exists()) {
        let _ = mount_bind("/dev/null", door);
    }
}
