//! Whole stories through the real binary: from a Ready issue to a merge, and the ways in which that can go otherwise.

mod checks;
mod people;

use crate::support::{Script, World};

#[test]
fn a_ready_issue_becomes_a_merged_change() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    let dispatch = world.run("dispatch").ok();
    assert!(
        dispatch.stdout.starts_with("dispatch: 1 dispatched, 0 waiting, 0 errors ("),
        "{}",
        dispatch.stdout
    );
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.issue(1)["status"], "In Progress");

    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "pr").as_deref(), Some("2"));

    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.merged(), ["Add a cart", "Begin"]);
    let issue = world.issue(1);
    assert_eq!((issue["state"].as_str(), issue["status"].as_str()), (Some("closed"), Some("Done")));
    assert_eq!(issue["labels"], serde_json::json!(["done"]));
    assert_eq!(world.git(&["-C", "remotes/shop.git", "branch", "--list", "agent/*"]), "");
}

#[test]
fn a_partial_attempt_is_finished_by_the_next_agent_with_the_history() {
    let first = Script::new().writes("half.txt", "half").reports(
        "partial",
        "test_failure",
        "Half is done.",
    );
    let second = Script::new()
        .line("case \"$prompt\" in *'Half is done.'*) ;; *) exit 3 ;; esac")
        .line("test -e half.txt || exit 4")
        .writes("whole.txt", "whole")
        .reports("complete", "none", "All is done.");
    let world = World::with_agents(&[("first", first), ("second", second)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert!(world.task_text("shop-1").contains("# Attempt 1 (first)"));
    let files = world.git(&["-C", "remotes/shop.git", "ls-tree", "--name-only", "main"]);
    assert_eq!(files, "CODEBASE.md\nREADME.md\nhalf.txt\ntest.sh\nwhole.txt");
}

/// Breaks the tests at the first run and mends them at the second.
fn breaks_then_mends() -> Script {
    Script::new()
        .line("if test -e broken; then rm broken; else echo x > broken; fi")
        .line("echo \"$AGENTOS_ATTEMPT\" >> tries.txt")
        .reports("complete", "none", "Did it.")
}

fn until_the_pull_request(world: World) -> World {
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    world
}

fn policy(policy: &str) -> World {
    World::new().repo_settings(&format!("  ci_command: sh test.sh\n  merge_policy: {policy}\n"))
}

fn outcome(world: &World) -> Option<String> {
    world.task_key("shop-1", "outcome")
}

#[test]
fn every_event_shows_on_the_host_as_the_contract_says() {
    let world = World::with_agents(&[("worker", breaks_then_mends())]);
    world.ready_issue("Add a cart", "");
    assert_eq!(world.shown(1), "; Ready; open");
    world.run("dispatch").ok();
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    world.run("queue").ok();
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    let run = world.run("pr-monitor").ok();
    assert!(run.stdout.contains("1 repair_queued"), "{}", run.stdout);
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.shown(1), "blocked,in-progress; In Progress; open");
    assert_eq!(world.comments_with(1, "agentos:checks"), 1);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.shown(1), "done; Done; closed");
    assert_eq!(world.comments_with(1, "agentos:checks"), 1);
    assert_eq!(world.comments_with(1, "agentos:status"), 1);
    assert!(world.prompt("shop-1", "2").contains("red"), "{}", world.prompt("shop-1", "2"));
}

#[test]
fn what_a_repair_leaves_for_a_person_stands_in_the_pull_request_once() {
    let left =
        "printf 'RISKS:\\n- Slow.\\nMANUAL_STEPS:\\n- Turn on CART_%s.\\n' \"$AGENTOS_ATTEMPT\"";
    let agent = breaks_then_mends().line(&format!("{left} >> .agent_result.md"));
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    let world = until_the_pull_request(world);
    let body = |world: &World| {
        world.run("--json pr show 2").ok().json()["body"].as_str().unwrap().to_owned()
    };
    let first = body(&world);
    assert!(first.contains("- Turn on CART_1.") && !first.contains("CART_2"), "{first}");
    world.run("pr-monitor").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    let second = body(&world);
    assert!(second.starts_with(first.trim_end()), "{second}");
    assert_eq!(second.matches("## Left for a person, attempt 2 by `worker`").count(), 1);
    assert_eq!(second.matches("- Turn on CART_2.").count(), 1, "{second}");
    assert_eq!(second.matches("## Risks, attempt 2 by `worker`").count(), 1, "{second}");
    world.run("tick").ok();
    assert_eq!(body(&world), second);
}

