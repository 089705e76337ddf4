//! What the local host needs of git and of running commands; it is implemented above this layer.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::pull::{CheckOutcome, Mergeable};
use crate::host::HostError;

/// A squash-merge, pinned to a head and to a tip of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SquashRequest {
    /// The commit whose changes are taken.
    pub head: CommitSha,
    /// The branch that gets them.
    pub base_branch: BranchName,
    /// The tip that this branch must still have.
    pub base_tip: CommitSha,
    /// First line of the commit.
    pub title: String,
    /// The rest of its message, trailers at its end.
    pub message: String,
}

/// A run of the configured CI command on a head merged with a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiRequest {
    /// The head to be judged.
    pub head: CommitSha,
    /// The tip of the base that it is merged with.
    pub base_tip: CommitSha,
    /// Where the output goes; its folder exists, a file of an earlier run is replaced.
    pub log: PathBuf,
}

/// How a run of the CI command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiRun {
    /// Passed or failed.
    pub outcome: CheckOutcome,
    /// One line for people, for example `exit 1 after 2.4 s`.
    pub summary: String,
}

/// What the local host needs of git and of running commands.
#[async_trait(?Send)]
pub trait Forge {
    /// Whether a CI command is configured.
    fn has_ci(&self) -> bool;

    /// Names the remote's present tip of a branch, or nothing where there is no such branch.
    fn tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError>;

    /// Names the commit under which check results for this base tip are kept: the tip, with commits that touch only our memory files skipped.
    fn base_key(&self, tip: &CommitSha) -> Result<CommitSha, HostError>;

    /// Tells whether two commits merge without a conflict.
    fn mergeable(&self, head: &CommitSha, base: &CommitSha) -> Result<Mergeable, HostError>;

    /// Makes the squashed commit on the base branch and names it; [`HostError::Stale`] when the base moved, and nothing is changed then.
    fn squash_merge(&self, request: &SquashRequest) -> Result<CommitSha, HostError>;

    /// Finds a commit among the last 200 first-parent commits of a branch whose message has `trailer` as one of its lines.
    fn find_squash(&self, base: &BranchName, trailer: &str)
    -> Result<Option<CommitSha>, HostError>;

    /// Runs the CI command once; an error means that it could not be run, never that it failed.
    async fn run_ci(&self, request: &CiRequest) -> Result<CiRun, HostError>;
}
