//! What is to happen to the pull request that carries memory to a branch which takes no push. Pure; unknown means wait.

use super::is_memory_file;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::merge::Arming;
use crate::domain::pull::{Check, CheckOutcome, Checks, Mergeable, PullRequest, PullState};

/// The pull request and what its verdict rests on, read in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The pull request.
    pub pull: PullRequest,
    /// The last commit that we pushed.
    pub our_head: CommitSha,
    /// The branch that it is for.
    pub base: BranchName,
    /// The labels that hold a merge.
    pub hold_labels: Vec<String>,
    /// Whether head and base merge.
    pub mergeable: Mergeable,
    /// Its checks.
    pub checks: Checks,
    /// The checks that the base branch demands; `None` when that could not be read.
    pub required: Option<Vec<String>>,
    /// The files that it changes; `None` when that could not be computed.
    pub paths: Option<Vec<String>>,
    /// Whether a merge is allowed without a person.
    pub arming: Arming,
}

/// What is to happen, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was merged.
    Merged,
    /// A person closed it: what it carried is not proposed again.
    ClosedByPerson,
    /// It is built anew on its base: memory is never merged as text.
    Rebuild(String),
    /// Its checks are red; it may be built anew where its base has moved, and is nobody's to repair.
    Red(String),
    /// A person has to decide.
    Hold(String),
    /// Look again on the next tick.
    Wait(String),
    /// Squash-merge exactly this head.
    Merge {
        /// The head that was judged.
        head: CommitSha,
    },
}

/// Judges it.
pub fn judge(proposal: &Proposal) -> Verdict {
    match &proposal.pull.state {
        PullState::Merged { .. } => return Verdict::Merged,
        PullState::Closed => return Verdict::ClosedByPerson,
        PullState::Open => {}
    }
    if let Some(reason) = in_other_hands(proposal) {
        return Verdict::Hold(reason);
    }
    match proposal.mergeable {
        Mergeable::Unknown => {
            return Verdict::Wait("it is not known yet whether it merges cleanly".to_owned());
        }
        Mergeable::Conflict => return Verdict::Rebuild("it conflicts with its base".to_owned()),
        Mergeable::Clean => {}
    }
    if let Some(verdict) = not_green(proposal) {
        return verdict;
    }
    match &proposal.paths {
        None => return Verdict::Wait("its changes cannot be computed".to_owned()),
        Some(paths) => {
            if let Some(path) = paths.iter().find(|path| !is_memory_file(path)) {
                return Verdict::Hold(format!("it changes `{path}`, which is no memory"));
            }
        }
    }
    match &proposal.arming {
        Arming::Manual(reason) => Verdict::Hold(reason.clone()),
        Arming::Armed => Verdict::Merge { head: proposal.pull.head_sha.clone() },
    }
}

fn in_other_hands(proposal: &Proposal) -> Option<String> {
    let pull = &proposal.pull;
    if !pull.same_repository || pull.head_sha != proposal.our_head {
        return Some(format!(
            "its head is {}, and the last commit of ours is {}: merge or close it by hand",
            pull.head_sha.short(),
            proposal.our_head.short()
        ));
    }
    if pull.base != proposal.base {
        return Some(format!(
            "its base is `{}` now, and it was made for `{}`",
            pull.base, proposal.base
        ));
    }
    if pull.draft {
        return Some("it is a draft".to_owned());
    }
    let held = proposal
        .hold_labels
        .iter()
        .find(|hold| pull.labels.iter().any(|label| label.eq_ignore_ascii_case(hold)))?;
    Some(format!("it has the label `{held}`"))
}

/// What stands against a merge in its checks.
fn not_green(proposal: &Proposal) -> Option<Verdict> {
    let checks = match &proposal.checks {
        Checks::Unknown { reason } => {
            return Some(Verdict::Wait(format!("its checks cannot be read: {reason}")));
        }
        Checks::Missing => return Some(Verdict::Hold("it has no checks".to_owned())),
        Checks::Known(checks) => checks,
    };
    let failed: Vec<&str> = named(checks, CheckOutcome::Failed);
    if !failed.is_empty() {
        return Some(Verdict::Red(format!("red: {}", failed.join(", "))));
    }
    let Some(required) = &proposal.required else {
        return Some(Verdict::Wait(format!(
            "what `{}` demands before a merge cannot be read",
            proposal.base
        )));
    };
    if required.is_empty() {
        return Some(Verdict::Hold(format!("`{}` requires no check", proposal.base)));
    }
    for name in required {
        match checks.iter().find(|check| check.name == *name).map(|check| check.outcome) {
            Some(CheckOutcome::Passed | CheckOutcome::Neutral) => {}
            Some(_) => return Some(Verdict::Wait(format!("the check `{name}` has not ended"))),
            None => {
                return Some(Verdict::Wait(format!(
                    "the required check `{name}` has not reported"
                )));
            }
        }
    }
    let pending = named(checks, CheckOutcome::Pending);
    let first = pending.first()?;
    Some(Verdict::Wait(format!("the check `{first}` has not ended")))
}

fn named(checks: &[Check], outcome: CheckOutcome) -> Vec<&str> {
    let of = checks.iter().filter(|check| check.outcome == outcome);
    of.map(|check| check.name.as_str()).collect()
}

#[cfg(test)]
#[path = "proposal_tests.rs"]
mod tests;
