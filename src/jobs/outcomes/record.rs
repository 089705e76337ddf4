//! What was opened and merged, so that its outcome can be measured later: lines of `outcome_attribution.jsonl` (`CONTRACT.md` section 8).

use crate::app::App;
use crate::domain::ids::CommitSha;
use crate::domain::outcome::{Kind, Record};
use crate::domain::task::Task;
use crate::sys::files::{self, FileError};

/// The file in `runtime/metrics/`.
pub(in crate::jobs) const FILE: &str = "outcome_attribution.jsonl";

/// Appends the line of an opening or a merge, once: a mark beside the runs of the task tells a resumed job that it is there.
///
/// # Errors
///
/// When it cannot be written; the next run tries again.
pub(in crate::jobs) fn record(
    app: &App,
    task: &Task,
    kind: Kind,
    commit: Option<&CommitSha>,
) -> Result<(), FileError> {
    let runs = app.runs(&task.id);
    let mark = runs.join(kind.as_str());
    if mark.exists() {
        return Ok(());
    }
    app.journal.measure(FILE, &line(app, task, kind, commit))?;
    files::make_dir(&runs)?;
    files::replace(&mark, b"")
}

fn line(app: &App, task: &Task, kind: Kind, commit: Option<&CommitSha>) -> Record {
    Record {
        timestamp: app.now(),
        kind,
        repo: task.repo.to_string(),
        task_id: task.id.to_string(),
        issue: task.issue.0,
        pr: task.pr.map(|pr| pr.0),
        check_ids: Some(task.outcome_checks.clone()),
        commit: commit.map(ToString::to_string),
        check_id: None,
        interpretation: None,
        summary: None,
        source: None,
        interpreted_by: None,
    }
}
