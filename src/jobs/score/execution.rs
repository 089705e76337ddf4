//! The runs of this week and of the one before, counted.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::window;
use crate::app::{App, Repository};
use crate::domain::execution::{self, Group, Run, Tally, Totals};
use crate::domain::kinds::TaskType;
use crate::sys::files::FileError;

/// The file in `runtime/metrics/`.
pub(in crate::jobs) const STATS: &str = "agent_stats.jsonl";

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Execution {
    /// The runs of the window.
    pub(super) tally: Tally,
    /// The runs of the window before it.
    before: Tally,
    /// Lines that could not be read; of those that begin with an old date nothing is known.
    unreadable: u64,
}

/// Counts the runs of these repositories, line by line.
pub(super) fn measure(app: &App, repositories: &[&Repository]) -> Result<Execution, FileError> {
    let now = app.now();
    let since = now.checked_sub(window()).unwrap_or(Timestamp::MIN);
    let before = since.checked_sub(window()).unwrap_or(Timestamp::MIN);
    let mut counted = Execution::default();
    app.journal.each_metric(STATS, &mut |line| {
        if execution::moment(line).is_some_and(|at| at <= before) {
            return;
        }
        let Ok(run) = serde_json::from_str::<Run<'_>>(line) else {
            counted.unreadable += u64::from(!line.trim().is_empty());
            return;
        };
        let is_ours = || repositories.iter().any(|known| known.slug().as_str() == run.repo);
        if run.timestamp > now || run.timestamp <= before || !is_ours() {
            return;
        }
        if run.timestamp > since {
            counted.tally.add(&run);
        } else {
            counted.before.add(&run);
        }
    })?;
    Ok(counted)
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_type: Option<&'a str>,
    #[serde(flatten)]
    totals: Totals,
    /// The rate of the window before, where there was one.
    rate_before: Option<f64>,
}

impl Execution {
    /// The numbers of the artefact: all together, and per repository, agent and kind of work.
    pub(super) fn report(&self, seconds_available: f64) -> Value {
        let all = self.tally.totals(|_| true);
        let busy = all.busy_seconds;
        let utilisation = if seconds_available > 0.0 { busy / seconds_available } else { 0.0 };
        json!({
            "all": self.row(None, None, None),
            "utilisation": (utilisation * 1e4).round() / 1e4,
            "by_repo": self.rows(|group| (Some(group.repo.as_str()), None, None)),
            "by_agent": self.rows(|group| (None, Some(group.agent.as_str()), None)),
            "by_task_type": self.rows(|group| (None, None, group.task_type.map(TaskType::as_str))),
            "by_agent_and_task_type": self.rows(|group| {
                (None, Some(group.agent.as_str()), group.task_type.map(TaskType::as_str))
            }),
            "unreadable_lines": self.unreadable,
        })
    }

    /// What this repository's runs cost.
    pub(super) fn cost_of(&self, repo: &str) -> f64 {
        self.tally.totals(|group| group.repo == repo).cost_usd
    }

    fn rows<'a>(&'a self, name: impl Fn(&'a Group) -> Names<'a>) -> Vec<Row<'a>> {
        let groups: Vec<&Group> = self.tally.known().collect();
        let mut names: Vec<Names<'a>> = groups.into_iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|(repo, agent, kind)| self.row(repo, agent, kind)).collect()
    }

    fn row<'a>(
        &self,
        repo: Option<&'a str>,
        agent: Option<&'a str>,
        task_type: Option<&'a str>,
    ) -> Row<'a> {
        let is_of = |group: &Group| {
            repo.is_none_or(|name| group.repo == name)
                && agent.is_none_or(|name| group.agent == name)
                && task_type.is_none_or(|name| group.task_type.is_some_and(|k| k.as_str() == name))
        };
        let totals = self.tally.totals(is_of);
        let rate_before = self.before.totals(is_of).success.map(|success| success.rate);
        Row { repo, agent, task_type, totals, rate_before }
    }
}

/// Repository, agent and kind of work of a row; what is absent is not told apart.
type Names<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);
