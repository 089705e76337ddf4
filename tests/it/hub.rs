//! The fake GitHub itself: what it answers over plain HTTP, and that git and its answers agree.

mod clients;
mod faults;
mod git;
mod refusals;

use serde_json::{Value, json};

use crate::support::http::Client;
use crate::support::hub::Hub;
use crate::support::hub::actions::Actions;

const REPO: &str = "acme/shop";

/// A hub in a folder of its own, with a client of the planted token.
struct Place {
    hub: Hub,
    _folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { hub: Hub::start(&folder.path().join("hub")), _folder: folder }
    }

    fn client(&self) -> Client<'_> {
        Client::new(&self.hub)
    }

    /// Pushes a branch with one file.
    fn branch(&self, name: &str, file: (&str, &str)) -> String {
        self.hub.with(|state| state.commit(REPO, name, &[file], "Change\n"))
    }

    /// Opens a pull request and returns its number and head.
    fn pull(&self, branch: &str, file: (&str, &str), body: &str) -> (u64, String) {
        let sha = self.branch(branch, file);
        let texts = json!({ "title": "Change", "head": branch, "base": "main", "body": body });
        let made = self.client().write("POST", "/repos/acme/shop/pulls", &texts);
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        (made.json()["number"].as_u64().unwrap(), sha)
    }

    fn issue(&self, title: &str) -> u64 {
        self.hub.with(|state| state.open_issue(REPO, "ann", title, "Please."))
    }
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect()
}

