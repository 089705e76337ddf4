//! The attempts of a task as their receipts tell them: who ran, how long, what came of it, what it cost.

use jiff::Timestamp;
use serde::Serialize;

use super::queue::Receipt;
use crate::app::App;
use crate::domain::blocker::BlockerCode;
use crate::domain::claim::Refutation;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::retry::Evidence;
use crate::domain::task_file::dollars;
use crate::text::clean;

/// The longest summary that is shown.
const LONGEST: usize = 400;

/// An attempt in `task show`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptRow {
    /// Its name, `<attempt>` or, where it cost none, `<attempt>.<k>`.
    pub attempt: String,
    /// Who ran.
    pub agent: AgentName,
    /// With which model, where that is known.
    pub model: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_seconds: f64,
    /// What came of it: `complete`, `partial`, `blocked`, `invalid`, `failed` or `tests failed`.
    pub outcome: &'static str,
    /// Why it did not get to its end.
    pub blocker: Option<BlockerCode>,
    /// Whether it counts as an attempt.
    pub spent: bool,
    /// What it cost in dollars, where that is known.
    pub cost_usd: Option<f64>,
    /// Tokens that went in.
    pub input_tokens: Option<u64>,
    /// Tokens that came out.
    pub output_tokens: Option<u64>,
    /// How its program ended.
    pub end: String,
    /// What it said of itself, or what is wrong with that.
    pub summary: Option<String>,
    /// The folder of its records.
    pub records: std::path::PathBuf,
}

/// The attempts of a task, in their order; a run without a receipt is still under way.
pub fn rows(app: &App, id: &TaskId) -> Vec<AttemptRow> {
    let entries = std::fs::read_dir(app.runs(id)).into_iter().flatten().flatten();
    let mut rows: Vec<AttemptRow> = entries.filter_map(|entry| row(app, &entry.path())).collect();
    rows.sort_by_key(|row| order_of(&row.attempt));
    rows
}

/// A run that cost nothing comes before the one that took its number.
fn order_of(label: &str) -> (u32, u32) {
    let (attempt, free) = label.split_once('.').unwrap_or((label, ""));
    (attempt.parse().unwrap_or(u32::MAX), free.parse().unwrap_or(u32::MAX))
}

fn row(app: &App, dir: &std::path::Path) -> Option<AttemptRow> {
    let receipt = Receipt::read(dir)?;
    // The folder's name and not the receipt's: a run that cost nothing was renamed.
    let attempt = dir.file_name()?.to_str()?.to_owned();
    let evidence = receipt.evidence(dir);
    let outcome = match &evidence {
        Evidence::Failed(_) => "failed",
        Evidence::BadResult { .. } => "invalid",
        Evidence::Result { .. } => match evidence.refuted() {
            Some(Refutation::Tests(_)) => "tests failed",
            _ => evidence.status().as_str(),
        },
    };
    let summary = match &evidence {
        Evidence::Failed(_) => None,
        Evidence::BadResult { reason } => Some(reason.clone()),
        Evidence::Result { result, .. } => Some(result.summary.clone()),
    };
    let shown = |text: String| clean::one_line(&app.redactor.redact(&text), LONGEST);
    Some(AttemptRow {
        attempt,
        model: receipt.model,
        started_at: receipt.started_at,
        duration_seconds: receipt.duration_seconds,
        outcome,
        blocker: evidence.code(),
        spent: !receipt.failure.is_some_and(|failure| failure.is_free()),
        cost_usd: receipt.cost_usd_micros.map(dollars),
        input_tokens: receipt.input_tokens,
        output_tokens: receipt.output_tokens,
        end: shown(receipt.end),
        summary: summary.map(shown).filter(|text| !text.is_empty()),
        records: dir.to_owned(),
        agent: receipt.agent,
    })
}

#[cfg(test)]
mod tests {
    use super::order_of;

    #[test]
    fn attempts_come_in_the_order_in_which_they_were_made() {
        let mut labels = ["2", "1", "10", "1.2", "1.1", "2.1"];
        labels.sort_by_key(|label| order_of(label));
        assert_eq!(labels, ["1.1", "1.2", "1", "2.1", "2", "10"]);
    }
}
