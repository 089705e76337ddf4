//! What people, the base branch and the host say of a pull request that is green and within its limits.

use super::{Boundary, Snapshot, Verdict};
use crate::domain::pull::{CheckOutcome, Checks, HostWord, Review, ReviewState};
use crate::text::count::counted;

pub(super) fn of(snapshot: &Snapshot) -> Option<Verdict> {
    // Without its demands nothing is merged; the earlier steps have said so already.
    let boundary = snapshot.boundary.as_ref()?;
    on_reviews(snapshot, boundary)
        .or_else(|| on_red_base(snapshot, boundary))
        .or_else(|| on_behind(snapshot, boundary))
        .or_else(|| on_word(snapshot))
}

fn on_reviews(snapshot: &Snapshot, boundary: &Boundary) -> Option<Verdict> {
    let Some(reviews) = &snapshot.reviews else {
        return Some(Verdict::Wait("its reviews cannot be read".to_owned()));
    };
    if let Some(by) = who_requests_changes(reviews) {
        return Some(Verdict::Hold(format!("`{by}` has requested changes")));
    }
    let head = boundary.approvals_of_head.then_some(&snapshot.pull.head_sha);
    let approvals = reviewers(reviews)
        .into_iter()
        .filter_map(|by| last(reviews, by, &OPINIONS))
        .filter(|review| review.state == ReviewState::Approved && review.has_say)
        .filter(|review| head.is_none_or(|head| review.head.as_ref() == Some(head)))
        .count();
    if u32::try_from(approvals).is_ok_and(|approvals| approvals >= boundary.approvals) {
        return None;
    }
    Some(Verdict::Hold(format!(
        "`{}` demands {} approving reviews{}, and it has {approvals}",
        snapshot.pull.base,
        boundary.approvals,
        if head.is_some() { " of this very head" } else { "" }
    )))
}

/// The states by which a person's last word is found. A dismissed review counts as no approval any more.
const OPINIONS: [ReviewState; 3] =
    [ReviewState::Approved, ReviewState::ChangesRequested, ReviewState::Dismissed];

fn reviewers(reviews: &[Review]) -> Vec<&str> {
    let mut names: Vec<&str> = reviews.iter().map(|review| review.by.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn last<'r>(reviews: &'r [Review], by: &str, states: &[ReviewState]) -> Option<&'r Review> {
    reviews.iter().rfind(|review| review.by == by && states.contains(&review.state))
}

/// A person who requested changes and has not approved since. A dismissal of another review of theirs does not take it back.
fn who_requests_changes(reviews: &[Review]) -> Option<&str> {
    let standing = [ReviewState::Approved, ReviewState::ChangesRequested];
    reviewers(reviews).into_iter().find(|by| {
        last(reviews, by, &standing)
            .is_some_and(|review| review.state == ReviewState::ChangesRequested && review.is_person)
    })
}

/// A required check that is red on the base: what is merged onto it is not tested by it. One that is pending there is no obstacle:
/// it was green for the merged result, and every merge would else wait for the CI of the one before.
fn on_red_base(snapshot: &Snapshot, boundary: &Boundary) -> Option<Verdict> {
    let base = &snapshot.pull.base;
    let checks = match &snapshot.base_checks {
        None => {
            return Some(Verdict::Wait(format!("the checks of `{base}` itself cannot be read")));
        }
        Some(Checks::Unknown { reason }) => {
            let reason = format!("the checks of `{base}` itself cannot be read: {reason}");
            return Some(Verdict::Wait(reason));
        }
        Some(Checks::Missing) => return None,
        Some(Checks::Known(checks)) => checks,
    };
    let red = checks.iter().find(|check| {
        check.outcome == CheckOutcome::Failed
            && boundary.required.iter().any(|required| required.name == check.name)
    })?;
    Some(Verdict::Hold(format!(
        "the required check `{}` is red on `{base}` itself, which has to be mended first",
        red.name
    )))
}

fn on_behind(snapshot: &Snapshot, boundary: &Boundary) -> Option<Verdict> {
    let base = &snapshot.pull.base;
    let is_wanted = boundary.up_to_date || snapshot.tested_result;
    let is_behind = match (&snapshot.word, is_wanted, snapshot.behind) {
        (HostWord::Behind, _, _) | (_, true, Some(true)) => true,
        (_, true, None) => {
            let reason = format!("it cannot be computed whether it holds all commits of `{base}`");
            return Some(Verdict::Wait(reason));
        }
        (_, false, _) | (_, true, Some(false)) => false,
    };
    if !is_behind {
        return None;
    }
    if let Some(ahead) = snapshot.ahead {
        return Some(Verdict::Wait(format!(
            "waits behind pull request {}: one at a time is brought up to date with `{base}`",
            ahead.0
        )));
    }
    let (updated, most) = snapshot.updates;
    let (rebased, most_rebases) = snapshot.rebases;
    if updated >= most || rebased >= most_rebases {
        return Some(Verdict::Hold(format!(
            "`{base}` has moved on, after {} already",
            counted(updated.saturating_add(rebased), "update")
        )));
    }
    Some(Verdict::Update)
}

fn on_word(snapshot: &Snapshot) -> Option<Verdict> {
    let base = &snapshot.pull.base;
    match &snapshot.word {
        HostWord::Clean | HostWord::Behind => None,
        HostWord::Blocked => Some(Verdict::Hold(format!(
            "the host blocks it, though everything that can be seen is in order: a rule of `{base}` asks for a person, for example for a review"
        ))),
        HostWord::Draft => Some(Verdict::Hold("it is a draft".to_owned())),
        HostWord::Unstable => Some(Verdict::Wait(
            "the host says that a check is not green, and none is seen that is not".to_owned(),
        )),
        HostWord::Dirty => {
            Some(Verdict::Wait("the host says that it conflicts, and that it does not".to_owned()))
        }
        HostWord::Unknown => {
            Some(Verdict::Wait("the host does not know yet whether it may be merged".to_owned()))
        }
    }
}
