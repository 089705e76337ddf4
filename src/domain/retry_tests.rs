//! The table of attempts, row by row, and its bound.

use proptest::prelude::*;

use super::*;
use crate::domain::task::tests::a_task;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn limits() -> Limits {
    Limits { ci_max_retries: 3, dispatcher_only: false }
}

fn chain() -> Chain {
    Chain { next: Some("claude".parse().unwrap()), available_now: true, available_at: None }
}

fn used_up() -> Chain {
    Chain { next: None, available_now: false, available_at: None }
}

fn said(status: ResultStatus, blocker: BlockerCode) -> AgentResult {
    let mut result = AgentResult::new(status, blocker);
    result.summary = "The summary.".to_owned();
    result
}

fn evidence(result: AgentResult, changed: bool) -> Evidence {
    Evidence::Result {
        result: Box::new(result),
        changed,
        tests: TestVerdict::Passed,
        markers: Vec::new(),
        red: Vec::new(),
        leak: None,
    }
}

fn complete(changed: bool) -> Evidence {
    evidence(said(ResultStatus::Complete, BlockerCode::None), changed)
}

fn word(task: &Task, evidence: &Evidence, chain: &Chain) -> String {
    match decide(task, evidence, chain, limits(), now()) {
        Decision::Publish => "publish".to_owned(),
        Decision::NoChange { .. } => "no change".to_owned(),
        Decision::Ask { code, .. } => format!("ask {}", code.as_str()),
        Decision::Escalate { cost, .. } => format!("escalate {cost:?}"),
        Decision::Again { same_agent, cost, not_before, .. } => {
            let who = if same_agent { "same" } else { "next" };
            let when = if not_before.is_some() { " later" } else { "" };
            format!("{who} {cost:?}{when}")
        }
    }
}

#[test]
fn each_row_of_the_table() {
    let task = a_task();
    let blocked = |code| evidence(said(ResultStatus::Blocked, code), true);
    let failed = Evidence::Failed;
    let mut no_change = said(ResultStatus::Complete, BlockerCode::None);
    no_change.done = vec!["no-change: it works already".to_owned()];
    let unproven = evidence(no_change.clone(), false);
    no_change.tests_run = vec!["cargo test: passed".to_owned()];
    let red = Evidence::Result {
        result: Box::new(said(ResultStatus::Complete, BlockerCode::None)),
        changed: true,
        tests: TestVerdict::Failed { how: "exit 1".to_owned(), tail: String::new() },
        markers: Vec::new(),
        red: Vec::new(),
        leak: None,
    };
    for (evidence, expected) in [
        (complete(true), "publish"),
        (complete(false), "same Spent"),
        (evidence(no_change, false), "no change"),
        (unproven, "same Spent"),
        (red, "same Spent"),
        (Evidence::BadResult { reason: "empty".to_owned() }, "same Spent"),
        (evidence(said(ResultStatus::Partial, BlockerCode::None), true), "next Spent"),
        (evidence(said(ResultStatus::Partial, BlockerCode::MissingContext), true), "next Spent"),
        (blocked(BlockerCode::MissingContext), "ask missing_context"),
        (blocked(BlockerCode::DependencyBlocked), "ask dependency_blocked"),
        (blocked(BlockerCode::ManualInterventionRequired), "ask manual_intervention_required"),
        // Written by the agent, not seen by us: never free.
        (blocked(BlockerCode::QuotaLimited), "next Spent"),
        (blocked(BlockerCode::MissingCredentials), "next Spent"),
        (blocked(BlockerCode::TestFailure), "next Spent"),
        (failed(RunFailure::Quota { until: None }), "next Free"),
        (failed(RunFailure::Overloaded), "next Free"),
        (failed(RunFailure::Credentials), "next Free"),
        (failed(RunFailure::Environment { reason: "gone".to_owned() }), "next Free"),
        (failed(RunFailure::WorkerDied), "same Free"),
        (failed(RunFailure::Timeout), "next Spent"),
        (failed(RunFailure::Stall), "next Spent"),
        (failed(RunFailure::Crash { how: "exit 3".to_owned() }), "next Spent"),
    ] {
        assert_eq!(word(&task, &evidence, &chain()), expected, "{evidence:?}");
    }
}

