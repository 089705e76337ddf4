//! The institutional memory of a managed repository: `CODEBASE.md` with one entry per merged task, newest first, and what is known to be
//! broken; what is old lies in `CODEBASE.archive/<year>.md`; sections of `STRATEGY.md`. Pure text: what people wrote stays byte for byte.

mod bounds;
mod excerpt;
mod files;
mod layout;
mod section;

pub use bounds::Bounds;
pub use excerpt::excerpt;
pub use files::Files;
pub use section::{Section, present};

use serde::{Deserialize, Serialize};

use super::ids::{IssueNumber, TaskId};
use crate::text::{clean, marker};

/// The file on the base branch.
pub const FILE: &str = "CODEBASE.md";

/// The file of the planner's sections.
pub const STRATEGY: &str = "STRATEGY.md";

/// The folder of what has become too old for [`FILE`].
pub const ARCHIVE: &str = "CODEBASE.archive/";

/// Files whose changes on the base branch make nothing stale: only memory is kept in them (`DESIGN.md` section 5). One that ends with `/`
/// is a folder.
pub const MEMORY_FILES: [&str; 3] = [FILE, STRATEGY, ARCHIVE];

/// The kind of the marker by which an entry is found again.
const ENTRY: &str = "memory";

/// The kind of the marker by which a known issue is found again.
const KNOWN_ISSUE: &str = "known-issue";

/// Whether a path is one of [`MEMORY_FILES`].
pub fn is_memory_file(path: &str) -> bool {
    MEMORY_FILES.iter().any(|name| path == *name || (name.ends_with('/') && path.starts_with(name)))
}

/// What one merged task leaves to its successors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The task.
    pub task: TaskId,
    /// The issue.
    pub issue: IssueNumber,
    /// The issue's title.
    pub title: String,
    /// The day of the merge, `YYYY-MM-DD`.
    pub date: String,
    /// What was done.
    pub summary: String,
    /// Files that were changed.
    pub files: Vec<String>,
    /// Decisions that were made.
    pub decisions: Vec<String>,
}

/// What one task that was given up leaves: what broke and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownIssue {
    /// The task.
    pub task: TaskId,
    /// The issue.
    pub issue: IssueNumber,
    /// The issue's title.
    pub title: String,
    /// The day on which it was given up, `YYYY-MM-DD`.
    pub date: String,
    /// Why.
    pub why: String,
}

/// One change of the memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// An entry under the recent changes.
    Entry(Entry),
    /// A line under the known issues.
    KnownIssue(KnownIssue),
    /// A section of the strategy as a whole.
    Section(Section),
}

impl Change {
    /// Its natural key: two changes with the same key are the same change.
    pub fn key(&self) -> String {
        match self {
            Self::Entry(entry) => entry.task.to_string(),
            Self::KnownIssue(issue) => format!("{}.known-issue", issue.task),
            Self::Section(section) => format!("section {}", section.name),
        }
    }

    /// What it is about, for a commit: without any text from outside, since words such as `closes #7` do something there.
    pub fn subject(&self) -> String {
        match self {
            Self::Entry(entry) => format!("{} ({})", entry.task, entry.issue),
            Self::KnownIssue(issue) => format!("{} ({}), known issue", issue.task, issue.issue),
            Self::Section(section) => format!("section {}", section.name),
        }
    }

    /// The title of what it is about, on one line.
    pub fn title(&self) -> String {
        match self {
            Self::Entry(Entry { title, .. })
            | Self::KnownIssue(KnownIssue { title, .. })
            | Self::Section(Section { title, .. }) => plain(title, 100),
        }
    }

    /// Whether it is a line under the known issues, which waits for an entry to go with.
    pub fn is_known_issue(&self) -> bool {
        matches!(self, Self::KnownIssue(_))
    }
}

impl Entry {
    fn render(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!(
            "{}\n### {} — {} ({}) {}\n\n{}\n",
            marker::render(ENTRY, self.task.as_str()),
            self.date,
            self.task,
            self.issue,
            plain(&self.title, 100),
            plain(&self.summary, 600),
        );
        if !self.files.is_empty() {
            let names: Vec<String> =
                self.files.iter().take(8).map(|file| format!("`{}`", plain(file, 120))).collect();
            let more = self.files.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _infallible = writeln!(text, "\n**Files:** {}{more}", names.join(", "));
        }
        if !self.decisions.is_empty() {
            text.push_str("\n**Decisions:**\n\n");
            for decision in self.decisions.iter().take(5) {
                let _infallible = writeln!(text, "- {}", plain(decision, 300));
            }
        }
        text
    }
}

impl KnownIssue {
    fn render(&self) -> String {
        format!(
            "- {} {} ({}) {}: {} {}\n",
            self.date,
            self.task,
            self.issue,
            plain(&self.title, 100),
            plain(&self.why, 300),
            marker::render(KNOWN_ISSUE, self.task.as_str()),
        )
    }
}

/// One line of text from outside that can neither forge a marker, hide what follows, nor begin a section or a fence.
fn plain(text: &str, max_chars: usize) -> String {
    let line = clean::one_line(&marker::neutralize(text), max_chars);
    line.trim_start_matches('#')
        .trim()
        .replace('`', "'")
        .replace("<!--", "&lt;!--")
        .replace("~~~", "~~")
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
