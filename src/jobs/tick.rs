//! `agentos tick`: every job that is due, in order, once: the one-line crontab.

use super::report::{Job, Report, Severity};
use super::{analyze, dispatch, groom, plan, pr_monitor, queue, turn};
use crate::app::App;

/// Runs every job that is due.
pub async fn run(app: &App) -> Vec<Report> {
    let mut reports = vec![turn::dispatch(app, &dispatch::Options::default()).await];
    if !app.stop.requested() {
        reports.push(turn::queue(app, &queue::Options::default()).await);
    }
    if !app.stop.requested() {
        reports.push(turn::pr_monitor(app, &pr_monitor::Options::default()).await);
    }
    if groom::is_due(app) && !app.stop.requested() {
        reports.push(turn::groom(app, &groom::Options::default()).await);
    }
    if !app.stop.requested() {
        let options = plan::Options { is_quiet: true, ..plan::Options::default() };
        let planned = turn::plan(app, &options).await;
        // It looks each time, and mostly there is nothing to say.
        if !planned.is_silent() {
            reports.push(planned);
        }
    }
    weekly(app, &mut reports).await;
    reports
}

/// `score` and `analyze`, each by its own last run.
async fn weekly(app: &App, reports: &mut Vec<Report>) {
    for job in [Job::Score, Job::Analyze] {
        if app.stop.requested() || !app.may_anywhere(job) {
            continue;
        }
        if let Err(error) = app.note_beginning() {
            tracing::warn!(%error, "the beginning of this installation cannot be written down");
        }
        match app.not_due_this_week(job) {
            Ok(Some(halt)) => tracing::debug!(reason = halt.reason, "a weekly job is left"),
            Ok(None) if job == Job::Score => reports.push(turn::score(app).await),
            Ok(None) => reports.push(turn::analyze(app, analyze::Options::default()).await),
            Err(error) => {
                let mut report = Report::new(job, app.now());
                let severity = Severity::of(error.is_temporary());
                report.error("cadence.json", error.to_string(), severity, None);
                reports.push(report);
                // The other one asks the same file.
                return;
            }
        }
    }
}

/// The exit code of several jobs: the worst of 70, 2, 75, 1, 0, in this order (`CONTRACT.md` section 1).
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    let rank = |code: u8| [0, 1, 75, 2, 70].iter().position(|known| *known == code);
    codes.into_iter().max_by_key(|code| rank(*code)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::worst;

    #[test]
    fn a_tick_exits_with_the_worst_of_its_jobs() {
        assert_eq!(worst([]), 0);
        assert_eq!(worst([0, 1, 0]), 1);
        assert_eq!(worst([1, 75]), 75);
        assert_eq!(worst([75, 2]), 2);
        assert_eq!(worst([2, 70, 75]), 70);
    }
}
