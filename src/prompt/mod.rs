//! What an agent is told: templates, one per purpose, that an operator may replace. Text from outside stands in fences that it cannot close and
//! is named as data; every part has a bound, and a manifest says what was cut.

mod brief;
mod budget;
mod execution;
mod library;

pub use brief::BriefRequest;
pub use budget::{Manifest, Part};
pub use execution::{Execution, Sources, is_strategic};
pub use library::{PromptError, Prompts};

#[cfg(test)]
mod tests;
