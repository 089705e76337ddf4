//! The two parts of a Markdown file with a head of YAML.

use agentos::text::front_matter::{join, split};

use super::text;

/// The body is the end of the file byte for byte, and what was put together comes apart the same.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let Ok(parts) = split(&text) else { return };
    assert!(text.ends_with(parts.body) && text.contains(parts.yaml));
    let again = join(parts.yaml, parts.body);
    assert_eq!(split(&again), Ok(parts), "{again:?}");
}
