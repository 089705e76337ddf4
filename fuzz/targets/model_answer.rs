//! What a model says when it was asked a question.

use agentos::llm::{Field, Form, MAX_ANSWER_BYTES, extract};
use agentos::text::redact::Redactor;
use serde_json::Value;

use super::{steers, text};

/// An answer has the form that was asked for and nothing else, within its bounds; holding it against the form once more changes nothing.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let form = form();
    let redactor = Redactor::new(["a-known-value-1".to_owned()]);
    let Ok(found) = extract(&text, &form) else { return };
    assert!(text.len() <= MAX_ANSWER_BYTES && found.is_object());
    let Ok(answer) = form.check(&found, &redactor) else { return };
    assert_eq!(form.check(&answer, &redactor).as_ref(), Ok(&answer), "{answer}");
    let Value::Object(parts) = &answer else { return };
    let known = ["goal", "text", "kind", "risk", "issues", "sure"];
    assert!(parts.keys().all(|key| known.contains(&key.as_str())), "{answer}");
    let goal = parts.get("goal").and_then(Value::as_str).unwrap_or_default();
    assert!(goal.chars().count() <= 120 && !goal.contains('\n') && !steers(goal), "{goal:?}");
    if let Some(risk) = parts.get("risk") {
        assert!(risk.as_i64().is_some_and(|risk| (1..=5).contains(&risk)), "{risk}");
    }
    assert!(!answer.to_string().contains("a-known-value-1"), "{answer}");
}

fn form() -> Form {
    let kinds = ["bugfix", "docs"].map(str::to_owned).to_vec();
    Form::record(vec![
        Field::needed("goal", "what is wanted", Form::Line { most: 120 }),
        Field::open("text", "more of it", Form::Text { most: 400 }),
        Field::open("kind", "what kind of work", Form::Choice { of: kinds }),
        Field::open("risk", "how risky", Form::Number { least: 1, most: 5 }),
        Field::open("issues", "which ones", Form::list(Form::Line { most: 40 }, 0, 3)),
        Field::open("sure", "whether it is sure", Form::Flag),
    ])
}
