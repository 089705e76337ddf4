//! What evidence says about the backlog: a weight and the words that an issue has to have in order to be meant. Only evidence that may be
//! used becomes a signal; what is guarded stays visible in its artefact and weighs nothing. Pure.

use std::collections::BTreeSet;

/// One piece of evidence that speaks for issues about the same matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The name of the evidence, as its artefact shows it.
    pub name: String,
    /// How much it weighs, above 0.
    pub weight: f64,
    /// The words that it is about, in lower case.
    pub words: BTreeSet<String>,
}
