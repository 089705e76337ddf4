//! How reliable the organisation is, as one value: what `agentos report` shows. Fed line by line from records ([`Ledger`]), so that a
//! million of them need little memory. What no record tells is absent (`None`), never zero. Pure.

mod cohort;
mod flow;
mod gaps;
mod lead;
mod ledger;
mod money;
mod trend;
mod window;

pub use flow::{Backlog, Flow};
pub use lead::{LeadTime, Spread, Stage, StageSpread};
pub use ledger::{Ledger, Scope};
pub use money::{Money, Question};
pub use trend::{MetricRow, ObjectiveRow, Point, trend};
pub use window::{Window, day};

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::execution::{End, Interval};
use super::ids::{IssueNumber, RepoSlug, TaskId};
use super::task::Folder;

/// Everything that the report tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// When it was made.
    pub generated_at: Timestamp,
    /// What happened after this moment is in it.
    pub since: Timestamp,
    /// How many days that is.
    pub days: u32,
    /// The repositories that it is about.
    pub repositories: Vec<String>,
    /// The oldest record of this installation; `None` where there is none.
    pub recorded_since: Option<Timestamp>,
    /// All weeks together.
    pub totals: Totals,
    /// Week by week, oldest first, from the first with a record.
    pub weeks: Vec<Week>,
    /// By agent.
    pub agents: Vec<Quality>,
    /// By kind of work.
    pub task_types: Vec<Quality>,
    /// By agent and kind of work.
    pub agents_by_task_type: Vec<Quality>,
    /// Why runs did not end complete, the most frequent first.
    pub blockers: Vec<Blocker>,
    /// Runs that say nothing of the work, by what stood in the way.
    pub apart: BTreeMap<End, u64>,
    /// From the dispatch of an issue to its merge; `None` without a merge of which all is recorded.
    pub lead_time: Option<LeadTime>,
    /// What the work was good for.
    pub objectives: Vec<ObjectiveRow>,
    /// What waits for a person now.
    pub escalations: Vec<Waiting>,
    /// The issues; `None` where they could not be read.
    pub backlog: Option<Backlog>,
    /// What could not be told, and why.
    pub missing: Vec<String>,
}

/// Numbers of the whole time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// Runs of agents.
    pub runs: u64,
    /// Runs that count for quality: complete or incomplete.
    pub samples: u64,
    /// Of those, complete.
    pub complete: u64,
    /// Complete among samples, with the range in which the true rate lies with 95 % confidence.
    pub success: Option<Interval>,
    /// Pull requests opened.
    pub opened: u64,
    /// Of those, still open.
    pub still_open: u64,
    /// Pull requests merged, whenever they were opened.
    pub merged: u64,
    /// Of the pull requests opened in this time and not open any more, the merged ones.
    pub merge_rate: Option<Interval>,
    /// What it cost.
    pub cost: Money,
    /// That, divided by the merged pull requests.
    pub cost_per_merge_usd: Option<f64>,
}

/// Numbers of a week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Its first day in the report.
    pub from: Date,
    /// Whether all seven days are in the report.
    pub whole: bool,
    /// Runs of agents that ended.
    pub runs: u64,
    /// Runs that count for quality.
    pub samples: u64,
    /// Of those, complete.
    pub complete: u64,
    /// Complete among samples.
    pub success: Option<Interval>,
    /// Pull requests opened.
    pub opened: u64,
    /// Of those, still open.
    pub still_open: u64,
    /// Pull requests merged.
    pub merged: u64,
    /// Of the pull requests opened in this week and not open any more, the merged ones.
    pub merge_rate: Option<Interval>,
    /// What runs and questions cost; `None` where nobody said.
    pub cost_usd: Option<f64>,
    /// That, divided by the merged pull requests.
    pub cost_per_merge_usd: Option<f64>,
    /// Half of the merges of this week took no longer.
    pub lead_p50_seconds: Option<f64>,
    /// The issues; `None` where they could not be read.
    pub backlog: Option<Flow>,
}

/// How well somebody, or some kind of work, did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// The agent, where it is told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The kind of work, where it is told apart; `unknown` where no record says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// All runs.
    pub runs: u64,
    /// Runs that count for quality.
    pub samples: u64,
    /// Of those, complete.
    pub complete: u64,
    /// Complete among samples.
    pub success: Option<Interval>,
    /// Half of the runs took no longer.
    pub p50_seconds: Option<f64>,
    /// Nineteen of twenty took no longer.
    pub p95_seconds: Option<f64>,
    /// What the runs cost; `None` where nobody said.
    pub cost_usd: Option<f64>,
}

impl Quality {
    /// Its name for people.
    pub fn name(&self) -> String {
        let parts: Vec<&str> =
            [&self.agent, &self.task_type].into_iter().flatten().map(String::as_str).collect();
        parts.join(", ")
    }
}

/// A reason why runs did not end complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The blocker code; `none` where the work was left unfinished without one.
    pub code: String,
    /// How many runs it ended.
    pub runs: u64,
}

/// A task that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The task.
    pub task: TaskId,
    /// Its repository.
    pub repo: RepoSlug,
    /// Its issue.
    pub issue: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its folder.
    pub state: Folder,
    /// Why.
    pub reason: String,
    /// The smallest step that a person can take.
    pub next_step: String,
    /// When it was dispatched.
    pub dispatched_at: Timestamp,
}

#[cfg(test)]
mod tests;
