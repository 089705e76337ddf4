//! A task as a Markdown file with front matter, and back (`CONTRACT.md` section 3). Unknown keys survive; the body is kept byte for byte.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blocker::BlockerCode;
use super::ids::{AgentName, BranchName, CommitSha, IssueNumber, PrNumber, RepoSlug, TaskId};
use super::kinds::{Priority, TaskType};
use super::merge::Objection;
use super::task::{Counters, HostState, Move, Outcome, SCHEMA, Stage, Task};
use crate::text::front_matter;
use crate::text::yaml::{self, Place};

/// Why a file is not a task.
#[derive(Debug, thiserror::Error)]
pub enum TaskFileError {
    /// It has no front matter.
    #[error("{file}: {reason}; a task begins with a line `---`, its keys, and another line `---`")]
    FrontMatter {
        /// Which file.
        file: String,
        /// What is missing.
        reason: String,
    },
    /// Its front matter is not what it should be.
    #[error("{0}")]
    Yaml(yaml::YamlError),
    /// A key says what it never may.
    #[error("{file}: {reason}")]
    Key {
        /// Which file.
        file: String,
        /// Which key, and what it has to be.
        reason: String,
    },
    /// It was written by a newer version.
    #[error(
        "{file}: written in schema {found}, and this program knows schemas up to {SCHEMA}: update agentos"
    )]
    Newer {
        /// Which file.
        file: String,
        /// Its schema.
        found: u32,
    },
}

