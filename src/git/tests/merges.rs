//! Merging, squashing, rebasing in memory, and conflicts in a worktree.

use super::*;
use crate::git::{GitError, MergeState};

/// A base that moved on and a head with two commits; they touch the same line when `clash` is set.
fn forked(clash: bool) -> (World, Mirror, CommitSha, CommitSha) {
    let world = World::new();
    let start = world.tip();
    world.change("shared", "one\ntwo\nthree\n", "main");
    let fork = world.tip();
    world.change(if clash { "shared" } else { "base-only" }, "base\n", "main");
    let base = world.tip();
    git(&world.clone, &["reset", "-q", "--hard", fork.as_str()]);
    world.change("added", "1\n", "topic");
    world.change("shared", "one\nHEAD\nthree\n", "topic");
    let head = world.tip();
    let mirror = world.fetched();
    assert!(mirror.is_ancestor(&start, &head).unwrap());
    (world, mirror, head, base)
}

#[test]
fn a_head_is_merged_clean_or_in_conflict() {
    let (_world, mirror, head, base) = forked(false);
    assert_eq!(mirror.merge_state(&head, &base).unwrap(), MergeState::Clean);
    assert_eq!(mirror.merge_state(&base, &base).unwrap(), MergeState::UpToDate);
    let common = mirror.merge_base(&head, &base).unwrap().unwrap();
    assert_eq!(mirror.merge_state(&common, &base).unwrap(), MergeState::UpToDate);
    let (_world, mirror, head, base) = forked(true);
    assert_eq!(
        mirror.merge_state(&head, &base).unwrap(),
        MergeState::Conflict(vec!["shared".into()])
    );
}

#[test]
fn a_head_adds_what_the_base_does_not_have_whatever_its_commits_are() {
    let (_world, mirror, head, base) = forked(false);
    assert!(mirror.adds_to(&head, &base).unwrap());
    assert!(!mirror.adds_to(&base, &base).unwrap());
    let squashed = mirror.squash(&head, &base, "All of it", now()).unwrap();
    assert!(!mirror.adds_to(&head, &squashed).unwrap(), "the base has it by another commit");
    let (_world, mirror, head, base) = forked(true);
    assert!(mirror.adds_to(&head, &base).unwrap(), "what does not merge is not there yet");
}

#[test]
fn a_squash_is_one_commit_on_the_base_with_everything() {
    let (_world, mirror, head, base) = forked(false);
    let made = mirror.squash(&head, &base, "All of it (#7)\n\nbody", now()).unwrap();
    let commits = mirror.commits_between(&base, &made).unwrap();
    assert_eq!(commits.len(), 1);
    assert_eq!((commits[0].subject.as_str(), commits[0].body.as_str()), ("All of it (#7)", "body"));
    assert_eq!((commits[0].author_name.as_str(), commits[0].time), ("Agent \"OS\" bot", now()));
    assert_eq!(files(&mirror, &made).len(), 4);
    assert_eq!(mirror.squash(&head, &base, "All of it (#7)\n\nbody", now()).unwrap(), made);
}

#[test]
fn a_conflict_makes_no_commit_and_names_the_files() {
    let (_world, mirror, head, base) = forked(true);
    let expected = GitError::Conflict { files: vec!["shared".into()] };
    assert_eq!(mirror.squash(&head, &base, "x", now()).unwrap_err(), expected);
    assert_eq!(mirror.rebase(&head, &base, now()).unwrap_err(), expected);
}

#[test]
fn a_rebase_keeps_commits_and_authors() {
    let (_world, mirror, head, base) = forked(false);
    let made = mirror.rebase(&head, &base, now()).unwrap();
    let commits = mirror.commits_between(&base, &made).unwrap();
    let read: Vec<_> =
        commits.iter().map(|c| (c.subject.as_str(), c.author_name.as_str())).collect();
    assert_eq!(read, [("change added", "Ann"), ("change shared", "Ann")]);
    assert!(mirror.is_ancestor(&base, &made).unwrap());
    // Nothing is made anew when all is in place already.
    let later = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(mirror.rebase(&made, &base, later).unwrap(), made);
}

