//! The document that shows a pull request and its issue at once: what it does not show, or not whole, is read by itself, and nothing is
//! merged because a part of it was missing.

use crate::support::github::{GithubWorld, SHOP, faults, merged_faults};
use crate::support::hub::faults::{Fault, Op};

/// A town whose pull request is open and green, and was looked at once.
fn green() -> GithubWorld {
    let town = GithubWorld::new();
    assert_eq!(town.ready_issue("Add a cart", ""), 1);
    for job in ["dispatch", "queue"] {
        drop(town.world.run(job).ok());
    }
    town.hub.run_actions();
    drop(town.world.run("pr-monitor").ok());
    town
}

/// How often something was asked for since then.
fn asked(town: &GithubWorld, since: usize, method: &str, end: &str) -> usize {
    let log = town.hub.log().split_off(since);
    let path = |path: &str| path.split('?').next().unwrap_or_default().ends_with(end);
    log.iter().filter(|asked| asked.method == method && path(&asked.path)).count()
}

#[test]
fn a_document_that_cannot_be_had_is_replaced_by_the_reads_one_by_one() {
    let errors = r#"{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","message":"no"}]}"#;
    for fault in [
        Fault::AnswersWith(200, errors.to_owned()),
        Fault::AnswersWith(200, r#"{"data":{"repository":null}}"#.to_owned()),
        Fault::AnswersWith(200, r#"{"data":{}}"#.to_owned()),
        Fault::AnswersWith(502, "<html>Bad gateway</html>".to_owned()),
        Fault::RateLimitedUntil(600),
        Fault::HalfAPage,
        Fault::Html,
        Fault::EmptyBody,
    ] {
        let words = format!("{fault:?}");
        let town = green();
        town.hub.faults(Op::Board, fault, 0, 100);
        let since = town.hub.log().len();
        drop(town.world.run("pr-monitor").ok());
        assert_eq!(town.shown(1), "done; closed", "{words}\n{}", town.story());
        assert_eq!(merged_faults(&town.hub, &[1]), Vec::<String>::new(), "{words}");
        assert!(asked(&town, since, "GET", "/reviews") > 0, "{words}: they are read by themselves");
        assert_eq!(asked(&town, since, "PUT", "/merge"), 1, "{words}");
    }
}

#[test]
fn a_merge_of_which_the_document_says_nothing_is_read_back_by_itself() {
    let town = green();
    town.hub.faults(Op::Board, Fault::Html, 1, 100);
    let since = town.hub.log().len();
    drop(town.world.run("pr-monitor").ok());
    assert_eq!(town.shown(1), "done; closed", "{}", town.story());
    // Glance and proof.
    assert_eq!(asked(&town, since, "GET", "/pulls/2"), 2);
    assert_eq!(faults_of(&town), Vec::<String>::new());
}

#[test]
fn more_comments_than_a_page_holds_are_read_to_the_last() {
    let town = green();
    town.hub.with(|state| {
        let status = state.issue_mut(SHOP, 1).comments.remove(0);
        for n in 0..120 {
            state.comment(SHOP, 1, "ann", &format!("Number {n}"));
        }
        state.issue_mut(SHOP, 1).comments.push(status);
    });
    let since = town.hub.log().len();
    drop(town.world.run("pr-monitor").ok());
    assert_eq!(town.shown(1), "done; closed", "{}", town.story());
    assert_eq!(faults_of(&town), Vec::<String>::new(), "the status comment is found and edited");
    assert!(asked(&town, since, "GET", "/comments") > 0);
}

#[test]
fn a_red_check_that_the_document_does_not_show_holds_the_merge() {
    let town = green();
    town.hub.with(|state| {
        let head = state.issue(SHOP, 2).pull.clone().unwrap().head_sha;
        for n in 0..110 {
            let outcome = if n == 105 { "failure" } else { "success" };
            state.check(SHOP, &head, &format!("check {n:03}"), outcome);
        }
    });
    let since = town.hub.log().len();
    for _ in 0..2 {
        drop(town.world.run("pr-monitor").ok());
    }
    assert_eq!(asked(&town, since, "PUT", "/merge"), 0, "{}", town.story());
    assert!(town.issue(1, |issue| issue.open));
}

fn faults_of(town: &GithubWorld) -> Vec<String> {
    town.hub.with(|state| faults(state))
}
