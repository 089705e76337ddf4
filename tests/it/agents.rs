//! What comes of an attempt: each row of the table of `DESIGN.md` section 4, through the real binary.

use std::fs;

use jiff::SignedDuration;

use crate::support::{Script, World};

fn partial(summary: &str) -> Script {
    Script::new().reports("partial", "test_failure", summary)
}

fn blocked(code: &str) -> Script {
    Script::new().line(&format!(
        "cat > .agent_result.md <<'RESULT'\nSTATUS: blocked\nBLOCKER_CODE: {code}\nSUMMARY: I need help.\nBLOCKERS:\n- Which currency?\nRESULT"
    ))
}

/// Blocked at the first run, complete once the prompt has what it waited for.
fn asks_until(code: &str, word: &str) -> Script {
    blocked(code).line(&format!(
        "case \"$prompt\" in *{word}*)\necho done > answered.txt\ncat > .agent_result.md <<'RESULT'\nSTATUS: complete\nSUMMARY: Done with the answer.\nRESULT\n;; esac"
    ))
}

fn dispatched(world: World) -> World {
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

#[test]
fn an_unchanged_repository_with_proof_is_no_change() {
    let agent = Script::new().line(
        "printf 'STATUS: complete\\nSUMMARY: It is there.\\nDONE:\\n- no-change: the cart exists already\\nTESTS_RUN:\\n- sh test.sh: passed\\n' > .agent_result.md",
    );
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("no_change"));
    assert_eq!(world.shown(1), "; Backlog; open");
    assert_eq!(world.comments_with(1, "the cart exists already"), 1);
    assert_eq!(world.run("--json pr list --all").ok().json(), serde_json::json!([]));
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("no_change"));
}

#[test]
fn a_proven_no_change_closes_the_issue_where_the_configuration_says_so() {
    let agent = Script::new().line(
        "printf 'STATUS: complete\\nDONE:\\n- no-change: it is there\\nTESTS_RUN:\\n- ok\\n' > .agent_result.md",
    );
    let world = World::with_agents(&[("worker", agent)]).setting("close_no_change: true");
    let world = dispatched(world);
    world.run("queue").ok();
    world.run("dispatch").ok();
    assert_eq!(world.shown(1), "; Done; closed");
}

#[test]
fn complete_without_a_change_or_proof_gives_the_same_agent_one_more_run_and_then_the_next() {
    let idle = Script::new()
        .line("echo run >> \"$OPERATOR/../idle-runs\"")
        .line("printf 'STATUS: complete\\nSUMMARY: All good.\\n' > .agent_result.md");
    let world = dispatched(World::with_agents(&[("idle", idle), ("busy", Script::works())]));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("3"));
    assert_eq!(world.tried("shop-1"), "idle, idle, busy");
    assert!(world.prompt("shop-1", "2").contains("no file was changed"));
    let ends: Vec<(String, String)> = world
        .stats()
        .iter()
        .map(|line| (line["status"].to_string(), line["blocker_code"].to_string()))
        .collect();
    let end = |status: &str, code: &str| (format!("\"{status}\""), format!("\"{code}\""));
    let refuted = end("partial", "invalid_result_contract");
    assert_eq!(ends, [refuted.clone(), refuted, end("complete", "none")]);
}

#[test]
fn a_claim_that_does_not_hold_is_no_success_in_the_records_the_note_and_the_score() {
    let idle =
        Script::new().line("printf 'STATUS: complete\\nSUMMARY: All good.\\n' > .agent_result.md");
    let world = dispatched(World::with_agents(&[("idle", idle)]));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    let text = world.task_text("shop-1");
    assert!(text.contains("- Blocker: invalid_result_contract"), "{text}");
    let row =
        "| idle | partial | invalid_result_contract | it says complete, but no file was changed";
    assert!(text.contains(&format!("| 1 {row}")), "{text}");
    assert_eq!(world.task_key("shop-1", "blocker").as_deref(), Some("invalid_result_contract"));
    let shown = world.run("--json task show shop-1").ok().json();
    assert_eq!(shown["attempts"][0]["outcome"], "partial");
    assert_eq!(shown["attempts"][0]["blocker"], "invalid_result_contract");
    world.run("score").ok();
    let scored: serde_json::Value =
        serde_json::from_str(&world.read("runtime/analysis/agent_scorer_findings.json")).unwrap();
    let all = &scored["execution"]["all"];
    assert_eq!((all["samples"].as_u64(), all["success"]["rate"].as_f64()), (Some(4), Some(0.0)));
}

