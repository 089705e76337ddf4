//! Verdict, merge and rebase on GitHub: what is held, what is waited for, and what it costs.

use serde_json::{Value, json};

use crate::support::Script;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::serve::Logged;

/// A town with one issue whose pull request is open and whose checks have run; nobody has judged it yet.
fn with_a_green_pull_request(town: GithubWorld) -> (GithubWorld, u64, u64) {
    let issue = town.ready_issue("Add a cart", "");
    until_the_checks_ran(&town);
    let pull = pulls(&town)[0];
    (town, issue, pull)
}

fn until_the_checks_ran(town: &GithubWorld) {
    for job in ["dispatch", "queue"] {
        town.world.run(job).ok();
    }
    town.hub.run_actions();
}

/// The numbers of the open pull requests.
fn pulls(town: &GithubWorld) -> Vec<u64> {
    town.hub.with(|state| {
        let issues = &state.repo(SHOP).unwrap().issues;
        issues.values().filter(|i| i.open && i.pull.is_some()).map(|i| i.number).collect()
    })
}

fn head_of(town: &GithubWorld, pull: u64) -> String {
    town.issue(pull, |issue| issue.pull.clone().unwrap().head_sha)
}

fn tip(town: &GithubWorld) -> String {
    town.hub.with(|state| state.repo(SHOP).unwrap().branches["main"].clone())
}

/// Two looks: GitHub answers the first one that it does not know yet whether it merges.
fn monitor(town: &GithubWorld) {
    for _ in 0..2 {
        town.world.run("pr-monitor").ok();
    }
}

/// Nothing was merged, and the issue says why, once.
#[track_caller]
fn assert_held(town: &GithubWorld, issue: u64, words: &str) {
    monitor(town);
    let said: Vec<String> = town
        .comments(issue)
        .into_iter()
        .filter(|text| text.contains("waits for a person"))
        .collect();
    assert_eq!(said.len(), 1, "{:#?}\n{}", town.comments(issue), town.world.reason("pr:2"));
    assert!(said[0].contains(words), "{}", said[0]);
    assert!(town.issue(issue, |issue| issue.open), "{}", town.story());
    let writes = town.writes();
    town.world.run("pr-monitor").ok();
    assert_eq!(town.writes(), writes, "it is said once");
}

/// Nothing was merged and nothing was written.
#[track_caller]
fn assert_waits(town: &GithubWorld, issue: u64, words: &str) {
    let writes = town.writes();
    monitor(town);
    assert_eq!(town.writes(), writes, "{}", town.story());
    assert!(town.issue(issue, |issue| issue.open), "{}", town.story());
    let reason = town.world.reason("pr:2");
    assert!(reason.contains(words), "{reason}");
}

#[track_caller]
fn assert_merged(town: &GithubWorld, issue: u64) {
    monitor(town);
    assert_eq!(town.shown(issue), "done; closed", "{}", town.story());
}

fn rule(town: &GithubWorld, kind: &str, parameters: Value) {
    town.hub.with(|state| {
        let rules = &mut state.repo_mut(SHOP).unwrap().other_rules;
        rules.entry("main".to_owned()).or_default().push((kind.to_owned(), parameters));
    });
}

fn no_rules(town: &GithubWorld) {
    town.hub.with(|state| state.repo_mut(SHOP).unwrap().other_rules.clear());
}

#[test]
fn a_pull_request_whose_base_demands_no_check_is_not_merged() {
    let town = GithubWorld::new();
    town.hub.with(|state| state.protect(SHOP, "main", &[]));
    let (town, issue, _) = with_a_green_pull_request(town);
    assert_held(&town, issue, "`main` requires no check");
}

#[test]
fn ci_that_never_runs_on_pull_requests_of_programs_is_said_and_nothing_is_merged() {
    let town = GithubWorld::new();
    town.hub.with(|state| state.actions = None);
    let (town, issue, _) = with_a_green_pull_request(town);
    assert_held(&town, issue, "it has no checks");
}

#[test]
fn a_check_by_another_app_than_the_demanded_one_is_not_believed() {
    let town = GithubWorld::new();
    let by = |app: u64| {
        json!({
            "strict_required_status_checks_policy": false,
            "required_status_checks": [{ "context": "ci", "integration_id": app }],
        })
    };
    rule(&town, "required_status_checks", by(77));
    let (town, issue, _) = with_a_green_pull_request(town);
    assert_waits(&town, issue, "by the app 77");
    no_rules(&town);
    rule(&town, "required_status_checks", by(15368));
    assert_merged(&town, issue);
}

