//! What a worker tells its helper and what it is told back: one JSON line each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sys::sandbox::{Confinement, Mode, Reached};

/// The variable in a child's environment that names its run machine-wide.
pub const MARKER: &str = "AGENTOS_RUN";

/// A program to run under supervision. Its `Debug` shows no values of variables.
#[derive(Serialize, Deserialize, Clone)]
pub struct RunSpec {
    /// Program and arguments; nothing passes through a shell.
    pub argv: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Its whole environment, to which [`MARKER`] is added.
    pub env: BTreeMap<String, String>,
    /// The file that it reads as standard input; nothing when `None`.
    pub stdin: Option<PathBuf>,
    /// Where its standard output goes; replaced when it is there.
    pub stdout: PathBuf,
    /// Where its standard error goes; replaced when it is there.
    pub stderr: PathBuf,
    /// The most that is kept of each stream, in bytes, beside one line that says what was cut: the first quarter and the end.
    pub max_log_bytes: u64,
    /// After this it is ended.
    pub deadline: Duration,
    /// After so long without output or change it is ended; never when `None`.
    pub stall: Option<Duration>,
    /// Changes of files below this folder, what lies in a `.git` left out, count as life for `stall`.
    pub watch_dir: Option<PathBuf>,
    /// How long it may take to end after SIGTERM before it is killed.
    pub grace: Duration,
    /// The value of [`MARKER`]: names the run machine-wide.
    pub marker: String,
    /// What it may do, and whether it gets process ids of its own.
    #[serde(default)]
    pub confinement: Confinement,
}

impl RunSpec {
    /// Says whether a stage of ours comes before the program.
    pub(super) fn is_staged(&self) -> bool {
        self.confinement.isolate || self.confinement.mode != Mode::Off
    }
}

impl fmt::Debug for RunSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RunSpec")
            .field("argv", &self.argv)
            .field("dir", &self.dir)
            .field("env", &self.env.keys())
            .field("deadline", &self.deadline)
            .field("stall", &self.stall)
            .field("marker", &self.marker)
            .finish_non_exhaustive()
    }
}

/// How a run ended.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// The program ended with this exit code.
    Exited(i32),
    /// This signal, which was not ours, ended it.
    Signalled(i32),
    /// It was ended at its deadline.
    Deadline,
    /// It was ended because nothing moved any more.
    Stalled,
    /// It was ended because we were asked to stop, or because the worker was gone.
    Stopped,
    /// It was never started.
    NotStarted {
        /// No program of that name was found.
        missing: bool,
        /// Why, for people.
        reason: String,
    },
}

/// What is known of a run that is over.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// How it ended.
    pub end: RunEnd,
    /// How long it took, until nothing of it was left.
    pub duration: Duration,
    /// How much it wrote to standard output, kept or not, in bytes.
    pub stdout_bytes: u64,
    /// How much it wrote to standard error, kept or not, in bytes.
    pub stderr_bytes: u64,
    /// Some of what it wrote was not kept.
    pub truncated: bool,
    /// How many processes outlived the program itself and were ended.
    pub killed_survivors: u32,
    /// Processes that could not be ended; normally none.
    pub survivors: Vec<u32>,
    /// How far it was confined; empty when nobody asked for it.
    #[serde(default)]
    pub reached: Vec<Reached>,
}

impl RunOutcome {
    /// The outcome of a run that has not begun.
    pub(super) fn not_started(missing: bool, reason: String) -> Self {
        Self {
            end: RunEnd::NotStarted { missing, reason },
            duration: Duration::ZERO,
            stdout_bytes: 0,
            stderr_bytes: 0,
            truncated: false,
            killed_survivors: 0,
            survivors: Vec::new(),
            reached: Vec::new(),
        }
    }
}
