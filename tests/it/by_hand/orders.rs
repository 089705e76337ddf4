//! `task retry` and `task cancel`, and what a person moves while something else is going on.

use std::process::{Child, Stdio};

use super::{dispatched, eventually, never_done};
use crate::support::{Script, World};

/// Runs until somebody writes `go` into its home.
fn waiting() -> Script {
    Script::new()
        .line("touch \"$OPERATOR/started\"; until test -e \"$OPERATOR/go\"; do sleep 0.01; done; echo x > x.txt")
        .reports("complete", "none", "Did it.")
}

fn at_work(world: &World) -> Child {
    let queue = world.command(&["queue"]).stdout(Stdio::null()).spawn().unwrap();
    eventually("the agent runs", || world.path("home/started").exists());
    queue
}

#[test]
fn cancelling_a_task_that_is_worked_on_stops_its_worker() {
    let world = dispatched(World::with_agents(&[("worker", waiting())]));
    let mut queue = at_work(&world);
    let why = world.why("shop-1");
    let rows = world.run("--json task list").ok().json();
    world.run("task cancel shop-1").ok();
    assert!(queue.wait().unwrap().success());
    assert_eq!(why["moving"], true);
    assert!(why["reason"].as_str().unwrap().contains("agent worker"), "{why}");
    assert_eq!(rows[0]["state"], "processing");
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(world.shown(1), "; Backlog; open");
    assert!(!world.path("runtime/state/task_disabled/shop-1").exists(), "nothing stays paused");
}

#[test]
fn retrying_a_task_that_is_worked_on_begins_it_anew() {
    let world = dispatched(World::with_agents(&[("worker", waiting())]));
    let mut queue = at_work(&world);
    world.run("task retry shop-1").ok();
    assert!(queue.wait().unwrap().success());
    assert_eq!(world.folder_of("shop-1"), "inbox");
    world.write("home/go", "");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn what_was_cancelled_can_be_retried_and_is_no_longer_ended() {
    let world = dispatched(World::new());
    world.run("task cancel shop-1").ok();
    world.run("task retry shop-1").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.task_key("shop-1", "outcome"), None);
    assert!(world.run("status").ok().stdout.contains("shop-1"));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn the_record_of_a_merge_is_never_undone() {
    let world = dispatched(World::new());
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    let refused = world.run("task retry shop-1").code(1);
    assert!(refused.stderr.contains("reopen its issue"), "{}", refused.stderr);
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn what_is_merged_already_cannot_be_cancelled_though_nobody_has_written_it_down() {
    let world = dispatched(World::new());
    world.run("queue").ok();
    world.replace("board/shop/pulls/2.md", "state: open", "state: merged");
    let refused = world.run("task cancel shop-1").code(1);
    assert!(refused.stderr.contains("is merged"), "{}", refused.stderr);
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn a_task_that_is_set_aside_by_hand_asks_so_that_an_answer_counts() {
    let world = World::with_agents(&[("worker", never_done())]).setting("default_max_attempts: 1");
    let world = dispatched(world);
    world.run("queue").ok();
    // The issue shows the same labels before and after.
    world.mv("shop-1", "escalated", "blocked");
    world.run("dispatch").ok();
    world.run_words(&["issue", "comment", "1", "--body", "Take the second way."]).ok();
    let run = world.run("dispatch").ok();
    assert!(run.stdout.contains("1 answered"), "{}", run.stdout);
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.task_text("shop-1").contains("Take the second way."));
    world.run("queue").ok();
    world.mv("shop-1", "escalated", "inbox");
    world.run("queue").ok();
    world.mv("shop-1", "escalated", "blocked");
    world.run("dispatch").ok();
    let before = world.snapshot("board");
    world.run("dispatch").ok();
    assert_eq!(world.snapshot("board"), before, "it is asked once");
}

#[test]
fn what_is_said_on_the_issue_of_a_task_that_was_given_up_reaches_the_next_attempt() {
    let world = World::with_agents(&[("worker", never_done())]).setting("default_max_attempts: 1");
    let world = dispatched(world);
    world.run("queue").ok();
    world.run_words(&["issue", "comment", "1", "--body", "Look into the cellar."]).ok();
    world.run_words(&["issue", "comment", "1", "--body", "And under the roof."]).ok();
    world.run("task retry shop-1").ok();
    world.run("queue").ok();
    let prompt = world.prompt("shop-1", "2");
    assert!(prompt.contains("Look into the cellar.") && prompt.contains("And under the roof."));
    world.run_words(&["issue", "comment", "1", "--body", "/agent retry\nTry the garden."]).ok();
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert!(world.prompt("shop-1", "3").contains("Try the garden."));
    assert_eq!(world.task_text("shop-1").matches("Look into the cellar.").count(), 1);
    world.run_words(&["issue", "comment", "1", "--body", "Start with the stairs."]).ok();
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    assert!(world.task_text("shop-1-2").contains("Start with the stairs."));
}

#[test]
fn all_that_is_said_before_the_next_look_is_the_answer() {
    let asks = Script::new().reports("blocked", "missing_context", "Which one?");
    let world = dispatched(World::with_agents(&[("worker", asks)]));
    world.run("queue").ok();
    for words in ["I will look, one moment.", "The blue one."] {
        world.run_words(&["issue", "comment", "1", "--body", words]).ok();
    }
    world.run("dispatch").ok();
    let text = world.task_text("shop-1");
    assert!(text.contains("I will look") && text.contains("The blue one."), "{text}");
}

#[test]
fn a_pause_does_not_keep_the_answer_to_a_cancel_that_comes_too_late() {
    let world = dispatched(World::new());
    world.run("queue").ok();
    world.replace("board/shop/pulls/2.md", "state: open", "state: merged");
    for words in ["/agent pause", "/agent cancel", "/agent resume"] {
        world.run_words(&["issue", "comment", "1", "--body", words]).ok();
    }
    world.run("dispatch").ok();
    assert_eq!(world.comments_with(1, "nothing is cancelled"), 1, "{:#?}", world.comments(1));
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}
