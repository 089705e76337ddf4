//! A pull request and what belongs to it, as it was seen at one moment. Whoever took a sight passes it on, so that what was read once is
//! not asked for again; a write of ours changes it by the host's answer, or ends it.

use crate::domain::ids::{CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::{Comment, Issue};
use crate::domain::pull::{Checks, PullState, Review, Standing};

use super::traits::MergeRequest;

/// What a sight is taken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SightOf {
    /// The pull request.
    pub pull: PrNumber,
    /// The issue that it belongs to.
    pub issue: IssueNumber,
    /// The commit on the base branch whose checks are wanted too, where it is known.
    pub base_commit: Option<CommitSha>,
}

/// What was seen. Each part is whole or not there, and what is not there has to be read by itself.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// What it was taken of, where it can be taken again by one request.
    pub of: Option<SightOf>,
    /// The pull request with what the host says of a merge.
    pub standing: Option<Standing>,
    /// The checks of its head.
    pub checks: Option<Checks>,
    /// What was said of it, oldest first.
    pub reviews: Option<Vec<Review>>,
    /// The tip of its base branch.
    pub base_tip: Option<CommitSha>,
    /// The checks of [`SightOf::base_commit`].
    pub base_checks: Option<Checks>,
    /// An issue. Its column is shown only where `knows_column` says so.
    pub issue: Option<Issue>,
    /// Whether the column of that issue was read too.
    pub knows_column: bool,
    /// Comments of ours on an issue, oldest first.
    pub comments: Option<(IssueNumber, Vec<Comment>)>,
}

impl Sight {
    /// Forgets what was seen, and keeps of what.
    pub fn forget(&mut self) {
        *self = Self { of: self.of.take(), ..Self::default() };
    }

    /// Whether the merge that is wanted is exactly that of what was seen: open, no draft, with this head and on this base.
    pub fn allows(&self, request: &MergeRequest) -> bool {
        let Some(standing) = &self.standing else { return false };
        let pull = &standing.pull;
        pull.number == request.pr
            && pull.state == PullState::Open
            && !pull.draft
            && pull.head_sha == request.expected_head
            && (request.expected_base.is_none() || request.expected_base == self.base_tip)
    }
}
