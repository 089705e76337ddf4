//! Worktrees that are made, kept, lost and found.

use super::*;

#[test]
fn a_worktree_is_made_at_the_start_with_a_detached_head() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    assert_eq!(worktree.head().unwrap(), world.tip());
    assert_eq!(fs::read_to_string(worktree.path.join("README.md")).unwrap(), "hello\n");
    assert_eq!(git(mirror.dir(), &["for-each-ref", "refs/heads"]), "");
    assert!(!worktree.has_changes(&[]).unwrap());
}

#[test]
fn a_worktree_that_is_there_is_kept_as_it_is() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("README.md"), "changed\n");
    write(&worktree.git_dir().join("index.lock"), "left by a crash");
    let newer = world.change("later", "x", "main");
    mirror.fetch().unwrap();
    let again = mirror.worktree(&task(), &worktree.path, &newer).unwrap();
    assert_eq!(again.head().unwrap(), worktree.head().unwrap());
    assert_eq!(fs::read_to_string(again.path.join("README.md")).unwrap(), "changed\n");
    assert!(again.has_changes(&[]).unwrap());
    let found = mirror.worktree_at(&task(), &worktree.path).unwrap().unwrap();
    assert_eq!(found.git_dir(), worktree.git_dir());
}

#[test]
fn a_deleted_folder_comes_back_with_the_saved_work_as_changes() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("new"), "work\n");
    fs::remove_file(worktree.path.join("README.md")).unwrap();
    let saved = worktree.save_work(&task(), &world.tip(), now()).unwrap().unwrap();
    assert_eq!(mirror.saved_work(&task()).unwrap(), Some(saved.clone()));
    assert_eq!(worktree.head().unwrap(), world.tip());
    fs::remove_dir_all(&worktree.path).unwrap();
    assert!(mirror.worktree_at(&task(), &world.worktree_path()).unwrap().is_none());

    let again = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    assert_eq!(fs::read_to_string(again.path.join("new")).unwrap(), "work\n");
    assert!(!again.path.join("README.md").exists());
    assert_eq!(again.head().unwrap(), world.tip());
    let made = again.commit_all(&world.tip(), &[], "work", now()).unwrap().unwrap();
    assert_eq!(files(&mirror, &made), ["100644 new"]);
    mirror.drop_saved_work(&task()).unwrap();
    mirror.drop_saved_work(&task()).unwrap();
    assert_eq!(mirror.saved_work(&task()).unwrap(), None);
}

/// As if the machine had been started since.
fn start_machine(worktree: &Worktree) {
    write(&worktree.git_dir().join("agentos-ready"), "another start");
}

#[test]
fn files_from_before_a_start_of_the_machine_are_put_back_to_the_saved_work() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    mirror.heal(&task(), &worktree).unwrap();
    write(&worktree.path.join("new"), "work\n");
    worktree.save_work(&task(), &world.tip(), now()).unwrap().unwrap();
    for lost in ["new", "README.md"] {
        write(&worktree.path.join(lost), "");
    }
    write(&worktree.git_dir().join("index"), "\0\0\0\0");
    assert!(!worktree.is_doubtful(), "without a start nothing is put back");
    start_machine(&worktree);
    let worktree = mirror.worktree(&task(), &worktree.path, &world.tip()).unwrap();
    assert!(worktree.is_doubtful());
    mirror.heal(&task(), &worktree).unwrap();
    assert!(!worktree.is_doubtful());
    assert_eq!(fs::read_to_string(worktree.path.join("new")).unwrap(), "work\n");
    assert_eq!(fs::read_to_string(worktree.path.join("README.md")).unwrap(), "hello\n");
    assert_eq!(worktree.head().unwrap(), world.tip());
    assert!(worktree.has_changes(&[]).unwrap(), "saved work is a change");
}

#[test]
fn without_saved_work_such_files_are_those_of_the_head() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    // Of the same size as before: only its content says that it is another.
    write(&worktree.path.join("README.md"), "\0\0\0\0\0\0");
    write(&worktree.path.join("half"), "");
    start_machine(&worktree);
    mirror.heal(&task(), &worktree).unwrap();
    assert_eq!(fs::read_to_string(worktree.path.join("README.md")).unwrap(), "hello\n");
    assert!(!worktree.path.join("half").exists());
}

#[test]
fn without_saved_work_the_branch_of_the_task_is_taken() {
    let world = World::new();
    let mirror = world.fetched();
    let pushed = mirror.commit_file(&world.tip(), "a", b"1", "one", now()).unwrap();
    assert_eq!(mirror.branch_tip(&task()).unwrap(), None);
    mirror.set_branch(&task(), &pushed).unwrap();
    assert_eq!(mirror.branch_tip(&task()).unwrap(), Some(pushed.clone()));
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    assert_eq!(worktree.head().unwrap(), pushed);
    mirror.remove_worktree(&task(), &world.worktree_path()).unwrap();
    mirror.drop_branch(&task()).unwrap();
    let worktree = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    assert_eq!(worktree.head().unwrap(), world.tip());
}

