//! `plan` by the real binary: what becomes Ready and why, what a model may change, how a sprint waits for a person, what is remembered of it.

mod approval;
mod github;
mod memory;
mod model;
mod pace;

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::World;

/// A world in which sprints are planned.
fn world() -> World {
    World::new().repo_settings(&settings(""))
}

/// The settings of a repository that is planned for.
fn settings(more: &str) -> String {
    format!("  ci_command: sh test.sh\n  sprint_cadence_days: 7\n{more}")
}

/// Files an issue in the backlog.
#[track_caller]
fn idea(world: &World, title: &str, labels: &str, body: &str) -> u64 {
    let mut words = vec!["--json", "issue", "create", "--title", title, "--body", body];
    if !labels.is_empty() {
        words.extend(["--label", labels]);
    }
    world.run_words(&words).ok().json()["number"].as_u64().unwrap()
}

fn ideas(world: &World, count: u64) {
    for n in 1..=count {
        idea(world, &format!("Idea {n}"), "", "");
    }
}

/// Runs the job and gives its items, one line each.
#[track_caller]
fn planned(world: &World, line: &str) -> String {
    told(&world.run(&format!("--json {line}")).ok().json())
}

fn told(report: &Value) -> String {
    let line = |item: &Value| {
        let issue = item["issue"].as_u64().map(|n| format!(" #{n}")).unwrap_or_default();
        format!(
            "{}{issue}: {}",
            item["action"].as_str().unwrap(),
            item["reason"].as_str().unwrap_or("-")
        )
    };
    let items: Vec<String> = report["items"].as_array().unwrap().iter().map(line).collect();
    items.join("\n")
}

/// The issues in the column Ready.
fn ready(world: &World) -> Vec<u64> {
    let issues = world.run("--json issue list").ok().json();
    let ready = issues.as_array().unwrap().iter().filter(|issue| issue["status"] == "Ready");
    ready.map(|issue| issue["number"].as_u64().unwrap()).collect()
}

