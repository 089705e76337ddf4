//! Files that people write: what counts, what is a problem, and that their writing survives ours.

use std::fs::{self, FileTimes};
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

use super::fake::{Scene, new_issue, new_pull, wait};
use crate::domain::ids::{IssueNumber, PrNumber};
use crate::domain::issue::{BoardStatus, IssueState, Trust};
use crate::domain::pull::PullState;
use crate::host::{Board, HostError, Issues, LabelChange, PullRequests};

/// What it is, its text, and the title, body, column and labels that are read from it.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<BoardStatus>,
    &'static [&'static str],
);

const BY_HAND: &[Row] = &[
    ("only a title", "Fix the login", "Fix the login", "", None, &[]),
    ("a heading", "# Fix it\n\nIt fails.\n", "Fix it", "It fails.\n", None, &[]),
    ("small", "---\ntitle: Fix\nstatus: ready\n---\nx", "Fix", "x", Some(BoardStatus::Ready), &[]),
    ("loud", "---\ntitle: Fix\nstatus: READY\n---\n", "Fix", "", Some(BoardStatus::Ready), &[]),
    (
        "dashed",
        "---\ntitle: Fix\nstatus: in-progress\n---\n",
        "Fix",
        "",
        Some(BoardStatus::InProgress),
        &[],
    ),
    ("unknown column", "---\ntitle: Fix\nstatus: Doing\n---\n", "Fix", "", None, &[]),
    ("list", "---\ntitle: Fix\nlabels: [Ready, a]\n---\n", "Fix", "", None, &["Ready", "a"]),
    ("commas", "---\ntitle: Fix\nlabels: ready, a\n---\n", "Fix", "", None, &["ready", "a"]),
    (
        "empty keys",
        "---\ntitle: Fix\nlabels:\nstatus:\nstate:\nauthor:\n---\n",
        "Fix",
        "",
        None,
        &[],
    ),
    ("a number", "---\ntitle: 42\n---\n", "42", "", None, &[]),
    ("CRLF and BOM", "\u{feff}---\r\ntitle: Fix\r\n---\r\na\r\n", "Fix", "a\r\n", None, &[]),
    ("BOM alone", "\u{feff}# Fix\r\n", "Fix", "", None, &[]),
    (
        "no title key",
        "---\nstatus: Ready\n---\n# Fix\nx",
        "Fix",
        "x",
        Some(BoardStatus::Ready),
        &[],
    ),
    ("capital keys", "---\nTitle: Fix\nLabels: a\n---\n", "Fix", "", None, &["a"]),
    ("nothing between", "---\n---\nFix\n", "Fix", "", None, &[]),
    ("a path", "---\ntitle: ../../etc/passwd\n---\n", "../../etc/passwd", "", None, &[]),
];

#[test]
fn whatever_a_person_would_write_is_an_issue() {
    let scene = Scene::new();
    for (number, row) in (1_u64..).zip(BY_HAND) {
        scene.write(&format!("issues/{number}.md"), row.1);
    }
    let issues = wait(scene.host.open_issues()).unwrap();
    assert_eq!(scene.host.problems(), []);
    assert_eq!(issues.len(), BY_HAND.len());
    for (issue, (name, _, title, body, status, labels)) in issues.iter().zip(BY_HAND) {
        assert_eq!((issue.title.as_str(), issue.body.as_str()), (*title, *body), "{name}");
        assert_eq!(
            (issue.status, issue.labels.as_slice()),
            (*status, &*labels.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>()),
            "{name}"
        );
        assert_eq!((issue.state, issue.author_trust), (IssueState::Open, Trust::Trusted), "{name}");
        assert_eq!(issue.author, "person", "{name}");
    }
}

