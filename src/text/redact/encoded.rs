//! Secrets inside of base64, percent-encoding and hexadecimal digits: what is encoded is read, and covered as a whole when a secret is in it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A secret that is still one when it is decoded has at least so many printable characters in a row.
const MIN_PRINTABLE: usize = 12;

struct Patterns {
    base64: Regex,
    percent: Regex,
    hex: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    base64: super::compiled(
        r"(?-u)[A-Za-z0-9+/_-]{20,}(?:(?:\r?\n|\\n)[\x20\t>]{0,8}[A-Za-z0-9+/_-]{4,})*={0,2}",
    ),
    percent: super::compiled(r"(?-u)[A-Za-z0-9._~+*!-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~+*!-]*)+"),
    hex: super::compiled(r"(?-u)(?:[0-9a-f]{2}){16,}|(?:[0-9A-F]{2}){16,}"),
});

/// What is found in a decoded text: nothing, or a secret and whether it certainly is one.
pub(super) type Look<'a> = &'a dyn Fn(&str) -> Option<bool>;

/// Shows `look` every text that is encoded in this one; gives the places where it found something.
pub(super) fn find(text: &str, look: Look<'_>) -> Vec<(Range<usize>, bool)> {
    let patterns = &*PATTERNS;
    let mut found = Vec::new();
    for run in patterns.base64.find_iter(text) {
        let seen = decodings(run.as_str()).iter().find_map(|decoded| look(decoded));
        found.extend(seen.map(|sure| (run.range(), sure)));
    }
    if text.contains('%') {
        for run in patterns.percent.find_iter(text) {
            let seen = readable(&from_percent(run.as_str())).and_then(|decoded| look(&decoded));
            found.extend(seen.map(|sure| (run.range(), sure)));
        }
    }
    for run in patterns.hex.find_iter(text) {
        let seen = readable(&from_hex(run.as_str())).and_then(|decoded| look(&decoded));
        found.extend(seen.map(|sure| (run.range(), sure)));
    }
    found
}

/// Whether base64 says `name:password`, as the header of a login does.
pub(super) fn holds_login(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter_map(value).collect();
    let bytes = from_base64(&digits);
    bytes.contains(&b':')
        && bytes.len() >= 4
        && bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// What a run of base64 may say: its first digits may belong to something else, such as a path.
fn decodings(run: &str) -> Vec<String> {
    let digits: Vec<u8> = run.replace("\\n", "").bytes().filter_map(value).collect();
    (0..4)
        .filter_map(|from| readable(&from_base64(digits.get(from..).unwrap_or_default())))
        .collect()
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn from_base64(digits: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        let bits = chunk.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit))
            << (6 * (4 - chunk.len()));
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].iter().take(chunk.len().saturating_sub(1)));
    }
    bytes
}

/// The bytes of a percent-encoded text; `+` is a blank there.
fn from_percent(run: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len());
    let mut rest = run.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            bytes.push(byte);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    bytes
}

fn from_hex(run: &str) -> Vec<u8> {
    run.as_bytes()
        .chunks(2)
        .filter_map(|two| std::str::from_utf8(two).ok())
        .filter_map(|two| u8::from_str_radix(two, 16).ok())
        .collect()
}

/// The bytes as a text, if a part of them is one that can be read.
fn readable(bytes: &[u8]) -> Option<String> {
    let mut row = 0;
    let is_text = bytes.iter().any(|byte| {
        row = if (b' '..=b'~').contains(byte) { row + 1 } else { 0 };
        row >= MIN_PRINTABLE
    });
    is_text.then(|| String::from_utf8_lossy(bytes).into_owned())
}
