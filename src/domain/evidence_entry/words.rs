//! The words by which a piece of evidence is about an issue.

use std::collections::BTreeSet;

/// So many words of a text count, the first ones.
const MOST_WORDS: usize = 24;

/// Shorter words tell nothing.
const LEAST_LETTERS: usize = 4;

/// Words that half of all issues have.
const COMMON: [&str; 64] = [
    "about", "added", "adds", "after", "against", "allowed", "also", "been", "before", "being",
    "below", "between", "both", "change", "changed", "changes", "could", "does", "each", "feature",
    "first", "from", "have", "into", "issue", "issues", "last", "less", "made", "make", "more",
    "most", "need", "needs", "only", "other", "over", "should", "since", "some", "sprint", "still",
    "such", "task", "tasks", "than", "that", "their", "them", "then", "there", "these", "they",
    "this", "those", "users", "very", "week", "were", "what", "when", "which", "will", "with",
];

/// The words of a text that tell it from others, in lower case.
pub fn telling(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let mut words = BTreeSet::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()) {
        let is_telling = word.chars().count() >= LEAST_LETTERS
            && word.chars().count() <= 40
            && word.chars().any(char::is_alphabetic)
            && !word.chars().any(|c| c.is_ascii_digit())
            && !COMMON.contains(&word);
        if is_telling && words.len() < MOST_WORDS {
            words.insert(word.to_owned());
        }
    }
    words
}
