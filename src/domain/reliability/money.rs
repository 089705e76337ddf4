//! What runs and questions cost, and how much of that nobody counted.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A line of `questions.jsonl`, as far as it is counted.
#[derive(Debug, Clone, Deserialize)]
pub struct Question<'a> {
    /// When it was answered.
    pub timestamp: Timestamp,
    /// The repository that it was about.
    #[serde(default, borrow)]
    pub repo: Option<Cow<'a, str>>,
    /// What it cost, where the agent said so.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// What it counts for in budgets.
    #[serde(default)]
    pub charged_usd: Option<f64>,
}

/// A sum of money, with how it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Money {
    /// Dollars that agents told of; `None` where none of them told anything.
    pub usd: Option<f64>,
    /// Runs and questions whose cost was told.
    pub told: u64,
    /// Those whose cost nobody knows: they are not in the sum.
    pub untold: u64,
    /// What budgets count for the latter at most; `None` where they count nothing.
    pub worst_case_usd: Option<f64>,
}

impl Money {
    /// Counts one run or question.
    pub(super) fn add(&mut self, cost_usd: Option<f64>, charged_usd: Option<f64>) {
        let is_real = |usd: &f64| usd.is_finite() && *usd >= 0.0;
        if let Some(usd) = cost_usd.filter(is_real) {
            self.told += 1;
            *self.usd.get_or_insert_default() += usd;
            return;
        }
        self.untold += 1;
        if let Some(usd) = charged_usd.filter(|usd| is_real(usd) && *usd > 0.0) {
            *self.worst_case_usd.get_or_insert_default() += usd;
        }
    }

    /// The sum to a millionth of a dollar.
    pub(super) fn rounded(self) -> Self {
        let millionths = |usd: f64| (usd * 1e6).round() / 1e6;
        Self {
            usd: self.usd.map(millionths),
            worst_case_usd: self.worst_case_usd.map(millionths),
            ..self
        }
    }

    /// The sum by merge, where there is a sum and a merge.
    pub(super) fn per_merge(&self, merged: u64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a count of merges")]
        let merged = (merged > 0).then_some(merged as f64)?;
        Some((self.usd? / merged * 1e4).round() / 1e4)
    }
}
