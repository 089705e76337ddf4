//! Levels put over each other and turned into the settings of a repository.

use std::collections::BTreeMap;
use std::time::Duration;

use super::layer::{Layer, branch};
use super::paths::Expander;
use super::repos::Identity;
use super::settings::{Fallbacks, Repo, StatusNames};
use super::values::{AutomationMode, Chain, CommandLine, Flag, MergePolicy, PlanApproval, Words};
use crate::domain::ids::AgentName;
use crate::domain::kinds::{Priority, TaskType};

/// What agents obey, and what decides whether work is good: a change there is for a person.
const PROTECTED: [&str; 9] = [
    ".github/workflows/**",
    "CLAUDE.md",
    "AGENTS.md",
    "GEMINI.md",
    ".claude/**",
    ".codex/**",
    ".gemini/**",
    ".mcp.json",
    "**/{CLAUDE,AGENTS,GEMINI}.md",
];

/// Something wrong with a value, and the way to it from its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) path: Vec<String>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn at(path: &[&str], message: String) -> Self {
        Self { path: path.iter().map(|&part| part.to_owned()).collect(), message, hint: None }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Turns the keys that hold for a repository into its settings; the values have been checked level by level.
pub(super) fn repo(
    identity: Identity,
    mut layer: Layer,
    expander: &Expander<'_>,
) -> Result<Repo, Fault> {
    let sprint = layer.sprint_cadence_days.unwrap_or_default();
    let protected = match layer.protected_paths.take() {
        Some(paths) => paths.0,
        None => protected_by_default(&[layer.ci_command.as_ref(), layer.test_command.as_ref()]),
    };
    let base_branch = layer.base_branch.as_deref().map(branch).transpose();
    Ok(Repo {
        key: identity.key,
        slug: identity.slug,
        project: identity.project,
        host: identity.host,
        path: identity.path,
        remote: identity.remote,
        base_branch: base_branch.map_err(|message| Fault::at(&["base_branch"], message))?,
        automation_mode: layer.automation_mode.unwrap_or(AutomationMode::Full),
        merge_policy: layer.merge_policy.unwrap_or(MergePolicy::Manual),
        default_task_type: layer.default_task_type.unwrap_or(TaskType::Implementation),
        agent_fallbacks: fallbacks(&layer)?,
        default_max_attempts: layer.default_max_attempts.unwrap_or_default(),
        max_runtime: minutes(layer.max_runtime_minutes.unwrap_or_default()),
        stall: minutes(layer.stall_minutes.unwrap_or_default()),
        test_timeout: minutes(layer.test_timeout_minutes.unwrap_or_default()),
        agent_timeouts: agent_timeouts(&layer)?,
        max_dispatch_per_run: layer.max_dispatch_per_run.unwrap_or_default(),
        max_open_prs: layer.max_open_prs.unwrap_or_default(),
        ci_max_retries: layer.ci_max_retries.unwrap_or_default(),
        max_rebases: layer.max_rebases.unwrap_or_default(),
        allowed_paths: words(layer.allowed_paths),
        protected_paths: protected,
        max_diff_lines: layer.max_diff_lines.unwrap_or_default(),
        hold_labels: words(layer.hold_labels),
        required_labels: words(layer.required_labels),
        excluded_labels: words(layer.excluded_labels),
        trusted_authors: words(layer.trusted_authors),
        plan_size: layer.plan_size.unwrap_or_default(),
        sprint_cadence_days: sprint,
        groomer_cadence_days: layer.groomer_cadence_days.unwrap_or(sprint / 2.0),
        planner_allow_early_refresh: is_set(layer.planner_allow_early_refresh),
        dedup_threshold: layer.dedup_threshold.unwrap_or_default(),
        stale_issue_days: layer.stale_issue_days.unwrap_or_default(),
        close_no_change: is_set(layer.close_no_change),
        merge_tested_result: is_set(layer.merge_tested_result),
        plan_approval: layer.plan_approval.unwrap_or(PlanApproval::Required),
        statuses: StatusNames {
            backlog: layer.backlog_value.unwrap_or_default(),
            ready: layer.ready_value.unwrap_or_default(),
            in_progress: layer.in_progress_value.unwrap_or_default(),
            blocked: layer.blocked_value.unwrap_or_default(),
            done: layer.done_value.unwrap_or_default(),
        },
        project_number: layer.project_number,
        planning_research: layer.planning_research.unwrap_or_default().resolved(expander)?,
        production_feedback: layer.production_feedback.unwrap_or_default().resolved(expander)?,
        outcome_attribution: layer.outcome_attribution.unwrap_or_default().resolved(expander)?,
        ci_command: layer.ci_command,
        test_command: layer.test_command,
    })
}

fn words(list: Option<Words>) -> Vec<String> {
    list.unwrap_or_default().0
}

