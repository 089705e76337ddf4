//! The examples that are shipped, and the file of seed 000.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::domain::kinds::TaskType;
use crate::text::yaml;

const EXAMPLE: &str = include_str!("../../../config.example.yaml");
const OBJECTIVE: &str = include_str!("../../../objectives/example.yaml");

#[test]
fn the_example_loads_as_it_is() {
    let loaded = loaded(EXAMPLE);
    assert_eq!(loaded.warnings, []);
    let repo = &loaded.settings.repos[0];
    assert_eq!(
        (repo.slug.as_str(), repo.key.as_str(), repo.host),
        ("local/hello", "hello", HostKind::Local)
    );
    assert_eq!(repo.ci_command, Some(CommandLine::Shell("sh ./test.sh".to_owned())));
    assert!(repo.protected_paths.contains(&"test.sh".to_owned()));
    assert_eq!((&repo.path, &repo.remote), (&None, &None));
}

/// The example with every comment that is a key made a key; what is said twice by that is told apart by its place.
fn uncommented() -> String {
    let is_key = |line: &str| {
        let text = line.trim_start().trim_start_matches("- ");
        text.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                && (rest.is_empty() || rest.starts_with(' '))
        })
    };
    EXAMPLE
        .lines()
        .map(|line| {
            let indent = line.len() - line.trim_start().len();
            match line.trim_start().strip_prefix("# ") {
                Some(rest) if is_key(rest) => format!("{}{rest}\n", &line[..indent]),
                _ => format!("{line}\n"),
            }
        })
        .collect()
}

#[test]
fn the_example_loads_with_every_comment_taken_as_a_key() {
    let loaded = loaded(&uncommented());
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.settings.repos.len(), 3);
    assert!(loaded.settings.agents.keys().any(|name| name.as_str() == "house-bot"));
}

#[test]
fn the_example_names_every_key_of_the_schema() {
    let text = uncommented();
    let mut keys = BTreeSet::new();
    keys_of(&schema(), &mut keys);
    let named: BTreeSet<String> = text
        .lines()
        .flat_map(|line| line.split([' ', '{', ',', '`']))
        .filter_map(|word| word.strip_suffix(':').or_else(|| keys.contains(word).then_some(word)))
        .map(str::to_owned)
        .collect();
    let missing: Vec<&String> = keys.difference(&named).collect();
    assert!(missing.is_empty(), "not in config.example.yaml: {missing:?}");
}

/// Every name of a property anywhere in a schema.
fn keys_of(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| keys_of(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

#[test]
fn the_defaults_in_the_example_are_the_defaults() {
    let with = loaded(&uncommented());
    let without = loaded(EXAMPLE);
    let examples = [
        "agent_timeout_minutes",
        "protected_paths",
        "project_number",
        "base_branch",
        "test_command",
        "agents",
        "github_owner",
        "budgets",
        "telegram_bot_token",
        "telegram_chat_id",
        "quiet_hours",
        "digest_hour",
        "metrics_textfile",
        "planning_research",
        "production_feedback",
        "planning_signals",
        "outcome_attribution",
        "github_projects",
        "repos",
        "allow_push",
        "default_allow_push",
    ];
    let keys = super::super::raw::RawConfig::KEYS.iter().filter(|key| !examples.contains(key));
    for key in keys {
        let (with, without) = (with.explain(key).unwrap(), without.explain(key).unwrap());
        let same_folder = with
            .value
            .as_str()
            .is_some_and(|text| text.starts_with("/tmp") || text.contains("tmp"));
        let unset = key == &"allowed_repos" || key.ends_with("_env") || key.starts_with("sandbox_");
        let equal = with.value == without.value
            || with.value.as_f64().is_some() && with.value.as_f64() == without.value.as_f64();
        assert!(
            equal || same_folder || unset,
            "{key}: {} is not the default {}",
            with.value,
            without.value
        );
    }
}

#[test]
fn the_example_of_an_objective_has_the_four_metrics_and_their_weights() {
    let value: Value =
        yaml::parse(OBJECTIVE, &yaml::Place { file: "objectives/example.yaml", first_line: 1 })
            .unwrap();
    let metrics = value["metrics"].as_array().unwrap();
    let ids: Vec<&str> = metrics.iter().filter_map(|metric| metric["id"].as_str()).collect();
    assert_eq!(ids, ["traffic", "conversion", "retention", "arpu"]);
    let sum: f64 = metrics.iter().filter_map(|metric| metric["weight"].as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-9);
}

#[test]
fn the_file_of_seed_000_loads_as_it_is_printed_there() {
    let loaded = loaded(include_str!("seed_000.yaml"));
    let repo = &loaded.settings.repos[0];
    assert_eq!(loaded.settings.repos.len(), 1, "the other is not in allowed_repos");
    assert_eq!(
        repo.agent_fallbacks[&TaskType::Debugging].chain(crate::domain::kinds::Priority::High)[0]
            .as_str(),
        "claude"
    );
    assert_eq!(repo.planning_research.sources.len(), 3);
    let inputs = &repo.production_feedback.inputs;
    assert_eq!(inputs.len(), 5);
    assert!(
        inputs[..4].iter().all(|input| input.observed_at.is_some() && input.trust_level.is_some())
    );
    let older = &inputs[4];
    assert_eq!(older.signal_class, Some(SignalClass::MarketSignal));
    assert_eq!((older.trust_level, older.privacy), (None, None));
    assert_eq!(older.name, "https://competitor.example.com/pricing");
    assert_eq!(repo.production_feedback.stale_after.as_secs(), 72 * 3600);
    assert_eq!(repo.outcome_attribution.checks[1].measurement_window.as_secs(), 3 * 86_400);
    assert_eq!((&repo.required_labels, repo.excluded_labels.len()), (&vec!["ready".to_owned()], 2));
    assert_eq!(repo.merge_policy, MergePolicy::Manual, "review_value asks for a person");
    assert_eq!(loaded.settings.telegram.bot_token, None);
    assert_eq!(loaded.settings.telegram.chat_id.as_deref(), Some("-100123"));
}

#[test]
fn keys_without_a_meaning_are_told_with_their_line_and_what_to_use() {
    let loaded = loaded(include_str!("seed_000.yaml"));
    let warning =
        |word: &str| loaded.warnings.iter().find(|warning| warning.message.contains(word)).unwrap();
    assert_eq!(warning("`priority_weights` is not used").line, Some(9));
    assert!(warning("`repo_configs`").hint.as_ref().unwrap().contains("test_command"));
    assert!(warning("review_value").message.contains("merge_policy: manual"));
    assert!(warning("acme/other").message.contains("allowed_repos"));
    assert!(warning("telegram_bot_token").message.contains("placeholder"));
    for key in ["key", "title", "status_field", "default_base_branch", "max_processing_minutes"] {
        assert!(warning(&format!("`{key}` is not used")).line.is_some());
    }
    assert_eq!(loaded.warnings.len(), 10, "{:?}", loaded.warnings);
}
