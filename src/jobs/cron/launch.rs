//! What the configuration and this machine say about starting the jobs.

use std::path::{Path, PathBuf};

use super::{CronError, Place};
use crate::app::App;
use crate::config::{AutomationMode, Settings};
use crate::domain::schedule::{Launcher, Program, Wanted, words};
use crate::jobs::doctor;
use crate::sys::program;

/// The folders that cron and systemd look for programs in, and that a user's own installs come before.
const SYSTEM_PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// How and when jobs of this installation are started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How.
    pub launcher: Launcher,
    /// What decides about when.
    pub wanted: Wanted,
    /// Where the words of cron's runs go.
    pub log: String,
}

/// Finds out how jobs are started here.
///
/// # Errors
///
/// When a path cannot be written into a crontab.
pub fn plan(app: &App, place: &Place) -> Result<Plan, CronError> {
    let settings = &app.settings;
    let is_elsewhere = settings.config_file != settings.root.join("config.yaml");
    let config = is_elsewhere.then(|| text(&settings.config_file)).transpose()?;
    let program = match wrappers_of(&place.program) {
        Some(folder) => wrapped(&folder, &place.program)?,
        None => Program::Binary { file: text(&place.program)?, path: path_of(app, place) },
    };
    let launcher = Launcher { program, root: text(&settings.root)?, config };
    if let Some(bad) = launcher.paths().find(|path| !words::can_be_carried(path)) {
        return Err(CronError::Path(bad.to_owned()));
    }
    let log = text(&settings.logs_dir.join("cron.log"))?;
    Ok(Plan { launcher, wanted: wanted(settings), log })
}

/// The wrappers find a release build of their checkout, and the program beside them; any other has to be named.
fn wrapped(folder: &Path, program: &Path) -> Result<Program, CronError> {
    let built = folder.parent().map(|checkout| checkout.join("target/release/agentos"));
    let found = built.filter(|file| file.is_file()).unwrap_or_else(|| folder.join("agentos"));
    let file = (found != program).then(|| text(program)).transpose()?;
    Ok(Program::Wrappers { folder: text(folder)?, file })
}

/// A path as text that a crontab and a unit can carry.
pub(super) fn text(path: &Path) -> Result<String, CronError> {
    let shown = || path.display().to_string();
    let text = path.to_str().ok_or_else(|| CronError::Path(shown()))?;
    if words::can_be_carried(text) { Ok(text.to_owned()) } else { Err(CronError::Path(shown())) }
}

fn wanted(settings: &Settings) -> Wanted {
    let shortest = |days: fn(&crate::config::Repo) -> f64| {
        let full =
            settings.repos.iter().filter(|repo| repo.automation_mode == AutomationMode::Full);
        full.map(days).filter(|days| *days > 0.0).min_by(f64::total_cmp)
    };
    Wanted {
        plan: shortest(|repo| repo.sprint_cadence_days),
        groom: shortest(|repo| repo.groomer_cadence_days),
        workers: settings.max_parallel_workers,
    }
}

/// The folder of wrappers that belongs to this program: where it lies, or the checkout that it was built in.
pub(in crate::jobs) fn wrappers_of(program: &Path) -> Option<PathBuf> {
    let here = program.parent()?;
    let built_in = here.parent().and_then(Path::parent).map(|checkout| checkout.join("bin"));
    let has_wrappers =
        |folder: &PathBuf| folder.join("lib.sh").is_file() && folder.join("run_tick.sh").is_file();
    [Some(here.to_path_buf()), built_in].into_iter().flatten().find(has_wrappers)
}

/// The folders in which the operator's `PATH` has what the jobs start, before those of the system.
fn path_of(app: &App, place: &Place) -> String {
    let found = doctor::needed(app)
        .into_iter()
        .filter_map(|name| program::find(&name, place.variable("PATH")))
        .filter_map(|file| file.parent().and_then(Path::to_str).map(str::to_owned));
    let mut folders: Vec<String> = Vec::new();
    for folder in found.filter(|folder| !SYSTEM_PATH.contains(&folder.as_str())) {
        if !folders.contains(&folder) && words::can_be_carried(&folder) {
            folders.push(folder);
        }
    }
    folders.extend(SYSTEM_PATH.map(str::to_owned));
    folders.join(":")
}
