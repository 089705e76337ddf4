//! The lines of records and the task files, handed to the ledger one after the other.

use jiff::Timestamp;

use super::{ReportError, evaluated};
use crate::app::{App, Repository, spend};
use crate::domain::execution::{self, Run};
use crate::domain::objective::Snapshot;
use crate::domain::outcome::{Kind, Record};
use crate::domain::reliability::{Ledger, Question};
use crate::domain::task::{Folder, Task};
use crate::jobs::{outcomes, score};
use crate::sys::files::FileError;

/// Reads all of them, in the order that the ledger asks for, and returns the judgements by repository.
pub(super) fn read(
    app: &App,
    repositories: &[&Repository],
    ledger: &mut Ledger,
) -> Result<Vec<(String, Snapshot)>, ReportError> {
    let snapshots = outcomes(app, repositories, ledger)?;
    tasks(app, repositories, ledger)?;
    runs(app, repositories, ledger)?;
    questions(app, repositories, ledger)?;
    Ok(snapshots)
}

fn outcomes(
    app: &App,
    repositories: &[&Repository],
    ledger: &mut Ledger,
) -> Result<Vec<(String, Snapshot)>, FileError> {
    let since = ledger.window().since;
    let judged_since = since.checked_sub(evaluated(app, repositories)).unwrap_or(Timestamp::MIN);
    let mut snapshots = Vec::new();
    app.journal.each_metric(outcomes::FILE, &mut |line| {
        let at = execution::moment(line);
        if let Some(at) = at {
            ledger.seen(at);
        }
        if at.is_some_and(|at| at <= judged_since) {
            return;
        }
        let Ok(record) = serde_json::from_str::<Record>(line) else {
            return torn(line, ledger);
        };
        if !is_of(repositories, &record.repo) {
            return;
        }
        ledger.outcome(&record);
        if let (Kind::Snapshot, Some(interpretation)) = (record.kind, record.interpretation) {
            let check_id = record.check_id;
            let snapshot = Snapshot { check_id, interpretation, at: record.timestamp };
            snapshots.push((record.repo, snapshot));
        }
    })?;
    if ledger.lacks_openings() {
        app.journal.each_metric(outcomes::FILE, &mut |line| {
            let is_old = execution::moment(line).is_none_or(|at| at <= since);
            if let Some(record) =
                is_old.then(|| serde_json::from_str::<Record>(line).ok()).flatten()
            {
                ledger.earlier_opening(&record);
            }
        })?;
    }
    Ok(snapshots)
}

/// When tasks were dispatched stands in their files alone, those of old ones in the archive.
fn tasks(app: &App, repositories: &[&Repository], ledger: &mut Ledger) -> Result<(), ReportError> {
    let mut take = |task: &Task| {
        if is_of(repositories, task.repo.as_str()) {
            let is_open = task.outcome.is_none() && task.pr.is_some();
            ledger.task(task.id.as_str(), task.created_at, is_open);
        }
    };
    for folder in Folder::ALL {
        for head in app.mailbox.heads(folder)?.tasks {
            take(head.keys());
        }
    }
    let wanted = |id: &str| ledger.is_about(id);
    let archived = app.mailbox.archived_heads(&wanted);
    for head in archived {
        let task = head.keys();
        if is_of(repositories, task.repo.as_str()) {
            ledger.task(task.id.as_str(), task.created_at, false);
        }
    }
    Ok(())
}

fn runs(app: &App, repositories: &[&Repository], ledger: &mut Ledger) -> Result<(), FileError> {
    let horizon = ledger.horizon();
    app.journal.each_metric(score::STATS, &mut |line| {
        let at = execution::moment(line);
        if let Some(at) = at {
            ledger.seen(at);
        }
        if at.is_some_and(|at| at <= horizon) {
            return;
        }
        match serde_json::from_str::<Run<'_>>(line) {
            Ok(run) if is_of(repositories, &run.repo) => ledger.run(&run),
            Ok(_) => {}
            Err(_) => torn(line, ledger),
        }
    })
}

/// Questions that are about no repository belong to all of them together.
fn questions(
    app: &App,
    repositories: &[&Repository],
    ledger: &mut Ledger,
) -> Result<(), FileError> {
    let since = ledger.window().since;
    let is_all = repositories.len() == app.repositories.len();
    app.journal.each_metric(spend::QUESTIONS, &mut |line| {
        if execution::moment(line).is_some_and(|at| at <= since) {
            return;
        }
        match serde_json::from_str::<Question<'_>>(line) {
            Ok(question) => {
                let repo = question.repo.as_deref();
                if repo.map_or(is_all, |repo| is_of(repositories, repo)) {
                    ledger.question(&question);
                }
            }
            Err(_) => torn(line, ledger),
        }
    })
}

fn is_of(repositories: &[&Repository], slug: &str) -> bool {
    repositories.iter().any(|known| known.slug().as_str() == slug)
}

fn torn(line: &str, ledger: &mut Ledger) {
    if !line.trim().is_empty() {
        ledger.unreadable();
    }
}
