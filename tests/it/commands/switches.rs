//! Switches, and the reasons that `why` gives.

use super::json;
use crate::support::{World, strings};

// Switches

#[test]
fn switched_off_every_job_leaves_at_once_with_zero_and_says_so() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("off").ok();
    assert!(world.path("runtime/state/disabled").exists());
    let before = world.snapshot("");
    for job in ["dispatch", "queue", "pr-monitor", "tick"] {
        let run = world.run(job).ok();
        assert!(run.stdout.contains("agentos on"), "{job}: {}", run.stdout);
    }
    assert!(before == world.snapshot(""));
    assert!(world.reason("1").contains("agentos on"));
    assert_eq!(json(&world, "status")["paused"], true);
    assert!(!strings(&json(&world, "status")["pauses"]).is_empty());
    world.run("off").ok();
    world.run("on").ok();
    assert!(!world.path("runtime/state/disabled").exists());
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn flag_files_made_by_hand_switch_off_too() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    for (flag, words) in [
        ("disabled", "on"),
        ("repo_disabled/shop", "resume --repo shop"),
        ("job_disabled/dispatch", "resume --job dispatch"),
    ] {
        world.write(&format!("runtime/state/{flag}"), "");
        world.run("dispatch").ok();
        assert!(!world.path("runtime/mailbox/inbox/shop-1.md").exists(), "{flag}");
        assert!(world.reason("1").contains(words), "{flag}: {}", world.reason("1"));
        world.run(words).ok();
    }
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
}

#[test]
fn a_repository_or_a_job_is_paused_and_resumed() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("pause --job queue").ok();
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.reason("shop-1").contains("resume --job queue"));
    world.run("resume --job queue").ok();
    world.run("pause --repo acme/shop").ok();
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.reason("shop-1").contains("resume --repo shop"));
    world.run("resume --repo shop").ok();
    world.run("queue").ok();
    world.run("pause --repo shop --job pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome"), None);
    world.run("resume --repo shop --job pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

// Why

#[test]
fn why_names_the_first_condition_that_does_not_hold() {
    let world = World::new().setting("max_dispatch_per_run: 5");
    world.run_words(&["issue", "create", "Not ready"]).ok();
    assert!(world.reason("1").contains("nobody has made it Ready"));
    world.run("issue close 1").ok();
    assert!(world.reason("1").contains("closed"));
    world.ready_issue("Ready", "");
    assert_eq!(world.why("2")["moving"], true);
    assert!(world.why("2")["next_look"].as_str().unwrap().contains("dispatch"));
    world.run("dispatch").ok();
    let why = world.why("2");
    assert_eq!(why["moving"], true);
    assert!(why["reason"].as_str().unwrap().contains("worker"), "{why}");
    world.run("tick").ok();
    assert!(world.reason("2").contains("merged"));
    world.run("why 99").code(1);
}

#[test]
fn why_tells_of_agents_that_are_not_configured_or_out() {
    let world = World::new();
    world.run_words(&["issue", "create", "Docs", "--label", "task:docs", "--ready"]).ok();
    world.run("dispatch").ok();
    let reason = world.reason("shop-1");
    assert!(reason.contains("agent"), "{reason}");
}
