//! Behaviour of files and folders.
#![expect(clippy::disallowed_methods, reason = "tests plant files as others would")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

use super::*;

const LIMIT: u64 = 1 << 20;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_replaced_is_read_back_and_no_draft_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("task.md");
    replace(&path, b"one").unwrap();
    replace(&path, "zwei ü".as_bytes()).unwrap();
    assert_eq!(read_text(&path, LIMIT).unwrap(), "zwei ü");
    assert_eq!(names(dir.path()), ["task.md"]);
}

#[test]
fn a_new_file_is_private_and_an_old_one_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    replace(&path, b"").unwrap();
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    replace(&path, b"x").unwrap();
    assert_eq!(mode(&path), 0o644);
}

#[test]
fn replacing_does_not_follow_or_destroy_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    fs::write(dir.path().join("real"), "mine").unwrap();
    symlink("real", &link).unwrap();
    assert!(matches!(replace(&link, b"x"), Err(FileError::NotRegular { .. })));
    assert!(matches!(replace(dir.path(), b"x"), Err(FileError::NotRegular { .. })));
    assert_eq!(fs::read_to_string(&link).unwrap(), "mine");
}

#[test]
fn reading_refuses_links_folders_pipes_and_what_is_too_large_or_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("text"), "12345").unwrap();
    symlink("text", at("link")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    fs::write(at("binary"), [0xff, 0xfe]).unwrap();
    assert_eq!(read_text(&at("text"), 5).unwrap(), "12345");
    assert!(matches!(read_text(&at("text"), 4), Err(FileError::TooLarge { limit: 4, .. })));
    assert!(matches!(read_text(&at("link"), LIMIT), Err(FileError::NotRegular { .. })));
    assert!(matches!(read_text(&at("pipe"), LIMIT), Err(FileError::NotRegular { .. })));
    assert!(matches!(read_text(dir.path(), LIMIT), Err(FileError::NotRegular { .. })));
    assert!(matches!(read_text(&at("binary"), LIMIT), Err(FileError::NotText { .. })));
    assert!(matches!(read_text(&at("none"), LIMIT), Err(FileError::NotFound { .. })));
    assert!(matches!(
        read_bytes(Path::new("/proc/self/status"), 3),
        Err(FileError::TooLarge { .. })
    ));
}

#[test]
fn creating_leaves_what_is_there_and_one_of_many_wins() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web-42.md");
    let won = thread::scope(|scope| {
        let tries: Vec<_> = (0..8u8)
            .map(|n| {
                scope.spawn({
                    let path = &path;
                    move || create_new(path, &[n]).is_ok()
                })
            })
            .collect();
        tries.into_iter().filter_map(|t| t.join().ok()).filter(|won| *won).count()
    });
    assert_eq!(won, 1);
    assert!(matches!(create_new(&path, b"x"), Err(FileError::AlreadyExists { .. })));
    assert_eq!(names(dir.path()), ["web-42.md"]);
}

#[test]
fn a_dangling_link_is_in_the_way_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("link");
    symlink("nowhere", &path).unwrap();
    assert!(matches!(create_new(&path, b"x"), Err(FileError::AlreadyExists { .. })));
}

#[test]
fn renaming_never_overwrites_and_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("a"), "a").unwrap();
    fs::write(at("b"), "b").unwrap();
    match rename(&at("a"), &at("b")) {
        Err(FileError::AlreadyExists { path }) => assert_eq!(path, at("b")),
        other => panic!("{other:?}"),
    }
    match rename(&at("a"), &at("none/x")) {
        Err(FileError::NotFound { path }) => assert_eq!(path, at("none")),
        other => panic!("{other:?}"),
    }
    match rename(&at("c"), &at("d")) {
        Err(FileError::NotFound { path }) => assert_eq!(path, at("c")),
        other => panic!("{other:?}"),
    }
    rename(&at("a"), &at("d")).unwrap();
    assert_eq!(names(dir.path()), ["b", "d"]);
    assert_eq!(fs::read_to_string(at("b")).unwrap(), "b");
}

#[test]
fn a_move_that_left_both_names_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, "same").unwrap();
    fs::hard_link(&from, &to).unwrap();
    rename(&from, &to).unwrap();
    assert_eq!(names(dir.path()), ["to"]);
    fs::write(&from, "same").unwrap();
    assert!(matches!(rename(&from, &to), Err(FileError::AlreadyExists { .. })));
    assert_eq!(names(dir.path()), ["from", "to"]);
}

