//! A task as dispatch makes it, for the tests of everything that holds one, and what a task does by itself.

use super::*;

/// A task as dispatch makes it.
pub(crate) fn a_task() -> Task {
    Task {
        id: "web-42".parse().unwrap(),
        repo: "acme/web".parse().unwrap(),
        issue: IssueNumber(42),
        title: "Add a cart".to_owned(),
        url: "https://example.com/42".to_owned(),
        task_type: TaskType::Implementation,
        priority: Priority::Normal,
        agent: None,
        attempt: 1,
        max_attempts: 4,
        base_branch: "main".parse().unwrap(),
        branch: "agent/web-42".parse().unwrap(),
        stage: None,
        not_before: None,
        outcome_checks: Vec::new(),
        failed_checks: Vec::new(),
        counters: Counters::default(),
        tried: Vec::new(),
        earlier_rounds: 0,
        cost_usd_micros: 0,
        pr: None,
        head_sha: None,
        next_head: None,
        rerun_head: None,
        approved_head: None,
        objection: None,
        outcome: None,
        generation: 1,
        brief_sha256: String::new(),
        created_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        assigned: None,
        second_chance: None,
        conflicts: Vec::new(),
        conflict_base: None,
        parked_minutes: 0,
        reason: None,
        blocker: None,
        waits_for: Vec::new(),
        approved_by: None,
        last_command: None,
        settling: None,
        trouble: None,
        host_state: None,
        unknown: Vec::new(),
        body: "# Goal\n\nAdd a cart\n".to_owned(),
    }
}

#[test]
fn a_move_has_one_spelling() {
    for from in Folder::ALL {
        for to in Folder::ALL {
            let step = Move { from, to };
            assert_eq!(Move::try_from(String::from(step)), Ok(step));
        }
    }
    assert!(Move::try_from("done".to_owned()).is_err());
}

#[test]
fn what_a_person_closed_is_remembered_whatever_the_next_end_is() {
    let sha = |letter: &str| -> CommitSha { letter.repeat(40).parse().unwrap() };
    let mut task = a_task();
    (task.pr, task.head_sha) = (Some(PrNumber(7)), Some(sha("a")));
    task.outcome = Some(Outcome::Closed);
    task.forget_the_end();
    let objection = task.objection.clone();
    assert_eq!(objection.as_ref().map(|it| &it.head), Some(&sha("a")));
    assert_eq!((task.pr, task.head_sha.clone()), (None, None));
    (task.pr, task.head_sha) = (Some(PrNumber(8)), Some(sha("a")));
    task.outcome = Some(Outcome::Cancelled);
    task.forget_the_end();
    assert_eq!(task.objection, objection);
    task.outcome = Some(Outcome::Cancelled);
    task.forget_the_end();
    assert_eq!(task.objection, objection, "without a pull request too");
}

#[test]
fn a_new_round_gives_every_agent_its_turn_again() {
    let mut task = a_task();
    task.tried = vec!["codex".parse().unwrap(), "claude".parse().unwrap()];
    assert_eq!(task.tried_this_round().len(), 2);
    task.begin_round();
    assert!(task.tried_this_round().is_empty());
}
