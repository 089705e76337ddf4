//! Check runs, commit statuses and suites as GitHub sends them, only the fields that we read, and what they say together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::wire::present;
use crate::domain::pull::{Check, CheckOutcome, Checks};
use crate::text::clean;

/// Most bytes of an excerpt.
const MAX_EXCERPT: usize = 4096;

/// Most characters of a summary.
const MAX_SUMMARY_CHARS: usize = 200;

/// The app behind GitHub's own workflows. Other apps have a suite for every commit, whether they mean to run or not.
const ACTIONS: &str = "github-actions";

/// A run of a check.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CheckRun {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) head_sha: String,
    pub(super) status: String,
    #[serde(deserialize_with = "present")]
    pub(super) conclusion: Option<String>,
    #[serde(default)]
    pub(super) details_url: Option<String>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
    #[serde(default)]
    pub(super) output: Option<Output>,
    #[serde(deserialize_with = "present")]
    pub(super) app: Option<App>,
    #[serde(deserialize_with = "present")]
    pub(super) check_suite: Option<SuiteId>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Output {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) summary: Option<String>,
    #[serde(default)]
    pub(super) text: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct App {
    #[serde(default)]
    pub(super) id: Option<u64>,
    #[serde(default)]
    pub(super) slug: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SuiteId {
    pub(super) id: u64,
}

/// A commit status, the older form of a check. GitHub gives the newest of each context.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CommitStatus {
    pub(super) id: u64,
    pub(super) context: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) target_url: Option<String>,
}

/// All check runs of an app for one event.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CheckSuite {
    pub(super) id: u64,
    #[serde(deserialize_with = "present")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) app: Option<App>,
}

impl CheckSuite {
    fn has_yet_to_begin(&self, runs: &[CheckRun]) -> bool {
        let is_ours = |run: &CheckRun| run.check_suite.as_ref().is_some_and(|s| s.id == self.id);
        self.app.as_ref().and_then(|app| app.slug.as_deref()) == Some(ACTIONS)
            && self.status.as_deref() != Some("completed")
            && !runs.iter().any(is_ours)
    }
}

/// What GitHub's words about a run say.
fn outcome_of_run(status: &str, conclusion: Option<&str>) -> CheckOutcome {
    match (status, conclusion) {
        ("completed", Some("success")) => CheckOutcome::Passed,
        ("completed", Some("neutral" | "skipped")) => CheckOutcome::Neutral,
        (
            "completed",
            Some(
                "failure" | "cancelled" | "timed_out" | "action_required" | "startup_failure"
                | "stale",
            ),
        ) => CheckOutcome::Failed,
        // Queued, waiting, running, or a word that did not exist when this was written: wait.
        (_, _) => CheckOutcome::Pending,
    }
}

fn outcome_of_status(state: &str) -> CheckOutcome {
    match state {
        "success" => CheckOutcome::Passed,
        "failure" | "error" => CheckOutcome::Failed,
        _ => CheckOutcome::Pending,
    }
}

/// How bad an outcome is beside another one under the same name.
fn badness(outcome: CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Passed => 0,
        CheckOutcome::Neutral => 1,
        CheckOutcome::Pending => 2,
        CheckOutcome::Failed => 3,
    }
}

impl CheckRun {
    fn outcome(&self) -> CheckOutcome {
        outcome_of_run(&self.status, self.conclusion.as_deref())
    }

    /// Whether it never said anything of the commit, so that a later run of the same name replaces it.
    fn was_called_off(&self) -> bool {
        let conclusion = self.conclusion.as_deref();
        matches!(conclusion, Some("cancelled" | "skipped" | "stale" | "neutral"))
    }

    fn source(&self) -> (String, Option<String>) {
        (self.name.clone(), self.app.as_ref().and_then(|app| app.slug.clone()))
    }

    fn suite(&self) -> Option<u64> {
        self.check_suite.as_ref().map(|suite| suite.id)
    }

