//! When the jobs last ran that do not run at every tick: `runtime/state/cadence.json`.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::state::{LOCK_WAIT, State, read_json, write_json};
use super::{App, Repository};
use crate::domain::cadence::{self, Due};
use crate::domain::ids::RepoKey;
use crate::domain::job::Job;
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::weekly;
use crate::sys::clock;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// The key of a job that runs for all repositories together.
const ALL: &str = "*";

/// Enough for the first line of a metrics file.
const HEAD: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ran {
    last_run: Timestamp,
}

type Cadence = BTreeMap<String, BTreeMap<String, Ran>>;

impl State {
    /// When a job last ran for a repository, or for all together; a file that cannot be read says nothing, and then nothing is due.
    fn last_run(&self, job: &str, whose: &str) -> Result<Option<Timestamp>, FileError> {
        let ran = self.cadence()?.get(job).and_then(|whom| whom.get(whose).copied());
        Ok(ran.map(|ran| ran.last_run))
    }

    /// Whether it can be told when the jobs last ran.
    ///
    /// # Errors
    ///
    /// When the file cannot be read: no job with a pace of its own runs then.
    pub fn check_cadence(&self) -> Result<(), FileError> {
        self.cadence().map(drop)
    }

    fn cadence(&self) -> Result<Cadence, FileError> {
        let known = read_json(&self.dir().join("cadence.json"));
        Ok(known.map_err(with_cure)?.unwrap_or_default())
    }

    /// Records that a job has run for all repositories.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written: the job runs again at the next tick.
    pub fn set_ran(&self, job: &str, now: Timestamp) -> Result<(), FileError> {
        self.record(job, ALL, now)
    }

    /// Records that a job has run for one repository.
    ///
    /// # Errors
    ///
    /// As [`State::set_ran`].
    pub fn set_ran_for(&self, job: &str, key: &RepoKey, now: Timestamp) -> Result<(), FileError> {
        self.record(job, key.as_str(), now)
    }

    fn record(&self, job: &str, whose: &str, now: Timestamp) -> Result<(), FileError> {
        files::make_dir(self.dir())?;
        let _lock = Lock::acquire(&self.dir().join("cadence.lock"), LOCK_WAIT)?;
        let path = self.dir().join("cadence.json");
        let mut cadence = self.cadence()?;
        cadence.entry(job.to_owned()).or_default().insert(whose.to_owned(), Ran { last_run: now });
        write_json(&path, &cadence)
    }
}

/// What is no cadence can be had again at once: by forgetting it.
fn with_cure(error: FileError) -> FileError {
    match error {
        FileError::Io { doing, path, source } if source.kind() == ErrorKind::InvalidData => {
            let cure =
                format!("{source}; remove the file: every job with a pace is due again then");
            FileError::Io { doing, path, source: Error::new(ErrorKind::InvalidData, cure) }
        }
        other => other,
    }
}

impl App {
    /// The present moment where the operator lives.
    fn here(&self) -> Zoned {
        self.now().to_zoned(clock::zone(self.environment.get("TZ").map(String::as_str)))
    }

    /// Why a tick does not run a weekly job now, if it is not due (`CONTRACT.md` section 1, `tick`).
    ///
    /// # Errors
    ///
    /// When it cannot be told when it last ran: then it is not due.
    pub fn not_due_this_week(&self, job: Job) -> Result<Option<Halt>, FileError> {
        let last = self.state.last_run(job.as_str(), ALL)?;
        let began = if last.is_none() { self.beginning() } else { None };
        let here = self.here();
        if weekly::is_due(last, began, &here) {
            return Ok(None);
        }
        let next = weekly::next_monday(&here);
        let when = next.map(|next| format!(", next after {next}")).unwrap_or_default();
        let only =
            if last.or(began).is_none() { ", if there is something to look at then" } else { "" };
        let reason = format!("a tick runs `{}` once a week{when}{only}", job.as_str());
        Ok(Some(Halt { until: next, ..Halt::new(Standstill::NotDue, reason) }))
    }

    /// Notes when this installation began, as soon as there is something to measure: the Mondays behind that count. Without that nothing is
    /// written.
    ///
    /// # Errors
    ///
    /// When the record cannot be written.
    pub fn note_beginning(&self) -> Result<(), FileError> {
        let is_measured = |repository: &Repository| !matches!(self.objective(repository), Ok(None));
        if self.beginning().is_some() || !self.repositories.iter().any(is_measured) {
            return Ok(());
        }
        self.state.installation(self.now()).map(drop)
    }

    /// When this installation began to work, as far as that is known.
    fn beginning(&self) -> Option<Timestamp> {
        let known = self.state.known_installation().ok().flatten();
        [self.first_record(), known.map(|known| known.since)].into_iter().flatten().min()
    }

    /// When a job that has a pace of its own is due for a repository.
    ///
    /// # Errors
    ///
    /// When it cannot be told when it last ran: then it is not due.
    pub fn due_for(&self, job: &str, key: &RepoKey, days: f64) -> Result<Due, FileError> {
        Ok(cadence::due(self.state.last_run(job, key.as_str())?, days, self.now()))
    }

    /// When the first run was recorded.
    fn first_record(&self) -> Option<Timestamp> {
        let path = self.runtime().join("metrics").join("agent_stats.jsonl");
        let head = files::read_head(&path, HEAD).ok()?;
        let head = String::from_utf8_lossy(&head);
        let line: serde_json::Value = serde_json::from_str(head.lines().next()?).ok()?;
        line.get("timestamp")?.as_str()?.parse().ok()
    }
}
