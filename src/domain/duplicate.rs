//! Whether an issue says what another one says already: title and text compared as strings, with the threshold of the configuration
//! (`dedup_threshold`, seed 000: 0.75). Calibrated on the labelled pairs of `tests/data/duplicates`. Pure.

use crate::text::similar::{Comparable, likeness};

/// How much the title counts beside the text, where both issues have one.
const TITLE_SHARE: f64 = 0.7;

/// An issue as it is compared.
#[derive(Debug, Clone)]
pub struct Known<T> {
    /// Which issue.
    pub which: T,
    title: Comparable,
    body: Option<Comparable>,
}

impl<T> Known<T> {
    /// Prepares an issue for many comparisons. Of the text only what people see counts, and only its beginning.
    pub fn new(which: T, title: &str, body: &str) -> Self {
        let visible = without_comments(body);
        let body = (!visible.trim().is_empty()).then(|| Comparable::new(&visible));
        Self { which, title: Comparable::new(title), body }
    }

    /// How alike two issues are, from 0 to 1. Equal titles are equal issues; a text can make alike titles less alike and never more.
    pub fn likeness<U>(&self, other: &Known<U>) -> f64 {
        let titles = likeness(&self.title, &other.title);
        match (&self.body, &other.body) {
            (Some(body), Some(others)) if titles < 1.0 => {
                let both = TITLE_SHARE * titles + (1.0 - TITLE_SHARE) * likeness(body, others);
                both.min(titles)
            }
            _ => titles,
        }
    }
}

/// The issue that is most like this one, where one is as alike as the threshold asks; with how alike.
pub fn nearest<'a, T, U>(
    issue: &Known<U>,
    among: impl IntoIterator<Item = &'a Known<T>>,
    threshold: f64,
) -> Option<(&'a T, f64)> {
    let mut best: Option<(&T, f64)> = None;
    for other in among {
        let alike = issue.likeness(other);
        if alike >= threshold && best.is_none_or(|(_, most)| alike > most) {
            best = Some((&other.which, alike));
        }
    }
    best
}

/// A text without HTML comments: markers and templates say nothing of what is wanted.
fn without_comments(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        result.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: &str = include_str!("../../tests/data/duplicates/pairs.tsv");

    fn known(title: &str) -> Known<()> {
        Known::new((), title, "")
    }

    #[test]
    fn of_the_labelled_pairs_hardly_any_is_mistaken() {
        let mut wrong = Vec::new();
        let (mut found, mut missed, mut invented) = (0, 0, 0);
        for line in PAIRS.lines().filter(|line| !line.starts_with('#')) {
            let [label, one, other] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let alike = known(one).likeness(&known(other));
            match (label, alike >= 0.75) {
                ("same", true) => found += 1,
                ("other", false) => {}
                ("same", false) => {
                    missed += 1;
                    wrong.push(format!("missed {alike:.2}: {one} | {other}"));
                }
                _ => {
                    invented += 1;
                    wrong.push(format!("invented {alike:.2}: {one} | {other}"));
                }
            }
        }
        let shown =
            format!("{found} found, {missed} missed, {invented} invented\n{}", wrong.join("\n"));
        insta::assert_snapshot!(shown, @r"
        39 found, 1 missed, 1 invented
        missed 0.70: Backup of the database every night | Nightly backup of the database
        invented 0.75: Track sign-ups in analytics | Track refunds in analytics
        ");
    }

    #[test]
    fn the_text_tells_alike_titles_apart_and_never_makes_others_alike() {
        let one =
            Known::new(1, "Fix the failing test", "The cart panics on an empty list of items.");
        let other = Known::new(2, "Fix the failing tests", "Upload of images over 5 MB times out.");
        let again =
            Known::new(3, "Fix a failing test", "The cart panics on an empty list of items.");
        assert!(one.likeness(&other) < one.likeness(&again));
        let far = Known::new(4, "Add dark mode", "The cart panics on an empty list of items.");
        assert!(one.likeness(&far) < 0.5);
        assert_eq!(nearest(&one, [&other, &again], 0.75).map(|(which, _)| *which), Some(3));
        assert_eq!(nearest(&one, [&far], 0.75), None);
    }

    #[test]
    fn markers_do_not_count() {
        let one = Known::new((), "Same", "<!-- agentos:origin a -->\ntext");
        let other = Known::new((), "Same!", "text<!-- open");
        assert!(one.likeness(&other) >= 0.75);
    }
}
