//! What a job did: rendered by the command line as a summary line or as JSON (`CONTRACT.md` section 1).

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::ids::{IssueNumber, PrNumber, RepoSlug, TaskId};
pub use crate::domain::job::Job;
use crate::domain::permission::Denial;

/// One thing that was looked at and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<RepoSlug>,
    /// Its issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueNumber>,
    /// Its task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// Its pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<PrNumber>,
    /// What was done, one word: `dispatched`, `waiting`, `merged` …
    pub action: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How bad an error is, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The next tick goes on: 75.
    Temporary,
    /// Somebody should look: 1.
    Failure,
    /// This program is too old for what it found: 2.
    TooOld,
}

impl Severity {
    /// The severity of a failure that the next run may, or may not, simply try again.
    pub fn of(is_temporary: bool) -> Self {
        if is_temporary { Self::Temporary } else { Self::Failure }
    }
}

/// Something that did not work, for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemError {
    /// Which item.
    pub item: String,
    /// What went wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// How bad it is.
    #[serde(skip)]
    pub severity: Severity,
}

/// Requests to a host, by whether they were charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Charged against the budget.
    pub charged: u64,
    /// Answered 304.
    pub not_modified: u64,
}

/// What a job did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Which job.
    pub job: Job,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Requests to hosts.
    pub requests: Requests,
    /// What it did.
    pub items: Vec<Item>,
    /// What did not work.
    pub errors: Vec<ItemError>,
    /// Why it did nothing, when it was not its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<String>,
    /// How long it took, on the monotonic clock.
    #[serde(skip)]
    pub took: Duration,
    /// What else the job has to say in `--json`, for example `scores`.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

impl Report {
    /// An empty report of a job that begins now.
    pub fn new(job: Job, now: Timestamp) -> Self {
        Self {
            job,
            started_at: now,
            finished_at: now,
            requests: Requests::default(),
            items: Vec::new(),
            errors: Vec::new(),
            idle: None,
            took: Duration::ZERO,
            more: serde_json::Map::new(),
        }
    }

    /// Adds what came of a task.
    pub fn task(
        &mut self,
        repo: &RepoSlug,
        issue: IssueNumber,
        task: &TaskId,
        action: &str,
        reason: Option<String>,
    ) {
        self.items.push(Item {
            repo: Some(repo.clone()),
            issue: Some(issue),
            task: Some(task.clone()),
            pr: None,
            action: action.to_owned(),
            reason,
        });
    }

    /// Adds what came of an issue.
    pub fn issue(
        &mut self,
        repo: &RepoSlug,
        issue: IssueNumber,
        action: &str,
        reason: Option<String>,
    ) {
        self.items.push(Item {
            repo: Some(repo.clone()),
            issue: Some(issue),
            task: None,
            pr: None,
            action: action.to_owned(),
            reason,
        });
    }

    /// Adds that a repository was left alone, with why.
    pub(super) fn skipped(&mut self, repo: &RepoSlug, denial: &Denial) {
        self.items.push(Item {
            repo: Some(repo.clone()),
            issue: None,
            task: None,
            pr: None,
            action: "skipped".to_owned(),
            reason: Some(denial.reason()),
        });
    }

    /// Adds something that did not work.
    pub fn error(
        &mut self,
        item: impl Into<String>,
        message: impl Into<String>,
        severity: Severity,
        hint: Option<&str>,
    ) {
        self.errors.push(ItemError {
            item: item.into(),
            message: message.into(),
            hint: hint.map(ToOwned::to_owned),
            severity,
        });
    }

    /// Adds what made an item fail.
    pub(super) fn failure(&mut self, item: impl Into<String>, failure: super::dispatch::Failure) {
        self.error(item, failure.message, failure.severity, failure.hint.as_deref());
    }

    /// Whether there is nothing to say.
    pub fn is_silent(&self) -> bool {
        self.items.is_empty() && self.errors.is_empty()
    }

    /// How many items have this action.
    pub fn count(&self, action: &str) -> usize {
        self.items.iter().filter(|item| item.action == action).count()
    }

    /// The exit code of `CONTRACT.md` section 1: 2 when a newer version has been at work here, 1 when anything failed, 75 when all that failed is temporary, else 0.
    pub fn exit_code(&self) -> u8 {
        match self.errors.iter().map(|error| error.severity).max() {
            None => 0,
            Some(Severity::Temporary) => 75,
            Some(Severity::Failure) => 1,
            Some(Severity::TooOld) => 2,
        }
    }

    /// The one line with which a job ends.
    pub fn summary(&self) -> String {
        let job = self.job.as_str();
        if let Some(idle) = &self.idle {
            return format!("{job}: {idle}");
        }
        let mut parts: Vec<String> = Vec::new();
        let lead: &[&str] = match self.job {
            Job::Dispatch => &["dispatched", "waiting"],
            Job::Queue => &["done", "retried"],
            Job::PrMonitor => &["merged", "waiting"],
            Job::Groom => &["filed", "closed"],
            Job::Plan => &["promoted", "waiting"],
            Job::Score => &["scored"],
            Job::Analyze => &["filed"],
            Job::Tick => &[],
        };
        for action in lead {
            parts.push(format!("{} {action}", self.count(action)));
        }
        let mut others: Vec<&str> = Vec::new();
        for item in &self.items {
            if !lead.contains(&item.action.as_str()) && !others.contains(&item.action.as_str()) {
                others.push(&item.action);
            }
        }
        parts.extend(others.iter().map(|action| format!("{} {action}", self.count(action))));
        parts.push(plural(self.errors.len(), "error"));
        format!(
            "{job}: {} ({:.2} s, {})",
            parts.join(", "),
            self.took.as_secs_f64(),
            plural(usize::try_from(self.requests.charged).unwrap_or(usize::MAX), "request")
        )
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_line_counts_what_was_done() {
        let mut report = Report::new(Job::Dispatch, Timestamp::UNIX_EPOCH);
        let repo: RepoSlug = "acme/web".parse().unwrap();
        for number in 1..=2 {
            report.issue(&repo, IssueNumber(number), "dispatched", None);
        }
        report.issue(&repo, IssueNumber(3), "waiting", Some("it depends on #1".to_owned()));
        report.issue(&repo, IssueNumber(4), "answered", None);
        report.took = Duration::from_millis(123);
        report.requests.charged = 3;
        assert_eq!(
            report.summary(),
            "dispatch: 2 dispatched, 1 waiting, 1 answered, 0 errors (0.12 s, 3 requests)"
        );
    }

    #[test]
    fn the_exit_code_tells_who_must_act() {
        let mut report = Report::new(Job::Queue, Timestamp::UNIX_EPOCH);
        assert_eq!(report.exit_code(), 0);
        report.error("web-1", "network", Severity::Temporary, None);
        assert_eq!(report.exit_code(), 75);
        report.error("web-2", "broken", Severity::Failure, None);
        assert_eq!(report.exit_code(), 1);
    }
}
