//! The files of the outbox. One per waiting notice, named by its id; one per notice that is settled, kept for months so that nothing is told
//! twice; and one about the message that is on its way just now, which is what a crash leaves to be found.
//!
//! ```text
//! outbox/<id>.json            waits
//! sending.json                the message on its way; found at rest: its fate is not known
//! settled/<month>/<id>.json   told, refused, given up, or of unknown fate
//! pace.json                   since when Telegram is out of reach, until when it asked us to rest
//! problems.json               the last messages that went wrong
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crash_point;
use crate::domain::notice::{Notice, NoticeId};
use crate::sys::files::{self, FileError};

/// Files of the outbox are small.
const MAX_BYTES: u64 = 256 * 1024;
/// So many months, this one included, a settled notice is remembered.
const MONTHS: i32 = 4;
/// So many problems are remembered.
const MAX_PROBLEMS: usize = 20;

/// How a notice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// Telegram has it.
    Sent,
    /// Telegram did not want it.
    Refused,
    /// Nobody knows whether it arrived.
    Unknown,
    /// It could not be sent for too long.
    GivenUp,
}

/// A message that went wrong, for `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// When.
    pub at: Timestamp,
    /// The notices in it.
    pub notices: Vec<NoticeId>,
    /// What became of it.
    pub what: String,
}

/// What is known about the way to Telegram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// Since when nothing can be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) down_since: Option<Timestamp>,
    /// Telegram asked us to rest until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Sending {
    at: Timestamp,
    notices: Vec<NoticeId>,
}

#[derive(Serialize)]
struct Settled<'a> {
    at: Timestamp,
    end: End,
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'a str,
}

/// The folder of the outbox.
#[derive(Debug)]
pub(super) struct Outbox {
    dir: PathBuf,
}

impl Outbox {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn waiting_dir(&self) -> PathBuf {
        self.dir.join("outbox")
    }

    fn sending_file(&self) -> PathBuf {
        self.dir.join("sending.json")
    }

    /// Whether anything waits or was left on its way. Reads one folder.
    pub(super) fn has_work(&self) -> bool {
        !self.waiting_files().is_empty() || self.sending_file().exists()
    }

