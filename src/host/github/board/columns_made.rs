//! Columns that a board lacks: looked for, and made on a board without cards. GitHub replaces all columns at once and gives each a new id,
//! by which every card would lose its column; on a board with cards a person adds them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProjectBoard;
use crate::domain::issue::BoardStatus;
use crate::host::github::board_columns::is_same_name;
use crate::host::github::endpoints;
use crate::host::{HostError, MissingColumns};

/// A board with its cards counted.
#[derive(Debug, Deserialize)]
struct Counted {
    items: Count,
    field: Option<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total_count: u64,
}

/// The field `Status`; people can make one of another kind.
#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum Field {
    ProjectV2SingleSelectField {
        id: String,
        options: Vec<Column>,
    },
    #[serde(other)]
    Other,
}

/// A column with what a person gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    name: String,
    color: String,
    description: String,
}

/// The field, its columns, those that it lacks, and how many cards there are.
struct Seen {
    field: String,
    columns: Vec<Column>,
    missing: Vec<Column>,
    cards: u64,
}

impl ProjectBoard {
    /// The columns that the board lacks, and whether they can be made.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] when it cannot be seen or has no field `Status`; else as the client's.
    pub async fn missing_columns(&self) -> Result<MissingColumns, HostError> {
        let seen = self.seen().await?;
        Ok(MissingColumns {
            names: seen.missing.into_iter().map(|column| column.name).collect(),
            can_be_made: seen.cards == 0,
        })
    }

    /// Makes the columns that the board lacks, beside those it has; looks first.
    ///
    /// # Errors
    ///
    /// [`HostError::Refused`] where cards lie on the board; else as [`ProjectBoard::missing_columns`].
    pub async fn make_columns(&self) -> Result<(), HostError> {
        let seen = self.seen().await?;
        if seen.missing.is_empty() {
            return Ok(());
        }
        if seen.cards > 0 {
            return Err(HostError::Refused {
                what: self.what(),
                reason: "cards lie on it, and each would lose its column; add the columns by hand"
                    .to_owned(),
            });
        }
        let options = [seen.columns, seen.missing].concat();
        let variables = json!({ "field": seen.field, "options": options });
        let _set: Value = self.options.client.graphql(&endpoints::SET_COLUMNS, variables).await?;
        crate::crash_point!("github.board.columns");
        self.read_columns().await.map(drop)
    }

    async fn seen(&self) -> Result<Seen, HostError> {
        let variables = json!({ "owner": self.options.owner, "number": self.options.number });
        let board = self.ask_board::<Counted>(&endpoints::BOARD_STATUS, variables).await?;
        let Some(Field::ProjectV2SingleSelectField { id: field, options: columns }) = board.field
        else {
            return Err(HostError::Denied {
                what: self.what(),
                reason: "it has no field `Status` of the kind single select".to_owned(),
                mend: "add the field `Status` with the columns to the board".to_owned(),
            });
        };
        let names = &self.options.names;
        let lacks = |status: &BoardStatus| {
            !columns.iter().any(|column| is_same_name(names.of(*status), &column.name))
        };
        let missing = BoardStatus::ALL.into_iter().filter(lacks).map(|status| Column {
            name: names.of(status).to_owned(),
            color: colour(status).to_owned(),
            description: String::new(),
        });
        Ok(Seen { field, missing: missing.collect(), cards: board.items.total_count, columns })
    }
}

/// The colour of a new column.
fn colour(status: BoardStatus) -> &'static str {
    match status {
        BoardStatus::Backlog => "GRAY",
        BoardStatus::Ready => "GREEN",
        BoardStatus::InProgress => "YELLOW",
        BoardStatus::Blocked => "RED",
        BoardStatus::Done => "PURPLE",
    }
}
