//! Objective files: `objectives/<repo>.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{EvidenceError, read};
use crate::domain::objective::{
    self as domain, Direction, Metric, Objective, OutcomeCheck, Source, Values,
};
use crate::text::yaml::{self, Value};
use crate::text::{clean, similar};

/// The window of a file that names none, in days (seed 000).
const WINDOW_DAYS: f64 = 28.0;

/// Ten years: beyond that it is a typing error.
const MAX_DAYS: f64 = 3650.0;

/// The names under which the files of a repository may lie, the most precise first.
pub type Names = Vec<String>;

/// An objective, the file that it was read from, and what that file is warned about.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedObjective {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub objective: Objective,
    /// Keys that are not known, with their lines.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    repo: Option<String>,
    #[serde(default, alias = "north_star")]
    primary_outcome: Option<String>,
    #[serde(default)]
    evaluation_window_days: Option<f64>,
    #[serde(default)]
    interpretation_scores: BTreeMap<String, f64>,
    #[serde(default)]
    metrics: Vec<RawMetric>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct RawMetric {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    weight: Option<f64>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    tolerance: Option<f64>,
    #[serde(default)]
    source: Option<RawSource>,
    #[serde(default)]
    outcome_check: Option<RawCheck>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct RawSource {
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default, alias = "input_type")]
    signal_class: Option<String>,
    #[serde(default)]
    observed_at: Option<String>,
    #[serde(default)]
    provenance: Option<String>,
    #[serde(default)]
    trust_level: Option<String>,
    #[serde(default)]
    trust_note: Option<String>,
    #[serde(default)]
    privacy: Option<String>,
    #[serde(default)]
    privacy_note: Option<String>,
}

#[derive(Deserialize)]
struct RawCheck {
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    measurement_window_days: Option<f64>,
    #[serde(default)]
    comparison_window: Option<String>,
}

/// Finds the objective file of a repository; `None` when it has none.
pub fn find_objective(dir: &Path, names: &Names) -> Option<PathBuf> {
    let candidates = names
        .iter()
        .flat_map(|name| ["yaml", "yml"].map(|ending| dir.join(format!("{name}.{ending}"))));
    candidates.into_iter().find(|path| path.is_file())
}

/// Reads an objective file. `expand` replaces `~` and variables in paths.
///
/// # Errors
///
/// When it cannot be read, or a value cannot be used; the message has file, line and key.
pub fn load_objective(
    path: &Path,
    expand: &dyn Fn(&str) -> Result<String, String>,
) -> Result<LoadedObjective, EvidenceError> {
    Ok(parse_objective(&read(path)?, path, expand)?)
}

/// Reads the text of an objective file; `path` names it in messages.
///
/// # Errors
///
/// When a value cannot be used; the message has file, line and key.
pub fn parse_objective(
    text: &str,
    path: &Path,
    expand: &dyn Fn(&str) -> Result<String, String>,
) -> Result<LoadedObjective, yaml::YamlError> {
    let name = path.display().to_string();
    let place = yaml::Place { file: &name, first_line: 1 };
    let raw: Raw = yaml::parse(text, &place)?;
    let reader = Reader { expand };
    let warnings = unknown(text, &name, &raw);
    match reader.objective(raw) {
        Ok(objective) => Ok(LoadedObjective { path: path.to_owned(), objective, warnings }),
        Err(Fault { path, message }) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            Err(yaml::error_at(text, &place, &path, &message))
        }
    }
}

/// What is wrong, and the key that it is wrong with.
struct Fault {
    path: Vec<String>,
    message: String,
}

fn fault(path: &[&str], message: impl Into<String>) -> Fault {
    Fault { path: path.iter().map(ToString::to_string).collect(), message: message.into() }
}

struct Reader<'a> {
    expand: &'a dyn Fn(&str) -> Result<String, String>,
}

