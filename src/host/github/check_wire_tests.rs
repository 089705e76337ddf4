//! Tables of what GitHub's words about checks mean.

use serde_json::{Value, json};

use super::*;

fn run(id: u64, name: &str, suite: u64, status: &str, conclusion: Option<&str>) -> CheckRun {
    serde_json::from_value(json!({
        "id": id, "name": name, "head_sha": "x", "status": status, "conclusion": conclusion,
        "details_url": "https://example.org/log", "html_url": null, "output": null,
        "app": {"slug": ACTIONS}, "check_suite": {"id": suite},
    }))
    .unwrap()
}

fn by_app(id: u64, app: Value, conclusion: &str) -> CheckRun {
    let mut run = run(id, "ci", 1, "completed", Some(conclusion));
    run.app = serde_json::from_value(app).unwrap();
    run
}

fn status(id: u64, context: &str, state: &str) -> CommitStatus {
    let status = json!({"id": id, "context": context, "state": state, "description": "said so", "target_url": null});
    serde_json::from_value(status).unwrap()
}

fn suite(id: u64, app: &str, status: Option<&str>) -> CheckSuite {
    serde_json::from_value(json!({"id": id, "status": status, "app": {"slug": app}})).unwrap()
}

#[track_caller]
fn known(checks: Checks) -> Vec<(String, CheckOutcome)> {
    match checks {
        Checks::Known(checks) => {
            checks.into_iter().map(|check| (check.name, check.outcome)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn outcome(runs: Vec<CheckRun>) -> CheckOutcome {
    let found = known(combined(runs, Vec::new(), &[]));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].1
}

#[test]
fn every_conclusion_has_its_outcome_and_an_unknown_one_means_wait() {
    for (conclusion, expected) in [
        (Some("success"), CheckOutcome::Passed),
        (Some("neutral"), CheckOutcome::Neutral),
        (Some("skipped"), CheckOutcome::Neutral),
        (Some("failure"), CheckOutcome::Failed),
        (Some("cancelled"), CheckOutcome::Failed),
        (Some("timed_out"), CheckOutcome::Failed),
        (Some("action_required"), CheckOutcome::Failed),
        (Some("startup_failure"), CheckOutcome::Failed),
        (Some("stale"), CheckOutcome::Failed),
        (Some("enlightened"), CheckOutcome::Pending),
        (None, CheckOutcome::Pending),
    ] {
        let found = outcome(vec![run(1, "ci", 1, "completed", conclusion)]);
        assert_eq!(found, expected, "{conclusion:?}");
    }
    for status in ["queued", "in_progress", "waiting", "requested", "pending", "new_word"] {
        // A conclusion of an earlier attempt does not count while it runs again.
        for conclusion in [None, Some("success")] {
            let found = outcome(vec![run(1, "ci", 1, status, conclusion)]);
            assert_eq!(found, CheckOutcome::Pending, "{status}");
        }
    }
}

#[test]
fn every_state_of_a_commit_status_has_its_outcome() {
    for (state, expected) in [
        ("success", CheckOutcome::Passed),
        ("failure", CheckOutcome::Failed),
        ("error", CheckOutcome::Failed),
        ("pending", CheckOutcome::Pending),
        ("dreaming", CheckOutcome::Pending),
    ] {
        let found = known(combined(Vec::new(), vec![status(1, "ci", state)], &[]));
        assert_eq!(found, [("ci".to_owned(), expected)], "{state}");
    }
}

#[test]
fn a_run_that_was_repeated_counts_by_its_newest() {
    let failed = || run(1, "ci", 1, "completed", Some("failure"));
    let passed = || run(2, "ci", 1, "completed", Some("success"));
    assert_eq!(outcome(vec![failed(), passed()]), CheckOutcome::Passed);
    assert_eq!(outcome(vec![passed(), failed()]), CheckOutcome::Passed);
    assert_eq!(outcome(vec![failed(), run(3, "ci", 1, "queued", None)]), CheckOutcome::Pending);
}

#[test]
fn of_two_sources_of_one_name_the_worse_counts() {
    let passed = || run(2, "ci", 2, "completed", Some("success"));
    for (id, conclusion, expected) in [
        (1, "failure", CheckOutcome::Failed),
        (3, "failure", CheckOutcome::Failed),
        // Called off in favour of the newer one; the other way round nothing newer has spoken.
        (1, "cancelled", CheckOutcome::Passed),
        (3, "cancelled", CheckOutcome::Failed),
        (1, "skipped", CheckOutcome::Passed),
        (3, "skipped", CheckOutcome::Neutral),
    ] {
        let other = run(id, "ci", 1, "completed", Some(conclusion));
        assert_eq!(outcome(vec![other, passed()]), expected, "{id} {conclusion}");
    }
    let apps = vec![
        by_app(2, json!({"slug": "other"}), "success"),
        by_app(1, json!({"slug": ACTIONS}), "failure"),
    ];
    assert_eq!(outcome(apps), CheckOutcome::Failed);
    let nameless = vec![by_app(2, Value::Null, "success"), by_app(1, json!({}), "failure")];
    assert_eq!(outcome(nameless), CheckOutcome::Passed);
    for (state, expected) in [
        ("failure", CheckOutcome::Failed),
        ("pending", CheckOutcome::Pending),
        ("success", CheckOutcome::Passed),
    ] {
        let found = known(combined(vec![passed()], vec![status(9, "ci", state)], &[]));
        assert_eq!(found, [("ci".to_owned(), expected)], "{state}");
    }
}

#[test]
fn a_workflow_that_has_not_begun_is_pending_and_other_apps_are_not_waited_for() {
    let waits = |suites: &[CheckSuite], runs: Vec<CheckRun>| {
        combined(runs, Vec::new(), suites).word().to_owned()
    };
    assert_eq!(waits(&[], Vec::new()), "missing");
    assert_eq!(waits(&[suite(1, ACTIONS, Some("queued"))], Vec::new()), "pending");
    assert_eq!(waits(&[suite(1, ACTIONS, None)], Vec::new()), "pending");
    assert_eq!(waits(&[suite(1, ACTIONS, Some("completed"))], Vec::new()), "missing");
    assert_eq!(waits(&[suite(1, "dependabot", Some("queued"))], Vec::new()), "missing");
    let passed = || vec![run(1, "ci", 1, "completed", Some("success"))];
    assert_eq!(waits(&[suite(1, ACTIONS, Some("in_progress"))], passed()), "passed");
    assert_eq!(waits(&[suite(2, ACTIONS, Some("queued"))], passed()), "pending");
}

#[test]
fn a_check_says_what_happened_and_where_its_log_is() {
    let mut failed = run(1, "ci", 1, "completed", Some("failure"));
    failed.output = Some(Output {
        title: Some("2 tests\nfailed".to_owned()),
        summary: Some("cart: red".to_owned()),
        text: Some("ä".repeat(4000)),
    });
    let check = failed.into_check();
    assert_eq!(check.summary, "failure: 2 tests failed");
    assert_eq!(check.log.as_deref(), Some("https://example.org/log"));
    let excerpt = check.log_excerpt.unwrap();
    assert!(excerpt.starts_with("2 tests\nfailed\n\ncart: red\n\nää"), "{excerpt}");
    assert!(excerpt.len() <= MAX_EXCERPT + 8 && excerpt.ends_with('…'));

    let odd = run(1, "ci", 1, "completed", Some("enlightened")).into_check();
    assert_eq!(odd.summary, "ended as `enlightened`, which is not known here");
    assert_eq!(odd.log_excerpt, None);
    assert_eq!(status(1, "ci", "error").into_check().summary, "error: said so");
}

#[test]
fn a_missing_field_is_an_error() {
    let whole = json!({
        "id": 1, "name": "ci", "head_sha": "x", "status": "completed", "conclusion": null,
        "app": null, "check_suite": null,
    });
    assert!(serde_json::from_value::<CheckRun>(whole.clone()).is_ok());
    for field in ["id", "name", "head_sha", "status", "conclusion", "app", "check_suite"] {
        let mut answer = whole.clone();
        answer.as_object_mut().unwrap().remove(field);
        assert!(serde_json::from_value::<CheckRun>(answer).is_err(), "{field}");
    }
    for field in ["id", "context", "state"] {
        let mut answer = json!({"id": 1, "context": "ci", "state": "success"});
        answer.as_object_mut().unwrap().remove(field);
        assert!(serde_json::from_value::<CommitStatus>(answer).is_err(), "{field}");
    }
}
