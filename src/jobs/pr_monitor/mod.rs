//! `agentos pr-monitor`: every open pull request of ours gets its verdict, and that is carried out.

mod act;
mod ended;
mod finish;
mod held;
mod housekeep;
mod lanes;
mod logs;
mod memory;
mod repair;
mod rerun;
mod snapshot;

pub(in crate::jobs) use snapshot::Taken;

use crate::app::{App, Repository};
use crate::domain::ids::{CommitSha, PrNumber};
use crate::domain::merge::{self, Verdict};
use crate::domain::pull::{HostWord, Mergeable, PullRequest, PullState, Standing};
use crate::domain::task::{Folder, Task};

use lanes::Lanes;

use super::dispatch::{Failure, is_named};
use super::reconcile::{Extra, TellError, tell_seeing};
use super::report::{Item, Job, Report, Severity};
use crate::effects::{Carried, Effect, EffectError};
use crate::git::GitError;
use crate::host::{HostError, Sight};
use crate::mailbox::{Gone, Head, Lease, MailboxError};

/// What a caller may ask of a pr-monitor run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this repository: slug, key or name.
    pub repo: Option<String>,
    /// Say what would be done, and change nothing anywhere.
    pub dry_run: bool,
}

/// Why a pull request could not be carried on; the next run tries again.
#[derive(Debug, thiserror::Error)]
pub(in crate::jobs) enum Trouble {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Effect(#[from] EffectError),
    #[error(transparent)]
    Tell(#[from] TellError),
    #[error(transparent)]
    Gone(#[from] Gone),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    File(#[from] crate::sys::files::FileError),
    /// An older installation works there, or it cannot be told whether one does.
    #[error("{}", .0.message)]
    Yields(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Yields(failure)
    }
}

impl Trouble {
    fn severity(&self) -> Severity {
        let is_temporary = match self {
            Self::Host(error) => return super::dispatch::severity(error),
            Self::Yields(failure) => return failure.severity,
            Self::Git(error) => {
                matches!(error, GitError::Unavailable { .. } | GitError::NoSpace)
            }
            // Somebody moved a branch between our look and our push: the next run looks again.
            Self::Effect(
                EffectError::Git(GitError::Stale { .. })
                | EffectError::Host(HostError::Stale { .. }),
            ) => true,
            Self::Effect(error) => error.is_temporary(),
            Self::Tell(error) => error.is_temporary(),
            Self::File(error) | Self::Mailbox(MailboxError::File(error)) => error.is_temporary(),
            Self::Gone(_) | Self::Mailbox(_) => false,
        };
        Severity::of(is_temporary)
    }

    /// What a person can do about it, where that is known.
    fn hint(&self) -> Option<&str> {
        match self {
            Self::Yields(failure) => failure.hint.as_deref(),
            _ => None,
        }
    }
}

/// Looks at every open pull request of ours. One bad pull request spoils no other.
pub async fn run(app: &App, options: &Options) -> Report {
    let mut report = Report::new(Job::PrMonitor, app.now());
    if !options.dry_run {
        ended::collect(app, options, &mut report).await;
        housekeep::end_withdrawn(app, options, &mut report).await;
    }
    let done = match app.mailbox.heads(Folder::Done) {
        Ok(done) => done.tasks,
        Err(error) => {
            report.error("done", error.to_string(), Severity::Failure, None);
            return report;
        }
    };
    let mut open: Vec<&Task> = done
        .iter()
        .map(Head::keys)
        .filter(|task| task.outcome.is_none() && task.pr.is_some())
        .collect();
    open.sort_by_key(|task| (task.repo.clone(), task.pr));
    let mut lanes = Lanes::default();
    for task in open {
        if app.stop.requested() {
            break;
        }
        let Some(repository) = wanted(app, task, options) else { continue };
        match Box::pin(look_at(app, repository, task, options, &mut lanes)).await {
            Ok(Some((action, reason))) => {
                if !options.dry_run {
                    held::note(app, task, &action, reason.as_deref());
                }
                report.items.push(Item {
                    repo: Some(task.repo.clone()),
                    issue: Some(task.issue),
                    task: Some(task.id.clone()),
                    pr: task.pr,
                    action,
                    reason,
                });
            }
            Ok(None) => {}
            Err(trouble) => {
                report.error(task.id.to_string(), trouble.to_string(), trouble.severity(), None);
            }
        }
    }
    memory::flush_all(app, options, &mut report).await;
    if !options.dry_run {
        held::forget_others(app);
    }
    if !options.dry_run && !app.stop.requested() {
        // Last: what this run has changed is then known to the next one, which finds nothing new for free.
        housekeep::list_foreign(app, options, &mut report).await;
    }
    report
}

fn wanted<'a>(app: &'a App, task: &Task, options: &Options) -> Option<&'a Repository> {
    let repository = app.repository(&task.repo)?;
    if options.repo.as_deref().is_some_and(|name| !is_named(repository, name)) {
        return None;
    }
    let is_paused = app.state.task_pause(&task.id).is_some()
        || !app.may(Job::PrMonitor, repository).is_granted();
    (!is_paused).then_some(repository)
}

/// Gives one pull request its verdict and carries it out; nothing when another process has it in hand.
async fn look_at(
    app: &App,
    repository: &Repository,
    task: &Task,
    options: &Options,
    lanes: &mut Lanes,
) -> Result<Option<(String, Option<String>)>, Trouble> {
    let ahead = lanes.ahead(task);
    let Some(lease) = app.mailbox.lease(&task.id)? else { return Ok(None) };
    let Some((Folder::Done, mut task)) = app.mailbox.find(&task.id)? else { return Ok(None) };
    if options.dry_run {
        let taken =
            snapshot::take(app, repository, repository.glance.as_ref(), &task, ahead).await?;
        let verdict = merge::judge(&taken.snapshot);
        lanes.note(&task, &verdict, &taken);
        return Ok(Some((verdict.word().to_owned(), reason_of(&verdict))));
    }
    if let Some(step) = task.settling
        && step.from == Folder::Done
    {
        return repair::finish_move(app, repository, &lease, &mut task, step.to).await.map(Some);
    }
    adopt_pushed_head(app, repository, &lease, &mut task).await?;
    if let Some((verdict, taken)) = glance(app, repository, &task, ahead).await? {
        lanes.note(&task, &verdict, &taken);
        return Ok(Some((act::word(&verdict).to_owned(), reason_of(&verdict))));
    }
    let sight = match repository.local {
        Some(_) => Sight::default(),
        None => snapshot::sight(repository, &task).await?,
    };
    if repository.local.is_none() {
        repository.host.preflight().await?;
    }
    let verdict = verdict(app, repository, &task, (ahead, sight)).await?;
    lanes.note(&task, &verdict.0, &verdict.1);
    Box::pin(act::carry_out(app, repository, &lease, task, verdict)).await.map(Some)
}

/// Looks at one pull request right now.
pub(in crate::jobs) async fn follow_up(
    app: &App,
    repository: &Repository,
    task: &Task,
) -> Result<(), Trouble> {
    let (options, mut lanes) = (Options::default(), Lanes::default());
    let looked = Box::pin(look_at(app, repository, task, &options, &mut lanes)).await?;
    if let Some((action, reason)) = looked {
        held::note(app, task, &action, reason.as_deref());
    }
    let mut report = Report::new(Job::PrMonitor, app.now());
    memory::flush(app, repository, &Options::default(), &mut report).await;
    for error in report.errors {
        tracing::warn!(item = error.item, error = error.message, "the next pr-monitor tries again");
    }
    Ok(())
}

/// Merges the pull request that carries memory, as a person; nothing when there is none of that number.
pub(in crate::jobs) async fn merge_memory(
    app: &App,
    repository: &Repository,
    pull: &PullRequest,
) -> Result<Option<CommitSha>, Trouble> {
    memory::merge_by_hand(app, repository, pull).await
}

/// A rebase that was pushed just before its worker died: the branch shows the commit that was announced in the task file.
async fn adopt_pushed_head(
    app: &App,
    repository: &Repository,
    lease: &Lease,
    task: &mut Task,
) -> Result<(), Trouble> {
    let (Some(announced), Some(pr)) = (task.next_head.clone(), task.pr) else { return Ok(()) };
    if repository.host.pull(pr).await?.head_sha == announced {
        task.moved_to(announced);
        task.counters.rebases += 1;
    }
    task.next_head = None;
    Ok(app.mailbox.update(lease, Folder::Done, task)?)
}

/// A verdict that asks for nothing that is not so already, on a host where a glance costs less than a look. Whatever else a glance suggests
/// is judged once more on reads of this run.
async fn glance(
    app: &App,
    repository: &Repository,
    task: &Task,
    ahead: Option<PrNumber>,
) -> Result<Option<(Verdict, Taken)>, Trouble> {
    if repository.local.is_some() {
        return Ok(None);
    }
    let host = repository.glance.as_ref();
    let charged = host.charged();
    let standing = host.standing(snapshot::number_of(task)?).await?;
    if host.charged() > charged && looks_ready(&standing) {
        // It is another one than at the last glance, and there will be something to do: the look that follows reads it all anyway.
        return Ok(None);
    }
    let sight = Sight { standing: Some(standing), ..Sight::default() };
    let taken = snapshot::take_seeing(app, repository, host, task, (ahead, sight)).await?;
    let verdict = merge::judge(&taken.snapshot);
    if act::is_nothing_to_do(app, repository, task, &verdict, &taken.snapshot).await? {
        return Ok(Some((verdict, taken)));
    }
    Ok(None)
}

/// Whether a pull request has ended, or its host sees nothing that stands against a merge.
fn looks_ready(standing: &Standing) -> bool {
    let is_open = standing.pull.state == PullState::Open;
    let is_clean = standing.mergeable == Mergeable::Clean && standing.word == HostWord::Clean;
    !is_open || (is_clean && !standing.pull.draft)
}

/// The verdict; where it is to wait and this host leaves its checks to us, they are run first.
async fn verdict(
    app: &App,
    repository: &Repository,
    task: &Task,
    seen: (Option<PrNumber>, Sight),
) -> Result<(Verdict, Taken), Trouble> {
    let host = repository.host.as_ref();
    let mut taken = snapshot::take_seeing(app, repository, host, task, seen).await?;
    let mut verdict = merge::judge(&taken.snapshot);
    if repository.local.is_some() && matches!(verdict, Verdict::Wait(_)) {
        taken.snapshot.checks = host.run_missing(&taken.snapshot.pull).await?;
        snapshot::complete(repository, host, &mut taken).await?;
        verdict = merge::judge(&taken.snapshot);
    }
    Ok((verdict, taken))
}

/// What pr-monitor would decide about a task's pull request now, for `why`: one that has to be brought up to date waits behind those before
/// it. Reads only, as a glance.
pub(in crate::jobs) async fn foresee(
    app: &App,
    repository: &Repository,
    task: &Task,
) -> Result<(Verdict, Taken), Trouble> {
    let host = repository.glance.as_ref();
    let mut lanes = Lanes::default();
    let taken = snapshot::take(app, repository, host, task, None).await?;
    let verdict = merge::judge(&taken.snapshot);
    if verdict != Verdict::Update {
        return Ok((verdict, taken));
    }
    let done = app.mailbox.heads_of(Folder::Done, &repository.key)?.tasks;
    let is_before = |other: &&Task| {
        other.repo == task.repo
            && other.base_branch == task.base_branch
            && other.outcome.is_none()
            && other.pr.is_some()
            && other.pr < task.pr
            && app.state.task_pause(&other.id).is_none()
    };
    let mut before: Vec<&Task> = done.iter().map(Head::keys).filter(is_before).collect();
    before.sort_by_key(|task| task.pr);
    for other in before {
        let seen = snapshot::take(app, repository, host, other, lanes.ahead(other)).await?;
        lanes.note(other, &merge::judge(&seen.snapshot), &seen);
    }
    let taken = snapshot::take(app, repository, host, task, lanes.ahead(task)).await?;
    Ok((merge::judge(&taken.snapshot), taken))
}

/// The reason that a verdict carries, for reports, `status` and `why`.
pub fn reason_of(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::HandsOff(reason)
        | Verdict::Hold(reason)
        | Verdict::Wait(reason)
        | Verdict::Withdrawn(reason)
        | Verdict::ConflictGivenUp(reason) => Some(reason.clone()),
        Verdict::Repair(checks) | Verdict::Rerun(checks) | Verdict::RepairsGivenUp(checks) => {
            let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
            Some(format!("red: {}", names.join(", ")))
        }
        Verdict::Rebase => Some("it conflicts with its base".to_owned()),
        Verdict::Update => {
            Some("its base has moved on, and the merged result is to be tested".to_owned())
        }
        Verdict::Merged { .. } | Verdict::ClosedByPerson | Verdict::Merge { .. } => None,
    }
}

/// The right to act on one pull request, and what was seen of it.
pub(super) struct Hand<'a> {
    pub(super) app: &'a App,
    pub(super) repository: &'a Repository,
    pub(super) lease: &'a Lease,
    pub(super) task: Task,
    pub(super) sight: Sight,
}

impl Hand<'_> {
    /// Carries out an effect on what was seen.
    pub(super) async fn carry_out(&mut self, effect: &Effect) -> Result<Carried, Trouble> {
        let effects = self.repository.effects()?;
        Ok(effects.carry_out_seeing(effect, self.lease, &mut self.sight).await?)
    }

    /// Makes the host show the present state of the task, which lies in a folder.
    pub(super) async fn tell(&mut self, folder: Folder, extras: &[Extra]) -> Result<(), Trouble> {
        let Self { app, repository, lease, task, sight } = self;
        Ok(tell_seeing(app, repository, lease, folder, task, extras, sight).await?)
    }
}
