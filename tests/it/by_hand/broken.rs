//! Files that say what they never may, or nothing that can be read, wherever they lie.

use super::{dispatched, inbox_file};
use crate::support::World;

#[test]
fn a_task_cannot_be_given_another_branch() {
    for (line, words) in [
        ("branch: main", "the branch of shop-1 is always `agent/shop-1`"),
        ("branch: agent/shop-2", "the branch of shop-1 is always `agent/shop-1`"),
    ] {
        let world = dispatched(World::new());
        world.replace(&inbox_file(), "branch: agent/shop-1", line);
        let run = world.run("queue").code(1);
        assert!(run.stderr.contains(words), "{}", run.stderr);
        assert_eq!(world.folder_of("shop-1"), "failed");
        assert_eq!(world.merged(), ["Begin"]);
        assert!(world.agent_branches().is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_set_aside_from_every_folder_and_the_issue_says_so() {
    let world = dispatched(World::new());
    world.run("queue").ok();
    let done = "runtime/mailbox/done/shop-1.md";
    world.replace(done, "attempt: 1", "attempt: [");
    let run = world.run("dispatch").code(1);
    assert!(run.stderr.contains("set aside as"), "{}", run.stderr);
    assert_eq!(world.folder_of("shop-1"), "failed");
    assert!(world.read("runtime/mailbox/failed/shop-1.md.reason.txt").contains("done/shop-1.md"));
    world.run("dispatch").ok();
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
    assert_eq!(world.comments_with(1, "cannot be read"), 1);
    let before = world.snapshot("board");
    world.run("dispatch").ok();
    assert_eq!(world.snapshot("board"), before, "it is said once");
}

#[test]
fn an_inbox_that_is_no_folder_is_named() {
    let world = dispatched(World::new());
    world.mv("shop-1", "inbox", "blocked");
    std::fs::remove_dir(world.path("runtime/mailbox/inbox")).unwrap();
    world.write("runtime/mailbox/inbox", "");
    let run = world.run("queue").code(1);
    assert!(run.stderr.contains("inbox"), "{}", run.stderr);
}

#[test]
fn what_keeps_a_worker_from_going_on_is_written_down_until_somebody_can() {
    let world = dispatched(World::new());
    let remote = world.path("remotes/shop.git");
    let away = world.path("remotes/away.git");
    std::fs::rename(&remote, &away).unwrap();
    world.run("queue").code(1);
    assert_eq!(world.folder_of("shop-1"), "processing");
    let why = world.why("shop-1");
    assert_eq!(why["moving"], false, "{why}");
    assert!(why["reason"].as_str().unwrap().contains("shop.git"), "{why}");
    let before = world.task_text("shop-1");
    world.run("queue").code(1);
    assert_eq!(world.task_text("shop-1"), before, "the same again writes nothing");
    std::fs::rename(&away, &remote).unwrap();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "trouble"), None);
}
