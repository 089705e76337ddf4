//! Pull requests that look like ours and are not, remembered so that each is told of once.

use std::collections::BTreeMap;

use super::State;
use super::state::{LOCK_WAIT, read_json, write_json};
use crate::domain::ids::{BranchName, RepoKey};
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

const FILE: &str = "foreign.json";

impl State {
    /// The foreign pull requests of a repository that were open at the last look, by number, with their branches.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn foreign(&self, key: &RepoKey) -> Result<BTreeMap<u64, BranchName>, FileError> {
        let all: BTreeMap<RepoKey, BTreeMap<u64, BranchName>> =
            read_json(&self.dir().join(FILE))?.unwrap_or_default();
        Ok(all.get(key).cloned().unwrap_or_default())
    }

    /// Records them; nothing happens when they are as they were.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn set_foreign(
        &self,
        key: &RepoKey,
        before: &BTreeMap<u64, BranchName>,
        now: &BTreeMap<u64, BranchName>,
    ) -> Result<(), FileError> {
        if before == now {
            return Ok(());
        }
        files::make_dir(self.dir())?;
        let _lock = Lock::acquire(&self.dir().join(".foreign.lock"), LOCK_WAIT)?;
        let path = self.dir().join(FILE);
        let mut all: BTreeMap<RepoKey, BTreeMap<u64, BranchName>> =
            read_json(&path)?.unwrap_or_default();
        if now.is_empty() {
            all.remove(key);
        } else {
            all.insert(key.clone(), now.clone());
        }
        write_json(&path, &all)
    }
}