#[test]
fn a_green_repair_takes_the_label_off_even_where_a_person_merges() {
    let world = World::with_agents(&[("worker", breaks_then_mends())])
        .repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    let world = until_the_pull_request(world);
    world.run("pr-monitor").ok();
    assert_eq!(world.shown(1), "blocked,in-progress; In Progress; open");
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    assert_eq!(world.task_key("shop-1", "failed_checks"), None);
}

#[test]
fn red_checks_are_repaired_at_most_so_often_and_then_given_up() {
    let agent = Script::new()
        .line("echo x > broken; echo \"$AGENTOS_ATTEMPT\" > \"try-$AGENTOS_ATTEMPT.txt\"")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]).setting("ci_max_retries: 2");
    world.ready_issue("Add a cart", "");
    for _ in 0..6 {
        world.run("tick").ok();
    }
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.task_key("shop-1", "repairs").as_deref(), Some("2"));
    assert_eq!(world.stats().len(), 3);
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
    assert_eq!(world.comments_with(1, "gives up"), 1);
    assert_eq!(world.agent_branches(), ["agent/shop-1"], "the work is kept");
}

#[test]
fn two_changes_of_the_same_line_are_both_merged() {
    let agent = Script::new()
        .line("case \"$prompt\" in *onflict*) printf '# Shop\\nshop-1\\nshop-2\\n' > README.md ;; *) printf '# Shop\\n%s\\n' \"$AGENTOS_TASK_ID\" > README.md ;; esac")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-2"), "inbox");
    assert!(world.task_text("shop-2").contains("conflicts"), "{}", world.task_text("shop-2"));
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-2", "outcome").as_deref(), Some("merged"));
    let readme = world.git(&["-C", "remotes/shop.git", "show", "main:README.md"]);
    assert_eq!(readme, "# Shop\nshop-1\nshop-2");
    assert_eq!(world.merged(), ["Two", "One", "Begin"]);
}

#[test]
fn conflict_markers_that_are_left_are_no_solution() {
    let agent = Script::new()
        .line("case \"$prompt\" in *onflict*) echo more > more.txt ;; *) printf '# Shop\\n%s\\n' \"$AGENTOS_TASK_ID\" > README.md ;; esac")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    for _ in 0..8 {
        world.run("tick").ok();
    }
    assert_eq!(world.folder_of("shop-2"), "escalated");
    let readme = world.git(&["-C", "remotes/shop.git", "show", "main:README.md"]);
    assert!(!readme.contains("<<<<"), "{readme}");
    assert!(world.task_text("shop-2").contains("conflict markers"));
    let stats = world.stats();
    let repairs: Vec<_> = stats.iter().filter(|line| line["task_id"] == "shop-2").skip(1).collect();
    assert!(!repairs.is_empty());
    for line in repairs {
        assert_eq!(line["status"], "partial", "{line}");
        assert_eq!(line["blocker_code"], "invalid_result_contract", "{line}");
    }
}

#[test]
fn a_manual_policy_leaves_every_merge_to_a_person() {
    let world = until_the_pull_request(policy("manual"));
    world.run("pr-monitor").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world), None);
    assert!(world.reason("pr:2").contains("`merge_policy` is `manual`"));
    world.run("pr merge 2").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert_eq!(world.shown(1), "done; Done; closed");
}

#[test]
fn supervised_first_waits_for_one_merge_by_a_person() {
    let world = until_the_pull_request(policy("supervised_first"));
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world), None);
    assert!(world.reason("1").contains("first green pull request"));
    world.run("pr merge 2").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    world.ready_issue("Next", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-3", "outcome").as_deref(), Some("merged"));
}

#[test]
fn arm_and_disarm_outrank_the_policy() {
    let world = until_the_pull_request(policy("auto"));
    world.run("disarm --repo shop").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world), None);
    assert!(world.reason("shop-1").contains("disarmed"));
    world.run("arm --repo acme/shop").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));

    let world = until_the_pull_request(policy("supervised_first"));
    world.run("arm").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
}

