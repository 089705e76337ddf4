//! Whether it is a job's turn: switched off, paused, or held by another run; and how long it took.

use std::path::PathBuf;
use std::time::Instant;

use super::report::{Job, Report, Severity};
use super::{alarms, analyze, dispatch, groom, notices, plan, pr_monitor, queue, score, textfile};
use crate::app::App;
use crate::host::github::Usage;
use crate::sys::lock::Lock;

/// What a run says that finds another one at work.
pub(super) const LOCKED: &str = "another run holds the lock";

/// The lock of the jobs that run once at a time.
pub(super) fn lock_path(app: &App, job: Job) -> PathBuf {
    app.locks().join(format!("job-{}.lock", job.as_str()))
}

/// Runs `dispatch` when it is its turn.
pub async fn dispatch(app: &App, options: &dispatch::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Dispatch, !options.dry_run) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) if options.dry_run => {
            let mut report = dispatch::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report
        }
        Gate::Open(_lock) => {
            let mut swept = Report::new(Job::Dispatch, app.now());
            queue::sweep_intents(app, &mut swept).await;
            let mut report = dispatch::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report.errors.splice(0..0, swept.errors);
            tell(app, &report, &began, options.repo.is_none()).await;
            report
        }
    };
    finish(app, report, &began)
}

/// Runs `queue` when it is its turn.
pub async fn queue(app: &App, options: &queue::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Queue, false) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) => {
            let mut report = queue::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            tell(app, &report, &began, false).await;
            report
        }
    };
    finish(app, report, &began)
}

/// Runs `pr-monitor` when it is its turn.
pub async fn pr_monitor(app: &App, options: &pr_monitor::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::PrMonitor, !options.dry_run) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) if options.dry_run => {
            let mut report = pr_monitor::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report
        }
        Gate::Open(_lock) => {
            let mut swept = Report::new(Job::PrMonitor, app.now());
            queue::sweep_intents(app, &mut swept).await;
            let mut report = pr_monitor::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report.errors.splice(0..0, swept.errors);
            tell(app, &report, &began, options.repo.is_none()).await;
            report
        }
    };
    finish(app, report, &began)
}

/// Runs `groom` when it is its turn.
pub async fn groom(app: &App, options: &groom::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Groom, !options.dry_run) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) => {
            let mut swept = Report::new(Job::Groom, app.now());
            if !options.dry_run {
                queue::sweep_intents(app, &mut swept).await;
            }
            let mut report = groom::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report.errors.splice(0..0, swept.errors);
            if !options.dry_run {
                tell(app, &report, &began, false).await;
            }
            report
        }
    };
    finish(app, report, &began)
}

/// Runs `plan` when it is its turn.
pub async fn plan(app: &App, options: &plan::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Plan, !options.dry_run) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) if options.dry_run => {
            let mut report = plan::run(app, options).await;
            name_denied(app, &mut report, options.repo.as_deref());
            report
        }
        Gate::Open(_lock) => {
            let mut swept = Report::new(Job::Plan, app.now());
            queue::sweep_intents(app, &mut swept).await;
            let mut report = plan::run(app, options).await;
            if !options.is_quiet {
                name_denied(app, &mut report, options.repo.as_deref());
            }
            report.errors.splice(0..0, swept.errors);
            if !report.is_silent() {
                tell(app, &report, &began, false).await;
            }
            report
        }
    };
    finish(app, report, &began)
}

/// Runs `analyze` when it is its turn.
pub async fn analyze(app: &App, options: analyze::Options) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Analyze, !options.dry_run) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) => {
            let mut swept = Report::new(Job::Analyze, app.now());
            if !options.dry_run {
                queue::sweep_intents(app, &mut swept).await;
            }
            let mut report = analyze::run(app, options).await;
            name_denied(app, &mut report, None);
            report.errors.splice(0..0, swept.errors);
            report
        }
    };
    let mut report = finish(app, report, &began);
    if !options.dry_run {
        note_run(app, &mut report);
        tell(app, &report, &began, false).await;
    }
    report
}

/// Notes that a weekly job has run. What failed for a moment is tried again at the next tick, what was not its turn too.
fn note_run(app: &App, report: &mut Report) {
    if report.idle.is_none()
        && report.exit_code() != 75
        && app.may_anywhere(report.job)
        && let Err(error) = app.state.set_ran(report.job.as_str(), app.now())
    {
        report.error("cadence.json", error.to_string(), Severity::of(error.is_temporary()), None);
    }
}

/// Runs `score` when it is its turn.
pub async fn score(app: &App) -> Report {
    let began = Began::now(app);
    let report = match gate(app, Job::Score, true) {
        Gate::Closed(report) => *report,
        Gate::Open(_lock) => {
            // No effect of its own is ever open, but what it writes may have been cut off.
            queue::remove_drafts(app);
            let mut report = score::run(app).await;
            name_denied(app, &mut report, None);
            textfile::write(app, &report, began.at.elapsed());
            report
        }
    };
    let mut report = finish(app, report, &began);
    note_run(app, &mut report);
    report
}

/// What is left to do when a job that may write has done its part: the alarms are looked at, and the operator is told what is due.
async fn tell(app: &App, report: &Report, began: &Began, saw_all: bool) {
    alarms::look(app, report, saw_all);
    notices::send(app).await;
    textfile::write(app, report, began.at.elapsed());
}

/// Names the repositories that the job left alone, with why.
fn name_denied(app: &App, report: &mut Report, only: Option<&str>) {
    for repository in &app.repositories {
        if only.is_none_or(|name| dispatch::is_named(repository, name))
            && let Some(denial) = app.may(report.job, repository).denial()
        {
            report.skipped(repository.slug(), &denial);
        }
    }
}

/// When a job began, and what had been asked of hosts by then.
struct Began {
    at: Instant,
    usage: Usage,
}

impl Began {
    fn now(app: &App) -> Self {
        Self { at: Instant::now(), usage: app.usage() }
    }
}

enum Gate {
    /// Go on, holding this.
    Open(Option<Lock>),
    /// Not now, with why.
    Closed(Box<Report>),
}

fn gate(app: &App, job: Job, is_single: bool) -> Gate {
    let closed = |idle: String| {
        let mut report = Report::new(job, app.now());
        report.idle = Some(idle);
        Gate::Closed(Box::new(report))
    };
    if let Some(denial) = app.may_run(job).denial() {
        return closed(denial.reason());
    }
    if !is_single {
        return Gate::Open(None);
    }
    match Lock::try_acquire(&lock_path(app, job)) {
        Ok(Some(lock)) => Gate::Open(Some(lock)),
        Ok(None) => closed(LOCKED.to_owned()),
        Err(error) => {
            let mut report = Report::new(job, app.now());
            let severity = Severity::of(error.is_temporary());
            report.error("lock", error.to_string(), severity, None);
            Gate::Closed(Box::new(report))
        }
    }
}

fn finish(app: &App, mut report: Report, began: &Began) -> Report {
    report.finished_at = app.now();
    report.took = began.at.elapsed();
    let (before, after) = (began.usage, app.usage());
    report.requests.charged = after.charged - before.charged + after.graphql - before.graphql;
    report.requests.not_modified = after.not_modified - before.not_modified;
    if app.stop.requested() {
        report.error(
            report.job.as_str(),
            "stopped by a signal; the next run goes on",
            Severity::Temporary,
            None,
        );
    }
    report
}
