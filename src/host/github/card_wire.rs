//! What GitHub answers about the cards of one issue and about changes of them.

use jiff::Timestamp;
use serde::Deserialize;

use super::board_columns::ColumnNames;
use super::board_wire::{Page, Project, State, Value};
use crate::domain::issue::BoardStatus;
use crate::host::HostError;

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

/// The answer to a move.
#[derive(Debug, Deserialize)]
pub(super) struct Moved {
    #[serde(rename = "updateProjectV2ItemFieldValue")]
    change: Option<MovedCard>,
}

#[derive(Debug, Deserialize)]
struct MovedCard {
    #[serde(rename = "projectV2Item")]
    item: Option<MovedItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MovedItem {
    field_value_by_name: Option<Value>,
}

impl Moved {
    /// The column in which the card lies now, as far as the answer shows one of ours.
    pub(super) fn status(self, names: &ColumnNames) -> Option<BoardStatus> {
        let value = self.change?.item?.field_value_by_name?;
        names.status_of(&value.into_name()?)
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
