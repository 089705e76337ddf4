//! `docs/configuration.md` is made from the schema, the comments of the keys and the defaults of the code.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::super::blocks::{RawAttribution, RawFeedback, RawResearch};
use super::super::layer::Layer;
use super::super::raw::RawConfig;
use super::super::schema;

const HEAD: &str = "\
# Configuration

Made from the program's own schema; a test holds it. `agentos config schema` prints that schema as JSON, `agentos config explain KEY` says which value
holds and which line set it, `agentos config check` reads everything. [`config.example.yaml`](../config.example.yaml) is this page to copy from.

The file is `--config`, else `$AGENTOS_CONFIG`, else `config.yaml` in the root (`--root`, else `$AGENTOS_ROOT`, else the current folder). It is YAML; a key that is
not known is an error that names the line. `~` and `$VAR` are expanded in paths, and a path is relative to the root. Only a repository has to be
named; everything else has a default.
";

/// A part of the page: its heading, the words below it, and where its keys stand in the schema.
struct Part {
    heading: &'static str,
    words: &'static str,
    definition: &'static str,
}

const BLOCKS: [Part; 9] = [
    Part {
        heading: "agents.<name>",
        words: "The built-in ones are `codex`, `claude`, `gemini` and `deepseek`; a table for one of them amends it key by key ([agents.md](agents.md)).",
        definition: "RawAgent",
    },
    Part {
        heading: "budgets",
        words: "In US dollars ([agents.md](agents.md#money)).",
        definition: "RawBudgets",
    },
    Part {
        heading: "budgets.per_agent.<name>",
        words: "In US dollars, per month.",
        definition: "RawAgentBudget",
    },
    Part {
        heading: "planning_research",
        words: "See [evidence.md](evidence.md).",
        definition: "RawResearch",
    },
    Part {
        heading: "planning_research.sources[]",
        words: "One of `url` and `path`.",
        definition: "RawSource",
    },
    Part {
        heading: "production_feedback",
        words: "See [evidence.md](evidence.md). `planning_signals` is its older name.",
        definition: "RawFeedback",
    },
    Part {
        heading: "production_feedback.inputs[]",
        words: "One of `url` and `path`.",
        definition: "RawInput",
    },
    Part {
        heading: "outcome_attribution",
        words: "See [objectives.md](objectives.md).",
        definition: "RawAttribution",
    },
    Part {
        heading: "outcome_attribution.checks[]",
        words: "One of `url` and `path`.",
        definition: "RawCheck",
    },
];

/// The whole page.
fn document() -> String {
    let schema = schema();
    let every = json!(Layer::defaults());
    let every: Vec<&str> = every.as_object().unwrap().keys().map(String::as_str).collect();
    let top = properties(&schema);
    let is_of_every_level = |key: &str| every.contains(&key);
    let mut page = HEAD.to_owned();
    let mut part = |heading: &str, words: &str, keys: &[(&String, &Value)], defaults: &Value| {
        let _infallible = write!(page, "\n## {heading}\n\n{words}\n\n");
        page.push_str("| key | type | default | meaning |\n|---|---|---|---|\n");
        for (key, property) in keys {
            page.push_str(&row(key, property, &defaults[key.as_str()], &schema));
        }
    };
    let all = json!(RawConfig::defaults());
    let own: Vec<_> = top.iter().filter(|(key, _)| !is_of_every_level(key)).collect();
    part("At the top of the file", "For the whole installation.", &own, &all);
    let common: Vec<_> = top.iter().filter(|(key, _)| is_of_every_level(key)).collect();
    let words = "At the top, in a group (`github_projects.<name>`), or in an entry of `repos`: the repository's wins over the group's, and that over the top's. \
                 Blocks and maps are put over each other key by key, everything else as a whole.";
    part("At every level", words, &common, &json!(Layer::defaults()));
    let repo = properties(&schema["$defs"]["RawRepo"]);
    let of_repo: Vec<_> = repo.iter().filter(|(key, _)| !is_of_every_level(key)).collect();
    let words = "In an entry of `repos`, at the top or in a group, beside the keys of every level.";
    part("Of a repository", words, &of_repo, &Value::Null);
    let project = properties(&schema["$defs"]["RawProject"]);
    let of_project: Vec<_> = project.iter().filter(|(key, _)| !is_of_every_level(key)).collect();
    let words =
        "`github_projects.<name>` (`projects` is the same key), beside the keys of every level.";
    part("Of a group", words, &of_project, &Value::Null);
    for block in &BLOCKS {
        let keys = properties(&schema["$defs"][block.definition]);
        let keys: Vec<_> = keys.iter().collect();
        let heading = format!("`{}`", block.heading);
        part(&heading, block.words, &keys, &block_defaults(block.definition));
    }
    page
}

