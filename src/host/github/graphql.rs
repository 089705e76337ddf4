//! Answers of the GraphQL interface: data without a single error, or an error. Pure.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::budget;
use super::call::{Place, Subject};
use super::endpoints::Document;
use super::failure::{denied, malformed, refused, shown, unavailable};
use super::http::Answer;
use super::pages;
use crate::host::HostError;

/// An answer of status 200.
#[derive(Debug, Deserialize)]
struct Envelope {
    data: Option<Value>,
    #[serde(default)]
    errors: Option<Vec<Problem>>,
}

/// An entry of `errors`.
#[derive(Debug, Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    path: Option<Vec<Value>>,
}

/// What a document is called in messages.
pub(super) fn subject(document: &Document) -> Subject {
    Subject {
        method: "POST",
        path: format!("/graphql {}", document.name),
        permission: document.permission(),
        place: Place::Other,
        number: None,
    }
}

/// Whether an answer of status 200 says that the budget is used up, or that asking was too fast.
pub(super) fn is_limited(answer: &Answer) -> bool {
    let problems = pages::one::<Envelope>(&answer.body).ok().and_then(|envelope| envelope.errors);
    problems.unwrap_or_default().iter().any(is_limit)
}

fn is_limit(problem: &Problem) -> bool {
    problem.kind.as_deref() == Some("RATE_LIMITED")
}

/// Reads the data of an answer of status 200.
///
/// # Errors
///
/// The gravest of its `errors`; [`HostError::Malformed`] where the data is not of the expected form.
pub(super) fn data<T: DeserializeOwned>(
    subject: &Subject,
    answer: &Answer,
    now: Timestamp,
) -> Result<T, HostError> {
    let name = subject.name();
    let envelope: Envelope = pages::one(&answer.body).map_err(|reason| malformed(&name, reason))?;
    if let Some(problems) = envelope.errors.filter(|problems| !problems.is_empty()) {
        return Err(failure(subject, answer, &problems, now));
    }
    let data = envelope.data.filter(|data| !data.is_null());
    let data = data.ok_or_else(|| malformed(&name, "it has no `data`"))?;
    serde_json::from_value(data).map_err(|error| malformed(&name, shown(&error.to_string())))
}

/// The gravest of several problems: one that a person has to mend hides behind none that is not there.
fn failure(subject: &Subject, answer: &Answer, problems: &[Problem], now: Timestamp) -> HostError {
    if problems.iter().any(is_limit) {
        return HostError::RateLimited { until: budget::exhausted(answer, now).until };
    }
    let of_kind = |wanted: fn(&str) -> bool| {
        problems.iter().find(|problem| problem.kind.as_deref().is_some_and(wanted))
    };
    if let Some(problem) = of_kind(|kind| matches!(kind, "INSUFFICIENT_SCOPES" | "FORBIDDEN")) {
        let permission = subject.permission;
        let scope = if permission.contains("Projects") { "project" } else { "repo" };
        let mend = format!(
            "run `gh auth refresh -s repo,project`, or make a token with the scope `{scope}` \
             (fine-grained: the permission `{permission}`)"
        );
        return denied(subject, said(problem), &mend);
    }
    if let Some(problem) = of_kind(|kind| kind == "NOT_FOUND") {
        let what = format!("what {} asks for ({})", subject.name(), said(problem));
        return HostError::NotFound { what };
    }
    match problems.iter().find(|problem| problem.kind.is_some()) {
        Some(problem) if !is_passing(problem) => refused(&subject.name(), said(problem)),
        // Without a kind these are GitHub's own troubles: "something went wrong", a timeout.
        Some(problem) => unavailable(&subject.name(), said(problem)),
        None => untyped(subject, problems),
    }
}

/// Kinds that say that GitHub itself has a trouble.
fn is_passing(problem: &Problem) -> bool {
    matches!(
        problem.kind.as_deref(),
        Some("INTERNAL" | "SERVICE_UNAVAILABLE" | "EXECUTION_TIMEOUT" | "STALE_DATA")
    )
}

/// A document that the schema does not allow has a place in it and no kind; all other problems without one may pass.
fn untyped(subject: &Subject, problems: &[Problem]) -> HostError {
    let Some(problem) = problems.first() else {
        return malformed(&subject.name(), "its `errors` are empty");
    };
    let words = said(problem);
    let lower = words.to_lowercase();
    let passing = ["something went wrong", "timeout", "timed out", "try again", "couldn't respond"];
    if passing.iter().any(|phrase| lower.contains(phrase)) {
        return unavailable(&subject.name(), words);
    }
    refused(&subject.name(), words)
}

fn said(problem: &Problem) -> String {
    let message = problem.message.as_deref().unwrap_or("GitHub gives no reason");
    let path: Vec<String> = problem.path.iter().flatten().map(step).collect();
    if path.is_empty() {
        return shown(message);
    }
    shown(&format!("{message} (at {})", path.join(".")))
}

fn step(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    const BOARD: Document = Document {
        name: "Board",
        text: "query Board { viewer { login } }",
        purpose: "",
        writes: false,
    };

    fn read(body: &str) -> Result<Value, HostError> {
        let answer =
            Answer { status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec() };
        data(&subject(&BOARD), &answer, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn data_is_read_only_where_there_is_no_error_at_all() {
        assert_eq!(read(r#"{"data":{"a":1}}"#).unwrap()["a"], 1);
        assert_eq!(read(r#"{"data":{"a":1},"errors":[]}"#).unwrap()["a"], 1);
        assert!(read(r#"{"data":{"a":1},"errors":[{"message":"no"}]}"#).is_err());
    }

    #[test]
    fn every_kind_of_error_has_its_case() {
        let error = |kind: &str| {
            read(&format!(
                r#"{{"data":null,"errors":[{{"type":"{kind}","message":"m","path":["a",0]}}]}}"#
            ))
            .unwrap_err()
        };
        assert!(matches!(error("NOT_FOUND"), HostError::NotFound { .. }));
        assert!(matches!(error("RATE_LIMITED"), HostError::RateLimited { .. }));
        assert!(matches!(error("INTERNAL"), HostError::Unavailable { .. }));
        let refused = error("UNPROCESSABLE");
        assert_eq!(refused.to_string(), "`POST /graphql Board`: m (at a.0)");
        assert!(matches!(refused, HostError::Refused { .. }));
        for kind in ["INSUFFICIENT_SCOPES", "FORBIDDEN"] {
            assert!(error(kind).mend().unwrap().contains("`project`"));
        }
        for body in ["{}", r#"{"data":null}"#, "[]", "<html>", ""] {
            assert!(matches!(read(body).unwrap_err(), HostError::Malformed { .. }), "{body}");
        }
    }

    #[test]
    fn the_gravest_of_several_errors_is_told() {
        let body = r#"{"errors":[{"type":"NOT_FOUND","message":"a"},{"type":"INSUFFICIENT_SCOPES","message":"b"}]}"#;
        assert!(matches!(read(body).unwrap_err(), HostError::Denied { .. }));
    }

    #[test]
    fn an_error_without_a_kind_passes_only_where_it_says_so() {
        let untyped = |message: &str| {
            read(&format!(r#"{{"errors":[{{"message":"{message}"}}]}}"#)).unwrap_err()
        };
        let trouble = untyped("Something went wrong while executing your query.");
        assert!(matches!(trouble, HostError::Unavailable { .. }));
        let wrong = untyped("Field 'x' doesn't exist on type 'ProjectV2'");
        assert!(matches!(wrong, HostError::Refused { .. }));
    }
}
