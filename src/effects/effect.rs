//! The changes that we make, each with its natural key.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::BoardStatus;
use crate::domain::memory;
use crate::host::{LabelChange, MergeRequest, NewPullRequest};

/// A change to the world outside the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// A commit of the mirror becomes the tip of a branch on the remote.
    Push {
        /// The branch.
        branch: BranchName,
        /// Its new tip.
        head: CommitSha,
        /// Its present tip as we know it; `None` when it must not exist yet.
        expected: Option<CommitSha>,
    },
    /// A pull request for a head branch.
    OpenPull {
        /// Everything about it.
        pull: NewPullRequest,
    },
    /// A comment that is found again by its marker and edited in place.
    Comment {
        /// The thread.
        issue: IssueNumber,
        /// The kind of its marker.
        kind: String,
        /// The key of its marker.
        key: String,
        /// The whole text, marker included.
        body: String,
        /// Whether a text that differs is replaced; a note that is posted once is not.
        sticky: bool,
    },
    /// Labels of an issue.
    Labels {
        /// The issue.
        issue: IssueNumber,
        /// Which.
        change: LabelChange,
    },
    /// The column of an issue's card.
    Status {
        /// The issue.
        issue: IssueNumber,
        /// Which column.
        status: BoardStatus,
    },
    /// A squash-merge of exactly the judged head.
    Merge {
        /// Everything about it.
        request: MergeRequest,
    },
    /// An issue is closed.
    CloseIssue {
        /// Which.
        issue: IssueNumber,
    },
    /// A pull request is closed without a merge.
    ClosePull {
        /// Which.
        pr: PrNumber,
    },
    /// A branch of ours goes away, only while its tip is the commit that is known to be merged.
    DeleteBranch {
        /// The branch.
        branch: BranchName,
        /// Its tip.
        tip: CommitSha,
    },
    /// The memory of the base branch has an entry for a task.
    Memory {
        /// The base branch.
        base: BranchName,
        /// The entry.
        entry: memory::Entry,
    },
}

impl Effect {
    /// The kind of change, one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Push { .. } => "push",
            Self::OpenPull { .. } => "open_pull",
            Self::Comment { .. } => "comment",
            Self::Labels { .. } => "labels",
            Self::Status { .. } => "status",
            Self::Merge { .. } => "merge",
            Self::CloseIssue { .. } => "close_issue",
            Self::ClosePull { .. } => "close_pull",
            Self::DeleteBranch { .. } => "delete_branch",
            Self::Memory { .. } => "memory",
        }
    }

    /// Its natural key within its repository: two effects with the same word and key are the same change.
    pub fn key(&self) -> String {
        match self {
            Self::Push { branch, head, .. } => format!("{branch} {head}"),
            Self::OpenPull { pull } => pull.head.to_string(),
            Self::Comment { issue, kind, key, .. } => format!("{issue} {kind} {key}"),
            Self::Labels { issue, change } => {
                format!("{issue} +{} -{}", change.add.join(","), change.remove.join(","))
            }
            Self::Status { issue, status } => format!("{issue} {status}"),
            Self::Merge { request } => format!("{} {}", request.pr, request.expected_head),
            Self::CloseIssue { issue } => issue.to_string(),
            Self::ClosePull { pr } => pr.to_string(),
            Self::DeleteBranch { branch, .. } => branch.to_string(),
            Self::Memory { entry, .. } => entry.task.to_string(),
        }
    }
}
