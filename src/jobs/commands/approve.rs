//! A person lets the present head of a pull request pass the limits of size, paths and tests. Nothing else is cleared: not red or missing
//! checks, a hold, a draft, a conflict or a disarmed repository.

use jiff::Timestamp;

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::ids::{CommitSha, TaskId};
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, Task};
use crate::effects::Effect;
use crate::host::HostError;
use crate::mailbox::{Gone, MailboxError};
use crate::text::clean;

/// Who approves what.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// The beginning of the commit id that is meant; without it the present head, if it was there to be seen.
    pub head: Option<String>,
    /// The comment that says so and when it was written, where it is one.
    pub comment: Option<(u64, Timestamp)>,
}

/// Why a head was not approved.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// It cannot be.
    #[error("{0}")]
    Refused(String),
    /// Another process has the task in hand.
    #[error("{0}")]
    NotNow(String),
    /// The pull request could not be read.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The task could not be read or written.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

/// Approves the present head of a task's pull request: for that head only.
///
/// # Errors
///
/// When there is no open pull request, its head is not ours, not the one that is meant, or came after the comment; nothing is written then.
pub async fn approve(
    app: &App,
    repository: &Repository,
    id: &TaskId,
    approval: &Approval,
) -> Result<CommitSha, ApproveError> {
    let refused = |reason: &str| Err(ApproveError::Refused(reason.to_owned()));
    let Some(lease) = app.mailbox.lease(id)? else {
        let reason = format!("the task {id} is in other hands just now: try again");
        return Err(ApproveError::NotNow(reason));
    };
    let (mut task, pr) = match app.mailbox.find(id)? {
        Some((Folder::Done, task)) if task.outcome.is_none() => match task.pr {
            Some(pr) => (task, pr),
            None => return refused(NO_PULL),
        },
        _ => return refused(NO_PULL),
    };
    let pull = repository.host.pull(pr).await?;
    if pull.state != PullState::Open {
        return refused(&format!("pull request {} is {}", pr.0, pull.state.as_str()));
    }
    check(app, repository, &task, &pull.head_sha, approval).map_err(ApproveError::Refused)?;
    task.approved_head = Some(pull.head_sha.clone());
    task.objection = None;
    task.approved_by = Some(clean::one_line(&clean::untrusted(&approval.by).text, 60));
    task.last_command = approval.comment.map(|(id, _)| id).or(task.last_command);
    crash_point!("approve.judged");
    app.mailbox.update(&lease, Folder::Done, &task).map_err(|gone| match gone {
        Gone::Moved(id) => ApproveError::NotNow(format!("the file of task {id} was moved")),
        Gone::Mailbox(error) => ApproveError::Mailbox(error),
    })?;
    Ok(pull.head_sha)
}

const NO_PULL: &str = "it has no pull request that waits for an approval";

fn check(
    app: &App,
    repository: &Repository,
    task: &Task,
    head: &CommitSha,
    approval: &Approval,
) -> Result<(), String> {
    if task.head_sha.as_ref() != Some(head) {
        return Err(format!("its head {} is no commit of ours: nothing is approved", head.short()));
    }
    if let Some(meant) = &approval.head {
        return if head.as_str().starts_with(meant.as_str()) {
            Ok(())
        } else {
            Err(format!("its head is {}, and not {meant}: nothing is approved", head.short()))
        };
    }
    let Some((_, said)) = approval.comment else { return Ok(()) };
    let push = Effect::Push { branch: task.branch.clone(), head: head.clone(), expected: None };
    let pushed = app.journal.done_at(push.word(), &format!("{} {}", repository.key, push.key()));
    match pushed {
        // Hosts tell whole seconds.
        Some(at) if at.as_second() <= said.as_second() => Ok(()),
        Some(_) => Err(format!(
            "its head {} came after this comment: look at it, then approve it with `/agent approve {}`",
            head.short(),
            head.short()
        )),
        None => Err(format!(
            "it is not known when its head {} came: name it with `/agent approve {}`",
            head.short(),
            head.short()
        )),
    }
}
