//! Which transition gives which notice, and under which id.

use super::*;
use crate::domain::ids::PrNumber;
use crate::domain::task::HostState;
use crate::domain::task::tests::a_task;

fn at() -> Timestamp {
    "2026-01-05T09:00:00Z".parse().unwrap()
}

fn told(change: impl FnOnce(&mut Task)) -> Task {
    let mut task = a_task();
    task.host_state = Some(HostState::InProgress);
    change(&mut task);
    task
}

fn ids(folder: Folder, task: &Task) -> Vec<String> {
    let notices = of_change(folder, task, at(), &Redactor::default());
    notices.into_iter().map(|notice| notice.id.to_string()).collect()
}

#[test]
fn every_transition_has_one_id_of_its_own() {
    let with_pr = |task: &mut Task| task.pr = Some(PrNumber(7));
    for (folder, task, expected) in [
        (Folder::Inbox, a_task(), vec!["web-42.dispatched"]),
        (Folder::Inbox, told(|_| {}), vec![]),
        (Folder::Processing, told(|_| {}), vec![]),
        (
            Folder::Inbox,
            told(|task| {
                with_pr(task);
                task.failed_checks = vec!["ci".to_owned()];
                task.counters.repairs = 2;
            }),
            vec!["web-42.red.2"],
        ),
        (Folder::Blocked, told(|task| task.counters.spent = 1), vec!["web-42.blocked.1-1-0-0"]),
        (
            Folder::Escalated,
            told(|task| {
                task.counters.spent = 4;
                task.counters.free_runs = 1;
            }),
            vec!["web-42.escalated.4-0-1"],
        ),
        (Folder::Failed, told(|_| {}), vec!["web-42.failed.0-0-0"]),
        (
            Folder::Done,
            told(|task| {
                with_pr(task);
                task.counters.spent = 1;
            }),
            vec!["web-42.completed.1"],
        ),
        (Folder::Done, told(|_| {}), vec![]),
        (
            Folder::Done,
            told(|task| {
                with_pr(task);
                task.reason = Some("a person ended its pull request".to_owned());
            }),
            vec![],
        ),
        (Folder::Done, told(|task| task.outcome = Some(Outcome::Merged)), vec!["web-42.merged"]),
        (
            Folder::Done,
            told(|task| task.outcome = Some(Outcome::NoChange)),
            vec!["web-42.no-change"],
        ),
        (Folder::Done, told(|task| task.outcome = Some(Outcome::Closed)), vec![]),
        (Folder::Done, told(|task| task.outcome = Some(Outcome::Cancelled)), vec![]),
    ] {
        assert_eq!(ids(folder, &task), expected, "{folder} {:?}", task.outcome);
    }
}

#[test]
fn what_was_never_told_is_told_with_its_beginning() {
    let mut task = a_task();
    task.reason = Some("no file of that name".to_owned());
    assert_eq!(ids(Folder::Blocked, &task), ["web-42.dispatched", "web-42.blocked.1-0-0-0"]);
}

#[test]
fn what_needs_a_person_is_an_alert_and_the_rest_is_not() {
    for kind in [Kind::Blocked, Kind::Escalated, Kind::Failed, Kind::ManualAction, Kind::Alarm] {
        assert_eq!(kind.rank(), Rank::Alert, "{kind:?}");
    }
    for kind in [Kind::Dispatched, Kind::Completed, Kind::NoChange, Kind::Merged, Kind::ChecksRed] {
        assert_eq!(kind.rank(), Rank::Info, "{kind:?}");
    }
}

#[test]
fn a_hold_is_told_once_for_each_head_and_reason() {
    let task = told(|task| {
        task.pr = Some(PrNumber(7));
        task.head_sha = Some("0123456789012345678901234567890123456789".parse().unwrap());
    });
    let hold = |task: &Task, why: &str| of_hold(task, "hold", why, at(), &Redactor::default());
    let first = hold(&task, "it is a draft");
    assert_eq!(first.headline, "pull request 7 waits for you");
    assert_eq!(first.id, hold(&task, "it is a draft").id);
    assert_ne!(first.id, hold(&task, "it has the label `hold`").id);
    let moved = Task {
        head_sha: Some("1123456789012345678901234567890123456789".parse().unwrap()),
        ..task.clone()
    };
    assert_ne!(first.id, hold(&moved, "it is a draft").id);
}

#[test]
fn what_is_left_for_a_person_is_an_alert_with_its_first_step() {
    let task = told(|task| task.counters.spent = 1);
    let left = |steps: &[&str]| {
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        of_manual_steps(&task, &steps, at(), &Redactor::default())
    };
    assert_eq!(left(&[]), None);
    let notice = left(&["Set the key of the\npayment service", "Tell ann"]).unwrap();
    assert_eq!(notice.id.as_str(), "web-42.manual-steps.1");
    assert_eq!(notice.headline, "left 2 steps for you to do by hand");
    assert_eq!(notice.reason.as_deref(), Some("Set the key of the payment service"));
    assert_eq!(notice.kind.rank(), Rank::Alert);
}

#[test]
fn titles_and_reasons_are_clean_short_and_without_secrets() {
    let redactor = Redactor::new(["hunter2hunter2".to_owned()]);
    let mut task = told(|task| {
        task.title = format!("Say\nhunter2hunter2 \u{202e}{}", "long ".repeat(100));
        task.reason = Some("it printed hunter2hunter2<!-- hidden -->".to_owned());
    });
    let [notice] = &of_change(Folder::Failed, &task, at(), &redactor)[..] else { panic!() };
    let title = notice.title.as_deref().unwrap();
    assert!(title.starts_with("Say [redacted] long long"), "{title}");
    assert!(title.chars().count() <= MAX_TITLE && !title.contains('\u{202e}'));
    assert_eq!(notice.reason.as_deref(), Some("it printed [redacted]"));
    task.url = "javascript:alert(1)".to_owned();
    let [notice] = &of_change(Folder::Failed, &task, at(), &redactor)[..] else { panic!() };
    assert_eq!(notice.url, None);
}

#[test]
fn an_id_names_a_file_and_nothing_else() {
    let id = NoticeId::of(&["../etc", "a/b", "ü"]);
    assert_eq!(id.as_str(), "x..-etc.a-b.-");
    assert_eq!(NoticeId::of(&[&"a".repeat(500)]).as_str().len(), MAX_ID);
    assert!(serde_json::from_str::<NoticeId>("\"../../x\"").is_err());
    assert_eq!(
        serde_json::from_str::<NoticeId>("\"web-1.merged\"").unwrap().as_str(),
        "web-1.merged"
    );
}
