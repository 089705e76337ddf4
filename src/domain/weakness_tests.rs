//! Thresholds, just met and just missed.

use super::*;
use crate::domain::objective::Counts;

fn tally(rows: &[(&str, &str, &str, &str, usize)]) -> Tally {
    let mut tally = Tally::default();
    let mut task = 0;
    for (agent, kind, status, code, times) in rows {
        for _ in 0..*times {
            task += 1;
            let line = format!(
                r#"{{"timestamp":"2026-11-20T10:00:00Z","task_id":"web-{task}","repo":"acme/web","agent":"{agent}","task_type":"{kind}","status":"{status}","blocker_code":"{code}"}}"#
            );
            tally.add(&serde_json::from_str(&line).unwrap());
        }
    }
    tally
}

fn ids(rows: &[(&str, &str, &str, &str, usize)]) -> Vec<String> {
    of_execution(&tally(rows), 7).into_iter().map(|finding| finding.id).collect()
}

const FIX: &str = "debugging";
const MAKE: &str = "implementation";

#[test]
fn an_agent_is_found_weak_by_rate_and_samples() {
    let rows = |complete, failed| {
        [("codex", FIX, "complete", "none", complete), ("codex", FIX, "partial", "timeout", failed)]
    };
    for (complete, failed, found) in
        [(2, 2, true), (1, 2, false), (0, 4, true), (3, 2, false), (5, 4, true), (60, 40, false)]
    {
        assert_eq!(!ids(&rows(complete, failed)).is_empty(), found, "{complete} of {failed}");
    }
    assert_eq!(ids(&rows(1, 3)), ["agent_remediation:codex:acme/web:debugging:timeout"]);
}

#[test]
fn one_weak_kind_of_work_is_named_and_several_are_all() {
    let one =
        [("codex", FIX, "partial", "test_failure", 4), ("codex", MAKE, "complete", "none", 20)];
    assert_eq!(ids(&one), ["agent_remediation:codex:acme/web:debugging:test_failure"]);
    let both = [("codex", FIX, "partial", "none", 4), ("codex", MAKE, "partial", "none", 4)];
    assert_eq!(ids(&both), ["agent_remediation:codex:acme/web:all:unfinished_work"]);
}

#[test]
fn quota_and_infrastructure_are_no_fault_of_the_work() {
    let rows = [
        ("codex", FIX, "complete", "none", 4),
        ("codex", FIX, "blocked", "quota_limited", 5),
        ("codex", FIX, "blocked", "runner_failure", 2),
        ("codex", FIX, "blocked", "missing_context", 5),
    ];
    assert_eq!(ids(&rows), ["run_obstacle:codex:acme/web:quota"]);
}

#[test]
fn a_storm_of_retries_is_found() {
    let mut storm = Tally::default();
    for (task, runs) in [(1, 3), (2, 4), (3, 1), (4, 1), (5, 1), (6, 1)] {
        for _ in 0..runs {
            let line = format!(
                r#"{{"timestamp":"2026-11-20T10:00:00Z","task_id":"web-{task}","repo":"acme/web","agent":"a","status":"complete"}}"#
            );
            storm.add(&serde_json::from_str(&line).unwrap());
        }
    }
    let found = of_execution(&storm, 14);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].summary, "2 of 6 tasks of acme/web took 3 runs or more within 14 days");
}

fn business(score: f64, coverage: f64) -> Score {
    Score {
        score,
        coverage,
        components: Vec::new(),
        unmeasured: Vec::new(),
        outside: Counts::default(),
    }
}

#[test]
fn a_score_is_a_regression_only_where_something_was_measured() {
    for (score, coverage, found) in
        [(-0.15, 1.0, true), (-0.149, 1.0, false), (-0.35, 0.0, false), (0.2, 1.0, false)]
    {
        let finding = of_score("acme/web", "objectives/web.yaml", &business(score, coverage), 28);
        assert_eq!(finding.is_some(), found, "{score} {coverage}");
    }
}

#[test]
fn merges_without_checks_are_a_gap() {
    for (merges, without, found) in [(2, 2, false), (3, 2, false), (3, 3, true), (10, 7, true)] {
        assert_eq!(of_measurement("acme/web", merges, without, 14).is_some(), found, "{without}");
    }
}

#[test]
fn an_id_does_not_change_with_the_numbers() {
    let first = ids(&[("codex", FIX, "partial", "timeout", 4)]);
    let later =
        ids(&[("codex", FIX, "partial", "timeout", 9), ("codex", FIX, "complete", "none", 1)]);
    assert_eq!(first, later);
}
