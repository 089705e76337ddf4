//! The one place that changes the world.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::effect::Effect;
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha, IssueNumber, RepoKey};
use crate::domain::issue::{Comment, Issue, IssueState};
use crate::domain::origin;
use crate::domain::pull::{PullRequest, PullState};
use crate::git::{GitError, Mirror, Push};
use crate::host::{Host, HostError, LabelChange, WorkflowRun};
use crate::journal::{Intent, IntentRecord, Journal};
use crate::mailbox::Authority;
use crate::sys::clock::Clock;
use crate::sys::files::FileError;
use crate::sys::lock::Lock;
use crate::text::marker;

/// Another process may be fetching or adding a worktree; longer than this is a fault.
const REPOSITORY_LOCK_WAIT: Duration = Duration::from_secs(120);

/// Why an effect was not carried out. Whatever it is, nothing was half done: the next run looks again.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// The host said no, or could not be asked.
    #[error(transparent)]
    Host(#[from] HostError),
    /// git said no, or could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The journal could not be written, so nothing was begun.
    #[error("cannot write the journal: {0}")]
    Journal(#[from] FileError),
    /// It seemed to work, and the world does not show it.
    #[error("{what} was carried out, but reading it back does not show it")]
    NotSeen {
        /// Which effect.
        what: String,
    },
    /// Another process keeps the repository for too long.
    #[error("the repository {0} is locked by another process for more than two minutes")]
    Locked(RepoKey),
}

impl EffectError {
    /// Whether the next tick may simply try again.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Host(HostError::Unavailable { .. } | HostError::RateLimited { .. })
            | Self::Git(GitError::Unavailable { .. } | GitError::NoSpace)
            | Self::Locked(_) => true,
            Self::Journal(error) => error.is_temporary(),
            _ => false,
        }
    }
}

/// How an effect ended.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// Whether anything was changed; not when it was already so.
    pub changed: bool,
    /// The pull request that was opened or found.
    pub pull: Option<PullRequest>,
    /// The commit on the base branch that a merge or a memory entry made.
    pub commit: Option<CommitSha>,
    /// The issue that was made or found.
    pub issue: Option<IssueNumber>,
}

/// The effects on one repository.
pub struct Effects {
    /// The repository.
    pub key: RepoKey,
    /// Its host; what a write rests on is read anew.
    pub host: Rc<dyn Host>,
    /// The same host, whose reads cost nothing where nothing has changed.
    pub glance: Rc<dyn Host>,
    /// Our mirror of it.
    pub mirror: Rc<Mirror>,
    /// The lock on the mirror's metadata.
    pub mirror_lock: PathBuf,
    /// The journal.
    pub journal: Journal,
    /// The time that is written down.
    pub clock: Rc<dyn Clock>,
}

impl Effects {
    /// Whether an effect is known to be so already, looked at where a look costs nothing. What cannot be read is not known.
    pub async fn is_so(&self, effect: &Effect) -> bool {
        matches!(self.look(effect, self.glance.as_ref()).await, Ok(Some(_)))
    }

    /// Carries out one effect under the lease of its task, or of its repository.
    ///
    /// # Errors
    ///
    /// See [`EffectError`]; the world is then either as before or already as wanted, and the next run finds out which.
    pub async fn carry_out(
        &self,
        effect: &Effect,
        lease: &dyn Authority,
    ) -> Result<Carried, EffectError> {
        if let Some(carried) = self.look(effect, self.host.as_ref()).await? {
            return Ok(carried);
        }
        let intent = self.journal.intend(IntentRecord {
            effect: effect.word().to_owned(),
            key: format!("{} {}", self.key, effect.key()),
            under: lease.name(),
            at: self.clock.now(),
            what: serde_json::to_value(effect).unwrap_or_default(),
            repo: self.key.to_string(),
        })?;
        crash_point!(effect.word());
        let acted = self.act(effect).await;
        crash_point!(effect.word());
        let mut carried = match acted {
            Ok(carried) => carried,
            Err(error) => {
                // Whether a failed call took effect is not known from its failure: read back before saying so.
                let end = match self.look(effect, self.host.as_ref()).await {
                    Ok(Some(carried)) => return self.end(intent, "done", carried),
                    Ok(None) => "refused",
                    Err(_) => return Err(error),
                };
                self.journal.close(intent, end, self.clock.now())?;
                return Err(error);
            }
        };
        let Some(seen) = self.look(effect, self.host.as_ref()).await? else {
            return Err(EffectError::NotSeen {
                what: format!("{} {}", effect.word(), effect.key()),
            });
        };
        carried.pull = carried.pull.or(seen.pull);
        carried.commit = carried.commit.or(seen.commit);
        self.end(intent, "done", carried)
    }

