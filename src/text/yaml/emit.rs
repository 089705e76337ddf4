//! Writes YAML that YAML 1.1 readers read alike: block style, and everything quoted that is not plainly a word.

use serde_yaml::{Mapping, Number, Value};

/// Words that some reader takes for a truth value, for nothing, or for a number.
const NOT_WORDS: [&str; 12] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
/// The length of the longest of them.
const LONGEST_WORD: usize = "infinity".len();
/// Readers give up on longer keys that have no `?` in front.
const MAX_PLAIN_KEY: usize = 120;

/// What has no place in YAML as we write it.
#[derive(Debug, thiserror::Error)]
#[error("a {kind} cannot be the key of a map")]
pub(super) struct NoPlace {
    kind: &'static str,
}

/// Writes a document, ending with a line break.
pub(super) fn document(value: &Value) -> Result<String, NoPlace> {
    let mut out = String::new();
    match value {
        Value::Mapping(map) if !map.is_empty() => mapping(&mut out, map, 0, "")?,
        Value::Sequence(items) if !items.is_empty() => sequence(&mut out, items, 0, "")?,
        Value::String(text) => line(&mut out, &quoted_if_needed(text)),
        other => value_behind(&mut out, other, 0)?,
    }
    let start = out.trim_start_matches(' ').len();
    Ok(out.split_off(out.len() - start))
}

/// Writes the entries of a map; `lead` stands before the first one instead of its indentation.
fn mapping(out: &mut String, map: &Mapping, indent: usize, lead: &str) -> Result<(), NoPlace> {
    for (position, (key, value)) in map.iter().enumerate() {
        start_line(out, indent, position, lead);
        let key = key_text(key)?;
        if key.len() > MAX_PLAIN_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        } else {
            out.push_str(&key);
        }
        out.push(':');
        value_behind(out, value, indent)?;
    }
    Ok(())
}

fn sequence(out: &mut String, items: &[Value], indent: usize, lead: &str) -> Result<(), NoPlace> {
    for (position, item) in items.iter().enumerate() {
        start_line(out, indent, position, lead);
        match item {
            Value::Mapping(map) if !map.is_empty() => mapping(out, map, indent + 2, "- ")?,
            Value::Sequence(inner) if !inner.is_empty() => sequence(out, inner, indent + 2, "- ")?,
            other => {
                out.push('-');
                value_behind(out, other, indent)?;
            }
        }
    }
    Ok(())
}

fn start_line(out: &mut String, indent: usize, position: usize, lead: &str) {
    if position == 0 && !lead.is_empty() {
        out.push_str(lead);
    } else {
        out.push_str(&" ".repeat(indent));
    }
}

/// Writes what follows `key:` or `-`, to the end of its last line.
fn value_behind(out: &mut String, value: &Value, indent: usize) -> Result<(), NoPlace> {
    match value {
        Value::Null => line(out, " null"),
        Value::Bool(truth) => line(out, if *truth { " true" } else { " false" }),
        Value::Number(number) => line(out, &format!(" {}", number_text(number))),
        Value::String(text) if is_block(text) => block(out, text, indent + 2),
        Value::String(text) => line(out, &format!(" {}", quoted_if_needed(text))),
        Value::Sequence(items) if items.is_empty() => line(out, " []"),
        Value::Mapping(map) if map.is_empty() => line(out, " {}"),
        Value::Sequence(items) => {
            out.push('\n');
            sequence(out, items, indent + 2, "")?;
        }
        Value::Mapping(map) => {
            out.push('\n');
            mapping(out, map, indent + 2, "")?;
        }
        Value::Tagged(tagged) => {
            out.push(' ');
            out.push_str(&tagged.tag.to_string());
            value_behind(out, &tagged.value, indent)?;
        }
    }
    Ok(())
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn key_text(key: &Value) -> Result<String, NoPlace> {
    match key {
        Value::Null => Ok("null".to_owned()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number_text(number)),
        Value::String(text) => Ok(quoted_if_needed(text)),
        Value::Sequence(_) => Err(NoPlace { kind: "list" }),
        Value::Mapping(_) => Err(NoPlace { kind: "map" }),
        Value::Tagged(_) => Err(NoPlace { kind: "tagged value" }),
    }
}

/// YAML 1.1 wants a point in the mantissa and a sign in the exponent.
fn number_text(number: &Number) -> String {
    let text = number.to_string();
    match text.split_once('e') {
        Some((mantissa, exponent)) if !text.starts_with('.') => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
        _ => text,
    }
}

/// Whether a text of several lines can be written as it stands, below `|`.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && !text.chars().any(|c| c != '\n' && c != '\t' && must_be_escaped(c))
        // A reader may take a last line of spaces for indentation.
        && text.trim_end_matches('\n').trim_end_matches([' ', '\t']).len() == text.trim_end_matches('\n').len()
}

fn block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    out.push_str(match ends {
        0 => " |-\n",
        1 => " |\n",
        _ => " |+\n",
    });
    for row in body.split('\n') {
        if !row.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(row);
        }
        out.push('\n');
    }
    out.push_str(&"\n".repeat(ends.saturating_sub(1)));
}

fn quoted_if_needed(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { double_quoted(text) }
}

/// Plain is what begins like a word, is no word with a meaning, and has nothing that ends a plain text. Each value of each task file is
/// looked at so every minute, hence one pass over its bytes.
pub(super) fn is_plain(text: &str) -> bool {
    let first_fits = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_'));
    if !first_fits || text.ends_with([' ', ':']) {
        return false;
    }
    let mut before = b'_';
    for byte in text.bytes() {
        if matches!((before, byte), (b':', b' ') | (b' ', b'#')) || byte.is_ascii_control() {
            return false;
        }
        before = byte;
    }
    let is_word = || NOT_WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    (text.is_ascii() || !text.chars().any(must_be_escaped))
        && (text.len() > LONGEST_WORD || !is_word())
}

/// What may not stand in a text as it is.
pub(super) fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            c if must_be_escaped(c) => result.push_str(&escape(c)),
            c => result.push(c),
        }
    }
    result.push('"');
    result
}

fn escape(c: char) -> String {
    let code = u32::from(c);
    if code < 0x100 { format!("\\x{code:02X}") } else { format!("\\u{code:04X}") }
}
