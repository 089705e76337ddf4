//! The day something does not work is an ordinary day: nothing is written on a failed read, the exit code tells who must act, and the next
//! run goes on.

use std::time::Duration;

use jiff::SignedDuration;

use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::faults::{Fault, Op};
use crate::support::hub::state::Gone;

/// A town with a Ready issue whose next requests of a kind go wrong for ever.
fn town_with(op: Op, fault: Fault) -> GithubWorld {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    town.hub.faults(op, fault, 0, 1_000);
    town
}

#[test]
fn what_cannot_be_read_leads_to_no_write_and_the_next_run_goes_on() {
    let faults = [
        (Fault::AnswersWith(500, "{\"message\":\"Server Error\"}".to_owned()), 75),
        (Fault::AnswersWith(502, "<html>Bad gateway</html>".to_owned()), 75),
        (Fault::NeverArrives, 75),
        (Fault::HalfAPage, 75),
        (Fault::Html, 1),
        (Fault::EmptyBody, 1),
        (Fault::Forbidden("Resource not accessible by personal access token".to_owned()), 1),
        (Fault::RateLimitedUntil(60), 75),
        (Fault::SecondaryLimit(60), 75),
    ];
    for (fault, code) in faults {
        let words = format!("{fault:?}");
        let mut town = town_with(Op::ReadIssues, fault);
        let run = town.world.run("dispatch");
        assert_eq!(run.code, Some(code), "{words}: {run:?}");
        assert_eq!(town.writes(), 0, "{words}");
        town.hub.heal();
        town.advance(SignedDuration::from_mins(2));
        assert_eq!(town.world.run("dispatch").code, Some(0), "{words}");
        assert_eq!(town.shown(1), "in-progress; open", "{words}");
    }
}

#[test]
fn a_limit_ends_the_job_and_the_next_ones_ask_nothing_until_it_is_over() {
    let mut town = town_with(Op::ReadIssues, Fault::RateLimitedUntil(600));
    let run = town.world.run("dispatch").code(75);
    assert!(run.stderr.contains("asks to wait until"), "{}", run.stderr);
    town.hub.heal();
    let before = town.hub.log().len();
    for job in ["dispatch", "pr-monitor", "dispatch"] {
        drop(town.world.run(job));
    }
    assert_eq!(town.hub.log().len(), before, "parked: nothing is asked");
    town.advance(SignedDuration::from_mins(11));
    drop(town.world.run("dispatch").ok());
    assert_eq!(town.shown(1), "in-progress; open");
}

#[test]
fn a_limit_between_two_writes_leaves_a_story_that_the_next_run_ends() {
    for after in 0..6 {
        let mut town = GithubWorld::new();
        let issue = town.ready_issue("Add a cart", "");
        town.hub.faults(Op::Write, Fault::SecondaryLimit(30), after, 1);
        for _ in 0..10 {
            for job in ["dispatch", "queue"] {
                drop(town.world.run(job));
            }
            town.hub.run_actions();
            drop(town.world.run("pr-monitor"));
            town.advance(SignedDuration::from_mins(1));
        }
        assert_eq!(town.shown(issue), "done; closed", "after {after}\n{}", town.story());
    }
}

#[test]
fn a_bad_token_is_said_with_what_to_do() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    let town =
        town.map(|world| world.env("GITHUB_TOKEN", "ghp_000000000000000000000000000000000000"));
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("gh auth login"), "{}", run.stderr);
    assert_eq!(town.writes(), 0);
}

#[test]
fn without_any_token_the_ways_to_log_in_are_named() {
    let town = GithubWorld::new();
    let empty = town.world.path("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let town = town.map(|world| {
        world.env("GITHUB_TOKEN", "").env("PATH", &format!("{}:/usr/bin:/bin", empty.display()))
    });
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("GITHUB_TOKEN"), "{}", run.stderr);
}

