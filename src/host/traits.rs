//! What every code host can do. A method either tells the truth or fails: nothing is read as empty because it could not be read.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::{BoardStatus, Comment, Issue, MadeReady};
use crate::domain::merge::Boundary;
use crate::domain::pull::{self, Mergeable, PullRequest, Review, Standing};

use super::sight::{Sight, SightOf};

/// Why a host did not do what it was asked; the cases on which callers branch.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The thing does not exist (any more).
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The host understood and said no; asking again will not help.
    #[error("{what}: {reason}")]
    Refused {
        /// What was asked.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The world is not as the caller believed: a head or a base moved. Nothing was changed.
    #[error("{what} has changed meanwhile: {reason}")]
    Stale {
        /// What changed.
        what: String,
        /// How.
        reason: String,
    },
    /// The account, its token or its permissions do not suffice; a person has to mend that.
    #[error("{what}: {reason}")]
    Denied {
        /// What was asked.
        what: String,
        /// Why not.
        reason: String,
        /// The command or the step that mends it.
        mend: String,
    },
    /// The repository has another name or owner now.
    #[error("{what}: the repository was renamed or moved to `{to}`")]
    Moved {
        /// What was asked.
        what: String,
        /// Where the host points to.
        to: String,
    },
    /// Too many requests; nothing before `until`.
    #[error("the host asks to wait until {until}")]
    RateLimited {
        /// When to ask again.
        until: Timestamp,
    },
    /// Network, server or disk trouble; the next tick may try again.
    #[error("{what}: {reason}")]
    Unavailable {
        /// What was asked.
        what: String,
        /// What went wrong.
        reason: String,
    },
    /// The answer or the file is not of the form that it should be.
    #[error("{what} cannot be read: {reason}")]
    Malformed {
        /// Which answer or file.
        what: String,
        /// What is wrong with it, with line and column where known.
        reason: String,
    },
}

impl HostError {
    /// What a person can do about it, where that is known.
    pub fn mend(&self) -> Option<&str> {
        match self {
            Self::Denied { mend, .. } => Some(mend),
            Self::Moved { .. } => Some("write its new name into `repo:` of the configuration"),
            _ => None,
        }
    }
}

/// A new issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIssue {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Column of the board; `None` is Backlog.
    pub status: Option<BoardStatus>,
    /// Author, where the host lets us say so (the local board).
    pub author: String,
}

/// A new pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPullRequest {
    /// Title.
    pub title: String,
    /// Text; begins with `Closes #N`.
    pub body: String,
    /// The branch with the work.
    pub head: BranchName,
    /// The branch it is to be merged into.
    pub base: BranchName,
    /// The issue it closes; `None` for one that belongs to no issue.
    pub issue: Option<IssueNumber>,
}

/// Which labels an issue is to have and which not; others stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelChange {
    /// Labels that it is to have.
    pub add: Vec<String>,
    /// Labels that it is not to have.
    pub remove: Vec<String>,
}

/// A merge, pinned to what was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeRequest {
    /// Which pull request.
    pub pr: PrNumber,
    /// The head that was judged; another one is refused as [`HostError::Stale`].
    pub expected_head: CommitSha,
    /// The base tip that was judged, where the host can pin it (the local one can).
    pub expected_base: Option<CommitSha>,
    /// First line of the squashed commit.
    pub title: String,
    /// The rest of its message, with the trailer `Agent-Task: <id>`.
    pub message: String,
}

/// A branch that pull requests are merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseBranch {
    /// The commit at its tip; `None` where there is no such branch.
    pub tip: Option<CommitSha>,
    /// What it demands; `None` where that cannot be read, which is never the same as nothing.
    pub boundary: Option<Boundary>,
}

