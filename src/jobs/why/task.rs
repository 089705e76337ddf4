//! Why a task does not move on, by the folder that it lies in.

use super::{LookError, WHEN_RESUMED, Why, denied, unreadable};
use crate::app::{App, Repository};
use crate::domain::ids::TaskId;
use crate::domain::routing::Route;
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::task::{Folder, Outcome, Stage, Task};
use crate::domain::waiting;
use crate::effects::texts;
use crate::jobs::report::Job;
use crate::jobs::{pr_monitor, queue};
use crate::mailbox::MailboxError;
use crate::sys::lock;
use crate::text::clean;

const NEXT_QUEUE: &str = "the next `queue`";

pub(super) async fn of(app: &App, folder: Folder, task: &Task) -> Result<Why, LookError> {
    let file = app.mailbox.path(folder, &task.id).display().to_string();
    if let Some(pause) = app.state.task_pause(&task.id).filter(|_| task.outcome.is_none()) {
        let halt = Halt::new(Standstill::TaskPaused, format!("it is {pause}"));
        let seen = [format!("it lies in `{folder}/`"), file];
        return Ok(Why::halted(task.id.to_string(), halt, WHEN_RESUMED).seen(seen));
    }
    let Some(repository) = app.repository(&task.repo) else {
        let reason = format!("its repository {} is not in the configuration any more", task.repo);
        let halt = Halt::new(Standstill::Unconfigured, reason);
        let next_look = "when the configuration names it again";
        return Ok(Why::halted(task.id.to_string(), halt, next_look).seen([file]));
    };
    let why = match folder {
        Folder::Inbox => in_inbox(app, task),
        Folder::Processing => in_processing(app, task),
        Folder::Done if task.outcome.is_none() && task.pr.is_none() => misplaced(task),
        Folder::Done if task.outcome.is_none() => {
            return of_open_pull(app, repository, task, file).await;
        }
        Folder::Blocked | Folder::Escalated | Folder::Failed | Folder::Done => {
            at_rest(folder, task)
        }
    };
    let mut evidence = vec![file];
    evidence.extend(why.evidence.clone());
    Ok(why.seen(evidence))
}

fn in_inbox(app: &App, task: &Task) -> Why {
    let subject = task.id.to_string();
    let route = match queue::may_begin(app, task) {
        Ok(route) => route,
        Err(halt) => {
            let next_look = match (halt.until, halt.standstill) {
                (Some(until), _) => format!("the first `queue` after {until:.0}"),
                (None, Standstill::AgentsOut) => "when a person has mended that".to_owned(),
                (None, _) => WHEN_RESUMED.to_owned(),
            };
            return Why::halted(subject, halt, next_look);
        }
    };
    let agent = match route {
        Route::Run(agent) => Some(format!("the agent is {agent}")),
        Route::UsedUp | Route::Later { .. } => None,
    };
    let why = match queue::no_worker(app) {
        Some(halt) => Why::halted(subject, halt, "when a task that is worked on has ended"),
        None => Why::moving(subject, "it waits for a free worker", NEXT_QUEUE),
    };
    why.seen(agent)
}

fn in_processing(app: &App, task: &Task) -> Why {
    let subject = task.id.to_string();
    if !lock::is_held(&app.mailbox.lock_path(&task.id)) {
        if let Some(trouble) = &task.trouble {
            let reason = format!("its last run could not go on: {trouble}");
            return Why::halted(subject, Halt::new(Standstill::Trouble, reason), NEXT_QUEUE);
        }
        let reason = "its worker has died; the next `queue` goes on from the last finished stage";
        return Why::moving(subject, reason, NEXT_QUEUE);
    }
    let stage = task.stage.map_or("none", Stage::as_str);
    let agent = task.assigned.as_ref().map_or("nobody", |agent| agent.as_str());
    let reason = format!("a worker has it: agent {agent}, last finished stage `{stage}`");
    Why::moving(subject, reason, "its worker, all the time")
}

/// A task that no job takes up by itself.
fn at_rest(folder: Folder, task: &Task) -> Why {
    let because = task.reason.as_deref().unwrap_or("no reason is recorded");
    let finished = "never: it is finished".to_owned();
    let (standstill, reason, next_look) = match (folder, task.outcome) {
        (Folder::Escalated, _) => (
            Standstill::Escalated,
            format!("it was given up to a person: {because}"),
            format!("never by itself: {}", texts::next_step(task)),
        ),
        (Folder::Failed, _) => (
            Standstill::Failed,
            format!("the system could not go on: {because}"),
            format!("never by itself: mend the cause, then `agentos task retry {}`", task.id),
        ),
        (Folder::Done, Some(Outcome::Merged)) => {
            (Standstill::Ended, "it is merged".to_owned(), finished)
        }
        (Folder::Done, Some(outcome)) => {
            (Standstill::Ended, format!("it ended as {}: {because}", outcome.as_str()), finished)
        }
        (Folder::Blocked | Folder::Done | Folder::Inbox | Folder::Processing, _) => {
            (Standstill::Blocked, format!("it waits for a person: {because}"), end_of_waiting(task))
        }
    };
    Why::halted(task.id.to_string(), Halt::new(standstill, reason), next_look)
}

