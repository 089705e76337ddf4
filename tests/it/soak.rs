//! A day of many repositories, by the real binary as cron starts it: issues come in, four workers are at work, one of them is killed each
//! hour, people answer, retry and withdraw. Each issue must come to its end, and nothing may grow without bound or be left behind.
//!
//! `AGENTOS_SOAK=1` plays the whole of it (`bin/check soak`), else a short one; `AGENTOS_SOAK_REPOSITORIES`, `_ISSUES` and `_HOURS` are its
//! size, `AGENTOS_SOAK_BINARY` is another binary than the test's own, `AGENTOS_SOAK_KEEP=1` leaves the root to be looked at. `docs/soak.md` tells of
//! a run.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod agents;
mod crontab;
mod ends;
mod measure;
mod people;
mod slot;
mod table;
mod town;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crontab::Line;
use measure::{entries, room};
use people::{People, mixed};
use slot::Sights;
use table::{HEAD, Row};
use town::{Size, Town};

use crate::support::invariants::Faults;

/// The most memory that a job may ever have, in KiB: 64 MiB.
const MOST_MEMORY: u64 = 64 * 1024;

/// How far `runtime/` may be beyond `disk_budget_gb` at the end of an hour: what one run adds before it tidies up.
const SLACK: u64 = 5_000_000;

/// Hours after the day in which everything must come to its end.
const PATIENCE: usize = 30;

/// How long the processes of a worker that was killed may take to be gone: their helper sees its death and ends them.
const GRACE: Duration = Duration::from_secs(15);

/// A soak as it goes on.
struct Soak {
    town: Town,
    lines: Vec<Line>,
    people: People,
    rows: Vec<Row>,
    faults: Faults,
    /// How many agents looked at what they inherit, and what those saw that inherited more than they should.
    inherited: usize,
    leaked: BTreeSet<String>,
    began: Instant,
    /// Where the table is written while it grows.
    record: PathBuf,
}

