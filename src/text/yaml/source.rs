//! The text that is being read: what is refused at a glance, and errors with their place in the file.

use super::{Place, YamlError};
use crate::text::{clean, similar};

/// A configuration or a task file is some kilobytes; more is a mistake or an attack.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The scanner's time grows with bytes times open brackets; this product takes it about a second.
const MAX_BRACKET_WORK: usize = 2_000_000_000;
/// Longer lines are cut in an excerpt.
const EXCERPT_CHARS: usize = 160;
/// More known keys than this help nobody in one line.
const MAX_LISTED: usize = 12;

pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) place: &'a Place<'a>,
}

impl Source<'_> {
    /// Refuses what the parser would misread or take too long over: size, nesting, control characters.
    pub(super) fn check_characters(&self) -> Result<(), YamlError> {
        if self.text.len() > MAX_BYTES {
            let message =
                format!("{} bytes are more than the {MAX_BYTES} that are taken", self.text.len());
            return Err(self.error(None, &message));
        }
        if open_brackets(self.text).saturating_mul(self.text.len()) > MAX_BRACKET_WORK {
            return Err(self.error(None, "too many open brackets"));
        }
        for (row, line) in self.text.split('\n').enumerate() {
            let unreadable = line.chars().position(is_unreadable);
            if let Some(column) = unreadable {
                let code = line.chars().nth(column).map_or(0, u32::from);
                let message = format!("the character U+{code:04X} has no place in YAML");
                let mut error = self.error(Some((row + 1, column + 1)), &message);
                error.hint =
                    Some("remove it, or write it as an escape in double quotes".to_owned());
                return Err(error);
            }
        }
        Ok(())
    }

    /// Turns the parser's error into one with file, line, excerpt and, where a word is nearly right, a hint.
    pub(super) fn explain(&self, error: &serde_yaml::Error) -> YamlError {
        let place = error.location().map(|place| (place.line(), place.column()));
        let text = without_places(&error.to_string());
        let (message, hint) = rephrased(&clean::one_line(&text, 2_000));
        let place = place.or_else(|| self.second_document(&message));
        let mut result = self.error(place, &message);
        result.hint = hint;
        result
    }

    fn second_document(&self, message: &str) -> Option<(usize, usize)> {
        if !message.contains("more than one document") {
            return None;
        }
        let separators =
            self.text.lines().enumerate().skip(1).filter(|(_, line)| line.starts_with("---"));
        separators.last().map(|(row, _)| (row + 1, 1))
    }

    pub(super) fn error(&self, place: Option<(usize, usize)>, message: &str) -> YamlError {
        let excerpt = place.and_then(|(line, column)| self.excerpt(line, column));
        let covered = excerpt.as_ref().is_some_and(|text| text.contains(COVER));
        YamlError {
            file: self.place.file.to_owned(),
            line: place.map(|(line, _)| line + self.place.first_line.saturating_sub(1)),
            column: place.map(|(_, column)| column),
            message: if covered { without_quoted(message) } else { clean::one_line(message, 400) },
            excerpt,
            hint: None,
        }
    }

    /// The line above, the line and a caret, with the line numbers of the file.
    fn excerpt(&self, line: usize, column: usize) -> Option<Box<str>> {
        let wanted = shown(self.text.lines().nth(line.checked_sub(1)?)?);
        let offset = self.place.first_line.saturating_sub(1);
        let width = (line + offset).to_string().len();
        let mut result = String::new();
        let above = line.checked_sub(2).and_then(|row| self.text.lines().nth(row));
        if let Some(above) = above.map(shown).filter(|text| !text.trim().is_empty()) {
            result = format!("{:>width$} | {above}\n", line + offset - 1);
        }
        let indent = " ".repeat(column.saturating_sub(1).min(wanted.chars().count()));
        let number = line + offset;
        Some(format!("{result}{number:>width$} | {wanted}\n{:>width$} | {indent}^", "").into())
    }
}

const COVER: &str = "[secret]";

/// A line as it may be shown: harmless for a terminal, of bounded length, without the value of a secret.
fn shown(line: &str) -> String {
    let line = clean::terminal(line).replace('\t', " ");
    let line = line.trim_end();
    let covered =
        line.split_once(':').filter(|(key, value)| names_a_secret(key) && !value.trim().is_empty());
    let line = match covered {
        Some((key, _)) => format!("{key}: {COVER}"),
        None => line.to_owned(),
    };
    line.chars().take(EXCERPT_CHARS).collect()
}

fn names_a_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["token", "secret", "password", "apikey", "api_key"].iter().any(|word| key.contains(word))
        && !key.contains("secrets_file")
}

/// Messages of the parser quote the value that they complain about.
fn without_quoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let before = message.get(..first).unwrap_or_default();
            let behind = message.get(last + 1..).unwrap_or_default();
            format!("{before}{COVER}{behind}")
        }
        _ => message.to_owned(),
    }
}

/// How many brackets are open at most; those in strings count too, which at worst is too many.
fn open_brackets(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// What YAML does not print; the parser would name only a byte position, and end the text at a NUL.
fn is_unreadable(c: char) -> bool {
    match c {
        '\t' | '\r' | '\u{85}' => false,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    }
}

/// Takes out ` at line 3 column 5`: those lines are counted from the start of the YAML, not of the file.
fn without_places(message: &str) -> String {
    let mut result = String::new();
    let mut rest = message;
    while let Some((before, behind)) = rest.split_once(" at line ") {
        result.push_str(before);
        let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        let behind = behind.strip_prefix(" column ").unwrap_or(behind);
        rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    result.push_str(rest);
    result
}

/// Words for people, and a hint when an unknown word is close to a known one.
fn rephrased(message: &str) -> (String, Option<String>) {
    let message = plain_types(message);
    for (what, word) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        let Some((before, behind)) = message.split_once(what) else { continue };
        let Some((name, expected)) = behind.split_once('`') else { continue };
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let hint = match similar::nearest(name, known.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if known.is_empty() => None,
            None if known.len() <= MAX_LISTED => Some(format!("known here: {}", known.join(", "))),
            None => None,
        };
        return (format!("{before}unknown {word} `{name}`"), hint);
    }
    if let Some((before, behind)) = message.split_once("missing field `") {
        let name = behind.trim_end_matches('`');
        return (format!("{before}the key `{name}` is missing"), None);
    }
    (message, None)
}

fn plain_types(message: &str) -> String {
    let mut message = message.to_owned();
    for (technical, plain) in [
        ("invalid type: ", "found "),
        ("invalid value: ", "found "),
        ("unit value", "nothing"),
        ("expected usize", "expected a whole number"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected u16", "expected a whole number"),
        ("expected u32", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected i64", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("floating point ", ""),
    ] {
        message = message.replace(technical, plain);
    }
    message
}
