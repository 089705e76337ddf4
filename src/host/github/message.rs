//! The text with which GitHub refuses: one readable line from the shapes in which it comes.

use serde_json::Value;

use super::failure::shown;

/// Most single errors that are shown.
const MAX_ERRORS: usize = 5;

/// What GitHub said about a refusal; nothing when it sent no JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message(Option<String>);

impl Message {
    /// Reads the body of a refusal.
    pub(super) fn of(body: &[u8]) -> Self {
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let mut parts: Vec<String> = Vec::new();
        if let Some(Value::String(message)) = body.get("message") {
            parts.push(message.trim().to_owned());
        }
        match body.get("errors") {
            Some(Value::Array(errors)) => {
                parts.extend(errors.iter().take(MAX_ERRORS).filter_map(single));
            }
            Some(Value::String(error)) => parts.push(error.clone()),
            _ => {}
        }
        parts.retain(|part| !part.is_empty());
        let text = shown(&parts.join(": "));
        Self((!text.is_empty()).then_some(text))
    }

    /// What was said, or `otherwise`.
    pub(super) fn or(&self, otherwise: &str) -> String {
        self.0.clone().unwrap_or_else(|| otherwise.to_owned())
    }

    /// What was said, to stand behind other words.
    pub(super) fn behind(&self) -> String {
        self.0.as_ref().map(|text| format!(": {text}")).unwrap_or_default()
    }

    /// Whether it has one of these phrases, which are in lower case.
    pub(super) fn has(&self, phrases: &[&str]) -> bool {
        let text = self.0.as_deref().unwrap_or_default().to_lowercase();
        phrases.iter().any(|phrase| text.contains(phrase))
    }
}

/// One of `errors`: a text, or an object of resource, field, code and message.
fn single(error: &Value) -> Option<String> {
    let object = match error {
        Value::String(text) => return Some(text.clone()),
        Value::Object(object) => object,
        _ => return None,
    };
    let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(message) = text("message") {
        return Some(message.to_owned());
    }
    let place: Vec<&str> = [text("resource"), text("field")].into_iter().flatten().collect();
    let meaning = match text("code") {
        Some("missing") => "does not exist",
        Some("missing_field") => "is missing",
        Some("invalid") => "is not valid",
        Some("already_exists") => "exists already",
        Some("unprocessable") => "cannot be processed",
        Some(other) => other,
        None => "is refused",
    };
    Some(format!("{} {meaning}", place.join(".")).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> String {
        Message::of(body.as_bytes()).or("-")
    }

    #[test]
    fn every_shape_of_a_refusal_becomes_one_line() {
        let cases = [
            (r#"{"message":"Not Found","documentation_url":"https://docs"}"#, "Not Found"),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}"#,
                "Validation Failed: Issue.title is missing",
            ),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for acme:x."}]}"#,
                "Validation Failed: A pull request already exists for acme:x.",
            ),
            (
                r#"{"message":"Validation Failed","errors":["one","two"]}"#,
                "Validation Failed: one: two",
            ),
            (r#"{"message":"Bad","errors":"a text"}"#, "Bad: a text"),
            (r#"{"message":"a\nb\u001b[31m `c`"}"#, "a b 'c'"),
            (r#"{"message":7,"errors":[[1],{}]}"#, "is refused"),
            ("<html>", "-"),
            ("[1]", "-"),
            ("", "-"),
        ];
        for (body, expected) in cases {
            assert_eq!(said(body), expected, "{body}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5_000));
        assert!(said(&long).chars().count() <= 300);
    }
}
