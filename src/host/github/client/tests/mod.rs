//! The client against a server that misbehaves.

mod limits;
mod memory;
mod places;
mod secrets;
mod server;

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use server::{Reply, Seen, Server};

use super::*;
use crate::host::github::endpoints;
use crate::sys::clock::ManualClock;

const TOKEN: &str = "ghp_plantedplantedplanted";

/// A folder, a clock, and what clients share.
struct World {
    dir: tempfile::TempDir,
    clock: Rc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let moment: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        Self { dir: tempfile::tempdir().unwrap(), clock: Rc::new(ManualClock::new(moment)) }
    }

    fn client(&self, server: &Server) -> Client {
        let clock: Rc<dyn Clock> = self.clock.clone();
        Client::new(options(self.dir.path(), &server.url, Duration::ZERO, clock))
    }

    fn cache(&self) -> std::path::PathBuf {
        self.dir.path().join("cache")
    }
}

fn options(dir: &Path, url: &str, write_interval: Duration, clock: Rc<dyn Clock>) -> ClientOptions {
    ClientOptions {
        api_url: url.to_owned(),
        token: Rc::new(|| Ok(Secret::new(TOKEN))),
        cache_dir: dir.join("cache"),
        parked_file: dir.join("parked.json"),
        write_lock: dir.join("write.lock"),
        write_interval,
        clock,
    }
}

thread_local! {
    /// One for all that a test does: what a client has begun goes on with its next request.
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
}

fn run<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

fn repository() -> Call {
    Call::of(&endpoints::REPOSITORY).with("owner", "acme").with("repo", "web")
}

fn issues() -> Call {
    Call::of(&endpoints::ISSUES).with("owner", "acme").with("repo", "web")
}

fn comment() -> Call {
    Call::of(&endpoints::CREATE_COMMENT)
        .with("owner", "acme")
        .with("repo", "web")
        .with("issue_number", 7)
}

fn check_runs() -> Call {
    Call::of(&endpoints::CHECK_RUNS).with("owner", "acme").with("repo", "web").with("ref", "abc")
}

fn get(client: &Client, reads: Reads) -> Result<Value, HostError> {
    run(client.get(repository(), reads))
}

/// Answers one after the other, then always the last.
fn in_turn(replies: Vec<fn() -> Reply>) -> impl FnMut(&Seen) -> Reply + Send {
    let mut at = 0;
    move |_| {
        let reply = replies[at.min(replies.len() - 1)]();
        at += 1;
        reply
    }
}

