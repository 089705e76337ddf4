//! The result contract: what an agent says about its attempt in `.agent_result.md` (`CONTRACT.md` section 4).
//!
//! Reading is forgiving in form (order, letter case, decoration, encoding) and strict in substance: a status, and a
//! code when the work is not complete. Nothing here believes the claim; it only says what was claimed.

mod parse;
mod render;
mod scan;
mod sections;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt;

use super::blocker::BlockerCode;

pub use parse::{MAX_BYTES, parse};
pub use render::{TEMPLATE, template};

/// The name of the result file in the worktree's root.
pub const FILE_NAME: &str = ".agent_result.md";

/// What an agent says its attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultStatus {
    /// The brief is fulfilled.
    Complete,
    /// Some of it is; another attempt may go on from there.
    Partial,
    /// Nothing more can be done until the blocker is gone.
    Blocked,
}

impl ResultStatus {
    /// Every status, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Complete, Self::Partial, Self::Blocked];

    /// The status as it is written in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for ResultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One attempt in the agent's own words; texts may have several lines, list items have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentResult {
    /// What the attempt came to.
    pub status: ResultStatus,
    /// What is in the way; [`BlockerCode::None`] when complete.
    pub blocker: BlockerCode,
    /// What happened, for people.
    pub summary: String,
    /// What was finished.
    pub done: Vec<String>,
    /// What is in the way, in words.
    pub blockers: Vec<String>,
    /// What the next attempt should begin with.
    pub next_step: String,
    /// Files the agent says it changed.
    pub files_changed: Vec<String>,
    /// Tests the agent says it ran.
    pub tests_run: Vec<String>,
    /// Choices that were made.
    pub decisions: Vec<String>,
    /// What may go wrong later.
    pub risks: Vec<String>,
    /// What was tried and given up.
    pub attempted_approaches: Vec<String>,
    /// What a person has to do besides the merge.
    pub manual_steps: Vec<String>,
    /// Sections that the contract does not know, in their order: key in upper case, text.
    pub unknown: Vec<(String, String)>,
}

/// Why a result file is none; the attempt's blocker code is then `invalid_result_contract`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ContractViolation {
    /// What is wrong and what was expected, for the agent's next try and for people.
    pub reason: String,
}

impl AgentResult {
    /// A result that says nothing but its status and code.
    pub fn new(status: ResultStatus, blocker: BlockerCode) -> Self {
        Self {
            status,
            blocker,
            summary: String::new(),
            done: Vec::new(),
            blockers: Vec::new(),
            next_step: String::new(),
            files_changed: Vec::new(),
            tests_run: Vec::new(),
            decisions: Vec::new(),
            risks: Vec::new(),
            attempted_approaches: Vec::new(),
            manual_steps: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Why no change was needed, when `DONE` has an item `no-change: <why>` and a test that was run or a commit id
    /// backs it.
    pub fn no_change_reason(&self) -> Option<&str> {
        let why = self.done.iter().find_map(|item| no_change(item))?;
        let tested = self.tests_run.iter().any(|item| is_test_evidence(item));
        let names_commit = self
            .done
            .iter()
            .chain(&self.tests_run)
            .map(String::as_str)
            .chain([self.summary.as_str()])
            .any(names_commit);
        (tested || names_commit).then_some(why)
    }
}

fn no_change(item: &str) -> Option<&str> {
    let (label, why) = item.split_once(':')?;
    let decoration = |c: char| matches!(c, '*' | '_' | '`') || c.is_whitespace();
    let label = label.trim_matches(decoration).to_ascii_lowercase();
    let why = why.trim_start_matches(decoration).trim();
    (matches!(label.as_str(), "no-change" | "no_change" | "no change") && !why.is_empty())
        .then_some(why)
}

/// "Not run" under `TESTS_RUN` is an honest answer, but no evidence.
fn is_test_evidence(item: &str) -> bool {
    let item = item.to_ascii_lowercase();
    let item = item.trim_start_matches(|c: char| !c.is_alphanumeric());
    !item.is_empty()
        && !["not run", "no test", "none", "skipped"].iter().any(|w| item.starts_with(w))
}

/// Whether the text names a commit: 7 to 40 hexadecimal digits, letters and figures mixed so that neither a date nor
/// a word like `defaced` passes.
fn names_commit(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| {
        (7..=40).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_hexdigit())
            && word.bytes().any(|b| b.is_ascii_digit())
            && (word.len() == 40 || word.bytes().any(|b| b.is_ascii_alphabetic()))
    })
}
