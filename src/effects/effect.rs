//! The changes that we make, each with its natural key.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::BoardStatus;
use crate::domain::memory;
use crate::host::{LabelChange, MergeRequest, NewIssue, NewPullRequest, WorkflowRun};

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
    /// An issue of ours exists that answers a signature. One that was closed of late answers it too: what a person closed stays closed.
    CreateIssue {
        /// What it answers; the text carries its marker.
        signature: String,
        /// Everything about it.
        issue: NewIssue,
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
    /// The failed jobs behind a head's checks run once more. Whoever wants this has written down before that it is wanted, since a second
    /// time would run them twice.
    Rerun {
        /// The commit.
        head: CommitSha,
        /// The runs of workflows, each with the attempt that failed: it is done where a newer one is there.
        runs: Vec<WorkflowRun>,
    },
    /// The text of a pull request of ours.
    PullText {
        /// Which.
        pr: PrNumber,
        /// Its text.
        body: String,
    },
    /// The memory of the base branch has these changes, in one commit.
    Memory {
        /// The base branch.
        base: BranchName,
        /// The changes, oldest first.
        changes: Vec<memory::Change>,
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
            Self::CreateIssue { .. } => "create_issue",
            Self::CloseIssue { .. } => "close_issue",
            Self::ClosePull { .. } => "close_pull",
            Self::DeleteBranch { .. } => "delete_branch",
            Self::Rerun { .. } => "rerun",
            Self::PullText { .. } => "pull_text",
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
            Self::CreateIssue { signature, .. } => signature.clone(),
            Self::CloseIssue { issue } => issue.to_string(),
            Self::ClosePull { pr } | Self::PullText { pr, .. } => pr.to_string(),
            Self::DeleteBranch { branch, .. } => branch.to_string(),
            Self::Rerun { head, .. } => head.to_string(),
            Self::Memory { base, changes } => {
                let keys: Vec<String> = changes.iter().map(memory::Change::key).collect();
                format!("{base} {}", keys.join(" "))
            }
        }
    }
}