#[test]
fn a_second_finding_goes_to_the_next_agent() {
    let codex = "codex".parse().unwrap();
    let task =
        Task { assigned: Some(codex), second_chance: Some("codex".parse().unwrap()), ..a_task() };
    assert_eq!(word(&task, &complete(false), &chain()), "next Spent");
}

#[test]
fn a_used_up_chain_or_bound_is_escalated() {
    let partial = evidence(said(ResultStatus::Partial, BlockerCode::None), true);
    assert_eq!(word(&a_task(), &partial, &used_up()), "escalate Spent");
    let mut last = a_task();
    last.counters.spent = 3;
    assert_eq!(word(&last, &partial, &chain()), "escalate Spent");
    assert_eq!(word(&last, &complete(false), &chain()), "escalate Spent");
    assert_eq!(word(&last, &complete(true), &chain()), "publish");
}

#[test]
fn behind_the_first_pull_request_repairs_are_the_bound() {
    let partial = evidence(said(ResultStatus::Partial, BlockerCode::None), true);
    let mut repair = Task { pr: Some(crate::domain::ids::PrNumber(7)), ..a_task() };
    repair.counters.spent = 9;
    repair.counters.repairs = 2;
    assert_eq!(word(&repair, &partial, &chain()), "next Spent");
    repair.counters.repairs = 3;
    assert_eq!(word(&repair, &partial, &chain()), "escalate Spent");
}

#[test]
fn a_quota_parks_the_task_only_when_nobody_else_is_there() {
    let until = "2026-11-20T18:00:00Z".parse().unwrap();
    let quota = Evidence::Failed(RunFailure::Quota { until: Some(until) });
    let alone = Chain { next: None, available_now: false, available_at: Some(until) };
    let decision = decide(&a_task(), &quota, &alone, limits(), now());
    let Decision::Again { not_before, cost, .. } = decision else { panic!("{decision:?}") };
    assert_eq!((not_before, cost), (Some(until), Cost::Free));
}

#[test]
fn free_runs_and_parking_are_bounded() {
    let quota = Evidence::Failed(RunFailure::Quota { until: None });
    let mut task = a_task();
    task.counters.free_runs = 8;
    assert_eq!(word(&task, &quota, &chain()), "escalate Free");
    let parked = Task { parked_minutes: MAX_PARKED_MINUTES, ..a_task() };
    assert_eq!(word(&parked, &quota, &chain()), "escalate Free");
}

#[test]
fn conflict_markers_are_no_success() {
    let evidence = Evidence::Result {
        result: Box::new(said(ResultStatus::Complete, BlockerCode::None)),
        changed: true,
        tests: TestVerdict::Passed,
        markers: vec!["src/cart.rs".to_owned()],
        red: Vec::new(),
        leak: None,
    };
    assert_eq!(word(&a_task(), &evidence, &chain()), "same Spent");
}

#[test]
fn a_pull_request_that_stays_red_is_never_no_change() {
    let mut result = said(ResultStatus::Complete, BlockerCode::None);
    result.done = vec!["no-change: it works already".to_owned()];
    result.tests_run = vec!["cargo test: passed".to_owned()];
    let evidence = Evidence::Result {
        result: Box::new(result),
        changed: false,
        tests: TestVerdict::NotRun,
        markers: Vec::new(),
        red: vec!["ci".to_owned()],
        leak: None,
    };
    assert_eq!(word(&a_task(), &evidence, &chain()), "same Spent");
}

#[test]
fn a_secret_is_looked_for_anew_by_whoever_resumes() {
    let evidence = Evidence::Result {
        result: Box::new(said(ResultStatus::Complete, BlockerCode::None)),
        changed: true,
        tests: TestVerdict::Passed,
        markers: Vec::new(),
        red: Vec::new(),
        leak: Some("a secret would be published".to_owned()),
    };
    assert_eq!(word(&a_task(), &evidence, &chain()), "publish");
}