#[test]
fn tests_that_we_run_outweigh_what_the_agent_says() {
    let liar = Script::new().writes("broken", "x").reports("complete", "none", "All green.");
    let honest = Script::new()
        .line("rm -f broken; echo ok > fixed.txt")
        .reports("complete", "none", "Mended.");
    let world = World::with_agents(&[("liar", liar), ("honest", honest)])
        .repo_settings("  ci_command: sh test.sh\n  test_command: sh test.sh\n");
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.tried("shop-1"), "liar, liar, honest");
    assert!(world.prompt("shop-1", "2").contains("the tests fail"));
    let stats = world.stats();
    assert_eq!(stats[0]["status"], "partial");
    assert_eq!(stats[0]["blocker_code"], "test_failure");
    assert_eq!(stats[2]["status"], "complete");
}

#[test]
fn a_malformed_result_is_a_finding_and_not_a_success() {
    for (text, words) in [
        ("STATUS: complete | partial | blocked", "template"),
        ("hello", "STATUS"),
        ("STATUS: finished", "finished"),
        ("STATUS: blocked\\nBLOCKER_CODE: tired", "tired"),
        ("STATUS: blocked", "BLOCKER_CODE"),
    ] {
        let agent = Script::new()
            .line("echo x > x.txt")
            .line(&format!("printf '{text}\\n' > .agent_result.md"));
        let world = dispatched(World::with_agents(&[("worker", agent)]));
        world.run("queue --once").ok();
        let stats = world.stats();
        assert_eq!(stats[0]["blocker_code"], "invalid_result_contract", "{text}");
        assert!(world.task_text("shop-1").contains(words), "{text}: {}", world.task_text("shop-1"));
    }
}

#[test]
fn complete_with_a_code_is_read_as_partial() {
    let half = Script::new().writes("a.txt", "a").reports("complete", "test_failure", "Nearly.");
    let world = dispatched(World::with_agents(&[("half", half), ("worker", Script::works())]));
    world.run("queue").ok();
    assert_eq!(world.tried("shop-1"), "half, worker");
    assert_eq!(world.stats()[0]["status"], "partial");
}

#[test]
fn a_question_waits_for_a_comment_and_goes_on_with_the_answer() {
    for code in ["missing_context", "manual_intervention_required"] {
        let world = dispatched(World::with_agents(&[("worker", asks_until(code, "Swiss"))]));
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "blocked");
        assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
        assert_eq!(world.comments_with(1, "needs an answer"), 1);
        assert_eq!(world.comments_with(1, "  - Which currency?"), 1);
        world.run("tick").ok();
        assert_eq!(world.folder_of("shop-1"), "blocked", "nothing was answered yet");
        assert_eq!(world.comments_with(1, "needs an answer"), 1, "a question is asked once");

        world.run_words(&["issue", "comment", "1", "Swiss francs."]).ok();
        world.run("dispatch").ok();
        assert_eq!(world.folder_of("shop-1"), "inbox");
        assert!(world.task_text("shop-1").contains("# Answer"));
        assert_eq!(world.shown(1), "in-progress; In Progress; open");
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "{code}");
        assert!(world.prompt("shop-1", "2").contains("Swiss francs."));
        world.run("pr-monitor").ok();
        assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
        assert_eq!(world.stats().len(), 2);
    }
}

#[test]
fn every_further_question_is_asked_and_waits_for_its_own_answer() {
    let agent = blocked("missing_context");
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    world.run_words(&["issue", "comment", "1", "First answer."]).ok();
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "blocked");
    assert_eq!(world.comments_with(1, "needs an answer"), 2, "{:#?}", world.comments(1));
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "blocked", "the old answer answers no new question");
    assert_eq!(world.stats().len(), 2);
    assert_eq!(world.task_text("shop-1").matches("# Answer").count(), 1);
}

