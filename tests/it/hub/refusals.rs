//! What GitHub refuses, with its words and its status.

use serde_json::json;

use super::{Place, REPO};
use crate::support::http::Client;
use crate::support::hub::state::Gone;

#[test]
fn credentials_are_looked_at_before_anything_else() {
    let place = Place::new();
    let hub = &place.hub;
    let bad = Client::with_token(hub, Some("ghp_wrong")).get("/user");
    assert_eq!((bad.status, &bad.json()["message"]), (401, &json!("Bad credentials")));
    let nobody = Client::with_token(hub, None);
    assert_eq!(nobody.get("/repos/acme/shop").status, 200);
    assert_eq!(nobody.write("POST", "/repos/acme/shop/issues", &json!({})).status, 401);
    hub.with(|state| {
        state.repo_mut(REPO).unwrap().private = true;
        state.add_token("ghp_eve", "eve", &["repo"]);
        state.add_token("ghp_poor", "agentos-bot", &["read:org"]);
    });
    assert_eq!(nobody.get("/repos/acme/shop").status, 404);
    assert_eq!(Client::with_token(hub, Some("ghp_eve")).get("/repos/acme/shop").status, 404);
    let poor = Client::with_token(hub, Some("ghp_poor")).get("/repos/acme/shop");
    assert_eq!((poor.status, poor.headers["x-accepted-oauth-scopes"].as_str()), (404, "repo"));
    assert_eq!(poor.headers["x-oauth-scopes"], "read:org");
    hub.with(|state| state.tokens[0].sso_missing = Some("acme".to_owned()));
    let sso = place.client().get("/repos/acme/shop");
    assert_eq!(sso.status, 403);
    assert!(sso.headers["x-github-sso"].starts_with("required; url="));
}

#[test]
fn issues_that_went_away_say_where_to() {
    let place = Place::new();
    let (moved, deleted) = (place.issue("Moved"), place.issue("Deleted"));
    place.hub.with(|state| {
        state.add_repo("acme/site");
        let there = state.open_issue("acme/site", "ann", "Moved", "");
        let id = state.repo("acme/site").unwrap().id;
        state.issue_mut(REPO, moved).gone = Gone::Transferred(id, there);
        state.issue_mut(REPO, deleted).gone = Gone::Deleted;
    });
    let client = place.client();
    let first = client.get(&format!("/repos/acme/shop/issues/{moved}"));
    assert_eq!(first.status, 301);
    assert_eq!(client.get(&first.headers["location"]).json()["title"], "Moved");
    assert_eq!(client.get(&format!("/repos/acme/shop/issues/{deleted}")).status, 410);
    assert_eq!(client.get("/repos/acme/shop/issues").json(), json!([]));
    place.hub.with(|state| state.repo_mut(REPO).unwrap().has_issues = false);
    assert_eq!(client.get("/repos/acme/shop/issues").status, 410);
}

#[test]
fn a_renamed_repository_is_found_by_its_number() {
    let place = Place::new();
    place.hub.with(|state| state.rename(REPO, "acme/store"));
    let client = place.client();
    let read = client.get("/repos/acme/shop/issues?state=all");
    assert_eq!(read.status, 301);
    assert_eq!(client.get(&read.headers["location"]).status, 200);
    let write = client.write("POST", "/repos/acme/shop/issues", &json!({ "title": "One" }));
    assert_eq!(write.status, 307);
    let made = client.write("POST", &write.headers["location"], &json!({ "title": "One" }));
    assert_eq!(made.status, 201);
}

#[test]
fn an_archived_repository_is_only_read() {
    let place = Place::new();
    place.hub.with(|state| state.repo_mut(REPO).unwrap().archived = true);
    let write = place.client().write("POST", "/repos/acme/shop/issues", &json!({ "title": "One" }));
    assert_eq!(write.status, 403);
    assert_eq!(write.json()["message"], "Repository was archived so is read-only.");
    assert_eq!(place.client().get("/repos/acme/shop").json()["archived"], true);
}

#[test]
fn texts_that_are_too_long_or_missing_are_invalid() {
    let place = Place::new();
    let number = place.issue("One");
    let path = format!("/repos/acme/shop/issues/{number}/comments");
    let post = |body: String| place.client().write("POST", &path, &json!({ "body": body })).status;
    assert_eq!(post("x".repeat(65_536)), 201);
    assert_eq!(post("x".repeat(65_537)), 422);
    assert_eq!(post(String::new()), 422);
}

