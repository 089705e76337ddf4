//! The one pull request that carries memory to a branch which takes no push: judged by the verdict of every pull request of ours, built anew
//! on the present tip when more comes, it conflicts or is out of date (never merged as text), given up when a person closes it.

use jiff::SignedDuration;

use super::super::{Taken, Trouble, reason_of, snapshot};
use super::branch::{build, end, ensure_open, is_finished, note, remote_tip, still_missing};
use super::{Done, Keeper};
use crate::crash_point;
use crate::domain::ids::{CommitSha, PrNumber};
use crate::domain::memory::Change;
use crate::domain::merge::{self, Verdict};
use crate::domain::pull::PullRequest;
use crate::effects::{Effect, EffectError, memory_texts};
use crate::host::{Host, HostError, MergeRequest};
use crate::jobs::memory::{self, Proposal};
use crate::text::clean;
use crate::text::count::counted;

/// Between two commits on the branch, so that checks do not run for each merge.
const UPDATE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// So many changes are not made to wait.
const UPDATE_AT: usize = 10;

/// The pull request as it was judged, and the tip of its base.
struct Judged {
    verdict: Verdict,
    base_tip: Option<CommitSha>,
    /// Its head; of one that was merged, the head that was.
    head: CommitSha,
    /// Its head is a commit of ours.
    is_ours: bool,
    /// Its head is a commit of ours, and not the last one.
    is_late: bool,
}

/// Looks at the pull request and carries its verdict out.
pub(super) async fn look(keeper: &mut Keeper<'_>) -> Result<Option<Done>, Trouble> {
    let Some(proposal) = keeper.standing.proposal.clone() else { return Ok(None) };
    let Some(pr) = proposal.pr else {
        // A worker died between the push and the pull request.
        keeper.give_way().await?;
        let wanted = keeper.changes_for(&proposal.base)?;
        let carried = |change: &Change| proposal.keys.contains(&change.key());
        let changes: Vec<Change> = wanted.into_iter().filter(carried).collect();
        let pr = ensure_open(keeper, &changes).await?;
        return Ok(Some(("memory_proposed", pr, None)));
    };
    if keeper.repository.local.is_none() {
        let seen = judged(keeper, &proposal, pr, keeper.repository.glance.as_ref()).await?;
        if let Some(reason) = nothing_to_do(keeper, &proposal, &seen)? {
            note(keeper, Some(reason.clone()))?;
            return Ok(Some((word(&seen.verdict), Some(pr), Some(reason))));
        }
        keeper.repository.host.preflight().await?;
    }
    let seen = judged(keeper, &proposal, pr, keeper.repository.host.as_ref()).await?;
    act(keeper, &proposal, pr, seen).await
}

/// Reads the pull request and what its verdict rests on.
async fn judged(
    keeper: &Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
    host: &dyn Host,
) -> Result<Judged, Trouble> {
    let (app, repository) = (keeper.app, keeper.repository);
    let ours = (&proposal.head, &proposal.base);
    let mut taken = snapshot::take_memory(app, repository, host, pr, ours).await?;
    let mut verdict = merge::judge(&taken.snapshot);
    if matches!(verdict, Verdict::Wait(_)) && repository.local.is_some() {
        taken.snapshot.checks = host.run_missing(&taken.snapshot.pull).await?;
        snapshot::complete(repository, host, &mut taken).await?;
        verdict = merge::judge(&taken.snapshot);
    }
    let Taken { snapshot, base_tip, .. } = taken;
    let is_ours = keeper.standing.heads.contains(&snapshot.pull.head_sha);
    let is_late = is_ours && snapshot.pull.head_sha != proposal.head;
    Ok(Judged { verdict, base_tip, head: snapshot.pull.head_sha, is_ours, is_late })
}

/// The reason of a verdict that asks for nothing now.
fn nothing_to_do(
    keeper: &Keeper<'_>,
    proposal: &Proposal,
    seen: &Judged,
) -> Result<Option<String>, Trouble> {
    if seen.is_late {
        return Ok(None);
    }
    if ended(&seen.verdict)
        || (is_about_content(&seen.verdict) && may_rebuild(keeper, proposal, seen))
    {
        return Ok(None);
    }
    let Some(reason) = reason_of(&seen.verdict) else { return Ok(None) };
    let is_due = seen.is_ours && update_is_due(keeper, proposal)?;
    Ok((!is_due).then_some(reason))
}

