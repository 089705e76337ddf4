//! What only the runs themselves tell: reasons that stopped several of them within a day, and failures that come back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::domain::execution::{self, End, Run};
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

/// So many failed runs are looked into, the newest of the week: their logs have to be read.
const LOOKED_INTO: usize = 2000;

/// So many places are told as evidence of one finding, the newest.
const PLACES: usize = 24;

/// Bytes of a log that are looked at: errors stand at its end.
const TAIL: u64 = 64 * 1024;

/// Who found these.
const SOURCE: &str = "analyze";

/// A run that did not complete, as far as it is looked at here.
struct Failed {
    repo: String,
    agent: String,
    task: String,
    attempt: String,
    code: String,
    end: End,
}

/// What a week of runs left to look at, however many they were.
#[derive(Default)]
struct Week {
    /// The newest failed runs, the oldest of them first.
    failed: VecDeque<Failed>,
    /// By repository and reason: how many runs of the last day it stopped, and where the newest can be looked at.
    stopped: BTreeMap<(String, String), (usize, VecDeque<String>)>,
}

/// Finds them in the runs of the last week, of the repositories that are measured.
pub(super) fn find(app: &App) -> Result<Vec<Finding>, FileError> {
    let week = week(app)?;
    let mut findings = spikes(&week);
    findings.extend(patterns(app, &week.failed));
    Ok(findings)
}

fn week(app: &App) -> Result<Week, FileError> {
    let now = app.now();
    let days = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
    let since = now.checked_sub(days(score::WINDOW_DAYS)).unwrap_or(Timestamp::MIN);
    let yesterday = now.checked_sub(days(1)).unwrap_or(Timestamp::MIN);
    let measured: BTreeSet<&str> = score::measured(app).map(|repo| repo.slug().as_str()).collect();
    let mut week = Week::default();
    app.journal.each_metric(score::STATS, &mut |line| {
        if execution::moment(line).is_some_and(|at| at <= since) {
            return;
        }
        let Ok(run) = serde_json::from_str::<Run<'_>>(line) else { return };
        let is_recent = run.timestamp > since && run.timestamp <= now;
        if is_recent && run.end() != End::Complete && measured.contains(run.repo.as_ref()) {
            let at = run.timestamp;
            week.add(Failed::of(run), at > yesterday);
        }
    })?;
    Ok(week)
}

impl Week {
    fn add(&mut self, run: Failed, is_of_the_last_day: bool) {
        if is_of_the_last_day && run.code != "none" {
            let key = (run.repo.clone(), run.code.clone());
            let (runs, places) = self.stopped.entry(key).or_default();
            *runs += 1;
            push(places, place(&run), PLACES);
        }
        push(&mut self.failed, run, LOOKED_INTO);
    }
}

/// Appends to what keeps the newest only.
fn push<T>(newest: &mut VecDeque<T>, value: T, most: usize) {
    if newest.len() == most {
        drop(newest.pop_front());
    }
    newest.push_back(value);
}

impl Failed {
    fn of(run: Run<'_>) -> Self {
        Self {
            end: run.end(),
            repo: run.repo.into_owned(),
            agent: run.agent.into_owned(),
            task: run.task_id.into_owned(),
            attempt: run.attempt.map(Into::into).unwrap_or_default(),
            code: run.blocker_code.map_or_else(|| "none".to_owned(), Into::into),
        }
    }
}

/// Reasons that stopped several runs of one repository within the last day.
fn spikes(week: &Week) -> Vec<Finding> {
    let spikes = week.stopped.iter().filter(|(_, (runs, _))| *runs >= SPIKE);
    spikes
        .map(|((repo, code), (runs, places))| {
            let summary = format!("{runs} runs of {repo} ended with `{code}` within a day");
            let finding = Finding::new(SOURCE, Kind::BlockerSpike, &[repo, code], summary)
                .of_repo(repo)
                .metric("runs", *runs)
                .metric("cause", code.as_str());
            places.iter().fold(finding, |finding, place| finding.evidence(place.as_str()))
        })
        .collect()
}

/// Failures with one signature in several tasks. What a provider or a person stopped says nothing of the work.
fn patterns(app: &App, failed: &VecDeque<Failed>) -> Vec<Finding> {
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
            // A failure of one agent alone is another view of what is found weak about that agent.
            let finding = match only_agent(&group) {
                Some(agent) => finding.of_agent(agent),
                None => finding,
            };
            let newest = group.iter().skip(group.len().saturating_sub(PLACES));
            newest.fold(finding, |finding, run| finding.evidence(place(run)))
        })
        .collect()
}

/// The agent of all these runs, where it is one.
fn only_agent<'a>(runs: &[&'a Failed]) -> Option<&'a str> {
    let (first, others) = runs.split_first()?;
    others.iter().all(|run| run.agent == first.agent).then_some(first.agent.as_str())
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
    let live = Some(app.runs(&task)).filter(|folder| folder.is_dir());
    let dir = live.or_else(|| app.mailbox.archived_runs(&task))?.join(&run.attempt);
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
