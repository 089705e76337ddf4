//! What people do past us: they push to the branch of memory and merge it themselves, and bring back what was given up.

use super::local::{entries, memory, monitor, on_main, proposed, pulls, waiting, work};
use crate::support::{Script, World};

const BRANCH: &str = "agentos/memory";

/// The commit of the branch of memory on the remote; empty when there is none.
fn tip(world: &World) -> String {
    let reference = format!("refs/heads/{BRANCH}");
    world.git(&["-C", "remotes/shop.git", "for-each-ref", "--format=%(objectname)", &reference])
}

/// Brings the branch of memory to `main` with git alone, as one commit or as it is.
fn merge_with_git(world: &World, squashed: bool) {
    let git = |arguments: &[&str]| world.git(&[&["-C", "shop"][..], arguments].concat());
    let theirs = format!("origin/{BRANCH}");
    git(&["fetch", "--quiet", "origin"]);
    git(&["checkout", "--quiet", "-B", "hand/merge", "origin/main"]);
    if squashed {
        git(&["merge", "--quiet", "--squash", &theirs]);
        git(&["commit", "--quiet", "-m", "By hand: memory"]);
    } else {
        git(&["merge", "--quiet", "--no-ff", "-m", "By hand: memory", &theirs]);
    }
    git(&["push", "--quiet", "origin", "hand/merge:main"]);
    git(&["checkout", "--quiet", "main"]);
}

/// The next merged task gets a pull request for its memory, which is merged.
#[track_caller]
fn assert_goes_on(world: &World) {
    let issue = world.ready_issue("Add a till", "");
    work(world);
    assert_eq!(monitor(world), ["memory_proposed"]);
    assert_eq!(monitor(world), ["memory_merged"]);
    assert_eq!((entries(world, "shop-1"), entries(world, &format!("shop-{issue}"))), (1, 1));
    assert!(world.files_on_main().contains(&"extra.txt".to_owned()));
    assert_eq!(tip(world), "");
}

#[test]
fn memory_goes_on_after_a_person_merged_it_with_a_commit_of_their_own() {
    let world = proposed();
    world.push_by_hand(BRANCH, "extra.txt", "mine");
    assert_eq!(monitor(&world), ["memory_held"]);
    world.run("pr merge 3").ok();
    assert_eq!(tip(&world), "", "exactly its tip was merged");
    assert_goes_on(&world);
}

#[test]
fn memory_goes_on_after_a_person_merged_it_with_git_alone() {
    for squashed in [false, true] {
        let world = proposed();
        world.push_by_hand(BRANCH, "extra.txt", "mine");
        assert_eq!(monitor(&world), ["memory_held"]);
        merge_with_git(&world, squashed);
        assert_eq!(monitor(&world), ["memory_merged"], "squashed: {squashed}");
        assert!(waiting(&world).is_empty());
        assert!(pulls(&world).iter().all(|pull| pull.contains("state: closed")));
        assert_goes_on(&world);
    }
}

#[test]
fn a_commit_that_is_not_on_the_base_is_kept_until_it_is() {
    let world = proposed();
    world.push_by_hand(BRANCH, "extra.txt", "mine");
    let theirs = tip(&world);
    // The file says so, and the commit of the person came later.
    world.replace("board/shop/pulls/3.md", "state: open", "state: merged");
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!(tip(&world), theirs);
    world.ready_issue("Add a till", "");
    work(&world);
    for _ in 0..2 {
        assert_eq!(monitor(&world), ["memory_held"]);
        assert_eq!(tip(&world), theirs);
    }
    let before = world.snapshot("");
    assert_eq!(monitor(&world), ["memory_held"]);
    assert_eq!(world.snapshot(""), before, "the same world twice is no write");
    merge_with_git(&world, false);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    assert_ne!(tip(&world), theirs);
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!(entries(&world, "shop-4"), 1);
}

#[test]
fn a_branch_that_a_person_put_back_to_the_base_gets_its_entries_again() {
    let world = proposed();
    let main = world.git(&["-C", "remotes/shop.git", "rev-parse", "main"]);
    let reference = format!("refs/heads/{BRANCH}");
    world.git(&["-C", "remotes/shop.git", "update-ref", &reference, &main]);
    assert_eq!(monitor(&world), ["memory_updated"]);
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!(entries(&world, "shop-1"), 1);
    assert_eq!(pulls(&world).len(), 1);
}

/// A world in which the first dispatch of the first issue was given up.
fn given_up() -> World {
    let agent = Script::new()
        .reports("partial", "none", "Not yet.")
        .line("[ \"$AGENTOS_TASK_ID\" = shop-1 ] && exit 0")
        .lines_of(Script::works());
    let world = World::with_agents(&[("worker", agent)]).setting("default_max_attempts: 1");
    world.ready_issue("Pay by card", "");
    work(&world);
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(waiting(&world), ["shop-1.known-issue.json"]);
    world
}

#[test]
fn a_known_issue_goes_to_the_archive_when_the_next_task_of_its_issue_is_merged() {
    let world = given_up();
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert!(memory(&world).contains("known-issue shop-1 -->"), "{}", memory(&world));
    world.run("issue ready 1").ok();
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert_eq!(entries(&world, "shop-1-2"), 1);
    assert!(!memory(&world).contains("known-issue"), "{}", memory(&world));
    assert!(on_main(&world, "CODEBASE.archive/2026.md").contains("known-issue shop-1 -->"));
}

#[test]
fn a_known_issue_that_was_not_written_yet_goes_when_the_next_task_of_its_issue_is_merged() {
    let world = given_up();
    world.run("issue ready 1").ok();
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert_eq!(entries(&world, "shop-1-2"), 1);
    assert!(!memory(&world).contains("known-issue"), "{}", memory(&world));
    assert!(waiting(&world).is_empty());
}
