//! What the judge says about exchanges over REST.

use serde_json::{Value, json};

use crate::support::hub::conformance::{Exchange, check, check_request, coverage};

const JSON: &str = "application/json; charset=utf-8";

/// What the judge says about an exchange.
fn judged(
    method: &str,
    target: &str,
    sent: Option<&Value>,
    status: u16,
    answer: &str,
) -> Vec<String> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let sent = sent.map(ToString::to_string);
    check(&Exchange {
        method,
        path,
        query,
        request_body: sent.as_deref().map(str::as_bytes),
        status,
        response_body: answer.as_bytes(),
        content_type: (!answer.is_empty()).then_some(JSON),
    })
}

/// Changes a valid issue and says what the judge thinks of the answer.
fn issue_with(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut issue = issue();
    change(&mut issue);
    judged("GET", "/repos/acme/shop/issues/7", None, 200, &issue.to_string())
}

fn user() -> Value {
    let address = "http://127.0.0.1:9/users/ann";
    json!({
        "login": "ann", "id": 1, "node_id": "U_1", "avatar_url": address, "gravatar_id": null, "url": address, "html_url": address,
        "followers_url": address, "following_url": "http://127.0.0.1:9/users/ann/following{/other_user}", "gists_url": address,
        "starred_url": address, "subscriptions_url": address, "organizations_url": address, "repos_url": address,
        "events_url": address, "received_events_url": address, "type": "User", "site_admin": false
    })
}

fn issue() -> Value {
    let address = "http://127.0.0.1:9/repos/acme/shop/issues/7";
    let label = json!({
        "id": 3, "node_id": "LA_3", "url": address, "name": "bug", "color": "d73a4a", "default": true, "description": null
    });
    json!({
        "id": 9, "node_id": "I_9", "number": 7, "title": "Add a cart", "state": "open", "locked": false, "comments": 0,
        "user": user(), "labels": [label], "assignee": null, "assignees": [], "milestone": null,
        "url": address, "html_url": address, "events_url": address, "comments_url": address,
        "labels_url": "http://127.0.0.1:9/repos/acme/shop/issues/7/labels{/name}",
        "repository_url": "http://127.0.0.1:9/repos/acme/shop", "author_association": "MEMBER", "body": "Please.",
        "closed_at": null, "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:01Z"
    })
}

fn error(message: &str) -> String {
    json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": "404"}).to_string()
}

/// Fails unless the judge complains, and names what is wrong.
#[track_caller]
fn refused(found: &[String], what: &str) {
    assert!(found.iter().any(|line| line.contains(what)), "nothing about {what} in {found:#?}");
}