    fn waiting_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.waiting_dir()) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path())
            .collect();
        files.sort();
        files
    }

    /// How many notices wait.
    pub(super) fn count(&self) -> usize {
        self.waiting_files().len()
    }

    /// Puts a notice into the outbox, unless it waits there or is settled. Says whether it did.
    pub(super) fn put(&self, notice: &Notice, now: Timestamp) -> Result<bool, FileError> {
        let path = self.waiting_file(&notice.id);
        // In this order: a notice that is being settled is written there before it is removed here.
        if path.exists() || self.is_settled(&notice.id, now) {
            return Ok(false);
        }
        files::make_dir(&self.waiting_dir())?;
        match files::create_new(&path, json(notice).as_bytes()) {
            Ok(()) => Ok(true),
            Err(FileError::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn waiting_file(&self, id: &NoticeId) -> PathBuf {
        self.waiting_dir().join(format!("{id}.json"))
    }

    fn is_settled(&self, id: &NoticeId, now: Timestamp) -> bool {
        months(now).iter().any(|month| self.settled_file(month, id).exists())
    }

    fn settled_file(&self, month: &str, id: &NoticeId) -> PathBuf {
        self.dir.join("settled").join(month).join(format!("{id}.json"))
    }

    /// The notices that wait, oldest first. What cannot be read as one is taken out and named.
    pub(super) fn waiting(&self, now: Timestamp) -> Result<Vec<Notice>, FileError> {
        let mut notices = Vec::new();
        for path in self.waiting_files() {
            let notice = match read::<Notice>(&path) {
                Ok(Some(notice)) => notice,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a notice that cannot be read is removed from the outbox");
                    files::remove(&path)?;
                    continue;
                }
            };
            // Settled just before a crash, or put there under another name by hand.
            if self.is_settled(&notice.id, now) || self.waiting_file(&notice.id) != path {
                files::remove(&path)?;
            } else {
                notices.push(notice);
            }
        }
        notices.sort_by(|a, b| (a.at, a.kind, &a.id).cmp(&(b.at, b.kind, &b.id)));
        Ok(notices)
    }

    /// Says in advance what is about to be sent.
    pub(super) fn announce(&self, notices: &[&Notice], now: Timestamp) -> Result<(), FileError> {
        let notices = notices.iter().map(|notice| notice.id.clone()).collect();
        files::replace(&self.sending_file(), json(&Sending { at: now, notices }).as_bytes())
    }

    /// Takes back what was announced: it did not leave.
    pub(super) fn take_back(&self) -> Result<(), FileError> {
        files::remove(&self.sending_file())
    }

    /// Records how notices ended; they do not wait any more.
    pub(super) fn settle(
        &self,
        ids: &[NoticeId],
        end: End,
        why: &str,
        now: Timestamp,
    ) -> Result<(), FileError> {
        let month = month_of(now);
        files::make_dir(&self.dir.join("settled").join(&month))?;
        let record = json(&Settled { at: now, end, why });
        for id in ids {
            if !self.is_settled(id, now) {
                files::replace(&self.settled_file(&month, id), record.as_bytes())?;
            }
        }
        crash_point!("notify.settled");
        for id in ids {
            files::remove(&self.waiting_file(id))?;
        }
        self.take_back()?;
        self.forget_old_months(now);
        Ok(())
    }

    /// Settles the message that a dead process had on its way: nobody knows whether it arrived.
    pub(super) fn recover(&self, now: Timestamp) -> Result<(), FileError> {
        let sending = match read::<Sending>(&self.sending_file()) {
            Ok(Some(sending)) => sending,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "what was on its way cannot be read");
                return self.take_back();
            }
        };
        let left: Vec<NoticeId> =
            sending.notices.into_iter().filter(|id| !self.is_settled(id, now)).collect();
        if left.is_empty() {
            return self.take_back();
        }
        let why = "the run that sent it ended before its answer came; it is not sent again";
        self.complain(&left, why, sending.at)?;
        self.settle(&left, End::Unknown, why, now)
    }

    /// Remembers a message that went wrong.
    pub(super) fn complain(
        &self,
        notices: &[NoticeId],
        what: &str,
        at: Timestamp,
    ) -> Result<(), FileError> {
        tracing::warn!(notices = %names(notices), "a message to Telegram: {what}");
        let mut problems = self.problems();
        problems.push(Problem { at, notices: notices.to_vec(), what: what.to_owned() });
        let surplus = problems.len().saturating_sub(MAX_PROBLEMS);
        problems.drain(..surplus);
        files::replace(&self.dir.join("problems.json"), json(&problems).as_bytes())
    }

    /// The last messages that went wrong, oldest first.
    pub(super) fn problems(&self) -> Vec<Problem> {
        read(&self.dir.join("problems.json")).ok().flatten().unwrap_or_default()
    }

    /// What is known about the way.
    pub(super) fn pace(&self) -> Pace {
        read(&self.dir.join("pace.json")).ok().flatten().unwrap_or_default()
    }

    /// Records what is known about the way; nothing is written when that is known.
    pub(super) fn set_pace(&self, pace: Pace) -> Result<(), FileError> {
        let path = self.dir.join("pace.json");
        if pace == self.pace() {
            return Ok(());
        }
        if pace == Pace::default() {
            return files::remove(&path);
        }
        files::replace(&path, json(&pace).as_bytes())
    }

    fn forget_old_months(&self, now: Timestamp) {
        let kept = months(now);
        let Ok(entries) = fs::read_dir(self.dir.join("settled")) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_old = kept.last().is_some_and(|oldest| *name.to_string_lossy() < **oldest);
            if is_old && let Err(error) = files::remove_tree(&entry.path()) {
                tracing::warn!(%error, "old records of notices cannot be removed");
            }
        }
    }
}

fn names(notices: &[NoticeId]) -> String {
    notices.iter().map(NoticeId::as_str).collect::<Vec<_>>().join(", ")
}

fn month_of(now: Timestamp) -> String {
    now.to_string().get(..7).unwrap_or("undated").to_owned()
}

/// This month and the ones before it in which a settled notice is looked for, newest first.
fn months(now: Timestamp) -> Vec<String> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let first = Date::new(today.year(), today.month(), 1).unwrap_or(today);
    (0..MONTHS)
        .filter_map(|back| first.checked_sub(back.months()).ok())
        .map(|date| date.to_string().get(..7).unwrap_or("undated").to_owned())
        .collect()
}

fn json<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{text}\n")
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FileError> {
    match files::read_text(path, MAX_BYTES) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| FileError::Io {
            doing: "read",
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        }),
        Err(FileError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
