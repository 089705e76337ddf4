//! The file of a sprint, `runtime/state/approvals/<id>.yaml`: made to be read, and its `status` to be edited by hand.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::ids::{IssueNumber, RepoKey, RepoSlug};
use crate::domain::kinds::Priority;
use crate::text::yaml::{self, Place, YamlError};

/// The name of a sprint and of its file: `<repository key>-<day>`, with a number from the second one of a day on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SprintId(String);

impl SprintId {
    /// The name of the `nth` sprint of a day, counted from one.
    pub fn of(key: &RepoKey, day: &str, nth: usize) -> Self {
        if nth <= 1 { Self(format!("{key}-{day}")) } else { Self(format!("{key}-{day}-{nth:02}")) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SprintId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_one = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= 100
            && text.chars().all(is_plain);
        if is_one {
            return Ok(Self(text.to_owned()));
        }
        let shown = crate::text::clean::one_line(text, 60);
        Err(format!("`{shown}` is no sprint: expected something like `web-2026-01-05`"))
    }
}

impl TryFrom<String> for SprintId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SprintId> for String {
    fn from(id: SprintId) -> Self {
        id.0
    }
}

impl fmt::Display for SprintId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person says of a sprint, or nobody in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has said anything.
    Waiting,
    /// It is to be done.
    Approved,
    /// It is not.
    Rejected,
    /// Nobody answered in time.
    Expired,
}

impl Status {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    /// Takes the word in any letter case: people write it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        [Self::Waiting, Self::Approved, Self::Rejected, Self::Expired]
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word.trim()))
            .ok_or_else(|| {
                let shown = crate::text::clean::one_line(&word, 40);
                serde::de::Error::custom(format!(
                    "`status: {shown}` is none of waiting, approved, rejected, expired"
                ))
            })
    }
}

/// An issue of a sprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Which.
    pub issue: IssueNumber,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// The priority that it gets, where no label says any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Why it was chosen.
    #[serde(default)]
    pub reasons: Vec<String>,
}

/// What came of an earlier sprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Which.
    pub sprint: SprintId,
    /// In words.
    pub text: String,
}

/// A sprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sprint {
    /// Its name.
    pub id: SprintId,
    /// Its repository.
    pub repo: RepoSlug,
    /// What is said of it.
    pub status: Status,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when an answer is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The issue that asks for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueNumber>,
    /// The agent that chose; nobody where the ranking did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<String>,
    /// Its issues, in their order.
    #[serde(default)]
    pub tasks: Vec<Planned>,
    /// What was left out of what was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The business score when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The issues that became Ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promoted: Vec<IssueNumber>,
    /// What came of the sprint before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// When everything was done that follows from what was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Sprint {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with file and line.
    pub fn parse(text: &str, file: &str) -> Result<Self, YamlError> {
        yaml::parse(text, &Place { file, first_line: 1 })
    }

    /// Writes the file. One that waits says how it is answered.
    ///
    /// # Errors
    ///
    /// None that a test would not have found.
    pub fn render(&self) -> Result<String, YamlError> {
        let yaml = yaml::render(self)?;
        if self.status != Status::Waiting {
            return Ok(yaml);
        }
        Ok(format!(
            "# This sprint waits for you: set `status` to approved or rejected, or run\n# `agentos plan approve {}`. Lines of `tasks` may be taken out.\n{yaml}",
            self.id
        ))
    }

    /// Its name for people, `Sprint 2026-01-05`, with the number behind the day where it has one.
    pub fn title(&self, key: &RepoKey) -> String {
        let day = self.id.as_str().strip_prefix(key.as_str()).unwrap_or(self.id.as_str());
        format!("Sprint {}", day.trim_start_matches('-'))
    }

    /// The signature of its issue.
    pub fn signature(&self) -> String {
        format!("sprint:{}", self.id)
    }
}
