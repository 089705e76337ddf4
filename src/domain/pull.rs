//! Pull requests and their checks as every code host shows them.

use jiff::Timestamp;

use super::ids::{BranchName, CommitSha, IssueNumber, PrNumber};

/// Where a pull request stands. Closed without a merge is never taken for merged (`ANCESTOR.md` C11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullState {
    /// Waiting for its verdict.
    Open,
    /// Merged.
    Merged {
        /// The commit on the base branch, where the host names it.
        commit: Option<CommitSha>,
    },
    /// Closed without a merge.
    Closed,
}

impl PullState {
    /// The word of `--json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged { .. } => "merged",
            Self::Closed => "closed",
        }
    }
}

/// A pull request at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: PrNumber,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Open, merged or closed.
    pub state: PullState,
    /// Whether it is a draft.
    pub draft: bool,
    /// The branch with the work.
    pub head: BranchName,
    /// The branch it is to be merged into.
    pub base: BranchName,
    /// The commit at the tip of `head` as the host knows it; for a merged or closed one, the last it knew.
    pub head_sha: CommitSha,
    /// Whether head and base lie in the same repository (a fork's is never ours).
    pub same_repository: bool,
    /// The issue it closes, where the host or its text says so.
    pub issue: Option<IssueNumber>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Where a person reads it.
    pub url: String,
    /// When it was opened.
    pub created_at: Timestamp,
}

/// What one check said of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    /// Passed.
    Passed,
    /// Neutral or skipped: counts only where the boundary accepts it.
    Neutral,
    /// Failed, cancelled, timed out: anything final that is not a success.
    Failed,
    /// Has not ended, or has not begun.
    Pending,
}

/// One check of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name, for example `ci`.
    pub name: String,
    /// What it said.
    pub outcome: CheckOutcome,
    /// One line for people, for example `exit 1 after 2.4 s`.
    pub summary: String,
    /// Where its log lies: a URL or a path.
    pub log: Option<String>,
    /// The end of its log, bounded; not yet redacted.
    pub log_excerpt: Option<String>,
}

/// What is known of a head's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checks {
    /// They could not be read: wait.
    Unknown {
        /// Why not.
        reason: String,
    },
    /// The repository has none: nothing is merged without a person.
    Missing,
    /// They are these, for exactly the head that was asked for.
    Known(Vec<Check>),
}

impl Checks {
    /// The word of `--json`: `pending`, `passed`, `failed` or `missing`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown { .. } => "pending",
            Self::Known(checks) if checks.is_empty() => "missing",
            Self::Known(checks) => {
                let any = |wanted| checks.iter().any(|c| c.outcome == wanted);
                if any(CheckOutcome::Failed) {
                    "failed"
                } else if any(CheckOutcome::Pending) {
                    "pending"
                } else {
                    "passed"
                }
            }
        }
    }
}

/// Whether head and base can be merged by git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mergeable {
    /// Without a conflict.
    Clean,
    /// Not without help.
    Conflict,
    /// Not known yet: wait.
    Unknown,
}
