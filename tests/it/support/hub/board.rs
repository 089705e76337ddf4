//! A project board (Projects v2) of the fake: its fields, columns and items.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::{State, node};

/// The columns of a new board.
pub(crate) const COLUMNS: [&str; 5] = ["Backlog", "Ready", "In Progress", "Blocked", "Done"];

/// A project board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Board {
    /// Its number in the hub.
    pub(crate) id: u64,
    /// Its node id, such as `PVT_kwDO00000012`.
    pub(crate) node: String,
    /// Its number below its owner.
    pub(crate) number: u64,
    /// The login of its owner.
    pub(crate) owner: String,
    /// The title.
    pub(crate) title: String,
    /// Whether it was closed.
    pub(crate) closed: bool,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Fields with options; `Status` is the first.
    pub(crate) fields: Vec<Field>,
    /// The items, in their order.
    pub(crate) items: Vec<Item>,
}

/// A field with options (single select).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its node id.
    pub(crate) node: String,
    /// Its name.
    pub(crate) name: String,
    /// Its options: id (eight hexadecimal digits) and name.
    pub(crate) options: Vec<(String, String)>,
}

/// An item of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its number in the hub.
    pub(crate) id: u64,
    /// Its node id, such as `PVTI_kwDO00000013`.
    pub(crate) node: String,
    /// What it shows.
    pub(crate) content: Content,
    /// Whether it was archived.
    pub(crate) archived: bool,
    /// The chosen option (by id) of each field (by node id).
    pub(crate) values: BTreeMap<String, String>,
    /// When it was added.
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    pub(crate) updated_at: Timestamp,
}

/// What an item shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// An issue or a pull request: repository id and number.
    Issue(u64, u64),
    /// A note with title and text.
    Draft(String, String),
    /// Something that the viewer may not see.
    Redacted,
}

impl State {
    /// Adds a board with the five columns and returns its number.
    pub(crate) fn add_board(&mut self, owner: &str, title: &str) -> u64 {
        let at = self.write();
        let (id, field) = (self.id(), self.id());
        let number = 1 + self.boards.iter().filter(|board| board.owner == owner).count() as u64;
        let options = (1_u64..)
            .zip(COLUMNS)
            .map(|(place, name)| (format!("{:08x}", id * 256 + place), name.to_owned()))
            .collect();
        self.boards.push(Board {
            id,
            node: node("PVT", id),
            number,
            owner: owner.to_owned(),
            title: title.to_owned(),
            closed: false,
            created_at: at,
            fields: vec![Field { node: node("PVTSSF", field), name: "Status".to_owned(), options }],
            items: Vec::new(),
        });
        number
    }
}

impl State {
    /// Puts an issue on a board, in a column.
    pub(crate) fn put_on_board(
        &mut self,
        owner: &str,
        board: u64,
        repo: &str,
        issue: u64,
        column: &str,
    ) {
        let repo = self.repo(repo).unwrap().id;
        self.put_card(owner, board, Content::Issue(repo, issue), false, column);
    }

    /// Puts anything on a board, in a column.
    pub(crate) fn put_card(
        &mut self,
        owner: &str,
        board: u64,
        content: Content,
        archived: bool,
        column: &str,
    ) {
        let (at, id) = (self.write(), self.id());
        let board = self.board_mut(owner, board);
        let field = &board.fields[0];
        let option = field.options.iter().find(|(_, name)| name == column).unwrap().0.clone();
        let values = BTreeMap::from([(field.node.clone(), option)]);
        let node = node("PVTI", id);
        let item = Item { id, node, content, archived, values, created_at: at, updated_at: at };
        board.items.push(item);
    }

    /// The column of an issue's card.
    pub(crate) fn column_of(
        &mut self,
        owner: &str,
        board: u64,
        repo: &str,
        issue: u64,
    ) -> Option<String> {
        let repo = self.repo(repo).unwrap().id;
        let board = self.board_mut(owner, board);
        let item = board.items.iter().find(|item| item.content == Content::Issue(repo, issue))?;
        let chosen = item.values.get(&board.fields[0].node)?;
        board.fields[0].options.iter().find(|(id, _)| id == chosen).map(|(_, name)| name.clone())
    }

    /// A board, to be changed.
    pub(crate) fn board_mut(&mut self, owner: &str, number: u64) -> &mut Board {
        self.boards.iter_mut().find(|b| b.owner == owner && b.number == number).unwrap()
    }
}
