//! Git over HTTP against the hub: what it takes, what it refuses, and that pull requests follow.

use std::path::Path;
use std::process::Output;

use serde_json::json;

use super::{Place, REPO};
use crate::support::hub::faults::{Fault, Op};
use crate::support::hub::git::quiet;

/// Runs git with a token, which is in the environment only.
fn git(place: &Place, token: Option<&str>, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = quiet("git", folder);
    command.env("GIT_TERMINAL_PROMPT", "0").env("HOME", folder);
    command.args(["-c", "user.name=bot", "-c", "user.email=bot@example.com"]);
    if let Some(token) = token {
        let helper = "!f() { echo username=x-access-token; echo password=$HUB_TOKEN; }; f";
        command.args(["-c", &format!("credential.helper={helper}")]).env("HUB_TOKEN", token);
    }
    command.args(arguments).stderr(std::process::Stdio::piped());
    assert!(place.hub.url().starts_with("http://127.0.0.1"));
    command.output().unwrap()
}

/// Clones the repository with the planted token and commits a file on a branch.
fn clone(place: &Place, folder: &Path, branch: &str) {
    let token = Some(place.hub.token());
    let url = place.hub.git_url(REPO);
    assert!(git(place, token, folder, &["clone", "-q", &url, "."]).status.success());
    git(place, token, folder, &["checkout", "-q", "-b", branch]);
    std::fs::write(folder.join("new"), "new\n").unwrap();
    git(place, token, folder, &["add", "."]);
    assert!(git(place, token, folder, &["commit", "-qm", "New"]).status.success());
}

#[test]
fn a_push_is_seen_by_the_pull_request_of_its_branch() {
    let place = Place::new();
    let token = Some(place.hub.token());
    let folder = tempfile::tempdir().unwrap();
    clone(&place, folder.path(), "work");
    let push = |more: &[&str]| {
        let all = [&["push", "-q", "origin"], more].concat();
        git(&place, token, folder.path(), &all).status.success()
    };
    assert!(push(&["work"]));
    let texts = json!({ "title": "New", "head": "work", "base": "main" });
    assert_eq!(place.client().write("POST", "/repos/acme/shop/pulls", &texts).status, 201);
    git(&place, token, folder.path(), &["commit", "-q", "--amend", "-m", "Other"]);
    assert!(!push(&["work"]), "not a fast forward");
    assert!(!push(&["--force-with-lease=work:0123456789012345678901234567890123456789", "work"]));
    let head = git(&place, None, folder.path(), &["rev-parse", "HEAD", "origin/work"]);
    let shas = String::from_utf8(head.stdout).unwrap();
    let shas: Vec<&str> = shas.lines().collect();
    assert!(push(&[&format!("--force-with-lease=work:{}", shas[1]), "work"]));
    let read = place.client().get("/repos/acme/shop/pulls/1").json();
    assert_eq!(read["head"]["sha"], shas[0]);
    assert!(push(&[":work"]));
    assert_eq!(place.client().get("/repos/acme/shop/pulls/1").json()["state"], "closed");
}

#[test]
fn a_protected_branch_refuses_what_is_not_green() {
    let place = Place::new();
    let token = Some(place.hub.token());
    let folder = tempfile::tempdir().unwrap();
    clone(&place, folder.path(), "work");
    let push = || git(&place, token, folder.path(), &["push", "-q", "origin", "work:main"]);
    let refused = push();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("GH006"), "{said}");
    let head = git(&place, None, folder.path(), &["rev-parse", "HEAD"]).stdout;
    let sha = String::from_utf8(head).unwrap().trim().to_owned();
    place.hub.with(|state| state.check(REPO, &sha, "ci", "success"));
    assert!(push().status.success());
}

#[test]
fn those_who_may_not_push_are_told_so() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    clone(&place, folder.path(), "work");
    place.hub.with(|state| state.add_token("ghp_rob", "rob", &["repo"]));
    let push = |token| {
        let output = git(&place, token, folder.path(), &["push", "-q", "origin", "work"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(push(None).1.contains("could not read Username"));
    assert!(push(Some("ghp_wrong")).1.contains("Authentication failed"));
    assert_eq!(push(Some("ghp_rob")).0, Some(128));
    assert!(push(Some("ghp_rob")).1.contains("403"));
    place.hub.with(|state| state.repo_mut(REPO).unwrap().private = true);
    let elsewhere = tempfile::tempdir().unwrap();
    let url = place.hub.git_url(REPO);
    let read = git(&place, None, elsewhere.path(), &["clone", "-q", &url, "."]);
    assert!(!read.status.success());
}

#[test]
fn a_push_may_be_lost_after_it_happened() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    clone(&place, folder.path(), "work");
    place.hub.fault(Op::Push, Fault::LostAfterItHappened);
    let token = Some(place.hub.token());
    let push = git(&place, token, folder.path(), &["push", "-q", "origin", "work"]);
    assert!(!push.status.success());
    assert!(place.hub.with(|state| state.repo(REPO).unwrap().branches.contains_key("work")));
}
