//! `agentos tick`: every job that is due, in order, once: the one-line crontab.

use super::report::{Job, Report};
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
    let not_due = app.not_due_this_week();
    if let Some(halt) = &not_due {
        tracing::debug!(reason = halt.reason, "the weekly jobs are left");
    }
    if not_due.is_none() && app.may_anywhere(Job::Analyze) && !app.stop.requested() {
        reports.push(turn::score(app).await);
        reports.push(turn::analyze(app, analyze::Options::default()).await);
    }
    reports
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