/// Runs the job once more: nothing may be written.
#[track_caller]
fn settled(world: &World, line: &str) -> String {
    let before = world.everything();
    let said = planned(world, line);
    let mut after = world.everything();
    after.retain(|path, _| {
        !["runtime/logs", "runtime/locks", "runtime/cache"]
            .iter()
            .any(|out| path.starts_with(world.path(out)))
    });
    let touched: Vec<_> = after
        .iter()
        .filter(|(path, text)| before.get(*path) != Some(text))
        .map(|(path, _)| path)
        .collect();
    assert!(touched.is_empty(), "{touched:?}");
    said
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[test]
fn the_best_of_the_backlog_become_ready_with_their_reasons() {
    let world = world();
    ideas(&world, 5);
    idea(&world, "Pay the bills", "prio:high", "");
    idea(&world, "Paint the shed", "prio:low", "");
    let by_person = idea(&world, "Not now", "hold", "");
    insta::assert_snapshot!(planned(&world, "plan"), @r"
    planned: sprint shop-2026-01-05 of 5 issues, by the ranking
    promoted #6: 6.00 points; +6.00 priority high
    promoted #1: 3.00 points; +3.00 no priority label
    promoted #2: 3.00 points; +3.00 no priority label
    promoted #3: 3.00 points; +3.00 no priority label
    promoted #4: 3.00 points; +3.00 no priority label
    ");
    assert_eq!(ready(&world), [1, 2, 3, 4, 6]);
    assert_eq!(world.shown(1), "prio:normal; Ready; open");
    assert_eq!(world.shown(6), "prio:high; Ready; open", "a person's priority stays");
    assert_eq!(world.shown(by_person), "hold; Backlog; open");
    let said = settled(&world, "plan");
    assert!(said.contains("the next sprint is due at 2026-01-12T09:00:00Z"), "{said}");
    assert!(settled(&world, "plan --force").contains("5 issues are Ready"), "full");
}

#[test]
fn without_anything_to_choose_nothing_is_asked_and_nothing_is_written() {
    let world = world();
    assert_eq!(settled(&world, "plan"), "left: nothing in the backlog may be chosen");
    idea(&world, "Held", "hold", "");
    idea(&world, "Depends", "", "Depends on #1\n");
    insta::assert_snapshot!(settled(&world, "plan"), @"left: nothing in the backlog may be chosen (#1: it has the label `hold` of `hold_labels`; #2: it depends on #1, which is not closed)");
    assert!(!world.path("runtime/state/approvals").exists());
    assert!(!world.path("runtime/state/cadence.json").exists(), "its turn is not used up");
    idea(&world, "Now", "", "");
    assert!(planned(&world, "plan").contains("promoted #3"));
}

#[test]
fn what_is_ready_or_under_way_counts_and_so_much_is_filled_up() {
    let world = World::new().repo_settings(&settings("  plan_size: 3\n"));
    world.ready_issue("By a person", "");
    world.run("dispatch").ok();
    world.ready_issue("Another", "");
    ideas(&world, 3);
    planned(&world, "plan");
    assert_eq!(ready(&world), [2, 3]);
}

#[test]
fn what_an_issue_depends_on_comes_with_it_and_before_it() {
    let world = World::new().repo_settings(&settings("  plan_size: 2\n"));
    idea(&world, "Roof", "prio:high", "Depends on #2\n");
    idea(&world, "Walls", "prio:low", "");
    idea(&world, "Garden", "", "");
    insta::assert_snapshot!(planned(&world, "plan"), @r"
    planned: sprint shop-2026-01-05 of 2 issues, by the ranking
    promoted #2: 1.00 points; +0.00 priority low; +1.00 1 issue waits for it
    promoted #1: 6.00 points; +6.00 priority high
    ");
    assert_eq!(ready(&world), [1, 2]);
}

#[test]
fn the_objective_moves_what_serves_its_weakest_metric() {
    let world = World::new().repo_settings(&settings("  plan_size: 1\n"));
    world.write(
        "objectives/shop.yaml",
        "repo: shop\nprimary_outcome: Grow\nmetrics:\n- id: traffic\n  weight: 1\n- id: conversion\n  weight: 3\n",
    );
    idea(&world, "More traffic", "", "");
    idea(&world, "A better checkout", "", "## Outcome Checks\n- conversion\n");
    insta::assert_snapshot!(planned(&world, "plan"), @r"
    planned: sprint shop-2026-01-05 of 1 issue, by the ranking
    promoted #2: 6.75 points; +3.00 no priority label; +3.75 its outcome is checked by conversion
    ");
}

#[test]
fn a_dry_run_says_what_would_become_ready_and_changes_nothing() {
    let world = world();
    ideas(&world, 2);
    insta::assert_snapshot!(settled(&world, "plan --dry-run"), @r"
    would_promote #1: 3.00 points; +3.00 no priority label
    would_promote #2: 3.00 points; +3.00 no priority label
    ");
    assert!(!world.path("runtime/state").exists());
}

#[test]
fn an_issue_that_was_worked_on_is_left_to_people() {
    let world = world();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("task cancel shop-1").ok();
    assert_eq!(world.shown(1), "; Backlog; open");
    assert!(planned(&world, "plan").contains("#1: it was worked on before"));
}

#[test]
fn nothing_is_planned_where_people_drive_or_everything_rests() {
    for (more, command, words) in [
        ("  automation_mode: dispatcher_only\n", None, "dispatcher_only"),
        ("", Some("pause --repo shop"), "paused"),
        ("", Some("pause --job plan"), ""),
        ("", Some("off"), ""),
    ] {
        let world = World::new().repo_settings(&settings(more));
        ideas(&world, 1);
        if let Some(command) = command {
            world.run(command).ok();
        }
        let said = settled(&world, "plan --force");
        assert!(said.contains(words), "{more}{command:?}: {said}");
        assert_eq!(ready(&world), Vec::<u64>::new());
        world.run("tick").ok();
        assert_eq!(ready(&world), Vec::<u64>::new());
    }
}

#[test]
fn why_tells_what_an_issue_of_the_backlog_waits_for() {
    let world = world();
    ideas(&world, 1);
    idea(&world, "Held", "hold", "");
    assert_eq!(
        world.reason("1"),
        "nobody has made it Ready, by label or by column; the next sprint may take it"
    );
    assert!(
        world.reason("2").ends_with("no sprint takes it: it has the label `hold` of `hold_labels`")
    );
}

#[test]
fn a_command_that_makes_no_sense_is_told_so() {
    let world = world();
    world.run("plan --repo nobody").code(2);
    for id in ["shop-2026-01-05", "../../etc/passwd", ""] {
        let run = world.run_words(&["plan", "approve", id]).code(2);
        assert!(run.stderr.contains("hint:"), "{}", run.stderr);
    }
    world.run("plan approve x --force").code(2);
}

/// A world whose production feedback is one file of the evidence folder with this header in the configuration.
fn with_feedback(input: &str) -> World {
    let feedback = format!(
        "  plan_size: 1\n  production_feedback:\n    enabled: true\n    inputs:\n    - {{name: Checkout errors, type: file, signal_class: incident_slo, path: errors.md{input}}}\n"
    );
    let world = World::new().repo_settings(&settings(&feedback));
    let observed = world.now() - SignedDuration::from_hours(2);
    let text = format!(
        "observed_at: {observed}\n\nThe checkout of the shop times out: payments fail in the checkout.\n"
    );
    world.write("shop/errors.md", &text);
    idea(&world, "Paint the shed", "", "");
    idea(&world, "Mend the checkout", "", "Payments fail because the checkout times out.");
    world
}

#[test]
fn evidence_moves_an_issue_and_guarded_evidence_moves_nothing() {
    let world = with_feedback(", trust_level: high, privacy: public");
    let said = planned(&world, "plan");
    let artefact = world.read("runtime/artifacts/shop/PRODUCTION_FEEDBACK.md");
    assert!(
        said.contains("promoted #2") && said.contains("evidence: Checkout errors"),
        "{said}\n{artefact}"
    );

    for guarded in [", trust_level: low, privacy: public", ", trust_level: high, privacy: internal"]
    {
        let world = with_feedback(guarded);
        let said = planned(&world, "plan");
        let artefact = world.read("runtime/artifacts/shop/PRODUCTION_FEEDBACK.md");
        assert!(artefact.contains("Checkout errors") && artefact.contains("guarded"), "{artefact}");
        assert_eq!(ready(&world), [1], "visible and without influence: {said}");
        let without = World::new().repo_settings(&settings("  plan_size: 1\n"));
        idea(&without, "Paint the shed", "", "");
        idea(&without, "Mend the checkout", "", "Payments fail because the checkout times out.");
        assert_eq!(said, planned(&without, "plan"), "the ranking is the same without it");
    }
}
