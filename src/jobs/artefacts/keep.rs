//! Where artefacts are kept: the text that people read, and beside it what a later run needs to use it again. The record names the text by its
//! hash: of two that do not belong together (a crash between them, a hand that edited one) none is used.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::signal::Signal;
use crate::sys::files::{self, FileError};
use crate::text::hash::sha256_hex;

/// How long another run is waited for that makes the same artefact.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Raised when the record or the text is understood in another way.
const VERSION: u32 = 1;

/// Most bytes of an artefact and of its record.
const MAX_BYTES: u64 = 1024 * 1024;

/// Which artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Artefact {
    /// `PRODUCTION_FEEDBACK.md`.
    Feedback,
    /// `PLANNING_RESEARCH.md`.
    Research,
}

impl Artefact {
    pub(super) fn is_feedback(self) -> bool {
        self == Self::Feedback
    }

    /// The name of its file.
    pub(super) fn name(self, repository: &Repository) -> &str {
        match self {
            Self::Feedback => &repository.settings.production_feedback.artifact_file,
            Self::Research => &repository.settings.planning_research.artifact_file,
        }
    }

    /// A hash of the configuration that it is made by: another one makes another artefact.
    pub(super) fn settings(self, app: &App, repository: &Repository) -> String {
        let settings = &repository.settings;
        let shape = match self {
            Self::Feedback => {
                let objective = app.objective(repository).ok().flatten();
                let objective = objective.map(|loaded| loaded.objective);
                format!("{:?}{objective:?}", settings.production_feedback)
            }
            Self::Research => format!("{:?}", settings.planning_research),
        };
        sha256_hex(format!("{VERSION} {:?} {shape}", settings.path).as_bytes())
    }

    fn path(self, app: &App, repository: &Repository) -> PathBuf {
        folder(app, repository).join(self.name(repository))
    }

    fn record(self, app: &App, repository: &Repository) -> PathBuf {
        folder(app, repository).join(format!("{}.json", self.name(repository)))
    }
}

/// `runtime/artifacts/<repo>/`.
fn folder(app: &App, repository: &Repository) -> PathBuf {
    app.runtime().join("artifacts").join(repository.key.as_str())
}

/// A signal and how long the evidence under it is fresh.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dated {
    pub(super) signal: Signal,
    pub(super) until: Option<Timestamp>,
}

/// An artefact as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    pub(super) text: String,
    pub(super) settings: String,
    pub(super) generated_at: Timestamp,
    pub(super) refresh_after: Timestamp,
    pub(super) signals: Vec<Dated>,
    pub(super) problems: Vec<String>,
}

impl Kept {
    /// Whether it may be used again. One of the future was made by a clock that was wrong.
    pub(super) fn is_young(&self, now: Timestamp) -> bool {
        self.generated_at <= now && now < self.refresh_after
    }

    /// The signals whose evidence is still fresh.
    pub(super) fn signals_at(&self, now: Timestamp) -> Vec<Signal> {
        let fresh =
            self.signals.iter().filter(|dated| dated.until.is_none_or(|until| now <= until));
        fresh.map(|dated| dated.signal.clone()).collect()
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    text_sha256: String,
    settings_sha256: String,
    generated_at: Timestamp,
    refresh_after: Timestamp,
    signals: Vec<RecordedSignal>,
    problems: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RecordedSignal {
    name: String,
    weight: f64,
    words: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// The artefact that is there; nothing when there is none, or one that was not finished.
pub(super) fn load(app: &App, repository: &Repository, artefact: Artefact) -> Option<Kept> {
    let record = files::read_text(&artefact.record(app, repository), MAX_BYTES).ok()?;
    let record: Record = serde_json::from_str(&record).ok()?;
    let text = files::read_text(&artefact.path(app, repository), MAX_BYTES).ok()?;
    if sha256_hex(text.as_bytes()) != record.text_sha256 {
        return None;
    }
    let dated = |signal: RecordedSignal| Dated {
        signal: Signal {
            name: signal.name,
            weight: signal.weight,
            words: signal.words.into_iter().collect(),
        },
        until: signal.until,
    };
    Some(Kept {
        text,
        settings: record.settings_sha256,
        generated_at: record.generated_at,
        refresh_after: record.refresh_after,
        signals: record.signals.into_iter().map(dated).collect(),
        problems: record.problems,
    })
}

/// Writes both files: the record first, so that a text without its record is never a new one.
pub(super) fn store(
    app: &App,
    repository: &Repository,
    artefact: Artefact,
    kept: &Kept,
) -> Result<(), FileError> {
    let signals = kept.signals.iter().map(|dated| RecordedSignal {
        name: dated.signal.name.clone(),
        weight: dated.signal.weight,
        words: dated.signal.words.iter().cloned().collect(),
        until: dated.until,
    });
    let record = Record {
        text_sha256: sha256_hex(kept.text.as_bytes()),
        settings_sha256: kept.settings.clone(),
        generated_at: kept.generated_at,
        refresh_after: kept.refresh_after,
        signals: signals.collect(),
        problems: kept.problems.clone(),
    };
    let record = serde_json::to_string_pretty(&record).unwrap_or_default();
    files::make_dir(&folder(app, repository))?;
    files::replace(&artefact.record(app, repository), record.as_bytes())?;
    crash_point!("artefacts.recorded");
    files::replace(&artefact.path(app, repository), kept.text.as_bytes())
}
