//! Commands of people in comments: `/agent <verb>` at the beginning of a line (`CONTRACT.md` section 7). What a comment says, which comments
//! of a thread still wait for an answer, and what follows from one. Pure.

mod decide;
mod parse;
mod thread;

pub use decide::{Ruling, View, decide};
pub use parse::{Command, VERBS, Verb, parse, words_beside};
pub use thread::{Asked, Begin, Pending, pending};

/// Kind of the marker of our answer to a command; its key is the id of the comment that held the command.
pub const MARKER: &str = "command";
