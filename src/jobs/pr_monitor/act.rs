//! Carrying out a verdict.

use super::{Hand, Taken, Trouble, finish, reason_of, repair, rerun};
use crate::app::{App, Repository};
use crate::domain::escalation::Cause;
use crate::domain::ids::CommitSha;
use crate::domain::merge::{Objection, Snapshot, Verdict};
use crate::domain::task::{Folder, HostState, Task};
use crate::effects::{Effect, EffectError, texts};
use crate::host::{HostError, MergeRequest};
use crate::mailbox::Lease;
use crate::text::clean;

use super::super::notices;

/// Longest reason of a host that is passed on, in characters.
const MAX_REASON: usize = 300;

/// Carries out the verdict and says what was done.
pub(super) async fn carry_out(
    app: &App,
    repository: &Repository,
    lease: &Lease,
    task: Task,
    (verdict, mut taken): (Verdict, Taken),
) -> Result<(String, Option<String>), Trouble> {
    let reason = reason_of(&verdict);
    let sight = std::mem::take(&mut taken.sight);
    let mut hand = Hand { app, repository, lease, task, sight };
    let action = match verdict {
        Verdict::Merged { commit } => {
            finish::merged(hand, &taken, commit, finish::By::Somebody).await?
        }
        Verdict::ClosedByPerson => finish::closed(hand).await?,
        // One look may fall between two writes of a file: what is closed for it does not open by itself again.
        Verdict::Withdrawn(_) if is_there_after_all(&hand, &taken).await? => "waiting",
        Verdict::Withdrawn(reason) => finish::withdrawn(hand, &reason).await?,
        Verdict::HandsOff(reason) => {
            let topic = hands_off_topic(&taken.snapshot.pull.head_sha);
            notices::put_hold(hand.app, &hand.task, &topic, &reason);
            // Without an issue there is no place for it; `why` says it all the same.
            if taken.snapshot.issue_gone.is_none() {
                notice(&mut hand, &topic, &hands_off(&reason), false).await?;
            }
            "hands_off"
        }
        Verdict::Hold(reason) => {
            green_again(&mut hand, &taken).await?;
            notices::put_hold(hand.app, &hand.task, "hold", &reason);
            notice(&mut hand, "hold", &held(&reason), true).await?;
            "held"
        }
        Verdict::Wait(_) => "waiting",
        Verdict::Rebase => repair::conflict(hand, &taken, repair::Because::OfConflict).await?,
        Verdict::Update => repair::conflict(hand, &taken, repair::Because::BaseMoved).await?,
        Verdict::Rerun(checks) => {
            rerun::again(hand, &taken.snapshot.pull.head_sha, &checks).await?
        }
        Verdict::Repair(checks) | Verdict::RepairsGivenUp(checks)
            if rerun::is_under_way(&hand, &checks).await? =>
        {
            "waiting"
        }
        Verdict::Repair(checks) => repair::red(hand, &checks).await?,
        Verdict::RepairsGivenUp(checks) => repair::red_for_good(hand, &checks).await?,
        Verdict::ConflictGivenUp(reason) => {
            repair::give_up(hand, (&Cause::Conflict, &reason), Vec::new()).await?
        }
        Verdict::Merge { head } => merge(hand, &taken, head).await?,
    };
    Ok((action.to_owned(), reason))
}

