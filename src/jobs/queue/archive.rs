//! Tasks that ended long ago go to the archive with the records of their runs; what only work in progress needs of them goes away, since
//! it would be one more for each task, for ever.

use crate::app::App;
use crate::crash_point;
use crate::domain::task::{Folder, Outcome, Task};
use crate::mailbox::Head;

use super::super::report::{Report, Severity};

/// Archives the tasks of `done/` that are older than `retention_days` and have ended.
pub(super) fn run(app: &App, done: &[Head], report: &mut Report) {
    let keep = jiff::SignedDuration::from_hours(24 * i64::from(app.settings.retention_days));
    let Ok(horizon) = app.now().checked_sub(keep) else { return };
    for task in done.iter().map(Head::keys) {
        if task.outcome.is_none() || task.created_at > horizon {
            continue;
        }
        let Ok(Some(lease)) = app.mailbox.lease(&task.id) else { continue };
        match app.mailbox.whereabouts(&task.id) {
            Some(Folder::Done) => {}
            // A person, or another run, was faster.
            Some(_) => continue,
            None => {
                lease.retire();
                continue;
            }
        }
        match archive(app, task) {
            Ok(()) => lease.retire(),
            Err(error) => report.error(task.id.to_string(), error, Severity::Failure, None),
        }
    }
}

/// The task's file goes last: as long as it lies in `done/`, the next run goes on with what is left to do.
fn archive(app: &App, task: &Task) -> Result<(), String> {
    if task.outcome == Some(Outcome::Merged) {
        forget_branch(app, task)?;
    }
    let month = task.created_at.to_string();
    let month = month.get(..7).unwrap_or("undated");
    app.mailbox
        .archive_runs(&app.runs(&task.id), &task.id, month)
        .and_then(|()| {
            crash_point!("archive.runs_moved");
            app.mailbox.archive(Folder::Done, &task.id, month)
        })
        .map_err(|error| error.to_string())
}

/// Forgets the branch of merged work in the mirror; that of the remote went when it was merged. Unmerged work is kept.
fn forget_branch(app: &App, task: &Task) -> Result<(), String> {
    let Some(repository) = app.repository(&task.repo) else { return Ok(()) };
    if repository.lacks_of_mirror().is_none() {
        return Ok(());
    }
    let effects = repository.effects().map_err(|error| error.to_string())?;
    let _lock = effects.lock_mirror().map_err(|error| error.to_string())?;
    effects.mirror.drop_branch(&task.id).map_err(|error| error.to_string())?;
    crash_point!("archive.branch_forgotten");
    Ok(())
}
