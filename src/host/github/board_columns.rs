//! The columns of a board: which option of its `Status` field is which column of ours, remembered on disk, and what is said when one is
//! missing. Pure but for the file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::issue::BoardStatus;
use crate::host::HostError;
use crate::sys::files;
use crate::text::clean;

/// A file of columns is far smaller.
const MOST_BYTES: u64 = 256 * 1024;
/// Longest name of a column that a message repeats.
const NAME_LENGTH: usize = 60;

/// What the operator calls the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnNames {
    /// Not chosen yet.
    pub backlog: String,
    /// May be dispatched.
    pub ready: String,
    /// Worked on.
    pub in_progress: String,
    /// Waits for a person.
    pub blocked: String,
    /// Finished.
    pub done: String,
}

impl ColumnNames {
    /// The name of a column.
    pub fn of(&self, status: BoardStatus) -> &str {
        match status {
            BoardStatus::Backlog => &self.backlog,
            BoardStatus::Ready => &self.ready,
            BoardStatus::InProgress => &self.in_progress,
            BoardStatus::Blocked => &self.blocked,
            BoardStatus::Done => &self.done,
        }
    }

    /// Which column of ours a name on the board means; none when it is a column that we do not know.
    pub(super) fn status_of(&self, name: &str) -> Option<BoardStatus> {
        let exactly = BoardStatus::ALL.into_iter().find(|status| self.of(*status) == name);
        exactly.or_else(|| {
            BoardStatus::ALL.into_iter().find(|status| is_same_name(self.of(*status), name))
        })
    }
}

impl Default for ColumnNames {
    /// The names of `BoardStatus`.
    fn default() -> Self {
        let name = |status: BoardStatus| status.as_str().to_owned();
        Self {
            backlog: name(BoardStatus::Backlog),
            ready: name(BoardStatus::Ready),
            in_progress: name(BoardStatus::InProgress),
            blocked: name(BoardStatus::Blocked),
            done: name(BoardStatus::Done),
        }
    }
}

/// The key of the configuration that says what a column is called.
fn key_of(status: BoardStatus) -> &'static str {
    match status {
        BoardStatus::Backlog => "backlog_value",
        BoardStatus::Ready => "ready_value",
        BoardStatus::InProgress => "in_progress_value",
        BoardStatus::Blocked => "blocked_value",
        BoardStatus::Done => "done_value",
    }
}

/// Whether two names differ only in letter case, spaces, signs and emoji. Names without any letter or digit must be the same.
pub(super) fn is_same_name(ours: &str, theirs: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (plain_ours, plain_theirs) = (plain(ours), plain(theirs));
    if plain_ours.is_empty() { ours.trim() == theirs.trim() } else { plain_ours == plain_theirs }
}

/// An option of the field `Status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ColumnOption {
    /// What a write names.
    pub(super) id: String,
    /// What people read.
    pub(super) name: String,
}

/// A board, as far as a write needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Columns {
    /// Account that the board belongs to.
    pub(super) owner: String,
    /// Its number there.
    pub(super) number: u64,
    /// Its node id.
    pub(super) project: String,
    /// Where a person sees it.
    pub(super) url: String,
    /// Node id of the field `Status`.
    pub(super) field: String,
    /// Its options, in the order of the board.
    pub(super) options: Vec<ColumnOption>,
}

impl Columns {
    /// The option that is a column of ours.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] with the names that there are, and the key of the configuration that mends it.
    pub(super) fn option(
        &self,
        names: &ColumnNames,
        status: BoardStatus,
    ) -> Result<&ColumnOption, HostError> {
        let wanted = names.of(status);
        let exactly = self.options.iter().find(|option| option.name == wanted);
        exactly
            .or_else(|| self.options.iter().find(|option| is_same_name(wanted, &option.name)))
            .ok_or_else(|| self.without(wanted, status))
    }

    fn without(&self, wanted: &str, status: BoardStatus) -> HostError {
        let there: Vec<String> = self
            .options
            .iter()
            .map(|option| format!("`{}`", clean::one_line(&option.name, NAME_LENGTH)))
            .collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        let key = key_of(status);
        HostError::Denied {
            what: format!("the board {}", self.url),
            reason: format!("it has no column `{wanted}`; its columns are {there}"),
            mend: format!(
                "write `{key}: <name of the column>` in the configuration, or add the column `{wanted}` to the field Status of the board"
            ),
        }
    }

    /// Reads what an earlier process kept of this board. Anything that is not exactly that counts as nothing.
    pub(super) fn remembered(file: &Path, owner: &str, number: u64) -> Option<Self> {
        let text = files::read_text(file, MOST_BYTES).ok()?;
        let columns: Self = serde_json::from_str(&text).ok()?;
        let is_ours = columns.owner.eq_ignore_ascii_case(owner) && columns.number == number;
        is_ours.then_some(columns)
    }

