//! Where GitHub's description is wrong about GitHub, each with the reason. This is the only place that bends the judge.

use serde_json::{Map, Value, json};

/// A place of the description that is replaced, or a field that is added.
struct Fault {
    /// Where, as a JSON pointer.
    at: &'static str,
    /// What stands there instead.
    instead: fn() -> Value,
    /// Why.
    reason: &'static str,
}

/// The faults that matter for the operations we keep.
const FAULTS: &[Fault] = &[
    Fault {
        at: "/paths/~1repos~1{owner}~1{repo}~1issues~1{issue_number}~1labels/put/requestBody/content/application~1json/schema",
        instead: labels,
        reason: "the prose allows an empty list and a list without an object around it; clients send both",
    },
    Fault {
        at: "/paths/~1repos~1{owner}~1{repo}~1issues~1{issue_number}~1labels/post/requestBody/content/application~1json/schema",
        instead: labels,
        reason: "a list without an object around it is taken too, as the prose of `PUT` says",
    },
    Fault {
        at: "/components/schemas/validation-error/properties/status",
        instead: text,
        reason: "every error of GitHub has carried its status as text since 2024, this description only says so of `basic-error`",
    },
    Fault {
        at: "/components/schemas/validation-error-simple/properties/status",
        instead: text,
        reason: "the same",
    },
    Fault {
        at: "/components/schemas/basic-error/properties/errors",
        instead: || json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}}),
        reason: "403 and 404 answers carry `errors` where there is more to say, single sign-on for one",
    },
    Fault {
        at: "/paths/~1repos~1{owner}~1{repo}~1pulls~1{pull_number}~1merge/put/responses/405/content/application~1json/schema",
        instead: error,
        reason: "a refused merge carries its status like every other error",
    },
    Fault {
        at: "/paths/~1repos~1{owner}~1{repo}~1pulls~1{pull_number}~1merge/put/responses/409/content/application~1json/schema",
        instead: error,
        reason: "the same",
    },
    Fault {
        at: "/components/schemas/pull-request/properties/head/properties/repo",
        instead: repository_or_null,
        reason: "the repository of a head can be deleted, and is null then",
    },
    Fault {
        at: "/components/schemas/pull-request-simple/properties/head/properties/repo",
        instead: repository_or_null,
        reason: "the same",
    },
    Fault {
        at: "/paths/~1repos~1{owner}~1{repo}~1issues/get/responses/410",
        instead: || json!({"$ref": "#/components/responses/gone"}),
        reason: "the list of a repository whose issues are switched off is gone, as creating one is described to be",
    },
];

fn error() -> Value {
    json!({"$ref": "#/components/schemas/basic-error"})
}

fn repository_or_null() -> Value {
    json!({"anyOf": [{"$ref": "#/components/schemas/repository"}], "nullable": true})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn labels() -> Value {
    let named =
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    let list = json!({"type": "array", "items": {"anyOf": [{"type": "string"}, named]}});
    json!({"anyOf": [{"type": "object", "properties": {"labels": list}}, list]})
}

/// Mends the description.
///
/// # Panics
///
/// When a place is gone: then the description was renewed and its fault has to be looked at again.
pub(super) fn mend(document: &mut Value) {
    for fault in FAULTS {
        assert!(!fault.reason.is_empty(), "{} has no reason", fault.at);
        let (parent, name) = fault.at.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
        let parent: &mut Map<String, Value> =
            parent.unwrap_or_else(|| panic!("the description has no {} any more", fault.at));
        let instead = (fault.instead)();
        let before = parent.insert(name.to_owned(), instead.clone());
        assert_ne!(before, Some(instead), "{} is no fault any more", fault.at);
    }
}
