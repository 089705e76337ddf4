//! Takes secrets out of whatever is shown or stored: values that are known, in any usual encoding, and what has the shape of one.
//!
//! Every search is linear in the text: no pattern looks back, and a match that is refused is never begun again from its own middle without
//! a bound.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use regex::Regex;

mod assigned;
mod encoded;
mod known;
mod pem;
mod shapes;
mod values;

/// What stands in the place of a secret.
const COVER: &str = "[redacted]";

/// The kind of a value that was given.
const KNOWN: &str = "known secret";

/// How deep encodings are looked into: base64 in an address in JSON.
const DEPTH: usize = 2;

/// A covered text may show a secret that it did not show before; more rounds than this were never seen.
const MAX_ROUNDS: usize = 12;

/// A place in a text where a secret stands. It does not hold the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: &'static str,
    /// Whether it certainly is one: by its own form or because it is known, not only by what stands around it.
    pub sure: bool,
}

impl Found {
    fn guessed(range: Range<usize>, kind: &'static str) -> Self {
        Self { range, kind, sure: false }
    }
}

/// Covers secrets: the values that it was given, in every usual encoding, and everything shaped like a token or key.
#[derive(Clone)]
pub struct Redactor {
    known: Arc<known::Finder>,
    values: usize,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new([])
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor {{ known: {} }}", self.values)
    }
}

impl Redactor {
    /// Makes one that knows some values; those shorter than six characters are left out, since they are part of words.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut forms = Vec::new();
        let mut values = 0;
        for value in known {
            let value = value.trim();
            // The cover itself must stay as it is.
            if value.chars().count() >= known::MIN_CHARS && !COVER.contains(value) {
                values += 1;
                known::forms(value, &mut forms);
            }
        }
        forms.retain(|form| !COVER.contains(form.as_str()));
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { known: Arc::new(known::Finder::new(&forms)), values }
    }

    /// Replaces every secret in a text by `[redacted]`; doing it twice changes nothing more.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..MAX_ROUNDS {
            let found = self.find(&text);
            if found.is_empty() {
                break;
            }
            text = covered(&text, &found);
        }
        text
    }

    /// Every place where a secret stands, in order; places that overlap are one.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = self.find_to(text, DEPTH);
        // What is covered already is no secret, whatever stands around it.
        found.retain(|found| {
            let part = text.get(found.range.clone()).unwrap_or_default().replace(COVER, "");
            let is_known = found.kind == KNOWN && !part.is_empty();
            is_known || part.bytes().any(|byte| byte.is_ascii_alphanumeric())
        });
        found.sort_by_key(|found| (found.range.start, !found.sure));
        let mut merged: Vec<Found> = Vec::with_capacity(found.len());
        for next in found {
            match merged.last_mut() {
                Some(last) if next.range.start < last.range.end => {
                    if next.sure && !last.sure {
                        last.kind = next.kind;
                        last.sure = true;
                    }
                    last.range.end = last.range.end.max(next.range.end);
                }
                _ => merged.push(next),
            }
        }
        merged
    }

    fn find_to(&self, text: &str, depth: usize) -> Vec<Found> {
        let known = self.known.find(text).into_iter();
        let mut found: Vec<Found> =
            known.map(|range| Found { range, kind: KNOWN, sure: true }).collect();
        pem::find(text, &mut found);
        shapes::find(text, &mut found);
        assigned::find(text, &mut found);
        if depth > 0 {
            let look = |inner: &str| {
                let found = self.find_to(inner, depth - 1);
                (!found.is_empty()).then(|| found.iter().any(|found| found.sure))
            };
            for (range, sure) in encoded::find(text, &look) {
                found.push(Found { range, kind: "encoded secret", sure });
            }
        }
        found
    }
}

/// The text with its secrets covered.
fn covered(text: &str, found: &[Found]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for found in found {
        result.push_str(text.get(at..found.range.start).unwrap_or_default());
        result.push_str(COVER);
        at = found.range.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants that every test of this module compiles"
)]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
