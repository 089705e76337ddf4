//! The document `PullSight` as it may answer, as tables.

use serde_json::{Value, json};

use super::*;
use crate::domain::ids::IssueNumber;
use crate::domain::pull::{CheckOutcome, Checks, ReviewState};

const HEAD: &str = "1111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222";

fn page(nodes: &Value) -> Value {
    json!({"pageInfo": {"hasNextPage": false}, "nodes": nodes})
}

fn run(name: &str, conclusion: Option<&str>, id: u64, suite: &str) -> Value {
    json!({
        "__typename": "CheckRun", "name": name, "conclusion": conclusion,
        "status": if conclusion.is_some() { "COMPLETED" } else { "IN_PROGRESS" },
        "url": format!("https://github.com/acme/web/actions/runs/1/job/{id}"), "detailsUrl": null,
        "title": null, "summary": null, "text": null,
        "checkSuite": {"id": suite, "app": {"databaseId": 15368, "slug": "github-actions"}},
    })
}

fn commit(contexts: &Value, suites: &Value) -> Value {
    json!({
        "oid": HEAD, "statusCheckRollup": {"contexts": page(contexts)}, "checkSuites": page(suites),
    })
}

fn pull() -> Value {
    let review = json!({
        "state": "APPROVED", "authorAssociation": "MEMBER", "commit": {"oid": HEAD},
        "author": {"__typename": "User", "login": "ben"},
    });
    let green = commit(&json!([run("ci", Some("SUCCESS"), 7, "a")]), &json!([]));
    json!({
        "number": 7, "title": "Add a cart", "body": "Closes #42", "state": "OPEN", "isDraft": false,
        "url": "https://github.com/acme/web/pull/7", "createdAt": "2026-01-05T09:00:00Z",
        "headRefName": "agent/web-42", "headRefOid": HEAD,
        "headRepository": {"nameWithOwner": "Acme/Web"}, "baseRefName": "main",
        "baseRef": {"target": {"oid": OTHER}}, "mergeable": "MERGEABLE",
        "mergeStateStatus": "CLEAN", "mergeCommit": null, "labels": page(&json!([{"name": "hold"}])),
        "reviews": page(&json!([review])), "commits": {"nodes": [{"commit": green}]},
    })
}

fn issue() -> Value {
    let comment = json!({
        "fullDatabaseId": "3141592653", "body": "Hm.", "authorAssociation": "NONE",
        "createdAt": "2026-01-05T09:00:00Z", "updatedAt": "2026-01-05T09:00:00Z",
        "author": {"__typename": "Bot", "login": "house"},
    });
    json!({
        "number": 42, "title": "A cart", "body": "", "state": "OPEN", "authorAssociation": "OWNER",
        "url": "https://github.com/acme/web/issues/42", "createdAt": "2026-01-05T09:00:00Z",
        "updatedAt": "2026-01-05T09:00:00Z", "author": {"__typename": "User", "login": "ann"},
        "labels": page(&json!([{"name": "in-progress"}])), "comments": page(&json!([comment])),
    })
}

/// Reads an answer of which the value at a pointer is another.
fn changed<T: serde::de::DeserializeOwned>(mut whole: Value, at: &str, value: Value) -> T {
    *whole.pointer_mut(at).unwrap() = value;
    serde_json::from_value(whole).unwrap()
}

fn standing(at: &str, value: Value) -> Result<Standing, HostError> {
    changed::<PullSeen>(pull(), at, value).into_standing(&"acme/web".parse().unwrap())
}

fn word_of(checks: Option<Checks>) -> Option<String> {
    checks.map(|checks| checks.word().to_owned())
}

#[test]
fn a_pull_request_is_the_same_as_by_the_other_interface() {
    let Standing { pull, mergeable, word } = standing("/number", json!(7)).unwrap();
    assert_eq!((pull.number, pull.state), (PrNumber(7), PullState::Open));
    assert_eq!((pull.head.as_str(), pull.base.as_str()), ("agent/web-42", "main"));
    assert_eq!((pull.head_sha.as_str(), pull.same_repository), (HEAD, true));
    assert_eq!((pull.issue, pull.labels), (Some(IssueNumber(42)), vec!["hold".to_owned()]));
    assert_eq!((mergeable, word), (Mergeable::Clean, crate::domain::pull::HostWord::Clean));
}

