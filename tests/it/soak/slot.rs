//! Five minutes of a soak: what the crontab starts in them, side by side, watched until all of it has ended.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Output};
use std::thread;
use std::time::{Duration, Instant};

use super::crontab::Line;
use super::town::Town;

/// What was seen of a kind of job, over many runs of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) runs: u32,
    pub(super) wall: Duration,
    pub(super) longest: Duration,
    /// The most memory that one of its processes ever had, in KiB.
    pub(super) peak: u64,
}

impl Seen {
    /// What is seen of one more run.
    fn add(&mut self, wall: Duration, peak: u64) {
        self.runs += 1;
        self.wall += wall;
        self.longest = self.longest.max(wall);
        self.peak = self.peak.max(peak);
    }

    /// The mean wall time of a run, in milliseconds.
    pub(super) fn mean(&self) -> u128 {
        self.wall.as_millis() / u128::from(self.runs.max(1))
    }
}

/// What was seen, by job.
pub(super) type Sights = BTreeMap<String, Seen>;

/// A job that runs.
struct Running {
    job: String,
    child: Child,
    began: Instant,
    peak: u64,
    /// When its process is killed, whatever it is at.
    dies_at: Option<Instant>,
}

/// Longest time that a job may take; it is a bug when one does not end.
const PATIENCE: Duration = Duration::from_secs(900);

/// How often running jobs are looked at: their memory is told by the kernel while they live.
const GLANCE: Duration = Duration::from_millis(1);

/// Runs what the crontab starts in the five minutes from now. Each other time the four workers are processes of their own, as systemd
/// starts them; else one process has all of them. One worker may be killed after some milliseconds.
pub(super) fn run(
    town: &mut Town,
    lines: &[Line],
    minute: usize,
    kill_after: Option<u64>,
    sights: &mut Sights,
) {
    town.set_minute(minute);
    let (queue, others): (Vec<&Line>, Vec<&Line>) =
        lines.iter().filter(|line| line.is_due(town.now, 5)).partition(|line| line.job == "queue");
    let start = |town: &Town, line: &Line, command: &str| -> Running {
        let child = town.line(command).spawn().unwrap();
        let began = Instant::now();
        Running { job: line.job.clone(), child, began, peak: 0, dies_at: None }
    };
    let first = queue.iter().chain(&others).map(|line| start(town, line, &line.command)).collect();
    watch(first, sights);
    // Dispatched work is taken up in the next minutes; the monitor of pull requests is at work beside it.
    town.set_minute(minute + 1);
    let monitor = others.iter().filter(|line| line.job == "pr_monitor");
    let mut second: Vec<Running> = monitor.map(|line| start(town, line, &line.command)).collect();
    for line in queue {
        let is_split = minute / 5 % 2 == 1;
        let command = if is_split { line.with("--workers 1") } else { line.command.clone() };
        for _ in 0..if is_split { 4 } else { 1 } {
            second.push(start(town, line, &command));
        }
    }
    if let (Some(millis), Some(last)) = (kill_after, second.last_mut()) {
        last.dies_at = Some(last.began + Duration::from_millis(millis));
    }
    watch(second, sights);
}

/// Looks at running jobs until the last has ended.
fn watch(mut running: Vec<Running>, sights: &mut Sights) {
    while !running.is_empty() {
        let mut left = Vec::new();
        for mut job in running {
            job.peak = job.peak.max(peak_of(job.child.id()));
            let now = Instant::now();
            let is_killed = job.dies_at.is_some_and(|at| now >= at);
            if is_killed {
                drop(job.child.kill());
            }
            assert!(now - job.began < PATIENCE, "{} does not end", job.job);
            if is_killed || job.child.try_wait().unwrap().is_some() {
                let wall = job.began.elapsed();
                ended(&job.job, is_killed, &job.child.wait_with_output().unwrap());
                sights.entry(job.job).or_default().add(wall, job.peak);
            } else {
                left.push(job);
            }
        }
        running = left;
        thread::sleep(GLANCE);
    }
}

/// A job ends well, or with a failure that it names; a crash or a configuration that is refused is neither.
fn ended(job: &str, is_killed: bool, output: &Output) {
    let is_known = matches!(output.status.code(), Some(0 | 1 | 75));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(is_killed || is_known, "{job}: {:?}\n{errors}", output.status);
}

/// The most memory that this process has had, in KiB, once the program runs in it: the shell of cron and the wrapper come before.
fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let value = |key: &str| {
        status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim()
    };
    if !value("Name:").starts_with("agentos") {
        return 0;
    }
    value("VmHWM:").trim_end_matches("kB").trim().parse().unwrap_or_default()
}
