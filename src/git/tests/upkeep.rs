//! Mirrors over time, clean checkouts, restored files.

use super::*;
use crate::git::{GitError, writers};

#[test]
fn a_tidied_mirror_and_a_living_private_repository_do_each_other_no_harm() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("first"), "x");
    let head = worktree.commit_all(&world.tip(), &[], "ours", now()).unwrap().unwrap();
    worktree.hand_to_agent(&task().branch()).unwrap();
    write(&worktree.path.join("second"), "x");
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", "mine"]);
    git(mirror.dir(), &["gc", "-q", "--prune=now"]);
    mirror.gc().unwrap();
    git(mirror.dir(), &["fsck", "--no-dangling"]);
    git(&worktree.path, &["fsck", "--no-dangling"]);
    world.change("third", "x", "main");
    mirror.fetch().unwrap();
    worktree.take_back().unwrap();
    assert_eq!(worktree.head().unwrap(), head);
    worktree.commit_all(&head, &[], "ours", now()).unwrap().unwrap();
    git(mirror.dir(), &["fsck", "--no-dangling"]);
}

#[test]
fn lock_files_of_the_dead_are_removed_when_the_mirror_is_opened() {
    let world = World::new();
    let mirror = world.fetched();
    for left in ["packed-refs.lock", "config.lock", "refs/remotes/origin/main.lock"] {
        write(&mirror.dir().join(left), "");
    }
    let newer = world.change("x", "x", "main");
    assert!(matches!(mirror.fetch(), Err(GitError::Unavailable { .. })));
    let mirror = world.mirror();
    mirror.fetch().unwrap();
    assert_eq!(mirror.tracked_tip(&branch("main")).unwrap(), Some(newer));
}

#[test]
fn those_that_make_a_mirror_at_once_get_one_that_works() {
    for _ in 0..8 {
        let world = World::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| drop(world.mirror()));
            }
        });
        world.mirror().fetch().unwrap();
    }
}

#[test]
fn a_mirror_that_is_no_repository_any_more_is_set_aside_and_made_anew() {
    let world = World::new();
    let dir = world.fetched().dir().to_owned();
    fs::remove_file(dir.join("HEAD")).unwrap();
    let mirror = world.mirror();
    mirror.fetch().unwrap();
    assert_eq!(mirror.tracked_tip(&branch("main")).unwrap(), Some(world.tip()));
    let aside = dir.with_file_name(format!("{}.broken-1", dir.file_name().unwrap().display()));
    assert!(aside.join("objects").is_dir(), "what it had is kept");
}

#[test]
fn a_mirror_whose_files_lost_their_content_with_the_power_is_made_anew() {
    for lost in ["HEAD", "config"] {
        let world = World::new();
        write(&world.fetched().dir().join(lost), "");
        world.mirror().fetch().unwrap();
        assert_eq!(world.mirror().tracked_tip(&branch("main")).unwrap(), Some(world.tip()));
    }
}

#[test]
fn worktrees_whose_books_lost_their_content_with_the_power_are_forgotten() {
    for lost in ["HEAD", "commondir", "gitdir"] {
        let world = World::new();
        let (_, worktree) = world.worktree();
        write(&worktree.git_dir().join(lost), "");
        let newer = world.change("x", "x", "main");
        let writing = writers::share(worktree.git_dir().parent().unwrap().parent().unwrap());
        drop(world.mirror());
        assert!(worktree.git_dir().exists(), "somebody may be just writing them");
        drop(writing);
        let mirror = world.mirror();
        mirror.fetch().unwrap();
        assert_eq!(mirror.tracked_tip(&branch("main")).unwrap(), Some(newer.clone()));
        let again = mirror.worktree(&task(), &worktree.path, &newer).unwrap();
        assert_eq!(again.head().unwrap(), newer);
        let aside = format!("{}.lost-1", worktree.path.display());
        assert!(std::path::Path::new(&aside).join("README.md").is_file(), "its files are kept");
    }
}

