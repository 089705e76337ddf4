//! What the system knows of its own work: the scorecard of the objective, runs that failed, what stopped them, tasks that took many runs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::app::{App, Repository};
use crate::domain::evidence_entry::Own;
use crate::domain::execution::Run;
use crate::domain::objective::{self, Score};
use crate::domain::signal::Signal;
use crate::evidence::LoadedObjective;
use crate::jobs::outcomes;
use crate::jobs::score::STATS;
use crate::sys::files::FileError;

/// Runs of so many days count.
const DAYS: i64 = 7;

/// So many components of the score are shown, the weakest first.
const MOST_COMPONENTS: usize = 4;

/// A task with so many runs is one that does not get done.
const MANY_RUNS: u32 = 3;

/// Where runs are counted from.
const RUNS: &str = "runtime/metrics/agent_stats.jsonl";

/// Where outcomes are counted from.
const OUTCOMES: &str = "runtime/metrics/outcome_attribution.jsonl";

/// The sections, those of the business first. What has nothing to tell is left out.
pub(super) fn sections(
    app: &App,
    repository: &Repository,
    objective: Option<&LoadedObjective>,
) -> Result<Vec<Own>, FileError> {
    let mut sections = Vec::new();
    if let Some(loaded) = objective {
        let outcomes = outcomes::recorded(app, repository)?;
        let score = objective::score(&loaded.objective, &outcomes.snapshots(), app.now());
        sections.push(scorecard(loaded, &score));
    }
    let counted = count(app, repository)?;
    sections.extend(counted.failures());
    sections.extend(counted.patterns());
    sections.extend(counted.recoveries());
    Ok(sections)
}

/// The business score with its weakest parts.
fn scorecard(loaded: &LoadedObjective, score: &Score) -> Own {
    let mut lines = Vec::new();
    if !loaded.objective.primary_outcome.is_empty() {
        lines.push(format!("Outcome: {}", loaded.objective.primary_outcome));
    }
    lines.push(if score.is_measured() {
        format!(
            "Score: {:+.3}, {:.0} % of the weights measured",
            score.score,
            score.coverage * 100.0
        )
    } else {
        "Score: nothing was measured in the window".to_owned()
    });
    let mut weakest: Vec<&objective::Component> =
        score.components.iter().filter(|component| component.mean.is_some()).collect();
    weakest.sort_by(|a, b| a.contribution.total_cmp(&b.contribution).then(a.id.cmp(&b.id)));
    for component in weakest.into_iter().take(MOST_COMPONENTS) {
        let counts = component.counts;
        lines.push(format!(
            "{}: {:+.3} (improved {}, unchanged {}, regressed {}, inconclusive {})",
            component.id,
            component.contribution,
            counts.improved,
            counts.unchanged,
            counts.regressed,
            counts.inconclusive
        ));
    }
    if !score.unmeasured.is_empty() {
        lines.push(format!("Not measured: {}", score.unmeasured.join(", ")));
    }
    Own { name: "Business Objective Scorecard", source: OUTCOMES, lines, signal: None }
}

/// The runs of the window.
#[derive(Debug, Default)]
struct Counted {
    blocked: u32,
    partial: u32,
    codes: BTreeMap<String, u32>,
    runs: BTreeMap<String, u32>,
}

fn count(app: &App, repository: &Repository) -> Result<Counted, FileError> {
    let now = app.now();
    let since = now.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let slug = repository.slug().as_str();
    let mut counted = Counted::default();
    app.journal.each_metric(STATS, &mut |line| {
        let Ok(run) = serde_json::from_str::<Run<'_>>(line) else { return };
        if run.repo != slug || run.timestamp <= since || run.timestamp > now {
            return;
        }
        *counted.runs.entry(run.task_id.into_owned()).or_default() += 1;
        match &*run.status {
            "blocked" => counted.blocked += 1,
            "partial" => counted.partial += 1,
            _ => return,
        }
        let code = run.blocker_code.as_deref().filter(|code| *code != "none");
        if let Some(code) = code {
            *counted.codes.entry(code.to_owned()).or_default() += 1;
        }
    })?;
    Ok(counted)
}

impl Counted {
    fn failures(&self) -> Option<Own> {
        let all = self.blocked + self.partial;
        (all > 0).then(|| Own {
            name: "Recent Failures",
            source: RUNS,
            lines: vec![
                format!("Blocked outcomes: {}", self.blocked),
                format!("Partial outcomes: {}", self.partial),
            ],
            signal: Some(signal("Recent Failures", all, &["reliability", "failure", "retry"])),
        })
    }

    fn patterns(&self) -> Option<Own> {
        let (worst, most) =
            self.codes.iter().max_by_key(|(code, n)| (**n, std::cmp::Reverse(*code)))?;
        let mut codes: Vec<(&String, &u32)> = self.codes.iter().collect();
        codes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        Some(Own {
            name: "Blocked-Task Patterns",
            source: RUNS,
            lines: codes.into_iter().map(|(code, n)| format!("{code}: {n}")).collect(),
            signal: Some(signal("Blocked-Task Patterns", *most, words_of(worst))),
        })
    }

    fn recoveries(&self) -> Option<Own> {
        let stuck: Vec<(&String, &u32)> =
            self.runs.iter().filter(|(_, runs)| **runs >= MANY_RUNS).collect();
        let count = u32::try_from(stuck.len()).unwrap_or(u32::MAX);
        (count > 0).then(|| Own {
            name: "Repeat-Recovery Signals",
            source: RUNS,
            lines: stuck.iter().map(|(task, runs)| format!("{task}: {runs} runs")).collect(),
            signal: Some(signal(
                "Repeat-Recovery Signals",
                count,
                &["recovery", "retry", "handoff"],
            )),
        })
    }
}

/// At least 3 and at most 5: what fails more often weighs more, and none outweighs everything.
fn signal(name: &str, count: u32, words: &[&str]) -> Signal {
    let words: BTreeSet<String> = words.iter().map(ToString::to_string).collect();
    Signal { name: name.to_owned(), weight: f64::from(2 + count.min(3)), words }
}

/// What an issue is about that would do something against a blocker.
fn words_of(code: &str) -> &'static [&'static str] {
    match code {
        "test_failure" => &["test", "tests", "failing", "flaky", "regression"],
        "timeout" => &["timeout", "slow", "performance", "hangs"],
        "environment_failure" => &["environment", "setup", "build", "install", "toolchain"],
        "missing_context" => &["documentation", "docs", "readme", "context", "specification"],
        "missing_credentials" => &["credentials", "secret", "token", "login"],
        "dependency_blocked" => &["dependency", "dependencies", "upgrade"],
        "invalid_result_contract" => &["contract", "result", "prompt", "agent"],
        "manual_intervention_required" => &["manual", "automation", "operator"],
        _ => &["agent", "agents", "quota", "runner", "fallback"],
    }
}
