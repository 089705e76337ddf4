//! What people command in comments (`/agent <verb>`), carried out and answered once. The same functions serve the command line.
//!
//! A command is carried out first and answered then. The task file remembers the comment whose command changed it, so that a crash in between
//! leads to the answer and not to a second attempt. Commands belong to tasks; a thread without one, for example that of a waiting plan, would
//! be another reader of [`crate::domain::command::pending`].

mod approve;
mod carry_out;
mod gather;

pub use approve::{Approval, ApproveError, approve};

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::command::{self, Asked};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::task::Task;
use crate::effects::{Effect, texts};
use crate::host::HostError;

use super::dispatch::Failure;
use super::report::{Report, Severity};

/// Carries out and answers what people have commanded since the last look.
pub(super) async fn collect(app: &App, repository: &Repository, report: &mut Report) {
    let tasks = match gather::tasks(app, repository) {
        Ok(tasks) => tasks,
        Err(error) => return report.failure(repository.slug().to_string(), error.into()),
    };
    for task in tasks {
        if app.stop.requested() {
            return;
        }
        if let Err(failure) = hear(app, repository, &task, report).await {
            let is_over = failure.severity == Severity::Temporary;
            report.failure(task.id.to_string(), failure);
            if is_over {
                // The network or the limit: the other tasks would fare no better.
                return;
            }
        }
    }
}

/// Hears the commands for one task, in the order in which they were given: none is passed over for a later one.
async fn hear(
    app: &App,
    repository: &Repository,
    task: &Task,
    report: &mut Report,
) -> Result<(), Failure> {
    // A glance costs nothing while nothing happens; what is done rests on a look of its own.
    let glance = match gather::asked(repository, repository.glance.as_ref(), task).await {
        Err(HostError::NotFound { .. }) => return gone(app, repository, task).await,
        other => other?,
    };
    for author in &glance.unheard {
        tracing::info!(task = %task.id, %author, "a command of somebody without write access is not heard");
    }
    if glance.asked.is_empty() {
        return Ok(());
    }
    repository.host.preflight().await?;
    let fresh = gather::asked(repository, repository.host.as_ref(), task).await?;
    for (thread, asked) in fresh.asked {
        let Some(text) = carry_out::carry_out(app, repository, &task.id, &asked).await? else {
            return Ok(());
        };
        crash_point!("commands.carried_out");
        if !answer(app, repository, &task.id, (thread, &asked), &text).await? {
            return Ok(());
        }
        let what = format!("{} by {}", asked.command.verb.as_str(), asked.author);
        let what = Some(crate::text::clean::one_line(&what, 120));
        report.task(repository.slug(), task.issue, &task.id, "commanded", what);
    }
    Ok(())
}

/// An issue that was deleted or moved away on a host that others share does not come back, and asking for it costs each time.
async fn gone(app: &App, repository: &Repository, task: &Task) -> Result<(), Failure> {
    if repository.local.is_some() {
        return Ok(());
    }
    match repository.host.issue(task.issue).await {
        Err(HostError::NotFound { .. }) => {
            Ok(app.state.raise(&app.state.flag_gone(&task.id), app.now())?)
        }
        other => Ok(other.map(drop)?),
    }
}

/// Answers in the thread of the command. Nobody but the holder of the repository's own lease answers there: a task's may be its worker's.
async fn answer(
    app: &App,
    repository: &Repository,
    task: &TaskId,
    (thread, asked): (IssueNumber, &Asked),
    text: &str,
) -> Result<bool, Failure> {
    let of_repository = TaskId::of(&repository.key, IssueNumber(0), 1);
    let Some(lease) = app.mailbox.lease(&of_repository)? else { return Ok(false) };
    let body = texts::command_answer(task, asked, &app.redactor.redact(text));
    let effect = Effect::Comment {
        issue: thread,
        kind: command::MARKER.to_owned(),
        key: asked.comment.to_string(),
        body: texts::bounded(&app.redactor.redact(&body)),
        sticky: false,
    };
    repository.effects()?.carry_out(&effect, &lease).await?;
    Ok(true)
}
