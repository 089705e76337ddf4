//! Logs of checks, which programs of strangers write.

use agentos::domain::excerpt::of_log;

use super::{steers, text};

/// An excerpt keeps its bound, and nothing in it steers a terminal.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    for most in [200, 2_000] {
        let excerpt = of_log(&text, most);
        assert!(excerpt.len() <= most, "{} of {most}", excerpt.len());
        assert!(!steers(&excerpt), "{excerpt:?}");
        assert_eq!(of_log(&text, most), excerpt);
    }
}
