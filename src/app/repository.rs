//! One configured repository: its settings, its host, its mirror (opened when first needed) and the effects on it.

use std::cell::{LazyCell, OnceCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::config;
use crate::domain::ids::{BranchName, RepoKey, RepoSlug, TaskId};
use crate::effects::Effects;
use crate::git::{Git, GitError, Heads, Mirror, lacks_of_mirror};
use crate::host::Host;
use crate::host::local::LocalHost;
use crate::journal::Journal;
use crate::sys::clock::Clock;

/// One configured repository.
pub struct Repository {
    /// Its recorded key.
    pub key: RepoKey,
    /// Its settings.
    pub settings: config::Repo,
    /// Its host; every read is made anew, so that a write may rest on it.
    pub host: Rc<dyn Host>,
    /// The same host, whose reads cost nothing where nothing has changed: good enough to find that there is nothing to do.
    pub glance: Rc<dyn Host>,
    /// The same host, where it is the local one.
    pub local: Option<Rc<LocalHost>>,
    pub(super) source: Rc<MirrorSource>,
    pub(super) worktrees: PathBuf,
    pub(super) journal: Journal,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) mirror_lock: PathBuf,
}

/// The git URL or path of a remote, looked for when it is first asked for: a clone tells its own only when it is opened, and an idle run does
/// not need it.
pub(super) type Remote = LazyCell<String, Box<dyn FnOnce() -> String>>;

/// Opens the mirror once per process.
pub(super) struct MirrorSource {
    pub(super) git: Git,
    pub(super) dir: PathBuf,
    pub(super) remote: Remote,
    pub(super) borrow: Option<PathBuf>,
    pub(super) opened: OnceCell<Rc<Mirror>>,
}

impl MirrorSource {
    pub(super) fn get(&self) -> Result<Rc<Mirror>, GitError> {
        if let Some(mirror) = self.opened.get() {
            return Ok(mirror.clone());
        }
        let mirror =
            Mirror::open_or_create(&self.git, &self.dir, &self.remote, self.borrow.as_deref())?;
        Ok(self.opened.get_or_init(|| Rc::new(mirror)).clone())
    }
}

impl Repository {
    /// Its slug.
    pub fn slug(&self) -> &RepoSlug {
        &self.settings.slug
    }

    /// The git URL or path of its remote.
    pub fn remote(&self) -> &str {
        &self.source.remote
    }

    /// Our bare mirror, made when it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made: the remote is missing, unreadable or of a kind that is not supported.
    pub fn mirror(&self) -> Result<Rc<Mirror>, GitError> {
        self.source.get()
    }

    /// Asks the remote for its branches, without a mirror and without a write: for a person who waits, hence with a deadline.
    ///
    /// # Errors
    ///
    /// When the remote cannot be asked.
    pub fn look_at_remote(&self, deadline: Duration) -> Result<Heads, GitError> {
        self.source.git.with_deadline(deadline).heads_of(self.remote())
    }

    /// What our mirror lacks, when it has been made; `None` before.
    pub fn lacks_of_mirror(&self) -> Option<Result<Vec<String>, GitError>> {
        self.source.dir.is_dir().then(|| lacks_of_mirror(&self.source.dir))
    }

    /// The effects on it.
    ///
    /// # Errors
    ///
    /// As [`Repository::mirror`].
    pub fn effects(&self) -> Result<Effects, GitError> {
        Ok(Effects {
            key: self.key.clone(),
            host: self.host.clone(),
            glance: self.glance.clone(),
            mirror: self.mirror()?,
            mirror_lock: self.mirror_lock.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
        })
    }

    /// The branch that work starts from: as configured, else the remote's default.
    ///
    /// # Errors
    ///
    /// When the remote has to be asked and cannot be.
    pub fn base_branch(&self) -> Result<BranchName, GitError> {
        match &self.settings.base_branch {
            Some(branch) => Ok(branch.clone()),
            None => self.mirror()?.default_branch(),
        }
    }

    /// Where a task's worktree lies.
    pub fn worktree_path(&self, task: &TaskId) -> PathBuf {
        self.worktrees.join(self.key.as_str()).join(task.as_str())
    }
}