#[test]
fn a_green_pull_request_is_not_merged_over_a_person_who_requests_changes() {
    let (town, issue, pull) = with_a_green_pull_request(GithubWorld::new());
    town.hub.with(|state| state.review(SHOP, pull, "ben", "CHANGES_REQUESTED"));
    assert_held(&town, issue, "`ben` has requested changes");
    town.hub.with(|state| state.review(SHOP, pull, "ben", "APPROVED"));
    assert_merged(&town, issue);
}

#[test]
fn a_review_that_is_demanded_is_waited_for_and_an_outsiders_does_not_count() {
    let town = GithubWorld::new();
    rule(
        &town,
        "pull_request",
        json!({
            "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": false, "require_last_push_approval": false,
            "required_review_thread_resolution": false,
        }),
    );
    let (town, issue, pull) = with_a_green_pull_request(town);
    town.hub.with(|state| state.review(SHOP, pull, "eve", "APPROVED"));
    assert_held(&town, issue, "`main` demands 1 approving reviews");
    town.hub.with(|state| state.review(SHOP, pull, "ben", "APPROVED"));
    assert_merged(&town, issue);
}

#[test]
fn a_rule_that_cannot_be_kept_to_is_named_and_nothing_is_tried() {
    for (kind, parameters, words) in [
        ("required_signatures", Value::Null, "signed commits"),
        ("update", json!({ "update_allows_fetch_and_merge": false }), "restrict updates"),
        (
            "commit_message_pattern",
            json!({ "operator": "starts_with", "pattern": "JIRA-" }),
            "`commit_message_pattern`",
        ),
    ] {
        let (town, issue, _) = with_a_green_pull_request(GithubWorld::new());
        rule(&town, kind, parameters);
        assert_held(&town, issue, words);
        let tries = town.hub.log().iter().filter(|asked| asked.path.ends_with("/merge")).count();
        assert_eq!(tries, 0, "{kind}");
    }
}

#[test]
fn a_rule_that_only_github_can_read_is_believed() {
    let (town, issue, pull) = with_a_green_pull_request(GithubWorld::new());
    let say = |word: Option<&str>| {
        town.hub.with(|state| {
            state.issue_mut(SHOP, pull).pull.as_mut().unwrap().word = word.map(str::to_owned);
        });
    };
    say(Some("a_new_word"));
    assert_waits(&town, issue, "does not know yet");
    say(Some("blocked"));
    assert_held(&town, issue, "the host blocks it");
    say(None);
    assert_merged(&town, issue);
}

#[test]
fn tests_that_were_made_weaker_to_be_green_are_held() {
    let agent = Script::new().line("touch broken; echo true > test.sh").reports(
        "complete",
        "none",
        "All tests pass.",
    );
    let (town, issue, _) =
        with_a_green_pull_request(GithubWorld::with_agents(&[("worker", agent)]));
    assert_held(&town, issue, "fewer assertions in `test.sh`");
}

#[test]
fn a_change_of_what_ci_runs_is_held_even_where_the_operator_protects_nothing() {
    let agent = Script::new()
        .writes(".github/workflows/ci.yml", "on: push")
        .reports("complete", "none", "Did it.");
    let town = GithubWorld::with_agents(&[("worker", agent)])
        .map(|world| world.setting("protected_paths: []"));
    let (town, issue, _) = with_a_green_pull_request(town);
    assert_held(&town, issue, "which says what CI runs");
}

#[test]
fn nothing_is_merged_onto_a_red_base() {
    let (town, issue, _) = with_a_green_pull_request(GithubWorld::new());
    let check = |outcome: &str| {
        let tip = tip(&town);
        town.hub.with(|state| state.check(SHOP, &tip, "ci", outcome));
    };
    check("failure");
    assert_held(&town, issue, "red on `main` itself");
    check("in_progress");
    assert_merged(&town, issue);
}

#[test]
fn a_check_that_is_red_on_the_base_as_well_sends_no_agent_to_mend_it() {
    let town = GithubWorld::new();
    town.hub.with(|state| state.actions = None);
    let (town, issue, pull) = with_a_green_pull_request(town);
    for sha in [head_of(&town, pull), tip(&town)] {
        town.hub.with(|state| state.check(SHOP, &sha, "ci", "failure"));
    }
    assert_held(&town, issue, "red on `main` as well");
    assert_eq!(town.world.stats().len(), 1, "one attempt, no repair");
}

