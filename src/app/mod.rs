//! What a job may use, built once per process.

mod alarms;
mod ask;
mod build;
mod cadence;
mod confine;
pub mod ended;
mod first_days;
mod foreign;
mod forge;
mod github;
mod held;
mod home;
mod notifier;
mod objectives;
mod permission;
pub mod price;
mod readiness;
mod repository;
mod runner;
pub mod spend;
mod state;

pub use ask::Asking;
pub use build::{BuildError, Options};
pub use confine::Confiner;
pub use held::Held;
pub use repository::Repository;
pub use runner::{ProcessRunner, RunFailed, Runner};
pub use state::{Arming, State};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;

use crate::agent::AgentTable;
use crate::config::{Settings, Warning};
use crate::domain::ids::{AgentName, RepoKey, RepoSlug};
use crate::evidence::fetch::Pages;
use crate::host::github::{Client, Usage};
use crate::journal::Journal;
use crate::mailbox::Mailbox;
use crate::notify::Notifier;
use crate::prompt::Prompts;
use crate::sys::clock::Clock;
use crate::sys::files::{self, FileError};
use crate::sys::signals::Stop;
use crate::text::redact::Redactor;

/// Everything that a job may use.
pub struct App {
    /// The configuration, resolved.
    pub settings: Settings,
    /// What the configuration is warned about.
    pub warnings: Vec<Warning>,
    /// The time that rules see.
    pub clock: Rc<dyn Clock>,
    /// The tasks.
    pub mailbox: Mailbox,
    /// The journal.
    pub journal: Journal,
    /// Flags and small states.
    pub state: State,
    /// The repositories, in the order of the configuration.
    pub repositories: Vec<Repository>,
    /// The agents, built in and configured.
    pub agents: BTreeMap<AgentName, AgentTable>,
    /// What agents and commands may read and write.
    pub confiner: Rc<Confiner>,
    /// What starts agents and commands.
    pub runner: Rc<dyn Runner>,
    /// Set when this process is asked to end.
    pub stop: Stop,
    /// The operator's environment, from which children get what the allow-list says.
    pub environment: BTreeMap<String, String>,
    /// Names this installation machine-wide.
    pub installation: String,
    /// Removes secrets from what leaves.
    pub redactor: Redactor,
    /// What agents are told.
    pub prompts: Prompts,
    /// Tells the operator's chat.
    pub notifier: Notifier,
    github: Option<Rc<Client>>,
    pages: Rc<dyn Pages>,
    /// What questions of this process have come to so far.
    questions: RefCell<ask::SoFar>,
}

impl App {
    /// Now, as rules see it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What this process has asked of GitHub so far.
    pub fn usage(&self) -> Usage {
        self.github.as_ref().map(|client| client.usage()).unwrap_or_default()
    }

    /// What a classic token may do on GitHub, once something was asked there; `None` for other kinds of token.
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.github.as_ref().and_then(|client| client.scopes())
    }

    /// A repository by its slug.
    pub fn repository(&self, slug: &RepoSlug) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.slug() == slug)
    }

    /// A repository by what a person typed: slug, key or plain name.
    pub fn repository_named(&self, name: &str) -> Option<&Repository> {
        self.repositories.iter().find(|repository| {
            repository.slug().as_str() == name
                || repository.key.as_str() == name
                || repository.slug().name() == name
        })
    }

    /// A repository by its key.
    pub fn repository_of_key(&self, key: &RepoKey) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.key == *key)
    }

    /// Brings to the disk what a process that died has renamed or made in mailbox and boards and not synced: whoever goes on from there
    /// counts on it.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn sync_after_a_death(&self) -> Result<(), FileError> {
        files::sync_names(&self.runtime().join("mailbox"))?;
        files::sync_names(&self.settings.root.join("board"))
    }

    /// `<root>/runtime`.
    pub fn runtime(&self) -> PathBuf {
        self.settings.root.join("runtime")
    }

    /// The folder of locks.
    pub fn locks(&self) -> PathBuf {
        self.runtime().join("locks")
    }

    /// Where a task's attempts are kept.
    pub fn runs(&self, task: &crate::domain::ids::TaskId) -> PathBuf {
        self.runtime().join("runs").join(task.as_str())
    }
}
