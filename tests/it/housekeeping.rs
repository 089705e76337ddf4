//! What is left over is listed or deleted on proof, and else left alone.

use serde_json::Value;

use crate::support::github::{GithubWorld, SHOP};
use crate::support::{Script, World};

/// The pull requests that a run of `pr-monitor` lists as foreign.
#[track_caller]
fn foreign(world: &World) -> Vec<u64> {
    let report = world.run("--json pr-monitor").ok().json();
    let items = report["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["action"] == "foreign")
        .filter_map(|item| item["pr"].as_u64())
        .collect()
}

#[track_caller]
fn listed(world: &World) -> Vec<Value> {
    world.run("--json status").ok().json()["foreign"].as_array().unwrap().clone()
}

#[test]
fn pull_requests_that_only_look_like_ours_are_listed_once_and_never_touched() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    let (fork, branch, other) = town.hub.with(|state| {
        let fork = state.fork(SHOP, "eve");
        state.commit(&fork, "agent/shop-1", &[("evil.txt", "evil\n")], "Evil");
        let evil = ("eve:agent/shop-1", "main");
        let evil = state.open_pull(SHOP, "eve", evil, ("Evil", "Closes #1")).unwrap();
        state.commit(SHOP, "agent/shop-77", &[("a.txt", "a\n")], "By hand");
        let hand = ("agent/shop-77", "main");
        let hand = state.open_pull(SHOP, "ben", hand, ("By hand", "")).unwrap();
        state.commit(SHOP, "feature", &[("b.txt", "b\n")], "A feature");
        let other = state.open_pull(SHOP, "ben", ("feature", "main"), ("Feature", "")).unwrap();
        (evil, hand, other)
    });
    assert_eq!(foreign(&town.world), [fork, branch]);
    assert!(foreign(&town.world).is_empty(), "each once");
    town.play(&[issue]);
    assert_eq!(listed(&town.world).len(), 2);
    assert!(town.world.run("status").ok().stdout.contains("`agent/shop-77`: left alone"));
    for number in [fork, branch, other] {
        let (open, comments, labels) =
            town.issue(number, |pull| (pull.open, pull.comments.len(), pull.labels.clone()));
        assert_eq!((open, comments, labels), (true, 0, Vec::new()), "#{number}");
    }
    let branches = town.hub.with(|state| state.repo(SHOP).unwrap().branches.clone());
    assert!(branches.contains_key("agent/shop-77"));
    town.hub.with(|state| state.close(SHOP, branch, "ben", "completed"));
    assert!(foreign(&town.world).is_empty());
    assert_eq!(listed(&town.world).len(), 1, "what is closed is forgotten");
}

#[test]
fn a_pull_request_of_an_archived_task_is_still_ours() {
    let world = World::new().setting("protected_paths: ['**']");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    std::fs::create_dir_all(world.path("runtime/archive/2026-01")).unwrap();
    let from = world.path("runtime/mailbox/done/shop-1.md");
    std::fs::rename(from, world.path("runtime/archive/2026-01/shop-1.md")).unwrap();
    assert!(foreign(&world).is_empty());
    std::fs::remove_dir_all(world.path("runtime/archive")).unwrap();
    assert!(foreign(&world).is_empty(), "the journal knows it");
    std::fs::remove_dir_all(world.path("runtime/journal")).unwrap();
    assert_eq!(foreign(&world), [2]);
}

/// A pull request that a person closes; before that, its branch is what they made of it.
fn closed_by_a_person(before: impl FnOnce(&World)) -> World {
    let world = World::new().setting("protected_paths: ['**']");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    before(&world);
    world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("closed"));
    world
}

#[test]
fn the_branch_of_unmerged_work_is_kept() {
    let world = closed_by_a_person(|_| {});
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
}

#[test]
fn a_branch_that_its_base_contains_goes_with_its_task() {
    let world = closed_by_a_person(|world| {
        // A person took the commits over into a branch of their own, and that became the base.
        world.git(&["-C", "remotes/shop.git", "update-ref", "refs/heads/main", "agent/shop-1"]);
        world.push_by_hand("main", "more.txt", "more\n");
        world.replace("board/shop/pulls/2.md", "base: main", "base: other");
    });
    assert!(world.agent_branches().is_empty());
}

#[test]
fn a_branch_that_somebody_pushed_to_is_kept() {
    let world = closed_by_a_person(|world| world.push_by_hand("agent/shop-1", "a.txt", "a\n"));
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
}

#[test]
fn a_closed_pull_request_can_be_called_back() {
    let agent = Script::new()
        .line("echo more >> \"work-$AGENTOS_TASK_ID.txt\"")
        .reports("complete", "none", "Did it.");
    let town = GithubWorld::of(
        World::with_agents(&[("worker", agent)]).setting("protected_paths: ['work-*']"),
    );
    let issue = town.ready_issue("Add a cart", "");
    for _ in 0..2 {
        town.round();
    }
    town.hub.with(|state| state.close(SHOP, 2, "ann", "completed"));
    town.round();
    assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("closed"));
    town.hub.with(|state| state.comment(SHOP, issue, "ann", "/agent retry"));
    for _ in 0..2 {
        town.round();
    }
    assert_eq!(town.world.folder_of("shop-1"), "done");
    assert_eq!(town.world.task_key("shop-1", "outcome"), None, "{}", town.story());
    assert_eq!(town.world.task_key("shop-1", "pr").as_deref(), Some("3"));
}