#[test]
fn a_rebase_drops_what_the_base_has_already() {
    let (world, mirror, head, base) = forked(false);
    git(&world.clone, &["reset", "-q", "--hard", base.as_str()]);
    world.change("added", "1\n", "main");
    mirror.fetch().unwrap();
    let made = mirror.rebase(&head, &world.tip(), now()).unwrap();
    assert_eq!(mirror.commits_between(&world.tip(), &made).unwrap().len(), 1);
}

#[test]
fn a_merge_from_the_base_is_no_obstacle_to_a_rebase() {
    let (world, mirror, _, base) = forked(false);
    git(&world.clone, &["merge", "-q", "-m", "merge main", base.as_str()]);
    world.publish("topic");
    mirror.fetch().unwrap();
    let made = mirror.rebase(&world.tip(), &base, now()).unwrap();
    assert_eq!(mirror.commits_between(&base, &made).unwrap().len(), 2);
}

#[test]
fn histories_without_a_common_commit_have_no_merge_base() {
    let world = World::new();
    let one = world.tip();
    git(&world.clone, &["checkout", "-q", "--orphan", "other"]);
    let other = world.change("x", "x", "other");
    assert_eq!(world.fetched().merge_base(&one, &other).unwrap(), None);
}

#[test]
fn a_conflict_is_laid_out_in_the_worktree_and_its_markers_are_found() {
    let (world, mirror, head, base) = forked(true);
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &head).unwrap();
    write(&worktree.path.join("rubbish"), "x");
    let conflicts = worktree.start_conflict(&base, &head).unwrap();
    assert_eq!(conflicts, ["shared"]);
    assert_eq!(worktree.head().unwrap(), base);
    assert_eq!(fs::read_to_string(worktree.path.join("added")).unwrap(), "1\n");
    assert_eq!(worktree.leftover_markers(&conflicts).unwrap(), conflicts);
    assert!(!worktree.path.join("rubbish").exists());
    // The agent sees the conflict with its own git too.
    worktree.hand_to_agent(&task().branch()).unwrap();
    assert!(
        git(&worktree.path, &["status", "--porcelain"]).contains("AA shared")
            || git(&worktree.path, &["status", "--porcelain"]).contains("UU shared")
    );
    write(&worktree.path.join("shared"), "solved\n");
    worktree.take_back().unwrap();
    assert!(worktree.leftover_markers(&conflicts).unwrap().is_empty());
    let made = worktree.commit_all(&base, &[], "solved", now()).unwrap().unwrap();
    assert_eq!(mirror.merge_state(&made, &base).unwrap(), MergeState::Clean);
    assert_eq!(mirror.read_file(&made, "shared", 100).unwrap().unwrap(), b"solved\n");
}

#[test]
fn what_fits_is_laid_out_without_conflicts() {
    let (world, mirror, head, base) = forked(false);
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &head).unwrap();
    assert!(worktree.start_conflict(&base, &head).unwrap().is_empty());
    assert!(worktree.has_changes(&[]).unwrap());
}

#[test]
fn markers_are_not_looked_for_behind_links() {
    let (world, mirror, head, _) = forked(true);
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &head).unwrap();
    write(&world.root().join("outside/file"), "<<<<<<< secret\n");
    std::os::unix::fs::symlink(world.root().join("outside"), worktree.path.join("dir")).unwrap();
    std::os::unix::fs::symlink(world.root().join("outside/file"), worktree.path.join("link"))
        .unwrap();
    let names: Vec<String> = ["dir/file", "link", "gone", "gone/too"].map(Into::into).into();
    assert!(worktree.leftover_markers(&names).unwrap().is_empty());
}