    fn into_check(self) -> Check {
        let outcome = self.outcome();
        let word = match (self.status.as_str(), self.conclusion) {
            ("completed", Some(conclusion)) if outcome == CheckOutcome::Pending => {
                format!("ended as `{conclusion}`, which is not known here")
            }
            ("completed", Some(conclusion)) => conclusion,
            ("completed", None) => "ended without a conclusion".to_owned(),
            (status, _) => status.to_owned(),
        };
        let is_action = self.app.as_ref().and_then(|app| app.slug.as_deref()) == Some(ACTIONS);
        // A job of GitHub Actions has the number of its check run.
        let job = is_action.then_some(self.id);
        let output = self.output.unwrap_or_default();
        let title = output.title.as_deref().map(|title| format!("{word}: {title}"));
        Check {
            summary: clean::one_line(&title.unwrap_or(word), MAX_SUMMARY_CHARS),
            log_excerpt: excerpt([output.title, output.summary, output.text]),
            name: self.name,
            outcome,
            log: self.details_url.or(self.html_url),
            job,
            apps: self.app.and_then(|app| app.id).into_iter().collect(),
        }
    }
}

impl CommitStatus {
    fn into_check(self) -> Check {
        let outcome = outcome_of_status(&self.state);
        let known = matches!(self.state.as_str(), "success" | "failure" | "error" | "pending");
        let word = if known {
            self.state
        } else {
            format!("is `{}`, which is not known here", self.state)
        };
        let summary = match &self.description {
            Some(description) => format!("{word}: {description}"),
            None => word,
        };
        Check {
            name: self.context,
            outcome,
            summary: clean::one_line(&summary, MAX_SUMMARY_CHARS),
            log: self.target_url,
            log_excerpt: excerpt([self.description, None, None]),
            job: None,
            apps: Vec::new(),
        }
    }
}

/// What a check wrote, bounded: the beginning, since reports name what failed first.
fn excerpt(parts: [Option<String>; 3]) -> Option<String> {
    let parts: Vec<String> =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    let mut text = parts.join("\n\n");
    if text.len() > MAX_EXCERPT {
        let end = (0..=MAX_EXCERPT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or_default());
        text.push_str("\n…");
    }
    (!text.is_empty()).then_some(text)
}

/// The runs that count. Within a suite the newest of a name does. Two suites may be two workflows with a job of the same name, so both
/// count, but one that was only called off is replaced by a newer one.
fn that_count(mut runs: Vec<CheckRun>) -> Vec<CheckRun> {
    runs.sort_by_key(|run| Reverse(run.id));
    let mut seen: BTreeMap<(String, Option<String>), Vec<Option<u64>>> = BTreeMap::new();
    runs.retain(|run| {
        let suites = seen.entry(run.source()).or_default();
        let is_newest = !suites.contains(&run.suite());
        let counts = is_newest && (suites.is_empty() || !run.was_called_off());
        suites.push(run.suite());
        counts
    });
    runs
}

/// Keeps the worst of a name, and every app that reported it.
fn add(by_name: &mut BTreeMap<String, Check>, mut check: Check) {
    let Some(known) = by_name.get_mut(&check.name) else {
        by_name.insert(check.name.clone(), check);
        return;
    };
    if badness(check.outcome) > badness(known.outcome) {
        std::mem::swap(known, &mut check);
    }
    known.apps.extend(check.apps);
    known.apps.sort_unstable();
    known.apps.dedup();
}

/// What everything that reported says, by name; where several report under one name, the worst.
pub(super) fn combined(
    runs: Vec<CheckRun>,
    statuses: Vec<CommitStatus>,
    suites: &[CheckSuite],
) -> Checks {
    let waiting = suites.iter().filter(|suite| suite.has_yet_to_begin(&runs)).map(|_| Check {
        name: ACTIONS.to_owned(),
        outcome: CheckOutcome::Pending,
        summary: "a workflow has not begun yet".to_owned(),
        log: None,
        log_excerpt: None,
        job: None,
        apps: Vec::new(),
    });
    let waiting: Vec<Check> = waiting.collect();
    let mut statuses = statuses;
    statuses.sort_by_key(|status| Reverse(status.id));
    let mut contexts = Vec::new();
    statuses.retain(|status| {
        let is_newest = !contexts.contains(&status.context);
        contexts.push(status.context.clone());
        is_newest
    });
    let mut by_name: BTreeMap<String, Check> = BTreeMap::new();
    let runs = that_count(runs).into_iter().map(CheckRun::into_check);
    for check in runs.chain(statuses.into_iter().map(CommitStatus::into_check)).chain(waiting) {
        add(&mut by_name, check);
    }
    if by_name.is_empty() {
        return Checks::Missing;
    }
    Checks::Known(by_name.into_values().collect())
}

#[cfg(test)]
#[path = "check_wire_tests.rs"]
mod tests;
