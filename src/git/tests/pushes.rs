//! Pushes under a lease.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::git::{GitError, Push};

fn push(source: Option<&CommitSha>, expected: Option<&CommitSha>) -> Push {
    Push { source: source.cloned(), branch: task().branch(), expected: expected.cloned() }
}

/// A mirror with two commits to push, one on top of the other.
fn two_commits(world: &World) -> (Mirror, CommitSha, CommitSha) {
    let mirror = world.fetched();
    let one = mirror.commit_file(&world.tip(), "a", b"1", "one", now()).unwrap();
    let two = mirror.commit_file(&one, "a", b"2", "two", now()).unwrap();
    (mirror, one, two)
}

#[test]
fn a_branch_is_made_moved_forward_moved_back_and_deleted() {
    let world = World::new();
    let (mirror, one, two) = two_commits(&world);
    let steps = [
        (Some(&one), None),
        (Some(&two), Some(&one)),
        (Some(&one), Some(&two)),
        (None, Some(&one)),
    ];
    for (source, expected) in steps {
        mirror.push(&push(source, expected)).unwrap();
        assert_eq!(mirror.remote_tip(&task().branch()).unwrap().as_ref(), source);
        assert_eq!(mirror.tracked_tip(&task().branch()).unwrap().as_ref(), source);
    }
}

#[test]
fn what_is_pushed_to_this_machine_is_synced_there_and_leaves_no_process() {
    let world = World::new();
    let (mirror, one, _) = two_commits(&world);
    let hook = world.remote.join("hooks/pre-receive");
    write(&hook, "#!/bin/sh\ngit config --get-regexp '^core.fsync|autodetach$' > ../settings\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    mirror.push(&push(Some(&one), None)).unwrap();
    let settings = fs::read_to_string(world.remote.parent().unwrap().join("settings")).unwrap();
    assert_eq!(
        settings,
        "core.fsync committed\ncore.fsyncmethod batch\ngc.autodetach false\nmaintenance.autodetach false\n"
    );
}

#[test]
fn what_is_already_so_is_success() {
    let world = World::new();
    let (mirror, one, two) = two_commits(&world);
    mirror.push(&push(Some(&two), None)).unwrap();
    // As after a lost reply: the lease is the old one, the remote has the new commit.
    mirror.push(&push(Some(&two), None)).unwrap();
    mirror.push(&push(Some(&two), Some(&one))).unwrap();
    mirror.push(&push(None, Some(&two))).unwrap();
    mirror.push(&push(None, Some(&two))).unwrap();
    mirror.push(&push(None, None)).unwrap();
}

#[test]
fn a_branch_that_moved_or_exists_refuses_the_lease_and_stays() {
    let world = World::new();
    let (mirror, one, two) = two_commits(&world);
    world.publish("agent/web-1");
    let theirs = world.tip();
    for (source, expected) in [(Some(&two), None), (Some(&two), Some(&one)), (None, Some(&one))] {
        let error = mirror.push(&push(source, expected)).unwrap_err();
        assert!(matches!(error, GitError::Stale { .. }), "{error}");
        assert_eq!(mirror.remote_tip(&task().branch()).unwrap(), Some(theirs.clone()));
    }
}

#[test]
fn of_two_pushes_at_once_one_wins_and_the_other_is_told() {
    let world = World::new();
    let (mirror, one, two) = two_commits(&world);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let run = |source: CommitSha| {
            let mirror = &mirror;
            scope.spawn(move || mirror.push(&push(Some(&source), None)))
        };
        let both = [run(one), run(two)];
        both.map(|handle| handle.join().unwrap()).into()
    });
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let stale = outcomes.iter().filter(|o| matches!(o, Err(GitError::Stale { .. }))).count();
    assert_eq!((won, stale), (1, 1), "{outcomes:?}");
}

#[test]
fn a_remote_that_declines_is_no_stale_lease() {
    let world = World::new();
    let (mirror, one, _) = two_commits(&world);
    let hook = world.remote.join("hooks/pre-receive");
    write(&hook, "#!/bin/sh\necho protected >&2\nexit 1\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let error = mirror.push(&push(Some(&one), None)).unwrap_err();
    assert!(
        matches!(&error, GitError::Declined { reason, .. } if reason.contains("protected")),
        "{error}"
    );
}

#[test]
fn a_commit_that_the_mirror_has_not_is_not_pushed() {
    let world = World::new();
    let unknown = sha("1234567890123456789012345678901234567890");
    let outcome = world.fetched().push(&push(Some(&unknown), None));
    assert!(matches!(outcome, Err(GitError::NotFound { .. })));
}

#[test]
fn a_remote_that_cannot_be_reached_may_be_tried_again() {
    let world = World::new();
    let (_, one, _) = two_commits(&world);
    let url = "http://127.0.0.1:1/nothing.git";
    let mirror = Mirror::open_or_create(&world.git, &world.mirror_dir(), url, None).unwrap();
    assert!(matches!(mirror.push(&push(Some(&one), None)), Err(GitError::Unavailable { .. })));
    assert!(matches!(mirror.fetch(), Err(GitError::Unavailable { .. })));
    assert!(matches!(mirror.remote_tip(&branch("main")), Err(GitError::Unavailable { .. })));
}
