//! `agentos report`: how reliable the organisation is. Reads the records, the mailbox, the objectives and the issues; writes nothing.

mod records;
mod waiting;

use jiff::SignedDuration;

use crate::app::{App, Repository};
use crate::domain::objective::Snapshot;
use crate::domain::reliability::{Ledger, ObjectiveRow, Reliability, Scope, Window, trend};
use crate::host::HostError;
use crate::sys::files::FileError;
use crate::text::clean;

use super::report::Severity;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Only this repository.
    pub repo: Option<String>,
    /// So many days before now.
    pub days: u32,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no such repository.
    #[error("there is no repository `{0}` in the configuration")]
    Unknown(String),
    /// Records cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mailbox cannot be read.
    #[error(transparent)]
    Mailbox(#[from] crate::mailbox::MailboxError),
}

/// A report, and what could not be read for it.
#[derive(Debug)]
pub struct Made {
    /// The report.
    pub report: Reliability,
    /// The worst of what could not be read.
    pub trouble: Option<Severity>,
}

/// Longest text of somebody else's that is shown.
const LONGEST: usize = 300;

/// Reads everything.
///
/// # Errors
///
/// When there is no such repository, or records or the mailbox cannot be read. Issues and objectives that cannot be read are told as missing.
pub async fn gather(app: &App, options: &Options) -> Result<Made, ReportError> {
    let repositories = chosen(app, options.repo.as_deref())?;
    let mut ledger = Ledger::new(Window::of(options.days, app.now()));
    let mut missing = Missing { app, lines: Vec::new(), worst: None };
    let snapshots = records::read(app, &repositories, &mut ledger)?;
    let escalations = waiting::rows(app, &repositories)?;
    issues(&repositories, &mut ledger, &mut missing).await;
    let objectives = objectives(app, &repositories, &snapshots, &ledger, &mut missing);
    let Missing { lines, worst, .. } = missing;
    let scope = Scope {
        days: options.days,
        repositories: repositories.iter().map(|one| one.slug().to_string()).collect(),
        objectives,
        escalations,
        missing: lines,
    };
    Ok(Made { report: ledger.report(scope), trouble: worst })
}

fn chosen<'a>(app: &'a App, name: Option<&str>) -> Result<Vec<&'a Repository>, ReportError> {
    let Some(name) = name else { return Ok(app.repositories.iter().collect()) };
    let unknown = || ReportError::Unknown(clean::one_line(name, 80));
    Ok(vec![app.repository_named(name).ok_or_else(unknown)?])
}

/// What could not be told.
struct Missing<'a> {
    app: &'a App,
    lines: Vec<String>,
    worst: Option<Severity>,
}

impl Missing<'_> {
    fn tell(&mut self, what: &str, why: &str, severity: Severity) {
        self.lines.push(shown(self.app, &format!("{what}: {why}")));
        self.worst = self.worst.max(Some(severity));
    }
}

/// A text as it may be shown.
fn shown(app: &App, text: &str) -> String {
    clean::one_line(&app.redactor.redact(text), LONGEST)
}

async fn issues(repositories: &[&Repository], ledger: &mut Ledger, missing: &mut Missing<'_>) {
    let since = ledger.window().since;
    for repository in repositories {
        let read = async {
            let mut issues = repository.glance.open_issues().await?;
            issues.extend(repository.glance.closed_since(since).await?);
            Ok::<_, HostError>(issues)
        };
        match read.await {
            Ok(issues) => issues.iter().for_each(|issue| ledger.issue(issue)),
            Err(error) => {
                let is_temporary =
                    matches!(error, HostError::Unavailable { .. } | HostError::RateLimited { .. });
                let what = format!("issues of {}", repository.slug());
                missing.tell(&what, &error.to_string(), Severity::of(is_temporary));
                ledger.no_issues();
            }
        }
    }
}

fn objectives(
    app: &App,
    repositories: &[&Repository],
    snapshots: &[(String, Snapshot)],
    ledger: &Ledger,
    missing: &mut Missing<'_>,
) -> Vec<ObjectiveRow> {
    let mut rows = Vec::new();
    for repository in repositories {
        let slug = repository.slug().to_string();
        let loaded = match app.objective(repository) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => {
                missing.lines.push(format!("business score of {slug}: it has no objective file"));
                continue;
            }
            Err(error) => {
                let severity = Severity::of(error.is_temporary());
                missing.tell(&format!("objective of {slug}"), &error.to_string(), severity);
                continue;
            }
        };
        let of_it = snapshots.iter().filter(|(repo, _)| *repo == slug);
        let of_it: Vec<Snapshot> = of_it.map(|(_, snapshot)| snapshot.clone()).collect();
        let first = ledger.first_week();
        let mut row = trend(&slug, &loaded.objective, &of_it, ledger.window(), first);
        row.primary_outcome = shown(app, &row.primary_outcome);
        for metric in &mut row.metrics {
            metric.id = shown(app, &metric.id);
        }
        if row.score.is_none() {
            let days = row.window_days;
            missing
                .lines
                .push(format!("business score of {slug}: nothing was measured within {days} days"));
        }
        rows.push(row);
    }
    rows
}

/// Measurements from so long before the window may count in it: the longest window of any objective.
fn evaluated(app: &App, repositories: &[&Repository]) -> SignedDuration {
    let of = |repository: &&Repository| {
        let loaded = app.objective(repository).ok()??;
        Some(loaded.objective.evaluation_window)
    };
    repositories.iter().filter_map(of).max().unwrap_or_default()
}
