//! On GitHub, whose `main` requires a check and takes no push.

use serde_json::json;

use crate::support::github::{GithubWorld, SHOP, merged_faults};
use crate::support::hub::git;
use crate::support::hub::serve::Logged;

/// A task is merged, and its memory has become a pull request.
fn proposed() -> (GithubWorld, u64) {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    town.play(&[issue]);
    let pull = town.hub.with(|state| {
        let repo = state.repo(SHOP).unwrap();
        let of_memory = |issue: &&crate::support::hub::state::Issue| {
            issue.pull.as_ref().is_some_and(|pull| pull.head == "agentos/memory")
        };
        let found: Vec<u64> = repo.issues.values().filter(of_memory).map(|i| i.number).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]
    });
    (town, pull)
}

fn memory(town: &GithubWorld) -> String {
    let folder = town.hub.with(|state| state.path(SHOP));
    let file = git::file(&folder, "main", "CODEBASE.md");
    file.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).unwrap_or_default()
}

fn messages(town: &GithubWorld, branch: &str) -> String {
    let folder = town.hub.with(|state| state.path(SHOP));
    git::read_commit(&folder, branch).map(|commit| commit.message).unwrap_or_default()
}

#[test]
fn memory_reaches_a_protected_branch_by_one_pull_request_with_green_checks() {
    let (town, pull) = proposed();
    assert_eq!(memory(&town), "");
    assert!(!messages(&town, "agentos/memory").contains("[skip ci]"));
    // GitHub answers the first look that it does not know yet whether it merges.
    for _ in 0..2 {
        town.round();
    }
    assert!(!town.issue(pull, |issue| issue.open), "{}", town.story());
    assert_eq!(memory(&town).matches("<!-- agentos:memory shop-1 -->").count(), 1);
    assert!(messages(&town, "main").starts_with("memory: 1 change [skip ci]\n"));
    assert_eq!(merged_faults(&town.hub, &[1]), Vec::<String>::new());
    assert!(!town.hub.with(|s| s.repo(SHOP).unwrap().branches.contains_key("agentos/memory")));
    let (warm, files) = (town.hub.log().len(), town.world.snapshot("runtime"));
    town.world.run("tick").ok();
    let log = town.hub.log().split_off(warm);
    let charged: Vec<&Logged> = log.iter().filter(|request| request.charged).collect();
    assert!(charged.is_empty(), "{charged:#?}");
    assert_eq!(town.world.snapshot("runtime"), files);
}

#[test]
fn memory_that_waits_for_its_checks_costs_nothing() {
    let (town, _) = proposed();
    town.world.run("pr-monitor").ok();
    town.world.run("pr-monitor").ok();
    let (warm, files) = (town.hub.log().len(), town.world.snapshot("runtime"));
    for _ in 0..3 {
        town.world.run("pr-monitor").ok();
    }
    let log = town.hub.log().split_off(warm);
    let costly: Vec<&Logged> =
        log.iter().filter(|request| request.charged || request.path.contains(".git")).collect();
    assert!(costly.is_empty(), "{costly:#?}");
    assert_eq!(town.world.snapshot("runtime"), files);
}

#[test]
fn a_pull_request_that_a_person_closed_is_not_opened_again() {
    let (town, pull) = proposed();
    town.hub.with(|state| state.close(SHOP, pull, "ann", "not_planned"));
    for _ in 0..3 {
        town.round();
    }
    let next = town.ready_issue("Add a till", "");
    town.play(&[next]);
    for _ in 0..2 {
        town.round();
    }
    let text = memory(&town);
    assert!(!text.contains("shop-1 ") && text.contains(&format!("shop-{next} ")), "{text}");
}

#[test]
fn memory_goes_on_after_a_person_merged_it_with_a_commit_of_their_own() {
    let (town, pull) = proposed();
    town.hub.with(|state| {
        state.commit(SHOP, "agentos/memory", &[("extra.txt", "mine\n")], "By a person")
    });
    town.hub.run_actions();
    town.hub.with(|state| state.merge_pull(SHOP, pull, "ann", ("squash", None), None).unwrap());
    town.round();
    let branches = town.hub.with(|state| state.repo(SHOP).unwrap().branches.clone());
    assert!(!branches.contains_key("agentos/memory"), "{}", town.story());
    let next = town.ready_issue("Add a till", "");
    town.play(&[next]);
    for _ in 0..3 {
        town.round();
    }
    let text = memory(&town);
    assert!(text.contains("shop-1 ") && text.contains(&format!("shop-{next} ")), "{text}");
    let folder = town.hub.with(|state| state.path(SHOP));
    assert!(git::file(&folder, "main", "extra.txt").is_some());
}