fn ended(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Merged { .. } | Verdict::ClosedByPerson)
}

/// Whether another commit may change the verdict: nobody repairs memory, brings it up to date or solves its conflicts, it is built anew.
fn is_about_content(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Rebase
            | Verdict::ConflictGivenUp(_)
            | Verdict::Update
            | Verdict::Rerun(_)
            | Verdict::Repair(_)
            | Verdict::RepairsGivenUp(_)
    )
}

/// Whether a commit on the present tip would be another one: where there is no conflict, it is tried at most once in an hour.
fn may_rebuild(keeper: &Keeper<'_>, proposal: &Proposal, seen: &Judged) -> bool {
    let has_moved = seen.base_tip.as_ref().is_some_and(|tip| *tip != proposal.base_tip);
    let conflicts = matches!(seen.verdict, Verdict::Rebase | Verdict::ConflictGivenUp(_));
    has_moved && (conflicts || is_rested(keeper, proposal))
}

fn is_rested(keeper: &Keeper<'_>, proposal: &Proposal) -> bool {
    keeper.app.now().duration_since(proposal.at) >= UPDATE_EVERY
}

/// Whether more has come, and enough of it or long enough ago.
fn update_is_due(keeper: &Keeper<'_>, proposal: &Proposal) -> Result<bool, Trouble> {
    let waiting = keeper.changes_for(&proposal.base)?;
    let is_new = |change: &&Change| !proposal.keys.contains(&change.key());
    let new: Vec<&Change> = waiting.iter().filter(is_new).collect();
    let any_entry = new.iter().any(|change| !change.is_known_issue());
    Ok(any_entry && (new.len() >= UPDATE_AT || is_rested(keeper, proposal)))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Wait(_) | Verdict::Rebase | Verdict::Update => "memory_waits",
        _ => "memory_held",
    }
}

async fn act(
    keeper: &mut Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
    seen: Judged,
) -> Result<Option<Done>, Trouble> {
    match &seen.verdict {
        Verdict::Merged { .. } => merged(keeper, proposal, pr, &seen.head).await.map(Some),
        Verdict::ClosedByPerson => closed(keeper, proposal, pr).await.map(Some),
        Verdict::Merge { head } => {
            merge(keeper, proposal, pr, (head.clone(), seen.base_tip)).await.map(Some)
        }
        // A person pushed to it, and all of it came to the base without the host.
        Verdict::HandsOff(_) if !seen.is_ours && is_finished(keeper, &proposal.base)? => {
            update(keeper, proposal, pr).await.map(Some)
        }
        // A push of ours that the host does not show yet, or one that arrived behind the last one.
        _ if seen.is_late && remote_tip(keeper)?.as_ref() == Some(&proposal.head) => {
            let reason = "the host does not show its last commit yet".to_owned();
            Ok(Some(("memory_waits", Some(pr), Some(reason))))
        }
        _ => match nothing_to_do(keeper, proposal, &seen)? {
            Some(reason) => {
                note(keeper, Some(reason.clone()))?;
                Ok(Some((word(&seen.verdict), Some(pr), Some(reason))))
            }
            None => update(keeper, proposal, pr).await.map(Some),
        },
    }
}

/// Builds it anew on the present tip, with everything that waits by now.
async fn update(
    keeper: &mut Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
) -> Result<Done, Trouble> {
    let Some((tip, changes)) = still_missing(keeper, &proposal.base)? else {
        // Somebody wrote all of it by hand: nothing is left to propose.
        let effects = keeper.effects()?;
        effects.carry_out(&Effect::ClosePull { pr }, keeper.lease).await?;
        return merged(keeper, proposal, pr, &proposal.head).await;
    };
    keeper.give_way().await?;
    if let Some(reason) = build(keeper, &proposal.base, tip, &changes).await? {
        return Ok(("memory_held", Some(pr), Some(reason)));
    }
    ensure_open(keeper, &changes).await?;
    Ok(("memory_updated", Some(pr), Some(counted(changes.len(), "change"))))
}

