//! When a sprint begins: the pace, early refresh and who sets it, the tick.

use serde_json::Value;

use super::{days, ideas, planned, ready, settings, settled};
use crate::support::World;

/// Plays the tasks that are Ready to their end.
#[track_caller]
fn finish(world: &World) {
    for job in ["dispatch", "queue", "pr-monitor"] {
        world.run(job).ok();
    }
}

#[test]
fn the_pace_holds_while_the_sprint_is_not_done() {
    let mut world = World::new()
        .repo_settings(&settings("  plan_size: 1\n  planner_allow_early_refresh: false\n"));
    ideas(&world, 3);
    planned(&world, "plan");
    assert_eq!(ready(&world), [1]);
    finish(&world);
    assert_eq!(world.shown(1), "done,prio:normal; Done; closed");
    world.advance(days(6));
    assert!(settled(&world, "plan").contains("due at"));
    world.advance(days(1));
    planned(&world, "plan");
    assert_eq!(ready(&world), [2]);
    finish(&world);
    assert!(planned(&world, "plan --force").contains("promoted #3"));
}

#[test]
fn a_sprint_that_is_done_is_followed_early_where_that_is_allowed() {
    let world = World::new().repo_settings(&settings("  plan_size: 1\n"));
    ideas(&world, 2);
    planned(&world, "plan");
    assert!(settled(&world, "plan").contains("left: "), "its issue is Ready");
    world.run("dispatch").ok();
    assert!(settled(&world, "plan").contains("due at"), "its task is under way");
    finish(&world);
    assert!(planned(&world, "plan").contains("promoted #2"));
}

#[test]
fn a_sprint_whose_issues_wait_for_people_is_not_done() {
    let world = World::new().repo_settings(&settings("  plan_size: 1\n"));
    ideas(&world, 2);
    planned(&world, "plan");
    world.run("dispatch").ok();
    world.run("task cancel shop-1").ok();
    let said = settled(&world, "plan");
    assert!(said.starts_with("left: the last sprint is not done; the next"), "{said}");
    world.run("issue close 1").ok();
    assert!(planned(&world, "plan").contains("promoted #2"));
}

#[test]
fn early_refresh_is_set_by_repository_over_project_over_all() {
    for (all, project, repo, expected) in [
        ("", "", "", true),
        ("false", "", "", false),
        ("false", "true", "", true),
        ("true", "false", "", false),
        ("true", "false", "true", true),
        ("false", "true", "false", false),
    ] {
        let key = |value: &str, indent: &str| match value {
            "" => String::new(),
            value => format!("{indent}planner_allow_early_refresh: {value}\n"),
        };
        let settings = format!(
            "{}github_projects:\n  shop:\n{}    repos:\n    - repo: acme/shop\n      host: local\n      path: shop\n      ci_command: sh test.sh\n      sprint_cadence_days: 7\n      plan_size: 1\n{}",
            key(all, ""),
            key(project, "    "),
            key(repo, "      "),
        );
        let world = World::new().without_repos().setting(&settings);
        ideas(&world, 2);
        planned(&world, "plan");
        finish(&world);
        let said = planned(&world, "plan");
        assert_eq!(said.contains("promoted #2"), expected, "{all} {project} {repo}: {said}");
    }
}

#[test]
fn a_dormant_repository_is_left_alone_even_when_asked() {
    let world = World::new().repo_settings("  ci_command: sh test.sh\n  sprint_cadence_days: 0\n");
    ideas(&world, 1);
    for line in ["plan", "plan --force"] {
        assert_eq!(settled(&world, line), "skipped: dormant: `sprint_cadence_days` is 0");
    }
}

#[test]
fn a_tick_plans_by_the_pace_and_says_nothing_otherwise() {
    let mut world = World::new().repo_settings(&settings("  plan_size: 1\n"));
    let plans = |world: &World| -> Vec<Value> {
        let reports = world.run("--json tick").ok().json();
        let reports = reports.as_array().unwrap().iter();
        reports.filter(|report| report["job"] == "plan").cloned().collect()
    };
    assert!(plans(&world).is_empty());
    ideas(&world, 2);
    assert_eq!(plans(&world).len(), 1);
    assert_eq!(ready(&world), [1]);
    // Worked off in one tick, and followed by the next sprint.
    assert_eq!(plans(&world).len(), 1);
    assert_eq!(ready(&world), [2]);
    world.advance(days(1));
    assert!(plans(&world).is_empty(), "the backlog is empty");
    assert!(plans(&world).is_empty());
}