#[test]
fn manual_leaves_every_merge_to_a_person_whatever_was_merged_or_armed_before() {
    let world = until_the_pull_request(policy("manual"));
    let merged = world.run("pr merge 2").ok();
    assert!(!merged.stderr.contains("automatically"), "{}", merged.stderr);
    world.run("pr-monitor").ok();
    assert!(!world.path("runtime/state/armed/shop").exists());
    let armed = world.run("arm").ok();
    assert!(armed.stdout.contains("`merge_policy` is `manual`"), "{}", armed.stdout);
    world.ready_issue("Next", "");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-3", "outcome"), None);
    assert!(world.reason("shop-3").contains("`merge_policy` is `manual`"));
}

#[test]
fn who_merges_a_red_pull_request_with_git_arms_nothing() {
    let agent = Script::new().writes("broken", "x").reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings("  ci_command: sh test.sh\n  merge_policy: supervised_first\n");
    let world = until_the_pull_request(world);
    world.run("pr-monitor").ok();
    world.replace("board/shop/pulls/2.md", "state: open", "state: merged");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert!(!world.path("runtime/state/armed/shop").exists());
}

#[test]
fn a_hold_label_on_issue_or_pull_request_holds_until_it_goes() {
    let world = until_the_pull_request(World::new());
    world.replace("board/shop/issues/1.md", "  - in-progress", "  - in-progress\n  - hold");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world), None);
    assert!(world.reason("shop-1").contains("label `hold`"));
    world.replace("board/shop/issues/1.md", "\n  - hold", "");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
}

#[test]
fn changes_of_protected_paths_and_large_ones_need_a_person() {
    for (path, lines, settings, words) in [
        (".github/workflows/ci.yml", 1, "", "protected_paths"),
        ("CLAUDE.md", 1, "", "protected_paths"),
        (".claude/settings.json", 1, "", "protected_paths"),
        ("test.sh", 1, "", "protected_paths"),
        ("big.txt", 30, "  max_diff_lines: 20\n", "max_diff_lines"),
        ("src/a.txt", 1, "  allowed_paths: [docs/**]\n", "allowed_paths"),
        ("private/a.txt", 1, "  protected_paths: [private/**]\n", "protected_paths"),
    ] {
        let agent = Script::new()
            .writes(path, &"true\n".repeat(lines))
            .reports("complete", "none", "Did it.");
        let world = World::with_agents(&[("worker", agent)])
            .repo_settings(&format!("  ci_command: sh test.sh\n{settings}"));
        let world = until_the_pull_request(world);
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world), None, "{path}");
        let reason = world.reason("shop-1");
        assert!(reason.contains(words), "{path}: {reason}");
        assert_eq!(world.comments_with(1, words), 1, "{path}: {:#?}", world.comments(1));
    }
}

#[test]
fn a_binary_file_whose_lines_nothing_counts_needs_a_person() {
    let draws = "printf 'GIF89a\\000\\001' > logo.gif";
    let agent = Script::new().line(draws).reports("complete", "none", "Drawn.");
    let world = World::with_agents(&[("worker", agent)]);
    let world = until_the_pull_request(world);
    for _ in 0..2 {
        world.run("pr-monitor").ok();
    }
    assert_eq!(outcome(&world), None);
    let reason = world.reason("shop-1");
    assert!(reason.contains("`logo.gif`, a binary file"), "{reason}");
    assert_eq!(world.comments_with(1, "a binary file"), 1, "{:#?}", world.comments(1));
    world.run("pr approve 2").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
}

#[test]
fn a_pull_request_without_its_branch_or_base_is_held_until_that_is_back() {
    for branch in ["agent/shop-1", "main"] {
        let world = until_the_pull_request(World::new());
        world.git(&["-C", "remotes/shop.git", "branch", "-m", branch, "other"]);
        for _ in 0..2 {
            world.run("pr-monitor").ok();
        }
        assert_eq!(outcome(&world), None, "{branch}");
        let why = world.why("shop-1");
        assert_eq!(why["moving"], false, "{why}");
        let reason = why["reason"].as_str().unwrap();
        assert!(reason.contains(&format!("`{branch}` is gone")), "{reason}");
        assert_eq!(world.comments_with(1, "is gone"), 1, "{:#?}", world.comments(1));
        world.git(&["-C", "remotes/shop.git", "branch", "-m", "other", branch]);
        world.run("pr-monitor").ok();
        assert_eq!(outcome(&world).as_deref(), Some("merged"), "{branch}");
    }
}

