//! `agentos init`: finds out what it can about a repository, writes a small configuration for it or adds it to the one there is, and makes
//! what work needs. Facts are gathered, [`decide()`] is pure, [`carry_out()`] looks before each step, so that a second run does nothing.

mod agents;
mod carry_out;
mod decide;
mod entry;
mod facts;
mod github;
mod next;
mod objective;
mod origin;
mod render;
mod step;
mod test_command;
mod workflows;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

pub use agents::AgentFact;
pub use carry_out::{Done, carry_out, outstanding};
pub use decide::{Answers, Plan, decide, is_known, likely_test};
pub use facts::{Existing, Facts, Target, gather};
pub use github::OnHub;
pub use step::Step;
pub use test_command::Candidate;

use crate::app::Options;
use crate::config::{ConfigError, LoadRequest};
use crate::domain::ids::RepoSlug;
use crate::git::GitError;
use crate::host::HostError;
use crate::sys::files::FileError;

/// What the operator asked for.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The repository on GitHub.
    pub repo: Option<RepoSlug>,
    /// The local repository.
    pub local: Option<PathBuf>,
    /// The interface of the GitHub, where it is not github.com's.
    pub github_url: Option<String>,
    /// The GitHub project that is the board.
    pub project: Option<u64>,
    /// The command that tests the repository.
    pub test_command: Option<String>,
    /// Whether an objective is written.
    pub objective: bool,
}

/// Where this runs.
pub struct Place<'a> {
    /// What leads to the configuration.
    pub load: LoadRequest,
    /// The operator's environment.
    pub environment: BTreeMap<String, String>,
    /// The time that rules see.
    pub now: Timestamp,
    /// From what an application of a configuration is built.
    pub options: &'a dyn Fn(LoadRequest) -> Options,
}

/// Why there is nothing to begin with, or it could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The operator has to say or to do something else.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The configuration that is there cannot be used, or could not be afterwards.
    #[error("{0}")]
    Config(Box<ConfigError>),
    /// The configuration was not touched, since the repository cannot be added safely; the lines are for the operator to add.
    #[error("{why}")]
    ByHand {
        /// Why not.
        why: String,
        /// What to add.
        lines: String,
    },
    /// Another run is at it, or the file was changed meanwhile.
    #[error("{0}")]
    NotNow(String),
    /// git did not do what it was asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// GitHub did not do what it was asked.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl InitError {
    fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }
}

impl From<ConfigError> for InitError {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}
