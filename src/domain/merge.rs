//! What is to happen to a pull request (`DESIGN.md` section 5, "Merge verdict"). Pure; all conditions must hold, and unknown means wait.

use globset::{Glob, GlobSetBuilder};

use super::ids::{BranchName, CommitSha};
use super::issue::IssueState;
use super::pull::{Check, CheckOutcome, Checks, Mergeable, PullRequest, PullState};

/// Whether the policy allows an automatic merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arming {
    /// It does.
    Armed,
    /// A person merges; with why.
    Manual(String),
}

/// What a head changes, measured against its base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The files, with both names of a renamed one.
    pub paths: Vec<String>,
    /// Added and removed lines together.
    pub lines: u64,
}

/// The limits of a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffLimits {
    /// Globs of what may be changed; empty is all.
    pub allowed_paths: Vec<String>,
    /// Globs of what only a person may let pass.
    pub protected_paths: Vec<String>,
    /// Most lines added and removed.
    pub max_lines: u64,
}

/// A pull request and everything its verdict rests on, read in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The pull request.
    pub pull: PullRequest,
    /// The state of its issue; `None` when it could not be read.
    pub issue: Option<IssueState>,
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
    /// Its checks.
    pub checks: Checks,
    /// The checks that the base branch demands; `None` when that could not be read.
    pub required: Option<Vec<String>>,
    /// What it changes; `None` when it could not be computed.
    pub diff: Option<Diff>,
    /// The limits of that.
    pub limits: DiffLimits,
    /// Whether a merge is allowed without a person.
    pub arming: Arming,
    /// Rebases so far, and how many there may be.
    pub rebases: (u32, u32),
    /// Repairs so far, and how many there may be.
    pub repairs: (u32, u32),
    /// Whether repairs are ours at all (`automation_mode: full`).
    pub repairs_allowed: bool,
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
    /// Its issue was closed: the work is withdrawn.
    Withdrawn,
    /// Not ours any more: never write to it; say so once.
    HandsOff(String),
    /// A person has to decide.
    Hold(String),
    /// Look again on the next tick.
    Wait(String),
    /// Rebase it onto its base.
    Rebase,
    /// Its conflict cannot be solved any more without a person.
    ConflictGivenUp(String),
    /// Queue a repair of these red checks.
    Repair(Vec<Check>),
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
            Self::Withdrawn => "withdrawn",
            Self::HandsOff(_) => "hands_off",
            Self::Hold(_) => "hold",
            Self::Wait(_) => "wait",
            Self::Rebase => "rebase",
            Self::ConflictGivenUp(_) | Self::RepairsGivenUp(_) => "escalate",
            Self::Repair(_) => "repair",
            Self::Merge { .. } => "merge",
        }
    }
}

/// Judges one pull request of ours.
pub fn judge(snapshot: &Snapshot) -> Verdict {
    match &snapshot.pull.state {
        PullState::Merged { commit } => return Verdict::Merged { commit: commit.clone() },
        PullState::Closed => return Verdict::ClosedByPerson,
        PullState::Open => {}
    }
    if let Some(reason) = foreign(snapshot) {
        return Verdict::HandsOff(reason);
    }
    match snapshot.issue {
        None => return Verdict::Wait("its issue cannot be read".to_owned()),
        Some(IssueState::Closed) => return Verdict::Withdrawn,
        Some(IssueState::Open) => {}
    }
    if let Some(label) = held_by(snapshot) {
        return Verdict::Hold(format!("it has the label `{label}`"));
    }
    match snapshot.mergeable {
        Mergeable::Unknown => {
            return Verdict::Wait("it is not known yet whether it merges cleanly".to_owned());
        }
        Mergeable::Conflict => return on_conflict(snapshot),
        Mergeable::Clean => {}
    }
    on_checks(snapshot)
}

fn foreign(snapshot: &Snapshot) -> Option<String> {
    let pull = &snapshot.pull;
    if !pull.same_repository {
        return Some("its head lies in another repository".to_owned());
    }
    match &snapshot.our_head {
        None => return Some("no commit of ours is recorded for its branch".to_owned()),
        Some(ours) if *ours != pull.head_sha => {
            return Some(format!(
                "its head is {}, and the last commit of ours is {}: somebody else has pushed to `{}`",
                pull.head_sha.short(),
                ours.short(),
                pull.head
            ));
        }
        Some(_) => {}
    }
    if pull.base != snapshot.expected_base {
        return Some(format!(
            "its base is `{}` now, and the work was made for `{}`",
            pull.base, snapshot.expected_base
        ));
    }
    None
}

fn held_by(snapshot: &Snapshot) -> Option<&String> {
    snapshot
        .hold_labels
        .iter()
        .find(|hold| snapshot.labels.iter().any(|label| label.eq_ignore_ascii_case(hold)))
}

