//! What keeps a job from acting, by the real binary: for each job and each switch, nothing is written anywhere, the reason is said, and the same
//! run acts as soon as the switch is back. The rule itself, as one table, is tested in `src/domain/permission_tests.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::SignedDuration;

use crate::support::World;

/// A switch: its command, and the one that takes it back.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("off", "on", "everything is switched off; `agentos on` switches it on"),
    ("pause --job JOB", "resume --job JOB", "paused; `agentos resume --job JOB` lets it go on"),
    (
        "pause --repo shop",
        "resume --repo shop",
        "paused; `agentos resume --repo shop` lets it go on",
    ),
];

/// The settings of the repository that make people drive by hand.
const BY_HAND: &str = "  ci_command: sh test.sh\n  automation_mode: dispatcher_only\n";

/// A world in which a job has something to do.
fn with_work_for(job: &str) -> World {
    let mut world = World::new();
    if matches!(job, "groom" | "plan") {
        world = world.with_sprints();
    }
    match job {
        "plan" => drop(world.run_words(&["issue", "create", "Add a cart"]).ok()),
        "groom" => {
            let known = "# Shop\n\n## Known Issues\n\n- The search forgets umlauts\n";
            world.push_by_hand("main", "CODEBASE.md", known);
        }
        "dispatch" => drop(world.ready_issue("Add a cart", "")),
        "queue" => {
            world.ready_issue("Add a cart", "");
            world.run("dispatch").ok();
        }
        "pr-monitor" => {
            world.ready_issue("Add a cart", "");
            world.run("dispatch").ok();
            world.run("queue").ok();
        }
        _ => with_failures(&world),
    }
    world
}

/// Three tasks that failed with the same words within a day.
fn with_failures(world: &World) {
    let at = world.now() - SignedDuration::from_hours(2);
    let mut lines = String::new();
    for n in 1..=3 {
        let _infallible = writeln!(
            lines,
            r#"{{"timestamp":"{at}","task_id":"shop-{n}","repo":"acme/shop","issue":{n},"agent":"worker","task_type":"debugging","attempt":"1","status":"partial","blocker_code":"test_failure","duration_seconds":60}}"#
        );
        let log = format!("error: connection refused by 10.0.0.{n}:5432\n");
        world.write(&format!("runtime/runs/shop-{n}/1/agent.stderr.log"), &log);
    }
    world.write("runtime/metrics/agent_stats.jsonl", &lines);
}

/// Everything but what is written down about the run itself.
fn all(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    world.snapshot("")
}

/// Runs a job and asserts that it wrote nothing and said why.
#[track_caller]
fn is_denied(world: &World, job: &str, reason: &str) {
    let before = all(world);
    let run = world.run(job).ok();
    let after = all(world);
    let changed: Vec<&PathBuf> = after
        .iter()
        .filter(|(path, text)| before.get(*path) != Some(text))
        .map(|(p, _)| p)
        .collect();
    assert!(changed.is_empty() && before.len() == after.len(), "{job} wrote {changed:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(reason), "{job} says {said}, not {reason}");
}

#[track_caller]
fn acts(world: &World, job: &str) {
    let before = all(world);
    world.run(job).ok();
    assert_ne!(all(world), before, "{job} has nothing to do in this world");
}

/// Each switch in turn; then the job acts.
#[track_caller]
fn every_switch_stops(job: &str) {
    let world = with_work_for(job);
    for (switch, back, reason) in SWITCHES {
        world.run(&switch.replace("JOB", job)).ok();
        is_denied(&world, job, &reason.replace("JOB", job));
        world.run(&back.replace("JOB", job)).ok();
    }
    acts(&world, job);
}

/// Where people drive by hand, the job does nothing; elsewhere it acts.
#[track_caller]
fn does_nothing_by_hand(job: &str) {
    let world = with_work_for(job).repo_settings(BY_HAND);
    is_denied(&world, job, "acme/shop skipped: `automation_mode` is `dispatcher_only`");
    acts(&world.repo_settings("  ci_command: sh test.sh\n"), job);
}

#[test]
fn dispatch_is_stopped_by_each_switch() {
    every_switch_stops("dispatch");
}

#[test]
fn queue_is_stopped_by_each_switch() {
    every_switch_stops("queue");
}

#[test]
fn pr_monitor_is_stopped_by_each_switch() {
    every_switch_stops("pr-monitor");
}

#[test]
fn score_is_stopped_by_each_switch() {
    every_switch_stops("score");
}

#[test]
fn analyze_is_stopped_by_each_switch() {
    every_switch_stops("analyze");
}

#[test]
fn groom_is_stopped_by_each_switch_and_by_dormancy() {
    every_switch_stops("groom");
    let dormant = with_work_for("groom").repo_settings("  groomer_cadence_days: 0\n");
    is_denied(&dormant, "groom --force", "acme/shop skipped: dormant: `groomer_cadence_days` is 0");
    acts(&dormant.repo_settings("  groomer_cadence_days: 0.5\n"), "groom");
}

#[test]
fn plan_is_stopped_by_each_switch_and_by_dormancy() {
    every_switch_stops("plan");
    let dormant = with_work_for("plan").repo_settings("  sprint_cadence_days: 0\n");
    is_denied(&dormant, "plan --force", "acme/shop skipped: dormant: `sprint_cadence_days` is 0");
    acts(&dormant.repo_settings("  sprint_cadence_days: 0.5\n"), "plan");
}

#[test]
fn what_serves_the_organisation_itself_leaves_a_repository_alone_that_people_drive_by_hand() {
    does_nothing_by_hand("score");
    does_nothing_by_hand("analyze");
    does_nothing_by_hand("groom");
    does_nothing_by_hand("plan");
}

#[test]
fn where_people_drive_by_hand_their_issues_are_worked_on_and_they_merge() {
    let world = with_work_for("pr-monitor").repo_settings(BY_HAND);
    let report = world.run("--json pr-monitor").ok().json();
    let reason = report["items"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("`automation_mode` is `dispatcher_only`"), "{reason}");
    assert_eq!(world.merged(), ["Begin"]);
    assert!(world.run("why shop-1").ok().stdout.contains("`dispatcher_only`"));
    let world = world.repo_settings("  ci_command: sh test.sh\n");
    world.run("pr-monitor").ok();
    assert_eq!(world.merged().len(), 2);
}

#[test]
fn a_red_check_is_left_to_people_where_they_drive_by_hand() {
    let red = "  ci_command: 'false'\n";
    let by_hand = format!("{red}  automation_mode: dispatcher_only\n");
    let world = with_work_for("pr-monitor").repo_settings(&by_hand);
    world.run("pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "done", "no repair is queued");
    let world = world.repo_settings(red);
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
}

#[test]
fn why_and_status_say_the_same_as_the_jobs() {
    let world = with_work_for("queue");
    for (switch, back, reason) in SWITCHES {
        let with_job = |text: &str| text.replace("JOB", "queue");
        world.run(&with_job(switch)).ok();
        for command in ["why shop-1", "status"] {
            let said = world.run(command).ok().stdout;
            assert!(said.contains(&with_job(reason)), "{command} under {switch}: {said}");
        }
        world.run(&with_job(back)).ok();
    }
}