#[test]
fn a_pull_request_whose_issue_a_person_deleted_is_closed() {
    let world = until_the_pull_request(World::new());
    std::fs::remove_file(world.path("board/shop/issues/1.md")).unwrap();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("cancelled"));
    assert_eq!(world.run("--json pr show 2").ok().json()["state"], "closed");
    let before = world.snapshot("board");
    world.run("pr-monitor").ok();
    assert_eq!(world.snapshot("board"), before);
}

#[test]
fn without_a_ci_command_nothing_is_merged_without_a_person() {
    let world = until_the_pull_request(World::new().repo_settings(""));
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world), None);
    assert_eq!(world.run("--json pr show 2").ok().json()["checks"], "missing");
    let refused = world.run("pr merge 2").code(1);
    assert!(refused.stderr.contains("missing") && refused.stderr.contains("--force"));
    world.run("pr merge 2 --force").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
}

#[test]
fn a_red_pull_request_is_merged_by_hand_only_by_force_and_arms_nothing() {
    let agent = Script::new().writes("broken", "x").reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings("  ci_command: sh test.sh\n  merge_policy: supervised_first\n");
    let world = until_the_pull_request(world);
    let refused = world.run("pr merge 2").code(1);
    assert!(refused.stderr.contains("failed"), "{}", refused.stderr);
    assert_eq!(world.merged(), ["Begin"]);
    world.run("pr merge 2 --force").ok();
    assert_eq!(world.merged(), ["Add a cart", "Begin"]);
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert!(!world.path("runtime/state/armed/shop").exists());
    world.run("pr merge 2").code(1);
}

#[test]
fn a_push_by_somebody_else_takes_our_hands_off_and_is_said_once() {
    let world = until_the_pull_request(World::new());
    world.push_by_hand("agent/shop-1", "theirs.txt", "theirs\n");
    for _ in 0..3 {
        world.run("pr-monitor").ok();
    }
    assert_eq!(outcome(&world), None);
    assert_eq!(world.comments_with(1, "hands off"), 1, "{:#?}", world.comments(1));
    assert!(world.reason("pr:2").contains("somebody else"));
    assert_eq!(world.merged(), ["Begin"]);
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
}

#[test]
fn a_pull_request_that_a_person_closes_ends_the_task_and_keeps_the_branch() {
    let world = until_the_pull_request(policy("manual"));
    world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("closed"));
    assert_eq!(world.shown(1), "human-required; Backlog; open");
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1-2"), "inbox");
}

#[test]
fn a_closed_issue_ends_an_open_pull_request_with_its_reason() {
    let world = until_the_pull_request(policy("manual"));
    world.run("issue close 1").ok();
    world.run("pr-monitor").ok();
    assert_eq!(outcome(&world).as_deref(), Some("cancelled"));
    assert_eq!(world.run("--json pr show 2").ok().json()["state"], "closed");
    assert_eq!(world.shown(1), "; Done; closed");
}

#[test]
fn withdrawn_work_is_cancelled_when_it_is_claimed() {
    for (how, shown) in
        [("close", "; Done; closed"), ("label", "; Backlog; open"), ("card", "; Backlog; open")]
    {
        let world = World::new();
        world.ready_issue("Add a cart", "");
        world.run("dispatch").ok();
        match how {
            "close" => drop(world.run("issue close 1").ok()),
            "label" => world.replace("board/shop/issues/1.md", "in-progress", ""),
            _ => world.replace("board/shop/issues/1.md", "In Progress", "Backlog"),
        }
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "{how}");
        assert_eq!(outcome(&world).as_deref(), Some("cancelled"), "{how}");
        assert_eq!(world.shown(1), shown, "{how}");
        assert!(world.stats().is_empty(), "no agent ran: {how}");
    }
}

#[test]
fn work_that_is_withdrawn_while_the_agent_runs_is_saved_and_not_published() {
    let agent = Script::new()
        .line("sed -i 's/^status: .*/status: Backlog/' \"$OPERATOR/../board/shop/issues/1.md\"")
        .writes("work.txt", "work")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(outcome(&world).as_deref(), Some("cancelled"));
    assert!(world.agent_branches().is_empty());
    assert_eq!(world.run("--json pr list --all").ok().json(), serde_json::json!([]));
    let saved = ["--git-dir", "runtime/repos/shop.git", "show", "agent/shop-1:work.txt"];
    assert_eq!(world.git(&saved), "work");
}

