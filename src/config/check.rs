//! What values may be, checked level by level so that the message names the line.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::layer::{Layer, branch};
use super::merge::{Fault, agents, fallbacks};
use super::raw::{RawAgent, RawBudgets, RawConfig};
use super::settings::BUILT_IN_AGENTS;
use super::values::Words;
use crate::text::similar;

/// A week; longer than that, no run is meant.
const MAX_MINUTES: f64 = 7.0 * 24.0 * 60.0;
/// Ten years; beyond that, dates overflow sooner or later.
const MAX_DAYS: f64 = 3650.0;
const TINY: f64 = 0.001;

/// The agents that a configuration may name.
#[derive(Debug)]
pub(super) struct KnownAgents<'a>(BTreeSet<&'a str>);

impl<'a> KnownAgents<'a> {
    pub(super) fn of(raw: &'a RawConfig) -> Self {
        let own = raw.agents.iter().flat_map(|agents| agents.keys().map(String::as_str));
        Self(BUILT_IN_AGENTS.into_iter().chain(own).collect())
    }

    pub(super) fn check(&self, name: &str, path: &[&str]) -> Result<(), Fault> {
        if self.0.contains(name) {
            return Ok(());
        }
        let fault = Fault::at(path, format!("there is no agent `{name}`"));
        Err(match similar::nearest(name, self.0.iter().copied()) {
            Some(near) => fault.with_hint(format!("did you mean `{near}`?")),
            None => {
                fault.with_hint(format!("define it under `agents`, as `{name}: {{command: […]}}`"))
            }
        })
    }

    fn check_all<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        path: &[&str],
    ) -> Result<(), Fault> {
        names.into_iter().try_for_each(|name| self.check(name, path))
    }
}

/// Checks the keys that may stand at every level.
pub(super) fn layer(layer: &Layer, known: &KnownAgents<'_>) -> Result<(), Fault> {
    range("max_runtime_minutes", layer.max_runtime_minutes, TINY, MAX_MINUTES)?;
    range("stall_minutes", layer.stall_minutes, TINY, MAX_MINUTES)?;
    range("test_timeout_minutes", layer.test_timeout_minutes, TINY, MAX_MINUTES)?;
    range("default_max_attempts", layer.default_max_attempts, 1, 100)?;
    range("max_dispatch_per_run", layer.max_dispatch_per_run, 0, 1000)?;
    range("max_open_prs", layer.max_open_prs, 0, 1000)?;
    range("ci_max_retries", layer.ci_max_retries, 0, 100)?;
    range("max_rebases", layer.max_rebases, 0, 100)?;
    range("max_diff_lines", layer.max_diff_lines, 1, 1_000_000_000)?;
    range("plan_size", layer.plan_size, 1, 100)?;
    range("sprint_cadence_days", layer.sprint_cadence_days, 0.0, MAX_DAYS)?;
    range("groomer_cadence_days", layer.groomer_cadence_days, 0.0, MAX_DAYS)?;
    range("dedup_threshold", layer.dedup_threshold, 0.0, 1.0)?;
    range("stale_issue_days", layer.stale_issue_days, 1, 3650)?;
    range("project_number", layer.project_number, 1, 1_000_000_000)?;
    if let Some(name) = &layer.base_branch {
        branch(name).map_err(|message| Fault::at(&["base_branch"], message))?;
    }
    names(layer)?;
    blocks(layer)?;
    for (name, limit) in layer.agent_timeout_minutes.iter().flatten() {
        known.check(name, &["agent_timeout_minutes", name])?;
        within(&["agent_timeout_minutes", name], *limit, TINY, MAX_MINUTES)?;
    }
    for (kind, chain) in fallbacks(layer)? {
        let path = ["agent_fallbacks", kind.as_str()];
        for priority in crate::domain::kinds::Priority::ALL {
            known.check_all(chain.chain(priority).iter().map(AsRef::as_ref), &path)?;
        }
    }
    Ok(())
}

/// Labels, people, patterns and columns: nothing empty, and patterns that can be read.
fn names(layer: &Layer) -> Result<(), Fault> {
    let lists = [
        ("hold_labels", &layer.hold_labels),
        ("required_labels", &layer.required_labels),
        ("excluded_labels", &layer.excluded_labels),
        ("trusted_authors", &layer.trusted_authors),
        ("allowed_paths", &layer.allowed_paths),
        ("protected_paths", &layer.protected_paths),
    ];
    for (key, list) in lists {
        not_blank(key, list.as_ref())?;
    }
    for (key, list) in
        [("allowed_paths", &layer.allowed_paths), ("protected_paths", &layer.protected_paths)]
    {
        for pattern in list.iter().flat_map(|words| &words.0) {
            globset::Glob::new(pattern).map_err(|error| {
                Fault::at(
                    &[key],
                    format!("the pattern `{pattern}` cannot be read: {}", error.kind()),
                )
            })?;
        }
    }
    let columns = [
        ("backlog_value", &layer.backlog_value),
        ("ready_value", &layer.ready_value),
        ("in_progress_value", &layer.in_progress_value),
        ("blocked_value", &layer.blocked_value),
        ("done_value", &layer.done_value),
    ];
    match columns.iter().find(|(_, name)| name.as_ref().is_some_and(|name| name.trim().is_empty()))
    {
        Some((key, _)) => Err(Fault::at(&[key], format!("`{key}` is empty"))),
        None => Ok(()),
    }
}

