//! The private repository, and what agents do with it.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::git::{GitError, GitState};

#[test]
fn an_agent_finds_a_working_repository_on_its_branch() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    worktree.hand_to_agent(&task().branch()).unwrap();
    let agent = |args: &[&str]| git(&worktree.path, args);
    assert_eq!(agent(&["status", "--porcelain", "--branch"]), "## agent/web-1\n");
    assert_eq!(agent(&["log", "--format=%s"]), "first\n");
    assert_eq!(agent(&["diff", "origin/main"]), "");
    write(&worktree.path.join("new"), "x");
    agent(&["add", "-A"]);
    agent(&["stash", "-q"]);
    agent(&["stash", "pop", "-q"]);
    agent(&["commit", "-qm", "mine"]);
    agent(&["fsck", "--no-dangling"]);
    agent(&["gc", "-q"]);
    assert!(agent(&["config", "user.name"]).contains("Agent \"OS\" bot"));
}

#[test]
fn what_an_agent_commits_is_never_ours() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    let before = git(mirror.dir(), &["for-each-ref"]);
    let objects = git(mirror.dir(), &["count-objects", "-v"]);
    worktree.hand_to_agent(&task().branch()).unwrap();
    write(&worktree.path.join("new"), "x");
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", "mine"]);
    git(&worktree.path, &["checkout", "-q", "-b", "elsewhere"]);
    git(&worktree.path, &["tag", "v9"]);
    assert_eq!(worktree.take_back().unwrap().git_was, GitState::Intact);
    assert_eq!(git(mirror.dir(), &["for-each-ref"]), before);
    assert_eq!(git(mirror.dir(), &["count-objects", "-v"]), objects);
    assert_eq!(worktree.head().unwrap(), world.tip());
    assert!(worktree.has_changes(&[]).unwrap());
    let made = worktree.commit_all(&world.tip(), &[], "ours", now()).unwrap().unwrap();
    assert_eq!(mirror.commits_between(&world.tip(), &made).unwrap().len(), 1);
    assert_eq!(worktree.head().unwrap(), made);
}

#[test]
fn handing_over_and_taking_back_may_be_repeated() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    for _ in 0..2 {
        worktree.hand_to_agent(&task().branch()).unwrap();
        worktree.hand_to_agent(&task().branch()).unwrap();
        assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
        assert_eq!(worktree.take_back().unwrap().git_was, GitState::Intact);
        assert_eq!(worktree.take_back().unwrap().git_was, GitState::Intact);
        assert_eq!(git(&worktree.path, &["rev-parse", "HEAD"]).trim(), world.tip().as_str());
    }
}

#[test]
fn a_half_written_private_repository_is_written_anew() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    fs::remove_file(worktree.path.join(".git")).unwrap();
    write(&worktree.path.join(".git/objects/info/alternates"), "half");
    worktree.hand_to_agent(&task().branch()).unwrap();
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
}

#[test]
fn a_git_that_is_missing_or_replaced_is_noticed_and_restored() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    let dot_git = worktree.path.join(".git");
    let outside = world.root().join("outside");
    write(&outside.join("keep"), "x");
    let replace: [(&dyn Fn(), GitState); 4] = [
        (&|| (), GitState::Missing),
        (&|| symlink(&outside, &dot_git).unwrap(), GitState::Replaced),
        (&|| fs::write(&dot_git, "gitdir: /etc\n").unwrap(), GitState::Replaced),
        (&|| drop(git(&worktree.path, &["init", "-q"])), GitState::Replaced),
    ];
    for (replacement, expected) in replace {
        worktree.hand_to_agent(&task().branch()).unwrap();
        fs::remove_dir_all(&dot_git).unwrap();
        replacement();
        assert_eq!(worktree.take_back().unwrap().git_was, expected);
        assert!(fs::symlink_metadata(&dot_git).unwrap().is_file());
        assert!(!worktree.has_changes(&[]).unwrap());
    }
    assert_eq!(fs::read_to_string(outside.join("keep")).unwrap(), "x");
}

#[test]
fn commands_planted_in_the_private_repository_never_run() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    let trace = world.root().join("ran");
    let script = world.root().join("evil");
    write(&script, format!("#!/bin/sh\ntouch '{}'\ncat\n", trace.display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    worktree.hand_to_agent(&task().branch()).unwrap();
    let evil = script.to_str().unwrap();
    let config = format!(
        "[core]\n\tfsmonitor = {evil}\n\thooksPath = {0}\n\tpager = {evil}\n\tsshCommand = {evil}\n\
         [filter \"evil\"]\n\tclean = {evil}\n\tsmudge = {evil}\n\tprocess = {evil}\n\trequired = true\n\
         [diff]\n\texternal = {evil}\n[diff \"evil\"]\n\ttextconv = {evil}\n[merge \"evil\"]\n\tdriver = {evil}\n\
         [gpg]\n\tprogram = {evil}\n[commit]\n\tgpgsign = true\n[alias]\n\tstatus = !{evil}\n",
        world.root().join("hooks").display()
    );
    write(&worktree.path.join(".git/config"), &config);
    for hook in
        ["pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-push"]
    {
        for dir in [world.root().join("hooks"), worktree.path.join(".git/hooks")] {
            fs::create_dir_all(&dir).unwrap();
            fs::copy(&script, dir.join(hook)).unwrap();
        }
    }
    write(&worktree.path.join(".gitattributes"), "* filter=evil diff=evil merge=evil\n");
    write(&worktree.path.join("new"), "x");
    assert!(worktree.has_changes(&[]).unwrap());
    worktree.take_back().unwrap();
    let made = worktree.commit_all(&world.tip(), &[], "x", now()).unwrap().unwrap();
    worktree.start_conflict(&world.tip(), &made).unwrap();
    worktree.reset_to(&made).unwrap();
    assert!(!trace.exists());
}

#[test]
fn read_only_folders_in_the_private_repository_are_removed() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    worktree.hand_to_agent(&task().branch()).unwrap();
    let deep = worktree.path.join(".git/objects/xx");
    write(&deep.join("file"), "x");
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o000)).unwrap();
    worktree.take_back().unwrap();
    assert!(worktree.path.join(".git").is_file());
}

#[test]
fn a_folder_that_is_gone_is_said_to_be() {
    let world = World::new();
    let (_mirror, worktree) = world.worktree();
    fs::remove_dir_all(&worktree.path).unwrap();
    for outcome in [
        worktree.take_back().map(drop),
        worktree.hand_to_agent(&task().branch()),
        worktree.has_changes(&[]).map(drop),
    ] {
        assert!(matches!(outcome, Err(GitError::NotFound { .. })), "{outcome:?}");
    }
}