fn block_defaults(definition: &str) -> Value {
    match definition {
        "RawResearch" => json!(RawResearch::defaults()),
        "RawFeedback" => json!(RawFeedback::defaults()),
        "RawAttribution" => json!(RawAttribution::defaults()),
        _ => Value::Null,
    }
}

fn properties(schema: &Value) -> &Map<String, Value> {
    schema["properties"].as_object().unwrap()
}

fn row(key: &str, property: &Value, default: &Value, schema: &Value) -> String {
    let said =
        property["description"].as_str().unwrap_or_default().replace("`<root>`", "the root's ");
    let said = said.replace("the root's /", "`<root>`/").replace('\n', " ");
    let (meaning, told) = split(&said);
    let default = match (shown(default), told) {
        (Some(value), Some(told)) => {
            assert!(
                told.parse::<f64>().is_err() || told == value.trim_matches('`'),
                "`{key}`: its comment says {told}, and the code {value}"
            );
            value
        }
        (Some(value), None) => value,
        (None, told) => told.unwrap_or("–").to_owned(),
    };
    format!("| `{key}` | {} | {default} | {meaning} |\n", type_of(property, schema))
}

/// What a comment says of the meaning, and of the default.
fn split(said: &str) -> (String, Option<&str>) {
    for mark in [" Default: ", " Default ", "; default "] {
        if let Some((meaning, default)) = said.split_once(mark) {
            let default = default.trim_end_matches('.');
            return (format!("{}.", meaning.trim_end_matches(['.', ';'])), Some(default));
        }
    }
    (said.to_owned(), None)
}

/// A default of the code as it would be written in the file; none for what is empty or a block of its own.
fn shown(default: &Value) -> Option<String> {
    match default {
        Value::Bool(value) => Some(format!("`{value}`")),
        Value::Number(number) => {
            let text = number.to_string();
            Some(format!("`{}`", text.strip_suffix(".0").unwrap_or(&text)))
        }
        Value::String(text) => Some(format!("`{text}`")),
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Some(format!("`[{}]`", items.join(", ")))
        }
        // The chains of agents.
        Value::Object(map) if !map.is_empty() && map.values().all(Value::is_array) => {
            let lines = map.iter().filter_map(|(key, list)| Some((key, shown(list)?)));
            let lines = lines.map(|(key, list)| format!("`{key}: {}`", list.trim_matches('`')));
            Some(lines.collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

/// The type of a key in words; a choice by its words.
fn type_of(property: &Value, schema: &Value) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        let definition = &schema["$defs"][name];
        return match definition["oneOf"].as_array() {
            Some(choices) => {
                let words = choices.iter().filter_map(|choice| choice["const"].as_str());
                words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
            }
            None => "block".to_owned(),
        };
    }
    if let Some(choices) = property["anyOf"].as_array() {
        return type_of(&choices[0], schema);
    }
    let kinds = property["type"].clone();
    let kinds = kinds.as_array().cloned().unwrap_or_else(|| vec![kinds]);
    let mut words = Vec::new();
    for kind in kinds.iter().filter_map(Value::as_str) {
        match kind {
            "string" => words.push("text".to_owned()),
            "integer" => words.push("whole number".to_owned()),
            "array" => {
                words.push(format!("list of {}", plural(&type_of(&property["items"], schema))));
            }
            "object" => {
                let values = type_of(&property["additionalProperties"], schema);
                words.push(format!("map of {}", plural(&values)));
            }
            "null" => {}
            other => words.push(other.to_owned()),
        }
    }
    words.join(" or ")
}

fn plural(word: &str) -> String {
    match word {
        "text" | "block" | "number" | "whole number" => format!("{word}s"),
        other => other.to_owned(),
    }
}

#[test]
fn the_page_of_the_configuration_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let made = document();
    if std::env::var_os("AGENTOS_WRITE_DOCS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == kept,
        "docs/configuration.md is not what the code says: `AGENTOS_WRITE_DOCS=1 cargo test --lib reference::` writes it anew"
    );
}

#[test]
fn no_block_of_the_schema_is_left_out() {
    let schema = schema();
    let told = ["RawRepo", "RawProject"].into_iter().chain(BLOCKS.iter().map(|b| b.definition));
    let told: Vec<&str> = told.collect();
    let blocks = schema["$defs"].as_object().unwrap().iter();
    let blocks = blocks.filter(|(_, definition)| definition["properties"].is_object());
    let left: Vec<&String> =
        blocks.map(|(name, _)| name).filter(|name| !told.contains(&name.as_str())).collect();
    assert_eq!(left, Vec::<&String>::new());
}