#[test]
fn ready_again_on_a_blocked_task_is_its_answer() {
    let agent = asks_until("missing_context", "Answer");
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_task_that_waits_for_a_dependency_comes_back_when_it_is_closed() {
    let first = Script::new()
        .line("case \"$AGENTOS_TASK_ID$AGENTOS_ATTEMPT\" in shop-21) ")
        .line("printf 'STATUS: blocked\\nBLOCKER_CODE: dependency_blocked\\nBLOCKERS:\\n- needs 1\\n' > .agent_result.md; exit 0;; esac")
        .line("echo x > x.txt")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", first)]);
    world.run_words(&["issue", "create", "--title", "Base"]).ok();
    // The dependency is added after the admission, which would have waited for it.
    world.ready_issue("On top", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-2"), "blocked");
    world.edit("board/shop/issues/2.md", |text| format!("{text}\nDepends on #1\n"));
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-2"), "blocked");
    world.run("issue close 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-2"), "inbox");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-2"), "done");
}

#[test]
fn a_task_whose_result_alone_names_what_it_waits_for_comes_back_when_that_is_closed() {
    let first = Script::new()
        .line("case \"$AGENTOS_TASK_ID$AGENTOS_ATTEMPT\" in shop-31) ")
        .line("printf 'STATUS: blocked\\nBLOCKER_CODE: dependency_blocked\\nBLOCKERS:\\n- needs the cart of #1\\n- and #2\\n' > .agent_result.md; exit 0;; esac")
        .line("echo x > x.txt")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", first)]);
    for title in ["Cart", "Till"] {
        world.run_words(&["issue", "create", "--title", title]).ok();
    }
    world.ready_issue("On top", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-3"), "blocked");
    let why = world.why("shop-3");
    assert!(why["next_look"].as_str().unwrap().ends_with("is closed: #1, #2"), "{why}");
    world.run("issue close 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-3"), "blocked", "the other one is open");
    world.run("issue close 2").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-3"), "inbox");
}

#[test]
fn what_was_closed_before_brings_no_task_back_that_names_it() {
    let first = Script::new().line("printf 'STATUS: blocked\\nBLOCKER_CODE: dependency_blocked\\nBLOCKERS:\\n- needs the cart of #1\\n- and #99\\n' > .agent_result.md");
    let mut world = World::with_agents(&[("worker", first)]);
    world.run_words(&["issue", "create", "--title", "Cart"]).ok();
    world.run("issue close 1").ok();
    world.advance(SignedDuration::from_mins(1));
    world.ready_issue("On top", "Depends on #1\n");
    for _ in 0..4 {
        world.run("tick").ok();
    }
    assert_eq!(world.folder_of("shop-2"), "blocked");
    assert_eq!(world.stats().len(), 1, "each return would cost an attempt");
    assert_eq!(world.task_key("shop-2", "waits_for"), None);
}

#[test]
fn a_blocked_task_whose_issue_is_deleted_is_cancelled() {
    let world = dispatched(World::with_agents(&[("worker", blocked("missing_context"))]));
    world.run("queue").ok();
    fs::remove_file(world.path("board/shop/issues/1.md")).unwrap();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    world.run("dispatch").ok();
}

#[test]
fn a_blocked_task_whose_issue_is_closed_is_cancelled() {
    let world = dispatched(World::with_agents(&[("worker", blocked("missing_context"))]));
    world.run("queue").ok();
    world.run("issue close 1").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(world.shown(1), "; Done; closed");
}

#[test]
fn other_codes_of_a_blocked_result_go_to_the_next_agent_with_the_attempt_spent() {
    for code in ["missing_credentials", "environment_failure", "quota_limited", "timeout"] {
        let world = World::with_agents(&[("first", blocked(code)), ("second", Script::works())]);
        let world = dispatched(world);
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "{code}");
        assert_eq!(world.tried("shop-1"), "first, second");
        assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("2"));
        assert_eq!(
            world.agent_row("first")["available"],
            true,
            "what an agent writes parks nobody: {code}"
        );
    }
}

