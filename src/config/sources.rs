//! The evidence blocks as they are used, made from the ones that are written.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::blocks::{
    Privacy, RawAttribution, RawFeedback, RawResearch, SignalClass, SourceType, TrustLevel,
};
use super::merge::{Fault, days, hours};
use super::paths::Expander;
use super::values::{Flag, Words};

/// Where a source is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// By HTTPS.
    Web {
        /// The address as configured, not checked yet.
        url: String,
    },
    /// From a file.
    File {
        /// The path as configured: relative to the repository, or with `~` and `$VAR` expanded.
        path: String,
    },
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web { url } => f.write_str(url),
            Self::File { path } => f.write_str(path),
        }
    }
}

/// Bounded reading before a sprint is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanningResearch {
    /// Whether it is done.
    pub enabled: bool,
    /// A younger artefact is used again.
    pub max_age: Duration,
    /// At most so many sources.
    pub max_sources: usize,
    /// At most so many characters of each.
    pub max_source_chars: usize,
    /// Hosts (and those below them) that may be read; empty = none.
    pub allowed_domains: Vec<String>,
    /// File name of the artefact.
    pub artifact_file: String,
    /// What to read.
    pub sources: Vec<ResearchSource>,
}

/// A page or file to read before planning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResearchSource {
    /// Its name.
    pub name: String,
    /// What it is, for example `official_docs`.
    pub kind: Option<String>,
    /// Where it is.
    pub location: SourceLocation,
}

/// Evidence from production that planning may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// Whether it is gathered.
    pub enabled: bool,
    /// A younger artefact is used again.
    pub max_age: Duration,
    /// Older evidence is guarded.
    pub stale_after: Duration,
    /// Less trusted evidence is guarded.
    pub minimum_trust_level: TrustLevel,
    /// Other evidence is guarded.
    pub allowed_privacy_levels: Vec<Privacy>,
    /// At most so many inputs.
    pub max_inputs: usize,
    /// At most so many characters of each.
    pub max_source_chars: usize,
    /// Hosts (and those below them) that may be read; empty = none.
    pub allowed_domains: Vec<String>,
    /// File name of the artefact.
    pub artifact_file: String,
    /// What to read.
    pub inputs: Vec<FeedbackInput>,
}

/// A page or file with evidence from production.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackInput {
    /// Its name.
    pub name: String,
    /// What it tells about; absent in older entries.
    pub signal_class: Option<SignalClass>,
    /// Where it is.
    pub location: SourceLocation,
    /// When it was observed; absent = unknown, so guarded.
    pub observed_at: Option<Timestamp>,
    /// Where it comes from.
    pub provenance: Option<String>,
    /// How far it may be believed; absent = guarded.
    pub trust_level: Option<TrustLevel>,
    /// Why.
    pub trust_note: Option<String>,
    /// Who may see it; absent = guarded.
    pub privacy: Option<Privacy>,
    /// Why.
    pub privacy_note: Option<String>,
    /// Keys that the entry ought to have and has not, beside trust and privacy: it is guarded.
    pub lacks: Vec<&'static str>,
}

/// Measuring what merged work changed.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeAttribution {
    /// Whether it is done.
    pub enabled: bool,
    /// At most so many characters of each source.
    pub max_source_chars: usize,
    /// Hosts (and those below them) that may be read; empty = none.
    pub allowed_domains: Vec<String>,
    /// What can be measured.
    pub checks: Vec<OutcomeCheck>,
}

/// Something that can be measured after a merge.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeCheck {
    /// The id by which issues name it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: SourceLocation,
    /// How long after the merge it is measured.
    pub measurement_window: Duration,
    /// What is compared with what.
    pub comparison_window: Option<String>,
    /// Only for issues with one of these labels; empty = all.
    pub labels: Vec<String>,
}

impl OutcomeAttribution {
    /// The checks that count of those which an issue names: one with `labels` does for issues with one of them alone. An id that is not
    /// configured stays: it may be a metric's, and if it is not, the merge tells so.
    pub fn counting(&self, ids: Vec<String>, has_label: impl Fn(&str) -> bool) -> Vec<String> {
        let is_for_others = |check: &OutcomeCheck| {
            !check.labels.is_empty() && !check.labels.iter().any(|label| has_label(label))
        };
        let counts = |id: &String| !self.checks.iter().any(|c| c.id == *id && is_for_others(c));
        ids.into_iter().filter(counts).collect()
    }
}