/// What brings a blocked task back.
fn end_of_waiting(task: &Task) -> String {
    let answered = "`dispatch`, when a person answers on the issue or marks it Ready again";
    match waiting::for_issues(task) {
        None => answered.to_owned(),
        Some([]) => {
            format!("{answered}, or what its text names by a line `Depends on #N` is closed")
        }
        Some(named) => {
            let named: Vec<String> = named.iter().map(ToString::to_string).collect();
            format!("{answered}, or what it waits for is closed: {}", named.join(", "))
        }
    }
}

/// A task in `done/` that no job has put there: none looks at it.
fn misplaced(task: &Task) -> Why {
    let reason = "it lies in `done/` without an outcome or a pull request: somebody moved it there";
    let halt = Halt::new(Standstill::Unusable, reason);
    let id = &task.id;
    let next_look =
        format!("never by itself: `agentos task retry {id}` or `agentos task cancel {id}`");
    Why::halted(id.to_string(), halt, next_look)
}

/// A task whose file cannot be read as one.
pub(super) fn unusable(app: &App, id: &TaskId, error: &MailboxError) -> Result<Why, LookError> {
    let is_newer = error.is_newer();
    let folder = app.mailbox.whereabouts(id).filter(|_| is_newer || error.is_poison());
    let Some(folder) = folder else { return Err(unreadable(error)) };
    let message = error.to_string();
    let line = clean::one_line(message.lines().next().unwrap_or_default(), 300);
    let (reason, next_look) = match folder {
        _ if is_newer => {
            (line, "never before agentos is updated: `agentos self-update`".to_owned())
        }
        Folder::Failed => (
            format!("its file cannot be read as a task: {line}"),
            "never by itself: mend it and move it back to `inbox/`".to_owned(),
        ),
        _ => {
            let job = if matches!(folder, Folder::Inbox | Folder::Processing) {
                Job::Queue
            } else {
                Job::Dispatch
            };
            (
                format!("its file cannot be read as a task: {line}"),
                format!(
                    "the next `{}` sets it aside in `failed/`; mend it and move it back to `inbox/`",
                    job.as_str()
                ),
            )
        }
    };
    let path = app.mailbox.path(folder, id);
    let beside = path.with_extension("md.reason.txt");
    let seen = [format!("it lies in `{folder}/`"), path.display().to_string()];
    let beside = beside.is_file().then(|| beside.display().to_string());
    let halt = Halt::new(Standstill::Unusable, reason);
    Ok(Why::halted(id.to_string(), halt, next_look).seen(seen.into_iter().chain(beside)))
}

async fn of_open_pull(
    app: &App,
    repository: &Repository,
    task: &Task,
    file: String,
) -> Result<Why, LookError> {
    let subject = task.id.to_string();
    if let Some(halt) = denied(app, repository, Job::PrMonitor) {
        return Ok(Why::halted(subject, halt, WHEN_RESUMED).seen([file]));
    }
    let (verdict, taken) = pr_monitor::foresee(app, repository, task).await.map_err(unreadable)?;
    let pull = &taken.snapshot.pull;
    let mut evidence = vec![
        file,
        format!(
            "pull request {}: {}, head {}",
            pull.number.0,
            pull.state.as_str(),
            pull.head_sha.short()
        ),
        format!("checks: {}", taken.snapshot.checks.word()),
    ];
    if task.approved_head.as_ref() == Some(&pull.head_sha) {
        let by = task.approved_by.as_deref().unwrap_or("a person");
        evidence.push(format!("its head is approved by {by}"));
    }
    let reason = pr_monitor::reason_of(&verdict)
        .unwrap_or_else(|| format!("its verdict is `{}`", verdict.word()));
    let next_look = "the next `pr-monitor`";
    Ok(match verdict.standstill() {
        Some(standstill) => Why::halted(subject, Halt::new(standstill, reason), next_look),
        None => Why::moving(subject, reason, next_look),
    }
    .seen(evidence))
}
