//! The jobs: run, logged, rendered.

use super::args::{DryRun, Global, Paced, Queue};
use super::fault::Fault;
use super::logging::JobLog;
use super::output::Output;
use super::progress::{Missing, Progress};
use super::wire::Wiring;
use crate::app::App;
use crate::jobs::report::{Item, Report};
use crate::jobs::{self, control, tick, turn};

pub(super) async fn dispatch(
    wiring: &Wiring,
    global: &Global,
    options: &DryRun,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, options.repo.as_deref(), output)?;
    let log = listen(&app, global, "dispatch");
    super::entry::adopt_orphans();
    let options = jobs::dispatch::Options { repo: options.repo.clone(), dry_run: options.dry_run };
    let progress = wait(&app, global, "dispatch");
    let report = turn::dispatch(&app, &options).await;
    drop(progress);
    Ok(finish(&app, &log, &report, output))
}

pub(super) async fn queue(
    wiring: &Wiring,
    global: &Global,
    options: &Queue,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, options.repo.as_deref(), output)?;
    let task = match &options.task {
        Some(id) => Some(
            id.parse()
                .map_err(|error: crate::domain::ids::BadId| Fault::usage(error.to_string()))?,
        ),
        None => None,
    };
    if let Some(id) = &task
        && app.mailbox.whereabouts(id).is_none()
    {
        return Err(
            Fault::usage(format!("there is no task {id}")).hint("`agentos task list` shows all")
        );
    }
    let log = listen(&app, global, "queue");
    super::entry::adopt_orphans();
    let options = jobs::queue::Options {
        once: options.once,
        task,
        workers: options.workers.map(usize::from),
        repo: options.repo.clone(),
    };
    let progress = wait(&app, global, "queue");
    let report = turn::queue(&app, &options).await;
    drop(progress);
    summarize(&app, &report);
    Ok(finish(&app, &log, &report, output))
}

pub(super) async fn pr_monitor(
    wiring: &Wiring,
    global: &Global,
    options: &DryRun,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, options.repo.as_deref(), output)?;
    let log = listen(&app, global, "pr-monitor");
    super::entry::adopt_orphans();
    let options =
        jobs::pr_monitor::Options { repo: options.repo.clone(), dry_run: options.dry_run };
    let progress = wait(&app, global, "pr-monitor");
    let report = turn::pr_monitor(&app, &options).await;
    drop(progress);
    Ok(finish(&app, &log, &report, output))
}

pub(super) async fn groom(
    wiring: &Wiring,
    global: &Global,
    options: &Paced,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, options.repo.as_deref(), output)?;
    let log = listen(&app, global, "groom");
    super::entry::adopt_orphans();
    let options = jobs::groom::Options {
        repo: options.repo.clone(),
        force: options.force,
        dry_run: options.dry_run,
    };
    Ok(finish(&app, &log, &turn::groom(&app, &options).await, output))
}

pub(super) async fn analyze(
    wiring: &Wiring,
    global: &Global,
    dry_run: bool,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, None, output)?;
    let log = listen(&app, global, "analyze");
    super::entry::adopt_orphans();
    let options = jobs::analyze::Options { dry_run };
    Ok(finish(&app, &log, &turn::analyze(&app, options).await, output))
}

pub(super) async fn score(wiring: &Wiring, global: &Global, output: &Output) -> Result<u8, Fault> {
    let app = begin(wiring, global, None, output)?;
    let log = listen(&app, global, "score");
    super::entry::adopt_orphans();
    Ok(finish(&app, &log, &turn::score(&app).await, output))
}

pub(super) async fn tick(wiring: &Wiring, global: &Global, output: &Output) -> Result<u8, Fault> {
    let app = begin(wiring, global, None, output)?;
    let log = listen(&app, global, "tick");
    super::entry::adopt_orphans();
    let progress = wait(&app, global, "tick");
    let reports = tick::run(&app).await;
    drop(progress);
    if output.is_json() {
        output.json(&reports);
    }
    let codes = reports.iter().map(|report| {
        if report.job == jobs::report::Job::Queue {
            summarize(&app, report);
        }
        show(&app, &log, report, output);
        if !output.is_json() {
            output.line(&report.summary());
        }
        report.exit_code()
    });
    Ok(tick::worst(codes.collect::<Vec<_>>()))
}

/// Builds the application, and checks a repository's name before anything is done.
pub(super) fn begin(
    wiring: &Wiring,
    global: &Global,
    repo: Option<&str>,
    output: &Output,
) -> Result<App, Fault> {
    let app = wiring.app(global)?;
    if let Some(name) = repo {
        control::named(&app, name)?;
    }
    for warning in &app.warnings {
        output.say(&format!("warning: {}", warning.message));
    }
    Ok(app)
}

/// A line for a person who waits; a repository's first clone may take minutes.
fn wait(app: &App, global: &Global, job: &str) -> Progress {
    let missing = app.repositories.iter().filter_map(|repository| {
        let folder = app.runtime().join("repos").join(format!("{}.git", repository.key));
        (!folder.exists()).then(|| Missing { name: repository.slug().to_string(), folder })
    });
    Progress::begin_with(global, job, missing.collect())
}

pub(super) fn listen(app: &App, global: &Global, job: &str) -> JobLog {
    let log = JobLog::open(app, job);
    log.listen(app, global);
    log
}

pub(super) fn finish(app: &App, log: &JobLog, report: &Report, output: &Output) -> u8 {
    show(app, log, report, output);
    if output.is_json() {
        output.json(report);
    } else {
        output.line(&report.summary());
    }
    report.exit_code()
}

/// What was done and what went wrong, to standard error and to the log.
fn show(app: &App, log: &JobLog, report: &Report, output: &Output) {
    for item in &report.items {
        let line = app.redactor.redact(&line_of(item));
        output.say(&line);
        log.line(app.now(), &line);
    }
    for error in &report.errors {
        let message = app.redactor.redact(&format!("{}: {}", error.item, error.message));
        output.fault(&Fault { message: message.clone(), hint: error.hint.clone(), code: 1 });
        log.line(app.now(), &format!("error: {message}"));
    }
    log.line(app.now(), &report.summary());
}

fn line_of(item: &Item) -> String {
    let subject = match (&item.task, &item.repo, item.issue) {
        (Some(task), _, _) => task.to_string(),
        (None, Some(repo), Some(issue)) => format!("{repo}{issue}"),
        (None, Some(repo), None) => repo.to_string(),
        _ => String::new(),
    };
    let reason = item.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{subject} {}{reason}", item.action)
}

/// `queue-summary.log`: one line per settled task.
fn summarize(app: &App, report: &Report) {
    let mut settled = report.items.iter().filter(|item| item.task.is_some()).peekable();
    if settled.peek().is_none() {
        return;
    }
    let log = JobLog::open(app, "queue-summary");
    for item in settled {
        log.line(app.now(), &app.redactor.redact(&line_of(item)));
    }
}
