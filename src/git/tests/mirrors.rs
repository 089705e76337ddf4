//! Making, opening and filling a mirror; what the remote says of itself.

use super::*;
use crate::git::{GitError, MINIMUM_VERSION};

#[test]
fn the_git_of_this_machine_is_new_enough() {
    assert!(our_git().version().unwrap() >= MINIMUM_VERSION);
}

#[test]
fn the_default_branch_is_the_one_the_remote_names() {
    for name in ["main", "master", "trunk/stable"] {
        let world = World::with_branch(name);
        world.publish("another");
        let mirror = world.fetched();
        assert_eq!(mirror.default_branch().unwrap(), branch(name));
        assert_eq!(mirror.tracked_tip(&branch(name)).unwrap(), Some(world.tip()));
        assert_eq!(mirror.remote_tip(&branch(name)).unwrap(), Some(world.tip()));
    }
}

#[test]
fn the_only_branch_is_the_default_when_head_names_none_that_exists() {
    let world = World::empty(&["--initial-branch", "main"]);
    world.commit("first");
    world.publish("develop");
    assert_eq!(world.fetched().default_branch().unwrap(), branch("develop"));
    world.publish("another");
    let error = world.fetched().default_branch().unwrap_err();
    assert!(
        matches!(&error, GitError::NotFound { what } if what.contains("base_branch")),
        "{error}"
    );
}

#[test]
fn a_remote_behind_a_url_is_asked_by_program() {
    let world = World::with_branch("trunk");
    // A path that git2 does not open and git does: the host `localhost` of a file URL.
    let url = format!("file://localhost{}", world.remote.display());
    let mirror = Mirror::open_or_create(&world.git, &world.mirror_dir(), &url, None).unwrap();
    mirror.fetch().unwrap();
    assert_eq!(mirror.default_branch().unwrap(), branch("trunk"));
    assert_eq!(mirror.remote_tip(&branch("trunk")).unwrap(), Some(world.tip()));
    assert_eq!(mirror.remote_tip(&branch("runk")).unwrap(), None);
}

#[test]
fn a_remote_without_commits_is_told_from_a_broken_one() {
    let world = World::empty(&[]);
    let mirror = world.mirror();
    assert!(matches!(mirror.fetch(), Err(GitError::NoCommits { .. })));
    assert!(matches!(mirror.default_branch(), Err(GitError::NoCommits { .. })));
    fs::remove_dir_all(&world.remote).unwrap();
    assert!(matches!(mirror.fetch(), Err(GitError::NotFound { .. })));
    assert!(matches!(mirror.remote_tip(&branch("main")), Err(GitError::NotFound { .. })));
}

#[test]
fn opening_again_changes_nothing() {
    let world = World::new();
    world.fetched();
    let before = census(&world.mirror_dir());
    world.mirror();
    assert_same(&before, &census(&world.mirror_dir()));
}

#[test]
fn an_interrupted_creation_is_begun_anew() {
    let world = World::new();
    write(&world.root().join("repos/web.git.new/HEAD"), "half");
    assert!(world.fetched().has_commit(&world.tip()));
    assert!(!world.root().join("repos/web.git.new").exists());
}

#[test]
fn a_remote_that_moved_is_followed_and_lost_branches_are_dropped() {
    let world = World::new();
    world.publish("old");
    world.fetched();
    let other = World::new();
    let mirror = Mirror::open_or_create(
        &world.git,
        &world.mirror_dir(),
        other.remote.to_str().unwrap(),
        None,
    )
    .unwrap();
    mirror.fetch().unwrap();
    assert_eq!(mirror.tracked_tip(&branch("main")).unwrap(), Some(other.tip()));
    assert_eq!(mirror.tracked_tip(&branch("old")).unwrap(), None);
}

