//! `outcome_attribution.jsonl`: what was opened and merged, so that its outcome can be measured later (`CONTRACT.md` section 8).

use serde::Serialize;

use crate::app::App;
use crate::domain::ids::{CommitSha, IssueNumber, PrNumber, RepoSlug, TaskId};
use crate::domain::task::Task;
use crate::sys::files::{self, FileError};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The pull request was opened.
    PrOpened,
    /// It was merged.
    Merged,
}

impl Kind {
    /// The name of the mark beside the runs of a task: a resumed job finds it and adds no second line.
    fn mark(self) -> &'static str {
        match self {
            Self::PrOpened => "pr_opened",
            Self::Merged => "merged",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: jiff::Timestamp,
    kind: Kind,
    repo: &'a RepoSlug,
    task_id: &'a TaskId,
    issue: IssueNumber,
    pr: Option<PrNumber>,
    check_ids: &'a [String],
    commit: Option<&'a CommitSha>,
}

/// Appends the line of an event, once.
///
/// # Errors
///
/// When it cannot be written; the next run tries again.
pub(super) fn record(
    app: &App,
    task: &Task,
    kind: Kind,
    commit: Option<&CommitSha>,
) -> Result<(), FileError> {
    let runs = app.runs(&task.id);
    let mark = runs.join(kind.mark());
    if mark.exists() {
        return Ok(());
    }
    let line = Line {
        timestamp: app.now(),
        kind,
        repo: &task.repo,
        task_id: &task.id,
        issue: task.issue,
        pr: task.pr,
        check_ids: &task.outcome_checks,
        commit,
    };
    app.journal.measure("outcome_attribution.jsonl", &line)?;
    files::make_dir(&runs)?;
    files::replace(&mark, b"")
}
