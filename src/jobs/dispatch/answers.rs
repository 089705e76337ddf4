//! What brings a waiting task back: a person's answer, Ready once more, a dependency that was closed. And the host is told again what a
//! crash kept from it.

use crate::app::{App, Repository};
use crate::domain::blocker::BlockerCode;
use crate::domain::brief;
use crate::domain::issue::{Comment, Issue, Trust};
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, Outcome, Task};
use crate::effects::{desired_host_state, texts};
use crate::mailbox::{Head, Lease};
use crate::text::{clean, marker, sections};

use super::super::queue;
use super::super::reconcile::tell;
use super::super::report::Report;
use super::Failure;
use super::gather;

/// Looks at every task of this repository that waits or of which the host may not know everything.
pub(super) async fn collect(
    app: &App,
    repository: &Repository,
    open: &[Issue],
    report: &mut Report,
) {
    for folder in [Folder::Blocked, Folder::Inbox, Folder::Done, Folder::Escalated, Folder::Failed]
    {
        let heads = match app.mailbox.heads(folder) {
            Ok(heads) => heads.tasks,
            Err(error) => {
                let failure = Failure::from(error);
                report.error(folder.as_str(), failure.message, failure.severity, failure.hint);
                continue;
            }
        };
        for task in heads.iter().map(Head::keys) {
            if task.repo != *repository.slug() {
                continue;
            }
            let looked = match folder {
                Folder::Blocked => waiting(app, repository, task, open, report).await,
                _ => catch_up(app, repository, folder, task).await,
            };
            if let Err(failure) = looked {
                report.error(task.id.to_string(), failure.message, failure.severity, failure.hint);
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
    if task.host_state == Some(desired_host_state(folder, task)) {
        return Ok(());
    }
    let Some((lease, mut task)) = leased(app, folder, task)? else { return Ok(()) };
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

async fn waiting(
    app: &App,
    repository: &Repository,
    task: &Task,
    open: &[Issue],
    report: &mut Report,
) -> Result<(), Failure> {
    let issue = match open.iter().find(|issue| issue.number == task.issue) {
        Some(issue) => issue.clone(),
        None => repository.host.issue(task.issue).await.map_err(host_failure)?,
    };
    if let Some(pr) = task.pr
        && repository.host.pull(pr).await.map_err(host_failure)?.state != PullState::Open
    {
        // Merged or closed by a person; a merge closes the issue too, and that is no withdrawal. The monitor finishes it.
        return Ok(());
    }
    if issue.state == crate::domain::issue::IssueState::Closed {
        return cancel(app, repository, task, report).await;
    }
    let comments = repository.host.comments(task.issue).await.map_err(host_failure)?;
    if let Some(answer) = answer_in(&comments, task) {
        let text = format!("{}, {}:\n\n{}", answer.author, answer.created_at, quoted(&answer.body));
        return bring_back(app, repository, task, Some(text), "answered", report).await;
    }
    if dependency_closed(repository, task, &issue).await {
        return bring_back(app, repository, task, None, "unblocked", report).await;
    }
    catch_up(app, repository, Folder::Blocked, task).await
}

/// The first comment of a person with write access after our question.
fn answer_in<'a>(comments: &'a [Comment], task: &Task) -> Option<&'a Comment> {
    let key = texts::question_key(task);
    let asked =
        comments.iter().position(|c| c.ours && marker::has(&c.body, texts::QUESTION, &key))?;
    let after = comments.get(asked + 1..).unwrap_or_default();
    after.iter().find(|comment| !comment.ours && comment.author_trust == Trust::Trusted)
}

async fn dependency_closed(repository: &Repository, task: &Task, issue: &Issue) -> bool {
    if task.blocker != Some(BlockerCode::DependencyBlocked)
        || task.counters.spent >= task.max_attempts
    {
        return false;
    }
    let dependencies = brief::dependencies(&issue.body);
    for number in &dependencies {
        match repository.host.issue(crate::domain::ids::IssueNumber(*number)).await {
            Ok(found) if found.state == crate::domain::issue::IssueState::Closed => {}
            _ => return false,
        }
    }
    !dependencies.is_empty()
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
    if let Err(failure) = bring_back(app, repository, &task, Some(text), "answered", report).await {
        report.error(id.to_string(), failure.message, failure.severity, failure.hint);
    }
}

async fn bring_back(
    app: &App,
    repository: &Repository,
    task: &Task,
    answer: Option<String>,
    action: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some((lease, mut task)) = leased(app, Folder::Blocked, task)? else { return Ok(()) };
    if let Some(answer) = answer {
        task.body = format!("{}\n\n# Answer\n\n{answer}\n", task.body.trim_end());
    }
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
    report: &mut Report,
) -> Result<(), Failure> {
    let Some((lease, mut task)) = leased(app, Folder::Blocked, task)? else { return Ok(()) };
    task.outcome = Some(Outcome::Cancelled);
    task.reason = Some("its issue was closed".to_owned());
    app.mailbox.transfer(&lease, &mut task, Folder::Blocked, Folder::Done)?;
    report.task(repository.slug(), task.issue, &task.id, "cancelled", task.reason.clone());
    tell(app, repository, &lease, Folder::Done, &mut task, &[]).await?;
    Ok(())
}

fn quoted(text: &str) -> String {
    sections::fence(clean::untrusted(text).text.trim(), "text")
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn host_failure(error: crate::host::HostError) -> Failure {
    Failure { message: error.to_string(), severity: gather::severity(&error), hint: None }
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
