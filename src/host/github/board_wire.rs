//! What GitHub answers about boards, as far as we read it, and what it means. A field that is missing is an error; what a token may not
//! see, a draft and a pull request are no cards of ours.

use jiff::Timestamp;
use serde::Deserialize;

use super::board_columns::{ColumnNames, ColumnOption, Columns};
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
enum Value {
    ProjectV2ItemFieldSingleSelectValue {
        name: Option<String>,
    },
    #[serde(other)]
    Other,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
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
        let name = match self.field_value_by_name {
            Some(Value::ProjectV2ItemFieldSingleSelectValue { name }) => name,
            Some(Value::Other) | None => None,
        };
        Some(Card {
            repository: repository.name_with_owner.to_ascii_lowercase(),
            number: IssueNumber(number),
            is_open: state == State::Open,
            status: name.and_then(|name| names.status_of(&name)),
        })
    }
}

/// The answer to a question about the cards of one issue.
#[derive(Debug, Deserialize)]
pub(super) struct IssueAnswer {
    repository: Option<IssueOfRepository>,
}

#[derive(Debug, Deserialize)]
struct IssueOfRepository {
    issue: Option<IssueCards>,
}

/// An issue and its cards on all boards.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueCards {
    /// Its node id.
    pub(super) id: String,
    state: State,
    pub(super) project_items: Page<IssueItem>,
}

impl IssueAnswer {
    /// The issue, if there is one that the token may see.
    pub(super) fn issue(self) -> Option<IssueCards> {
        self.repository.and_then(|repository| repository.issue)
    }
}

impl IssueCards {
    /// Whether the issue is certainly open.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }
}

/// A card of an issue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueItem {
    /// Its node id.
    pub(super) id: String,
    /// Whether somebody put it away.
    pub(super) is_archived: bool,
    field_value_by_name: Option<DatedValue>,
    project: OwnedProject,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum DatedValue {
    #[serde(rename_all = "camelCase")]
    ProjectV2ItemFieldSingleSelectValue {
        name: Option<String>,
        created_at: Timestamp,
        updated_at: Timestamp,
        creator: Option<Account>,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Account {
    login: String,
}

#[derive(Debug, Deserialize)]
struct OwnedProject {
    number: u64,
    owner: BoardOwner,
    #[serde(flatten)]
    project: Project,
}

/// Boards of old can belong to other things than accounts; those have no login.
#[derive(Debug, Deserialize)]
struct BoardOwner {
    login: Option<String>,
}

/// Who put a card into the column in which it lies, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The account; nobody where it is gone.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl IssueItem {
    /// Whether it lies on this board.
    pub(super) fn is_on(&self, owner: &str, number: u64) -> bool {
        let login = self.project.owner.login.as_deref();
        self.project.number == number && login.is_some_and(|l| l.eq_ignore_ascii_case(owner))
    }

    /// Its column, if it lies in one of ours.
    pub(super) fn status(&self, names: &ColumnNames) -> Option<BoardStatus> {
        match &self.field_value_by_name {
            Some(DatedValue::ProjectV2ItemFieldSingleSelectValue { name: Some(name), .. }) => {
                names.status_of(name)
            }
            _ => None,
        }
    }

    /// Who put it where it lies. GitHub names only who gave the card its first column, so a card that was moved since tells nobody.
    pub(super) fn change(&self) -> Option<StatusChange> {
        match &self.field_value_by_name {
            Some(DatedValue::ProjectV2ItemFieldSingleSelectValue {
                created_at,
                updated_at,
                creator,
                ..
            }) if created_at == updated_at => Some(StatusChange {
                by: creator.as_ref().map(|account| account.login.clone()),
                at: *created_at,
            }),
            _ => None,
        }
    }

    /// The board that it lies on.
    pub(super) fn into_project(self) -> Project {
        self.project.project
    }
}

/// The answer to a new card.
#[derive(Debug, Deserialize)]
pub(super) struct Added {
    #[serde(rename = "addProjectV2ItemById")]
    card: Option<NewCard>,
}

#[derive(Debug, Deserialize)]
struct NewCard {
    item: Option<NewItem>,
}

#[derive(Debug, Deserialize)]
struct NewItem {
    id: String,
}

impl Added {
    /// The node id of the card.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when the answer names none.
    pub(super) fn item(self, board: &str) -> Result<String, HostError> {
        let item = self.card.and_then(|card| card.item);
        item.map(|item| item.id).ok_or_else(|| HostError::Malformed {
            what: format!("the answer about the new card on the board {board}"),
            reason: "it names no card".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
