//! Texts of `KEY: value` parts, as agents write them: any decoration, any order, any letter case.

use super::{Fence, fence_mark, heading, list_item, trimmed};

/// One part of a labelled text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The key, in the spelling of the known keys, or as it was written.
    pub key: String,
    /// Whether it is one of the keys that were asked for.
    pub known: bool,
    /// What belongs to it, without empty lines around it and spaces at the ends of lines; line breaks are `\n`.
    pub value: String,
}

/// Splits a text into its `KEY: value` parts, in their order.
///
/// Known keys are taken in any letter case, with `#`, `**`, quotes or a list mark around them, value on the same line or
/// below; other keys only when they are `ALL_CAPS`. Fenced code hides keys, but for a fence around the whole. What
/// stands before the first key is dropped. A key given twice comes twice.
pub fn labelled(text: &str, keys: &[&str]) -> Vec<Labelled> {
    let mut reader = Reader {
        keys,
        parts: Vec::new(),
        open: None,
        fence: Fence::default(),
        outer: Outer::None,
        lists: None,
    };
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    for (row, line) in lines.iter().enumerate() {
        reader.take(line, lines.get(row + 1..).unwrap_or_default());
    }
    reader.close();
    reader.parts
}

/// A fence around the whole text, which hides nothing.
#[derive(Debug, Clone, Copy)]
enum Outer {
    None,
    Open { mark: char, length: usize },
}

/// How a key stands in its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Line,
    Heading,
    List,
}

/// A line that begins a part.
struct Label<'a> {
    name: &'a str,
    style: Style,
    value: String,
}

struct Reader<'a> {
    keys: &'a [&'a str],
    parts: Vec<Labelled>,
    open: Option<(String, bool, Vec<String>)>,
    fence: Fence,
    outer: Outer,
    /// Whether the first known key had a list mark; from then on the others of that text must be like it.
    lists: Option<bool>,
}

impl Reader<'_> {
    fn take(&mut self, line: &str, following: &[&str]) {
        if self.crosses_outer_fence(line, following) {
            return;
        }
        if self.fence.takes(line) {
            self.keep(line);
            return;
        }
        match label(line).and_then(|label| self.begun(label)) {
            Some(begun) => {
                self.close();
                // Code may begin on the key's own line.
                if let Some(value) = begun.2.first() {
                    self.fence.takes(value);
                }
                self.open = Some(begun);
            }
            None => self.keep(line),
        }
    }

    /// Drops the two lines of a fence around the whole; text behind it belongs to no key.
    fn crosses_outer_fence(&mut self, line: &str, following: &[&str]) -> bool {
        if self.fence.open.is_some() {
            return false;
        }
        match (self.outer, fence_mark(line)) {
            (Outer::None, Some((mark, length, _))) if self.lists.is_none() => {
                let first = following.iter().find(|line| !line.trim().is_empty());
                let begins = first
                    .and_then(|line| label(line))
                    .is_some_and(|label| self.known(label.name).is_some());
                if begins {
                    self.outer = Outer::Open { mark, length };
                }
                begins
            }
            (Outer::Open { mark, length }, Some((found, count, info)))
                if mark == found && count >= length && info.is_empty() =>
            {
                self.outer = Outer::None;
                self.close();
                true
            }
            _ => false,
        }
    }

    /// Decides whether a label begins a part here.
    fn begun(&mut self, label: Label<'_>) -> Option<(String, bool, Vec<String>)> {
        let all_caps = is_all_caps(label.name);
        let known = self.known(label.name).map(str::to_owned);
        // In a list of findings `- Status: page updated` is no key, unless the keys themselves are list items.
        let fits =
            label.style != Style::List || all_caps && known.is_some() || self.lists != Some(false);
        match known {
            Some(key) if fits => {
                self.lists.get_or_insert(label.style == Style::List);
                Some((key, true, vec![label.value]))
            }
            None if all_caps && (label.style != Style::List || self.lists == Some(true)) => {
                Some((label.name.to_owned(), false, vec![label.value]))
            }
            _ => None,
        }
    }

    fn known(&self, name: &str) -> Option<&str> {
        let plain = |text: &str| text.replace([' ', '-'], "_").to_lowercase();
        let wanted = plain(name);
        self.keys.iter().copied().find(|key| plain(key) == wanted)
    }

    fn keep(&mut self, line: &str) {
        if let Some((_, _, value)) = &mut self.open {
            value.push(line.trim_end().to_owned());
        }
    }

    fn close(&mut self) {
        if let Some((key, known, value)) = self.open.take() {
            let lines = dedented(&value);
            self.parts.push(Labelled { key, known, value: trimmed(&lines) });
        }
    }
}

/// Takes off the indentation that all lines below the key have, so that a list stays a list.
fn dedented(value: &[String]) -> Vec<&str> {
    let below = value.iter().skip(1).filter(|line| !line.is_empty());
    let common =
        below.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    let first = value.first().map(String::as_str);
    let rest = value.iter().skip(1).map(|line| line.get(common..).unwrap_or_default());
    first.into_iter().chain(rest).collect()
}

/// `TODO` is one, `A` is not: a drive letter is no key.
fn is_all_caps(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Reads a line as a label: `KEY: value`, `**Key:** value`, `- **KEY**: value`, `## Key`.
fn label(line: &str) -> Option<Label<'_>> {
    let indent = line.len() - line.trim_start().len();
    if let Some((_, title)) = heading(line) {
        return split(title, Style::Heading);
    }
    match list_item(line) {
        Some((0..=1, item)) => split(item, Style::List),
        None if indent <= 3 => split(line.trim(), Style::Line),
        _ => None,
    }
}

/// Decoration of Markdown that may stand on both sides of a key.
const DECORATION: [char; 4] = ['*', '_', '`', '"'];

fn split(text: &str, style: Style) -> Option<Label<'_>> {
    let bare = text.trim_start_matches(DECORATION);
    let opening = text.get(..text.len() - bare.len()).unwrap_or_default();
    let (name, value) = match bare.split_once(':') {
        Some((name, value)) => (name, value),
        None if style == Style::Heading => (bare, ""),
        None => return None,
    };
    let key = name.trim().trim_end_matches(['*', '`', '"']).trim_end();
    let key = if opening.contains('_') { key.trim_end_matches('_') } else { key };
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.len() <= 60
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    is_name.then(|| Label { name: key, style, value: undecorated(value, name, opening) })
}

/// Takes off what closes the decoration that was opened before the key: behind the colon or at the end of the line.
fn undecorated(value: &str, name: &str, opening: &str) -> String {
    let value = value.trim();
    let closed_before_colon = name.trim_end().ends_with(['*', '`', '"', '_']);
    if opening.is_empty() || closed_before_colon {
        return value.to_owned();
    }
    let closing: String = opening.chars().rev().collect();
    let behind_colon = value.strip_prefix(&closing).map(str::trim_start);
    behind_colon.or_else(|| value.strip_suffix(&closing)).unwrap_or(value).trim().to_owned()
}
