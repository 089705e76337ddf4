//! How much GitHub still lets us ask, and until when it asked us to wait. What is exhausted is parked in a file, so that every process of
//! this installation knows, and costs no further request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::http::Answer;
use super::message::Message;
use crate::host::HostError;
use crate::sys::files::{self, FileError};

/// What is left for a person with the same account, and for the end of a job that has begun.
const FLOOR: u64 = 50;
/// GitHub's own advice where it names no time.
const UNNAMED_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// Longer than any budget lasts; whatever is later was made by a wrong clock.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(2);
/// Largest file of parked times.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// The budgets of GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// REST.
    Core,
    /// GraphQL.
    Graphql,
}

impl Resource {
    fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Graphql => "graphql",
        }
    }
}

/// For what a refusal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The budget of one interface is used up.
    OneResource,
    /// Too many or too fast, whatever the interface: the secondary limits.
    Everything,
}

/// When we may ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) until: Timestamp,
    pub(super) reach: Reach,
}

/// Reads a refusal for asking too much; nothing where the answer is anything else.
pub(super) fn refusal(answer: &Answer, now: Timestamp) -> Option<Limit> {
    if !matches!(answer.status, 403 | 422 | 429) {
        return None;
    }
    let used_up = answer.header("x-ratelimit-remaining") == Some("0");
    let asked = retry_after(answer);
    let said = Message::of(&answer.body);
    let told = said.has(&["secondary rate", "abuse", "submitted too quickly"]);
    if answer.status == 422 && !told {
        return None;
    }
    if let Some(wait) = asked {
        return Some(Limit { until: later(now, wait), reach: Reach::Everything });
    }
    if used_up && !told {
        return Some(exhausted(answer, now));
    }
    let limited = told || answer.status == 429 || said.has(&["rate limit"]);
    limited.then(|| Limit { until: later(now, UNNAMED_WAIT), reach: Reach::Everything })
}

/// The limit of a used-up budget, by the time at which the answer says it is filled again.
pub(super) fn exhausted(answer: &Answer, now: Timestamp) -> Limit {
    let until = until_reset(answer, now).unwrap_or_else(|| later(now, UNNAMED_WAIT));
    Limit { until, reach: Reach::OneResource }
}

/// Whether so little is left that the rest is better kept; a budget that was never large is used to its end.
pub(super) fn below_floor(answer: &Answer, now: Timestamp) -> Option<Limit> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
    let left = number("x-ratelimit-remaining")?;
    let small = number("x-ratelimit-limit").is_some_and(|limit| limit <= FLOOR);
    (left < FLOOR && !small).then(|| exhausted(answer, now))
}

/// From the server's clock to ours: only the distance between its two times counts, so that neither clock has to be right.
fn until_reset(answer: &Answer, now: Timestamp) -> Option<Timestamp> {
    let reset = answer.header("x-ratelimit-reset")?.trim().parse::<i64>().ok()?;
    let sent = answer.header("date").and_then(http_date).unwrap_or(now);
    let seconds = reset.checked_sub(sent.as_second())?;
    // The second in which it is filled has to be over.
    Some(later(now, SignedDuration::from_secs(seconds.saturating_add(1).max(1))))
}

fn retry_after(answer: &Answer) -> Option<SignedDuration> {
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(SignedDuration::from_secs(seconds.max(1)));
    }
    let (until, sent) = (http_date(text)?, answer.header("date").and_then(http_date)?);
    Some(until.duration_since(sent).max(SignedDuration::from_secs(1)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait.min(LONGEST_WAIT)).unwrap_or(Timestamp::MAX)
}

/// The parked times.
pub(super) struct Parked {
    file: PathBuf,
    /// What could not be written into the file.
    unwritten: RefCell<Times>,
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct Times {
    /// By token id and resource.
    until: BTreeMap<String, Timestamp>,
}

impl Parked {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, unwritten: RefCell::default() }
    }

    /// Says no where the time that GitHub named is not over.
    ///
    /// # Errors
    ///
    /// [`HostError::RateLimited`].
    pub(super) fn check(
        &self,
        token_id: &str,
        resource: Resource,
        now: Timestamp,
    ) -> Result<(), HostError> {
        let times = self.read(now);
        match times.until.get(&key(token_id, resource)) {
            Some(until) => Err(HostError::RateLimited { until: *until }),
            None => Ok(()),
        }
    }

    /// Keeps a limit until it is over; only in this process where the file cannot be written.
    pub(super) fn park(&self, token_id: &str, resource: Resource, limit: Limit, now: Timestamp) {
        let mut times = self.read(now);
        let resources: &[Resource] = match limit.reach {
            Reach::OneResource => &[resource],
            Reach::Everything => &[Resource::Core, Resource::Graphql],
        };
        let mut changed = false;
        for resource in resources {
            let kept = times.until.entry(key(token_id, *resource)).or_insert(Timestamp::MIN);
            if *kept < limit.until {
                *kept = limit.until;
                changed = true;
            }
        }
        if changed && let Err(error) = self.write(&times) {
            tracing::warn!(%error, "cannot keep until when GitHub asks to wait");
            self.unwritten.replace(times);
        }
    }

    /// The times that are not over; a file that cannot be read has none, since GitHub itself will say it again.
    fn read(&self, now: Timestamp) -> Times {
        let text = files::read_text(&self.file, MAX_FILE_BYTES).unwrap_or_default();
        let mut times: Times = serde_json::from_str(&text).unwrap_or_default();
        for (key, until) in &self.unwritten.borrow().until {
            let kept = times.until.entry(key.clone()).or_insert(*until);
            *kept = (*kept).max(*until);
        }
        let last = later(now, LONGEST_WAIT);
        times.until.retain(|_, until| *until > now && *until <= last);
        times
    }

    fn write(&self, times: &Times) -> Result<(), FileError> {
        let text = serde_json::to_string(times).unwrap_or_default();
        match files::replace(&self.file, text.as_bytes()) {
            Err(FileError::NotFound { .. }) => {
                if let Some(folder) = self.file.parent() {
                    files::make_dir(folder)?;
                }
                files::replace(&self.file, text.as_bytes())
            }
            other => other,
        }
    }
}

fn key(token_id: &str, resource: Resource) -> String {
    format!("{token_id}/{}", resource.as_str())
}

#[cfg(test)]
mod tests;
