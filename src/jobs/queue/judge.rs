//! What a run came to: its result file taken out of the worktree, and why there is none to be used, if so.

use std::path::Path;

use super::attempt::Trouble;
use crate::agent::{self, FailureClass, ResultFile, TranscriptFacts};
use crate::app::ended;
use crate::domain::result::{self, ResultStatus};
use crate::domain::retry::RunFailure;
use crate::sys::files;
use crate::sys::supervise::{RunEnd, RunOutcome};

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
            return Ok(match class.without_result.and_then(|class| ended::failure(class, how)) {
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
    Ok((outranked.or(cut_off).and_then(|class| ended::failure(class, how)), None))
}
