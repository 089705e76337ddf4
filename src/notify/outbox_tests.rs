//! The outbox as files: nothing twice, nothing forgotten too early, nothing broken that stops the rest.

use super::*;
use crate::domain::notice::Kind;

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    moment("2026-03-31T09:00:00Z")
}

fn notice(id: &str) -> Notice {
    Notice {
        id: NoticeId::of(&[id]),
        kind: Kind::Merged,
        at: now(),
        headline: "merged".to_owned(),
        subject: None,
        url: None,
        title: None,
        reason: None,
        next: None,
    }
}

fn outbox() -> (tempfile::TempDir, Outbox) {
    let dir = tempfile::tempdir().unwrap();
    let outbox = Outbox::new(dir.path().join("notify"));
    (dir, outbox)
}

#[test]
fn a_notice_is_put_once_and_never_again_when_it_is_settled() {
    let (_dir, outbox) = outbox();
    assert!(!outbox.has_work());
    let notice = notice("web-1.merged");
    assert!(outbox.put(&notice, now()).unwrap());
    assert!(!outbox.put(&notice, now()).unwrap());
    assert_eq!(outbox.waiting(now()).unwrap(), std::slice::from_ref(&notice));
    outbox.settle(std::slice::from_ref(&notice.id), End::Sent, "", now()).unwrap();
    assert!(!outbox.has_work());
    for (later, again) in [
        ("2026-03-31T23:00:00Z", false),
        ("2026-06-30T00:00:00Z", false),
        ("2026-07-01T00:00:00Z", true),
    ] {
        let later = moment(later);
        assert_eq!(outbox.put(&notice, later).unwrap(), again, "{later}");
        files::remove(&outbox.waiting_file(&notice.id)).unwrap();
    }
}

#[test]
fn months_that_are_long_past_are_forgotten() {
    let (dir, outbox) = outbox();
    outbox.settle(&[notice("old").id], End::Sent, "", moment("2025-11-02T00:00:00Z")).unwrap();
    outbox.settle(&[notice("new").id], End::Sent, "", now()).unwrap();
    let mut left: Vec<_> =
        fs::read_dir(dir.path().join("notify/settled")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left.remove(0).file_name(), "2026-03");
}

#[test]
fn a_message_that_was_on_its_way_is_settled_as_unknown_and_named() {
    let (_dir, outbox) = outbox();
    let (first, second) = (notice("web-1.merged"), notice("web-2.merged"));
    outbox.put(&first, now()).unwrap();
    outbox.put(&second, now()).unwrap();
    outbox.announce(&[&first], now()).unwrap();
    outbox.recover(now()).unwrap();
    assert_eq!(outbox.waiting(now()).unwrap(), [second]);
    let problems = outbox.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].notices, [first.id]);
    outbox.recover(now()).unwrap();
    assert_eq!(outbox.problems(), problems);
}

#[test]
fn a_crash_between_record_and_removal_sends_nothing_twice() {
    let (_dir, outbox) = outbox();
    let notice = notice("web-1.merged");
    outbox.put(&notice, now()).unwrap();
    let text = files::read_text(&outbox.waiting_file(&notice.id), MAX_BYTES).unwrap();
    outbox.announce(&[&notice], now()).unwrap();
    outbox.settle(std::slice::from_ref(&notice.id), End::Sent, "", now()).unwrap();
    files::replace(&outbox.waiting_file(&notice.id), text.as_bytes()).unwrap();
    outbox.announce(&[&notice], now()).unwrap();
    outbox.recover(now()).unwrap();
    assert!(outbox.waiting(now()).unwrap().is_empty());
    assert!(outbox.problems().is_empty() && !outbox.has_work());
}

#[test]
fn a_file_that_is_no_notice_stops_no_other() {
    let (_dir, outbox) = outbox();
    let notice = notice("web-1.merged");
    outbox.put(&notice, now()).unwrap();
    for (name, text) in [("a.json", "{"), ("b.json", "[]"), ("other.json", json(&notice).as_str())]
    {
        files::replace(&outbox.waiting_dir().join(name), text.as_bytes()).unwrap();
    }
    assert_eq!(outbox.waiting(now()).unwrap(), [notice]);
    assert_eq!(outbox.count(), 1);
    files::replace(&outbox.sending_file(), b"nonsense").unwrap();
    outbox.recover(now()).unwrap();
    assert!(!outbox.sending_file().exists());
}

#[test]
fn what_is_known_of_the_way_is_written_only_when_it_changes() {
    let (dir, outbox) = outbox();
    outbox.set_pace(Pace::default()).unwrap();
    assert!(!dir.path().join("notify").exists());
    outbox.put(&notice("x"), now()).unwrap();
    let pace = Pace { down_since: Some(now()), not_before: None };
    outbox.set_pace(pace).unwrap();
    assert_eq!(outbox.pace(), pace);
    outbox.set_pace(Pace::default()).unwrap();
    assert!(!dir.path().join("notify/pace.json").exists());
}