fn is_set(flag: Option<Flag>) -> bool {
    flag.is_some_and(|flag| flag.0)
}

fn agent_timeouts(layer: &Layer) -> Result<BTreeMap<AgentName, Duration>, Fault> {
    let mut result = BTreeMap::new();
    for (name, limit) in layer.agent_timeout_minutes.iter().flatten() {
        result.insert(agent(name, &["agent_timeout_minutes", name])?, minutes(*limit));
    }
    Ok(result)
}

/// Every task type gets its chain; a priority that a map leaves out gets that of `normal`, else the default one.
pub(super) fn fallbacks(layer: &Layer) -> Result<BTreeMap<TaskType, Fallbacks>, Fault> {
    let mut result = BTreeMap::new();
    let defaults = Layer::defaults().agent_fallbacks.unwrap_or_default();
    for (kind, chain) in layer.agent_fallbacks.iter().flatten() {
        let at = |part: &str| vec!["agent_fallbacks".to_owned(), kind.to_string(), part.to_owned()];
        let chain = match chain {
            Chain::List(names) => {
                Fallbacks::List(agents(names, &["agent_fallbacks", kind.as_str()])?)
            }
            Chain::ByPriority(lists) => {
                let mut chains = BTreeMap::new();
                for (word, names) in lists {
                    let priority = word.parse::<Priority>().map_err(|error| Fault {
                        path: at(word),
                        message: error.to_string(),
                        hint: None,
                    })?;
                    chains.insert(
                        priority,
                        agents(&names.0, &["agent_fallbacks", kind.as_str(), word])?,
                    );
                }
                let rest = match (chains.get(&Priority::Normal), defaults.get(kind)) {
                    (Some(normal), _) => normal.clone(),
                    (None, Some(Chain::List(names))) => {
                        agents(names, &["agent_fallbacks", kind.as_str()])?
                    }
                    (None, _) => Vec::new(),
                };
                for priority in Priority::ALL {
                    chains.entry(priority).or_insert_with(|| rest.clone());
                }
                Fallbacks::ByPriority(chains)
            }
        };
        result.insert(*kind, chain);
    }
    Ok(result)
}

/// Reads the names of a chain; an agent given twice is tried once.
pub(super) fn agents(names: &[String], path: &[&str]) -> Result<Vec<AgentName>, Fault> {
    let mut result: Vec<AgentName> = Vec::new();
    for name in names {
        let name = agent(name, path)?;
        if !result.contains(&name) {
            result.push(name);
        }
    }
    if result.is_empty() {
        return Err(Fault::at(path, "the list of agents is empty".to_owned()));
    }
    Ok(result)
}

pub(super) fn agent(name: &str, path: &[&str]) -> Result<AgentName, Fault> {
    name.parse().map_err(|error: crate::domain::ids::BadId| Fault::at(path, error.to_string()))
}

/// What is protected where nothing is said, with the files of the repository that the commands name.
pub(super) fn protected_by_default(commands: &[Option<&CommandLine>]) -> Vec<String> {
    let mut result: Vec<String> = PROTECTED.map(str::to_owned).to_vec();
    for file in commands.iter().flatten().flat_map(|command| programs(command)) {
        if !result.contains(&file) {
            result.push(file);
        }
    }
    result
}

/// The words of a command that are files of the repository: with a slash, or with the ending of a script.
fn programs(command: &CommandLine) -> Vec<String> {
    let words: Vec<&str> = match command {
        CommandLine::Shell(text) => {
            let is_end = |c: char| {
                c.is_whitespace()
                    || matches!(c, ';' | '&' | '|' | '(' | ')' | '"' | '\'' | '<' | '>')
            };
            text.split(is_end).collect()
        }
        CommandLine::Argv(argv) => argv.iter().map(String::as_str).collect(),
    };
    let is_script = |word: &str| {
        [".sh", ".bash", ".py", ".js", ".mjs", ".ts", ".rb", ".pl"]
            .iter()
            .any(|ending| word.ends_with(ending))
    };
    words
        .into_iter()
        .map(|word| word.trim_start_matches("./"))
        .filter(|word| word.contains('/') || is_script(word))
        .filter(|word| {
            !word.starts_with(['/', '-', '~', '$']) && !word.contains(':') && !word.contains("..")
        })
        .map(globset_escaped)
        .collect()
}

/// A file name as a pattern that matches only itself.
fn globset_escaped(name: &str) -> String {
    globset::escape(name)
}

/// Minutes as a duration; what is no time at all is none.
pub(super) fn minutes(count: f64) -> Duration {
    Duration::try_from_secs_f64(count * 60.0).unwrap_or_default()
}

/// Hours as a duration; what is no time at all is none.
pub(super) fn hours(count: f64) -> Duration {
    minutes(count * 60.0)
}

/// Days as a duration; what is no time at all is none.
pub(super) fn days(count: f64) -> Duration {
    hours(count * 24.0)
}
