//! From verified files to an open pull request: commit, push, pull request, report; each stage once.

use super::attempt::{Attempt, Trouble, withdrawn};
use super::receipt::{self, Receipt};
use super::settle;
use super::verify::{RESULT_FILE, is_work_already};
use crate::crash_point;
use crate::domain::blocker::BlockerCode;
use crate::domain::ids::CommitSha;
use crate::domain::leak::{self, Leak};
use crate::domain::pull::PullRequest;
use crate::domain::result::{AgentResult, ResultStatus};
use crate::domain::retry::{Cost, Decision, Evidence};
use crate::domain::task::Stage;
use crate::effects::{Effect, EffectError, texts};
use crate::git::{GitError, Worktree};
use crate::host::{HostError, NewPullRequest};
use crate::text::redact::Redactor;

/// Publishes what an attempt made.
pub(super) async fn work(
    mut attempt: Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
) -> Result<(), Trouble> {
    let receipt = &searched(&attempt, worktree, receipt)?;
    let evidence = &receipt.evidence(&receipt::run_dir(attempt.shift.app, attempt.task()));
    if attempt.task().stage < Some(Stage::Committed) {
        if let Some(reason) = receipt.leak.clone() {
            let decision = Decision::Escalate { cost: Cost::Spent, reason };
            return settle::after_attempt(attempt, Some(worktree), receipt, evidence, decision)
                .await;
        }
        commit(&mut attempt, worktree, receipt)?;
    }
    // Not the head of the worktree, which may have been made anew since.
    let committed = attempt.repository.mirror()?.branch_tip(&attempt.task().id)?;
    let head = committed.map_or_else(|| worktree.head(), Ok)?;
    if attempt.task().stage < Some(Stage::Pushed) {
        if let Some(reason) = withdrawn(attempt.repository, attempt.task()).await? {
            return settle::cancel(attempt, &reason).await;
        }
        match push(&mut attempt, &head).await {
            Ok(()) => {}
            Err(Trouble::Effect(EffectError::Git(GitError::Stale { reason, .. }))) => {
                let reason =
                    format!("the branch `{}` moved under us: {reason}", attempt.task().branch);
                take_back_commit(&mut attempt, worktree, receipt, &head)?;
                return undelivered(attempt, worktree, receipt, evidence, reason).await;
            }
            Err(Trouble::Effect(EffectError::Git(GitError::Declined { reason, .. }))) => {
                let branch = &attempt.task().branch;
                let reason = format!("the remote declines the push of `{branch}`: {reason}");
                take_back_commit(&mut attempt, worktree, receipt, &head)?;
                return undelivered(attempt, worktree, receipt, evidence, reason).await;
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

/// The commit that the verified change goes on top of.
fn parent_of(attempt: &Attempt<'_>, receipt: &Receipt) -> CommitSha {
    attempt.task().conflict_base.clone().unwrap_or_else(|| receipt.start.clone())
}

/// Looks for secrets before there is a commit: one that holds a secret would be pushed along with whatever follows it. What is found is put
/// on record before anything follows from it, so that whoever tells of this run later knows that its claim did not hold.
fn searched(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
) -> Result<Receipt, Trouble> {
    let mut receipt = receipt.clone();
    if attempt.task().stage >= Some(Stage::Committed) {
        return Ok(receipt);
    }
    let leaks = secrets(attempt, worktree, &receipt)?;
    let leak = (!leaks.is_empty()).then(|| leak::reason(&leaks));
    if receipt.leak != leak {
        receipt.leak = leak;
        receipt.write(&receipt::run_dir(attempt.shift.app, attempt.task()))?;
    }
    Ok(receipt)
}

/// The places where this change would publish a secret.
fn secrets(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
) -> Result<Vec<Leak>, Trouble> {
    let app = attempt.shift.app;
    let parent = parent_of(attempt, receipt);
    let saved = worktree.save_work(&attempt.task().id, &parent, app.now())?;
    let Some(saved) = saved else { return Ok(Vec::new()) };
    let added = attempt.repository.mirror()?.added_lines(&parent, &saved)?;
    Ok(leak::scan(&added, &app.redactor))
}

fn commit(
    attempt: &mut Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
) -> Result<(), Trouble> {
    let parent = parent_of(attempt, receipt);
    let message = texts::commit_message(attempt.task(), receipt.agent.as_str());
    let message = attempt.shift.app.redactor.redact(&message);
    let made = worktree.commit_all(&parent, &[RESULT_FILE], &message, attempt.shift.app.now())?;
    crash_point!("publish.commit");
    let head: CommitSha = match made {
        Some(head) => head,
        // A worker that died right here had made the commit already.
        None => worktree.head()?,
    };
    if head == parent && !is_work_already(attempt, &head)? {
        return Err(Trouble::Run("the verified change has vanished from the worktree".to_owned()));
    }
    attempt.repository.mirror()?.set_branch(&attempt.task().id, &head)?;
    attempt.finish(Stage::Committed)
}

/// Gives finished work to a person that could not be pushed: its run is recorded like any other.
async fn undelivered(
    attempt: Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
    evidence: &Evidence,
    reason: String,
) -> Result<(), Trouble> {
    let decision = Decision::Escalate { cost: Cost::Spent, reason };
    settle::after_attempt(attempt, Some(worktree), receipt, evidence, decision).await
}

/// Makes an undelivered commit changes of the worktree again: the next attempt finds its work there, and what it adds is a change.
fn take_back_commit(
    attempt: &mut Attempt<'_>,
    worktree: &Worktree,
    receipt: &Receipt,
    head: &CommitSha,
) -> Result<(), Trouble> {
    // The stage first: whoever resumes must not push the parent for the commit.
    attempt.finish(Stage::Tested)?;
    crash_point!("publish.taken_back");
    worktree.restore(head, &parent_of(attempt, receipt))?;
    Ok(())
}

async fn push(attempt: &mut Attempt<'_>, head: &CommitSha) -> Result<(), Trouble> {
    let effects = attempt.repository.effects()?;
    let push = Effect::Push {
        branch: attempt.task().branch.clone(),
        head: head.clone(),
        expected: attempt.task().head_sha.clone(),
    };
    effects.carry_out(&push, attempt.claim.lease()).await?;
    let task = &mut attempt.claim.task;
    if task.is_repair() {
        // A repair is no answer to a person who closed the same work before.
        task.moved_to(head.clone());
    } else {
        task.head_sha = Some(head.clone());
    }
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
    // Before the text is made from it: what is cut there could be half a secret, which has no form any more.
    let result = &redacted(result, &attempt.shift.app.redactor);
    let body = texts::pull_body(task, result, receipt.agent.as_str());
    let pull = NewPullRequest {
        title: redact(texts::pull_title(task)),
        body: texts::bounded(&redact(body)),
        head: task.branch.clone(),
        base: task.base_branch.clone(),
        issue: Some(task.issue),
    };
    let effects = attempt.repository.effects()?;
    let carried = effects.carry_out(&Effect::OpenPull { pull }, attempt.claim.lease()).await?;
    if let Some(present) = carried.pull.as_ref().filter(|pull| task.pr == Some(pull.number)) {
        Box::pin(add_to_text(attempt, present, result, receipt.agent.as_str())).await?;
    }
    attempt.claim.task.pr = carried.pull.map(|pull| pull.number);
    attempt.finish(Stage::PrOpen)
}

/// A pull request that was there before this run, of a repair or the end of a conflict, tells what this run leaves for a person. A host that
/// does not take it keeps no work back: the history of the task has it too.
async fn add_to_text(
    attempt: &Attempt<'_>,
    present: &PullRequest,
    result: &AgentResult,
    agent: &str,
) -> Result<(), Trouble> {
    let text = texts::with_later_run(&present.body, attempt.task(), result, agent);
    let Some(text) = text else { return Ok(()) };
    let body = attempt.shift.app.redactor.redact(&text);
    let effect = Effect::PullText { pr: present.number, body };
    match attempt.repository.effects()?.carry_out(&effect, attempt.claim.lease()).await {
        Err(EffectError::Host(error @ (HostError::Refused { .. } | HostError::Denied { .. }))) => {
            tracing::warn!(task = %attempt.task().id, %error, "the text of its pull request stays as it was");
            Ok(())
        }
        carried => Ok(carried.map(drop)?),
    }
}

/// The parts of a result that a pull request shows, without secrets.
fn redacted(result: &AgentResult, redactor: &Redactor) -> AgentResult {
    let mut result = result.clone();
    result.summary = redactor.redact(&result.summary);
    for list in
        [&mut result.done, &mut result.tests_run, &mut result.risks, &mut result.manual_steps]
    {
        for item in list {
            *item = redactor.redact(item);
        }
    }
    result
}
