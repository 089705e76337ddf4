//! Private keys in PEM: whole, and also when only the beginning or the end was kept.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Found;

/// A longer key is none; what claims to be one is covered up to here.
const MAX_BYTES: usize = 64 * 1024;
/// A line of a key's body is at least so long, but for the last.
const MIN_LINE: usize = 16;

const KIND: &str = "private key";

static MARK: LazyLock<Regex> = LazyLock::new(|| {
    super::compiled(
        r"(?-u)-----(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]:",
    )
});

/// Finds every private key and what is left of one.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    let marks: Vec<Range<usize>> = MARK.find_iter(text).map(|mark| mark.range()).collect();
    let is_end = |mark: &Range<usize>| {
        text.get(mark.clone()).is_some_and(|mark| mark.starts_with("-----END"))
    };
    let mut covered = 0;
    for (position, mark) in marks.iter().enumerate() {
        if mark.start < covered {
            continue;
        }
        let range = if is_end(mark) {
            body_before(text, mark.start, covered)..mark.end
        } else {
            let next = marks
                .get(position + 1)
                .filter(|next| is_end(next) && next.end - mark.start <= MAX_BYTES);
            let end = next.map_or_else(|| body_behind(text, mark.end), |next| next.end);
            mark.start..end
        };
        covered = range.end;
        found.push(Found { range, kind: KIND, sure: true });
    }
}

fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The end of the lines of base64 that follow, with what marks a header or stands at their beginnings.
fn body_behind(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = from;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if byte.is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with(b"\\n") || rest.starts_with(b"\\r") {
            at += 2;
        } else {
            let length = rest.iter().take_while(|byte| is_body(**byte)).count();
            if length < MIN_LINE {
                // The last line of a key may be short when padding ends it.
                let is_last = rest.get(..length).is_some_and(|line| line.ends_with(b"="));
                return if is_last { at + length } else { end };
            }
            at += length;
            end = at;
        }
    }
    end
}

/// Where the lines of base64 begin that stand before a closing mark.
fn body_before(text: &str, to: usize, not_before: usize) -> usize {
    let before = text.get(not_before..to).unwrap_or_default();
    let mut start = to;
    let mut is_last = true;
    for word in before.rsplit([' ', '\t', '\r', '\n']) {
        let word = word.trim_end_matches("\\n").trim_end_matches("\\r");
        let begin = word.len() - word.bytes().rev().take_while(|byte| is_body(*byte)).count();
        let body = word.get(begin..).unwrap_or_default();
        if word.is_empty() {
            continue;
        }
        if body.len() < MIN_LINE && !(is_last && body.ends_with('=')) {
            break;
        }
        is_last = false;
        // Both are parts of `text`, so the difference of their places is the place of one in the other.
        start = body.as_ptr().addr() - text.as_ptr().addr();
        if begin > 0 {
            break;
        }
    }
    start
}
