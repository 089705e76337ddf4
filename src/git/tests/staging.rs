//! From the files of a folder to a commit.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::git::GitError;

const RESULT: &str = ".agent_result.md";

#[track_caller]
fn committed(world: &World, mirror: &Mirror, worktree: &Worktree) -> Vec<String> {
    let made = worktree.commit_all(&world.tip(), &[RESULT], "work", now()).unwrap().unwrap();
    git(mirror.dir(), &["fsck", "--no-dangling", "--strict"]);
    files(mirror, &made)
}

#[test]
fn nothing_changed_makes_no_commit() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    assert_eq!(worktree.commit_all(&world.tip(), &[], "x", now()).unwrap(), None);
    assert_eq!(worktree.save_work(&task(), &world.tip(), now()).unwrap(), None);
    write(&worktree.path.join("README.md"), "changed");
    write(&worktree.path.join("README.md"), "hello\n");
    assert!(!worktree.has_changes(&[]).unwrap());
}

#[test]
fn odd_names_are_names_like_any_other() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    let names = [
        "-dash",
        "with\nbreak",
        "with\"quote",
        "with space",
        "*",
        ":(top)magic",
        "ünï",
        "a\\b",
        "#c",
        "!d",
    ];
    for name in names {
        write(&worktree.path.join(name), "x");
    }
    write(&worktree.path.join(std::ffi::OsStr::from_bytes(b"not-utf8-\xff/file")), "x");
    let listed = committed(&world, &mirror, &worktree);
    assert_eq!(listed.len(), names.len() + 2);
    for name in names {
        assert!(listed.contains(&format!("100644 {name}")), "{name:?} in {listed:?}");
    }
    assert!(!worktree.has_changes(&[RESULT]).unwrap());
}

#[test]
fn links_and_modes_are_kept_and_links_not_followed() {
    let world = World::new();
    world.change("dir/tracked", "x", "main");
    let (mirror, worktree) = world.worktree();
    write(&world.root().join("outside/secret"), "secret");
    // A tracked folder gives way to a link to a folder that has a file of the same name.
    write(&world.root().join("outside/tracked"), "secret");
    fs::remove_dir_all(worktree.path.join("dir")).unwrap();
    symlink(world.root().join("outside"), worktree.path.join("dir")).unwrap();
    symlink("/dev/zero", worktree.path.join("endless")).unwrap();
    symlink("nowhere", worktree.path.join("dangling")).unwrap();
    write(&worktree.path.join("run.sh"), "x");
    fs::set_permissions(worktree.path.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let listed = committed(&world, &mirror, &worktree);
    let expected =
        ["100644 README.md", "120000 dangling", "120000 dir", "120000 endless", "100755 run.sh"];
    assert_eq!(listed, expected);
}

#[test]
fn files_and_folders_change_places() {
    let world = World::new();
    world.write("file", "x");
    world.change("folder/inner", "x", "main");
    let (mirror, worktree) = world.worktree();
    fs::remove_file(worktree.path.join("file")).unwrap();
    write(&worktree.path.join("file/now/deep"), "x");
    fs::remove_dir_all(worktree.path.join("folder")).unwrap();
    write(&worktree.path.join("folder"), "x");
    let listed = committed(&world, &mirror, &worktree);
    assert_eq!(listed, ["100644 README.md", "100644 file/now/deep", "100644 folder"]);
}

#[test]
fn the_result_is_left_out_even_when_it_is_tracked() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join(RESULT), "STATUS: complete");
    assert!(!worktree.has_changes(&[RESULT]).unwrap());
    assert_eq!(worktree.commit_all(&world.tip(), &[RESULT], "x", now()).unwrap(), None);
    // Even staged by a save of everything.
    worktree.save_work(&task(), &world.tip(), now()).unwrap().unwrap();
    assert_eq!(worktree.commit_all(&world.tip(), &[RESULT], "x", now()).unwrap(), None);
    mirror.remove_worktree(&task(), &worktree.path).unwrap();
    mirror.drop_saved_work(&task()).unwrap();

    world.change(RESULT, "committed by mistake", "main");
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join(RESULT), "STATUS: complete");
    assert!(!worktree.has_changes(&[RESULT]).unwrap());
    write(&worktree.path.join("new"), "x");
    let made = worktree.commit_all(&world.tip(), &[RESULT], "x", now()).unwrap().unwrap();
    assert_eq!(mirror.read_file(&made, RESULT, 100).unwrap().unwrap(), b"committed by mistake");
    assert_eq!(fs::read_to_string(worktree.path.join(RESULT)).unwrap(), "STATUS: complete");
    fs::remove_file(worktree.path.join(RESULT)).unwrap();
    write(&worktree.path.join(RESULT).join("folder"), "x");
    assert!(!worktree.has_changes(&[RESULT]).unwrap());
}

