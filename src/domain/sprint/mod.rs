//! The next sprint: which issues of the backlog may be chosen, how they are ranked and why, what a model may change about that, how a sprint
//! waits for a person, and what came of the last one. Pure; `docs/plan.md` is its description for people.

mod approval;
mod backlog;
mod choice;
mod history;
mod pace;
mod rank;
mod record;
mod retrospective;

pub use approval::{Facts, Ruling, rule, window};
pub use backlog::{Backlog, Past, Rules, backlog};
pub use choice::{Choice, Pick, Wish, by_model, by_rank};
pub use history::{NAME as HISTORY, TITLE as HISTORY_TITLE, with_sprint};
pub use pace::{early, room};
pub use rank::{Aim, Aims, Candidate, Ranked, Reason, Skip, rank, words};
pub use record::{Before, Planned, Sprint, SprintId, Status};
pub use retrospective::{End, Outcome, Retrospective};

use crate::text::{clean, marker};

/// So many issues, in words.
pub fn issues(count: usize) -> String {
    if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") }
}

/// One line of somebody else's words, which can forge no marker, begin no section or fence, and call nobody.
pub fn plain(text: &str, most: usize) -> String {
    let visible = clean::untrusted(text).text;
    let line = clean::one_line(&marker::neutralize(&visible), most)
        .replace('`', "'")
        .replace("<!--", "&lt;!--")
        .replace("~~~", "~~");
    // `#7` names an issue, `# 7` would be a heading.
    let behind = line.trim_start_matches('#');
    if behind.is_empty() || behind.starts_with(' ') { behind.trim().to_owned() } else { line }
}

#[cfg(test)]
mod tests;
