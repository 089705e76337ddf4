//! The table of a soak: one row for each virtual hour.

use std::time::Duration;

use super::measure::{Room, room};
use super::people::People;
use super::slot::{Seen, Sights};
use super::town::Town;

/// What was seen in an hour.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) hour: usize,
    pub(super) filed: usize,
    /// Files in inbox, processing, done, failed, blocked, escalated.
    pub(super) folders: [usize; 6],
    pub(super) sights: Sights,
    pub(super) runtime: Room,
    /// What the records of runs take of it, and the mirrors.
    pub(super) runs: Room,
    pub(super) mirrors: Room,
    pub(super) worktrees: usize,
    pub(super) locks: usize,
    pub(super) branches: usize,
    pub(super) intents: usize,
    pub(super) real: Duration,
}

/// The jobs that have columns of their own.
const JOBS: [&str; 3] = ["dispatcher", "queue", "pr_monitor"];

impl Row {
    /// Looks at a town at the end of an hour.
    pub(super) fn of(
        town: &Town,
        people: &People,
        hour: usize,
        sights: Sights,
        real: Duration,
    ) -> Self {
        Self {
            hour,
            filed: people.filed.len(),
            folders: town.folders(),
            sights,
            runtime: room(&town.path("runtime")),
            runs: room(&town.path("runtime/runs")),
            mirrors: room(&town.path("runtime/repos")),
            worktrees: town.worktrees().0,
            locks: town.locks().0,
            branches: town.branches(),
            intents: town.intents(),
            real,
        }
    }

    /// The peak of memory of any job, in KiB.
    pub(super) fn peak(&self) -> u64 {
        self.sights.values().map(|seen| seen.peak).max().unwrap_or_default()
    }

    /// As a row of a table in Markdown.
    pub(super) fn told(&self) -> String {
        let none = Seen::default();
        let of = |job: &str| self.sights.get(job).unwrap_or(&none);
        let others = self.sights.iter().filter(|(job, _)| !JOBS.contains(&job.as_str()));
        let other_peak = others.map(|(_, seen)| seen.peak).max().unwrap_or_default();
        let wall = JOBS.map(|job| format!("{}", of(job).mean())).join(" / ");
        let longest = JOBS.map(|job| format!("{:.1}", of(job).longest.as_secs_f64())).join(" / ");
        let peaks = JOBS.map(|job| mib(of(job).peak * 1024)).join(" / ");
        let [inbox, processing, done, failed, blocked, escalated] = self.folders;
        format!(
            "| {} | {} | {} | {done} | {} | {wall} | {longest} | {peaks} / {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} |",
            self.hour,
            self.filed,
            inbox + processing,
            failed + blocked + escalated,
            mib(other_peak * 1024),
            mib(self.runtime.bytes),
            self.runtime.files,
            mib(self.runs.bytes),
            mib(self.mirrors.bytes),
            self.worktrees,
            self.locks,
            self.branches,
            self.intents,
            self.real.as_secs_f64(),
        )
    }
}

/// The head of the table.
pub(super) const HEAD: &str = "\
| hour | issues filed | waiting | in `done/` | with a person | mean of dispatch / queue / pr-monitor, ms | longest, s | peak memory of dispatch / queue / pr-monitor / others, MiB | `runtime/`, MiB | files | of it runs, MiB | of it mirrors, MiB | worktrees | lock files | branches | open intents | real time, s |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

fn mib(bytes: u64) -> String {
    format!("{}.{}", bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20)
}
