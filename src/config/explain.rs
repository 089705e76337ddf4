//! Which value holds, which level set it, and on which line; and the schema of it all.

use std::path::PathBuf;

use schemars::schema_for;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::blocks::{RawAttribution, RawCheck, RawFeedback, RawInput, RawResearch, RawSource};
use super::error::ConfigError;
use super::layer::Layer;
use super::load::Loaded;
use super::raw::{RawAgent, RawAgentBudget, RawBudgets, RawConfig, RawRepo};
use super::settings::{BUILT_IN_AGENTS, Repo};
use crate::text::similar;

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The key that was asked for.
    pub key: String,
    /// The value that holds; `null` where there is none.
    pub value: Value,
    /// `default`, `global`, `project <name>` or `repository <owner/name>`; of the root also `command line` or `environment <VARIABLE>`.
    pub layer: String,
    /// The file, where it was set there.
    pub file: Option<PathBuf>,
    /// The line in that file.
    pub line: Option<usize>,
}

/// A level of the file.
struct Level {
    /// The way to it.
    path: Vec<String>,
    /// Its name.
    layer: String,
    /// Its key that stands for `merge_policy: manual`, if it has one.
    gate: Option<&'static str>,
}

/// The JSON schema of the configuration file.
pub fn schema() -> Value {
    schema_for!(RawConfig).to_value()
}

impl Loaded {
    /// Says which value holds for a key and which level set it; `repos.<name>.<key>` asks for a repository.
    ///
    /// # Errors
    ///
    /// A key or repository that there is not, with the nearest one as hint.
    pub fn explain(&self, key: &str) -> Result<Explanation, ConfigError> {
        let key = key.trim();
        match key.strip_prefix("repos.") {
            Some(rest) => {
                let (position, inner) = self.repo_of(rest)?;
                self.explain_repo(key, position, inner)
            }
            None => self.explain_global(key),
        }
    }

