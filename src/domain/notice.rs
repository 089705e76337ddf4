//! What is told to the operator's chat: one notice per transition of a task, under an id that a second run finds again. Pure.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::CommitSha;
use super::task::{Folder, Outcome, Task};
use crate::text::clean;
use crate::text::redact::Redactor;

/// Longest title in a message, in characters.
const MAX_TITLE: usize = 120;
/// Longest reason in a message, in characters.
const MAX_REASON: usize = 300;
/// Longest id, so that it names a file.
const MAX_ID: usize = 160;

/// The natural key of a notice: what has it was told once. Also the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoticeId(String);

impl NoticeId {
    /// Makes one out of its parts; what cannot stand in a file's name becomes a dash.
    pub fn of(parts: &[&str]) -> Self {
        let joined = parts.join(".");
        let mut id: String = joined.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        id.truncate(MAX_ID);
        // A file that begins with a dot is a draft.
        Self(if id.starts_with('.') || id.is_empty() { format!("x{id}") } else { id })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

impl TryFrom<String> for NoticeId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let same = Self::of(&[&text]);
        if same.0 == text { Ok(same) } else { Err("this is not the id of a notice".to_owned()) }
    }
}

impl From<NoticeId> for String {
    fn from(id: NoticeId) -> Self {
        id.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happened, in the order of a task's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An issue became a task.
    Dispatched,
    /// Its pull request is open, or was mended.
    Completed,
    /// Its checks are red, and a repair is queued.
    ChecksRed,
    /// Nothing had to be changed.
    NoChange,
    /// It was merged.
    Merged,
    /// It waits for an answer.
    Blocked,
    /// It was given up to a person.
    Escalated,
    /// The system itself could not go on.
    Failed,
    /// Its pull request waits for a person.
    ManualAction,
    /// Something has been wrong for long.
    Alarm,
}

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Somebody has to do something.
    Alert,
    /// Good to know; goes into the digest where there is one.
    Info,
}

impl Kind {
    /// How urgent it is.
    pub fn rank(self) -> Rank {
        match self {
            Self::Dispatched
            | Self::Completed
            | Self::NoChange
            | Self::Merged
            | Self::ChecksRed => Rank::Info,
            Self::Blocked | Self::Escalated | Self::Failed | Self::ManualAction | Self::Alarm => {
                Rank::Alert
            }
        }
    }
}

/// One notice. Its words are clean and free of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its natural key.
    pub id: NoticeId,
    /// What happened.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// What happened, in our words.
    pub headline: String,
    /// What it is about, for example `acme/web#42`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Where a person reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The issue's title: somebody else's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why: may hold somebody else's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a person can do, in our words; code stands between backticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The notices of a task that lies in `folder` now and of which the host has not been told yet. The same state gives the same ids.
pub fn of_change(folder: Folder, task: &Task, at: Timestamp, redactor: &Redactor) -> Vec<Notice> {
    let draft = Draft { task, at, redactor };
    let mut notices = Vec::new();
    // Nobody was ever told of it: this is its first change.
    if task.host_state.is_none() {
        notices.push(draft.notice(Kind::Dispatched, &["dispatched"], "dispatched".to_owned()));
    }
    notices.extend(draft.of_state(folder));
    notices
}

/// The notice of a pull request that waits for a person: once for each head and reason.
pub fn of_hold(task: &Task, topic: &str, why: &str, at: Timestamp, redactor: &Redactor) -> Notice {
    let draft = Draft { task, at, redactor };
    let head = task.head_sha.as_ref().map(CommitSha::short).unwrap_or_default();
    let digest = crate::text::hash::sha256_hex(why.as_bytes());
    let digest = digest.get(..8).unwrap_or_default();
    let pr = task.pr.map_or_else(String::new, |pr| format!(" {}", pr.0));
    let headline = format!("pull request{pr} waits for you");
    let notice = draft.notice(Kind::ManualAction, &[topic, head, digest], headline);
    Notice {
        reason: Some(draft.line(why, MAX_REASON)),
        next: Some(format!("`agentos why {}` tells what it waits for.", task.id)),
        ..notice
    }
}

/// The notice of what an agent left for a person to do by hand; nothing when it left nothing.
pub fn of_manual_steps(
    task: &Task,
    steps: &[String],
    at: Timestamp,
    redactor: &Redactor,
) -> Option<Notice> {
    let first = steps.first()?;
    let draft = Draft { task, at, redactor };
    let headline = match steps.len() {
        1 => "left a step for you to do by hand".to_owned(),
        count => format!("left {count} steps for you to do by hand"),
    };
    let key = task.counters.spent.to_string();
    let notice = draft.notice(Kind::ManualAction, &["manual-steps", &key], headline);
    let reason = Some(draft.line(first, MAX_REASON));
    Some(Notice { reason, ..notice }.then("The pull request lists what is left."))
}