/// Issues and their threads.
#[async_trait(?Send)]
pub trait Issues {
    /// All open issues, to the last page.
    async fn open_issues(&self) -> Result<Vec<Issue>, HostError>;
    /// The open issues that are Ready, by label or by board, to the last page. Costs nothing where nothing has changed.
    async fn ready_issues(&self) -> Result<Vec<Issue>, HostError>;
    /// The open issues with a label, to the last page; on a shared host without their columns.
    async fn labelled(&self, label: &str) -> Result<Vec<Issue>, HostError>;
    /// The issues that are closed and were changed at `since` or later, to the last page; without their columns.
    async fn closed_since(&self, since: Timestamp) -> Result<Vec<Issue>, HostError>;
    /// Who made an issue Ready last; `None` where the host does not know (any more).
    async fn made_ready(&self, number: IssueNumber) -> Result<Option<MadeReady>, HostError>;
    /// One issue, open or closed.
    async fn issue(&self, number: IssueNumber) -> Result<Issue, HostError>;
    /// Who is assigned to it; nobody on a host that knows no such thing.
    async fn assignees(&self, _number: IssueNumber) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }
    /// Its comments, oldest first.
    async fn comments(&self, number: IssueNumber) -> Result<Vec<Comment>, HostError>;
    /// Makes an issue. Never repeated blindly: look for its marker first.
    async fn create_issue(&self, issue: &NewIssue) -> Result<Issue, HostError>;
    /// Adds a comment in our name.
    async fn add_comment(&self, number: IssueNumber, body: &str) -> Result<Comment, HostError>;
    /// Replaces the text of a comment of ours. The comment as it is now, where the host's answer shows it.
    async fn edit_comment(
        &self,
        number: IssueNumber,
        id: u64,
        body: &str,
    ) -> Result<Option<Comment>, HostError>;
    /// Sets and takes off labels. All labels of the issue, where the host's answer shows them.
    async fn change_labels(
        &self,
        number: IssueNumber,
        change: &LabelChange,
    ) -> Result<Option<Vec<String>>, HostError>;
    /// Closes an issue. The issue as it is now without its column, where the host's answer shows it.
    async fn close_issue(&self, number: IssueNumber) -> Result<Option<Issue>, HostError>;
}

/// What a board lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingColumns {
    /// The names of the columns.
    pub names: Vec<String>,
    /// Whether they can be made without a card losing its column.
    pub can_be_made: bool,
}

/// The columns of the board.
#[async_trait(?Send)]
pub trait Board {
    /// Whether an issue that is not on the board is put on it by [`Board::set_status`]. An issue without a column is else left alone.
    fn adds_cards(&self) -> bool {
        false
    }
    /// The columns that the board lacks; `None` where no board is configured.
    async fn missing_columns(&self) -> Result<Option<MissingColumns>, HostError> {
        Ok(None)
    }
    /// Makes the columns that the board lacks, where that takes no card out of its column. Looks first.
    async fn make_columns(&self) -> Result<(), HostError> {
        Ok(())
    }
    /// The column of an issue, where it lies in one of ours.
    async fn column(&self, number: IssueNumber) -> Result<Option<BoardStatus>, HostError>;
    /// Moves an issue's card; `Ok` and nothing else where no board is configured. The column, where the host's answer shows it.
    async fn set_status(
        &self,
        number: IssueNumber,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError>;
}

/// Pull requests.
#[async_trait(?Send)]
pub trait PullRequests {
    /// All open pull requests, whoever made them.
    async fn open_pulls(&self) -> Result<Vec<PullRequest>, HostError>;
    /// One pull request in any state.
    async fn pull(&self, number: PrNumber) -> Result<PullRequest, HostError>;
    /// Every pull request ever opened for a head branch, oldest first.
    async fn pulls_of_branch(&self, head: &BranchName) -> Result<Vec<PullRequest>, HostError>;
    /// The commit at the tip of a branch; `None` where there is no such branch.
    async fn branch_tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError>;
    /// Opens one; refused where an open one has the same head.
    async fn create_pull(&self, pull: &NewPullRequest) -> Result<PullRequest, HostError>;
    /// Whether head and base of an open one merge cleanly.
    async fn mergeable(&self, number: PrNumber) -> Result<Mergeable, HostError>;
    /// One pull request with what the host says of a merge, from one read; of one that is not open nothing of that counts.
    async fn standing(&self, number: PrNumber) -> Result<Standing, HostError>;
    /// What people and programs said of one, oldest first.
    async fn reviews(&self, number: PrNumber) -> Result<Vec<Review>, HostError>;
    /// Squash-merges exactly the expected head and returns the commit on the base branch.
    async fn merge(&self, request: &MergeRequest) -> Result<CommitSha, HostError>;
    /// The same for whoever has just looked ([`Sight::allows`]): a host that refuses another head by itself is not asked once more before.
    async fn merge_as_seen(&self, request: &MergeRequest) -> Result<CommitSha, HostError> {
        self.merge(request).await
    }
    /// Everything about a pull request and its issue that one request shows, read anew; `None` where this host has no such request, or it
    /// failed: the reads one by one tell more then.
    async fn sight(&self, _of: &SightOf) -> Option<Sight> {
        None
    }
    /// Replaces the text of an open one of ours.
    async fn edit_pull(&self, number: PrNumber, body: &str) -> Result<(), HostError>;
    /// Closes one without a merge.
    async fn close_pull(&self, number: PrNumber) -> Result<(), HostError>;
}

/// A run of a workflow whose failed jobs can be run again, as it was seen. Every time that happens it is one attempt further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowRun {
    /// Its number.
    pub id: u64,
    /// Its newest attempt, counted from one.
    pub attempt: u64,
    /// Whether that attempt has ended.
    pub ended: bool,
    /// Whether the checks that were asked about belong to that attempt and not to an earlier one.
    pub current: bool,
}

