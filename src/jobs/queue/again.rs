//! A task that comes back to the inbox after an attempt that ended elsewhere: by an answer, by a retry, or by a person who moved its file.

use crate::app::App;
use crate::domain::ids::TaskId;
use crate::domain::task::{Folder, Task};
use crate::mailbox::Gone;
use crate::sys::files::FileError;

use super::receipt;

/// Clears the marks of the last attempt and gives the task the number of its next run.
///
/// # Errors
///
/// When the folder of a run that was never finished cannot be renamed.
pub(in crate::jobs) fn begin(app: &App, task: &mut Task) -> Result<(), FileError> {
    let not_before = task.not_before;
    task.end_attempt();
    task.not_before = not_before;
    receipt::make_room(app, task)
}

/// What a person moved into the inbox still carries the marks of its last attempt: they are cleared before anybody claims it, so that it is
/// run anew and not resumed. Says whether the file can be claimed.
///
/// # Errors
///
/// When the file cannot be written; it stays as it is.
pub(super) fn clear_marks(app: &App, id: &TaskId) -> Result<bool, Gone> {
    let Some(lease) = app.mailbox.lease(id)? else { return Ok(false) };
    let Some((Folder::Inbox, mut task)) = app.mailbox.find(id)? else { return Ok(false) };
    if task.stage.is_none() && task.settling.is_none() {
        return Ok(true);
    }
    begin(app, &mut task)?;
    task.settling = None;
    app.mailbox.update(&lease, Folder::Inbox, &task)?;
    Ok(true)
}
