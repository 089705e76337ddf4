//! Random schedules: jobs that die, jobs twice at once, agents that fail in every way, people who move files and push commits; in process
//! with a clock of our own. When all has calmed down, the invariants must hold and nothing may move any more.
//!
//! The real binary has schedules of its own, on the local host and on the fake GitHub.
//!
//! `AGENTOS_SCHEDULES=1000` runs so many, `AGENTOS_SEED=7` repeats one and tells its story. Of one that fails as many steps are left out as
//! can be, and what then remains is told.

mod actors;
mod binary;
mod census;
mod dice;
mod github;
mod people;
mod shrink;
mod town;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use self::census::Census;
use self::dice::Dice;
use self::town::{Town, Work, number_of};
use crate::support::invariants::{self, Faults, at_rest, changes, snapshot};

/// Ticks after which a town must have come to rest.
const PATIENCE: usize = 60;

/// Failures that are told; one cause may show under many seeds.
const MOST_FAILURES: usize = 12;

/// The steps of a schedule, by number.
fn steps_of(seed: u64) -> Vec<u64> {
    (0..10 + Dice::new(seed).below(25)).collect()
}

/// How many ticks without any change mean rest. A task that waits for a worker may be passed over once: where several installations share a
/// process, as here, a program that another one is just starting holds a copy of every lock for a moment.
fn quiet_enough(town: &Town) -> usize {
    let tasks = invariants::tasks(&town.path(), &mut Faults::new());
    if tasks.values().any(|task| matches!(task.folder, "inbox" | "processing")) { 4 } else { 2 }
}

/// Runs one schedule; of one that fails, tells the shortest that fails as well.
fn try_schedule(town: &mut Town, seed: u64) -> Result<(), String> {
    let steps = steps_of(seed);
    let Err(whole) = schedule(town, seed, &steps) else { return Ok(()) };
    let few = shrink::shortest(&steps, |some| schedule(town, seed, some).is_err());
    let told = schedule(town, seed, &few).err().unwrap_or(whole);
    Err(format!("{told}\nof {} steps these are enough: {few:?}", steps.len()))
}

/// Runs these steps of a schedule and says what was wrong.
fn schedule(town: &mut Town, seed: u64, steps: &[u64]) -> Result<(), String> {
    town.begin(seed);
    let operator = snapshot(&town.path().join("shop"));
    town.run(&[Work::Dispatch], None, None);
    for step in steps {
        town.step(*step);
    }
    town.calm();
    town.story.borrow_mut().push("-- calm --".to_owned());
    let mut before = snapshot(&town.path());
    let mut quiet = 0;
    for _ in 0..PATIENCE {
        town.advance(200);
        town.tick();
        let now = snapshot(&town.path());
        let changed = changes(&before, &now);
        quiet = if changed.is_empty() && !town.lives_in_the_past() { quiet + 1 } else { 0 };
        before = now;
        if quiet == quiet_enough(town) {
            break;
        }
        if quiet == 0 {
            let names: Vec<String> = changed
                .iter()
                .take(6)
                .map(|path| path.strip_prefix(town.path()).unwrap_or(path).display().to_string())
                .collect();
            town.story.borrow_mut().push(format!("    changed: {}", names.join(" ")));
        }
    }
    let mut faults = std::mem::take(&mut town.faults);
    if quiet < quiet_enough(town) {
        faults.push(format!("it does not come to rest within {PATIENCE} ticks"));
    }
    faults.extend(at_rest(&town.path()));
    faults.extend(ends(town));
    let changed = changes(&operator, &snapshot(&town.path().join("shop")));
    faults.extend(changed.iter().map(|path| format!("the operator's {} changed", path.display())));
    if faults.is_empty() {
        return Ok(());
    }
    let story = town.story.borrow().join("\n");
    let files = invariants::story(&town.path());
    Err(format!("seed {seed}: {faults:#?}\n{story}\n{files}"))
}

/// Nothing is lost: each issue was merged, ended by a person, or handed to a person with words.
fn ends(town: &Town) -> Faults {
    let mut faults = Faults::new();
    let root = town.path();
    let tasks = invariants::tasks(&root, &mut Faults::new());
    for number in 1..=3 {
        if !tasks.keys().any(|task| number_of(task) == Some(number)) {
            let issue =
                std::fs::read_to_string(root.join(format!("board/shop/issues/{number}.md")));
            if issue.unwrap_or_default().contains("state: open") {
                faults.push(format!("issue {number} has no task"));
            }
        }
    }
    let merged = invariants::merged(&root);
    for (task, file) in &tasks {
        let number = number_of(task).unwrap_or_default();
        let comments =
            std::fs::read_to_string(root.join(format!("board/shop/issues/{number}.comments.md")));
        let comments = comments.unwrap_or_default();
        let told = |kind: &str| comments.contains(&format!("<!-- agentos:{kind} {task}"));
        let is_well = match (file.folder, file.key("outcome")) {
            ("done", Some("merged")) => merged.get(task) == Some(&1),
            ("done", Some("cancelled" | "closed" | "no_change")) => !has_open_pull(town, task),
            ("done", None) => told("notice"),
            ("blocked", _) => told("question"),
            ("escalated", _) => told("escalation"),
            _ => false,
        };
        if !is_well {
            faults.push(format!("{task} rests in {} as {:?}", file.folder, file.key("outcome")));
        }
        let favours = town.favours.get(task).copied().unwrap_or(0);
        let most = file.count("max_attempts");
        if file.count("spent") > most + 1 + favours + 3 + 3 * favours {
            faults
                .push(format!("{task} spent {} attempts, {favours} favours", file.count("spent")));
        }
        if file.count("free_runs") > 2 * most + 1 + favours {
            faults.push(format!("{task} had {} free runs", file.count("free_runs")));
        }
    }
    faults
}

fn has_open_pull(town: &Town, task: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(town.path().join("board/shop/pulls")) else { return false };
    entries.flatten().any(|entry| {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        let has = |line: &str| text.lines().any(|other| other == line);
        has(&format!("head: agent/{task}")) && has("state: open")
    })
}

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn whatever_dies_fails_or_comes_twice_nothing_is_lost_and_nothing_is_done_twice() {
    if let Some(seed) = number_in("AGENTOS_SEED") {
        let mut town = Town::found();
        let ended = schedule(&mut town, seed, &steps_of(seed));
        println!("{}", town.story.borrow().join("\n"));
        assert!(ended.is_ok(), "{}", ended.unwrap_err());
        return;
    }
    let wanted = number_in("AGENTOS_SCHEDULES").unwrap_or(60);
    let first = number_in("AGENTOS_FIRST_SEED").unwrap_or(1);
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let census = Mutex::new(Census::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut town = Town::found();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + wanted || failures.lock().unwrap().len() >= MOST_FAILURES {
                        break;
                    }
                    if let Err(failure) = try_schedule(&mut town, seed) {
                        failures.lock().unwrap().push(failure);
                    }
                    census.lock().unwrap().add(&town.story.borrow(), &town.path());
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    println!("{wanted} schedules in {:.1} s", began.elapsed().as_secs_f64());
    println!("{}", census.into_inner().unwrap());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}
