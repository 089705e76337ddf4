//! The business score of one repository.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::window;
use crate::app::{App, Repository};
use crate::domain::finding::Finding;
use crate::domain::objective::{self, Score, Snapshot};
use crate::domain::outcome::{Kind, Record};
use crate::domain::weakness;
use crate::jobs::outcomes::{self, Outcomes};
use crate::jobs::report::Severity;

/// Merges of so many days are looked at for missing checks.
const GAP_DAYS: u32 = 14;

/// What was measured of one repository.
#[derive(Debug, Clone)]
pub(super) struct Business {
    pub(super) repo: String,
    /// The score of the window and of the one a week before; `None` without an objective.
    pub(super) score: Option<(Score, Option<f64>)>,
    pub(super) window_days: u32,
    pub(super) objective: Option<String>,
    pub(super) merged: usize,
    pub(super) waiting: Vec<String>,
    pub(super) findings: Vec<Finding>,
    /// What is odd about the set-up and leaves the score empty.
    pub(super) remark: Option<String>,
}

/// Why a repository could not be measured.
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) severity: Severity,
    pub(super) hint: Option<&'static str>,
}

/// Takes what is due and computes the score.
pub(super) async fn measure(app: &App, repository: &Repository) -> Result<Business, Trouble> {
    let loaded = app.objective(repository).map_err(|error| Trouble {
        message: error.to_string(),
        severity: Severity::of(error.is_temporary()),
        hint: Some("mend the objective file; objectives/example.yaml shows every key"),
    })?;
    for warning in loaded.iter().flat_map(|loaded| &loaded.warnings) {
        tracing::warn!("{warning}");
    }
    let refreshed = outcomes::refresh(app, repository, loaded.as_ref()).await;
    let outcomes = refreshed.map_err(|error| Trouble {
        message: error.to_string(),
        severity: Severity::of(error.is_temporary()),
        hint: None,
    })?;
    let repo = repository.slug().to_string();
    let mut business = Business {
        score: None,
        window_days: super::WINDOW_DAYS,
        objective: None,
        merged: merges(&outcomes.records, app, window()).len(),
        waiting: outcomes.waiting.clone(),
        findings: gap(app, &repo, &outcomes).into_iter().collect(),
        remark: None,
        repo: repo.clone(),
    };
    let Some(loaded) = loaded else { return Ok(business) };
    let snapshots = outcomes.snapshots();
    let score = objective::score(&loaded.objective, &snapshots, app.now());
    let days = loaded.objective.evaluation_window.as_hours() / 24;
    // Where it lies below the root, so that an issue says nothing of the operator's folders.
    let path = loaded.path.strip_prefix(&app.settings.root).unwrap_or(&loaded.path);
    let path = path.display().to_string();
    business.window_days = u32::try_from(days).unwrap_or(u32::MAX).max(1);
    business.findings.extend(weakness::of_score(&repo, &path, &score, business.window_days));
    if !repository.settings.outcome_attribution.enabled {
        let remark = "`outcome_attribution` is off for it, so nothing is measured";
        business.remark = Some(remark.to_owned());
    }
    business.score = Some((score, before(app, &loaded.objective, &snapshots)));
    business.objective = Some(path);
    Ok(business)
}

/// The score as it was a week ago, where anything was measured then.
fn before(app: &App, objective: &objective::Objective, snapshots: &[Snapshot]) -> Option<f64> {
    let then = app.now().checked_sub(window()).ok()?;
    let score = objective::score(objective, snapshots, then);
    score.is_measured().then_some(score.score)
}

fn merges<'a>(records: &'a [Record], app: &App, within: jiff::SignedDuration) -> Vec<&'a Record> {
    let since = app.now().checked_sub(within).unwrap_or(jiff::Timestamp::MIN);
    let merged = records.iter().filter(|record| record.kind == Kind::Merged);
    merged.filter(|record| record.timestamp > since && record.timestamp <= app.now()).collect()
}

/// Merges that nobody measures, where measuring was asked for.
fn gap(app: &App, repo: &str, outcomes: &Outcomes) -> Option<Finding> {
    let repository = app.repository_named(repo)?;
    if !repository.settings.outcome_attribution.enabled {
        return None;
    }
    let days = jiff::SignedDuration::from_hours(i64::from(GAP_DAYS) * 24);
    let merged = merges(&outcomes.records, app, days);
    let unmeasured = |other: &&Record| other.kind == Kind::Snapshot && other.check_id.is_none();
    let unmeasured: BTreeSet<&str> =
        outcomes.records.iter().filter(unmeasured).map(|other| other.task_id.as_str()).collect();
    let without = merged.iter().filter(|record| unmeasured.contains(record.task_id.as_str()));
    weakness::of_measurement(repo, merged.len(), without.count(), GAP_DAYS)
}

impl Business {
    /// One line for people.
    pub(super) fn told(&self) -> String {
        let Some((score, before)) = &self.score else {
            return "no objective file; nothing to score".to_owned();
        };
        if !score.is_measured() {
            let why = self.remark.as_deref().unwrap_or("no measurement in the window");
            return format!("business score not measured: {why}");
        }
        let before = before.map_or_else(String::new, |before| format!(", a week ago {before:+.3}"));
        format!(
            "business score {:+.3} over {} days{before}, {:.0} % of the weights measured",
            score.score,
            self.window_days,
            score.coverage * 100.0
        )
    }

    /// The line of `--json` (`CONTRACT.md` section 1).
    pub(super) fn line(&self) -> Value {
        let score = self.score.as_ref().map(|(score, _)| score);
        json!({
            "repo": self.repo,
            "score": score.filter(|score| score.is_measured()).map(|score| score.score),
            "score_before": self.score.as_ref().and_then(|(_, before)| *before),
            "coverage": score.map_or(0.0, |score| score.coverage),
            "window_days": self.window_days,
            "objective": self.objective,
            "components": score.map(|score| &score.components),
            "unmeasured": score.map(|score| &score.unmeasured),
            "outside": score.map(|score| score.outside),
            "merged": self.merged,
            "waiting": self.waiting,
            "remark": self.remark,
        })
    }
}
