//! When files are written: once, under the lock, and never for a look.

use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;
use std::thread;
use std::time::Instant;

use super::fake::{Scene, fresh_forge, host_on, new_issue, new_pull, wait};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::BoardStatus;
use crate::host::{Board, Issues, LabelChange, PullRequests};
use crate::sys::clock::ManualClock;

const ONE: IssueNumber = IssueNumber(1);

#[test]
fn writing_the_same_twice_touches_no_file() {
    let scene = Scene::new();
    scene.write("issues/1.md", "---\ntitle: Fix\nstatus: ready\nlabels: Ready, x\n---\n");
    let change = LabelChange { add: vec!["ready".into(), "X".into()], remove: vec!["none".into()] };
    let before = scene.everything();
    wait(scene.host.change_labels(ONE, &change)).unwrap();
    wait(scene.host.set_status(ONE, BoardStatus::Ready)).unwrap();
    scene.host.reopen(ONE).unwrap();
    assert_eq!(scene.everything(), before, "as a person wrote it is so already");
    assert!(!scene.root().join("locks").exists(), "and needs no lock");

    let comment = wait(scene.host.add_comment(ONE, "x")).unwrap();
    wait(scene.host.close_issue(ONE)).unwrap();
    let before = scene.everything();
    wait(scene.host.edit_comment(ONE, comment.id, "x")).unwrap();
    wait(scene.host.close_issue(ONE)).unwrap();
    assert_eq!(scene.everything(), before);
}

#[test]
fn closing_leaves_the_column_to_the_caller() {
    let scene = Scene::new();
    wait(scene.host.create_issue(&new_issue("Fix"))).unwrap();
    wait(scene.host.set_status(ONE, BoardStatus::InProgress)).unwrap();
    wait(scene.host.close_issue(ONE)).unwrap();
    assert_eq!(wait(scene.host.issue(ONE)).unwrap().status, Some(BoardStatus::InProgress));
    assert!(scene.text("issues/1.md").contains("closed_at"));
    assert_eq!(scene.host.closed_issue_numbers().unwrap(), BTreeSet::from([ONE]));
    assert_eq!(scene.host.list_issues(false).unwrap().len(), 0);
    assert_eq!(scene.host.list_issues(true).unwrap().len(), 1);
}

#[test]
fn a_new_issue_is_a_file_that_a_person_can_edit() {
    let scene = Scene::new();
    let mut issue = new_issue("Add a cart");
    issue.labels = vec!["ready".into()];
    issue.author = "ann".into();
    wait(scene.host.create_issue(&issue)).unwrap();
    let text = scene.text("issues/1.md").replace(['\'', '"'], "");
    for line in
        ["---", "number: 1", "title: Add a cart", "status: Backlog", "author: ann", "state: open"]
    {
        assert!(text.lines().any(|present| present == line), "{line} in {text}");
    }
    assert!(text.ends_with("\n---\nText.\n"));
}

#[test]
fn issues_and_pull_requests_made_at_once_get_numbers_of_their_own() {
    const THREADS: u32 = 8;
    const EACH: u32 = 3;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let start = "2026-11-20T09:00:00Z".parse().unwrap();
    let numbers: Vec<u64> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                scope.spawn(move || {
                    let forge = fresh_forge();
                    forge.push("main");
                    let host = host_on(root, forge.clone(), Rc::new(ManualClock::new(start)));
                    let mut numbers = Vec::new();
                    for turn in 0..EACH {
                        let branch = format!("agent/web-{}", worker * EACH + turn);
                        forge.push(&branch);
                        numbers.push(wait(host.create_issue(&new_issue("x"))).unwrap().number.0);
                        numbers
                            .push(wait(host.create_pull(&new_pull(&branch, 1))).unwrap().number.0);
                    }
                    numbers
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct, (1..=u64::from(THREADS * EACH * 2)).collect());
    assert_eq!(numbers.len(), distinct.len());
}

#[test]
fn changes_made_at_once_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let start = "2026-11-20T09:00:00Z".parse().unwrap();
    let host = || host_on(root, fresh_forge(), Rc::new(ManualClock::new(start)));
    wait(host().create_issue(&new_issue("x"))).unwrap();
    thread::scope(|scope| {
        for worker in 0..6 {
            scope.spawn(move || {
                let host = host();
                let add = vec![format!("label-{worker}")];
                let change = LabelChange { add, remove: Vec::new() };
                wait(host.change_labels(ONE, &change)).unwrap();
                wait(host.add_comment(ONE, &format!("comment {worker}"))).unwrap();
            });
        }
    });
    assert_eq!(wait(host().issue(ONE)).unwrap().labels.len(), 6);
    let comments = wait(host().comments(ONE)).unwrap();
    let ids: BTreeSet<u64> = comments.iter().map(|comment| comment.id).collect();
    assert_eq!((comments.len(), ids.len()), (6, 6));
}

#[test]
fn a_look_at_a_thousand_issues_is_cheap_and_writes_nothing() {
    let scene = Scene::new();
    for number in 1..=1000 {
        let text = format!(
            "---\nnumber: {number}\ntitle: Fix {number}\nstatus: Backlog\nlabels: [a, b]\nauthor: ann\nstate: open\ncreated_at: 2026-11-20T09:00:00Z\nupdated_at: 2026-11-20T09:00:00Z\n---\nText.\n"
        );
        scene.write(&format!("issues/{number}.md"), text);
    }
    let started = Instant::now();
    assert_eq!(wait(scene.host.open_issues()).unwrap().len(), 1000);
    let elapsed = started.elapsed();
    // Measured well below a second without optimisation; more means that something is done per pair of issues.
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
    assert_eq!(fs::read_dir(scene.board.join("issues")).unwrap().count(), 1000);
    assert!(!scene.root().join("locks").exists());
}
