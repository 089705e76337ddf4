//! One request being put together, and what it is called in messages.

use super::address::encoded;
use super::endpoints::Endpoint;

/// One request, being put together: an endpoint of the table and the values for its path and query.
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is sent"]
pub struct Call {
    pub(super) endpoint: &'static Endpoint,
    pub(super) values: Vec<(&'static str, String)>,
    pub(super) query: Vec<(&'static str, String)>,
}

impl Call {
    /// Begins a call of an endpoint.
    pub fn of(endpoint: &'static Endpoint) -> Self {
        Self { endpoint, values: Vec::new(), query: Vec::new() }
    }

    /// Gives a `{name}` of the path its value; it is percent-encoded.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and ids are given as they are")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// Adds a parameter of the query.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and ids are given as they are")]
    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Adds a parameter of the query unless there is one of that name.
    pub(super) fn query_unless_given(self, name: &'static str, value: &str) -> Self {
        if self.query.iter().any(|(given, _)| *given == name) {
            self
        } else {
            self.query(name, value)
        }
    }

    /// The path with all values in it; the reason where one is missing or would change the path.
    pub(super) fn path(&self) -> Result<String, String> {
        let mut path = String::new();
        for segment in self.endpoint.path.split('/').skip(1) {
            path.push('/');
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            else {
                path.push_str(segment);
                continue;
            };
            let value =
                self.values.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
            match value.map(String::as_str) {
                None | Some("") => return Err(format!("`{name}` has no value")),
                // A server or a client would take these for steps through the path, encoded or not.
                Some(steps @ ("." | "..")) => {
                    return Err(format!("`{steps}` cannot be the value of `{name}`"));
                }
                Some(value) => path.push_str(&encoded(value)),
            }
        }
        Ok(path)
    }

    /// What it is called in messages.
    pub(super) fn subject(&self) -> Subject {
        Subject {
            method: self.endpoint.method.as_str(),
            path: self.path().unwrap_or_else(|_| self.endpoint.path.to_owned()),
            permission: self.endpoint.permission,
            place: Place::of(self.endpoint.path),
            number: self
                .values
                .iter()
                .find(|(name, _)| *name == "issue_number")
                .map(|(_, v)| v.clone()),
        }
    }
}

/// What part of GitHub a request is about, as far as its answers differ in meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An issue or what belongs to it: may have been transferred.
    Issue,
    /// Everything else.
    Other,
}

impl Place {
    fn of(path: &str) -> Self {
        if path.contains("{issue_number}") { Self::Issue } else { Self::Other }
    }
}

/// What was asked, for messages and for the meaning of a refusal.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// The permission that a fine-grained token needs.
    pub(super) permission: &'static str,
    pub(super) place: Place,
    /// The issue's number, where it is about one.
    pub(super) number: Option<String>,
}

impl Subject {
    /// As it stands in messages: `` `GET /repos/acme/web` ``.
    pub(super) fn name(&self) -> String {
        format!("`{} {}`", self.method, self.path)
    }

    /// The thing itself.
    pub(super) fn thing(&self) -> String {
        format!("`{}` (as seen with this token)", self.path)
    }
}