/// CI that is green for each of two changes and red for both.
const RED_TOGETHER: &str = "! test -e work-shop-1.txt -a -e work-shop-2.txt";

fn two_that_do_not_go_together(town: GithubWorld) -> GithubWorld {
    town.hub.with(|state| {
        RED_TOGETHER.clone_into(&mut state.actions.as_mut().unwrap().script);
    });
    let (first, second) = (town.ready_issue("One", ""), town.ready_issue("Two", ""));
    assert_eq!((first, second), (1, 2));
    until_the_checks_ran(&town);
    for _ in 0..4 {
        town.world.run("pr-monitor").ok();
        town.hub.run_actions();
    }
    assert_eq!(town.shown(first), "done; closed", "{}", town.story());
    assert!(town.issue(second, |issue| issue.open), "{}", town.story());
    town
}

#[test]
fn green_and_green_that_is_red_together_is_not_merged_where_the_base_demands_up_to_date() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.protection.get_mut("main").unwrap().strict = true;
    });
    two_that_do_not_go_together(town);
}

#[test]
fn green_and_green_that_is_red_together_is_not_merged_where_the_operator_asks_for_it() {
    let town = GithubWorld::new().map(|world| world.setting("merge_tested_result: true"));
    let town = two_that_do_not_go_together(town);
    let text = town.world.task_text("shop-2");
    assert!(text.contains("updates: 1") && text.contains("rebases: 0"), "{text}");
}

#[test]
fn one_pull_request_at_a_time_is_brought_up_to_date() {
    let town = GithubWorld::new().map(|world| world.setting("merge_tested_result: true"));
    for title in ["One", "Two", "Three"] {
        town.ready_issue(title, "");
    }
    until_the_checks_ran(&town);
    town.hub.with(|state| state.commit(SHOP, "main", &[("other.txt", "x\n")], "By a person"));
    let before: Vec<String> = pulls(&town).iter().map(|pull| head_of(&town, *pull)).collect();
    let moved = |town: &GithubWorld| -> Vec<bool> {
        pulls(town).iter().zip(&before).map(|(pull, was)| head_of(town, *pull) != *was).collect()
    };
    monitor(&town);
    assert_eq!(moved(&town), [true, false, false], "{}", town.story());
    monitor(&town);
    assert_eq!(moved(&town), [true, false, false], "its checks have not ended: {}", town.story());
    for _ in 0..12 {
        town.hub.run_actions();
        town.world.run("pr-monitor").ok();
    }
    for issue in 1..=3 {
        assert_eq!(town.shown(issue), "done; closed", "{}", town.story());
    }
}

fn charged(log: &[Logged]) -> Vec<String> {
    let charged = log.iter().filter(|asked| asked.charged && !asked.path.contains(".git/"));
    charged.map(|asked| format!("{} {} {}", asked.method, asked.path, asked.status)).collect()
}

#[test]
fn five_pending_pull_requests_cost_no_charged_request_and_no_write() {
    let town = GithubWorld::new().map(|world| world.setting("max_dispatch_per_run: 5"));
    for n in 1..=5 {
        town.ready_issue(&format!("Number {n}"), "");
    }
    for job in ["dispatch", "queue", "pr-monitor", "pr-monitor"] {
        town.world.run(job).ok();
    }
    assert_eq!(pulls(&town).len(), 5, "{}", town.story());
    let files = town.world.snapshot("runtime");
    let warm = town.hub.log().len();
    for _ in 0..3 {
        town.world.run("pr-monitor").ok();
    }
    let log = town.hub.log().split_off(warm);
    assert_eq!(charged(&log), Vec::<String>::new());
    assert_eq!(log.iter().filter(|asked| asked.method != "GET").count(), 0);
    assert_eq!(log.iter().filter(|asked| asked.path.contains(".git/")).count(), 0);
    assert_eq!(town.world.snapshot("runtime"), files, "nothing is written");
}

/// The requests of one run that merges, counted so that no change adds to them unseen.
const REQUESTS_OF_A_MERGE: usize = 13;

#[test]
fn a_merge_costs_a_counted_number_of_requests() {
    let (town, issue, _) = with_a_green_pull_request(GithubWorld::new());
    town.world.run("pr-monitor").ok();
    let warm = town.hub.log().len();
    town.world.run("pr-monitor").ok();
    assert_eq!(town.shown(issue), "done; closed", "{}", town.story());
    let asked = charged(&town.hub.log().split_off(warm));
    assert!(asked.len() <= REQUESTS_OF_A_MERGE, "{} requests:\n{}", asked.len(), asked.join("\n"));
}
