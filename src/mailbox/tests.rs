//! The mailbox on real folders.
#![expect(clippy::disallowed_methods, reason = "tests write and move files as people do")]

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::{Gone, Mailbox, MailboxError};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::kinds::Priority;
use crate::domain::task::tests::a_task;
use crate::domain::task::{Folder, HostState, Move, Stage, Task};
use crate::domain::task_file;

fn mailbox(dir: &tempfile::TempDir) -> Mailbox {
    let mailbox = Mailbox::new(
        dir.path().join("mailbox"),
        dir.path().join("locks"),
        dir.path().join("archive"),
    );
    mailbox.prepare().unwrap();
    mailbox
}

fn task(id: &str) -> Task {
    let id: TaskId = id.parse().unwrap();
    Task { branch: id.branch(), id, ..a_task() }
}

fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

#[test]
fn a_task_goes_from_inbox_to_processing_to_done() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-42")).unwrap();
    let mut claim = mailbox.claim(&id("web-42")).unwrap().unwrap();
    assert_eq!(mailbox.whereabouts(&id("web-42")), Some(Folder::Processing));
    mailbox.checkpoint(&mut claim, Stage::Worktree).unwrap();
    let (task, lease) = mailbox.settle(claim, Folder::Done).unwrap();
    assert_eq!(task.settling, None);
    mailbox.update(&lease, Folder::Done, &task).unwrap();
    let (folder, read) = mailbox.find(&id("web-42")).unwrap().unwrap();
    assert_eq!((folder, read.stage), (Folder::Done, None), "the attempt is over");
}

#[test]
fn of_many_claimants_one_wins_each_task() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    for n in 1..=20 {
        mailbox.deliver(&task(&format!("web-{n}"))).unwrap();
    }
    let claimed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for n in 1..=20 {
                    if let Some(claim) = mailbox.claim(&id(&format!("web-{n}"))).unwrap() {
                        claimed.fetch_add(1, Ordering::Relaxed);
                        drop(mailbox.settle(claim, Folder::Done).unwrap());
                    }
                }
            });
        }
    });
    assert_eq!(claimed.load(Ordering::Relaxed), 20);
    assert_eq!(mailbox.stems(Folder::Done).unwrap().len(), 20);
}

#[test]
fn a_task_is_delivered_once_whatever_folder_it_lies_in() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-42")).unwrap();
    let claim = mailbox.claim(&id("web-42")).unwrap().unwrap();
    let again = mailbox.deliver(&task("web-42"));
    assert!(
        matches!(again, Err(MailboxError::Duplicate { folder: Folder::Processing, .. })),
        "{again:?}"
    );
    drop(claim);
}

#[test]
fn a_file_that_was_moved_by_hand_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-42")).unwrap();
    let mut claim = mailbox.claim(&id("web-42")).unwrap().unwrap();
    let (from, to) = (
        mailbox.path(Folder::Processing, &id("web-42")),
        mailbox.path(Folder::Blocked, &id("web-42")),
    );
    fs::rename(from, to).unwrap();
    assert!(!mailbox.is_still_there(&claim));
    assert!(matches!(mailbox.checkpoint(&mut claim, Stage::AgentDone), Err(Gone::Moved(_))));
    assert!(matches!(mailbox.settle(claim, Folder::Done), Err(Gone::Moved(_))));
    assert_eq!(mailbox.whereabouts(&id("web-42")), Some(Folder::Blocked));
    assert_eq!(mailbox.stems(Folder::Processing).unwrap(), Vec::<String>::new());
}

#[test]
fn what_a_dead_worker_left_is_taken_over_with_its_decision() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    let decided = Move { from: Folder::Processing, to: Folder::Blocked };
    let left = Task { settling: Some(decided), ..task("web-42") };
    fs::write(mailbox.path(Folder::Processing, &left.id), task_file::render(&left).unwrap())
        .unwrap();
    let claim = mailbox.take_over(&id("web-42")).unwrap().unwrap();
    assert!(claim.resumed);
    assert_eq!(claim.task.settling, Some(decided));
    assert!(mailbox.take_over(&id("web-42")).unwrap().is_none(), "the lease is held");
}

