//! The branch `agentos/memory` and its pull request: made on the present tip of the base, announced before they are pushed, removed when
//! the pull request has ended.

use super::super::Trouble;
use super::{Done, Keeper};
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha, PrNumber};
use crate::domain::memory::Change;
use crate::effects::{Effect, EffectError, memory_texts};
use crate::git::GitError;
use crate::host::{HostError, NewPullRequest};
use crate::jobs::memory::Proposal;
use crate::text::count::counted;

/// Its name.
const BRANCH: &str = "agentos/memory";

fn branch() -> Result<BranchName, Trouble> {
    BRANCH.parse().map_err(|_| {
        HostError::NotFound { what: format!("a branch of the name `{BRANCH}`") }.into()
    })
}

/// The commit that the branch has on the remote.
pub(super) fn remote_tip(keeper: &Keeper<'_>) -> Result<Option<CommitSha>, Trouble> {
    Ok(keeper.effects()?.mirror.remote_tip(&branch()?)?)
}

/// Finds out what became of a push that was announced by a worker that died.
pub(super) fn adopt(keeper: &mut Keeper<'_>) -> Result<(), Trouble> {
    let Some(announced) = keeper.standing.announced.clone() else { return Ok(()) };
    let tip = remote_tip(keeper)?;
    keeper.standing.announced = None;
    if tip.as_ref() == Some(&announced.head) {
        let pr = keeper.standing.proposal.as_ref().and_then(|present| present.pr);
        keeper.standing.proposal = Some(Proposal { pr, ..announced });
    }
    keeper.save()
}

/// Proposes what waits for a branch, unless it is there already.
pub(super) async fn open(
    keeper: &mut Keeper<'_>,
    base: &BranchName,
) -> Result<Option<Done>, Trouble> {
    let Some((tip, changes)) = still_missing(keeper, base)? else { return Ok(None) };
    if let Some(reason) = build(keeper, base, tip, &changes).await? {
        return Ok(Some(("memory_held", None, Some(reason))));
    }
    let pr = ensure_open(keeper, &changes).await?;
    Ok(Some((
        "memory_proposed",
        pr,
        Some(format!("{} for `{base}`", counted(changes.len(), "change"))),
    )))
}

/// What waits for a branch and is not there, with its tip; what is there is forgotten.
pub(super) fn still_missing(
    keeper: &Keeper<'_>,
    base: &BranchName,
) -> Result<Option<(CommitSha, Vec<Change>)>, Trouble> {
    let wanted = keeper.changes_for(base)?;
    let (tip, missing) = keeper.effects()?.missing_memory(base, &wanted)?;
    let there: Vec<Change> =
        wanted.into_iter().filter(|change| !missing.contains(change)).collect();
    keeper.forget(&there)?;
    Ok((!missing.is_empty()).then_some((tip, missing)))
}