#[test]
fn a_story_from_an_issue_to_a_squash_merge_is_told_line_by_line() {
    let place = Place::new();
    let client = place.client();
    place.hub.with(|state| state.actions = Some(Actions { script: "sh test.sh".to_owned() }));
    let number = place.issue("Add a cart");
    let path = format!("/repos/acme/shop/issues/{number}");
    let labels = json!({ "labels": ["ready"] });
    assert_eq!(client.write("POST", &format!("{path}/labels"), &labels).status, 200);
    let said = client.write("POST", &format!("{path}/comments"), &json!({ "body": "On it." }));
    let id = said.json()["id"].as_u64().unwrap();
    let edit = format!("/repos/acme/shop/issues/comments/{id}");
    assert_eq!(client.write("PATCH", &edit, &json!({ "body": "Done." })).status, 200);

    let (pull, sha) = place.pull("agent/1", ("cart.rs", "fn cart() {}\n"), "Closes #1");
    assert_eq!(place.hub.run_actions(), 1);
    let runs = client.get(&format!("/repos/acme/shop/commits/{sha}/check-runs")).json();
    assert_eq!(runs["check_runs"][0]["conclusion"], "success");
    let how = json!({ "merge_method": "squash", "sha": sha });
    let merged = client.write("PUT", &format!("/repos/acme/shop/pulls/{pull}/merge"), &how);
    assert_eq!(merged.status, 200);
    let gone = client.send("DELETE", "/repos/acme/shop/git/refs/heads/agent/1", None, &[]);
    assert_eq!(gone.status, 204);

    let head = client.get("/repos/acme/shop/branches/main").json();
    assert_eq!(head["commit"]["sha"], merged.json()["sha"]);
    assert_eq!(head["commit"]["parents"].as_array().unwrap().len(), 1);
    assert_eq!(client.get(&path).json()["state"], "closed");
    insta::assert_snapshot!(place.hub.story().join("\n"), @r"
    acme/shop#1 label +ready
    acme/shop#1 comment by agentos-bot: On it.
    acme/shop#1 comment edited: Done.
    acme/shop branch agent/1 pushed
    acme/shop#2 pull opened agent/1 -> main: Change
    acme/shop check ci success
    acme/shop#2 merged
    acme/shop#1 closed
    acme/shop branch agent/1 deleted
    ");
}

#[test]
fn the_list_of_issues_holds_pull_requests_and_filters_by_label() {
    let place = Place::new();
    let (one, two) = (place.issue("One"), place.issue("Two"));
    let (pull, _) = place.pull("work", ("a", "a\n"), "");
    place.hub.with(|state| {
        state.label(REPO, one, "ann", "bug");
        state.close(REPO, two, "ann", "completed");
    });
    let client = place.client();
    let all = client.get("/repos/acme/shop/issues").json();
    assert_eq!(numbers(&all), [pull, one]);
    assert!(all[0]["pull_request"].is_object() && all[1]["pull_request"].is_null());
    let closed = client.get("/repos/acme/shop/issues?state=closed").json();
    assert_eq!(numbers(&closed), [two]);
    let bugs = client.get("/repos/acme/shop/issues?labels=BUG&state=all").json();
    assert_eq!(numbers(&bugs), [one]);
}

#[test]
fn pages_are_linked_by_the_number_of_the_repository() {
    let place = Place::new();
    for number in 1..=5 {
        place.issue(&format!("Issue {number}"));
    }
    let client = place.client();
    let mut seen = Vec::new();
    let mut next = Some("/repos/acme/shop/issues?per_page=2&direction=asc".to_owned());
    while let Some(path) = next {
        let reply = client.get(&path);
        seen.extend(numbers(&reply.json()));
        next = reply.next();
        if let Some(next) = &next {
            assert!(next.contains("/repositories/"), "{next}");
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

#[test]
fn what_the_client_already_has_is_not_charged() {
    let place = Place::new();
    let client = place.client();
    let first = client.get("/repos/acme/shop/issues");
    let tag = first.headers["etag"].clone();
    assert!(tag.starts_with("W/\""));
    let again = || client.send("GET", "/repos/acme/shop/issues", None, &[("if-none-match", &tag)]);
    let same = again();
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(same.headers["x-ratelimit-used"], first.headers["x-ratelimit-used"]);
    place.issue("New");
    assert_eq!(again().status, 200);
    let charged: Vec<bool> = place.hub.log().iter().map(|line| line.charged).collect();
    assert_eq!(charged, [true, false, true]);
}

#[test]
fn whether_a_pull_request_can_be_merged_is_known_at_the_second_read() {
    let place = Place::new();
    let (clean, _) = place.pull("clean", ("a", "a\n"), "");
    let (clash, _) = place.pull("clash", ("README.md", "# Other\n"), "");
    place.hub.with(|state| state.commit(REPO, "main", &[("README.md", "# Mine\n")], "Mine\n"));
    let read = |number| {
        let path = format!("/repos/acme/shop/pulls/{number}");
        let body = place.client().get(&path).json();
        (body["mergeable"].clone(), body["mergeable_state"].clone())
    };
    assert_eq!(read(clean), (Value::Null, json!("unknown")));
    assert_eq!(read(clean), (json!(true), json!("blocked")));
    assert_eq!(read(clash).0, Value::Null);
    assert_eq!(read(clash), (json!(false), json!("dirty")));
}

#[test]
fn a_snapshot_brings_back_the_state_and_the_repositories() {
    let place = Place::new();
    let before = place.hub.snapshot();
    let old = place.client().get("/repos/acme/shop/branches/main").json()["commit"]["sha"].clone();
    place.branch("main", ("a", "a\n"));
    place.issue("Lost");
    place.hub.restore(&before);
    let client = place.client();
    assert_eq!(client.get("/repos/acme/shop/branches/main").json()["commit"]["sha"], old);
    assert_eq!(client.get("/repos/acme/shop/issues").json(), json!([]));
}

#[test]
fn the_timeline_tells_who_put_a_label_on() {
    let place = Place::new();
    let number = place.issue("One");
    place.hub.with(|state| {
        state.label(REPO, number, "ben", "bug");
        state.comment(REPO, number, "eve", "Me too.");
        state.unlabel(REPO, number, "ann", "bug");
    });
    let lines = place.client().get(&format!("/repos/acme/shop/issues/{number}/timeline")).json();
    let told = lines.as_array().unwrap().iter();
    let told: Vec<String> = told
        .map(|line| format!("{} {}", line["actor"]["login"].as_str().unwrap(), line["event"]))
        .collect();
    assert_eq!(told, ["ben \"labeled\"", "eve \"commented\"", "ann \"unlabeled\""]);
    assert_eq!(lines[1]["author_association"], "NONE");
}
