//! Memory that waits goes to its base branch: in one commit where the branch takes a push, else by the one pull request of
//! [`proposal`]. Where nothing waits nothing is asked.

mod branch;
mod proposal;

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Options, Trouble};
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha, PrNumber};
use crate::domain::memory::Change;
use crate::domain::pull::PullRequest;
use crate::effects::{Effect, EffectError, Effects};
use crate::git::GitError;
use crate::mailbox::RepositoryLease;

use crate::jobs::dispatch::is_named;
use crate::jobs::memory::{self, Pending, Refused, Standing};
use crate::jobs::report::{Item, Job, Report, Severity};
use crate::jobs::rival;
use crate::text::count::counted;

/// A base branch that declined a push gets pull requests for so long.
const DECLINED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// After trouble that another try does not mend, nothing is tried for so long.
const TROUBLE_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Most changes in one commit.
pub(super) const MAX_BATCH: usize = 100;

/// The right to write the memory of one repository.
pub(super) struct Keeper<'a> {
    pub(super) app: &'a App,
    pub(super) repository: &'a Repository,
    pub(super) lease: &'a RepositoryLease,
    pub(super) standing: Standing,
}

/// What was done: the word for the report, the pull request, the reason.
pub(super) type Done = (&'static str, Option<PrNumber>, Option<String>);

/// Brings the memory of every repository to where it belongs. One bad repository spoils no other.
pub(super) async fn flush_all(app: &App, options: &Options, report: &mut Report) {
    for repository in &app.repositories {
        let is_other = options.repo.as_deref().is_some_and(|name| !is_named(repository, name));
        if is_other || !app.may(Job::PrMonitor, repository).is_granted() {
            continue;
        }
        if app.stop.requested() {
            break;
        }
        flush(app, repository, options, report).await;
    }
}

/// Brings the memory of one repository to where it belongs.
pub(super) async fn flush(
    app: &App,
    repository: &Repository,
    options: &Options,
    report: &mut Report,
) {
    let mut done = Vec::new();
    if let Err(trouble) = flush_into(app, repository, options, &mut done, report).await {
        let item = format!("memory of {}", repository.slug());
        report.error(item, trouble.to_string(), trouble.severity(), trouble.hint());
    }
    report.items.extend(done.into_iter().map(|(action, pr, reason)| Item {
        repo: Some(repository.slug().clone()),
        issue: None,
        task: None,
        pr,
        action: action.to_owned(),
        reason,
    }));
}

async fn flush_into(
    app: &App,
    repository: &Repository,
    options: &Options,
    done: &mut Vec<Done>,
    report: &mut Report,
) -> Result<(), Trouble> {
    let (pending, bad) = memory::pending(app, &repository.key)?;
    for message in bad {
        report.error("memory", message, Severity::Failure, None);
    }
    let standing = memory::standing(app, &repository.key)?;
    let is_idle = pending.iter().all(|found| found.change.is_known_issue())
        && standing.proposal.is_none()
        && standing.announced.is_none();
    if is_idle {
        return Ok(());
    }
    if let Some(trouble) = standing.trouble.as_ref().filter(|trouble| trouble.until > app.now()) {
        done.push(("memory_waits", None, Some(trouble.reason.clone())));
        return Ok(());
    }
    if options.dry_run {
        let count = counted(pending.len(), "change");
        let pr = standing.proposal.and_then(|proposal| proposal.pr);
        done.push(("memory", pr, Some(format!("{count} not on the branch yet"))));
        return Ok(());
    }
    let Some(lease) = app.mailbox.memory_lease(&repository.key)? else { return Ok(()) };
    // What was read before the lease may be another run's work by now.
    let standing = memory::standing(app, &repository.key)?;
    let mut keeper = Keeper { app, repository, lease: &lease, standing };
    match keeper.go(done).await {
        Err(trouble) if trouble.severity() == Severity::Failure => {
            keeper.rest(trouble.to_string())?;
            Err(trouble)
        }
        other => other,
    }
}

/// Merges the pull request of memory as a person; nothing when that one is not it, or is in other hands just now.
pub(super) async fn merge_by_hand(
    app: &App,
    repository: &Repository,
    pull: &PullRequest,
) -> Result<Option<CommitSha>, Trouble> {
    let Some(lease) = app.mailbox.memory_lease(&repository.key)? else { return Ok(None) };
    let standing = memory::standing(app, &repository.key)?;
    let mut keeper = Keeper { app, repository, lease: &lease, standing };
    proposal::merge_as_a_person(&mut keeper, pull).await
}

impl Keeper<'_> {
    async fn go(&mut self, done: &mut Vec<Done>) -> Result<(), Trouble> {
        self.standing.trouble = None;
        branch::adopt(self)?;
        if self.standing.proposal.is_some() {
            done.extend(proposal::look(self).await?);
        }
        for base in self.bases()? {
            let is_proposed = self.standing.proposal.as_ref().is_some_and(|p| p.base == base);
            if is_proposed {
                continue;
            }
            let is_declined = self.is_declined(&base);
            if is_declined && self.standing.proposal.is_some() {
                // One pull request at a time: another base waits until this one has ended.
                continue;
            }
            self.give_way().await?;
            if !is_declined && self.push(&base, done).await? {
                continue;
            }
            if self.standing.proposal.is_none() {
                done.extend(branch::open(self, &base).await?);
            }
        }
        self.save()
    }

    /// Nothing new is written beside an older installation: what waits goes on waiting. What was proposed before is followed to its end.
    pub(super) async fn give_way(&self) -> Result<(), Trouble> {
        let undone = "writes no memory";
        Ok(rival::give_way(self.app, self.repository, undone, false).await?)
    }

    /// The branches for which an entry waits, the longest first. Known issues alone wait for an entry to go with.
    fn bases(&self) -> Result<Vec<BranchName>, Trouble> {
        let mut seen = BTreeSet::new();
        let mut bases = Vec::new();
        for found in self.pending()? {
            if !found.change.is_known_issue() && seen.insert(found.base.clone()) {
                bases.push(found.base);
            }
        }
        Ok(bases)
    }

    fn is_declined(&mut self, base: &BranchName) -> bool {
        let now = self.app.now();
        self.standing.declined.retain(|_, refused| refused.until > now);
        self.standing.declined.contains_key(base)
    }

    /// Puts what waits for a branch into commits on it; says whether the branch takes them.
    async fn push(&mut self, base: &BranchName, done: &mut Vec<Done>) -> Result<bool, Trouble> {
        loop {
            let changes = self.changes_for(base)?;
            if changes.is_empty() {
                return Ok(true);
            }
            let effect = Effect::Memory { base: base.clone(), changes: changes.clone() };
            match self.effects()?.carry_out(&effect, self.lease).await {
                Ok(carried) => {
                    crash_point!("memory.pushed");
                    self.forget(&changes)?;
                    if carried.changed {
                        let what = format!("{} on `{base}`", counted(changes.len(), "change"));
                        done.push(("memory_written", None, Some(what)));
                    }
                }
                Err(EffectError::Git(GitError::Declined { reason, .. })) => {
                    tracing::info!(repo = %self.repository.slug(), %base, %reason, "the branch takes no push; memory comes as a pull request");
                    let refused = Refused { until: self.after(DECLINED_FOR), reason };
                    self.standing.declined.insert(base.clone(), refused);
                    self.save()?;
                    return Ok(false);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn effects(&self) -> Result<Effects, Trouble> {
        Ok(self.repository.effects()?)
    }

    /// What waits, oldest first.
    pub(super) fn pending(&self) -> Result<Vec<Pending>, Trouble> {
        Ok(memory::pending(self.app, &self.repository.key)?.0)
    }

    /// What waits for one branch, oldest first, as much as fits into a commit.
    pub(super) fn changes_for(&self, base: &BranchName) -> Result<Vec<Change>, Trouble> {
        let of_base = self.pending()?.into_iter().filter(|found| found.base == *base);
        Ok(of_base.map(|found| found.change).take(MAX_BATCH).collect())
    }

    pub(super) fn forget(&self, changes: &[Change]) -> Result<(), Trouble> {
        for change in changes {
            memory::forget(self.app, &self.repository.key, change)?;
            crash_point!("memory.forgotten");
        }
        Ok(())
    }

    pub(super) fn save(&self) -> Result<(), Trouble> {
        Ok(memory::set_standing(self.app, &self.repository.key, &self.standing)?)
    }

    pub(super) fn after(&self, time: SignedDuration) -> jiff::Timestamp {
        let now = self.app.now();
        now.checked_add(time).unwrap_or(now)
    }

    /// Leaves the memory alone for a while, after trouble that another try does not mend.
    pub(super) fn rest(&mut self, reason: String) -> Result<(), Trouble> {
        self.standing.trouble = Some(Refused { until: self.after(TROUBLE_FOR), reason });
        self.save()
    }
}
