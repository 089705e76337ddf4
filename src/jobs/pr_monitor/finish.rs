//! The end of a task: merged, closed by a person, or withdrawn.

use super::{Hand, Taken, Trouble, housekeep};
use crate::app::Arming;
use crate::config::MergePolicy;
use crate::crash_point;
use crate::domain::branch::{self, Known};
use crate::domain::ids::CommitSha;
use crate::domain::memory;
use crate::domain::outcome;
use crate::domain::result;
use crate::domain::task::{Folder, Outcome, Task};
use crate::effects::{Effect, texts};
use crate::sys::files;

use super::super::dispatch::severity;
use super::super::memory::{day, keep, no_longer_given_up};
use super::super::outcomes;
use super::super::queue;
use super::super::report::Severity;

/// Most names of files that are kept for the memory, which shows some of them and counts the rest.
const MOST_FILES: usize = 500;

/// Who merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// This run.
    Us,
    /// An earlier run of ours, or a person: the journal tells.
    Somebody,
}

/// After a merge: memory, branch, records, then the task file, then the host. Every step looks first, so that a crash between any two is
/// caught up with by the next run, which finds the pull request merged and comes here again.
pub(super) async fn merged(
    mut hand: Hand<'_>,
    taken: &Taken,
    commit: Option<CommitSha>,
    by: By,
) -> Result<&'static str, Trouble> {
    if by == By::Somebody {
        arm_after_a_person(&hand, taken).await?;
    }
    remember(&hand, taken)?;
    crash_point!("finish.remembered");
    delete_branch(&hand).await?;
    outcomes::record(hand.app, &hand.task, outcome::Kind::Merged, commit.as_ref())?;
    let effects = hand.repository.effects()?;
    let path = hand.repository.worktree_path(&hand.task.id);
    {
        let _lock = effects.lock_mirror()?;
        effects.mirror.remove_worktree(&hand.task.id, &path)?;
        effects.mirror.drop_saved_work(&hand.task.id)?;
    }
    queue::remove_drafts_of(hand.app, &hand.task.id);
    crash_point!("finish.cleaned");
    hand.task.outcome = Some(Outcome::Merged);
    hand.task.reason = None;
    hand.task.failed_checks.clear();
    hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
    hand.tell(Folder::Done, &[]).await?;
    Ok("merged")
}

/// The first merge of a green pull request by a person is the word that `supervised_first` waits for; who merges a red one has not said that
/// green is enough.
async fn arm_after_a_person(hand: &Hand<'_>, taken: &Taken) -> Result<(), Trouble> {
    let Hand { app, repository, .. } = hand;
    let pull = &taken.snapshot.pull;
    let key = format!("{} {} {}", repository.key, pull.number, pull.head_sha);
    let waits = repository.settings.merge_policy == MergePolicy::SupervisedFirst
        && app.state.arming(&repository.key) == Arming::Unset;
    if !waits || app.journal.has_done("merge", &key) {
        return Ok(());
    }
    let is_green = match repository.host.checks(pull).await {
        Ok(checks) => checks.word() == "passed",
        Err(error) if severity(&error) == Severity::Temporary => return Err(error.into()),
        // Nobody can say that it was green, now or later.
        Err(_) => false,
    };
    if is_green {
        app.state.set_arming(&repository.key, true, app.now())?;
    }
    Ok(())
}

/// Keeps what the task leaves behind; the commit is made when all pull requests have been looked at, one for all of them.
fn remember(hand: &Hand<'_>, taken: &Taken) -> Result<(), Trouble> {
    let redact = |text: &str| hand.app.redactor.redact(text);
    let result = last_result(hand);
    let files = taken.snapshot.diff.as_ref().map(|diff| diff.paths.clone()).unwrap_or_default();
    let files: Vec<String> = if files.is_empty() {
        result.as_ref().map(|result| result.files_changed.clone()).unwrap_or_default()
    } else {
        files
    };
    let entry = memory::Entry {
        task: hand.task.id.clone(),
        issue: hand.task.issue,
        title: redact(&texts::pull_title(&hand.task)),
        date: day(hand.app.now()),
        summary: result
            .as_ref()
            .map_or_else(|| texts::pull_title(&hand.task), |result| redact(&result.summary)),
        files: files.into_iter().filter(|f| !memory::is_memory_file(f)).take(MOST_FILES).collect(),
        decisions: result
            .map(|r| r.decisions.iter().map(|text| redact(text)).collect())
            .unwrap_or_default(),
    };
    let key = &hand.repository.key;
    no_longer_given_up(hand.app, key, &hand.task)?;
    Ok(keep(hand.app, key, &hand.task.base_branch, memory::Change::Entry(entry))?)
}

/// The newest result of the lineage that can be read.
fn last_result(hand: &Hand<'_>) -> Option<result::AgentResult> {
    let runs = hand.app.runs(&hand.task.id);
    (1..=hand.task.attempt).rev().find_map(|attempt| {
        let path = runs.join(attempt.to_string()).join("result.md");
        result::parse(&files::read_bytes(&path, 1024 * 1024).ok()?).ok()
    })
}

/// Only the commit that is known to be merged may go: anybody else's push keeps the branch.
async fn delete_branch(hand: &Hand<'_>) -> Result<(), Trouble> {
    let Some(tip) = hand.task.head_sha.clone() else { return Ok(()) };
    let effects = hand.repository.effects()?;
    let Some(present) = effects.mirror.remote_tip(&hand.task.branch)? else { return Ok(()) };
    let known =
        Known { tip: &present, ours: Some(&tip), outcome: Some(Outcome::Merged), is_in_base: None };
    if branch::proof(&known).is_none() {
        return Ok(());
    }
    effects
        .carry_out(&Effect::DeleteBranch { branch: hand.task.branch.clone(), tip }, hand.lease)
        .await?;
    Ok(())
}

/// A person closed the pull request: a decision, not a fault. The branch is kept.
pub(super) async fn closed(hand: Hand<'_>) -> Result<&'static str, Trouble> {
    end(hand, Outcome::Closed, "a person closed the pull request").await?;
    Ok("closed")
}

/// A person closed the issue, deleted it or moved it away: the pull request is closed as well; the branch is kept.
pub(super) async fn withdrawn(hand: Hand<'_>, reason: &str) -> Result<&'static str, Trouble> {
    end(hand, Outcome::Cancelled, reason).await?;
    Ok("cancelled")
}

async fn end(mut hand: Hand<'_>, outcome: Outcome, reason: &str) -> Result<(), Trouble> {
    let set = |task: &mut Task| {
        task.outcome = Some(outcome);
        task.reason = Some(reason.to_owned());
    };
    set(&mut hand.task);
    hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
    hand.tell(Folder::Done, &[]).await?;
    housekeep::delete_if_empty(&hand, outcome).await
}