#[test]
fn a_mirror_that_cannot_be_looked_at_stays_where_it_is() {
    let world = World::new();
    let dir = world.fetched().dir().to_owned();
    let moved = dir.with_file_name("elsewhere");
    fs::rename(&dir, &moved).unwrap();
    // A link to itself: whatever is below cannot be read, for root neither.
    std::os::unix::fs::symlink(&dir, &dir).unwrap();
    let remote = world.remote.to_str().unwrap();
    let opened = Mirror::open_or_create(&world.git, &dir, remote, None);
    assert!(opened.is_err());
    assert!(fs::symlink_metadata(&dir).unwrap().is_symlink() && moved.join("HEAD").is_file());
    let beside = fs::read_dir(dir.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 2, "nothing was made or set aside");
}

#[test]
fn lock_files_stay_while_a_git_of_ours_lives() {
    let world = World::new();
    let mirror = world.fetched();
    let lock = mirror.dir().join("refs/remotes/origin/main.lock");
    write(&lock, "");
    let writing = writers::share(mirror.dir()).unwrap().unwrap();
    drop(world.mirror());
    assert!(lock.exists(), "somebody may be at work on it");
    drop(writing);
    drop(world.mirror());
    assert!(!lock.exists());
}

#[test]
fn a_clean_checkout_is_a_repository_of_its_own() {
    let world = World::new();
    world.change("dir/file", "x", "main");
    let mirror = world.fetched();
    let into = world.root().join("ci/web-1");
    mirror.checkout_clean(&world.tip(), &into).unwrap();
    assert_eq!(fs::read_to_string(into.join("dir/file")).unwrap(), "x");
    assert_eq!(git(&into, &["rev-parse", "HEAD"]).trim(), world.tip().as_str());
    assert_eq!(git(&into, &["status", "--porcelain"]), "");
    let references = git(mirror.dir(), &["for-each-ref"]);
    git(&into, &["commit", "-q", "--allow-empty", "-m", "by a test"]);
    assert_eq!(git(mirror.dir(), &["for-each-ref"]), references);
    let again = mirror.checkout_clean(&world.tip(), &into);
    assert!(matches!(again, Err(GitError::Failed { .. })), "{again:?}");
}

#[test]
fn files_that_agents_obey_are_put_back() {
    let world = World::new();
    world.write("CLAUDE.md", "rules");
    world.write("sub/AGENTS.md", "rules");
    world.change(".claude/settings.json", "{}", "main");
    let (_mirror, worktree) = world.worktree();
    let path = |name: &str| worktree.path.join(name);
    write(&path("CLAUDE.md"), "do as you like");
    fs::remove_file(path("sub/AGENTS.md")).unwrap();
    write(&path(".claude/hooks/evil.json"), "x");
    write(&path("work"), "kept");
    write(&world.root().join("outside/settings"), "x");
    std::os::unix::fs::symlink(world.root().join("outside"), path(".gemini")).unwrap();
    let globs = ["CLAUDE.md", "**/AGENTS.md", ".claude/**", ".gemini/**"].map(String::from);
    let touched = worktree.restore_paths(&world.tip(), &globs).unwrap();
    let expected = [
        ".claude/hooks/evil.json",
        ".claude/settings.json",
        ".gemini",
        "CLAUDE.md",
        "sub/AGENTS.md",
    ];
    assert_eq!(touched, expected);
    assert_eq!(fs::read_to_string(path("CLAUDE.md")).unwrap(), "rules");
    assert_eq!(fs::read_to_string(path("sub/AGENTS.md")).unwrap(), "rules");
    assert!(
        !path(".claude/hooks/evil.json").exists() && fs::symlink_metadata(path(".gemini")).is_err()
    );
    assert_eq!(fs::read_to_string(path("work")).unwrap(), "kept");
    assert!(world.root().join("outside/settings").exists());
    assert!(matches!(
        worktree.restore_paths(&world.tip(), &["[".into()]),
        Err(GitError::Unsupported { .. })
    ));
}
