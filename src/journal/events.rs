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

    /// Whether an effect of this kind and key has ended as `done` or `already` in the journal.
    pub fn has_done(&self, effect: &str, key: &str) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return false };
        let wanted = [format!("\"effect\":{}", json!(effect)), format!("\"key\":{}", json!(key))];
        entries.flatten().filter(|e| e.path().extension().is_some_and(|x| x == "jsonl")).any(
            |entry| {
                std::fs::read_to_string(entry.path()).is_ok_and(|text| {
                    text.lines().any(|line| {
                        wanted.iter().all(|part| line.contains(part.as_str()))
                            && (line.contains("\"end\":\"done\"")
                                || line.contains("\"end\":\"already\""))
                    })
                })
            },
        )
    }
}

fn append_json(dir: &Path, name: &str, value: &Value) -> Result<(), FileError> {
    if !dir.is_dir() {
        files::make_dir(dir)?;
    }
    files::append_line(&dir.join(name), &value.to_string())
}
