//! Files and pages of evidence: measurements, and texts with a date.

use agentos::domain::objective::Direction;
use agentos::evidence::{Document, Markup, parse_measurement};

use super::{steers, text};

/// Numbers are numbers, sentences are one bounded line, and excerpts keep their bound.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    match parse_measurement(&text, "evidence.yaml") {
        Ok(measurement) => {
            let told = measurement.told();
            assert!(told.chars().count() <= 300 && !told.contains('\n'), "{told:?}");
            let numbers = [measurement.value, measurement.baseline];
            assert!(numbers.iter().flatten().all(|number| number.is_finite()), "{numbers:?}");
            let said = Some(Direction::Increase);
            let one = measurement.interpreted(said, 0.05);
            assert_eq!(one, measurement.interpreted(said, 0.05));
        }
        Err(error) => assert!(error.to_string().starts_with("evidence.yaml"), "{error}"),
    }
    for markup in [Markup::Plain, Markup::Html] {
        let document = Document::new(input, markup, None);
        assert!(!steers(&document.text), "{:?}", document.text);
        for most in [0, 1, 40, 400] {
            let excerpt = document.excerpt(most);
            assert!(excerpt.chars().count() <= most + 80, "{most}: {}", excerpt.len());
        }
    }
}
