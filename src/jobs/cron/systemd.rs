//! Services and timers of systemd: written, switched on, taken away. Where systemd does not run, the files are written and that is said.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{CronError, Place, Plan, launch, words_of};
use crate::agent::home;
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::schedule::services;
use crate::domain::schedule::systemd::{self, Scope, Setting, Unit};
use crate::sys::files;
use crate::text::hash::sha256_hex;
use crate::text::slug;

/// Units are small; what is larger is none of ours.
const MAX_UNIT: u64 = 64 * 1024;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Whether anything was changed.
    pub changed: bool,
    /// The folder of the units.
    pub folder: PathBuf,
    /// Units that were written.
    pub written: Vec<String>,
    /// Units that were taken away.
    pub removed: Vec<String>,
    /// Timers that were switched on.
    pub enabled: Vec<String>,
    /// Whether systemd runs here; else nothing was switched on or off.
    pub manager_runs: bool,
}

/// The units of this root.
///
/// # Errors
///
/// When a path cannot be written into a unit.
pub fn units(app: &App, place: &Place, plan: &Plan, scope: Scope) -> Result<Vec<Unit>, CronError> {
    let home = place.variable("HOME");
    let setting = Setting {
        scope,
        name: name_of(&app.settings.root),
        user: user(place),
        home: home.to_owned(),
        writable: writable(app, home)?,
    };
    Ok(systemd::units(&plan.launcher, &services(&plan.wanted), &setting))
}

/// Tells this root's units from others, and is short enough to be read.
fn name_of(root: &Path) -> String {
    let last = root.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let safe: String =
        slug::file_safe(&last).chars().map(|c| if is_safe(c) { c } else { '_' }).take(24).collect();
    let hash = sha256_hex(root.as_os_str().as_encoded_bytes());
    format!("agentos-{safe}-{}", hash.get(..6).unwrap_or_default())
}

fn user(place: &Place) -> String {
    let asked = place.run(&["id", "-un"], Vec::new()).ok().filter(|output| output.code == Some(0));
    let name = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| place.variable("USER").to_owned())
}

/// Folders besides the root that the jobs write to.
fn writable(app: &App, home: &str) -> Result<Vec<String>, CronError> {
    let settings = &app.settings;
    let mut paths = vec![
        settings.mailbox_dir.clone(),
        settings.logs_dir.clone(),
        settings.worktrees_dir.clone(),
    ];
    paths.extend(settings.sandbox_write.iter().cloned());
    paths
        .extend(settings.metrics_textfile.as_deref().and_then(Path::parent).map(Path::to_path_buf));
    let remotes = app.repositories.iter().map(Repository::remote);
    let local = remotes.map(|remote| remote.strip_prefix("file://").unwrap_or(remote));
    paths.extend(local.filter(|remote| remote.starts_with('/')).map(PathBuf::from));
    if !home.is_empty() {
        paths.extend(home::login_folders().into_iter().map(|folder| Path::new(home).join(folder)));
    }
    let mut written: Vec<String> = Vec::new();
    for path in paths.iter().filter(|path| !path.starts_with(&settings.root)) {
        let path = launch::text(path)?;
        if !written.contains(&path) {
            written.push(path);
        }
    }
    Ok(written)
}

/// The folder of the units.
///
/// # Errors
///
/// When the user has no home.
pub fn folder(place: &Place, scope: Scope) -> Result<PathBuf, CronError> {
    if scope == Scope::System {
        return Ok(PathBuf::from("/etc/systemd/system"));
    }
    let config = Path::new(place.variable("XDG_CONFIG_HOME"));
    if config.is_absolute() {
        return Ok(config.join("systemd/user"));
    }
    match place.variable("HOME") {
        "" => Err(CronError::NoHome),
        home => Ok(Path::new(home).join(".config/systemd/user")),
    }
}

