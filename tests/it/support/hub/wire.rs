//! A request and its answer as the hub sees them, and GitHub's documented error bodies.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::Token;

/// Where errors point to.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// What an answer to a question is: the good one, or the one that ends the question early.
pub(crate) type Reply = Result<Answer, Answer>;

/// A request, read to its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// The method in capitals.
    pub(crate) method: String,
    /// The path as it was sent.
    pub(crate) path: String,
    /// What follows the question mark.
    pub(crate) query: String,
    /// Headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The credential that was recognised.
    pub(crate) token: Option<Token>,
}

impl Request {
    /// Returns a parameter of the query, decoded.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| decode(key) == name).map(|(_, value)| decode(value)).next_back()
    }

    /// Returns the login of whoever asks.
    pub(crate) fn who(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.login.as_str())
    }

    /// Returns the body as JSON, an empty object when there is none.
    pub(crate) fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.body).map_err(|_| Answer::error(400, "Problems parsing JSON"))
    }

    /// Returns whether this asks for something to change.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET" && self.method != "HEAD"
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Headers beyond the usual ones.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else, with its content type.
    Raw(String, Vec<u8>),
}

impl Body {
    /// Returns the content type.
    pub(crate) fn kind(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json; charset=utf-8"),
            Self::Raw(kind, _) => Some(kind),
        }
    }

    /// Returns the bytes to be sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Raw(_, bytes) => bytes.clone(),
        }
    }
}

impl Answer {
    /// Makes an answer with a JSON body.
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    /// Makes an answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// Makes an answer of any type.
    pub(crate) fn raw(status: u16, kind: &str, bytes: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body: Body::Raw(kind.to_owned(), bytes) }
    }

    /// Makes an error in GitHub's form.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let body = json!({
            "message": message, "documentation_url": DOCUMENTATION, "status": status.to_string()
        });
        Self::json(status, body)
    }

    /// Makes GitHub's answer for what does not exist or may not be seen.
    pub(crate) fn missing() -> Self {
        Self::error(404, "Not Found")
    }

    /// Makes a refused validation: resource, code, field, and the message of custom ones.
    pub(crate) fn invalid(resource: &str, code: &str, field: &str, message: Option<&str>) -> Self {
        let mut error = json!({ "resource": resource, "code": code, "field": field });
        if let Some(message) = message {
            error["message"] = message.into();
        }
        Self::json(
            422,
            json!({
                "message": "Validation Failed", "errors": [error],
                "documentation_url": DOCUMENTATION, "status": "422"
            }),
        )
    }

    /// Makes a redirection.
    pub(crate) fn moved(status: u16, to: &str) -> Self {
        let body = json!({
            "message": if status == 301 { "Moved Permanently" } else { "Temporary Redirect" },
            "url": to, "documentation_url": DOCUMENTATION
        });
        Self::json(status, body).with("location", to)
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Decodes `%20` and `+`.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, digits.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns one page of a list, with the `Link` header that leads to the others; links name the repository by its number.
pub(crate) fn page(request: &Request, base: &str, all: Vec<Value>) -> Answer {
    let (items, link) = cut(request, base, all);
    let answer = Answer::json(200, Value::Array(items));
    if link.is_empty() { answer } else { answer.with("link", link) }
}

/// Returns one page of an object that counts its list under a name.
pub(crate) fn counted(request: &Request, base: &str, name: &str, all: Vec<Value>) -> Answer {
    let total = all.len();
    let (items, link) = cut(request, base, all);
    let mut body = json!({ "total_count": total });
    body[name] = Value::Array(items);
    let answer = Answer::json(200, body);
    if link.is_empty() { answer } else { answer.with("link", link) }
}

fn cut(request: &Request, base: &str, all: Vec<Value>) -> (Vec<Value>, String) {
    let number = |name, least: usize| {
        request.param(name).and_then(|text| text.parse().ok()).filter(|n| *n > 0).unwrap_or(least)
    };
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let last = all.len().div_ceil(size).max(1);
    let kept: Vec<&str> = request
        .query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("page="))
        .collect();
    let to = |page: usize, rel: &str| {
        let mut query = kept.join("&");
        if !query.is_empty() {
            query.push('&');
        }
        format!("<{base}?{query}page={page}>; rel=\"{rel}\"")
    };
    let mut links = Vec::new();
    if page > 1 {
        links.push(to(page - 1, "prev"));
    }
    if page < last {
        links.extend([to(page + 1, "next"), to(last, "last")]);
    }
    if page > 1 {
        links.push(to(1, "first"));
    }
    let items = all.into_iter().skip((page - 1) * size).take(size).collect();
    (items, links.join(", "))
}
