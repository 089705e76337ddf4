//! When the jobs last ran that do not run at every tick: `runtime/state/cadence.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::App;
use super::state::{LOCK_WAIT, State, read_json, write_json};
use crate::domain::weekly;
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
    /// When a job last ran for all repositories; a file that cannot be read says nothing, and then nothing is due.
    fn last_run(&self, job: &str) -> Result<Option<Timestamp>, FileError> {
        let cadence: Option<Cadence> = read_json(&self.dir().join("cadence.json"))?;
        let ran = cadence.and_then(|jobs| jobs.get(job)?.get(ALL).copied());
        Ok(ran.map(|ran| ran.last_run))
    }

    /// Records that a job has run.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written: the job runs again at the next tick.
    pub fn set_ran(&self, job: &str, now: Timestamp) -> Result<(), FileError> {
        files::make_dir(self.dir())?;
        let _lock = Lock::acquire(&self.dir().join("cadence.lock"), LOCK_WAIT)?;
        let path = self.dir().join("cadence.json");
        let mut cadence: Cadence = read_json(&path)?.unwrap_or_default();
        cadence.entry(job.to_owned()).or_default().insert(ALL.to_owned(), Ran { last_run: now });
        write_json(&path, &cadence)
    }
}

impl App {
    /// Whether a weekly job is due (`CONTRACT.md` section 1, `tick`).
    pub fn is_due_this_week(&self, job: &str) -> bool {
        let Ok(last) = self.state.last_run(job) else { return false };
        let first = if last.is_none() { self.first_record() } else { None };
        let here = self.now().to_zoned(jiff::tz::TimeZone::system());
        weekly::is_due(last, first, &here)
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
