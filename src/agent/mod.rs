//! Coding agents: each a table, one run as a specification for the supervisor, what it left behind, and why it failed.
//! Knows nothing of worktrees' git side, of retries or of what is to be done about a failure.

pub mod builtin;
pub mod collect;
pub mod environment;
pub mod failure;
pub mod home;
pub mod preflight;
pub mod prices;
pub mod providers;
pub mod question;
pub mod recipe;
pub mod run;
pub mod table;
pub mod transcript;

pub use builtin::{BUILTIN, builtin};
pub use collect::{ResultFile, read_result, remove_stale_result};
pub use failure::{FailureClass, classify, classify_without_result};
pub use home::Home;
pub use preflight::{Preflight, Problem, preflight};
pub use run::{AgentRun, prepare};
pub use table::{AgentTable, PromptMode, Recipe, TranscriptKind};
pub use transcript::TranscriptFacts;
