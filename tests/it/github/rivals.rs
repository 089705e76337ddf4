//! Two installations on one repository: the younger one begins nothing, and ends what it has begun.

use jiff::SignedDuration;

use crate::analyze::with_a_pattern_in;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::serve::Logged;
use crate::support::{Script, World};

/// An installation with its first issue at work.
fn at_work() -> GithubWorld {
    let old = GithubWorld::new();
    old.ready_issue("One", "");
    drop(old.world.run("dispatch").ok());
    old
}

/// Another one on the same GitHub, an hour later.
fn younger(old: &GithubWorld, agents: &[(&str, Script)]) -> World {
    let mut young = World::with_agents(agents).on_github(old.hub.url(), old.hub.token());
    young.advance(SignedDuration::from_hours(1));
    young
}

/// The other one's work is in progress, or the label is gone, as the hint asks for.
fn is_at_work(old: &GithubWorld, on: bool) {
    old.hub.with(|state| {
        if on {
            state.label(SHOP, 1, "ann", "in-progress");
        } else {
            state.unlabel(SHOP, 1, "ann", "in-progress");
        }
    });
}

#[test]
fn the_younger_one_grooms_plans_and_files_nothing_and_asks_no_model() {
    let old = at_work();
    let known = "# Shop\n\n## Known Issues\n\n- The search forgets umlauts after a reload\n";
    old.hub.with(|state| {
        state.commit(SHOP, "main", &[("CODEBASE.md", known)], "Memory");
        for title in ["Sell shoes", "Sell hats"] {
            state.open_issue(SHOP, "ann", title, "");
        }
    });
    let planner = Script::new().line("echo '{}'");
    let young = younger(&old, &[("worker", Script::works()), ("planner", planner)]);
    let young = with_a_pattern_in(young.setting("planner_agents: [planner]").with_sprints());
    let questions = young.path("runtime/metrics/questions.jsonl");
    let writes = old.writes();
    let jobs =
        [("groom", "grooms nothing"), ("plan", "plans nothing"), ("analyze", "files nothing")];
    for (job, undone) in jobs {
        let run = young.run(job).code(1);
        assert!(run.stderr.contains("another installation of agentos"), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("is younger and {undone}")), "{}", run.stderr);
        assert!(run.stderr.contains("hint: stop one of the two"), "{}", run.stderr);
    }
    assert_eq!(old.writes(), writes, "{}", old.story());
    assert!(!questions.exists(), "no model is asked");
    assert!(!young.path("runtime/state/approvals").exists(), "no sprint is made");

    // The tick tries again each minute: for nothing.
    let warm = old.hub.log().len();
    for job in ["groom", "plan"] {
        drop(young.run(job).code(1));
    }
    let log = old.hub.log().split_off(warm);
    let charged: Vec<&Logged> = log.iter().filter(|asked| asked.charged).collect();
    assert!(charged.is_empty(), "{charged:#?}");

    is_at_work(&old, false);
    for (job, _) in jobs {
        drop(young.run(job).ok());
    }
    assert!(questions.exists());
    assert!(old.shown(2).contains("ready"), "{}", old.story());
    let made = old.hub.with(|state| {
        let issues = state.repo(SHOP).unwrap().issues.values();
        issues.filter(|issue| issue.labels.iter().any(|label| label == "bot-generated")).count()
    });
    assert_eq!(made, 2, "one by groom, one by analyze: {}", old.story());
}

/// The pull requests of memory.
fn of_memory(town: &GithubWorld) -> Vec<u64> {
    town.hub.with(|state| {
        let issues = state.repo(SHOP).unwrap().issues.values();
        let is_memory = |pull: &crate::support::hub::state::Pull| pull.head == "agentos/memory";
        issues.filter(|i| i.pull.as_ref().is_some_and(is_memory)).map(|i| i.number).collect()
    })
}

#[test]
fn the_younger_one_ends_its_own_work_and_writes_no_memory() {
    let old = at_work();
    is_at_work(&old, false);
    let mut young = younger(&old, &[("worker", Script::works())]);
    let issue = old.ready_issue("Two", "");
    for job in ["dispatch", "queue"] {
        drop(young.run(job).ok());
    }
    is_at_work(&old, true);
    old.hub.run_actions();
    // GitHub answers the first look that it does not know yet whether it merges.
    drop(young.run("pr-monitor").ok());
    let run = young.run("pr-monitor").code(1);
    assert!(run.stderr.contains("is younger and writes no memory"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: stop one of the two"), "{}", run.stderr);
    assert_eq!(old.shown(issue), "done; closed", "{}", old.story());
    assert_eq!(of_memory(&old), Vec::<u64>::new());
    let writes = old.writes();
    let rests = young.run("--json pr-monitor").ok();
    assert!(rests.stdout.contains("memory_waits"), "{}", rests.stdout);
    assert_eq!(old.writes(), writes);

    is_at_work(&old, false);
    young.advance(SignedDuration::from_mins(61));
    drop(young.run("pr-monitor").ok());
    let proposed = of_memory(&old);
    assert_eq!(proposed.len(), 1, "nothing was lost: {}", old.story());

    // What is proposed already is followed to its end.
    is_at_work(&old, true);
    for _ in 0..2 {
        old.hub.run_actions();
        drop(young.run("pr-monitor").ok());
    }
    assert!(!old.issue(proposed[0], |issue| issue.open), "{}", old.story());
}

#[test]
fn a_dry_run_foresees_the_older_one_and_writes_nothing() {
    let old = at_work();
    old.ready_issue("Two", "");
    let young = younger(&old, &[("worker", Script::works())]).setting("groomer_cadence_days: 7");
    let report = young.run("--json dispatch --dry-run").ok().json();
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{report}");
    assert_eq!(items[0]["issue"], 2);
    assert_eq!(items[0]["action"], "waiting");
    let reason = items[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("another installation of agentos"), "{reason}");
    assert!(reason.ends_with("is younger and dispatches nothing"), "{reason}");
    drop(young.run("groom --dry-run").code(1));
    assert!(!young.path("runtime/state/installation.json").exists(), "it has no age yet");
    let run = young.run("dispatch").code(1);
    assert!(run.stderr.contains("is younger and dispatches nothing"), "{}", run.stderr);
}