/// Gives the branch a commit with these changes on the tip of its base. The reason, when the branch is in other hands.
pub(super) async fn build(
    keeper: &mut Keeper<'_>,
    base: &BranchName,
    tip: CommitSha,
    changes: &[Change],
) -> Result<Option<String>, Trouble> {
    let (effects, branch) = (keeper.effects()?, branch()?);
    let expected = remote_tip(keeper)?;
    if let Some(foreign) = &expected
        && !keeper.standing.heads.contains(foreign)
        && !is_in_base(keeper, foreign, &tip)
    {
        let reason = format!(
            "the branch `{branch}` is at {}, which is no commit of ours: delete it, or merge it by hand",
            foreign.short()
        );
        return note(keeper, Some(reason.clone())).map(|()| Some(reason));
    }
    // Its commits are tested like any other: a required check that never reports would hold it for ever.
    let Some(head) = effects.memory_commit(&tip, changes, "")? else { return Ok(None) };
    crash_point!("memory.built");
    let announced = Proposal {
        pr: keeper.standing.proposal.as_ref().and_then(|present| present.pr),
        head: head.clone(),
        base: base.clone(),
        base_tip: tip,
        keys: changes.iter().map(Change::key).collect(),
        at: keeper.app.now(),
    };
    keeper.standing.own(&head);
    keeper.standing.announced = Some(announced.clone());
    keeper.save()?;
    crash_point!("memory.announced");
    let pushed = effects.carry_out(&Effect::Push { branch, head, expected }, keeper.lease).await;
    match pushed {
        Ok(_) => {}
        Err(EffectError::Git(GitError::Stale { .. })) => {
            keeper.standing.announced = None;
            keeper.save()?;
            return Ok(Some("its branch has moved meanwhile".to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    crash_point!("memory.proposed");
    keeper.standing.announced = None;
    keeper.standing.proposal = Some(announced);
    keeper.standing.note = None;
    keeper.save()?;
    Ok(None)
}

/// Sees to it that the pull request is open and says what it carries.
pub(super) async fn ensure_open(
    keeper: &mut Keeper<'_>,
    changes: &[Change],
) -> Result<Option<PrNumber>, Trouble> {
    let Some(proposal) = keeper.standing.proposal.clone() else { return Ok(None) };
    let text = memory_texts::body(keeper.repository.slug(), &proposal.base, changes);
    let body = keeper.app.redactor.redact(&text);
    let effects = keeper.effects()?;
    let effect = match proposal.pr {
        Some(pr) => Effect::PullText { pr, body },
        None => Effect::OpenPull {
            pull: NewPullRequest {
                title: memory_texts::title(),
                body,
                head: branch()?,
                base: proposal.base.clone(),
                issue: None,
            },
        },
    };
    let carried = effects.carry_out(&effect, keeper.lease).await?;
    crash_point!("memory.opened");
    let pr = proposal.pr.or(carried.pull.map(|pull| pull.number));
    if let Some(proposal) = &mut keeper.standing.proposal {
        proposal.pr = pr;
    }
    keeper.save()?;
    Ok(pr)
}

/// Whether the branch has nothing that the base has not.
pub(super) fn is_finished(keeper: &Keeper<'_>, base: &BranchName) -> Result<bool, Trouble> {
    let Some(tip) = remote_tip(keeper)? else { return Ok(false) };
    let base_tip = keeper.effects()?.mirror.remote_tip(base)?;
    Ok(base_tip.is_some_and(|base_tip| is_in_base(keeper, &tip, &base_tip)))
}

/// Whether the base has all that a commit has, as it is or squashed. What cannot be read is not known to be there.
fn is_in_base(keeper: &Keeper<'_>, tip: &CommitSha, base_tip: &CommitSha) -> bool {
    let read = || -> Result<bool, Trouble> {
        let effects = keeper.effects()?;
        let _lock = effects.lock_mirror()?;
        if ![tip, base_tip].into_iter().all(|commit| effects.mirror.has_commit(commit)) {
            effects.mirror.fetch()?;
        }
        Ok(!effects.mirror.adds_to(tip, base_tip)?)
    };
    read().unwrap_or_else(|error| {
        tracing::warn!(repo = %keeper.repository.slug(), %error, "the branch of memory cannot be read and is kept");
        false
    })
}

/// The branch goes, while nothing is lost with it: its tip is ours, or the head that was merged, or has nothing that its base has not. Then
/// nothing is proposed any more.
pub(super) async fn end(
    keeper: &mut Keeper<'_>,
    base: &BranchName,
    merged: Option<&CommitSha>,
) -> Result<(), Trouble> {
    let (effects, branch) = (keeper.effects()?, branch()?);
    if let Some(tip) = remote_tip(keeper)?
        && (keeper.standing.heads.contains(&tip)
            || merged == Some(&tip)
            || is_finished(keeper, base)?)
    {
        effects.carry_out(&Effect::DeleteBranch { branch, tip }, keeper.lease).await?;
    }
    crash_point!("memory.ended");
    keeper.standing.proposal = None;
    keeper.standing.note = None;
    keeper.save()
}

pub(super) fn note(keeper: &mut Keeper<'_>, reason: Option<String>) -> Result<(), Trouble> {
    keeper.standing.note = reason;
    keeper.save()
}