/// Checks of commits.
#[async_trait(?Send)]
pub trait Checks {
    /// What is known of the checks of exactly this head of an open pull request. Reads only.
    async fn checks(&self, pull: &PullRequest) -> Result<pull::Checks, HostError>;
    /// The tip of a base branch and what that branch demands before a merge, from all its protections.
    async fn base(&self, base: &BranchName) -> Result<BaseBranch, HostError>;
    /// The names of the checks that a branch demands before a merge; an empty list when it demands none, an error when that cannot be read.
    async fn required(&self, base: &BranchName) -> Result<Vec<String>, HostError>;
    /// What the checks of a commit say that is on a base branch. Reads only, and looks for no workflow that has yet to begin.
    async fn checks_of(&self, commit: &CommitSha) -> Result<pull::Checks, HostError>;
    /// Runs what this host leaves to us and is not known yet for the present head and base (`ci_command` on the local host), keeps the
    /// result and returns all checks. On a host with CI of its own it is the same as [`Checks::checks`].
    async fn run_missing(&self, pull: &PullRequest) -> Result<pull::Checks, HostError>;
    /// The end of a check's log, bounded and not yet redacted; `None` where there is none (any more).
    async fn log_of(&self, check: &pull::Check) -> Result<Option<String>, HostError>;
    /// The runs of workflows behind checks, each once, in the order of their numbers; none on a host that has no such thing.
    async fn workflow_runs(&self, checks: &[pull::Check]) -> Result<Vec<WorkflowRun>, HostError>;
    /// The newest attempt of a run of a workflow.
    async fn attempt_of(&self, run: u64) -> Result<u64, HostError>;
    /// Runs the failed jobs of a run of a workflow again. Never repeated blindly: look first whether its attempt has moved on.
    async fn rerun(&self, run: u64) -> Result<(), HostError>;
}

/// Whether we may do what we are about to do.
#[async_trait(?Send)]
pub trait Access {
    /// Finds out before work is begun whether account, token and repository allow it to be ended: logged in, scopes, write access, not
    /// archived, name as configured. Asks at most once per process, and costs nothing where nothing has changed.
    async fn preflight(&self) -> Result<(), HostError>;
    /// How many requests of this process told something new, and so count against a budget.
    fn charged(&self) -> u64 {
        0
    }
    /// Which of these labels do not exist yet; none on a host where labels need not be made.
    async fn missing_labels(&self, _names: &[&str]) -> Result<Vec<String>, HostError> {
        Ok(Vec::new())
    }
    /// Makes those of these labels that do not exist yet; what exists is never changed. By its name each is made once, however often asked.
    async fn make_labels(&self, _names: &[&str]) -> Result<(), HostError> {
        Ok(())
    }
}

/// Everything that a code host can do.
pub trait Host: Issues + Board + PullRequests + Checks + Access {}

impl<T: Issues + Board + PullRequests + Checks + Access> Host for T {}