impl RawResearch {
    /// What holds where nothing is set.
    pub(super) fn defaults() -> Self {
        Self {
            enabled: Some(Flag(false)),
            max_age_hours: Some(72.0),
            max_sources: Some(4),
            max_source_chars: Some(4000),
            allowed_domains: Some(Words::default()),
            artifact_file: Some("PLANNING_RESEARCH.md".to_owned()),
            sources: Some(Vec::new()),
            dynamic_search: None,
        }
    }

    pub(super) fn resolved(self, expander: &Expander<'_>) -> Result<PlanningResearch, Fault> {
        let mut sources = Vec::new();
        for (position, source) in self.sources.unwrap_or_default().into_iter().enumerate() {
            let location =
                location(source.r#type, source.url, source.path, expander).map_err(|message| {
                    Fault::at(&["planning_research", "sources", &position.to_string()], message)
                })?;
            let name = source.name.unwrap_or_else(|| location.to_string());
            sources.push(ResearchSource { name, kind: source.kind, location });
        }
        Ok(PlanningResearch {
            enabled: self.enabled.is_some_and(|flag| flag.0),
            max_age: hours(self.max_age_hours.unwrap_or_default()),
            max_sources: self.max_sources.unwrap_or_default(),
            max_source_chars: self.max_source_chars.unwrap_or_default(),
            allowed_domains: self.allowed_domains.unwrap_or_default().0,
            artifact_file: file_name(self.artifact_file, "planning_research")?,
            sources,
        })
    }
}

impl RawFeedback {
    /// What holds where nothing is set.
    pub(super) fn defaults() -> Self {
        Self {
            enabled: Some(Flag(false)),
            max_age_hours: Some(24.0),
            stale_after_hours: None,
            minimum_trust_level: Some(TrustLevel::Medium),
            allowed_privacy_levels: Some(vec![Privacy::Public]),
            max_inputs: Some(6),
            max_source_chars: Some(4000),
            allowed_domains: Some(Words::default()),
            artifact_file: Some("PRODUCTION_FEEDBACK.md".to_owned()),
            inputs: Some(Vec::new()),
        }
    }

    pub(super) fn resolved(self, expander: &Expander<'_>) -> Result<Feedback, Fault> {
        let mut inputs = Vec::new();
        for (position, input) in self.inputs.unwrap_or_default().into_iter().enumerate() {
            let keys = [
                ("name", input.name.is_none()),
                ("type", input.r#type.is_none()),
                ("signal class", input.signal_class.is_none()),
            ];
            let lacks = keys.into_iter().filter_map(|(key, lacks)| lacks.then_some(key)).collect();
            let location =
                location(input.r#type, input.url, input.path, expander).map_err(|message| {
                    Fault::at(&["production_feedback", "inputs", &position.to_string()], message)
                })?;
            inputs.push(FeedbackInput {
                name: input.name.unwrap_or_else(|| location.to_string()),
                signal_class: input.signal_class,
                location,
                // A date that nobody can read is an unknown one: the entry stays visible, guarded.
                observed_at: input.observed_at.and_then(|text| text.parse::<Timestamp>().ok()),
                provenance: input.provenance,
                trust_level: input.trust_level,
                trust_note: input.trust_note,
                privacy: input.privacy,
                privacy_note: input.privacy_note,
                lacks,
            });
        }
        let max_age = self.max_age_hours.unwrap_or_default();
        Ok(Feedback {
            enabled: self.enabled.is_some_and(|flag| flag.0),
            max_age: hours(max_age),
            stale_after: hours(self.stale_after_hours.unwrap_or(max_age * 3.0)),
            minimum_trust_level: self.minimum_trust_level.unwrap_or(TrustLevel::Medium),
            allowed_privacy_levels: self.allowed_privacy_levels.unwrap_or_default(),
            max_inputs: self.max_inputs.unwrap_or_default(),
            max_source_chars: self.max_source_chars.unwrap_or_default(),
            allowed_domains: self.allowed_domains.unwrap_or_default().0,
            artifact_file: file_name(self.artifact_file, "production_feedback")?,
            inputs,
        })
    }
}

