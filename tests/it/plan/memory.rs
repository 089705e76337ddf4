//! `STRATEGY.md`: the sprints in the section that is ours, what came of them, and everything else as people wrote it.

use jiff::SignedDuration;

use super::{days, ideas, planned, settings};
use crate::support::World;

fn strategy(world: &World) -> String {
    world.git(&["-C", "remotes/shop.git", "show", "main:STRATEGY.md"])
}

fn play(world: &World) {
    for job in ["dispatch", "queue", "pr-monitor"] {
        world.run(job).ok();
    }
}

#[test]
fn sprints_and_what_came_of_them_are_told_beside_what_people_wrote() {
    let mut world = World::new().repo_settings(&settings("  plan_size: 1\n"));
    world.push_by_hand(
        "main",
        "STRATEGY.md",
        "# Strategy\n\nFirst the shop.\n\n## Later\n\nThe world.\n",
    );
    ideas(&world, 2);
    planned(&world, "plan");
    world.run("pr-monitor").ok();
    world.git(&["-C", "shop", "fetch", "--quiet", "origin"]);
    let by_hand = strategy(&world).replace("## Later", "## Soon");
    assert!(by_hand.contains("### Sprint 2026-01-05 (`shop-2026-01-05`)"), "{by_hand}");
    world.push_by_hand("main", "STRATEGY.md", &by_hand);
    world.advance(SignedDuration::from_hours(5));
    play(&world);
    world.advance(days(7));
    planned(&world, "plan");
    world.run("pr-monitor").ok();
    insta::assert_snapshot!(strategy(&world), @r"
    # Strategy

    First the shop.

    ## Soon

    The world.

    ## Sprint History

    <!-- agentos:section sprint-history -->
    ### Sprint 2026-01-12 (`shop-2026-01-12`)

    1. #2 `Idea 2`
       3.23 points; +3.00 no priority label; +0.23 7 days old

    Chosen by the ranking alone.

    ### Sprint 2026-01-05 (`shop-2026-01-05`)

    1. #1 `Idea 1`
       3.00 points; +3.00 no priority label

    Chosen by the ranking alone.

    **Came of it:** 1 merged; $0.00; 5 h to a merge (median).

    - #1 merged after 5 h
    <!-- agentos:section-end sprint-history -->
    ");
    let before = world.git(&["-C", "remotes/shop.git", "rev-parse", "main"]);
    world.run("plan").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.git(&["-C", "remotes/shop.git", "rev-parse", "main"]), before);
}

#[test]
fn a_file_that_is_no_text_is_left_as_it_is() {
    let world = World::new().repo_settings(&settings(""));
    std::fs::write(world.path("shop/STRATEGY.md"), [0xff, 0xfe, 0x00]).unwrap();
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "Bytes"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    ideas(&world, 1);
    let run = world.run("plan").code(1);
    assert!(run.stderr.contains("not UTF-8"), "{}", run.stderr);
    // Mended, and the same sprint goes on.
    world.push_by_hand("main", "STRATEGY.md", "# Strategy\n");
    world.run("plan").ok();
    world.run("pr-monitor").ok();
    assert_eq!(strategy(&world).matches("### Sprint ").count(), 1);
}
