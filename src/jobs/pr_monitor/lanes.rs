//! One at a time: of the pull requests of a repository and base that have to be brought up to date before their merge, the first in order
//! is; the others wait, since its merge moves the base for all of them.

use std::collections::BTreeMap;

use super::Taken;
use crate::domain::ids::{BranchName, PrNumber, RepoSlug};
use crate::domain::merge::Verdict;
use crate::domain::task::Task;

/// Who is being brought up to date, by repository and base. Pull requests are looked at in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Lanes(BTreeMap<(RepoSlug, BranchName), PrNumber>);

impl Lanes {
    /// The pull request that is being brought up to date before this one.
    pub(super) fn ahead(&self, task: &Task) -> Option<PrNumber> {
        self.0.get(&lane(task)).copied()
    }

    /// Notes one that is updated now, or was before and whose checks are still running.
    pub(super) fn note(&mut self, task: &Task, verdict: &Verdict, taken: &Taken) {
        let is_under_way = match verdict {
            Verdict::Update => true,
            Verdict::Wait(_) => {
                task.counters.updates > 0 && taken.snapshot.checks.word() == "pending"
            }
            _ => false,
        };
        if let (true, Some(number)) = (is_under_way, task.pr) {
            self.0.entry(lane(task)).or_insert(number);
        }
    }
}

fn lane(task: &Task) -> (RepoSlug, BranchName) {
    (task.repo.clone(), task.base_branch.clone())
}
