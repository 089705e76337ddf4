//! Judges one exchange over REST: path, query, body, status and answer.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use super::description::{Operation, description};
use super::validators::complaints;
use super::{graphql, query};

/// A request and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    /// The method, in capitals.
    pub(crate) method: &'a str,
    /// The path as it was sent, without the query.
    pub(crate) path: &'a str,
    /// What stood behind the question mark, as it was sent.
    pub(crate) query: &'a str,
    /// What was sent; nothing and an empty body are the same.
    pub(crate) request_body: Option<&'a [u8]>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What was answered.
    pub(crate) response_body: &'a [u8],
    /// The answer's `Content-Type`.
    pub(crate) content_type: Option<&'a str>,
}

/// The largest page. The prose of every list says so, and GitHub cuts larger wishes down without a word; who asks for more will
/// wrongly believe to have seen the end.
const LARGEST_PAGE: u64 = 100;

/// Statuses that any operation can answer, described there or not: redirects of renamed repositories, what conditional requests get,
/// bad and weak tokens, what may not be seen, limits. Failures of the server come on top.
const GENERAL: [u16; 10] = [301, 304, 307, 400, 401, 403, 404, 415, 422, 429];

/// Judges a whole exchange: what is against GitHub's description, one line each. Records what was seen for [`coverage`].
pub(crate) fn check(exchange: &Exchange) -> Vec<String> {
    if exchange.path == "/graphql" {
        return graphql::check_exchange(exchange);
    }
    let name = format!("{} {}", exchange.method, exchange.path);
    let Some((operation, _)) = description().find(exchange.method, exchange.path) else {
        return vec![format!("{name}: no such operation in GitHub's description")];
    };
    record(&operation.id, exchange.status);
    let mut found = check_request(exchange);
    found.extend(answer(operation, exchange).iter().map(|what| format!("{name}: {what}")));
    found
}

/// Judges only what was asked, for exchanges whose answer was spoilt on purpose.
pub(crate) fn check_request(exchange: &Exchange) -> Vec<String> {
    if exchange.path == "/graphql" {
        return graphql::check_request(exchange);
    }
    let name = format!("{} {}", exchange.method, exchange.path);
    let Some((operation, path)) = description().find(exchange.method, exchange.path) else {
        return vec![format!("{name}: no such operation in GitHub's description")];
    };
    // A request that GitHub refuses as invalid is judged by that refusal, and one without a right token is not looked at any further:
    // tests send such ones to see what comes of it.
    if matches!(exchange.status, 400 | 401 | 422) {
        return Vec::new();
    }
    let mut found: Vec<String> = path
        .iter()
        .flat_map(|(parameter, value)| check_parameter(operation, "path", parameter, value))
        .collect();
    found.extend(check_query(operation, exchange.query));
    found.extend(check_body(operation, exchange.request_body.unwrap_or_default()));
    found.into_iter().map(|what| format!("{name}: {what}")).collect()
}

/// Returns whether an operation of GitHub's description has this method and path.
pub(crate) fn is_described(method: &str, path: &str) -> bool {
    description().find(method, path).is_some()
}

/// Which operations and statuses have been judged in this process, and how often.
pub(crate) fn coverage() -> Vec<String> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter().map(|((id, status), times)| format!("{id} {status} ×{times}")).collect()
}

static SEEN: LazyLock<Mutex<BTreeMap<(String, u16), usize>>> = LazyLock::new(Mutex::default);

fn record(id: &str, status: u16) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    *seen.entry((id.to_owned(), status)).or_default() += 1;
}

fn check_query(operation: &Operation, text: &str) -> Vec<String> {
    let Some(pairs) = query::pairs(text) else {
        return vec![format!("the query `{text}` is not well formed")];
    };
    let mut found: Vec<String> = pairs
        .iter()
        .flat_map(|(name, value)| check_parameter(operation, "query", name, value))
        .collect();
    for parameter in &operation.parameters {
        let needed = parameter["in"] == "query" && parameter["required"] == Value::Bool(true);
        if needed && !pairs.iter().any(|(name, _)| parameter["name"] == name.as_str()) {
            found.push(format!("the query has no {}", parameter["name"]));
        }
    }
    found
}

