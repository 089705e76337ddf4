//! Coding agents: each a table, one run as a specification for the supervisor, what it left behind, and why it failed.
//! Knows nothing of worktrees' git side, of retries or of what is to be done about a failure.

pub mod collect;
pub mod environment;
pub mod failure;
pub mod run;
pub mod table;
pub mod transcript;

pub use collect::{ResultFile, read_result, remove_stale_result};
pub use failure::{FailureClass, classify};
pub use run::{AgentRun, prepare};
pub use table::{AgentTable, BUILTIN, PromptMode, TranscriptKind, builtin};
pub use transcript::TranscriptFacts;
