//! `runtime/state/alarms.json`: what has been wrong for long. Written only when it changes.

use super::state::{LOCK_WAIT, State, read_json, write_json};
use crate::domain::alarm::Alarms;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

impl State {
    /// What is remembered about alarms.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn alarms(&self) -> Result<Alarms, FileError> {
        Ok(read_json(&self.dir().join("alarms.json"))?.unwrap_or_default())
    }

    /// Changes what is remembered and returns it; nothing is written when it stays the same.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn change_alarms(&self, change: impl Fn(&Alarms) -> Alarms) -> Result<Alarms, FileError> {
        let before = self.alarms()?;
        if change(&before) == before {
            return Ok(before);
        }
        files::make_dir(self.dir())?;
        // Another job may have written meanwhile.
        let _lock = Lock::acquire(&self.dir().join(".alarms.lock"), LOCK_WAIT)?;
        let before = self.alarms()?;
        let after = change(&before);
        if after != before {
            write_json(&self.dir().join("alarms.json"), &after)?;
        }
        Ok(after)
    }
}