    fn end(&self, intent: Intent, end: &str, carried: Carried) -> Result<Carried, EffectError> {
        self.journal.close(intent, end, self.clock.now())?;
        crash_point!("effect.closed");
        Ok(Carried { changed: true, ..carried })
    }

    /// Reads back an intent that a crash left open and closes it as done or void. Nothing is repeated here.
    ///
    /// # Errors
    ///
    /// When the world cannot be read; the intent stays open.
    pub async fn sweep(&self, intent: Intent) -> Result<(), EffectError> {
        let end = match serde_json::from_value::<Effect>(intent.record().what.clone()) {
            Ok(effect) => match self.look(&effect, self.host.as_ref()).await? {
                Some(_) => "done",
                None => "void",
            },
            Err(_) => "void",
        };
        self.journal.close(intent, end, self.clock.now())?;
        Ok(())
    }

    /// Whether the world already is as the effect wants it.
    async fn look(&self, effect: &Effect, host: &dyn Host) -> Result<Option<Carried>, EffectError> {
        let so = |is_so: bool| is_so.then(Carried::default);
        Ok(match effect {
            Effect::Push { branch, head, .. } => {
                so(self.mirror.remote_tip(branch)?.as_ref() == Some(head))
            }
            Effect::OpenPull { pull } => {
                let pulls = host.pulls_of_branch(&pull.head).await?;
                let open = pulls.into_iter().find(|pull| pull.state == PullState::Open);
                open.map(|pull| Carried { pull: Some(pull), ..Carried::default() })
            }
            Effect::Comment { issue, kind, key, body, sticky } => {
                let found = comment_of_ours(host, *issue, kind, key).await?;
                so(found.is_some_and(|comment| !sticky || comment.body.trim() == body.trim()))
            }
            Effect::Labels { issue, change } => {
                let issue = host.issue(*issue).await?;
                so(change.add.iter().all(|label| issue.has_label(label))
                    && !change.remove.iter().any(|label| issue.has_label(label)))
            }
            Effect::Status { issue, status } => {
                let present = host.issue(*issue).await?.status;
                so(present.map_or(!host.adds_cards(), |present| present == *status))
            }
            Effect::Merge { request } => match host.pull(request.pr).await?.state {
                PullState::Merged { commit } => Some(Carried { commit, ..Carried::default() }),
                PullState::Open | PullState::Closed => None,
            },
            Effect::CreateIssue { signature, .. } => {
                let number = self.answered(signature, host).await?;
                number.map(|number| Carried { issue: Some(number), ..Carried::default() })
            }
            Effect::CloseIssue { issue } => {
                so(host.issue(*issue).await?.state == IssueState::Closed)
            }
            Effect::ClosePull { pr } => so(host.pull(*pr).await?.state != PullState::Open),
            Effect::DeleteBranch { branch, .. } => so(self.mirror.remote_tip(branch)?.is_none()),
            Effect::Rerun { runs, .. } => so(self.still_to_run(runs, host).await?.is_empty()),
            Effect::PullText { pr, body } => so(host.pull(*pr).await?.body.trim() == body.trim()),
            Effect::Memory { base, changes } => self.memory_has(base, changes)?,
        })
    }

