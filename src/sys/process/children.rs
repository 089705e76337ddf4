//! Which children this process started itself. All others were adopted: orphans of something that it started.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, WaitOptions, waitpid};

static KNOWN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn known() -> MutexGuard<'static, BTreeSet<u32>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers that a child is ours; forgotten when it is dropped, which is to happen after the child was waited for.
#[derive(Debug)]
pub(in crate::sys) struct KnownChild(u32);

impl Drop for KnownChild {
    fn drop(&mut self) {
        known().remove(&self.0);
    }
}

/// Starts a child and remembers it, in one step for those who look for strays.
pub(in crate::sys) fn spawn(command: &mut Command) -> io::Result<(Child, KnownChild)> {
    let mut known = known();
    let child = command.spawn()?;
    known.insert(child.id());
    drop(known);
    let pid = child.id();
    Ok((child, KnownChild(pid)))
}

/// Calls `look` with the ids of our own children, while none can be started.
pub(super) fn with_known<T>(look: impl FnOnce(&BTreeSet<u32>) -> T) -> T {
    look(&known())
}

/// Reaps one child if it has ended.
pub(super) fn reap(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // Nothing to be done about a failure: it is no child of ours, or not yet dead.
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}
