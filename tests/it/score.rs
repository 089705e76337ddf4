//! `score` by the real binary: what it writes of runs and of business, and what it leaves alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::World;

const OBJECTIVE: &str = "\
repo: shop
primary_outcome: Grow
metrics:
- id: traffic
  weight: 1
  outcome_check: {path: traffic.yaml, measurement_window_days: 7}
- id: conversion
  weight: 3
  outcome_check: {path: conversion.yaml, measurement_window_days: 7}
";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A world that has merged one change and measures it by two metrics.
fn measured() -> World {
    let world = World::new()
        .setting("evidence_dir: evidence")
        .repo_settings("  ci_command: sh test.sh\n  outcome_attribution: {enabled: true}\n");
    world.write("objectives/shop.yaml", OBJECTIVE);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    world
}

fn evidence(world: &World, metric: &str, at: Timestamp, value: f64) {
    let text = format!("metric_id: {metric}\nobserved_at: {at}\nvalue: {value}\nbaseline: 100\n");
    world.write(&format!("evidence/shop/{metric}.yaml"), &text);
}

fn scored(world: &World) -> Value {
    world.run("--json score").ok().json()["scores"][0].clone()
}

fn snapshots(world: &World) -> Vec<(String, String)> {
    let text = world.read("runtime/metrics/outcome_attribution.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    lines
        .filter(|line| line["kind"] == "snapshot")
        .map(|line| (told(&line["check_id"]), told(&line["interpretation"])))
        .collect()
}

fn pair(check: &str, word: &str) -> (String, String) {
    (check.to_owned(), word.to_owned())
}

#[test]
fn merged_work_is_judged_by_its_metrics_after_their_window() {
    let mut world = measured();
    let merged = world.now();
    let score = scored(&world);
    assert_eq!((score["score"].clone(), score["coverage"].as_f64()), (Value::Null, Some(0.0)));
    assert_eq!(snapshots(&world), []);

    // What was observed before the window has passed says nothing of this merge.
    world.advance(days(8));
    evidence(&world, "traffic", merged + days(6), 200.0);
    evidence(&world, "conversion", merged + days(8), 90.0);
    let score = scored(&world);
    assert_eq!(snapshots(&world), [pair("conversion", "regressed")]);
    assert_eq!((score["score"].as_f64(), score["coverage"].as_f64()), (Some(-0.75), Some(0.75)));
    assert!(score["waiting"][0].as_str().unwrap().contains("the window ends"), "{score}");

    evidence(&world, "traffic", merged + days(8), 200.0);
    let score = scored(&world);
    assert_eq!(snapshots(&world), [pair("conversion", "regressed"), pair("traffic", "improved")]);
    assert_eq!((score["score"].as_f64(), score["coverage"].as_f64()), (Some(-0.5), Some(1.0)));

    let artefact: Value =
        serde_json::from_str(&world.read("runtime/analysis/agent_scorer_findings.json")).unwrap();
    let finding = &artefact["findings"][0];
    assert_eq!(finding["id"], "business_objective_regressed:acme/shop");
    assert_eq!(finding["metrics"]["score"], -0.5);
    assert!(finding["evidence"][0].as_str().unwrap().contains("objectives/shop.yaml"));
}

#[test]
fn a_measurement_that_never_comes_is_inconclusive_only_after_its_deadline() {
    let mut world = measured();
    world.advance(days(8));
    assert_eq!(scored(&world)["waiting"].as_array().unwrap().len(), 2);
    assert_eq!(snapshots(&world), []);
    world.advance(days(7));
    let score = scored(&world);
    assert_eq!(
        snapshots(&world),
        [pair("conversion", "inconclusive"), pair("traffic", "inconclusive")]
    );
    assert_eq!(score["score"].as_f64(), Some(-0.35));
}

#[test]
fn a_second_run_finds_nothing_new_and_writes_nothing() {
    let mut world = measured();
    world.advance(days(8));
    let at = world.now();
    evidence(&world, "traffic", at, 100.0);
    scored(&world);
    let before = world.snapshot("runtime/metrics");
    let artefact = world.snapshot("runtime/analysis");
    scored(&world);
    assert_eq!(world.snapshot("runtime/metrics"), before);
    assert_eq!(world.snapshot("runtime/analysis"), artefact);
}

#[test]
fn an_objective_that_cannot_be_used_is_named_with_its_line() {
    let world = measured();
    for (weight, words) in [("-1", "`weight` must be 0 or more"), ("0", "must add up to a number")]
    {
        let text = format!("metrics:\n- id: traffic\n  weight: {weight}\n");
        world.write("objectives/shop.yaml", &text);
        let run = world.run("score").code(1);
        assert!(run.stderr.contains("objectives/shop.yaml:3"), "{}", run.stderr);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

/// A configured check of a value that is to fall.
fn latency(more: &str) -> World {
    World::new().setting("evidence_dir: evidence").repo_settings(&format!(
        "  ci_command: sh test.sh\n  outcome_attribution:\n    enabled: true\n    checks:\n    - {{id: latency, path: latency.yaml, measurement_window_days: 7{more}}}\n"
    ))
}

#[test]
fn where_no_objective_says_the_direction_the_evidence_does() {
    let mut world = latency("");
    world.ready_issue("Make it fast", "## Outcome Checks\n\n- latency\n");
    world.run("tick").ok();
    world.advance(days(8));
    let text = format!(
        "metric_id: latency\nobserved_at: {}\nvalue: 310\nbaseline: 900\nunit: ms\ndirection: decrease\n",
        world.now()
    );
    world.write("evidence/shop/latency.yaml", &text);
    world.run("score").ok();
    assert_eq!(snapshots(&world), [pair("latency", "improved")]);
}

#[test]
fn a_check_with_labels_counts_for_issues_with_one_of_them_alone() {
    let world = latency(", labels: [Speed, mobile]");
    for label in ["speed", "bug"] {
        let body = "## Outcome Checks\n\n- latency\n- signups\n";
        let words = ["issue", "create", label, "--body", body, "--label", label, "--ready"];
        world.run_words(&words).ok();
    }
    world.run("dispatch").ok();
    world.run("queue").ok();
    let text = world.read("runtime/metrics/outcome_attribution.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let opened: BTreeMap<u64, Value> =
        lines.map(|line| (line["issue"].as_u64().unwrap(), line["check_ids"].clone())).collect();
    let expected = [(1, json!(["latency", "signups"])), (2, json!(["signups"]))];
    assert_eq!(opened, BTreeMap::from(expected));
}

#[test]
fn a_weak_agent_is_found_with_its_numbers_and_no_issue_is_opened() {
    let world = World::new();
    let mut lines = String::new();
    let at = world.now() - days(1);
    let old = world.now() - days(8);
    for (n, (agent, status, code, at)) in [
        ("codex", "partial", "test_failure", at),
        ("codex", "partial", "test_failure", at),
        ("codex", "partial", "timeout", at),
        ("codex", "complete", "none", at),
        ("claude", "complete", "none", at),
        ("claude", "complete", "none", old),
        ("codex", "complete", "none", old),
    ]
    .into_iter()
    .enumerate()
    {
        let _infallible = writeln!(
            lines,
            r#"{{"timestamp":"{at}","task_id":"shop-{n}","repo":"acme/shop","issue":{n},"agent":"{agent}","task_type":"debugging","status":"{status}","blocker_code":"{code}","duration_seconds":60,"charged_usd":0.5}}"#
        );
    }
    lines.push_str("{\"torn\n");
    world.write("runtime/metrics/agent_stats.jsonl", &lines);
    let report = world.run("--json score").ok().json();
    let found: Vec<&str> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["action"] == "found")
        .map(|item| item["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        found,
        [
            "codex completed 1 of 4 runs (25 %, between 5 % and 70 %) in acme/shop within 7 days; kind of work: debugging; most common reason: test_failure"
        ]
    );
    let artefact: Value =
        serde_json::from_str(&world.read("runtime/analysis/agent_scorer_findings.json")).unwrap();
    let all = &artefact["execution"]["all"];
    assert_eq!((all["samples"].as_u64(), all["rate_before"].as_f64()), (Some(5), Some(1.0)));
    assert_eq!(all["cost_usd"].as_f64(), Some(2.5));
    assert_eq!(artefact["execution"]["unreadable_lines"], 1);
    assert!(!world.path("board/shop/issues").exists());
}

#[test]
fn repositories_that_people_drive_by_hand_and_paused_ones_are_not_measured() {
    let by_hand = World::new().repo_settings("  automation_mode: dispatcher_only\n");
    by_hand.write("objectives/shop.yaml", OBJECTIVE);
    assert_eq!(by_hand.run("--json score").ok().json()["scores"], serde_json::json!([]));
    let paused = World::new();
    paused.write("objectives/shop.yaml", OBJECTIVE);
    paused.run("pause --repo shop").ok();
    assert_eq!(paused.run("--json score").ok().json()["scores"], serde_json::json!([]));
    paused.run("pause --job score").ok();
    let run = paused.run("score").ok();
    assert!(run.stdout.starts_with("score: paused"), "{}", run.stdout);
}

#[test]
fn config_check_looks_at_objectives_and_evidence_too() {
    let world = measured();
    world.write("evidence/shop/traffic.yaml", "value: 1\n");
    world.write("evidence/shop/odd.yaml", "value: many\n");
    let run = world.run("config check").ok();
    assert!(run.stdout.contains("1 objective, 1 evidence file, 2 warnings"), "{}", run.stdout);
    assert!(run.stderr.contains("odd.yaml:1"), "{}", run.stderr);
    world.write("objectives/shop.yaml", "metrics: []\n");
    let run = world.run("config check").code(2);
    assert!(run.stderr.contains("objectives/shop.yaml:1"), "{}", run.stderr);
}
