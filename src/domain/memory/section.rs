//! Sections of `STRATEGY.md` that are ours as a whole: what stands between their two markers is replaced, the rest is the people's.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::text::{clean, marker};

/// The kind of the marker above a section.
const BEGIN: &str = "section";

/// The kind of the marker below a section.
const END: &str = "section-end";

/// The file as it begins its life.
const TEMPLATE: &str = "# Strategy\n";

/// A section with its whole text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The name in its markers: letters, digits and dashes.
    pub name: String,
    /// The heading that it gets when it is made; a person may change it.
    pub title: String,
    /// What stands between its markers.
    pub body: String,
}

impl Section {
    /// The text between the markers: it can forge none of ours.
    fn content(&self) -> String {
        format!("\n{}\n", marker::neutralize(self.body.trim()))
    }
}

/// What stands in a section of the file now, between its markers.
pub fn present<'a>(strategy: &'a str, name: &str) -> Option<&'a str> {
    strategy.get(inside(strategy, name)?)
}

/// Whether the file has the section as it is to be.
pub(super) fn has(strategy: &str, section: &Section) -> bool {
    inside(strategy, &section.name)
        .and_then(|range| strategy.get(range))
        .is_some_and(|present| present.trim() == section.content().trim())
}

/// The file with the section as it is to be.
pub(super) fn with(strategy: &str, section: &Section) -> String {
    let strategy = if strategy.trim().is_empty() { TEMPLATE } else { strategy };
    let content = section.content();
    if let Some(range) = inside(strategy, &section.name) {
        let mut text = strategy.to_owned();
        text.replace_range(range, &content);
        return text;
    }
    let newline = if strategy.ends_with('\n') { "" } else { "\n" };
    let title = clean::one_line(&marker::neutralize(&section.title), 100);
    let (begin, end) = (marker::render(BEGIN, &section.name), marker::render(END, &section.name));
    format!("{strategy}{newline}\n## {title}\n\n{begin}{content}{end}\n")
}

/// What lies between the markers of a section.
fn inside(strategy: &str, name: &str) -> Option<Range<usize>> {
    let (begin, end) = (marker::render(BEGIN, name), marker::render(END, name));
    let from = strategy.find(&begin)? + begin.len();
    let length = strategy.get(from..)?.find(&end)?;
    Some(from..from + length)
}
