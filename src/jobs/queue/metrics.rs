//! The metrics of a run: one line of `agent_stats.jsonl` (`CONTRACT.md` section 8), once.

use serde::Serialize;

use super::attempt::{Attempt, Trouble};
use super::receipt::{self, Receipt};
use crate::crash_point;
use crate::domain::blocker::BlockerCode;
use crate::domain::ids::{AgentName, CommitSha, IssueNumber, PrNumber, RepoSlug, TaskId};
use crate::domain::kinds::TaskType;
use crate::domain::retry::{Cost, Evidence};
use crate::domain::task_file::dollars;

/// A line of `agent_stats.jsonl` (`CONTRACT.md` section 8).
#[derive(Serialize)]
struct Stats<'a> {
    timestamp: jiff::Timestamp,
    task_id: &'a TaskId,
    repo: &'a RepoSlug,
    issue: IssueNumber,
    agent: &'a AgentName,
    model: Option<&'a str>,
    task_type: TaskType,
    attempt: &'a str,
    status: &'a str,
    blocker_code: &'a str,
    spent: bool,
    duration_seconds: f64,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost_usd: Option<f64>,
    /// What the run counts for in budgets: the cost, or a stated worst case where nobody counted.
    charged_usd: f64,
    pr: Option<PrNumber>,
    head_sha: Option<&'a CommitSha>,
}

/// Appends the line of this run, once: a resumed attempt finds the line that its predecessor wrote before it died.
pub(super) fn measure(
    attempt: &Attempt<'_>,
    receipt: &Receipt,
    evidence: &Evidence,
    cost: Cost,
) -> Result<(), Trouble> {
    let app = attempt.shift.app;
    let task = attempt.task();
    let label = match cost {
        Cost::Spent => receipt.attempt.clone(),
        Cost::Free => receipt::free_label(app, task),
    };
    let line = Stats {
        timestamp: receipt.ended_at,
        task_id: &task.id,
        repo: &task.repo,
        issue: task.issue,
        agent: &receipt.agent,
        model: receipt.model.as_deref(),
        task_type: task.task_type,
        attempt: &label,
        // What the run came to, not what its agent says.
        status: evidence.status().as_str(),
        blocker_code: evidence.code().unwrap_or(BlockerCode::None).as_str(),
        spent: cost == Cost::Spent,
        duration_seconds: (receipt.duration_seconds * 1000.0).round() / 1000.0,
        input_tokens: receipt.input_tokens,
        output_tokens: receipt.output_tokens,
        cost_usd: receipt.cost_usd_micros.map(dollars),
        charged_usd: dollars(receipt.charged_usd_micros),
        pr: task.pr,
        head_sha: task.head_sha.as_ref(),
    };
    app.journal.measure_once("agent_stats.jsonl", &line, &["task_id", "attempt"])?;
    crash_point!("settle.measured");
    Ok(())
}