#[test]
fn a_move_that_left_its_file_in_both_folders_is_ended_by_the_next_lease() {
    let on_its_way = |to| Some(Move { from: Folder::Processing, to });
    for (folders, settling, wanted) in [
        ([Folder::Inbox, Folder::Processing], None, Folder::Processing),
        ([Folder::Processing, Folder::Done], on_its_way(Folder::Done), Folder::Done),
        ([Folder::Inbox, Folder::Processing], on_its_way(Folder::Inbox), Folder::Inbox),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = mailbox(&dir);
        let id = id("web-42");
        let [one, other] = folders.map(|folder| mailbox.path(folder, &id));
        let text = task_file::render(&Task { settling, ..task("web-42") }).unwrap();
        fs::write(&one, text).unwrap();
        fs::hard_link(&one, &other).unwrap();
        drop(mailbox.lease(&id).unwrap().unwrap());
        let left = folders.into_iter().filter(|folder| mailbox.path(*folder, &id).exists());
        assert_eq!(left.collect::<Vec<_>>(), [wanted]);
    }
}

#[test]
fn two_different_files_of_a_task_are_left_for_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-42")).unwrap();
    let copy = mailbox.path(Folder::Processing, &id("web-42"));
    fs::copy(mailbox.path(Folder::Inbox, &id("web-42")), &copy).unwrap();
    drop(mailbox.lease(&id("web-42")).unwrap().unwrap());
    assert!(copy.exists() && mailbox.path(Folder::Inbox, &id("web-42")).exists());
}

#[test]
fn poison_is_set_aside_with_its_reason_and_never_over_another_file() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    for round in 0..2 {
        fs::write(
            mailbox.folder(Folder::Inbox).join("web-1.md"),
            format!("no front matter {round}"),
        )
        .unwrap();
        let entry = mailbox.list(Folder::Inbox).unwrap().remove(0);
        let reason = entry.task.as_ref().unwrap_err().clone();
        mailbox.set_aside(&entry, &reason).unwrap();
    }
    let failed = mailbox.folder(Folder::Failed);
    assert_eq!(fs::read_to_string(failed.join("web-1.md")).unwrap(), "no front matter 0");
    assert_eq!(fs::read_to_string(failed.join("web-1.md.1")).unwrap(), "no front matter 1");
    assert!(fs::read_to_string(failed.join("web-1.md.reason.txt")).unwrap().contains("`---`"));
}

#[test]
fn a_file_whose_name_and_id_differ_is_no_task() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    fs::write(
        mailbox.path(Folder::Inbox, &id("web-7")),
        task_file::render(&task("web-42")).unwrap(),
    )
    .unwrap();
    let error = mailbox.find(&id("web-7")).unwrap_err().to_string();
    assert!(error.contains("`web-7`") && error.contains("`web-42`"), "{error}");
}

#[test]
fn generations_are_counted_over_all_folders_and_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    let newest = || mailbox.newest_generation(&"web".parse().unwrap(), IssueNumber(42)).unwrap();
    assert_eq!(newest(), None);
    mailbox.deliver(&task("web-42")).unwrap();
    mailbox.deliver(&task("web-420")).unwrap();
    assert_eq!(newest(), Some((1, Some(Folder::Inbox))));
    fs::rename(
        mailbox.path(Folder::Inbox, &id("web-42")),
        mailbox.path(Folder::Done, &id("web-42")),
    )
    .unwrap();
    mailbox.archive(Folder::Done, &id("web-42"), "2026-11").unwrap();
    assert_eq!(newest(), Some((1, None)));
    mailbox.deliver(&task("web-42-2")).unwrap();
    assert_eq!(newest(), Some((2, Some(Folder::Inbox))));
}

