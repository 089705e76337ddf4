//! Checks and merges: what is run for which pair of head and base, and what a person can change by hand in a pull request.

use std::fs;

use super::{outcome, policy, until_the_pull_request};
use crate::support::{Script, World};

/// A world whose CI notes each of its runs.
fn noting_runs(policy: &str, test: &str) -> World {
    let world = World::new();
    let log = world.path("home/ci-runs").display().to_string();
    world.repo_settings(&format!(
        "  ci_command: \"echo run >> {log}; {test}\"\n  merge_policy: {policy}\n"
    ))
}

fn runs(world: &World) -> usize {
    fs::read_to_string(world.path("home/ci-runs")).unwrap_or_default().lines().count()
}

#[test]
fn what_is_green_alone_and_red_together_is_not_merged() {
    let world = noting_runs("auto", "! test -e work-shop-1.txt -a -e work-shop-2.txt");
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.folder_of("shop-2"), "inbox", "{}", world.task_text("shop-2"));
    assert_eq!(world.merged(), ["One", "Begin"]);
}

#[test]
fn checks_are_run_once_for_a_head_and_its_base() {
    let world = until_the_pull_request(noting_runs("manual", "true"));
    for _ in 0..3 {
        world.run("pr-monitor").ok();
    }
    assert_eq!(runs(&world), 1);
    world.push_by_hand("main", "other.txt", "other\n");
    world.run("pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(runs(&world), 2, "the base has moved");
    world.push_by_hand("main", "CODEBASE.md", "# Memory\n");
    world.run("pr-monitor").ok();
    assert_eq!(runs(&world), 2, "a memory commit makes nothing stale");
    world.run("pr merge 2").ok();
    assert_eq!(runs(&world), 2);
}

#[test]
fn checks_that_never_end_are_red_at_their_deadline() {
    let world =
        World::new().repo_settings("  ci_command: sleep 300\n  test_timeout_minutes: 0.005\n");
    let world = until_the_pull_request(world);
    let run = world.run("pr-monitor").ok();
    assert!(run.stdout.contains("1 repair_queued"), "{}", run.stdout);
    assert!(world.task_text("shop-1").contains("deadline"), "{}", world.task_text("shop-1"));
}

#[test]
fn a_command_that_is_not_there_waits_for_a_person_and_costs_no_repair() {
    let world = World::new().repo_settings("  ci_command: no-such-program --all\n");
    let world = until_the_pull_request(world);
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "done", "{}", world.task_text("shop-1"));
    let comments = world.comments(1).join("\n");
    let words = "the command `no-such-program` could not be started (exit 127)";
    assert!(comments.contains(words), "{comments}");
    let before = world.snapshot("board");
    world.run("pr-monitor").ok();
    assert_eq!(world.snapshot("board"), before, "nothing is said twice");
    assert_eq!(world.task_key("shop-1", "repairs").as_deref().unwrap_or("0"), "0");
}

#[test]
fn work_that_is_withdrawn_during_a_repair_leaves_no_open_pull_request() {
    let agent = Script::new().writes("broken", "x").reports("complete", "none", "Did it.");
    let world = until_the_pull_request(World::with_agents(&[("worker", agent)]));
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    world.run("issue close 1").ok();
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("cancelled"));
    assert_eq!(world.run("--json pr show 2").ok().json()["state"], "closed");
    assert_eq!(world.agent_branches(), ["agent/shop-1"], "the branch is kept");
    assert_eq!(world.stats().len(), 1);
}

#[test]
fn edits_of_a_pull_request_by_hand_are_honoured() {
    for (from, to, words) in [
        ("draft: false", "draft: true", "draft"),
        ("base: main", "base: other", "base is `other`"),
        ("labels: []", "labels: [hold]", "label `hold`"),
    ] {
        let world = until_the_pull_request(World::new());
        world.git(&["-C", "shop", "push", "--quiet", "origin", "main:other"]);
        world.replace("board/shop/pulls/2.md", from, to);
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world), None, "{to}");
        assert!(world.reason("pr:2").contains(words), "{to}: {}", world.reason("pr:2"));
        world.replace("board/shop/pulls/2.md", to, from);
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world).as_deref(), Some("merged"), "{to}");
    }
}

