//! The forms in which a known value may turn up: as it is, in base64, in URLs, in JSON.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Shorter values are part of ordinary words.
pub(super) const MIN_CHARS: usize = 6;
/// A shorter piece of base64 is part of ordinary words too.
const MIN_BASE64: usize = 8;
/// Lines of a key of several lines are secrets by themselves from here on.
const MIN_LINE: usize = 16;

/// Shorter hexadecimal digits are part of hashes.
const MIN_HEX_BYTES: usize = 6;
/// A shorter form is not looked for across line breaks: the end of one word and the beginning of another may be it.
const MIN_BROKEN: usize = 10;
/// How large the prepared search may become: some hundred long keys.
const MAX_PATTERN_BYTES: usize = 512 * 1024 * 1024;

/// A line break as it stands in mails, quoted text, comments and JSON, with what begins the next line.
static BREAK: LazyLock<Regex> =
    LazyLock::new(|| super::compiled(r"=?\r?\n[\x20\t>|\#*/]{0,16}|\\r\\n|\\n|\s*\\\r?\n\s*"));

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Adds every form of a value.
pub(super) fn forms(value: &str, forms: &mut Vec<String>) {
    let lines =
        value.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE && *line != value);
    for text in std::iter::once(value).chain(lines) {
        forms.push(text.to_owned());
        escaped(text, forms);
        for standard in in_base64(text.as_bytes()) {
            forms.push(standard.replace('+', "-").replace('/', "_"));
            forms.push(in_url(&standard, HexCase::Upper));
            forms.push(in_url(&standard, HexCase::Lower));
            forms.push(standard);
        }
        if text.len() >= MIN_HEX_BYTES {
            forms.push(in_hex(text, "").to_ascii_uppercase());
            forms.push(in_hex(text, ""));
        }
    }
}

/// The value as it stands in addresses, JSON (also twice), XML and a shell's quotes.
fn escaped(text: &str, forms: &mut Vec<String>) {
    forms.push(in_url(text, HexCase::Upper));
    forms.push(in_url(text, HexCase::Lower));
    forms.push(in_url(text, HexCase::Upper).replace("%20", "+"));
    forms.push(in_hex(text, "%").to_ascii_uppercase());
    forms.push(in_hex(text, "%"));
    let json = in_json(text);
    forms.push(in_json(&json));
    forms.push(json.replace('/', "\\/"));
    let unicode = [('&', "\\u0026"), ('<', "\\u003c"), ('>', "\\u003e")];
    forms.push(unicode.iter().fold(json.clone(), |text, (c, code)| text.replace(*c, code)));
    forms.push(json);
    let xml = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.push(xml.replace('"', "&quot;").replace('\'', "&#39;"));
    forms.push(xml.replace('"', "&quot;").replace('\'', "&apos;"));
    forms.push(xml);
    forms.push(text.replace('\'', "'\\''"));
}

/// Every place in a text where a form stands, line breaks inside of it included.
pub(super) struct Finder {
    pattern: Option<Regex>,
}

impl Finder {
    /// Prepares the search for these forms, the longest first.
    pub(super) fn new(forms: &[String]) -> Self {
        if forms.is_empty() {
            return Self { pattern: None };
        }
        let escaped: Vec<String> = forms.iter().map(|form| regex::escape(form)).collect();
        let pattern =
            regex::RegexBuilder::new(&escaped.join("|")).size_limit(MAX_PATTERN_BYTES).build().ok();
        Self { pattern }
    }

    /// Finds every form; what of them is broken over lines as well.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let Some(pattern) = &self.pattern else { return Vec::new() };
        let mut found: Vec<Range<usize>> = pattern.find_iter(text).map(|hit| hit.range()).collect();
        if BREAK.is_match(text) {
            let unbroken = Unbroken::of(text);
            let hits = pattern.find_iter(&unbroken.text).filter(|hit| hit.len() >= MIN_BROKEN);
            found.extend(hits.map(|hit| unbroken.original(hit.range())));
        }
        found
    }
}

/// A text without its line breaks, and where each piece of it came from.
struct Unbroken {
    text: String,
    /// Offsets here and there at which a piece begins.
    pieces: Vec<(usize, usize)>,
}

impl Unbroken {
    fn of(text: &str) -> Self {
        let mut unbroken = String::with_capacity(text.len());
        let mut pieces = Vec::new();
        let mut at = 0;
        for gap in BREAK.find_iter(text) {
            pieces.push((unbroken.len(), at));
            unbroken.push_str(text.get(at..gap.start()).unwrap_or_default());
            at = gap.end();
        }
        pieces.push((unbroken.len(), at));
        unbroken.push_str(text.get(at..).unwrap_or_default());
        Self { text: unbroken, pieces }
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        let place = |offset: usize| {
            let piece = self.pieces.partition_point(|(here, _)| *here <= offset).saturating_sub(1);
            self.pieces.get(piece).map_or(offset, |(here, there)| there + offset - here)
        };
        // The last character's place, not the one behind it: that may lie beyond a break.
        place(range.start)..place(range.end.saturating_sub(1)) + 1
    }
}

#[derive(Clone, Copy)]
enum HexCase {
    Upper,
    Lower,
}

fn in_url(text: &str, case: HexCase) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        // Writing to a `String` cannot fail.
        let _ =
            match (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'), case)
            {
                (true, _) => write!(result, "{}", char::from(byte)),
                (false, HexCase::Upper) => write!(result, "%{byte:02X}"),
                (false, HexCase::Lower) => write!(result, "%{byte:02x}"),
            };
    }
    result
}

/// Every byte as two digits, each with this mark before it.
fn in_hex(text: &str, mark: &str) -> String {
    text.bytes().fold(String::new(), |mut result, byte| {
        // Writing to a `String` cannot fail.
        let _infallible = write!(result, "{mark}{byte:02x}");
        result
    })
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_matches('"').to_owned()
}

/// The value's base64, alone and as a part of something longer that begins at any byte.
fn in_base64(bytes: &[u8]) -> Vec<String> {
    let mut forms = vec![base64(bytes)];
    for before in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
        let encoded = base64(&padded);
        // A digit holds six bits; only those with nothing but the value's bits are the same in every surrounding.
        let first = (before * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        forms.extend(encoded.get(first..end).map(str::to_owned));
    }
    forms.retain(|form| form.len() >= MIN_BASE64);
    forms
}

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    let mut result = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * position)) & 63;
            let digit = STANDARD.get(index as usize).copied().unwrap_or(b'A');
            result.push(char::from(digit));
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard_without_padding() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("\u{ff}?", "w78_"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected.replace('_', "/"), "{text}");
        }
    }
}
