//! How alike two strings are; the only file that names the crate `strsim`.

/// Longer texts are compared by their beginning: the comparison costs the product of both lengths.
const MAX_CHARS: usize = 400;

/// Finds the word that somebody who wrote `word` most likely meant, or nothing when none is close.
pub fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = normalized(word);
    let wanted_length = wanted.chars().count();
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in among {
        let plain = normalized(candidate);
        let length = wanted_length.max(plain.chars().count());
        let mut distance = strsim::damerau_levenshtein(&wanted, &plain);
        if is_part_of(&wanted, &plain) || is_part_of(&plain, &wanted) {
            distance = distance.min(length / 3);
        }
        let close_enough = distance <= (length / 3).max(1) && distance < length;
        if close_enough && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Measures how alike two texts are, from 0 (nothing in common) to 1 (equal but for letter case, spacing and the order of the words).
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a, b) = (normalized(a), normalized(b));
    let as_written = strsim::normalized_damerau_levenshtein(&a, &b);
    let by_words = strsim::normalized_damerau_levenshtein(&sorted_words(&a), &sorted_words(&b));
    as_written.max(by_words)
}

/// A text that is compared with many others: its forms are made once.
#[derive(Debug, Clone)]
pub struct Comparable {
    plain: String,
    sorted: String,
    words: Vec<String>,
    /// Names of files, keys and functions: alike sentences about different ones say different things.
    names: Vec<String>,
    letters: usize,
}

/// Words that a title may have or leave out.
const FILLERS: [&str; 14] =
    ["a", "an", "the", "of", "for", "to", "in", "on", "at", "by", "with", "and", "is", "into"];

/// Alike sentences about different names are at most so alike.
const OTHER_NAMES: f64 = 0.7;

impl Comparable {
    /// Prepares a text; of a long one its beginning counts.
    pub fn new(text: &str) -> Self {
        let plain = normalized(text);
        let is_name = |word: &&str| {
            word.contains(['/', '_', '.', '`']) && word.chars().any(char::is_alphabetic)
        };
        let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        let names = plain.split(' ').map(|word| word.trim_end_matches(['.', ',', ':']));
        let mut names: Vec<String> = names.filter(is_name).map(trimmed).collect();
        names.sort_unstable();
        let telling: Vec<&str> = plain.split(' ').filter(|word| !FILLERS.contains(word)).collect();
        let plain = telling.join(" ");
        let sorted = sorted_words(&plain);
        let mut words: Vec<String> = sorted.split(' ').map(ToOwned::to_owned).collect();
        words.dedup();
        let letters = plain.chars().count();
        Self { plain, sorted, words, names, letters }
    }

    /// Whether the texts can be alike at all: the length of one bounds the likeness, and alike texts share words or parts of them.
    fn can_be_like(&self, other: &Self) -> bool {
        let (short, long) = (self.letters.min(other.letters), self.letters.max(other.letters));
        short * 2 >= long && (long <= 12 || self.shares_a_word(other))
    }

    fn shares_a_word(&self, other: &Self) -> bool {
        let mut others = other.words.iter().peekable();
        for word in &self.words {
            while others.next_if(|other| *other < word).is_some() {}
            if others.peek() == Some(&word) {
                return true;
            }
        }
        false
    }
}

/// As [`similarity`], for texts that are compared with many others; those that cannot be alike are told by a look at length and words.
pub fn likeness(a: &Comparable, b: &Comparable) -> f64 {
    if a.plain == b.plain {
        return 1.0;
    }
    if !a.can_be_like(b) {
        return 0.0;
    }
    let as_written = strsim::normalized_damerau_levenshtein(&a.plain, &b.plain);
    let by_words = strsim::normalized_damerau_levenshtein(&a.sorted, &b.sorted);
    let alike = as_written.max(by_words);
    let is_about_others = !a.names.is_empty()
        && !b.names.is_empty()
        && !a.names.iter().any(|name| b.names.contains(name));
    if is_about_others { alike.min(OTHER_NAMES) } else { alike }
}

/// Three letters say nothing: `id` is part of half of all words.
fn is_part_of(part: &str, whole: &str) -> bool {
    part.len() >= 4 && whole.contains(part)
}

fn normalized(text: &str) -> String {
    let bounded: String = text.chars().take(MAX_CHARS).flat_map(char::to_lowercase).collect();
    bounded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sorted_words(text: &str) -> String {
    let mut words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_word_that_was_meant() {
        let known = ["merge_policy", "max_open_prs", "project_number"];
        assert_eq!(nearest("merge_polcy", known), Some("merge_policy"));
        assert_eq!(nearest("github_project_number", known), Some("project_number"));
        assert_eq!(nearest("MAX-OPEN-PRS", known), Some("max_open_prs"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn similarity_ignores_case_spacing_and_the_order_of_words() {
        assert!((similarity("Add a  cart", "add a cart") - 1.0).abs() < 1e-9);
        assert!((similarity("cart, add a", "add a cart") - 1.0).abs() < 1e-9);
        assert!(similarity("Add a cart", "Add a card") > 0.85);
        assert!(similarity("Add a cart", "Fix the flaky clock test") < 0.5);
    }
}
