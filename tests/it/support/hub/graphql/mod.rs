//! Answers GraphQL documents of any client from the state of the fake, executed against GitHub's own schema: what is answered has the
//! schema's shape by construction. What the fake does not know of an object is an error of type `NOT_FAKED`, never an invented value.

mod accounts;
mod boards;
mod checks;
mod connections;
mod issues;
mod mutations;
mod pulls;
mod repositories;
mod roots;
mod things;
mod timeline;

use std::cell::RefCell;

use apollo_compiler::resolvers::Execution;
use serde_json::{Value, json};

use super::conformance::graphql::{implementers, parsed, schema, variables};
use super::state::{State, Token};
use things::{Bound, Failure, Thing, World};

/// Answers the body of a request to `/graphql` that came with a token. The answer goes out with status 200, whatever it says.
pub(crate) fn execute(state: &mut State, token: &Token, body: &Value) -> Value {
    if state.graphql_used >= state.graphql_limit {
        let id = state.account(&token.login).map_or(0, |account| account.id);
        let message = format!("API rate limit already exceeded for user ID {id}.");
        return json!({"errors": [{"type": "RATE_LIMITED", "message": message}]});
    }
    let Some(query) = body["query"].as_str() else {
        return json!({"errors": [{"message": "A query attribute must be specified and must be a string."}]});
    };
    let document = match parsed(query) {
        Ok(document) => document,
        Err(found) => {
            let errors: Vec<Value> = found.iter().map(|what| json!({"message": what})).collect();
            return json!({"errors": errors});
        }
    };

    let name = body["operationName"].as_str();
    let root = match document.operations.get(name) {
        Ok(operation) if operation.is_mutation() => Thing::Mutation,
        Ok(_) => Thing::Query,
        Err(error) => return json!({"errors": [{"message": error.message().to_string()}]}),
    };
    let world = World { state: RefCell::new(state), token };
    let variables = variables(body);
    let execution = Execution::new(schema(), &document)
        .implementers_map(implementers())
        .enable_schema_introspection(true)
        .raw_variable_values(&variables);
    let executed = execution
        .operation_name(name)
        .and_then(|execution| execution.execute_sync(&Bound::new(&world, root)));
    match executed {
        Ok(response) => shaped(&serde_json::to_value(response).unwrap()),
        Err(error) => json!({"errors": [{"message": error.message().to_string()}]}),
    }
}

/// Gives an executed answer the form of GitHub's: errors have a type beside their message.
fn shaped(response: &Value) -> Value {
    let mut answer = json!({"data": response["data"]});
    let errors = response["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !errors.is_empty() {
        answer["errors"] = errors.iter().map(error).collect();
    }
    answer
}

fn error(error: &Value) -> Value {
    let mut error = error.clone();
    let text = error["message"].as_str().unwrap_or_default().to_owned();
    if let Some((kind, message)) = Failure::read(&text) {
        error["type"] = kind.into();
        error["message"] = message.into();
    }
    error
}