/// Writes the units, takes away older ones of this root, and switches the timers on.
///
/// # Errors
///
/// When a file cannot be written or `systemctl` refuses; a second run goes on from there.
pub fn install(app: &App, place: &Place, plan: &Plan, scope: Scope) -> Result<Done, CronError> {
    let wanted = units(app, place, plan, scope)?;
    let manager = Manager { place, scope };
    let mut done =
        Done { folder: folder(place, scope)?, manager_runs: manager.runs(), ..Done::default() };
    files::make_dir(&done.folder)?;
    let stale: Vec<String> = ours(&done.folder, &plan.launcher.root)
        .into_iter()
        .filter(|name| wanted.iter().all(|unit| unit.name != *name))
        .collect();
    take_away(&manager, &mut done, stale)?;
    for unit in &wanted {
        let path = done.folder.join(&unit.name);
        if files::read_text(&path, MAX_UNIT).is_ok_and(|text| text == unit.text) {
            continue;
        }
        files::replace(&path, unit.text.as_bytes())?;
        crash_point!("cron.unit");
        done.written.push(unit.name.clone());
    }
    let timers = wanted.iter().map(|unit| unit.name.as_str()).filter(|name| is_timer(name));
    if done.manager_runs {
        // A run before may have died between writing and reading anew.
        let off: Vec<&str> = timers.filter(|timer| !manager.is_on(timer)).collect();
        if !done.written.is_empty() || !done.removed.is_empty() || !off.is_empty() {
            manager.ask(&["daemon-reload"])?;
        }
        if !off.is_empty() {
            manager.ask(&[&["enable", "--now"], off.as_slice()].concat())?;
            done.enabled = off.into_iter().map(str::to_owned).collect();
        }
    }
    done.changed = !(done.written.is_empty() && done.removed.is_empty() && done.enabled.is_empty());
    Ok(done)
}

/// Switches the timers of this root off and takes its units away; what runs goes on to its end.
///
/// # Errors
///
/// As [`install`].
pub fn remove(app: &App, place: &Place, scope: Scope) -> Result<Done, CronError> {
    let manager = Manager { place, scope };
    let mut done =
        Done { folder: folder(place, scope)?, manager_runs: manager.runs(), ..Done::default() };
    let root = launch::text(&app.settings.root)?;
    let all = ours(&done.folder, &root);
    take_away(&manager, &mut done, all)?;
    if done.manager_runs && !done.removed.is_empty() {
        manager.ask(&["daemon-reload"])?;
    }
    done.changed = !done.removed.is_empty();
    Ok(done)
}

fn take_away(manager: &Manager<'_>, done: &mut Done, names: Vec<String>) -> Result<(), CronError> {
    let timers: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| is_timer(name)).collect();
    if done.manager_runs && !timers.is_empty() {
        manager.ask(&[&["disable", "--now"], timers.as_slice()].concat())?;
        crash_point!("cron.disabled");
    }
    for name in names {
        files::remove(&done.folder.join(&name))?;
        done.removed.push(name);
    }
    Ok(())
}

/// The names of a root's units in a folder.
pub(in crate::jobs) fn ours(folder: &Path, root: &str) -> Vec<String> {
    let mark = systemd::mark(root);
    let is_ours = |name: &String| {
        let has_kind = [".timer", ".service"].iter().any(|kind| name.ends_with(kind));
        name.starts_with("agentos-")
            && has_kind
            && files::read_text(&folder.join(name), MAX_UNIT)
                .is_ok_and(|text| text.lines().next() == Some(mark.as_str()))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_ours).collect();
    names.sort();
    names
}

/// Whether a unit of this name is a timer.
pub fn is_timer(name: &str) -> bool {
    name.strip_suffix(".timer").is_some()
}

/// systemd itself, by `systemctl`.
struct Manager<'a> {
    place: &'a Place,
    scope: Scope,
}

impl Manager<'_> {
    fn argv<'a>(&self, words: &[&'a str]) -> Vec<&'a str> {
        let begin: &[&str] = match self.scope {
            Scope::User => &["systemctl", "--user", "--no-ask-password"],
            Scope::System => &["systemctl", "--no-ask-password"],
        };
        [begin, words].concat()
    }

    /// Whether it runs here.
    fn runs(&self) -> bool {
        let asked = || self.place.run(&self.argv(&["is-system-running"]), Vec::new()).ok();
        let state = self.place.has("systemctl").then(asked).flatten();
        let state = state.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        state.is_some_and(|state| {
            ["running", "degraded", "starting", "initializing", "maintenance"]
                .contains(&state.as_str())
        })
    }

    /// Whether a timer is switched on.
    fn is_on(&self, timer: &str) -> bool {
        let on = |what| {
            let asked = self.place.run(&self.argv(&[what, timer]), Vec::new());
            asked.is_ok_and(|output| output.code == Some(0))
        };
        on("is-enabled") && on("is-active")
    }

    fn ask(&self, words: &[&str]) -> Result<(), CronError> {
        let argv = self.argv(words);
        let refused = |said| CronError::Refused { program: argv.join(" "), said };
        let output = self.place.run(&argv, Vec::new()).map_err(refused)?;
        if output.code == Some(0) { Ok(()) } else { Err(refused(words_of(&output))) }
    }
}
