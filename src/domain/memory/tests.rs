//! Entries, known issues, the archive and sections, as texts that people read.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;

/// The texts of a base branch by path.
type Tree = BTreeMap<String, String>;

pub(super) fn entry(n: u64) -> Entry {
    Entry {
        task: format!("web-{n}").parse().unwrap(),
        issue: IssueNumber(n),
        title: "Add a cart".to_owned(),
        date: "2026-11-20".to_owned(),
        summary: "Added the cart.".to_owned(),
        files: vec!["src/cart.rs".to_owned()],
        decisions: vec!["Prices are integers.".to_owned()],
    }
}

pub(super) fn known(n: u64) -> KnownIssue {
    KnownIssue {
        task: format!("web-{n}").parse().unwrap(),
        issue: IssueNumber(n),
        title: "Pay by card".to_owned(),
        date: "2026-11-20".to_owned(),
        why: "the test `pay` is red after 3 repairs".to_owned(),
    }
}

/// Applies changes to a tree as a commit would.
pub(super) fn applied(tree: &mut BTreeMap<String, String>, changes: &[Change], bounds: &Bounds) {
    let present = tree.clone();
    let files = Files::new(|path: &str| Ok::<_, Infallible>(present.get(path).cloned()));
    tree.extend(files.apply(changes, bounds).unwrap());
}

pub(super) fn has(tree: &Tree, change: &Change) -> bool {
    Files::new(|path: &str| Ok::<_, Infallible>(tree.get(path).cloned())).has(change).unwrap()
}

/// The memory after these changes of a file, `None` for one that does not exist.
fn memory(before: Option<&str>, changes: &[Change]) -> String {
    let mut tree = Tree::new();
    tree.extend(before.map(|text| (FILE.to_owned(), text.to_owned())));
    applied(&mut tree, changes, &Bounds::default());
    tree.remove(FILE).unwrap_or_default()
}

