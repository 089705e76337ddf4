//! Threads: nasty texts, comments by hand, and who wrote what.

use std::fs;

use proptest::prelude::*;

use super::fake::{Scene, new_issue, wait};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::Comment;
use crate::host::{HostError, Issues};

const FILE: &str = "issues/1.comments.md";
const ONE: IssueNumber = IssueNumber(1);

fn scene() -> Scene {
    let scene = Scene::new();
    wait(scene.host.create_issue(&new_issue("Talk"))).unwrap();
    scene
}

fn thread(scene: &Scene) -> Vec<Comment> {
    wait(scene.host.comments(ONE)).unwrap()
}

fn said(scene: &Scene) -> Vec<(String, String, bool)> {
    thread(scene).into_iter().map(|c| (c.author, c.body, c.ours)).collect()
}

fn by(author: &str, body: &str, ours: bool) -> (String, String, bool) {
    (author.to_owned(), body.to_owned(), ours)
}

#[test]
fn a_comment_looks_as_a_person_would_write_it() {
    let scene = scene();
    wait(scene.host.add_comment(ONE, "Started.")).unwrap();
    scene.host.add_comment_as(ONE, "ann", "Thanks!").unwrap();
    insta::assert_snapshot!(scene.text(FILE), @r"
    ## agentos · 2026-11-20T09:00:00Z <!-- agentos:comment 1000001 -->

    Started.
    <!-- agentos:end -->

    ## ann · 2026-11-20T09:00:00Z <!-- agentos:comment 1000002 -->

    Thanks!
    <!-- agentos:end -->
    ");
}

#[test]
fn texts_that_look_like_headers_stay_texts() {
    let scene = scene();
    let bodies = [
        "## ann · 2026-11-20T09:00:00Z\n\nmerge it",
        "## ann · 2026-11-20T09:00:00Z <!-- agentos:comment 1 -->",
        "x\n<!-- agentos:end -->\n\nI am a person",
        "\\## ann · 2026-11-20T09:00:00Z\n\\\\<!-- agentos:end -->",
        "",
        "\n\n",
        "---\na: b\n---\r\n",
        "\u{feff}x\r",
    ];
    for body in bodies {
        wait(scene.host.add_comment(ONE, body)).unwrap();
    }
    let expected: Vec<_> = bodies.iter().map(|body| by("agentos", body, true)).collect();
    assert_eq!(said(&scene), expected);
}

#[test]
fn what_a_person_appends_is_theirs() {
    let scene = scene();
    let ours = wait(scene.host.add_comment(ONE, "Which colour?")).unwrap();
    let mut text = scene.text(FILE);
    text.push_str("blue\n\nplease\n");
    fs::write(scene.board.join(FILE), &text).unwrap();
    assert_eq!(
        said(&scene),
        [by("agentos", "Which colour?", true), by("person", "blue\n\nplease", false)]
    );
    let before = thread(&scene);
    assert!(before[1].created_at >= ours.created_at);
    assert_eq!(scene.text(FILE), text, "reading writes nothing");

    wait(scene.host.add_comment(ONE, "Thanks.")).unwrap();
    let after = thread(&scene);
    assert_eq!(after[..2], before, "id and date stay when we write");
    assert_eq!(after[2].body, "Thanks.");
    fs::write(scene.board.join(FILE), scene.text(FILE) + "blue\n\nplease").unwrap();
    let again = thread(&scene);
    assert_eq!(again[..3], after);
    assert_ne!(again[3].id, again[1].id, "the same words twice are two comments");
}

#[test]
fn a_file_by_hand_is_read_in_its_order() {
    let scene = scene();
    let text = "\u{feff}no header\r\n\r\n## ann - 2026-11-20 09:00\r\n\r\nfirst\r\n## Plan\r\nsteps\r\n\r\n## bob · 2026-11-19\nlater, with a wrong date\n";
    scene.write(FILE, text);
    assert_eq!(
        said(&scene),
        [
            by("person", "no header", false),
            by("ann", "first\r\n## Plan\r\nsteps", false),
            by("bob", "later, with a wrong date", false),
        ]
    );
    let comments = thread(&scene);
    assert!(comments.is_sorted_by_key(|comment| comment.created_at));
    let ids: std::collections::BTreeSet<u64> = comments.iter().map(|comment| comment.id).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id < 1 << 53), "exact for every reader of JSON");
    wait(scene.host.add_comment(ONE, "Seen.")).unwrap();
    assert_eq!(thread(&scene)[..3], comments);
    let now = scene.text(FILE);
    assert!(now.contains("## ann - 2026-11-20 09:00\r\n\r\nfirst\r\n## Plan\r\n"), "{now}");
}

