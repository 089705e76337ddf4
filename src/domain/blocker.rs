//! Blocker codes: why an attempt did not finish, in the twelve words of `CONTRACT.md` section 4, and who can change it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why an attempt is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockerCode {
    /// Nothing is in the way.
    None,
    /// The brief leaves something open that only its author can say.
    MissingContext,
    /// A login or key is absent or was refused.
    MissingCredentials,
    /// The machine, its tools or its network do not allow the work.
    EnvironmentFailure,
    /// Other work has to be finished first.
    DependencyBlocked,
    /// The provider's limit is reached.
    QuotaLimited,
    /// The agent's program failed.
    RunnerFailure,
    /// The time was not enough.
    Timeout,
    /// Tests fail with the change.
    TestFailure,
    /// A person has to do something outside the repository.
    ManualInterventionRequired,
    /// No agent is left to try.
    FallbackExhausted,
    /// The result file is missing, cannot be read as one, or claims what the repository does not bear out.
    InvalidResultContract,
}

/// A word that is none of the twelve codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a blocker code: use one of {}", BlockerCode::list())]
pub struct UnknownBlockerCode {
    /// What was found, without control characters and cut to 60 characters.
    pub value: String,
}

impl BlockerCode {
    /// Every code, in the order of the contract.
    pub const ALL: [Self; 12] = [
        Self::None,
        Self::MissingContext,
        Self::MissingCredentials,
        Self::EnvironmentFailure,
        Self::DependencyBlocked,
        Self::QuotaLimited,
        Self::RunnerFailure,
        Self::Timeout,
        Self::TestFailure,
        Self::ManualInterventionRequired,
        Self::FallbackExhausted,
        Self::InvalidResultContract,
    ];

    /// The code as it is written in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::MissingContext => "missing_context",
            Self::MissingCredentials => "missing_credentials",
            Self::EnvironmentFailure => "environment_failure",
            Self::DependencyBlocked => "dependency_blocked",
            Self::QuotaLimited => "quota_limited",
            Self::RunnerFailure => "runner_failure",
            Self::Timeout => "timeout",
            Self::TestFailure => "test_failure",
            Self::ManualInterventionRequired => "manual_intervention_required",
            Self::FallbackExhausted => "fallback_exhausted",
            Self::InvalidResultContract => "invalid_result_contract",
        }
    }

    /// Whether another attempt is of no use before a person answers or other work is finished.
    pub fn waits_for_person(self) -> bool {
        match self {
            Self::MissingContext | Self::DependencyBlocked | Self::ManualInterventionRequired => {
                true
            }
            Self::None
            | Self::MissingCredentials
            | Self::EnvironmentFailure
            | Self::QuotaLimited
            | Self::RunnerFailure
            | Self::Timeout
            | Self::TestFailure
            | Self::FallbackExhausted
            | Self::InvalidResultContract => false,
        }
    }

    /// One plain sentence for people.
    pub fn headline(self) -> &'static str {
        match self {
            Self::None => "Nothing is in the way.",
            Self::MissingContext => "The agent needs an answer before it can go on.",
            Self::MissingCredentials => "A login or a key is missing or was refused.",
            Self::EnvironmentFailure => "The machine did not allow the work to be done.",
            Self::DependencyBlocked => "Other work has to be finished first.",
            Self::QuotaLimited => "The model provider's limit is reached for now.",
            Self::RunnerFailure => "The agent's program failed.",
            Self::Timeout => "The agent ran out of time.",
            Self::TestFailure => "The tests fail with the agent's change.",
            Self::ManualInterventionRequired => "A person has to do something by hand first.",
            Self::FallbackExhausted => "Every agent that could try has tried.",
            Self::InvalidResultContract => "The agent left no result that can be used.",
        }
    }

    fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for BlockerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BlockerCode {
    type Err = UnknownBlockerCode;

    /// Reads a code as agents write it: letter case, `-` or spaces for `_`, and decoration around it do not matter.
    fn from_str(text: &str) -> Result<Self, UnknownBlockerCode> {
        let words: Vec<String> = text
            .split(|c: char| c.is_whitespace() || matches!(c, '_' | '-' | '*' | '`' | '"' | '\''))
            .map(|word| {
                word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '|')
                    .to_ascii_lowercase()
            })
            .filter(|word| !word.is_empty())
            .collect();
        let plain = words.join("_");
        Self::ALL.into_iter().find(|code| code.as_str() == plain).ok_or_else(|| {
            UnknownBlockerCode {
                value: text.trim().chars().filter(|c| !c.is_control()).take(60).collect(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_text_and_json() {
        for code in BlockerCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<BlockerCode>(&json).unwrap(), code);
        }
    }

    #[test]
    fn letter_case_separators_and_decoration_do_not_matter() {
        for text in [
            "Missing_Context",
            "missing-context",
            "MISSING CONTEXT",
            "`missing_context`",
            "**missing_context**.",
            "- missing context",
            " \"missing_context\" ",
            "[missing_context]",
        ] {
            assert_eq!(text.parse(), Ok(BlockerCode::MissingContext), "{text}");
        }
    }

    #[test]
    fn another_word_is_quoted_with_the_codes_there_are() {
        let error = "worker\u{7}_crash".parse::<BlockerCode>().unwrap_err();
        assert!(
            error.to_string().starts_with("`worker_crash` is not a blocker code: use one of none,")
        );
        for bad in ["", "none | timeout", "none/timeout", "no", "time out", "<code>"] {
            assert!(bad.parse::<BlockerCode>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn three_codes_wait_for_somebody_else() {
        let waiting: Vec<_> =
            BlockerCode::ALL.into_iter().filter(|code| code.waits_for_person()).collect();
        assert_eq!(
            waiting,
            [
                BlockerCode::MissingContext,
                BlockerCode::DependencyBlocked,
                BlockerCode::ManualInterventionRequired
            ]
        );
        assert!(BlockerCode::ALL.iter().all(|code| code.headline().ends_with('.')));
    }
}
