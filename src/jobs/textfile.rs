//! `metrics_textfile`: after each job the state of the installation for Prometheus' textfile collector. Nothing without that key; no job
//! fails for it.

use std::path::Path;
use std::time::Duration;

use super::report::Report;
use super::{alarms, outcomes};
use crate::app::App;
use crate::domain::prometheus::{self, JobRun, Metrics};
use crate::domain::task::{Folder, Outcome};
use crate::mailbox::MailboxError;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// The file is small.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Why the file could not be written.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

/// Writes the file where it is wanted.
pub(super) fn write(app: &App, report: &Report, took: Duration) {
    let Some(path) = &app.settings.metrics_textfile else { return };
    if let Err(error) = write_to(app, report, took, path) {
        tracing::warn!(%error, "`metrics_textfile` cannot be written");
    }
}

fn write_to(app: &App, report: &Report, took: Duration, path: &Path) -> Result<(), Fault> {
    // Another job writes: it reads the same state, and ours follows with its next run.
    let lock = app.locks().join("metrics-textfile.lock");
    let Some(_lock) = Lock::try_acquire(&lock)? else { return Ok(()) };
    let before = match files::read_text(path, MAX_BYTES) {
        Ok(text) => text,
        Err(FileError::NotFound { .. }) => String::new(),
        Err(error) => return Err(error.into()),
    };
    let text = prometheus::render(&gather(app, report, took)?, &before);
    if text == before {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        files::make_dir(folder)?;
    }
    // What it says can be had again at any time: nobody waits for the disk. What lies in `runtime/` is its owner's alone; elsewhere a
    // collector reads it, which mostly is another user.
    if path.starts_with(app.runtime()) {
        return Ok(files::replace_unsynced(path, text.as_bytes())?);
    }
    Ok(files::replace_public_unsynced(path, text.as_bytes())?)
}

fn gather(app: &App, report: &Report, took: Duration) -> Result<Metrics, Fault> {
    let now = app.now();
    let run = JobRun { at: now, seconds: took.as_secs_f64(), errors: report.errors.len() };
    let mut metrics = Metrics {
        alarms: alarms::rows(app).len(),
        notices: app.notifier.overview(now).waiting,
        last_merge: outcomes::last_merge(app)?,
        job: Some((report.job.as_str(), run)),
        ..Metrics::default()
    };
    for folder in Folder::ALL {
        for head in app.mailbox.heads(folder)?.tasks {
            let task = head.keys();
            let repo = task.repo.to_string();
            let outcome = task.outcome.map_or("", Outcome::as_str);
            if task.pr.is_some() && task.outcome.is_none() {
                *metrics.open_pulls.entry(repo.clone()).or_default() += 1;
            }
            *metrics.tasks.entry((repo, folder.as_str(), outcome)).or_default() += 1;
        }
    }
    Ok(metrics)
}