#[test]
fn a_request_carries_what_github_asks_for_and_each_of_it_once() {
    let server = Server::start(|_| Reply::json("{}"));
    let client = World::new().client(&server);
    get(&client, Reads::Remembered).unwrap();
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/repos/acme/web"));
    assert_eq!(seen.header("user-agent"), [concat!("agentos/", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(seen.header("accept"), ["application/vnd.github+json"]);
    assert_eq!(seen.header("x-github-api-version"), ["2022-11-28"]);
    assert_eq!(seen.header("authorization"), [format!("Bearer {TOKEN}")]);
}

#[test]
fn a_client_asks_for_no_token_and_no_connection_before_its_first_request() {
    let world = World::new();
    let clock: Rc<dyn Clock> = world.clock.clone();
    let mut options = options(world.dir.path(), "not an address", Duration::ZERO, clock);
    options.token = Rc::new(|| panic!("nobody asked"));
    let client = Client::new(options);
    assert_eq!(client.usage(), Usage::default());
    // The address is looked at first: a token is no use without one.
    let error = get(&client, Reads::Fresh).unwrap_err();
    assert!(error.to_string().starts_with("`github_api_url`"), "{error}");
}

#[test]
fn a_write_answered_502_is_sent_once() {
    let server = Server::start(|_| Reply::status(502, "<html>"));
    let client = World::new().client(&server);
    let body = json!({"body": "hello"});
    let error = run(client.change::<Value>(comment(), &body)).unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].body, r#"{"body":"hello"}"#);
    assert_eq!(seen[0].header("content-type"), ["application/json"]);
    assert_eq!(client.usage(), Usage { charged: 1, writes: 1, ..Usage::default() });
}

#[test]
fn a_write_whose_connection_breaks_is_sent_once() {
    let server = Server::start(|_| Reply::Nothing);
    let client = World::new().client(&server);
    let error = run(client.change_quietly(comment(), &json!({}))).unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_read_is_tried_twice_where_the_server_or_the_connection_failed() {
    for failure in [|| Reply::status(502, ""), || Reply::Nothing, || Reply::Half("[1".to_owned())] {
        let server = Server::start(in_turn(vec![failure, || Reply::json(r#"{"id":1}"#)]));
        let client = World::new().client(&server);
        assert_eq!(get(&client, Reads::Fresh).unwrap()["id"], 1);
        assert_eq!(server.seen().len(), 2);
        let server = Server::start(in_turn(vec![failure]));
        let error = get(&World::new().client(&server), Reads::Fresh).unwrap_err();
        assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
        assert_eq!(server.seen().len(), 2);
    }
}

#[test]
fn nobody_listening_is_a_trouble_that_may_pass() {
    let world = World::new();
    let clock: Rc<dyn Clock> = world.clock.clone();
    // A port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{port}");
    let client = Client::new(options(world.dir.path(), &url, Duration::ZERO, clock));
    let error = get(&client, Reads::Fresh).unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("no connection: "), "{error}");
}

#[test]
fn what_is_no_whole_json_of_the_right_form_is_malformed_and_named() {
    #[expect(clippy::type_complexity, reason = "the rows of a table")]
    let cases: [(fn() -> Reply, &str); 5] = [
        (|| Reply::json("{\"id\":1"), "EOF while parsing"),
        (|| Reply::json("<!DOCTYPE html>"), "it is a web page instead of JSON"),
        (|| Reply::json(""), "it is empty"),
        (|| Reply::json("[]"), "invalid type: sequence"),
        (|| Reply::Whole(200, Vec::new(), "1".repeat((16 << 20) + 1)), "longer than 16 MiB"),
    ];
    for (reply, reason) in cases {
        let server = Server::start(in_turn(vec![reply]));
        let client = World::new().client(&server);
        let read = run(client.get::<serde_json::Map<String, Value>>(repository(), Reads::Fresh));
        let error = read.unwrap_err();
        assert!(matches!(error, HostError::Malformed { .. }), "{error}");
        let text = error.to_string();
        assert!(text.starts_with("the answer to `GET /repos/acme/web` cannot be read: "), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let server = Server::start(|_| Reply::status(301, "{}").with("location", "/repositories/9"));
    let client = World::new().client(&server);
    let error = get(&client, Reads::Remembered).unwrap_err();
    assert!(matches!(error, HostError::Moved { .. }), "{error}");
    run(client.change_quietly(comment(), &json!({}))).unwrap_err();
    let targets: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/repos/acme/web", "/repos/acme/web/issues/7/comments"]);
}

#[test]
fn an_answer_without_a_body_is_enough_for_a_quiet_change() {
    let server = Server::start(|_| Reply::status(204, ""));
    let client = World::new().client(&server);
    run(client.change_quietly(comment(), &Value::Null)).unwrap();
    assert_eq!(server.seen()[0].body, "");
}

#[test]
fn a_link_to_another_server_is_not_followed() {
    let other = Server::start(|_| Reply::json("[]"));
    let link = format!("<{}/issues?page=2>; rel=\"next\"", other.url);
    let server = Server::start(move |_| Reply::json("[]").with("link", link.as_str()));
    let client = World::new().client(&server);
    let error = run(client.list::<Value>(issues(), Reads::Fresh)).unwrap_err();
    assert!(error.to_string().contains("its next page is on another server"), "{error}");
    assert!(other.seen().is_empty());
}

#[test]
fn pages_that_lead_in_a_circle_end() {
    let server = Server::start(|seen| {
        let host = seen.header("host")[0];
        let link = format!("<http://{host}/repos/acme/web/issues?per_page=100>; rel=\"next\"");
        Reply::json("[]").with("link", link)
    });
    let client = World::new().client(&server);
    let error = run(client.list::<Value>(issues(), Reads::Fresh)).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_list_that_is_shorter_than_it_says_is_read_once_more_and_then_not_believed() {
    let short = || Reply::json(r#"{"total_count":2,"check_runs":[{"id":1}]}"#);
    let whole = || Reply::json(r#"{"total_count":1,"check_runs":[{"id":1}]}"#);
    let list = |client: &Client| {
        run(client.list_in::<Value>(check_runs(), "check_runs", Reads::Remembered))
    };
    let server = Server::start(in_turn(vec![short, whole]));
    assert_eq!(list(&World::new().client(&server)).unwrap().len(), 1);
    let server = Server::start(in_turn(vec![short]));
    let error = list(&World::new().client(&server)).unwrap_err();
    assert!(matches!(error, HostError::Unavailable { .. }), "{error}");
    assert_eq!(server.seen().len(), 2);
}