#[test]
fn a_quota_seen_by_us_parks_the_agent_and_costs_no_attempt() {
    let out = Script::new().line("echo 'Error: usage limit reached, try again later' >&2; exit 1");
    let world = World::with_agents(&[("first", out), ("second", Script::works())]);
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.folder_of("shop-2"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.task_key("shop-1", "free_runs").as_deref(), Some("1"));
    assert_eq!(world.task_key("shop-1", "attempt").as_deref(), Some("1"));
    assert!(world.path("runtime/runs/shop-1/1.1/receipt.json").exists());
    let stats = world.stats();
    assert_eq!(stats.len(), 3, "the second task did not try the agent that is out");
    assert_eq!(stats[0]["spent"], false);
    assert_eq!(stats[0]["blocker_code"], "quota_limited");
    assert_eq!(world.agent_row("first")["available"], false);
    assert_eq!(world.agent_row("first")["until"], "2026-01-05T11:00:00Z");
    assert_eq!(world.agent_row("second")["available"], true);
}

#[test]
fn a_chain_that_is_out_parks_the_task_until_the_first_is_back() {
    let out = Script::new()
        .line("test -e \"$OPERATOR/mended\" || { echo 'Error: usage limit reached' >&2; exit 1; }")
        .line("echo x > x.txt")
        .reports("complete", "none", "Did it.");
    let mut world = dispatched(World::with_agents(&[("worker", out)]));
    let run = world.run("queue").ok();
    assert!(run.stdout.contains("0 errors"), "{}", run.stdout);
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.task_key("shop-1", "not_before").as_deref(), Some("2026-01-05T11:00:00Z"));
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    let why = world.why("shop-1");
    assert_eq!(why["moving"], false);
    assert!(why["reason"].as_str().unwrap().contains("quota"), "{why}");
    assert!(why["next_look"].as_str().unwrap().contains("2026-01-05T11:00:00Z"), "{why}");
    world.advance(SignedDuration::from_mins(60));
    world.run("queue").ok();
    assert_eq!(world.stats().len(), 1, "parked is parked");
    world.write("home/mended", "");
    world.advance(SignedDuration::from_mins(61));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
}

#[test]
fn free_runs_are_bounded() {
    let out = Script::new().line("echo 'Error: usage limit reached' >&2; exit 1");
    let world = World::with_agents(&[("worker", out)]).setting("default_max_attempts: 1");
    let mut world = dispatched(world);
    for _ in 0..6 {
        world.run("queue").ok();
        world.advance(SignedDuration::from_hours(3));
    }
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.stats().len(), 3);
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
}

#[test]
fn an_agent_whose_program_is_absent_costs_nothing_and_the_next_one_works() {
    let world = World::with_agents(&[("ghost", Script::new()), ("worker", Script::works())]);
    world.edit("config.yaml", |text| {
        let ghost = world.path("agents/ghost.sh").display().to_string();
        text.replace(&format!("[sh, {ghost}]"), "[no-such-program-of-ours]")
    });
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.tried("shop-1"), "worker");
    let ghost = world.agent_row("ghost");
    assert_eq!(ghost["available"], false);
    assert!(ghost["reason"].as_str().unwrap().contains("no-such-program-of-ours"), "{ghost}");
}

#[test]
fn an_agent_without_a_login_costs_nothing_and_is_left_out_for_a_while() {
    let out = Script::new().line("echo 'Error: 401 Unauthorized: invalid api key' >&2; exit 1");
    let world = dispatched(World::with_agents(&[("first", out), ("second", Script::works())]));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.stats()[0]["blocker_code"], "missing_credentials");
}

#[test]
fn a_crash_is_spent_and_the_next_agent_goes_on() {
    let crash = Script::new().line("echo half > half.txt; kill -SEGV $$");
    let world = dispatched(World::with_agents(&[("first", crash), ("second", Script::works())]));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.tried("shop-1"), "first, second");
    assert_eq!(world.stats()[0]["blocker_code"], "runner_failure");
    assert!(world.prompt("shop-1", "2").contains("signal"));
}