#[test]
fn a_merge_by_hand_with_git_is_a_persons_merge() {
    let world = until_the_pull_request(policy("supervised_first"));
    world.run("pr-monitor").ok();
    world.git(&["-C", "shop", "fetch", "--quiet", "origin"]);
    world.git(&[
        "-C",
        "shop",
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "By hand",
        "origin/agent/shop-1",
    ]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    world.replace("board/shop/pulls/2.md", "state: open", "state: merged");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.shown(1), "done; Done; closed");
    world.ready_issue("Next", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-3", "outcome").as_deref(), Some("merged"), "armed by it");
}

#[test]
fn one_bad_repository_or_pull_request_spoils_no_other() {
    let world = World::new();
    world.edit("config.yaml", |text| {
        text.replace(
            "repos:\n",
            "repos:\n- repo: acme/gone\n  host: local\n  path: shop\n  remote: remotes/gone.git\n",
        )
    });
    world.run_words(&["issue", "create", "There", "--repo", "gone", "--ready"]).ok();
    world.run_words(&["issue", "create", "Here", "--repo", "shop", "--ready"]).ok();
    let run = world.run("tick");
    assert!(matches!(run.code, Some(1 | 75)), "{run:?}");
    assert!(run.stderr.contains("gone"), "{}", run.stderr);
    assert_eq!(outcome(&world).as_deref(), Some("merged"));

    let world = policy("auto");
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    world.write("board/shop/pulls/3.md", "---\nstate: [\n---\n");
    let run = world.run("pr-monitor").code(1);
    assert!(run.stderr.contains("pulls/3.md"), "{}", run.stderr);
    assert_eq!(world.task_key("shop-2", "outcome").as_deref(), Some("merged"));
}

#[test]
fn the_base_branch_is_the_remotes_or_the_one_that_the_issue_names() {
    let world = World::new();
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main:release/1"]);
    world.ready_issue("Fix", "## Base Branch\n\nrelease/1\n");
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.merged(), ["Begin"]);
    let log = world.git(&["-C", "remotes/shop.git", "log", "--format=%s", "release/1"]);
    assert!(log.contains("Fix"), "{log}");

    let world = World::new();
    world.git(&["-C", "remotes/shop.git", "branch", "--move", "main", "trunk"]);
    world.git(&["-C", "remotes/shop.git", "symbolic-ref", "HEAD", "refs/heads/trunk"]);
    world.ready_issue("Fix", "");
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.task_key("shop-1", "base_branch").as_deref(), Some("trunk"));
}

#[test]
fn the_chain_may_depend_on_the_priority() {
    let world = World::with_agents(&[("first", Script::works()), ("second", Script::works())]);
    world.replace(
        "config.yaml",
        "{implementation: [first, second]}",
        "{implementation: {high: [second], normal: [first], low: [first]}}",
    );
    world.run_words(&["issue", "create", "High", "--label", "prio:high", "--ready"]).ok();
    world.ready_issue("Normal", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let stats = world.stats();
    assert_eq!((&stats[0]["agent"], &stats[1]["agent"]), (&"second".into(), &"first".into()));
}

#[test]
fn what_ended_leaves_no_worktree_and_its_work_is_saved() {
    let agent = Script::new()
        .writes("work.txt", "work")
        .line("sed -i 's/^status: .*/status: Backlog/' \"$OPERATOR/../board/shop/issues/1.md\"")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("cancelled"));
    world.run("tick").ok();
    assert!(!world.path("runtime/worktrees/shop/shop-1").exists());
    let saved = ["--git-dir", "runtime/repos/shop.git", "show", "agent/shop-1:work.txt"];
    assert_eq!(world.git(&saved), "work");
}

#[test]
fn openings_and_merges_are_recorded_for_the_outcome() {
    let world = World::new();
    world.ready_issue("Add a cart", "## Outcome Checks\n\n- activation_rate\n");
    world.run("tick").ok();
    let text = world.read("runtime/metrics/outcome_attribution.jsonl");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["pr_opened", "merged"]);
    for line in lines {
        assert_eq!(line["task_id"], "shop-1");
        assert_eq!(line["pr"], 2);
        assert_eq!(line["check_ids"], serde_json::json!(["activation_rate"]));
    }
}

#[test]
fn openings_and_merges_without_a_check_say_that_there_is_none() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    let text = world.read("runtime/metrics/outcome_attribution.jsonl");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for line in lines {
        assert_eq!(line["check_ids"], serde_json::json!([]), "{line}");
    }
}
