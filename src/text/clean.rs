//! Text from outside made harmless: nothing hidden for a model, nothing that steers a terminal.

/// A text without hidden parts, and what was taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The text, with `\n` as its only line break.
    pub text: String,
    /// What was removed and how many of it, one line per kind, for the record; line breaks do not count.
    pub removed: Vec<String>,
}

/// Takes out of somebody else's text what its readers did not see: HTML comments, invisible and control characters.
///
/// A comment inside a code block that certainly is one stays, since there it is visible.
pub fn untrusted(text: &str) -> Cleaned {
    let unified = unified_line_breaks(text);
    let mut controls = 0_usize;
    let mut invisible = 0_usize;
    let mut visible = String::with_capacity(unified.len());
    for c in unified.chars() {
        if is_harmful_control(c) {
            controls += 1;
        } else if is_invisible(c) {
            invisible += 1;
        } else {
            visible.push(c);
        }
    }
    let (text, comments) = without_comments(&visible);
    let kinds = [
        (comments, "HTML comment"),
        (invisible, "invisible character"),
        (controls, "control character"),
    ];
    let removed = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {kind}{}", if count == 1 { "" } else { "s" }))
        .collect();
    Cleaned { text, removed }
}

/// Takes out everything that could steer a terminal or turn the direction of writing; `\n` and `\t` stay.
pub fn terminal(text: &str) -> String {
    let unified = unified_line_breaks(text);
    let mut result = String::with_capacity(unified.len());
    let mut rest = unified.as_str();
    while let Some(c) = rest.chars().next() {
        let length = if c == '\u{1b}' { escape_length(rest) } else { c.len_utf8() };
        if !is_harmful_control(c) && !is_direction(c) {
            result.push(c);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    result
}

/// Puts a text on one line of at most `max_chars` characters, `…` at its end when it was longer.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let line = terminal(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max_chars {
        return line;
    }
    let mut cut: String = line.chars().take(max_chars.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    if max_chars > 0 {
        cut.push('…');
    }
    cut
}

fn unified_line_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn is_harmful_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// Marks and overrides of writing direction: with them a line can show something else than it says.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a shape of their own (Unicode's default ignorables and fillers), line separators included.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The bytes of the escape sequence at the head of `text`, at least the escape character itself.
fn escape_length(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '[')) => {
            for (at, c) in chars {
                match c {
                    '\u{40}'..='\u{7e}' => return at + 1,
                    '\u{20}'..='\u{3f}' => {}
                    _ => return at,
                }
            }
            text.len()
        }
        // Operating system commands and their like end with BEL or ESC \; one that never ends is cut at its line.
        Some((_, ']' | 'P' | 'X' | '^' | '_')) => {
            for (at, c) in chars {
                match c {
                    '\u{7}' => return at + 1,
                    '\u{1b}' => {
                        return at
                            + if text.get(at..).is_some_and(|t| t.starts_with("\u{1b}\\")) {
                                2
                            } else {
                                0
                            };
                    }
                    '\n' => return at,
                    _ => {}
                }
            }
            text.len()
        }
        Some((_, '\u{20}'..='\u{2f}')) => {
            let end = chars.find(|(_, c)| !matches!(c, '\u{20}'..='\u{2f}'));
            end.map_or(
                text.len(),
                |(at, c)| if matches!(c, '\u{30}'..='\u{7e}') { at + 1 } else { at },
            )
        }
        Some((at, '\u{30}'..='\u{7e}')) => at + 1,
        _ => 1,
    }
}

/// An open code block.
struct Fence {
    mark: char,
    length: usize,
}

/// Removes HTML comments outside of code blocks and counts them.
///
/// A block counts as code only when it begins in the first column with no HTML before it: anywhere else (in a list, in
/// `<details>`) a renderer may see a comment where a simple reader sees code. When in doubt the comment goes.
fn without_comments(text: &str) -> (String, usize) {
    let mut result = String::with_capacity(text.len());
    let mut removed = 0;
    let mut fence: Option<Fence> = None;
    let mut html_seen = false;
    let mut rest = text;
    while !rest.is_empty() {
        let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let line = rest.get(..line_end).unwrap_or(rest);
        if let Some(open) = &fence {
            if closes(line, open) {
                fence = None;
            }
        } else if let Some(open) = opening(line).filter(|_| !html_seen) {
            fence = Some(open);
        } else if let Some(at) = line.find("<!--") {
            let before = line.get(..at).unwrap_or_default();
            let from = rest.get(at + 4..).unwrap_or_default();
            let end = from.find("-->").map(|end| at + 4 + end + 3);
            if end.is_some() || starts_block(before) {
                result.push_str(before);
                // Without the space, what stands around the comment could join to another one.
                if ["<", "<!", "<!-"].iter().any(|head| result.ends_with(head)) {
                    result.push(' ');
                }
                rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
                // Only a comment alone on its lines leaves no line that reads differently now.
                let behind = rest.split('\n').next().unwrap_or_default();
                html_seen |= !before.trim().is_empty() || !behind.trim().is_empty();
                removed += 1;
                continue;
            }
            html_seen = true;
        } else {
            html_seen |= has_html(line);
        }
        result.push_str(line);
        rest = rest.get(line_end..).unwrap_or_default();
    }
    (result, removed)
}

/// An unfinished comment hides the rest of the text only where it begins a block.
fn starts_block(before: &str) -> bool {
    before.chars().all(|c| {
        c.is_whitespace() || c.is_ascii_digit() || matches!(c, '-' | '*' | '+' | '>' | '.' | ')')
    })
}

fn has_html(line: &str) -> bool {
    line.match_indices('<').any(|(at, _)| {
        let next = line.get(at + 1..).and_then(|tail| tail.chars().next());
        next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
    })
}

fn opening(line: &str) -> Option<Fence> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let info = line.get(length..).unwrap_or_default();
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Fence { mark, length })
}

fn closes(line: &str, fence: &Fence) -> bool {
    let line = line.trim();
    line.chars().count() >= fence.length && line.chars().all(|c| c == fence.mark)
}

#[cfg(test)]
mod tests;