#[test]
fn only_those_who_may_change_labels_and_comments_do() {
    let place = Place::new();
    let number = place.issue("One");
    let hub = &place.hub;
    let id = hub.with(|state| {
        state.add_token("ghp_rob", "rob", &["repo"]);
        state.comment(REPO, number, "ann", "Mine.")
    });
    let rob = Client::with_token(hub, Some("ghp_rob"));
    let labels = format!("/repos/acme/shop/issues/{number}/labels");
    assert_eq!(rob.write("POST", &labels, &json!({ "labels": ["bug"] })).status, 403);
    let edit = format!("/repos/acme/shop/issues/comments/{id}");
    assert_eq!(rob.write("PATCH", &edit, &json!({ "body": "Forged." })).status, 403);
    hub.with(|state| state.issue_mut(REPO, number).locked = true);
    let comments = format!("/repos/acme/shop/issues/{number}/comments");
    assert_eq!(rob.write("POST", &comments, &json!({ "body": "Me." })).status, 403);
    assert_eq!(place.client().write("POST", &comments, &json!({ "body": "Me." })).status, 201);
    assert_eq!(place.client().send("DELETE", &format!("{labels}/nothing"), None, &[]).status, 404);
}

#[test]
fn pull_requests_are_refused_for_the_documented_reasons() {
    let place = Place::new();
    place.branch("work", ("a", "a\n"));
    let open = |head: &str| {
        let texts = json!({ "title": "One", "head": head, "base": "main" });
        let reply = place.client().write("POST", "/repos/acme/shop/pulls", &texts);
        (reply.status, reply.json()["errors"][0].clone())
    };
    assert_eq!(open("nowhere").1["field"], "head");
    assert_eq!(open("main").1["message"], "No commits between main and main");
    assert_eq!(open("work").0, 201);
    assert_eq!(open("work").1["message"], "A pull request already exists for acme:work.");
}

#[test]
fn a_merge_needs_the_head_that_was_seen_and_green_checks_on_it() {
    let place = Place::new();
    let (number, old) = place.pull("work", ("a", "a\n"), "");
    let path = format!("/repos/acme/shop/pulls/{number}/merge");
    let merge = |sha: &str| {
        let how = json!({ "merge_method": "squash", "sha": sha });
        let reply = place.client().write("PUT", &path, &how);
        (reply.status, reply.json()["message"].as_str().unwrap().to_owned())
    };
    let expected = "Required status check \"ci\" is expected.".to_owned();
    assert_eq!(merge(&old), (405, expected));
    place.hub.with(|state| state.check(REPO, &old, "ci", "success"));
    let new = place.branch("work", ("b", "b\n"));
    assert_eq!(merge(&old).0, 409);
    assert_eq!(merge(&new).0, 405);
    let status = json!({ "state": "success", "context": "ci" });
    let set = place.client().write("POST", &format!("/repos/acme/shop/statuses/{new}"), &status);
    assert_eq!(set.status, 201);
    assert_eq!(merge(&new).0, 200);
    assert_eq!(merge(&new).0, 405);
}

#[test]
fn a_closed_pull_request_is_not_merged_and_a_deleted_branch_closes_one() {
    let place = Place::new();
    let (number, _) = place.pull("work", ("a", "a\n"), "");
    let path = format!("/repos/acme/shop/pulls/{number}");
    let gone = place.client().send("DELETE", "/repos/acme/shop/git/refs/heads/work", None, &[]);
    assert_eq!(gone.status, 204);
    let body = place.client().get(&path).json();
    assert_eq!((&body["state"], &body["merged"]), (&json!("closed"), &json!(false)));
    let open = place.client().write("PATCH", &path, &json!({ "state": "open" }));
    assert_eq!(open.status, 422);
}

#[test]
fn a_pull_request_of_a_fork_names_the_other_repository_or_none() {
    let place = Place::new();
    let number = place.hub.with(|state| {
        let fork = state.fork(REPO, "eve");
        state.commit(&fork, "work", &[("a", "a\n")], "Change\n");
        state.open_pull(REPO, "eve", ("eve:work", "main"), ("Mine", "")).unwrap()
    });
    let head = || {
        let path = format!("/repos/acme/shop/pulls/{number}");
        place.client().get(&path).json()["head"].clone()
    };
    assert_eq!(head()["repo"]["full_name"], "eve/shop");
    place.hub.with(|state| state.forget("eve/shop"));
    assert_eq!((head()["repo"].clone(), head()["label"].clone()), (json!(null), json!("eve:work")));
}

#[test]
fn an_unknown_route_is_answered_501_and_remembered() {
    let place = Place::new();
    assert_eq!(place.client().get("/repos/acme/shop/nonsense").status, 501);
    assert_eq!(place.hub.take_violations().len(), 1);
    place.hub.assert_honest();
}
