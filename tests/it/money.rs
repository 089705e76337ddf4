//! Caps on money through the real binary, and agents that are passed over without an attempt.

use crate::support::{Script, World};

/// A world whose agents have run once on `issues` issues; nobody counts what they use, so that each run is charged its worst case.
fn world(settings: &str, agents: &[(&str, Script)]) -> World {
    let world = World::with_agents(agents).setting(settings);
    for number in 1..=2 {
        world.ready_issue(&format!("Issue {number}"), "Do it.");
    }
    world.run("dispatch").ok();
    world
}

#[test]
fn a_run_that_nobody_counted_is_charged_at_the_stated_worst_case() {
    let world = world("", &[("worker", Script::works())]);
    world.run("queue --once").ok();
    let stats = world.stats();
    assert!(stats[0]["cost_usd"].is_null(), "{stats:?}");
    assert_eq!(stats[0]["charged_usd"], 5.0);
}

#[test]
fn what_is_stated_for_an_agent_is_its_worst_case() {
    let world = world("", &[("worker", Script::works())]);
    let script = world.path("agents/worker.sh").display().to_string();
    world.replace(
        "config.yaml",
        &format!("[sh, {script}]"),
        &format!("[sh, {script}], worst_case_usd: 0.25"),
    );
    world.run("queue --once").ok();
    assert_eq!(world.stats()[0]["charged_usd"], 0.25);
}

#[test]
fn when_the_money_of_the_day_is_spent_every_task_waits_for_the_next_one() {
    let mut world = world("budgets: {per_day_usd: 5}", &[("worker", Script::works())]);
    world.run("queue").ok();
    assert_eq!(world.stats().len(), 1, "the first run reached the cap");
    let waiting = if world.path("runtime/mailbox/inbox/shop-1.md").exists() { "1" } else { "2" };
    assert!(world.reason(waiting).contains("per_day_usd"), "{}", world.reason(waiting));
    world.run("queue").ok();
    assert_eq!(world.stats().len(), 1);
    world.advance(jiff::SignedDuration::from_hours(24));
    world.run("queue").ok();
    assert_eq!(world.stats().len(), 2);
}

#[test]
fn a_task_whose_money_is_spent_goes_to_a_person() {
    let fails = Script::new().reports("partial", "none", "Half of it.");
    let world = world(
        "budgets: {per_task_usd: 6}",
        &[("one", fails.clone()), ("two", fails.clone()), ("three", fails)],
    );
    for _ in 0..6 {
        world.run("queue").ok();
    }
    // Five dollars are below six, ten are not: two runs.
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert!(world.task_text("shop-1").contains("per_task_usd"));
    assert_eq!(world.stats().iter().filter(|line| line["task_id"] == "shop-1").count(), 2);
}

#[test]
fn an_agent_past_its_hard_stop_is_passed_over_until_next_month() {
    let settings = "budgets: {per_agent: {dear: {hard_stop_usd: 4, soft_warn_usd: 1}}}";
    let mut world = world(settings, &[("dear", Script::works()), ("cheap", Script::works())]);
    world.run("queue").ok();
    assert_eq!(world.tried("shop-1"), "dear");
    assert_eq!(world.tried("shop-2"), "cheap");
    assert_eq!(world.task_key("shop-2", "spent").as_deref(), Some("1"));
    world.advance(jiff::SignedDuration::from_hours(31 * 24));
    world.ready_issue("Issue 3", "Do it.");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.stats().last().unwrap()["agent"], "dear");
}

#[test]
fn an_agent_that_is_not_installed_is_passed_over_without_a_run() {
    let world = world("", &[("ghost", Script::works()), ("worker", Script::works())]);
    let ghost = world.path("agents/ghost.sh").display().to_string();
    world.replace("config.yaml", &format!("[sh, {ghost}]"), "[no-such-program-of-ours]");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.tried("shop-1"), "worker");
    assert_eq!(world.task_key("shop-1", "free_runs").as_deref(), Some("0"));
    assert!(world.stats().iter().all(|line| line["agent"] == "worker"));
    let row = world.agent_row("ghost");
    assert!(row["problems"].to_string().contains("add its folder to `PATH`"), "{row}");
    assert!(world.run("status").ok().stdout.contains("agent ghost is out until it is mended"));
}

#[test]
fn where_nobody_is_installed_a_task_waits_with_the_reason() {
    let world = world("", &[("ghost", Script::works())]);
    let ghost = world.path("agents/ghost.sh").display().to_string();
    world.replace("config.yaml", &format!("[sh, {ghost}]"), "[no-such-program-of-ours]");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.reason("1").contains("not installed"), "{}", world.reason("1"));
    assert!(world.stats().is_empty());
}

/// A program that is turned away, under a name that two agents use.
#[test]
fn agents_that_run_the_same_program_are_left_out_together_and_asked_again_by_hand() {
    let refused = "echo 'API Error: 429 usage limit reached' >&2; exit 1";
    let world =
        world("", &[("one", Script::new()), ("two", Script::new()), ("worker", Script::works())]);
    world.write(
        "bin/claude",
        &format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 2.1.0 && exit\ncat > /dev/null\n{refused}\n"
        ),
    );
    let program = world.path("bin/claude").display().to_string();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    for name in ["one", "two"] {
        let script = world.path(&format!("agents/{name}.sh")).display().to_string();
        world.replace("config.yaml", &format!("[sh, {script}]"), &format!("[{program}]"));
    }
    world.run("queue --once").ok();
    for name in ["one", "two", "claude"] {
        assert_eq!(world.agent_row(name)["available"], false, "{name}");
        assert!(world.agent_row(name)["until"].is_string(), "{name}");
    }
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("0"));
    world.run("queue").ok();
    assert_eq!(world.tried("shop-1"), "worker");
    assert!(world.stats().iter().all(|line| line["agent"] != "two"), "{:?}", world.stats());
    world.replace("runtime/mailbox/done/shop-1.md", "agent: auto", "agent: one");
    world.run("task retry shop-1").ok();
    assert!(world.agent_row("two")["until"].is_null());
}
