//! The note about a lineage that is given up, made of what its runs left on record.

use crate::app::{App, Repository};
use crate::domain::blocker::BlockerCode;
use crate::domain::claim::Refutation;
use crate::domain::escalation::{Cause, Escalation, Failing, Known, Try};
use crate::domain::result;
use crate::domain::retry::{Evidence, RunFailure, TestVerdict};
use crate::domain::task::Task;
use crate::effects::texts;
use crate::git::Git;
use crate::text::clean;

use super::receipt::Receipt;
use super::verify::tail_of;

/// Bytes that the note takes of the output of failing tests.
const EXCERPT_BYTES: usize = 4000;
/// Bytes of what the last agent said.
const WORDS_BYTES: usize = 2000;

/// Writes into a task's text why it is given up and what a person can do; `failing` is what fails beside the last run's own tests.
pub(in crate::jobs) fn note(
    app: &App,
    repository: &Repository,
    task: &mut Task,
    (cause, why): (&Cause, &str),
    mut failing: Vec<Failing>,
) {
    let runs = runs(app, task);
    if failing.is_empty() {
        failing.extend(runs.last().and_then(|(_, evidence)| failing_tests(app, evidence)));
    }
    let settings = &repository.settings;
    let command = settings.test_command.as_ref().or(settings.ci_command.as_ref());
    let command = command.map(|command| app.redactor.redact(&command.to_string()));
    let redact = |text: &str| app.redactor.redact(text);
    let known = Known { tests: command.as_deref(), remote: remote_without_origin(repository) };
    let escalation = Escalation {
        why: redact(why),
        next_step: redact(&cause.next_step(task, known)),
        tried: runs.iter().map(|(receipt, evidence)| tried(app, receipt, evidence)).collect(),
        failing,
        last_words: runs.iter().rev().find_map(|(_, evidence)| last_words(app, evidence)),
        runs: (!runs.is_empty()).then(|| format!("runtime/runs/{}", task.id)),
    };
    task.body = texts::with_escalation(task, &escalation);
}

/// The remote, where the operator's clone has no `origin` that it could be fetched from.
fn remote_without_origin(repository: &Repository) -> Option<&str> {
    let clone = repository.settings.path.as_deref()?;
    Git::origin_of(clone).is_none().then(|| repository.remote())
}

/// The runs of a lineage with what they prove, oldest first.
fn runs(app: &App, task: &Task) -> Vec<(Receipt, Evidence)> {
    let Ok(entries) = std::fs::read_dir(app.runs(&task.id)) else { return Vec::new() };
    let mut runs: Vec<(Receipt, Evidence)> = entries
        .flatten()
        .filter_map(|entry| {
            let mut receipt = Receipt::read(&entry.path())?;
            let evidence = receipt.evidence(&entry.path());
            // The folder of a run that cost nothing was renamed behind it.
            receipt.attempt = entry.file_name().to_string_lossy().into_owned();
            Some((receipt, evidence))
        })
        .collect();
    runs.sort_by_key(|(receipt, _)| (receipt.started_at, receipt.ended_at));
    runs
}

fn tried(app: &App, receipt: &Receipt, evidence: &Evidence) -> Try {
    let (status, failed) = match evidence {
        Evidence::Failed(failure) => (word(failure).to_owned(), failure.sentence()),
        Evidence::BadResult { reason } => ("no result".to_owned(), reason.clone()),
        Evidence::Result { result, .. } => {
            let failed = match evidence.refuted() {
                Some(Refutation::Tests(how)) => format!("our tests: {how}"),
                Some(refutation) => refutation.sentence(),
                None => result.blockers.first().unwrap_or(&result.summary).clone(),
            };
            (evidence.status().as_str().to_owned(), failed)
        }
    };
    Try {
        attempt: receipt.attempt.clone(),
        agent: receipt.agent.to_string(),
        status,
        blocker: evidence.code(),
        failed: clean::one_line(&app.redactor.redact(&failed), 200),
        seconds: receipt.duration_seconds,
        cost_usd_micros: receipt.cost_usd_micros,
    }
}

fn word(failure: &RunFailure) -> &'static str {
    match failure.code() {
        BlockerCode::Timeout => "stopped",
        _ => "failed",
    }
}

fn failing_tests(app: &App, evidence: &Evidence) -> Option<Failing> {
    let Evidence::Result { tests: TestVerdict::Failed { how, tail }, .. } = evidence else {
        return None;
    };
    let tail = app.redactor.redact(tail);
    Some(Failing {
        name: "test_command".to_owned(),
        summary: how.clone(),
        excerpt: Some(tail_of(&tail, EXCERPT_BYTES).to_owned()),
    })
}

fn last_words(app: &App, evidence: &Evidence) -> Option<String> {
    let Evidence::Result { result, .. } = evidence else { return None };
    Some(words(result, |text| app.redactor.redact(text)))
}

fn words(result: &result::AgentResult, redact: impl Fn(&str) -> String) -> String {
    let mut lines = vec![result.summary.clone()];
    lines.extend(result.blockers.iter().map(|blocker| format!("Blocker: {blocker}")));
    if !result.next_step.trim().is_empty() {
        lines.push(format!("Next: {}", result.next_step));
    }
    lines.extend(result.manual_steps.iter().map(|step| format!("For a person: {step}")));
    let text = redact(&lines.join("\n"));
    let end = (0..=WORDS_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}
