//! Questions to models through the real binary: a one-line issue becomes a brief, and what happens when nobody answers, or not as asked.

use std::fs;

use serde_json::Value;

use crate::support::{Script, World};

/// An answer as a model ought to give it.
const ANSWER: &str = r#"{"goal": "The shop has a cart that keeps what was put into it.", "success_criteria": ["An item can be put into the cart.", "The cart survives a reload."], "constraints": ["No new dependency."], "task_type": "debugging", "agent_preference": "worker"}"#;

/// A planner that counts its runs in its home and then says something.
fn planner(says: &str) -> Script {
    counting().line(&format!("cat <<'ANSWER'\n{says}\nANSWER"))
}

fn counting() -> Script {
    Script::new().line("echo run >> \"$HOME/runs\"")
}

fn world(planners: &[(&str, Script)]) -> World {
    let names: Vec<&str> = planners.iter().map(|(name, _)| *name).collect();
    let mut agents = vec![("worker", Script::works())];
    agents.extend(planners.iter().map(|(name, script)| (*name, script.clone())));
    World::with_agents(&agents).setting(&format!("planner_agents: [{}]", names.join(", ")))
}

/// How often an agent was started.
fn runs(world: &World, agent: &str) -> usize {
    let text = fs::read_to_string(world.path(&format!("runtime/agents/{agent}/runs")));
    text.unwrap_or_default().lines().count()
}