#[test]
fn tags_and_references_of_others_stay_where_they_are() {
    let world = World::new();
    git(&world.clone, &["tag", "v1"]);
    git(
        &world.clone,
        &["push", "-q", world.remote.to_str().unwrap(), "v1", "HEAD:refs/pull/1/head"],
    );
    let mirror = world.fetched();
    let names = git(mirror.dir(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(names, "refs/remotes/origin/main\n");
}

#[test]
fn another_object_format_is_refused_with_a_reason() {
    let world = World::empty(&["--object-format=sha256", "--initial-branch=main"]);
    world.write("a", "a");
    git(&world.clone, &["add", "a"]);
    git(&world.clone, &["commit", "-qm", "a"]);
    git(&world.clone, &["push", "-q", world.remote.to_str().unwrap(), "HEAD:refs/heads/main"]);
    let mirror = world.mirror();
    for error in [mirror.fetch().unwrap_err(), mirror.default_branch().unwrap_err()] {
        assert!(matches!(error, GitError::Unsupported { .. }), "{error}");
    }
    let lent = Mirror::open_or_create(&world.git, &world.mirror_dir(), "/x", Some(&world.clone));
    assert!(matches!(lent, Err(GitError::Unsupported { .. })));
}

#[test]
fn a_mirror_in_reftable_format_is_refused_and_a_remote_in_it_works() {
    let world = World::empty(&["--ref-format=reftable", "--initial-branch=main"]);
    let tip = world.commit("first");
    world.publish("main");
    let mirror = world.fetched();
    assert_eq!(mirror.default_branch().unwrap(), branch("main"));
    assert_eq!(mirror.remote_tip(&branch("main")).unwrap(), Some(tip));
    let error = Mirror::open_or_create(&world.git, &world.remote, "/x", None).unwrap_err();
    assert!(matches!(error, GitError::Unsupported { .. }), "{error}");
}

#[test]
fn objects_are_borrowed_from_the_operators_clone_which_stays_byte_identical() {
    let world = World::new();
    write(&world.clone.join("unfinished"), "work of a person");
    git(&world.clone, &["branch", "not-pushed"]);
    let before = census(&world.clone);
    let remote = world.remote.to_str().unwrap();
    let open =
        |lender| Mirror::open_or_create(&world.git, &world.mirror_dir(), remote, lender).unwrap();
    let mirror = open(Some(world.clone.as_path()));
    mirror.fetch().unwrap();
    assert_eq!(
        mirror.object_dirs().unwrap(),
        [mirror.dir().join("objects"), world.clone.join(".git/objects")]
    );
    assert!(git(mirror.dir(), &["count-objects", "-v"]).contains("in-pack: 0"));
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    worktree.hand_to_agent(&task().branch()).unwrap();
    write(&worktree.path.join("new"), "x");
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", "mine"]);
    worktree.take_back().unwrap();
    worktree.commit_all(&world.tip(), &[], "new", now()).unwrap().unwrap();
    mirror.gc().unwrap();
    assert_same(&before, &census(&world.clone));
    // No longer borrowed: what was is our own now, and the clone may go.
    let mirror = open(None);
    fs::remove_dir_all(&world.clone).unwrap();
    mirror.fetch().unwrap();
    git(mirror.dir(), &["fsck", "--no-dangling"]);
}

#[test]
fn a_lender_that_is_gone_is_done_without() {
    let world = World::new();
    let lender = world.root().join("lender");
    git(&world.root(), &["clone", "-q", "--no-local", "remote.git", "lender"]);
    let remote = world.remote.to_str().unwrap();
    let mirror =
        Mirror::open_or_create(&world.git, &world.mirror_dir(), remote, Some(&lender)).unwrap();
    mirror.fetch().unwrap();
    fs::remove_dir_all(lender).unwrap();
    let tip = world.change("b", "b", "main");
    mirror.fetch().unwrap();
    assert_eq!(mirror.tracked_tip(&branch("main")).unwrap(), Some(tip));
    git(mirror.dir(), &["fsck", "--no-dangling"]);
}

#[test]
fn a_mirror_that_lost_an_object_is_healed_by_fetching_anew() {
    let world = World::new();
    world.change("b", "lost", "main");
    let mirror = world.fetched();
    let blob = git(mirror.dir(), &["rev-parse", "refs/remotes/origin/main:b"]);
    let (folder, name) = blob.trim().split_at(2);
    fs::remove_file(mirror.dir().join("objects").join(folder).join(name)).unwrap();
    mirror.fetch().unwrap();
    assert!(mirror.read_file(&world.tip(), "b", 10).is_err());
    mirror.fetch_anew().unwrap();
    assert_eq!(mirror.read_file(&world.tip(), "b", 10).unwrap().unwrap(), b"lost");
}

#[test]
fn nothing_is_borrowed_from_a_shallow_clone() {
    let world = World::new();
    world.change("b", "b", "main");
    let url = format!("file://{}", world.remote.display());
    git(&world.root(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    let shallow = world.root().join("shallow");
    let mirror =
        Mirror::open_or_create(&world.git, &world.mirror_dir(), &url, Some(&shallow)).unwrap();
    assert_eq!(mirror.object_dirs().unwrap().len(), 1);
}