/// Whether an issue that seemed to be gone is there at a second look.
async fn is_there_after_all(hand: &Hand<'_>, taken: &Taken) -> Result<bool, Trouble> {
    if taken.snapshot.issue_gone.is_none() {
        return Ok(false);
    }
    match hand.repository.host.issue(hand.task.issue).await {
        Ok(_) => Ok(true),
        Err(HostError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether a verdict asks for nothing that is not so already: it waits, or it holds and the issue says why.
pub(super) async fn is_nothing_to_do(
    app: &App,
    repository: &Repository,
    task: &Task,
    verdict: &Verdict,
    snapshot: &Snapshot,
) -> Result<bool, Trouble> {
    let effect = match verdict {
        Verdict::Wait(_) => return Ok(true),
        Verdict::Hold(reason) if task.host_state != Some(HostState::Repairing) => {
            notice_of(app, task, "hold", &held(reason), true)
        }
        // There is no issue that could say it.
        Verdict::HandsOff(_) if snapshot.issue_gone.is_some() => return Ok(true),
        Verdict::HandsOff(reason) => {
            let topic = hands_off_topic(&snapshot.pull.head_sha);
            notice_of(app, task, &topic, &hands_off(reason), false)
        }
        _ => return Ok(false),
    };
    Ok(repository.effects()?.is_so(&effect).await)
}

/// What is reported of a verdict that asks for nothing.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Hold(_) => "held",
        Verdict::HandsOff(_) => "hands_off",
        _ => "waiting",
    }
}

fn hands_off_topic(head: &CommitSha) -> String {
    format!("hands-off-{}", head.short())
}

fn hands_off(reason: &str) -> String {
    format!("hands off: {reason}")
}

fn held(reason: &str) -> String {
    format!("waits for a person: {reason}")
}

/// A notice of ours on the issue: sticky ones are edited in place, others are given once.
fn notice_of(app: &App, task: &Task, topic: &str, text: &str, sticky: bool) -> Effect {
    Effect::Comment {
        issue: task.issue,
        kind: texts::NOTICE.to_owned(),
        key: texts::notice_key(task, topic),
        body: app.redactor.redact(&texts::notice(task, topic, text)),
        sticky,
    }
}

async fn notice(hand: &mut Hand<'_>, topic: &str, text: &str, sticky: bool) -> Result<(), Trouble> {
    let effect = notice_of(hand.app, &hand.task, topic, text, sticky);
    hand.carry_out(&effect).await.map(drop)
}

/// A repair that turned the checks green: the label goes, the comment says so.
async fn green_again(hand: &mut Hand<'_>, taken: &Taken) -> Result<(), Trouble> {
    if hand.task.host_state != Some(HostState::Repairing)
        || !taken.snapshot.checks.are_green(&hand.task.failed_checks)
    {
        return Ok(());
    }
    hand.task.failed_checks.clear();
    hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
    say_green(hand).await?;
    hand.tell(Folder::Done, &[]).await
}

async fn say_green(hand: &mut Hand<'_>) -> Result<(), Trouble> {
    let effect = Effect::Comment {
        issue: hand.task.issue,
        kind: texts::CHECKS.to_owned(),
        key: hand.task.id.to_string(),
        body: texts::green_again(&hand.task),
        sticky: true,
    };
    hand.carry_out(&effect).await.map(drop)
}

async fn merge(
    mut hand: Hand<'_>,
    taken: &Taken,
    head: CommitSha,
) -> Result<&'static str, Trouble> {
    if hand.task.host_state == Some(HostState::Repairing) {
        say_green(&mut hand).await?;
    }
    let request = MergeRequest {
        pr: taken.snapshot.pull.number,
        expected_head: head.clone(),
        expected_base: taken.base_tip.clone(),
        title: hand.app.redactor.redact(&texts::pull_title(&hand.task)),
        message: texts::merge_message(&hand.task),
    };
    let carried = match hand.carry_out(&Effect::Merge { request }).await {
        Ok(carried) => carried,
        // Something that only the host knows of stands against it: a review, a rule.
        Err(Trouble::Effect(EffectError::Host(HostError::Refused { reason, .. }))) => {
            let reason = clean::one_line(&hand.app.redactor.redact(&reason), MAX_REASON);
            let before = hand.task.objection.take();
            let objection = Objection::of_host(head, &reason, hand.app.now(), before.as_ref());
            let (reason, needs_person) = (objection.reason.clone(), objection.needs_person());
            // Remembered: the next runs would read and ask all of it again, and `why` would not know it.
            hand.task.objection = Some(objection);
            hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
            if !needs_person {
                return Ok("waiting");
            }
            notices::put_hold(hand.app, &hand.task, "hold", &reason);
            notice(&mut hand, "hold", &held(&reason), true).await?;
            return Ok("held");
        }
        Err(trouble) => return Err(trouble),
    };
    finish::merged(hand, taken, carried.commit, finish::By::Us).await
}
