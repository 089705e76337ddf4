//! A Projects v2 board: which issues lie in Ready, and where one issue lies. One value for all repositories that share the
//! board, so that its cards are read once per process.

mod columns_made;
mod moves;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::board_columns::{ColumnNames, Columns};
use super::board_wire::{BoardPage, Card, IssueAnswer, IssueItem, OwnerAnswer, Page, Project};
pub use super::card_wire::StatusChange;
use super::client::{Client, Reads};
use super::endpoints::{self, Document};
use super::wire::malformed;
use crate::domain::ids::{IssueNumber, RepoSlug};
use crate::domain::issue::BoardStatus;
use crate::host::HostError;

/// More pages than GitHub lets a board have; a list that is longer goes in circles.
const MOST_PAGES: usize = 1000;

/// From what a board is built.
pub struct BoardOptions {
    /// The client of the account.
    pub client: Rc<Client>,
    /// The user or organisation that the board belongs to.
    pub owner: String,
    /// Its number there.
    pub number: u64,
    /// What its columns are called.
    pub names: ColumnNames,
    /// File that keeps the ids of its columns for later processes.
    pub cache_file: PathBuf,
}

/// A board. Asks nothing before it is needed.
pub struct ProjectBoard {
    options: BoardOptions,
    /// All cards, once they were read in this process.
    cards: RefCell<Option<Cards>>,
    /// Held while the cards are read: whoever comes second finds them read.
    reading: Mutex<()>,
    /// The columns as last seen by this process.
    columns: RefCell<Option<Columns>>,
}

/// Cards by repository in lower case and number.
type Cards = BTreeMap<(String, IssueNumber), Card>;

/// An issue and its card on this board.
struct Found {
    issue: String,
    is_open: bool,
    item: Option<IssueItem>,
}

impl ProjectBoard {
    /// Describes a board.
    pub fn new(options: BoardOptions) -> Self {
        Self {
            options,
            cards: RefCell::default(),
            reading: Mutex::default(),
            columns: RefCell::default(),
        }
    }

    /// The open issues of a repository that lie in Ready, to the last card of the board. `Remembered` asks once per process.
    ///
    /// # Errors
    ///
    /// [`HostError::Refused`] when the board is closed, [`HostError::Denied`] when it cannot be seen or lacks the column Ready; else as
    /// [`Client::graphql`].
    pub async fn ready_numbers(
        &self,
        slug: &RepoSlug,
        reads: Reads,
    ) -> Result<Vec<IssueNumber>, HostError> {
        self.read_cards(reads).await?;
        let repository = slug.as_str().to_ascii_lowercase();
        let cards = self.cards.borrow();
        Ok(cards
            .iter()
            .flat_map(BTreeMap::values)
            .filter(|card| card.repository == repository && card.is_open)
            .filter(|card| card.status == Some(BoardStatus::Ready))
            .map(|card| card.number)
            .collect())
    }

    /// The column in which an issue lies; none when it is not on the board, archived there, or in a column that is none of ours.
    ///
    /// # Errors
    ///
    /// [`HostError::NotFound`] when there is no such issue; else as [`ProjectBoard::ready_numbers`].
    pub async fn status_of(
        &self,
        slug: &RepoSlug,
        number: IssueNumber,
        reads: Reads,
    ) -> Result<Option<BoardStatus>, HostError> {
        if reads == Reads::Remembered
            && let Some(cards) = self.cards.borrow().as_ref()
        {
            return Ok(cards.get(&key(slug, number)).and_then(|card| card.status));
        }
        let found = self.find(slug, number).await?;
        let is_open = found.is_open;
        let shown = found.item.filter(|item| !item.is_archived);
        let status = shown.as_ref().and_then(|item| item.status(&self.options.names));
        if let Some(item) = shown {
            self.columns_of(item.into_project())?;
        }
        self.note(slug, number, is_open, status);
        Ok(status)
    }

    /// The column in which an issue lies by cards that another document has shown.
    ///
    /// # Errors
    ///
    /// When those do not tell.
    pub(super) fn status_by(
        &self,
        slug: &RepoSlug,
        number: IssueNumber,
        (is_open, cards): (bool, Page<IssueItem>),
    ) -> Result<Option<BoardStatus>, HostError> {
        let what = format!("the cards of issue {slug}{number}");
        let (owner, board) = (&self.options.owner, self.options.number);
        let more = cards.next(&what, None)?;
        let item = cards.entries().find(|item| item.is_on(owner, board));
        if item.is_none() && more.is_some() {
            return Err(malformed(what, "not all of them are shown"));
        }
        let shown = item.filter(|item| !item.is_archived);
        let status = shown.as_ref().and_then(|item| item.status(&self.options.names));
        if let Some(item) = shown {
            self.columns_of(item.into_project())?;
        }
        self.note(slug, number, is_open, status);
        Ok(status)
    }

    /// Who put an issue into Ready, where it still lies; none when it does not lie there, or GitHub does not say who it was.
    ///
    /// # Errors
    ///
    /// As [`ProjectBoard::status_of`].
    pub async fn status_events(
        &self,
        slug: &RepoSlug,
        number: IssueNumber,
    ) -> Result<Option<StatusChange>, HostError> {
        let item = self.find(slug, number).await?.item.filter(|item| !item.is_archived);
        Ok(item
            .filter(|item| item.status(&self.options.names) == Some(BoardStatus::Ready))
            .and_then(|item| item.change()))
    }

