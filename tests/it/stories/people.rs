//! People who act while a task is not in the pull request's hands: they merge, close or mark Ready what waits for them.

use super::{outcome, until_the_pull_request};
use crate::support::{Script, World};

/// A pull request that is red, and whose repair is queued.
fn red() -> World {
    let agent = Script::new()
        .line("echo \"$AGENTOS_ATTEMPT\" > broken")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]).setting("ci_max_retries: 1");
    let world = until_the_pull_request(world);
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    world
}

fn escalated() -> World {
    let world = red();
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    world
}

#[test]
fn a_merge_by_a_person_ends_a_repair_that_is_queued() {
    let world = red();
    world.run("pr merge 2 --force").ok();
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.stats().len(), 1, "no agent repairs what is merged");
    assert_eq!(world.shown(1), "done; Done; closed");
    assert!(world.agent_branches().is_empty());
}

#[test]
fn a_merge_by_a_person_ends_a_task_that_was_given_up() {
    let world = escalated();
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
    world.run("pr merge 2 --force").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.shown(1), "done; Done; closed");
}

#[test]
fn a_pull_request_closed_by_a_person_ends_a_repair_or_what_was_given_up() {
    for world in [red(), escalated()] {
        world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
        world.run("tick").ok();
        assert_eq!(outcome(&world).as_deref(), Some("closed"));
        assert_eq!(world.shown(1), "human-required; Backlog; open");
        assert_eq!(world.agent_branches(), ["agent/shop-1"]);
    }
}

#[test]
fn a_closed_task_that_is_moved_to_the_inbox_gets_a_pull_request_of_its_own() {
    let agent = Script::new().line("date +%N >> work.txt").reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    let world = until_the_pull_request(world);
    world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
    world.run("pr-monitor").ok();
    world.mv("shop-1", "done", "inbox");
    world.push_by_hand("main", "other.txt", "other\n");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.stats().len(), 2);
    let pr = world.task_key("shop-1", "pr");
    assert_eq!(pr.as_deref(), Some("3"), "{}", world.task_text("shop-1"));
    assert_eq!(outcome(&world), None);
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
}

/// A closed pull request whose work an agent finds complete when the task is brought back; its branch may be gone from the remote.
fn closed_and_brought_back(is_branch_gone: bool) -> World {
    let agent = Script::new().line("[ -f work.txt ] || echo work > work.txt");
    let agent = agent.reports("complete", "none", "Did it.");
    let world =
        World::with_agents(&[("worker", agent)]).repo_settings("  ci_command: sh test.sh\n");
    let world = until_the_pull_request(world);
    world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
    world.run("pr-monitor").ok();
    if is_branch_gone {
        world.git(&["-C", "remotes/shop.git", "branch", "--quiet", "-D", "agent/shop-1"]);
    }
    world.mv("shop-1", "done", "inbox");
    world.push_by_hand("main", "other.txt", "other\n");
    world.run("queue").ok();
    world
}

#[test]
fn closed_work_to_which_a_retry_adds_nothing_is_shown_again_and_merged_only_by_a_persons_word() {
    for is_branch_gone in [false, true] {
        let world = closed_and_brought_back(is_branch_gone);
        let text = world.task_text("shop-1");
        assert_eq!(world.stats().len(), 2, "the chain is not used up: {text}");
        assert_eq!(world.task_key("shop-1", "pr").as_deref(), Some("3"), "{text}");
        world.run("pr-monitor").ok();
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world), None);
        let why = world.reason("pr:3");
        assert!(why.contains("pull request 2 was closed with this very commit"), "{why}");
        world.run("pr approve 3").ok();
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world).as_deref(), Some("merged"));
        assert!(world.files_on_main().contains(&"work.txt".to_owned()));
    }
}

#[test]
fn ready_on_what_was_given_up_makes_the_next_generation() {
    let world =
        World::with_agents(&[("worker", Script::new().reports("partial", "none", "Not yet."))])
            .setting("default_max_attempts: 1");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1-2"), "inbox");
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    assert!(world.task_text("shop-1-2").contains("Not yet."));
    world.run("dispatch").ok();
    assert_eq!(world.shown(1), "in-progress; In Progress; open", "the old task says no more");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1-2"), "escalated");
}

#[test]
fn a_dependency_that_is_not_there_is_waited_for_with_its_reason() {
    let world = World::new();
    world.ready_issue("On top", "Depends on #99\n");
    world.run("dispatch").ok();
    assert!(world.reason("1").contains("#99"), "{}", world.reason("1"));
    assert!(!world.path("runtime/mailbox/inbox/shop-1.md").exists());
}
