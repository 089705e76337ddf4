//! Takes the snapshots that are due: reads the evidence of each check and appends what it says. A measurement that is missing, unreadable
//! or older than the window is waited for; only after the deadline the merge counts as inconclusive.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::FILE;
use crate::app::{App, Repository};
use crate::config::SourceLocation;
use crate::crash_point;
use crate::domain::objective::{Direction, Interpretation, Place, Snapshot, TOLERANCE};
use crate::domain::outcome::{self, Due, Kind, Record, What};
use crate::evidence::{self, LoadedObjective};
use crate::sys::files::FileError;

/// What is known of the outcomes of one repository, after the refresh.
#[derive(Debug, Clone, Default)]
pub(in crate::jobs) struct Outcomes {
    /// Every record of the repository, the newest last.
    pub(in crate::jobs) records: Vec<Record>,
    /// How many snapshots this refresh took.
    pub(in crate::jobs) taken: usize,
    /// Snapshots that are due and waited for, each with why.
    pub(in crate::jobs) waiting: Vec<String>,
}

impl Outcomes {
    /// The judged measurements, for the score.
    pub(in crate::jobs) fn snapshots(&self) -> Vec<Snapshot> {
        let snapshots = self.records.iter().filter(|record| record.kind == Kind::Snapshot);
        snapshots
            .filter_map(|record| {
                Some(Snapshot {
                    check_id: record.check_id.clone(),
                    interpretation: record.interpretation?,
                    at: record.timestamp,
                })
            })
            .collect()
    }
}

/// A check as it is read.
struct Check {
    place: Place,
    window: SignedDuration,
    direction: Direction,
    tolerance: f64,
}

/// What a look at the evidence gave.
enum Look {
    /// A measurement that is new enough.
    Measured { interpretation: Interpretation, summary: String, by: Option<String> },
    /// None yet, with why.
    NotYet(String),
}

/// Reads the records of a repository and takes the snapshots that are due, where `outcome_attribution` is on.
///
/// # Errors
///
/// When the records cannot be read or written.
pub(in crate::jobs) fn refresh(
    app: &App,
    repository: &Repository,
    objective: Option<&LoadedObjective>,
) -> Result<Outcomes, FileError> {
    let mut outcomes = Outcomes { records: records_of(app, repository)?, ..Outcomes::default() };
    if !repository.settings.outcome_attribution.enabled {
        return Ok(outcomes);
    }
    let checks = checks(repository, objective);
    let windows: BTreeMap<String, SignedDuration> =
        checks.iter().map(|(id, check)| (id.clone(), check.window)).collect();
    let always: Vec<String> = objective
        .iter()
        .flat_map(|loaded| &loaded.objective.metrics)
        .filter(|metric| metric.outcome_check.is_some())
        .map(|metric| metric.id.clone())
        .collect();
    let now = app.now();
    let mut fresh = Vec::new();
    for due in outcome::due(&outcomes.records, &windows, &always, now) {
        match judged(app, repository, &checks, &due, now) {
            Ok(record) => fresh.push(record),
            Err(why) => outcomes.waiting.push(why),
        }
    }
    for record in fresh {
        app.journal.measure_once(FILE, &record, &["kind", "task_id", "check_id"])?;
        crash_point!("outcomes.judged");
        outcomes.taken += 1;
        outcomes.records.push(record);
    }
    Ok(outcomes)
}

fn records_of(app: &App, repository: &Repository) -> Result<Vec<Record>, FileError> {
    let slug = repository.slug().as_str();
    let mut records = Vec::new();
    app.journal.each_metric(FILE, &mut |line| {
        if line.contains(slug)
            && let Ok(record) = serde_json::from_str::<Record>(line)
            && record.repo == slug
        {
            records.push(record);
        }
    })?;
    Ok(records)
}

