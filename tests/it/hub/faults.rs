//! What goes wrong on purpose goes wrong as it is named.

use serde_json::json;

use super::{Place, REPO, numbers};
use crate::support::hub::faults::{Fault, Op};

#[test]
fn a_comment_that_is_lost_after_it_happened_is_there() {
    let place = Place::new();
    let number = place.issue("One");
    place.hub.fault(Op::Comment, Fault::LostAfterItHappened);
    let path = format!("/repos/acme/shop/issues/{number}/comments");
    let lost = place.client().write("POST", &path, &json!({ "body": "Hello" }));
    assert_eq!((lost.status, lost.body.len()), (0, 0));
    assert_eq!(place.client().get(&path).json().as_array().unwrap().len(), 1);
    assert_eq!(place.hub.log()[0].status, 0);
}

#[test]
fn a_comment_that_never_arrives_is_not_there() {
    let place = Place::new();
    let number = place.issue("One");
    place.hub.fault(Op::Write, Fault::NeverArrives);
    let path = format!("/repos/acme/shop/issues/{number}/comments");
    let lost = place.client().write("POST", &path, &json!({ "body": "Hello" }));
    assert_eq!(lost.status, 0);
    assert_eq!(place.client().get(&path).json(), json!([]));
}

#[test]
fn half_a_page_ends_before_its_length() {
    let place = Place::new();
    place.issue("One");
    place.hub.fault(Op::ReadIssues, Fault::HalfAPage);
    let half = place.client().get("/repos/acme/shop/issues");
    let length: usize = half.headers["content-length"].parse().unwrap();
    assert_eq!((half.status, half.body.len()), (200, length / 2));
    assert_eq!(place.client().get("/repos/acme/shop/issues").body.len(), length);
}

#[test]
fn a_new_issue_may_be_missing_from_the_first_reads() {
    let place = Place::new();
    place.hub.fault(Op::OpenIssue, Fault::NotVisibleFor(2));
    let made = place.client().write("POST", "/repos/acme/shop/issues", &json!({ "title": "One" }));
    assert_eq!(made.status, 201);
    let list = || numbers(&place.client().get("/repos/acme/shop/issues").json());
    assert_eq!((list(), list(), list()), (vec![], vec![], vec![1]));
}

#[test]
fn a_spent_budget_stays_spent_until_its_hour_ends() {
    let place = Place::new();
    place.hub.fault(Op::Any, Fault::RateLimitedUntil(60));
    let read = || place.client().get("/repos/acme/shop");
    let first = read();
    assert_eq!((first.status, first.headers["x-ratelimit-remaining"].as_str()), (403, "0"));
    let reset: i64 = first.headers["x-ratelimit-reset"].parse().unwrap();
    assert_eq!(reset, place.hub.with(|state| state.clock.as_second()) + 60);
    assert_eq!(read().status, 403);
    place.hub.with(|state| state.clock += jiff::SignedDuration::from_secs(60));
    assert_eq!(read().status, 200);
}

#[test]
fn the_other_answers_are_as_named() {
    let place = Place::new();
    let read = |fault| {
        place.hub.fault(Op::ReadRepository, fault);
        place.client().get("/repos/acme/shop")
    };
    let limited = read(Fault::SecondaryLimit(7));
    assert_eq!((limited.status, limited.headers["retry-after"].as_str()), (403, "7"));
    let refused = read(Fault::Forbidden("No.".to_owned()));
    assert_eq!((refused.status, &refused.json()["message"]), (403, &json!("No.")));
    let broken = read(Fault::AnswersWith(502, "bad gateway".to_owned()));
    assert_eq!((broken.status, broken.body), (502, b"bad gateway".to_vec()));
    assert!(read(Fault::Html).headers["content-type"].starts_with("text/html"));
    assert!(read(Fault::EmptyBody).body.is_empty());
    let slow = read(Fault::Slow(std::time::Duration::from_millis(1)));
    assert_eq!(slow.status, 200);
}

#[test]
fn a_fault_may_wait_and_may_come_more_than_once() {
    let place = Place::new();
    place.hub.faults(Op::ReadRepository, Fault::Forbidden("No.".to_owned()), 1, 2);
    let read = || place.client().get("/repos/acme/shop").status;
    assert_eq!([read(), read(), read(), read()], [200, 403, 403, 200]);
    place.hub.fault(Op::Merge, Fault::NeverArrives);
    assert_eq!(place.hub.heal(), 1);
}

#[test]
fn a_pull_request_that_is_lost_is_refused_the_second_time() {
    let place = Place::new();
    place.branch("work", ("a", "a\n"));
    place.hub.fault(Op::OpenPull, Fault::LostAfterItHappened);
    let texts = json!({ "title": "One", "head": "work", "base": "main" });
    let open = || place.client().write("POST", "/repos/acme/shop/pulls", &texts);
    assert_eq!(open().status, 0);
    let again = open();
    assert_eq!(again.status, 422);
    assert_eq!(
        again.json()["errors"][0]["message"],
        "A pull request already exists for acme:work."
    );
    assert!(place.hub.with(|state| state.issue(REPO, 1).pull.is_some()));
}
