//! The configuration: YAML shape, layers merged into settings without options, which layer won, JSON schema. Knows no jobs.

mod blocks;
mod check;
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

pub use blocks::{Privacy, SignalClass, SourceType, TrustLevel};
pub use error::{ConfigError, Warning};
pub use explain::{Explanation, schema};
pub use load::{LoadRequest, Loaded, load};
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
