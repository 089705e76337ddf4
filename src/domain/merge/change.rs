//! What the change itself and the operator's policy say of a merge without a person.

use super::limits::beyond_limits;
use super::{Arming, Snapshot, Verdict};

pub(super) fn of(snapshot: &Snapshot) -> Option<Verdict> {
    if snapshot.pull.draft {
        return Some(Verdict::Hold("it is a draft".to_owned()));
    }
    let Some(diff) = &snapshot.diff else {
        return Some(Verdict::Wait("what it changes cannot be computed".to_owned()));
    };
    if diff.paths.is_empty() {
        return Some(Verdict::Hold("it changes nothing".to_owned()));
    }
    // The approval of a person is the word that the limits of diffs wait for, and no more than that.
    let is_approved = snapshot.approved_head.as_ref() == Some(&snapshot.pull.head_sha);
    if !is_approved && let Some(reason) = beyond_limits(diff, &snapshot.limits) {
        return Some(Verdict::Hold(reason));
    }
    match &snapshot.arming {
        Arming::Manual(reason) => Some(Verdict::Hold(reason.clone())),
        Arming::Armed => None,
    }
}