/// The lines of `questions.jsonl`.
fn questions(world: &World) -> Vec<Value> {
    let text = fs::read_to_string(world.path("runtime/metrics/questions.jsonl"));
    text.unwrap_or_default().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Dispatches, and gives the reasons of the report.
#[track_caller]
fn dispatched(world: &World) -> String {
    let report = world.run("--json dispatch").ok().json();
    let items = report["items"].as_array().unwrap();
    let reasons = items.iter().map(|item| item["reason"].as_str().unwrap_or("-").to_owned());
    reasons.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_one_line_issue_becomes_a_brief_of_which_everybody_sees_who_wrote_what() {
    let world = world(&[("planner", planner(&format!("Here it is:\n```json\n{ANSWER}\n```")))]);
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief by planner");
    assert_eq!(runs(&world, "planner"), 1);
    let text = world.task_text("shop-1").replace(&world.root().display().to_string(), "ROOT");
    insta::assert_snapshot!(text, @r#"
    ---
    task_id: shop-1
    repo: acme/shop
    issue: 1
    title: Add a cart
    url: ROOT/board/shop/issues/1.md
    task_type: debugging
    priority: normal
    agent: worker
    attempt: 1
    max_attempts: 4
    base_branch: main
    branch: agent/shop-1
    spent: 0
    free_runs: 0
    repairs: 0
    rebases: 0
    tried: []
    cost_usd: 0.0
    host_state: in_progress
    generation: 1
    brief_sha256: e28d2d3b8fff73b1384538fe1a4aa70c8b8c7d56201d14017f3d5a024f3d6966
    created_at: "2026-01-05T09:00:00Z"
    schema: 1
    ---
    # Goal

    The shop has a cart that keeps what was put into it.

    # Success Criteria

    - An item can be put into the cart.
    - The cart survives a reload.
    - The goal is met, and the tests of the repository pass.

    # Constraints

    - No new dependency.
    - Change only what the goal needs.
    - Stay inside this repository.

    # Context

    Written by the model behind `planner`, where the issue leaves it open: goal, success criteria, constraints, task type (`debugging`), agent (`worker`). What the person wrote is the title and the source below; where they differ, the person's words count.

    # Source

    ```text
    ```
    "#);
}

#[test]
fn an_answer_that_does_not_hold_is_sent_back_once_with_what_is_wrong() {
    let says = format!(
        "case \"$prompt\" in *'was not accepted'*\"\\`goal\\` is missing\"*) echo '{ANSWER}' ;; *) echo '{{\"goal\": \"\"}}' ;; esac"
    );
    let world = world(&[("planner", counting().line(&says))]);
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief by planner");
    assert_eq!(runs(&world, "planner"), 2);
    assert_eq!(questions(&world).len(), 2, "both are in the books");
}

#[test]
fn the_next_agent_is_asked_when_one_gives_no_answer_that_holds() {
    let world = world(&[
        ("prose", planner("I would rather build the cart myself.")),
        ("broken", counting().line("echo 'no such model' >&2; exit 3")),
        ("planner", planner(ANSWER)),
    ]);
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief by planner");
    assert_eq!(["prose", "broken", "planner"].map(|agent| runs(&world, agent)), [2, 1, 1]);
}

#[test]
fn without_an_answer_the_brief_is_the_one_that_needs_no_model() {
    let asked = world(&[("one", planner("{}")), ("two", counting().line("exit 1"))]);
    asked.ready_issue("Add a cart", "It shall keep things.");
    insta::assert_snapshot!(dispatched(&asked), @r"
    brief without a model: one: its answer does not hold: `goal` is missing; `success_criteria` is missing; two: left no result: exit 1
    ");
    let plain = World::new().setting("planner_agents: []");
    plain.ready_issue("Add a cart", "It shall keep things.");
    plain.run("dispatch").ok();
    let body =
        |world: &World| world.task_text("shop-1").split_once("\n# Goal").unwrap().1.to_owned();
    assert_eq!(body(&asked), body(&plain));
}

#[test]
fn the_same_question_is_asked_once_and_a_broken_record_of_it_is_none() {
    let mut world = world(&[("planner", planner(ANSWER))]);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief by planner");
    assert_eq!(runs(&world, "planner"), 1);
    assert!(world.task_text("shop-2").contains("keeps what was put into it"));
    let folder = world.path("runtime/cache/llm");
    let record = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&record).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "for its owner only");
    let kept = fs::read_to_string(&record).unwrap();
    for bad in ["", "{", "[]", &kept.replace("success_criteria", "criteria")] {
        fs::write(&record, bad).unwrap();
        world.ready_issue("Add a cart", "");
        world.run("dispatch").ok();
    }
    assert_eq!(runs(&world, "planner"), 5);
    world.advance(jiff::SignedDuration::from_hours(8 * 24));
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    assert_eq!(runs(&world, "planner"), 6, "after a week the world is another one");
}

#[test]
fn nobody_is_asked_where_there_is_nothing_to_ask() {
    let world = world(&[("planner", planner(ANSWER))]);
    world.run("dispatch").ok();
    world.ready_issue("Say it", "## Goal\nAdd a cart.\n");
    world.ready_issue("Check it", "## Success Criteria\n- There is a cart.\n");
    assert_eq!(dispatched(&world), "-\n-");
    world.ready_issue("Add a cart", "");
    assert_eq!(
        world.run("--json dispatch --dry-run").ok().json()["items"][0]["reason"],
        "dry run; no model is asked"
    );
    assert_eq!(runs(&world, "planner"), 0);
    assert!(
        !world.path("runtime/cache/questions").exists()
            && !world.path("runtime/cache/llm").exists()
    );
}

#[test]
fn only_agents_that_are_named_or_that_we_know_how_to_ask_are_asked() {
    let world = World::with_agents(&[("worker", Script::works()), ("claude", planner(ANSWER))]);
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "-");
    assert_eq!(runs(&world, "claude"), 0, "a command of one's own under a default name");
}

#[test]
fn a_planner_that_hangs_is_ended_and_not_asked_again_in_the_same_run() {
    let world = world(&[("planner", counting().line("sleep 600"))]);
    let script = world.path("agents/planner.sh").display().to_string();
    world.replace(
        "config.yaml",
        &format!("[sh, {script}]"),
        &format!("[sh, {script}], timeout_minutes: 0.02"),
    );
    for n in 1..=2 {
        world.ready_issue(&format!("Issue {n}"), "");
    }
    assert_eq!(
        dispatched(&world),
        "brief without a model: planner: ran into its deadline and was stopped\n-"
    );
    assert_eq!(runs(&world, "planner"), 1);
    assert_eq!(fs::read_dir(world.path("runtime/cache/questions")).unwrap().count(), 0);
}

#[test]
fn a_planner_finds_an_empty_folder_that_stays_empty_and_no_token() {
    let looks = counting()
        .line("{ ls -A; env; pwd; touch here && echo WROTE; } > \"$HOME/seen\" 2>/dev/null")
        .line(&format!("echo '{ANSWER}'"));
    let world = world(&[("planner", looks)])
        .env("GITHUB_TOKEN", "gh-token-of-the-operator")
        .env("TELEGRAM_BOT_TOKEN", "telegram-token-of-the-operator");
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief by planner");
    let seen = world.read("runtime/agents/planner/seen");
    assert!(!seen.contains("token-of-the-operator"), "{seen}");
    assert!(!seen.contains("WROTE") && !seen.lines().any(|line| line == "here"), "{seen}");
    assert!(seen.lines().next().unwrap().contains('='), "the folder was not empty: {seen}");
    assert!(seen.contains("AGENTOS_STAGE=planning"), "{seen}");
}

#[test]
fn the_words_of_a_person_win_over_those_of_a_model() {
    let world = world(&[("planner", planner(ANSWER))]);
    let words = [
        "--json",
        "issue",
        "create",
        "--title",
        "Add a cart",
        "--label",
        "task:docs",
        "--body",
        "Please.\n\n## Constraints\n- Keep it red.\n\n## Agent Preference\nauto\n\n## Base Branch\nmain\n",
        "--ready",
    ];
    world.run_words(&words).ok();
    assert_eq!(dispatched(&world), "brief by planner");
    let text = world.task_text("shop-1");
    assert_eq!(world.task_key("shop-1", "task_type").as_deref(), Some("docs"));
    assert_eq!(world.task_key("shop-1", "agent").as_deref(), Some("auto"));
    assert!(text.contains("# Constraints\n\n- Keep it red.\n\n# Context"), "{text}");
    assert!(text.contains("leaves it open: goal, success criteria. What"), "{text}");
}

#[test]
fn a_question_costs_money_and_is_not_asked_when_there_is_none() {
    let caps = "budgets: {per_agent: {planner: {hard_stop_usd: 1}}}";
    let world = world(&[("planner", planner(ANSWER))]).setting(caps);
    world.ready_issue("Issue 1", "");
    world.ready_issue("Issue 2", "");
    // Nobody counted what the first one cost: it is charged the worst that a question is taken for.
    assert_eq!(dispatched(&world), "brief by planner\n-");
    assert_eq!(runs(&world, "planner"), 1);
    let books = questions(&world);
    assert_eq!((books.len(), &books[0]["charged_usd"]), (1, &Value::from(1.0)));
    assert_eq!(books[0]["task_id"], "shop-1");
    assert!(world.stats().is_empty(), "a question is no attempt");
}

#[test]
fn a_provider_that_turns_a_question_away_is_left_out_for_tasks_too() {
    let refuses = counting().line("echo 'API Error: 429 usage limit reached' >&2; exit 1");
    let world = world(&[("planner", refuses)]);
    world.ready_issue("Add a cart", "");
    assert_eq!(dispatched(&world), "brief without a model: planner: quota used up");
    assert!(world.agent_row("planner")["until"].is_string());
    world.ready_issue("Add a till", "");
    assert_eq!(dispatched(&world), "-");
    assert_eq!(runs(&world, "planner"), 1);
}

#[test]
fn an_issue_that_changes_while_a_model_is_asked_waits_for_the_next_run() {
    let edits = counting()
        .line("cd \"$OPERATOR/..\" && sed -i 's/^Please.$/Please, in red./' board/shop/issues/1.md")
        .line(&format!("echo '{ANSWER}'"));
    let world = world(&[("planner", edits)]);
    world.ready_issue("Add a cart", "Please.");
    assert_eq!(dispatched(&world), "it was changed while a model was asked for its brief");
    assert!(!world.path("runtime/mailbox/inbox/shop-1.md").exists());
    assert_eq!(dispatched(&world), "brief by planner");
    assert!(world.task_text("shop-1").contains("Please, in red."));
}

#[test]
fn an_answer_outlives_a_run_that_cannot_deliver_its_task() {
    // The inbox is in the way when the file is to be written, as a full disk would be.
    let breaks = counting()
        .line("mailbox=\"$OPERATOR/../runtime/mailbox\"; mkdir -p \"$mailbox\"; rm -rf \"$mailbox/inbox\"; touch \"$mailbox/inbox\"")
        .line(&format!("echo '{ANSWER}'"));
    let world = world(&[("planner", breaks)]);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").code(1);
    fs::remove_file(world.path("runtime/mailbox/inbox")).unwrap();
    assert_eq!(dispatched(&world), "brief by planner");
    assert_eq!(runs(&world, "planner"), 1);
}
