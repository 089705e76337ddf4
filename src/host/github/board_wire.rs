//! What GitHub answers about boards, as far as we read it, and what it means. A field that is missing is an error; what a token may not
//! see, a draft and a pull request are no cards of ours.

use serde::Deserialize;

use super::board_columns::{ColumnNames, ColumnOption, Columns};
pub(super) use super::card_wire::{Added, IssueAnswer, IssueItem, Moved};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::BoardStatus;
use crate::host::HostError;

/// The answer to a question about a board by its owner.
#[derive(Debug, Deserialize)]
pub(super) struct OwnerAnswer<P> {
    #[serde(rename = "repositoryOwner")]
    owner: Option<Owner<P>>,
}

#[derive(Debug, Deserialize)]
struct Owner<P> {
    #[serde(rename = "projectV2")]
    project: Option<P>,
}

impl<P> OwnerAnswer<P> {
    /// The board, if there is one that the token may see.
    pub(super) fn project(self) -> Option<P> {
        self.owner.and_then(|owner| owner.project)
    }
}

/// A board.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    id: String,
    url: String,
    closed: bool,
    field: Option<Field>,
}

/// The field `Status`; people can make one of another kind.
#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum Field {
    ProjectV2SingleSelectField {
        id: String,
        options: Vec<ColumnOption>,
    },
    #[serde(other)]
    Other,
}

impl Project {
    /// The columns of an open board.
    ///
    /// # Errors
    ///
    /// [`HostError::Refused`] when the board is closed, [`HostError::Denied`] when it has no columns.
    pub(super) fn columns(self, owner: &str, number: u64) -> Result<Columns, HostError> {
        let what = format!("the board {}", self.url);
        if self.closed {
            return Err(HostError::Refused {
                what,
                reason:
                    "it is closed; reopen it, or take `project_number` out of the configuration"
                        .to_owned(),
            });
        }
        let Some(Field::ProjectV2SingleSelectField { id: field, options }) = self.field else {
            return Err(HostError::Denied {
                what,
                reason: "it has no field `Status` of the kind single select".to_owned(),
                mend: "add the field `Status` with the columns to the board".to_owned(),
            });
        };
        Ok(Columns {
            owner: owner.to_owned(),
            number,
            project: self.id,
            url: self.url,
            field,
            options,
        })
    }
}

/// A page of a board.
#[derive(Debug, Deserialize)]
pub(super) struct BoardPage {
    #[serde(flatten)]
    pub(super) project: Project,
    pub(super) items: Page<Item>,
}

/// A page of a list; entries that the token may not see are null.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    #[serde(rename = "pageInfo")]
    info: PageInfo,
    nodes: Vec<Option<T>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins, if there is one. `after` is where this one began.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when there is a next page but no way to it.
    pub(super) fn next(
        &self,
        what: &str,
        after: Option<&str>,
    ) -> Result<Option<String>, HostError> {
        if !self.info.has_next_page {
            return Ok(None);
        }
        match &self.info.end_cursor {
            Some(cursor) if Some(cursor.as_str()) != after => Ok(Some(cursor.clone())),
            _ => Err(HostError::Malformed {
                what: what.to_owned(),
                reason: "`pageInfo` says that there is a next page but not where".to_owned(),
            }),
        }
    }

    /// The entries that we may see.
    pub(super) fn entries(self) -> impl Iterator<Item = T> {
        self.nodes.into_iter().flatten()
    }
}

/// A card on a page of the board.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    is_archived: bool,
    field_value_by_name: Option<Value>,
    content: Option<Content>,
}

/// The card's value of the field `Status`.
#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(super) enum Value {
    ProjectV2ItemFieldSingleSelectValue {
        name: Option<String>,
    },
    #[serde(other)]
    Other,
}

impl Value {
    /// The name of the column, if there is one.
    pub(super) fn into_name(self) -> Option<String> {
        match self {
            Self::ProjectV2ItemFieldSingleSelectValue { name } => name,
            Self::Other => None,
        }
    }
}

/// What a card is about.
#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum Content {
    Issue {
        number: u64,
        state: State,
        repository: Repository,
    },
    #[serde(other)]
    Other,
}

/// Whether an issue is open, as far as we know the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum State {
    Open,
    Closed,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    name_with_owner: String,
}

/// An issue that is on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    /// `owner/name` in lower case.
    pub(super) repository: String,
    /// The issue.
    pub(super) number: IssueNumber,
    /// Whether the issue is certainly open.
    pub(super) is_open: bool,
    /// Its column, if it lies in one of ours.
    pub(super) status: Option<BoardStatus>,
}

impl Item {
    /// The card as we see it; none for what is archived, hidden from us, or no issue.
    pub(super) fn card(self, names: &ColumnNames) -> Option<Card> {
        let Some(Content::Issue { number, state, repository }) = self.content else { return None };
        if self.is_archived {
            return None;
        }
        let name = self.field_value_by_name.and_then(Value::into_name);
        Some(Card {
            repository: repository.name_with_owner.to_ascii_lowercase(),
            number: IssueNumber(number),
            is_open: state == State::Open,
            status: name.and_then(|name| names.status_of(&name)),
        })
    }
}

#[cfg(test)]
mod tests;
