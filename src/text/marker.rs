//! Invisible HTML comments by which we find our own comments, issues and entries again.

use std::fmt::Write as _;

const OPENING: &str = "<!-- agentos:";
const CLOSING: &str = "-->";

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker {
    /// What it marks, for example `status`.
    pub kind: String,
    /// Which one of that kind, for example `web-42`.
    pub key: String,
}

/// Renders a marker, `<!-- agentos:<kind> <key> -->`; characters that could end the comment or the word are written as `%XX`.
pub fn render(kind: &str, key: &str) -> String {
    format!("{OPENING}{} {} {CLOSING}", encoded(kind), encoded(key))
}

/// Finds every marker of a text, in its order.
pub fn find_all(text: &str) -> Vec<Marker> {
    text.split(OPENING).skip(1).filter_map(parse).collect()
}

/// Whether a text carries a certain marker.
pub fn has(text: &str, kind: &str, key: &str) -> bool {
    find_all(text).iter().any(|marker| marker.kind == kind && marker.key == key)
}

/// Makes every marker in somebody else's text visible and void, so that the text cannot pass itself off as ours.
pub fn neutralize(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("<!--") {
        result.push_str(before);
        result.push_str(if names_us(behind) { "&lt;!--" } else { "<!--" });
        rest = behind;
    }
    result.push_str(rest);
    result
}

/// More is taken here than [`find_all`] would: a person must not be misled either.
fn names_us(comment: &str) -> bool {
    comment.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("agentos:"))
}

/// Reads what follows the opening.
fn parse(rest: &str) -> Option<Marker> {
    let (inside, _) = rest.split_once(CLOSING)?;
    let inside = inside.strip_suffix(' ')?;
    let (kind, key) = inside.split_once(' ')?;
    Some(Marker { kind: decoded(kind)?, key: decoded(key)? })
}

fn encoded(word: &str) -> String {
    let mut result = String::with_capacity(word.len());
    for byte in word.bytes() {
        // Two dashes in a row may end a comment, depending on who reads it.
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b':' | b'/' | b'#' | b'@' | b'+' | b'=' | b',')
            || (byte == b'-' && !result.ends_with('-'));
        if plain {
            result.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

fn decoded(word: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            b if b.is_ascii_whitespace() || b == b'<' || b == b'>' => return None,
            b => bytes.push(b),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_marker_reads_as_the_contract_shows_it() {
        assert_eq!(render("status", "web-42"), "<!-- agentos:status web-42 -->");
    }

    #[test]
    fn markers_are_found_anywhere_and_damaged_ones_are_not() {
        let text = format!(
            "hello {}\r\n<!-- agentos:open --> <!-- agentos:x y z --> <!-- agentos:a b-->{}",
            render("a", "b c"),
            render("d", "")
        );
        let marker = |kind: &str, key: &str| Marker { kind: kind.into(), key: key.into() };
        assert_eq!(find_all(&text), [marker("a", "b c"), marker("d", "")]);
        assert!(has(&text, "a", "b c"));
        assert!(!has(&text, "a", "b"));
    }

    #[test]
    fn neutralized_text_carries_no_marker_but_keeps_other_comments() {
        let text = format!("<!-- note -->{}<!--AGENTOS:x y -->", render("a", "b"));
        let neutral = neutralize(&text);
        assert_eq!(neutral, "<!-- note -->&lt;!-- agentos:a b -->&lt;!--AGENTOS:x y -->");
        assert_eq!(neutralize(&neutral), neutral);
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_found(kind in "\\PC{0,12}", key in "(\\PC|-|>|%|\n){0,20}", around in "(\\PC|<!--|-->){0,20}") {
            let around = neutralize(&around);
            let comment = render(&kind, &key);
            prop_assert_eq!(comment.matches("--").count(), 2);
            let text = [around.as_str(), "\n", &comment, &around].concat();
            prop_assert!(has(&text, &kind, &key));
        }

        #[test]
        fn no_text_keeps_a_marker_after_neutralizing(text in "(<!-- agentos:|<|!--| |agentos:|a b -->|\\PC){0,30}") {
            prop_assert!(find_all(&neutralize(&text)).is_empty());
        }
    }
}
