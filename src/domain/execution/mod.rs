//! How well the work is done, counted from the lines of `agent_stats.jsonl` (`CONTRACT.md` section 8): success by agent, kind of work and
//! repository, with what was not the work's fault kept apart; durations, money, retries. Pure, and fed line by line, so that a million of
//! them need little memory.

mod durations;
mod interval;
mod tally;

pub use interval::{Interval, wilson};
pub use tally::{Group, Tally, Totals};

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kinds::TaskType;

/// A line of `agent_stats.jsonl`, as far as it is counted. Lines of older and newer versions have fewer or more keys.
#[derive(Debug, Clone, Deserialize)]
pub struct Run<'a> {
    /// When the run ended.
    pub timestamp: Timestamp,
    /// Its task.
    #[serde(borrow)]
    pub task_id: Cow<'a, str>,
    /// Its repository.
    #[serde(borrow)]
    pub repo: Cow<'a, str>,
    /// Who ran.
    #[serde(borrow)]
    pub agent: Cow<'a, str>,
    /// What kind of work it was.
    #[serde(default)]
    pub task_type: Option<TaskType>,
    /// The label of the run: the name of its folder.
    #[serde(default, borrow)]
    pub attempt: Option<Cow<'a, str>>,
    /// `complete`, `partial` or `blocked`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// Why not complete.
    #[serde(default, borrow)]
    pub blocker_code: Option<Cow<'a, str>>,
    /// How long it took.
    #[serde(default)]
    pub duration_seconds: Option<f64>,
    /// What it cost, where the agent said so.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// What it counts for in budgets.
    #[serde(default)]
    pub charged_usd: Option<f64>,
}

/// When the run of a line ended, where the line begins as ours do: of one that is too old nothing else needs to be read.
pub fn moment(line: &str) -> Option<Timestamp> {
    line.strip_prefix(r#"{"timestamp":""#)?.split('"').next()?.parse().ok()
}

/// What the end of a run says of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The work was done.
    Complete,
    /// The work was not done.
    Incomplete,
    /// A provider's limit.
    Quota,
    /// A login or a key.
    Credentials,
    /// The machine, the network, ourselves.
    Infrastructure,
    /// A question that only a person can answer: nobody's failure.
    Person,
}

impl End {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Quota => "quota",
            Self::Credentials => "credentials",
            Self::Infrastructure => "infrastructure",
            Self::Person => "person",
        }
    }
}

impl Run<'_> {
    /// What its end says. Only [`End::Complete`] and [`End::Incomplete`] count for the quality of the work.
    pub fn end(&self) -> End {
        if self.status == "complete" {
            return End::Complete;
        }
        match self.blocker_code.as_deref().unwrap_or("none") {
            "quota_limited" => End::Quota,
            "missing_credentials" => End::Credentials,
            "environment_failure" | "runner_failure" | "fallback_exhausted" => End::Infrastructure,
            "missing_context" | "dependency_blocked" | "manual_intervention_required" => {
                End::Person
            }
            _ => End::Incomplete,
        }
    }
}

#[cfg(test)]
mod tests;
