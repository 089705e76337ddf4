//! The issue of a pull request and its comments, as the document `PullSight` shows them.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::board_wire::{self, IssueItem};
use super::super::trust;
use super::super::wire::{self, GHOST, malformed, present};
use super::{Actor, Named, Page, names};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Issue, IssueState};
use crate::host::HostError;

/// The issue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct IssueSeen {
    number: u64,
    title: String,
    body: String,
    state: String,
    url: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    author_association: String,
    #[serde(deserialize_with = "present")]
    author: Option<Actor>,
    #[serde(deserialize_with = "present")]
    labels: Option<Page<Named>>,
    comments: Option<Page<CommentSeen>>,
    /// Only where there is a board.
    #[serde(default)]
    project_items: Option<board_wire::Page<IssueItem>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentSeen {
    #[serde(deserialize_with = "present")]
    full_database_id: Option<serde_json::Value>,
    body: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    author_association: String,
    #[serde(deserialize_with = "present")]
    author: Option<Actor>,
}

impl IssueSeen {
    /// Its comments, where all of them are there and each has a number.
    pub(in super::super) fn take_comments(&mut self) -> Option<Vec<wire::Comment>> {
        self.comments.take()?.whole()?.into_iter().map(CommentSeen::into_wire).collect()
    }

    /// Whether it is certainly open, and its cards on all boards as far as they are shown.
    pub(in super::super) fn take_cards(&mut self) -> Option<(bool, board_wire::Page<IssueItem>)> {
        Some((self.state == "OPEN", self.project_items.take()?))
    }

    /// What it is to us, without its column.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when it is neither open nor closed, or not all its labels are there.
    pub(in super::super) fn into_domain(self) -> Result<Issue, HostError> {
        let what = format!("issue #{}", self.number);
        let author = self.author.map(Actor::into_user);
        Ok(Issue {
            number: IssueNumber(self.number),
            state: match self.state.as_str() {
                "OPEN" => IssueState::Open,
                "CLOSED" => IssueState::Closed,
                other => {
                    let reason = format!("`state` is `{other}`, neither `OPEN` nor `CLOSED`");
                    return Err(malformed(what, reason));
                }
            },
            title: self.title,
            body: self.body,
            status: None,
            labels: names(self.labels)
                .ok_or_else(|| malformed(&what, "not all of its labels are shown"))?,
            author_trust: trust::of_author(author.as_ref(), Some(&self.author_association)),
            author: author.map_or_else(|| GHOST.to_owned(), |user| user.login),
            url: self.url,
            created_at: self.created_at,
            updated_at: self.updated_at,
            closed_at: None,
        })
    }
}

impl CommentSeen {
    fn into_wire(self) -> Option<wire::Comment> {
        // A number of this size is sent as text.
        let id = match self.full_database_id? {
            serde_json::Value::String(text) => text.parse().ok()?,
            number => number.as_u64()?,
        };
        Some(wire::Comment {
            id,
            body: Some(self.body),
            user: self.author.map(Actor::into_user),
            author_association: Some(self.author_association),
            created_at: self.created_at,
            updated_at: Some(self.updated_at),
        })
    }
}
