//! What grooming has to say about the backlog of a repository: evidence that nobody has a ticket for, how much work is missing, and issues
//! that nobody touches any more. From one snapshot to values; no model is needed, and without evidence there is nothing to say. Pure.

mod evidence;
mod filing;
mod quiet;

pub use evidence::{Evidence, Kind, Past, known_issues};
pub use filing::{Filing, Filled, Proposal, fill};
pub use quiet::{Close, MARKER, Quiet, Verdict, names_issue, quiet, verdict};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::duplicate::{self, Known};
use super::ids::IssueNumber;
use super::issue::{BoardStatus, Issue, Trust};
use super::origin;

/// At most so many issues in one run (seed 000: three to five).
pub const MOST: usize = 5;

/// A backlog is deep enough when it holds so many sprints.
pub const SPRINTS_AHEAD: usize = 2;

/// At most so many pieces of evidence are looked at; the newest results come first.
const MOST_EVIDENCE: usize = 40;

/// Labels that tell that an issue is beyond the backlog.
const LIFECYCLE: [&str; 5] = ["ready", "in-progress", "blocked", "done", "human-required"];

/// What grooming rests on, as set for a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Issues in the backlog that are enough.
    pub depth: usize,
    /// Issues at least so alike are the same.
    pub threshold: f64,
    /// An issue that nobody touched for so many days is quiet.
    pub quiet_days: u32,
    /// Labels under which an issue is not work that could be chosen.
    pub excluded_labels: Vec<String>,
}

/// A repository at one moment. Every list is whole: what could not be read to its end makes no snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its name.
    pub repo: String,
    /// When.
    pub now: Timestamp,
    /// Its open issues.
    pub open: Vec<Issue>,
    /// The issues that were closed of late.
    pub closed: Vec<Issue>,
    /// `CODEBASE.md` of its base branch; empty where there is none.
    pub memory: String,
    /// What the last results of merged work said.
    pub results: Vec<Past>,
    /// The issues that have a task in the mailbox.
    pub begun: BTreeSet<IssueNumber>,
    /// What is set for it.
    pub rules: Rules,
}

/// Evidence that becomes nothing, with why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The issue that answers it, where one does.
    pub issue: Option<IssueNumber>,
    /// Its words.
    pub text: String,
    /// Why it is left.
    pub reason: String,
}

/// What there is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Evidence that may become issues, the best first.
    pub evidence: Vec<Evidence>,
    /// Evidence that is left, each with its reason.
    pub left: Vec<Left>,
    /// Issues in the backlog.
    pub depth: usize,
    /// So many issues may be made now.
    pub wanted: usize,
    /// Why none may be made although there is evidence.
    pub full: Option<String>,
}

/// The issues that something new must not repeat.
#[derive(Debug)]
pub struct Present {
    known: Vec<Known<IssueNumber>>,
    answered: BTreeSet<String>,
    threshold: f64,
}

impl Present {
    /// Prepares the open issues and those closed of late.
    pub fn of(snapshot: &Snapshot) -> Self {
        let all = || snapshot.open.iter().chain(&snapshot.closed);
        let known = all().map(|issue| Known::new(issue.number, &issue.title, &issue.body));
        Self {
            known: known.collect(),
            answered: origin::answered(all()),
            threshold: snapshot.rules.threshold,
        }
    }

    /// The issue that says the same, and how alike it is in hundredths.
    fn says_already(&self, title: &str, body: &str) -> Option<(IssueNumber, u8)> {
        let own = Known::new((), title, body);
        let (issue, alike) = duplicate::nearest(&own, &self.known, self.threshold)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1")]
        let alike = (alike * 100.0) as u8;
        Some((*issue, alike))
    }
}

/// Looks at a repository.
pub fn look(snapshot: &Snapshot, present: &Present) -> Look {
    let mut sifted = Sifted::default();
    for evidence in evidence::all(snapshot).into_iter().take(MOST_EVIDENCE) {
        sifted.take(evidence, present);
    }
    let depth = depth(snapshot);
    let room = origin::room(&snapshot.open);
    let missing = snapshot.rules.depth.saturating_sub(depth);
    let full = if missing == 0 {
        Some(format!("the backlog is deep enough: {depth} of {}", snapshot.rules.depth))
    } else if room == 0 {
        Some(format!("{} open issues of ours are enough", origin::MOST_OPEN))
    } else {
        None
    };
    let Sifted { evidence, left, .. } = sifted;
    Look { evidence, left, depth, wanted: missing.min(room).min(MOST), full }
}

/// How many issues wait in the backlog: made by people we trust or by us, not begun, not chosen, not held.
fn depth(snapshot: &Snapshot) -> usize {
    snapshot.open.iter().filter(|issue| is_in_backlog(issue, snapshot)).count()
}

fn is_in_backlog(issue: &Issue, snapshot: &Snapshot) -> bool {
    let excluded = snapshot.rules.excluded_labels.iter().map(String::as_str);
    issue.author_trust == Trust::Trusted
        && matches!(issue.status, None | Some(BoardStatus::Backlog))
        && !snapshot.begun.contains(&issue.number)
        && !LIFECYCLE.into_iter().chain(excluded).any(|label| issue.has_label(label))
}

/// Evidence, sifted.
#[derive(Default)]
struct Sifted {
    evidence: Vec<Evidence>,
    left: Vec<Left>,
    /// The words of what was taken, so that two results that say the same are one.
    said: BTreeMap<String, Known<()>>,
}

impl Sifted {
    fn take(&mut self, evidence: Evidence, present: &Present) {
        // What an issue of ours answers is settled: nobody has to hear of it again.
        if present.answered.contains(&evidence.signature) {
            return;
        }
        let own = Known::new((), &evidence.text, "");
        if duplicate::nearest(&own, self.said.values(), present.threshold).is_some() {
            return;
        }
        self.said.insert(evidence.signature.clone(), own);
        if let Some(reason) = evidence.not_followed() {
            self.leave(&evidence, None, reason.to_owned());
        } else if let Some((issue, alike)) = present.says_already(&evidence.text, "") {
            self.leave(&evidence, Some(issue), format!("{issue} says the same ({alike} % alike)"));
        } else {
            self.evidence.push(evidence);
        }
    }

    fn leave(&mut self, evidence: &Evidence, issue: Option<IssueNumber>, reason: String) {
        if evidence.kind.is_work() {
            self.left.push(Left { issue, text: evidence.text.clone(), reason });
        }
    }
}

#[cfg(test)]
mod tests;
