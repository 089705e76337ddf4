//! Which workflows of a repository run on what an agent proposes. Pure.

use std::collections::BTreeMap;

use crate::text::yaml::{self, Place, Value};

/// Where GitHub looks for workflows.
pub(super) const FOLDER: &str = ".github/workflows";

/// The files of the workflows that run for a pull request: on `pull_request`, or on every `push`. One that cannot be read is none.
pub(super) fn on_pull_requests(texts: &BTreeMap<String, String>) -> Vec<String> {
    let runs = |(path, text): (&String, &String)| {
        let name = path.strip_prefix(FOLDER)?.trim_start_matches('/');
        let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
        let place = Place { file: name, first_line: 1 };
        let tree: Value = yaml::parse(text, &place).ok().filter(|_| is_yaml)?;
        tree.get("on").is_some_and(is_for_pull_requests).then(|| name.to_owned())
    };
    texts.iter().filter_map(runs).collect()
}

fn is_for_pull_requests(on: &Value) -> bool {
    let is_event = |name: &str| ["pull_request", "pull_request_target"].contains(&name);
    match on {
        Value::String(name) => is_event(name) || name == "push",
        Value::Sequence(names) => {
            names.iter().filter_map(Value::as_str).any(|name| is_event(name) || name == "push")
        }
        Value::Mapping(events) => events.iter().any(|(name, filter)| {
            let is_unfiltered = ["branches", "tags"].iter().all(|key| filter.get(key).is_none());
            name.as_str().is_some_and(|name| is_event(name) || (name == "push" && is_unfiltered))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_counts_when_it_runs_for_a_pull_request() {
        for (text, counts) in [
            ("on: pull_request\n", true),
            ("on: [push, workflow_dispatch]\n", true),
            ("on:\n  pull_request:\n    branches: [main]\n", true),
            ("on:\n  pull_request:\n", true),
            ("on: {push: {branches: [main]}}\n", false),
            ("on: {push: {}}\n", true),
            ("'on': {schedule: [{cron: x}]}\n", false),
            ("on: workflow_dispatch\n", false),
            ("name: x\n", false),
            ("on: [\n", false),
            ("", false),
        ] {
            let texts = BTreeMap::from([(format!("{FOLDER}/ci.yml"), text.to_owned())]);
            let expected: &[&str] = if counts { &["ci.yml"] } else { &[] };
            assert_eq!(on_pull_requests(&texts), expected, "{text}");
        }
        let other = BTreeMap::from([(format!("{FOLDER}/notes.md"), "on: push\n".to_owned())]);
        assert!(on_pull_requests(&other).is_empty());
    }
}