#[test]
fn a_dispatcher_only_repository_asks_at_once() {
    let limits = Limits { dispatcher_only: true, ..limits() };
    let partial = evidence(said(ResultStatus::Partial, BlockerCode::TestFailure), true);
    let decision = decide(&a_task(), &partial, &chain(), limits, now());
    assert!(
        matches!(decision, Decision::Ask { code: BlockerCode::TestFailure, .. }),
        "{decision:?}"
    );
    let decision = decide(&a_task(), &complete(false), &chain(), limits, now());
    let Decision::Ask { code, .. } = decision else { panic!("{decision:?}") };
    assert_eq!(code, BlockerCode::InvalidResultContract, "a claim that does not hold");
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let failure = prop_oneof![
        Just(RunFailure::Quota { until: None }),
        Just(RunFailure::Overloaded),
        Just(RunFailure::Credentials),
        Just(RunFailure::WorkerDied),
        Just(RunFailure::Timeout),
        Just(RunFailure::Crash { how: "x".to_owned() }),
    ];
    prop_oneof![
        failure.prop_map(Evidence::Failed),
        Just(Evidence::BadResult { reason: "x".to_owned() }),
        Just(complete(false)),
        Just(evidence(said(ResultStatus::Partial, BlockerCode::None), true)),
        Just(evidence(said(ResultStatus::Blocked, BlockerCode::TestFailure), true)),
    ]
}

proptest! {
    /// Whatever goes wrong in whatever order: the lineage ends within its bound.
    #[test]
    fn every_chain_of_failures_ends(mishaps in proptest::collection::vec(any_evidence(), 40), repair in any::<bool>()) {
        let mut task = a_task();
        task.pr = repair.then_some(crate::domain::ids::PrNumber(7));
        task.assigned = Some("codex".parse().unwrap());
        let mut runs = 0;
        for evidence in &mishaps {
            runs += 1;
            match decide(&task, evidence, &chain(), limits(), now()) {
                Decision::Again { same_agent, cost, .. } => {
                    task.second_chance = same_agent.then(|| "codex".parse().unwrap());
                    match cost {
                        Cost::Free => task.counters.free_runs += 1,
                        Cost::Spent => {
                            task.counters.spent += 1;
                            task.counters.repairs += u32::from(repair);
                        }
                    }
                }
                _ => break,
            }
        }
        prop_assert!(runs <= 4 + 8 + 1, "{runs} runs");
    }
}

#[test]
fn a_text_that_is_too_long_costs_nothing_and_ends_when_nobody_is_left_to_read_it() {
    let task = a_task();
    let too_large = Evidence::Failed(RunFailure::PromptTooLarge);
    assert_eq!(word(&task, &too_large, &chain()), "next Free");
    assert_eq!(word(&task, &too_large, &used_up()), "escalate Free");
}

#[test]
fn a_run_that_was_stopped_at_its_limit_of_money_counts() {
    let budget = Evidence::Failed(RunFailure::Budget { reason: "2.00 USD".to_owned() });
    assert_eq!(word(&a_task(), &budget, &chain()), "next Spent");
}

#[test]
fn nobody_is_parked_for_more_than_seven_days_in_all() {
    let quota = Evidence::Failed(RunFailure::Quota { until: None });
    let back_in = |days: i64| {
        let at = now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
        Chain { next: None, available_now: false, available_at: Some(at) }
    };
    for (parked_days, back_in_days, wanted) in
        [(0, 6, "next Free later"), (0, 8, "escalate Free"), (5, 3, "escalate Free")]
    {
        let task = Task { parked_minutes: parked_days * 24 * 60, ..a_task() };
        assert_eq!(word(&task, &quota, &back_in(back_in_days)), wanted, "{parked_days}");
    }
}
