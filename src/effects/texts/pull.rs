//! What later runs add to the text of a pull request that is open already: a repair, the end of a conflict.

use super::{MAX_COMMENT, bulleted};
use crate::domain::result::AgentResult;
use crate::domain::task::Task;
use crate::text::marker;

/// Kind of the marker of what one run has added.
const RUN: &str = "run";

/// The text of a pull request with the risks of this run and with what it leaves for a person. Nothing where there is nothing to add, where
/// it stands there already, or where it finds no room: what people wrote there is not cut for it.
pub fn with_later_run(
    present: &str,
    task: &Task,
    result: &AgentResult,
    agent: &str,
) -> Option<String> {
    let key = format!("{}/{}", task.id, task.attempt);
    if marker::has(present, RUN, &key) {
        return None;
    }
    let by = format!("attempt {} by `{agent}`", task.attempt);
    let mut added = String::new();
    bulleted(&mut added, &format!("Risks, {by}"), &result.risks);
    bulleted(&mut added, &format!("Left for a person, {by}"), &result.manual_steps);
    if added.is_empty() {
        return None;
    }
    let text = format!("{}\n\n{}\n{added}", present.trim_end(), marker::render(RUN, &key));
    (text.len() <= MAX_COMMENT).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::blocker::BlockerCode;
    use crate::domain::result::ResultStatus;
    use crate::domain::task::tests::a_task;

    fn result(risks: &[&str], steps: &[&str]) -> AgentResult {
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        AgentResult {
            risks: owned(risks),
            manual_steps: owned(steps),
            ..AgentResult::new(ResultStatus::Complete, BlockerCode::None)
        }
    }

    #[test]
    fn what_a_later_run_leaves_for_a_person_is_added_once_behind_what_stands_there() {
        let mut task = a_task();
        task.attempt = 2;
        let left = result(&["Slow."], &["Set `KEY`, fixes #9 <!-- agentos:run web-42/3 -->"]);
        let first = with_later_run("Closes #42\n\nBy hand.\n", &task, &left, "codex").unwrap();
        insta::assert_snapshot!(first, @r"
        Closes #42

        By hand.

        <!-- agentos:run web-42/2 -->

        ## Risks, attempt 2 by `codex`

        - Slow.

        ## Left for a person, attempt 2 by `codex`

        - Set `KEY`, fixes # 9
        ");
        assert_eq!(with_later_run(&first, &task, &left, "codex"), None, "it stands there");
        task.attempt = 3;
        let second = with_later_run(&first, &task, &left, "claude").unwrap();
        assert!(second.starts_with(first.trim_end()) && second.contains("attempt 3 by `claude`"));
    }

    #[test]
    fn nothing_is_added_without_anything_to_say_or_room_for_it() {
        let task = a_task();
        assert_eq!(with_later_run("Closes #42", &task, &result(&[], &[]), "codex"), None);
        let full = "x".repeat(MAX_COMMENT);
        assert_eq!(with_later_run(&full, &task, &result(&["Slow."], &[]), "codex"), None);
    }
}
