//! How alike two strings are; the only file that names the crate `strsim`.

use std::hash::{DefaultHasher, Hash, Hasher};

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
    /// A bit for each of its words: texts without a common bit have no common word.
    word_bits: u128,
    plain: Form,
    sorted: Form,
    words: Words,
    /// Names of files, keys and functions: alike sentences about different ones say different things.
    names: Vec<String>,
}

/// One way to write a text, with what bounds its distance from others.
#[derive(Debug, Clone)]
struct Form {
    /// How often it has each letter; rarer characters share their places.
    letters: [u8; PLACES],
    length: u32,
    text: String,
}

/// A place for each letter, one for digits, one for blanks, four for the rest.
const PLACES: usize = 32;

impl Form {
    fn new(text: String) -> Self {
        let mut letters = [0_u8; PLACES];
        for letter in text.chars() {
            let place = match letter {
                'a'..='z' => u32::from(letter) - u32::from('a'),
                '0'..='9' => 26,
                ' ' => 27,
                other => 28 + u32::from(other) % 4,
            };
            if let Some(count) =
                usize::try_from(place).ok().and_then(|place| letters.get_mut(place))
            {
                *count = count.saturating_add(1);
            }
        }
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self { letters, length, text }
    }

    /// Never less than the likeness. An edit puts in, takes out or replaces one letter, or exchanges two: so there are at least as many edits
    /// as one text has letters that the other one lacks.
    fn at_most(&self, other: &Self) -> f64 {
        let longer = self.length.max(other.length);
        if longer == 0 {
            return 1.0;
        }
        let pairs = self.letters.iter().zip(&other.letters);
        let apart: u32 = pairs.map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        let least_edits = apart.midpoint(self.length.abs_diff(other.length));
        1.0 - f64::from(least_edits) / f64::from(longer)
    }

    fn likeness(&self, other: &Self) -> f64 {
        strsim::normalized_damerau_levenshtein(&self.text, &other.text)
    }
}

/// Words that a title may have or leave out.
const FILLERS: [&str; 14] =
    ["a", "an", "the", "of", "for", "to", "in", "on", "at", "by", "with", "and", "is", "into"];

/// Texts of so many letters may be alike without common words.
const SHORT: u32 = 12;

/// Longer texts are alike only with such a share of common words.
const COMMON_WORDS: f64 = 1.0 / 3.0;

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
        let words = Words::new(&sorted);
        let word_bits = words.hashes.iter().fold(0, |bits, word| bits | 1 << (word % 128));
        Self { word_bits, plain: Form::new(plain), sorted: Form::new(sorted), words, names }
    }

    /// Whether the texts can be alike at all: the length of one bounds the likeness, and alike texts have words in common.
    fn can_be_like(&self, other: &Self) -> bool {
        let (short, long) = self.lengths(other);
        short * 2 >= long && (long <= SHORT || self.words.likeness(&other.words) >= COMMON_WORDS)
    }

    /// Whether a look at lengths and words already says that they cannot.
    fn is_far_from(&self, other: &Self) -> bool {
        let (short, long) = self.lengths(other);
        short * 2 < long || (long > SHORT && self.word_bits & other.word_bits == 0)
    }

    fn lengths(&self, other: &Self) -> (u32, u32) {
        let (one, other) = (self.plain.length, other.plain.length);
        (one.min(other), one.max(other))
    }
}

/// As [`similarity`], for texts that are compared with many others; texts without enough words in common are not alike at all.
pub fn likeness(a: &Comparable, b: &Comparable) -> f64 {
    likeness_from(a, b, 0.0).unwrap_or_default()
}

/// The same where it is at least `least`; most texts that are less alike are told by their letters alone.
pub fn likeness_from(a: &Comparable, b: &Comparable, least: f64) -> Option<f64> {
    if a.plain.text == b.plain.text {
        return (least <= 1.0).then_some(1.0);
    }
    if a.is_far_from(b) {
        return (least <= 0.0).then_some(0.0);
    }
    let [plain, sorted] = [(&a.plain, &b.plain), (&a.sorted, &b.sorted)]
        .map(|(one, other)| (one.at_most(other) >= least).then_some((one, other)));
    if (plain.is_none() && sorted.is_none()) || !a.can_be_like(b) {
        return (least <= 0.0).then_some(0.0);
    }
    let forms = plain.into_iter().chain(sorted).map(|(one, other)| one.likeness(other));
    let alike = forms.fold(0.0, f64::max);
    let is_about_others = !a.names.is_empty()
        && !b.names.is_empty()
        && !a.names.iter().any(|name| b.names.contains(name));
    let alike = if is_about_others { alike.min(OTHER_NAMES) } else { alike };
    (alike >= least).then_some(alike)
}

fn hash_of(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

/// A longer text, of which only the words count.
#[derive(Debug, Clone)]
pub struct Words {
    hashes: Vec<u64>,
}

impl Words {
    /// Prepares a text; of a long one its beginning counts.
    pub fn new(text: &str) -> Self {
        let plain = sorted_words(&normalized(text));
        let words = plain.split(' ').filter(|word| !word.is_empty() && !FILLERS.contains(word));
        let mut hashes: Vec<u64> = words.map(hash_of).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self { hashes }
    }

    /// The share of words that both texts have (Sørensen and Dice), from 0 to 1.
    pub fn likeness(&self, other: &Self) -> f64 {
        let mut others = other.hashes.iter().peekable();
        let common = self.hashes.iter().filter(|word| {
            while others.next_if(|other| other < word).is_some() {}
            others.next_if(|other| other == word).is_some()
        });
        let (common, all) = (common.count(), self.hashes.len() + other.hashes.len());
        #[expect(clippy::cast_precision_loss, reason = "a few hundred words")]
        let share = 2.0 * common as f64 / all as f64;
        if all == 0 { 1.0 } else { share }
    }
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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn the_bound_is_never_below_the_likeness(
            a in "[a-eA-E .,é/_0-9]{0,40}", b in "[a-e .,é/_0-9]{0,40}", cut in 0_usize..40
        ) {
            let tail: String = a.chars().skip(cut).collect();
            for other in [b.clone(), format!("{b}{tail}"), format!("{tail} {b}"), a.clone()] {
                let (one, other) = (Form::new(a.clone()), Form::new(other));
                let (likeness, bound) = (one.likeness(&other), one.at_most(&other));
                prop_assert!(likeness <= bound, "{likeness} > {bound}");
            }
        }
    }

    #[test]
    fn of_longer_texts_the_share_of_common_words_counts() {
        for (one, other, share) in [
            ("The deploy job stops.", "the job stops: deploy", 1.0),
            ("the deploy job", "the lunch", 0.0),
            ("deploy job", "deploy lunch", 0.5),
            ("deploy deploy deploy", "deploy now", 2.0 / 3.0),
            ("", "", 1.0),
            ("", "job", 0.0),
        ] {
            let found = Words::new(one).likeness(&Words::new(other));
            assert!((found - share).abs() < 1e-9, "{one} | {other}: {found}");
        }
    }

    #[test]
    fn similarity_ignores_case_spacing_and_the_order_of_words() {
        assert!((similarity("Add a  cart", "add a cart") - 1.0).abs() < 1e-9);
        assert!((similarity("cart, add a", "add a cart") - 1.0).abs() < 1e-9);
        assert!(similarity("Add a cart", "Add a card") > 0.85);
        assert!(similarity("Add a cart", "Fix the flaky clock test") < 0.5);
    }
}
