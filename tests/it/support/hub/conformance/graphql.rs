//! Judges GraphQL documents, their variables and their answers by GitHub's schema.

use std::collections::HashMap;
use std::sync::LazyLock;

use apollo_compiler::collections::HashMap as ApolloMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema};
use serde_json::{Value, json};

use super::answers::Answers;
use super::rest::Exchange;

/// GitHub's schema without its descriptions.
const TEXT: &str = include_str!("../../../../vendor/github/schema.graphql");

/// GitHub's schema, read once per process. It has two faults of its own (fields of `EnterpriseOwnerInfo` that are declared twice); what
/// is left when they are dropped is valid.
pub(crate) fn schema() -> &'static Valid<Schema> {
    static READ: LazyLock<Valid<Schema>> = LazyLock::new(|| {
        Schema::parse_and_validate(TEXT, "schema.graphql").unwrap_or_else(|found| {
            let others = found.errors.iter().map(|error| error.to_string());
            let others: Vec<String> =
                others.filter(|error| !error.contains("EnterpriseOwnerInfo")).collect();
            assert!(others.is_empty(), "the schema has new faults: {others:#?}");
            Valid::assume_valid(found.partial)
        })
    });
    &READ
}

/// Which objects an interface is implemented by.
pub(crate) fn implementers() -> &'static ApolloMap<Name, Implementers> {
    static MADE: LazyLock<ApolloMap<Name, Implementers>> =
        LazyLock::new(|| schema().implementers_map());
    &MADE
}

/// A document that the schema allows, or what is wrong with it.
pub(crate) fn parsed(document: &str) -> Result<Valid<ExecutableDocument>, Vec<String>> {
    ExecutableDocument::parse_and_validate(schema(), document, "document.graphql")
        .map_err(|found| found.errors.iter().map(|error| error.error.to_string()).collect())
}

/// What is wrong with a document.
pub(crate) fn check_document(document: &str) -> Vec<String> {
    parsed(document).err().unwrap_or_default()
}

/// What is wrong with the `data` of an answer to a document with one operation.
pub(crate) fn check_answer(document: &str, data: &Value) -> Vec<String> {
    match parsed(document) {
        Err(found) => found,
        Ok(document) => match document.operations.get(None) {
            Err(error) => vec![error.message().to_string()],
            Ok(operation) => judged(&document, operation, data),
        },
    }
}

fn judged(document: &ExecutableDocument, operation: &Operation, data: &Value) -> Vec<String> {
    Answers { schema: schema(), implementers: implementers(), document }.judged(operation, data)
}

/// Judges a request to `/graphql`: its document and its variables.
pub(super) fn check_request(exchange: &Exchange) -> Vec<String> {
    let body = exchange.request_body.unwrap_or_default();
    let found = match serde_json::from_slice::<Value>(body) {
        Err(error) => vec![format!("the request is not JSON: {error}")],
        Ok(body) => request(&body).err().unwrap_or_default(),
    };
    found.into_iter().map(|what| format!("POST /graphql: {what}")).collect()
}

/// Judges a whole exchange of `/graphql`.
pub(super) fn check_exchange(exchange: &Exchange) -> Vec<String> {
    let found = check_request(exchange);
    if !found.is_empty() {
        return found;
    }
    let answer = serde_json::from_slice::<Value>(exchange.response_body);
    let found = match answer {
        Err(_) if exchange.status >= 500 => Vec::new(),
        Err(error) => vec![format!("is not JSON: {error}")],
        Ok(answer) if exchange.status == 200 => {
            let body = exchange.request_body.unwrap_or_default();
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            check_response(&body, &answer)
        }
        Ok(answer) if answer["message"].is_string() => Vec::new(),
        Ok(_) => vec!["is an error without a `message`".to_owned()],
    };
    found
        .into_iter()
        .map(|what| format!("POST /graphql answer {}: {what}", exchange.status))
        .collect()
}

/// A document that the schema allows, and the name of the operation that is meant. The variables are right too.
fn request(body: &Value) -> Result<(Valid<ExecutableDocument>, Option<String>), Vec<String>> {
    let Some(query) = body["query"].as_str() else { return Err(vec!["has no `query`".to_owned()]) };
    let document = parsed(query)?;
    let name = body["operationName"].as_str().map(str::to_owned);
    let operation = document.operations.get(name.as_deref());
    let operation = operation.map_err(|error| vec![error.message().to_string()])?;
    coerce_variable_values(schema(), operation, &variables(body))
        .map_err(|error| vec![error.message().to_string()])?;
    Ok((document, name))
}

/// The variables of a request in the form in which they are executed.
pub(crate) fn variables(body: &Value) -> JsonMap {
    let given = if body["variables"].is_object() { body["variables"].clone() } else { json!({}) };
    serde_json::from_value(given).unwrap()
}

/// Judges what came with status 200.
fn check_response(body: &Value, answer: &Value) -> Vec<String> {
    let Ok((document, name)) = request(body) else { return Vec::new() };
    let Ok(operation) = document.operations.get(name.as_deref()) else { return Vec::new() };
    let Some(fields) = answer.as_object() else { return vec!["is no object".to_owned()] };
    let known = ["data", "errors", "extensions"];
    let mut found: Vec<String> = fields
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .map(|key| format!("has a field `{key}`"))
        .collect();
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    found.extend(errors.iter().flat_map(check_error));
    match &answer["data"] {
        Value::Null if !errors.is_empty() => {}
        data => found.extend(judged(&document, operation, data)),
    }
    found
}

/// Judges one of the errors, which the schema does not describe: GitHub's documentation and its answers do.
fn check_error(error: &Value) -> Vec<String> {
    let right: HashMap<&str, fn(&Value) -> bool> = HashMap::from([
        ("message", Value::is_string as fn(&Value) -> bool),
        ("type", Value::is_string),
        ("code", Value::is_string),
        ("path", Value::is_array),
        ("locations", Value::is_array),
        ("extensions", Value::is_object),
    ]);
    let fields = error.as_object().into_iter().flatten();
    let wrong = fields.filter(|(key, value)| !right.get(key.as_str()).is_some_and(|is| is(value)));
    let mut found: Vec<String> =
        wrong.map(|(key, value)| format!("an error has `{key}`: {value}")).collect();
    if !error["message"].is_string() {
        found.push("an error has no `message`".to_owned());
    }
    found
}