/// Judges a parameter of the path or the query. It is text on the way, so it is valid when the text, or the number or truth value that
/// it spells, is.
fn check_parameter(operation: &Operation, place: &str, name: &str, value: &str) -> Vec<String> {
    let declared = operation
        .parameters
        .iter()
        .find(|parameter| parameter["in"] == place && parameter["name"] == name);
    let Some(declared) = declared else {
        return vec![format!("the {place} parameter `{name}` is not described")];
    };
    let number: Option<u64> = value.parse().ok();
    if name == "per_page" && !number.is_some_and(|size| (1..=LARGEST_PAGE).contains(&size)) {
        return vec![format!("`per_page={value}` is no size of a page: 1 to {LARGEST_PAGE}")];
    }
    let mut readings = vec![Value::from(value)];
    readings.extend(number.map(Value::from));
    readings.extend(value.parse::<bool>().ok().map(Value::from));
    let key = format!("{} {place} {name}", operation.id);
    let first = complaints(&key, &declared["schema"], &readings[0]);
    let valid =
        readings.iter().any(|reading| complaints(&key, &declared["schema"], reading).is_empty());
    if valid {
        Vec::new()
    } else {
        first.iter().map(|what| format!("`{name}` of the {place}: {what}")).collect()
    }
}

fn check_body(operation: &Operation, bytes: &[u8]) -> Vec<String> {
    let Some(described) = &operation.body else {
        let nothing = bytes.iter().all(u8::is_ascii_whitespace) || bytes == b"{}";
        return if nothing {
            Vec::new()
        } else {
            vec!["a body is sent where none is described".to_owned()]
        };
    };
    if bytes.is_empty() {
        let needed = described["required"] == Value::Bool(true);
        return if needed { vec!["the request has no body".to_owned()] } else { Vec::new() };
    }
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return vec!["the request's body is not JSON".to_owned()];
    };
    let schema = &described["content"]["application/json"]["schema"];
    let found = complaints(&format!("{} request", operation.id), schema, &body);
    found.iter().map(|what| format!("request: {what}")).collect()
}

/// Judges the answer.
fn answer(operation: &Operation, exchange: &Exchange) -> Vec<String> {
    let status = exchange.status;
    let described = operation.responses.get(&status.to_string());
    let general = GENERAL.contains(&status) || status >= 500;
    let found = match described {
        _ if status == 304 => no_body(exchange),
        Some(response)
            if response
                .get("content")
                .is_some_and(|c| c.as_object().is_some_and(|c| !c.is_empty())) =>
        {
            let key = format!("{} {status}", operation.id);
            body(&key, &response["content"], exchange)
        }
        _ if general => error_body(exchange),
        Some(_) => no_body(exchange),
        None => vec![format!("{} does not answer {status}", operation.id)],
    };
    found.iter().map(|what| format!("answer {status}: {what}")).collect()
}

fn no_body(exchange: &Exchange) -> Vec<String> {
    if exchange.response_body.is_empty() {
        Vec::new()
    } else {
        vec!["has a body where none is described".to_owned()]
    }
}

/// Judges an error that every operation can give. A failing server may answer anything; what it sends as JSON is judged all the same.
fn error_body(exchange: &Exchange) -> Vec<String> {
    let is_json = exchange.content_type.is_some_and(|kind| kind.starts_with("application/json"));
    if exchange.status >= 500 && !is_json {
        return Vec::new();
    }
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let schema = json!({"anyOf": [named("basic-error"), named("validation-error"), named("validation-error-simple")]});
    body("an error", &json!({"application/json": {"schema": schema}}), exchange)
}

/// Judges a body by what is described for its kind of content.
fn body(key: &str, content: &Value, exchange: &Exchange) -> Vec<String> {
    let kind =
        exchange.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let Some(described) = content.get(kind) else {
        return vec![format!("its content is `{kind}`, which is not described")];
    };
    if !kind.ends_with("json") && !kind.ends_with(".object") {
        return Vec::new();
    }
    match serde_json::from_slice::<Value>(exchange.response_body) {
        Err(error) => vec![format!("is not JSON: {error}")],
        Ok(value) if exchange.status >= 400 && !value["message"].is_string() => {
            vec!["is an error without a `message`".to_owned()]
        }
        Ok(value) => complaints(&format!("{key} {kind}"), &described["schema"], &value),
    }
}
