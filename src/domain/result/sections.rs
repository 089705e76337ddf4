//! From a file's text to its sections: which lines are keys, which are code, and which belong to which key.

use std::borrow::Cow;

use super::scan::{Certainty, Key, KeyLine, Name, heading_level, key_line, strip_bullet};

/// A line of a section's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// Inside a fenced block, or one of its fences.
    pub(super) fenced: bool,
}

/// A key with all the lines that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: Name,
    pub(super) lines: Vec<Line<'a>>,
}

/// Splits a file into its sections; what stands before the first is left out.
///
/// The whole file may be wrapped in a fence, or the result may be the one fenced block of a longer text.
pub(super) fn split(text: &str) -> Vec<Section<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let plain = split_lines(&lines);
    if has_status(&plain) {
        return plain;
    }
    if let Some(inner) = unwrapped(&lines) {
        let sections = split_lines(inner);
        if has_status(&sections) {
            return sections;
        }
    }
    if plain.iter().any(|section| matches!(section.name, Name::Known(..))) {
        return plain;
    }
    let mut blocks =
        blocks(&lines).into_iter().filter_map(|(start, end)| lines.get(start + 1..end));
    blocks.find_map(|block| Some(split_lines(block)).filter(|s| has_status(s))).unwrap_or(plain)
}

fn has_status(sections: &[Section<'_>]) -> bool {
    sections.iter().any(|section| matches!(section.name, Name::Known(Key::Status, _)))
}

/// The lines between an opening fence at the very beginning and a bare one at the very end.
fn unwrapped<'a, 'b>(lines: &'b [&'a str]) -> Option<&'b [&'a str]> {
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let last = lines.iter().rposition(|line| !line.trim().is_empty())?;
    let opening = Fence::opening(lines.get(first)?)?;
    Fence::read(lines.get(last)?).filter(|fence| fence.closes(opening))?;
    lines.get(first + 1..last)
}

fn split_lines<'a>(lines: &[&'a str]) -> Vec<Section<'a>> {
    let code = in_code(lines);
    let keys: Vec<Option<KeyLine<'a>>> = lines
        .iter()
        .zip(&code)
        .map(|(line, fenced)| if *fenced { None } else { key_line(line) })
        .collect();
    let best = |wanted: Key| -> Option<Certainty> {
        let certainties = keys.iter().flatten().filter_map(|line| match line.name {
            Name::Known(key, certainty) if key == wanted => Some(certainty),
            _ => None,
        });
        certainties.max()
    };
    let best: Vec<(Key, Option<Certainty>)> = Key::ALL.map(|key| (key, best(key))).to_vec();
    let mut sections: Vec<Section<'a>> = Vec::new();
    let mut heading_limit = 6;
    for ((text, fenced), key) in lines.iter().zip(&code).zip(keys) {
        let begins = key.filter(|line| match &line.name {
            Name::Known(key, certainty) => best.contains(&(*key, Some(*certainty))),
            Name::Unknown(_) => line.level <= heading_limit,
        });
        match begins {
            Some(line) => {
                // Below a plain key only large headings begin something new; below a heading only its equals do.
                heading_limit = if line.level == 0 { 2 } else { line.level };
                let value = Line { text: line.value, fenced: false };
                sections.push(Section { name: line.name, lines: vec![value] });
            }
            None => {
                if let Some(section) = sections.last_mut() {
                    section.lines.push(Line { text, fenced: *fenced });
                }
            }
        }
    }
    sections
}

/// A line of at least three backticks or tildes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fence {
    mark: char,
    length: usize,
    bare: bool,
}

impl Fence {
    fn read(line: &str) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = line.chars().take_while(|c| *c == mark).count();
        let info = line.get(length..).unwrap_or_default();
        // "```x```" is a code span, not a fence.
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self {
            mark,
            length,
            bare: info.is_empty(),
        })
    }

    /// A block may begin on the line of a list marker.
    fn opening(line: &str) -> Option<Self> {
        Self::read(strip_bullet(line).unwrap_or(line))
    }

    fn closes(self, opening: Self) -> bool {
        self.bare && self.mark == opening.mark && self.length >= opening.length
    }
}

/// For each line, whether it belongs to a fenced block, the fences included.
pub(super) fn in_code(lines: &[&str]) -> Vec<bool> {
    let mut code = vec![false; lines.len()];
    for (start, end) in blocks(lines) {
        code.iter_mut().take(end + 1).skip(start).for_each(|inside| *inside = true);
    }
    code
}

/// The first and last lines of every fenced block. A fence that is never closed is text: one forgotten line must not
/// hide the rest of the file.
fn blocks(lines: &[&str]) -> Vec<(usize, usize)> {
    // For each line, the longest closing fence from there on, so that an unclosed one costs no search to the end.
    let mut longest_behind = vec![(0, 0); lines.len() + 1];
    let mut longest = (0, 0);
    for (slot, line) in longest_behind.iter_mut().zip(lines).rev() {
        match Fence::read(line).filter(|fence| fence.bare) {
            Some(fence) if fence.mark == '`' => longest.0 = longest.0.max(fence.length),
            Some(fence) => longest.1 = longest.1.max(fence.length),
            None => {}
        }
        *slot = longest;
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let (ticks, tildes) = longest_behind.get(at + 1).copied().unwrap_or_default();
        let closed = Fence::opening(line)
            .filter(|opening| opening.length <= if opening.mark == '`' { ticks } else { tildes });
        let end = closed.and_then(|opening| {
            let mut behind = lines.iter().enumerate().skip(at + 1);
            behind.find(|(_, line)| Fence::read(line).is_some_and(|f| f.closes(opening)))
        });
        match end {
            Some((end, _)) => {
                found.push((at, end));
                at = end + 1;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether the line is nothing but a fence.
pub(super) fn is_fence(line: &str) -> bool {
    Fence::read(line).is_some()
}

/// Whether a line of text has to be escaped when it is written, because it would be read as something else.
pub(super) fn is_syntax(line: &str) -> bool {
    let line = line.trim().trim_start_matches('\\');
    Fence::opening(line).is_some() || heading_level(line) > 0 || key_line(line).is_some()
}

/// A line of text, safe to write.
pub(super) fn escape(line: &str) -> Cow<'_, str> {
    if !is_syntax(line) {
        return Cow::Borrowed(line);
    }
    let text = line.trim_start();
    let indent = line.get(..line.len() - text.len()).unwrap_or_default();
    Cow::Owned(format!("{indent}\\{text}"))
}

/// A line as it was before it was escaped.
pub(super) fn unescape(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    match text.strip_prefix('\\') {
        Some(behind) if !behind.starts_with(char::is_whitespace) && is_syntax(behind) => {
            let indent = line.get(..line.len() - text.len()).unwrap_or_default();
            Cow::Owned(format!("{indent}{behind}"))
        }
        _ => Cow::Borrowed(line),
    }
}