fn blocks(layer: &Layer) -> Result<(), Fault> {
    const MAX_HOURS: f64 = MAX_DAYS * 24.0;
    if let Some(block) = &layer.planning_research {
        let key = "planning_research";
        optional(&[key, "max_age_hours"], block.max_age_hours, 0.0, MAX_HOURS)?;
        optional(&[key, "max_sources"], block.max_sources, 0, 50)?;
        optional(&[key, "max_source_chars"], block.max_source_chars, 1, 1_000_000)?;
    }
    for (key, block) in [
        ("production_feedback", &layer.production_feedback),
        ("planning_signals", &layer.planning_signals),
    ] {
        let Some(block) = block else { continue };
        optional(&[key, "max_age_hours"], block.max_age_hours, 0.0, MAX_HOURS)?;
        optional(&[key, "stale_after_hours"], block.stale_after_hours, 0.0, MAX_HOURS)?;
        optional(&[key, "max_inputs"], block.max_inputs, 0, 50)?;
        optional(&[key, "max_source_chars"], block.max_source_chars, 1, 1_000_000)?;
    }
    if let Some(block) = &layer.outcome_attribution {
        let key = "outcome_attribution";
        optional(&[key, "max_source_chars"], block.max_source_chars, 1, 1_000_000)?;
        for (position, check) in block.checks.iter().flatten().enumerate() {
            let path = [key, "checks", &position.to_string(), "measurement_window_days"];
            optional(&path, check.measurement_window_days, 0.0, MAX_DAYS)?;
        }
    }
    Ok(())
}

/// Checks the keys that stand only at the top.
pub(super) fn global(raw: &RawConfig, known: &KnownAgents<'_>) -> Result<(), Fault> {
    range("max_parallel_workers", raw.max_parallel_workers, 1, 64)?;
    range("worker_memory_mb", raw.worker_memory_mb, 0, 1_048_576)?;
    range("retention_days", raw.retention_days, 1, 3650)?;
    range("disk_budget_gb", raw.disk_budget_gb, TINY, 1_000_000.0)?;
    range("alert_after_hours", raw.alert_after_hours, 0.0, MAX_DAYS * 24.0)?;
    range("digest_hour", raw.digest_hour, 0, 23)?;
    urls(raw)?;
    if let Some(name) = raw.default_agent.as_deref().filter(|name| *name != "auto") {
        known.check(name, &["default_agent"])?;
    }
    if let Some(names) = raw.planner_agents.as_ref().filter(|names| !names.0.is_empty()) {
        let path = ["planner_agents"];
        agents(&names.0, &path)?;
        known.check_all(names.0.iter().map(String::as_str), &path)?;
    }
    for (key, name) in
        [("git_author_name", &raw.git_author_name), ("git_author_email", &raw.git_author_email)]
    {
        let is_bad = |name: &String| {
            name.trim().is_empty() || name.chars().any(|c| c.is_control() || matches!(c, '<' | '>'))
        };
        if name.as_ref().is_some_and(is_bad) {
            return Err(Fault::at(
                &[key],
                format!("`{key}` must be plain text without `<` and `>`"),
            ));
        }
    }
    variables("command_env", raw.command_env.as_ref(), &["command_env"])?;
    for (name, agent) in raw.agents.iter().flatten() {
        own_agent(name, agent)?;
    }
    raw.budgets.as_ref().map_or(Ok(()), |budgets| money(budgets, known))
}

fn own_agent(name: &str, agent: &RawAgent) -> Result<(), Fault> {
    super::merge::agent(name, &["agents", name])?;
    if name == "auto" {
        return Err(Fault::at(&["agents", name], "an agent cannot be called `auto`".to_owned()));
    }
    if agent.command.is_none() && !BUILT_IN_AGENTS.contains(&name) {
        let fault = Fault::at(&["agents", name], format!("the agent `{name}` has no `command`"));
        return Err(match similar::nearest(name, BUILT_IN_AGENTS) {
            Some(near) => fault.with_hint(format!("did you mean the built-in agent `{near}`?")),
            None => fault.with_hint("give it one, for example `command: [./scripts/house-bot.sh]`"),
        });
    }
    optional(&["agents", name, "timeout_minutes"], agent.timeout_minutes, TINY, MAX_MINUTES)?;
    optional(&["agents", name, "worst_case_usd"], agent.worst_case_usd, 0.0, MAX_USD)?;
    variables(name, agent.env.as_ref(), &["agents", name, "env"])
}

