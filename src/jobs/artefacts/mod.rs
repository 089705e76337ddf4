//! What planning, grooming and evidence-heavy work may read beyond the repository: the artefacts `PRODUCTION_FEEDBACK.md` and
//! `PLANNING_RESEARCH.md` under `runtime/artifacts/<repo>/`, and the signals that their entries give. They are made from configured sources
//! alone, used again while they are young, and never committed. Shared by jobs.

mod digest;
mod feedback;
mod keep;
mod own;
mod research;
pub(in crate::jobs) mod source;

#[cfg(test)]
pub(in crate::jobs) mod ground;
#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use crate::app::{App, Repository};
use crate::config::AutomationMode;
use crate::domain::signal::Signal;
use crate::sys::files::FileError;
use crate::sys::lock::Lock;

use keep::{Artefact, Kept};

/// An artefact of which a source could not be read for the moment is made anew after so long, if it is not due before.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

/// The evidence of one repository, ready to be read.
#[derive(Debug, Clone, Default)]
pub(in crate::jobs) struct Reading {
    /// The text of `PRODUCTION_FEEDBACK.md`, guarded entries included and marked; empty when there is none.
    pub(in crate::jobs) feedback: String,
    /// The text of `PLANNING_RESEARCH.md`; empty when there is none.
    pub(in crate::jobs) research: String,
    /// What may move an issue up: entries that are not guarded, and nothing else.
    pub(in crate::jobs) signals: Vec<Signal>,
    /// What could not be read or kept, one line each, for the report.
    pub(in crate::jobs) problems: Vec<String>,
}

impl Reading {
    fn add(&mut self, kept: Kept, is_feedback: bool, now: Timestamp) {
        self.signals.extend(kept.signals_at(now));
        self.problems.extend(kept.problems);
        if is_feedback {
            self.feedback = kept.text;
        } else {
            self.research = kept.text;
        }
    }
}

/// Why an artefact was not made.
enum NotMade {
    /// This process was asked to end; the next one makes it.
    Stopped,
    /// It could not be kept, or what it is made from could not be read.
    File(FileError),
}

impl From<FileError> for NotMade {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// The evidence of a repository, gathered anew where it is older than its `max_age_hours` or its configuration has changed. Nothing is read
/// while it is young, nor for a repository that people drive by hand. What cannot be read is told in the artefact and in `problems`, and keeps
/// nothing else from being read.
pub(in crate::jobs) async fn reading(app: &App, repository: &Repository) -> Reading {
    let mut reading = Reading::default();
    for artefact in artefacts(repository) {
        match current(app, repository, artefact).await {
            Ok(kept) => reading.add(kept, artefact.is_feedback(), app.now()),
            Err(not_made) => {
                if let NotMade::File(error) = not_made {
                    reading.problems.push(format!("{}: {error}", artefact.name(repository)));
                }
                // An older one is better than none: its entries are judged by their age.
                if let Some(kept) = keep::load(app, repository, artefact) {
                    reading.add(kept, artefact.is_feedback(), app.now());
                }
            }
        }
    }
    reading
}

/// The evidence of a repository as it was gathered last, whatever its age: reads two files, asks nobody and writes nothing.
pub(in crate::jobs) fn existing(app: &App, repository: &Repository) -> Reading {
    let mut reading = Reading::default();
    for artefact in artefacts(repository) {
        if let Some(kept) = keep::load(app, repository, artefact) {
            reading.add(kept, artefact.is_feedback(), app.now());
        }
    }
    reading
}

/// The artefacts that a repository has.
fn artefacts(repository: &Repository) -> impl Iterator<Item = Artefact> {
    let settings = &repository.settings;
    let is_driven = settings.automation_mode == AutomationMode::Full;
    [
        (settings.production_feedback.enabled, Artefact::Feedback),
        (settings.planning_research.enabled, Artefact::Research),
    ]
    .into_iter()
    .filter_map(move |(is_enabled, artefact)| (is_enabled && is_driven).then_some(artefact))
}

/// The artefact that is there while it is young, else a new one.
async fn current(app: &App, repository: &Repository, artefact: Artefact) -> Result<Kept, NotMade> {
    let settings = artefact.settings(app, repository);
    let young = || {
        keep::load(app, repository, artefact)
            .filter(|kept| kept.settings == settings && kept.is_young(app.now()))
    };
    if let Some(kept) = young() {
        return Ok(kept);
    }
    let lock = app.locks().join(format!("artefacts-{}.lock", repository.key));
    let Some(_lock) = Lock::acquire(&lock, keep::PATIENCE)? else {
        let held = keep::load(app, repository, artefact);
        return held.ok_or(NotMade::Stopped);
    };
    // Whoever held the lock may have made it.
    if let Some(kept) = young() {
        return Ok(kept);
    }
    let made = match artefact {
        Artefact::Feedback => feedback::make(app, repository).await?,
        Artefact::Research => research::make(app, repository).await?,
    };
    let kept = Kept { settings, ..made };
    keep::store(app, repository, artefact, &kept)?;
    Ok(kept)
}