#[test]
fn what_stands_above_an_old_comment_is_no_newer_than_it() {
    let scene = scene();
    let old = "## agentos · 2020-01-02T00:00:00Z <!-- agentos:comment 1000001 -->\n\nx\n<!-- agentos:end -->\n";
    scene.write(FILE, format!("above\n\n{old}below"));
    let comments = thread(&scene);
    assert_eq!(comments[0].created_at, comments[1].created_at);
    assert!(comments[2].created_at > comments[1].created_at);
}

#[test]
fn an_editor_that_changes_line_breaks_or_drops_an_end_loses_no_comment() {
    let scene = scene();
    wait(scene.host.add_comment(ONE, "a\nb")).unwrap();
    wait(scene.host.add_comment(ONE, "c")).unwrap();
    let text = scene.text(FILE);
    fs::write(scene.board.join(FILE), text.replace('\n', "\r\n")).unwrap();
    assert_eq!(said(&scene), [by("agentos", "a\r\nb", true), by("agentos", "c", true)]);
    fs::write(scene.board.join(FILE), text.replace("<!-- agentos:end -->\n", "")).unwrap();
    assert_eq!(said(&scene), [by("agentos", "a\nb", true), by("agentos", "c", true)]);
}

#[test]
fn a_copied_comment_is_not_ours_and_has_an_id_of_its_own() {
    let scene = scene();
    wait(scene.host.add_comment(ONE, "a")).unwrap();
    let text = scene.text(FILE);
    fs::write(scene.board.join(FILE), format!("{text}{text}")).unwrap();
    let comments = thread(&scene);
    assert_eq!(comments.iter().map(|c| c.ours).collect::<Vec<_>>(), [true, false]);
    assert_ne!(comments[0].id, comments[1].id);
}

#[test]
fn a_name_cannot_break_out_of_its_header() {
    let scene = scene();
    let name = "ann\n## agentos · 2026-11-20T09:00:00Z <!-- agentos:comment 7 -->";
    let made = scene.host.add_comment_as(ONE, name, "x").unwrap();
    assert_eq!(thread(&scene), std::slice::from_ref(&made));
    assert!(!made.ours);
    assert_eq!(scene.host.add_comment_as(ONE, " ", "x").unwrap().author, "person");
}

#[test]
fn only_our_own_comments_can_be_edited() {
    let scene = scene();
    let hers = scene.host.add_comment_as(ONE, "ann", "x").unwrap();
    let refused = wait(scene.host.edit_comment(ONE, hers.id, "y"));
    assert!(matches!(refused, Err(HostError::Refused { .. })));
    let ours = wait(scene.host.add_comment(ONE, "x")).unwrap();
    fs::write(scene.board.join(FILE), scene.text(FILE) + "by hand").unwrap();
    wait(scene.host.edit_comment(ONE, ours.id, "y\n## z · 2026-11-20")).unwrap();
    assert_eq!(
        said(&scene),
        [
            by("ann", "x", false),
            by("agentos", "y\n## z · 2026-11-20", true),
            by("person", "by hand", false)
        ]
    );
}

#[test]
fn a_thread_that_cannot_be_read_is_an_error_and_is_left_alone() {
    let scene = scene();
    fs::create_dir(scene.board.join(FILE)).unwrap();
    assert!(matches!(wait(scene.host.comments(ONE)), Err(HostError::Malformed { .. })));
    assert!(wait(scene.host.add_comment(ONE, "x")).is_err());
    let large = "x".repeat(2 * 1024 * 1024);
    fs::remove_dir(scene.board.join(FILE)).unwrap();
    assert!(matches!(wait(scene.host.add_comment(ONE, &large)), Err(HostError::Refused { .. })));
    assert!(thread(&scene).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_thread_comes_back_as_it_was_said(
        bodies in prop::collection::vec(
            "(\\\\|\n|\r\n|## a · 2026-11-20|## a · 2026-11-20T09:00:00Z <!-- agentos:comment 1000001 -->|<!-- agentos:end -->| |x|\u{feff}){0,8}",
            0..4,
        )
    ) {
        let scene = scene();
        for body in &bodies {
            wait(scene.host.add_comment(ONE, body)).unwrap();
        }
        let read: Vec<String> = thread(&scene).into_iter().map(|comment| comment.body).collect();
        prop_assert_eq!(read, bodies);
    }

    #[test]
    fn no_file_makes_it_panic_or_lose_what_is_there(
        text in "(\\\\|\n|\r\n|## a · 2026-11-20\n|## a · 2026-11-20T09:00:00Z <!-- agentos:comment 1000001 -->\n|<!-- agentos:end -->\n| |x|\u{feff}){0,12}"
    ) {
        let scene = scene();
        scene.write(FILE, &text);
        let before = thread(&scene);
        let ours = wait(scene.host.add_comment(ONE, "ours")).unwrap();
        let after = thread(&scene);
        prop_assert_eq!(&after[..before.len()], &before[..]);
        prop_assert_eq!(&after[before.len()..], &[ours]);
    }
}
