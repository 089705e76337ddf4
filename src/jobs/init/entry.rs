//! The entry of a repository in the configuration: its keys, what is only suggested, and words about both. Pure.

use std::path::Path;

use serde_json::json;

use super::decide::Answers;
use super::facts::{Facts, Target};
use super::render::{self, Entry};
use super::{Wishes, origin};
use crate::git::{HeadState, Shape, Survey};
use crate::text::slug::file_safe;

/// How an entry names itself, so that no other repository gets another key by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Plain,
    Prefixed,
    Renamed,
}

/// The text of a new configuration.
pub(super) fn new_file(facts: &Facts, entry: &str) -> String {
    let github = match &facts.target {
        Target::Github { api_url, .. } if api_url != origin::GITHUB => {
            let is_here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
            Some((api_url.as_str(), is_here.iter().any(|begin| api_url.starts_with(begin))))
        }
        _ => None,
    };
    format!("{}repos:\n{entry}", render::header(&facts.agents, &facts.chains, github))
}

/// The entry of the repository in the list `repos`.
pub(super) fn entry(facts: &Facts, wishes: &Wishes, answers: &Answers, naming: Naming) -> String {
    let mut entry = Entry::default();
    match &facts.target {
        Target::Github { slug, .. } => {
            entry.key("github_repo", &json!(slug.as_str()));
            if naming != Naming::Plain {
                let prefix = file_safe(&format!("{}-{}", slug.owner(), slug.name()));
                entry.key("task_prefix", &json!(prefix));
            }
            if let Some(survey) = &facts.survey {
                entry.key("path", &render::path_value(&survey.folder));
                entry.comment("Objects are borrowed from this clone; it is never changed.");
            }
            if let Some(number) = wishes.project {
                entry.key("project_number", &json!(number));
            }
            if !facts.workflows.is_empty() {
                let names = facts.workflows.join(", ");
                entry.comment(&format!("Checks: what GitHub runs for a pull request ({names})."));
            }
            commands(
                &mut entry,
                "test_command",
                facts,
                answers,
                "run on what an agent calls complete, before it is pushed",
            );
        }
        Target::Local => local(&mut entry, facts, answers, naming),
    }
    if wishes.objective {
        // The metrics of the template are `internal`: without this they would be shown and weigh nothing.
        entry.key(
            "production_feedback",
            &json!({"enabled": true, "allowed_privacy_levels": ["public", "internal"]}),
        );
        entry.key("outcome_attribution", &json!({"enabled": true}));
    }
    entry.suggestion(
        "merge_policy",
        "supervised_first",
        "manual, or auto: from the first pull request on",
    );
    entry.text()
}

fn local(entry: &mut Entry, facts: &Facts, answers: &Answers, naming: Naming) {
    entry.key("host", &json!("local"));
    let Some(survey) = &facts.survey else { return };
    let part = |path: Option<&Path>| {
        let name = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        file_safe(name.as_deref().unwrap_or("local").trim_end_matches(".git"))
    };
    let name = part(Some(&survey.folder));
    let parent = part(survey.folder.parent());
    let is_bare = survey.shape == Shape::Bare;
    if is_bare || naming == Naming::Renamed {
        let owner = if naming == Naming::Renamed { parent.as_str() } else { "local" };
        entry.key("repo", &json!(format!("{owner}/{name}")));
    }
    if naming != Naming::Plain {
        entry.key("task_prefix", &json!(file_safe(&format!("{parent}-{name}"))));
    }
    if is_bare {
        entry.key("remote", &render::path_value(&survey.folder));
    } else {
        entry.key("path", &render::path_value(&survey.folder));
        match &survey.origin {
            Some(origin) => entry.comment(&format!("Work is pushed to its origin, {}.", origin::shown(origin))),
            None => entry.comment("It has no origin: work is pushed to a bare repository in remotes/ beside this file."),
        }
    }
    if let Some(branch) = unclear_base(facts) {
        entry.key("base_branch", &json!(branch));
    }
    commands(
        entry,
        "ci_command",
        facts,
        answers,
        "the check `ci`; without it nothing is merged automatically",
    );
}

/// The base branch where the remote does not say which one it is.
fn unclear_base(facts: &Facts) -> Option<String> {
    let heads = facts.remote.as_ref()?.as_ref().ok()?;
    let survey = facts.survey.as_ref()?;
    if heads.default.is_some() || heads.branches.len() < 2 {
        return None;
    }
    likely_base(survey, &heads.branches)
}

/// The branch that others are probably merged into.
pub(super) fn likely_base(survey: &Survey, branches: &[String]) -> Option<String> {
    let head = match &survey.head {
        HeadState::Branch(name) => Some(name.as_str()),
        _ => None,
    };
    let usual = [survey.origin_head.as_deref(), Some("main"), Some("master"), Some("trunk"), head];
    let found = usual.into_iter().flatten().find(|name| branches.iter().any(|known| known == name));
    let only = || branches.first().filter(|_| branches.len() == 1).cloned();
    found.map(str::to_owned).or_else(only)
}

fn commands(entry: &mut Entry, key: &str, facts: &Facts, answers: &Answers, why: &str) {
    if let Some(command) = &answers.test_command {
        entry.key(key, &json!(command));
    } else if facts.tests.is_empty() {
        entry.suggestion(key, "sh test.sh", why);
    }
    let others = facts
        .tests
        .iter()
        .filter(|(found, _)| Some(&found.command) != answers.test_command.as_ref());
    for (found, lacks) in others.take(3) {
        let lacks = lacks.as_ref().map(|name| format!("; `{name}` is not on PATH"));
        let why = format!("by {}{}", found.found_in, lacks.unwrap_or_default());
        entry.suggestion(key, &found.command, &why);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_base_is_what_the_clone_knows_of_its_origin_or_a_usual_name_or_where_it_is() {
        let survey = |head: HeadState, origin_head: Option<&str>| Survey {
            folder: PathBuf::from("/srv/a"),
            shape: Shape::Clone,
            head,
            is_shallow: false,
            branches: Vec::new(),
            origin: None,
            origin_head: origin_head.map(str::to_owned),
            top: Vec::new(),
            texts: std::collections::BTreeMap::new(),
        };
        let on = |name: &str| HeadState::Branch(name.to_owned());
        for (head, origin_head, branches, expected) in [
            (on("x"), Some("dev"), &["dev", "main", "x"][..], Some("dev")),
            (on("x"), Some("gone"), &["main", "x"], Some("main")),
            (on("x"), None, &["master", "x"], Some("master")),
            (on("x"), None, &["a", "x"], Some("x")),
            (HeadState::Detached, None, &["only"], Some("only")),
            (HeadState::Detached, None, &["a", "b"], None),
            (HeadState::Detached, None, &[], None),
        ] {
            let branches: Vec<String> = branches.iter().map(ToString::to_string).collect();
            assert_eq!(
                likely_base(&survey(head, origin_head), &branches).as_deref(),
                expected,
                "{branches:?}"
            );
        }
    }
}
