//! The archive: task files that ended long ago and the records of their runs, by month.

use std::path::{Path, PathBuf};

use crate::domain::ids::TaskId;
use crate::domain::task::{Folder, Task};
use crate::sys::files::{self, FileError};

use super::listing::{stems_in, subfolders};
use super::peek::{self, Head};
use super::store::{Mailbox, MailboxError, read_task};

impl Mailbox {
    /// Whether a task's file lies in the archive.
    pub fn is_archived(&self, id: &TaskId) -> bool {
        let name = format!("{id}.md");
        subfolders(&self.archive).iter().any(|month| month.join(&name).symlink_metadata().is_ok())
    }

    /// The heads of the archived tasks whose id is `wanted`; a file that cannot be read as a task is left out.
    pub fn archived_heads(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<Head> {
        let mut heads = Vec::new();
        for month in subfolders(&self.archive) {
            let stems = stems_in(&month).unwrap_or_default();
            for stem in stems.iter().filter(|stem| wanted(stem)) {
                let path = month.join(format!("{stem}.md"));
                let whole = || read_task(&path, stem).ok().map(Head::of);
                heads.extend(peek::head(&path, stem).or_else(whole));
            }
        }
        heads
    }

    /// An archived task, whole; nothing when there is none that can be read.
    pub fn archived_task(&self, id: &TaskId) -> Option<Task> {
        let name = format!("{id}.md");
        let months = subfolders(&self.archive).into_iter();
        months.map(|month| month.join(&name)).find_map(|path| read_task(&path, id.as_str()).ok())
    }

    /// Moves an ended task's file to the archive of a month (`YYYY-MM`).
    ///
    /// # Errors
    ///
    /// When it cannot be moved; it then stays where it is.
    pub fn archive(&self, folder: Folder, id: &TaskId, month: &str) -> Result<(), MailboxError> {
        let target = self.archive.join(month);
        if !target.is_dir() {
            files::make_dir(&target)?;
        }
        files::rename(&self.path(folder, id), &target.join(format!("{id}.md")))?;
        Ok(())
    }

    /// Where the records of an archived task's runs are.
    pub fn archived_runs(&self, id: &TaskId) -> Option<PathBuf> {
        let months = subfolders(&self.archive).into_iter();
        months.map(|month| month.join(id.as_str())).find(|folder| folder.is_dir())
    }

    /// Moves the records of an ended task's runs to the archive of a month, into a folder of the task's name. None is fine; what a task
    /// leaves that was brought back from the archive by hand stays where it is.
    ///
    /// # Errors
    ///
    /// When they cannot be moved; they then stay where they are.
    pub fn archive_runs(&self, runs: &Path, id: &TaskId, month: &str) -> Result<(), MailboxError> {
        if !runs.is_dir() {
            return Ok(());
        }
        let target = self.archive.join(month);
        files::make_dir(&target)?;
        match files::rename(runs, &target.join(id.as_str())) {
            Err(FileError::AlreadyExists { .. }) => Ok(()),
            moved => Ok(moved?),
        }
    }
}
