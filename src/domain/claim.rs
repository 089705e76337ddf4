//! What a run comes to once its claim is held against the repository: no agent grades its own work. The one place that says under which
//! status and blocker code an attempt is recorded; what is to be done about it is decided in `retry`. Pure.

use super::blocker::BlockerCode;
use super::result::ResultStatus;
use super::retry::{Evidence, TestVerdict};

/// What the next agent is told where nothing was changed.
const UNCHANGED: &str = "it says complete, but no file was changed; where nothing has to be changed, `DONE` says `no-change: <why>` and `TESTS_RUN` shows it";

/// Why work that is claimed to be complete is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refutation {
    /// Conflict markers are left in this file.
    Markers(String),
    /// Nothing was changed under a pull request on which these checks are red.
    StillRed(Vec<String>),
    /// Nothing was changed, and nothing shows that nothing had to be.
    Unchanged,
    /// Tests that we ran fail, with how.
    Tests(String),
    /// It would publish a secret, with where.
    Leak(String),
}

impl Refutation {
    /// The nearest of the twelve codes. None of those that blame a provider, the machine or a person: it is the work that is not there.
    pub fn code(&self) -> BlockerCode {
        match self {
            Self::StillRed(_) | Self::Tests(_) => BlockerCode::TestFailure,
            Self::Markers(_) | Self::Unchanged | Self::Leak(_) => {
                BlockerCode::InvalidResultContract
            }
        }
    }

    /// One line for the next agent and for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::Markers(file) => format!("`{file}` still holds conflict markers"),
            Self::StillRed(checks) => {
                format!("it changed nothing, but the pull request is red: {}", checks.join(", "))
            }
            Self::Unchanged => UNCHANGED.to_owned(),
            Self::Tests(how) => format!("it says complete, but the tests fail: {how}"),
            Self::Leak(reason) => reason.clone(),
        }
    }
}

impl Evidence {
    /// Why its claim to be complete does not hold, where it makes one that does not.
    pub fn refuted(&self) -> Option<Refutation> {
        let Self::Result { result, changed, tests, markers, red, leak } = self else {
            return None;
        };
        if result.status != ResultStatus::Complete {
            return None;
        }
        if let Some(file) = markers.first() {
            return Some(Refutation::Markers(file.clone()));
        }
        if !changed && !red.is_empty() {
            return Some(Refutation::StillRed(red.clone()));
        }
        if !changed {
            return result.no_change_reason().is_none().then_some(Refutation::Unchanged);
        }
        if let TestVerdict::Failed { how, .. } = tests {
            return Some(Refutation::Tests(how.clone()));
        }
        leak.clone().map(Refutation::Leak)
    }

    /// The status under which the run is recorded.
    pub fn status(&self) -> ResultStatus {
        match self {
            Self::Failed(_) | Self::BadResult { .. } => ResultStatus::Blocked,
            Self::Result { .. } if self.refuted().is_some() => ResultStatus::Partial,
            Self::Result { result, .. } => result.status,
        }
    }

    /// The blocker code under which it is recorded; nothing for complete work that the repository bears out.
    pub fn code(&self) -> Option<BlockerCode> {
        match self {
            Self::Failed(failure) => Some(failure.code()),
            Self::BadResult { .. } => Some(BlockerCode::InvalidResultContract),
            Self::Result { result, .. } => match self.refuted() {
                Some(refutation) => Some(refutation.code()),
                None => Some(result.blocker).filter(|code| *code != BlockerCode::None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::result::AgentResult;
    use crate::domain::retry::RunFailure;

    /// What verification may find.
    #[derive(Default)]
    struct Found {
        changed: bool,
        fails: Option<&'static str>,
        markers: &'static [&'static str],
        red: &'static [&'static str],
        leak: Option<&'static str>,
    }

    fn evidence(result: AgentResult, found: &Found) -> Evidence {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let failed = |how: &str| TestVerdict::Failed { how: how.to_owned(), tail: String::new() };
        Evidence::Result {
            result: Box::new(result),
            changed: found.changed,
            tests: found.fails.map_or(TestVerdict::NotRun, failed),
            markers: words(found.markers),
            red: words(found.red),
            leak: found.leak.map(ToOwned::to_owned),
        }
    }

    fn recorded(evidence: &Evidence) -> (&'static str, &'static str) {
        let code = evidence.code().unwrap_or(BlockerCode::None);
        (evidence.status().as_str(), code.as_str())
    }

    #[test]
    fn a_claim_that_the_repository_refutes_is_recorded_as_partial_with_its_code() {
        let contract = ("partial", "invalid_result_contract");
        let tests = ("partial", "test_failure");
        let done = ("complete", "none");
        let changed = || Found { changed: true, ..Found::default() };
        let (markers, red) = (&["src/cart.rs"], &["ci", "lint"]);
        let leak = Some("a secret would be published");
        for (found, expected, words) in [
            (changed(), done, ""),
            (Found { red, ..changed() }, done, ""),
            (Found::default(), contract, "no file was changed"),
            (Found { red, ..Found::default() }, tests, "the pull request is red: ci, lint"),
            (Found { markers, ..changed() }, contract, "`src/cart.rs` still holds"),
            (Found { fails: Some("exit 1"), ..changed() }, tests, "the tests fail: exit 1"),
            (Found { leak, ..changed() }, contract, "a secret would be published"),
            // With markers in a file nothing else says anything.
            (Found { markers, red, ..Found::default() }, contract, "markers"),
        ] {
            let complete = AgentResult::new(ResultStatus::Complete, BlockerCode::None);
            let evidence = evidence(complete, &found);
            assert_eq!(recorded(&evidence), expected, "{evidence:?}");
            let told = evidence.refuted().map(|refutation| refutation.sentence());
            assert_eq!(told.is_none(), words.is_empty(), "{told:?}");
            assert!(told.unwrap_or_default().contains(words), "{words}");
        }
    }

    #[test]
    fn a_proven_no_change_is_complete_unless_the_pull_request_is_red() {
        let mut result = AgentResult::new(ResultStatus::Complete, BlockerCode::None);
        result.done = vec!["no-change: it works already".to_owned()];
        result.tests_run = vec!["cargo test: passed".to_owned()];
        let proven = evidence(result.clone(), &Found::default());
        assert_eq!(recorded(&proven), ("complete", "none"));
        let red = evidence(result, &Found { red: &["ci"], ..Found::default() });
        assert_eq!(recorded(&red), ("partial", "test_failure"));
    }

    #[test]
    fn what_claims_nothing_is_recorded_as_it_says_or_as_it_ended() {
        let said = |status, code| evidence(AgentResult::new(status, code), &Found::default());
        for (evidence, expected) in [
            (said(ResultStatus::Partial, BlockerCode::None), ("partial", "none")),
            (said(ResultStatus::Partial, BlockerCode::Timeout), ("partial", "timeout")),
            (
                said(ResultStatus::Blocked, BlockerCode::MissingContext),
                ("blocked", "missing_context"),
            ),
            (Evidence::Failed(RunFailure::Timeout), ("blocked", "timeout")),
            (
                Evidence::BadResult { reason: "empty".to_owned() },
                ("blocked", "invalid_result_contract"),
            ),
        ] {
            assert_eq!(recorded(&evidence), expected, "{evidence:?}");
            assert_eq!(evidence.refuted(), None);
        }
    }
}
