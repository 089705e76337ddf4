//! Turns schemas of an `OpenAPI` 3.0 document into JSON Schema, closed: an object may have the fields that are described and no others.
//!
//! A value that is valid when closed is valid without that too, so one pass finds both what is wrong and what was invented.

use serde_json::{Map, Value, json};

/// The address under which the converted components are known to each other.
pub(super) const ROOT: &str = "urn:github:rest";

/// Whether an object may have further fields than those of the schema itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Top {
    /// No.
    Closed,
    /// Yes, because the schema is a part of one that is closed as a whole.
    Open,
}

impl Top {
    fn component(self, name: &str) -> String {
        let variant = if self == Self::Closed { "closed" } else { "part" };
        format!("{variant}.{name}")
    }
}

/// Converts a schema.
pub(super) fn closed(schema: &Value) -> Value {
    convert(schema, Top::Closed)
}

/// Converts all components into one document, each as itself and as a part of something else.
pub(super) fn components(schemas: &Map<String, Value>) -> Value {
    let both = |(name, schema): (&String, &Value)| {
        [Top::Closed, Top::Open].map(|top| (top.component(name), convert(schema, top)))
    };
    let definitions: Map<String, Value> = schemas.iter().flat_map(both).collect();
    json!({"$id": ROOT, "$schema": DRAFT, "$defs": definitions})
}

/// The draft that the result is written in.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn convert(schema: &Value, top: Top) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return json!({"$ref": format!("{ROOT}#/$defs/{}", top.component(name))});
    }
    let mut made = Map::new();
    for (keyword, value) in schema {
        if let Some((keyword, value)) = keyword_of(schema, keyword, value, top) {
            made.insert(keyword.to_owned(), value);
        }
    }
    if top == Top::Closed && describes_fields(schema) {
        made.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) { or_null(made) } else { made.into() }
}

/// One keyword in its new form; nothing for those that constrain nothing.
fn keyword_of<'a>(
    schema: &Map<String, Value>,
    keyword: &'a str,
    value: &Value,
    top: Top,
) -> Option<(&'a str, Value)> {
    let each = |top: Top| match value {
        Value::Array(list) => list.iter().map(|item| convert(item, top)).collect(),
        Value::Object(map) => Value::Object(
            map.iter().map(|(name, item)| (name.clone(), convert(item, top))).collect(),
        ),
        other => other.clone(),
    };
    // Alternatives beside fields, or within a whole, are closed together with them.
    let part = if schema.contains_key("properties") { Top::Open } else { top };
    match keyword {
        "nullable" | "discriminator" | "default" | "readOnly" => None,
        "properties" => Some((keyword, each(Top::Closed))),
        "items" | "additionalProperties" => Some((keyword, convert(value, Top::Closed))),
        "allOf" => Some((keyword, each(Top::Open))),
        // Many of the alternatives overlap in GitHub's description (a simple user is a valid enterprise in part), so "exactly one" would
        // refuse what GitHub itself answers; "at least one" is what is meant.
        "anyOf" | "oneOf" => Some(("anyOf", each(part))),
        _ => Some((keyword, value.clone())),
    }
}

/// Whether a schema says which fields there are; one that says nothing of them, or lets others in, is left open.
fn describes_fields(schema: &Map<String, Value>) -> bool {
    let some = |keyword: &str| {
        schema.get(keyword).and_then(Value::as_object).is_some_and(|map| !map.is_empty())
    };
    (some("properties") || schema.contains_key("allOf"))
        && !schema.contains_key("additionalProperties")
}

/// Lets null in beside what a schema says.
fn or_null(mut schema: Map<String, Value>) -> Value {
    match schema.get("type") {
        Some(kind) if !schema.contains_key("enum") => {
            let kinds = json!([kind, "null"]);
            schema.insert("type".to_owned(), kinds);
            schema.into()
        }
        _ => json!({"anyOf": [{"type": "null"}, schema]}),
    }
}