#[test]
fn a_task_that_was_given_up_ends_when_its_issue_is_closed() {
    let agent = Script::new().writes("broken", "x").reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings("  ci_command: sh test.sh\n  ci_max_retries: 0\n");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    world.run("issue close 1").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(world.run("--json pr show 2").ok().json()["state"], "closed");
    assert_eq!(world.shown(1), "; Done; closed");
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
}

/// Two issues: the first is merged, the second waits for an answer; then a third is worked on beyond the budget.
#[test]
fn beyond_the_disk_budget_old_output_goes_and_what_is_unfinished_stays() {
    let asks = Script::new().reports("blocked", "missing_context", "Which cart?");
    let world = World::with_agents(&[("worker", Script::works()), ("asker", asks)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    world.ready_issue("Add a till", "## Agent Preference\nasker");
    world.run("tick").ok();
    let ended = "runtime/runs/shop-1/1";
    world.write("runtime/runs/shop-1/1/agent.stdout.log", "I add a cart.");
    assert!(world.path(ended).join("prompt.md").exists());

    // A megabyte, and an agent's home that nothing of ours may be removed from.
    let world = world.setting("disk_budget_gb: 0.001");
    world.write("runtime/agents/worker/models.bin", &"x".repeat(2_000_000));
    world.write("runtime/logs/queue.log.1", "old");
    world.ready_issue("Add a shelf", "");
    world.run("dispatch").ok();
    let run = world.run("-v queue").ok();
    let gone = |file: &str| !world.path(ended).join(file).exists();
    assert!(gone("agent.stdout.log") && gone("prompt.md"), "{}", run.stderr);
    assert!(!gone("result.md") && !gone("receipt.json"));
    assert!(!world.path("runtime/logs/queue.log.1").exists());
    for waiting in ["shop-3", "shop-4"] {
        assert!(world.path("runtime/runs").join(waiting).join("1/prompt.md").exists(), "{waiting}");
    }
    assert!(run.stderr.contains("`disk_budget_gb` is used up"), "{}", run.stderr);
    let told = world.run("tail shop-1").ok();
    assert!(!told.stdout.contains("I add a cart."), "{}", told.stdout);
    let doctor = world.run("--json doctor").json();
    let disk = doctor.as_array().unwrap().iter().find(|check| check["check"] == "disk").unwrap();
    assert_eq!(disk["status"], "warn", "{disk}");
}

/// A day after its end a task is in the archive with what its runs have left, and nothing else speaks of it any more.
#[test]
fn what_ended_long_ago_goes_to_the_archive_with_its_runs_its_lock_and_its_branch() {
    let mut world = World::new().setting("retention_days: 1");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    let branch = world.path("runtime/repos/shop.git/refs/heads/agent/shop-1");
    let lock = world.path("runtime/locks/task-shop-1.lock");
    assert!(branch.exists() && lock.exists());

    world.advance(jiff::SignedDuration::from_hours(25));
    world.run("queue").ok();
    let archive = world.path("runtime/archive/2026-01");
    for left in ["shop-1.md", "shop-1/1/result.md", "shop-1/1/receipt.json", "shop-1/merged"] {
        assert!(archive.join(left).exists(), "{left}");
    }
    let before = world.snapshot("runtime/archive");
    world.run("tick").ok();
    assert_eq!(world.snapshot("runtime/archive"), before);
    for gone in [branch, lock, world.path("runtime/runs/shop-1")] {
        assert!(!gone.exists(), "{}", gone.display());
    }
}

#[test]
fn an_archive_that_was_cut_off_goes_on_and_one_that_is_taken_stays() {
    let mut world = World::new().setting("retention_days: 1");
    world.ready_issue("Add a cart", "");
    world.ready_issue("Add a till", "");
    for _ in 0..3 {
        world.run("tick").ok();
    }
    // The first one's runs were moved when the machine went down; a person once brought the second one back from the archive.
    std::fs::create_dir_all(world.path("runtime/archive/2026-01/shop-2/1")).unwrap();
    let moved = world.path("runtime/archive/2026-01/shop-1");
    std::fs::rename(world.path("runtime/runs/shop-1"), moved).unwrap();
    world.advance(jiff::SignedDuration::from_hours(25));
    world.run("queue").ok();
    for task in ["shop-1", "shop-2"] {
        assert!(world.path(&format!("runtime/archive/2026-01/{task}.md")).exists(), "{task}");
    }
    assert!(world.path("runtime/archive/2026-01/shop-1/1/result.md").exists());
    assert!(world.path("runtime/runs/shop-2/1/result.md").exists(), "nothing is written over");
}

#[test]
fn beyond_the_disk_budget_old_output_in_the_archive_goes_too() {
    let mut world = World::new().setting("retention_days: 1");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    world.advance(jiff::SignedDuration::from_hours(25));
    world.run("queue").ok();
    let run = world.path("runtime/archive/2026-01/shop-1/1");
    assert!(run.join("prompt.md").exists());
    let world = world.setting("disk_budget_gb: 0.001");
    world.write("runtime/agents/worker/models.bin", &"x".repeat(2_000_000));
    world.ready_issue("Add a shelf", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert!(!run.join("prompt.md").exists());
    assert!(run.join("result.md").exists() && run.join("receipt.json").exists());
}
