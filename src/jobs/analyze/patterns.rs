//! What only the runs themselves tell: reasons that stopped several of them within a day, and failures that come back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::domain::execution::{End, Run};
use crate::domain::finding::{Finding, Kind};
use crate::domain::ids::TaskId;
use crate::domain::retry::TestVerdict;
use crate::domain::signature::{self, Signature};
use crate::jobs::queue::Receipt;
use crate::jobs::score;
use crate::sys::files::{self, FileError};

/// So many runs of a repository with one reason within a day are a spike.
const SPIKE: usize = 3;

/// So many runs with one signature, in so many tasks, are a pattern.
const PATTERN: (usize, usize) = (3, 2);

/// Bytes of a log that are looked at: errors stand at its end.
const TAIL: u64 = 64 * 1024;

/// Who found these.
const SOURCE: &str = "analyze";

/// A run that did not complete, as far as it is looked at here.
struct Failed {
    repo: String,
    task: String,
    attempt: String,
    code: String,
    at: Timestamp,
    end: End,
}

/// Finds them in the runs of the last week, of the repositories that are measured.
pub(super) fn find(app: &App) -> Result<Vec<Finding>, FileError> {
    let failed = failed_runs(app)?;
    let mut findings = spikes(app, &failed);
    findings.extend(patterns(app, &failed));
    Ok(findings)
}

fn failed_runs(app: &App) -> Result<Vec<Failed>, FileError> {
    let now = app.now();
    let week = SignedDuration::from_hours(i64::from(score::WINDOW_DAYS) * 24);
    let since = now.checked_sub(week).unwrap_or(Timestamp::MIN);
    let measured: BTreeSet<&str> = score::measured(app).map(|repo| repo.slug().as_str()).collect();
    let mut failed = Vec::new();
    app.journal.each_metric(score::STATS, &mut |line| {
        let Ok(run) = serde_json::from_str::<Run<'_>>(line) else { return };
        let is_recent = run.timestamp > since && run.timestamp <= now;
        if is_recent && run.end() != End::Complete && measured.contains(run.repo.as_ref()) {
            failed.push(Failed {
                end: run.end(),
                repo: run.repo.into_owned(),
                task: run.task_id.into_owned(),
                attempt: run.attempt.map(Into::into).unwrap_or_default(),
                code: run.blocker_code.map_or_else(|| "none".to_owned(), Into::into),
                at: run.timestamp,
            });
        }
    })?;
    Ok(failed)
}

/// Reasons that stopped several runs of one repository within the last day.
fn spikes(app: &App, failed: &[Failed]) -> Vec<Finding> {
    let day = app.now().checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let mut groups: BTreeMap<(&str, &str), Vec<&Failed>> = BTreeMap::new();
    for run in failed.iter().filter(|run| run.at > day && run.code != "none") {
        groups.entry((&run.repo, &run.code)).or_default().push(run);
    }
    groups
        .into_iter()
        .filter(|(_, runs)| runs.len() >= SPIKE)
        .map(|((repo, code), runs)| {
            let summary = format!("{} runs of {repo} ended with `{code}` within a day", runs.len());
            let finding = Finding::new(SOURCE, Kind::BlockerSpike, &[repo, code], summary)
                .of_repo(repo)
                .metric("runs", runs.len())
                .metric("cause", code);
            runs.iter().fold(finding, |finding, run| finding.evidence(place(run)))
        })
        .collect()
}

/// Failures with one signature in several tasks. What a provider or a person stopped says nothing of the work.
fn patterns(app: &App, failed: &[Failed]) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, Signature), Vec<&Failed>> = BTreeMap::new();
    for run in failed.iter().filter(|run| matches!(run.end, End::Incomplete | End::Infrastructure))
    {
        if let Some(mut found) = signature_of(app, run) {
            // One example stands for all of them.
            found.example.clear();
            groups.entry((&run.repo, found)).or_default().push(run);
        }
    }
    let (runs, tasks) = PATTERN;
    let is_pattern = |group: &Vec<&Failed>| {
        let different: BTreeSet<&str> = group.iter().map(|run| run.task.as_str()).collect();
        group.len() >= runs && different.len() >= tasks
    };
    groups
        .into_iter()
        .filter(|(_, group)| is_pattern(group))
        .map(|((repo, found), group)| {
            let pattern = app.redactor.redact(&found.pattern);
            let summary = format!("{} runs of {repo} failed with `{pattern}`", group.len());
            let finding = Finding::new(SOURCE, Kind::FailurePattern, &[repo, &found.id], summary)
                .of_repo(repo)
                .metric("runs", group.len())
                .metric("cause", found.id.clone())
                .metric("pattern", pattern);
            group.iter().fold(finding, |finding, run| finding.evidence(place(run)))
        })
        .collect()
}

/// Where a run can be looked at; the task is what overlapping findings have in common.
fn place(run: &Failed) -> String {
    format!("task {}: `runtime/runs/{}/{}/`", run.task, run.task, run.attempt)
}

/// The signature of a run: of the tests that we ran, else of what the agent's program wrote.
fn signature_of(app: &App, run: &Failed) -> Option<Signature> {
    let task: TaskId = run.task.parse().ok()?;
    // A label like `2` or `1.3`: nothing else may become a part of a path.
    if run.attempt.is_empty() || !run.attempt.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let dir = app.runs(&task).join(&run.attempt);
    let tests = Receipt::read(&dir).and_then(|receipt| match receipt.tests {
        TestVerdict::Failed { tail, .. } => signature::signature(&tail),
        TestVerdict::NotRun | TestVerdict::Passed => None,
    });
    tests.or_else(|| of_log(&dir.join("agent.stderr.log")))
}

fn of_log(path: &Path) -> Option<Signature> {
    let bytes = files::read_end(path, TAIL).ok()?;
    signature::signature(&String::from_utf8_lossy(&bytes))
}
