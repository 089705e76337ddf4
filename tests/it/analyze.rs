//! `analyze` by the real binary: what is filed, what is not, and that nothing is filed twice.

use std::fmt::Write as _;

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::World;

/// Three runs of three tasks that failed with the same words, and one that did not.
fn with_a_pattern() -> World {
    with_a_pattern_in(World::new())
}

/// The same in a world of one's own.
pub(crate) fn with_a_pattern_in(world: World) -> World {
    let at = world.now() - SignedDuration::from_hours(2);
    let mut lines = String::new();
    for n in 1..=4 {
        let (status, code) = if n < 4 { ("partial", "test_failure") } else { ("complete", "none") };
        let _infallible = writeln!(
            lines,
            r#"{{"timestamp":"{at}","task_id":"shop-{n}","repo":"acme/shop","issue":{n},"agent":"worker","task_type":"debugging","attempt":"1","status":"{status}","blocker_code":"{code}","duration_seconds":60}}"#
        );
        let log = format!("starting {n}\nerror: connection refused by 10.0.0.{n}:5432\n");
        world.write(&format!("runtime/runs/shop-{n}/1/agent.stderr.log"), &log);
    }
    world.write("runtime/metrics/agent_stats.jsonl", &lines);
    world
}

fn actions(run: &Value) -> Vec<String> {
    let items = run["items"].as_array().unwrap();
    items.iter().map(|item| item["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_failure_that_comes_back_is_filed_once_with_its_evidence() {
    let world = with_a_pattern();
    let report = world.run("--json analyze").ok().json();
    assert_eq!(actions(&report), ["filed"], "{report}");
    let number = report["items"][0]["issue"].as_u64().unwrap();
    let issue = world.issue(number);
    assert_eq!(issue["labels"], serde_json::json!(["bot-generated", "prio:high"]));
    insta::assert_snapshot!(format!(
        "{}\n\n{}",
        issue["title"].as_str().unwrap(),
        issue["body"].as_str().unwrap()
    ));

    let before = world.snapshot("board");
    let backlog = world.snapshot("runtime/analysis");
    let again = world.run("--json analyze").ok().json();
    assert_eq!(actions(&again), ["known"]);
    assert_eq!(world.snapshot("board"), before);
    assert_eq!(world.snapshot("runtime/analysis"), backlog);
}

#[test]
fn what_a_person_closed_stays_closed() {
    let world = with_a_pattern();
    let number = world.run("--json analyze").ok().json()["items"][0]["issue"].as_u64().unwrap();
    world.run(&format!("issue close {number}")).ok();
    assert_eq!(actions(&world.run("--json analyze").ok().json()), ["known"]);
    assert_eq!(world.run("--json issue list").ok().json(), serde_json::json!([]));
}

#[test]
fn a_dry_run_says_what_would_be_filed_and_changes_nothing() {
    let world = with_a_pattern();
    let before = world.snapshot("board");
    let run = world.run("--json analyze --dry-run").ok();
    assert_eq!(actions(&run.json()), ["would_file"]);
    assert_eq!(world.snapshot("board"), before);
    assert!(!world.path("runtime/analysis").exists());
}

#[test]
fn an_issue_of_a_person_that_says_the_same_is_found() {
    let world = with_a_pattern();
    let title = "End the failure that comes back: error: connection refused by #";
    world.run_words(&["issue", "create", "--title", title, "--body", "x"]).ok();
    assert_eq!(actions(&world.run("--json analyze").ok().json()), ["duplicate"]);
}

#[test]
fn without_evidence_nothing_is_said_and_nothing_is_written() {
    let world = World::new();
    let run = world.run("analyze").ok();
    assert!(run.stdout.starts_with("analyze: 0 filed, 0 errors"), "{}", run.stdout);
    assert!(!world.path("runtime/analysis/remediation_backlog.json").exists());
    assert!(!world.path("board/shop/issues/1.md").exists());
}

#[test]
fn nothing_is_filed_where_people_drive_by_hand_or_when_it_is_paused() {
    let world = with_a_pattern().repo_settings("  automation_mode: dispatcher_only\n");
    assert_eq!(actions(&world.run("--json analyze").ok().json()), ["skipped"]);
    let world = with_a_pattern();
    world.run("pause --job analyze").ok();
    assert!(world.run("analyze").ok().stdout.starts_with("analyze: paused"));
    world.run("resume --job analyze").ok();
    world.run("off").ok();
    assert!(world.run("analyze").ok().stdout.starts_with("analyze: everything is switched off"));
    assert!(!world.path("board/shop/issues/1.md").exists());
}

#[test]
fn work_that_our_own_work_bred_is_left_to_a_person() {
    let world = with_a_pattern();
    for n in 1..=3 {
        let body = format!("<!-- agentos:origin groom/1 -->\n\nPart {n}");
        world
            .run_words(&[
                "issue",
                "create",
                "--title",
                &format!("Part {n}"),
                "--body",
                &body,
                "--ready",
            ])
            .ok();
    }
    world.run("dispatch").ok();
    let report = world.run("--json analyze").ok().json();
    assert_eq!(actions(&report), ["left"]);
    let reason = report["items"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("work of our own"), "{reason}");
}

#[test]
fn a_tick_runs_the_weekly_jobs_once_a_monday_has_passed() {
    let mut world = with_a_pattern();
    let jobs = |world: &World| -> Vec<String> {
        let reports = world.run("--json tick").ok().json();
        let names = reports
            .as_array()
            .unwrap()
            .iter()
            .map(|report| report["job"].as_str().unwrap().to_owned());
        names.collect()
    };
    let usual = ["dispatch", "queue", "pr-monitor"];
    assert_eq!(jobs(&world), usual, "no Monday has passed since the first record");
    world.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor", "score", "analyze"]);
    assert_eq!(jobs(&world), usual);
    world.advance(SignedDuration::from_hours(24));
    assert_eq!(jobs(&world), usual);
    world.advance(SignedDuration::from_hours(6 * 24));
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor", "score", "analyze"]);
}

/// The jobs of a tick.
fn ticked(world: &World) -> Vec<String> {
    let reports = world.run("--json tick").ok().json();
    let reports = reports.as_array().unwrap().iter();
    reports.map(|report| report["job"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_weekly_job_goes_by_its_own_last_run() {
    let mut world = with_a_pattern();
    world.advance(SignedDuration::from_hours(7 * 24));
    drop(world.run("analyze").ok());
    assert_eq!(ticked(&world), ["dispatch", "queue", "pr-monitor", "score"]);
    assert_eq!(ticked(&world), ["dispatch", "queue", "pr-monitor"]);
    let status = world.run("--json status").ok().json();
    for job in ["score", "analyze"] {
        let row = status["jobs"].as_array().unwrap().iter().find(|row| row["job"] == job);
        assert!(row.unwrap()["next"].is_string(), "{status}");
        assert_eq!(world.why(job)["code"], "not_due");
    }
}

#[test]
fn business_without_any_work_is_scored_once_the_first_monday_has_passed() {
    let mut world = World::new().setting("evidence_dir: evidence");
    let usual = ["dispatch", "queue", "pr-monitor"];
    assert_eq!(ticked(&world), usual);
    assert!(!world.path("runtime/state/installation.json").exists(), "nothing to look at");
    world.write(
        "objectives/shop.yaml",
        "repo: shop\nprimary_outcome: Grow\nmetrics:\n- id: traffic\n  weight: 1\n  outcome_check: {path: traffic.yaml, measurement_window_days: 7}\n",
    );
    world.write(
        "evidence/shop/traffic.yaml",
        "metric_id: traffic\nobserved_at: 2026-01-11T00:00:00Z\nvalue: 100\nbaseline: 100\n",
    );
    assert_eq!(ticked(&world), usual, "no Monday has passed since the first look");
    world.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(ticked(&world), ["dispatch", "queue", "pr-monitor", "score", "analyze"]);
    assert_eq!(ticked(&world), usual);
}

#[test]
fn a_damaged_record_of_the_last_runs_says_what_mends_it() {
    let world = with_a_pattern();
    drop(world.run("analyze").ok());
    world.write("runtime/state/cadence.json", "{");
    let tick = world.run("tick").code(1);
    assert!(tick.stderr.contains("cadence.json"), "{}", tick.stderr);
    assert!(tick.stderr.contains("remove the file"), "{}", tick.stderr);
    assert!(world.run("why score").code(1).stderr.contains("remove the file"));
    let checks = world.run("--json doctor").json();
    let paces = checks.as_array().unwrap().iter().find(|check| check["check"] == "paces");
    assert_eq!(paces.unwrap()["status"], "fail", "{checks}");
    std::fs::remove_file(world.path("runtime/state/cadence.json")).unwrap();
    world.run("tick").ok();
}

#[test]
fn two_failures_that_read_nearly_alike_are_two_issues_in_two_weeks() {
    let world = with_a_pattern();
    assert_eq!(actions(&world.run("--json analyze").ok().json()), ["filed"]);
    let mut lines = world.read("runtime/metrics/agent_stats.jsonl");
    for n in 11..=13 {
        let line = lines.lines().next().unwrap().replace("shop-1", &format!("shop-{n}"));
        let _infallible = writeln!(lines, "{line}");
        let log = format!("error: connection declined by 10.0.0.{n}:5432\n");
        world.write(&format!("runtime/runs/shop-{n}/1/agent.stderr.log"), &log);
    }
    world.write("runtime/metrics/agent_stats.jsonl", &lines);
    let mut found = actions(&world.run("--json analyze").ok().json());
    found.sort();
    assert_eq!(found, ["filed", "known"]);
}

/// A planner that leaves a mark where it is asked.
fn with_a_planner(world: World) -> World {
    let asked = crate::support::Script::new().line("echo run >> \"$HOME/runs\"; echo '{}'");
    world.agent("planner", asked).setting("planner_agents: [planner]")
}

#[test]
fn no_model_is_asked_whether_there_is_something_to_say_or_not() {
    for world in [World::new(), with_a_pattern()] {
        let world = with_a_planner(world);
        for job in ["score", "analyze", "analyze --dry-run"] {
            world.run(job).ok();
        }
        assert!(!world.path("runtime/agents/planner/runs").exists());
        assert!(!world.path("runtime/metrics/questions.jsonl").exists());
    }
}
