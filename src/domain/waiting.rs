//! Which issues a blocked task waits for: those that its last result named as in its way, as far as they were open then. Those of the issue's
//! own text come beside them. Pure.

use super::blocker::BlockerCode;
use super::ids::IssueNumber;
use super::task::Task;

/// More issues than this no result waits for; each is asked for at every look.
const MOST: usize = 20;

/// The issues that a blocked task waits for by what its last result named; nothing where it waits for a person alone, whatever is closed.
pub fn for_issues(task: &Task) -> Option<&[IssueNumber]> {
    let may_go_on = task.counters.spent < task.max_attempts;
    let waits_for_work = task.blocker == Some(BlockerCode::DependencyBlocked) && may_go_on;
    waits_for_work.then_some(&task.waits_for)
}

/// The issues that a result names as in the way of a task, itself left out.
pub fn named(blockers: &[String], own: IssueNumber) -> Vec<IssueNumber> {
    let mut found: Vec<IssueNumber> = Vec::new();
    for number in blockers.iter().flat_map(|text| references(text)).map(IssueNumber) {
        if number != own && !found.contains(&number) && found.len() < MOST {
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

    #[test]
    fn a_result_names_what_it_waits_for_by_number() {
        let own = IssueNumber(42);
        for (blockers, expected) in [
            (vec!["needs the interface of #7"], vec![7]),
            (vec!["**#7**, (#9) and #7 again", "`#12`: the table"], vec![7, 9, 12]),
            (vec!["#42 cannot begin before #7."], vec![7]),
            (vec!["acme/api#7, a colour of #7f7f7f, &#39;, ##7, PR#7, # 7, #0"], vec![]),
            (vec!["the interface is missing"], vec![]),
            (vec!["#99999999999999999999999"], vec![]),
        ] {
            let blockers: Vec<String> = blockers.into_iter().map(ToOwned::to_owned).collect();
            let expected: Vec<IssueNumber> = expected.into_iter().map(IssueNumber).collect();
            assert_eq!(named(&blockers, own), expected, "{blockers:?}");
        }
        let many: Vec<String> = (50..150).map(|number| format!("#{number}")).collect();
        assert_eq!(named(&many, own).len(), MOST);
    }

    #[test]
    fn no_closed_issue_brings_back_what_waits_for_a_person_or_has_no_attempt_left() {
        let blocker = Some(BlockerCode::DependencyBlocked);
        let task = Task { blocker, waits_for: vec![IssueNumber(7)], ..a_task() };
        assert_eq!(for_issues(&task), Some([IssueNumber(7)].as_slice()));
        let asks = Task { blocker: Some(BlockerCode::MissingContext), ..task.clone() };
        assert_eq!(for_issues(&asks), None);
        let mut spent = task;
        spent.counters.spent = spent.max_attempts;
        assert_eq!(for_issues(&spent), None);
    }
}
