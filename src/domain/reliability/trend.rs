//! The business score of a repository, now and at the end of each week.

use jiff::Timestamp;
use serde::Serialize;

use super::window::Window;
use crate::domain::objective::{self, Counts, Objective, Snapshot};

/// The score of one repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectiveRow {
    /// The repository.
    pub repo: String,
    /// What it is for.
    pub primary_outcome: String,
    /// The score now; `None` where nothing was measured.
    pub score: Option<f64>,
    /// The share of the weights that was measured, from 0 to 1.
    pub coverage: f64,
    /// Measurements of so many days count.
    pub window_days: i64,
    /// Its metrics.
    pub metrics: Vec<MetricRow>,
    /// The score at the end of each week of the report.
    pub trend: Vec<Point>,
}

/// One metric of an objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRow {
    /// Its id.
    pub id: String,
    /// Its share of the whole, from 0 to 1.
    pub weight: f64,
    /// The mean of its judgements; `None` where it was not measured.
    pub mean: Option<f64>,
    /// What it adds to the score; `None` where it was not measured.
    pub contribution: Option<f64>,
    /// How it was judged.
    pub counts: Counts,
}

/// The score at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The moment.
    pub at: Timestamp,
    /// The score; `None` where nothing was measured.
    pub score: Option<f64>,
}

/// Computes the score of an objective now and at the end of each week from `first` on.
pub fn trend(
    repo: &str,
    objective: &Objective,
    snapshots: &[Snapshot],
    window: &Window,
    first: usize,
) -> ObjectiveRow {
    let at = |at: Timestamp| {
        let score = objective::score(objective, snapshots, at);
        Point { at, score: score.is_measured().then_some(score.score) }
    };
    let now = objective::score(objective, snapshots, window.until);
    let metrics = now.components.iter().map(|part| MetricRow {
        id: part.id.clone(),
        weight: part.weight,
        mean: part.mean,
        contribution: part.mean.map(|_| part.contribution),
        counts: part.counts,
    });
    ObjectiveRow {
        repo: repo.to_owned(),
        primary_outcome: objective.primary_outcome.clone(),
        score: now.is_measured().then_some(now.score),
        coverage: now.coverage,
        window_days: objective.evaluation_window.as_hours() / 24,
        metrics: metrics.collect(),
        trend: (first..window.weeks()).map(|week| at(window.span(week).1)).collect(),
    }
}