#[test]
fn closed_is_not_merged_and_a_state_that_is_not_known_is_an_error() {
    let merged = json!({"oid": OTHER});
    let state = |word: &str| standing("/state", json!(word)).map(|seen| seen.pull.state);
    assert_eq!(state("CLOSED").unwrap(), PullState::Closed);
    assert_eq!(state("MERGED").unwrap(), PullState::Merged { commit: None });
    assert!(state("QUEUED").is_err());
    let mut whole = pull();
    whole["mergeCommit"] = merged;
    let seen: PullSeen = changed(whole, "/state", json!("MERGED"));
    let seen = seen.into_standing(&"acme/web".parse().unwrap()).unwrap();
    assert_eq!(seen.pull.state, PullState::Merged { commit: OTHER.parse().ok() });
}

#[test]
fn what_github_does_not_know_yet_is_not_known_here() {
    use crate::domain::pull::HostWord;
    for (at, value, mergeable, word) in [
        ("/mergeable", "UNKNOWN", Mergeable::Unknown, HostWord::Clean),
        ("/mergeable", "SOMETHING_NEW", Mergeable::Unknown, HostWord::Clean),
        ("/mergeable", "CONFLICTING", Mergeable::Conflict, HostWord::Clean),
        ("/mergeStateStatus", "UNKNOWN", Mergeable::Clean, HostWord::Unknown),
        ("/mergeStateStatus", "SOMETHING_NEW", Mergeable::Clean, HostWord::Unknown),
        ("/mergeStateStatus", "BLOCKED", Mergeable::Clean, HostWord::Blocked),
        ("/mergeStateStatus", "HAS_HOOKS", Mergeable::Clean, HostWord::Clean),
    ] {
        let seen = standing(at, json!(value)).unwrap();
        assert_eq!((seen.mergeable, seen.word), (mergeable, word), "{value}");
    }
}

#[test]
fn the_head_of_a_fork_or_of_a_repository_that_is_gone_is_not_here() {
    for repository in [json!({"nameWithOwner": "eve/web"}), Value::Null] {
        let seen = standing("/headRepository", repository.clone()).unwrap();
        assert!(!seen.pull.same_repository, "{repository}");
    }
}

#[test]
fn a_list_that_goes_on_or_has_a_hole_is_not_there() {
    let more = json!({"pageInfo": {"hasNextPage": true}, "nodes": []});
    let hole = json!({"pageInfo": {"hasNextPage": false}, "nodes": [null]});
    for odd in [more, hole, page(&Value::Null)] {
        assert!(standing("/labels", odd.clone()).is_err(), "{odd}");
        let mut seen: PullSeen = changed(pull(), "/reviews", odd.clone());
        assert!(seen.take_reviews().is_none(), "{odd}");
        let mut seen: IssueSeen = changed(issue(), "/comments", odd.clone());
        assert!(seen.take_comments().is_none(), "{odd}");
        assert!(seen.into_domain().is_ok(), "{odd}");
        let seen: IssueSeen = changed(issue(), "/labels", odd.clone());
        assert!(seen.into_domain().is_err(), "{odd}");
        for at in ["statusCheckRollup/contexts", "checkSuites"] {
            let at = format!("/commits/nodes/0/commit/{at}");
            let mut seen: PullSeen = changed(pull(), &at, odd.clone());
            assert!(seen.take_head().unwrap().checks_of_head().is_none(), "{at} {odd}");
        }
    }
    assert!(standing("/labels", Value::Null).is_err());
}

#[test]
fn the_checks_are_those_of_the_head_and_of_no_other_commit() {
    let mut seen: PullSeen = serde_json::from_value(pull()).unwrap();
    let head = seen.take_head().unwrap();
    assert_eq!(word_of(head.checks_of_head()).as_deref(), Some("passed"));
    let mut seen: PullSeen = changed(pull(), "/commits/nodes/0/commit/oid", json!(OTHER));
    assert!(seen.take_head().is_none());
    let mut seen: PullSeen = changed(pull(), "/commits/nodes", json!([]));
    assert!(seen.take_head().is_none());
}

