//! Issues that nobody touches: those of people are named, those of ours closed with the reason, once.

use jiff::SignedDuration;

use super::{groomed, open, world};
use crate::support::World;

fn days(world: &mut World, days: i64) {
    world.advance(SignedDuration::from_hours(24 * days));
}

/// A world with an issue of ours.
fn filed() -> World {
    let world = world();
    world.run("groom").ok();
    world
}

#[test]
fn issues_of_people_are_named_and_left_alone() {
    let mut world = World::new().with_sprints();
    for title in ["Rotate the images", "Sell shoes"] {
        world.run_words(&["issue", "create", title]).ok();
    }
    days(&mut world, 31);
    world.run_words(&["issue", "create", "Sell hats"]).ok();
    let before = world.snapshot("board");
    insta::assert_snapshot!(groomed(&world).join("\n"), @r"
    quiet: nobody has touched #1, #2 for 30 days: close, or mark Ready, what is (not) wanted
    groomed: backlog 3 of 10
    ");
    assert_eq!(world.snapshot("board"), before);
}

#[test]
fn one_of_ours_that_nobody_took_up_is_closed_with_the_reason_and_not_made_again() {
    let mut world = filed();
    days(&mut world, 29);
    assert_eq!(groomed(&world), ["groomed: backlog 1 of 10, nothing to say"]);
    days(&mut world, 1);
    insta::assert_snapshot!(groomed(&world).join("\n"), @r"
    closed #1: made by us, and nobody took it up in 30 days
    groomed: backlog 1 of 10
    ");
    assert_eq!(world.issue(1)["state"], "closed");
    insta::assert_snapshot!(world.comments(1).join("\n---\n"), @r"
    <!-- agentos:quiet closed -->
    **agentos** · closed: `groom` made this issue, and in 30 days nobody commented, was assigned, opened a pull request or marked it Ready. If it is wanted, open it again: it will then stay open.
    ");
    let before = world.snapshot("");
    assert_eq!(groomed(&world), ["groomed: backlog 0 of 10, nothing to say"]);
    assert_eq!(world.snapshot(""), before);
}

#[test]
fn one_that_a_person_opened_again_stays_open() {
    let mut world = filed();
    days(&mut world, 30);
    groomed(&world);
    world.replace("board/shop/issues/1.md", "state: closed", "state: open");
    days(&mut world, 40);
    assert_eq!(groomed(&world)[0], "kept #1: quiet, but somebody has opened it again");
    assert_eq!(open(&world).len(), 1);
}

#[test]
fn one_that_somebody_commented_on_marked_or_began_stays_open() {
    let mut commented = filed();
    commented.run_words(&["issue", "comment", "1", "Yes, please."]).ok();
    days(&mut commented, 40);
    assert_eq!(groomed(&commented)[0], "kept #1: quiet, but somebody has commented");

    let mut ready = filed();
    ready.run("issue ready 1").ok();
    days(&mut ready, 40);
    assert_eq!(groomed(&ready), ["groomed: backlog 0 of 10, nothing to say"]);

    let mut begun = filed();
    begun.run("issue ready 1").ok();
    begun.run("dispatch").ok();
    days(&mut begun, 40);
    assert_eq!(groomed(&begun), ["groomed: backlog 0 of 10, nothing to say"]);

    let mut in_pull = filed();
    let pull = "---\ntitle: By hand\nhead: hand\nbase: main\nstate: open\n---\nThis is about #1.\n";
    in_pull.push_by_hand("hand", "hand.txt", "x\n");
    in_pull.write("board/shop/pulls/2.md", pull);
    days(&mut in_pull, 40);
    assert_eq!(groomed(&in_pull)[0], "kept #1: quiet, but an open pull request names it");
    for world in [commented, ready, begun, in_pull] {
        assert_eq!(world.issue(1)["state"], "open");
    }
}

#[test]
fn a_label_or_a_marker_alone_makes_no_issue_ours() {
    let mut world = World::new().with_sprints();
    world.run_words(&["issue", "create", "Labelled", "--label", "bot-generated"]).ok();
    let body = "<!-- agentos:origin groom/1 -->";
    world.run_words(&["issue", "create", "Marked", "--body", body]).ok();
    days(&mut world, 40);
    let said = groomed(&world);
    assert!(said[0].starts_with("quiet: nobody has touched #1, #2 for 30 days"), "{said:?}");
    assert_eq!(open(&world).len(), 2);
}
