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
    /// The job behind it that can be run again and whose log can be read, where the host has such (GitHub Actions).
    pub job: Option<u64>,
    /// The apps that reported under this name, by their numbers; a commit status does not name any.
    pub apps: Vec<u64>,
}

impl Check {
    /// Whether it failed since the operator's own command could not be started, which no repair of the work changes.
    pub fn could_not_start(&self) -> bool {
        self.job.is_none() && self.summary.contains("could not be started")
    }
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

impl Checks {
    /// Whether all checks have passed, and those of these names are among them: one that has vanished has not turned green.
    pub fn are_green(&self, names: &[String]) -> bool {
        let Self::Known(checks) = self else { return false };
        let passed = |name: &String| {
            checks.iter().any(|c| c.name == *name && c.outcome == CheckOutcome::Passed)
        };
        self.word() == "passed" && names.iter().all(passed)
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
    /// Not as long as the branch with the work is gone.
    HeadGone,
    /// Not as long as the branch it is to be merged into is gone.
    BaseGone,
}

/// What a host says of a merge by itself. It knows rules that we cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostWord {
    /// Nothing stands against it.
    Clean,
    /// The head has to be brought up to date with the base first.
    Behind,
    /// A rule forbids it.
    Blocked,
    /// A check is not green.
    Unstable,
    /// It is a draft.
    Draft,
    /// It conflicts.
    Dirty,
    /// It does not know yet, or says a word that we do not know: wait.
    Unknown,
}

/// A pull request with what its host says of a merge, from one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The pull request.
    pub pull: PullRequest,
    /// Whether head and base merge.
    pub mergeable: Mergeable,
    /// What the host says of a merge.
    pub word: HostWord,
}

/// What a review said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// That it may be merged.
    Approved,
    /// That it may not be merged like this.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Something that was taken back, or that somebody else declared void.
    Dismissed,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who wrote it.
    pub by: String,
    /// Whether that is a person and no program.
    pub is_person: bool,
    /// Whether their approval counts: owners, members and collaborators.
    pub has_say: bool,
    /// What it said.
    pub state: ReviewState,
    /// The head that it is about, where the host says so.
    pub head: Option<CommitSha>,
}
