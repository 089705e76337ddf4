//! Limits of one process that its children inherit: the size of files and core files.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The largest file that a program may write, in bytes: a build does not come near it, a runaway log would fill the disk.
const LARGEST_FILE: u64 = 16 << 30;

/// Bounds what the calling process and its children write: no core files, no file beyond sixteen gibibytes.
///
/// # Errors
///
/// When the kernel refuses.
pub(in crate::sys) fn bound_this_process() -> io::Result<()> {
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, LARGEST_FILE)
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let at_most = |limit: Option<u64>| Some(limit.map_or(to, |limit| limit.min(to)));
    let old = getrlimit(resource);
    let new = Rlimit { current: at_most(old.current), maximum: at_most(old.maximum) };
    Ok(setrlimit(resource, new)?)
}
