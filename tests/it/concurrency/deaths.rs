//! Workers that are killed, asked to end, or robbed of their task by hand.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::{
    PATIENCE, all_well, assert_nothing_runs, at_work, lines_of, marked, noting, open_gate, pids,
    start, starts, text_of, until,
};
use crate::support::World;

fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill {name} {pid}");
}

/// The helpers that a worker has started.
fn helpers_of(worker: u32) -> Vec<u32> {
    pids()
        .into_iter()
        .filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            after_name.split_whitespace().nth(1) == Some(&worker.to_string())
        })
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.starts_with(b"agentos-run:"))
        })
        .collect()
}

#[test]
fn a_worker_killed_with_its_helper_leaves_nothing_and_costs_no_attempt() {
    // The helper is left to itself, stopped, or killed as well.
    for helper_signal in [None, Some("-STOP"), Some("-KILL")] {
        let (world, mut worker) = at_work();
        let helpers = helpers_of(worker.id());
        assert_eq!(helpers.len(), 1);
        if let Some(name) = helper_signal {
            // The worker stands still first: it would see its helper die, and wake it.
            signal("-STOP", worker.id());
            signal(name, helpers[0]);
        }
        signal("-KILL", worker.id());
        worker.wait().unwrap();
        // With its helper the agent ends at once.
        if helper_signal == Some("-STOP") {
            assert!(!marked(&world).is_empty(), "the agent outlives its worker");
        }
        assert_eq!(world.folder_of("shop-1"), "processing");
        open_gate(&world);

        let next = world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "{}", next.stderr);
        assert_nothing_runs(&world);
        assert_eq!(starts(&world), 2, "the agent ran anew");
        assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
        assert_eq!(world.task_key("shop-1", "free_runs").as_deref(), Some("1"));
        let pushed =
            world.git(&["-C", "remotes/shop.git", "ls-tree", "--name-only", "agent/shop-1"]);
        assert!(pushed.contains("half-done.txt") && pushed.contains("whole.txt"), "{pushed}");
    }
}

#[test]
fn a_worker_killed_after_any_stage_is_resumed_from_there() {
    let stages = [
        "claimed",
        "worktree",
        "agent_done",
        "tested",
        "committed",
        "pushed",
        "pr_open",
        "reported",
    ];
    for (at, stage) in stages.iter().enumerate() {
        let world = World::new();
        let notes = world.path("notes");
        let world = world.agent("worker", noting(&notes));
        world.ready_issue("Add a cart", "");
        world.run("dispatch").ok();
        let mut worker = start(&world, &["queue"]);
        let seen = || {
            let file = world.path("runtime/mailbox/processing/shop-1.md");
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("stage: "))?;
            stages.iter().position(|known| *known == line)
        };
        let begun = Instant::now();
        while seen().is_none_or(|seen| seen < at) && worker.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "{stage} is never reached");
            thread::sleep(Duration::from_micros(100));
        }
        drop(worker.kill());
        worker.wait().unwrap();
        let reached = seen();
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "killed at {stage}");
        assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"), "killed at {stage}");
        if reached >= Some(2) {
            assert_eq!(lines_of(&notes).len(), 1, "killed at {stage}: the agent ran again");
        }
        let pulls = world.run("--json pr list").ok().json();
        assert_eq!(pulls.as_array().unwrap().len(), 1, "killed at {stage}");
        assert_eq!(world.issue(1)["comments"].as_array().unwrap().len(), 1, "killed at {stage}");
        assert_nothing_runs(&world);
    }
}

#[test]
fn a_queue_that_is_asked_to_end_saves_the_work_and_the_next_one_goes_on() {
    for name in ["-TERM", "-INT"] {
        let (world, worker) = at_work();
        signal(name, worker.id());
        let end = worker.wait_with_output().unwrap();
        assert_eq!(end.status.code(), Some(75), "{}", text_of(&end));
        assert_nothing_runs(&world);
        assert_eq!(world.folder_of("shop-1"), "processing");
        let saved = world.git(&[
            "--git-dir=runtime/repos/shop.git",
            "ls-tree",
            "--name-only",
            "refs/agentos/shop-1",
        ]);
        assert!(saved.contains("half-done.txt"), "{saved}");

        open_gate(&world);
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "done");
        assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
        assert_eq!(world.task_key("shop-1", "attempt").as_deref(), Some("1"));
        assert_eq!(starts(&world), 2);
    }
}

#[test]
fn a_file_that_a_person_moves_away_stops_its_worker_and_stays_where_it_was_put() {
    let (world, worker) = at_work();
    let folder = |name: &str| world.path(&format!("runtime/mailbox/{name}/shop-1.md"));
    fs::rename(folder("processing"), folder("blocked")).unwrap();
    open_gate(&world);
    all_well(vec![worker]);
    assert_eq!(world.folder_of("shop-1"), "blocked");
    assert_nothing_runs(&world);
    let branches = world.git(&["-C", "remotes/shop.git", "branch", "--list", "agent/*"]);
    assert_eq!(branches, "", "nothing was published");

    fs::rename(folder("blocked"), folder("inbox")).unwrap();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_push_that_outlives_its_killed_monitor_is_not_repeated() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let path = |name: &str| world.path(name).display().to_string();
    // The remote keeps the push of the memory entry waiting; git waits on, whatever happens to who started it.
    let hook = format!(
        "#!/bin/sh\nwhile read -r old new ref; do\n\
         git log -1 --format=%s \"$new\" | grep -q '^memory: ' || continue\n\
         echo waits >> {}\nwhile ! test -e {}; do sleep 0.02; done\ndone\n",
        path("pushes"),
        path("gate")
    );
    world.write("remotes/shop.git/hooks/pre-receive", &hook);
    let hook = world.path("remotes/shop.git/hooks/pre-receive");
    fs::set_permissions(hook, fs::Permissions::from_mode(0o700)).unwrap();
    let pushes = || lines_of(&world.path("pushes")).len();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let mut first = start(&world, &["pr-monitor"]);
    until("the entry is pushed", || pushes() == 1);
    first.kill().unwrap();
    first.wait().unwrap();
    let second = start(&world, &["pr-monitor"]);
    until("the entry is pushed again", || pushes() == 2);
    open_gate(&world);
    all_well(vec![second]);
    world.run("pr-monitor").ok();
    let log = world.git(&["-C", "remotes/shop.git", "log", "--format=%s", "main"]);
    let entries = log.lines().filter(|line| line.starts_with("memory: ")).count();
    assert_eq!(entries, 1, "{log}");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}
