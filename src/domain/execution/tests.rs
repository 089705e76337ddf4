//! Counting, by hand.

#![expect(clippy::float_cmp, reason = "the numbers are rounded, or exact as they are")]

use super::*;

fn line(task: &str, agent: &str, status: &str, code: &str, seconds: f64, cost: f64) -> String {
    format!(
        r#"{{"timestamp":"2026-11-20T10:00:00Z","task_id":"{task}","repo":"acme/web","issue":1,"agent":"{agent}","model":null,"task_type":"debugging","attempt":"1","status":"{status}","blocker_code":"{code}","spent":true,"duration_seconds":{seconds},"cost_usd":null,"charged_usd":{cost},"pr":null,"head_sha":null}}"#
    )
}

fn tally(lines: &[String]) -> Tally {
    let mut tally = Tally::default();
    for line in lines {
        tally.add(&serde_json::from_str(line).unwrap());
    }
    tally
}

#[test]
fn what_is_not_the_works_fault_is_counted_apart() {
    for (status, code, expected) in [
        ("complete", "none", End::Complete),
        ("partial", "none", End::Incomplete),
        ("partial", "test_failure", End::Incomplete),
        ("blocked", "timeout", End::Incomplete),
        ("blocked", "invalid_result_contract", End::Incomplete),
        ("blocked", "some_new_code", End::Incomplete),
        ("blocked", "quota_limited", End::Quota),
        ("blocked", "missing_credentials", End::Credentials),
        ("blocked", "environment_failure", End::Infrastructure),
        ("blocked", "runner_failure", End::Infrastructure),
        ("blocked", "missing_context", End::Person),
        ("blocked", "manual_intervention_required", End::Person),
    ] {
        let text = line("web-1", "codex", status, code, 1.0, 0.0);
        let run: Run<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(run.end(), expected, "{status} {code}");
    }
}

#[test]
fn totals_add_up_as_by_hand() {
    let tally = tally(&[
        line("web-1", "codex", "complete", "none", 60.0, 0.5),
        line("web-2", "codex", "partial", "test_failure", 30.0, 0.25),
        line("web-2", "claude", "complete", "none", 90.0, 1.0),
        line("web-3", "codex", "blocked", "quota_limited", 2.0, 0.0),
    ]);
    let codex = tally.totals(|group| group.agent == "codex");
    assert_eq!((codex.runs, codex.samples, codex.complete), (3, 2, 1));
    assert_eq!(codex.success.unwrap().rate, 0.5);
    assert_eq!(codex.apart, [(End::Quota, 1)].into());
    assert_eq!((codex.p50_seconds, codex.p95_seconds), (Some(30.0), Some(60.0)));
    assert_eq!((codex.busy_seconds, codex.cost_usd), (92.0, 0.75));
    assert_eq!(codex.codes, [("quota_limited".into(), 1), ("test_failure".into(), 1)].into());
    assert_eq!(tally.tasks("acme/web", 2), (3, 1));
    assert_eq!(tally.totals(|_| true).cost_usd, 1.75);
    assert_eq!(tally.totals(|_| false).success, None);
}

#[test]
fn an_interval_is_wide_for_few_samples_and_narrow_for_many() {
    let shown = |successes, samples| {
        let found = wilson(successes, samples).unwrap();
        (found.rate, found.low, found.high)
    };
    assert_eq!(wilson(0, 0), None);
    assert_eq!(shown(1, 1), (1.0, 0.2065, 1.0));
    assert_eq!(shown(0, 4), (0.0, 0.0, 0.4899));
    assert_eq!(shown(2, 4), (0.5, 0.15, 0.85));
    assert_eq!(shown(50, 100), (0.5, 0.4038, 0.5962));
}

#[test]
fn lines_of_other_versions_are_counted_by_what_they_have() {
    let old = r#"{"timestamp":"2026-03-01T00:00:00Z","task_id":"t","repo":"acme/web","agent":"codex","status":"complete"}"#;
    let run: Run<'_> = serde_json::from_str(old).unwrap();
    assert_eq!((run.end(), run.task_type), (End::Complete, None));
    let newer = r#"{"timestamp":"2026-03-01T00:00:00Z","task_id":"t\n","repo":"acme/web","agent":"codex","status":"blocked","later":[1]}"#;
    assert_eq!(serde_json::from_str::<Run<'_>>(newer).unwrap().task_id, "t\n");
}

#[test]
fn a_line_tells_its_moment_only_where_it_begins_with_it() {
    let at = Some("2026-03-01T00:00:00Z".parse().unwrap());
    assert_eq!(moment(r#"{"timestamp":"2026-03-01T00:00:00Z","task_id":"#), at);
    for other in
        [r#"{"task_id":"t","timestamp":"2026-03-01T00:00:00Z"}"#, r#"{"timestamp":"x"}"#, ""]
    {
        assert_eq!(moment(other), None, "{other}");
    }
}

#[test]
fn many_runs_are_counted_in_little_memory_and_tasks_apart_by_repository() {
    let mut tally = Tally::default();
    for n in 0..3000 {
        let text = line(&format!("t-{}", n / 3), "codex", "complete", "none", 1.5, 0.0);
        let text = if n % 2 == 0 { text } else { text.replace("acme/web", "acme/api") };
        tally.add(&serde_json::from_str(&text).unwrap());
    }
    assert_eq!(
        (tally.tasks("acme/web", 1), tally.tasks("acme/web", 2)),
        ((1000, 1000), (1000, 500))
    );
    assert_eq!((tally.tasks("acme/api", 2), tally.tasks("acme/none", 1)), ((1000, 500), (0, 0)));
    assert_eq!(tally.groups().len(), 2);
}
