//! The memory files of one commit, read when they are needed, and what changes make of them.

use std::collections::BTreeMap;

use super::bounds::{self, Bounds, Old};
use super::layout::{self, KNOWN, RECENT};
use super::{ARCHIVE, Change, ENTRY, Entry, FILE, KNOWN_ISSUE, KnownIssue, STRATEGY, section};
use crate::text::marker;

/// The file as it begins its life.
const TEMPLATE: &str = "# Codebase memory\n\nWhat the agents of this repository have learnt. The sections above *Recent Changes* are for people to curate.\n\n\
     ## Architecture\n\n## Key Files\n\n## Known Issues / Gotchas\n\n## Recent Changes\n";

/// The memory files as a reader shows them: `None` for one that does not exist.
pub struct Files<R> {
    read: R,
    texts: BTreeMap<String, String>,
    changed: BTreeMap<String, String>,
}

impl<R, E> Files<R>
where
    R: FnMut(&str) -> Result<Option<String>, E>,
{
    /// The files that this reader reads.
    pub fn new(read: R) -> Self {
        Self { read, texts: BTreeMap::new(), changed: BTreeMap::new() }
    }

    /// Whether a change has been made: also where the entry lies in the archive by now.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn has(&mut self, change: &Change) -> Result<bool, E> {
        let (kind, task, date) = match change {
            Change::Section(section) => {
                return Ok(section::has(&self.text(STRATEGY)?, section));
            }
            Change::Entry(Entry { task, date, .. }) => (ENTRY, task, date),
            Change::KnownIssue(KnownIssue { task, date, .. }) => (KNOWN_ISSUE, task, date),
        };
        Ok(marker::has(&self.text(FILE)?, kind, task.as_str())
            || marker::has(&self.text(&archive_of(date))?, kind, task.as_str()))
    }

    /// Makes the changes that have not been made, in their order, then moves what is beyond the bounds to the archive. What is known of an
    /// issue goes there as soon as a later task of it is merged. The files that became different, with their new texts.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn apply(
        mut self,
        changes: &[Change],
        bounds: &Bounds,
    ) -> Result<BTreeMap<String, String>, E> {
        for change in changes {
            if self.has(change)? {
                continue;
            }
            match change {
                Change::Entry(entry) => {
                    let text = with_entry(&self.text(FILE)?, &entry.render());
                    let (text, over) = bounds::without_known(&text, |key| {
                        entry.task.is_same_or_later(key, entry.issue)
                    });
                    self.archive(KNOWN_ISSUE, &over)?;
                    self.set(FILE, text);
                }
                Change::KnownIssue(issue) => {
                    let text = with_known_issue(&self.text(FILE)?, &issue.render());
                    self.set(FILE, text);
                }
                Change::Section(section) => {
                    let text = section::with(&self.text(STRATEGY)?, section);
                    self.set(STRATEGY, text);
                }
            }
        }
        if self.changed.contains_key(FILE) {
            self.keep_bounds(bounds)?;
        }
        Ok(self.changed)
    }

    fn keep_bounds(&mut self, bounds: &Bounds) -> Result<(), E> {
        let cut = bounds::cut(&self.text(FILE)?, bounds);
        if cut.entries.is_empty() && cut.known_issues.is_empty() {
            return Ok(());
        }
        self.archive(KNOWN_ISSUE, &cut.known_issues)?;
        self.archive(ENTRY, &cut.entries)?;
        self.set(FILE, cut.text);
        Ok(())
    }

    /// Puts what leaves into the archive of its year, unless it is there already.
    fn archive(&mut self, kind: &str, old: &[Old]) -> Result<(), E> {
        for block in old {
            let path = archive_of(date_in(&block.text));
            let text = self.text(&path)?;
            if marker::has(&text, kind, &block.key) {
                continue;
            }
            let new = format!("{}\n", block.text.trim_end());
            let text = if text.trim().is_empty() { archive_template(&path) } else { text };
            let text = match kind {
                ENTRY => with_entry(&text, &new),
                _ => with_known_issue(&text, &new),
            };
            self.set(&path, text);
        }
        Ok(())
    }

    fn text(&mut self, path: &str) -> Result<String, E> {
        if let Some(text) = self.changed.get(path).or_else(|| self.texts.get(path)) {
            return Ok(text.clone());
        }
        let text = (self.read)(path)?.unwrap_or_default();
        self.texts.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    fn set(&mut self, path: &str, text: String) {
        self.changed.insert(path.to_owned(), text);
    }
}

/// The memory with one more entry at the top of its recent changes.
fn with_entry(memory: &str, entry: &str) -> String {
    let memory = if memory.trim().is_empty() { TEMPLATE } else { memory };
    match layout::recent(memory) {
        Some(at) => layout::insert(memory, at, entry),
        None => layout::insert(memory, memory.len(), &format!("{RECENT}\n\n{entry}")),
    }
}

/// The memory with one more line at the top of its known issues.
fn with_known_issue(memory: &str, line: &str) -> String {
    let memory = if memory.trim().is_empty() { TEMPLATE } else { memory };
    let Some(at) = layout::known(memory) else {
        let section = format!("{KNOWN}\n\n{line}");
        let at = layout::recent_heading(memory).unwrap_or(memory.len());
        return layout::insert(memory, at, &section);
    };
    // Below the blank line that is there, so that the list stays one list.
    let rest = memory.get(at..).unwrap_or_default();
    let blank = ["\n", "\r\n"].into_iter().find(|blank| rest.starts_with(blank));
    let list = rest.trim_start_matches(['\n', '\r']).starts_with(['-', '*', '+']);
    match blank {
        Some(blank) if list => {
            let (before, after) = memory.split_at_checked(at + blank.len()).unwrap_or((memory, ""));
            format!("{before}{line}{after}")
        }
        _ => layout::insert(memory, at, line),
    }
}

/// The day in the first line of a block that has one.
fn date_in(block: &str) -> &str {
    let is_date = |word: &&str| {
        word.len() == 10
            && word.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    block.lines().take(3).flat_map(str::split_whitespace).find(is_date).unwrap_or("undated")
}

/// The archive of the year of a day.
fn archive_of(date: &str) -> String {
    let year = date.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    format!("{ARCHIVE}{}.md", year.unwrap_or("undated"))
}

fn archive_template(path: &str) -> String {
    let year = path.trim_start_matches(ARCHIVE).trim_end_matches(".md");
    format!(
        "# Codebase memory: {year}\n\nWhat has become too old for `{FILE}`, newest first.\n\n{KNOWN}\n\n{RECENT}\n"
    )
}