#[test]
fn the_file_name_says_the_number_and_the_file_time_what_dates_are_missing() {
    let scene = Scene::new();
    let path =
        scene.write("issues/7.md", "---\nnumber: 99\ntitle: Fix\ncreated_at: 2026-01-02\n---\n");
    let hand = scene.write("issues/8.md", "Fix");
    let moment = UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    for file in [&path, &hand] {
        let file = fs::File::options().write(true).open(file).unwrap();
        file.set_times(FileTimes::new().set_modified(moment)).unwrap();
    }
    let [dated, undated] = &wait(scene.host.open_issues()).unwrap()[..] else { panic!() };
    let changed = Timestamp::from_second(1_780_000_000).unwrap();
    assert_eq!(dated.number, IssueNumber(7));
    assert_eq!(dated.created_at, "2026-01-02T00:00:00Z".parse().unwrap());
    assert_eq!(dated.updated_at, changed);
    assert_eq!((undated.created_at, undated.updated_at), (changed, changed));
}

#[test]
fn a_broken_file_is_reported_with_its_line_and_hides_no_other() {
    let scene = Scene::new();
    scene.write("issues/1.md", "Good");
    for (number, text) in [
        (2, "---\ntitle: Fix: the cart\n---\n"),
        (3, "---\ntitle: Fix\nno end\n"),
        (4, "---\n- a\n---\n"),
        (5, ""),
        (6, "---\ntitle: Fix\n\nstate: shut\n---\n"),
    ] {
        scene.write(&format!("issues/{number}.md"), text);
    }
    scene.write("issues/7.md", [0xff, 0xfe]);
    fs::create_dir(scene.board.join("issues/8.md")).unwrap();
    scene.write("issues/9.md", vec![b'x'; 2 * 1024 * 1024 + 1]);
    symlink(scene.board.join("issues/1.md"), scene.board.join("issues/10.md")).unwrap();
    scene.write("issues/fix-login.md", "Fix the login");
    scene.write("issues/README.md", "How to");
    let issues = wait(scene.host.open_issues()).unwrap();
    assert_eq!(issues.iter().map(|issue| issue.number.0).collect::<Vec<_>>(), [1]);
    let problems = scene.host.problems();
    let about = |name: &str| {
        let file = scene.board.join("issues").join(name);
        let found = problems.iter().find(|problem| problem.file == file);
        found.map(|problem| problem.message.clone()).unwrap_or_default()
    };
    assert_eq!(problems.len(), 10, "{problems:#?}");
    assert!(about("2.md").contains("2.md:2:"), "{}", about("2.md"));
    assert!(about("3.md").contains("3.md:1:"), "{}", about("3.md"));
    assert!(about("5.md").contains("title"), "{}", about("5.md"));
    assert!(about("6.md").contains("6.md:4: `state` must be"), "{}", about("6.md"));
    for number in 2..=10 {
        assert!(
            matches!(wait(scene.host.issue(IssueNumber(number))), Err(HostError::Malformed { .. })),
            "{number}"
        );
        let message = about(&format!("{number}.md"));
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    scene.write("issues/2.md", "Mended");
    wait(scene.host.open_issues()).unwrap();
    assert_eq!(scene.host.problems().len(), 9);
}

#[test]
fn what_a_person_wrote_survives_our_changes() {
    let scene = Scene::new();
    let body = "\r\n# Cart\n\n---\nlast line without end";
    scene.write(
        "issues/1.md",
        format!("---\n# mine\ntitle: 'Add a cart'   # short\nlabels: ready, x\nnumber: 3\nestimate: 1.50\n---\n{body}"),
    );
    let number = IssueNumber(1);
    let change = LabelChange { add: vec!["in-progress".into()], remove: vec!["ready".into()] };
    wait(scene.host.change_labels(number, &change)).unwrap();
    wait(scene.host.set_status(number, BoardStatus::InProgress)).unwrap();
    wait(scene.host.close_issue(number)).unwrap();
    let text = scene.text("issues/1.md");
    assert!(text.ends_with(&format!("\n---\n{body}")));
    assert!(text.starts_with("---\n# mine\ntitle: 'Add a cart'   # short\nlabels:\n"), "{text}");
    assert!(text.contains("\nestimate: 1.50\n") && text.contains("\nnumber: 1\n"), "{text}");
    let issue = wait(scene.host.issue(number)).unwrap();
    assert_eq!(
        (issue.labels, issue.state),
        (vec!["x".to_owned(), "in-progress".to_owned()], IssueState::Closed)
    );
    scene.host.reopen(number).unwrap();
    assert!(!scene.text("issues/1.md").contains("closed"));
}

#[test]
fn a_file_without_front_matter_keeps_its_text_and_its_title() {
    let scene = Scene::new();
    let text = "# Fix the login\n\nIt fails.\n";
    scene.write("issues/1.md", text);
    let before = wait(scene.host.issue(IssueNumber(1))).unwrap();
    wait(scene.host.set_status(IssueNumber(1), BoardStatus::Ready)).unwrap();
    let after = wait(scene.host.issue(IssueNumber(1))).unwrap();
    assert_eq!((before.title, before.body), (after.title, after.body));
    assert!(scene.text("issues/1.md").ends_with(&format!("---\n{text}")));
}

#[test]
fn a_pull_request_by_hand_counts_and_a_broken_one_is_never_taken_for_none() {
    let scene = Scene::new();
    scene.forge.push("main");
    let tip = scene.forge.push("agent/web-1");
    scene.write("pulls/4.md", "---\nhead: agent/web-1\nbase: main\n---\nCloses #3\n");
    let pull = wait(scene.host.pull(PrNumber(4))).unwrap();
    assert_eq!(
        (pull.title.as_str(), pull.state, pull.issue),
        ("agent/web-1", PullState::Open, Some(IssueNumber(3)))
    );
    assert_eq!(pull.head_sha, tip);
    scene.write("pulls/4.md", "---\nhead: agent/web-1\nbase: main\ntitle: a: b\n---\n");
    let head = "agent/web-1".parse().unwrap();
    assert!(matches!(wait(scene.host.pulls_of_branch(&head)), Err(HostError::Malformed { .. })));
    let refused = wait(scene.host.create_pull(&new_pull("agent/web-1", 3)));
    assert!(matches!(refused, Err(HostError::Malformed { .. })));
    assert!(wait(scene.host.open_pulls()).unwrap().is_empty());
    assert_eq!(scene.host.problems().len(), 1);
    scene.forge.push("agent/web-2");
    assert!(wait(scene.host.create_pull(&new_pull("agent/web-2", 3))).is_ok());
    scene.write("pulls/4.old.md", "head: agent/web-3");
    scene.forge.push("agent/web-3");
    assert!(
        wait(scene.host.create_pull(&new_pull("agent/web-3", 3))).is_ok(),
        "a copy is in nobody's way"
    );
}

#[test]
fn a_pull_request_whose_head_nobody_knows_hides_no_other() {
    let scene = Scene::new();
    scene.forge.push("agent/web-1");
    scene.write("pulls/1.md", "---\nhead: gone\nbase: main\n---\n");
    scene.write("pulls/2.md", "---\nhead: agent/web-1\nbase: main\n---\n");
    scene.write("pulls/3.md", "---\nhead: agent/web-1\nbase: main\nstate: closed\n---\n");
    let open = wait(scene.host.open_pulls()).unwrap();
    assert_eq!(open.iter().map(|pull| pull.number.0).collect::<Vec<_>>(), [2]);
    assert_eq!(scene.host.problems().len(), 1);
    assert_eq!(scene.host.list_pulls(true).unwrap().len(), 2);
}

#[test]
fn a_pull_request_with_a_bad_branch_or_state_is_a_problem() {
    let scene = Scene::new();
    for (number, keys) in [
        (1, "base: main"),
        (2, "head: --upload-pack=x\nbase: main"),
        (3, "head: a\nbase: main\nstate: done"),
        (4, "head: a\nbase: main\ndraft: maybe"),
        (5, "head: a\nbase: main\nhead_sha: HEAD"),
    ] {
        scene.write(&format!("pulls/{number}.md"), format!("---\n{keys}\n---\n"));
    }
    assert!(scene.host.list_pulls(true).unwrap().is_empty());
    assert_eq!(scene.host.problems().len(), 5);
}

#[test]
fn comments_that_somebody_left_keep_their_number_from_a_new_issue() {
    let scene = Scene::new();
    scene.write("issues/5.comments.md", "hello");
    scene.write("pulls/6.md", "---\nhead: a\nbase: main\n---\n");
    assert_eq!(wait(scene.host.create_issue(&new_issue("x"))).unwrap().number, IssueNumber(7));
}
