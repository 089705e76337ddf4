//! Files of our own that somebody or something has broken: said in words, and worked around or left to be mended.

use super::{dispatched, said};
use crate::support::World;

/// What is broken, and with what.
#[track_caller]
fn survives(path: &str, text: &str) {
    let world = dispatched(World::new());
    world.write(path, text);
    for command in ["status", "tick", "tick", "why 1"] {
        let run = world.run(command);
        assert!(matches!(run.code, Some(0 | 1)), "{path} {text:?} {command}: {run:?}");
        if run.code != Some(0) {
            let name = path.rsplit('/').next().unwrap();
            assert!(run.stderr.contains(name), "{path} {text:?}: {}", run.stderr);
        }
    }
    // Whatever it was, removing the file mends it.
    std::fs::remove_file(world.path(path)).unwrap_or_default();
    drop(world.run("tick"));
    drop(world.run("tick"));
    let outcome = world.task_key("shop-1", "outcome");
    assert_eq!(outcome.as_deref(), Some("merged"), "{path} {text:?}");
}

#[test]
fn state_files_that_are_broken_are_named_and_nothing_is_lost() {
    std::thread::scope(|scope| {
        for path in [
            "runtime/state/agents.json",
            "runtime/state/prefixes.json",
            "runtime/state/armed/shop",
            "runtime/journal/open/zzz.json",
            "runtime/journal/2026-01.jsonl",
            "runtime/metrics/agent_stats.jsonl",
            "runtime/mailbox/inbox/.draft-1.md",
            "runtime/mailbox/inbox/README",
            "board/shop/issues/1.comments.md",
        ] {
            scope.spawn(move || {
                survives(path, "{\"torn");
                survives(path, "\u{0}\u{0}");
            });
        }
    });
}

#[test]
fn an_issue_made_by_hand_with_the_number_of_a_pull_request_is_told_apart() {
    let world = dispatched(World::new());
    world.run("queue").ok();
    world.write("board/shop/issues/2.md", "---\ntitle: Second\nstatus: Ready\n---\n");
    world.run("tick").ok();
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.task_key("shop-2", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.task_key("shop-2", "pr").as_deref(), Some("3"));
}

#[test]
fn an_agent_that_is_no_longer_configured_is_replaced() {
    let world = dispatched(World::with_agents(&[
        ("first", crate::support::Script::works()),
        ("second", crate::support::Script::works()),
    ]));
    // As a worker leaves it that died before its agent was started.
    world.mv("shop-1", "inbox", "processing");
    world.replace(
        "runtime/mailbox/processing/shop-1.md",
        "spent: 0\n",
        "stage: claimed\nassigned: gone\nspent: 0\n",
    );
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.tried("shop-1"), "first");
}

#[test]
fn a_copied_task_file_makes_no_second_task() {
    let world = dispatched(World::new());
    std::fs::create_dir_all(world.path("runtime/mailbox/blocked")).unwrap();
    std::fs::copy(
        world.path("runtime/mailbox/inbox/shop-1.md"),
        world.path("runtime/mailbox/inbox/shop-1 (copy).md"),
    )
    .unwrap();
    let run = world.run("queue").code(1);
    said(&run, &["shop-1 (copy)"]);
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.stats().len(), 1);
}
