//! Issues as every code host shows them: snapshots, independent of a host's JSON or files.

use jiff::Timestamp;

use super::ids::IssueNumber;

/// Where an issue stands in its life on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssueState {
    /// Work may be wanted.
    Open,
    /// Nobody wants work on it.
    Closed,
}

/// A column of the board (`CONTRACT.md` section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum BoardStatus {
    /// Not chosen yet.
    Backlog,
    /// Chosen: may be dispatched.
    Ready,
    /// Being worked on, or waiting for its merge.
    #[serde(rename = "In Progress")]
    InProgress,
    /// Waits for a person.
    Blocked,
    /// Merged or otherwise finished.
    Done,
}

impl BoardStatus {
    /// Every column, in the order of the board.
    pub const ALL: [Self; 5] =
        [Self::Backlog, Self::Ready, Self::InProgress, Self::Blocked, Self::Done];

    /// The column's title.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backlog => "Backlog",
            Self::Ready => "Ready",
            Self::InProgress => "In Progress",
            Self::Blocked => "Blocked",
            Self::Done => "Done",
        }
    }

    /// Reads a title that a person may have typed: letter case, spaces, `-` and `_` do not matter.
    pub fn parse_lenient(text: &str) -> Option<Self> {
        let plain = |s: &str| -> String {
            s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        Self::ALL.into_iter().find(|status| plain(status.as_str()) == plain(text))
    }
}

impl std::fmt::Display for BoardStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether somebody may make work for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Owner, member, collaborator, or anybody on a local board.
    Trusted,
    /// Anybody else.
    Untrusted,
    /// The host did not say: wait.
    Unknown,
}

/// An issue at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub number: IssueNumber,
    /// Its title, as written by a person: never part of a path or a command.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Open or closed.
    pub state: IssueState,
    /// Its column, where there is a board and the issue is on it.
    pub status: Option<BoardStatus>,
    /// Its labels, in the host's order.
    pub labels: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Whether the author may make work for us.
    pub author_trust: Trust,
    /// Where a person reads it: a URL or a path.
    pub url: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, as far as the host says.
    pub updated_at: Timestamp,
    /// When it was closed, as far as the host says.
    pub closed_at: Option<Timestamp>,
}

impl Issue {
    /// Whether it carries a label, whatever its letter case.
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|l| l.eq_ignore_ascii_case(label))
    }
}

/// Who made an issue Ready last, by label or by board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeReady {
    /// The account.
    pub by: String,
    /// Whether it may make work for us.
    pub trust: Trust,
    /// When.
    pub at: Timestamp,
}

/// A comment in the thread of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The host's id of it, unique in the repository.
    pub id: u64,
    /// Who wrote it.
    pub author: String,
    /// Whether the author has write access.
    pub author_trust: Trust,
    /// Whether it was posted by this program's account.
    pub ours: bool,
    /// Whether its text was changed after it was posted, as far as the host says.
    pub edited: bool,
    /// Its text.
    pub body: String,
    /// When it was posted.
    pub created_at: Timestamp,
}
