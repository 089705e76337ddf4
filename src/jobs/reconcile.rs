//! Telling the host where a task stands, under the task's lease: labels, column, status comment. The task file is written first, then the
//! host; a crash in between is noticed by the next run, because `host_state` in the file still says what the host was last seen to show.

use crate::app::{App, Repository};
use crate::domain::ids::PrNumber;
use crate::domain::issue::IssueState;
use crate::domain::notice;
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, HostState, Outcome, Task};
use crate::effects::{Effect, EffectError, Effects, desired_host_state, labels_and_status, texts};
use crate::host::HostError;
use crate::mailbox::{Gone, Lease};

use super::closing;
use super::notices;

/// Why the host could not be told.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// An effect failed; the next run tries again.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// The task file has gone or cannot be written.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl TellError {
    /// Whether the next tick may simply try again.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Effect(error) => error.is_temporary(),
            Self::Gone(_) => false,
        }
    }
}

/// A further comment that goes with a change of state.
pub struct Extra {
    /// The kind of its marker.
    pub kind: &'static str,
    /// The key of its marker.
    pub key: String,
    /// Its text.
    pub body: String,
    /// Whether it is edited in place later.
    pub sticky: bool,
}

/// Makes the host show a task's present state and records that it does.
///
/// # Errors
///
/// When an effect fails or the file has gone: the host then shows a part of it, and the next run completes it.
pub async fn tell(
    app: &App,
    repository: &Repository,
    lease: &Lease,
    folder: Folder,
    task: &mut Task,
    extras: &[Extra],
) -> Result<(), TellError> {
    let effects = repository.effects().map_err(EffectError::from)?;
    // Before the host: whatever dies from here on, the next run comes here again, and what has been put there is not put twice.
    for notice in notice::of_change(folder, task, app.now(), &app.redactor) {
        notices::put(app, &notice);
    }
    let wanted = desired_host_state(folder, task);
    let shown = show(app, repository, &effects, lease, (folder, task), wanted, extras).await;
    match shown {
        // Deleted, or moved to another repository: there is nothing left that could show anything.
        Err(EffectError::Host(HostError::NotFound { .. })) if is_gone(&effects, task).await => {}
        other => other?,
    }
    task.host_state = Some(wanted);
    task.settling = None;
    app.mailbox.update(lease, folder, task)?;
    Ok(())
}

async fn is_gone(effects: &Effects, task: &Task) -> bool {
    matches!(effects.host.issue(task.issue).await, Err(HostError::NotFound { .. }))
}

async fn show(
    app: &App,
    repository: &Repository,
    effects: &Effects,
    lease: &Lease,
    (folder, task): (Folder, &Task),
    wanted: HostState,
    extras: &[Extra],
) -> Result<(), EffectError> {
    let by = match repository.local {
        Some(_) => None,
        None => Some(app.state.installation(app.now())?),
    };
    let status = texts::status(folder, task, by.as_ref());
    show_comments(app, effects, lease, task, &status, extras).await?;
    let closes = wanted == HostState::Merged
        || (task.outcome == Some(Outcome::NoChange) && repository.settings.close_no_change);
    show_state(app, repository, effects, lease, task, (wanted, closes)).await
}

async fn show_comments(
    app: &App,
    effects: &Effects,
    lease: &Lease,
    task: &Task,
    status: &str,
    extras: &[Extra],
) -> Result<(), EffectError> {
    let comment = |kind: &str, key: &str, body: &str, sticky| Effect::Comment {
        issue: task.issue,
        kind: kind.to_owned(),
        key: key.to_owned(),
        body: texts::bounded(&app.redactor.redact(body)),
        sticky,
    };
    let status = comment(texts::STATUS, task.id.as_str(), status, true);
    effects.carry_out(&status, lease).await?;
    for extra in extras {
        let effect = comment(extra.kind, &extra.key, &extra.body, extra.sticky);
        effects.carry_out(&effect, lease).await?;
    }
    Ok(())
}

async fn show_state(
    app: &App,
    repository: &Repository,
    effects: &Effects,
    lease: &Lease,
    task: &Task,
    (wanted, closes): (HostState, bool),
) -> Result<(), EffectError> {
    // The work ended without a merge: its pull request must not wait for anybody.
    if matches!(task.outcome, Some(Outcome::Cancelled | Outcome::NoChange))
        && let Some(pr) = pull_of(effects, task).await?
    {
        closing::close_pull(app, repository, effects, lease, (task, pr)).await?;
    }
    if closes {
        effects.carry_out(&Effect::CloseIssue { issue: task.issue }, lease).await?;
    }
    let state = match wanted {
        HostState::Released => effects.host.issue(task.issue).await?.state,
        _ => IssueState::Open,
    };
    let (change, status) = labels_and_status(wanted, state);
    effects.carry_out(&Effect::Labels { issue: task.issue, change }, lease).await?;
    effects.carry_out(&Effect::Status { issue: task.issue, status }, lease).await?;
    Ok(())
}

/// The pull request of a task; one that was opened just before its worker died is known to the host alone.
async fn pull_of(effects: &Effects, task: &Task) -> Result<Option<PrNumber>, EffectError> {
    if task.pr.is_some() || task.head_sha.is_none() {
        return Ok(task.pr);
    }
    let pulls = effects.host.pulls_of_branch(&task.branch).await?;
    Ok(pulls.iter().find(|pull| pull.state == PullState::Open).map(|pull| pull.number))
}
