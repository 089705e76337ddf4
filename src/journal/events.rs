//! The closed part of the journal: one file of JSON lines a month, and the other line files of `CONTRACT.md` section 8.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::sys::files::{self, FileError};

/// How much of a metrics file is looked through for a line that was written before a crash: thousands of lines.
const TAIL_BYTES: u64 = 1024 * 1024;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Event(Value);

impl Event {
    /// An effect and how it ended.
    pub fn effect(at: Timestamp, effect: &str, key: &str, under: &str, end: &str) -> Self {
        Self(
            json!({"at": at, "event": "effect", "effect": effect, "key": key, "under": under, "end": end}),
        )
    }

    /// A task that changed its folder, with why.
    pub fn moved(at: Timestamp, task: &str, to: &str, reason: &str) -> Self {
        Self(json!({"at": at, "event": "task", "task": task, "to": to, "reason": reason}))
    }

    /// Anything else worth a line.
    pub fn note(at: Timestamp, kind: &str, subject: &str, text: &str) -> Self {
        Self(json!({"at": at, "event": kind, "subject": subject, "text": text}))
    }
}

/// The journal of one installation.
#[derive(Debug, Clone)]
pub struct Journal {
    dir: PathBuf,
    metrics: PathBuf,
}

impl Journal {
    /// The journal in `dir`, with the metrics files in `metrics`.
    pub fn new(dir: PathBuf, metrics: PathBuf) -> Self {
        Self { dir, metrics }
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends one line to this month's file.
    ///
    /// # Errors
    ///
    /// When it cannot be written; nothing torn is left behind for readers.
    pub fn append(&self, event: &Event) -> Result<(), FileError> {
        let month = event.0.get("at").and_then(Value::as_str).and_then(|at| at.get(..7));
        let name = format!("{}.jsonl", month.unwrap_or("undated"));
        append_json(&self.dir, &name, &event.0)
    }

    /// Appends one record to a metrics file, for example `agent_stats.jsonl`.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub fn measure<T: Serialize>(&self, file: &str, record: &T) -> Result<(), FileError> {
        let value = serde_json::to_value(record).unwrap_or(Value::Null);
        append_json(&self.metrics, file, &value)
    }

    /// The same, unless the end of the file has a line with the same values under `keys`: a record that is repeated after a crash is
    /// written once.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub fn measure_once<T: Serialize>(
        &self,
        file: &str,
        record: &T,
        keys: &[&str],
    ) -> Result<(), FileError> {
        let value = serde_json::to_value(record).unwrap_or(Value::Null);
        let tail = files::read_end(&self.metrics.join(file), TAIL_BYTES)?;
        let is_same = |line: &str| {
            serde_json::from_str::<Value>(line)
                .is_ok_and(|other| keys.iter().all(|key| other.get(*key) == value.get(*key)))
        };
        // A line that was cut off by the end of what is read, or torn by a crash, is none.
        if String::from_utf8_lossy(&tail).lines().any(is_same) {
            return Ok(());
        }
        append_json(&self.metrics, file, &value)
    }

    /// Hands over the lines of a metrics file one after the other, without ever having all of them in memory. A file that is not there has
    /// none; bytes that are no text are replaced.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn each_metric(&self, file: &str, take: &mut dyn FnMut(&str)) -> Result<(), FileError> {
        files::each_line(&self.metrics.join(file), take)
    }

    /// Whether an effect of this kind and key has ended as `done` or `already` in the journal.
    pub fn has_done(&self, effect: &str, key: &str) -> bool {
        self.done_at(effect, key).is_some()
    }

    /// When an effect of this kind and key ended as `done` or `already` last, as far as the journal goes back.
    pub fn done_at(&self, effect: &str, key: &str) -> Option<Timestamp> {
        let entries = std::fs::read_dir(&self.dir).ok()?;
        let wanted = [format!("\"effect\":{}", json!(effect)), format!("\"key\":{}", json!(key))];
        let moment = |line: &str| -> Option<Timestamp> {
            let is_meant = wanted.iter().all(|part| line.contains(part.as_str()));
            let ends = ["\"end\":\"done\"", "\"end\":\"already\""];
            if !is_meant || !ends.iter().any(|end| line.contains(end)) {
                return None;
            }
            serde_json::from_str::<Value>(line).ok()?.get("at")?.as_str()?.parse().ok()
        };
        let files = entries.flatten().map(|entry| entry.path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let newest = |path: PathBuf| {
            let text = std::fs::read_to_string(path).ok()?;
            text.lines().filter_map(moment).max()
        };
        files.filter_map(newest).max()
    }
}

fn append_json(dir: &Path, name: &str, value: &Value) -> Result<(), FileError> {
    if !dir.is_dir() {
        files::make_dir(dir)?;
    }
    files::append_line(&dir.join(name), &value.to_string())
}
