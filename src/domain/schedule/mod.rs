//! When the jobs are started, and how a crontab and the timers of systemd say so (seed 000). Pure.

pub mod calendar;
pub mod crontab;
pub mod systemd;
#[cfg(test)]
mod tests;
pub mod words;

use jiff::SignedDuration;

/// How often a job is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Each minute.
    EveryMinute,
    /// Every so many minutes; they divide the hour.
    EveryMinutes(u8),
    /// At the full hour.
    Hourly,
    /// On Monday, so many minutes past seven.
    Weekly {
        /// The minute.
        minute: u8,
    },
}

impl Pace {
    /// The five fields of a crontab.
    pub fn fields(self) -> String {
        match self {
            Self::EveryMinute => "* * * * *".to_owned(),
            Self::EveryMinutes(minutes) => format!("*/{minutes} * * * *"),
            Self::Hourly => "0 * * * *".to_owned(),
            Self::Weekly { minute } => format!("{minute} 7 * * 1"),
        }
    }

    /// The same as systemd writes it, without abbreviations.
    pub fn on_calendar(self) -> String {
        match self {
            Self::EveryMinute => "*-*-* *:*:00".to_owned(),
            Self::EveryMinutes(minutes) => format!("*-*-* *:00/{minutes}:00"),
            Self::Hourly => "*-*-* *:00:00".to_owned(),
            Self::Weekly { minute } => format!("Mon *-*-* 07:{minute:02}:00"),
        }
    }

    /// The time between two starts.
    pub fn period(self) -> SignedDuration {
        match self {
            Self::EveryMinute => SignedDuration::from_mins(1),
            Self::EveryMinutes(minutes) => SignedDuration::from_mins(i64::from(minutes)),
            Self::Hourly => SignedDuration::from_hours(1),
            Self::Weekly { .. } => SignedDuration::from_hours(7 * 24),
        }
    }

    /// The pace of a job that has a cadence of its own, in days: each hour, and oftener only where the cadence is shorter than that.
    fn of_cadence(days: f64) -> Self {
        let minutes = days * 24.0 * 60.0;
        if minutes >= 60.0 {
            Self::Hourly
        } else if minutes >= 5.0 {
            Self::EveryMinutes(5)
        } else {
            Self::EveryMinute
        }
    }
}

/// A job that is started again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The name of its subcommand.
    pub job: &'static str,
    /// The wrapper in `bin/` that starts it.
    pub wrapper: &'static str,
    /// How often.
    pub pace: Pace,
    /// What it is told besides.
    pub arguments: Vec<String>,
    /// Tells it from others of the same job.
    pub number: Option<usize>,
}

impl Start {
    fn new(job: &'static str, wrapper: &'static str, pace: Pace) -> Self {
        Self { job, wrapper, pace, arguments: Vec::new(), number: None }
    }
}

/// What of the configuration decides about the schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The shortest cadence of planning in days; `None` where no repository is planned for.
    pub plan: Option<f64>,
    /// The shortest cadence of grooming in days; `None` where no repository is groomed.
    pub groom: Option<f64>,
    /// Agents that run at the same time.
    pub workers: usize,
}

/// One line that runs whatever is due.
pub fn tick() -> Vec<Start> {
    vec![Start::new("tick", "run_tick.sh", Pace::EveryMinute)]
}

/// Each job at its own pace. `score` comes a quarter of an hour before `analyze`, which reads what it finds.
pub fn jobs(wanted: &Wanted) -> Vec<Start> {
    let of = |job, wrapper, days: f64| Start::new(job, wrapper, Pace::of_cadence(days));
    let mut starts = vec![
        Start::new("dispatch", "run_dispatcher.sh", Pace::EveryMinute),
        Start::new("queue", "run_queue.sh", Pace::EveryMinute),
        Start::new("pr-monitor", "run_pr_monitor.sh", Pace::EveryMinutes(5)),
    ];
    starts.extend(wanted.plan.map(|days| of("plan", "run_strategic_planner.sh", days)));
    starts.extend(wanted.groom.map(|days| of("groom", "run_backlog_groomer.sh", days)));
    starts.extend([
        Start::new("score", "run_agent_scorer.sh", Pace::Weekly { minute: 0 }),
        Start::new("analyze", "run_log_analyzer.sh", Pace::Weekly { minute: 15 }),
    ]);
    starts
}

/// The same for systemd, which never starts a service that still runs: a queue for each worker, so that one long run of an agent keeps no
/// other worker from beginning.
pub fn services(wanted: &Wanted) -> Vec<Start> {
    let mut starts = Vec::new();
    for start in jobs(wanted) {
        if start.job != "queue" {
            starts.push(start);
            continue;
        }
        for number in 1..=wanted.workers.max(1) {
            let arguments = vec!["--workers".to_owned(), "1".to_owned()];
            starts.push(Start { arguments, number: Some(number), ..start.clone() });
        }
    }
    starts
}

/// How a job of this installation is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    /// The program, or the folder of the wrappers that find it.
    pub program: Program,
    /// The root.
    pub root: String,
    /// The configuration, where it is not the root's `config.yaml`.
    pub config: Option<String>,
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// The wrappers in this folder: they make the `PATH` and print a line with the time.
    Wrappers {
        /// The folder.
        folder: String,
        /// The program that they are to start, where they would find another one.
        file: Option<String>,
    },
    /// The program itself, which needs a `PATH` then.
    Binary {
        /// Its file.
        file: String,
        /// The folders in which git and the agents are found.
        path: String,
    },
}

impl Launcher {
    /// Program and arguments that start a job.
    pub fn argv(&self, start: &Start) -> Vec<String> {
        let mut argv = match &self.program {
            Program::Wrappers { folder, .. } => vec![format!("{folder}/{}", start.wrapper)],
            Program::Binary { file, .. } => vec![file.clone()],
        };
        argv.extend(["--root".to_owned(), self.root.clone()]);
        if let Some(config) = &self.config {
            argv.extend(["--config".to_owned(), config.clone()]);
        }
        if matches!(self.program, Program::Binary { .. }) {
            argv.push(start.job.to_owned());
        }
        argv.extend(start.arguments.iter().cloned());
        argv
    }

    /// The variable that has to be set for it, `NAME=value`.
    pub fn variable(&self) -> Option<String> {
        match &self.program {
            Program::Wrappers { file, .. } => {
                file.as_ref().map(|file| format!("AGENTOS_BIN={file}"))
            }
            Program::Binary { path, .. } => Some(format!("PATH={path}")),
        }
    }

    /// The paths that crontab and units have to carry.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let program = match &self.program {
            Program::Wrappers { folder, file } => [Some(folder), file.as_ref()],
            Program::Binary { file, path } => [Some(file), Some(path)],
        };
        let all = program.into_iter().flatten().chain([&self.root]).chain(&self.config);
        all.map(String::as_str)
    }
}
