//! When the jobs last ran that do not run at every tick: `runtime/state/cadence.json`.

use std::collections::BTreeMap;

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::App;
use super::state::{LOCK_WAIT, State, read_json, write_json};
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
        let cadence: Option<Cadence> = read_json(&self.dir().join("cadence.json"))?;
        let ran = cadence.and_then(|jobs| jobs.get(job)?.get(whose).copied());
        Ok(ran.map(|ran| ran.last_run))
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
        let mut cadence: Cadence = read_json(&path)?.unwrap_or_default();
        cadence.entry(job.to_owned()).or_default().insert(whose.to_owned(), Ran { last_run: now });
        write_json(&path, &cadence)
    }
}

impl App {
    /// Whether a weekly job is due (`CONTRACT.md` section 1, `tick`).
    fn is_due_this_week(&self, job: &str) -> bool {
        let Ok(last) = self.state.last_run(job, ALL) else { return false };
        let first = if last.is_none() { self.first_record() } else { None };
        weekly::is_due(last, first, &self.here())
    }

    /// The present moment where the operator lives.
    fn here(&self) -> Zoned {
        self.now().to_zoned(clock::zone(self.environment.get("TZ").map(String::as_str)))
    }

    /// Why a tick runs none of the weekly jobs now, if they are not due.
    pub fn not_due_this_week(&self) -> Option<Halt> {
        if self.is_due_this_week(Job::Analyze.as_str()) {
            return None;
        }
        let next = weekly::next_monday(&self.here());
        let when = next.map(|next| format!(", next after {next}")).unwrap_or_default();
        let reason = format!("a tick runs `score` and `analyze` once a week{when}");
        Some(Halt { until: next, ..Halt::new(Standstill::NotDue, reason) })
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
