//! The form of an answer: what a model is shown as a JSON schema, and what its answer is held against. Keys that were not asked for are left
//! out without a word: a model that adds `branch` to a brief has written nothing that anybody reads. Everything else that does not hold (a
//! missing key, another kind, a text or a list that is too long) makes the answer invalid, but for a word of an open field that is not in
//! its list: the field stays open then.

use serde_json::{Map, Value, json};

use crate::text::clean;
use crate::text::redact::Redactor;

/// So many problems are named; a model that made more has misunderstood the question.
const MAX_PROBLEMS: usize = 6;

/// What an answer, or a part of it, must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A text on one line.
    Line {
        /// Its characters at most.
        most: usize,
    },
    /// A text of several lines.
    Text {
        /// Its characters at most.
        most: usize,
    },
    /// One of these words, in any letter case.
    Choice {
        /// The words.
        of: Vec<String>,
    },
    /// A whole number.
    Number {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// Yes or no.
    Flag,
    /// Several of one form.
    List {
        /// The form of each.
        of: Box<Form>,
        /// How many at least.
        least: usize,
        /// How many at most.
        most: usize,
    },
    /// Named parts.
    Record {
        /// The parts.
        fields: Vec<Field>,
    },
}

/// A named part of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    name: &'static str,
    meaning: String,
    form: Form,
    is_needed: bool,
}

impl Field {
    /// A part that must be there.
    pub fn needed(name: &'static str, meaning: impl Into<String>, form: Form) -> Self {
        Self { name, meaning: meaning.into(), form, is_needed: true }
    }

    /// A part that may be left out; an empty one counts as left out.
    pub fn open(name: &'static str, meaning: impl Into<String>, form: Form) -> Self {
        Self { name, meaning: meaning.into(), form, is_needed: false }
    }
}

impl Form {
    /// A record of these parts.
    pub fn record(fields: Vec<Field>) -> Self {
        Self::Record { fields }
    }

    /// A list of `least` to `most` of a form.
    pub fn list(of: Self, least: usize, most: usize) -> Self {
        Self::List { of: Box::new(of), least, most }
    }

    /// The form as a JSON schema, to be shown to the model.
    pub fn schema(&self) -> Value {
        match self {
            Self::Line { most } | Self::Text { most } => {
                json!({"type": "string", "maxLength": most})
            }
            Self::Choice { of } => json!({"type": "string", "enum": of}),
            Self::Number { least, most } => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Self::Flag => json!({"type": "boolean"}),
            Self::List { of, least, most } => {
                json!({"type": "array", "items": of.schema(), "minItems": least, "maxItems": most})
            }
            Self::Record { fields } => record_schema(fields),
        }
    }

    /// Holds a value against the form; gives what was asked for and nothing else, its texts cleaned and redacted.
    ///
    /// # Errors
    ///
    /// What does not hold, one line each, with names of the form and no word of the value.
    pub fn check(&self, value: &Value, redactor: &Redactor) -> Result<Value, Vec<String>> {
        let mut checking = Checking { redactor, problems: Vec::new() };
        let checked = checking.value(self, value, "the answer");
        match checked {
            Some(checked) if checking.problems.is_empty() => Ok(checked),
            _ => {
                checking.problems.truncate(MAX_PROBLEMS);
                Err(checking.problems)
            }
        }
    }

    /// What it is in JSON, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Line { .. } | Self::Text { .. } | Self::Choice { .. } => "string",
            Self::Number { .. } => "number",
            Self::Flag => "boolean",
            Self::List { .. } => "array",
            Self::Record { .. } => "object",
        }
    }

    /// The character with which it begins in JSON, where there is but one.
    pub(super) fn opening(&self) -> char {
        match self {
            Self::List { .. } => '[',
            Self::Line { .. } | Self::Text { .. } | Self::Choice { .. } => '"',
            _ => '{',
        }
    }

    /// Whether a value is of the same kind.
    pub(super) fn is_like(&self, value: &Value) -> bool {
        match self {
            Self::Line { .. } | Self::Text { .. } | Self::Choice { .. } => value.is_string(),
            Self::Number { .. } => value.is_i64(),
            Self::Flag => value.is_boolean(),
            Self::List { .. } => value.is_array(),
            Self::Record { .. } => value.is_object(),
        }
    }
}