fn on_conflict(snapshot: &Snapshot) -> Verdict {
    let (used, most) = snapshot.rebases;
    if !snapshot.repairs_allowed {
        return Verdict::Hold("it conflicts with its base, and repairs are off here".to_owned());
    }
    if used >= most {
        return Verdict::ConflictGivenUp(format!(
            "it conflicts with `{}` again after {used} rebases",
            snapshot.pull.base
        ));
    }
    Verdict::Rebase
}

fn on_checks(snapshot: &Snapshot) -> Verdict {
    let checks = match &snapshot.checks {
        Checks::Unknown { reason } => {
            return Verdict::Wait(format!("its checks cannot be read: {reason}"));
        }
        Checks::Missing => return Verdict::Hold(NO_CHECKS.to_owned()),
        Checks::Known(checks) if checks.is_empty() => return Verdict::Hold(NO_CHECKS.to_owned()),
        Checks::Known(checks) => checks,
    };
    let failed: Vec<Check> =
        checks.iter().filter(|check| check.outcome == CheckOutcome::Failed).cloned().collect();
    if !failed.is_empty() {
        return on_red(snapshot, failed);
    }
    let Some(required) = &snapshot.required else {
        return Verdict::Wait(format!(
            "what `{}` demands before a merge cannot be read",
            snapshot.pull.base
        ));
    };
    if required.is_empty() {
        return Verdict::Hold(format!(
            "`{}` requires no check: protect it and require at least one, or merge by hand",
            snapshot.pull.base
        ));
    }
    for name in required {
        match checks.iter().find(|check| check.name == *name).map(|check| check.outcome) {
            None => return Verdict::Wait(format!("the required check `{name}` has not reported")),
            Some(CheckOutcome::Passed) => {}
            Some(CheckOutcome::Pending) => {
                return Verdict::Wait(format!("the check `{name}` is pending"));
            }
            Some(CheckOutcome::Neutral | CheckOutcome::Failed) => {
                return Verdict::Wait(format!("the required check `{name}` did not succeed"));
            }
        }
    }
    if let Some(pending) = checks.iter().find(|check| check.outcome == CheckOutcome::Pending) {
        return Verdict::Wait(format!("the check `{}` is pending", pending.name));
    }
    on_green(snapshot)
}

const NO_CHECKS: &str = "it has no checks, and nothing is merged unchecked without a person";

fn on_red(snapshot: &Snapshot, failed: Vec<Check>) -> Verdict {
    let (used, most) = snapshot.repairs;
    if !snapshot.repairs_allowed {
        let names: Vec<&str> = failed.iter().map(|check| check.name.as_str()).collect();
        return Verdict::Hold(format!("red: {}; repairs are off here", names.join(", ")));
    }
    if used >= most { Verdict::RepairsGivenUp(failed) } else { Verdict::Repair(failed) }
}

fn on_green(snapshot: &Snapshot) -> Verdict {
    if snapshot.pull.draft {
        return Verdict::Hold("it is a draft".to_owned());
    }
    let Some(diff) = &snapshot.diff else {
        return Verdict::Wait("what it changes cannot be computed".to_owned());
    };
    if let Some(reason) = beyond_limits(diff, &snapshot.limits) {
        return Verdict::Hold(reason);
    }
    match &snapshot.arming {
        Arming::Manual(reason) => Verdict::Hold(reason.clone()),
        Arming::Armed => Verdict::Merge { head: snapshot.pull.head_sha.clone() },
    }
}

/// Why a diff needs a person, if it does. A glob that cannot be read protects everything.
pub fn beyond_limits(diff: &Diff, limits: &DiffLimits) -> Option<String> {
    if diff.paths.is_empty() {
        return Some("it changes nothing".to_owned());
    }
    if diff.lines > limits.max_lines {
        return Some(format!(
            "it changes {} lines, and `max_diff_lines` is {}",
            diff.lines, limits.max_lines
        ));
    }
    match first_match(&limits.protected_paths, &diff.paths) {
        Err(reason) => return Some(reason),
        Ok(Some(path)) => {
            return Some(format!("it changes `{path}`, which is in `protected_paths`"));
        }
        Ok(None) => {}
    }
    if limits.allowed_paths.is_empty() {
        return None;
    }
    let outside = diff.paths.iter().find(|path| {
        !matches!(first_match(&limits.allowed_paths, std::slice::from_ref(path)), Ok(Some(_)))
    })?;
    Some(format!("it changes `{outside}`, which is not in `allowed_paths`"))
}

fn first_match(globs: &[String], paths: &[String]) -> Result<Option<String>, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let pattern =
            Glob::new(glob).map_err(|error| format!("`{glob}` is not a glob: {error}"))?;
        set.add(pattern);
    }
    let set = set.build().map_err(|error| format!("the globs cannot be used: {error}"))?;
    Ok(paths.iter().find(|path| set.is_match(path)).cloned())
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