    /// Splits `web.merge_policy`; names may have dots in them.
    fn repo_of<'k>(&self, rest: &'k str) -> Result<(usize, &'k str), ConfigError> {
        let repos = &self.settings.repos;
        for (position, repo) in repos.iter().enumerate() {
            for name in [repo.key.as_str(), repo.slug.as_str(), repo.slug.name()] {
                let inner = rest.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name));
                if let Some(inner) = inner.and_then(|_| rest.get(name.len()..)?.strip_prefix('.')) {
                    return Ok((position, inner));
                }
            }
        }
        let name = rest.split('.').next().unwrap_or_default();
        if self.settings.repo(name).is_some() {
            let hint = format!("ask for a key of it, for example `repos.{name}.merge_policy`");
            return Err(self.unknown(format!("`repos.{rest}` is no key")).with_hint(hint));
        }
        let names = repos.iter().map(|repo| repo.key.as_str());
        Err(self.nearest(format!("there is no repository `{name}`"), name, names))
    }

    fn explain_repo(
        &self,
        key: &str,
        position: usize,
        inner: &str,
    ) -> Result<Explanation, ConfigError> {
        let parts: Vec<&str> = inner.split('.').collect();
        let first = parts.first().copied().unwrap_or_default();
        if !RawRepo::KEYS.contains(&first) && first != "key" {
            return Err(self.nearest(
                format!("there is no key `{first}`"),
                first,
                RawRepo::KEYS.iter().copied(),
            ));
        }
        self.check_block(&parts)?;
        let (Some(repo), Some((path, project))) =
            (self.settings.repos.get(position), self.places.get(position))
        else {
            return Err(self.unknown(format!("`{key}` is no key")));
        };
        self.check_way(&parts, |parts| self.repo_value(repo, position, parts))?;
        let entries = self.raw.every_repo(self.source.projects_key());
        let entry = entries.iter().find(|entry| entry.path == *path);
        let levels = [
            Some(Level {
                path: path.clone(),
                layer: format!("repository {}", repo.slug),
                gate: entry.and_then(|entry| entry.repo.gate()),
            }),
            project.as_ref().map(|name| Level {
                path: vec![self.source.projects_key().to_owned(), name.clone()],
                layer: format!("project {name}"),
                gate: entry.and_then(|entry| entry.project?.1.gate()),
            }),
            RawConfig::KEYS.contains(&first).then(|| self.top()),
        ];
        let value = self.repo_value(repo, position, &parts);
        Ok(self.placed(key, value, &parts, levels.into_iter().flatten()))
    }

    /// The level that holds for all repositories.
    fn top(&self) -> Level {
        Level { path: Vec::new(), layer: "global".to_owned(), gate: self.raw.gate() }
    }

    fn explain_global(&self, key: &str) -> Result<Explanation, ConfigError> {
        let parts: Vec<&str> = key.split('.').collect();
        let first = parts.first().copied().unwrap_or_default();
        let first = if first == "projects" { "github_projects" } else { first };
        if !RawConfig::KEYS.contains(&first) {
            let error = self.nearest(
                format!("there is no key `{first}`"),
                first,
                RawConfig::KEYS.iter().copied(),
            );
            let of_repo = RawRepo::KEYS.contains(&first);
            let hint =
                of_repo.then(|| format!("ask for a repository's, as `repos.<name>.{first}`"));
            return Err(hint.map_or(error.clone(), |hint| error.with_hint(hint)));
        }
        self.check_block(&parts)?;
        self.check_agent(&parts)?;
        self.check_way(&parts, |parts| self.global_value(parts))?;
        let value = self.global_value(&parts);
        Ok(self.placed(key, value, &parts, std::iter::once(self.top())))
    }

    fn placed(
        &self,
        key: &str,
        value: Value,
        parts: &[&str],
        levels: impl Iterator<Item = Level>,
    ) -> Explanation {
        let key = key.to_owned();
        for Level { path: level, layer, gate } in levels {
            let gate = gate.filter(|_| parts == ["merge_policy"]).map(|gate| vec![gate.to_owned()]);
            for spelled in spellings(parts).into_iter().chain(gate) {
                let path: Vec<String> = level.iter().cloned().chain(spelled).collect();
                if self.source.has(&path) {
                    let line = self.source.line(&path);
                    return Explanation {
                        key,
                        value,
                        layer,
                        file: Some(self.source.file.clone()),
                        line,
                    };
                }
            }
        }
        Explanation { key, value, layer: "default".to_owned(), file: None, line: None }
    }

    /// What holds for a repository, as the file would say it.
    fn repo_value(&self, repo: &Repo, position: usize, parts: &[&str]) -> Value {
        let projects_key = self.source.projects_key();
        let place = self.places.get(position).map(|(path, _)| path.clone()).unwrap_or_default();
        let entries = self.raw.every_repo(projects_key);
        let layer = entries.iter().find(|entry| entry.path == place).map(|entry| {
            let project =
                entry.project.map(|(_, project)| project.layer_of_level()).unwrap_or_default();
            entry.repo.layer_of_level().over(project)
        });
        let layer =
            layer.unwrap_or_default().over(self.raw.layer_of_level()).over(Layer::defaults());
        let mut values = object(&layer);
        for (key, value) in [
            ("groomer_cadence_days", json!(repo.groomer_cadence_days)),
            ("protected_paths", json!(repo.protected_paths)),
            ("merge_policy", json!(repo.merge_policy)),
            ("host", json!(repo.host)),
            ("key", json!(repo.key)),
            ("task_prefix", json!(repo.key)),
            ("github_repo", json!(repo.slug)),
            ("repo", json!(repo.slug)),
            ("path", json!(repo.path)),
            ("local_repo", json!(repo.path)),
            ("remote", json!(repo.remote)),
        ] {
            values.insert(key.to_owned(), value);
        }
        inner(&Value::Object(values), parts)
    }

    /// What holds at the top, as the file would say it.
    fn global_value(&self, parts: &[&str]) -> Value {
        let mut values = object(&RawConfig::defaults());
        let layer = self.raw.layer_of_level().over(Layer::defaults());
        for (key, value) in object(&self.raw).into_iter().chain(object(&layer)) {
            if !value.is_null() {
                values.insert(key, value);
            }
        }
        let settings = &self.settings;
        for (key, path) in [
            ("root_dir", &settings.root),
            ("mailbox_dir", &settings.mailbox_dir),
            ("logs_dir", &settings.logs_dir),
            ("worktrees_dir", &settings.worktrees_dir),
            ("objectives_dir", &settings.objectives_dir),
            ("evidence_dir", &settings.evidence_dir),
            ("secrets_file", &settings.secrets_file),
        ] {
            values.insert(key.to_owned(), json!(path));
        }
        let sprint = values.get("sprint_cadence_days").and_then(Value::as_f64).unwrap_or_default();
        if values.get("groomer_cadence_days").is_none_or(Value::is_null) {
            values.insert("groomer_cadence_days".to_owned(), json!(sprint / 2.0));
        }
        if values.get("protected_paths").is_none_or(Value::is_null) {
            let commands = [layer.ci_command.as_ref(), layer.test_command.as_ref()];
            values.insert(
                "protected_paths".to_owned(),
                json!(super::merge::protected_by_default(&commands)),
            );
        }
        inner(&Value::Object(values), parts)
    }

    /// Below a single value there are no keys, and in a list only positions.
    fn check_way(
        &self,
        parts: &[&str],
        value_of: impl Fn(&[&str]) -> Value,
    ) -> Result<(), ConfigError> {
        for (end, part) in parts.iter().enumerate().skip(1) {
            let above = parts.get(..end).unwrap_or_default();
            let has_more = match value_of(above) {
                Value::Object(_) | Value::Null => true,
                Value::Array(_) => part.parse::<usize>().is_ok(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
            };
            if !has_more {
                let above = above.join(".");
                return Err(self
                    .unknown(format!("there is no key `{part}` in `{above}`"))
                    .with_hint(format!("ask for `{above}` itself")));
            }
        }
        Ok(())
    }

    /// Keys inside of blocks are known too, so that a typing error there is not answered with `null`.
    fn check_block(&self, parts: &[&str]) -> Result<(), ConfigError> {
        let (name, keys) = match *parts {
            ["planning_research", "sources", _, name, ..] => (name, RawSource::KEYS),
            ["production_feedback" | "planning_signals", "inputs", _, name, ..] => {
                (name, RawInput::KEYS)
            }
            ["outcome_attribution", "checks", _, name, ..] => (name, RawCheck::KEYS),
            ["budgets", "per_agent", _, name, ..] => (name, RawAgentBudget::KEYS),
            ["planning_research", name, ..] => (name, RawResearch::KEYS),
            ["production_feedback" | "planning_signals", name, ..] => (name, RawFeedback::KEYS),
            ["outcome_attribution", name, ..] => (name, RawAttribution::KEYS),
            ["budgets", name, ..] => (name, RawBudgets::KEYS),
            ["agents", _, name, ..] => (name, RawAgent::KEYS),
            _ => return Ok(()),
        };
        if keys.contains(&name) {
            return Ok(());
        }
        Err(self.nearest(format!("there is no key `{name}`"), name, keys.iter().copied()))
    }

    fn check_agent(&self, parts: &[&str]) -> Result<(), ConfigError> {
        let ["agents", name, ..] = *parts else { return Ok(()) };
        let own = self.settings.agents.keys().map(AsRef::as_ref);
        let mut known = own.chain(BUILT_IN_AGENTS);
        if known.any(|agent| agent == name) {
            return Ok(());
        }
        let known = self.settings.agents.keys().map(AsRef::as_ref).chain(BUILT_IN_AGENTS);
        Err(self.nearest(format!("there is no agent `{name}`"), name, known))
    }

    fn unknown(&self, message: String) -> ConfigError {
        ConfigError::new(message).in_file(self.source.file.clone())
    }

    fn nearest<'n>(
        &self,
        message: String,
        word: &str,
        among: impl Iterator<Item = &'n str>,
    ) -> ConfigError {
        let near = similar::nearest(word, among);
        let error = self.unknown(message);
        match near {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint("`agentos config schema` lists every key"),
        }
    }
}

/// The ways in which a key may stand in the file.
fn spellings(parts: &[&str]) -> Vec<Vec<String>> {
    let own: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
    let others: &[&str] = match parts.first().copied() {
        Some("github_projects") => &["projects"],
        Some("projects") => &["github_projects"],
        Some("production_feedback") => &["planning_signals"],
        Some("github_repo" | "repo") => &["github_repo", "repo"],
        Some("path" | "local_repo") => &["path", "local_repo", "repo"],
        _ => &[],
    };
    let rest = own.get(1..).unwrap_or_default().to_vec();
    let others = others.iter().map(|&first| [vec![first.to_owned()], rest.clone()].concat());
    std::iter::once(own.clone()).chain(others).collect()
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Follows keys and positions into a value; `null` where they lead nowhere.
fn inner(value: &Value, parts: &[&str]) -> Value {
    let mut value = value;
    for part in parts {
        let next = match value {
            Value::Array(items) => {
                part.parse::<usize>().ok().and_then(|position| items.get(position))
            }
            other => other.get(*part),
        };
        match next {
            Some(next) => value = next,
            None => return Value::Null,
        }
    }
    value.clone()
}
