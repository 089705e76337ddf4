//! What the host is to show for a task: labels and column per event (`CONTRACT.md` section 3a), and whether a person took the work back.

use crate::domain::admission::READY;
use crate::domain::issue::{BoardStatus, Issue, IssueState};
use crate::domain::task::{Folder, HostState, Outcome, Task};
use crate::host::LabelChange;

/// Label of work that is under way.
pub(super) const IN_PROGRESS: &str = "in-progress";
/// Label of work that waits or is red.
pub(super) const BLOCKED: &str = "blocked";
/// Label of work that needs a person.
pub(super) const HUMAN_REQUIRED: &str = "human-required";
/// Label of merged work.
pub(super) const DONE: &str = "done";

/// What the host is to show for a task in a folder. Pure.
pub fn desired_host_state(folder: Folder, task: &Task) -> HostState {
    match folder {
        Folder::Blocked | Folder::Escalated | Folder::Failed => HostState::NeedsPerson,
        Folder::Inbox | Folder::Processing => under_way(task),
        Folder::Done => match task.outcome {
            None => under_way(task),
            Some(Outcome::Merged) => HostState::Merged,
            Some(Outcome::Closed) => HostState::PullClosed,
            Some(Outcome::Cancelled | Outcome::NoChange) => HostState::Released,
        },
    }
}

/// Whether an issue shows that somebody is at work on it.
pub fn shows_work(issue: &Issue) -> bool {
    issue.labels.iter().any(|label| label == IN_PROGRESS)
        || issue.status == Some(BoardStatus::InProgress)
}

fn under_way(task: &Task) -> HostState {
    if task.pr.is_some() && !task.failed_checks.is_empty() {
        HostState::Repairing
    } else {
        HostState::InProgress
    }
}

/// The labels to set and take off, and the column, for an issue that is open or closed.
pub fn labels_and_status(state: HostState, issue: IssueState) -> (LabelChange, BoardStatus) {
    let change = |add: &[&str], remove: &[&str]| LabelChange {
        add: add.iter().map(ToString::to_string).collect(),
        remove: remove.iter().map(ToString::to_string).collect(),
    };
    match state {
        HostState::InProgress => {
            (change(&[IN_PROGRESS], &[READY, BLOCKED, HUMAN_REQUIRED]), BoardStatus::InProgress)
        }
        HostState::Repairing => {
            (change(&[IN_PROGRESS, BLOCKED], &[READY, HUMAN_REQUIRED]), BoardStatus::InProgress)
        }
        HostState::NeedsPerson => {
            (change(&[BLOCKED, HUMAN_REQUIRED], &[READY, IN_PROGRESS]), BoardStatus::Blocked)
        }
        HostState::Merged => {
            (change(&[DONE], &[READY, IN_PROGRESS, BLOCKED, HUMAN_REQUIRED]), BoardStatus::Done)
        }
        HostState::PullClosed => {
            (change(&[HUMAN_REQUIRED], &[IN_PROGRESS, BLOCKED]), BoardStatus::Backlog)
        }
        HostState::Released => {
            let column = match issue {
                IssueState::Open => BoardStatus::Backlog,
                IssueState::Closed => BoardStatus::Done,
            };
            (change(&[], &[IN_PROGRESS, BLOCKED, HUMAN_REQUIRED]), column)
        }
    }
}

/// Why the work on an issue is withdrawn, if a person took it back after the host had shown it as under way: the issue was closed, its label
/// taken off, or its card moved away. Ready again is not a withdrawal.
pub fn is_withdrawn(shown: Option<HostState>, issue: &Issue) -> Option<String> {
    if issue.state == IssueState::Closed {
        return Some("its issue was closed".to_owned());
    }
    if !matches!(shown, Some(HostState::InProgress | HostState::Repairing)) {
        return None;
    }
    if issue.has_label(READY) || issue.status == Some(BoardStatus::Ready) {
        return None;
    }
    if !issue.has_label(IN_PROGRESS) {
        return Some(format!("its label `{IN_PROGRESS}` was taken off"));
    }
    match issue.status {
        None | Some(BoardStatus::InProgress | BoardStatus::Blocked | BoardStatus::Ready) => None,
        Some(column) => Some(format!("its card was moved to {column}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IssueNumber;
    use crate::domain::issue::Trust;

    fn issue(state: IssueState, labels: &[&str], status: Option<BoardStatus>) -> Issue {
        Issue {
            number: IssueNumber(1),
            title: String::new(),
            body: String::new(),
            state,
            status,
            labels: labels.iter().map(ToString::to_string).collect(),
            author: String::new(),
            author_trust: Trust::Trusted,
            url: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            closed_at: None,
        }
    }

    #[test]
    fn work_is_withdrawn_only_by_what_a_person_changed_after_it_was_shown() {
        use BoardStatus::{Backlog, Blocked, Done, InProgress, Ready};
        let shown = Some(HostState::InProgress);
        let open = |labels: &[&str], status| issue(IssueState::Open, labels, status);
        for (shown, issue, withdrawn) in [
            (shown, open(&["in-progress"], Some(InProgress)), false),
            (shown, open(&["in-progress"], Some(Blocked)), false),
            (shown, open(&["in-progress"], None), false),
            (shown, open(&["in-progress"], Some(Backlog)), true),
            (shown, open(&["in-progress"], Some(Done)), true),
            (shown, open(&[], Some(InProgress)), true),
            (shown, open(&["ready"], Some(InProgress)), false),
            (shown, open(&["in-progress"], Some(Ready)), false),
            (None, open(&[], Some(Backlog)), false),
            (Some(HostState::NeedsPerson), open(&[], Some(Backlog)), false),
            (shown, issue(IssueState::Closed, &["in-progress"], Some(InProgress)), true),
            (None, issue(IssueState::Closed, &[], None), true),
        ] {
            assert_eq!(is_withdrawn(shown, &issue).is_some(), withdrawn, "{shown:?} {issue:?}");
        }
    }

    #[test]
    fn what_is_set_is_never_taken_off_by_the_same_event() {
        for state in [
            HostState::InProgress,
            HostState::Repairing,
            HostState::NeedsPerson,
            HostState::Merged,
            HostState::PullClosed,
            HostState::Released,
        ] {
            let (change, _) = labels_and_status(state, IssueState::Open);
            assert!(change.add.iter().all(|label| !change.remove.contains(label)), "{state:?}");
        }
    }
}
