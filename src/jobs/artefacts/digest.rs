//! What a source says, in short: in the words of a model, else by its own beginning.

use serde_json::Value;

use super::NotMade;
use crate::app::{App, Asking, Repository};
use crate::domain::evidence_entry::{Author, Digest};
use crate::evidence::Document;
use crate::llm::{Field, Form};
use crate::prompt::DigestRequest;
use crate::text::clean;

/// Raised when the same answer is understood in another way.
const VERSION: u32 = 1;

/// The longest summary, in characters.
const SUMMARY_CHARS: usize = 700;

/// Most facts, and most implications.
const MOST_LINES: usize = 5;

/// The longest of their lines.
const LINE_CHARS: usize = 300;

/// What is to be summed up.
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) document: &'a Document,
    pub(super) most_chars: usize,
}

/// Asks a model; where nobody answers, the beginning of the text has to do.
pub(super) async fn by_model(
    app: &App,
    repository: &Repository,
    subject: &Subject<'_>,
) -> Result<Digest, NotMade> {
    let text = subject.document.excerpt(subject.most_chars);
    if text.is_empty() || !app.can_ask() {
        return Ok(extract(app, subject));
    }
    let form = form();
    let schema = serde_json::to_string_pretty(&form.schema()).unwrap_or_default();
    let request = DigestRequest {
        repo: repository.slug().as_str(),
        name: subject.name,
        kind: subject.kind,
        text: &text,
        form: &schema,
    };
    let prompt = match app.prompts.digest(&request, &app.redactor) {
        Ok((prompt, _)) => prompt,
        Err(error) => {
            tracing::warn!(%error, "a source is not summed up by a model");
            return Ok(extract(app, subject));
        }
    };
    let asking = Asking {
        purpose: "digest",
        version: VERSION,
        prompt: &prompt,
        form: &form,
        repository: Some(repository),
        task: None,
    };
    match app.ask(&asking).await {
        Ok(answer) => Ok(Digest {
            summary: word(&answer.value, "summary").to_owned(),
            facts: lines(&answer.value, "facts"),
            implications: lines(&answer.value, "implications"),
            by: Author::Model(answer.by.to_string()),
            weight: 1.0,
        }),
        Err(why) if why.is_stopped => Err(NotMade::Stopped),
        Err(_) => Ok(extract(app, subject)),
    }
}

/// The beginning of a text, redacted.
pub(super) fn extract(app: &App, subject: &Subject<'_>) -> Digest {
    let text = app.redactor.redact(&subject.document.excerpt(subject.most_chars));
    let mut summary = String::new();
    let mut left = SUMMARY_CHARS;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "---") {
        let line = clean::one_line(line, left);
        left = left.saturating_sub(line.chars().count() + 1);
        summary.push_str(&line);
        summary.push('\n');
        if left == 0 {
            break;
        }
    }
    Digest {
        summary,
        facts: Vec::new(),
        implications: Vec::new(),
        by: Author::Extract,
        weight: 1.0,
    }
}

fn form() -> Form {
    let items = || Form::list(Form::Line { most: LINE_CHARS }, 0, MOST_LINES);
    Form::record(vec![
        Field::needed("summary", "what the source says", Form::Text { most: SUMMARY_CHARS }),
        Field::open("facts", "single facts, one line each", items()),
        Field::open("implications", "what it means for the next work, one line each", items()),
    ])
}

fn word<'a>(answer: &'a Value, key: &str) -> &'a str {
    answer.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn lines(answer: &Value, key: &str) -> Vec<String> {
    let items = answer.get(key).and_then(Value::as_array).map(Vec::as_slice);
    items.unwrap_or_default().iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}
