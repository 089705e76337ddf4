//! Answers that were given, by the hash of their question: one small file each, for their owner only, bounded in number and age. A file
//! that cannot be read, is too old or does not hold any more is a question that nobody has answered yet.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::Form;
use crate::domain::ids::AgentName;
use crate::sys::files::{self, FileError};
use crate::text::redact::Redactor;

/// The form of the files; another one is not read.
const SCHEMA: u32 = 1;

/// Answers are kept for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many are kept.
const MOST: usize = 256;

/// An answer is bounded by its form; a larger file is none of ours.
const MAX_BYTES: u64 = 1024 * 1024;

/// The answers of one installation.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
    now: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    schema: u32,
    key: String,
    at: Timestamp,
    purpose: String,
    agent: AgentName,
    value: Value,
}

impl Cache {
    /// The answers in a folder, which need not exist, as seen now.
    pub fn new(dir: PathBuf, now: Timestamp) -> Self {
        Self { dir, now }
    }

    /// The answer under a key, if it is there and still holds, and who gave it.
    pub(super) fn get(
        &self,
        key: &str,
        form: &Form,
        redactor: &Redactor,
    ) -> Option<(Value, AgentName)> {
        let entry = read(&self.path(key))?;
        let is_fresh = entry.schema == SCHEMA && entry.key == key && self.is_fresh(entry.at);
        let value = is_fresh.then(|| form.check(&entry.value, redactor).ok())??;
        Some((value, entry.agent))
    }

    /// Keeps an answer, and lets the oldest ones go where there are too many.
    pub(super) fn put(
        &self,
        key: &str,
        purpose: &str,
        agent: &AgentName,
        value: &Value,
    ) -> Result<(), FileError> {
        let entry = Entry {
            schema: SCHEMA,
            key: key.to_owned(),
            at: self.now,
            purpose: purpose.to_owned(),
            agent: agent.clone(),
            value: value.clone(),
        };
        let text = serde_json::to_string_pretty(&entry).unwrap_or_default();
        files::make_dir(&self.dir)?;
        files::replace(&self.path(key), format!("{text}\n").as_bytes())?;
        self.prune(key);
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.json"))
    }

    fn is_fresh(&self, at: Timestamp) -> bool {
        // One from the future is from a clock that was wrong.
        at <= self.now && self.now.duration_since(at) <= KEPT
    }

    /// Removes what is too old, unreadable or too much. What stays for a while does no harm.
    fn prune(&self, newest: &str) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        let paths = entries.flatten().map(|entry| entry.path());
        let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let mut known: Vec<(Option<Timestamp>, PathBuf)> = paths
            .filter(|path| *path != self.path(newest))
            .map(|path| (read(&path).map(|entry| entry.at).filter(|at| self.is_fresh(*at)), path))
            .collect();
        known.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let is_over =
            |(n, (at, _)): &(usize, (Option<Timestamp>, PathBuf))| at.is_none() || *n >= MOST - 1;
        for (_, (_, path)) in known.into_iter().enumerate().filter(is_over) {
            drop(files::remove_unsynced(&path));
        }
    }
}

fn read(path: &Path) -> Option<Entry> {
    let text = files::read_text(path, MAX_BYTES).ok()?;
    serde_json::from_str(&text).ok()
}