/// Variables that may be passed on: names, and none that holds a token of ours.
fn variables(whose: &str, names: Option<&Words>, path: &[&str]) -> Result<(), Fault> {
    for name in names.iter().flat_map(|names| &names.0) {
        let upper = name.to_uppercase();
        if matches!(upper.as_str(), "GITHUB_TOKEN" | "GH_TOKEN") || upper.starts_with("TELEGRAM_") {
            let fault = Fault::at(
                path,
                format!("`{whose}` must not get `{name}`: what runs there writes nothing outside"),
            );
            return Err(fault.with_hint("take it out; agentos itself does what needs it"));
        }
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            let name: String = name.chars().take_while(|c| *c != '=').collect();
            let fault = Fault::at(
                path,
                format!(
                    "`{}` is not the name of a variable",
                    crate::text::clean::one_line(&name, 80)
                ),
            );
            return Err(fault.with_hint("list names only; the values come from the environment"));
        }
    }
    Ok(())
}

/// More than anybody pays an agent.
const MAX_USD: f64 = 1_000_000.0;

fn money(budgets: &RawBudgets, known: &KnownAgents<'_>) -> Result<(), Fault> {
    optional(&["budgets", "per_attempt_usd"], budgets.per_attempt_usd, 0.0, MAX_USD)?;
    optional(&["budgets", "per_task_usd"], budgets.per_task_usd, 0.0, MAX_USD)?;
    optional(&["budgets", "per_day_usd"], budgets.per_day_usd, 0.0, MAX_USD)?;
    for (name, budget) in budgets.per_agent.iter().flatten() {
        let path = ["budgets", "per_agent", name];
        known.check(name, &path)?;
        optional(&[&path[..], &["soft_warn_usd"]].concat(), budget.soft_warn_usd, 0.0, MAX_USD)?;
        optional(&[&path[..], &["hard_stop_usd"]].concat(), budget.hard_stop_usd, 0.0, MAX_USD)?;
        if let (Some(soft), Some(hard)) = (budget.soft_warn_usd, budget.hard_stop_usd)
            && soft > hard
        {
            return Err(Fault::at(
                &path,
                "`soft_warn_usd` is more than `hard_stop_usd`".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Tokens travel to these addresses, so they are encrypted or stay on this machine.
fn urls(raw: &RawConfig) -> Result<(), Fault> {
    for (key, url) in
        [("github_api_url", &raw.github_api_url), ("telegram_api_url", &raw.telegram_api_url)]
    {
        let Some(url) = url else { continue };
        let is_safe = url.starts_with("https://") && url.len() > 8 || is_loopback(url);
        if !is_safe || url.contains(['@', '?', '#', ' ']) || url.chars().any(char::is_control) {
            let fault = Fault::at(&[key], format!("`{key}` must be an https address"));
            return Err(fault.with_hint(
                "plain http is taken only for a server on this machine, as http://127.0.0.1:8080",
            ));
        }
    }
    let loopback = raw.github_api_url.as_deref().is_some_and(is_loopback);
    range("github_write_interval_ms", raw.github_write_interval_ms, u64::from(!loopback), 600_000)
}

/// Whether an http address is on this machine.
pub(super) fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(inside) => inside.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn not_blank(key: &str, list: Option<&Words>) -> Result<(), Fault> {
    let is_bad = |text: &String| text.trim().is_empty() || text.chars().any(char::is_control);
    if list.is_some_and(|words| words.0.iter().any(is_bad)) {
        return Err(Fault::at(&[key], format!("`{key}` has an empty entry")));
    }
    Ok(())
}

fn range<T: PartialOrd + Display + Copy>(
    key: &str,
    value: Option<T>,
    least: T,
    most: T,
) -> Result<(), Fault> {
    optional(&[key], value, least, most)
}

fn optional<T: PartialOrd + Display + Copy>(
    path: &[&str],
    value: Option<T>,
    least: T,
    most: T,
) -> Result<(), Fault> {
    value.map_or(Ok(()), |value| within(path, value, least, most))
}

fn within<T: PartialOrd + Display + Copy>(
    path: &[&str],
    value: T,
    least: T,
    most: T,
) -> Result<(), Fault> {
    // Not the other way round: a value that is no number compares with nothing.
    if value >= least && value <= most {
        return Ok(());
    }
    let key = path.last().copied().unwrap_or_default();
    Err(Fault::at(path, format!("`{key}` is {value}, but must lie between {least} and {most}")))
}
