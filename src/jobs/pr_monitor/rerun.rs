//! Failed jobs that are run once more on the same head, before anybody repairs anything.

use super::{Hand, Trouble};
use crate::crash_point;
use crate::domain::ids::CommitSha;
use crate::domain::pull::Check;
use crate::domain::task::Folder;
use crate::effects::{Effect, EffectError};
use crate::host::{HostError, WorkflowRun};

/// Runs the failed jobs behind checks again, once for a head.
///
/// That it is wanted is written down first: a worker that dies behind the request, or whose answer is lost, counts as having made it.
pub(super) async fn again(
    mut hand: Hand<'_>,
    head: &CommitSha,
    checks: &[Check],
) -> Result<&'static str, Trouble> {
    let runs = runs_of(&hand, checks).await?;
    if !runs.iter().all(has_ended) {
        // Nothing can be run again before the rest of it has ended, and what is shown may be of an earlier attempt.
        return Ok("waiting");
    }
    hand.task.rerun_head = Some(head.clone());
    hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
    crash_point!("rerun.announced");
    if runs.is_empty() {
        return Ok("waiting");
    }
    let effect = Effect::Rerun { head: head.clone(), runs };
    match hand.repository.effects()?.carry_out(&effect, hand.lease).await {
        Ok(_) | Err(EffectError::NotSeen { .. }) => Ok("rerun"),
        Err(EffectError::Host(error)) if is_final(&error) => {
            tracing::warn!(task = %hand.task.id, %error, "the failed jobs cannot be run again");
            Ok("waiting")
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the second run of a head is still under way, or its result not shown yet: what is red then is the first.
pub(super) async fn is_under_way(hand: &Hand<'_>, checks: &[Check]) -> Result<bool, Trouble> {
    if hand.task.rerun_head.is_none() || hand.task.rerun_head != hand.task.head_sha {
        return Ok(false);
    }
    Ok(!runs_of(hand, checks).await?.iter().all(has_ended))
}

fn has_ended(run: &WorkflowRun) -> bool {
    run.ended && run.current
}

/// The runs behind checks; none where they are not ours to know or do not exist any more.
async fn runs_of(hand: &Hand<'_>, checks: &[Check]) -> Result<Vec<WorkflowRun>, Trouble> {
    match hand.repository.host.workflow_runs(checks).await {
        Ok(runs) => Ok(runs),
        Err(error) if is_final(&error) => {
            tracing::warn!(task = %hand.task.id, %error, "the jobs behind red checks cannot be read");
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether asking again would not help.
fn is_final(error: &HostError) -> bool {
    matches!(
        error,
        HostError::Denied { .. } | HostError::Refused { .. } | HostError::NotFound { .. }
    )
}
