//! Confinement: what a program that we start may read, write and reach, by which means of the kernel, and how far that went.
//!
//! Everything here acts on the process that calls it, which is a stage of [`super::supervise`] on its way to become the program.

mod bwrap;
mod cgroup;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod expand;
#[cfg(target_os = "linux")]
mod landlock;
mod limits;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod powers;
mod system;
mod tiers;
mod toolchains;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::abi;
#[cfg(target_os = "linux")]
pub use landlock::abi;
pub use tiers::{enforceable, tiers};
pub use toolchains::{Toolchains, toolchains};

pub(in crate::sys) use bwrap::{command_line, reached as reached_by_bwrap};
pub(in crate::sys) use cgroup::{Cgroup, end_left_groups};
#[cfg(not(target_os = "linux"))]
pub(in crate::sys) use elsewhere::{drop_powers, enter, furnish, restrict};
#[cfg(target_os = "linux")]
pub(in crate::sys) use landlock::restrict;
pub(in crate::sys) use limits::bound_this_process;
#[cfg(target_os = "linux")]
pub(in crate::sys) use namespaces::{enter, furnish};
#[cfg(target_os = "linux")]
pub(in crate::sys) use powers::drop_powers;
pub(in crate::sys) use tiers::processes;

/// Whether the kernel of this system has any of the means that are used here.
pub const KERNEL_CONFINES: bool = cfg!(target_os = "linux");

/// By what a program is confined.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By Landlock where the kernel has it.
    Auto,
    /// By Landlock, or it is not started.
    Landlock,
    /// By the program `bwrap`, or it is not started.
    Bwrap,
    /// By nothing.
    #[default]
    Off,
}

/// What a program may do. Of two paths the longer one decides: a folder below one that is denied may be allowed, and the other way round.
#[derive(Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// By what it is confined.
    pub mode: Mode,
    /// It gets process ids of its own where the kernel lets us, so that everything it starts ends with it.
    pub isolate: bool,
    /// What it may read and change.
    pub write: Vec<PathBuf>,
    /// What it may read and execute, beside the folders of the system.
    pub read: Vec<PathBuf>,
    /// What it may not even read, whatever the other lists say of the folders above.
    pub deny: Vec<PathBuf>,
    /// The TCP ports that it may connect to; all of them when `None`.
    pub tcp: Option<Vec<u16>>,
    /// What it sees as `/tmp`, where that can be done; to be on `write` too.
    pub tmp: Option<PathBuf>,
}

/// What the mounts of a namespace came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::sys) struct Furnished {
    /// `/proc` shows the processes of the namespace only.
    pub(in crate::sys) processes: bool,
    /// `/dev/shm` is nobody else's.
    shared_memory: bool,
}

/// What came of the wish for a namespace.
#[derive(Debug)]
pub(in crate::sys) enum Entered {
    /// The next child is the first process of one.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has them"))]
    Yes,
    /// The kernel refused, and nothing has changed.
    Refused(io::Error),
}

/// What confinement controls.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Which variables it sees.
    Environment,
    /// Which files it reads and changes.
    Files,
    /// What it connects to.
    Network,
    /// That nothing of it lives on.
    Processes,
    /// How much memory and how many processes it may use.
    Memory,
    /// That git inside reaches a repository of its own only.
    PrivateGit,
}

impl Control {
    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Files => "files",
            Self::Network => "network",
            Self::Processes => "processes",
            Self::Memory => "memory",
            Self::PrivateGit => "private git",
        }
    }
}

/// How far a control reaches.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// It holds.
    Enforced,
    /// It holds with the exceptions that are named.
    Partial,
    /// It does not hold.
    Unsupported,
}

impl Tier {
    /// Its name for people and receipts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Partial => "partial",
            Self::Unsupported => "unsupported",
        }
    }
}

/// How far one control reached.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub control: Control,
    /// How far.
    pub tier: Tier,
    /// By what, or what is missing.
    pub detail: String,
}

impl Reached {
    /// Puts one together.
    pub fn new(control: Control, tier: Tier, detail: impl Into<String>) -> Self {
        Self { control, tier, detail: detail.into() }
    }
}
