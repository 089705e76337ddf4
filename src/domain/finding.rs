//! Findings: measured weaknesses with an id that stays the same from week to week (`CONTRACT.md` section 8). Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An agent's work fails too often.
    AgentRemediation,
    /// Quota, credentials or infrastructure stand in the way too often.
    RunObstacle,
    /// Tasks need too many runs.
    RetryStorm,
    /// The business score of a repository has fallen.
    BusinessObjectiveRegressed,
    /// Merged work is hardly measured.
    MeasurementGap,
    /// One reason stopped several runs within a day.
    BlockerSpike,
    /// The same failure came back in several runs.
    FailurePattern,
}

impl Kind {
    /// The word of ids and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgentRemediation => "agent_remediation",
            Self::RunObstacle => "run_obstacle",
            Self::RetryStorm => "retry_storm",
            Self::BusinessObjectiveRegressed => "business_objective_regressed",
            Self::MeasurementGap => "measurement_gap",
            Self::BlockerSpike => "blocker_spike",
            Self::FailurePattern => "failure_pattern",
        }
    }
}

/// A measured weakness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The same for the same weakness, whatever its numbers are this week.
    pub id: String,
    /// Who found it: `score` or `analyze`.
    pub source: String,
    /// What it is about.
    pub kind: Kind,
    /// The repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// One sentence with the numbers.
    pub summary: String,
    /// Where it can be checked: files with what to look for in them, tasks, pull requests.
    pub evidence: Vec<String>,
    /// The numbers.
    pub metrics: BTreeMap<String, Value>,
}

impl Finding {
    /// A finding whose id is made of its kind and of what tells it from others of that kind.
    pub fn new(source: &str, kind: Kind, distinction: &[&str], summary: String) -> Self {
        let mut id = kind.as_str().to_owned();
        for part in distinction {
            id.push(':');
            id.extend(part.chars().map(|c| if c.is_whitespace() || c == ':' { '-' } else { c }));
        }
        Self {
            id,
            source: source.to_owned(),
            kind,
            repo: None,
            agent: None,
            summary,
            evidence: Vec::new(),
            metrics: BTreeMap::new(),
        }
    }

    /// The same, of a repository.
    #[must_use]
    pub fn of_repo(mut self, repo: &str) -> Self {
        self.repo = Some(repo.to_owned());
        self
    }

    /// The same, of an agent.
    #[must_use]
    pub fn of_agent(mut self, agent: &str) -> Self {
        self.agent = Some(agent.to_owned());
        self
    }

    /// The same, with a number.
    #[must_use]
    pub fn metric(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metrics.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with a place where it can be checked.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }
}
