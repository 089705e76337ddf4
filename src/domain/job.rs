//! The jobs by name: what a command line, a pause and a report mean. Pure.

use serde::Serialize;

/// A job by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Ready issues become tasks.
    Dispatch,
    /// Tasks are worked on.
    Queue,
    /// Pull requests get their verdict.
    PrMonitor,
    /// The backlog is kept clean and filled up.
    Groom,
    /// The next sprint is chosen.
    Plan,
    /// Execution and business are measured.
    Score,
    /// What the evidence asks for becomes a backlog.
    Analyze,
    /// Every job that is due.
    Tick,
}

impl Job {
    /// The jobs that can be paused by their name, in the order of a tick.
    pub const ALL: [Self; 7] = [
        Self::Dispatch,
        Self::Queue,
        Self::PrMonitor,
        Self::Groom,
        Self::Plan,
        Self::Score,
        Self::Analyze,
    ];

    /// The name of the subcommand.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Queue => "queue",
            Self::PrMonitor => "pr-monitor",
            Self::Groom => "groom",
            Self::Plan => "plan",
            Self::Score => "score",
            Self::Analyze => "analyze",
            Self::Tick => "tick",
        }
    }

    /// The key that makes a repository dormant for it when it is 0, where it has a pace of its own.
    pub fn cadence_key(self) -> Option<&'static str> {
        match self {
            Self::Groom => Some("groomer_cadence_days"),
            Self::Plan => Some("sprint_cadence_days"),
            _ => None,
        }
    }
}
