//! How large the memory may become, and what has to leave it: what is too old, what is over.

use super::layout::{self, Block};

/// How much `CODEBASE.md` holds before its oldest parts go to the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most entries.
    pub entries: usize,
    /// Most lines of known issues.
    pub known_issues: usize,
    /// Most bytes of the whole file.
    pub bytes: usize,
    /// So many entries stay however long the file is: those that prompts show. What people wrote is theirs to shorten.
    pub least_entries: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 100, known_issues: 50, bytes: 256 * 1024, least_entries: 15 }
    }
}

/// A block that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Old {
    /// The key of its marker.
    pub(super) key: String,
    /// Its text, with what people added to it.
    pub(super) text: String,
}

/// The memory within its bounds, and what had to leave it, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) text: String,
    pub(super) entries: Vec<Old>,
    pub(super) known_issues: Vec<Old>,
}

/// Takes the oldest entries and known issues out of a memory that is beyond its bounds.
pub(super) fn cut(memory: &str, bounds: &Bounds) -> Cut {
    let mut text = memory.to_owned();
    let known = layout::known_lines(&text);
    let known_issues = take_out(&mut text, known.get(bounds.known_issues..).unwrap_or_default());
    let present = layout::entries(&text);
    let keep = kept(&present, text.len(), bounds);
    let entries = take_out(&mut text, present.get(keep..).unwrap_or_default());
    Cut { text, entries, known_issues }
}

/// Takes the known issues with these keys out of a memory, with what people wrote below them; oldest first.
pub(super) fn without_known(memory: &str, is_over: impl Fn(&str) -> bool) -> (String, Vec<Old>) {
    let (mut text, mut old) = (memory.to_owned(), Vec::new());
    for block in layout::known_lines(memory).iter().rev().filter(|block| is_over(&block.key)) {
        old.extend(take_out(&mut text, std::slice::from_ref(block)));
        // The blank line that the first line of a list was given.
        let at = block.range.start;
        let is_between_blanks = text.get(..at).is_some_and(|above| above.ends_with("\n\n"))
            && text.get(at..).is_some_and(|below| below.starts_with('\n'));
        if is_between_blanks {
            text.replace_range(at..=at, "");
        }
    }
    (text, old)
}

/// How many entries stay.
fn kept(entries: &[Block], bytes: usize, bounds: &Bounds) -> usize {
    let mut keep = entries.len().min(bounds.entries.max(1));
    let gone: usize = entries.iter().skip(keep).map(|block| block.range.len()).sum();
    let mut left = bytes - gone.min(bytes);
    while left > bounds.bytes && keep > bounds.least_entries.max(1) {
        keep -= 1;
        left -= entries.get(keep).map_or(0, |block| block.range.len()).min(left);
    }
    keep
}

/// Takes blocks out of a text, the last first, and returns them in that order.
fn take_out(text: &mut String, blocks: &[Block]) -> Vec<Old> {
    let mut old = Vec::new();
    let reached_end = blocks.last().is_some_and(|block| block.range.end == text.len());
    for block in blocks.iter().rev() {
        let Some(taken) = text.get(block.range.clone()) else { continue };
        old.push(Old { key: block.key.clone(), text: taken.to_owned() });
        text.replace_range(block.range.clone(), "");
    }
    // The blank line that parted them from what stands above.
    if reached_end && text.ends_with("\n\n") {
        text.pop();
    }
    old
}
