//! What has been wrong for long: work without a merge, and gates that nobody can look at. Each is told once per episode. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::notice::{Kind, Notice, NoticeId};
use crate::text::clean;

/// A gate that could not be looked at so often in a row …
const TRIES: u32 = 5;
/// … and for so many minutes is an alarm.
const MINUTES: i64 = 30;
/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 300;
/// Longest part of a reason that tells one gate from another, in characters.
const MAX_KEY: usize = 80;
/// So many reasons of waiting issues are kept.
const MAX_WAITS: usize = 50;

/// What is remembered from one look to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarms {
    /// Ready issues that are no tasks yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// Work, and no merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_merge: Option<Raised>,
    /// Gates that could not be looked at, by repository and reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub gates: BTreeMap<String, Gate>,
}

/// Ready issues that dispatch lets wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Since when there is at least one.
    pub since: Timestamp,
    /// The issues, each with why.
    pub waits: Vec<Wait>,
}

/// Something that waits, with why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What `agentos why` takes.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// An alarm that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Since when it is so.
    pub since: Timestamp,
    /// When that was too long.
    pub raised_at: Timestamp,
    /// What, in one line.
    pub what: String,
    /// Why, in one line.
    pub reason: String,
    /// What a person can do.
    pub next: String,
    /// Whether its notice is in the outbox.
    pub told: bool,
}

/// A gate that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The job that tried.
    pub job: String,
    /// The first try in a row.
    pub first: Timestamp,
    /// The last one.
    pub last: Timestamp,
    /// How many.
    pub tries: u32,
    /// The alarm, once it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
}

impl Alarms {
    /// The alarms that go on, each with the key under which it is remembered.
    pub fn raised(&self) -> impl Iterator<Item = (&'static str, &str, &Raised)> {
        let no_merge = self.no_merge.iter().map(|raised| ("no_merge", "", raised));
        let gates = self.gates.iter().filter_map(|(key, gate)| {
            gate.raised.as_ref().map(|raised| ("gate", key.as_str(), raised))
        });
        no_merge.chain(gates)
    }

    /// The notices that are not in the outbox yet.
    pub fn untold(&self) -> Vec<Notice> {
        let untold = self.raised().filter(|(_, _, raised)| !raised.told);
        untold.map(|(kind, key, raised)| notice(kind, key, raised)).collect()
    }

    /// The same with every notice in the outbox.
    #[must_use]
    pub fn told(mut self) -> Self {
        let gates = self.gates.values_mut().filter_map(|gate| gate.raised.as_mut());
        for raised in self.no_merge.iter_mut().chain(gates) {
            raised.told = true;
        }
        self
    }
}

fn notice(kind: &str, key: &str, raised: &Raised) -> Notice {
    let moment = raised.raised_at.as_second().to_string();
    Notice {
        id: NoticeId::of(&["alarm", kind, &moment, key]),
        kind: Kind::Alarm,
        at: raised.raised_at,
        headline: raised.what.clone(),
        subject: None,
        url: None,
        title: None,
        reason: Some(raised.reason.clone()),
        next: Some(raised.next.clone()),
    }
}

/// What dispatch lets wait now; `None` where it could not look everywhere, which changes nothing.
pub fn ready(before: Option<&Ready>, waits: Option<Vec<Wait>>, now: Timestamp) -> Option<Ready> {
    let Some(mut waits) = waits else { return before.cloned() };
    waits.truncate(MAX_WAITS);
    if waits.is_empty() {
        return None;
    }
    Some(Ready { since: before.map_or(now, |before| before.since), waits })
}

/// A task, as far as alarms go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What `agentos why` takes.
    pub subject: String,
    /// Since when there is it.
    pub since: Timestamp,
    /// Whether it may still lead to a merge by itself or by an answer; what was given up is only a reason.
    pub is_live: bool,
    /// What it waits for.
    pub reason: String,
}

/// What the alarm about merges rests on.
#[derive(Debug)]
pub struct View<'a> {
    /// The present.
    pub now: Timestamp,
    /// So long without a merge is too long; zero is never.
    pub after: SignedDuration,
    /// The last merge.
    pub last_merge: Option<Timestamp>,
    /// Every task.
    pub work: &'a [Work],
    /// Ready issues that are none.
    pub ready: Option<&'a Ready>,
}

/// Whether there is work and for too long no merge. An alarm goes on until something is merged or nothing is left to do.
pub fn no_merge(before: Option<&Raised>, view: &View<'_>) -> Option<Raised> {
    let live = view.work.iter().filter(|work| work.is_live);
    let tasks = live.clone().count();
    let issues = view.ready.map_or(0, |ready| ready.waits.len());
    let begun = live.map(|work| work.since).chain(view.ready.map(|ready| ready.since)).min()?;
    if view.after.is_zero() {
        return None;
    }
    if let Some(raised) = before
        && view.last_merge.is_none_or(|merge| merge <= raised.raised_at)
    {
        return Some(raised.clone());
    }
    let since = view.last_merge.map_or(begun, |merge| merge.max(begun));
    let took = view.now.duration_since(since);
    if took < view.after {
        return None;
    }
    let (times, wait) = most_frequent(view)?;
    Some(Raised {
        since,
        raised_at: view.now,
        what: format!(
            "no merge for {}, although there is work: {}",
            span(took),
            amount(tasks, issues)
        ),
        reason: format!("{times} × {}", clean::one_line(&wait.reason, MAX_REASON)),
        next: format!("`agentos why {}` tells more.", wait.subject),
        told: false,
    })
}

