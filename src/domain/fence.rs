//! The day-one fence (`CONTRACT.md` section 7): a backlog that was Ready before the first dispatch of an installation is never swept up
//! by accident. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ids::IssueNumber;

/// What stands between an old backlog of one repository and the first dispatch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Whether a dispatch has looked at the repository before.
    pub seen: bool,
    /// Issues that were Ready then and wait for `agentos adopt`.
    pub waiting: BTreeSet<IssueNumber>,
    /// Issues that a person adopted before the first dispatch.
    pub adopted: BTreeSet<IssueNumber>,
    /// Whether a person adopted everything before the first dispatch.
    pub all_adopted: bool,
}

impl Fence {
    /// What the fence is after a dispatch has found these issues Ready: the first one puts more than `limit` behind it; later ones let go
    /// of what is Ready no longer, so that Ready set anew by a person counts.
    #[must_use]
    pub fn after_look(&self, ready: &BTreeSet<IssueNumber>, limit: usize) -> Self {
        if self.seen {
            let waiting = self.waiting.intersection(ready).copied().collect();
            return Self { seen: true, waiting, ..Self::default() };
        }
        let is_old_backlog = ready.len() > limit && !self.all_adopted;
        let waiting = if is_old_backlog {
            ready.difference(&self.adopted).copied().collect()
        } else {
            BTreeSet::new()
        };
        Self { seen: true, waiting, ..Self::default() }
    }

    /// The fence after a person adopted one issue; `None` = all of them.
    #[must_use]
    pub fn after_adoption(&self, issue: Option<IssueNumber>) -> Self {
        let mut fence = self.clone();
        match issue {
            None => {
                fence.waiting.clear();
                fence.all_adopted = !fence.seen;
            }
            Some(issue) => {
                fence.waiting.remove(&issue);
                if !fence.seen {
                    fence.adopted.insert(issue);
                }
            }
        }
        fence
    }

    /// Why an issue has to wait, if it is behind the fence.
    pub fn reason(&self, issue: IssueNumber) -> Option<String> {
        self.waiting.contains(&issue).then(|| {
            format!("it was Ready before the first dispatch here: `agentos adopt {}` or `agentos adopt --all`", issue.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(numbers: &[u64]) -> BTreeSet<IssueNumber> {
        numbers.iter().copied().map(IssueNumber).collect()
    }

    #[test]
    fn only_the_first_look_fences_and_only_more_than_the_limit() {
        let fresh = Fence::default();
        assert!(fresh.after_look(&issues(&[1, 2, 3]), 3).waiting.is_empty());
        let fenced = fresh.after_look(&issues(&[1, 2, 3, 4]), 3);
        assert_eq!(fenced.waiting, issues(&[1, 2, 3, 4]));
        assert!(fenced.reason(IssueNumber(4)).is_some());
        let later = fenced.after_look(&issues(&[1, 2, 3, 4, 5, 6, 7, 8]), 3);
        assert_eq!(later.waiting, issues(&[1, 2, 3, 4]));
        assert_eq!(later.reason(IssueNumber(5)), None);
    }

    #[test]
    fn what_is_ready_no_longer_is_let_go() {
        let fenced = Fence::default().after_look(&issues(&[1, 2]), 1);
        let without = fenced.after_look(&issues(&[2]), 1);
        assert_eq!(without.after_look(&issues(&[1, 2]), 1).waiting, issues(&[2]));
    }

    #[test]
    fn a_person_adopts_before_or_after_the_first_dispatch() {
        let fresh = Fence::default();
        let ready = issues(&[1, 2, 3]);
        assert!(fresh.after_adoption(None).after_look(&ready, 1).waiting.is_empty());
        let one = fresh.after_adoption(Some(IssueNumber(2)));
        assert_eq!(one.after_look(&ready, 1).waiting, issues(&[1, 3]));
        let fenced = fresh.after_look(&ready, 1);
        assert_eq!(fenced.after_adoption(Some(IssueNumber(2))).waiting, issues(&[1, 3]));
        assert!(fenced.after_adoption(None).waiting.is_empty());
    }
}
