//! What brings a waiting task back: a person's answer, Ready once more, a dependency that was closed. And the host is told again what a
//! crash kept from it.

use std::collections::BTreeSet;

use crate::app::{App, Repository};
use crate::domain::brief;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Comment, Issue, IssueState};
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, Outcome, Task};
use crate::domain::waiting::for_issues;
use crate::effects::{desired_host_state, texts};
use crate::host::{Host, HostError};
use crate::mailbox::{Head, Lease};
use crate::text::marker;

use super::super::queue;
use super::super::reconcile::tell;
use super::super::report::Report;
use super::super::thread;
use super::{Failure, unreadable};

/// Looks at every task of this repository that waits or of which the host may not know everything.
pub(super) async fn collect(app: &App, repository: &Repository, report: &mut Report) {
    for folder in [Folder::Blocked, Folder::Inbox, Folder::Done, Folder::Escalated, Folder::Failed]
    {
        let heads = match app.mailbox.heads_of(folder, &repository.key) {
            Ok(heads) => heads,
            Err(error) => {
                report.failure(folder.as_str(), error.into());
                continue;
            }
        };
        for poison in &heads.poison {
            if let Err(failure) = unreadable::look(app, repository, poison, report).await {
                report.failure(poison.stem.clone(), failure);
            }
        }
        for task in heads.tasks.iter().map(Head::keys) {
            if task.repo != *repository.slug() {
                continue;
            }
            let looked = match folder {
                Folder::Blocked => waiting(app, repository, task, report).await,
                _ => catch_up(app, repository, folder, task).await,
            };
            if let Err(failure) = looked {
                report.failure(task.id.to_string(), failure);
            }
        }
    }
}

/// Tells the host what it does not show yet, because a crash or a network failure came between, or because a person moved the file.
async fn catch_up(
    app: &App,
    repository: &Repository,
    folder: Folder,
    task: &Task,
) -> Result<(), Failure> {
    // A task that came to rest in `done/` shows the same as before; only the unfinished move says that nobody was told.
    let is_untold = folder == Folder::Done && task.settling.is_some_and(|step| step.to == folder);
    if task.host_state == Some(desired_host_state(folder, task)) && !is_untold {
        return Ok(());
    }
    show(app, repository, folder, task).await
}

/// Makes the host show the task as it is now.
async fn show(
    app: &App,
    repository: &Repository,
    folder: Folder,
    task: &Task,
) -> Result<(), Failure> {
    let Some((lease, mut task)) = leased(app, folder, task)? else { return Ok(()) };
    // A worker that died in the same moment in which its file was moved here can have left one.
    queue::remove_drafts_of(app, &task.id);
    let extras = queue::extras(&task, folder);
    tell(app, repository, &lease, folder, &mut task, &extras).await?;
    Ok(())
}

/// Takes the lease of a task and reads it again; nothing when it is in other hands or has moved.
fn leased(app: &App, folder: Folder, task: &Task) -> Result<Option<(Lease, Task)>, Failure> {
    let Some(lease) = app.mailbox.lease(&task.id)? else { return Ok(None) };
    match app.mailbox.find(&task.id)? {
        Some((present, task)) if present == folder => Ok(Some((lease, task))),
        _ => Ok(None),
    }
}

/// What ends the waiting of a blocked task.
enum End {
    /// Its issue was closed, or is gone; with the reason.
    Closed(String),
    /// A person answered; with the text.
    Answer(String),
    /// What it depended on is closed.
    Unblocked,
    /// Its pull request was merged or closed by a person; a merge closes the issue too, and that is no withdrawal. The monitor finishes it.
    PullEnded,
    /// Nothing yet: our question is not there, so that no comment could count as its answer. A person moved the file here, from where
    /// the issue shows the same labels, or a crash kept the question back.
    Unasked,
}

async fn waiting(
    app: &App,
    repository: &Repository,
    task: &Task,
    report: &mut Report,
) -> Result<(), Failure> {
    // A glance costs nothing while nothing happens; what is done rests on a look of its own.
    if end_of_waiting(repository.glance.as_ref(), task).await?.is_none() {
        return catch_up(app, repository, Folder::Blocked, task).await;
    }
    match end_of_waiting(repository.host.as_ref(), task).await? {
        None | Some(End::PullEnded) => Ok(()),
        Some(End::Unasked) => show(app, repository, Folder::Blocked, task).await,
        Some(End::Closed(reason)) => cancel(app, repository, task, &reason, report).await,
        Some(End::Answer(text)) => {
            bring_back(app, repository, task, text, "answered", report).await
        }
        Some(End::Unblocked) => {
            let text = "What it waited for is closed.".to_owned();
            bring_back(app, repository, task, text, "unblocked", report).await
        }
    }
}

