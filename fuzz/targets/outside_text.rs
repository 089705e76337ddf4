//! The cleaning of foreign text before anybody reads it.

use agentos::text::clean::{one_line, terminal, untrusted};
use agentos::text::closing::closes_nothing;
use agentos::text::sections::fence;
use agentos::text::slug::file_safe;

use super::{steers, text};

/// Cleaning twice is cleaning once; nothing steers a terminal; a name is a name of a file; a fence holds.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let once = untrusted(&text).text;
    assert_eq!(untrusted(&once).text, once);
    assert!(!steers(&once), "{once:?}");
    let shown = terminal(&text);
    assert!(!steers(&shown) && terminal(&shown) == shown, "{shown:?}");
    let line = one_line(&text, 80);
    assert!(line.chars().count() <= 80 && !line.contains('\n') && !steers(&line), "{line:?}");
    let void = closes_nothing(&text);
    assert_eq!(closes_nothing(&void), void, "a word that closes");
    let name = file_safe(&text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    assert!(!name.is_empty() && name.chars().all(is_plain), "{name:?}");
    assert!(!name.starts_with(['.', '-']), "{name:?}");
    let fenced = fence(&text, "text");
    let mark = fenced.lines().next().unwrap_or_default().trim_end_matches("text");
    let ends = |line: &&str| line.trim() == mark;
    assert_eq!(fenced.lines().filter(ends).count(), 1, "{fenced:?}");
}
