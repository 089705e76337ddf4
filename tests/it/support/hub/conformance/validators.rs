//! Compiled schemas, each made once per process when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::Value;

use super::convert;
use super::description::description;

/// What is wrong with a value, one line each; nothing when it is valid. The key names the schema.
pub(super) fn complaints(key: &str, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(key, schema);
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{} at `{}`", shortened(&error.to_string()), error.instance_path()))
        .collect()
}

/// Compiles a schema, or finds it compiled.
fn validator(key: &str, schema: &Value) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = made.entry(key.to_owned()).or_insert_with(|| {
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(registry())
            .should_validate_formats(true)
            .build(&convert::closed(schema));
        Arc::new(built.unwrap_or_else(|error| panic!("the schema of {key} is no schema: {error}")))
    });
    Arc::clone(validator)
}

/// The components of the description.
fn registry() -> &'static Registry<'static> {
    static COMPONENTS: LazyLock<Registry<'static>> = LazyLock::new(|| {
        let components = convert::components(description().schemas());
        Registry::new().add(convert::ROOT, components).unwrap().prepare().unwrap()
    });
    &COMPONENTS
}

/// Messages quote the whole value; its beginning and the end, which says what is wrong, are enough.
fn shortened(message: &str) -> String {
    const HALF: usize = 160;
    let letters: Vec<char> = message.chars().collect();
    if letters.len() <= 2 * HALF {
        return message.to_owned();
    }
    let front: String = letters[..HALF].iter().collect();
    let back: String = letters[letters.len() - HALF..].iter().collect();
    format!("{front} … {back}")
}