/// The reason that most of all work waits for, with how much does, and one that it holds for.
fn most_frequent(view: &View<'_>) -> Option<(usize, Wait)> {
    let of_work = view
        .work
        .iter()
        .map(|work| Wait { subject: work.subject.clone(), reason: work.reason.clone() });
    let of_issues = view.ready.iter().flat_map(|ready| ready.waits.clone());
    let mut groups: BTreeMap<String, (usize, Wait)> = BTreeMap::new();
    for wait in of_work.chain(of_issues) {
        groups.entry(kind_of(&wait.reason)).or_insert((0, wait)).0 += 1;
    }
    groups.into_values().max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.subject.cmp(&a.1.subject)))
}

/// What is the same in two reasons of one kind: numbers and what stands behind a colon differ from task to task.
fn kind_of(reason: &str) -> String {
    let head = reason.split(": ").next().unwrap_or_default();
    let plain: String = head.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    clean::one_line(&plain, MAX_KEY)
}

/// A gate that could not be looked at this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its repository.
    pub repo: String,
    /// What `agentos why` takes, where it is about one task.
    pub subject: Option<String>,
    /// Why.
    pub reason: String,
}

/// Counts the gates that a job could not look at. One that it could look at again is forgotten.
pub fn gates(
    before: &BTreeMap<String, Gate>,
    job: &str,
    troubles: &[Trouble],
    now: Timestamp,
) -> BTreeMap<String, Gate> {
    let others = before.iter().filter(|(_, gate)| gate.job != job);
    let mut after: BTreeMap<String, Gate> =
        others.map(|(key, gate)| (key.clone(), gate.clone())).collect();
    for trouble in troubles {
        let key = format!("{job} {} {}", trouble.repo, kind_of(&trouble.reason));
        after
            .entry(key.clone())
            .or_insert_with(|| counted_once_more(before.get(&key), job, trouble, now));
    }
    after
}

fn counted_once_more(before: Option<&Gate>, job: &str, trouble: &Trouble, now: Timestamp) -> Gate {
    let mut gate = before.cloned().unwrap_or(Gate {
        job: job.to_owned(),
        first: now,
        last: now,
        tries: 1,
        raised: None,
    });
    // The same moment is the same look; and what is an alarm already needs no counting.
    if gate.raised.is_some() || gate.last == now {
        return gate;
    }
    gate.tries += 1;
    gate.last = now;
    let took = now.duration_since(gate.first);
    if gate.tries >= TRIES && took >= SignedDuration::from_mins(MINUTES) {
        gate.raised = Some(raised(&gate, trouble, took, now));
    }
    gate
}

fn raised(gate: &Gate, trouble: &Trouble, took: SignedDuration, now: Timestamp) -> Raised {
    let subject = trouble.subject.as_deref();
    let about =
        subject.map_or_else(|| trouble.repo.clone(), |task| format!("{}, {task}", trouble.repo));
    Raised {
        since: gate.first,
        raised_at: now,
        what: format!("cannot look at {about} for {}, {} tries", span(took), gate.tries),
        reason: clean::one_line(&trouble.reason, MAX_REASON),
        next: subject.map_or_else(
            || "Nothing is dispatched or merged there until that is mended.".to_owned(),
            |task| format!("Nothing is merged there until that is mended: `agentos why {task}`."),
        ),
        told: false,
    }
}

/// Whether a pull request waits because something about it could not be read, and not because it is not ready.
pub fn could_not_look(reason: &str) -> bool {
    ["cannot be read", "cannot be computed", "is not known yet"]
        .iter()
        .any(|words| kind_of(reason).contains(words))
}

fn amount(tasks: usize, issues: usize) -> String {
    match (tasks, issues) {
        (tasks, 0) => counted(tasks, "task"),
        (0, issues) => counted(issues, "Ready issue"),
        (tasks, issues) => {
            format!("{} and {}", counted(tasks, "task"), counted(issues, "more Ready issue"))
        }
    }
}

fn span(took: SignedDuration) -> String {
    match took.as_mins() {
        minutes if minutes < 120 => counted(usize::try_from(minutes).unwrap_or(0), "minute"),
        minutes if minutes < 72 * 60 => counted(usize::try_from(minutes / 60).unwrap_or(0), "hour"),
        minutes => counted(usize::try_from(minutes / (24 * 60)).unwrap_or(0), "day"),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
#[path = "alarm_tests.rs"]
mod tests;