#[test]
fn a_missing_scope_is_found_before_work_is_begun() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    let weak = "ghp_weakweakweakweakweakweakweakweak0000";
    town.hub.with(|state| {
        state.add_token(weak, "agentos-bot", &["read:org"]);
    });
    let town = town.map(|world| world.env("GITHUB_TOKEN", weak));
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("gh auth refresh"), "{}", run.stderr);
    assert_eq!(town.writes(), 0);
    assert_eq!(town.shown(1), "ready; open");
}

#[test]
fn repositories_that_cannot_be_worked_with_are_named() {
    type Change = fn(&mut crate::support::hub::state::Repo);
    let changes: [(&str, Change); 3] = [
        ("archived", |repo| repo.archived = true),
        ("issues", |repo| repo.has_issues = false),
        ("renamed", |repo| {
            repo.old_names.push("acme/shop".to_owned());
            repo.name = "store".to_owned();
        }),
    ];
    for (word, change) in changes {
        let town = GithubWorld::new();
        town.ready_issue("Add a cart", "");
        town.hub.with(|state| change(state.repo_mut(SHOP).unwrap()));
        let run = town.world.run("dispatch").code(1);
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
        assert_eq!(town.writes(), 0, "{word}");
    }
}

#[test]
fn a_repository_that_the_token_does_not_see_is_told_from_one_that_is_empty() {
    let town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    town.hub.with(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.private = true;
        repo.collaborators.remove("agentos-bot");
    });
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("acme/shop"), "{}", run.stderr);
    assert_eq!(town.writes(), 0);
}

#[test]
fn work_on_an_issue_that_is_deleted_or_moved_away_is_withdrawn() {
    for gone in [Gone::Deleted, Gone::Transferred(999, 7)] {
        let town = GithubWorld::new();
        let issue = town.ready_issue("Add a cart", "");
        drop(town.world.run("dispatch").ok());
        town.hub.with(|state| {
            if let Gone::Transferred(..) = gone {
                state.add_repo("acme/other");
                let id = state.repo("acme/other").unwrap().id;
                state.open_issue("acme/other", "ann", "Add a cart", "");
                state.issue_mut(SHOP, issue).gone = Gone::Transferred(id, 1);
            } else {
                state.issue_mut(SHOP, issue).gone = gone;
            }
        });
        drop(town.world.run("queue").ok());
        assert_eq!(town.world.folder_of("shop-1"), "done", "{gone:?}");
        assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
        drop(town.world.run("dispatch").ok());
        let before = town.hub.log().len();
        drop(town.world.run("dispatch").ok());
        assert_eq!(town.hub.log().len(), before + 1, "nothing is tried again and again");
    }
}

/// A town with an open pull request, whose issue is then deleted or moved to another repository.
fn town_whose_issue_goes(is_deleted: bool) -> GithubWorld {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    assert_eq!(town.world.task_key("shop-1", "pr").as_deref(), Some("2"));
    town.hub.with(|state| {
        let gone = if is_deleted {
            Gone::Deleted
        } else {
            state.add_repo("acme/other");
            let id = state.repo("acme/other").unwrap().id;
            Gone::Transferred(id, state.open_issue("acme/other", "ann", "Add a cart", ""))
        };
        state.issue_mut(SHOP, issue).gone = gone;
    });
    town
}

#[test]
fn a_pull_request_whose_issue_is_deleted_or_moved_away_is_closed_with_its_task() {
    for is_deleted in [true, false] {
        let town = town_whose_issue_goes(is_deleted);
        let why = town.world.reason("shop-1");
        assert!(why.contains("does not exist any more"), "{why}");
        drop(town.world.run("pr-monitor").ok());
        assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
        assert!(!town.issue(2, |pull| pull.open), "its pull request is closed");
        let said = town.comments(2).join("\n");
        assert!(said.contains("does not exist any more; the branch `agent/shop-1`"), "{said}");
        let writes = town.writes();
        for job in ["pr-monitor", "dispatch", "queue"] {
            drop(town.world.run(job).ok());
        }
        assert_eq!(town.writes(), writes, "{}", town.story());
    }
}

