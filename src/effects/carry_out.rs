//! The one place that changes the world.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::effect::Effect;
use super::seeing;
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha, IssueNumber, RepoKey};
use crate::domain::pull::{PullRequest, PullState};
use crate::git::{GitError, Mirror, Push};
use crate::host::{Host, HostError, Sight};
use crate::journal::{Intent, IntentRecord, Journal};
use crate::mailbox::Authority;
use crate::sys::clock::Clock;
use crate::sys::files::FileError;
use crate::sys::lock::Lock;

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

/// What is known after a change.
enum Acted {
    /// The host's answer shows it.
    Shown(Carried),
    /// It has to be read back.
    ToBeRead(Carried),
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
        let looked = self.look(effect, self.glance.as_ref(), &mut Sight::default()).await;
        matches!(looked, Ok(Some(_)))
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
        self.carry_out_seeing(effect, lease, &mut Sight::default()).await
    }

    /// The same for whoever has just looked: what is in the sight is not read again. The answer to a write that shows what was written
    /// goes into the sight, and is what the effect is read back from; one that does not show it leads to a read.
    ///
    /// # Errors
    ///
    /// As [`Effects::carry_out`].
    pub async fn carry_out_seeing(
        &self,
        effect: &Effect,
        lease: &dyn Authority,
        sight: &mut Sight,
    ) -> Result<Carried, EffectError> {
        if let Some(carried) = self.look(effect, self.host.as_ref(), sight).await? {
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
        let acted = self.act(effect, sight).await;
        crash_point!(effect.word());
        let mut carried = match acted {
            Ok(Acted::Shown(carried)) => return self.end(intent, "done", carried),
            Ok(Acted::ToBeRead(carried)) => carried,
            Err(error) => {
                // Whether a failed call took effect is not known from its failure: read back before saying so.
                *sight = Sight::default();
                let end = match self.look(effect, self.host.as_ref(), sight).await {
                    Ok(Some(carried)) => return self.end(intent, "done", carried),
                    Ok(None) => "refused",
                    Err(_) => return Err(error),
                };
                self.journal.close(intent, end, self.clock.now())?;
                return Err(error);
            }
        };
        let Some(seen) = self.read_back(effect, sight).await? else {
            return Err(EffectError::NotSeen {
                what: format!("{} {}", effect.word(), effect.key()),
            });
        };
        carried.pull = carried.pull.or(seen.pull);
        carried.commit = carried.commit.or(seen.commit);
        self.end(intent, "done", carried)
    }

    /// Reads back what was carried out: in the sight, where the host's answer is in it, and else anew.
    async fn read_back(
        &self,
        effect: &Effect,
        sight: &mut Sight,
    ) -> Result<Option<Carried>, EffectError> {
        let host = self.host.as_ref();
        if let Some(carried) = self.look(effect, host, sight).await? {
            return Ok(Some(carried));
        }
        if !seeing::is_of_host(effect) {
            return Ok(None);
        }
        *sight = Sight::default();
        self.look(effect, host, sight).await
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
            Ok(effect) => {
                match self.look(&effect, self.host.as_ref(), &mut Sight::default()).await? {
                    Some(_) => "done",
                    None => "void",
                }
            }
            Err(_) => "void",
        };
        self.journal.close(intent, end, self.clock.now())?;
        Ok(())
    }

    /// Changes the world; what is already so has been looked at before, and is in the sight.
    async fn act(&self, effect: &Effect, sight: &mut Sight) -> Result<Acted, EffectError> {
        let host = self.host.as_ref();
        let mut carried = Carried::default();
        match effect {
            Effect::Push { branch, head, expected } => {
                self.push(branch, Some(head), expected.as_ref())?;
            }
            Effect::OpenPull { pull } => {
                let made = host.create_pull(pull).await?;
                let is_it = made.state == PullState::Open && made.head == pull.head;
                carried.pull = Some(made);
                if is_it {
                    return Ok(Acted::Shown(carried));
                }
            }
            Effect::Comment { issue, kind, key, body, .. } => {
                seeing::write_comment(host, sight, *issue, (kind, key, body)).await?;
            }
            Effect::Labels { issue, change } => {
                seeing::change_labels(host, sight, *issue, change).await?;
            }
            Effect::Status { issue, status } => {
                sight.knows_column = false;
                if host.set_status(*issue, *status).await? == Some(*status) {
                    return Ok(Acted::Shown(carried));
                }
            }
            Effect::Merge { request } => {
                let allowed = sight.allows(request);
                sight.forget();
                let commit = if allowed {
                    host.merge_as_seen(request).await?
                } else {
                    host.merge(request).await?
                };
                carried.commit = Some(commit);
            }
            Effect::CreateIssue { issue, .. } => {
                carried.issue = Some(host.create_issue(issue).await?.number);
            }
            Effect::CloseIssue { issue } => {
                sight.knows_column = false;
                sight.issue = host.close_issue(*issue).await?;
            }
            Effect::ClosePull { pr } => host.close_pull(*pr).await?,
            Effect::DeleteBranch { branch, tip } => self.push(branch, None, Some(tip))?,
            Effect::Rerun { runs, .. } => {
                for run in self.still_to_run(runs, host).await? {
                    host.rerun(run).await?;
                    crash_point!("rerun.one");
                }
            }
            Effect::PullText { pr, body } => host.edit_pull(*pr, body).await?,
            Effect::Memory { base, changes } => {
                carried.commit = Some(self.remember(base, changes)?);
            }
        }
        Ok(Acted::ToBeRead(carried))
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
