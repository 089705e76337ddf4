//! What an operation costs: the requests that count against the budget, REST and GraphQL together, are no more than `docs/github.md` says.

use std::fs;
use std::path::Path;

use super::ci::round;
use crate::support::Script;
use crate::support::github::{GithubWorld, SHOP};

/// The most that an operation may cost, as the document says.
fn most(operation: &str) -> usize {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/github.md");
    let text = fs::read_to_string(document).unwrap();
    let row = text.lines().find(|line| line.starts_with(&format!("| {operation} |")));
    let row = row.unwrap_or_else(|| panic!("docs/github.md has no row `{operation}`"));
    let cell = row.trim_matches('|').split('|').nth(1).unwrap().trim();
    cell.parse().unwrap_or_else(|_| panic!("`{cell}` is no number: {row}"))
}

/// What a run of a job asks for and is charged for; what git and the server of logs are asked is not counted.
fn charged(town: &GithubWorld, job: &str) -> Vec<String> {
    let before = town.hub.log().len();
    let report = town.world.run(&format!("--json {job}")).ok().json();
    let log = town.hub.log().split_off(before);
    let is_counted = |path: &str| !path.contains(".git/") && !path.starts_with("/logs/");
    let charged = log.iter().filter(|asked| asked.charged && is_counted(&asked.path));
    let asked: Vec<String> =
        charged.map(|asked| format!("{} {} {}", asked.method, asked.path, asked.status)).collect();
    assert_eq!(report["requests"]["charged"], asked.len(), "{job} reports what it was charged for");
    asked
}

#[expect(clippy::print_stdout, reason = "what an operation cost is told")]
#[track_caller]
fn assert_at_most(operation: &str, asked: &[String]) {
    println!("{operation}: {}", asked.len());
    assert!(
        asked.len() <= most(operation),
        "{operation}: {} requests, and docs/github.md says at most {}:\n{}",
        asked.len(),
        most(operation),
        asked.join("\n")
    );
}

#[test]
fn no_step_from_an_issue_to_its_merge_costs_more_than_is_documented() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    assert_at_most("`dispatch` takes up an issue", &charged(&town, "dispatch"));
    let opened = charged(&town, "queue");
    assert_at_most("`queue` works on it and opens its pull request", &opened);
    town.hub.run_actions();
    let first = charged(&town, "pr-monitor");
    assert_at_most("`pr-monitor` sees a pull request for the first time", &first);
    let merged = charged(&town, "pr-monitor");
    assert_eq!(town.shown(1), "done; closed", "{}", town.story());
    assert_at_most("`pr-monitor` merges it and ends its task", &merged);
}

#[test]
fn a_board_costs_a_merge_no_more_than_is_documented() {
    let town = GithubWorld::new();
    assert_eq!(town.hub.with(|state| state.add_board("acme", "Sprint")), 1);
    let town = town.map(|world| world.on_board(1));
    town.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    town.hub.run_actions();
    drop(town.world.run("pr-monitor").ok());
    let merged = charged(&town, "pr-monitor");
    let column = town.hub.with(|state| state.column_of("acme", 1, SHOP, 1));
    assert_eq!(column.as_deref(), Some("Done"), "{}", town.story());
    assert_at_most("`pr-monitor` merges it, and its card lies on a board", &merged);
}

#[test]
fn a_round_of_red_checks_costs_no_more_than_is_documented() {
    let stumbles = Script::new()
        .line("if [ -e broken ]; then rm broken; else touch broken; fi; date > it.txt; echo it >> it.txt")
        .reports("complete", "none", "Did it.");
    let town = GithubWorld::with_agents(&[("worker", stumbles)]);
    town.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    town.hub.run_actions();
    drop(town.world.run("pr-monitor").ok());
    let red = charged(&town, "pr-monitor");
    assert_eq!(town.world.folder_of("shop-1"), "inbox", "{}", town.story());
    assert_at_most("`pr-monitor` finds red checks and queues a repair", &red);
    let mended = charged(&town, "queue");
    assert_at_most("`queue` works on a repair and pushes it", &mended);
    for _ in 0..3 {
        round(&town);
    }
    assert_eq!(town.shown(1), "done; closed", "{}", town.story());
}

#[test]
fn what_has_not_changed_costs_nothing() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue", "pr-monitor", "pr-monitor", "dispatch"] {
        drop(town.world.run(job).ok());
    }
    for job in ["dispatch", "queue", "pr-monitor"] {
        assert_at_most("any of these, where nothing has changed", &charged(&town, job));
    }
}
