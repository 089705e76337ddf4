//! One command: what it does to its task, and the words of its answer.

use crate::app::{App, Repository};
use crate::domain::command::{Asked, Ruling, Verb, View, decide, words_beside};
use crate::domain::ids::TaskId;
use crate::domain::issue::IssueState;
use crate::domain::task::{Folder, Task};
use crate::sys::lock;
use crate::text::{clean, sections};

use super::super::control::{self, ControlError, Order, Scope};
use super::super::dispatch::Failure;
use super::super::report::Severity;
use super::super::why::{self, Subject};
use super::approve::{Approval, ApproveError, approve};

/// Carries out a command and returns what is to be answered, or nothing when it has to wait for the next look.
pub(super) async fn carry_out(
    app: &App,
    repository: &Repository,
    id: &TaskId,
    asked: &Asked,
) -> Result<Option<String>, Failure> {
    let Some((folder, task)) = app.mailbox.find(id)? else { return Ok(None) };
    let view = view(app, repository, (folder, &task), asked).await?;
    if view.is_paused && task.outcome.is_some() {
        // It was stopped so that it could be cancelled.
        app.state.lower(&app.state.flag_task(id))?;
    }
    let scope = Scope { task: Some(id), ..Scope::default() };
    match decide(&asked.command.verb, view) {
        Ruling::Say(text) => Ok(Some(text)),
        Ruling::Pause => {
            control::pause(app, scope, true).map_err(failure)?;
            let worker = if view.is_running { "; its worker stops at its next step" } else { "" };
            Ok(Some(format!("it is paused{worker}; `/agent resume` lets it go on")))
        }
        Ruling::Resume => {
            control::pause(app, scope, false).map_err(failure)?;
            Ok(Some("it goes on".to_owned()))
        }
        Ruling::StopFirst => {
            control::pause(app, scope, true).map_err(failure)?;
            Ok(None)
        }
        Ruling::Retry => retry(app, &task, asked, view.is_paused).await,
        Ruling::Cancel => cancel(app, id, asked, view.is_paused).await,
        Ruling::Status => Ok(Some(status(app, id).await?)),
        Ruling::Approve { head } => {
            let approval = Approval {
                by: asked.author.clone(),
                head,
                comment: Some((asked.comment, asked.at)),
            };
            match approve(app, repository, id, &approval).await {
                Ok(head) => Ok(Some(format!(
                    "the head `{}` may pass the limits of size, paths and tests; another head needs another approval",
                    head.short()
                ))),
                Err(ApproveError::Refused(reason)) => Ok(Some(reason)),
                Err(ApproveError::NotNow(_)) => Ok(None),
                Err(ApproveError::Host(error)) => Err(error.into()),
                Err(ApproveError::Mailbox(error)) => Err(error.into()),
            }
        }
    }
}

async fn view(
    app: &App,
    repository: &Repository,
    (folder, task): (Folder, &Task),
    asked: &Asked,
) -> Result<View, Failure> {
    let is_issue_open = match asked.command.verb {
        Verb::Retry => repository.host.issue(task.issue).await?.state == IssueState::Open,
        _ => true,
    };
    // A crash between the decision and its move leaves both to be done.
    let is_cut_off = task.settling.is_some_and(|step| step.from == folder);
    Ok(View {
        folder,
        outcome: task.outcome.filter(|_| !is_cut_off),
        has_pull: task.pr.is_some(),
        is_paused: app.state.task_pause(&task.id).is_some(),
        is_running: folder == Folder::Processing && lock::is_held(&app.mailbox.lock_path(&task.id)),
        is_issue_open,
        is_carried_out: task.last_command == Some(asked.comment) && !is_cut_off,
        is_edited: asked.edited,
    })
}

fn order(asked: &Asked, words: Option<String>) -> Order {
    let by = clean::one_line(&clean::untrusted(&asked.author).text, 60);
    Order { by, comment: Some(asked.comment), words, waits: false }
}

/// What is said beside the command is for whoever works on the task next.
async fn retry(
    app: &App,
    task: &Task,
    asked: &Asked,
    is_paused: bool,
) -> Result<Option<String>, Failure> {
    let words = words_beside(&asked.body);
    let words = (!words.is_empty()).then(|| {
        let said = sections::fence(clean::untrusted(&words).text.trim(), "text");
        format!("{}, {}:\n\n{said}", clean::one_line(&asked.author, 60), asked.at)
    });
    let still = if is_paused { "; it is still paused, `/agent resume` lets it go on" } else { "" };
    match control::retry(app, &task.id, &order(asked, words)).await {
        Ok(Folder::Inbox) => Ok(Some(format!("it is in the inbox and waits for a worker{still}"))),
        Ok(_) => Ok(Some(format!("it has one more attempt{still}"))),
        Err(ControlError::NotNow(_)) => Ok(None),
        Err(ControlError::Over(reason)) => Ok(Some(reason)),
        Err(error) => Err(failure(error)),
    }
}

async fn cancel(
    app: &App,
    id: &TaskId,
    asked: &Asked,
    is_paused: bool,
) -> Result<Option<String>, Failure> {
    match control::cancel(app, id, &order(asked, None)).await {
        Ok(()) => {}
        Err(ControlError::NotNow(_)) => return Ok(None),
        Err(ControlError::Over(reason)) => return Ok(Some(reason)),
        Err(error) => return Err(failure(error)),
    }
    if is_paused {
        app.state.lower(&app.state.flag_task(id))?;
    }
    Ok(Some("it is cancelled; its branch is kept".to_owned()))
}

/// The words of `agentos why`, without the place of this installation on its machine.
async fn status(app: &App, id: &TaskId) -> Result<String, Failure> {
    let answer = why::ask(app, &Subject::Task(id.clone())).await.map_err(|error| Failure {
        message: error.to_string(),
        severity: Severity::Temporary,
        hint: None,
    })?;
    let root = format!("{}/", app.settings.root.display());
    Ok(answer.lines().join("\n").replace(&root, ""))
}

fn failure(error: ControlError) -> Failure {
    match error {
        ControlError::Mailbox(error) => error.into(),
        ControlError::File(error) => error.into(),
        ControlError::Untold(_, error) => (*error).into(),
        ControlError::Unknown(message)
        | ControlError::NotNow(message)
        | ControlError::Over(message) => {
            Failure { message, severity: Severity::Failure, hint: None }
        }
    }
}
