//! What starts the jobs, and when they ran last.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::crontab::{self, Entry, Installation};
use super::{Check, Kind, Place, Status};
use crate::app::App;
use crate::domain::schedule::systemd::{self, Scope};
use crate::domain::schedule::{self, calendar};
use crate::jobs;
use crate::jobs::cron::CronError;
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::files;
use crate::sys::program::{self, Program};
use crate::text::clean;

/// Reading a crontab or asking a wrapper for its `PATH` takes a moment.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// Units are small.
const MAX_UNIT: u64 = 64 * 1024;

/// A job that starts late or takes a while has not been missed.
const GRACE: SignedDuration = SignedDuration::from_mins(9);

/// What was found out about cron.
pub(super) struct Cron {
    /// How that stands.
    pub(super) checks: Vec<Check>,
    /// The lines of the crontab that start jobs of this root.
    pub(super) entries: Vec<Entry>,
}

/// Something that starts the jobs.
struct Timer {
    path: PathBuf,
    pause: Option<SignedDuration>,
}

/// Looks for lines of this installation, and for timers of systemd.
pub(super) fn look(place: &Place, app: &App) -> Cron {
    let (root, config) = (app.settings.root.as_path(), app.settings.config_file.as_path());
    let list = crontab_of(place);
    let text = list.as_ref().map(|text| String::from_utf8_lossy(text)).unwrap_or_default();
    let entries = crontab::entries(&text, Installation { root, config });
    let timers = timers(place, root);
    let line = line_to_add(place, app);
    let found = match (entries.len(), timers.first(), &list) {
        (0, Some(timer), _) => {
            Check::ok(Kind::Crontab, format!("systemd: {}", timer.path.display()))
        }
        (0, None, Ok(_)) => Check::warn(
            Kind::Crontab,
            "no line of the crontab starts the jobs of this root",
            format!("`agentos cron install`, which adds: {line}"),
        ),
        (0, None, Err(CronError::NoProgram(_))) => Check::warn(
            Kind::Crontab,
            "the program `crontab` is not here, and no systemd timer starts the jobs",
            format!(
                "`agentos cron install --systemd`; or install cron, or let another scheduler run this line: {line}"
            ),
        ),
        (0, None, Err(error)) => {
            let mend = "let `crontab -l` print the crontab of this user";
            Check::warn(Kind::Crontab, clean::one_line(&error.to_string(), 300), mend)
        }
        (1, _, _) => Check::ok(Kind::Crontab, "1 line starts jobs of this root"),
        (count, _, _) => Check::ok(Kind::Crontab, format!("{count} lines start jobs of this root")),
    };
    let pauses = entries.iter().map(|entry| entry.pause);
    let pause = pauses.chain(timers.iter().map(|timer| timer.pause)).flatten().min();
    let late = (found.status == Status::Ok)
        .then(|| pause.unwrap_or(SignedDuration::from_mins(1)).saturating_add(GRACE));
    Cron { checks: vec![found, last_run(app, late)], entries }
}

fn crontab_of(place: &Place) -> Result<Vec<u8>, CronError> {
    let (program, environment) = (place.program.clone(), place.environment.clone());
    jobs::cron::crontab::read(&jobs::cron::Place { program, environment })
}

/// Runs a program of this machine, from the top folder.
pub(super) fn run(
    argv: &[&str],
    env: Vec<(OsString, OsString)>,
    deadline: Duration,
) -> Result<program::Output, String> {
    let argv = argv.iter().map(OsString::from).collect();
    let program = Program { argv, dir: Some("/".into()), env, stdin: Vec::new(), deadline };
    program.run().map_err(|error| error.to_string())
}

/// The timers of this root, of this user or of the system, and those that a person has written under our name.
fn timers(place: &Place, root: &Path) -> Vec<Timer> {
    let here = jobs::cron::Place {
        program: place.program.clone(),
        environment: place.environment.clone(),
    };
    let folders = [Scope::User, Scope::System]
        .into_iter()
        .filter_map(|scope| jobs::cron::systemd::folder(&here, scope).ok());
    let root = systemd::mark(&root.display().to_string());
    let timer = |path: PathBuf| {
        let is_named = path.file_name()?.to_str()?.starts_with("agentos");
        let is_timer = path.extension().is_some_and(|extension| extension == "timer");
        let text = (is_named && is_timer).then(|| files::read_text(&path, MAX_UNIT).ok())??;
        let first = text.lines().next().unwrap_or_default();
        let is_meant = first == root || !first.starts_with(&systemd::mark(""));
        let pause = text
            .lines()
            .find_map(|line| line.strip_prefix("OnCalendar="))
            .and_then(calendar::pause_of_timer);
        is_meant.then_some(Timer { path, pause })
    };
    let mut timers: Vec<Timer> = folders
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten())
        .filter_map(|entry| timer(entry.path()))
        .collect();
    timers.sort_by(|a, b| a.path.cmp(&b.path));
    timers
}

fn line_to_add(place: &Place, app: &App) -> String {
    let (program, environment) = (place.program.clone(), place.environment.clone());
    match jobs::cron::plan(app, &jobs::cron::Place { program, environment }) {
        Ok(plan) => schedule::tick()
            .iter()
            .map(|start| schedule::crontab::line(&plan.launcher, start, &plan.log))
            .collect(),
        Err(error) => error.to_string(),
    }
}

/// Every run of a job leaves a line in its log.
fn last_run(app: &App, late: Option<SignedDuration>) -> Check {
    let logs = &app.settings.logs_dir;
    let newest = ["tick", "dispatch", "queue", "pr-monitor"]
        .into_iter()
        .filter_map(|job| {
            let modified = logs.join(format!("{job}.log")).metadata().ok()?.modified().ok()?;
            Some((Timestamp::try_from(modified).ok()?, job))
        })
        .max();
    judge_run(newest, late, SystemClock.now())
}

/// `late` is how long ago the last run may be where something starts the jobs.
fn judge_run(
    newest: Option<(Timestamp, &str)>,
    late: Option<SignedDuration>,
    now: Timestamp,
) -> Check {
    let mend =
        "look at what the scheduler says (its log, the mail of the user), and at `crontab -l`";
    match newest {
        None if late.is_some() => Check::warn(Kind::LastRun, "no job has run yet", mend),
        None => Check::ok(Kind::LastRun, "no job has run yet"),
        Some((at, job)) => {
            let detail = format!("{job}, {}", at.strftime("%Y-%m-%d %H:%M UTC"));
            if late.is_some_and(|late| now.duration_since(at) > late) {
                Check::warn(
                    Kind::LastRun,
                    format!("{detail}, though something is to start it"),
                    mend,
                )
            } else {
                Check::ok(Kind::LastRun, detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_missed_only_where_something_should_start_it() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let ago = |minutes| Some((now - SignedDuration::from_mins(minutes), "tick"));
        let (minute, hour) =
            (Some(SignedDuration::from_mins(10)), Some(SignedDuration::from_mins(69)));
        for (newest, late, status) in [
            (None, None, Status::Ok),
            (None, minute, Status::Warn),
            (ago(3), minute, Status::Ok),
            (ago(11), minute, Status::Warn),
            (ago(11), hour, Status::Ok),
            (ago(70), hour, Status::Warn),
            (ago(11), None, Status::Ok),
        ] {
            assert_eq!(judge_run(newest, late, now).status, status, "{newest:?} {late:?}");
        }
    }
}
