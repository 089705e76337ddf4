//! Asks a model which issues of the ranking make the sprint. It may leave out and reorder; whatever it says is held against the ranking, and
//! without an answer the ranking is the sprint.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::app::{App, Asking, Repository};
use crate::domain::ids::AgentName;
use crate::domain::sprint::{Before, Ranked, Wish, plain};
use crate::jobs::dispatch::Failure;
use crate::jobs::report::Severity;
use crate::llm::{Field, Form};
use crate::prompt::PlanRequest;

use super::busy;
use super::gather::{Weighed, documents};

/// Raised when the same answer is understood in another way.
const VERSION: u32 = 1;

/// So many issues of the ranking are shown.
const MOST_SHOWN: usize = 40;

/// So many numbers of an answer are read; beyond the room of a sprint they only tell of a misunderstanding.
const MOST_NAMED: usize = 100;

/// Numbers of issues lie below.
const LARGEST: i64 = 1_000_000_000;

/// What a model proposes.
#[derive(Debug, Clone, Default)]
pub(super) struct Proposed {
    /// Who proposes.
    pub(super) by: Option<AgentName>,
    pub(super) wishes: Vec<Wish>,
    pub(super) focus: Option<String>,
    /// Somebody was asked just now: what was read before is old.
    pub(super) took_time: bool,
    /// Why nobody proposes anything, where somebody was asked.
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    picks: Vec<WirePick>,
    #[serde(default)]
    focus: Option<String>,
}

#[derive(Deserialize)]
struct WirePick {
    issue: i64,
    #[serde(default)]
    why: Option<String>,
}

/// Asks, where there is a choice and somebody to ask.
pub(super) async fn propose(
    app: &App,
    repository: &Repository,
    ranked: &[Ranked],
    room: usize,
    weighed: &Weighed,
    before: Option<&Before>,
) -> Result<Proposed, Failure> {
    if ranked.len() < 2 || !app.can_ask() {
        return Ok(Proposed::default());
    }
    let documents = documents(repository)?;
    let form = form();
    let schema = serde_json::to_string_pretty(&form.schema()).unwrap_or_default();
    let request = PlanRequest {
        repo: repository.slug().as_str(),
        backlog: &shown(ranked),
        room,
        objective: &objective(weighed),
        before: before.map(|before| before.text.as_str()).unwrap_or_default(),
        principles: &documents.principles,
        strategy: &documents.strategy,
        readme: &documents.readme,
        feedback: &weighed.reading.feedback,
        research: &weighed.reading.research,
        form: &schema,
    };
    let (prompt, _) = app.prompts.plan(&request, &app.redactor).map_err(|error| Failure {
        message: error.to_string(),
        severity: Severity::Failure,
        hint: None,
    })?;
    let asking = Asking {
        purpose: "plan",
        version: VERSION,
        prompt: &prompt,
        form: &form,
        repository: Some(repository),
        task: None,
    };
    match app.ask(&asking).await {
        Ok(answer) => Ok(understood(&answer.value, answer.by, !answer.is_remembered)),
        Err(why) if why.is_stopped => {
            Err(busy("stopped while a model was asked; the next run asks again"))
        }
        Err(why) => Ok(Proposed {
            took_time: why.was_asked,
            note: why.was_asked.then_some(why.reason),
            ..Proposed::default()
        }),
    }
}

fn understood(value: &serde_json::Value, by: AgentName, took_time: bool) -> Proposed {
    let Ok(wire) = serde_json::from_value::<Wire>(value.clone()) else {
        return Proposed { took_time, ..Proposed::default() };
    };
    let wish = |pick: WirePick| Wish { number: pick.issue, why: pick.why };
    Proposed {
        by: Some(by),
        wishes: wire.picks.into_iter().map(wish).collect(),
        focus: wire.focus,
        took_time,
        note: None,
    }
}

fn form() -> Form {
    let pick = Form::record(vec![
        Field::needed("issue", "a number of the backlog", Form::Number { least: 1, most: LARGEST }),
        Field::open("why", "why now, one sentence", Form::Line { most: 300 }),
    ]);
    Form::record(vec![
        Field::needed("picks", "the sprint, in its order", Form::list(pick, 1, MOST_NAMED)),
        Field::open("focus", "what it is about, one sentence", Form::Line { most: 300 }),
    ])
}

/// The ranking as a model reads it.
fn shown(ranked: &[Ranked]) -> String {
    let mut text = String::new();
    for one in ranked.iter().take(MOST_SHOWN) {
        let _infallible = writeln!(text, "{} {}", one.number, plain(&one.title, 200));
        let parts: Vec<String> = one.reasons.iter().map(ToString::to_string).collect();
        let _infallible = writeln!(text, "  {:.2} points: {}", one.points, parts.join("; "));
        for after in &one.after {
            let _infallible = writeln!(text, "  depends on {after}");
        }
    }
    text
}

fn objective(weighed: &Weighed) -> String {
    let mut text = String::new();
    for aim in &weighed.aims.metrics {
        let _infallible = writeln!(
            text,
            "- {} ({}): weight {:.2}, weakness {:.2} (0 all well, 1 all bad)",
            aim.id, aim.name, aim.weight, aim.weakness
        );
    }
    if let Some(score) = weighed.score {
        let _infallible = writeln!(text, "- business score {score:+.3}");
    }
    text
}
