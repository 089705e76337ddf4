//! Remembered answers: what costs nothing, what is read anew, what is written.

use std::collections::BTreeMap;
use std::fs;
use std::time::SystemTime;

use super::*;

/// Two pages of issues; with a tag of its own each, and 304 for those who know it.
fn tagged_pages(seen: &Seen) -> Reply {
    let second = seen.target.contains("page=2");
    let etag = if second { "\"two\"" } else { "\"one\"" };
    if seen.header("if-none-match") == [etag] {
        return Reply::status(304, "").with("etag", etag);
    }
    if second {
        return Reply::json(r#"[{"id":3}]"#).with("etag", etag);
    }
    let next = format!(
        "<http://{}/repositories/9/issues?page=2&x=%2C>; rel=\"next\"",
        seen.header("host")[0]
    );
    Reply::json(r#"[{"id":1},{"id":2}]"#).with("etag", etag).with("link", next)
}

/// All files below a folder with the time of their last change.
fn files(dir: &Path) -> BTreeMap<std::path::PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let metadata = entry.metadata().unwrap();
        found.insert(entry.path(), metadata.modified().unwrap());
        if metadata.is_dir() {
            found.append(&mut files(&entry.path()));
        }
    }
    found
}

#[test]
fn a_second_run_where_nothing_changed_is_charged_nothing_and_writes_nothing() {
    let server = Server::start(tagged_pages);
    let world = World::new();
    let list = |client: &Client| run(client.list::<Value>(issues(), Reads::Remembered)).unwrap();
    let first = world.client(&server);
    let issues = list(&first);
    assert_eq!(issues.len(), 3);
    assert_eq!(first.usage(), Usage { charged: 2, ..Usage::default() });
    let before = files(world.dir.path());

    let second = world.client(&server);
    assert_eq!(list(&second), issues);
    assert_eq!(second.usage(), Usage { not_modified: 2, ..Usage::default() });
    assert_eq!(files(world.dir.path()), before);
    let targets: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets[2..], targets[..2]);
    assert_eq!(targets[1], "/repositories/9/issues?page=2&x=%2C");
}

#[test]
fn a_fresh_read_asks_without_condition_and_renews_what_is_remembered() {
    let server = Server::start(in_turn(vec![
        || Reply::json(r#"{"id":1}"#).with("etag", "\"a\""),
        || Reply::json(r#"{"id":2}"#).with("etag", "\"b\""),
        || Reply::status(304, ""),
    ]));
    let world = World::new();
    let client = world.client(&server);
    assert_eq!(get(&client, Reads::Remembered).unwrap()["id"], 1);
    assert_eq!(get(&client, Reads::Fresh).unwrap()["id"], 2);
    assert_eq!(get(&client, Reads::Remembered).unwrap()["id"], 2);
    let tags: Vec<Vec<String>> = server
        .seen()
        .iter()
        .map(|seen| seen.header("if-none-match").into_iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(tags, [vec![], vec![], vec!["\"b\"".to_owned()]]);
}

#[test]
fn an_entry_that_has_vanished_is_read_without_condition() {
    let server = Server::start(tagged_pages);
    let world = World::new();
    run(world.client(&server).list::<Value>(issues(), Reads::Remembered)).unwrap();
    fs::remove_dir_all(world.cache()).unwrap();
    let client = world.client(&server);
    assert_eq!(run(client.list::<Value>(issues(), Reads::Remembered)).unwrap().len(), 3);
    assert_eq!(client.usage().charged, 2);
}

#[test]
fn refusals_and_writes_are_never_remembered() {
    let server = Server::start(|seen| {
        let reply = if seen.method == "GET" { Reply::status(404, "{}") } else { Reply::json("{}") };
        reply.with("etag", "\"x\"")
    });
    let world = World::new();
    let client = world.client(&server);
    get(&client, Reads::Remembered).unwrap_err();
    run(client.change_quietly(comment(), &json!({}))).unwrap();
    get(&client, Reads::Remembered).unwrap_err();
    assert!(!world.cache().exists());
    assert!(server.seen().iter().all(|seen| seen.header("if-none-match").is_empty()));
}

#[test]
fn nothing_changed_is_no_answer_to_who_remembers_nothing() {
    let server = Server::start(|_| Reply::status(304, ""));
    let error = get(&World::new().client(&server), Reads::Fresh).unwrap_err();
    assert!(matches!(error, HostError::Malformed { .. }), "{error}");
}
