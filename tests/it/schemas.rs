//! The shapes of `--json`: every output of a world in which much has happened fits its schema in `docs/schemas`, and no key of it is left
//! undescribed.

use std::fs;
use std::path::Path;

use jsonschema::{Draft, Validator};
use serde_json::Value;

use crate::support::{Script, World};

fn schema(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    options.should_validate_formats(true).build(schema).unwrap()
}

/// The output fits the schema of this name.
#[track_caller]
pub(super) fn assert_fits(name: &str, value: &Value) {
    let schema = schema(name);
    let errors: Vec<String> = validator(&schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?} in {value:#}");
    let mut undescribed = Vec::new();
    collect_undescribed(&schema, value, name, &mut undescribed);
    assert!(undescribed.is_empty(), "docs/schemas/{name}.json does not describe {undescribed:?}");
}

/// The keys that a value has and its schema does not name; where the schema names none, anything goes.
fn collect_undescribed(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            let Some(of_items) = schema.get("items") else { return };
            for item in items {
                collect_undescribed(of_items, item, place, found);
            }
        }
        Value::Object(map) => {
            let Some(known) = schema.get("properties") else { return };
            for (key, value) in map {
                match known.get(key) {
                    Some(below) => {
                        collect_undescribed(below, value, &format!("{place}.{key}"), found);
                    }
                    None => found.push(format!("{place}.{key}")),
                }
            }
        }
        _ => {}
    }
}

/// A world with a merged task, one that waits for a person, one that is Ready, and a file that is no task.
fn eventful() -> World {
    let script = Script::new()
        .line("case $AGENTOS_TASK_ID in *-3)")
        .reports("blocked", "missing_context", "Which cart?")
        .line("exit 0 ;; esac")
        .line("echo work > work.txt")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", script)]);
    world.write(
        "objectives/shop.yaml",
        &fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/objectives/example.yaml"))
            .unwrap(),
    );
    world.ready_issue("Add a cart", "");
    drop(world.run("tick").ok());
    world.ready_issue("Ask", "");
    drop(world.run("tick").ok());
    world.ready_issue("Later", "");
    world.write("runtime/mailbox/inbox/not-a-task.md", "nothing\n");
    world
}

#[test]
fn every_output_of_the_contract_fits_its_schema() {
    let world = eventful();
    let json = |line: &str| world.run(&format!("--json {line}")).json();
    for (name, line) in [
        ("status", "status"),
        ("task-list", "task list"),
        ("task-show", "task show shop-1"),
        ("task-show", "task show shop-3"),
        ("tail", "tail shop-1"),
        ("why", "why shop-1"),
        ("why", "why shop-3"),
        ("why", "why 4"),
        ("why", "why pr:2"),
        ("issue-list", "issue list --all"),
        ("issue-show", "issue show 3"),
        ("pr-list", "pr list --all"),
        ("pr-show", "pr show 2"),
        ("doctor", "doctor"),
        ("config-explain", "config explain merge_policy"),
        ("config-explain", "config explain agent_fallbacks"),
        ("config-explain", "config explain github_owner"),
        ("report", "dispatch --dry-run"),
        ("score", "score"),
        ("reliability-report", "report"),
        ("report", "analyze --dry-run"),
        ("report", "groom --dry-run"),
        ("report", "plan --dry-run"),
        ("report", "dispatch"),
        ("report", "queue"),
        ("report", "pr-monitor"),
        ("tick", "tick"),
    ] {
        assert_fits(name, &json(line));
    }
    let created = world.run_words(&["--json", "issue", "create", "New"]).ok().json();
    assert_fits("issue-show", &created);
    drop(world.run("pause --job queue").ok());
    let idle = json("queue");
    assert!(idle["idle"].is_string(), "{idle}");
    assert_fits("report", &idle);
}

#[test]
fn a_wrong_output_does_not_fit() {
    let world = World::new();
    let schema = schema("status");
    let mut status = world.run("--json status").ok().json();
    let validator = validator(&schema);
    assert!(validator.is_valid(&status));
    status["jobs"][0]["running"] = "yes".into();
    assert!(!validator.is_valid(&status));
    let mut undescribed = Vec::new();
    status["jobs"][0]["colour"] = "blue".into();
    collect_undescribed(&schema, &status, "status", &mut undescribed);
    assert_eq!(undescribed, ["status.jobs.colour"]);
}

#[test]
fn every_schema_is_one_and_is_listed() {
    let list = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/README.md"));
    let list = list.unwrap();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".json") else { continue };
        drop(validator(&schema(stem)));
        assert!(list.contains(&format!("({name})")), "docs/schemas/README.md does not list {name}");
    }
}
