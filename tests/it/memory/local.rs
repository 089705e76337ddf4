//! On the local host: a bare repository whose hook lets in what comes by a pull request or from a person.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jiff::SignedDuration;

use crate::support::{Script, World};

/// Refuses commits on `main` that neither a merge of a pull request nor a person made.
pub(super) const PROTECTED: &str = r#"#!/bin/sh
while read -r old new ref; do
  [ "$ref" = refs/heads/main ] || continue
  git log -1 --format=%B "$new" | grep -Eq '^(Agent-Pull|By hand): ' && continue
  echo "error: GH006: Protected branch update failed for $ref." >&2
  exit 1
done
"#;

fn hook(world: &World, name: &str, script: &str) {
    let path = world.path(&format!("remotes/shop.git/hooks/{name}"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn protected(world: World) -> World {
    hook(&world, "pre-receive", PROTECTED);
    world
}

/// A file of `main` of the remote; empty when there is none.
pub(super) fn on_main(world: &World, path: &str) -> String {
    let names = world.files_on_main();
    if names.iter().any(|name| name == path) {
        world.git(&["-C", "remotes/shop.git", "show", &format!("main:{path}")])
    } else {
        String::new()
    }
}

pub(super) fn memory(world: &World) -> String {
    on_main(world, "CODEBASE.md")
}

pub(super) fn entries(world: &World, task: &str) -> usize {
    memory(world).matches(&format!("<!-- agentos:memory {task} -->")).count()
}

/// First lines of the commits of memory on `main`, newest first.
fn commits(world: &World) -> Vec<String> {
    let log = world.git(&["-C", "remotes/shop.git", "log", "--format=%s", "main"]);
    log.lines().filter(|line| line.starts_with("memory: ")).map(ToOwned::to_owned).collect()
}

/// The text of the pull requests of memory, in the order of their numbers.
pub(super) fn pulls(world: &World) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(world.path("board/shop/pulls"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    let texts = paths.into_iter().map(|path| fs::read_to_string(path).unwrap());
    texts.filter(|text| text.contains("head: agentos/memory")).collect()
}

pub(super) fn waiting(world: &World) -> Vec<String> {
    let Ok(files) = fs::read_dir(world.path("runtime/memory/shop")) else { return Vec::new() };
    let paths = files.map(|entry| entry.unwrap().path());
    let names =
        paths.filter(|path| path.is_file()).map(|path| path.file_name().unwrap().to_owned());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(super) fn monitor(world: &World) -> Vec<String> {
    let report = world.run("--json pr-monitor").ok().json();
    let items = report["items"].as_array().unwrap().clone();
    let actions = items.iter().map(|item| item["action"].as_str().unwrap().to_owned());
    actions.filter(|action| action.starts_with("memory")).collect()
}

/// Works on everything that is Ready, up to open pull requests.
pub(super) fn work(world: &World) {
    world.run("dispatch").ok();
    world.run("queue").ok();
}

/// A world in which one task is merged and its memory proposed.
pub(super) fn proposed() -> World {
    let world = protected(World::new());
    world.ready_issue("Add a cart", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    world
}

fn hold(world: &World, number: u64) {
    world.replace(&format!("board/shop/pulls/{number}.md"), "labels: []", "labels: [hold]");
}

#[test]
fn several_merges_of_one_run_leave_one_commit_on_a_branch_that_takes_it() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert_eq!((entries(&world, "shop-1"), entries(&world, "shop-2")), (1, 1));
    assert_eq!(commits(&world), ["memory: 2 changes [skip ci]"]);
    assert!(waiting(&world).is_empty());
    assert!(!world.path("runtime/state/memory").exists(), "nothing has to be remembered");
}

#[test]
fn one_pull_request_carries_memory_to_a_branch_that_takes_no_push() {
    let world = protected(World::new());
    world.ready_issue("Add a cart", "Closes #7");
    world.ready_issue("Fixes #7 in the till, says @ann", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    assert_eq!(memory(&world), "", "the branch is protected");
    assert_eq!(waiting(&world), ["shop-1.json", "shop-2.json"]);
    let pull = pulls(&world).remove(0);
    insta::assert_snapshot!(pull.split_once("\n---\n").unwrap().1, @r"
    <!-- agentos:memory-proposal acme/shop -->
    **agentos** · memory of `acme/shop`

    `main` takes no push of ours, so what tasks have left behind comes as this pull request. It changes the memory (`CODEBASE.md` and its archive) and nothing else, and belongs to no issue.

    - shop-1 (#1): `Add a cart`
    - shop-2 (#2): `Fixes # 7 in the till, says @ann`

    What comes later is added in place, at most once in an hour. Close it, and what it carries is not proposed again.
    ");
    let made = world.git(&["-C", "remotes/shop.git", "log", "-1", "--format=%s", "agentos/memory"]);
    assert_eq!(made, "memory: 2 changes", "its checks have to run");
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!((entries(&world, "shop-1"), entries(&world, "shop-2")), (1, 1));
    assert_eq!(commits(&world), ["memory: 2 changes [skip ci]"]);
    assert!(waiting(&world).is_empty());
    let branches = world.git(&["-C", "remotes/shop.git", "branch", "--list", "agentos/*"]);
    assert_eq!(branches, "");
    let before = world.snapshot("");
    world.run("tick").ok();
    assert_eq!(world.snapshot(""), before, "the same world twice is no write");
}

#[test]
fn a_branch_that_declined_a_push_is_not_tried_again_for_a_day() {
    let mut world = proposed();
    assert_eq!(monitor(&world), ["memory_merged"]);
    fs::remove_file(world.path("remotes/shop.git/hooks/pre-receive")).unwrap();
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    assert_eq!(monitor(&world), ["memory_merged"]);
    world.advance(SignedDuration::from_hours(25));
    world.ready_issue("Add a door", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert_eq!(pulls(&world).len(), 2);
}

#[test]
fn a_person_who_closes_the_pull_request_has_decided() {
    let world = proposed();
    world.replace("board/shop/pulls/3.md", "state: open", "state: closed");
    assert_eq!(monitor(&world), ["memory_declined"]);
    assert_eq!(monitor(&world), Vec::<String>::new());
    assert!(world.path("runtime/memory/shop/declined/shop-1.json").exists());
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!((entries(&world, "shop-1"), entries(&world, "shop-4")), (0, 1));
}

#[test]
fn a_pull_request_on_hold_waits_and_takes_more_in_place_once_an_hour() {
    let mut world = proposed();
    hold(&world, 3);
    assert_eq!(monitor(&world), ["memory_held"]);
    let before = world.snapshot("");
    assert_eq!(monitor(&world), ["memory_held"]);
    assert_eq!(world.snapshot(""), before, "the same world twice is no write");
    assert!(world.reason("pr:3").contains("`hold`"), "{}", world.reason("pr:3"));
    let status = world.run("status").ok().stdout;
    let line = status.lines().find(|line| line.starts_with("memory")).unwrap_or_default();
    insta::assert_snapshot!(line, @"memory of acme/shop: 1 change waits, pull request 3: it has the label `hold`");
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_held"]);
    world.advance(SignedDuration::from_mins(61));
    assert_eq!(monitor(&world), ["memory_updated"]);
    let pull = pulls(&world).remove(0);
    assert!(pull.contains("shop-1") && pull.contains("shop-4"), "{pull}");
    world.replace("board/shop/pulls/3.md", "labels: [hold]", "labels: []");
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert_eq!((entries(&world, "shop-1"), entries(&world, "shop-4")), (1, 1));
    assert_eq!(pulls(&world).len(), 1);
}

#[test]
fn memory_that_conflicts_is_built_anew_and_keeps_what_a_person_wrote() {
    let world = proposed();
    world.push_by_hand("main", "CODEBASE.md", "# Ours\n\nBy hand: no sections.\n");
    assert_eq!(monitor(&world), ["memory_updated"]);
    assert_eq!(monitor(&world), ["memory_merged"]);
    assert!(memory(&world).starts_with("# Ours\n\nBy hand: no sections.\n"), "{}", memory(&world));
    assert_eq!(entries(&world, "shop-1"), 1);
}

#[test]
fn commits_of_somebody_else_on_the_branch_are_left_to_people() {
    let world = proposed();
    world.push_by_hand("agentos/memory", "extra.txt", "mine");
    assert_eq!(monitor(&world), ["memory_held"]);
    assert!(world.reason("pr:3").contains("the last commit of ours"), "{}", world.reason("pr:3"));
    world.run("pr merge 3").ok();
    assert_eq!(monitor(&world), Vec::<String>::new());
    assert_eq!(entries(&world, "shop-1"), 1);
    assert!(world.files_on_main().contains(&"extra.txt".to_owned()));
}

#[test]
fn a_foreign_branch_of_that_name_is_not_overwritten() {
    let world = protected(World::new());
    world.push_by_hand("agentos/memory", "extra.txt", "mine");
    world.ready_issue("Add a cart", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_held"]);
    let status = world.run("status").ok().stdout;
    assert!(status.contains("which is no commit of ours: delete it"), "{status}");
    world.git(&["-C", "remotes/shop.git", "branch", "-D", "agentos/memory"]);
    assert_eq!(monitor(&world), ["memory_proposed"]);
}

#[test]
fn red_checks_of_memory_are_shown_and_nobody_repairs_them() {
    let world = protected(World::new()).repo_settings("  ci_command: test ! -e CODEBASE.md\n");
    world.ready_issue("Add a cart", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_proposed"]);
    assert_eq!(monitor(&world), ["memory_held"]);
    assert_eq!(world.reason("pr:3"), "red: ci");
    let runs = world.stats().len();
    world.run("tick").ok();
    assert_eq!(world.stats().len(), runs);
    assert_eq!(waiting(&world), ["shop-1.json"], "nothing is lost");
}

#[test]
fn disarmed_paused_and_dry_runs_merge_no_memory() {
    let world = proposed();
    world.run("disarm --repo shop").ok();
    assert_eq!(monitor(&world), ["memory_held"]);
    world.run("arm --repo shop").ok();
    let before = world.snapshot("");
    world.run("pr-monitor --dry-run").ok();
    assert_eq!(world.snapshot(""), before);
    world.run("pause --repo shop").ok();
    assert_eq!(monitor(&world), Vec::<String>::new());
    world.run("resume --repo shop").ok();
    assert_eq!(monitor(&world), ["memory_merged"]);
}

#[test]
fn a_task_that_is_given_up_leaves_one_line_with_the_next_entry() {
    let agent = Script::new()
        .line("[ \"$AGENTOS_TASK_ID\" = shop-1 ] && touch broken")
        .line("echo \"$AGENTOS_TASK_ID\" > \"work-$AGENTOS_TASK_ID.txt\"")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]).setting("ci_max_retries: 0");
    world.ready_issue("Pay by card", "");
    work(&world);
    assert_eq!(monitor(&world), Vec::<String>::new());
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(waiting(&world), ["shop-1.known-issue.json"]);
    assert_eq!(monitor(&world), Vec::<String>::new(), "it waits for an entry to go with");
    world.ready_issue("Add a till", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert_eq!(commits(&world).len(), 1);
    let text = memory(&world);
    let line = text.lines().find(|line| line.contains("known-issue shop-1")).unwrap_or_default();
    insta::assert_snapshot!(line, @"- 2026-01-05 shop-1 (#1) Pay by card: still red after 0 repairs: ci <!-- agentos:known-issue shop-1 -->");
    // Taken out by hand, it stays out.
    let without: Vec<&str> = text.lines().filter(|other| *other != line).collect();
    world.push_by_hand("main", "CODEBASE.md", &without.join("\n"));
    world.ready_issue("Add a door", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert!(!memory(&world).contains("known-issue shop-1"));
    assert_eq!(entries(&world, "shop-3"), 1);
}

#[test]
fn a_known_issue_that_was_not_written_yet_goes_when_its_task_is_merged_after_all() {
    let agent = Script::new().line("touch broken").reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]).setting("ci_max_retries: 0");
    world.ready_issue("Pay by card", "");
    work(&world);
    assert_eq!(monitor(&world), Vec::<String>::new());
    world.run("pr merge 2 --force").ok();
    world.run("pr-monitor").ok();
    assert_eq!(entries(&world, "shop-1"), 1);
    assert!(!memory(&world).contains("known-issue"), "{}", memory(&world));
    assert!(waiting(&world).is_empty());
}

#[test]
fn somebody_who_pushes_in_between_costs_nothing_but_another_try() {
    let world = World::new();
    world.push_by_hand("later", "CODEBASE.md", "# By hand\n");
    // The first commit of memory finds that somebody was faster by the time it arrives.
    hook(
        &world,
        "update",
        "#!/bin/sh\n[ \"$1\" = refs/heads/main ] || exit 0\n[ -e faster ] && exit 0\n\
         git log -1 --format=%s \"$3\" | grep -q '^memory: ' || exit 0\n\
         touch faster\ntree=$(git rev-parse refs/heads/later^{tree})\n\
         new=$(GIT_AUTHOR_NAME=ann GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=ann GIT_COMMITTER_EMAIL=a@b git commit-tree -p \"$2\" -m 'By hand: faster' \"$tree\")\n\
         git update-ref refs/heads/main \"$new\"\n",
    );
    world.ready_issue("Add a cart", "");
    work(&world);
    assert_eq!(monitor(&world), ["memory_written"]);
    assert!(world.path("remotes/shop.git/faster").exists(), "the race took place");
    assert!(memory(&world).starts_with("# By hand\n"), "{}", memory(&world));
    assert_eq!(entries(&world, "shop-1"), 1);
    assert_eq!(world.merged().first().map(String::as_str), Some("By hand: faster"));
}

#[test]
fn two_people_who_merge_at_once_leave_both_entries_once() {
    let world = World::new().repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    world.ready_issue("Add a cart", "");
    world.ready_issue("Add a till", "");
    work(&world);
    let merges: Vec<_> = ["3", "4"]
        .into_iter()
        .map(|number| world.command(&["pr", "merge", number]).spawn().unwrap())
        .collect();
    for mut merge in merges {
        merge.wait().unwrap();
    }
    // One of two that meet may be told to try again; the monitor finishes what is left.
    for number in ["3", "4"] {
        drop(world.run_words(&["pr", "merge", number]));
    }
    world.run("pr-monitor").ok();
    assert_eq!((entries(&world, "shop-1"), entries(&world, "shop-2")), (1, 1));
    assert!(waiting(&world).is_empty());
}

#[test]
fn a_memory_file_that_is_no_text_is_left_alone_and_nothing_is_lost() {
    let world = World::new();
    world.write("shop/CODEBASE.md", "");
    fs::write(world.path("shop/CODEBASE.md"), b"\xff\xfe no text").unwrap();
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "By hand: bytes"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "HEAD:main"]);
    world.ready_issue("Add a cart", "");
    work(&world);
    let run = world.run("pr-monitor").code(1);
    assert!(run.stderr.contains("is not UTF-8 text"), "{}", run.stderr);
    assert_eq!(waiting(&world), ["shop-1.json"]);
    assert_eq!(monitor(&world), ["memory_waits"]);
}
