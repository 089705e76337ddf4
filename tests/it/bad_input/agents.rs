//! What an agent may do to its worktree, to git and to the process table, and what is left of it: nothing but its files.

use std::fs;
use std::process::Command;

use super::{after, dispatched};
use crate::support::{Script, World, processes_with};

#[test]
fn an_agent_that_writes_outside_its_worktree_is_reported() {
    let agent = Script::works()
        .line("echo planted > \"$OPERATOR/../shop/planted.txt\"; echo '# planted' >> \"$OPERATOR/../config.yaml\"");
    let world = after(agent);
    let receipt = world.receipt("shop-1", "1");
    let writes = receipt["outside_writes"].to_string();
    assert!(writes.contains("shop/planted.txt") && writes.contains("config.yaml"), "{receipt}");
    assert!(world.task_text("shop-1").contains("planted.txt"));
}

#[test]
fn whatever_an_agent_does_to_git_its_files_are_what_counts() {
    for (name, line) in [
        ("deletes .git", "rm -rf .git"),
        ("replaces .git", "rm -rf .git; git init -q .; git add -A; git commit -qm evil"),
        ("points .git elsewhere", "rm -rf .git; echo 'gitdir: /nowhere' > .git"),
        ("links .git", "rm -rf .git; ln -s \"$OPERATOR/../shop/.git\" .git"),
        ("commits", "git add -A; git commit -qm mine; git commit -q --allow-empty -m two"),
        ("changes branch", "git checkout -q -b other; git add -A; git commit -qm mine"),
        ("detaches", "git checkout -q --detach"),
        ("stashes", "echo x > stashed.txt; git add stashed.txt; git stash -q; echo 1 > kept.txt"),
        (
            "plants hooks",
            "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch \"%s/pwned\"\\n' \"$OPERATOR\" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; git config core.hooksPath .git/hooks",
        ),
        (
            "plants a filter",
            "git config filter.x.clean \"touch $OPERATOR/pwned\"; git config core.fsmonitor \"touch $OPERATOR/pwned\"; echo '*.txt filter=x' > .git/info/attributes",
        ),
        ("locks the index", "touch .git/index.lock .git/HEAD.lock"),
        ("resets", "git add -A; git commit -qm x; git reset -q --soft HEAD~1"),
    ] {
        let agent = Script::new()
            .line("git config user.name evil; git config user.email evil@localhost")
            .line("echo work > work.txt")
            .line(line)
            .reports("complete", "none", "Did it.");
        let world = after(agent);
        assert_eq!(world.folder_of("shop-1"), "done", "{name}: {}", world.task_text("shop-1"));
        world.run("pr-monitor").ok();
        assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{name}");
        let files = world.files_on_main();
        assert!(files.contains(&"work.txt".to_owned()), "{name}: {files:?}");
        assert!(!files.contains(&"stashed.txt".to_owned()), "{name}: {files:?}");
        assert_eq!(world.merged(), ["Add a cart", "Begin"], "{name}");
        assert!(!world.path("home/pwned").exists(), "{name}");
        let author = world.git(&["-C", "remotes/shop.git", "log", "--format=%an", "main"]);
        assert!(!author.contains("evil"), "{name}: {author}");
        let fsck =
            world.git(&["--git-dir", "runtime/repos/shop.git", "fsck", "--connectivity-only"]);
        assert!(!fsck.contains("missing") && !fsck.contains("broken"), "{name}: {fsck}");
    }
}

#[test]
fn an_agent_that_does_nothing_and_exits_well_is_no_success() {
    let world = after(Script::new().line("exit 0"));
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.agent_branches().is_empty());
    assert!(world.task_text("shop-1").contains("left no `.agent_result.md`"));
}

#[test]
fn an_agent_that_deletes_every_file_leaves_a_pull_request_for_a_person_and_no_broken_mirror() {
    let agent = Script::new().line("rm -rf ./* ./.git").reports("complete", "none", "Cleaned.");
    let world = after(agent);
    world.run("pr-monitor").ok();
    assert_eq!(world.merged(), ["Begin"], "{}", world.task_text("shop-1"));
}