#[test]
fn a_folder_that_is_not_ours_is_moved_aside() {
    let world = World::new();
    for round in 1..=2 {
        write(&world.worktree_path().join("precious"), round.to_string());
        let (mirror, worktree) = world.worktree();
        assert!(!worktree.path.join("precious").exists());
        let aside = world.root().join(format!("worktrees/web-1.lost-{round}/precious"));
        assert_eq!(fs::read_to_string(aside).unwrap(), round.to_string());
        mirror.remove_worktree(&task(), &worktree.path).unwrap();
    }
}

#[test]
fn a_link_in_place_of_the_folder_is_moved_and_not_followed() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    fs::remove_dir_all(&worktree.path).unwrap();
    write(&world.root().join("elsewhere/file"), "x");
    std::os::unix::fs::symlink(world.root().join("elsewhere"), &worktree.path).unwrap();
    assert!(mirror.worktree_at(&task(), &worktree.path).unwrap().is_none());
    let again = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    assert!(!fs::symlink_metadata(&again.path).unwrap().is_symlink());
    assert_eq!(fs::read_dir(world.root().join("elsewhere")).unwrap().count(), 1);
}

#[test]
fn what_a_creation_that_was_cut_off_left_is_removed_and_nothing_else() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    let mark = worktree.path.with_file_name(".web-1.making");
    assert!(!mark.exists(), "it is made");
    // As if git had been killed in the middle of it, and as if we had been right after.
    for is_ready in [false, true] {
        fs::write(&mark, "").unwrap();
        if !is_ready {
            fs::remove_file(worktree.git_dir().join("agentos-ready")).unwrap();
            fs::remove_file(worktree.path.join("README.md")).unwrap();
        }
        let again = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
        assert!(again.path.join("README.md").exists());
        let beside = fs::read_dir(worktree.path.parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1, "neither the mark nor what was half made is left");
    }
    // A mark that outlived its worktree does not outlive the removal.
    fs::write(&mark, "").unwrap();
    mirror.remove_worktree(&task(), &worktree.path).unwrap();
    assert!(!mark.exists());
}

#[test]
fn a_half_made_worktree_is_not_taken_for_one() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    // What a `git worktree add` leaves that was killed in the middle: registered, files missing.
    fs::remove_file(worktree.git_dir().join("agentos-ready")).unwrap();
    fs::remove_file(worktree.path.join("README.md")).unwrap();
    let again = mirror.worktree(&task(), &world.worktree_path(), &world.tip()).unwrap();
    assert!(again.path.join("README.md").exists());
    assert!(!again.has_changes(&[]).unwrap());
    assert!(!world.root().join("worktrees/web-1.lost-1/.git").exists());
}

#[test]
fn a_registration_in_another_place_is_forgotten() {
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    let elsewhere = world.root().join("moved/web-1");
    let again = mirror.worktree(&task(), &elsewhere, &world.tip()).unwrap();
    assert_eq!(again.path, elsewhere);
    assert_eq!(
        git(mirror.dir(), &["worktree", "list", "--porcelain"]).matches("worktree ").count(),
        2
    );
    assert!(worktree.path.join("README.md").exists());
}

#[test]
fn worktrees_of_other_tasks_are_left_alone() {
    let world = World::new();
    let (mirror, one) = world.worktree();
    let other: TaskId = "web-2".parse().unwrap();
    let path = world.root().join("worktrees/web-2");
    let two = mirror.worktree(&other, &path, &world.tip()).unwrap();
    // An agent of the first has just removed its `.git`: nothing may conclude that the worktree is gone.
    fs::remove_file(one.path.join(".git")).unwrap();
    git(mirror.dir(), &["worktree", "prune", "--expire=now"]);
    mirror.gc().unwrap();
    fs::remove_dir_all(&two.path).unwrap();
    mirror.worktree(&other, &path, &world.tip()).unwrap();
    assert_eq!(
        mirror.worktree_at(&task(), &one.path).unwrap().unwrap().head().unwrap(),
        world.tip()
    );
}

#[test]
fn removing_takes_everything_and_may_be_repeated() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let (mirror, worktree) = world.worktree();
    write(&worktree.path.join("cache/deep/file"), "x");
    fs::set_permissions(worktree.path.join("cache/deep"), fs::Permissions::from_mode(0o500))
        .unwrap();
    for _ in 0..2 {
        mirror.remove_worktree(&task(), &worktree.path).unwrap();
        assert!(!worktree.path.exists());
        assert!(!worktree.git_dir().exists());
    }
    mirror.remove_worktree(&task(), Path::new("/nowhere/at/all")).unwrap();
}

#[test]
fn a_reset_brings_the_files_of_the_commit_and_keeps_ignored_ones() {
    let world = World::new();
    world.change(".gitignore", "target\n", "main");
    let (_mirror, worktree) = world.worktree();
    write(&worktree.path.join("README.md"), "changed");
    write(&worktree.path.join("new/file"), "x");
    write(&worktree.path.join("target/cache"), "x");
    git(&worktree.path, &["init", "-q", "inner"]);
    write(&worktree.path.join("inner/file"), "x");
    worktree.hand_to_agent(&task().branch()).unwrap();
    worktree.reset_to(&world.tip()).unwrap();
    assert!(!worktree.has_changes(&[]).unwrap());
    assert!(!worktree.path.join("new").exists() && !worktree.path.join("inner").exists());
    assert!(
        worktree.path.join("target/cache").exists() && worktree.path.join(".git/HEAD").exists()
    );
}