fn record_schema(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = field.form.schema();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(field.meaning));
        }
        properties.insert(field.name.to_owned(), schema);
    }
    let needed: Vec<&str> =
        fields.iter().filter(|field| field.is_needed).map(|field| field.name).collect();
    json!({"type": "object", "properties": properties, "required": needed, "additionalProperties": false})
}

struct Checking<'a> {
    redactor: &'a Redactor,
    problems: Vec<String>,
}

impl Checking<'_> {
    fn value(&mut self, form: &Form, value: &Value, place: &str) -> Option<Value> {
        if !form.is_like(value) {
            self.problems.push(format!("{place} is no JSON {}", form.kind()));
            return None;
        }
        match form {
            Form::Line { most } => {
                let line = self.text(value).split_whitespace().collect::<Vec<_>>().join(" ");
                self.bounded(line, *most, place)
            }
            Form::Text { most } => {
                let text = self.text(value);
                self.bounded(text, *most, place)
            }
            Form::Choice { of } => {
                let word = self.text(value);
                let known = of.iter().find(|known| known.eq_ignore_ascii_case(&word));
                if known.is_none() {
                    self.problems.push(format!("{place} is none of {}", of.join(", ")));
                }
                known.map(|known| json!(known))
            }
            Form::Number { least, most } => {
                let number = value.as_i64().filter(|number| (*least..=*most).contains(number));
                if number.is_none() {
                    self.problems.push(format!("{place} must lie between {least} and {most}"));
                }
                number.map(|number| json!(number))
            }
            Form::Flag => Some(value.clone()),
            Form::List { of, least, most } => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                self.list(of, items, (*least, *most), place)
            }
            Form::Record { fields } => self.record(fields, value, place),
        }
    }

    /// A text without what is hidden in it, and without secrets.
    fn text(&self, value: &Value) -> String {
        let text = clean::untrusted(value.as_str().unwrap_or_default()).text;
        self.redactor.redact(text.trim())
    }

    fn bounded(&mut self, text: String, most: usize, place: &str) -> Option<Value> {
        let length = text.chars().count();
        if length == 0 {
            self.problems.push(format!("{place} is empty"));
        } else if length > most {
            let problem = format!("{place} has {length} characters and may have {most}");
            self.problems.push(problem);
        } else {
            return Some(Value::String(text));
        }
        None
    }

    fn list(
        &mut self,
        of: &Form,
        items: &[Value],
        (least, most): (usize, usize),
        place: &str,
    ) -> Option<Value> {
        let filled: Vec<&Value> = items.iter().filter(|item| !is_empty(item)).collect();
        if filled.len() < least || filled.len() > most {
            let count = filled.len();
            let problem = format!("{place} has {count} items and must have {least} to {most}");
            self.problems.push(problem);
            return None;
        }
        let checked: Vec<Option<Value>> = filled
            .iter()
            .zip(1..)
            .map(|(item, n)| self.value(of, item, &format!("item {n} of {place}")))
            .collect();
        checked.into_iter().collect::<Option<Vec<Value>>>().map(Value::Array)
    }

    fn record(&mut self, fields: &[Field], value: &Value, place: &str) -> Option<Value> {
        let mut record = Map::new();
        let mut is_whole = true;
        for field in fields {
            let place = if place == "the answer" {
                format!("`{}`", field.name)
            } else {
                format!("`{}` of {place}", field.name)
            };
            let given = value.get(field.name).filter(|given| !is_empty(given));
            let Some(given) = given else {
                if field.is_needed {
                    self.problems.push(format!("{place} is missing"));
                    is_whole = false;
                }
                continue;
            };
            let before = self.problems.len();
            match self.value(&field.form, given, &place) {
                Some(checked) => drop(record.insert(field.name.to_owned(), checked)),
                None if !field.is_needed
                    && matches!(field.form, Form::Choice { .. })
                    && given.is_string() =>
                {
                    self.problems.truncate(before);
                }
                None => is_whole = false,
            }
        }
        is_whole.then_some(Value::Object(record))
    }
}

/// Whether a value says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
