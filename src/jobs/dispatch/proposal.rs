//! Asks a model for the brief of an issue whose text leaves it open: once, before anything is written. What it says is frozen with the brief;
//! without an answer the brief is made as it always is.

use super::{Failure, intake};
use crate::app::{App, Asking, Repository};
use crate::domain::brief;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::issue::Issue;
use crate::domain::kinds::TaskType;
use crate::domain::proposal::Proposal;
use crate::llm::{Field, Form};
use crate::prompt::BriefRequest;

use super::super::report::Severity;

/// Raised when the same answer is understood in another way.
const VERSION: u32 = 1;

/// Most bytes of the README that are read.
const MAX_README_BYTES: usize = 256 * 1024;

/// What came of asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// What a model proposes.
    pub(super) proposal: Option<Proposal>,
    /// Somebody was asked just now, which takes time: what was read before is old.
    pub(super) took_time: bool,
    /// What the report says about it; nothing where nobody could be asked.
    pub(super) note: Option<String>,
}

/// Whether a model would be asked about an issue, as far as can be told without starting anything.
pub(super) fn would_ask(app: &App, issue: &Issue) -> bool {
    brief::is_open(issue) && app.can_ask()
}

/// Asks for the brief of an issue, where the issue leaves it open and there is somebody to ask.
pub(super) async fn ask(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    task: &TaskId,
) -> Result<Asked, Failure> {
    if !would_ask(app, issue) {
        return Ok(Asked::default());
    }
    // Nobody is asked about what cannot become a task anyway.
    intake::base_branch(repository, None)?;
    let agents: Vec<AgentName> = app.agents.keys().cloned().collect();
    let form = form(&agents);
    let schema = serde_json::to_string_pretty(&form.schema()).unwrap_or_default();
    let request = BriefRequest {
        repo: repository.slug().as_str(),
        issue,
        readme: &readme(repository),
        form: &schema,
    };
    let (prompt, _) = app.prompts.brief(&request, &app.redactor).map_err(|error| Failure {
        message: error.to_string(),
        severity: Severity::Failure,
        hint: None,
    })?;
    let asking = Asking {
        purpose: "brief",
        version: VERSION,
        prompt: &prompt,
        form: &form,
        repository: Some(repository),
        task: Some(task),
    };
    match app.ask(&asking).await {
        Ok(answer) => Ok(Asked {
            proposal: Proposal::from_answer(&answer.value, &answer.by, &agents),
            took_time: !answer.is_remembered,
            note: Some(format!("brief by {}", answer.by)),
        }),
        Err(why) if why.is_stopped => Err(Failure {
            message: "stopped while a model was asked; the next run asks again".to_owned(),
            severity: Severity::Temporary,
            hint: None,
        }),
        Err(why) => Ok(Asked {
            proposal: None,
            took_time: why.was_asked,
            note: why.was_asked.then(|| format!("brief without a model: {}", why.reason)),
        }),
    }
}

/// What is asked for.
fn form(agents: &[AgentName]) -> Form {
    let items = |least| Form::list(Form::Line { most: 300 }, least, 10);
    let kinds = TaskType::ALL.map(|kind| kind.as_str().to_owned());
    let agents = agents.iter().map(ToString::to_string).chain(["auto".to_owned()]);
    Form::record(vec![
        Field::needed("goal", "what is to be so afterwards", Form::Text { most: 2000 }),
        Field::needed("success_criteria", "what can be checked, one line each", items(1)),
        Field::open("constraints", "what has to be kept to, one line each", items(0)),
        Field::open("task_type", "the kind of work", Form::Choice { of: kinds.to_vec() }),
        Field::open(
            "agent_preference",
            "only if the issue names one",
            Form::Choice { of: agents.collect() },
        ),
    ])
}

/// The README of the base branch as it was when the repository was fetched last; a help, not a need.
fn readme(repository: &Repository) -> String {
    let read = || {
        let mirror = repository.mirror().ok()?;
        let tip = mirror.tracked_tip(&repository.base_branch().ok()?).ok()??;
        mirror.read_file(&tip, "README.md", MAX_README_BYTES).ok()?
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
