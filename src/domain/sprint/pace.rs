//! How many issues a sprint takes, and when the next one may begin before its time.

use std::collections::BTreeSet;

use super::record::{Sprint, Status};
use crate::domain::ids::IssueNumber;

/// A sprint fills up to `plan_size`: what is Ready or being worked on counts, whoever made it so.
pub fn room(plan_size: usize, active: usize) -> usize {
    plan_size.saturating_sub(active)
}

/// Whether the next sprint may begin before its time: nothing is under way, and all of the last sprint is closed. One that was not wanted is
/// no reason to ask again at once, and one whose issues wait for a person is not done.
pub fn early(
    is_allowed: bool,
    last: Option<&Sprint>,
    active: usize,
    open: &BTreeSet<IssueNumber>,
) -> bool {
    let is_done = |sprint: &Sprint| {
        sprint.ended_at.is_some()
            && sprint.status == Status::Approved
            && !sprint.promoted.is_empty()
            && sprint.promoted.iter().all(|number| !open.contains(number))
    };
    is_allowed && active == 0 && last.is_some_and(is_done)
}
