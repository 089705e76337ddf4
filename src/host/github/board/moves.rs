//! Moving an issue on a board, and putting it there.

use serde_json::json;

use super::super::board_columns::Columns;
use super::super::board_wire::{Added, Moved};
use super::super::endpoints;
use super::{BoardOptions, ProjectBoard};
use crate::crash_point;
use crate::domain::ids::{IssueNumber, RepoSlug};
use crate::domain::issue::BoardStatus;
use crate::host::HostError;

impl ProjectBoard {
    /// Moves an issue to a column, and puts it on the board first if it is not there. A card that somebody archived stays as it is. Reads
    /// nothing back.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] when the board lacks the column; else as [`ProjectBoard::status_of`]. The issue may be on the board then
    /// without having been moved.
    pub async fn set_status(
        &self,
        slug: &RepoSlug,
        number: IssueNumber,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        let found = self.find(slug, number).await?;
        let is_open = found.is_open;
        let shown = match found.item {
            Some(item) if item.is_archived => return Ok(None),
            Some(item) => {
                let present = item.status(&self.options.names);
                let id = item.id.clone();
                let columns = self.columns_of(item.into_project())?;
                if present == Some(status) {
                    present
                } else {
                    self.move_card(&columns, &id, status).await?
                }
            }
            None => self.add(&found.issue, status).await?,
        };
        self.note(slug, number, is_open, Some(status));
        Ok(shown)
    }

    /// Puts an issue on the board and moves it. Ids of an earlier process may be out of date, which GitHub says by refusing them.
    async fn add(
        &self,
        issue: &str,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        let Some(known) = self.known_columns(status) else {
            return self.add_by(&self.read_columns().await?, issue, status).await;
        };
        let added = self.add_by(&known, issue, status).await;
        if !matches!(added, Err(HostError::NotFound { .. } | HostError::Refused { .. })) {
            return added;
        }
        let columns = self.read_columns().await?;
        if columns == known { added } else { self.add_by(&columns, issue, status).await }
    }

    async fn add_by(
        &self,
        columns: &Columns,
        issue: &str,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        // The column is looked for first: an issue is not put on a board on which it then cannot be moved.
        columns.option(&self.options.names, status)?;
        let variables = json!({ "project": columns.project, "issue": issue });
        let added: Added = self.options.client.graphql(&endpoints::ADD_CARD, variables).await?;
        crash_point!("github.board.added");
        self.move_card(columns, &added.item(&columns.url)?, status).await
    }

    async fn move_card(
        &self,
        columns: &Columns,
        item: &str,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        let option = columns.option(&self.options.names, status)?;
        let variables = json!({
            "project": columns.project, "item": item, "field": columns.field, "option": option.id,
        });
        let moved: Moved = self.options.client.graphql(&endpoints::MOVE_CARD, variables).await?;
        Ok(moved.status(&self.options.names))
    }

    /// The columns that this process or an earlier one has seen, if the wanted one is among them.
    fn known_columns(&self, status: BoardStatus) -> Option<Columns> {
        let seen = self.columns.borrow().clone();
        let BoardOptions { cache_file, owner, number, names, .. } = &self.options;
        seen.or_else(|| Columns::remembered(cache_file, owner, *number))
            .filter(|columns| columns.option(names, status).is_ok())
    }
}
