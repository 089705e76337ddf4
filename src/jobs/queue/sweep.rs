//! At the start of a run that may write: open intents are read back and closed, old tasks archived.

use crate::domain::task::Folder;
use crate::mailbox::{Entry, Head};

use super::super::report::{Report, Severity};
use super::{Shift, archive, drafts};
use crate::app::App;

/// Sweeps what earlier runs left.
pub(super) async fn run(shift: &Shift<'_>) {
    let mut report = shift.report.replace(Report::new(super::Job::Queue, shift.app.now()));
    intents(shift.app, &mut report).await;
    if let Ok(done) = shift.app.mailbox.heads(Folder::Done) {
        tidy(shift.app, &done.tasks, &mut report);
        archive::run(shift.app, &done.tasks, &mut report);
    }
    shift.report.replace(report);
}

/// Removes drafts that nobody writes any more; reads back every intent whose lease is free and closes it; nothing is repeated.
pub(in crate::jobs) async fn intents(app: &App, report: &mut Report) {
    drafts::remove(app);
    let open = match app.journal.open_intents() {
        Ok(open) => open,
        Err(error) => {
            report.error("journal", error.to_string(), Severity::Failure, None);
            return;
        }
    };
    for intent in open {
        let record = intent.record().clone();
        let Ok(Some(_lease)) = app.mailbox.lease_named(&record.under) else { continue };
        let repository = record.repo.parse().ok().and_then(|key| app.repository_of_key(&key));
        let Some(repository) = repository else { continue };
        if let Err(error) = app.sync_after_a_death() {
            report.error("journal", error.to_string(), Severity::of(error.is_temporary()), None);
            continue;
        }
        let swept = match repository.effects() {
            Ok(effects) => effects.sweep(intent).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = swept {
            let item = format!("intent {} {}", record.effect, record.key);
            let severity = Severity::of(error.is_temporary());
            report.error(item, error.to_string(), severity, None);
        }
    }
}

/// Sets aside a file that cannot be read as a task: it never stops the queue. What a newer version wrote is left alone.
pub(super) fn poison(shift: &Shift<'_>, entry: &Entry) {
    let Err(reason) = &entry.task else { return };
    let mut report = shift.report.borrow_mut();
    if !entry.is_newer {
        set_aside_for(shift.app, entry, reason, &mut report);
    } else if report.errors.iter().all(|error| error.item != entry.stem) {
        report.error(entry.stem.clone(), reason, Severity::TooOld, None);
    }
}

/// The same for a file that another job came upon.
pub(in crate::jobs) fn set_aside(app: &App, entry: &Entry, report: &mut Report) {
    match &entry.task {
        Err(reason) if !entry.is_newer => set_aside_for(app, entry, reason, report),
        Err(reason) => report.error(entry.stem.clone(), reason, Severity::TooOld, None),
        Ok(_) => {}
    }
}

fn set_aside_for(app: &App, entry: &Entry, reason: &str, report: &mut Report) {
    // A file that is still being copied into the inbox by hand is given the time of one lease: its writer does not hold one, but two
    // ticks see the same text only when it is finished.
    match app.mailbox.set_aside(entry, reason) {
        Ok(target) => {
            let message = format!("{reason}; set aside as {}", target.display());
            let hint = Some("mend the file and move it back to inbox/");
            report.error(entry.stem.clone(), message, Severity::Failure, hint);
        }
        Err(error) => report.error(entry.stem.clone(), error.to_string(), Severity::Failure, None),
    }
}

/// Removes the worktrees of tasks that have ended; their work is merged, or saved under `refs/agentos/`.
fn tidy(app: &App, done: &[Head], report: &mut Report) {
    for task in done.iter().map(Head::keys) {
        let Some(repository) = app.repository(&task.repo) else { continue };
        let path = repository.worktree_path(&task.id);
        if task.outcome.is_none() || path.symlink_metadata().is_err() {
            continue;
        }
        let Ok(Some(_lease)) = app.mailbox.lease(&task.id) else { continue };
        drafts::remove_of(app, &task.id);
        let removed = repository.effects().map_err(|error| error.to_string()).and_then(|effects| {
            let _lock = effects.lock_mirror().map_err(|error| error.to_string())?;
            effects.mirror.remove_worktree(&task.id, &path).map_err(|error| error.to_string())
        });
        if let Err(error) = removed {
            report.error(task.id.to_string(), error, Severity::Failure, None);
        }
    }
}
