//! What waits for a person, with the step that it waits for.

use super::shown;
use crate::app::{App, Repository};
use crate::domain::reliability::Waiting;
use crate::domain::task::{Folder, Task};
use crate::effects::texts;
use crate::mailbox::MailboxError;

/// The folders whose tasks go on only when a person has done something, the most urgent first.
const FOLDERS: [Folder; 3] = [Folder::Escalated, Folder::Failed, Folder::Blocked];

/// The tasks of these repositories that wait, in the order of their folders, the oldest first.
pub(super) fn rows(app: &App, repositories: &[&Repository]) -> Result<Vec<Waiting>, MailboxError> {
    let mut rows = Vec::new();
    for folder in FOLDERS {
        let tasks = app.mailbox.list(folder)?.into_iter().filter_map(|entry| entry.task.ok());
        let of_these = tasks
            .filter(|task| repositories.iter().any(|known| *known.slug() == task.repo))
            .filter(|task| task.outcome.is_none());
        let mut waiting: Vec<Waiting> = of_these.map(|task| row(app, folder, &task)).collect();
        waiting.sort_by(|a, b| (a.dispatched_at, &a.task).cmp(&(b.dispatched_at, &b.task)));
        rows.extend(waiting);
    }
    Ok(rows)
}

fn row(app: &App, folder: Folder, task: &Task) -> Waiting {
    let next_step = match folder {
        Folder::Escalated => texts::next_step(task),
        Folder::Blocked => "answer on the issue, or mark it Ready again".to_owned(),
        _ => format!("mend the cause, then `agentos task retry {}`", task.id),
    };
    let reason = task.reason.as_deref().unwrap_or("no reason is recorded");
    Waiting {
        task: task.id.clone(),
        repo: task.repo.clone(),
        issue: task.issue,
        title: shown(app, &task.title),
        state: folder,
        reason: shown(app, reason),
        next_step: shown(app, &next_step),
        dispatched_at: task.created_at,
    }
}
