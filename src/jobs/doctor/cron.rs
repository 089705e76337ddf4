//! What starts the jobs, and when they ran last.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::crontab::{self, Entry, Installation};
use super::{Check, Kind, Place, Status};
use crate::app::App;
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::program::{self, Program};

/// Reading a crontab or asking a wrapper for its `PATH` takes a moment.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// Jobs that are started each minute or every five have run since.
const LATELY: SignedDuration = SignedDuration::from_mins(10);

/// What was found out about cron.
pub(super) struct Cron {
    /// How that stands.
    pub(super) checks: Vec<Check>,
    /// The lines of the crontab that start jobs of this root.
    pub(super) entries: Vec<Entry>,
}

/// Looks for lines of this installation, and for timers of systemd.
pub(super) fn look(place: &Place, app: &App) -> Cron {
    let (root, config) = (app.settings.root.as_path(), app.settings.config_file.as_path());
    let list = read(place);
    let text = list.as_deref().unwrap_or_default();
    let entries = crontab::entries(text, Installation { root, config });
    let timers = timers(place);
    let line = line_to_add(place, app);
    let found = match (entries.len(), timers, &list) {
        (0, Some(timer), _) => Check::ok(Kind::Crontab, format!("systemd: {}", timer.display())),
        (0, None, Some(_)) => Check::warn(
            Kind::Crontab,
            "no line of the crontab starts the jobs of this root",
            format!("`crontab -e`, and add: {line}"),
        ),
        (0, None, None) => Check::warn(
            Kind::Crontab,
            "the program `crontab` is not here, and no systemd timer starts the jobs",
            format!(
                "install cron and add this line to the crontab, or let another scheduler run it: {line}"
            ),
        ),
        (1, _, _) => Check::ok(Kind::Crontab, "1 line starts jobs of this root"),
        (count, _, _) => Check::ok(Kind::Crontab, format!("{count} lines start jobs of this root")),
    };
    let is_started = found.status == Status::Ok;
    Cron { checks: vec![found, last_run(app, is_started)], entries }
}

/// The crontab of this user; `None` where there is no such program. An empty one is no error.
fn read(place: &Place) -> Option<String> {
    program::find("crontab", place.variable("PATH"))?;
    let env = pairs(&place.environment, &["PATH", "HOME", "USER", "LOGNAME"]);
    let output = run(&["crontab", "-l"], env, DEADLINE).ok()?;
    Some(if output.code == Some(0) {
        String::from_utf8_lossy(&output.stdout).into_owned()
    } else {
        String::new()
    })
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

fn pairs(environment: &BTreeMap<String, String>, names: &[&str]) -> Vec<(OsString, OsString)> {
    let pair = |name: &&str| Some((OsString::from(name), OsString::from(environment.get(*name)?)));
    names.iter().filter_map(pair).collect()
}

/// A timer of ours, of this user or of the system.
fn timers(place: &Place) -> Option<PathBuf> {
    let user =
        place.environment.get("HOME").map(|home| Path::new(home).join(".config/systemd/user"));
    let folders = user.into_iter().chain([PathBuf::from("/etc/systemd/system")]);
    let is_ours = |path: &PathBuf| {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with("agentos"))
            && path.extension().is_some_and(|extension| extension == "timer")
    };
    folders
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .find(is_ours)
}

fn line_to_add(place: &Place, app: &App) -> String {
    let root = app.settings.root.display();
    let config = &app.settings.config_file;
    let named = if *config == app.settings.root.join("config.yaml") {
        String::new()
    } else {
        format!(" --config {}", config.display())
    };
    match wrappers_of(&place.program) {
        Some(folder) => format!("* * * * * {}/run_tick.sh --root {root}{named}", folder.display()),
        None => format!("* * * * * {} --root {root}{named} tick", place.program.display()),
    }
}

/// The folder of wrappers that belongs to this program: where it lies, or the checkout that it was built in.
pub(super) fn wrappers_of(program: &Path) -> Option<PathBuf> {
    let here = program.parent()?;
    let built_in = here.parent().and_then(Path::parent).map(|checkout| checkout.join("bin"));
    let has_wrappers =
        |folder: &PathBuf| folder.join("lib.sh").is_file() && folder.join("run_tick.sh").is_file();
    [Some(here.to_path_buf()), built_in].into_iter().flatten().find(has_wrappers)
}

/// Every run of a job leaves a line in its log.
fn last_run(app: &App, is_started: bool) -> Check {
    let logs = &app.settings.logs_dir;
    let newest = ["tick", "dispatch", "queue", "pr-monitor"]
        .into_iter()
        .filter_map(|job| {
            let modified = logs.join(format!("{job}.log")).metadata().ok()?.modified().ok()?;
            Some((Timestamp::try_from(modified).ok()?, job))
        })
        .max();
    judge_run(newest, is_started, SystemClock.now())
}

fn judge_run(newest: Option<(Timestamp, &str)>, is_started: bool, now: Timestamp) -> Check {
    let mend =
        "look at what the scheduler says (its log, the mail of the user), and at `crontab -l`";
    match newest {
        None if is_started => Check::warn(Kind::LastRun, "no job has run yet", mend),
        None => Check::ok(Kind::LastRun, "no job has run yet"),
        Some((at, job)) => {
            let detail = format!("{job}, {}", at.strftime("%Y-%m-%d %H:%M UTC"));
            if is_started && now.duration_since(at) > LATELY {
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
        for (newest, is_started, status) in [
            (None, false, Status::Ok),
            (None, true, Status::Warn),
            (ago(3), true, Status::Ok),
            (ago(11), true, Status::Warn),
            (ago(11), false, Status::Ok),
        ] {
            assert_eq!(
                judge_run(newest, is_started, now).status,
                status,
                "{newest:?} {is_started}"
            );
        }
    }
}