proptest! {
    // Every case waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The head of a file and the whole of it cannot disagree.
    #[test]
    fn a_head_says_what_the_whole_file_says(
        priority in prop_oneof![Just(Priority::High), Just(Priority::Normal), Just(Priority::Low)],
        parked in proptest::option::of(0..2_000_000_000_i64),
        title in "\\PC{0,80}",
        reason in proptest::option::of("(priority: low|created_at: 2020-01-01T00:00:00Z|---|\\PC{0,5000})"),
        body in "(---\n|\\PC|\n){0,20}",
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = mailbox(&dir);
        let not_before = parked.map(|second| jiff::Timestamp::from_second(second).unwrap());
        let task = Task { title, priority, not_before, reason, body, ..task("web-42") };
        mailbox.deliver(&task).unwrap();
        let heads = mailbox.heads(Folder::Inbox).unwrap();
        prop_assert_eq!((heads.tasks.len(), heads.poison.len()), (1, 0));
        let whole = mailbox.find(&task.id).unwrap().unwrap().1;
        prop_assert_eq!(heads.tasks[0].keys(), &Task { body: String::new(), ..whole });
    }
}

#[test]
fn heads_tell_tasks_from_poison() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-1")).unwrap();
    let inbox = mailbox.folder(Folder::Inbox);
    let good = std::fs::read_to_string(inbox.join("web-1.md")).unwrap();
    let mut wrong: Vec<(&str, String)> = vec![
        ("web-2", good.clone()),
        ("web-3", good.replace("web-1", "web-3").replace("issue: 42", "issue: many")),
        ("web-4", good.replace("web-1", "web-4").replace("issue: 42", "issue: 42\nissue: 42")),
        ("web-5", String::new()),
    ];
    wrong.push(("web-6", format!("{}\u{0}", good.replace("web-1", "web-6").replace("---", ""))));
    for (name, text) in &wrong {
        std::fs::write(inbox.join(format!("{name}.md")), text).unwrap();
    }
    std::fs::create_dir(inbox.join("web-7.md")).unwrap();
    std::os::unix::fs::symlink(inbox.join("web-1.md"), inbox.join("web-8.md")).unwrap();
    let heads = mailbox.heads(Folder::Inbox).unwrap();
    let names: Vec<&str> = heads.poison.iter().map(|entry| entry.stem.as_str()).collect();
    assert_eq!(names, ["web-2", "web-3", "web-4", "web-5", "web-6", "web-7", "web-8"]);
    assert_eq!(heads.tasks.len(), 1);
}

#[test]
fn of_a_repository_only_its_own_files_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    mailbox.deliver(&task("web-1")).unwrap();
    mailbox.deliver(&task("web-1-2")).unwrap();
    let inbox = mailbox.folder(Folder::Inbox);
    // Whoever opened them would call them poison.
    for name in ["api-1", "webshop-1", "web", "we-1"] {
        std::fs::write(inbox.join(format!("{name}.md")), "no task").unwrap();
    }
    let heads = mailbox.heads_of(Folder::Inbox, &"web".parse().unwrap()).unwrap();
    assert_eq!((heads.tasks.len(), heads.poison.len()), (2, 0));
    let heads = mailbox.heads_of(Folder::Inbox, &"api".parse().unwrap()).unwrap();
    assert_eq!((heads.tasks.len(), heads.poison.len()), (0, 1));
}

#[test]
fn who_takes_a_task_up_leaves_what_was_said_about_its_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = mailbox(&dir);
    let host_state = Some(HostState::NeedsPerson);
    let trouble = Some("the remote is away".to_owned());
    mailbox.deliver(&Task { trouble, host_state, ..task("web-42") }).unwrap();
    let claim = mailbox.claim(&id("web-42")).unwrap().unwrap();
    assert_eq!((claim.task.host_state, claim.task.trouble), (None, None));
}
