//! The score of an objective: the sum of weight × mean value of the interpretations in the window.

use jiff::Timestamp;
use serde::Serialize;

use super::{Interpretation, Objective};

/// One judged measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What was measured; `None` for a merge to which no check was attached.
    pub check_id: Option<String>,
    /// What it says.
    pub interpretation: Interpretation,
    /// When it was judged.
    pub at: Timestamp,
}

/// How often each interpretation was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Improved.
    pub improved: usize,
    /// Unchanged.
    pub unchanged: usize,
    /// Regressed.
    pub regressed: usize,
    /// Inconclusive.
    pub inconclusive: usize,
}

impl Counts {
    fn add(&mut self, interpretation: Interpretation) {
        let count = match interpretation {
            Interpretation::Improved => &mut self.improved,
            Interpretation::Unchanged => &mut self.unchanged,
            Interpretation::Regressed => &mut self.regressed,
            Interpretation::Inconclusive => &mut self.inconclusive,
        };
        *count += 1;
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.improved + self.unchanged + self.regressed + self.inconclusive
    }
}

/// The share of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// The metric.
    pub id: String,
    /// Its share of the whole, from 0 to 1.
    pub weight: f64,
    /// The mean value of its interpretations; `None` when it was never measured.
    pub mean: Option<f64>,
    /// What it adds to the score.
    pub contribution: f64,
    /// How it was judged.
    pub counts: Counts,
}

/// The business score of one repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Σ weight × mean; what was never measured adds nothing.
    pub score: f64,
    /// The share of the weights that was measured, from 0 to 1.
    pub coverage: f64,
    /// Each metric.
    pub components: Vec<Component>,
    /// Metrics that were never measured in the window.
    pub unmeasured: Vec<String>,
    /// Judged merges in the window that count for no metric: without a check, or with one that the objective does not have.
    pub outside: Counts,
}

impl Score {
    /// Whether anything was measured at all: without that there is no regression to speak of.
    pub fn is_measured(&self) -> bool {
        self.coverage > 0.0
    }
}

/// Computes the score of the window that ends at `now`. A measurement counts when it is younger than the window and not of the future.
pub fn score(objective: &Objective, snapshots: &[Snapshot], now: Timestamp) -> Score {
    let since = now.checked_sub(objective.evaluation_window).unwrap_or(Timestamp::MIN);
    let recent: Vec<&Snapshot> =
        snapshots.iter().filter(|snapshot| snapshot.at > since && snapshot.at <= now).collect();
    let mut result = Score {
        score: 0.0,
        coverage: 0.0,
        components: Vec::new(),
        unmeasured: Vec::new(),
        outside: Counts::default(),
    };
    for metric in &objective.metrics {
        let mut counts = Counts::default();
        let mut sum = 0.0;
        for snapshot in recent.iter().filter(|s| s.check_id.as_deref() == Some(&metric.id)) {
            counts.add(snapshot.interpretation);
            sum += objective.values.of(snapshot.interpretation);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of measurements")]
        let mean = (counts.total() > 0).then(|| sum / counts.total() as f64);
        let contribution = metric.weight * mean.unwrap_or(0.0);
        result.score += contribution;
        match mean {
            Some(_) => result.coverage += metric.weight,
            None => result.unmeasured.push(metric.id.clone()),
        }
        let (id, weight) = (metric.id.clone(), metric.weight);
        result.components.push(Component { id, weight, mean, contribution, counts });
    }
    for snapshot in recent {
        let is_known =
            snapshot.check_id.as_deref().is_some_and(|id| objective.metric(id).is_some());
        if !is_known {
            result.outside.add(snapshot.interpretation);
        }
    }
    result.score = rounded(result.score);
    result.coverage = rounded(result.coverage);
    result
}

/// To the sixth decimal: sums of decimals in binary would else show their last bits.
fn rounded(value: f64) -> f64 {
    let value = (value * 1e6).round() / 1e6;
    if value == 0.0 { 0.0 } else { value }
}
