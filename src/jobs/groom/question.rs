//! Asks a model to word and rank the evidence, once, where there is some and there is room for it. Without an answer the evidence speaks for
//! itself.

use serde::Deserialize;
use serde_json::Value;

use crate::app::{App, Asking, Repository};
use crate::domain::grooming::{Evidence, Proposal};
use crate::domain::ids::AgentName;
use crate::domain::issue::Trust;
use crate::domain::kinds::TaskType;
use crate::jobs::dispatch::Failure;
use crate::jobs::report::Severity;
use crate::llm::{Field, Form};
use crate::prompt::GroomRequest;

use super::{Options, View, gather};

/// Raised when the same answer is understood in another way.
const VERSION: u32 = 1;

/// So many pieces of evidence are shown.
const MOST_SHOWN: usize = 20;

/// So many open issues are named, the newest.
const MOST_TITLES: usize = 60;

/// More issues in one answer than anybody asked for: the answer has another question in mind.
const MOST_ANSWERED: usize = 20;

/// What came of asking.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// What a model proposes.
    pub(super) proposals: Vec<Proposal>,
    /// Somebody was asked just now, which takes time: what was read before is old.
    pub(super) took_time: bool,
    /// What the report says about it; nothing where nobody could be asked.
    pub(super) note: Option<String>,
}

/// Asks about the evidence of a repository, where there is any, something is wanted and there is somebody to ask.
pub(super) async fn ask(
    app: &App,
    repository: &Repository,
    view: &View,
    options: &Options,
) -> Result<Asked, Failure> {
    if view.look.evidence.is_empty() || view.look.wanted == 0 || !app.can_ask() {
        return Ok(Asked::default());
    }
    if options.dry_run {
        let note = Some("dry run: no model is asked".to_owned());
        return Ok(Asked { note, ..Asked::default() });
    }
    let shown = view.look.evidence.get(..MOST_SHOWN).unwrap_or(&view.look.evidence);
    let form = form();
    let prompt = prompt(app, repository, view, shown, &form)?;
    let asking = Asking {
        purpose: "groom",
        version: VERSION,
        prompt: &prompt,
        form: &form,
        repository: Some(repository),
        task: None,
    };
    match app.ask(&asking).await {
        Ok(answer) => Ok(Asked {
            proposals: read(&answer.value, shown, &answer.by),
            took_time: !answer.is_remembered,
            note: Some(format!("worded by {}", answer.by)),
        }),
        Err(why) if why.is_stopped => Err(Failure {
            message: "stopped while a model was asked; the next run asks again".to_owned(),
            severity: Severity::Temporary,
            hint: None,
        }),
        Err(why) => Ok(Asked {
            proposals: Vec::new(),
            took_time: why.was_asked,
            note: why.was_asked.then(|| format!("without a model: {}", why.reason)),
        }),
    }
}

fn prompt(
    app: &App,
    repository: &Repository,
    view: &View,
    shown: &[Evidence],
    form: &Form,
) -> Result<String, Failure> {
    let evidence: Vec<String> = shown.iter().map(Evidence::line).collect();
    // A stranger's title is no help, and might be an order.
    let trusted = view.snapshot.open.iter().filter(|i| i.author_trust == Trust::Trusted);
    let titles: Vec<String> = trusted.rev().take(MOST_TITLES).map(|i| i.title.clone()).collect();
    let schema = serde_json::to_string_pretty(&form.schema()).unwrap_or_default();
    let request = GroomRequest {
        repo: repository.slug().as_str(),
        evidence: &evidence,
        titles: &titles,
        wanted: view.look.wanted,
        sources: &gather::sources(app, repository),
        form: &schema,
    };
    let made = app.prompts.groom(&request, &app.redactor);
    made.map(|(text, _)| text).map_err(|error| Failure {
        message: error.to_string(),
        severity: Severity::Failure,
        hint: None,
    })
}

/// What is asked for. A number of evidence that does not exist spoils its own issue only.
fn form() -> Form {
    let lines = |least| Form::list(Form::Line { most: 300 }, least, 8);
    let kinds = TaskType::ALL.map(|kind| kind.as_str().to_owned());
    let number = Form::Number { least: i64::MIN, most: i64::MAX };
    let issue = Form::record(vec![
        Field::needed("title", "what is to be done", Form::Line { most: 120 }),
        Field::needed("goal", "what is to be so afterwards", Form::Text { most: 1000 }),
        Field::needed("criteria", "what can be checked, one line each", lines(1)),
        Field::open("constraints", "what has to be kept to, one line each", lines(0)),
        Field::open("task_type", "the kind of work", Form::Choice { of: kinds.to_vec() }),
        Field::needed("evidence_index", "the number of the line of evidence", number),
    ]);
    let issues = Form::list(issue, 0, MOST_ANSWERED);
    Form::record(vec![Field::needed("tasks", "the issues, the most useful first", issues)])
}

#[derive(Deserialize)]
struct Wire {
    tasks: Vec<WireTask>,
}

#[derive(Deserialize)]
struct WireTask {
    title: String,
    goal: String,
    #[serde(default)]
    criteria: Vec<String>,
    #[serde(default)]
    constraints: Vec<String>,
    task_type: Option<String>,
    evidence_index: i64,
}

/// Reads an answer whose form has been checked.
fn read(answer: &Value, shown: &[Evidence], by: &AgentName) -> Vec<Proposal> {
    let Ok(wire) = serde_json::from_value::<Wire>(answer.clone()) else { return Vec::new() };
    let cited = |index: i64| {
        let at = usize::try_from(index).ok()?.checked_sub(1)?;
        Some(shown.get(at)?.signature.clone())
    };
    let proposal = |task: WireTask| Proposal {
        evidence: cited(task.evidence_index),
        title: task.title,
        goal: task.goal,
        success_criteria: task.criteria,
        constraints: task.constraints,
        task_type: task.task_type.and_then(|word| word.parse().ok()),
        by: by.clone(),
    };
    wire.tasks.into_iter().map(proposal).collect()
}
