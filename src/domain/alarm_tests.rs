//! When an alarm begins, how long it goes on, and what it names.

use super::*;

const NEVER: Option<Timestamp> = None;

fn at(text: &str) -> Timestamp {
    format!("2026-01-{text}:00Z").parse().unwrap()
}

fn work(subject: &str, since: &str, reason: &str) -> Work {
    Work { subject: subject.to_owned(), since: at(since), is_live: true, reason: reason.to_owned() }
}

fn look(
    before: Option<&Raised>,
    now: &str,
    last_merge: Option<Timestamp>,
    work: &[Work],
) -> Option<Raised> {
    let after = SignedDuration::from_hours(24);
    no_merge(before, &View { now: at(now), after, last_merge, work, ready: None })
}

#[test]
fn work_without_a_merge_for_too_long_is_an_alarm_that_names_what_most_of_it_waits_for() {
    let all = [
        work("web-1", "05T09:00", "it depends on #3"),
        work("web-2", "05T10:00", "no agent is available: codex has no login"),
        work("web-3", "06T09:00", "no agent is available: claude has no login"),
    ];
    assert_eq!(look(None, "06T08:59", NEVER, &all), None);
    let raised = look(None, "06T11:00", NEVER, &all).unwrap();
    assert_eq!(raised.what, "no merge for 26 hours, although there is work: 3 tasks");
    assert_eq!(raised.reason, "2 × no agent is available: codex has no login");
    assert_eq!(raised.next, "`agentos why web-2` tells more.");
    assert_eq!((raised.since, raised.raised_at), (at("05T09:00"), at("06T11:00")));
}

#[test]
fn the_last_merge_begins_the_time_anew() {
    let all = [work("web-1", "05T09:00", "red: ci")];
    assert_eq!(look(None, "06T11:00", Some(at("05T12:00")), &all), None);
    let raised = look(None, "06T12:00", Some(at("05T12:00")), &all).unwrap();
    assert_eq!(raised.since, at("05T12:00"));
}

#[test]
fn an_alarm_goes_on_as_it_is_until_something_is_merged_or_nothing_is_left() {
    let all = [work("web-1", "05T09:00", "red: ci")];
    let raised = look(None, "06T09:00", NEVER, &all).unwrap();
    assert_eq!(look(Some(&raised), "08T09:00", NEVER, &all).as_ref(), Some(&raised));
    assert_eq!(look(Some(&raised), "08T09:00", Some(at("06T08:00")), &all).as_ref(), Some(&raised));
    assert_eq!(look(Some(&raised), "08T09:00", Some(at("08T08:00")), &all), None);
    assert_eq!(look(Some(&raised), "08T09:00", NEVER, &[]), None);
    let again = look(None, "09T08:00", Some(at("08T08:00")), &all).unwrap();
    let alarms = |raised| Alarms { no_merge: Some(raised), ..Alarms::default() };
    assert_ne!(alarms(again).untold()[0].id, alarms(raised).untold()[0].id);
}

#[test]
fn what_was_given_up_is_no_work_but_counts_as_a_reason() {
    let given_up =
        |subject: &str| Work { is_live: false, ..work(subject, "01T09:00", "given up: still red") };
    let mut all = vec![given_up("web-1"), given_up("web-2")];
    assert_eq!(look(None, "20T09:00", NEVER, &all), None);
    all.push(work("web-3", "05T09:00", "waits for a worker"));
    let raised = look(None, "06T09:00", NEVER, &all).unwrap();
    assert_eq!(raised.what, "no merge for 24 hours, although there is work: 1 task");
    assert_eq!(raised.reason, "2 × given up: still red");
}

#[test]
fn ready_issues_are_work_too() {
    let wait = |subject: &str| Wait {
        subject: subject.to_owned(),
        reason: "5 pull requests are open".to_owned(),
    };
    let first = ready(None, Some(vec![wait("acme/web#1")]), at("05T09:00"));
    let then =
        ready(first.as_ref(), Some(vec![wait("acme/web#1"), wait("acme/web#2")]), at("05T10:00"));
    assert_eq!(then.as_ref().unwrap().since, at("05T09:00"));
    assert_eq!(ready(then.as_ref(), None, at("05T11:00")), then, "nobody could look");
    assert_eq!(ready(then.as_ref(), Some(Vec::new()), at("05T11:00")), None);
    let view = View {
        now: at("06T09:00"),
        after: SignedDuration::from_hours(24),
        last_merge: None,
        work: &[],
        ready: then.as_ref(),
    };
    let raised = no_merge(None, &view).unwrap();
    assert_eq!(raised.what, "no merge for 24 hours, although there is work: 2 Ready issues");
    assert_eq!(raised.reason, "2 × 5 pull requests are open");
    assert_eq!(raised.next, "`agentos why acme/web#1` tells more.");
    assert_eq!(no_merge(Some(&raised), &View { after: SignedDuration::ZERO, ..view }), None);
}

fn trouble(reason: &str) -> Trouble {
    Trouble {
        repo: "acme/web".to_owned(),
        subject: Some("web-1".to_owned()),
        reason: reason.to_owned(),
    }
}

/// Looks every so many minutes, and says at which look it becomes an alarm.
fn alarm_at(minutes: i64, looks: u32) -> Option<u32> {
    let mut known = BTreeMap::new();
    for look in 1..=looks {
        let step = SignedDuration::from_mins(minutes * i64::from(look));
        let now = at("05T09:00").checked_add(step).unwrap();
        known = gates(&known, "pr-monitor", &[trouble("its checks cannot be read: 502")], now);
        if known.values().any(|gate| gate.raised.is_some()) {
            return Some(look);
        }
    }
    None
}

#[test]
fn a_gate_is_an_alarm_after_five_tries_and_half_an_hour() {
    assert_eq!(alarm_at(5, 20), Some(7));
    assert_eq!(alarm_at(1, 40), Some(31));
    assert_eq!(alarm_at(60, 20), Some(5));
}

#[test]
fn a_gate_that_could_be_looked_at_once_is_counted_anew() {
    let (one, two) = (at("05T09:00"), at("05T10:00"));
    let troubles = [trouble("its checks cannot be read: 502")];
    let known = gates(&BTreeMap::new(), "pr-monitor", &troubles, one);
    assert_eq!(known.len(), 1);
    assert_eq!(
        gates(&known, "pr-monitor", &troubles, one),
        known,
        "the same moment is the same look"
    );
    assert_eq!(gates(&known, "dispatch", &[], two), known, "another job says nothing about it");
    assert!(gates(&known, "pr-monitor", &[], two).is_empty());
}

#[test]
fn one_cause_in_one_repository_is_one_alarm() {
    let mut known = BTreeMap::new();
    for minutes in 0..10 {
        let now = at("05T09:00").checked_add(SignedDuration::from_mins(minutes * 10)).unwrap();
        let other = Trouble { subject: Some("web-2".to_owned()), ..trouble("pull request 8: 502") };
        known = gates(&known, "pr-monitor", &[trouble("pull request 7: 502"), other], now);
    }
    let alarms = Alarms { gates: known, ..Alarms::default() };
    let notices = alarms.untold();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].headline, "cannot look at acme/web, web-1 for 40 minutes, 5 tries");
    assert_eq!(notices[0].reason.as_deref(), Some("pull request 7: 502"));
    assert!(alarms.told().untold().is_empty());
}