impl Soak {
    fn new(size: Size) -> Self {
        let town = Town::new(size);
        fs::create_dir_all(town.path("runtime/logs")).unwrap();
        let lines = crontab::parse(&town.run(&["cron", "print", "--jobs"]));
        assert_eq!(lines.len(), 7, "{lines:?}");
        let record = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("soak-{}-{}-{}.md", size.repositories, size.issues, size.hours));
        fs::create_dir_all(record.parent().unwrap()).unwrap();
        let (rows, faults) = (Vec::new(), Faults::new());
        let began = Instant::now();
        Self {
            town,
            lines,
            people: People::default(),
            rows,
            faults,
            inherited: 0,
            leaked: BTreeSet::new(),
            began,
            record,
        }
    }

    /// One virtual hour.
    fn hour(&mut self, hour: usize) {
        let mut sights = Sights::new();
        for slot in 0..12 {
            let minute = hour * 60 + slot * 5;
            self.town.set_minute(minute);
            if hour < self.town.size.hours {
                self.people.file(&self.town, minute);
            }
            // In the middle of the hour a worker dies, at some moment of its work: now one of four processes, now the one that has all four.
            let kill = (slot == 6 + hour % 2).then(|| 20 + (mixed(hour) % 400) as u64);
            slot::run(&mut self.town, &self.lines, minute, kill, &mut sights);
            self.nothing_leaks(hour, slot, kill.is_some());
        }
        self.people.look_in(&self.town, hour);
        let (read, wrong) = self.town.inherited();
        self.inherited = self.inherited.max(read);
        self.leaked.extend(wrong);
        let row = Row::of(&self.town, &self.people, hour + 1, sights, self.began.elapsed());
        self.rows.push(row);
        fs::write(&self.record, self.told()).unwrap();
    }

    fn nothing_leaks(&mut self, hour: usize, slot: usize, has_killed: bool) {
        let until = Instant::now() + GRACE;
        let mut leaks = self.town.leaks();
        while has_killed && !leaks.is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
            leaks = self.town.leaks();
        }
        if !has_killed && self.town.intents() > 0 {
            leaks.push("an intent is open".to_owned());
        }
        self.faults.extend(leaks.iter().map(|leak| format!("hour {hour}, slot {slot}: {leak}")));
    }

    fn told(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(Row::told).collect();
        format!("{HEAD}\n{}\n\n{}\n", rows.join("\n"), self.faults.join("\n"))
    }

    /// Nobody has to do anything any more but a person: inbox and processing are empty, no pull request waits.
    fn is_calm(&self) -> bool {
        let [inbox, processing, _, failed, blocked, escalated] = self.town.folders();
        let is_open = |(_, file): &(String, crate::support::invariants::TaskFile)| {
            file.folder == "done" && file.key("outcome").is_none()
        };
        inbox + processing + failed + blocked + escalated == 0
            && !self.town.tasks().iter().any(is_open)
    }

    /// How long the jobs of a minute take while there is nothing to do: the best of five.
    fn idle(&mut self, minute: usize) -> Duration {
        let mut best = Duration::MAX;
        for n in 0..5 {
            self.town.set_minute(minute + n);
            let began = Instant::now();
            for job in ["dispatch", "queue", "pr-monitor"] {
                self.town.run(&[job]);
            }
            best = best.min(began.elapsed());
        }
        best
    }

    fn play(&mut self) -> String {
        let hours = self.town.size.hours;
        let idle_before = self.idle(0);
        for hour in 0..hours {
            self.hour(hour);
        }
        let mut hour = hours;
        while !self.is_calm() && hour < hours + PATIENCE {
            self.hour(hour);
            hour += 1;
        }
        let calm = hour;
        let ends = ends::ends(&self.town, &self.people, &mut self.faults);
        // A day later what has ended is in the archive.
        let later = (hour + 25) * 60;
        self.town.set_minute(later);
        self.town.run(&["queue"]);
        let mut after = Sights::new();
        slot::run(&mut self.town, &self.lines, later + 5, None, &mut after);
        let idle_after = self.idle(later + 10);
        ends::remains(&self.town, &mut self.faults);
        self.bounds(idle_before, idle_after);
        self.is_archived();
        let mut told = self.told();
        writeln!(told, "calm after {calm} hours; {ends:?}").unwrap();
        writeln!(
            told,
            "{} issues by themselves, {} answers, {} retries, {} closed, {} agents looked at what they inherit",
            self.issues().saturating_sub(self.people.filed.len()),
            self.people.answers,
            self.people.retried.len(),
            self.people.closed,
            self.inherited
        )
        .unwrap();
        let runtime = room(&self.town.path("runtime"));
        writeln!(
            told,
            "after a day more: {} KiB in {} files, {} in done, idle minute {:.1} ms before, {:.1} ms after",
            runtime.bytes / 1024,
            runtime.files,
            self.town.folders()[2],
            idle_before.as_secs_f64() * 1000.0,
            idle_after.as_secs_f64() * 1000.0
        )
        .unwrap();
        told
    }

    fn issues(&self) -> usize {
        let of = |name: &String| {
            let files = entries(&self.town.path(&format!("board/{name}/issues")));
            files.iter().filter(|path| !path.to_string_lossy().ends_with(".comments.md")).count()
        };
        self.town.repositories.iter().map(of).sum()
    }

    /// What must not grow.
    fn bounds(&mut self, idle_before: Duration, idle_after: Duration) {
        let faults = &mut self.faults;
        let budget = self.town.budget();
        for row in &self.rows {
            if row.peak() > MOST_MEMORY {
                faults.push(format!("in hour {} a job had {} KiB", row.hour, row.peak()));
            }
            if row.runtime.bytes > budget + SLACK {
                faults.push(format!("after hour {} there are {:?}", row.hour, row.runtime));
            }
        }
        let third = self.rows.len().div_ceil(3);
        let most = |rows: &[Row]| rows.iter().map(Row::peak).max().unwrap_or_default();
        let (first, last) =
            (most(&self.rows[..third]), most(&self.rows[self.rows.len() - third..]));
        if first == 0 || last > first + first / 2 {
            faults.push(format!("jobs had {first} KiB in the first hours, {last} in the last"));
        }
        if self.inherited == 0 {
            faults.push("no agent told what it inherits".to_owned());
        }
        faults.extend(std::mem::take(&mut self.leaked));
        // An idle look reads the files of the board, which are the user's and stay.
        let files = Duration::from_micros(150) * u32::try_from(self.issues()).unwrap();
        if idle_after > idle_before * 3 + files + Duration::from_millis(50) {
            self.faults.push(format!("an idle minute: {idle_before:?}, and {idle_after:?} later"));
        }
    }

    /// What ended a day ago is in the archive, and nothing else speaks of it.
    fn is_archived(&mut self) {
        let done = self.town.folders()[2];
        let runs = entries(&self.town.path("runtime/runs")).len();
        let is_of_task = |path: &&PathBuf| path.to_string_lossy().contains("/task-");
        let locks = entries(&self.town.path("runtime/locks")).iter().filter(is_of_task).count();
        if done + runs + locks > 0 {
            self.faults.push(format!(
                "a day later {done} tasks are in done, {runs} have runs, {locks} have locks"
            ));
        }
    }
}

fn soak(size: Size) {
    let mut soak = Soak::new(size);
    println!("soak of {size:?} in {}", soak.town.root().display());
    let told = soak.play();
    println!("{told}");
    fs::write(&soak.record, &told).unwrap();
    let faults = &soak.faults;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A number that the environment sets, else this one.
fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn a_short_soak_leaves_nothing_behind() {
    if std::env::var_os("AGENTOS_SOAK").is_some() {
        // The whole of it is played.
        return;
    }
    soak(Size { repositories: 3, issues: 12, hours: 1 });
}

#[test]
fn a_day_of_fifty_repositories_leaves_nothing_behind() {
    if std::env::var_os("AGENTOS_SOAK").is_none() {
        // It takes the better part of an hour.
        return;
    }
    soak(Size {
        repositories: number("AGENTOS_SOAK_REPOSITORIES", 50),
        issues: number("AGENTOS_SOAK_ISSUES", 2000),
        hours: number("AGENTOS_SOAK_HOURS", 24),
    });
}
