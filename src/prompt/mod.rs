//! What an agent is told: templates, one per purpose, that an operator may replace. Text from outside stands in fences that it cannot close and
//! is named as data; every part has a bound, and a manifest says what was cut.

mod brief;
mod budget;
mod evidence;
mod execution;
mod groom;
mod library;
mod plan;

pub use brief::BriefRequest;
pub use budget::{Manifest, Part};
pub use evidence::{DigestRequest, OutcomeRequest};
pub use execution::{Execution, Sources, is_strategic};
pub use groom::GroomRequest;
pub use library::{PromptError, Prompts};
pub use plan::PlanRequest;

#[cfg(test)]
mod tests;
