//! Processes as the system lists them: who descends from whom, ending all of them, and what this process does to itself.

mod children;
// Tested on Linux too, whose `ps` prints the same.
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "tests use a part of it"))]
mod listed;
mod own;
#[cfg(target_os = "linux")]
mod proc_files;
mod stat;
mod sweep;

#[cfg(not(target_os = "linux"))]
use listed as table;
#[cfg(target_os = "linux")]
use proc_files as table;

#[cfg(test)]
mod tests;

pub use own::{become_subreaper, free_bytes, harden_this_process, is_subreaper, peak_memory_bytes};
pub use stat::{Stat, descendants_of};
pub use sweep::{Survivor, end_all_descendants, end_marked, end_strays};

pub(in crate::sys) use children::{KnownChild, spawn};
pub(in crate::sys) use own::{ADOPTS_ORPHANS, end_with_parent};
pub(in crate::sys) use sweep::{Identity, Quarry, end, signal, sweep};
pub(in crate::sys) use table::{inner_id, members, snapshot, started_as};
