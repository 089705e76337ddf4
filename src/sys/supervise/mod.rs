//! Running agents and test commands so that nothing of them outlives their run. A helper process (our own binary again) starts the
//! program, watches it, is the parent that its orphans fall to, and ends the tree when the run is over or the worker is gone.

mod client;
mod family;
mod helper;
mod launch;
mod log;
mod outlet;
mod spec;
mod stage;
mod watch;

pub use client::{Helper, SuperviseError, end_run, run};
pub use helper::helper_main;
pub use spec::{MARKER, RunEnd, RunOutcome, RunSpec};
