//! What `status` tells of pull requests that wait for a person: written down as it was seen, since `status` asks no host. No run fails for it.

use std::collections::BTreeMap;

use crate::app::{App, Held};
use crate::domain::ids::TaskId;
use crate::domain::task::{Folder, Task};
use crate::mailbox::Head;
use crate::sys::files::FileError;
use crate::text::clean;

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 400;

/// Notes whether a pull request waits for a person now, by what was done about it.
pub(super) fn note(app: &App, task: &Task, action: &str, reason: Option<&str>) {
    let Some(pr) = task.pr else { return };
    // The one hold that no verdict knows of: it came with the merge.
    let reason = reason.unwrap_or("the host refuses the merge; its issue says why");
    let reason = clean::one_line(&app.redactor.redact(reason), MAX_REASON);
    let is_held = matches!(action, "held" | "hands_off");
    let held = is_held.then_some(Held { pr, reason });
    change(app, |all| match &held {
        Some(held) => drop(all.insert(task.id.clone(), held.clone())),
        None => drop(all.remove(&task.id)),
    });
}

/// Forgets those whose tasks have ended or lie elsewhere by now.
pub(super) fn forget_others(app: &App) {
    if app.state.held().is_ok_and(|all| all.is_empty()) {
        return;
    }
    let Ok(done) = app.mailbox.heads(Folder::Done) else { return };
    let is_open = |id: &TaskId| {
        done.tasks.iter().map(Head::keys).any(|task| task.id == *id && task.outcome.is_none())
    };
    change(app, |all| all.retain(|id, _| is_open(id)));
}

fn change(app: &App, change: impl Fn(&mut BTreeMap<TaskId, Held>)) {
    let changed: Result<(), FileError> = app.state.change_held(change);
    if let Err(error) = changed {
        tracing::warn!(%error, "what waits for a person cannot be noted for `status`");
    }
}
