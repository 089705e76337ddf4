//! `agentos tail`, `status --watch`, `task show`: what people see of work while it goes on, and of its attempts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::schemas::assert_fits;
use crate::support::{Run, Script, World};

/// What takes longer than this does not come any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// An agent that says two lines, one of them with what steers a terminal, then waits to be let go, and says a last one.
fn patient() -> Script {
    Script::new()
        .line("echo 'reading the issue'")
        .line("printf 'key \\033[31mghp_0123456789abcdefghijABCDEFGHIJ012345\\033[0m\\007\\n'")
        .line("while ! [ -e \"$OPERATOR/go\" ]; do sleep 0.05; done")
        .line("echo 'all done'")
        .line("echo work > work.txt")
        .reports("complete", "none", "Did it.")
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(world: &World, words: &[&str]) -> Child {
    world.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A world in which an agent is at work, and its worker.
fn at_work() -> (World, Child) {
    let world = World::with_agents(&[("worker", patient())]);
    world.ready_issue("Add a cart", "");
    drop(world.run("dispatch").ok());
    let worker = start(&world, &["queue"]);
    let log = world.path("runtime/runs/shop-1/1/agent.stdout.log");
    wait_until("the agent speaks", || {
        fs::read_to_string(&log).is_ok_and(|text| text.lines().count() >= 2)
    });
    (world, worker)
}

fn let_go(world: &World) {
    world.write("home/go", "");
}

#[test]
fn a_running_task_is_followed_until_it_is_put_down() {
    let (world, worker) = at_work();
    let mut tail = start(&world, &["tail", "shop-1"]);
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "-- shop-1: attempt 1, worker");
    assert_eq!(lines.next().unwrap(), "reading the issue");
    let key = lines.next().unwrap();
    assert!(
        key.starts_with("key ") && !key.contains("0123456789") && !key.contains('\u{1b}'),
        "{key}"
    );
    let_go(&world);
    let rest: Vec<String> = lines.collect();
    assert!(tail.wait().unwrap().success());
    drop(end(worker).ok());
    assert_eq!(rest.first().map(String::as_str), Some("all done"), "{rest:?}");
    assert!(
        rest.iter()
            .any(|line| line == "-- shop-1: in done/" || line.starts_with("-- shop-1: in done/:")),
        "{rest:?}"
    );
}

#[test]
fn a_look_at_a_running_task_does_not_wait() {
    let (world, worker) = at_work();
    let look = world.run("tail shop-1 --no-follow --lines 1").ok().stdout;
    assert_eq!(look.lines().count(), 2, "{look}");
    let json = world.run("--json tail shop-1").ok().json();
    assert_fits("tail", &json);
    assert_eq!(json["running"], true);
    assert_eq!(json["lines"].as_array().unwrap().len(), 2);
    let status = world.run("--json status").ok().json();
    assert_fits("status", &status);
    let task = &status["tasks"][0];
    assert!(task["elapsed_seconds"].is_u64() && task["running"] == true, "{task}");
    let last = task["last_output"].as_str().unwrap();
    assert!(last.starts_with("key ") && !last.contains("0123456789"), "{last}");
    let_go(&world);
    drop(end(worker).ok());
    let ended = world.run("--json tail shop-1").ok().json();
    assert_eq!(ended["running"], false);
    assert_eq!(ended["lines"].as_array().unwrap().last().unwrap(), "all done");
    let task = world.run("--json task list").ok().json()[0].clone();
    assert!(task["elapsed_seconds"].is_null() && task["last_output"].is_null(), "{task}");
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let (world, worker) = at_work();
    let mut tail = start(&world, &["tail", "shop-1"]);
    drop(tail.stdout.take());
    let_go(&world);
    assert!(tail.wait().unwrap().success());
    drop(end(worker).ok());
}

#[test]
fn a_task_that_is_not_there_is_a_usage_error() {
    let world = World::new();
    assert!(world.run("tail shop-9").code(2).stderr.contains("there is no task shop-9"));
    assert!(world.run("tail ../x").code(2).stderr.contains("error: "));
}

#[test]
fn looking_asks_no_host_and_writes_nothing() {
    let (world, worker) = at_work();
    let_go(&world);
    drop(end(worker).ok());
    let before = world.everything();
    for line in ["tail shop-1", "status", "task show shop-1", "cron print"] {
        drop(world.run(line).ok());
    }
    assert_eq!(world.everything(), before);
}

#[test]
fn without_a_terminal_a_watch_prints_a_line_for_each_change_and_no_escape() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    drop(world.run("dispatch").ok());
    let mut watch = start(&world, &["status", "--watch"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(first.ends_with("shop-1 inbox attempt=1") && !first.contains('\u{1b}'), "{first}");
    for job in ["queue", "pr-monitor"] {
        drop(world.run(job).ok());
    }
    let merged = lines.find(|line| line.contains("merged")).unwrap();
    assert!(merged.contains("shop-1 done merged attempt=1 agent=worker"), "{merged}");
    let pid = watch.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(watch.wait().unwrap().success(), "Ctrl-C is how it ends");
}

#[test]
fn one_document_and_a_watch_exclude_each_other() {
    let run = World::new().run("--json status --watch").code(2);
    assert!(run.stderr.contains("`--watch` never ends"), "{}", run.stderr);
}

/// On a terminal, which `script` of util-linux makes; where that is missing the pure parts are tested alone.
#[test]
fn on_a_terminal_the_view_is_drawn_anew_and_q_ends_it() {
    let script =
        ["/usr/bin/script", "/bin/script"].into_iter().find(|path| fs::exists(path).unwrap());
    let Some(script) = script else { return };
    let (world, worker) = at_work();
    let line = format!(
        "{} --root {} status --watch",
        env!("CARGO_BIN_EXE_agentos"),
        world.root().display()
    );
    let mut view = std::process::Command::new(script)
        .args(["-qefc", &line, "/dev/null"])
        .env_clear()
        .envs(world.environment())
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = String::new();
    let mut output = BufReader::new(view.stdout.take().unwrap());
    while !(seen.contains("[0J") && seen.contains("LAST OUTPUT") && seen.contains("inbox,")) {
        let mut line = Vec::new();
        assert!(output.read_until(b'\n', &mut line).unwrap() > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&line));
    }
    let row = seen.lines().find(|line| line.starts_with("shop-1")).unwrap();
    assert!(row.contains("worktree") && row.contains("worker") && row.contains("key "), "{row}");
    std::io::Write::write_all(view.stdin.as_mut().unwrap(), b"q").unwrap();
    assert!(view.wait().unwrap().success());
    assert!(!seen.contains("[?1049h"), "the screen is not taken over");
    let_go(&world);
    drop(end(worker).ok());
}

#[test]
fn all_attempts_of_a_task_are_shown() {
    let first = Script::new().line("echo x > x.txt").reports(
        "partial",
        "environment_failure",
        "Half of it.",
    );
    let world = World::with_agents(&[("first", first), ("second", Script::works())]);
    world.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue", "queue"] {
        drop(world.run(job).ok());
    }
    let shown = world.run("task show shop-1").ok().stdout;
    let rows: Vec<Vec<&str>> = shown
        .lines()
        .skip_while(|line| !line.starts_with("ATTEMPT"))
        .take(5)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        ["ATTEMPT", "AGENT", "MODEL", "OUTCOME", "BLOCKER", "TIME", "COST", "TOKENS"]
    );
    assert_eq!(rows[1][..5], ["1", "first", "-", "partial", "environment_failure"]);
    assert_eq!(rows[2][..5], ["2", "second", "-", "complete", "-"]);
    assert_eq!(rows[3], ["1:", "Half", "of", "it."]);
    let json = world.run("--json task show shop-1").ok().json();
    assert_fits("task-show", &json);
    let attempts = json["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["outcome"], "partial");
    assert_eq!(attempts[0]["blocker"], "environment_failure");
    assert!(attempts[1]["duration_seconds"].is_number() && attempts[1]["spent"] == true);
}
