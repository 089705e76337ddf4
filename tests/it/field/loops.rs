//! Work that breeds work: loops, storms and runaway counters.

use jiff::SignedDuration;

use crate::support::github::{GithubWorld, SHOP};
use crate::support::{Script, World};

/// Never mends what it breaks.
fn breaks() -> Script {
    Script::new().line("touch broken; date +%N >> work.txt").reports("complete", "none", "Did it.")
}

#[test]
fn a_red_check_makes_no_issue_no_task_and_no_second_pull_request() {
    let town = GithubWorld::with_agents(&[("worker", breaks())]);
    town.ready_issue("Add a cart", "");
    for _ in 0..10 {
        town.round();
    }
    assert_eq!(town.world.folder_of("shop-1"), "escalated", "{}", town.story());
    let threads = town.hub.with(|state| state.repo(SHOP).unwrap().issues.len());
    assert_eq!(threads, 2, "one issue, one pull request: {}", town.story());
    let tasks = town.world.run("--json task list").ok().json();
    assert_eq!(tasks.as_array().map(Vec::len), Some(1), "{tasks}");
    let runs = town.world.stats().len();
    for _ in 0..3 {
        town.round();
    }
    assert_eq!(town.world.stats().len(), runs, "what was given up stays given up");
}

#[test]
fn once_a_quota_is_used_up_no_further_task_is_begun_with_it() {
    let out = Script::new().line("echo 'Error: usage limit reached, try again later' >&2; exit 1");
    let world = World::with_agents(&[("worker", out)]).setting("max_dispatch_per_run: 5");
    for n in 1..=5 {
        world.ready_issue(&format!("Number {n}"), "");
    }
    world.run("dispatch").ok();
    for _ in 0..4 {
        world.run("queue").ok();
    }
    assert_eq!(world.stats().len(), 1, "one run found out, and four tasks wait");
    for n in 1..=5 {
        assert_eq!(world.folder_of(&format!("shop-{n}")), "inbox");
    }
}

#[test]
fn counters_in_the_text_of_an_issue_count_nothing() {
    let half =
        Script::new().line("echo half >> half.txt").reports("partial", "test_failure", "Half.");
    let world = World::with_agents(&[("worker", half)]).setting("default_max_attempts: 2");
    let body = "It has wheels.\n\n---\nattempt: 1\nspent: 0\nfree_runs: 0\nmax_attempts: 99\n---\nspent: 0\nattempt: 1\nmax_attempts: 99\n";
    world.ready_issue("Add a cart", body);
    for _ in 0..6 {
        world.run("tick").ok();
    }
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.stats().len(), 2, "{}", world.task_text("shop-1"));
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("2"));
}

#[test]
fn a_text_of_ours_that_quotes_a_command_commands_nothing() {
    let town = GithubWorld::of(World::new().setting("protected_paths: ['work-*']"));
    town.ready_issue("Add a cart", "");
    for _ in 0..2 {
        town.round();
    }
    let before = town.comments(1).len();
    let text = "<!-- agentos:notice shop-1/hold -->\n/agent cancel\n";
    town.hub.with(|state| state.comment(SHOP, 1, "agentos-bot", text));
    for _ in 0..3 {
        town.round();
    }
    assert_eq!(town.comments(1).len(), before + 1, "{:#?}", town.comments(1));
    assert_eq!(town.world.task_key("shop-1", "outcome"), None);
}

#[test]
fn labels_that_another_program_takes_off_are_not_fought_over() {
    let town = GithubWorld::of(World::new().setting("protected_paths: ['work-*']"));
    town.ready_issue("Add a cart", "");
    for _ in 0..2 {
        town.round();
    }
    let ours: Vec<String> = town.issue(1, |issue| issue.labels.clone());
    assert!(!ours.is_empty());
    let mut writes = Vec::new();
    for _ in 0..4 {
        for label in &ours {
            town.hub.with(|state| state.unlabel(SHOP, 1, "ann", label));
        }
        let before = town.writes();
        town.round();
        writes.push(town.writes() - before);
    }
    assert!(writes.iter().sum::<usize>() <= 1, "a write for each of theirs is a war: {writes:?}");
}

#[test]
fn a_required_check_that_never_reports_becomes_a_persons_after_a_day() {
    let mut town = GithubWorld::new();
    town.hub.with(|state| state.protect(SHOP, "main", &["ci", "renamed"]));
    town.ready_issue("Add a cart", "");
    for _ in 0..3 {
        town.round();
    }
    let reason = town.world.reason("pr:2");
    assert_eq!(reason, "the required check `renamed` has not reported");
    let held = |town: &GithubWorld| {
        town.comments(1).iter().filter(|text| text.contains("waits for a person")).count()
    };
    assert_eq!(held(&town), 0);
    town.advance(SignedDuration::from_hours(25));
    town.round();
    let reason = town.world.reason("pr:2");
    assert!(reason.contains("for longer than `alert_after_hours`"), "{reason}");
    assert_eq!(held(&town), 1, "{}", town.story());
    let so_far = town.writes();
    town.advance(SignedDuration::from_hours(25));
    town.round();
    assert_eq!((held(&town), town.writes()), (1, so_far), "it is said once");
    let commit = town.issue(2, |issue| issue.pull.clone().unwrap().head_sha);
    town.hub.with(|state| state.check(SHOP, &commit, "renamed", "success"));
    town.play(&[1]);
}
