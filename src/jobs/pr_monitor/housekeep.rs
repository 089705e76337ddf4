//! What is left over: pull requests that look like ours and are not, and branches that nobody needs. Nothing is touched without proof.

use std::collections::BTreeMap;

use super::{Hand, Options, Trouble, wanted};
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::branch::{self, Known};
use crate::domain::ids::{PrNumber, TaskId};
use crate::domain::issue::IssueState;
use crate::domain::pull::PullRequest;
use crate::domain::task::{Folder, Outcome, Task};
use crate::effects::Effect;
use crate::git::GitError;
use crate::host::HostError;
use crate::mailbox::Head;

use super::super::dispatch::is_named;
use super::super::reconcile::tell;
use super::super::report::{Item, Job, Report};

/// Branches of ours begin with this.
const OUR_PREFIX: &str = "agent/";

/// Lists the open pull requests whose branch is named as ours are and that no task of ours has made: each of them once. A list that cannot
/// be read says nothing.
pub(super) async fn list_foreign(app: &App, options: &Options, report: &mut Report) {
    for repository in &app.repositories {
        let is_meant = options.repo.as_deref().is_none_or(|name| is_named(repository, name));
        if !is_meant || !app.may(Job::PrMonitor, repository).is_granted() {
            continue;
        }
        if let Err(trouble) = foreign_of(app, repository, report).await {
            let item = repository.slug().to_string();
            report.error(item, trouble.to_string(), trouble.severity(), None);
        }
    }
}

async fn foreign_of(
    app: &App,
    repository: &Repository,
    report: &mut Report,
) -> Result<(), Trouble> {
    let open = repository.glance.open_pulls().await?;
    let known = app.state.foreign(&repository.key)?;
    let is_foreign = |pull: &&PullRequest| {
        let number = pull.number.0;
        pull.head.as_str().starts_with(OUR_PREFIX)
            && (known.get(&number) == Some(&pull.head) || !is_ours(app, repository, pull))
    };
    let found: BTreeMap<u64, _> =
        open.iter().filter(is_foreign).map(|pull| (pull.number.0, pull.head.clone())).collect();
    app.state.set_foreign(&repository.key, &known, &found)?;
    for (number, head) in found.iter().filter(|(number, head)| known.get(number) != Some(head)) {
        let reason = format!("`{head}` was made by no task of ours: it is left alone");
        report.items.push(Item {
            repo: Some(repository.slug().clone()),
            issue: None,
            task: None,
            pr: Some(PrNumber(*number)),
            action: "foreign".to_owned(),
            reason: Some(reason),
        });
    }
    Ok(())
}

/// Whether a task or the journal knows of the pull request's branch. A task file that cannot be read knows of it too.
fn is_ours(app: &App, repository: &Repository, pull: &PullRequest) -> bool {
    let id = pull.head.as_str().strip_prefix(OUR_PREFIX).and_then(|id| id.parse::<TaskId>().ok());
    let Some(id) = id.filter(|_| pull.same_repository) else { return false };
    app.mailbox.whereabouts(&id).is_some()
        || app.mailbox.is_archived(&id)
        || app.journal.has_done("open_pull", &format!("{} {}", repository.key, pull.head))
}

/// Ends the tasks that were given up and whose issue a person has closed since, which is how one is told to be over. Their pull requests are
/// closed with them. One that cannot be read spoils no other.
pub(super) async fn end_withdrawn(app: &App, options: &Options, report: &mut Report) {
    for folder in [Folder::Escalated, Folder::Failed] {
        let Ok(heads) = app.mailbox.heads(folder) else { continue };
        for task in heads.tasks.iter().map(Head::keys) {
            let Some(repository) = wanted(app, task, options) else { continue };
            match end_if_closed(app, repository, folder, task).await {
                Ok(false) => {}
                Ok(true) => {
                    let reason = Some(ISSUE_CLOSED.to_owned());
                    report.task(repository.slug(), task.issue, &task.id, "cancelled", reason);
                }
                Err(trouble) => {
                    let severity = trouble.severity();
                    report.error(task.id.to_string(), trouble.to_string(), severity, None);
                }
            }
        }
    }
}

/// Why a task is withdrawn.
const ISSUE_CLOSED: &str = "its issue was closed";

async fn end_if_closed(
    app: &App,
    repository: &Repository,
    folder: Folder,
    task: &Task,
) -> Result<bool, Trouble> {
    if repository.local.is_none() && app.state.flag_gone(&task.id).exists() {
        return Ok(false);
    }
    // A glance costs nothing while nothing happens; the end rests on a look of its own.
    for host in [&repository.glance, &repository.host] {
        match host.issue(task.issue).await {
            Ok(issue) if issue.state == IssueState::Closed => {}
            Ok(_) | Err(HostError::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    let Some(lease) = app.mailbox.lease(&task.id)? else { return Ok(false) };
    let Some((present, mut task)) = app.mailbox.find(&task.id)? else { return Ok(false) };
    if present != folder {
        return Ok(false);
    }
    task.outcome = Some(Outcome::Cancelled);
    task.reason = Some(ISSUE_CLOSED.to_owned());
    app.mailbox.transfer(&lease, &mut task, folder, Folder::Done)?;
    crash_point!("housekeep.ended");
    tell(app, repository, &lease, Folder::Done, &mut task, &[]).await?;
    Ok(true)
}

/// Deletes the branch of a task that has ended without a merge, if it has no commit of its own. What cannot be read keeps it.
pub(super) async fn delete_if_empty(hand: &Hand<'_>, outcome: Outcome) -> Result<(), Trouble> {
    let Some(ours) = hand.task.head_sha.clone() else { return Ok(()) };
    let effects = hand.repository.effects()?;
    let read = || -> Result<Option<bool>, GitError> {
        let Some(tip) = effects.mirror.remote_tip(&hand.task.branch)?.filter(|tip| *tip == ours)
        else {
            return Ok(None);
        };
        effects.mirror.fetch()?;
        let base = effects.mirror.tracked_tip(&hand.task.base_branch)?;
        base.map(|base| effects.mirror.is_ancestor(&tip, &base)).transpose()
    };
    let is_in_base = {
        let _lock = effects.lock_mirror()?;
        read().unwrap_or_else(|error| {
            tracing::warn!(task = %hand.task.id, %error, "the branch cannot be read and is kept");
            None
        })
    };
    let known = Known { tip: &ours, ours: Some(&ours), outcome: Some(outcome), is_in_base };
    if branch::proof(&known).is_some() {
        let branch = hand.task.branch.clone();
        effects.carry_out(&Effect::DeleteBranch { branch, tip: ours }, hand.lease).await?;
    }
    Ok(())
}