/// The notice of a sprint that waits for a yes: once for each sprint.
pub fn of_sprint(
    id: &str,
    issues: usize,
    subject: Option<String>,
    until: Option<Timestamp>,
    at: Timestamp,
) -> Notice {
    let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
    let issues = super::sprint::issues(issues);
    Notice {
        id: NoticeId::of(&["sprint", id]),
        kind: Kind::ManualAction,
        at,
        headline: format!("sprint {id} of {issues} waits for your yes{until}"),
        subject,
        url: None,
        title: None,
        reason: None,
        next: Some(format!("`agentos plan approve {id}` or `agentos plan reject {id}`.")),
    }
}

/// What every notice of a task is made from.
struct Draft<'a> {
    task: &'a Task,
    at: Timestamp,
    redactor: &'a Redactor,
}

impl Draft<'_> {
    fn of_state(&self, folder: Folder) -> Option<Notice> {
        let task = self.task;
        let counters = &task.counters;
        let spent = counters.spent.to_string();
        let all = format!("{}-{}-{}", counters.spent, counters.repairs, counters.free_runs);
        let id = &task.id;
        Some(match (folder, task.outcome) {
            (Folder::Inbox, _) if task.pr.is_some() && !task.failed_checks.is_empty() => {
                let headline = format!("checks red, repair {} is queued", counters.repairs);
                let key = counters.repairs.to_string();
                self.because(self.notice(Kind::ChecksRed, &["red", &key], headline))
            }
            (Folder::Blocked, _) => {
                let key = format!("{}-{all}", task.attempt);
                let headline = "needs an answer before it can go on".to_owned();
                let notice = self.notice(Kind::Blocked, &["blocked", &key], headline);
                self.because(notice).then("Answer in a comment on the issue, or mark it Ready.")
            }
            (Folder::Escalated, _) => {
                let headline = "given up, needs a person".to_owned();
                let notice = self.notice(Kind::Escalated, &["escalated", &all], headline);
                let next = format!(
                    "`agentos task show {id}` tells what was tried, `agentos task retry {id}` gives it one more attempt."
                );
                self.because(notice).then(&next)
            }
            (Folder::Failed, _) => {
                let headline = "failed, the system could not go on".to_owned();
                let notice = self.notice(Kind::Failed, &["failed", &all], headline);
                let next = format!("Mend the cause, then `agentos task retry {id}`.");
                self.because(notice).then(&next)
            }
            // With a reason it only comes back to be finished: a person ended its pull request.
            (Folder::Done, None) if task.reason.is_none() => {
                let pr = task.pr?.0;
                let headline = if counters.repairs == 0 {
                    format!("completed, pull request {pr} is open")
                } else {
                    format!("repaired, pull request {pr} has a new commit")
                };
                self.notice(Kind::Completed, &["completed", &spent], headline)
            }
            (Folder::Done, Some(Outcome::Merged)) => {
                self.notice(Kind::Merged, &["merged"], "merged".to_owned())
            }
            (Folder::Done, Some(Outcome::NoChange)) => {
                let headline = "completed, nothing had to be changed".to_owned();
                self.because(self.notice(Kind::NoChange, &["no-change"], headline))
            }
            // Nothing has come of it yet; or a person ended it, who knows.
            (Folder::Inbox | Folder::Processing, _)
            | (Folder::Done, None | Some(Outcome::Closed | Outcome::Cancelled)) => return None,
        })
    }

    fn notice(&self, kind: Kind, key: &[&str], headline: String) -> Notice {
        let task = self.task;
        let mut parts = vec![task.id.as_str()];
        parts.extend(key);
        let title = self.line(&task.title, MAX_TITLE);
        Notice {
            id: NoticeId::of(&parts),
            kind,
            at: self.at,
            headline,
            subject: Some(format!("{}{}", task.repo, task.issue)),
            url: Some(task.url.clone()).filter(|url| is_web_address(url)),
            title: Some(title).filter(|title| !title.is_empty()),
            reason: None,
            next: None,
        }
    }

    fn because(&self, notice: Notice) -> Notice {
        let reason = self.task.reason.as_deref().map(|reason| self.line(reason, MAX_REASON));
        Notice { reason, ..notice }
    }

    /// One clean line. Secrets are covered before anything is cut: half of one has no form by which it could be found.
    fn line(&self, text: &str, most: usize) -> String {
        clean::one_line(&clean::untrusted(&self.redactor.redact(text)).text, most)
    }
}

impl Notice {
    fn then(self, next: &str) -> Self {
        Self { next: Some(next.to_owned()), ..self }
    }
}

/// Whether a link may lead there: the web, and nothing that could end its own place in a message.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://")
        && url.len() <= 300
        && url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\'))
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