#[test]
fn memory_makes_no_other_pull_request_stale() {
    let (town, pull) = proposed();
    let next = town.ready_issue("Add a till", "");
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    let head = |number: u64| town.issue(number, |i| i.pull.as_ref().unwrap().head_sha.clone());
    let before = head(next + 1);
    town.hub.run_actions();
    // The other one waits until memory is merged.
    town.hub.with(|state| state.label(SHOP, next, "ann", "hold"));
    for _ in 0..2 {
        town.world.run("pr-monitor").ok();
    }
    town.hub.with(|state| state.unlabel(SHOP, next, "ann", "hold"));
    assert!(!town.issue(pull, |issue| issue.open), "{}", town.story());
    // After its base has moved GitHub answers the first look that it does not know yet whether it merges.
    for _ in 0..2 {
        town.round();
    }
    assert!(!town.issue(next, |issue| issue.open), "{}", town.story());
    assert_eq!(head(next + 1), before, "it was never rebased");
}

/// The pull request of memory is green, and something else stands against it: it waits with that reason, and nothing is written twice.
#[track_caller]
fn assert_held(town: &GithubWorld, pull: u64, words: &str) {
    for _ in 0..3 {
        town.round();
    }
    let reason = town.world.reason(&format!("pr:{pull}"));
    assert!(reason.contains(words), "{reason}");
    assert!(town.issue(pull, |issue| issue.open), "{}", town.story());
    assert_eq!(memory(town), "");
    let writes = town.writes();
    town.round();
    assert_eq!(town.writes(), writes, "{}", town.story());
}

#[track_caller]
fn assert_merged(town: &GithubWorld, pull: u64) {
    for _ in 0..2 {
        town.round();
    }
    assert!(!town.issue(pull, |issue| issue.open), "{}", town.story());
    assert_eq!(memory(town).matches("<!-- agentos:memory shop-1 -->").count(), 1);
}

#[test]
fn memory_is_not_merged_over_a_person_who_requests_changes() {
    let (town, pull) = proposed();
    town.hub.with(|state| state.review(SHOP, pull, "ben", "CHANGES_REQUESTED"));
    assert_held(&town, pull, "`ben` has requested changes");
    town.hub.with(|state| state.review(SHOP, pull, "ben", "APPROVED"));
    assert_merged(&town, pull);
}

#[test]
fn memory_waits_for_the_approvals_that_its_base_demands() {
    let (town, pull) = proposed();
    town.hub.with(|state| {
        let demand = json!({
            "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false, "require_last_push_approval": false,
            "required_review_thread_resolution": false,
        });
        let rules = &mut state.repo_mut(SHOP).unwrap().other_rules;
        rules.entry("main".to_owned()).or_default().push(("pull_request".to_owned(), demand));
    });
    assert_held(&town, pull, "`main` demands 1 approving reviews");
    town.hub.with(|state| state.review(SHOP, pull, "ben", "APPROVED"));
    assert_merged(&town, pull);
}

#[test]
fn memory_is_not_merged_onto_a_red_base() {
    let (town, pull) = proposed();
    let check = |outcome: &str| {
        town.hub.with(|state| {
            let tip = state.repo(SHOP).unwrap().branches["main"].clone();
            state.check(SHOP, &tip, "ci", outcome);
        });
    };
    check("failure");
    assert_held(&town, pull, "red on `main` itself");
    check("success");
    assert_merged(&town, pull);
}

#[test]
fn memory_that_is_behind_a_strict_base_is_built_anew_once_an_hour() {
    let (mut town, pull) = proposed();
    town.hub.with(|state| {
        let protection = &mut state.repo_mut(SHOP).unwrap().protection;
        protection.get_mut("main").unwrap().strict = true;
        state.commit(SHOP, "main", &[("other.txt", "x\n")], "By a person");
    });
    let head = |town: &GithubWorld| {
        town.issue(pull, |issue| issue.pull.as_ref().unwrap().head_sha.clone())
    };
    let before = head(&town);
    for _ in 0..2 {
        town.round();
    }
    assert_eq!(head(&town), before, "{}", town.story());
    town.advance(jiff::SignedDuration::from_mins(61));
    town.round();
    assert_ne!(head(&town), before, "{}", town.story());
    assert_merged(&town, pull);
}