#[test]
fn ignored_files_stay_out_unless_they_are_tracked() {
    let world = World::new();
    world.write("kept/tracked.log", "1");
    world.change(".gitignore", "*.log\ntarget/\n!important.log\n", "main");
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("kept/tracked.log"), "2");
    write(&worktree.path.join("kept/other.log"), "x");
    write(&worktree.path.join("important.log"), "x");
    write(&worktree.path.join("target/debug/out"), "x");
    write(&worktree.path.join("sub/.gitignore"), "/only-here\n");
    write(&worktree.path.join("sub/only-here"), "x");
    write(&worktree.path.join("only-here"), "x");
    let listed = committed(&world, &mirror, &worktree);
    let expected = [
        "100644 .gitignore",
        "100644 README.md",
        "100644 important.log",
        "100644 kept/tracked.log",
        "100644 only-here",
        "100644 sub/.gitignore",
    ];
    assert_eq!(listed, expected);
}

#[test]
fn what_was_saved_once_is_still_ignored_when_a_rule_comes_later() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("target/out"), "x");
    worktree.save_work(&task(), &world.tip(), now()).unwrap().unwrap();
    write(&worktree.path.join(".gitignore"), "target\n");
    assert_eq!(committed(&world, &mirror, &worktree), ["100644 .gitignore", "100644 README.md"]);
}

#[test]
fn a_repository_inside_is_committed_as_the_files_it_has() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    let inner = worktree.path.join("vendor/inner");
    fs::create_dir_all(&inner).unwrap();
    git(&inner, &["init", "-q"]);
    write(&inner.join("lib"), "x");
    write(&inner.join("out.o"), "x");
    write(&inner.join(".gitignore"), "*.o\n");
    git(&inner, &["add", "-A"]);
    git(&inner, &["commit", "-qm", "inner"]);
    write(&worktree.path.join("pointer/.git"), "gitdir: /nowhere\n");
    write(&worktree.path.join("pointer/file"), "x");
    let listed = committed(&world, &mirror, &worktree);
    let expected = [
        "100644 README.md",
        "100644 pointer/file",
        "100644 vendor/inner/.gitignore",
        "100644 vendor/inner/lib",
    ];
    assert_eq!(listed, expected);
}

#[test]
fn the_commit_of_a_submodule_stays_as_it_is() {
    let world = World::new();
    let pin = format!("160000,{},sub", world.tip());
    git(&world.clone, &["update-index", "--add", "--cacheinfo", &pin]);
    git(&world.clone, &["commit", "-qm", "submodule"]);
    world.publish("main");
    let (mirror, worktree) = world.worktree();
    assert!(!worktree.has_changes(&[]).unwrap());
    write(&worktree.path.join("sub/file"), "x");
    write(&worktree.path.join("new"), "x");
    let listed = committed(&world, &mirror, &worktree);
    assert_eq!(listed, ["100644 README.md", "100644 new", "160000 sub"]);
}

#[test]
fn pipes_hold_nothing_up() {
    let world = World::new();
    world.change(".gitattributes", "*.txt text\n", "main");
    let (mirror, worktree) = world.worktree();
    fs::remove_file(worktree.path.join(".gitattributes")).unwrap();
    for name in [".gitignore", ".gitattributes", "pipe", "sub/.gitignore"] {
        fs::create_dir_all(worktree.path.join("sub")).unwrap();
        let path = worktree.path.join(name);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
    }
    write(&worktree.path.join("sub/new"), "x");
    assert_eq!(committed(&world, &mirror, &worktree), ["100644 README.md", "100644 sub/new"]);
    symlink("../pipe", worktree.path.join("sub/.gitignore")).unwrap();
    let outcome = worktree.has_changes(&[]);
    assert!(matches!(outcome, Err(GitError::Unsupported { .. })), "{outcome:?}");
    worktree.reset_to(&world.tip()).unwrap();
}

#[test]
fn a_lost_index_and_a_stale_lock_do_no_harm() {
    let world = World::new();
    world.write("tracked.log", "x");
    world.change(".gitignore", "*.log\n", "main");
    let (_mirror, worktree) = world.worktree();
    fs::remove_file(worktree.git_dir().join("index")).unwrap();
    write(&worktree.git_dir().join("index.lock"), "");
    assert!(!worktree.has_changes(&[]).unwrap());
    fs::write(worktree.git_dir().join("index"), "rubbish").unwrap();
    assert!(!worktree.has_changes(&[]).unwrap());
}

#[test]
fn line_endings_follow_the_attributes_of_the_repository() {
    let world = World::new();
    world.change(".gitattributes", "*.txt text eol=crlf\n", "main");
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("a.txt"), "one\r\ntwo\r\n");
    let made = worktree.commit_all(&world.tip(), &[], "x", now()).unwrap().unwrap();
    assert_eq!(mirror.read_file(&made, "a.txt", 100).unwrap().unwrap(), b"one\ntwo\n");
    assert!(!worktree.has_changes(&[]).unwrap());
}