macro_rules! front_matter_keys {
    ($($(#[$meta:meta])* $key:ident: $type:ty,)*) => {
        /// The keys in the order in which they are written.
        #[derive(Serialize, Deserialize)]
        struct Keys {
            $($(#[$meta])* $key: $type,)*
        }

        /// The names of all keys of ours.
        const KNOWN: &[&str] = &[$(stringify!($key)),*];
    };
}

front_matter_keys! {
    task_id: TaskId,
    repo: RepoSlug,
    issue: IssueNumber,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
    #[serde(default = "implementation")]
    task_type: TaskType,
    #[serde(default = "normal")]
    priority: Priority,
    #[serde(default = "auto")]
    agent: String,
    #[serde(default = "one")]
    attempt: u32,
    #[serde(default = "four")]
    max_attempts: u32,
    base_branch: BranchName,
    branch: BranchName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocker: Option<BlockerCode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waits_for: Vec<IssueNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outcome_checks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failed_checks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conflict_base: Option<CommitSha>,
    #[serde(default)]
    spent: u32,
    #[serde(default)]
    free_runs: u32,
    #[serde(default)]
    repairs: u32,
    #[serde(default)]
    rebases: u32,
    #[serde(default, skip_serializing_if = "is_no_count")]
    updates: u32,
    #[serde(default)]
    tried: Vec<AgentName>,
    #[serde(default, skip_serializing_if = "is_zero")]
    earlier_rounds: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assigned: Option<AgentName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second_chance: Option<AgentName>,
    #[serde(default, skip_serializing_if = "is_none_parked")]
    parked_minutes: u64,
    #[serde(default)]
    cost_usd: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pr: Option<PrNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head_sha: Option<CommitSha>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_head: Option<CommitSha>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rerun_head: Option<CommitSha>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approved_head: Option<CommitSha>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    objection: Option<Objection>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_command: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settling: Option<Move>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_state: Option<HostState>,
    #[serde(default = "one")]
    generation: u32,
    #[serde(default)]
    brief_sha256: String,
    created_at: Timestamp,
    #[serde(default = "one")]
    schema: u32,
}

fn implementation() -> TaskType {
    TaskType::Implementation
}

fn normal() -> Priority {
    Priority::Normal
}

fn auto() -> String {
    "auto".to_owned()
}

fn one() -> u32 {
    1
}

fn four() -> u32 {
    4
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_no_count(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none_parked(value: &u64) -> bool {
    *value == 0
}

/// Reads a task file; `file` names it in errors.
///
/// # Errors
///
/// When the front matter is missing, broken, lacks a key or comes from a newer version; nothing is changed.
pub fn parse(text: &str, file: &str) -> Result<Task, TaskFileError> {
    let document = front_matter::split(text).map_err(|error| TaskFileError::FrontMatter {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    let place = Place { file, first_line: 2 };
    let all: serde_json::Value = yaml::parse(document.yaml, &place).map_err(TaskFileError::Yaml)?;
    if let Some(found) = all.get("schema").and_then(serde_json::Value::as_u64)
        && found > u64::from(SCHEMA)
    {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(TaskFileError::Newer { file: file.to_owned(), found });
    }
    let keys = match Keys::deserialize(&all) {
        Ok(keys) => keys,
        // Once more from the text: this error knows the line.
        Err(_) => yaml::parse(document.yaml, &place).map_err(TaskFileError::Yaml)?,
    };
    own_branch(&keys, file)?;
    let unknown = match all {
        serde_json::Value::Object(map) => {
            map.into_iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())).collect()
        }
        _ => Vec::new(),
    };
    Ok(from_keys(keys, unknown, document.body.to_owned()))
}

/// The branch follows from the id: another one that somebody wrote there would get our commits, without a pull request if it is the base.
fn own_branch(keys: &Keys, file: &str) -> Result<(), TaskFileError> {
    let own = keys.task_id.branch();
    let reason = if keys.branch != own {
        format!("`branch` is `{}`; the branch of {} is always `{own}`", keys.branch, keys.task_id)
    } else if keys.base_branch == own {
        format!("`base_branch` is `{own}`, the branch of the task itself")
    } else {
        return Ok(());
    };
    Err(TaskFileError::Key { file: file.to_owned(), reason })
}

/// Writes a task file.
///
/// # Errors
///
/// When a value cannot be written as YAML, which only an unknown key of a strange type could cause.
pub fn render(task: &Task) -> Result<String, TaskFileError> {
    let keys = serde_json::to_value(to_keys(task)).map_err(not_yaml)?;
    let mut all = match keys {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    for (key, value) in &task.unknown {
        all.insert(key.clone(), value.clone());
    }
    let yaml = yaml::render(&all).map_err(TaskFileError::Yaml)?;
    Ok(front_matter::join(&yaml, &task.body))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn not_yaml(error: serde_json::Error) -> TaskFileError {
    TaskFileError::FrontMatter { file: "task".to_owned(), reason: error.to_string() }
}

fn from_keys(keys: Keys, unknown: Vec<(String, serde_json::Value)>, body: String) -> Task {
    Task {
        id: keys.task_id,
        repo: keys.repo,
        issue: keys.issue,
        title: keys.title,
        url: keys.url,
        task_type: keys.task_type,
        priority: keys.priority,
        agent: keys.agent.parse().ok().filter(|name: &AgentName| name.as_str() != "auto"),
        attempt: keys.attempt.max(1),
        max_attempts: keys.max_attempts.max(1),
        base_branch: keys.base_branch,
        branch: keys.branch,
        stage: keys.stage,
        not_before: keys.not_before,
        outcome_checks: keys.outcome_checks,
        failed_checks: keys.failed_checks,
        counters: Counters {
            spent: keys.spent,
            free_runs: keys.free_runs,
            repairs: keys.repairs,
            rebases: keys.rebases,
            updates: keys.updates,
        },
        earlier_rounds: keys.earlier_rounds.min(keys.tried.len()),
        tried: keys.tried,
        cost_usd_micros: micros(keys.cost_usd),
        pr: keys.pr,
        head_sha: keys.head_sha,
        next_head: keys.next_head,
        rerun_head: keys.rerun_head,
        approved_head: keys.approved_head,
        objection: keys.objection,
        outcome: keys.outcome,
        generation: keys.generation.max(1),
        brief_sha256: keys.brief_sha256,
        created_at: keys.created_at,
        assigned: keys.assigned,
        second_chance: keys.second_chance,
        conflicts: keys.conflicts,
        conflict_base: keys.conflict_base,
        parked_minutes: keys.parked_minutes,
        reason: keys.reason,
        blocker: keys.blocker,
        waits_for: keys.waits_for,
        approved_by: keys.approved_by,
        last_command: keys.last_command,
        settling: keys.settling,
        trouble: keys.trouble,
        host_state: keys.host_state,
        unknown,
        body,
    }
}

fn to_keys(task: &Task) -> Keys {
    Keys {
        task_id: task.id.clone(),
        repo: task.repo.clone(),
        issue: task.issue,
        title: task.title.clone(),
        url: task.url.clone(),
        task_type: task.task_type,
        priority: task.priority,
        agent: task.agent.as_ref().map_or_else(auto, ToString::to_string),
        attempt: task.attempt,
        max_attempts: task.max_attempts,
        base_branch: task.base_branch.clone(),
        branch: task.branch.clone(),
        stage: task.stage,
        not_before: task.not_before,
        reason: task.reason.clone(),
        blocker: task.blocker,
        waits_for: task.waits_for.clone(),
        outcome_checks: task.outcome_checks.clone(),
        failed_checks: task.failed_checks.clone(),
        conflicts: task.conflicts.clone(),
        conflict_base: task.conflict_base.clone(),
        spent: task.counters.spent,
        free_runs: task.counters.free_runs,
        repairs: task.counters.repairs,
        rebases: task.counters.rebases,
        updates: task.counters.updates,
        tried: task.tried.clone(),
        earlier_rounds: task.earlier_rounds,
        assigned: task.assigned.clone(),
        second_chance: task.second_chance.clone(),
        parked_minutes: task.parked_minutes,
        cost_usd: dollars(task.cost_usd_micros),
        pr: task.pr,
        head_sha: task.head_sha.clone(),
        next_head: task.next_head.clone(),
        rerun_head: task.rerun_head.clone(),
        approved_head: task.approved_head.clone(),
        objection: task.objection.clone(),
        outcome: task.outcome,
        approved_by: task.approved_by.clone(),
        last_command: task.last_command,
        settling: task.settling,
        trouble: task.trouble.clone(),
        host_state: task.host_state,
        generation: task.generation,
        brief_sha256: task.brief_sha256.clone(),
        created_at: task.created_at,
        schema: SCHEMA,
    }
}

/// Dollars as a person writes them, in millionths; nonsense is nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range"
)]
fn micros(dollars: f64) -> u64 {
    if dollars.is_finite() && (0.0..1e9).contains(&dollars) {
        (dollars * 1e6).round() as u64
    } else {
        0
    }
}

/// Millionths as dollars.
#[expect(clippy::cast_precision_loss, reason = "money stays far below 2^53 millionths")]
pub fn dollars(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
#[path = "task_file_tests.rs"]
mod tests;