#[test]
fn a_chain_that_is_used_up_escalates_once_with_a_note() {
    let world =
        World::with_agents(&[("first", partial("Half.")), ("second", partial("Again half."))]);
    let world = dispatched(world);
    let run = world.run("queue").ok();
    assert!(run.stdout.contains("1 escalated"), "{}", run.stdout);
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
    let notes: Vec<String> =
        world.comments(1).into_iter().filter(|text| text.contains("gives up")).collect();
    assert_eq!(notes.len(), 1);
    for word in ["| 1 | first |", "| 2 | second |", "Half.", "Again half.", "**Next step:**"] {
        assert!(notes[0].contains(word), "{word} in {}", notes[0]);
    }
    world.run("tick").ok();
    assert_eq!(world.comments_with(1, "gives up"), 1);
    assert_eq!(world.stats().len(), 2);
    assert!(world.reason("shop-1").contains("every agent of the chain"));
}

#[test]
fn max_attempts_bounds_the_lineage() {
    let world = World::with_agents(&[
        ("a", partial("One.")),
        ("b", partial("Two.")),
        ("c", partial("Three.")),
    ])
    .setting("default_max_attempts: 2");
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("2"));
    assert!(world.task_key("shop-1", "reason").unwrap().contains("all 2 attempts"));
}

#[test]
fn a_dispatcher_only_repository_blocks_at_once_whatever_is_not_complete() {
    let world = World::with_agents(&[("first", partial("Half.")), ("second", Script::works())])
        .setting("automation_mode: dispatcher_only");
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "blocked");
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
    assert_eq!(world.comments_with(1, "Summary: Half."), 1, "{:#?}", world.comments(1));
    assert_eq!(world.stats().len(), 1);
}

#[test]
fn a_dispatcher_only_repository_merges_and_repairs_nothing() {
    let world = World::new().setting("automation_mode: dispatcher_only");
    let world = dispatched(world);
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome"), None);
    assert!(world.reason("shop-1").contains("dispatcher_only"));
    world.run("pr merge 2").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn the_preferred_agent_goes_first() {
    let world = World::with_agents(&[("first", Script::works()), ("second", Script::works())]);
    world.ready_issue("By section", "## Agent Preference\n\nsecond\n");
    world.run_words(&["issue", "create", "By label", "--label", "agent:second", "--ready"]).ok();
    world.ready_issue("By chain", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let stats = world.stats();
    let agents: Vec<(&str, &str)> = stats
        .iter()
        .map(|line| (line["task_id"].as_str().unwrap(), line["agent"].as_str().unwrap()))
        .collect();
    assert_eq!(agents, [("shop-1", "second"), ("shop-2", "second"), ("shop-3", "first")]);
}

#[test]
fn the_agent_sees_what_the_contract_lists_and_no_token() {
    let agent = Script::new()
        .line("env | sort > env.txt; test -t 0 || echo no-terminal >> env.txt")
        .line("cp \"$AGENTOS_TASK_FILE\" task-copy.md; cp \"$AGENTOS_PROMPT_FILE\" prompt-copy.md")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .env("GITHUB_TOKEN", "ghp_000000000000000000000000000000000000")
        .env("GH_TOKEN", "ghp_111111111111111111111111111111111111")
        .env("TELEGRAM_BOT_TOKEN", "1:telegram-planted")
        .env("SOMETHING_ELSE", "planted-value");
    let world = dispatched(world);
    world.run("tick").ok();
    let env = world.git(&["-C", "remotes/shop.git", "show", "main:env.txt"]);
    for name in [
        "AGENTOS_TASK_ID=shop-1",
        "AGENTOS_TASK_FILE=",
        "AGENTOS_PROMPT_FILE=",
        "AGENTOS_ATTEMPT=1",
        "AGENTOS_STAGE=",
        "AGENTOS_RESULT_FILE=",
        "PATH=",
        "HOME=",
    ] {
        assert!(env.lines().any(|line| line.starts_with(name)), "{name} in {env}");
    }
    for word in ["ghp_", "telegram", "planted", "AGENTOS_ROOT", "AGENTOS_CONFIG", "AGENTOS_NOW"] {
        assert!(!env.contains(word), "{word} in {env}");
    }
}
