//! Closing a pull request of ours with a word about why, in its own thread.

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::ids::{IssueNumber, PrNumber};
use crate::domain::pull::PullState;
use crate::domain::task::Task;
use crate::effects::{Effect, EffectError, Effects, texts};
use crate::mailbox::Lease;

/// Closes a pull request of a task that ended without a merge. On a local board pull requests have no thread: the issue says why.
pub(super) async fn close_pull(
    app: &App,
    repository: &Repository,
    effects: &Effects,
    lease: &Lease,
    (task, pr): (&Task, PrNumber),
) -> Result<(), EffectError> {
    if effects.host.pull(pr).await?.state != PullState::Open {
        return Ok(());
    }
    if repository.local.is_none() {
        let reason = task.reason.as_deref().unwrap_or("its work is not wanted any more");
        let text = format!("closed because {reason}; the branch `{}` is kept", task.branch);
        let effect = Effect::Comment {
            issue: IssueNumber(pr.0),
            kind: texts::NOTICE.to_owned(),
            key: texts::notice_key(task, PULL_CLOSED),
            body: app.redactor.redact(&texts::notice(task, PULL_CLOSED, &text)),
            sticky: false,
        };
        effects.carry_out(&effect, lease).await?;
        crash_point!("closing.said");
    }
    effects.carry_out(&Effect::ClosePull { pr }, lease).await.map(drop)
}

/// The topic of the notice.
const PULL_CLOSED: &str = "pull-closed";