impl Reader<'_> {
    fn objective(&self, raw: Raw) -> Result<Objective, Fault> {
        let key = "evaluation_window_days";
        let window = days(raw.evaluation_window_days.unwrap_or(WINDOW_DAYS), &[key])?;
        if raw.metrics.is_empty() {
            return Err(fault(
                &["metrics"],
                "an objective needs at least one metric under `metrics`",
            ));
        }
        let weights: Vec<f64> = raw.metrics.iter().map(|m| m.weight.unwrap_or(1.0)).collect();
        let mut metrics: Vec<Metric> = Vec::new();
        let weights = domain::normalized(&weights);
        for (position, (metric, weight)) in raw.metrics.into_iter().zip(weights).enumerate() {
            let at = position.to_string();
            let metric = self.metric(metric, weight, window, &at)?;
            if metrics.iter().any(|other| other.id == metric.id) {
                let message = format!("the metric `{}` is given twice", metric.id);
                return Err(fault(&["metrics", &at, "id"], message));
            }
            metrics.push(metric);
        }
        // Behind the look at each weight of its own, which says more.
        if metrics.iter().all(|metric| metric.weight == 0.0) {
            let message = "the weights of all metrics must add up to a number above 0";
            return Err(fault(&["metrics", "0", "weight"], message));
        }
        Ok(Objective {
            repo: raw.repo,
            primary_outcome: clean::one_line(&raw.primary_outcome.unwrap_or_default(), 300),
            evaluation_window: window,
            values: values(&raw.interpretation_scores)?,
            metrics,
        })
    }

    fn metric(
        &self,
        raw: RawMetric,
        weight: f64,
        window: SignedDuration,
        at: &str,
    ) -> Result<Metric, Fault> {
        let id = raw.id.trim().to_owned();
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if !is_id {
            let message = "`id` must be made of letters, digits, `_`, `-` and `.`";
            return Err(fault(&["metrics", at, "id"], message));
        }
        if raw.weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
            return Err(fault(&["metrics", at, "weight"], "`weight` must be 0 or more"));
        }
        let tolerance = raw.tolerance.unwrap_or(domain::TOLERANCE);
        if !(0.0..=1.0).contains(&tolerance) {
            let message = "`tolerance` is a share of the baseline, from 0 to 1";
            return Err(fault(&["metrics", at, "tolerance"], message));
        }
        let source = raw.source.map(|source| self.source(source, at)).transpose()?;
        let check = match raw.outcome_check {
            Some(check) => Some(self.check(check, source.as_ref(), window, at)?),
            None => None,
        };
        let name = raw.name.map_or_else(|| id.clone(), |name| clean::one_line(&name, 120));
        let direction = raw.direction;
        Ok(Metric { id, name, weight, direction, tolerance, source, outcome_check: check })
    }

    fn source(&self, raw: RawSource, at: &str) -> Result<Source, Fault> {
        let path = ["metrics", at, "source"];
        let place = self
            .place(raw.r#type.as_deref(), raw.path.as_deref(), raw.url.as_deref())
            .map_err(|message| fault(&path, message))?
            .ok_or_else(|| fault(&path, "the source has neither `path` nor `url`"))?;
        for (key, value, known) in [
            ("trust_level", &raw.trust_level, &TRUST[..]),
            ("privacy", &raw.privacy, &PRIVACY[..]),
            ("signal_class", &raw.signal_class, &CLASSES[..]),
        ] {
            if value.as_deref().is_some_and(|value| !known.contains(&value)) {
                let message = format!("`{key}` must be one of {}", known.join(", "));
                return Err(fault(&["metrics", at, "source", key], message));
            }
        }
        Ok(Source {
            place,
            signal_class: raw.signal_class,
            // As in the configuration: a date that nobody can read is an unknown one.
            observed_at: raw.observed_at.and_then(|text| text.parse::<Timestamp>().ok()),
            provenance: raw.provenance,
            trust_level: raw.trust_level,
            trust_note: raw.trust_note,
            privacy: raw.privacy,
            privacy_note: raw.privacy_note,
        })
    }

    /// A check without a place of its own is read where the metric is.
    fn check(
        &self,
        raw: RawCheck,
        source: Option<&Source>,
        window: SignedDuration,
        at: &str,
    ) -> Result<OutcomeCheck, Fault> {
        let path = ["metrics", at, "outcome_check"];
        let place = self
            .place(raw.r#type.as_deref(), raw.path.as_deref(), raw.url.as_deref())
            .map_err(|message| fault(&path, message))?
            .or_else(|| source.map(|source| source.place.clone()))
            .ok_or_else(|| fault(&path, "the check has neither `path` nor `url`"))?;
        let key = "measurement_window_days";
        let measurement_window = match raw.measurement_window_days {
            Some(value) => days(value, &["metrics", at, "outcome_check", key])?,
            None => window,
        };
        let comparison_window = raw.comparison_window.map(|text| clean::one_line(&text, 300));
        Ok(OutcomeCheck { place, measurement_window, comparison_window })
    }

    fn place(
        &self,
        kind: Option<&str>,
        path: Option<&str>,
        url: Option<&str>,
    ) -> Result<Option<domain::Place>, String> {
        match (kind, path, url) {
            (_, Some(_), Some(_)) => Err("there are both `path` and `url`; only one can be".into()),
            (Some("file") | None, Some(path), None) => {
                let path = (self.expand)(path).map_err(|problem| format!("the path {problem}"))?;
                Ok(Some(domain::Place::File(path)))
            }
            (Some("web") | None, None, Some(url)) => Ok(Some(domain::Place::Web(url.to_owned()))),
            (Some("file" | "web") | None, None, None) => Ok(None),
            (Some("file"), None, Some(_)) => Err("an entry of type `file` needs `path`".into()),
            (Some("web"), Some(_), None) => Err("an entry of type `web` needs `url`".into()),
            (Some(other), ..) => Err(format!(
                "the type `{}` is neither `file` nor `web`",
                clean::one_line(other, 40)
            )),
        }
    }
}

const TRUST: [&str; 3] = ["low", "medium", "high"];
const PRIVACY: [&str; 6] =
    ["public", "internal", "restricted", "private", "confidential", "sensitive"];
const CLASSES: [&str; 5] =
    ["analytics", "user_feedback", "product_inspection", "incident_slo", "market_signal"];

fn days(value: f64, path: &[&str]) -> Result<SignedDuration, Fault> {
    if value.is_finite() && value > 0.0 && value <= MAX_DAYS {
        return Ok(SignedDuration::from_secs_f64(value * 86_400.0));
    }
    let key = path.last().copied().unwrap_or_default();
    Err(fault(path, format!("`{key}` must be more than 0 and at most {MAX_DAYS} days")))
}

fn values(given: &BTreeMap<String, f64>) -> Result<Values, Fault> {
    let mut values = Values::default();
    for (word, value) in given {
        let slot = match word.as_str() {
            "improved" => &mut values.improved,
            "unchanged" => &mut values.unchanged,
            "regressed" => &mut values.regressed,
            "inconclusive" => &mut values.inconclusive,
            _ => {
                let message = "an interpretation is improved, unchanged, regressed or inconclusive";
                return Err(fault(&["interpretation_scores", word], message));
            }
        };
        if !(-100.0..=100.0).contains(value) {
            let message = format!("`{word}` must lie between -100 and 100");
            return Err(fault(&["interpretation_scores", word], message));
        }
        *slot = *value;
    }
    Ok(values)
}

/// Keys that nobody reads: most are typing errors, and some belong to older files.
fn unknown(text: &str, file: &str, raw: &Raw) -> Vec<String> {
    const TOP: [&str; 5] =
        ["repo", "primary_outcome", "evaluation_window_days", "interpretation_scores", "metrics"];
    const METRIC: [&str; 7] =
        ["id", "name", "weight", "direction", "tolerance", "source", "outcome_check"];
    const OLDER: [&str; 2] = ["version", "product_name"];
    let mut warnings = Vec::new();
    let mut warn = |path: &[&str], key: &str, known: &[&'static str]| {
        let line = yaml::key_line(text, path).map_or_else(String::new, |line| format!(":{line}"));
        let near = similar::nearest(key, known.iter().copied())
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let key = clean::one_line(key, 60);
        warnings.push(format!("{file}{line}: `{key}` is not used{near}"));
    };
    for key in raw.rest.keys().filter(|key| !OLDER.contains(&key.as_str())) {
        warn(&[key], key, &TOP);
    }
    for (position, metric) in raw.metrics.iter().enumerate() {
        for key in metric.rest.keys() {
            warn(&["metrics", &position.to_string(), key], key, &METRIC);
        }
    }
    warnings
}

#[cfg(test)]
#[path = "objective_tests.rs"]
mod tests;
