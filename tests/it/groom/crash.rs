//! A run that dies at any of its points is gone on with by the next, and nothing is done twice.
#![cfg(feature = "failpoints")]

use jiff::SignedDuration;

use super::{open, with_known_issues, world};
use crate::support::World;

/// Dies at one point after the other, each time in a world of its own; the next run brings each to the same end.
#[track_caller]
fn dies_everywhere(make: impl Fn() -> World, end: impl Fn(&World)) {
    for point in 1..200 {
        let world = make();
        let mut command = world.command(&["groom", "--force"]);
        let output = command.env("AGENTOS_CRASH_AT", point.to_string()).output().unwrap();
        let has_died = output.status.code().is_none();
        world.run("groom --force").ok();
        end(&world);
        let before = world.snapshot("board");
        world.run("groom --force").ok();
        assert_eq!(world.snapshot("board"), before, "point {point}");
        if !has_died {
            assert!(point > 5, "there are hardly any points");
            return;
        }
    }
    panic!("it dies for ever");
}

#[test]
fn a_run_that_dies_between_filings_files_each_once() {
    let lines = ["Login fails on Safari", "Cart loses coupons silently"];
    dies_everywhere(
        || with_known_issues(World::new(), &lines),
        |world| {
            let titles: Vec<String> = open(world).iter().map(|line| line[2..].to_owned()).collect();
            assert_eq!(titles, lines);
        },
    );
}

#[test]
fn a_run_that_dies_between_comment_and_closing_closes_with_one_comment() {
    dies_everywhere(
        || {
            let mut world = world();
            world.run("groom").ok();
            world.advance(SignedDuration::from_hours(31 * 24));
            world
        },
        |world| {
            assert_eq!(world.issue(1)["state"], "closed");
            assert_eq!(world.comments(1).len(), 1);
            assert!(open(world).is_empty());
        },
    );
}