    /// Keeps the columns for later processes. A disk that refuses costs a query later and nothing else.
    pub(super) fn remember(&self, file: &Path) {
        let Ok(text) = serde_json::to_vec_pretty(self) else { return };
        let folder = file.parent().unwrap_or(Path::new("."));
        let kept = files::make_dir(folder).and_then(|()| files::replace(file, &text));
        if let Err(error) = kept {
            tracing::warn!(%error, "the columns of the board are not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Columns {
        let options = names
            .iter()
            .enumerate()
            .map(|(at, name)| ColumnOption { id: format!("o{at}"), name: (*name).to_owned() })
            .collect();
        Columns {
            owner: "acme".to_owned(),
            number: 3,
            project: "PVT_1".to_owned(),
            url: "https://github.com/orgs/acme/projects/3".to_owned(),
            field: "F_1".to_owned(),
            options,
        }
    }

    #[test]
    fn names_are_the_same_whatever_their_case_blanks_and_emoji() {
        for (ours, theirs, same) in [
            ("Ready", "Ready", true),
            ("Ready", "ready", true),
            ("Ready", "✅ Ready", true),
            ("In Progress", "in-progress", true),
            ("In Progress", "🏗 In  progress ", true),
            ("Ready", "Ready 2", false),
            ("Ready", "Already", false),
            ("Ready", "", false),
            ("🚀", "🚀 ", true),
            ("🚀", "🐌", false),
            ("🚀", "", false),
            ("Übernommen", "übernommen", true),
            ("完了", "完了", true),
        ] {
            assert_eq!(is_same_name(ours, theirs), same, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn a_column_that_is_none_of_ours_is_no_column() {
        let names = ColumnNames { ready: "Todo".to_owned(), ..ColumnNames::default() };
        for (name, status) in [
            ("Todo", Some(BoardStatus::Ready)),
            ("todo 📋", Some(BoardStatus::Ready)),
            ("Ready", None),
            ("Review", None),
            ("", None),
            ("Done", Some(BoardStatus::Done)),
            ("in progress", Some(BoardStatus::InProgress)),
        ] {
            assert_eq!(names.status_of(name), status, "{name:?}");
        }
    }

    #[test]
    fn the_exact_name_wins_over_one_that_is_nearly_the_same() {
        let columns = columns(&["ready!", "Ready", "Done"]);
        let names = ColumnNames::default();
        assert_eq!(columns.option(&names, BoardStatus::Ready).unwrap().id, "o1");
        assert_eq!(columns.option(&names, BoardStatus::Done).unwrap().id, "o2");
        let swapped = ColumnNames {
            backlog: "Ready!".to_owned(),
            ready: "Ready".to_owned(),
            ..ColumnNames::default()
        };
        assert_eq!(swapped.status_of("Ready"), Some(BoardStatus::Ready));
        assert_eq!(swapped.status_of("Ready!"), Some(BoardStatus::Backlog));
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are_and_the_key_that_mends_it() {
        let columns = columns(&["Todo", "In Progress", "Do\u{1b}[31mne"]);
        for (status, wanted, key) in [
            (BoardStatus::Backlog, "Backlog", "backlog_value"),
            (BoardStatus::Ready, "Ready", "ready_value"),
            (BoardStatus::Blocked, "Blocked", "blocked_value"),
        ] {
            let error = columns.option(&ColumnNames::default(), status).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "the board https://github.com/orgs/acme/projects/3: it has no column `{wanted}`; its columns are `Todo`, `In Progress`, `Done`"
                )
            );
            assert!(error.mend().unwrap().starts_with(&format!("write `{key}: ")), "{error:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_the_same_board_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cache/boards/acme-3.json");
        assert_eq!(Columns::remembered(&file, "acme", 3), None);
        let columns = columns(&["Ready"]);
        columns.remember(&file);
        assert_eq!(Columns::remembered(&file, "Acme", 3), Some(columns));
        assert_eq!(Columns::remembered(&file, "acme", 4), None);
        assert_eq!(Columns::remembered(&file, "other", 3), None);
        let torn = files::read_text(&file, MOST_BYTES).unwrap();
        files::replace(&file, &torn.as_bytes()[..torn.len() / 2]).unwrap();
        assert_eq!(Columns::remembered(&file, "acme", 3), None);
    }

    #[test]
    fn what_is_remembered_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("acme-3.json");
        columns(&["Ready"]).remember(&file);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
