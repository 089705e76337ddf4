//! Files and differences inside commits.

use super::*;
use crate::git::{ChangeKind, Features, GitError};

#[test]
fn a_difference_counts_lines_and_finds_renames() {
    let world = World::new();
    world.write("long", &"line\n".repeat(40));
    world.write("gone", "1\n2\n");
    let from = world.commit("from");
    fs::rename(world.clone.join("long"), world.clone.join("renamed")).unwrap();
    fs::remove_file(world.clone.join("gone")).unwrap();
    world.write("README.md", "hello\nworld\n");
    world.write("new\n\"name", "x\n");
    let to = world.commit("to");
    world.publish("main");
    let stat = world.fetched().diff_stat(&from, &to).unwrap();
    let read: Vec<_> =
        stat.files.iter().map(|f| (f.path.as_str(), f.added, f.removed, f.kind.clone())).collect();
    let renamed = ChangeKind::Renamed { from: "long".into() };
    assert_eq!(
        read,
        [
            ("README.md", 1, 0, ChangeKind::Modified),
            ("gone", 0, 2, ChangeKind::Deleted),
            ("new\n\"name", 1, 0, ChangeKind::Added),
            ("renamed", 0, 0, renamed),
        ]
    );
    assert_eq!(stat.lines(), 4);
}

#[test]
fn content_that_is_no_text_is_told_apart_where_it_comes_and_nowhere_else() {
    let world = World::new();
    let write = |name: &str, content: &[u8]| fs::write(world.clone.join(name), content).unwrap();
    let noise = |seed: u8| -> Vec<u8> {
        (0..4096_u32).map(|n| u8::try_from(n * 7 % 251).unwrap() ^ seed).collect()
    };
    for (name, seed) in [("changed", 1), ("gone", 2), ("old-name", 3), ("turned", 4)] {
        write(name, &noise(seed));
    }
    let from = world.commit("from");
    fs::rename(world.clone.join("old-name"), world.clone.join("new-name")).unwrap();
    fs::remove_file(world.clone.join("gone")).unwrap();
    write("changed", &noise(9));
    write("new", b"a\0b");
    write("empty", b"");
    write("text", b"a\n");
    write("turned", b"now a text\n");
    let to = world.commit("to");
    world.publish("main");
    let stat = world.fetched().diff_stat(&from, &to).unwrap();
    let binary = stat.files.iter().filter(|file| file.is_binary).map(|file| file.path.as_str());
    assert_eq!(binary.collect::<Vec<_>>(), ["changed", "new", "turned"]);
    assert_eq!(stat.lines(), 1);
}

#[test]
fn files_are_read_without_following_anything() {
    let world = World::new();
    std::os::unix::fs::symlink("/etc/passwd", world.clone.join("link")).unwrap();
    world.change("dir/file", "content", "main");
    let (mirror, tip) = (world.fetched(), world.tip());
    assert_eq!(mirror.read_file(&tip, "dir/file", 7).unwrap().unwrap(), b"content");
    for absent in ["nothing", "dir", "link", "../clone/README.md", "/README.md", "", "dir/file/x"] {
        assert_eq!(mirror.read_file(&tip, absent, 100).unwrap(), None, "{absent}");
    }
    assert!(matches!(mirror.read_file(&tip, "dir/file", 6), Err(GitError::Unsupported { .. })));
}

#[test]
fn the_last_change_of_a_file_is_that_of_its_content() {
    let world = World::new();
    let (mirror, first) = (world.fetched(), world.tip());
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let step = |parent: &CommitSha, path: &str, text: &[u8], second| {
        mirror.commit_file(parent, path, text, "x", at(second)).unwrap()
    };
    let made = step(&first, "docs/notes.md", b"one", 1_800_000_000);
    let changed = step(&made, "docs/notes.md", b"two", 1_800_000_100);
    let other = step(&changed, "other.md", b"x", 1_800_000_200);
    let found = |tip, path, limit| mirror.changed_at(tip, path, limit).unwrap();
    assert_eq!(found(&other, "docs/notes.md", 10), Some(at(1_800_000_100)));
    assert_eq!(found(&made, "docs/notes.md", 10), Some(at(1_800_000_000)));
    assert_eq!(found(&other, "docs/notes.md", 1), None, "further back than was looked");
    assert!(found(&other, "README.md", 10).is_some());
    for absent in ["nothing", "../README.md", ""] {
        assert_eq!(found(&other, absent, 10), None, "{absent}");
    }
}