#[test]
fn high_priority_comes_first_at_dispatch_and_in_the_queue() {
    let world = World::new().setting("max_dispatch_per_run: 2");
    world.ready_issue("Normal", "");
    world.run_words(&["issue", "create", "Low", "--label", "prio:low", "--ready"]).ok();
    world.run_words(&["issue", "create", "High", "--label", "prio:high", "--ready"]).ok();
    let run = world.run("--json dispatch").ok().json();
    let items: Vec<(u64, &str)> = run["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["issue"].as_u64().unwrap(), item["action"].as_str().unwrap()))
        .collect();
    assert_eq!(items, [(3, "dispatched"), (1, "dispatched"), (2, "waiting")]);
    world.run("queue").ok();
    let stats = world.stats();
    let order: Vec<&str> = stats.iter().map(|line| line["task_id"].as_str().unwrap()).collect();
    assert_eq!(order, ["shop-3", "shop-1"]);
}

#[test]
fn as_many_pull_requests_as_allowed_are_open() {
    let world = policy("manual").setting("max_open_prs: 1");
    let world = until_the_pull_request(world);
    world.ready_issue("Next", "");
    let run = world.run("dispatch").ok();
    assert!(run.stdout.contains("1 waiting"), "{}", run.stdout);
    assert!(world.reason("3").contains("max_open_prs"), "{}", world.reason("3"));
    world.run("pr merge 2").ok();
    world.run("pr-monitor").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-3"), "inbox");
}

#[test]
fn an_issue_waits_for_those_it_depends_on() {
    let world = World::new();
    world.run_words(&["issue", "create", "Base"]).ok();
    world.ready_issue("On top", "Blocked by #1\n");
    world.run("dispatch").ok();
    assert!(world.reason("2").contains("depends on #1"), "{}", world.reason("2"));
    world.run("issue close 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-2"), "inbox");
}

#[test]
fn ready_after_the_end_makes_the_next_generation_with_the_old_history() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    world.replace("board/shop/issues/1.md", "state: closed", "state: open");
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1-2"), "inbox");
    assert_eq!(world.task_key("shop-1-2", "attempt").as_deref(), Some("1"));
    assert_eq!(world.task_key("shop-1-2", "branch").as_deref(), Some("agent/shop-1-2"));
    assert_eq!(world.task_key("shop-1-2", "generation").as_deref(), Some("2"));
    let text = world.task_text("shop-1-2");
    let context = text.split("# Context").nth(1).unwrap().split("# Source").next().unwrap();
    assert!(context.contains("`shop-1` ended as merged"), "{context}");
    assert!(context.contains("### Earlier: Attempt 1 (worker)"), "{context}");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1-2", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.shown(1), "done; Done; closed");
}

#[test]
fn ready_on_live_work_does_nothing() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("issue ready 1").ok();
    let run = world.run("dispatch").ok();
    assert!(run.stdout.starts_with("dispatch: 0 dispatched"), "{}", run.stdout);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert!(!world.path("runtime/mailbox/inbox/shop-1-2.md").exists());
}

#[test]
fn the_memory_has_one_entry_per_merged_task_and_the_next_prompt_has_it() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    world.ready_issue("Add a till", "");
    world.run("tick").ok();
    let memory = world.git(&["-C", "remotes/shop.git", "show", "main:CODEBASE.md"]);
    assert_eq!(memory.matches("Add a cart").count(), 1, "{memory}");
    assert_eq!(memory.matches("Add a till").count(), 1, "{memory}");
    assert!(world.prompt("shop-3", "1").contains("Add a cart"));
}

#[test]
fn the_operators_clone_is_never_touched() {
    let world = World::with_agents(&[("worker", breaks_then_mends())]);
    world.write("shop/uncommitted.txt", "mine");
    let before = world.snapshot("shop");
    world.ready_issue("Add a cart", "");
    for _ in 0..3 {
        world.run("tick").ok();
    }
    assert_eq!(outcome(&world).as_deref(), Some("merged"));
    assert!(before == world.snapshot("shop"));
}
