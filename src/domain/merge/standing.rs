//! What the pull request is, before anything of its content counts: open, ours, wanted, without a conflict.

use super::{Snapshot, Verdict};
use crate::domain::issue::IssueState;
use crate::domain::pull::{Mergeable, PullState};
use crate::text::count::counted;

pub(super) fn of(snapshot: &Snapshot) -> Option<Verdict> {
    ended(snapshot)
        .or_else(|| foreign(snapshot).map(Verdict::HandsOff))
        .or_else(|| unwanted(snapshot))
        .or_else(|| held_by(snapshot))
        .or_else(|| conflicting(snapshot))
}

fn ended(snapshot: &Snapshot) -> Option<Verdict> {
    match &snapshot.pull.state {
        PullState::Merged { commit } => Some(Verdict::Merged { commit: commit.clone() }),
        PullState::Closed => Some(Verdict::ClosedByPerson),
        PullState::Open => None,
    }
}

fn foreign(snapshot: &Snapshot) -> Option<String> {
    let pull = &snapshot.pull;
    if !pull.same_repository {
        return Some("its head lies in another repository".to_owned());
    }
    match &snapshot.our_head {
        None => return Some("no commit of ours is recorded for its branch".to_owned()),
        // Of a branch that is gone the last head stands there that the host wrote down; nobody pushed it.
        Some(ours) if *ours != pull.head_sha && snapshot.mergeable != Mergeable::HeadGone => {
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

fn unwanted(snapshot: &Snapshot) -> Option<Verdict> {
    if let Some(reason) = &snapshot.issue_gone {
        return Some(Verdict::Withdrawn(reason.clone()));
    }
    match snapshot.issue {
        None => Some(Verdict::Wait("its issue cannot be read".to_owned())),
        Some(IssueState::Closed) => Some(Verdict::Withdrawn("its issue was closed".to_owned())),
        Some(IssueState::Open) => None,
    }
}

fn held_by(snapshot: &Snapshot) -> Option<Verdict> {
    let has = |hold: &&String| snapshot.labels.iter().any(|label| label.eq_ignore_ascii_case(hold));
    let label = snapshot.hold_labels.iter().find(has)?;
    Some(Verdict::Hold(format!("it has the label `{label}`")))
}

fn conflicting(snapshot: &Snapshot) -> Option<Verdict> {
    match snapshot.mergeable {
        Mergeable::Clean => None,
        Mergeable::Unknown => {
            Some(Verdict::Wait("it is not known yet whether it merges cleanly".to_owned()))
        }
        Mergeable::Conflict => Some(on_conflict(snapshot)),
        Mergeable::HeadGone => Some(Verdict::Hold(format!(
            "its branch `{}` is gone: bring it back, or close the pull request",
            snapshot.pull.head
        ))),
        Mergeable::BaseGone => Some(Verdict::Hold(format!(
            "its base `{}` is gone, renamed or deleted: bring it back, or close the pull request",
            snapshot.pull.base
        ))),
    }
}

fn on_conflict(snapshot: &Snapshot) -> Verdict {
    let (used, most) = snapshot.rebases;
    if !snapshot.repairs_allowed {
        return Verdict::Hold("it conflicts with its base, and repairs are off here".to_owned());
    }
    if used >= most {
        return Verdict::ConflictGivenUp(format!(
            "it conflicts with `{}` again after {}",
            snapshot.pull.base,
            counted(used, "rebase")
        ));
    }
    Verdict::Rebase
}