    /// Changes the world; what is already so has been looked at before.
    async fn act(&self, effect: &Effect) -> Result<Carried, EffectError> {
        let mut carried = Carried::default();
        match effect {
            Effect::Push { branch, head, expected } => {
                self.push(branch, Some(head), expected.as_ref())?;
            }
            Effect::OpenPull { pull } => carried.pull = Some(self.host.create_pull(pull).await?),
            Effect::Comment { issue, kind, key, body, .. } => {
                match comment_of_ours(self.host.as_ref(), *issue, kind, key).await? {
                    Some(comment) => self.host.edit_comment(*issue, comment.id, body).await?,
                    None => {
                        self.host.add_comment(*issue, body).await?;
                    }
                }
            }
            Effect::Labels { issue, change } => {
                let present = self.host.issue(*issue).await?;
                let change = LabelChange {
                    add: change.add.iter().filter(|l| !present.has_label(l)).cloned().collect(),
                    remove: change
                        .remove
                        .iter()
                        .filter(|l| present.has_label(l))
                        .cloned()
                        .collect(),
                };
                self.host.change_labels(*issue, &change).await?;
            }
            Effect::Status { issue, status } => self.host.set_status(*issue, *status).await?,
            Effect::Merge { request } => carried.commit = Some(self.host.merge(request).await?),
            Effect::CreateIssue { issue, .. } => {
                carried.issue = Some(self.host.create_issue(issue).await?.number);
            }
            Effect::CloseIssue { issue } => self.host.close_issue(*issue).await?,
            Effect::ClosePull { pr } => self.host.close_pull(*pr).await?,
            Effect::DeleteBranch { branch, tip } => self.push(branch, None, Some(tip))?,
            Effect::Rerun { runs, .. } => {
                for run in self.still_to_run(runs, self.host.as_ref()).await? {
                    self.host.rerun(run).await?;
                    crash_point!("rerun.one");
                }
            }
            Effect::PullText { pr, body } => self.host.edit_pull(*pr, body).await?,
            Effect::Memory { base, changes } => {
                carried.commit = Some(self.remember(base, changes)?);
            }
        }
        Ok(carried)
    }

    /// The issue that answers a signature: an open one, or one that was closed of late.
    async fn answered(
        &self,
        signature: &str,
        host: &dyn Host,
    ) -> Result<Option<IssueNumber>, EffectError> {
        let is_it = |issue: &&Issue| origin::answers(issue, signature);
        let open = host.open_issues().await?;
        if let Some(issue) = open.iter().find(is_it) {
            return Ok(Some(issue.number));
        }
        let since = origin::remembered_since(self.clock.now());
        let closed = host.closed_since(since).await?;
        Ok(closed.iter().find(is_it).map(|issue| issue.number))
    }

    /// Takes the lock on the mirror's metadata. Never held over an await.
    ///
    /// # Errors
    ///
    /// When another process keeps it for more than two minutes.
    pub fn lock_mirror(&self) -> Result<Lock, EffectError> {
        Lock::acquire(&self.mirror_lock, REPOSITORY_LOCK_WAIT)?
            .ok_or_else(|| EffectError::Locked(self.key.clone()))
    }

    /// The runs of workflows that have not gone on since they were looked at.
    async fn still_to_run(
        &self,
        runs: &[WorkflowRun],
        host: &dyn Host,
    ) -> Result<Vec<u64>, EffectError> {
        let mut left = Vec::new();
        for run in runs {
            if host.attempt_of(run.id).await? <= run.attempt {
                left.push(run.id);
            }
        }
        Ok(left)
    }

    fn push(
        &self,
        branch: &BranchName,
        source: Option<&CommitSha>,
        expected: Option<&CommitSha>,
    ) -> Result<(), EffectError> {
        let _lock = self.lock_mirror()?;
        let push =
            Push { source: source.cloned(), branch: branch.clone(), expected: expected.cloned() };
        Ok(self.mirror.push(&push)?)
    }
}

async fn comment_of_ours(
    host: &dyn Host,
    issue: IssueNumber,
    kind: &str,
    key: &str,
) -> Result<Option<Comment>, EffectError> {
    let comments = host.comments(issue).await?;
    Ok(comments.into_iter().find(|c| c.ours && marker::has(&c.body, kind, key)))
}
