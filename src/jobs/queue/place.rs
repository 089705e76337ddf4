//! Where an agent works: the task's worktree, at the right commit, after whatever a dead worker left alive has been ended.

use std::time::Duration;

use crate::crash_point;
use crate::domain::ids::CommitSha;
use crate::domain::task::Stage;
use crate::git::{GitError, Mirror, Worktree};
use crate::sys::supervise;

use super::attempt::{Attempt, Trouble};

/// Why there is no worktree.
pub(super) enum NoPlace {
    /// It can never be: the repository is of a kind that is not supported.
    Impossible(String),
    /// The branch holds what is not ours.
    Foreign(String),
    /// Something went wrong; the next run may try again.
    Trouble(Trouble),
}

impl<T: Into<Trouble>> From<T> for NoPlace {
    fn from(error: T) -> Self {
        Self::Trouble(error.into())
    }
}

/// How long the helper of a dead worker may take to end its run by itself, which it does as soon as it sees that the worker is gone.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(5);

/// The value of `AGENTOS_RUN` for a task's present run.
pub(super) fn run_marker(attempt: &Attempt<'_>) -> String {
    let task = attempt.task();
    format!("{}/{}/{}", attempt.shift.app.installation, task.id, task.run_label())
}

/// Ends what a dead worker's run left alive; goes on only when nothing is left.
pub(super) fn end_leftovers(attempt: &Attempt<'_>) -> Result<(), Trouble> {
    let marker = run_marker(attempt);
    // The helper first: one that has just been given its order would start the program behind our back.
    let ended = supervise::end_run(&marker, LEFTOVER_PATIENCE);
    if ended == 0 {
        return Ok(());
    }
    tracing::warn!(task = %attempt.task().id, ended, "ended processes of a run whose worker had died");
    if supervise::end_run(&marker, LEFTOVER_PATIENCE) > 0 {
        return Err(Trouble::Run(format!("processes of the run `{marker}` cannot be ended")));
    }
    Ok(())
}

/// The task's worktree, made or found; records the stage when it is new to this attempt.
pub(super) fn worktree(attempt: &mut Attempt<'_>) -> Result<Worktree, NoPlace> {
    let repository = attempt.repository;
    let effects = repository.effects()?;
    let path = repository.worktree_path(&attempt.task().id);
    // What is committed is in git: the files do not matter any more.
    let is_committed = attempt.task().stage >= Some(Stage::Committed);
    if attempt.task().stage >= Some(Stage::Worktree) {
        match effects.mirror.worktree_at(&attempt.task().id, &path)? {
            Some(worktree) if is_committed || !worktree.is_doubtful() => return Ok(worktree),
            _ if is_committed => {}
            _ => doubt(attempt)?,
        }
    }
    let lock = effects.lock_mirror()?;
    effects.mirror.fetch()?;
    let base = attempt.task().base_branch.clone();
    let Some(tip) = effects.mirror.tracked_tip(&base)? else {
        return Err(GitError::NotFound { what: format!("the base branch `{base}`") }.into());
    };
    supported(&effects.mirror, &tip)?;
    let start = starting_point(attempt, &effects.mirror, &tip)?;
    let worktree = effects.mirror.worktree(&attempt.task().id, &path, &start)?;
    // Whatever an agent of a dead worker left in place of `.git` goes before git looks at it.
    worktree.take_back()?;
    crash_point!("place.worktree");
    if !is_committed && worktree.is_doubtful() {
        doubt(attempt)?;
        effects.mirror.heal(&attempt.task().id, &worktree)?;
        crash_point!("place.healed");
    }
    prepare(attempt, &worktree, &tip)?;
    drop(lock);
    if attempt.task().stage < Some(Stage::Worktree) {
        attempt.finish(Stage::Worktree)?;
    }
    Ok(worktree)
}

/// Records that the files are not what was left there, or may not be: a conflict is laid out anew, and a run whose work is not committed
/// counts as one whose worker died. Before they are made anew, so that nobody takes those for the work.
fn doubt(attempt: &mut Attempt<'_>) -> Result<(), Trouble> {
    attempt.claim.task.conflict_base = None;
    attempt.finish(Stage::Claimed)
}

fn supported(mirror: &Mirror, tip: &CommitSha) -> Result<(), NoPlace> {
    let features = mirror.features(tip)?;
    if features.submodules {
        return Err(NoPlace::Impossible(
            "the repository has submodules, which an agent's worktree would not contain; this is not supported".to_owned(),
        ));
    }
    if features.lfs {
        return Err(NoPlace::Impossible(
            "the repository keeps files in git LFS, which a commit of ours would break; this is not supported".to_owned(),
        ));
    }
    Ok(())
}

/// The pushed branch where there is one, else the base. A branch that holds commits of others is not ours to continue.
fn starting_point(
    attempt: &mut Attempt<'_>,
    mirror: &Mirror,
    base: &CommitSha,
) -> Result<CommitSha, NoPlace> {
    let task = attempt.task();
    let Some(pushed) = mirror.tracked_tip(&task.branch)? else {
        return Ok(base.clone());
    };
    if task.head_sha.as_ref() == Some(&pushed) {
        return Ok(pushed);
    }
    let trailer = format!("Agent-Task: {}", task.id);
    let from = mirror.merge_base(base, &pushed)?.unwrap_or_else(|| base.clone());
    let commits = mirror.commits_between(&from, &pushed)?;
    let foreign =
        commits.iter().find(|commit| !commit.body.lines().any(|line| line.trim() == trailer));
    if let Some(commit) = foreign {
        return Err(NoPlace::Foreign(format!(
            "the branch `{}` is on the remote with a commit that is not ours: {} {}",
            task.branch,
            commit.sha.short(),
            crate::text::clean::one_line(&commit.subject, 80)
        )));
    }
    attempt.claim.task.head_sha = Some(pushed.clone());
    Ok(pushed)
}

/// Puts the files into the state that this attempt begins with: for a repair, the pushed head; for a conflict, the base with our change and
/// conflict markers on top. What earlier attempts of an unpublished task left stays.
fn prepare(
    attempt: &mut Attempt<'_>,
    worktree: &Worktree,
    base_tip: &CommitSha,
) -> Result<(), NoPlace> {
    let Some(head) = attempt.task().head_sha.clone() else { return Ok(()) };
    let begins_round = attempt.task().tried_this_round().is_empty();
    if attempt.task().conflicts.is_empty() {
        if begins_round && worktree.head()? != head {
            worktree.reset_to(&head)?;
        }
        return Ok(());
    }
    if attempt.task().conflict_base.as_ref() == Some(base_tip) && !begins_round {
        return Ok(());
    }
    let files = worktree.start_conflict(base_tip, &head)?;
    attempt.claim.task.conflicts = files;
    attempt.claim.task.conflict_base = Some(base_tip.clone());
    Ok(())
}
