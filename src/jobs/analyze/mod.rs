//! `agentos analyze`: what the evidence of a week asks for, as one remediation backlog, of which at most three items become issues. Works
//! without any model, and files nothing twice.

mod backlog;
mod patterns;

use crate::app::App;
use crate::crash_point;
use crate::domain::finding::Finding;
use crate::domain::remediation;

use super::report::{Job, Report, Severity};
use super::score;

/// A younger artefact of `score` is used again.
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What a caller may ask of an analyze run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Say what would be filed, and change nothing anywhere.
    pub dry_run: bool,
}

/// Looks at the evidence and files what it asks for.
pub async fn run(app: &App, options: Options) -> Report {
    let mut report = Report::new(Job::Analyze, app.now());
    if !app.may_anywhere(Job::Analyze) {
        return report;
    }
    let findings = match findings(app, options, &mut report).await {
        Some(findings) if !findings.is_empty() => findings,
        Some(_) => {
            backlog::write(app, &[], options, &mut report);
            return report;
        }
        None => return report,
    };
    let items = remediation::backlog(&findings);
    let mut planned = backlog::plan(app, items, &mut report).await;
    backlog::write(app, &planned, options, &mut report);
    crash_point!("analyze.planned");
    if options.dry_run {
        for item in &planned {
            report.items.push(item.told(app));
        }
        return report;
    }
    for item in &mut planned {
        if item.is_to_be_filed() {
            backlog::file(app, item, &mut report).await;
        }
        report.items.push(item.told(app));
    }
    backlog::write(app, &planned, options, &mut report);
    report
}

/// The findings of `score`, which runs first when its artefact is old, and our own. A dry run takes what there is.
async fn findings(app: &App, options: Options, report: &mut Report) -> Option<Vec<Finding>> {
    let old = score::Artefact::read(app);
    let is_fresh = old
        .as_ref()
        .is_some_and(|artefact| app.now().duration_since(artefact.generated_at) < FRESH);
    if !is_fresh && !options.dry_run {
        let scored = score::run(app).await;
        report.errors.extend(scored.errors);
    }
    let artefact = if is_fresh || options.dry_run { old } else { score::Artefact::read(app) };
    let mut findings = artefact.map(|artefact| artefact.findings).unwrap_or_default();
    match patterns::find(app) {
        Ok(own) => findings.extend(own),
        Err(error) => {
            let severity = Severity::of(error.is_temporary());
            report.error("agent_stats.jsonl", error.to_string(), severity, None);
            return None;
        }
    }
    Some(findings)
}