#[test]
fn one_file_is_committed_without_a_worktree() {
    let world = World::new();
    let (mirror, tip) = (world.fetched(), world.tip());
    let made =
        mirror.commit_file(&tip, "docs/CODEBASE.md", b"memory\n", "Remember", now()).unwrap();
    assert_eq!(files(&mirror, &made), ["100644 README.md", "100644 docs/CODEBASE.md"]);
    assert_eq!(mirror.read_file(&made, "docs/CODEBASE.md", 100).unwrap().unwrap(), b"memory\n");
    for bad in ["", "/x", "../x", "a/../b", ".git/config", "a/.GIT/x", "a/", "./x"] {
        let outcome = mirror.commit_file(&tip, bad, b"", "x", now());
        assert!(matches!(outcome, Err(GitError::Unsupported { .. })), "{bad}: {outcome:?}");
    }
}

#[test]
fn memory_commits_do_not_move_the_effective_base() {
    let world = World::new();
    let real = world.change("code", "1", "main");
    world.change("CODEBASE.md", "1", "main");
    let tip = world.change("STRATEGY.md", "1", "main");
    let mirror = world.fetched();
    let only = ["CODEBASE.md", "STRATEGY.md"];
    assert_eq!(mirror.effective_base(&tip, &only).unwrap(), real);
    assert_eq!(mirror.effective_base(&real, &only).unwrap(), real);
    world.write("CODEBASE.md", "2");
    let mixed = world.change("code", "2", "main");
    mirror.fetch().unwrap();
    assert_eq!(mirror.effective_base(&mixed, &only).unwrap(), mixed);
}

#[test]
fn a_first_commit_is_the_end_of_the_way_back() {
    let world = World::new();
    let tip = world.tip();
    assert_eq!(world.fetched().effective_base(&tip, &["README.md"]).unwrap(), tip);
}

#[test]
fn submodules_and_large_file_storage_are_noticed() {
    let world = World::new();
    let plain = world.tip();
    world.write("a/.gitattributes", "# filter=lfs\n*.txt text\n");
    let commented = world.commit("attributes");
    world.write("a/.gitattributes", "*.bin filter=lfs diff=lfs\n");
    let lfs = world.commit("lfs");
    world.write(".gitmodules", "");
    let both = world.commit("modules");
    world.publish("main");
    let mirror = world.fetched();
    let features = |submodules, lfs| Features { submodules, lfs };
    for (commit, expected) in [
        (plain, features(false, false)),
        (commented, features(false, false)),
        (lfs, features(false, true)),
        (both, features(true, true)),
    ] {
        assert_eq!(mirror.features(&commit).unwrap(), expected);
    }
}

#[test]
fn a_commit_that_is_not_there_is_not_found() {
    let world = World::new();
    let mirror = world.fetched();
    let unknown = sha("1234567890123456789012345678901234567890");
    assert!(!mirror.has_commit(&unknown));
    assert!(mirror.has_commit(&world.tip()));
    assert!(matches!(mirror.diff_stat(&unknown, &world.tip()), Err(GitError::NotFound { .. })));
    assert!(matches!(mirror.read_file(&unknown, "x", 1), Err(GitError::NotFound { .. })));
    assert!(matches!(mirror.set_branch(&task(), &unknown), Err(GitError::NotFound { .. })));
}

#[test]
fn the_lines_that_come_and_go_are_told_file_by_file() {
    let world = World::new();
    world.write("gone.txt", "a\nb\n");
    let from = world.change("tests/cart.txt", "one\ntwo\nthree\nfour\n", "main");
    world.write("tests/cart.txt", "one\nTWO\nthree\nfour\n");
    fs::remove_file(world.clone.join("gone.txt")).unwrap();
    let to = world.change("new.bin", "\u{0}", "main");
    let files = world.fetched().changed_texts(&from, &to).unwrap();
    let told: Vec<String> = files
        .iter()
        .map(|file| {
            let (added, removed) = (file.added.join(","), file.removed.join(","));
            format!("{} {:?} {} +{added} -{removed}", file.path, file.was, file.is_deleted)
        })
        .collect();
    assert_eq!(
        told,
        [
            "gone.txt None true + -a,b",
            "new.bin None false + -",
            "tests/cart.txt None false +TWO -two",
        ]
    );
}
