//! Random schedules with the real binary: crash points, `kill -9` of whole process groups at random times, ticks side by side.
//!
//! `AGENTOS_BINARY_SCHEDULES=100` runs so many, `AGENTOS_BINARY_SEED=7` repeats one as far as the machine's timing lets it.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::dice::Dice;
use super::number_in;
use crate::support::crash_root::CrashRoot;
use crate::support::invariants::{
    Faults, all_merged, always, changes, snapshot, story, survivors, tasks,
};

/// Takes its time, leaves a child in a session of its own, is partial at first, and solves conflicts; it decides from the files alone.
const AGENT: &str = r#"#!/bin/sh
cat > /dev/null
env
report() { printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md; }
setsid sleep 60 > /dev/null 2>&1 &
sleep 0.1
if grep -q '^<<<<<<<' list.txt; then
  sed -i '/^[<=>|]\{7\}/d' list.txt
  report complete none 'Solved the conflict.'
elif [ ! -e "half-$AGENTOS_TASK_ID" ]; then
  echo half > "half-$AGENTOS_TASK_ID"
  report partial test_failure 'Half is done.'
else
  grep -q "item $AGENTOS_TASK_ID" list.txt || sed -i "1a item $AGENTOS_TASK_ID" list.txt
  report complete none 'Added an item.'
fi
"#;

/// The most points after which a process dies, and the longest that one lives before it is killed.
const MOST_POINTS: u64 = 220;
const LONGEST: u64 = 900;

/// A Monday in winter, and the evenings before the clocks of [`ZONE`] are put forward and back.
const BEGINNINGS: [&str; 3] =
    ["2026-01-05T09:00:00Z", "2026-03-28T23:30:00Z", "2026-10-24T22:30:00Z"];
const ZONE: &str = "Europe/Berlin";

/// Ticks after which everything must be merged.
const PATIENCE: usize = 40;

fn found() -> CrashRoot {
    let root = CrashRoot::new(
        &[("ann", AGENT), ("bob", AGENT), ("cat", AGENT)],
        "default_max_attempts: 40\nquiet_hours: 22:00-07:00\ndigest_hour: 2\n",
    );
    root.issue("Add a cart");
    root.issue("Add a till");
    root.save("new");
    root
}

fn schedule(root: &mut CrashRoot, seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mut told = Vec::new();
    root.restore("new");
    root.now = dice.pick(&BEGINNINGS).parse().unwrap();
    let operator = snapshot(&root.root().join("shop"));
    for _ in 0..6 + dice.below(6) {
        step(root, &mut dice, &mut told);
        root.advance(*dice.pick(&[1, 1, 7, 40]));
    }
    let mut faults: Faults = always(&root.root());
    let mut ticks = 0;
    while ticks < PATIENCE && (ticks == 0 || !is_merged(root)) {
        root.advance(20);
        let ended = root.run("tick", None);
        if !matches!(ended.code, Some(0 | 1 | 75)) {
            faults.push(format!("{ended:#?}"));
        }
        told.push(format!(
            "tick: {:?} {} {}",
            ended.code,
            ended.stdout.trim(),
            ended.stderr.trim()
        ));
        ticks += 1;
    }
    root.advance(20);
    drop(root.run("tick", None));
    faults.extend(all_merged(&root.root(), 2));
    faults.extend(survivors(&root.root()));
    let before = snapshot(&root.root());
    root.advance(20);
    drop(root.run("tick", None));
    let moved = changes(&before, &snapshot(&root.root()));
    faults.extend(moved.iter().map(|path| format!("an idle tick changed {}", path.display())));
    let changed = changes(&operator, &snapshot(&root.root().join("shop")));
    faults.extend(changed.iter().map(|path| format!("the operator's {} changed", path.display())));
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("seed {seed}: {faults:#?}\n{}\n{}", told.join("\n"), story(&root.root())))
}

/// One or two commands at once, which may die at a crash point or be killed at any moment.
fn step(root: &CrashRoot, dice: &mut Dice, told: &mut Vec<String>) {
    let count = if dice.percent(30) { 2 } else { 1 };
    let mut running = Vec::new();
    for _ in 0..count {
        let line = *dice.pick(&["tick", "tick", "dispatch", "queue", "queue --once", "pr-monitor"]);
        let point = dice.percent(40).then(|| (1 + dice.below(MOST_POINTS)).to_string());
        let lifetime = (point.is_none() && dice.percent(70))
            .then(|| Duration::from_millis(dice.below(LONGEST)));
        let mut command = root.command(line, point.as_deref());
        let child = command.env("TZ", ZONE).process_group(0).spawn().unwrap();
        running.push((line, point, lifetime, Instant::now(), child));
    }
    for (line, point, life, began, child) in running {
        let pid = child.id();
        let how = match life {
            Some(life) => {
                thread::sleep(life.saturating_sub(began.elapsed()));
                kill_group(pid);
                format!("killed after {} ms", life.as_millis())
            }
            None => {
                point.map_or_else(|| "lives".to_owned(), |point| format!("dies at point {point}"))
            }
        };
        let ended = finish(root, child);
        told.push(format!("{line}, {how}: {ended}"));
    }
}

/// Ends a worker and everything in its process group at once, as the kernel does when memory runs out.
fn kill_group(pid: u32) {
    let status = Command::new("kill").args(["-9", "--", &format!("-{pid}")]).output().unwrap();
    // It may have ended by itself.
    drop(status);
}

fn finish(root: &CrashRoot, child: Child) -> String {
    let ended = root.wait(child);
    format!("{:?} {:?} {} {}", ended.code, ended.signal, ended.stdout.trim(), ended.stderr.trim())
}

fn is_merged(root: &CrashRoot) -> bool {
    let tasks = tasks(&root.root(), &mut Faults::new());
    tasks.len() == 2 && tasks.values().all(|task| task.key("outcome") == Some("merged"))
}

#[test]
fn the_binary_survives_kills_crashes_and_company() {
    let (first, wanted) = match number_in("AGENTOS_BINARY_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number_in("AGENTOS_BINARY_SCHEDULES").unwrap_or(4)),
    };
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut root = found();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + wanted
                        || failures.lock().unwrap().len() >= super::MOST_FAILURES
                    {
                        break;
                    }
                    if let Err(failure) = schedule(&mut root, seed) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    println!("{wanted} schedules of the binary in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}
