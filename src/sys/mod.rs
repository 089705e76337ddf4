//! The machine beneath: clock, environment, files, locks, programs and process trees. Knows no policy.

pub mod boot;
pub mod clock;
pub mod crash;
pub mod disk;
pub mod env;
pub mod files;
pub mod lock;
pub mod memory;
pub mod process;
pub mod program;
pub mod sandbox;
pub mod signals;
pub mod supervise;
pub mod terminal;
pub mod tls;
