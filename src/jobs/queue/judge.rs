//! What a run came to: its result file taken out of the worktree, and why there is none to be used, if so.

use std::path::Path;

use super::attempt::Trouble;
use crate::agent::{self, FailureClass, ResultFile, TranscriptFacts};
use crate::app::App;
use crate::domain::result::{self, ResultStatus};
use crate::domain::retry::RunFailure;
use crate::sys::files;
use crate::sys::supervise::{RunEnd, RunOutcome, RunSpec};
use crate::text::clean;

/// Most bytes of a transcript that are read for its last words.
const MAX_TRANSCRIPT_BYTES: u64 = 32 * 1024 * 1024;

/// Removes whatever lies in the place of the result file: a stale one must never count.
pub(super) fn clear_result(worktree: &Path) -> Result<(), Trouble> {
    agent::remove_stale_result(worktree)
        .map_err(|error| Trouble::Run(format!("`.agent_result.md` cannot be removed: {error}")))
}

/// Why a run failed, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// Whatever it left.
    pub(super) seen: Option<FailureClass>,
    /// If it left no result.
    pub(super) without_result: Option<FailureClass>,
}

impl Class {
    /// What a run's end and its transcript show.
    pub(super) fn of(outcome: &RunOutcome, facts: &TranscriptFacts) -> Self {
        Self {
            seen: agent::classify(outcome, facts),
            without_result: agent::classify_without_result(outcome, facts),
        }
    }

    /// What we know ourselves.
    pub(super) fn known(class: FailureClass) -> Self {
        Self { seen: Some(class), without_result: Some(class) }
    }
}

/// Why there is no usable result, if there is none; a usable one is copied beside the receipt.
pub(super) fn judge_end(
    worktree: &Path,
    dir: &Path,
    outcome: &RunOutcome,
    class: Class,
    how: &str,
) -> Result<(Option<RunFailure>, Option<String>), Trouble> {
    let bytes = match agent::read_result(worktree, None) {
        ResultFile::Bytes(bytes) => bytes,
        ResultFile::Missing | ResultFile::Stale => {
            return Ok(match class.without_result.and_then(|class| failure(class, how)) {
                Some(failure) => (Some(failure), None),
                None => (None, Some("it left no `.agent_result.md`".to_owned())),
            });
        }
        ResultFile::NotAFile { what } => {
            return Ok((None, Some(format!("`.agent_result.md` is {what}, not a file"))));
        }
        ResultFile::TooLarge => {
            return Ok((None, Some("`.agent_result.md` is larger than 1 MiB".to_owned())));
        }
    };
    files::replace(&dir.join("result.md"), &bytes)?;
    clear_result(worktree)?;
    // A deadline or a quota may have come while the result stood there from an earlier moment: only a complete one outranks them.
    let is_complete =
        result::parse(&bytes).is_ok_and(|result| result.status == ResultStatus::Complete);
    let class = class.seen;
    let outranked = class.filter(|class| !class.yields_to_result() && !is_complete);
    let cut_off = class.filter(|_| matches!(outcome.end, RunEnd::Deadline | RunEnd::Stalled));
    Ok((outranked.or(cut_off).and_then(|class| failure(class, how)), None))
}

/// Translates what was seen of the run into what the retry table knows.
fn failure(class: FailureClass, how: &str) -> Option<RunFailure> {
    let how = how.to_owned();
    Some(match class {
        FailureClass::Quota { reset } => RunFailure::Quota { until: reset },
        FailureClass::Credentials => RunFailure::Credentials,
        FailureClass::Overloaded | FailureClass::Network => RunFailure::Overloaded,
        FailureClass::Missing => RunFailure::Environment { reason: how },
        FailureClass::Timeout => RunFailure::Timeout,
        FailureClass::Stall => RunFailure::Stall,
        FailureClass::Budget => RunFailure::Budget { reason: how },
        FailureClass::PromptTooLarge => RunFailure::PromptTooLarge,
        FailureClass::PermissionDenied => {
            RunFailure::Environment { reason: format!("its tools were denied to it ({how})") }
        }
        FailureClass::Crash | FailureClass::KilledByUs | FailureClass::SessionGone => {
            RunFailure::Crash { how }
        }
        // It ended well and left nothing: the contract is what it broke.
        FailureClass::Nothing => return None,
    })
}

/// The last line that an agent wrote to standard error: what a person would look at first.
pub(super) fn last_words(app: &App, spec: &RunSpec) -> String {
    let bytes = files::read_bytes(&spec.stderr, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    let text = app.redactor.redact(&String::from_utf8_lossy(&bytes));
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    clean::one_line(line, 160)
}

pub(super) fn describe(end: &RunEnd, last_words: &str) -> String {
    let because = if last_words.is_empty() { String::new() } else { format!(": {last_words}") };
    match end {
        RunEnd::Exited(0) => "exit 0".to_owned(),
        RunEnd::Exited(code) => format!("exit {code}{because}"),
        RunEnd::Signalled(signal) => format!("ended by signal {signal}{because}"),
        RunEnd::Deadline => "ran into its deadline".to_owned(),
        RunEnd::Stalled => "stalled".to_owned(),
        RunEnd::Stopped => "stopped".to_owned(),
        RunEnd::NotStarted { reason, .. } => reason.clone(),
    }
}
