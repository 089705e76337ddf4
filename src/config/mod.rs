//! The configuration: YAML shape, layers merged into settings without options, which layer won, JSON schema. Knows no jobs.

mod blocks;
mod check;
mod edit;
mod error;
mod explain;
mod globals;
mod layer;
mod load;
mod merge;
mod paths;
mod raw;
mod repos;
mod settings;
mod source;
mod sources;
mod unused;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

/// Expands `~`, `$VAR` and `${VAR}` as in every path of the configuration; the error says what is wrong, to follow the name of a key.
///
/// # Errors
///
/// A variable that is not set, the home of another user, a NUL.
pub fn expand(text: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let home = variables.get("HOME").map(Path::new);
    paths::Expander { home, variables }.text(text)
}

pub use blocks::{Privacy, SignalClass, SourceType, TrustLevel};
pub use edit::{CannotEdit, with_repository};
pub use error::{ConfigError, Warning};
pub use explain::{Explanation, schema};
pub use load::{LoadRequest, Loaded, load, load_text, places};
pub use settings::{
    AgentBudget, AgentSettings, BUILT_IN_AGENTS, Budgets, Fallbacks, Repo, Settings, StatusNames,
    Telegram,
};
pub use sources::{
    Feedback, FeedbackInput, OutcomeAttribution, OutcomeCheck, PlanningResearch, ResearchSource,
    SourceLocation,
};
pub use values::{
    AutomationMode, CommandLine, HostKind, MergePolicy, PlanApproval, PromptMode, SandboxMode,
    Transcript,
};
