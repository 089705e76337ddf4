//! Flags and small states under `runtime/state/`: the kill switch, pauses, arming, recorded prefixes and agents that are out of reach.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AgentName, RepoKey, RepoSlug, TaskId};
use crate::domain::routing::{Availability, Unavailable};
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// State files are small.
const MAX_BYTES: u64 = 1024 * 1024;

/// State files are written in a moment; longer than this nobody holds their lock.
pub(super) const LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Whether a person allowed or forbade automatic merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arming {
    /// `agentos arm`.
    Armed,
    /// `agentos disarm`: beats every policy.
    Disarmed,
    /// Neither: the policy decides.
    Unset,
}

/// The small states of one installation.
#[derive(Debug, Clone)]
pub struct State {
    dir: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AgentOut {
    until: Option<Timestamp>,
    reason: String,
    since: Timestamp,
}

impl State {
    /// The states in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Their folder.
    pub(super) fn dir(&self) -> &std::path::Path {
        &self.dir
    }

    /// The flag file of the kill switch.
    pub fn flag_all(&self) -> PathBuf {
        self.dir.join("disabled")
    }

    /// The flag file of a paused repository.
    pub fn flag_repo(&self, key: &RepoKey) -> PathBuf {
        self.dir.join("repo_disabled").join(key.as_str())
    }

    /// The flag file of a paused job.
    pub fn flag_job(&self, job: &str) -> PathBuf {
        self.dir.join("job_disabled").join(job)
    }

    /// Why nothing is done for a task, if it is paused.
    pub fn task_pause(&self, task: &TaskId) -> Option<String> {
        let is_paused = self.flag_task(task).exists();
        is_paused.then(|| format!("paused; `agentos resume --task {task}` lets it go on"))
    }

    /// The flag file of a paused task.
    pub fn flag_task(&self, task: &TaskId) -> PathBuf {
        self.dir.join("task_disabled").join(task.as_str())
    }

    /// The flag file of a task whose issue has gone for good: nobody can say anything there any more.
    pub fn flag_gone(&self, task: &TaskId) -> PathBuf {
        self.dir.join("gone").join(task.as_str())
    }

    /// Sets a flag file; nothing happens when it is set.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn raise(&self, flag: &std::path::Path, now: Timestamp) -> Result<(), FileError> {
        if flag.exists() {
            return Ok(());
        }
        if let Some(parent) = flag.parent() {
            files::make_dir(parent)?;
        }
        files::replace(flag, format!("since {now}\n").as_bytes())
    }

    /// Takes a flag file away.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn lower(&self, flag: &std::path::Path) -> Result<(), FileError> {
        files::remove(flag)
    }

    /// Whether a person allowed or forbade automatic merges of a repository. What cannot be read forbids.
    pub fn arming(&self, key: &RepoKey) -> Arming {
        match files::read_text(&self.dir.join("armed").join(key.as_str()), MAX_BYTES) {
            Ok(text) if text.trim().starts_with("disarmed") => Arming::Disarmed,
            Ok(_) => Arming::Armed,
            Err(FileError::NotFound { .. }) => Arming::Unset,
            Err(_) => Arming::Disarmed,
        }
    }

    /// Records a person's word about automatic merges; nothing happens when it is so already.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn set_arming(&self, key: &RepoKey, armed: bool, now: Timestamp) -> Result<(), FileError> {
        let dir = self.dir.join("armed");
        let word = if armed { "armed" } else { "disarmed" };
        let path = dir.join(key.as_str());
        if files::read_text(&path, MAX_BYTES).is_ok_and(|text| text.trim().starts_with(word)) {
            return Ok(());
        }
        files::make_dir(&dir)?;
        files::replace(&path, format!("{word} since {now}\n").as_bytes())
    }

    /// The recorded prefix of a repository, else the proposed one. Reads only.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn prefix(&self, slug: &RepoSlug, proposed: &RepoKey) -> Result<RepoKey, FileError> {
        let known: BTreeMap<RepoSlug, RepoKey> =
            read_json(&self.dir.join("prefixes.json"))?.unwrap_or_default();
        Ok(known.get(slug).unwrap_or(proposed).clone())
    }

    /// Records the prefix of a repository at its first use: it never changes later (`CONTRACT.md` section 3).
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn record_prefix(&self, slug: &RepoSlug, key: &RepoKey) -> Result<(), FileError> {
        let path = self.dir.join("prefixes.json");
        let known: BTreeMap<RepoSlug, RepoKey> = read_json(&path)?.unwrap_or_default();
        if known.contains_key(slug) {
            return Ok(());
        }
        files::make_dir(&self.dir)?;
        let _lock = Lock::acquire(&self.dir.join(".prefixes.lock"), LOCK_WAIT)?;
        let mut known: BTreeMap<RepoSlug, RepoKey> = read_json(&path)?.unwrap_or_default();
        known.entry(slug.clone()).or_insert_with(|| key.clone());
        write_json(&path, &known)
    }

    /// The agents that are out of reach now.
    pub fn availability(&self, now: Timestamp) -> Availability {
        let known: BTreeMap<AgentName, AgentOut> =
            read_json(&self.dir.join("agents.json")).ok().flatten().unwrap_or_default();
        known
            .into_iter()
            .filter(|(_, out)| out.until.is_none_or(|until| until > now))
            .map(|(name, out)| (name, Unavailable { until: out.until, reason: out.reason }))
            .collect()
    }

    /// Marks an agent as out of reach until a time.
    ///
    /// # Errors
    ///
    /// When the record cannot be written.
    pub fn park_agent(
        &self,
        agent: &AgentName,
        until: Timestamp,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), FileError> {
        files::make_dir(&self.dir)?;
        let _lock = Lock::acquire(&self.dir.join(".agents.lock"), LOCK_WAIT)?;
        let path = self.dir.join("agents.json");
        let mut known: BTreeMap<AgentName, AgentOut> = read_json(&path)?.unwrap_or_default();
        known.retain(|_, out| out.until.is_none_or(|until| until > now));
        let out = AgentOut { until: Some(until), reason: reason.to_owned(), since: now };
        known.insert(agent.clone(), out);
        write_json(&path, &known)
    }

    /// Takes back that some agents are out of reach; nothing happens when none of them is.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn unpark(&self, is_meant: impl Fn(&AgentName) -> bool) -> Result<(), FileError> {
        let path = self.dir.join("agents.json");
        if !path.exists() {
            return Ok(());
        }
        let _lock = Lock::acquire(&self.dir.join(".agents.lock"), LOCK_WAIT)?;
        let mut known: BTreeMap<AgentName, AgentOut> = read_json(&path)?.unwrap_or_default();
        let before = known.len();
        known.retain(|name, _| !is_meant(name));
        if known.len() == before { Ok(()) } else { write_json(&path, &known) }
    }
}

/// The name under which a provider is parked that one agent out of several providers asks.
pub(super) fn provider_key(agent: &AgentName, provider: &str) -> Option<AgentName> {
    format!("{agent}.{provider}").parse().ok()
}

pub(super) fn read_json<T: for<'de> Deserialize<'de>>(
    path: &std::path::Path,
) -> Result<Option<T>, FileError> {
    match files::read_text(path, MAX_BYTES) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| FileError::Io {
            doing: "read the state",
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        }),
        Err(FileError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn write_json<T: Serialize>(path: &std::path::Path, value: &T) -> Result<(), FileError> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    files::replace(path, format!("{text}\n").as_bytes())
}