#[test]
fn removing_what_is_gone_is_fine() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "").unwrap();
    remove(&path).unwrap();
    remove(&path).unwrap();
    assert!(remove(dir.path()).is_err());
}

#[test]
fn a_torn_last_line_is_cut_off_before_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stats.jsonl");
    append_line(&path, "one").unwrap();
    assert_eq!(mode(&path), 0o600);
    let torn = format!("one\n{}", "x".repeat(10_000));
    fs::write(&path, torn).unwrap();
    append_line(&path, "two").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    fs::write(&path, "no line at all").unwrap();
    append_line(&path, "three").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
    assert!(append_line(&path, "a\nb").is_err());
}

#[test]
fn many_appenders_lose_no_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    thread::scope(|scope| {
        for n in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for k in 0..10 {
                    append_line(path, &format!("{n} {k} {}", "y".repeat(500))).unwrap();
                }
            });
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 40);
    assert!(text.lines().all(|line| line.len() == 504));
}

#[test]
fn folders_are_made_for_their_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b/c");
    make_dir(&deep).unwrap();
    make_dir(&deep).unwrap();
    assert_eq!(mode(&dir.path().join("a")), 0o700);
    assert_eq!(mode(&deep), 0o700);
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(make_dir(&dir.path().join("file/x")).is_err());
    let error = make_dir(&dir.path().join("file")).unwrap_err().to_string();
    assert!(error.contains("is in its place"), "{error}");
}

#[test]
fn removing_a_tree_keeps_what_its_links_point_to() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "").unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir_all(tree.join("a/b")).unwrap();
    fs::write(tree.join("a/b/f"), "").unwrap();
    symlink(&outside, tree.join("a/link")).unwrap();
    fs::set_permissions(tree.join("a/b"), fs::Permissions::from_mode(0o500)).unwrap();
    fs::set_permissions(tree.join("a"), fs::Permissions::from_mode(0o000)).unwrap();
    remove_tree(&tree).unwrap();
    remove_tree(&tree).unwrap();
    assert_eq!(names(dir.path()), ["outside"]);
    assert_eq!(names(&outside), ["kept"]);
    symlink(&outside, &tree).unwrap();
    remove_tree(&tree).unwrap();
    assert_eq!(names(&outside), ["kept"]);
}

#[test]
fn a_tree_too_deep_for_any_path_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    // Built from the bottom: a path of this depth could not be written down.
    fs::create_dir(&tree).unwrap();
    let level = "d".repeat(200);
    for n in 0..60u32 {
        let above = dir.path().join(format!("above-{n}"));
        fs::create_dir(&above).unwrap();
        fs::rename(&tree, above.join(&level)).unwrap();
        fs::rename(&above, &tree).unwrap();
    }
    remove_tree(&tree).unwrap();
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_draft_left_by_a_crash_goes_and_one_being_written_stays() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at(".task.md.77.0.tmp"), "half").unwrap();
    fs::write(at(".task.md.78.0.tmp"), "being written").unwrap();
    fs::write(at(".mine.tmp"), "not a draft").unwrap();
    let writer = fs::File::open(at(".task.md.78.0.tmp")).unwrap();
    writer.lock().unwrap();
    assert_eq!(drafts_in(dir.path()).len(), 2);
    assert_eq!(remove_stale_drafts(dir.path()), [at(".task.md.77.0.tmp")]);
    assert_eq!(names(dir.path()), [".mine.tmp", ".task.md.78.0.tmp"]);
    assert!(drafts_in(&at("nowhere")).is_empty());
}

#[test]
fn a_full_disk_is_temporary_and_a_missing_file_is_not() {
    let path = Path::new("/x");
    let full = FileError::of("write", path, rustix::io::Errno::NOSPC);
    assert!(matches!(full, FileError::NoSpace { .. }) && full.is_temporary());
    let quota = FileError::of("write", path, rustix::io::Errno::DQUOT);
    assert!(quota.is_temporary());
    assert!(!FileError::of("write", path, rustix::io::Errno::NOENT).is_temporary());
    assert!(matches!(
        FileError::of("write", path, rustix::io::Errno::ROFS),
        FileError::ReadOnly { .. }
    ));
}

#[test]
fn a_write_that_fails_in_the_middle_leaves_no_draft() {
    let missing = Path::new("/proc/self/none/file");
    assert!(replace(missing, b"x").is_err());
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        create_new(&dir.path().join("no/file"), b"x"),
        Err(FileError::NotFound { path }) if path == dir.path().join("no")
    ));
    assert!(names(dir.path()).is_empty());
}