#[test]
fn checks_are_judged_as_by_the_other_interface() {
    let status = |state: &str| {
        json!({
            "__typename": "StatusContext", "context": "ci", "state": state, "description": null,
            "targetUrl": null,
        })
    };
    let suite = |id: &str, app: &str, status: &str| json!({"id": id, "status": status, "app": {"slug": app}});
    let red = run("ci", Some("FAILURE"), 7, "a");
    for (contexts, suites, word) in [
        (json!([]), json!([]), "missing"),
        (json!([status("SUCCESS")]), json!([]), "passed"),
        (json!([status("EXPECTED")]), json!([]), "pending"),
        (json!([status("ERROR")]), json!([]), "failed"),
        (json!([run("ci", None, 7, "a")]), json!([]), "pending"),
        (json!([red]), json!([]), "failed"),
        // A later run of the same suite counts, whatever their order.
        (json!([run("ci", Some("SUCCESS"), 8, "a"), red]), json!([]), "passed"),
        (json!([red, run("ci", Some("SUCCESS"), 8, "b")]), json!([]), "failed"),
        // A workflow that has not begun yet is waited for.
        (json!([]), json!([suite("a", "github-actions", "QUEUED")]), "pending"),
        (json!([]), json!([suite("a", "other", "QUEUED")]), "missing"),
        (
            json!([run("ci", Some("SUCCESS"), 8, "a")]),
            json!([suite("a", "github-actions", "IN_PROGRESS")]),
            "passed",
        ),
    ] {
        let whole = commit(&contexts, &suites);
        let seen: CommitSeen = serde_json::from_value(whole).unwrap();
        let found = word_of(seen.checks_of_head());
        assert_eq!(found.as_deref(), Some(word), "{contexts} {suites}");
    }
}

#[test]
fn a_check_without_a_number_or_of_an_unknown_kind_is_not_passed_over() {
    let mut odd = run("ci", Some("SUCCESS"), 7, "a");
    odd["url"] = json!("https://github.com/acme/web/checks");
    let seen: CommitSeen = serde_json::from_value(commit(&json!([odd]), &json!([]))).unwrap();
    assert!(seen.checks_of_head().is_none());
    let other = commit(&json!([{"__typename": "SomethingNew"}]), &json!([]));
    assert!(serde_json::from_value::<CommitSeen>(other).is_err());
    let by = serde_json::from_value::<CommitSeen>(commit(
        &json!([run("ci", Some("SUCCESS"), 7, "a")]),
        &json!([]),
    ));
    let Some(Checks::Known(checks)) = by.unwrap().checks_of_base() else { panic!("no checks") };
    assert_eq!((checks[0].outcome, checks[0].job), (CheckOutcome::Passed, Some(7)));
    assert_eq!(checks[0].apps, [15368]);
}

#[test]
fn reviews_and_comments_are_by_whom_the_other_interface_says() {
    let mut seen: PullSeen = serde_json::from_value(pull()).unwrap();
    let reviews = seen.take_reviews().unwrap();
    assert_eq!((reviews[0].by.as_str(), reviews[0].has_say), ("ben", true));
    assert_eq!(reviews[0].state, ReviewState::Approved);
    let bot = json!({"__typename": "Bot", "login": "review"});
    let mut seen: PullSeen = changed(pull(), "/reviews/nodes/0/author", bot);
    let reviews = seen.take_reviews().unwrap();
    assert_eq!((reviews[0].by.as_str(), reviews[0].is_person), ("review[bot]", false));
    let mut seen: IssueSeen = serde_json::from_value(issue()).unwrap();
    let comments = seen.take_comments().unwrap();
    assert_eq!(comments[0].id, 3_141_592_653);
    let by = comments[0].user.as_ref().unwrap();
    assert_eq!((by.login.as_str(), by.is_bot()), ("house[bot]", true));
    let mut seen: IssueSeen = changed(issue(), "/comments/nodes/0/fullDatabaseId", Value::Null);
    assert!(seen.take_comments().is_none());
}
