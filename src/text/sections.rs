//! Markdown as sections: `## Headings`, `KEY: value` results, lists, dependencies, and fences around foreign text.

mod labelled;

pub use labelled::{Labelled, labelled};

/// A part of a Markdown text below a heading of level two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading's text.
    pub title: String,
    /// What stands below it, without empty lines around it; line breaks are `\n`.
    pub body: String,
}

/// Splits a Markdown text at its `## Headings`; what stands before the first one, or below a `# Title`, belongs to none.
pub fn level2(markdown: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    let mut fence = Fence::default();
    for line in markdown.strip_prefix('\u{feff}').unwrap_or(markdown).lines() {
        let heading = if fence.takes(line) { None } else { heading(line) };
        match (heading, &mut open) {
            (Some((level, title)), _) if level <= 2 => {
                sections.extend(open.take().map(finished));
                open = (level == 2).then(|| (title.to_owned(), Vec::new()));
            }
            (_, Some((_, body))) => body.push(line),
            (_, None) => {}
        }
    }
    sections.extend(open.map(finished));
    sections
}

/// Splits a text into the items of its lists; further lines of an item stay with it, a line outside of any list is an item.
pub fn bullets(body: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut fence = Fence::default();
    let mut inside = false;
    for line in body.lines() {
        let code = fence.takes(line);
        let text = line.trim();
        let continues = inside && (code || line.starts_with([' ', '\t']));
        match (list_item(line).filter(|_| !code), items.last_mut()) {
            (Some((0..=1, item)), _) => {
                items.push(item.to_owned());
                inside = true;
            }
            (_, Some(last)) if continues && (code || !text.is_empty()) => {
                last.push('\n');
                last.push_str(line.trim_end());
            }
            _ if text.is_empty() => inside &= code,
            (Some((_, item)), _) => {
                items.push(item.to_owned());
                inside = true;
            }
            (None, _) => {
                items.push(text.to_owned());
                inside = code;
            }
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// Finds the issues that a text waits for: `Depends on #N` and `Blocked by #N` at the start of a line, each number once.
pub fn dependency_lines(markdown: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut fence = Fence::default();
    for line in markdown.lines().filter(|line| !fence.takes(line)) {
        for number in dependencies(line) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    numbers
}

/// Wraps a text in a code fence that is longer than any run of backticks in it; ends without a line break.
///
/// Whatever the text says, a reader sees it as data. `info` stands behind the opening fence.
pub fn fence(text: &str, info: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let marks = "`".repeat(longest.max(2) + 1);
    let info: String = info.chars().filter(|c| *c != '`' && !c.is_control()).collect();
    let line_break = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{marks}{}\n{text}{line_break}{marks}", info.trim())
}

fn finished((title, body): (String, Vec<&str>)) -> Section {
    Section { title, body: trimmed(&body) }
}

/// Joins lines, without the empty ones around them.
fn trimmed(lines: &[&str]) -> String {
    let is_text = |line: &&str| !line.trim().is_empty();
    let first = lines.iter().position(is_text).unwrap_or(lines.len());
    let end = lines.iter().rposition(is_text).map_or(first, |last| last + 1);
    lines.get(first..end).unwrap_or_default().join("\n").trim_end().to_owned()
}

/// Whether the reader is inside of fenced code.
#[derive(Debug, Default)]
pub(crate) struct Fence {
    open: Option<(char, usize)>,
}

impl Fence {
    /// Whether a fence is open behind the lines so far.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Goes on by a line; whether that line is code or a fence.
    pub(crate) fn takes(&mut self, line: &str) -> bool {
        let found = fence_mark(line);
        match (self.open, found) {
            (None, Some((mark, length, info))) => {
                // An info string of backticks makes it inline code.
                if mark == '`' && info.contains('`') {
                    return false;
                }
                self.open = Some((mark, length));
                true
            }
            (Some((open, least)), Some((mark, length, info))) => {
                if mark == open && length >= least && info.is_empty() {
                    self.open = None;
                }
                true
            }
            (Some(_), None) => true,
            (None, None) => false,
        }
    }
}

/// Reads a line that begins with three or more of a fence's characters: which, how many, and what follows.
///
/// Indentation is not looked at: inside of lists fences stand deeper, and everybody writes them so.
fn fence_mark(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3).then(|| (mark, length, line.get(length..).unwrap_or_default().trim()))
}

/// Reads `## Title ##` as its level and title.
fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() > 3 {
        return None;
    }
    let level = text.chars().take_while(|c| *c == '#').count();
    let title = text.get(level..)?;
    if !(1..=6).contains(&level) || !(title.is_empty() || title.starts_with([' ', '\t'])) {
        return None;
    }
    let title = title.trim();
    let bare = title.trim_end_matches('#');
    let title =
        if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { title };
    Some((level, title))
}

/// Reads `- text`, `* text`, `+ text`, `1. text` or `1) text`, with or without a check box, as indentation and text.
fn list_item(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text.get(digits..)?.strip_prefix(['.', ')'])?,
        _ => return None,
    };
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = rest.trim();
    let boxed = ["[ ]", "[x]", "[X]"].iter().find_map(|mark| rest.strip_prefix(mark));
    let item = boxed.filter(|item| item.is_empty() || item.starts_with(' ')).unwrap_or(rest);
    Some((indent, item.trim()))
}

/// The numbers of a `Depends on #1, #2 and #3` line.
fn dependencies(line: &str) -> Vec<u64> {
    let text = list_item(line).map_or(line.trim(), |(_, item)| item);
    let plain: String =
        text.chars().filter(|c| !matches!(c, '*' | '_')).collect::<String>().to_lowercase();
    let Some(rest) =
        ["depends on", "blocked by"].iter().find_map(|words| plain.strip_prefix(words))
    else {
        return Vec::new();
    };
    let mut rest = rest.trim_start().trim_start_matches(':').trim_start();
    let mut numbers = Vec::new();
    while let Some(behind) = rest.strip_prefix('#') {
        let length = behind.chars().take_while(char::is_ascii_digit).count();
        let (digits, tail) = behind.split_at_checked(length).unwrap_or((behind, ""));
        numbers.extend(digits.parse::<u64>().ok().filter(|number| *number > 0));
        let tail = tail.trim_start_matches([' ', ',', '&']);
        rest = tail.strip_prefix("and ").unwrap_or(tail).trim_start();
    }
    numbers
}

#[cfg(test)]
mod tests;
