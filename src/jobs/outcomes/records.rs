//! The records of one repository that still matter, however many there are.

use jiff::{SignedDuration, Timestamp};

use super::FILE;
use crate::app::{App, Repository};
use crate::domain::execution;
use crate::domain::outcome::{GRACE, Kind, Record};
use crate::evidence::LoadedObjective;
use crate::sys::files::FileError;

/// For those who look back at a week or a sprint.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 35);

/// Where an objective says nothing else, measurements of so many days count (seed 000).
const EVALUATED: SignedDuration = SignedDuration::from_hours(24 * 28);

/// Since when records matter: an older merge is past every deadline, and an older judgement counts in no score.
fn horizon(
    repository: &Repository,
    objective: Option<&LoadedObjective>,
    now: Timestamp,
) -> Timestamp {
    let configured = repository.settings.outcome_attribution.checks.iter();
    let configured = configured.map(|check| {
        SignedDuration::try_from(check.measurement_window).unwrap_or(SignedDuration::MAX)
    });
    let metrics = objective.iter().flat_map(|loaded| &loaded.objective.metrics);
    let metrics =
        metrics.filter_map(|metric| Some(metric.outcome_check.as_ref()?.measurement_window));
    let longest = configured.chain(metrics).max().unwrap_or_default();
    let evaluated = objective.map_or(EVALUATED, |loaded| loaded.objective.evaluation_window);
    let all = [longest.max(GRACE), longest.max(GRACE), evaluated, BACK];
    let all = all.into_iter().fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    now.checked_sub(all).unwrap_or(Timestamp::MIN)
}

/// The merges and judgements of a repository since then, in the order of the file.
pub(super) fn records_of(
    app: &App,
    repository: &Repository,
    objective: Option<&LoadedObjective>,
) -> Result<Vec<Record>, FileError> {
    let slug = repository.slug().as_str();
    let since = horizon(repository, objective, app.now());
    let mut records = Vec::new();
    app.journal.each_metric(FILE, &mut |line| {
        if execution::moment(line).is_some_and(|at| at < since) || !line.contains(slug) {
            return;
        }
        if let Ok(record) = serde_json::from_str::<Record>(line)
            && record.repo == slug
            && record.timestamp >= since
            && record.kind != Kind::PrOpened
        {
            records.push(record);
        }
    })?;
    Ok(records)
}
