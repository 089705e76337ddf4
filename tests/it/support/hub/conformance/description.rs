//! GitHub's REST description as it is vendored, and which of its operations a request is.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{faults, query};

/// The pruned description.
const TEXT: &str = include_str!("../../../../vendor/github/rest.json");

/// Everything that is described.
pub(super) struct Description {
    /// The components, by kind and name.
    components: Map<String, Value>,
    /// The operations; those with more fixed words in their path come first.
    operations: Vec<Operation>,
}

/// One operation.
pub(super) struct Operation {
    /// Its name, such as `issues/get`.
    pub(super) id: String,
    method: String,
    template: Vec<Segment>,
    /// What may stand in the path and behind it, with references resolved.
    pub(super) parameters: Vec<Value>,
    /// What it is sent.
    pub(super) body: Option<Value>,
    /// What it answers, by status, with references resolved.
    pub(super) responses: Map<String, Value>,
}

/// A part of a path between slashes.
enum Segment {
    Word(String),
    /// A parameter; `many` when its value may contain slashes.
    Parameter {
        name: String,
        many: bool,
    },
}

/// The description, read once per process.
pub(super) fn description() -> &'static Description {
    static READ: LazyLock<Description> = LazyLock::new(Description::read);
    &READ
}

impl Description {
    fn read() -> Self {
        let mut document: Value = serde_json::from_str(TEXT).unwrap();
        faults::mend(&mut document);
        let components = document["components"].as_object().unwrap().clone();
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations.push(Operation::read(method, path, operation, &components));
            }
        }
        operations.sort_by_key(|operation| std::cmp::Reverse(operation.words()));
        Self { components, operations }
    }

    /// The component schemas by name.
    pub(super) fn schemas(&self) -> &Map<String, Value> {
        self.components["schemas"].as_object().unwrap()
    }

    /// Finds the operation of a request and the values of its path's parameters.
    pub(super) fn find(
        &self,
        method: &str,
        path: &str,
    ) -> Option<(&Operation, Vec<(String, String)>)> {
        let parts = parts_of(path)?;
        self.operations
            .iter()
            .filter(|operation| operation.method.eq_ignore_ascii_case(method))
            .find_map(|operation| Some((operation, matched(&operation.template, &parts)?)))
    }
}

impl Operation {
    fn read(method: &str, path: &str, operation: &Value, components: &Map<String, Value>) -> Self {
        let list = operation["parameters"].as_array().unwrap();
        let parameters: Vec<Value> =
            list.iter().map(|parameter| resolved(parameter, components)).collect();
        let many = |name: &str| {
            parameters.iter().any(|parameter| {
                parameter["name"] == name && parameter["x-multi-segment"] == Value::Bool(true)
            })
        };
        let segment = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            Some(name) => Segment::Parameter { name: name.to_owned(), many: many(name) },
            None => Segment::Word(word.to_owned()),
        };
        let template = path.trim_start_matches('/').split('/').map(segment).collect();
        let responses = operation["responses"].as_object().unwrap();
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_owned(),
            template,
            body: operation.get("requestBody").map(|body| resolved(body, components)),
            responses: responses
                .iter()
                .map(|(status, response)| (status.clone(), resolved(response, components)))
                .collect(),
            parameters,
        }
    }

    fn words(&self) -> usize {
        self.template.iter().filter(|segment| matches!(segment, Segment::Word(_))).count()
    }
}

/// A parameter, body or response itself instead of a reference to it.
fn resolved(node: &Value, components: &Map<String, Value>) -> Value {
    let Some(target) = node.get("$ref").and_then(Value::as_str) else { return node.clone() };
    let mut words = target.trim_start_matches("#/components/").splitn(2, '/');
    let (kind, name) = (words.next().unwrap(), words.next().unwrap());
    components[kind][name].clone()
}

/// The decoded parts of a path. GitHub's links of pagination and redirects name a repository by its number: `/repositories/7/issues` is
/// judged as `/repos/{owner}/{repo}/issues`.
fn parts_of(path: &str) -> Option<Vec<String>> {
    let decode = |part: &str| query::decoded(part, query::Plus::IsItself);
    let parts: Vec<String> =
        path.strip_prefix('/')?.split('/').map(decode).collect::<Option<_>>()?;
    match parts.as_slice() {
        [first, id, rest @ ..] if first == "repositories" => {
            id.parse::<u64>().ok()?;
            let front = ["repos".to_owned(), "owner".to_owned(), "repository".to_owned()];
            Some(front.into_iter().chain(rest.iter().cloned()).collect())
        }
        _ => Some(parts),
    }
}

/// The values of a template's parameters, when the parts of a path are an instance of it.
fn matched(template: &[Segment], parts: &[String]) -> Option<Vec<(String, String)>> {
    let (Some(first), Some(part)) = (template.first(), parts.first()) else {
        return (template.is_empty() && parts.is_empty()).then(Vec::new);
    };
    match first {
        Segment::Word(word) => (word == part).then(|| matched(&template[1..], &parts[1..]))?,
        Segment::Parameter { name, many } => {
            let most = if *many { parts.len() } else { 1 };
            (1..=most).find_map(|taken| {
                let value = parts[..taken].join("/");
                let rest = matched(&template[1..], &parts[taken..])?;
                let ours = (!value.is_empty()).then(|| (name.clone(), value))?;
                Some(std::iter::once(ours).chain(rest).collect())
            })
        }
    }
}
