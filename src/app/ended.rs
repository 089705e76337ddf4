//! How the run of an agent ended, for those who decide what follows and for people.

use super::App;
use crate::agent::FailureClass;
use crate::domain::retry::RunFailure;
use crate::sys::files;
use crate::sys::supervise::{RunEnd, RunSpec};
use crate::text::clean;

/// Most bytes of a transcript that are read for its last words.
const MAX_TRANSCRIPT_BYTES: u64 = 32 * 1024 * 1024;

/// Translates what was seen of the run into what the retry table knows.
pub fn failure(class: FailureClass, how: &str) -> Option<RunFailure> {
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
pub fn last_words(app: &App, spec: &RunSpec) -> String {
    let bytes = files::read_bytes(&spec.stderr, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    let text = app.redactor.redact(&String::from_utf8_lossy(&bytes));
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    clean::one_line(line, 160)
}

/// How a run ended, in one line.
pub fn describe(end: &RunEnd, last_words: &str) -> String {
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
