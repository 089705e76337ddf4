//! Telling the host where a task stands, under the task's lease: labels, column, status comment. The task file is written first, then the
//! host; a crash in between is noticed by the next run, because `host_state` in the file still says what the host was last seen to show.

use crate::app::{App, Repository};
use crate::domain::ids::PrNumber;
use crate::domain::issue::IssueState;
use crate::domain::notice;
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, HostState, Outcome, Task};
use crate::effects::{Effect, EffectError, Effects, desired_host_state, labels_and_status, texts};
use crate::host::{HostError, Sight};
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
    tell_seeing(app, repository, lease, folder, task, extras, &mut Sight::default()).await
}

/// The same for whoever has just looked at the issue: what is in the sight is not read again.
///
/// # Errors
///
/// As [`tell`].
pub async fn tell_seeing(
    app: &App,
    repository: &Repository,
    lease: &Lease,
    folder: Folder,
    task: &mut Task,
    extras: &[Extra],
    sight: &mut Sight,
) -> Result<(), TellError> {
    let effects = repository.effects().map_err(EffectError::from)?;
    if task.settling.is_some() {
        // Whoever moved it died behind that.
        app.sync_after_a_death().map_err(Gone::from)?;
    }
    // Before the host: whatever dies from here on, the next run comes here again, and what has been put there is not put twice.
    for notice in notice::of_change(folder, task, app.now(), &app.redactor) {
        notices::put(app, &notice);
    }
    let wanted = desired_host_state(folder, task);
    let told = Told { app, repository, effects: &effects, lease, task };
    let shown = told.show(folder, wanted, extras, sight).await;
    match shown {
        // Deleted, or moved to another repository: there is nothing left that could show anything.
        Err(EffectError::Host(HostError::NotFound { .. })) if is_gone(&effects, task).await => {
            match told.close_pull().await {
                Err(EffectError::Host(HostError::NotFound { .. })) => {}
                other => other?,
            }
        }
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

/// What is told, by whom.
struct Told<'a> {
    app: &'a App,
    repository: &'a Repository,
    effects: &'a Effects,
    lease: &'a Lease,
    task: &'a Task,
}

impl Told<'_> {
    async fn show(
        &self,
        folder: Folder,
        wanted: HostState,
        extras: &[Extra],
        sight: &mut Sight,
    ) -> Result<(), EffectError> {
        let by = match self.repository.local {
            Some(_) => None,
            None => Some(self.app.state.installation(self.app.now())?),
        };
        let status = texts::status(folder, self.task, by.as_ref());
        self.comment((texts::STATUS, self.task.id.as_str()), &status, true, sight).await?;
        for extra in extras {
            self.comment((extra.kind, &extra.key), &extra.body, extra.sticky, sight).await?;
        }
        let closes = wanted == HostState::Merged
            || (self.task.outcome == Some(Outcome::NoChange)
                && self.repository.settings.close_no_change);
        self.show_state(wanted, closes, sight).await
    }

    async fn comment(
        &self,
        (kind, key): (&str, &str),
        body: &str,
        sticky: bool,
        sight: &mut Sight,
    ) -> Result<(), EffectError> {
        let effect = Effect::Comment {
            issue: self.task.issue,
            kind: kind.to_owned(),
            key: key.to_owned(),
            body: texts::bounded(&self.app.redactor.redact(body)),
            sticky,
        };
        self.effects.carry_out_seeing(&effect, self.lease, sight).await.map(drop)
    }

    async fn show_state(
        &self,
        wanted: HostState,
        closes: bool,
        sight: &mut Sight,
    ) -> Result<(), EffectError> {
        let Self { effects, lease, task, .. } = self;
        self.close_pull().await?;
        if closes {
            let effect = Effect::CloseIssue { issue: task.issue };
            effects.carry_out_seeing(&effect, *lease, sight).await?;
        }
        let state = match wanted {
            HostState::Released => effects.host.issue(task.issue).await?.state,
            _ => IssueState::Open,
        };
        let (change, status) = labels_and_status(wanted, state);
        let labels = Effect::Labels { issue: task.issue, change };
        effects.carry_out_seeing(&labels, *lease, sight).await?;
        let column = Effect::Status { issue: task.issue, status };
        effects.carry_out_seeing(&column, *lease, sight).await?;
        Ok(())
    }

    /// Where the work ended without a merge, its pull request must not wait for anybody.
    async fn close_pull(&self) -> Result<(), EffectError> {
        let Self { app, repository, effects, lease, task } = self;
        if matches!(task.outcome, Some(Outcome::Cancelled | Outcome::NoChange))
            && let Some(pr) = pull_of(effects, task).await?
        {
            closing::close_pull(app, repository, effects, lease, (task, pr)).await?;
        }
        Ok(())
    }
}

/// The pull request of a task; one that was opened just before its worker died is known to the host alone.
async fn pull_of(effects: &Effects, task: &Task) -> Result<Option<PrNumber>, EffectError> {
    if task.pr.is_some() || task.head_sha.is_none() {
        return Ok(task.pr);
    }
    let pulls = effects.host.pulls_of_branch(&task.branch).await?;
    Ok(pulls.iter().find(|pull| pull.state == PullState::Open).map(|pull| pull.number))
}