impl RawAttribution {
    /// What holds where nothing is set.
    pub(super) fn defaults() -> Self {
        Self {
            enabled: Some(Flag(false)),
            max_source_chars: Some(4000),
            allowed_domains: Some(Words::default()),
            checks: Some(Vec::new()),
        }
    }

    pub(super) fn resolved(self, expander: &Expander<'_>) -> Result<OutcomeAttribution, Fault> {
        let mut checks: Vec<OutcomeCheck> = Vec::new();
        for (position, check) in self.checks.unwrap_or_default().into_iter().enumerate() {
            let fault = |message: String| {
                Fault::at(&["outcome_attribution", "checks", &position.to_string()], message)
            };
            let id = check.id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
            let id = id.ok_or_else(|| fault("the check has no `id`".to_owned()))?;
            if checks.iter().any(|other| other.id == id) {
                return Err(fault(format!("the id `{id}` is given twice")));
            }
            let location =
                location(check.r#type, check.url, check.path, expander).map_err(fault)?;
            checks.push(OutcomeCheck {
                name: check.name.unwrap_or_else(|| id.clone()),
                id,
                location,
                measurement_window: days(check.measurement_window_days.unwrap_or(7.0)),
                comparison_window: check.comparison_window,
                labels: check.labels.unwrap_or_default().0,
            });
        }
        Ok(OutcomeAttribution {
            enabled: self.enabled.is_some_and(|flag| flag.0),
            max_source_chars: self.max_source_chars.unwrap_or_default(),
            allowed_domains: self.allowed_domains.unwrap_or_default().0,
            checks,
        })
    }
}

/// A page has an address and a file a path; an entry without `type` says by that which it is.
fn location(
    kind: Option<SourceType>,
    url: Option<String>,
    path: Option<String>,
    expander: &Expander<'_>,
) -> Result<SourceLocation, String> {
    match (kind, url, path) {
        (Some(SourceType::Web) | None, Some(url), None) => Ok(SourceLocation::Web { url }),
        (Some(SourceType::File) | None, None, Some(path)) => {
            let path = expander.text(&path).map_err(|problem| format!("the path {problem}"))?;
            Ok(SourceLocation::File { path })
        }
        (_, Some(_), Some(_)) => {
            Err("the entry has both `url` and `path`; it can have only one".to_owned())
        }
        (_, None, None) => Err("the entry has neither `url` nor `path`".to_owned()),
        (Some(SourceType::Web), None, Some(_)) => {
            Err("an entry of type `web` needs `url`".to_owned())
        }
        (Some(SourceType::File), Some(_), None) => {
            Err("an entry of type `file` needs `path`".to_owned())
        }
    }
}

fn file_name(name: Option<String>, block: &str) -> Result<String, Fault> {
    let name = name.unwrap_or_default();
    let plain = PathBuf::from(&name);
    let is_name = plain.file_name().is_some_and(|last| last == plain.as_os_str())
        && !name.starts_with(['.', '-']);
    if is_name && !name.chars().any(|c| c.is_control() || c == '\\') {
        Ok(name)
    } else {
        Err(Fault::at(
            &[block, "artifact_file"],
            "`artifact_file` must be the name of a file, without folders".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_with_labels_counts_for_issues_with_one_of_them_and_others_for_all() {
        let check = |id: &str, labels: &[&str]| OutcomeCheck {
            id: id.to_owned(),
            name: id.to_owned(),
            location: SourceLocation::File { path: format!("{id}.yaml") },
            measurement_window: Duration::ZERO,
            comparison_window: None,
            labels: labels.iter().map(ToString::to_string).collect(),
        };
        let block = OutcomeAttribution {
            enabled: true,
            max_source_chars: 4000,
            allowed_domains: Vec::new(),
            checks: vec![check("latency", &["speed", "mobile"]), check("signups", &[])],
        };
        let cases: [(&[&str], &[&str]); 4] = [
            (&["speed"], &["latency", "signups", "traffic"]),
            (&["bug", "mobile"], &["latency", "signups", "traffic"]),
            (&["bug"], &["signups", "traffic"]),
            (&[], &["signups", "traffic"]),
        ];
        for (labels, expected) in cases {
            let named = Vec::from(["latency", "signups", "traffic"].map(str::to_owned));
            let found = block.counting(named, |label| labels.contains(&label));
            assert_eq!(found, expected, "{labels:?}");
        }
    }
}
