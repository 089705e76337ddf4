//! No agent grades its own work: what a result claims is held against the repository, and the tests are run by us.

use std::time::Duration;

use super::attempt::{Attempt, Trouble};
use super::place::run_marker;
use super::receipt::{self, Receipt};
use crate::agent::environment::command_environment;
use crate::domain::ids::CommitSha;
use crate::domain::result::ResultStatus;
use crate::domain::retry::{Evidence, TestVerdict};
use crate::domain::task::Stage;
use crate::git::Worktree;
use crate::sys::files;
use crate::sys::sandbox::Confinement;
use crate::sys::supervise::{RunEnd, RunSpec};

/// The result file is never part of the work.
pub(super) const RESULT_FILE: &str = ".agent_result.md";

/// A test log keeps at most so much.
const MAX_LOG_BYTES: u64 = 4 * 1024 * 1024;

/// The end of a test log that goes into the finding.
const TAIL_BYTES: usize = 4000;

/// Checks the claims of the run and records what was found.
pub(super) async fn claims(attempt: &mut Attempt<'_>, worktree: &Worktree) -> Result<(), Trouble> {
    let dir = receipt::run_dir(attempt.shift.app, attempt.task());
    let Some(mut record) = Receipt::read(&dir) else {
        return Err(Trouble::Run(format!(
            "the receipt of the run is missing in {}",
            dir.display()
        )));
    };
    record.changed =
        worktree.has_changes(&[RESULT_FILE])? || is_work_already(attempt, &record.start)?;
    record.markers = worktree.leftover_markers(&attempt.task().conflicts)?;
    record.red.clone_from(&attempt.task().failed_checks);
    let is_complete = matches!(
        record.evidence(&dir),
        Evidence::Result { ref result, .. } if result.status == ResultStatus::Complete
    );
    if is_complete && record.changed && record.markers.is_empty() {
        record.tests = tests_on_a_copy_of_record(attempt, worktree, &record, &dir).await?;
    }
    record.write(&dir)?;
    attempt.finish(Stage::Tested)
}

/// Runs the tests without letting them change the work: what they write is thrown away, and git inside reaches a private repository only.
async fn tests_on_a_copy_of_record(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    record: &Receipt,
    dir: &std::path::Path,
) -> Result<TestVerdict, Trouble> {
    if attempt.repository.settings.test_command.is_none() {
        return Ok(TestVerdict::NotRun);
    }
    let now = attempt.shift.app.now();
    let saved = worktree.save_work(&attempt.task().id, &record.start, now)?;
    worktree.hand_to_agent(&attempt.task().branch)?;
    let verdict = tests(attempt, worktree, dir).await;
    worktree.take_back()?;
    worktree.restore(saved.as_ref().unwrap_or(&record.start), &record.start)?;
    verdict
}

/// Whether a commit is finished work without a pull request: of a branch that was pushed before, whose pull request was closed or could not
/// be opened. A run that finds nothing to add to it has not been idle.
pub(super) fn is_work_already(attempt: &Attempt<'_>, commit: &CommitSha) -> Result<bool, Trouble> {
    let task = attempt.task();
    if task.is_repair() {
        return Ok(false);
    }
    let mirror = attempt.repository.mirror()?;
    // A base that somebody has put back leaves commits here as well, which are nobody's work of this task.
    let is_ours = task.head_sha.as_ref() == Some(commit)
        || mirror.branch_tip(&task.id)?.as_ref() == Some(commit);
    let Some(base) = mirror.tracked_tip(&task.base_branch)?.filter(|_| is_ours) else {
        return Ok(false);
    };
    Ok(mirror.adds_to(commit, &base)?)
}

/// Runs `test_command` in the worktree, under the same supervision as an agent.
async fn tests(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    dir: &std::path::Path,
) -> Result<TestVerdict, Trouble> {
    let settings = &attempt.repository.settings;
    let Some(command) = &settings.test_command else { return Ok(TestVerdict::NotRun) };
    let app = attempt.shift.app;
    // Everything goes to the first; see `CommandLine::argv`.
    let (stdout, stderr) = (dir.join("test.log"), dir.join("test.stderr.log"));
    let mut spec = RunSpec {
        argv: command.argv(),
        dir: worktree.path.clone(),
        env: command_environment(&app.environment, &app.settings.command_env),
        stdin: None,
        stdout: stdout.clone(),
        stderr: stderr.clone(),
        max_log_bytes: MAX_LOG_BYTES,
        deadline: settings.test_timeout,
        stall: None,
        watch_dir: None,
        grace: Duration::from_secs(2),
        marker: run_marker(attempt),
        confinement: Confinement::default(),
    };
    let tmp = dir.join("tmp");
    let key = &attempt.repository.key;
    app.confiner.command(&mut spec, key, &tmp, worktree.object_dirs()?)?;
    let outcome = app.runner.run(&spec).await.map_err(|error| Trouble::Run(error.to_string()))?;
    drop(files::remove_tree(&tmp));
    let how = match outcome.end {
        RunEnd::Exited(0) => return Ok(TestVerdict::Passed),
        RunEnd::Exited(code) => format!("`{command}` ended with exit {code}"),
        RunEnd::Signalled(signal) => format!("`{command}` was ended by signal {signal}"),
        RunEnd::Deadline | RunEnd::Stalled => {
            format!("`{command}` had not ended at its deadline (`test_timeout_minutes`)")
        }
        RunEnd::Stopped => return Err(Trouble::Stopped),
        RunEnd::NotStarted { reason, .. } => {
            return Err(Trouble::Run(format!("`test_command` cannot be started: {reason}")));
        }
    };
    drop(files::remove(&stderr));
    let output = files::read_bytes(&stdout, MAX_LOG_BYTES * 2).unwrap_or_default();
    let output = String::from_utf8_lossy(&output);
    // A longer tail is redacted than is kept, so that no secret lies across the place where it is cut.
    let output = app.redactor.redact(tail_of(&output, 16 * TAIL_BYTES));
    Ok(TestVerdict::Failed { how, tail: tail_of(&output, TAIL_BYTES).to_owned() })
}

/// The end of a text, at a character boundary.
pub(in crate::jobs) fn tail_of(text: &str, bytes: usize) -> &str {
    let begin = text.len().saturating_sub(bytes);
    let begin = (begin..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(begin..).unwrap_or_default()
}