#[track_caller]
fn accepted(found: &[String]) {
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_complete_issue_is_accepted_open_and_closed_by_nobody_or_by_a_ghost() {
    accepted(&issue_with(|_| {}));
    accepted(&issue_with(|issue| issue["user"] = Value::Null));
    accepted(&issue_with(|issue| issue["closed_at"] = json!("2026-01-05T09:00:01Z")));
}

#[test]
fn what_is_wrong_in_an_answer_is_found() {
    refused(&issue_with(|issue| drop(issue.as_object_mut().unwrap().remove("number"))), "number");
    refused(&issue_with(|issue| issue["user"] = json!(7)), "/user");
    refused(&issue_with(|issue| issue["created_at"] = json!("yesterday")), "/created_at");
    refused(&issue_with(|issue| issue["comments"] = json!("0")), "/comments");
    refused(&issue_with(|issue| issue["invented"] = json!(1)), "invented");
    refused(&issue_with(|issue| issue["user"]["invented"] = json!(1)), "invented");
    refused(&issue_with(|issue| issue["labels"][0]["invented"] = json!(1)), "/labels/0");
    refused(
        &issue_with(|issue| issue["author_association"] = json!("BOSS")),
        "/author_association",
    );
}

#[test]
fn a_list_is_judged_item_by_item() {
    let mut second = issue();
    second["number"] = json!("8");
    let answer = json!([issue(), second]).to_string();
    refused(&judged("GET", "/repos/acme/shop/issues", None, 200, &answer), "/1/number");
    accepted(&judged("GET", "/repos/acme/shop/issues", None, 200, "[]"));
}

#[test]
fn parameters_of_the_query_are_judged() {
    let ask =
        |query: &str| judged("GET", &format!("/repos/acme/shop/issues?{query}"), None, 200, "[]");
    for good in
        ["state=all", "labels=a%2Cb", "per_page=100&page=2", "since=2026-01-05T09%3A00%3A00Z", ""]
    {
        accepted(&ask(good));
    }
    let wrong = [
        ("invented=1", "`invented`"),
        ("state=any", "`state`"),
        ("per_page=101", "`per_page=101`"),
        ("per_page=0", "`per_page=0`"),
        ("page=two", "`page`"),
        ("since=yesterday", "`since`"),
        ("state=%zz", "well formed"),
    ];
    for (query, what) in wrong {
        refused(&ask(query), what);
    }
    refused(&judged("GET", "/search/issues", None, 304, ""), "\"q\"");
}

#[test]
fn parameters_of_the_path_are_judged() {
    let answer = error("Not Found");
    refused(&judged("GET", "/repos/acme/shop/issues/seven", None, 404, &answer), "`issue_number`");
    refused(&judged("GET", "/repos/acme/shop/invented", None, 404, &answer), "no such operation");
    refused(&judged("PUT", "/repos/acme/shop/issues/7", None, 404, &answer), "no such operation");
}

#[test]
fn names_with_slashes_and_repositories_by_number_find_their_operation() {
    let answer = error("Not Found");
    for path in [
        "/repos/acme/shop/branches/agent/7-cart",
        "/repos/acme/shop/branches/agent%2F7-cart",
        "/repos/acme/shop/branches/agent/7-cart/protection",
        "/repos/acme/shop/commits/agent/7-cart/check-runs",
        "/repos/acme/shop/git/ref/heads/agent/7-cart",
        "/repos/acme/shop/contents/src/cart.rs",
        "/repositories/1/issues/7",
        "/repositories/1",
    ] {
        accepted(&judged("GET", path, None, 404, &answer));
    }
    accepted(&judged("GET", "/repositories/1/issues?page=2", None, 200, "[]"));
}

#[test]
fn what_is_sent_is_judged_closed() {
    let answer = issue().to_string();
    let create = |body: Value| judged("POST", "/repos/acme/shop/issues", Some(&body), 201, &answer);
    accepted(&create(json!({"title": "Add a cart", "body": "Please.", "labels": ["bug"]})));
    refused(&create(json!({"title": "Add a cart", "labels": "bug"})), "/labels");
    refused(&create(json!({"title": "Add a cart", "urgent": true})), "urgent");
    refused(&create(json!({"body": "Please."})), "title");
    refused(&judged("POST", "/repos/acme/shop/issues", None, 201, &answer), "no body");
    refused(
        &judged(
            "DELETE",
            "/repos/acme/shop/issues/7/labels/bug",
            Some(&json!({"a": 1})),
            200,
            "[]",
        ),
        "none is described",
    );
}

#[test]
fn labels_may_be_sent_as_a_list_or_in_an_object_and_may_be_none() {
    let put =
        |body: Value| judged("PUT", "/repos/acme/shop/issues/7/labels", Some(&body), 200, "[]");
    for good in [json!(["bug"]), json!({"labels": ["bug"]}), json!([]), json!({"labels": []})] {
        accepted(&put(good));
    }
    refused(&put(json!({"labels": [7]})), "request");
}

#[test]
fn a_refused_request_may_be_wrong_but_its_refusal_may_not() {
    let body = json!({"body": "no title"});
    let refusal = json!({
        "message": "Validation Failed", "documentation_url": "https://docs.github.com/rest", "status": "422",
        "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}]
    });
    let target = "/repos/acme/shop/issues";
    accepted(&judged("POST", target, Some(&body), 422, &refusal.to_string()));
    refused(&judged("POST", target, Some(&body), 422, "{\"errors\":[]}"), "without a `message`");
}

#[test]
fn a_status_is_described_or_one_that_everything_can_answer() {
    let target = "/repos/acme/shop/issues/7";
    for status in [301, 401, 403, 404, 410, 429, 500, 503] {
        accepted(&judged("GET", target, None, status, &error("Sorry")));
    }
    accepted(&judged("GET", target, None, 304, ""));
    refused(&judged("GET", target, None, 304, "{}"), "no body".trim_start_matches("no "));
    refused(&judged("GET", target, None, 202, &error("Later")), "does not answer 202");
    refused(&judged("GET", target, None, 404, "{\"text\":\"gone\"}"), "without a `message`");
    refused(&judged("GET", target, None, 200, "<html>"), "not JSON");
    let patched = judged("DELETE", "/repos/acme/shop/git/refs/heads/a", None, 204, "{}");
    refused(&patched, "has a body");
}

#[test]
fn a_request_is_judged_alone_when_its_answer_was_spoilt() {
    let asked = |query| {
        check_request(&Exchange {
            method: "GET",
            path: "/repos/acme/shop/issues",
            query,
            request_body: None,
            status: 200,
            response_body: b"<html>",
            content_type: Some("text/html"),
        })
    };
    accepted(&asked("state=all"));
    refused(&asked("state=any"), "`state`");
}

#[test]
fn what_was_judged_is_counted() {
    accepted(&judged("GET", "/repos/acme/shop/milestones", None, 200, "[]"));
    assert!(coverage().iter().any(|line| line.starts_with("issues/list-milestones 200 ×")));
}