    /// Finds out whether the board can be used: visible, open, and with every column. Asks only what this process has not read already.
    ///
    /// # Errors
    ///
    /// As [`ProjectBoard::ready_numbers`], for the first column that is missing.
    pub async fn check(&self) -> Result<(), HostError> {
        let read = self.columns.borrow().clone();
        let columns = match read {
            Some(columns) => columns,
            None => self.read_columns().await?,
        };
        for status in BoardStatus::ALL {
            columns.option(&self.options.names, status)?;
        }
        Ok(())
    }

    /// Reads all cards, unless they are read and that is good enough.
    async fn read_cards(&self, reads: Reads) -> Result<(), HostError> {
        let _reading = self.reading.lock().await;
        if reads == Reads::Remembered && self.cards.borrow().is_some() {
            return Ok(());
        }
        let mut cards = Cards::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let variables = self.variables(after.as_deref());
            let page: BoardPage = self.ask_board(&endpoints::BOARD_ITEMS, variables).await?;
            if after.is_none() {
                let columns = self.columns_of(page.project)?;
                columns.option(&self.options.names, BoardStatus::Ready)?;
            }
            after = page.items.next(&self.what(), after.as_deref())?;
            let seen = page.items.entries().filter_map(|item| item.card(&self.options.names));
            cards.extend(seen.map(|card| ((card.repository.clone(), card.number), card)));
            if after.is_none() {
                *self.cards.borrow_mut() = Some(cards);
                return Ok(());
            }
        }
        Err(endless(self.what()))
    }

    /// Finds an issue and its card on this board.
    async fn find(&self, slug: &RepoSlug, number: IssueNumber) -> Result<Found, HostError> {
        let what = format!("issue {slug}{number}");
        let missing = || HostError::NotFound { what: what.clone() };
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let variables = json!({
                "owner": slug.owner(), "name": slug.name(), "number": number.0, "after": after,
            });
            let answer = self.options.client.graphql(&endpoints::ISSUE_CARD, variables).await;
            let answer: IssueAnswer = answer.map_err(|error| match error {
                HostError::NotFound { .. } => missing(),
                other => other,
            })?;
            let issue = answer.issue().ok_or_else(missing)?;
            let is_open = issue.is_open();
            after = issue.project_items.next(&format!("the cards of {what}"), after.as_deref())?;
            let (owner, board) = (&self.options.owner, self.options.number);
            let item = issue.project_items.entries().find(|item| item.is_on(owner, board));
            if item.is_some() || after.is_none() {
                return Ok(Found { issue: issue.id, is_open, item });
            }
        }
        Err(endless(format!("the cards of {what}")))
    }

    async fn read_columns(&self) -> Result<Columns, HostError> {
        let variables = json!({ "owner": self.options.owner, "number": self.options.number });
        let project = self.ask_board::<Project>(&endpoints::BOARD_COLUMNS, variables).await?;
        self.columns_of(project)
    }

    /// The columns of the board as just read; kept when they are not what was kept before.
    fn columns_of(&self, project: Project) -> Result<Columns, HostError> {
        let BoardOptions { cache_file, owner, number, .. } = &self.options;
        let columns = project.columns(owner, *number)?;
        let seen = self.columns.replace(Some(columns.clone()));
        let kept = seen.or_else(|| Columns::remembered(cache_file, owner, *number));
        if kept.as_ref() != Some(&columns) {
            columns.remember(cache_file);
        }
        Ok(columns)
    }

    /// Asks about the board itself. A board that is not there and one that the token may not see look the same.
    async fn ask_board<P: DeserializeOwned>(
        &self,
        document: &'static Document,
        variables: Value,
    ) -> Result<P, HostError> {
        match self.options.client.graphql::<OwnerAnswer<P>>(document, variables).await {
            Ok(answer) => answer.project().ok_or_else(|| self.invisible()),
            Err(HostError::NotFound { .. }) => Err(self.invisible()),
            Err(other) => Err(other),
        }
    }

    fn variables(&self, after: Option<&str>) -> Value {
        json!({ "owner": self.options.owner, "number": self.options.number, "after": after })
    }

    fn what(&self) -> String {
        format!("board {} of {}", self.options.number, self.options.owner)
    }

    fn invisible(&self) -> HostError {
        HostError::Denied {
            what: self.what(),
            reason: "there is none, or the token may not see it".to_owned(),
            mend: "compare `project_number` and `github_owner` with the board's address; a token needs the scope `project`: `gh auth refresh -s project`"
                .to_owned(),
        }
    }

    /// Keeps what was just seen or done, where all cards are kept.
    fn note(
        &self,
        slug: &RepoSlug,
        number: IssueNumber,
        is_open: bool,
        status: Option<BoardStatus>,
    ) {
        if let Some(cards) = self.cards.borrow_mut().as_mut() {
            let (repository, number) = key(slug, number);
            let card = Card { repository: repository.clone(), number, is_open, status };
            cards.insert((repository, number), card);
        }
    }
}

fn key(slug: &RepoSlug, number: IssueNumber) -> (String, IssueNumber) {
    (slug.as_str().to_ascii_lowercase(), number)
}

fn endless(what: String) -> HostError {
    HostError::Malformed { what, reason: format!("it has more than {MOST_PAGES} pages") }
}

#[cfg(test)]
mod tests;
