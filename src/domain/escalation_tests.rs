//! What stands in the way, and what a person can do about it.

use super::*;
use crate::domain::ids::PrNumber;
use crate::domain::leak::{self, Leak};
use crate::domain::money::{self, Caps, Spent, Verdict};
use crate::domain::result::{AgentResult, ResultStatus};
use crate::domain::task::tests::a_task;

#[test]
fn what_a_run_shows_decides_what_stands_in_the_way() {
    let agent: AgentName = "codex".parse().unwrap();
    let result = |tests| Evidence::Result {
        result: Box::new(AgentResult::new(ResultStatus::Complete, BlockerCode::None)),
        changed: true,
        tests,
        markers: Vec::new(),
        red: Vec::new(),
        leak: None,
    };
    let red = TestVerdict::Failed { how: "exit 1".to_owned(), tail: String::new() };
    let broke = RunFailure::Environment { reason: "no space".to_owned() };
    let money =
        RunFailure::Budget { reason: "it has cost $1.00 (`budgets.per_attempt_usd`)".to_owned() };
    for (evidence, cause) in [
        (Evidence::Failed(RunFailure::Credentials), Cause::Login { agent: "codex".to_owned() }),
        (Evidence::Failed(RunFailure::Quota { until: None }), Cause::Provider),
        (Evidence::Failed(RunFailure::Overloaded), Cause::Provider),
        (Evidence::Failed(broke), Cause::Environment),
        (Evidence::Failed(RunFailure::PromptTooLarge), Cause::TooLong),
        (Evidence::Failed(money), Cause::Money { key: "budgets.per_attempt_usd".to_owned() }),
        (Evidence::Failed(RunFailure::Timeout), Cause::UsedUp),
        (Evidence::BadResult { reason: "no STATUS".to_owned() }, Cause::UsedUp),
        (result(red), Cause::Tests),
        (result(TestVerdict::Passed), Cause::UsedUp),
    ] {
        let reason = "all 4 attempts are used up; the last: x";
        assert_eq!(Cause::after_run(&evidence, &agent, reason), cause, "{evidence:?}");
    }
}

#[test]
fn the_reasons_that_others_give_are_understood() {
    let leak = Leak { path: "src/key.rs".to_owned(), line: Some(7), kind: "private key" };
    let caps = Caps { per_task: Some(1), ..Caps::default() };
    let spent = Spent { task: 1, ..Spent::default() };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let Verdict::UsedUp { reason: money } = money::decide(&caps, &spent, now) else { panic!() };
    for (reason, cause) in [
        (leak::reason(&[leak]), Cause::Leak),
        (money, Cause::Money { key: "budgets.per_task_usd".to_owned() }),
        (
            "no agent is configured for this kind of task: see `agent_fallbacks`".to_owned(),
            Cause::NoAgent,
        ),
        ("the branch `agent/web-42` moved under us: x".to_owned(), Cause::Foreign),
        (
            "the branch `agent/web-42` is on the remote with a commit that is not ours: 1 x"
                .to_owned(),
            Cause::Foreign,
        ),
        ("the remote declines the push of `agent/web-42`: x".to_owned(), Cause::PushDeclined),
        ("the host refuses the pull request: x".to_owned(), Cause::PullRefused),
        ("it conflicts with `main` again after 5 rebases".to_owned(), Cause::Conflict),
        ("every agent of the chain had its turn; the last: x".to_owned(), Cause::UsedUp),
    ] {
        assert_eq!(Cause::of_reason(&reason), cause, "{reason}");
    }
}

#[test]
fn every_cause_has_a_step_that_a_person_can_take() {
    let causes = [
        Cause::Login { agent: "codex".to_owned() },
        Cause::Provider,
        Cause::Money { key: "budgets.per_task_usd".to_owned() },
        Cause::Tests,
        Cause::Checks { names: vec!["ci".to_owned(), "lint".to_owned()] },
        Cause::Conflict,
        Cause::Leak,
        Cause::Environment,
        Cause::TooLong,
        Cause::NoAgent,
        Cause::Foreign,
        Cause::PushDeclined,
        Cause::PullRefused,
        Cause::UsedUp,
    ];
    let known = Known { tests: Some("sh test.sh"), remote: None };
    let steps: Vec<String> = causes.iter().map(|cause| cause.next_step(&a_task(), known)).collect();
    insta::assert_snapshot!(steps.join("\n"), @r"
    log `codex` in as the user that runs agentos (`agentos doctor` shows who is logged in); then `agentos task retry web-42`
    see with the provider when it answers again, or add another agent to `agent_fallbacks`; then `agentos task retry web-42`
    raise `budgets.per_task_usd` in the configuration, then `agentos task retry web-42`
    go to the task's worktree, which is kept, run `sh test.sh`, and say on the issue what is meant or missing; then `agentos task retry web-42`
    `git fetch origin agent/web-42 && git checkout agent/web-42`, run `sh test.sh` for `ci`, `lint`, push the repair to the branch and merge it by hand; or say on the issue what is meant, then `agentos task retry web-42`
    `git fetch origin agent/web-42 && git checkout agent/web-42`, `git merge origin/main`, solve the conflict, push, and merge the pull request by hand
    look at the place that is named above: if it is a secret, replace it where it is valid; if it is none, change the line; then `agentos task retry web-42`
    mend what the machine lacks (named above), then `agentos task retry web-42`
    split the issue, or shorten its text and mark it Ready again; `agentos task retry web-42` alone will not help
    name an agent for `implementation` in `agent_fallbacks`, then `agentos task retry web-42`
    look who pushed to `agent/web-42`: merge that work by hand, or delete the branch and `agentos task retry web-42`
    give the token the right that is named above, or change the rule of the remote that forbids `agent/web-42`; then `agentos task retry web-42`
    do what the host asks for (named above), then `agentos task retry web-42`
    read the last attempt below and say on the issue what is missing; then `agentos task retry web-42`, which gives it one more attempt
    ");
}

#[test]
fn a_clone_without_an_origin_is_told_where_the_branches_lie() {
    let step = |remote| Cause::Conflict.next_step(&a_task(), Known { tests: None, remote });
    insta::assert_snapshot!(step(Some("/srv/agents/remotes/web.git")), @"`git fetch /srv/agents/remotes/web.git agent/web-42:agent/web-42 && git checkout agent/web-42`, `git pull --no-rebase /srv/agents/remotes/web.git main`, solve the conflict, `git push /srv/agents/remotes/web.git agent/web-42`, and merge the pull request by hand");
    let blank = step(Some("/home/ann's files/web.git"));
    assert!(blank.starts_with(r"`git fetch '/home/ann'\''s files/web.git' agent/"), "{blank}");
    assert!(step(None).starts_with("`git fetch origin "));
}

#[test]
fn a_task_that_a_person_moved_tells_what_it_knows() {
    let task = Task {
        pr: Some(PrNumber(7)),
        failed_checks: vec!["ci".to_owned()],
        reason: Some("red: ci".to_owned()),
        ..a_task()
    };
    let known = Escalation::of_task(&task);
    assert_eq!(known.why, "red: ci");
    assert!(known.next_step.contains("git checkout agent/web-42"), "{}", known.next_step);
    let unknown = Escalation::of_task(&a_task());
    assert!(unknown.next_step.contains("agentos task retry web-42"), "{}", unknown.next_step);
}