#[test]
fn links_and_odd_names_that_an_agent_leaves_are_committed_as_they_are() {
    let agent = Script::new()
        .line("ln -s /etc/passwd link; mkdir -p 'a b/ü'; echo x > 'a b/ü/-rf'; echo y > \"$(printf 'new\\nline')\"; mkfifo pipe")
        .reports("complete", "none", "Did it.");
    let world = after(agent);
    assert_eq!(world.folder_of("shop-1"), "done", "{}", world.task_text("shop-1"));
    world.run("pr-monitor").ok();
    let link = world.git(&["-C", "remotes/shop.git", "ls-tree", "main", "link"]);
    assert!(link.starts_with("120000"), "{link}");
}

// Processes

#[test]
fn nothing_that_an_agent_starts_outlives_its_run() {
    let mark = format!("outlives-{}", std::process::id());
    let stay = format!("trap \"\" TERM HUP; : > $0; while :; do sleep 1; done # {mark}");
    let agent = Script::works()
        .line(&format!("(sh -c '{stay}' a &)"))
        .line(&format!("setsid sh -c '{stay}' b >/dev/null 2>&1 &"))
        .line(&format!("sh -c '{stay}' c &"))
        .line("until test -e a -a -e b -a -e c; do sleep 0.01; done");
    let world = after(agent);
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(processes_with(&mark), Vec::<String>::new());
    assert!(world.receipt("shop-1", "1")["killed_survivors"].as_u64().unwrap() >= 1);
}

fn with_deadline(agent: Script) -> World {
    let world = World::with_agents(&[("worker", agent)]);
    let script = world.path("agents/worker.sh").display().to_string();
    world.replace(
        "config.yaml",
        &format!("[sh, {script}]"),
        &format!("[sh, {script}], timeout_minutes: 0.005"),
    );
    world
}

#[test]
fn an_agent_that_never_ends_is_ended_at_its_deadline_and_its_work_is_kept() {
    for line in ["sleep 300", "trap '' TERM INT HUP; while :; do sleep 1; done"] {
        let agent = Script::new().line("echo half > half.txt").line(line);
        let world = dispatched(with_deadline(agent));
        world.run("queue --once").ok();
        assert_eq!(world.folder_of("shop-1"), "inbox");
        assert_eq!(world.stats()[0]["blocker_code"], "timeout", "{line}");
        assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
        let saved = ["--git-dir", "runtime/repos/shop.git", "show", "refs/agentos/shop-1:half.txt"];
        assert_eq!(world.git(&saved), "half");
    }
}

#[test]
fn an_agent_that_waits_for_its_quota_until_the_deadline_is_out_of_quota() {
    let agent = Script::new().line("echo 'Error: usage limit reached' >&2; sleep 300");
    let world = dispatched(with_deadline(agent));
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.stats()[0]["blocker_code"], "quota_limited");
    assert_eq!(world.stats()[0]["spent"], false);
    assert!(world.task_key("shop-1", "not_before").is_some());
}

#[test]
fn an_agent_that_shows_no_life_is_a_stall() {
    let agent = Script::new().line("sleep 300");
    let world = World::with_agents(&[("worker", agent)]).setting("stall_minutes: 0.005");
    let world = dispatched(world);
    world.run("queue --once").ok();
    assert_eq!(world.stats()[0]["blocker_code"], "timeout");
    assert!(world.task_text("shop-1").contains("wrote nothing"), "{}", world.task_text("shop-1"));
}

#[test]
fn endless_output_is_bounded() {
    let agent = Script::new()
        .line("timeout 0.5 yes || true")
        .line("echo x > x.txt")
        .reports("complete", "none", "Did it.");
    let world = after(agent);
    assert_eq!(world.folder_of("shop-1"), "done");
    let log = fs::metadata(world.path("runtime/runs/shop-1/1/agent.stdout.log")).unwrap();
    assert!(log.len() < 64 * 1024 * 1024, "{}", log.len());
}

#[test]
fn a_stop_signal_saves_the_work_and_the_next_run_goes_on() {
    let agent = Script::new()
        .line("echo half > half.txt; touch \"$OPERATOR/started\"")
        .line("test -e \"$OPERATOR/go\" || sleep 300")
        .reports("complete", "none", "Did it.");
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    let mut queue = world.command(&["queue"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !world.path("home/started").exists() {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-TERM", &queue.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(queue.wait().unwrap().code(), Some(75));
    assert_eq!(world.folder_of("shop-1"), "processing");
    assert!(world.stats().is_empty());
    world.write("home/go", "");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.stats().len(), 1);
}
