//! What every code host can do. A method either tells the truth or fails: nothing is read as empty because it could not be read.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::{BoardStatus, Comment, Issue};
use crate::domain::pull::{self, Mergeable, PullRequest};

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

/// A new issue.
#[derive(Debug, Clone, Default)]
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
    /// The issue it closes.
    pub issue: IssueNumber,
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

/// Issues and their threads.
#[async_trait(?Send)]
pub trait Issues {
    /// All open issues, to the last page.
    async fn open_issues(&self) -> Result<Vec<Issue>, HostError>;
    /// One issue, open or closed.
    async fn issue(&self, number: IssueNumber) -> Result<Issue, HostError>;
    /// Its comments, oldest first.
    async fn comments(&self, number: IssueNumber) -> Result<Vec<Comment>, HostError>;
    /// Makes an issue. Never repeated blindly: look for its marker first.
    async fn create_issue(&self, issue: &NewIssue) -> Result<Issue, HostError>;
    /// Adds a comment in our name.
    async fn add_comment(&self, number: IssueNumber, body: &str) -> Result<Comment, HostError>;
    /// Replaces the text of a comment of ours.
    async fn edit_comment(&self, number: IssueNumber, id: u64, body: &str)
    -> Result<(), HostError>;
    /// Sets and takes off labels.
    async fn change_labels(
        &self,
        number: IssueNumber,
        change: &LabelChange,
    ) -> Result<(), HostError>;
    /// Closes an issue.
    async fn close_issue(&self, number: IssueNumber) -> Result<(), HostError>;
}

/// The columns of the board.
#[async_trait(?Send)]
pub trait Board {
    /// Moves an issue's card; `Ok` and nothing else where no board is configured.
    async fn set_status(&self, number: IssueNumber, status: BoardStatus) -> Result<(), HostError>;
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
    /// Opens one; refused where an open one has the same head.
    async fn create_pull(&self, pull: &NewPullRequest) -> Result<PullRequest, HostError>;
    /// Whether head and base of an open one merge cleanly.
    async fn mergeable(&self, number: PrNumber) -> Result<Mergeable, HostError>;
    /// Squash-merges exactly the expected head and returns the commit on the base branch.
    async fn merge(&self, request: &MergeRequest) -> Result<CommitSha, HostError>;
    /// Closes one without a merge.
    async fn close_pull(&self, number: PrNumber) -> Result<(), HostError>;
}

/// Checks of commits.
#[async_trait(?Send)]
pub trait Checks {
    /// What is known of the checks of exactly this head of an open pull request. Reads only.
    async fn checks(&self, pull: &PullRequest) -> Result<pull::Checks, HostError>;
    /// The names of the checks that a branch demands before a merge; an empty list when it demands none.
    async fn required(&self, base: &BranchName) -> Result<Vec<String>, HostError>;
    /// Runs what this host leaves to us and is not known yet for the present head and base (`ci_command` on the local host), keeps the
    /// result and returns all checks. On a host with CI of its own it is the same as [`Checks::checks`].
    async fn run_missing(&self, pull: &PullRequest) -> Result<pull::Checks, HostError>;
}

/// Everything that a code host can do.
pub trait Host: Issues + Board + PullRequests + Checks {}

impl<T: Issues + Board + PullRequests + Checks> Host for T {}
