//! What is to happen to a pull request (`DESIGN.md` section 5, "Merge verdict"). Pure; all conditions must hold, and unknown means wait.
//! `docs/merge.md` publishes the truth table; a test compares it with this module, row by row.

mod base;
mod boundary;
mod change;
mod checks;
mod limits;
mod objection;
mod standing;

pub use boundary::{Boundary, RequiredCheck};
pub use limits::{CI_FILES, Diff, DiffLimits, beyond_limits};
pub use objection::Objection;

use jiff::{SignedDuration, Timestamp};

use super::ids::{BranchName, CommitSha, PrNumber};
use super::issue::IssueState;
use super::pull::{Check, Checks, HostWord, Mergeable, PullRequest, Review};
use super::standstill::Standstill;

/// Whether the policy allows an automatic merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arming {
    /// It does.
    Armed,
    /// A person merges; with why.
    Manual(String),
}

/// A pull request and everything its verdict rests on, read in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The pull request.
    pub pull: PullRequest,
    /// The state of its issue; `None` when it could not be read.
    pub issue: Option<IssueState>,
    /// That the issue does not exist any more, in words, where the host itself says so.
    pub issue_gone: Option<String>,
    /// The labels of issue and pull request that hold a merge, as configured.
    pub hold_labels: Vec<String>,
    /// Labels on issue and pull request.
    pub labels: Vec<String>,
    /// The last commit that we pushed.
    pub our_head: Option<CommitSha>,
    /// The base on which the task was begun.
    pub expected_base: BranchName,
    /// Whether head and base merge.
    pub mergeable: Mergeable,
    /// What the host itself says of a merge.
    pub word: HostWord,
    /// Its checks.
    pub checks: Checks,
    /// What the base branch demands; `None` when that could not be read.
    pub boundary: Option<Boundary>,
    /// What it changes; `None` when it could not be computed.
    pub diff: Option<Diff>,
    /// The limits of that.
    pub limits: DiffLimits,
    /// Whether a merge is allowed without a person.
    pub arming: Arming,
    /// What people say of it, oldest first; `None` when that could not be read.
    pub reviews: Option<Vec<Review>>,
    /// Whether the base has commits, other than our memory, that the head has not; `None` when that could not be computed.
    pub behind: Option<bool>,
    /// Whether the operator wants exactly the merged result to have been tested (`merge_tested_result`).
    pub tested_result: bool,
    /// Another pull request of ours that is being brought up to date with the same base just now.
    pub ahead: Option<PrNumber>,
    /// Updates onto a moved base without a conflict so far, and how many there may be.
    pub updates: (u32, u32),
    /// Rebases so far, and how many there may be.
    pub rebases: (u32, u32),
    /// Repairs so far, and how many there may be.
    pub repairs: (u32, u32),
    /// Whether repairs are ours at all (`automation_mode: full`).
    pub repairs_allowed: bool,
    /// The checks of the tip of the base; `None` when they could not be read.
    pub base_checks: Option<Checks>,
    /// Whether the failed jobs of this head have been run again already.
    pub has_rerun: bool,
    /// The head that a person approved beyond the limits of diffs.
    pub approved_head: Option<CommitSha>,
    /// What was said against the merge of a head, by the host or a person.
    pub objection: Option<Objection>,
    /// When the snapshot was taken.
    pub now: Timestamp,
    /// When its head was made; `None` when that could not be read.
    pub head_since: Option<Timestamp>,
    /// How long a required check may keep silent before a person is called (`alert_after_hours`); `None` is for ever.
    pub patience: Option<SignedDuration>,
}

/// What is to happen, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was merged: finish the task.
    Merged {
        /// The commit on the base branch.
        commit: Option<CommitSha>,
    },
    /// A person closed it without a merge: their decision.
    ClosedByPerson,
    /// Its issue was closed, or is not there any more: the work is withdrawn, with why.
    Withdrawn(String),
    /// Not ours any more: never write to it; say so once.
    HandsOff(String),
    /// A person has to decide.
    Hold(String),
    /// Look again on the next tick.
    Wait(String),
    /// Rebase it onto its base.
    Rebase,
    /// Bring it up to date with its base, with which it does not conflict, so that the merged result is tested.
    Update,
    /// Its conflict cannot be solved any more without a person.
    ConflictGivenUp(String),
    /// Queue a repair of these red checks.
    Repair(Vec<Check>),
    /// Run the jobs behind these red checks once more: they fail on the base as well, or it looks like infrastructure.
    Rerun(Vec<Check>),
    /// Its repairs are used up.
    RepairsGivenUp(Vec<Check>),
    /// Squash-merge exactly this head.
    Merge {
        /// The head that was judged.
        head: CommitSha,
    },
}

impl Verdict {
    /// A word for reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Merged { .. } => "merged",
            Self::ClosedByPerson => "closed",
            Self::Withdrawn(_) => "withdrawn",
            Self::HandsOff(_) => "hands_off",
            Self::Hold(_) => "hold",
            Self::Wait(_) => "wait",
            Self::Rebase => "rebase",
            Self::Update => "update",
            Self::ConflictGivenUp(_) | Self::RepairsGivenUp(_) => "escalate",
            Self::Repair(_) => "repair",
            Self::Rerun(_) => "rerun",
            Self::Merge { .. } => "merge",
        }
    }
}

impl Verdict {
    /// Why nothing is done about the pull request, where that is what the verdict says.
    pub fn standstill(&self) -> Option<Standstill> {
        match self {
            Self::HandsOff(_) => Some(Standstill::HandsOff),
            Self::Hold(_) => Some(Standstill::Held),
            Self::Wait(_) => Some(Standstill::Waits),
            Self::Merged { .. }
            | Self::ClosedByPerson
            | Self::Withdrawn(_)
            | Self::Rebase
            | Self::Update
            | Self::ConflictGivenUp(_)
            | Self::Repair(_)
            | Self::Rerun(_)
            | Self::RepairsGivenUp(_)
            | Self::Merge { .. } => None,
        }
    }
}

/// Judges one pull request of ours.
pub fn judge(snapshot: &Snapshot) -> Verdict {
    by_checks(snapshot)
        .or_else(|| by_change(snapshot))
        .or_else(|| by_base(snapshot))
        .unwrap_or_else(|| Verdict::Merge { head: snapshot.pull.head_sha.clone() })
}

/// What pull request, issue, checks and what is known against this head alone decide; nothing where more has to be read. Only a red one looks at `base_checks`.
pub fn by_checks(snapshot: &Snapshot) -> Option<Verdict> {
    standing::of(snapshot).or_else(|| checks::of(snapshot)).or_else(|| objected(snapshot))
}

/// Behind the checks: what is red is repaired whoever objects to it.
fn objected(snapshot: &Snapshot) -> Option<Verdict> {
    let objection = snapshot.objection.as_ref()?;
    let stands = objection.stands_against(&snapshot.pull.head_sha, snapshot.now);
    let verdict = if objection.needs_person() { Verdict::Hold } else { Verdict::Wait };
    stands.then(|| verdict(objection.reason.clone()))
}

/// What the change, the demands of the base branch and the operator's policy decide of one whose checks are green.
pub fn by_change(snapshot: &Snapshot) -> Option<Verdict> {
    checks::demanded(snapshot).or_else(|| change::of(snapshot))
}

/// What people, the base branch and the host say of one that is green and within its limits.
fn by_base(snapshot: &Snapshot) -> Option<Verdict> {
    base::of(snapshot)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
