//! The conditions of a merge, one by one: `why` and `pr-monitor` judge by the same function, and here on the same worlds.

use agentos::domain::standstill::Standstill;

use super::worlds::published;
use super::{Case, agree};
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::faults::{Fault, Op};
use crate::support::{Script, World};

/// What an agent changes, the settings of the repository, and words of the reason.
type Row = (&'static str, &'static str, &'static str);

const LOCAL: [Row; 9] = [
    ("a.txt", "", "it has no checks"),
    ("a.txt", "  ci_command: sh test.sh\n  merge_policy: manual\n", "`merge_policy` is `manual`"),
    ("a.txt", "  ci_command: sh test.sh\n  merge_policy: supervised_first\n", "first green pull"),
    ("a.txt", "  ci_command: sh test.sh\n  max_diff_lines: 1\n", "`max_diff_lines` is 1"),
    ("a.txt", "  ci_command: sh test.sh\n  allowed_paths: [docs/**]\n", "`allowed_paths`"),
    ("a.txt", "  ci_command: sh test.sh\n  protected_paths: ['*.txt']\n", "`protected_paths`"),
    (".github/workflows/x.yml", "  ci_command: sh test.sh\n", "`.github/workflows/x.yml`"),
    ("broken", "  ci_command: sh test.sh\n  automation_mode: dispatcher_only\n", "red: ci"),
    ("a.txt", "  ci_command: no-such-program-of-ours\n", "mend `ci_command`"),
];

fn published_by(path: &str, settings: &str) -> World {
    let agent = Script::new().writes(path, "x\nx").reports("complete", "none", "Did it.");
    published(World::with_agents(&[("worker", agent)]).repo_settings(settings))
}

#[test]
fn each_condition_of_a_local_merge_is_told_as_pr_monitor_tells_it() {
    for (path, settings, words) in LOCAL {
        let world = published_by(path, settings);
        // Checks that this host leaves to us are run by the first look.
        world.run("pr-monitor").ok();
        let reason = agree(Standstill::Held, &Case::new(world, "pr:2", "pr-monitor"));
        assert!(reason.contains(words), "{reason} instead of {words}");
    }
}

#[test]
fn what_github_says_against_a_merge_is_told_as_pr_monitor_tells_it() {
    for (condition, standstill, words) in [
        ("draft", Standstill::Held, "it is a draft"),
        ("review", Standstill::Held, "`ben` has requested changes"),
        ("nothing required", Standstill::Held, "requires no check"),
        ("disarmed", Standstill::Held, "disarmed"),
        ("pending", Standstill::Waits, "is pending"),
    ] {
        let town = GithubWorld::new();
        town.ready_issue("Add a cart", "");
        for job in ["dispatch", "queue"] {
            town.world.run(job).ok();
        }
        if condition != "pending" {
            town.hub.run_actions();
        }
        set(&town, condition);
        // GitHub answers the first look that it does not know yet whether it merges.
        town.world.run("pr-monitor --dry-run").ok();
        let case = Case::new(town.world, "pr:2", "pr-monitor").beside(town.hub);
        let reason = agree(standstill, &case);
        assert!(reason.contains(words), "{reason} instead of {words}");
    }
}

fn set(town: &GithubWorld, condition: &str) {
    match condition {
        "draft" => town.hub.with(|state| {
            state.issue_mut(SHOP, 2).pull.as_mut().unwrap().draft = true;
        }),
        "review" => town.hub.with(|state| state.review(SHOP, 2, "ben", "CHANGES_REQUESTED")),
        "nothing required" => {
            town.hub.with(|state| state.repo_mut(SHOP).unwrap().protection.clear());
        }
        "disarmed" => drop(town.world.run("disarm --repo shop").ok()),
        _ => {}
    }
}

#[test]
fn a_host_that_cannot_be_asked_is_the_reason_of_both() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    town.hub.fault(Op::ReadIssues, Fault::RateLimitedUntil(600));
    let job = town.world.run("--json dispatch").code(75).json();
    let message = job["errors"][0]["message"].as_str().unwrap().to_owned();
    let why = town.world.run("why 1");
    assert_ne!(why.code, Some(0));
    assert!(why.stderr.contains(&message), "{} instead of {message}", why.stderr);
}
