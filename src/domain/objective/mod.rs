//! Business objectives (seed 000, `CONTRACT.md` section 8): what a repository is for, how a measurement is read, and the weighted score of
//! the measurements in a window. Pure.

mod score;

pub use score::{Component, Counts, Score, Snapshot, score};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Within this share of the baseline a value counts as unchanged, where the metric says nothing else.
pub const TOLERANCE: f64 = 0.02;

/// Which way a metric is to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Increase,
    /// Less is better.
    Decrease,
}

/// What a measurement says of the work before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpretation {
    /// It moved the right way.
    Improved,
    /// It stayed within its tolerance.
    Unchanged,
    /// It moved the wrong way.
    Regressed,
    /// Nobody can tell.
    Inconclusive,
}

impl Interpretation {
    /// Every one of them.
    pub const ALL: [Self; 4] =
        [Self::Improved, Self::Unchanged, Self::Regressed, Self::Inconclusive];

    /// The word of files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Unchanged => "unchanged",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What each interpretation is worth. A penalty is a negative value and never a loss of autonomy (seed 000).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    /// Of an improvement.
    pub improved: f64,
    /// Of no change.
    pub unchanged: f64,
    /// Of a regression.
    pub regressed: f64,
    /// Of what cannot be told.
    pub inconclusive: f64,
}

impl Default for Values {
    fn default() -> Self {
        Self { improved: 1.0, unchanged: 0.0, regressed: -1.0, inconclusive: -0.35 }
    }
}

impl Values {
    /// The value of one interpretation.
    pub fn of(&self, interpretation: Interpretation) -> f64 {
        match interpretation {
            Interpretation::Improved => self.improved,
            Interpretation::Unchanged => self.unchanged,
            Interpretation::Regressed => self.regressed,
            Interpretation::Inconclusive => self.inconclusive,
        }
    }
}

/// Where evidence lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, with `~` and variables expanded.
    File(String),
    /// An address, not checked yet.
    Web(String),
}

/// Where the present value of a metric is read, and what is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub place: Place,
    /// What kind of signal it is, for example `analytics`.
    pub signal_class: Option<String>,
    /// When it was observed, where the evidence itself does not say so.
    pub observed_at: Option<Timestamp>,
    /// Where it comes from.
    pub provenance: Option<String>,
    /// `low`, `medium` or `high`.
    pub trust_level: Option<String>,
    /// Why.
    pub trust_note: Option<String>,
    /// Who may see it.
    pub privacy: Option<String>,
    /// Why.
    pub privacy_note: Option<String>,
}

/// How merged work is judged by a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCheck {
    /// Where the measurement is read.
    pub place: Place,
    /// So long after a merge it is measured.
    pub measurement_window: SignedDuration,
    /// What is compared with what.
    pub comparison_window: Option<String>,
}

/// One metric of an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The id by which evidence and outcome checks name it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its share of the score; all weights of an objective add up to 1.
    pub weight: f64,
    /// Which way is better, where the objective says so; else the evidence does.
    pub direction: Option<Direction>,
    /// Within this share of the baseline a value counts as unchanged.
    pub tolerance: f64,
    /// Where its present value is read.
    pub source: Option<Source>,
    /// How merged work is judged by it.
    pub outcome_check: Option<OutcomeCheck>,
}

/// What a repository is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// The repository as the file names it.
    pub repo: Option<String>,
    /// The outcome in one sentence.
    pub primary_outcome: String,
    /// Measurements of so many days count.
    pub evaluation_window: SignedDuration,
    /// What interpretations are worth.
    pub values: Values,
    /// The metrics, in the order of the file.
    pub metrics: Vec<Metric>,
}

impl Objective {
    /// A metric by its id.
    pub fn metric(&self, id: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.id == id)
    }
}

/// Reads a value against its baseline. Without a baseline, with one of zero, or with numbers that are none, nobody can tell.
pub fn interpret(
    value: f64,
    baseline: Option<f64>,
    direction: Direction,
    tolerance: f64,
) -> Interpretation {
    let Some(baseline) = baseline.filter(|baseline| baseline.is_finite() && *baseline != 0.0)
    else {
        return Interpretation::Inconclusive;
    };
    if !value.is_finite() {
        return Interpretation::Inconclusive;
    }
    let change = value - baseline;
    // The numbers come from decimals: what differs from the bound in the last bits only lies on it.
    let bound = tolerance * baseline.abs();
    if change.abs() <= bound + bound.max(baseline.abs()) * 1e-12 {
        return Interpretation::Unchanged;
    }
    let is_up = change > 0.0;
    if is_up == (direction == Direction::Increase) {
        Interpretation::Improved
    } else {
        Interpretation::Regressed
    }
}

/// Weights divided by their sum. Weights below zero or without a number count as zero; of a sum by which nothing can be divided there are
/// no shares: nothing counts then, and nothing was measured.
pub fn normalized(weights: &[f64]) -> Vec<f64> {
    let clean = |weight: &f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let clean: Vec<f64> = weights.iter().map(clean).collect();
    let sum: f64 = clean.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        return clean.iter().map(|weight| weight / sum).collect();
    }
    vec![0.0; clean.len()]
}

#[cfg(test)]
mod tests;