/// The checks of the configuration and of the objective; of two with one id the configuration's counts.
fn checks(repository: &Repository, objective: Option<&LoadedObjective>) -> BTreeMap<String, Check> {
    let mut checks = BTreeMap::new();
    for metric in objective.iter().flat_map(|loaded| &loaded.objective.metrics) {
        if let Some(check) = &metric.outcome_check {
            let check = Check {
                place: check.place.clone(),
                window: check.measurement_window,
                direction: metric.direction,
                tolerance: metric.tolerance,
            };
            checks.insert(metric.id.clone(), check);
        }
    }
    for configured in &repository.settings.outcome_attribution.checks {
        let place = match &configured.location {
            SourceLocation::Web { url } => Place::Web(url.clone()),
            SourceLocation::File { path } => Place::File(path.clone()),
        };
        let window = SignedDuration::try_from(configured.measurement_window);
        let check = Check {
            place,
            window: window.unwrap_or(SignedDuration::MAX),
            direction: Direction::Increase,
            tolerance: TOLERANCE,
        };
        checks.insert(configured.id.clone(), check);
    }
    checks
}

/// The snapshot of one merge by one check, or why there is none yet.
fn judged(
    app: &App,
    repository: &Repository,
    checks: &BTreeMap<String, Check>,
    due: &Due<'_>,
    now: Timestamp,
) -> Result<Record, String> {
    let blank = Record {
        timestamp: now,
        kind: Kind::Snapshot,
        check_ids: Vec::new(),
        commit: None,
        interpretation: Some(Interpretation::Inconclusive),
        ..due.merged.clone()
    };
    let said = |check: Option<&str>, source: &str, summary: String| Record {
        check_id: check.map(str::to_owned),
        source: Some(source.to_owned()),
        summary: Some(app.redactor.redact(&summary)),
        ..blank.clone()
    };
    let (check_id, since, deadline) = match due.what {
        What::Without => return Ok(said(None, "none", "no check is attached".to_owned())),
        What::Unknown { check_id } => {
            let summary = format!("the check `{check_id}` is not configured");
            return Ok(said(Some(check_id), "missing_config", summary));
        }
        What::Measure { check_id, since, deadline } => (check_id, since, deadline),
    };
    let Some(check) = checks.get(check_id) else {
        return Err(format!("{}: the check `{check_id}` is not known", due.merged.task_id));
    };
    let source = match &check.place {
        Place::File(path) => path.clone(),
        Place::Web(url) => url.clone(),
    };
    match look(app, repository, check, check_id, since) {
        Look::Measured { interpretation, summary, by } => Ok(Record {
            interpretation: Some(interpretation),
            interpreted_by: by,
            ..said(Some(check_id), &source, summary)
        }),
        Look::NotYet(why) if now > deadline => {
            Ok(said(Some(check_id), &source, format!("no measurement came in time: {why}")))
        }
        Look::NotYet(why) => Err(format!("{} by {check_id}: {why}", due.merged.task_id)),
    }
}

fn look(
    app: &App,
    repository: &Repository,
    check: &Check,
    check_id: &str,
    since: Timestamp,
) -> Look {
    let path: PathBuf = match &check.place {
        Place::File(path) => app.evidence_file(repository, path),
        Place::Web(_) => return Look::NotYet("pages are not read for outcomes yet".to_owned()),
    };
    let measurement = match evidence::read_measurement(&path) {
        Ok(measurement) => measurement,
        Err(error) => return Look::NotYet(error.to_string()),
    };
    if let Some(other) = measurement.metric_id.as_deref().filter(|id| *id != check_id) {
        return Look::NotYet(format!("{} measures `{other}`", path.display()));
    }
    // A date of the evidence itself, never of the configuration: that one would grow old (research, D14).
    let Some(observed) = measurement.observed_at.or_else(|| evidence::modified(&path)) else {
        return Look::NotYet(format!("{} does not say when it was observed", path.display()));
    };
    if observed < since {
        return Look::NotYet(format!("observed {observed}, and the window ends {since}"));
    }
    let is_computed = measurement.value.is_some() && measurement.baseline.is_some();
    let by = measurement.interpretation.filter(|_| !is_computed).map(|_| "exporter".to_owned());
    Look::Measured {
        interpretation: measurement.interpreted(check.direction, check.tolerance),
        summary: measurement.told(),
        by,
    }
}
