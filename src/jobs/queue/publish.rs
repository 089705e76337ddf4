//! From verified files to an open pull request: commit, push, pull request, report; each stage once.

use super::attempt::{Attempt, Trouble};
use super::receipt::Receipt;
use super::settle;
use super::verify::RESULT_FILE;
use crate::crash_point;
use crate::domain::blocker::BlockerCode;
use crate::domain::ids::CommitSha;
use crate::domain::result::{AgentResult, ResultStatus};
use crate::domain::retry::Evidence;
use crate::domain::task::{HostState, Stage};
use crate::effects::{Effect, EffectError, is_withdrawn, texts};
use crate::git::{GitError, Worktree};
use crate::host::{HostError, NewPullRequest};

/// Publishes what an attempt made.
pub(super) async fn work(
    mut attempt: Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
    evidence: &Evidence,
) -> Result<(), Trouble> {
    if attempt.task().stage < Some(Stage::Committed) {
        commit(&mut attempt, worktree, receipt)?;
    }
    let head = worktree.head()?;
    if attempt.task().stage < Some(Stage::Pushed) {
        if let Some(reason) = still_wanted(&attempt).await? {
            return settle::cancel(attempt, &reason).await;
        }
        match push(&mut attempt, &head).await {
            Ok(()) => {}
            Err(Trouble::Effect(EffectError::Git(GitError::Stale { reason, .. }))) => {
                let reason =
                    format!("the branch `{}` moved under us: {reason}", attempt.task().branch);
                return settle::escalate_unrun(attempt, &reason).await;
            }
            Err(other) => return Err(other),
        }
    }
    if attempt.task().stage < Some(Stage::PrOpen) {
        match open_pull(&mut attempt, receipt, evidence).await {
            Ok(()) => {}
            Err(Trouble::Effect(EffectError::Host(HostError::Refused { reason, .. }))) => {
                let reason = format!("the host refuses the pull request: {reason}");
                return settle::escalate_unrun(attempt, &reason).await;
            }
            Err(other) => return Err(other),
        }
    }
    settle::published(attempt).await
}

fn commit(
    attempt: &mut Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
) -> Result<(), Trouble> {
    let parent = attempt.task().conflict_base.clone().unwrap_or_else(|| receipt.start.clone());
    let message = texts::commit_message(attempt.task(), receipt.agent.as_str());
    let message = attempt.shift.app.redactor.redact(&message);
    let made = worktree.commit_all(&parent, &[RESULT_FILE], &message, attempt.shift.app.now())?;
    crash_point!("publish.commit");
    let head: CommitSha = match made {
        Some(head) => head,
        // A worker that died right here had made the commit already.
        None => worktree.head()?,
    };
    if head == parent {
        return Err(Trouble::Run("the verified change has vanished from the worktree".to_owned()));
    }
    attempt.repository.mirror()?.set_branch(&attempt.task().id, &head)?;
    attempt.finish(Stage::Committed)
}

/// Looked at once more just before anything becomes public.
async fn still_wanted(attempt: &Attempt<'_>) -> Result<Option<String>, Trouble> {
    let issue = attempt.repository.host.issue(attempt.task().issue).await?;
    Ok(is_withdrawn(attempt.task().host_state, &issue))
}

async fn push(attempt: &mut Attempt<'_>, head: &CommitSha) -> Result<(), Trouble> {
    let effects = attempt.repository.effects()?;
    let push = Effect::Push {
        branch: attempt.task().branch.clone(),
        head: head.clone(),
        expected: attempt.task().head_sha.clone(),
    };
    effects.carry_out(&push, attempt.claim.lease()).await?;
    attempt.claim.task.head_sha = Some(head.clone());
    attempt.finish(Stage::Pushed)
}

async fn open_pull(
    attempt: &mut Attempt<'_>,
    receipt: &Receipt,
    evidence: &Evidence,
) -> Result<(), Trouble> {
    let empty = AgentResult::new(ResultStatus::Complete, BlockerCode::None);
    let result = match evidence {
        Evidence::Result { result, .. } => result,
        _ => &empty,
    };
    let task = attempt.task();
    let redact = |text: String| attempt.shift.app.redactor.redact(&text);
    let body = texts::pull_body(
        task,
        &result.summary,
        &result.done,
        &result.tests_run,
        receipt.agent.as_str(),
    );
    let pull = NewPullRequest {
        title: redact(texts::pull_title(task)),
        body: redact(body),
        head: task.branch.clone(),
        base: task.base_branch.clone(),
        issue: task.issue,
    };
    let effects = attempt.repository.effects()?;
    let carried = effects.carry_out(&Effect::OpenPull { pull }, attempt.claim.lease()).await?;
    attempt.claim.task.pr = carried.pull.map(|pull| pull.number);
    if attempt.claim.task.host_state == Some(HostState::NeedsPerson) {
        attempt.claim.task.host_state = None;
    }
    attempt.finish(Stage::PrOpen)
}