async fn merge(
    keeper: &mut Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
    (expected, expected_base): (CommitSha, Option<CommitSha>),
) -> Result<Done, Trouble> {
    let merge = merge_of(proposal, pr, (expected.clone(), expected_base));
    match keeper.effects()?.carry_out(&merge, keeper.lease).await {
        Ok(_) => {}
        Err(EffectError::Host(HostError::Stale { reason, .. })) => {
            return Ok(("memory_waits", Some(pr), Some(reason)));
        }
        // Something that only the host knows of stands against it: a review, a rule.
        Err(EffectError::Host(HostError::Refused { reason, .. })) => {
            let reason = clean::one_line(&reason, 300);
            keeper.standing.note = Some(reason.clone());
            keeper.rest(reason.clone())?;
            return Ok(("memory_held", Some(pr), Some(reason)));
        }
        Err(error) => return Err(error.into()),
    }
    crash_point!("memory.merged");
    merged(keeper, proposal, pr, &expected).await
}

fn merge_of(
    proposal: &Proposal,
    pr: PrNumber,
    (expected_head, expected_base): (CommitSha, Option<CommitSha>),
) -> Effect {
    let title = memory_texts::merge_title(proposal.keys.len());
    let message = memory_texts::merge_message(&proposal.keys);
    Effect::Merge { request: MergeRequest { pr, expected_head, expected_base, title, message } }
}

/// Merges it by a person's word, whatever the policy says; nothing when that pull request is not the one.
pub(super) async fn merge_as_a_person(
    keeper: &mut Keeper<'_>,
    pull: &PullRequest,
) -> Result<Option<CommitSha>, Trouble> {
    let of_memory = keeper.standing.proposal.clone();
    let Some(proposal) = of_memory.filter(|found| found.pr == Some(pull.number)) else {
        return Ok(None);
    };
    let merge = merge_of(&proposal, pull.number, (pull.head_sha.clone(), None));
    let carried = keeper.effects()?.carry_out(&merge, keeper.lease).await?;
    merged(keeper, &proposal, pull.number, &pull.head_sha).await?;
    Ok(Some(carried.commit.unwrap_or_else(|| pull.head_sha.clone())))
}

/// What it carried is on its base, or was taken out again by whoever merged it: it does not wait any more.
async fn merged(
    keeper: &mut Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
    head: &CommitSha,
) -> Result<Done, Trouble> {
    let carried = carried_by(keeper, proposal)?;
    keeper.forget(&carried)?;
    end(keeper, &proposal.base, Some(head)).await?;
    Ok(("memory_merged", Some(pr), Some(counted(proposal.keys.len(), "change"))))
}

/// A person's decision: what it carried is not proposed again.
async fn closed(
    keeper: &mut Keeper<'_>,
    proposal: &Proposal,
    pr: PrNumber,
) -> Result<Done, Trouble> {
    let carried = carried_by(keeper, proposal)?;
    for change in &carried {
        memory::decline(keeper.app, &keeper.repository.key, change)?;
        crash_point!("memory.declined");
    }
    tracing::info!(repo = %keeper.repository.slug(), pr = pr.0, changes = carried.len(), "a person closed the memory; it is not proposed again");
    end(keeper, &proposal.base, None).await?;
    let are = if carried.len() == 1 { "is" } else { "are" };
    let reason = format!(
        "a person closed it: {} {are} kept under `runtime/memory/{}/declined`",
        counted(carried.len(), "change"),
        keeper.repository.key
    );
    Ok(("memory_declined", Some(pr), Some(reason)))
}

fn carried_by(keeper: &Keeper<'_>, proposal: &Proposal) -> Result<Vec<Change>, Trouble> {
    let waiting = keeper.pending()?.into_iter().map(|found| found.change);
    Ok(waiting.filter(|change| proposal.keys.contains(&change.key())).collect())
}