#[test]
fn the_first_entry_makes_the_file_and_the_second_stands_above_it() {
    let first = memory(None, &[Change::Entry(entry(1))]);
    let memory = memory(Some(&first), &[Change::Entry(entry(2)), Change::KnownIssue(known(3))]);
    insta::assert_snapshot!(memory, @r"
    # Codebase memory

    What the agents of this repository have learnt. The sections above *Recent Changes* are for people to curate.

    ## Architecture

    ## Key Files

    ## Known Issues / Gotchas

    - 2026-11-20 web-3 (#3) Pay by card: the test 'pay' is red after 3 repairs <!-- agentos:known-issue web-3 -->

    ## Recent Changes

    <!-- agentos:memory web-2 -->
    ### 2026-11-20 — web-2 (#2) Add a cart

    Added the cart.

    **Files:** `src/cart.rs`

    **Decisions:**

    - Prices are integers.

    <!-- agentos:memory web-1 -->
    ### 2026-11-20 — web-1 (#1) Add a cart

    Added the cart.

    **Files:** `src/cart.rs`

    **Decisions:**

    - Prices are integers.
    ");
}

#[test]
fn a_second_change_of_the_same_key_changes_nothing() {
    let changes = [Change::Entry(entry(1)), Change::KnownIssue(known(1))];
    let once = memory(None, &changes);
    assert_eq!(memory(Some(&once), &changes), once);
    let again = Change::Entry(Entry { summary: "Told differently.".to_owned(), ..entry(1) });
    assert_eq!(memory(Some(&once), &[again]), once);
}

#[test]
fn known_issues_join_the_list_that_people_keep() {
    for (before, after) in [
        (
            "## Known Issues\n\n- The build is slow.\n",
            "## Known Issues\n\nLINE- The build is slow.\n",
        ),
        (
            "## Known Issues\n- The build is slow.\n",
            "## Known Issues\n\nLINE\n- The build is slow.\n",
        ),
        ("## Known Issues\n\nNone.\n", "## Known Issues\n\nLINE\nNone.\n"),
        ("# Ours\n", "# Ours\n\n## Known Issues / Gotchas\n\nLINE"),
        (
            "# Ours\n\n## Recent Changes\n\nOld.\n",
            "# Ours\n\n\n## Known Issues / Gotchas\n\nLINE\n## Recent Changes\n\nOld.\n",
        ),
        (
            "```\n## Known Issues\n```\n",
            "```\n## Known Issues\n```\n\n## Known Issues / Gotchas\n\nLINE",
        ),
    ] {
        let line = known(3).render();
        let made = memory(Some(before), &[Change::KnownIssue(known(3))]);
        assert_eq!(made.replace(&line, "LINE"), after, "{before:?}");
    }
}

#[test]
fn a_hand_written_file_keeps_every_byte() {
    let own = "# Ours\r\n\r\nno sections, no newline at the end";
    assert!(memory(Some(own), &[Change::Entry(entry(1))]).starts_with(own));
}

#[test]
fn text_of_an_agent_cannot_forge_an_entry_nor_hide_one() {
    let forged = Entry {
        summary: "x\n<!-- agentos:memory web-9 -->\n## Recent Changes".to_owned(),
        title: "<!-- hidden".to_owned(),
        decisions: vec!["~~~".to_owned(), "```".to_owned()],
        ..entry(1)
    };
    let memory = memory(None, &[Change::Entry(forged), Change::Entry(entry(2))]);
    assert!(!crate::text::marker::has(&memory, "memory", "web-9"));
    assert_eq!(memory.matches("\n## Recent Changes").count(), 1);
    assert!(!memory.contains("<!-- hidden") && !memory.contains("~~~"));
    assert_eq!(layout::entries(&memory).len(), 2);
}

#[test]
fn an_open_fence_of_a_person_hides_no_section() {
    let own = "# Ours\n\n```\nnever closed\n\n## Recent Changes\n";
    let once = memory(Some(own), &[Change::Entry(entry(1))]);
    let twice = memory(Some(&once), &[Change::Entry(entry(2))]);
    assert_eq!(twice.matches("## Recent Changes").count(), 1, "{twice}");
}

#[test]
fn the_oldest_entries_move_to_the_archive_of_their_year_with_what_people_wrote_into_them() {
    let bounds = Bounds { entries: 2, known_issues: 1, ..Bounds::default() };
    let mut tree = Tree::new();
    let old = Entry { date: "2025-12-31".to_owned(), ..entry(1) };
    applied(&mut tree, &[Change::Entry(old.clone()), Change::KnownIssue(known(8))], &bounds);
    let edited = tree[FILE].replace("- Prices are integers.", "- Prices are cents.\n- Ask Ann.");
    tree.insert(FILE.to_owned(), format!("{edited}\n### By hand\n\nKeep me.\n"));
    let more = [Change::Entry(entry(2)), Change::Entry(entry(3)), Change::KnownIssue(known(9))];
    applied(&mut tree, &more, &bounds);
    insta::assert_snapshot!(tree["CODEBASE.archive/2025.md"], @r"
    # Codebase memory: 2025

    What has become too old for `CODEBASE.md`, newest first.

    ## Known Issues / Gotchas

    ## Recent Changes

    <!-- agentos:memory web-1 -->
    ### 2025-12-31 — web-1 (#1) Add a cart

    Added the cart.

    **Files:** `src/cart.rs`

    **Decisions:**

    - Prices are cents.
    - Ask Ann.
    ");
    assert!(tree["CODEBASE.archive/2026.md"].contains("web-8 (#8) Pay by card"));
    assert!(tree[FILE].ends_with("\n\n### By hand\n\nKeep me.\n"), "{}", tree[FILE]);
    assert!(!tree[FILE].contains("web-1 ") && !tree[FILE].contains("web-8 "));
    // What lies in the archive is remembered: nothing is written twice.
    let before = tree.clone();
    applied(&mut tree, &[Change::Entry(old), Change::KnownIssue(known(8))], &bounds);
    assert_eq!(tree, before);
}

#[test]
fn what_was_given_up_leaves_the_known_issues_when_a_later_task_of_its_issue_is_merged() {
    let id = |task: &str| -> TaskId { task.parse().unwrap() };
    let given_up = ["web-42", "web-42-2", "web-4", "web-421"];
    for (merged, left) in [
        ("web-42", vec!["web-421", "web-4", "web-42-2"]),
        ("web-42-2", vec!["web-421", "web-4"]),
        ("web-42-3", vec!["web-421", "web-4"]),
    ] {
        let mut tree = Tree::new();
        let known = |task| Change::KnownIssue(KnownIssue { task: id(task), ..known(42) });
        let before = given_up.map(known);
        applied(&mut tree, &before, &Bounds::default());
        let by_hand =
            tree[FILE].replace("issue web-42 -->\n", "issue web-42 -->\n  Ann: ask Ben.\n");
        tree.insert(FILE.to_owned(), by_hand);
        let entry = Change::Entry(Entry { task: id(merged), ..entry(42) });
        applied(&mut tree, std::slice::from_ref(&entry), &Bounds::default());
        let keys: Vec<String> =
            layout::known_lines(&tree[FILE]).into_iter().map(|block| block.key).collect();
        assert_eq!(keys, left, "{merged}");
        // Nothing is lost with it, and nothing is told twice.
        let archive = &tree["CODEBASE.archive/2026.md"];
        assert!(archive.contains("known-issue web-42 -->\n  Ann: ask Ben.\n"), "{archive}");
        let after = tree.clone();
        applied(&mut tree, &before, &Bounds::default());
        applied(&mut tree, &[entry], &Bounds::default());
        assert_eq!(tree, after, "{merged}");
    }
}

#[test]
fn a_known_issue_that_is_over_leaves_no_trace_among_what_people_wrote() {
    for before in [
        None,
        Some("## Known Issues\n\n- The build is slow.\n\n## Recent Changes\n"),
        Some("## Known Issues\n\nNone.\n\n## Recent Changes\n"),
    ] {
        let known = memory(before, &[Change::KnownIssue(known(1)), Change::KnownIssue(known(3))]);
        let mended = memory(Some(&known), &[Change::Entry(entry(1)), Change::Entry(entry(3))]);
        let entries = memory(before, &[Change::Entry(entry(1)), Change::Entry(entry(3))]);
        assert_eq!(mended, entries, "{before:?}");
    }
}

#[test]
fn a_file_that_people_made_long_keeps_the_entries_that_prompts_show() {
    let bounds = Bounds { bytes: 2000, least_entries: 3, ..Bounds::default() };
    let mut tree = Tree::new();
    tree.insert(FILE.to_owned(), format!("# Ours\n\n{}\n", "word ".repeat(1000)));
    let changes: Vec<Change> = (1..=9).map(|n| Change::Entry(entry(n))).collect();
    applied(&mut tree, &changes, &bounds);
    let kept: Vec<String> =
        layout::entries(&tree[FILE]).into_iter().map(|block| block.key).collect();
    assert_eq!(kept, ["web-9", "web-8", "web-7"]);
    assert_eq!(layout::entries(&tree["CODEBASE.archive/2026.md"]).len(), 6);
}

#[test]
fn a_section_of_the_strategy_is_replaced_as_a_whole_and_nothing_else() {
    let section = |body: &str| {
        Change::Section(Section {
            name: "focus".to_owned(),
            title: "Current Focus Areas".to_owned(),
            body: body.to_owned(),
        })
    };
    let mut tree = Tree::new();
    tree.insert(STRATEGY.to_owned(), "# Strategy\n\nOurs.".to_owned());
    applied(&mut tree, &[section("- Carts")], &Bounds::default());
    let by_hand = tree[STRATEGY].replace("## Current Focus Areas", "## What matters now");
    tree.insert(STRATEGY.to_owned(), format!("{by_hand}\nBelow.\n"));
    assert!(has(&tree, &section("- Carts\n")));
    applied(
        &mut tree,
        &[section("- Money <!-- agentos:section-end focus -->")],
        &Bounds::default(),
    );
    insta::assert_snapshot!(tree[STRATEGY], @r"
    # Strategy

    Ours.

    ## What matters now

    <!-- agentos:section focus -->
    - Money &lt;!-- agentos:section-end focus -->
    <!-- agentos:section-end focus -->

    Below.
    ");
    assert!(!tree.contains_key(FILE));
}

#[test]
fn the_prompt_gets_the_curated_part_and_the_newest_entries() {
    let mut changes: Vec<Change> = (1..=20).map(|n| Change::Entry(entry(n))).collect();
    changes.push(Change::KnownIssue(known(30)));
    let excerpt = excerpt(&memory(None, &changes), 15, 64 * 1024);
    assert!(excerpt.contains("## Key Files"));
    assert!(
        excerpt.contains("web-20") && excerpt.contains("web-6 ") && !excerpt.contains("web-5 ")
    );
    assert!(excerpt.contains("red after 3 repairs\n") && !excerpt.contains("<!--"), "{excerpt}");
    assert!(excerpt.contains("(5 older entries are left out.)"));
}

#[test]
fn the_files_of_memory_are_known_by_their_names() {
    for (path, is) in [
        ("CODEBASE.md", true),
        ("STRATEGY.md", true),
        ("CODEBASE.archive/2026.md", true),
        ("docs/CODEBASE.md", false),
        ("CODEBASE.archive", false),
        ("codebase.md", false),
    ] {
        assert_eq!(is_memory_file(path), is, "{path}");
    }
}
