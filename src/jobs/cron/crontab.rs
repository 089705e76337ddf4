//! The user's crontab, by the program `crontab`: read, given our block, or freed of it. The old one is kept; what stands outside our block
//! stays as it is.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{CronError, Place, Plan, words_of};
use crate::app::App;
use crate::crash_point;
use crate::domain::schedule::crontab::{Change, block, change};
use crate::domain::schedule::{Start, jobs, tick};
use crate::sys::files;
use crate::sys::lock::Lock;
use crate::text::hash::sha256_hex;

/// Another run of ours takes seconds.
const WAIT: Duration = Duration::from_secs(20);

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Whether the crontab was changed.
    pub changed: bool,
    /// Where the one before it is kept.
    pub backup: Option<PathBuf>,
}

/// The block for this root: one line that runs what is due, or a line for each job.
pub fn text(plan: &Plan, each_job: bool) -> String {
    block(&plan.launcher, &starts(plan, each_job), &plan.log)
}

fn starts(plan: &Plan, each_job: bool) -> Vec<Start> {
    if each_job { jobs(&plan.wanted) } else { tick() }
}

/// Puts the block into the crontab, in the place of an older one.
///
/// # Errors
///
/// When the crontab cannot be read or written, or our block in it is damaged: it is as it was then.
pub fn install(app: &App, place: &Place, plan: &Plan, each_job: bool) -> Result<Done, CronError> {
    // The shell opens the log before it starts the job.
    files::make_dir(&app.settings.logs_dir)?;
    set(app, place, Some(&text(plan, each_job)))
}

/// Takes the block of this root out of the crontab.
///
/// # Errors
///
/// As [`install`].
pub fn remove(app: &App, place: &Place) -> Result<Done, CronError> {
    set(app, place, None)
}

fn set(app: &App, place: &Place, block: Option<&str>) -> Result<Done, CronError> {
    let Some(_lock) = Lock::acquire(&app.locks().join("job-cron.lock"), WAIT)? else {
        return Err(CronError::Busy);
    };
    let root = super::launch::text(&app.settings.root)?;
    let old = read(place)?;
    let Change::Becomes(new) = change(&old, &root, block)? else {
        return Ok(Done { changed: false, backup: None });
    };
    let backup = keep(app, &old)?;
    crash_point!("cron.kept");
    write(place, &new)?;
    crash_point!("cron.written");
    if read(place)? != new {
        return Err(CronError::Changed);
    }
    Ok(Done { changed: true, backup })
}

/// The crontab of this user; one that does not exist is empty.
///
/// # Errors
///
/// When there is no program `crontab`, or what it says is neither a crontab nor that there is none.
pub(in crate::jobs) fn read(place: &Place) -> Result<Vec<u8>, CronError> {
    if !place.has("crontab") {
        return Err(CronError::NoProgram("crontab"));
    }
    let output = place.run(&["crontab", "-l"], Vec::new()).map_err(CronError::Unreadable)?;
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    match output.code {
        Some(0) => Ok(output.stdout),
        // Of Vixie's cron and its kin, and of busybox.
        Some(1)
            if said.contains("no crontab for") || said.contains("no such file or directory") =>
        {
            Ok(Vec::new())
        }
        _ => Err(CronError::Unreadable(words_of(&output))),
    }
}

/// An empty crontab is none.
fn write(place: &Place, text: &[u8]) -> Result<(), CronError> {
    let (argv, stdin): (&[&str], _) = if text.trim_ascii().is_empty() {
        (&["crontab", "-r"], Vec::new())
    } else {
        (&["crontab", "-"], text.to_vec())
    };
    let refused = |said| CronError::Refused { program: argv.join(" "), said };
    let output = place.run(argv, stdin).map_err(refused)?;
    if output.code == Some(0) { Ok(()) } else { Err(refused(words_of(&output))) }
}

/// Keeps a crontab under a name that says when and what, so that keeping it again makes no second copy.
fn keep(app: &App, old: &[u8]) -> Result<Option<PathBuf>, CronError> {
    if old.is_empty() {
        return Ok(None);
    }
    let folder = app.runtime().join("backup");
    files::make_dir(&folder)?;
    let hash = sha256_hex(old);
    let name = format!(
        "crontab-{}-{}",
        app.now().strftime("%Y%m%dT%H%M%SZ"),
        hash.get(..8).unwrap_or_default()
    );
    let path = folder.join(name);
    files::replace(&path, old)?;
    Ok(Some(path))
}
