//! Clients that nobody here wrote get from the hub what its own tests get: `gh` over a Unix socket, and `@octokit/rest`.
//!
//! A client that is not installed is skipped with its reason; with `AGENTOS_CLIENTS=1` (as in `bin/check clients`) that is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Place, REPO};
use crate::support::hub::Hub;
use crate::support::hub::git::quiet;

/// Says why a client cannot be asked, or fails when it must be.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn missing(what: &str) {
    let demanded = std::env::var_os("AGENTOS_CLIENTS").is_some_and(|value| value == "1");
    assert!(!demanded, "{what}; bin/check clients installs it");
    println!("skipped: {what}");
}

/// Prepares what the clients will read and change.
fn prepare(hub: &Hub) {
    hub.with(|state| {
        for title in ["One", "Two", "Three"] {
            state.open_issue(REPO, "ann", title, "Please.");
        }
        state.commit(REPO, "work", &[("cart.rs", "fn cart() {}\n")], "Cart\n");
    });
}

/// Runs a program and returns what it printed, which must be JSON.
fn answer(command: &mut Command) -> Value {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn octokit_tells_a_whole_story() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let folder: PathBuf = target.join("clients");
    if !folder.join("node_modules/@octokit/rest").is_dir() {
        return missing("@octokit/rest is not installed");
    }
    let place = Place::new();
    prepare(&place.hub);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/octokit.mjs");
    let mut node = quiet("node", &folder);
    node.args(["--input-type=module", "-"]).stdin(std::fs::File::open(script).unwrap());
    node.env("HUB_URL", place.hub.url()).env("HUB_TOKEN", place.hub.token());
    let expected = json!({
        "viewer": "agentos-bot", "issues": [1, 2, 3], "comments": ["Done."], "pull": 4,
        "combined": "success", "merged": true, "closed": "closed", "refused": 405, "search": 1,
    });
    assert_eq!(answer(&mut node), expected);
}

#[test]
fn gh_reads_and_writes_over_the_socket() {
    if !quiet("gh", Path::new("/")).arg("--version").output().is_ok_and(|it| it.status.success()) {
        return missing("gh is not installed");
    }
    let home = tempfile::tempdir().unwrap();
    let socket = home.path().join("hub.sock");
    let hub = Hub::start_at(&home.path().join("hub"), 0, Some(socket.clone()));
    prepare(&hub);
    let config = home.path().join(".config/gh");
    std::fs::create_dir_all(&config).unwrap();
    let text = format!("http_unix_socket: {}\n", socket.display());
    std::fs::write(config.join("config.yml"), text).unwrap();
    let gh = |arguments: &[&str]| {
        let mut gh = quiet("gh", home.path());
        gh.env("HOME", home.path()).env("GH_TOKEN", hub.token()).env("NO_COLOR", "1");
        gh.env("GH_NO_UPDATE_NOTIFIER", "1").env("GH_PROMPT_DISABLED", "1").args(arguments);
        answer(&mut gh)
    };
    assert_eq!(gh(&["api", "user"])["login"], "agentos-bot");
    let listed = gh(&["issue", "list", "-R", REPO, "--json", "number,title,state"]);
    assert_eq!(listed[2], json!({ "number": 1, "state": "OPEN", "title": "One" }));
    let viewed = gh(&["issue", "view", "2", "-R", REPO, "--json", "title,author,labels"]);
    assert_eq!(viewed["author"]["login"], "ann");
    let fields = ["-f", "title=Cart", "-f", "head=work", "-f", "base=main"];
    let made = gh(&[&["api", "repos/acme/shop/pulls"], &fields[..]].concat());
    assert_eq!(made["number"], 4);
    let pulls = gh(&["pr", "list", "-R", REPO, "--json", "number,headRefName,state"]);
    assert_eq!(pulls, json!([{ "number": 4, "headRefName": "work", "state": "OPEN" }]));
    let paged = gh(&["api", "--paginate", "repos/acme/shop/issues?per_page=4"]);
    assert_eq!(paged.as_array().unwrap().len(), 4);
}
