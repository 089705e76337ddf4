//! Processes as the kernel shows them in `/proc`: who descends from whom, ending all of them, and what this process does to itself.

mod children;
mod own;
mod stat;
mod sweep;

#[cfg(test)]
mod tests;

pub use own::{become_subreaper, free_bytes, harden_this_process, is_subreaper, peak_memory_bytes};
pub use stat::{Stat, descendants_of};
pub use sweep::{Survivor, end_all_descendants, end_marked, end_strays};

pub(in crate::sys) use children::{KnownChild, spawn};
pub(in crate::sys) use stat::{descendants_in, has_first_argument, inner_id, snapshot};
pub(in crate::sys) use sweep::{Identity, Quarry, end, signal, sweep};
