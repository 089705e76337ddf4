//! Which issues may be chosen: open, trusted, waiting in the backlog, and nobody else's business.

use std::collections::{BTreeMap, BTreeSet};

use super::rank::Candidate;
use crate::domain::admission::READY;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Issue, IssueState, Trust};
use crate::domain::origin;

/// The job that makes the issues of sprints.
const PLAN: &str = "plan";

/// Labels that tell of work under way.
const UNDER_WAY: [&str; 2] = [READY, "in-progress"];

/// Labels with which an issue waits for a person, or has ended.
const LEFT_ALONE: [&str; 3] = ["blocked", "human-required", "done"];

/// What the mailbox knows of an issue: its newest task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// It is being worked on, or its pull request is open.
    Live,
    /// It waits for an answer.
    Waiting,
    /// It has ended, whatever way.
    Ended,
}

/// What the configuration says of issues.
#[derive(Debug, Clone, Default)]
pub struct Rules<'a> {
    /// Labels that an issue must have.
    pub required: &'a [String],
    /// Labels that it must not have.
    pub excluded: &'a [String],
    /// Labels that hold.
    pub hold: &'a [String],
    /// Logins that are trusted besides owners, members and collaborators.
    pub trusted: &'a [String],
}

/// The backlog as the planner sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// The issues that may be chosen, by number.
    pub candidates: Vec<Candidate>,
    /// The issues that are Ready or being worked on.
    pub active: BTreeSet<IssueNumber>,
    /// The open issues that may not be chosen, each with why.
    pub left: BTreeMap<IssueNumber, String>,
}

/// Sorts the open issues. `unmet` are the dependencies of each that are not closed, or cannot be read.
pub fn backlog(
    issues: &[Issue],
    past: &BTreeMap<IssueNumber, Past>,
    unmet: &BTreeMap<IssueNumber, Vec<IssueNumber>>,
    rules: &Rules<'_>,
) -> Backlog {
    let mut backlog = Backlog::default();
    for issue in issues.iter().filter(|issue| issue.state == IssueState::Open) {
        let number = issue.number;
        if is_active(issue, past.get(&number)) {
            backlog.active.insert(number);
        } else if let Some(why) = hindrance(issue, past.get(&number), rules) {
            backlog.left.insert(number, why);
        } else {
            let after = unmet.get(&number).cloned().unwrap_or_default();
            backlog.candidates.push(Candidate::of(issue, after));
        }
    }
    backlog.leave_out_what_depends_on_others();
    backlog
}

fn is_active(issue: &Issue, past: Option<&Past>) -> bool {
    if past == Some(&Past::Live) {
        return true;
    }
    let waits = LEFT_ALONE.iter().any(|label| issue.has_label(label));
    let shows = UNDER_WAY.iter().any(|label| issue.has_label(label))
        || matches!(issue.status, Some(BoardStatus::Ready | BoardStatus::InProgress));
    shows && !waits && past != Some(&Past::Waiting)
}

/// Why an issue is not for the planner, if that is so.
fn hindrance(issue: &Issue, past: Option<&Past>, rules: &Rules<'_>) -> Option<String> {
    let label = |among: &[String]| among.iter().find(|label| issue.has_label(label)).cloned();
    if origin::of(issue).is_some_and(|origin| origin.job == PLAN) {
        return Some("it is the issue of a sprint".to_owned());
    }
    if let Some(label) = LEFT_ALONE.iter().find(|label| issue.has_label(label)) {
        return Some(format!("it has the label `{label}`"));
    }
    if let Some(label) = label(rules.excluded) {
        return Some(format!("it has the label `{label}` of `excluded_labels`"));
    }
    if let Some(label) = label(rules.hold) {
        return Some(format!("it has the label `{label}` of `hold_labels`"));
    }
    if let Some(label) = rules.required.iter().find(|label| !issue.has_label(label)) {
        return Some(format!("it lacks the label `{label}` of `required_labels`"));
    }
    let is_named = rules.trusted.iter().any(|name| name.eq_ignore_ascii_case(&issue.author));
    match issue.author_trust {
        Trust::Untrusted if !is_named => {
            return Some("its author may not make work: a person makes it Ready".to_owned());
        }
        Trust::Unknown if !is_named => {
            return Some("it is not known yet whether its author may make work".to_owned());
        }
        _ => {}
    }
    match (past, issue.status) {
        (Some(Past::Waiting), _) => Some("its task waits for an answer".to_owned()),
        (Some(_), _) => {
            Some("it was worked on before: a person makes it Ready once more".to_owned())
        }
        (None, Some(column @ (BoardStatus::Blocked | BoardStatus::Done))) => {
            Some(format!("its column is {column}"))
        }
        (None, _) => None,
    }
}

impl Backlog {
    /// An issue whose dependency is neither under way nor to be chosen before it would only wait: it is left out. That may take others with it.
    fn leave_out_what_depends_on_others(&mut self) {
        loop {
            let known: BTreeSet<IssueNumber> =
                self.candidates.iter().map(|candidate| candidate.number).collect();
            let foreign =
                |after: &IssueNumber| !known.contains(after) && !self.active.contains(after);
            let out: Vec<(IssueNumber, IssueNumber)> = self
                .candidates
                .iter()
                .filter_map(|c| Some((c.number, *c.after.iter().find(|after| foreign(after))?)))
                .collect();
            if out.is_empty() {
                break;
            }
            for (number, on) in out {
                self.candidates.retain(|candidate| candidate.number != number);
                self.left.insert(number, format!("it depends on {on}, which is not closed"));
            }
        }
        for candidate in &mut self.candidates {
            candidate.after.retain(|after| !self.active.contains(after));
        }
    }

    /// A candidate by its number.
    pub fn candidate(&self, number: IssueNumber) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.number == number)
    }
}
