//! Whether an issue says what another one says already: title and text compared as strings, with the threshold of the configuration
//! (`dedup_threshold`, seed 000: 0.75). How well that works is measured on labelled pairs (`tests/data/duplicates`, published in
//! `docs/duplicates.md`). Pure.

use crate::text::similar::{Comparable, Words, likeness, likeness_from};

/// How much the title counts beside the text, where both issues have one.
const TITLE_SHARE: f64 = 0.7;

/// An issue as it is compared.
#[derive(Debug, Clone)]
pub struct Known<T> {
    /// Which issue.
    pub which: T,
    title: Comparable,
    body: Option<Words>,
}

impl<T> Known<T> {
    /// Prepares an issue for many comparisons. Of the text only what people see counts, and only its beginning.
    pub fn new(which: T, title: &str, body: &str) -> Self {
        let visible = without_comments(body);
        let body = (!visible.trim().is_empty()).then(|| Words::new(&visible));
        Self { which, title: Comparable::new(title), body }
    }

    /// How alike two issues are, from 0 to 1. Equal titles are equal issues; a text can make alike titles less alike and never more.
    pub fn likeness<U>(&self, other: &Known<U>) -> f64 {
        let titles = likeness(&self.title, &other.title);
        match (&self.body, &other.body) {
            (Some(body), Some(others)) if titles < 1.0 => both(titles, body.likeness(others)),
            _ => titles,
        }
    }

    /// How alike two issues are where that is at least `least`: the same as [`Known::likeness`], but most pairs are told apart by their
    /// lengths, letters and words alone.
    pub fn likeness_from<U>(&self, other: &Known<U>, least: f64) -> Option<f64> {
        let titles = likeness_from(&self.title, &other.title, least)?;
        let alike = match (&self.body, &other.body) {
            (Some(body), Some(others)) if titles < 1.0 => both(titles, body.likeness(others)),
            _ => titles,
        };
        (alike >= least).then_some(alike)
    }
}

/// The likeness of issues with alike titles and texts.
fn both(titles: f64, bodies: f64) -> f64 {
    (TITLE_SHARE * titles + (1.0 - TITLE_SHARE) * bodies).min(titles)
}

/// The issue that is most like this one, where one is as alike as the threshold asks; with how alike. Of several the first.
pub fn nearest<'a, T, U>(
    issue: &Known<U>,
    among: impl IntoIterator<Item = &'a Known<T>>,
    threshold: f64,
) -> Option<(&'a T, f64)> {
    let mut best: Option<(&T, f64)> = None;
    for other in among {
        let least = best.map_or(threshold, |(_, most)| most);
        if let Some(alike) = issue.likeness_from(other, least)
            && best.is_none_or(|(_, most)| alike > most)
        {
            best = Some((&other.which, alike));
        }
    }
    best
}

/// Every two issues that are as alike as the threshold asks, in their order, with how alike.
pub fn pairs<T>(issues: &[Known<T>], threshold: f64) -> Vec<(&T, &T, f64)> {
    let mut rest = issues;
    let mut pairs = Vec::new();
    while let Some((one, others)) = rest.split_first() {
        for other in others {
            if let Some(alike) = one.likeness_from(other, threshold) {
                pairs.push((&one.which, &other.which, alike));
            }
        }
        rest = others;
    }
    pairs
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
#[path = "duplicate_tests.rs"]
mod tests;
