//! HTML of servers that the operator named, as the text that its readers see.

use agentos::text::page::visible;

use super::text;

/// However broken a page is, its text is bounded and the same each time.
pub(super) fn run(input: &[u8]) {
    let html = text(input);
    let seen = visible(&html);
    assert!(seen.len() <= 2 * html.len() + 2, "{} of {}", seen.len(), html.len());
    assert_eq!(visible(&html), seen);
    if !html.contains(['<', '&']) {
        // An empty item of a list is no text.
        let is_word = |word: &&str| *word != "-";
        let words = |text: &str| {
            text.split_whitespace().filter(is_word).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words(&seen), words(&html), "a text without any markup");
    }
}
