//! The settings that stand only at the top.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Warning;
use super::merge::{Fault, agent, agents, hours, minutes};
use super::paths::Expander;
use super::raw::{RawAgent, RawBudgets, RawConfig};
use super::settings::{AgentBudget, AgentSettings, Budgets, Repo, Settings, Telegram};
use super::source::Source;
use super::values::{CommandLine, SandboxMode, Words};
use crate::domain::ids::AgentName;
use crate::domain::quiet::QuietHours;
use crate::text::secret::Secret;

/// Paths of the configuration, made absolute below the root.
struct Folders<'a> {
    root: &'a Path,
    expander: &'a Expander<'a>,
}

impl Folders<'_> {
    fn path(&self, key: &str, text: Option<&String>, default: &str) -> Result<PathBuf, Fault> {
        let text = text.map_or(default, String::as_str);
        self.expander
            .path(text, self.root)
            .map_err(|problem| Fault::at(&[key], format!("`{key}` {problem}")))
    }

    fn optional(&self, key: &str, text: Option<&String>) -> Result<Option<PathBuf>, Fault> {
        text.map(|text| self.path(key, Some(text), "")).transpose()
    }

    fn paths(&self, key: &str, list: Option<&Words>) -> Result<Vec<PathBuf>, Fault> {
        list.iter().flat_map(|words| &words.0).map(|text| self.path(key, Some(text), "")).collect()
    }
}

/// Builds the settings; the values have been checked.
pub(super) fn settings(
    file: &Path,
    raw: &RawConfig,
    root: PathBuf,
    repos: Vec<Repo>,
    expander: &Expander<'_>,
) -> Result<Settings, Fault> {
    let defaults = RawConfig::defaults();
    let folders = Folders { root: &root, expander };
    // Without a home folder there is no better place.
    let evidence =
        if expander.home.is_some() { "~/.local/share/agent-os/evidence" } else { "evidence" };
    let default_agent = raw.default_agent.as_deref().filter(|name| *name != "auto");
    let planner = raw.planner_agents.clone().or(defaults.planner_agents).unwrap_or_default();
    let text =
        |own: &Option<String>, default: Option<String>| own.clone().or(default).unwrap_or_default();
    Ok(Settings {
        config_file: file.to_path_buf(),
        mailbox_dir: folders.path("mailbox_dir", raw.mailbox_dir.as_ref(), "runtime/mailbox")?,
        logs_dir: folders.path("logs_dir", raw.logs_dir.as_ref(), "runtime/logs")?,
        worktrees_dir: folders.path(
            "worktrees_dir",
            raw.worktrees_dir.as_ref(),
            "runtime/worktrees",
        )?,
        objectives_dir: folders.path(
            "objectives_dir",
            raw.objectives_dir.as_ref(),
            "objectives",
        )?,
        evidence_dir: folders.path("evidence_dir", raw.evidence_dir.as_ref(), evidence)?,
        secrets_file: folders.path("secrets_file", raw.secrets_file.as_ref(), "secrets.json")?,
        sandbox_read: folders.paths("sandbox_read", raw.sandbox_read.as_ref())?,
        sandbox_write: folders.paths("sandbox_write", raw.sandbox_write.as_ref())?,
        sandbox_tcp: raw.sandbox_tcp.clone(),
        metrics_textfile: folders.optional("metrics_textfile", raw.metrics_textfile.as_ref())?,
        github_owner: raw.github_owner.clone(),
        github_api_url: without_slash(&text(&raw.github_api_url, defaults.github_api_url)),
        repos,
        agents: own_agents(raw.agents.as_ref())?,
        default_agent: default_agent.map(|name| agent(name, &["default_agent"])).transpose()?,
        planner_agents: planners(&planner.0)?,
        planner_agents_named: raw.planner_agents.is_some(),
        max_parallel_workers: raw
            .max_parallel_workers
            .or(defaults.max_parallel_workers)
            .unwrap_or(1),
        worker_memory_mb: raw.worker_memory_mb.or(defaults.worker_memory_mb).unwrap_or_default(),
        github_write_interval: Duration::from_millis(
            raw.github_write_interval_ms.or(defaults.github_write_interval_ms).unwrap_or(1000),
        ),
        retention_days: raw.retention_days.or(defaults.retention_days).unwrap_or_default(),
        disk_budget_gb: raw.disk_budget_gb.or(defaults.disk_budget_gb).unwrap_or_default(),
        budgets: budgets(raw.budgets.as_ref())?,
        sandbox: raw.sandbox.or(defaults.sandbox).unwrap_or(SandboxMode::Auto),
        command_env: raw.command_env.clone().unwrap_or_default().0,
        git_author_name: text(&raw.git_author_name, defaults.git_author_name),
        git_author_email: text(&raw.git_author_email, defaults.git_author_email),
        alert_after: hours(
            raw.alert_after_hours.or(defaults.alert_after_hours).unwrap_or_default(),
        ),
        quiet_hours: raw.quiet_hours.as_deref().map(quiet_hours).transpose()?,
        digest_hour: raw.digest_hour,
        telegram: telegram(raw, defaults.telegram_api_url),
        root,
    })
}