#[test]
fn an_issue_that_cannot_be_read_withdraws_nothing() {
    let town = town_whose_issue_goes(true);
    let error = || Fault::AnswersWith(500, "{\"message\":\"Server Error\"}".to_owned());
    town.hub.faults(Op::ReadIssue, error(), 0, 1_000);
    town.hub.faults(Op::Board, error(), 0, 1_000);
    let writes = town.writes();
    for _ in 0..2 {
        drop(town.world.run("pr-monitor"));
    }
    assert_eq!(town.world.task_key("shop-1", "outcome"), None);
    assert!(town.issue(2, |pull| pull.open), "its pull request waits");
    assert_eq!(town.writes(), writes, "{}", town.story());
}

#[test]
fn a_pull_request_that_was_closed_is_never_taken_for_merged() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    drop(town.world.run("dispatch").ok());
    drop(town.world.run("queue").ok());
    town.hub.with(|state| state.close(SHOP, 2, "ann", "completed"));
    drop(town.world.run("pr-monitor").ok());
    assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("closed"));
    assert_eq!(town.shown(issue), "human-required; open");
    let branches = town.hub.with(|state| state.repo(SHOP).unwrap().branches.clone());
    assert!(branches.contains_key("agent/shop-1"), "the branch is kept");
}

#[test]
fn what_is_not_visible_yet_is_waited_for() {
    for op in [Op::OpenPull, Op::Comment] {
        let town = GithubWorld::new();
        let issue = town.ready_issue("Add a cart", "");
        town.hub.fault(op, Fault::NotVisibleFor(3));
        for _ in 0..10 {
            for job in ["dispatch", "queue"] {
                drop(town.world.run(job));
            }
            town.hub.run_actions();
            drop(town.world.run("pr-monitor"));
        }
        assert_eq!(town.shown(issue), "done; closed", "{op:?}\n{}", town.story());
        let wrong = town.hub.with(|state| crate::support::github::faults(state));
        assert_eq!(wrong, Vec::<String>::new(), "{op:?}\n{}", town.story());
    }
}

#[test]
fn a_slow_answer_is_an_answer() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    town.hub.faults(Op::Any, Fault::Slow(Duration::from_millis(20)), 0, 10);
    drop(town.world.run("dispatch").ok());
    assert_eq!(town.shown(issue), "in-progress; open");
}

#[test]
fn texts_as_long_as_github_allows_are_worked_with() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", &"ä".repeat(65_536));
    town.play(&[issue]);
}

#[test]
fn a_merge_that_the_host_refuses_twice_is_a_persons_and_asked_again_after_an_hour() {
    let mut town = GithubWorld::new();
    town.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    town.hub.run_actions();
    let refusal = "{\"message\":\"Repository rule violations found\"}".to_owned();
    town.hub.faults(Op::Merge, Fault::AnswersWith(405, refusal), 0, 1_000);
    let merges = |town: &GithubWorld| {
        town.hub.log().iter().filter(|asked| asked.path.ends_with("/merge")).count()
    };
    let said = |text: &String| text.contains("waits for a person: the host refuses the merge");
    let comments = |town: &GithubWorld| town.comments(1).iter().filter(|text| said(text)).count();
    drop(town.world.run("pr-monitor").ok());
    town.advance(SignedDuration::from_mins(1));
    drop(town.world.run("pr-monitor").ok());
    assert_eq!((merges(&town), comments(&town)), (1, 0), "it may have been for a moment");
    for _ in 0..6 {
        town.advance(SignedDuration::from_mins(5));
        drop(town.world.run("pr-monitor").ok());
    }
    assert_eq!(merges(&town), 2, "{}", town.story());
    assert_eq!(comments(&town), 1, "{}", town.story());
    let why = town.world.reason("shop-1");
    assert!(why.contains("the host refuses the merge: "), "{why}");
    assert!(why.contains("Repository rule violations found"), "{why}");
    town.hub.heal();
    town.advance(SignedDuration::from_mins(60));
    drop(town.world.run("pr-monitor").ok());
    assert_eq!(merges(&town), 3);
    assert_eq!(town.shown(1), "done; closed", "{}", town.story());
}
