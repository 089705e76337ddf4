//! Judges the `data` of a GraphQL answer by its document: everything that was asked is there and of the declared type, and nothing else.

use apollo_compiler::ast::Type;
use apollo_compiler::collections::{HashMap, IndexMap};
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::{ExtendedType, Implementers};
use apollo_compiler::{ExecutableDocument, Name, Schema};
use serde_json::Value;

/// What answers are judged by.
pub(super) struct Answers<'a> {
    pub(super) schema: &'a Schema,
    pub(super) implementers: &'a HashMap<Name, Implementers>,
    pub(super) document: &'a ExecutableDocument,
}

/// The selections that one key of an answer stands for.
#[derive(Default)]
struct Asked<'a> {
    fields: Vec<&'a Field>,
    /// Whether it may be missing, because a variable decides.
    optional: bool,
}

impl<'a> Answers<'a> {
    /// What is wrong with the data of an operation.
    pub(super) fn judged(&self, operation: &'a Operation, data: &Value) -> Vec<String> {
        self.object(operation.object_type(), &[&operation.selection_set], data, "data")
    }

    /// Judges an object of a concrete type.
    fn object(
        &self,
        kind: &str,
        sets: &[&'a SelectionSet],
        value: &Value,
        at: &str,
    ) -> Vec<String> {
        let Some(fields) = value.as_object() else { return vec![format!("`{at}` is no object")] };
        let mut asked = IndexMap::default();
        for set in sets {
            self.collect(kind, set, false, &mut asked);
        }
        let mut found = Vec::new();
        for (key, asked) in &asked {
            let at = format!("{at}.{key}");
            match fields.get(key.as_str()) {
                None if asked.optional => {}
                None => found.push(format!("`{at}` was asked for and is missing")),
                Some(value) if asked.fields[0].name == "__typename" && value != kind => {
                    found.push(format!("`{at}` is {value} instead of {kind}"));
                }
                Some(value) => found.extend(self.value(asked.fields[0].ty(), asked, value, &at)),
            }
        }
        let extra = fields.keys().filter(|key| !asked.contains_key(key.as_str()));
        found.extend(extra.map(|key| format!("`{at}.{key}` was not asked for")));
        found
    }

    /// Gathers what is asked of an object of a type, through fragments that apply to it.
    fn collect(
        &self,
        kind: &str,
        set: &'a SelectionSet,
        optional: bool,
        asked: &mut IndexMap<Name, Asked<'a>>,
    ) {
        let applies =
            |condition: &Name| condition == kind || self.schema.is_subtype(condition, kind);
        for selection in &set.selections {
            let decides = |name| selection.directives().get(name).is_some();
            let optional = optional || decides("skip") || decides("include");
            match selection {
                Selection::Field(field) => {
                    let new = !asked.contains_key(field.response_key());
                    let entry = asked.entry(field.response_key().clone()).or_default();
                    entry.optional = optional && (new || entry.optional);
                    entry.fields.push(field);
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(applies) {
                        self.collect(kind, &fragment.selection_set, optional, asked);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|f| applies(f.type_condition())) {
                        self.collect(kind, &fragment.selection_set, optional, asked);
                    }
                }
            }
        }
    }

    fn value(&self, kind: &Type, asked: &Asked<'a>, value: &Value, at: &str) -> Vec<String> {
        match (kind, value) {
            (Type::Named(_) | Type::List(_), Value::Null) => Vec::new(),
            (_, Value::Null) => vec![format!("`{at}` is null, which {kind} never is")],
            (Type::List(item) | Type::NonNullList(item), Value::Array(list)) => list
                .iter()
                .enumerate()
                .flat_map(|(index, value)| {
                    self.value(item, asked, value, &format!("{at}[{index}]"))
                })
                .collect(),
            (Type::List(_) | Type::NonNullList(_), _) => vec![format!("`{at}` is no list")],
            (Type::Named(name) | Type::NonNullNamed(name), value) => {
                self.named(name, asked, value, at)
            }
        }
    }

    fn named(&self, name: &Name, asked: &Asked<'a>, value: &Value, at: &str) -> Vec<String> {
        let sets: Vec<&SelectionSet> = asked.fields.iter().map(|f| &f.selection_set).collect();
        let concrete: Vec<&Name> = match self.schema.types.get(name) {
            Some(ExtendedType::Object(_)) => vec![name],
            Some(ExtendedType::Interface(_)) => {
                self.implementers.get(name).into_iter().flat_map(|found| &found.objects).collect()
            }
            Some(ExtendedType::Union(union)) => union.members.iter().map(|m| &m.name).collect(),
            Some(ExtendedType::Enum(words)) => {
                let is_one = value.as_str().is_some_and(|word| words.values.contains_key(word));
                return wrong(!is_one, name, value, at);
            }
            _ => return wrong(!is_scalar(name, value), name, value, at),
        };
        // Where the type is not told by `__typename`, the answer has to be right for one of the possible ones.
        let all = concrete.iter().map(|kind| self.object(kind, &sets, value, at));
        all.min_by_key(Vec::len).unwrap_or_default()
    }
}

fn wrong(is_wrong: bool, name: &Name, value: &Value, at: &str) -> Vec<String> {
    if is_wrong { vec![format!("`{at}` is {value}, which is no {name}")] } else { Vec::new() }
}

/// Whether a value can be one of a scalar type; those without a known form may be anything.
fn is_scalar(name: &str, value: &Value) -> bool {
    let text = |is: fn(&str) -> bool| value.as_str().is_some_and(is);
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "ID" | "String" | "HTML" => value.is_string(),
        "DateTime" => text(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "URI" => text(|text| text.starts_with('/') || text.starts_with("http")),
        "GitObjectID" => {
            text(|text| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()))
        }
        "BigInt" => text(|text| text.parse::<i128>().is_ok()),
        _ => true,
    }
}
