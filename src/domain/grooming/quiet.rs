//! Issues that nobody touches any more. Those of people are named and nothing else; one of our own is closed with the reason, once, where
//! nobody ever took it up.

use jiff::{SignedDuration, Timestamp};

use super::{LIFECYCLE, Snapshot};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Comment, Issue};
use crate::domain::origin;
use crate::text::marker;

/// The kind of the marker of the comment with which a quiet issue of ours is closed.
pub const MARKER: &str = "quiet";

/// Our own comment counts as the last change when the host noted that change this soon behind it.
const OURS: SignedDuration = SignedDuration::from_secs(60);

/// A run that died is gone on with at the next tick. After a longer time an open issue with our last word in it was opened again, by a hand
/// that noted no time.
const CUT_OFF: SignedDuration = SignedDuration::from_hours(24);

/// Issues that nobody has touched for long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Those of people, for the report.
    pub people: Vec<IssueNumber>,
    /// Those of our own that may have to be closed: their threads tell.
    pub ours: Vec<IssueNumber>,
}

/// Finds them. An issue of ours that changed of late is looked at too where it is old enough: the change may be a comment of ours, behind
/// which a run died.
pub fn quiet(snapshot: &Snapshot) -> Quiet {
    let before = before(snapshot.now, snapshot.rules.quiet_days);
    let mut found = Quiet::default();
    for issue in &snapshot.open {
        let is_in_work = snapshot.begun.contains(&issue.number);
        if is_ours(issue) {
            let is_chosen =
                issue.status.is_some_and(|s| s != crate::domain::issue::BoardStatus::Backlog);
            let is_labelled = LIFECYCLE.iter().any(|label| issue.has_label(label));
            if issue.created_at <= before && !is_in_work && !is_chosen && !is_labelled {
                found.ours.push(issue.number);
            }
        } else if issue.updated_at <= before && !is_in_work {
            found.people.push(issue.number);
        }
    }
    found
}

/// Whether we made it: label and marker, since each alone may be a person's.
fn is_ours(issue: &Issue) -> bool {
    issue.has_label(origin::LABEL)
        && origin::of(issue).is_some_and(|origin| origin.job != origin::UNKNOWN)
}

fn before(now: Timestamp, days: u32) -> Timestamp {
    let days = SignedDuration::from_hours(i64::from(days) * 24);
    now.checked_sub(days).unwrap_or(Timestamp::MIN)
}

/// An issue of ours, looked at closely.
#[derive(Debug, Clone)]
pub struct Close<'a> {
    /// The issue.
    pub issue: &'a Issue,
    /// Its thread.
    pub comments: &'a [Comment],
    /// Who is assigned.
    pub assignees: &'a [String],
    /// Whether the text of an open pull request names it.
    pub is_in_pull: bool,
}

/// Whether a text names an issue of its repository, `#12`.
pub fn names_issue(text: &str, number: IssueNumber) -> bool {
    let name = format!("#{}", number.0);
    text.match_indices(&name).any(|(at, name)| {
        let rest = text.get(at + name.len()..).unwrap_or_default();
        !rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// What is to become of a quiet issue of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody took it up: it is closed.
    Close,
    /// It is left open, with why.
    Keep(&'static str),
    /// It is not quiet.
    Lively,
}

/// Judges it.
pub fn verdict(close: &Close<'_>, now: Timestamp, days: u32) -> Verdict {
    let said = close.comments.iter().find(|c| c.ours && is_farewell(c));
    let is_last = |comment: &Comment| {
        close.issue.updated_at.duration_since(comment.created_at) <= OURS
            && now.duration_since(comment.created_at) <= CUT_OFF
    };
    let is_cut_off = said.is_some_and(is_last);
    if !is_cut_off && close.issue.updated_at > before(now, days) {
        return Verdict::Lively;
    }
    if close.comments.iter().any(|comment| !comment.ours) {
        return Verdict::Keep("somebody has commented");
    }
    if !close.assignees.is_empty() {
        return Verdict::Keep("somebody is assigned");
    }
    if close.is_in_pull {
        return Verdict::Keep("an open pull request names it");
    }
    if said.is_some() && !is_cut_off {
        return Verdict::Keep("somebody has opened it again");
    }
    Verdict::Close
}

fn is_farewell(comment: &Comment) -> bool {
    marker::find_all(&comment.body).iter().any(|marker| marker.kind == MARKER)
}
