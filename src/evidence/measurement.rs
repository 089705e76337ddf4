//! Evidence files: one measurement in each, written by the operator's exporter.

use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::{EvidenceError, read};
use crate::domain::objective::{self, Direction, Interpretation};
use crate::text::clean;
use crate::text::yaml::{self, Place, YamlError};

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The metric, where the file names it.
    pub metric_id: Option<String>,
    /// When it was observed.
    pub observed_at: Option<Timestamp>,
    /// The value.
    pub value: Option<f64>,
    /// What it is compared with.
    pub baseline: Option<f64>,
    /// The unit, for people.
    pub unit: Option<String>,
    /// Which way is better, where the file says so; the word of the objective counts more.
    pub direction: Option<Direction>,
    /// What its writer says it means; used only where there are no numbers.
    pub interpretation: Option<Interpretation>,
    /// One line for people.
    pub summary: Option<String>,
}

impl Measurement {
    /// What it says: computed from value and baseline; where these are not both there, the word of its writer, or nothing. `direction` is
    /// the word of the objective: without one that of the file counts, and where nobody says it, more is better.
    pub fn interpreted(&self, direction: Option<Direction>, tolerance: f64) -> Interpretation {
        match (self.value, self.baseline, self.interpretation) {
            (Some(value), Some(baseline), _) => {
                let direction = direction.or(self.direction).unwrap_or(Direction::Increase);
                objective::interpret(value, Some(baseline), direction, tolerance)
            }
            (_, _, Some(word)) => word,
            _ => Interpretation::Inconclusive,
        }
    }

    /// One line for people: the numbers, and what its writer added.
    pub fn told(&self) -> String {
        let unit = self.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let numbers = match (self.value, self.baseline) {
            (Some(value), Some(baseline)) => {
                Some(format!("{value}{unit} against {baseline}{unit}"))
            }
            (Some(value), None) => Some(format!("{value}{unit}, without a baseline")),
            (None, _) => None,
        };
        let parts: Vec<String> = numbers.into_iter().chain(self.summary.clone()).collect();
        clean::one_line(&parts.join(": "), 300)
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    metric_id: Option<String>,
    #[serde(default)]
    observed_at: Option<String>,
    #[serde(default)]
    value: Option<f64>,
    #[serde(default)]
    baseline: Option<f64>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    interpretation: Option<Interpretation>,
    #[serde(default)]
    summary: Option<String>,
}

/// Reads an evidence file. Keys that are not known here are the exporter's own and are left alone.
///
/// # Errors
///
/// When it is absent, cannot be read, or is no measurement; a date that cannot be read is an error with its line, not an unknown date.
pub fn read_measurement(path: &Path) -> Result<Measurement, EvidenceError> {
    let text = read(path)?;
    Ok(parse_measurement(&text, &path.display().to_string())?)
}

/// Reads the text of an evidence file, or of a page of the same form; `name` is where it came from.
///
/// # Errors
///
/// As [`read_measurement`], but for what concerns files.
pub fn parse_measurement(text: &str, name: &str) -> Result<Measurement, YamlError> {
    let place = Place { file: name, first_line: 1 };
    let raw: Raw = yaml::parse(text, &place)?;
    let observed_at = match raw.observed_at.as_deref().map(str::parse::<Timestamp>) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(_)) => {
            let message = "`observed_at` is not a date with a time and a zone, for example 2026-11-20T06:00:00Z";
            return Err(yaml::error_at(text, &place, &["observed_at"], message));
        }
    };
    for (key, number) in [("value", raw.value), ("baseline", raw.baseline)] {
        if number.is_some_and(|number| !number.is_finite()) {
            let message = format!("`{key}` is no number that can be compared: leave it out");
            return Err(yaml::error_at(text, &place, &[key], &message));
        }
    }
    let plain = |text: Option<String>| text.map(|text| clean::one_line(&text, 300));
    Ok(Measurement {
        metric_id: plain(raw.metric_id),
        observed_at,
        value: raw.value,
        baseline: raw.baseline,
        unit: plain(raw.unit),
        direction: raw.direction,
        interpretation: raw.interpretation,
        summary: plain(raw.summary),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test writes as an exporter does")]

    use super::*;

    fn read(text: &str) -> Result<Measurement, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("traffic.yaml");
        std::fs::write(&path, text).unwrap();
        read_measurement(&path)
            .map_err(|error| error.to_string().replace(&dir.path().display().to_string(), "…"))
    }

    #[test]
    fn numbers_count_more_than_words() {
        let found = read(
            "metric_id: traffic\nobserved_at: 2026-11-20T06:00:00Z\nvalue: 1240\nbaseline: 1100\n\
             unit: sessions\ninterpretation: regressed\nexporter: ga4 v2\n",
        )
        .unwrap();
        assert_eq!(found.interpreted(None, 0.02), Interpretation::Improved);
        assert_eq!(found.told(), "1240 sessions against 1100 sessions");
    }

    #[test]
    fn without_numbers_the_word_of_the_writer_counts_and_without_it_nothing_does() {
        for (text, expected) in [
            ("interpretation: improved\nsummary: more mail\n", Interpretation::Improved),
            ("value: 3\ninterpretation: regressed\n", Interpretation::Regressed),
            ("value: 3\n", Interpretation::Inconclusive),
            ("value: 3\nbaseline: 0\n", Interpretation::Inconclusive),
            ("summary: who knows\n", Interpretation::Inconclusive),
        ] {
            let found = read(text).unwrap();
            assert_eq!(found.interpreted(None, 0.02), expected, "{text}");
        }
    }

    #[test]
    fn the_direction_is_that_of_the_objective_else_that_of_the_file_else_increase() {
        use Direction::{Decrease, Increase};
        for (objective, file, expected) in [
            (None, "", Interpretation::Regressed),
            (None, "direction: increase\n", Interpretation::Regressed),
            (None, "direction: decrease\n", Interpretation::Improved),
            (Some(Increase), "direction: decrease\n", Interpretation::Regressed),
            (Some(Decrease), "", Interpretation::Improved),
            (Some(Decrease), "direction: increase\n", Interpretation::Improved),
        ] {
            let found = read(&format!("value: 310\nbaseline: 900\nunit: ms\n{file}")).unwrap();
            assert_eq!(found.interpreted(objective, 0.02), expected, "{objective:?} {file}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let date = read("value: 3\nobserved_at: yesterday\n").unwrap_err();
        assert!(date.starts_with("…/traffic.yaml:2"), "{date}");
        for text in
            ["- 1\n", "value: many\n", "interpretation: better\n", "{", "value: 1\nvalue: 2\n"]
        {
            let error = read(text).unwrap_err();
            assert!(error.contains("traffic.yaml"), "{error}");
        }
        for (text, line) in
            [("value: .inf\n", 1), ("value: 1\nbaseline: .nan\n", 2), ("value: -.inf\n", 1)]
        {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("…/traffic.yaml:{line}")), "{error}");
        }
        let absent = read_measurement(Path::new("/nowhere/x.yaml")).unwrap_err();
        assert!(matches!(absent, EvidenceError::Absent(_)), "{absent}");
    }
}
