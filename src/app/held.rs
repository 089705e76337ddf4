//! `runtime/state/held.json`: why open pull requests of ours wait for a person, as `pr-monitor` saw it last, so that `status` can say it
//! without asking a host. It is there while one waits, and written only when something changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::state::{LOCK_WAIT, read_json, write_json};
use crate::domain::ids::{PrNumber, TaskId};
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

const FILE: &str = "held.json";

/// A pull request that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its number.
    pub pr: PrNumber,
    /// Why, in one line.
    pub reason: String,
}

impl State {
    /// The pull requests that wait for a person, by their tasks.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn held(&self) -> Result<BTreeMap<TaskId, Held>, FileError> {
        Ok(read_json(&self.dir().join(FILE))?.unwrap_or_default())
    }

    /// Changes the record; nothing is written when it stays the same.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn change_held(
        &self,
        change: impl Fn(&mut BTreeMap<TaskId, Held>),
    ) -> Result<(), FileError> {
        let changed = |before: &BTreeMap<TaskId, Held>| {
            let mut after = before.clone();
            change(&mut after);
            (after != *before).then_some(after)
        };
        if self.held().is_ok_and(|known| changed(&known).is_none()) {
            return Ok(());
        }
        files::make_dir(self.dir())?;
        // Another job may have written meanwhile.
        let _lock = Lock::acquire(&self.dir().join(".held.lock"), LOCK_WAIT)?;
        let path = self.dir().join(FILE);
        // What cannot be read is written anew.
        match changed(&self.held().unwrap_or_default()) {
            None => Ok(()),
            Some(after) if after.is_empty() => files::remove(&path),
            Some(after) => write_json(&path, &after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_nobody_any_more_leaves_no_file_and_the_same_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::new(dir.path().to_owned());
        let path = dir.path().join(FILE);
        let id: TaskId = "web-42".parse().unwrap();
        let held = Held { pr: PrNumber(7), reason: "`merge_policy` is `manual`".to_owned() };
        let keep = |all: &mut BTreeMap<TaskId, Held>| drop(all.insert(id.clone(), held.clone()));
        let release = |all: &mut BTreeMap<TaskId, Held>| drop(all.remove(&id));
        state.change_held(release).unwrap();
        assert!(!path.exists());
        state.change_held(keep).unwrap();
        assert_eq!(state.held().unwrap().get(&id), Some(&held));
        let text = files::read_text(&path, 4096).unwrap();
        files::replace(&path, format!("{text}\n").as_bytes()).unwrap();
        state.change_held(keep).unwrap();
        assert_eq!(files::read_text(&path, 4096).unwrap(), format!("{text}\n"), "not written");
        state.change_held(release).unwrap();
        assert!(!path.exists() && state.held().unwrap().is_empty());
    }
}
