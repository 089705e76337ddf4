//! Where things stand in a memory file: its sections, our entries in them, our lines. What is in a code fence is nobody's heading.

use std::ops::Range;

use super::{ENTRY, KNOWN_ISSUE};
use crate::text::marker;
use crate::text::sections::Fence;

/// The section that holds the entries.
pub(super) const RECENT: &str = "## Recent Changes";

/// The section that holds what is known to be broken.
pub(super) const KNOWN: &str = "## Known Issues / Gotchas";

/// How a person may have written the heading of [`KNOWN`].
const KNOWN_BEGINS: &str = "## Known Issues";

/// An entry or a line of ours, found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The key of its marker.
    pub(super) key: String,
    /// Where it stands, from its first byte to what follows it.
    pub(super) range: Range<usize>,
}

/// A line, its first byte, and whether it is code.
struct Line<'a> {
    text: &'a str,
    start: usize,
    is_code: bool,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The level of a heading.
    fn level(&self) -> Option<usize> {
        let marks = self.text.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading = (1..=6).contains(&marks)
            && self.text.get(marks..).is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']));
        (is_heading && !self.is_code).then_some(marks)
    }

    /// The key of the marker of a kind in it.
    fn key(&self, kind: &str) -> Option<String> {
        if self.is_code {
            return None;
        }
        marker::find_all(self.text).into_iter().find(|m| m.kind == kind).map(|m| m.key)
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut fence, mut start, mut opened) = (Fence::default(), 0, 0);
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let was_open = fence.is_open();
        let is_code = fence.takes(line.trim_end_matches(['\r', '\n']));
        if !was_open {
            opened = lines.len();
        }
        lines.push(Line { text: line, start, is_code });
        start += line.len();
    }
    // A fence that nobody closed would hide everything that follows, and each new entry would begin the section anew.
    if fence.is_open() {
        lines.iter_mut().skip(opened).for_each(|line| line.is_code = false);
    }
    lines
}

/// Where the section of recent changes begins, behind its heading.
pub(super) fn recent(text: &str) -> Option<usize> {
    heading(text, |title| title == RECENT)
}

/// Where the section of known issues begins, behind its heading.
pub(super) fn known(text: &str) -> Option<usize> {
    heading(text, |title| title.starts_with(KNOWN_BEGINS))
}

fn heading(text: &str, is: impl Fn(&str) -> bool) -> Option<usize> {
    lines(text).iter().find(|line| !line.is_code && is(line.text.trim_end())).map(Line::end)
}

/// Where the heading of the recent changes itself begins.
pub(super) fn recent_heading(text: &str) -> Option<usize> {
    lines(text).iter().find(|line| !line.is_code && line.text.trim_end() == RECENT).map(|l| l.start)
}

/// Our entries, newest (first) to oldest. One ends at the next one, or at a heading that a person wrote.
pub(super) fn entries(text: &str) -> Vec<Block> {
    let Some(from) = recent(text) else { return Vec::new() };
    let mut blocks: Vec<Block> = Vec::new();
    // The block that is being read, and whether its own heading is still to come.
    let mut open: Option<(String, usize, bool)> = None;
    for line in lines(text).iter().filter(|line| line.start >= from) {
        let begins = line.key(ENTRY).filter(|_| line.text.starts_with("<!--"));
        let ends = match (&mut open, line.level()) {
            (Some((_, _, awaits_heading @ true)), Some(3)) => {
                *awaits_heading = false;
                false
            }
            (Some(_), Some(level)) => level <= 3,
            _ => false,
        };
        if (begins.is_some() || ends)
            && let Some((key, start, _)) = open.take()
        {
            blocks.push(Block { key, range: start..line.start });
        }
        if let Some(key) = begins {
            open = Some((key, line.start, true));
        } else if line.level().is_some_and(|level| level <= 2) {
            break;
        }
    }
    if let Some((key, start, _)) = open {
        blocks.push(Block { key, range: start..text.len() });
    }
    blocks
}

/// Our lines under the known issues, newest (first) to oldest, each with what a person indented below it.
pub(super) fn known_lines(text: &str) -> Vec<Block> {
    let Some(from) = known(text) else { return Vec::new() };
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for line in lines(text).iter().filter(|line| line.start >= from) {
        if line.level().is_some_and(|level| level <= 2) {
            break;
        }
        let continues = line.text.starts_with([' ', '\t']) && !line.text.trim().is_empty();
        if let Some(key) = line.key(KNOWN_ISSUE) {
            blocks.push(Block { key, range: line.start..line.end() });
            is_inside = true;
        } else if is_inside && continues {
            if let Some(block) = blocks.last_mut() {
                block.range.end = line.end();
            }
        } else {
            is_inside = false;
        }
    }
    blocks
}

/// A text with another one put in at a place; the blank lines around it are made where they are missing.
pub(super) fn insert(text: &str, at: usize, new: &str) -> String {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let newline = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let blank = if after.is_empty() || after.starts_with(['\n', '\r']) { "" } else { "\n" };
    format!("{before}{newline}\n{new}{blank}{after}")
}