/// The agents that answer questions. An empty list is a choice: nobody is asked.
fn planners(names: &[String]) -> Result<Vec<AgentName>, Fault> {
    if names.is_empty() { Ok(Vec::new()) } else { agents(names, &["planner_agents"]) }
}

fn telegram(raw: &RawConfig, default_url: Option<String>) -> Telegram {
    Telegram {
        bot_token: raw.telegram_bot_token.clone().filter(|token| !is_placeholder(token.expose())),
        chat_id: raw.telegram_chat_id.clone().filter(|chat| !is_placeholder(chat)),
        api_url: without_slash(&raw.telegram_api_url.clone().or(default_url).unwrap_or_default()),
    }
}

fn own_agents(
    raw: Option<&BTreeMap<String, RawAgent>>,
) -> Result<BTreeMap<AgentName, AgentSettings>, Fault> {
    let mut result = BTreeMap::new();
    for (name, raw) in raw.into_iter().flatten() {
        let command = raw.command.clone().map(|command| match command {
            CommandLine::Argv(argv) => argv,
            CommandLine::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text],
        });
        let settings = AgentSettings {
            command,
            prompt: raw.prompt,
            transcript: raw.transcript,
            env: raw.env.clone().unwrap_or_default().0,
            timeout: raw.timeout_minutes.map(minutes),
            models: raw.models.clone().unwrap_or_default(),
            worst_case_usd: raw.worst_case_usd,
        };
        result.insert(agent(name, &["agents", name])?, settings);
    }
    Ok(result)
}

fn budgets(raw: Option<&RawBudgets>) -> Result<Budgets, Fault> {
    let Some(raw) = raw else { return Ok(Budgets::default()) };
    let mut per_agent = BTreeMap::new();
    for (name, budget) in raw.per_agent.iter().flatten() {
        let limits = AgentBudget {
            soft_warn_usd: budget.soft_warn_usd,
            hard_stop_usd: budget.hard_stop_usd,
        };
        per_agent.insert(agent(name, &["budgets", "per_agent", name])?, limits);
    }
    Ok(Budgets {
        per_attempt_usd: raw.per_attempt_usd,
        per_task_usd: raw.per_task_usd,
        per_day_usd: raw.per_day_usd,
        per_agent,
    })
}

fn quiet_hours(text: &str) -> Result<QuietHours, Fault> {
    text.parse().map_err(|_| {
        let fault =
            Fault::at(&["quiet_hours"], "`quiet_hours` must be two times of day".to_owned());
        fault.with_hint("write them as 22:00-07:00")
    })
}

fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

/// What examples have in place of a value.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || text.starts_with("YOUR_")
        || text.starts_with("your-")
        || text.starts_with('<')
}

/// A bot that has nobody to write to.
pub(super) fn bot_without_chat(source: &Source, raw: &RawConfig) -> Option<Warning> {
    let is_given = |value: Option<&str>| value.is_some_and(|value| !is_placeholder(value));
    let token = is_given(raw.telegram_bot_token.as_ref().map(Secret::expose));
    (token && raw.telegram_chat_id.is_none()).then(|| {
        let message = "without `telegram_chat_id` nobody is told anything".to_owned();
        let hint = Some("write to the bot, and take the chat's id from `getUpdates`");
        source.warning(&["telegram_bot_token".to_owned()], message, hint)
    })
}

/// Values that were copied from an example and never filled in.
pub(super) fn placeholders(source: &Source, raw: &RawConfig) -> Vec<Warning> {
    let token = raw.telegram_bot_token.as_ref().map(Secret::expose);
    [("telegram_bot_token", token), ("telegram_chat_id", raw.telegram_chat_id.as_deref())]
        .into_iter()
        .filter(|(_, value)| value.is_some_and(is_placeholder))
        .map(|(key, _)| {
            let hint = Some("fill it in, or take the key out");
            source.warning(
                &[key.to_owned()],
                format!("`{key}` is only a placeholder and is not used"),
                hint,
            )
        })
        .collect()
}

/// Whether a repository may be worked on: named in `allowed_repos` by path, `owner/name` or name, or there is no such list.
pub(super) fn is_allowed(
    repo: &Repo,
    raw: &RawConfig,
    root: &Path,
    expander: &Expander<'_>,
) -> bool {
    let Some(allowed) = raw.allowed_repos.as_ref().filter(|words| !words.0.is_empty()) else {
        return true;
    };
    allowed.0.iter().any(|entry| {
        let is = |name: &str| name.eq_ignore_ascii_case(entry.trim());
        let same_path =
            || expander.path(entry, root).is_ok_and(|path| repo.path.as_ref() == Some(&path));
        is(repo.slug.as_str()) || is(repo.slug.name()) || is(repo.key.as_str()) || same_path()
    })
}
