//! `agentos score`: how well the work is done and what it was good for, measured. Writes one artefact and opens no issue.

mod artefact;
mod business;
mod execution;

pub use artefact::{Artefact, FILE};
pub(in crate::jobs) use execution::STATS;

use jiff::SignedDuration;
use serde_json::Value;

use crate::app::{App, Repository};
use crate::domain::finding::Finding;
use crate::domain::weakness;

use super::report::{Item, Job, Report, Severity};

/// Runs of so many days count.
pub const WINDOW_DAYS: u32 = 7;

/// A week before now, and the one before that.
pub(in crate::jobs) fn window() -> SignedDuration {
    SignedDuration::from_hours(i64::from(WINDOW_DAYS) * 24)
}

/// Measures everything and replaces the artefact.
pub async fn run(app: &App) -> Report {
    let mut report = Report::new(Job::Score, app.now());
    let repositories: Vec<&Repository> = measured(app).collect();
    if repositories.is_empty() {
        report.more.insert("scores".to_owned(), Value::Array(Vec::new()));
        return report;
    }
    let execution = match execution::measure(app, &repositories) {
        Ok(execution) => execution,
        Err(error) => {
            let severity = Severity::of(error.is_temporary());
            report.error("agent_stats.jsonl", error.to_string(), severity, None);
            return report;
        }
    };
    let mut findings = weakness::of_execution(&execution.tally, WINDOW_DAYS);
    let mut scores = Vec::new();
    for repository in repositories {
        let business = match business::measure(app, repository).await {
            Ok(business) => business,
            Err(trouble) => {
                report.error(
                    repository.slug().to_string(),
                    trouble.message,
                    trouble.severity,
                    trouble.hint,
                );
                continue;
            }
        };
        findings.extend(business.findings.clone());
        report.items.push(item(repository, &business));
        scores.push(business);
    }
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    for finding in &findings {
        report.items.push(found(app, finding));
    }
    report.more.insert(
        "scores".to_owned(),
        Value::Array(scores.iter().map(business::Business::line).collect()),
    );
    let artefact = Artefact::new(app, &execution, &scores, findings);
    if let Err(error) = artefact.write(app) {
        report.error(FILE, error.to_string(), Severity::of(error.is_temporary()), None);
    }
    report
}

/// The repositories that are measured: where people drive by hand nobody asked for it, and a paused one is left alone.
pub(in crate::jobs) fn measured(app: &App) -> impl Iterator<Item = &Repository> {
    app.repositories.iter().filter(|repository| app.may(Job::Score, repository).is_granted())
}

fn item(repository: &Repository, business: &business::Business) -> Item {
    Item {
        repo: Some(repository.slug().clone()),
        issue: None,
        task: None,
        pr: None,
        action: "scored".to_owned(),
        reason: Some(business.told()),
    }
}

fn found(app: &App, finding: &Finding) -> Item {
    let repo = finding.repo.as_deref().and_then(|name| app.repository_named(name));
    Item {
        repo: repo.map(|repository| repository.slug().clone()),
        issue: None,
        task: None,
        pr: None,
        action: "found".to_owned(),
        reason: Some(finding.summary.clone()),
    }
}
