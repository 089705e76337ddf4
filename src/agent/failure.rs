//! Why a run failed, from its end and its transcript; never from what the agent wrote into its result.

use jiff::Timestamp;

use super::transcript::{Evidence, RefusalCause};
use crate::domain::blocker::BlockerCode;
use crate::sys::supervise::{RunEnd, RunOutcome};

pub use super::transcript::{Refusal, TranscriptFacts, Usage};

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// A limit of use or of money at the provider.
    Quota {
        /// When it ends, if that was said.
        reset: Option<Timestamp>,
    },
    /// No login, or one that the provider refused.
    Credentials,
    /// The provider could not serve the run.
    Overloaded,
    /// The provider was not reached.
    Network,
    /// The prompt is longer than the model can take.
    PromptTooLarge,
    /// The agent was not allowed to use its tools, or to start.
    PermissionDenied,
    /// The agent's program is not there.
    Missing,
    /// The agent showed no life for too long.
    Stall,
    /// The deadline, or a limit of turns for this run.
    Timeout,
    /// The limit of money for this run.
    Budget,
    /// The session that was to go on is not there; a fresh one may do.
    SessionGone,
    /// The program failed for a reason that it did not say in a known way.
    Crash,
    /// We ended the run for a reason of our own.
    KilledByUs,
    /// The run ended well and left no result; only who looked for the file can say so.
    Nothing,
}

/// Says why a run failed, or nothing when its end and its transcript show no failure.
///
/// An exit code of zero is no proof of success, nor another one of failure to do the work: see
/// [`FailureClass::yields_to_result`].
pub fn classify(outcome: &RunOutcome, transcript: &TranscriptFacts) -> Option<FailureClass> {
    let failed = outcome.end != RunEnd::Exited(0);
    let refused = transcript
        .refusal
        .as_ref()
        .filter(|refusal| failed || refusal.evidence == Evidence::Field)
        .map(class_of);
    match &outcome.end {
        RunEnd::NotStarted { missing: true, .. } => Some(FailureClass::Missing),
        RunEnd::NotStarted { missing: false, .. } => Some(FailureClass::PermissionDenied),
        RunEnd::Stopped => Some(FailureClass::KilledByUs),
        // A program that waits for its limit to end looks like one that hangs; what it waited for is the reason.
        RunEnd::Deadline => Some(unless_crash(refused, FailureClass::Timeout)),
        RunEnd::Stalled => Some(unless_crash(refused, FailureClass::Stall)),
        RunEnd::Exited(0) => refused,
        // What a shell says of a program that it does not find or may not run.
        RunEnd::Exited(127) => Some(unless_crash(refused, FailureClass::Missing)),
        RunEnd::Exited(126) => Some(unless_crash(refused, FailureClass::PermissionDenied)),
        RunEnd::Exited(_) | RunEnd::Signalled(_) => Some(refused.unwrap_or(FailureClass::Crash)),
    }
}

/// The same for a run that left no result: then what its program said at its end for people counts even where it ended with zero, as
/// some do that were turned away.
pub fn classify_without_result(
    outcome: &RunOutcome,
    transcript: &TranscriptFacts,
) -> Option<FailureClass> {
    let said = transcript.refusal.as_ref().filter(|_| outcome.end == RunEnd::Exited(0));
    classify(outcome, transcript).or_else(|| said.map(class_of))
}

fn unless_crash(refused: Option<FailureClass>, otherwise: FailureClass) -> FailureClass {
    refused.filter(|class| *class != FailureClass::Crash).unwrap_or(otherwise)
}

fn class_of(refusal: &Refusal) -> FailureClass {
    match refusal.cause {
        RefusalCause::Quota => FailureClass::Quota { reset: refusal.reset },
        RefusalCause::Credentials => FailureClass::Credentials,
        RefusalCause::Overloaded => FailureClass::Overloaded,
        RefusalCause::Network => FailureClass::Network,
        RefusalCause::PromptTooLarge => FailureClass::PromptTooLarge,
        RefusalCause::PermissionDenied => FailureClass::PermissionDenied,
        RefusalCause::RunLimit => FailureClass::Timeout,
        RefusalCause::Budget => FailureClass::Budget,
        RefusalCause::SessionGone => FailureClass::SessionGone,
        RefusalCause::Error => FailureClass::Crash,
    }
}

