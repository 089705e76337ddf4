//! Several processes of the real binary at once.

mod deaths;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Script, World};

/// How long anything that is waited for may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Starts the binary and leaves it running.
fn start(world: &World, arguments: &[&str]) -> Child {
    world
        .command(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn text_of(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits for the end of all of them; each must end with 0.
#[track_caller]
fn all_well(children: Vec<Child>) -> Vec<String> {
    let ends: Vec<Output> = children.into_iter().map(|c| c.wait_with_output().unwrap()).collect();
    for end in &ends {
        assert_eq!(end.status.code(), Some(0), "{}", text_of(end));
    }
    ends.iter().map(|end| String::from_utf8_lossy(&end.stdout).into_owned()).collect()
}

/// Every process that carries the mark of a run and whose environment speaks of this world.
fn marked(world: &World) -> Vec<u32> {
    let root = format!("{}/", world.root().display());
    pids()
        .into_iter()
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let environment = String::from_utf8_lossy(&environment);
            environment.split('\0').any(|entry| entry.starts_with("AGENTOS_RUN="))
                && environment.contains(&root)
        })
        .collect()
}

#[track_caller]
fn assert_nothing_runs(world: &World) {
    let alive = marked(world);
    assert!(alive.is_empty(), "of a run that is over these processes are alive: {alive:?}");
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn lines_of(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(ToOwned::to_owned).collect()
}

/// An agent that notes its task in a file of the world, at one stroke, and then works.
fn noting(world_file: &Path) -> Script {
    Script::new()
        .line(&format!("echo \"$AGENTOS_TASK_ID\" >> {}", world_file.display()))
        .line("echo \"$AGENTOS_TASK_ID\" > \"work-$AGENTOS_TASK_ID.txt\"")
        .reports("complete", "none", "Did it.")
}

/// An agent that notes its start, leaves a process in a session of its own behind that ignores SIGTERM, and waits for `gate`.
fn waiting(world: &World) -> Script {
    let path = |name: &str| world.path(name).display().to_string();
    Script::new()
        .line("echo half > half-done.txt")
        .line("(trap '' TERM; setsid sh -c 'while :; do sleep 1; done' >/dev/null 2>&1 &)")
        .line(&format!("echo \"$AGENTOS_TASK_ID\" >> {}", path("starts")))
        .line(&format!("while ! test -e {}; do sleep 0.02; done", path("gate")))
        .line("echo whole > whole.txt")
        .reports("complete", "none", "Did it.")
}

fn open_gate(world: &World) {
    world.write("gate", "");
}

fn starts(world: &World) -> usize {
    lines_of(&world.path("starts")).len()
}

/// A world whose one task waits in its agent, and the worker that runs it.
fn at_work() -> (World, Child) {
    let world = World::new();
    let script = waiting(&world);
    let world = world.agent("worker", script);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    let worker = start(&world, &["queue"]);
    until("the agent starts", || starts(&world) == 1);
    (world, worker)
}

/// Delivers tasks as files, made after one that was dispatched; each has its issue on the board.
fn deliver(world: &World, count: usize) {
    world.ready_issue("Task number 1", "");
    world.run("dispatch").ok();
    let task = world.read("runtime/mailbox/inbox/shop-1.md");
    let issue = world.read("board/shop/issues/1.md");
    let comments = world.read("board/shop/issues/1.comments.md");
    let task_of = |n: usize| {
        task.replace("shop-1\n", &format!("shop-{n}\n"))
            .replace("issue: 1\n", &format!("issue: {n}\n"))
            .replace("number 1", &format!("number {n}"))
            .replace("issues/1.md", &format!("issues/{n}.md"))
    };
    for n in 2..=count {
        world.write(&format!("runtime/mailbox/inbox/shop-{n}.md"), &task_of(n));
        let issue = issue.replace("number: 1\n", &format!("number: {n}\n"));
        let issue = issue.replace("number 1", &format!("number {n}"));
        world.write(&format!("board/shop/issues/{n}.md"), &issue);
        let comments = comments.replace("shop-1", &format!("shop-{n}"));
        world.write(&format!("board/shop/issues/{n}.comments.md"), &comments);
    }
}

/// How many tasks the eight processes share: 200 where `AGENTOS_TEST_TASKS` says so.
fn tasks() -> usize {
    std::env::var("AGENTOS_TEST_TASKS").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

#[test]
fn eight_queues_at_once_run_every_task_exactly_once() {
    let count = tasks();
    let world = World::new().setting("max_parallel_workers: 8\nworker_memory_mb: 0");
    let notes = world.path("notes");
    let world = world.agent("worker", noting(&notes));
    deliver(&world, count);
    let begun = Instant::now();
    let queues = (0..8).map(|_| start(&world, &["queue", "--workers", "1"])).collect();
    let summaries = all_well(queues);
    let busy = summaries.iter().filter(|line| !line.contains("every worker slot is taken")).count();
    println!("{count} tasks: {:.1} s, {busy} workers", begun.elapsed().as_secs_f64());

    let ran = lines_of(&notes);
    let different: BTreeSet<&String> = ran.iter().collect();
    assert_eq!((ran.len(), different.len()), (count, count), "{ran:?}\n{summaries:?}");
    assert_eq!(busy, 8, "{summaries:?}");
    for n in 1..=count {
        assert_eq!(world.folder_of(&format!("shop-{n}")), "done");
    }
    let pulls = world.run("--json pr list").ok().json();
    let heads: BTreeSet<&str> =
        pulls.as_array().unwrap().iter().map(|pull| pull["head"].as_str().unwrap()).collect();
    assert_eq!((pulls.as_array().unwrap().len(), heads.len()), (count, count));
    let branches = world.git(&["-C", "remotes/shop.git", "branch", "--list", "agent/*"]);
    assert_eq!(branches.lines().count(), count);
    assert_nothing_runs(&world);
}

#[test]
fn a_worker_more_than_there_are_slots_leaves_at_once() {
    let (world, worker) = at_work();
    let second = world.run("queue").ok();
    assert_eq!(second.stdout.trim(), "queue: every worker slot is taken");
    open_gate(&world);
    all_well(vec![worker]);
}

#[test]
fn a_further_worker_begins_only_where_memory_is_free_for_it() {
    let world = World::new().setting("max_parallel_workers: 2\nworker_memory_mb: 1048576");
    let script = waiting(&world);
    let world = world.agent("worker", script);
    deliver(&world, 2);
    let worker = start(&world, &["queue"]);
    until("the agent starts", || starts(&world) == 1);
    let second = world.run("queue").ok();
    let told = second.stdout.trim();
    assert!(told.starts_with("queue: ") && told.ends_with(HELD_BACK), "{told}");
    let waits = ["shop-1", "shop-2"].into_iter().find(|id| world.folder_of(id) == "inbox").unwrap();
    let why = world.run(&format!("why {waits}")).ok().stdout;
    assert!(
        why.contains("when a task that is worked on has ended") && why.contains(HELD_BACK),
        "{why}"
    );
    open_gate(&world);
    all_well(vec![worker]);
    assert_eq!(
        (world.folder_of("shop-1"), world.folder_of("shop-2")),
        ("done".into(), "done".into())
    );
}

/// The end of what is said to a worker that does not begin.
const HELD_BACK: &str = "1048576 more are wanted beside 1 at work (`worker_memory_mb`)";

#[test]
fn of_several_dispatches_at_once_each_issue_is_dispatched_once() {
    let world = World::new();
    let issues: Vec<u64> = (1..=3).map(|n| world.ready_issue(&format!("Issue {n}"), "")).collect();
    let started = (0..6).map(|_| start(&world, &["--json", "dispatch"])).collect();
    let mut dispatched = Vec::new();
    for report in all_well(started) {
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        for item in report["items"].as_array().unwrap() {
            assert_eq!(item["action"], "dispatched", "{report}");
            dispatched.push(item["issue"].as_u64().unwrap());
        }
    }
    dispatched.sort_unstable();
    assert_eq!(dispatched, issues);
    for issue in issues {
        assert_eq!(world.folder_of(&format!("shop-{issue}")), "inbox");
        assert_eq!(world.issue(issue)["comments"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_dispatch_that_finds_another_at_work_says_so_and_ends_well() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    let lock = world.path("runtime/locks/job-dispatch.lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    let run = world.run("dispatch").ok();
    assert_eq!(run.stdout.trim(), "dispatch: another run holds the lock");
    assert!(!world.path("runtime/mailbox/inbox/shop-1.md").exists());
    drop(held);
    let run = world.run("dispatch").ok();
    assert!(run.stdout.starts_with("dispatch: 1 dispatched"), "{}", run.stdout);
}

#[test]
fn of_two_monitors_at_once_one_merges() {
    let world = World::new();
    let (runs, gate) = (world.path("ci-runs"), world.path("gate"));
    let world = world.repo_settings(&format!(
        "  ci_command: 'echo run >> {}; while ! test -e {}; do sleep 0.02; done; sh test.sh'\n",
        runs.display(),
        gate.display()
    ));
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let first = start(&world, &["pr-monitor"]);
    until("CI runs", || lines_of(&runs).len() == 1);
    let second = world.run("pr-monitor").ok();
    assert_eq!(second.stdout.trim(), "pr-monitor: another run holds the lock");
    open_gate(&world);
    all_well(vec![first]);
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.merged().len(), 2, "{:?}", world.merged());
    assert_eq!(lines_of(&runs).len(), 1, "the checks ran once");
}

#[test]
fn ticks_that_overlap_carry_every_issue_to_one_merge() {
    let world = World::new().setting("max_parallel_workers: 3\nmax_dispatch_per_run: 10");
    let notes = world.path("notes");
    let world = world.agent("worker", noting(&notes));
    let issues: Vec<u64> = (1..=6).map(|n| world.ready_issue(&format!("Issue {n}"), "")).collect();
    let tasks: Vec<String> = issues.iter().map(|issue| format!("shop-{issue}")).collect();
    let is_merged = |task: &String| {
        world.path(&format!("runtime/mailbox/done/{task}.md")).exists()
            && world.task_key(task, "outcome").as_deref() == Some("merged")
    };
    for _ in 0..6 {
        all_well((0..4).map(|_| start(&world, &["tick"])).collect());
        if tasks.iter().all(is_merged) {
            break;
        }
    }
    assert!(tasks.iter().all(is_merged), "{}", world.run("status").ok().stdout);
    assert_eq!(lines_of(&notes).len(), issues.len(), "each agent ran once");
    assert_eq!(world.merged().len(), 1 + issues.len(), "{:?}", world.merged());
}

#[test]
fn files_moved_by_hand_between_eight_queues_are_neither_lost_nor_doubled() {
    let count = 16;
    let world = World::new().setting("max_parallel_workers: 8");
    let notes = world.path("notes");
    let world = world.agent("worker", noting(&notes));
    deliver(&world, count);
    let queues: Vec<Child> = (0..8).map(|_| start(&world, &["queue", "--workers", "1"])).collect();
    let folder = |name: &str, n: usize| world.path(&format!("runtime/mailbox/{name}/shop-{n}.md"));
    // Whatever is still in the inbox is taken out and put back, one after the other, while the workers claim.
    for n in (1..=count).rev().step_by(2) {
        if fs::rename(folder("inbox", n), folder("blocked", n)).is_ok() {
            thread::yield_now();
            fs::rename(folder("blocked", n), folder("inbox", n)).unwrap();
        }
    }
    all_well(queues);
    world.run("queue").ok();
    let ran = lines_of(&notes);
    assert_eq!(ran.len(), count, "{ran:?}");
    for n in 1..=count {
        assert_eq!(world.folder_of(&format!("shop-{n}")), "done");
    }
}
