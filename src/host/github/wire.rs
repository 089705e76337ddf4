//! Issues, comments and accounts as GitHub's REST interface sends them, only the fields that we read, and what they are to us.
//!
//! A field that GitHub always sends is required here even where it may be `null`: one that is missing is an error and never empty.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::trust;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{self, BoardStatus, IssueState};
use crate::host::HostError;

/// The author that GitHub itself shows where an account was deleted.
pub(super) const GHOST: &str = "ghost";

/// Reads a field that may be `null` but has to be there.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// Says that an answer is not of the form that it should be.
pub(super) fn malformed(what: impl Into<String>, reason: impl Into<String>) -> HostError {
    HostError::Malformed { what: what.into(), reason: reason.into() }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

impl User {
    /// An account of which only the name is known.
    pub(super) fn named(login: &str) -> Self {
        Self { login: login.to_owned(), kind: None }
    }

    /// An account of a kind: `User`, `Bot` and others.
    pub(super) fn of_kind(login: String, kind: &str) -> Self {
        Self { login, kind: Some(kind.to_owned()) }
    }

    /// Whether it is a program's account.
    pub(super) fn is_bot(&self) -> bool {
        self.kind.as_deref() == Some("Bot")
    }
}

/// A label of an issue: an object, or in old answers a bare name.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Bare(String),
    Object {
        #[serde(deserialize_with = "present")]
        name: Option<String>,
    },
}

/// The names of labels, in their order; one that was deleted meanwhile has none.
pub(super) fn names(labels: Vec<Label>) -> Vec<String> {
    let name = |label| match label {
        Label::Bare(name) => Some(name),
        Label::Object { name } => name,
    };
    labels.into_iter().filter_map(name).collect()
}

/// An issue, or a pull request in a list of issues.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    title: String,
    #[serde(deserialize_with = "present")]
    body: Option<String>,
    state: String,
    labels: Vec<Label>,
    #[serde(deserialize_with = "present")]
    user: Option<User>,
    #[serde(default)]
    author_association: Option<String>,
    html_url: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    closed_at: Option<Timestamp>,
    #[serde(default)]
    assignees: Option<Vec<User>>,
    #[serde(default)]
    pull_request: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Issue {
    /// Whether it is a pull request: those have an issue of the same number.
    pub(super) fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }

    /// The logins of those who are assigned.
    pub(super) fn assignees(self) -> Vec<String> {
        self.assignees.unwrap_or_default().into_iter().map(|user| user.login).collect()
    }

    /// What it is to us, with the column that the board shows for it.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when it is neither open nor closed.
    pub(super) fn into_domain(
        self,
        status: Option<BoardStatus>,
    ) -> Result<issue::Issue, HostError> {
        let author_trust = trust::of_author(self.user.as_ref(), self.author_association.as_deref());
        Ok(issue::Issue {
            number: IssueNumber(self.number),
            state: state(self.number, &self.state)?,
            title: self.title,
            body: self.body.unwrap_or_default(),
            status,
            labels: names(self.labels),
            author: self.user.map_or_else(|| GHOST.to_owned(), |user| user.login),
            author_trust,
            url: self.html_url,
            created_at: self.created_at,
            updated_at: self.updated_at,
            closed_at: self.closed_at,
        })
    }
}

fn state(number: u64, word: &str) -> Result<IssueState, HostError> {
    match word {
        "open" => Ok(IssueState::Open),
        "closed" => Ok(IssueState::Closed),
        other => {
            let reason = format!("`state` is `{other}`, neither `open` nor `closed`");
            Err(malformed(format!("issue #{number}"), reason))
        }
    }
}

/// A comment of an issue.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(deserialize_with = "present")]
    pub(super) body: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) author_association: Option<String>,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) updated_at: Option<Timestamp>,
}

/// An entry of the list of labels that a repository has.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct NamedLabel {
    pub(super) name: String,
}

/// What a person or a program may do in a repository.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Permission {
    pub(super) permission: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::issue::Trust;

    fn answer() -> Value {
        json!({
            "number": 42, "title": "Add a cart", "body": "Text", "state": "open",
            "labels": [{"name": "ready"}, "old style", {"name": null}],
            "user": {"login": "ann", "type": "User"}, "author_association": "MEMBER",
            "html_url": "https://github.com/acme/web/issues/42",
            "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T10:00:00Z",
        })
    }

    fn changed(key: &str, value: Value) -> Value {
        let mut answer = answer();
        answer[key] = value;
        answer
    }

    fn read(answer: Value) -> issue::Issue {
        serde_json::from_value::<Issue>(answer).unwrap().into_domain(None).unwrap()
    }

    #[test]
    fn an_issue_is_read_as_it_is() {
        let issue = read(answer());
        assert_eq!((issue.number, issue.state), (IssueNumber(42), IssueState::Open));
        assert_eq!((issue.title.as_str(), issue.body.as_str()), ("Add a cart", "Text"));
        assert_eq!(issue.labels, ["ready", "old style"]);
        assert_eq!((issue.author.as_str(), issue.author_trust), ("ann", Trust::Trusted));
        assert_eq!(issue.created_at.to_string(), "2026-01-05T09:00:00Z");
        assert_eq!(read(changed("state", json!("closed"))).state, IssueState::Closed);
        assert_eq!(read(changed("body", Value::Null)).body, "");
    }

    #[test]
    fn a_deleted_account_is_a_ghost_whom_nobody_trusts() {
        let issue = read(changed("user", Value::Null));
        assert_eq!((issue.author.as_str(), issue.author_trust), (GHOST, Trust::Unknown));
    }

    #[test]
    fn an_entry_with_a_pull_request_is_none_of_the_issues() {
        let is_pull = |answer| serde_json::from_value::<Issue>(answer).unwrap().is_pull_request();
        assert!(!is_pull(answer()));
        assert!(!is_pull(changed("pull_request", Value::Null)));
        assert!(is_pull(changed("pull_request", json!({"url": "x"}))));
        assert!(is_pull(changed("pull_request", json!({}))));
    }

    #[test]
    fn a_field_that_is_missing_is_an_error_and_never_empty() {
        for field in [
            "number",
            "title",
            "body",
            "state",
            "labels",
            "user",
            "html_url",
            "created_at",
            "updated_at",
        ] {
            let mut answer = answer();
            answer.as_object_mut().unwrap().remove(field);
            assert!(serde_json::from_value::<Issue>(answer).is_err(), "{field}");
        }
        for field in ["id", "body", "user", "created_at"] {
            let mut answer =
                json!({"id": 1, "body": null, "user": null, "created_at": "2026-01-05T09:00:00Z"});
            assert!(serde_json::from_value::<Comment>(answer.clone()).is_ok());
            answer.as_object_mut().unwrap().remove(field);
            assert!(serde_json::from_value::<Comment>(answer).is_err(), "{field}");
        }
    }

    #[test]
    fn fields_of_another_type_and_unknown_states_are_errors() {
        for (key, value) in [
            ("number", json!("42")),
            ("title", Value::Null),
            ("user", json!(7)),
            ("labels", Value::Null),
            ("created_at", json!("yesterday")),
        ] {
            assert!(serde_json::from_value::<Issue>(changed(key, value)).is_err(), "{key}");
        }
        let odd: Issue = serde_json::from_value(changed("state", json!("triaged"))).unwrap();
        let error = odd.into_domain(None).unwrap_err();
        assert!(matches!(error, HostError::Malformed { .. }));
        assert!(error.to_string().contains("`state` is `triaged`"), "{error}");
    }
}