impl FailureClass {
    /// The class as one word, for records and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quota { .. } => "quota",
            Self::Credentials => "credentials",
            Self::Overloaded => "overloaded",
            Self::Network => "network",
            Self::PromptTooLarge => "prompt_too_large",
            Self::PermissionDenied => "permission_denied",
            Self::Missing => "missing",
            Self::Stall => "stall",
            Self::Timeout => "timeout",
            Self::Budget => "budget",
            Self::SessionGone => "session_gone",
            Self::Crash => "crash",
            Self::KilledByUs => "killed_by_us",
            Self::Nothing => "nothing",
        }
    }

    /// The code under which the attempt is recorded.
    pub fn blocker(self) -> BlockerCode {
        match self {
            Self::Quota { .. } | Self::Overloaded | Self::Budget => BlockerCode::QuotaLimited,
            Self::Credentials => BlockerCode::MissingCredentials,
            Self::Network | Self::PermissionDenied | Self::Missing => {
                BlockerCode::EnvironmentFailure
            }
            Self::Stall | Self::Timeout => BlockerCode::Timeout,
            Self::PromptTooLarge | Self::Crash | Self::KilledByUs | Self::SessionGone => {
                BlockerCode::RunnerFailure
            }
            Self::Nothing => BlockerCode::InvalidResultContract,
        }
    }

    /// Whether the run spends an attempt: it does unless the agent never had the chance to do the work.
    pub fn spends_attempt(self) -> bool {
        match self {
            Self::Stall | Self::Timeout | Self::Budget | Self::Crash | Self::Nothing => true,
            Self::Quota { .. }
            | Self::Credentials
            | Self::Overloaded
            | Self::Network
            | Self::PromptTooLarge
            | Self::PermissionDenied
            | Self::Missing
            | Self::SessionGone
            | Self::KilledByUs => false,
        }
    }

    /// Whether a valid result file of this very run outranks the class: the work was done before the program fell
    /// over its own end, or one tool was refused on the way.
    pub fn yields_to_result(self) -> bool {
        match self {
            Self::PermissionDenied
            | Self::Stall
            | Self::Timeout
            | Self::Budget
            | Self::Crash
            | Self::Nothing => true,
            Self::Quota { .. }
            | Self::Credentials
            | Self::Overloaded
            | Self::Network
            | Self::PromptTooLarge
            | Self::Missing
            | Self::SessionGone
            | Self::KilledByUs => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(end: RunEnd) -> RunOutcome {
        RunOutcome {
            end,
            duration: std::time::Duration::from_millis(1),
            stdout_bytes: 0,
            stderr_bytes: 0,
            truncated: false,
            killed_survivors: 0,
            survivors: Vec::new(),
            reached: Vec::new(),
        }
    }

    fn facts(cause: RefusalCause, evidence: Evidence) -> TranscriptFacts {
        let refusal = Refusal { cause, reset: None, evidence, text: String::new() };
        TranscriptFacts { refusal: Some(refusal), ..TranscriptFacts::default() }
    }

    #[test]
    fn without_a_refusal_the_end_decides() {
        let none = TranscriptFacts::default();
        let missing = |missing| RunEnd::NotStarted { missing, reason: String::new() };
        for (end, class) in [
            (RunEnd::Exited(0), None),
            (RunEnd::Exited(1), Some(FailureClass::Crash)),
            (RunEnd::Exited(126), Some(FailureClass::PermissionDenied)),
            (RunEnd::Exited(127), Some(FailureClass::Missing)),
            (RunEnd::Signalled(11), Some(FailureClass::Crash)),
            (RunEnd::Deadline, Some(FailureClass::Timeout)),
            (RunEnd::Stalled, Some(FailureClass::Stall)),
            (RunEnd::Stopped, Some(FailureClass::KilledByUs)),
            (missing(true), Some(FailureClass::Missing)),
            (missing(false), Some(FailureClass::PermissionDenied)),
        ] {
            assert_eq!(classify(&outcome(end.clone()), &none), class, "{end:?}");
        }
    }

    #[test]
    fn a_refusal_explains_a_run_that_hung_but_never_one_that_we_stopped() {
        let quota = facts(RefusalCause::Quota, Evidence::Field);
        let class = Some(FailureClass::Quota { reset: None });
        for end in [RunEnd::Deadline, RunEnd::Stalled, RunEnd::Exited(1), RunEnd::Exited(0)] {
            assert_eq!(classify(&outcome(end), &quota), class);
        }
        let stopped = classify(&outcome(RunEnd::Stopped), &quota);
        assert_eq!(stopped, Some(FailureClass::KilledByUs));
        let error = facts(RefusalCause::Error, Evidence::Field);
        assert_eq!(classify(&outcome(RunEnd::Deadline), &error), Some(FailureClass::Timeout));
        assert_eq!(classify(&outcome(RunEnd::Exited(0)), &error), Some(FailureClass::Crash));
    }

    #[test]
    fn a_sentence_counts_only_when_the_run_failed() {
        let quota = facts(RefusalCause::Quota, Evidence::Sentence);
        assert_eq!(classify(&outcome(RunEnd::Exited(0)), &quota), None);
        let class = Some(FailureClass::Quota { reset: None });
        assert_eq!(classify(&outcome(RunEnd::Exited(1)), &quota), class);
        assert_eq!(classify_without_result(&outcome(RunEnd::Exited(0)), &quota), class);
        let none = TranscriptFacts::default();
        assert_eq!(classify_without_result(&outcome(RunEnd::Exited(0)), &none), None);
    }
}
