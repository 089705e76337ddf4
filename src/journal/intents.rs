//! Intents: one small synced file each in `runtime/journal/open/` while the effect may or may not have happened. An intent is never
//! replayed: whoever holds the lease after a crash reads back whether it took effect, and the job decides anew.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sys::files::{self, FileError};
use crate::text::hash::sha256_hex;

use super::events::{Event, Journal};

/// Most bytes of an intent that are read: a batch of memory is the longest.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What is written before an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentRecord {
    /// The kind of effect, for example `merge`.
    pub effect: String,
    /// Its natural key: doing it twice is doing it once.
    pub key: String,
    /// The lease under which it happens: a task id, or `board-<key>`.
    pub under: String,
    /// When it was written.
    pub at: Timestamp,
    /// The repository's key.
    pub repo: String,
    /// The effect itself, for reading it back after a crash.
    pub what: serde_json::Value,
}

/// An intent that is open: end it with [`Journal::close`].
#[must_use = "an intent that is not closed is swept by the next run"]
#[derive(Debug)]
pub struct Intent {
    record: IntentRecord,
    path: PathBuf,
}

impl Journal {
    fn open_dir(&self) -> PathBuf {
        self.dir().join("open")
    }

    /// Writes and syncs an intent.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the effect must not be begun then.
    pub fn intend(&self, record: IntentRecord) -> Result<Intent, FileError> {
        let name = sha256_hex(format!("{}\n{}", record.effect, record.key).as_bytes());
        let path = self.open_dir().join(format!("{}.json", name.get(..24).unwrap_or(&name)));
        if !self.open_dir().is_dir() {
            files::make_dir(&self.open_dir())?;
        }
        let text = serde_json::to_string(&record).unwrap_or_default();
        files::replace(&path, text.as_bytes())?;
        Ok(Intent { record, path })
    }

    /// Records how an intent ended (`done`, `already`, `void`, `refused`) and removes it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written; the intent stays open and is swept later.
    pub fn close(&self, intent: Intent, end: &str, now: Timestamp) -> Result<(), FileError> {
        let IntentRecord { effect, key, under, .. } = intent.record;
        self.append(&Event::effect(now, &effect, &key, &under, end))?;
        // One that comes back is read back once more: its effect is seen, and it is closed again.
        files::remove_unsynced(&intent.path)?;
        Ok(())
    }

    /// The intents that are open, oldest first. A file that cannot be read as one is left alone and listed by name.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn open_intents(&self) -> Result<Vec<Intent>, FileError> {
        let dir = self.open_dir();
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                return Err(FileError::Io { doing: "read the folder", path: dir, source });
            }
        };
        let mut open = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let Ok(text) = files::read_text(&path, MAX_BYTES) else { continue };
            if let Ok(record) = serde_json::from_str::<IntentRecord>(&text) {
                open.push(Intent { record, path });
            }
        }
        open.sort_by_key(|intent| intent.record.at);
        Ok(open)
    }
}

impl Intent {
    /// What was intended.
    pub fn record(&self) -> &IntentRecord {
        &self.record
    }
}
