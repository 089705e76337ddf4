//! Money: what the metrics say has been spent, by runs and by questions, against the caps of the configuration.

use jiff::Timestamp;
use serde::Deserialize;

use super::App;
use crate::config::AgentBudget;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::money::{self, Caps, Spent, Verdict};
use crate::domain::routing::Unavailable;
use crate::domain::task::Task;
use crate::sys::files;

/// The least that a run may cost: a limit of nothing at all is none that a program understands.
pub const LEAST_LIMIT: u64 = 10_000;

/// How much of the metrics is read: some hundred thousand runs, more than a month has.
const READ_BYTES: u64 = 64 * 1024 * 1024;

/// The files whose lines cost money: attempts, and questions to models.
const BOOKS: [&str; 2] = ["agent_stats.jsonl", QUESTIONS];

/// The file with a line for each question; those of attempts alone count as attempts.
pub const QUESTIONS: &str = "questions.jsonl";

/// A line of the books, as far as money is concerned.
#[derive(Deserialize)]
struct Line {
    timestamp: Timestamp,
    /// Of a question only where it is about a task.
    task_id: Option<String>,
    agent: String,
    /// Older lines have only a cost.
    charged_usd: Option<f64>,
    cost_usd: Option<f64>,
}

/// Why a task may not run any more, if its money is used up.
pub fn used_up(app: &App, task: &Task) -> Option<String> {
    app.settings.budgets.per_task_usd?;
    match decide(app, Some(&task.id), None) {
        Verdict::UsedUp { reason } => Some(reason),
        _ => None,
    }
}

/// Until when nobody may run, and why, if the money of the day is used up.
pub fn wait(app: &App) -> Option<(Timestamp, String)> {
    app.settings.budgets.per_day_usd?;
    match decide(app, None, None) {
        Verdict::Wait { until, reason } => Some((until, reason)),
        _ => None,
    }
}

/// Why an agent may not run this month, if its money is used up.
pub fn stopped(app: &App, agent: &AgentName) -> Option<Unavailable> {
    app.settings.budgets.per_agent.get(agent)?.hard_stop_usd?;
    match decide(app, None, Some(agent)) {
        Verdict::AgentStopped { until, reason } => Some(Unavailable { until: Some(until), reason }),
        _ => None,
    }
}

/// Why a question may not be asked now, if its money is used up: that of the task it is about, of the day, or of the agent's month.
pub fn refusal(app: &App, task: Option<&TaskId>, agent: &AgentName) -> Option<String> {
    match decide(app, task, Some(agent)) {
        Verdict::Go { .. } => None,
        Verdict::UsedUp { reason }
        | Verdict::Wait { reason, .. }
        | Verdict::AgentStopped { reason, .. } => Some(reason),
    }
}

/// What a question may cost beside all other caps, in millionths of a dollar.
pub fn question_limit(app: &App, task: Option<&TaskId>, agent: &AgentName, most: u64) -> u64 {
    match decide(app, task, Some(agent)) {
        Verdict::Go { limit, .. } => limit.unwrap_or(most).clamp(LEAST_LIMIT, most),
        _ => LEAST_LIMIT,
    }
}

/// What a run may cost, in millionths of a dollar; warns when the agent is past its soft cap.
pub fn limit(app: &App, task: &TaskId, agent: &AgentName) -> Option<u64> {
    match decide(app, Some(task), Some(agent)) {
        Verdict::Go { limit, warning } => {
            if let Some(warning) = warning {
                tracing::warn!(%agent, "{warning}");
            }
            limit
        }
        // Another worker has spent the rest since this one was chosen.
        Verdict::AgentStopped { .. } | Verdict::Wait { .. } | Verdict::UsedUp { .. } => Some(0),
    }
}

fn decide(app: &App, task: Option<&TaskId>, agent: Option<&AgentName>) -> Verdict {
    let budgets = &app.settings.budgets;
    let own = agent.and_then(|agent| budgets.per_agent.get(agent)).copied();
    let own: AgentBudget = own.unwrap_or_default();
    let caps = Caps {
        per_attempt: budgets.per_attempt_usd.map(money::micros),
        per_task: budgets.per_task_usd.filter(|_| task.is_some()).map(money::micros),
        per_day: budgets.per_day_usd.map(money::micros),
        soft: own.soft_warn_usd.map(money::micros),
        hard: own.hard_stop_usd.map(money::micros),
    };
    let needs_books = Caps { per_attempt: None, ..caps } != Caps::default();
    let spent = if needs_books { spent(app, task, agent) } else { Spent::default() };
    money::decide(&caps, &spent, app.now())
}

fn spent(app: &App, task: Option<&TaskId>, agent: Option<&AgentName>) -> Spent {
    let folder = app.runtime().join("metrics");
    let mut spent = Spent::default();
    for name in BOOKS {
        let bytes = files::read_end(&folder.join(name), READ_BYTES).unwrap_or_default();
        add(&mut spent, &String::from_utf8_lossy(&bytes), task, agent, app.now());
    }
    spent
}

fn add(
    spent: &mut Spent,
    lines: &str,
    task: Option<&TaskId>,
    agent: Option<&AgentName>,
    now: Timestamp,
) {
    // A line that was torn by a crash is none.
    for line in lines.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let charged = money::micros(line.charged_usd.or(line.cost_usd).unwrap_or(0.0));
        if task.is_some_and(|task| line.task_id.as_deref() == Some(task.as_str())) {
            spent.task = spent.task.saturating_add(charged);
        }
        if money::is_today(line.timestamp, now) {
            spent.today = spent.today.saturating_add(charged);
        }
        if agent.is_some_and(|agent| agent.as_str() == line.agent)
            && money::is_this_month(line.timestamp, now)
        {
            spent.agent_this_month = spent.agent_this_month.saturating_add(charged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_summed_by_task_day_and_agent_of_the_month() {
        let lines = r#"{"timestamp":"2026-11-20T01:00:00Z","task_id":"web-1","agent":"codex","cost_usd":null,"charged_usd":5.0}
{"timestamp":"2026-11-19T23:00:00Z","task_id":"web-1","agent":"codex","cost_usd":1.0,"charged_usd":1.0}
{"timestamp":"2026-10-31T23:00:00Z","task_id":"web-1","agent":"codex","cost_usd":2.0}
{"timestamp":"2026-11-20T02:00:00Z","task_id":"web-2","agent":"claude","cost_usd":0.5,"charged_usd":0.5}
{"timestamp":"2026-11-20T02:00:00Z","task_id":"web-1","age"#;
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let (task, agent) = ("web-1".parse().unwrap(), "codex".parse().unwrap());
        let mut spent = Spent::default();
        add(&mut spent, lines, Some(&task), Some(&agent), now);
        let question = r#"{"timestamp":"2026-11-20T02:00:00Z","repo":"acme/web","agent":"codex","charged_usd":0.25}"#;
        add(&mut spent, question, Some(&task), Some(&agent), now);
        assert_eq!(spent, Spent { task: 8_000_000, today: 5_750_000, agent_this_month: 6_250_000 });
    }
}
