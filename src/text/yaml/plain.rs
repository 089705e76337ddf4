//! A quick reader for the YAML that we write most: one map of plain values and lists of them, one to a line. Whatever looks different in
//! any way is left to the real reader, so that the two cannot disagree; files that we wrote are read some ten times faster.

use serde_json::{Map, Number, Value};

use super::emit;

/// Longer numbers are left to the real reader.
const MAX_DIGITS: usize = 15;

/// Longer texts are left to the real reader, which knows its limits.
const MAX_BYTES: usize = 64 * 1024;

/// A task file has about as many.
const EXPECTED_KEYS: usize = 32;

/// Reads a text that is such a map; `None` says nothing about the text but that the real reader has to look at it.
pub(super) fn mapping(text: &str) -> Option<Map<String, Value>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut map = Map::with_capacity(EXPECTED_KEYS);
    let mut lines = text.strip_suffix('\n')?.split('\n').peekable();
    while let Some(line) = lines.next() {
        let (key, rest) = line.split_once(':')?;
        if !is_key(key) {
            return None;
        }
        let value = match rest.strip_prefix(' ') {
            Some("[]") => Value::Array(Vec::new()),
            Some(text) => scalar(text)?,
            None if rest.is_empty() => {
                let mut items = Vec::new();
                while let Some(item) = lines.peek().and_then(|line| line.strip_prefix("  - ")) {
                    items.push(scalar(item)?);
                    lines.next();
                }
                (!items.is_empty()).then_some(Value::Array(items))?
            }
            None => return None,
        };
        if map.insert(key.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(map)
}

fn is_key(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && emit::is_plain(key)
}

fn scalar(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "null" => return Some(Value::Null),
        _ => {}
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return is_bare(inner).then(|| Value::String(inner.to_owned()));
    }
    if emit::is_plain(text) || is_date(text) {
        Some(Value::String(text.to_owned()))
    } else {
        number(text)
    }
}

/// A date as people write it into our files: a text to every reader of the present YAML.
fn is_date(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00Z";
    let fits = |(byte, like): (u8, &u8)| byte == *like || (*like == b'0' && byte.is_ascii_digit());
    text.len() == shape.len() && text.bytes().zip(shape).all(fits)
}

/// A text between quotes that stands for itself.
fn is_bare(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '"' | '\\') || emit::must_be_escaped(c))
}

/// Digits, or digits with a point between them; what begins with a nought is an octal number to some readers.
fn number(text: &str) -> Option<Value> {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let has_nought = whole.len() > 1 && whole.starts_with('0');
    if text.len() > MAX_DIGITS || !is_digits(whole) || has_nought {
        return None;
    }
    match fraction {
        None => whole.parse().ok().map(|number: u64| Value::Number(number.into())),
        Some(fraction) if is_digits(fraction) => {
            text.parse().ok().and_then(Number::from_f64).map(Value::Number)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Place, parse_any};
    use super::*;

    fn in_full(text: &str) -> Option<Value> {
        parse_any(text, &Place { file: "f", first_line: 1 }).ok()
    }

    #[test]
    fn what_we_write_is_read_quickly() {
        let text = "task_id: web-42\nissue: 42\ncost_usd: 0.42\nurl: https://example.com/42\ntried:\n  - codex\n  - \"0x\"\n\
                    labels: []\nempty: \"\"\nnot_before: \"2026-11-20T09:00:00Z\"\nseen: 2026-11-20T09:00:00Z\nhold: true\nleft: null\n";
        let quick = mapping(text).map(Value::Object);
        assert!(quick.is_some());
        assert_eq!(quick, in_full(text));
    }

    #[test]
    fn what_needs_a_second_look_is_left_to_the_real_reader() {
        for text in [
            "",
            "a: 1",
            "a:\n",
            "a: 1\na: 2\n",
            "a: 01\n",
            "a: -1\n",
            "a: 1.\n",
            "a: 1e3\n",
            "a: 0x1\n",
            "a: yes\n",
            "a: b: c\n",
            "a: b #c\n",
            "a: b\n  c\n",
            "a: 'b'\n",
            "a: \"b\\n\"\n",
            "a: [b]\n",
            "a: &b c\n",
            "a: |\n  b\n",
            "- a\n",
            "a:\n- b\n",
            "a:\n  b: c\n",
            "a: b\r\n",
            "\u{feff}a: b\n",
            "yes: b\n",
            "<<: b\n",
            "a : b\n",
            "a: \n",
            "# b\n",
            "\na: b\n",
            "a: 1234567890123456\n",
            "a: 2026-11-20\n",
            "a: b\n---\nc: d\n",
            "a:  b\n",
            "a: b \n",
            "a: \"b\" \n",
            "1: b\n",
        ] {
            assert_eq!(mapping(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn both_readers_agree(
            text in "((task_id|a|b|yes|0|_c): (\"[a-z0:# ,'-]{0,6}\"|[a-zA-Z0-9._/:#'\"\\[\\]{}&*!|>%@` ,~-]{0,8})\n|l:\n(  - [a-z0-9.:]{0,3}\n){0,3}|m: \\[\\]\n){0,5}"
        ) {
            if let Some(quick) = mapping(&text) {
                prop_assert_eq!(Some(Value::Object(quick)), in_full(&text), "{}", text);
            }
        }
    }
}