async fn end_of_waiting(host: &dyn Host, task: &Task) -> Result<Option<End>, Failure> {
    if let Some(pr) = task.pr
        && host.pull(pr).await?.state != PullState::Open
    {
        return Ok(Some(End::PullEnded));
    }
    let issue = match host.issue(task.issue).await {
        Err(HostError::NotFound { what }) => {
            return Ok(Some(End::Closed(format!("{what} does not exist any more"))));
        }
        read => read?,
    };
    if issue.state == IssueState::Closed {
        return Ok(Some(End::Closed("its issue was closed".to_owned())));
    }
    let comments = host.comments(task.issue).await?;
    let Some(later) = after_question(&comments, task) else { return Ok(Some(End::Unasked)) };
    if let Some(text) = thread::words(later) {
        return Ok(Some(End::Answer(text)));
    }
    Ok(dependency_closed(host, &issue, task).await.then_some(End::Unblocked))
}

/// The comments behind our question; nothing where it is not among them.
fn after_question<'a>(comments: &'a [Comment], task: &Task) -> Option<&'a [Comment]> {
    let key = texts::question_key(task);
    let asked =
        comments.iter().position(|c| c.ours && marker::has(&c.body, texts::QUESTION, &key))?;
    comments.get(asked + 1..)
}

/// Whether everything is closed that the issue's text or the last result names, and something of it since the task was made: what was closed
/// before kept its agent from nothing that the next one will not miss as well. What cannot be read is not closed.
async fn dependency_closed(host: &dyn Host, issue: &Issue, task: &Task) -> bool {
    let Some(awaited) = for_issues(task) else { return false };
    let declared = brief::dependencies(&issue.body).into_iter().map(IssueNumber);
    let dependencies: BTreeSet<IssueNumber> = declared.chain(awaited.iter().copied()).collect();
    // Those were open when they were named.
    let mut is_news = !awaited.is_empty();
    for number in &dependencies {
        match host.issue(*number).await {
            Ok(found) if found.state == IssueState::Closed => {
                is_news |= found.closed_at.is_none_or(|at| at >= task.created_at);
            }
            _ => return false,
        }
    }
    is_news
}

/// Ready on a blocked task is its answer.
pub(super) async fn ready_again(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    report: &mut Report,
) {
    let found = app.mailbox.newest_generation(&repository.key, issue.number).ok().flatten();
    let Some((generation, _)) = found else { return };
    let id = crate::domain::ids::TaskId::of(&repository.key, issue.number, generation);
    let Ok(Some((Folder::Blocked, task))) = app.mailbox.find(&id) else { return };
    let text = "The issue was marked Ready again.".to_owned();
    if let Err(failure) = bring_back(app, repository, &task, text, "answered", report).await {
        report.failure(id.to_string(), failure);
    }
}

async fn bring_back(
    app: &App,
    repository: &Repository,
    task: &Task,
    answer: String,
    action: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some((lease, mut task)) = leased(app, Folder::Blocked, task)? else { return Ok(()) };
    task.body = format!("{}\n\n# Answer\n\n{answer}\n", task.body.trim_end());
    queue::begin_again(app, &mut task)?;
    task.begin_round();
    task.reason = None;
    task.blocker = None;
    app.mailbox.transfer(&lease, &mut task, Folder::Blocked, Folder::Inbox)?;
    report.task(repository.slug(), task.issue, &task.id, action, None);
    tell(app, repository, &lease, Folder::Inbox, &mut task, &[]).await?;
    Ok(())
}

async fn cancel(
    app: &App,
    repository: &Repository,
    task: &Task,
    reason: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some((lease, mut task)) = leased(app, Folder::Blocked, task)? else { return Ok(()) };
    task.outcome = Some(Outcome::Cancelled);
    task.reason = Some(reason.to_owned());
    app.mailbox.transfer(&lease, &mut task, Folder::Blocked, Folder::Done)?;
    report.task(repository.slug(), task.issue, &task.id, "cancelled", task.reason.clone());
    tell(app, repository, &lease, Folder::Done, &mut task, &[]).await?;
    Ok(())
}

impl From<crate::mailbox::Gone> for Failure {
    fn from(error: crate::mailbox::Gone) -> Self {
        Self {
            message: error.to_string(),
            severity: super::super::report::Severity::Failure,
            hint: None,
        }
    }
}
