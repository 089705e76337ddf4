//! A process that dies while it tells: what certainly did not leave is told later, and nothing is ever told twice.

use jiff::SignedDuration;

use super::{problems, told};
use crate::support::World;

/// Runs a job that dies at this crash point.
#[track_caller]
fn dies(world: &World, job: &str, point: &str) {
    let output = world.command(&[job]).env("AGENTOS_CRASH_AT", point).output().unwrap();
    assert!(!output.status.success(), "{point} was not reached");
}

#[test]
fn a_death_at_any_point_tells_nothing_twice() {
    for (point, messages, unknown) in [
        ("mailbox.delivered:1", 1, 0),
        ("notices.put:1", 1, 0),
        ("notify.announced:1", 0, 1),
        ("notify.sent:1", 1, 1),
        ("notify.settled:1", 1, 0),
    ] {
        let (world, telegram) = told("");
        dies(&world, "dispatch", point);
        for _ in 0..3 {
            world.run("dispatch").ok();
        }
        assert_eq!(telegram.take().len(), messages, "{point}");
        assert_eq!(problems(&world).len(), unknown, "{point}");
        assert!(world.path("runtime/notify").is_dir());
        assert!(!world.path("runtime/notify/sending.json").exists(), "{point}");
    }
}

#[test]
fn a_worker_that_dies_before_it_tells_leaves_that_to_the_next_dispatch() {
    for point in ["mailbox.settled:1", "settle.moved:1", "notices.put:1"] {
        let (world, telegram) = told("");
        world.run("dispatch").ok();
        telegram.take();
        dies(&world, "queue", point);
        assert_eq!(world.folder_of("shop-1"), "done");
        world.run("dispatch").ok();
        world.run("queue").ok();
        world.run("dispatch").ok();
        let messages = telegram.take();
        assert_eq!(messages.len(), 1, "{point}: {messages:?}");
        assert!(messages[0].contains("pull request 2 is open"), "{point}: {messages:?}");
    }
}

#[test]
fn an_alarm_whose_process_dies_is_told_by_the_next_one() {
    for point in ["alarms.raised:1", "notices.put:1", "notify.settled:1"] {
        let (mut world, telegram) = super::alarms::asked("");
        world.advance(SignedDuration::from_hours(25));
        dies(&world, "pr-monitor", point);
        for _ in 0..3 {
            world.run("pr-monitor").ok();
        }
        let messages = telegram.take();
        assert_eq!(messages.len(), 1, "{point}: {messages:?}");
    }
}
