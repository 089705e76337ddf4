//! The forms in which a known value may turn up: as it is, in base64, in URLs, in JSON.

use std::fmt::Write as _;

/// Shorter values are part of ordinary words.
pub(super) const MIN_CHARS: usize = 6;
/// A shorter piece of base64 is part of ordinary words too.
const MIN_BASE64: usize = 8;
/// Lines of a key of several lines are secrets by themselves from here on.
const MIN_LINE: usize = 16;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Adds every form of a value.
pub(super) fn forms(value: &str, forms: &mut Vec<String>) {
    let lines =
        value.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE && *line != value);
    for text in std::iter::once(value).chain(lines) {
        forms.push(text.to_owned());
        forms.push(in_url(text, HexCase::Upper));
        forms.push(in_url(text, HexCase::Lower));
        forms.push(in_url(text, HexCase::Upper).replace("%20", "+"));
        forms.push(in_json(text));
        for standard in in_base64(text.as_bytes()) {
            forms.push(standard.replace('+', "-").replace('/', "_"));
            forms.push(in_url(&standard, HexCase::Upper));
            forms.push(standard);
        }
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
