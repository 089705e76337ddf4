//! Budgets, GraphQL, and the distance between writes.

use std::thread;

use jiff::SignedDuration;

use super::*;
use crate::sys::clock::SystemClock;

static QUERY: Document = Document {
    name: "Viewer",
    text: "query Viewer { viewer { login } }",
    purpose: "a test",
    writes: false,
};

static MUTATION: Document = Document { name: "Move", writes: true, ..QUERY };

/// A refusal for ten minutes by the server's clock, which is years behind.
fn exhausted() -> Reply {
    Reply::status(403, r#"{"message":"API rate limit exceeded"}"#)
        .with("date", "Fri, 20 Nov 2020 10:00:00 GMT")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", "1605867000")
}

#[test]
fn a_parked_budget_stops_the_requests_of_every_process_until_it_is_over() {
    let server = Server::start(in_turn(vec![exhausted, || Reply::json("{}")]));
    let world = World::new();
    let error = get(&world.client(&server), Reads::Fresh).unwrap_err();
    let HostError::RateLimited { until } = error else { panic!("{error}") };
    assert_eq!(until.to_string(), "2026-11-20T09:10:01Z");
    let other = world.client(&server);
    assert!(matches!(get(&other, Reads::Fresh), Err(HostError::RateLimited { .. })));
    let write = run(other.change_quietly(comment(), &json!({})));
    assert!(matches!(write, Err(HostError::RateLimited { .. })));
    assert_eq!((server.seen().len(), other.usage()), (1, Usage::default()));
    world.clock.advance(SignedDuration::from_secs(601));
    get(&other, Reads::Fresh).unwrap();
}

#[test]
fn the_answer_that_falls_below_the_floor_is_the_last() {
    let server = Server::start(|_| {
        Reply::json("{}")
            .with("date", "Fri, 20 Nov 2020 10:00:00 GMT")
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-remaining", "49")
            .with("x-ratelimit-reset", "1605867000")
    });
    let client = World::new().client(&server);
    get(&client, Reads::Fresh).unwrap();
    assert!(matches!(get(&client, Reads::Fresh), Err(HostError::RateLimited { .. })));
    // The other budget has its own count.
    run(client.graphql::<Value>(&QUERY, json!({}))).unwrap_err();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_query_is_tried_twice_and_a_mutation_once() {
    let server = Server::start(|_| Reply::status(502, "<html>"));
    let client = World::new().client(&server);
    run(client.graphql::<Value>(&QUERY, json!({"n": 1}))).unwrap_err();
    assert_eq!(server.seen().len(), 2);
    run(client.graphql::<Value>(&MUTATION, json!({}))).unwrap_err();
    assert_eq!(server.seen().len(), 3);
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/graphql"));
    assert!(seen.header("if-none-match").is_empty());
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["operationName"], "Viewer");
    assert_eq!(body["variables"]["n"], 1);
    assert_eq!(client.usage(), Usage { graphql: 3, writes: 1, ..Usage::default() });
}

#[test]
fn a_used_up_graphql_budget_leaves_rest_alone() {
    let server = Server::start(|seen| {
        if seen.method == "GET" {
            return Reply::json("{}");
        }
        Reply::json(r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#)
    });
    let client = World::new().client(&server);
    for _ in 0..2 {
        let error = run(client.graphql::<Value>(&QUERY, json!({}))).unwrap_err();
        assert!(matches!(error, HostError::RateLimited { .. }), "{error}");
    }
    get(&client, Reads::Fresh).unwrap();
    assert_eq!(client.usage(), Usage { graphql: 1, charged: 1, ..Usage::default() });
}

#[test]
fn the_writes_of_two_clients_keep_their_distance() {
    let interval = Duration::from_millis(60);
    let server = Server::start(|_| Reply::json("{}"));
    let dir = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let options = options(dir.path(), &server.url, interval, Rc::new(SystemClock));
                let client = Client::new(options);
                for _ in 0..3 {
                    run_with(&client);
                }
            });
        }
    });
    let times: Vec<Instant> = server.seen().iter().map(|seen| seen.at).collect();
    assert_eq!(times.len(), 6);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= interval, "{:?}", pair[1] - pair[0]);
    }
}

fn run_with(client: &Client) {
    run(client.change_quietly(comment(), &json!({}))).unwrap();
}

#[test]
fn reads_wait_for_nobody_and_no_interval_makes_no_lock() {
    let server = Server::start(|_| Reply::json("{}"));
    let world = World::new();
    run(world.client(&server).change_quietly(comment(), &json!({}))).unwrap();
    assert!(!world.dir.path().join("write.lock").exists());
    let clock: Rc<dyn Clock> = world.clock.clone();
    // Held for ever and spaced by an hour: a read does not care.
    let path = world.dir.path().join("write.lock");
    let held = crate::sys::lock::Lock::try_acquire(&path).unwrap();
    let hour = Duration::from_secs(3_600);
    let client = Client::new(options(world.dir.path(), &server.url, hour, clock));
    get(&client, Reads::Fresh).unwrap();
    drop(held);
}
