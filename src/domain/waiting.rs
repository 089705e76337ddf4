//! Which issues a blocked task waits for: those that its last result names as in its way. Those of the issue's own text come beside them. Pure.

use super::blocker::BlockerCode;
use super::body;
use super::ids::IssueNumber;
use super::task::Task;

/// More issues than this no result waits for; each is asked for at every look.
const MOST: usize = 20;

/// The issues that the last result of a blocked task names as in its way; nothing where it waits for a person alone, whatever is closed.
pub fn for_issues(task: &Task) -> Option<Vec<IssueNumber>> {
    let may_go_on = task.counters.spent < task.max_attempts;
    let waits_for_work = task.blocker == Some(BlockerCode::DependencyBlocked) && may_go_on;
    waits_for_work.then(|| named(task))
}

fn named(task: &Task) -> Vec<IssueNumber> {
    let mut found: Vec<IssueNumber> = Vec::new();
    for number in body::blockers(&task.body).flat_map(references).map(IssueNumber) {
        if number != task.issue && !found.contains(&number) && found.len() < MOST {
            found.push(number);
        }
    }
    found
}

/// The numbers of the issues of the same repository that a text names: `#7`, and neither `acme/web#7` nor `&#39;` or `#7f`.
fn references(text: &str) -> Vec<u64> {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '&' | '#');
    let mut numbers = Vec::new();
    for (at, mark) in text.match_indices('#') {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + mark.len()..).unwrap_or_default();
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let (digits, rest) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let is_word = !before.ends_with(is_inside)
            && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        numbers.extend(digits.parse::<u64>().ok().filter(|number| is_word && *number > 0));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::tests::a_task;

    fn blocked(blockers: &str) -> Task {
        let section = "# Attempt 2 (codex)\n\n- Came to: see #5\n- Blocker: dependency_blocked\n\
                       - Status: blocked\n- Summary: see #6\n";
        let earlier = "# Attempt 1 (codex)\n\n- Blockers:\n  - #3\n";
        Task {
            blocker: Some(BlockerCode::DependencyBlocked),
            body: format!(
                "# Goal\n\nx\n\n{earlier}\n{section}- Blockers:\n{blockers}- Next step: see #8\n"
            ),
            ..a_task()
        }
    }

    #[test]
    fn a_result_names_what_it_waits_for_in_its_blockers_alone() {
        for (blockers, expected) in [
            ("  - needs the interface of #7\n", vec![7]),
            ("  - **#7**, (#9) and #7 again\n  - `#12`: the table\n", vec![7, 9, 12]),
            ("  - #42 cannot begin before #7.\n", vec![7]),
            ("  - acme/api#7, a colour of #7f7f7f, &#39;, ##7, PR#7, # 7, #0\n", vec![]),
            ("  - the interface is missing\n", vec![]),
            ("  - #99999999999999999999999\n", vec![]),
        ] {
            let expected: Vec<IssueNumber> = expected.into_iter().map(IssueNumber).collect();
            assert_eq!(for_issues(&blocked(blockers)), Some(expected), "{blockers}");
        }
        let many: Vec<String> = (50..150).map(|number| format!("  - #{number}\n")).collect();
        assert_eq!(for_issues(&blocked(&many.concat())).unwrap().len(), MOST);
    }

    #[test]
    fn no_closed_issue_brings_back_what_waits_for_a_person_or_has_no_attempt_left() {
        let task = blocked("  - #7\n");
        let asks = Task { blocker: Some(BlockerCode::MissingContext), ..task.clone() };
        assert_eq!(for_issues(&asks), None);
        let mut spent = task;
        spent.counters.spent = spent.max_attempts;
        assert_eq!(for_issues(&spent), None);
    }
}
