//! Takes the snapshots that are due: has the evidence of each check read and appends what it says. A measurement that is missing, unreadable
//! or older than the window is waited for; only after the deadline the merge counts as inconclusive.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::FILE;
use super::judge::{By, Judge, Look, Moments};
use super::records::records_of;
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::objective::{Direction, Interpretation, Place, Snapshot, TOLERANCE};
use crate::domain::outcome::{self, Due, Kind, Record, What};
use crate::evidence::LoadedObjective;
use crate::jobs::artefacts::source::{self, Sources};
use crate::sys::files::FileError;

/// What is known of the outcomes of one repository, after the refresh.
#[derive(Debug, Clone, Default)]
pub(in crate::jobs) struct Outcomes {
    /// The merges and judgements of the repository that still matter, the newest last.
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
pub(super) struct Check {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) window: SignedDuration,
    pub(super) comparison: Option<String>,
    /// Which way is better, where the objective says so; else the evidence does.
    pub(super) direction: Option<Direction>,
    pub(super) tolerance: f64,
}

/// Reads the records of a repository and takes the snapshots that are due, where `outcome_attribution` is on. Pages and files that cannot be
/// read are waited for: no network is no error.
///
/// # Errors
///
/// When the records cannot be read or written.
pub(in crate::jobs) async fn refresh(
    app: &App,
    repository: &Repository,
    objective: Option<&LoadedObjective>,
) -> Result<Outcomes, FileError> {
    let records = records_of(app, repository, objective)?;
    let mut outcomes = Outcomes { records, ..Outcomes::default() };
    let settings = &repository.settings.outcome_attribution;
    if !settings.enabled {
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
    let sources = Sources::new(app, repository, &settings.allowed_domains, true);
    let mut judge = Judge::new(app, repository, sources);
    for due in outcome::due(&outcomes.records, &windows, &always, now) {
        match judged(&mut judge, &checks, &due, now).await {
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

/// What is recorded of a repository, without looking for more.
///
/// # Errors
///
/// When the records cannot be read.
pub(in crate::jobs) fn recorded(app: &App, repository: &Repository) -> Result<Outcomes, FileError> {
    // An objective that cannot be read is told where it is used.
    let objective = app.objective(repository).ok().flatten();
    let records = records_of(app, repository, objective.as_ref())?;
    Ok(Outcomes { records, ..Outcomes::default() })
}

/// The checks of the configuration and of the objective; of two with one id the configuration's counts. How a value is read is no matter of
/// the place that it comes from: there the metric of that id has its word, and the evidence where it has none.
fn checks(repository: &Repository, objective: Option<&LoadedObjective>) -> BTreeMap<String, Check> {
    let mut checks = BTreeMap::new();
    for metric in objective.iter().flat_map(|loaded| &loaded.objective.metrics) {
        if let Some(check) = &metric.outcome_check {
            let check = Check {
                name: metric.name.clone(),
                place: check.place.clone(),
                window: check.measurement_window,
                comparison: check.comparison_window.clone(),
                direction: metric.direction,
                tolerance: metric.tolerance,
            };
            checks.insert(metric.id.clone(), check);
        }
    }
    for configured in &repository.settings.outcome_attribution.checks {
        let window = SignedDuration::try_from(configured.measurement_window);
        let metric = objective.and_then(|loaded| loaded.objective.metric(&configured.id));
        let check = Check {
            name: configured.name.clone(),
            place: source::place_of(&configured.location),
            window: window.unwrap_or(SignedDuration::MAX),
            comparison: configured.comparison_window.clone(),
            direction: metric.and_then(|metric| metric.direction),
            tolerance: metric.map_or(TOLERANCE, |metric| metric.tolerance),
        };
        checks.insert(configured.id.clone(), check);
    }
    checks
}

/// The snapshot of one merge by one check, or why there is none yet.
async fn judged(
    judge: &mut Judge<'_>,
    checks: &BTreeMap<String, Check>,
    due: &Due<'_>,
    now: Timestamp,
) -> Result<Record, String> {
    let blank = Record {
        timestamp: now,
        kind: Kind::Snapshot,
        check_ids: None,
        commit: None,
        interpretation: Some(Interpretation::Inconclusive),
        ..due.merged.clone()
    };
    let app = judge.app;
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
    let place = source::told(app, &check.place);
    let merged_at = due.merged.timestamp;
    match judge.look(check, check_id, Moments { merged_at, since }).await {
        Look::Measured { interpretation, summary, by: By::Model(agent) } => {
            let model = format!("model:{agent}");
            let summary = format!("{summary} (read at {place})");
            Ok(Record {
                interpretation: Some(interpretation),
                interpreted_by: Some(model.clone()),
                ..said(Some(check_id), &model, summary)
            })
        }
        Look::Measured { interpretation, summary, by } => Ok(Record {
            interpretation: Some(interpretation),
            interpreted_by: (by == By::Exporter).then(|| "exporter".to_owned()),
            ..said(Some(check_id), &place, summary)
        }),
        Look::NotYet(why) if now > deadline => {
            Ok(said(Some(check_id), &place, format!("no measurement came in time: {why}")))
        }
        Look::NotYet(why) | Look::NotNow(why) => {
            Err(format!("{} by {check_id}: {why}", due.merged.task_id))
        }
    }
}
