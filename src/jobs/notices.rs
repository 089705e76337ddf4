//! Notices on their way from a job to the operator's chat. No job fails for them: what cannot be told is logged and shown in `status`.

use crate::app::App;
use crate::crash_point;
use crate::domain::notice::{self, Notice};
use crate::domain::task::Task;

/// Puts a notice into the outbox, once for its id; the end of the job sends it. Says whether nothing is left to do about that.
pub(super) fn put(app: &App, notice: &Notice) -> bool {
    if !app.notifier.is_on() {
        return true;
    }
    let put = app.notifier.put(notice, app.now());
    if let Err(error) = &put {
        tracing::warn!(notice = %notice.id, %error, "a notice could not be put into the outbox");
    }
    crash_point!("notices.put");
    put.is_ok()
}

/// Puts in that a pull request waits for a person: once for each head and reason.
pub(super) fn put_hold(app: &App, task: &Task, topic: &str, why: &str) {
    put(app, &notice::of_hold(task, topic, why, app.now(), &app.redactor));
}

/// Puts in what an agent left for a person to do by hand.
pub(super) fn put_manual_steps(app: &App, task: &Task, steps: &[String]) {
    if let Some(notice) = notice::of_manual_steps(task, steps, app.now(), &app.redactor) {
        put(app, &notice);
    }
}

/// Sends what waits in the outbox and is due.
pub(super) async fn send(app: &App) {
    if app.stop.requested() {
        return;
    }
    if let Err(error) = app.notifier.send_due(app.now()).await {
        tracing::warn!(%error, "the outbox of notices cannot be used");
    }
}
