//! Pull requests that a person merged or closed while their task lay elsewhere: queued for a repair, waiting for an answer, or given up.
//! Their tasks come back to `done/`, where they are finished like any other.

use super::{Options, Trouble, wanted};
use crate::app::{App, Repository};
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, Task};

use super::super::report::{Report, Severity};

/// Brings back every task whose pull request has ended. One that cannot be read is named and spoils no other.
pub(super) async fn collect(app: &App, options: &Options, report: &mut Report) {
    for folder in [Folder::Inbox, Folder::Blocked, Folder::Escalated, Folder::Failed] {
        let entries = match app.mailbox.list(folder) {
            Ok(entries) => entries,
            Err(error) => {
                report.error(folder.as_str(), error.to_string(), Severity::Failure, None);
                continue;
            }
        };
        for task in entries.into_iter().filter_map(|entry| entry.task.ok()) {
            if task.pr.is_none() || task.outcome.is_some() {
                continue;
            }
            let Some(repository) = wanted(app, &task, options) else { continue };
            if let Err(trouble) = bring_back(app, repository, folder, &task).await {
                let severity = trouble.severity();
                report.error(task.id.to_string(), trouble.to_string(), severity, None);
            }
        }
    }
}

async fn bring_back(
    app: &App,
    repository: &Repository,
    folder: Folder,
    task: &Task,
) -> Result<(), Trouble> {
    let Some(pr) = task.pr else { return Ok(()) };
    // A glance costs nothing while nothing happens; the move rests on a look of its own.
    for host in [&repository.glance, &repository.host] {
        if host.pull(pr).await?.state == PullState::Open {
            return Ok(());
        }
    }
    let Some(lease) = app.mailbox.lease(&task.id)? else { return Ok(()) };
    let Some((present, mut task)) = app.mailbox.find(&task.id)? else { return Ok(()) };
    if present != folder || task.pr != Some(pr) {
        return Ok(());
    }
    task.end_attempt();
    task.reason = None;
    Ok(app.mailbox.transfer(&lease, &mut task, folder, Folder::Done)?)
}
