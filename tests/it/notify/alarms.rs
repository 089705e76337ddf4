//! Alarms: work without a merge, and pull requests that cannot be looked at. Once per episode, in the chat and in `status`.

use std::fs;

use jiff::SignedDuration;
use serde_json::Value;

use super::round;
use crate::support::telegram::Telegram;
use crate::support::{Script, World};

/// An agent that asks at first and works when it got an answer.
fn curious() -> Script {
    Script::new()
        .line("if ! printf %s \"$prompt\" | grep -q 'Paint it red'; then")
        .reports("blocked", "missing_context", "Which colour?")
        .line("exit 0; fi")
        .line("echo red > colour.txt")
        .reports("complete", "none", "Did it.")
}

pub(super) fn asked(settings: &str) -> (World, Telegram) {
    let telegram = Telegram::start();
    let world = World::with_agents(&[("worker", curious())]).telling(&telegram).setting(settings);
    world.ready_issue("Paint it", "");
    round(&world);
    telegram.take();
    (world, telegram)
}

fn alarms(world: &World) -> Vec<Value> {
    world.run("--json status").ok().json()["alarms"].as_array().unwrap().clone()
}

#[test]
fn no_merge_for_too_long_is_told_once_until_there_is_one() {
    let (mut world, telegram) = asked("");
    world.advance(SignedDuration::from_hours(23));
    round(&world);
    assert!(telegram.take().is_empty() && alarms(&world).is_empty());
    world.advance(SignedDuration::from_hours(2));
    round(&world);
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>no merge for 25 hours, although there is work: 1 task</b>
    <code>1 × waits for an answer: Which colour?</code>
    <code>agentos why shop-1</code> tells more.
    "#);
    assert_eq!(alarms(&world).len(), 1);
    let status = world.run("status").ok().stdout;
    assert!(status.starts_with("ALARM   no merge for 25 hours"), "{status}");
    world.advance(SignedDuration::from_hours(30));
    let before = world.snapshot("runtime");
    round(&world);
    assert!(telegram.take().is_empty(), "an alarm is told once");
    assert_eq!(world.snapshot("runtime"), before);
    world.run_words(&["issue", "comment", "1", "--body", "Paint it red"]).ok();
    round(&world);
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    round(&world);
    assert!(alarms(&world).is_empty());
}

#[test]
fn ready_issues_that_are_kept_waiting_are_named_too() {
    let (mut world, telegram) = asked("");
    world.run("issue close 1").ok();
    world.ready_issue("Later", "Depends on #3");
    world.run_words(&["issue", "create", "--title", "Never ready", "--body", ""]).ok();
    round(&world);
    telegram.take();
    world.advance(SignedDuration::from_hours(24));
    round(&world);
    let messages = telegram.take();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("there is work: 1 Ready issue</b>"), "{messages:?}");
    assert!(messages[0].contains("agentos why acme/shop#2"), "{messages:?}");
}

#[test]
fn an_alarm_that_is_switched_off_never_comes() {
    let (mut world, telegram) = asked("alert_after_hours: 0");
    world.advance(SignedDuration::from_hours(1000));
    round(&world);
    assert!(telegram.take().is_empty() && alarms(&world).is_empty());
    assert!(!world.path("runtime/state/alarms.json").exists());
}

#[test]
fn alarms_show_in_status_without_a_telegram() {
    let mut world = World::with_agents(&[("worker", curious())]);
    world.ready_issue("Paint it", "");
    round(&world);
    world.advance(SignedDuration::from_hours(25));
    round(&world);
    assert_eq!(alarms(&world)[0]["kind"], "no_merge");
    assert!(!world.path("runtime/notify").exists());
}

#[test]
fn a_pull_request_that_cannot_be_looked_at_for_long_is_told_once() {
    let telegram = Telegram::start();
    let mut world = World::new().telling(&telegram).setting("alert_after_hours: 0");
    world.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        world.run(job).ok();
    }
    telegram.take();
    fs::rename(world.path("remotes"), world.path("away")).unwrap();
    for look in 1..=8 {
        assert_ne!(world.run("pr-monitor").code, Some(0), "{look}");
        world.advance(SignedDuration::from_mins(10));
    }
    let messages = telegram.take();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let words = "cannot look at acme/shop, shop-1 for 40 minutes, 5 tries";
    assert!(messages[0].contains(words), "{messages:?}");
    assert_eq!(alarms(&world)[0]["kind"], "gate");
    fs::rename(world.path("away"), world.path("remotes")).unwrap();
    world.run("pr-monitor").ok();
    assert!(alarms(&world).is_empty());
}
