//! The shape of the YAML: every key optional, unknown keys refused, nothing decided yet.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::blocks::{Over, RawAttribution, RawFeedback, RawResearch, block};
use super::layer::{Layer, level, with_layer_keys};
use super::values::{
    AutomationMode, Chain, CommandLine, Flag, HostKind, MergePolicy, PlanApproval, PromptMode,
    SandboxMode, Transcript, Unused, Words,
};
use crate::domain::kinds::TaskType;
use crate::text::secret::Secret;

with_layer_keys! { level
    /// The configuration of agentos.
    RawConfig {
        /// Folder of everything that is not set otherwise. Default: the folder of this file.
        root_dir: String,
        /// Folder of the task files. Default `<root>`/runtime/mailbox.
        mailbox_dir: String,
        /// Folder of the logs. Default `<root>`/runtime/logs.
        logs_dir: String,
        /// Folder of the worktrees. Default `<root>`/runtime/worktrees.
        worktrees_dir: String,
        /// Folder of the objectives. Default `<root>`/objectives.
        objectives_dir: String,
        /// Folder of the evidence. Default ~/.local/share/agent-os/evidence.
        evidence_dir: String,
        /// Owner of repositories that are named without one.
        github_owner: String,
        /// Address of GitHub's REST interface. Default `https://api.github.com`.
        github_api_url: String,
        /// Groups of repositories with a board, by a name of your own.
        #[serde(alias = "projects")]
        github_projects: BTreeMap<String, RawProject>,
        /// Repositories outside of any group.
        repos: Vec<RawRepo>,
        /// Only these repositories (path, owner/name or name) are worked on. Default all that are configured.
        allowed_repos: Words,
        /// Agents, by name; a built-in name amends that agent.
        agents: BTreeMap<String, RawAgent>,
        /// Agent of tasks that name none; auto takes the chain of the task type. Default auto.
        default_agent: String,
        /// Agents that answer questions of planning, in order. Default [claude, codex].
        planner_agents: Words,
        /// Agents that run at the same time. Default 1.
        max_parallel_workers: usize,
        /// Memory in MiB that must be free before a further worker begins beside others; 0 = never looked at. Default 768.
        worker_memory_mb: u64,
        /// Shortest time between two writes to GitHub; 0 only for a server on this machine. Default 1000.
        github_write_interval_ms: u64,
        /// Old tasks and runs are archived after so long. Default 30.
        retention_days: u32,
        /// Disk space for worktrees, logs and mirrors. Default 10.
        disk_budget_gb: f64,
        /// Limits on money. Default none.
        budgets: RawBudgets,
        /// How agents are confined: auto, landlock, bwrap or off. Default auto.
        sandbox: SandboxMode,
        /// Further paths that agents may read.
        sandbox_read: Words,
        /// Further paths that agents may write.
        sandbox_write: Words,
        /// TCP ports that agents and commands may connect to; all when not set.
        sandbox_tcp: Vec<u16>,
        /// Names of variables that `ci_command` and `test_command` get.
        command_env: Words,
        /// File with keys of model providers, 0600. Default `<root>`/secrets.json.
        secrets_file: String,
        /// Author of our commits. Default agentos.
        git_author_name: String,
        /// Address of that author. Default a no-reply address.
        git_author_email: String,
        /// Work and no merge for so long is an alarm; 0 is never. Default 24.
        alert_after_hours: f64,
        /// No messages from and to these times, for example 22:00-07:00.
        quiet_hours: String,
        /// Hour (0 to 23, local) of a daily message with everything that is not urgent.
        digest_hour: u8,
        /// File that gets metrics in the Prometheus text format.
        metrics_textfile: String,
        /// Token of the Telegram bot; better by `TELEGRAM_BOT_TOKEN`.
        #[serde(serialize_with = "covered")]
        #[schemars(with = "Option<String>")]
        telegram_bot_token: Secret,
        /// Chat that gets the messages.
        telegram_chat_id: String,
        /// Address of Telegram's interface. Default `https://api.telegram.org`.
        telegram_api_url: String,
        /// Refused when false: an agent's work always goes to a branch of its own.
        #[schemars(skip)]
        default_allow_push: Flag,
    }
    unused {
        default_base_branch max_processing_minutes stall_watchdog_interval_minutes repo_configs priority_weights
        planner_claude_model formatter_model decomposer_model backlog_depth_multiplier target_backlog_depth
        blocked_escalation_attempt_threshold blocked_escalation_age_hours repo_objectives semantic_dedup cost_tracking
        incident_router product_inspection external_signals quality_harness dependency_watcher deploy_watchdog
        blocker_regression_alerts github_repos github_project_number github_project_status_field
        github_project_backlog_value github_project_ready_value github_project_in_progress_value
        github_project_blocked_value github_project_done_value review_value
    }
}

with_layer_keys! { level
    /// A group of repositories with a board.
    RawProject {
        /// Its repositories.
        repos: Vec<RawRepo>,
    }
    unused {
        title status_field review_value backlog_depth_multiplier target_backlog_depth product_inspection
        quality_harness dependency_watcher deploy_watchdog external_signals semantic_dedup
    }
}

with_layer_keys! { level
    /// A repository.
    RawRepo {
        /// The repository on GitHub, owner/name.
        github_repo: String,
        /// owner/name, or a path (then as `path`).
        repo: String,
        /// A path (then as `path`), in older files.
        local_repo: String,
        /// A local clone to borrow objects from; never changed.
        path: String,
        /// Prefix of the ids of its tasks. Default the repository's name.
        task_prefix: String,
        /// github, or local: issues and pull requests as files on this machine. Default github.
        host: HostKind,
        /// Git URL, if it is not the host's.
        remote: String,
        /// Refused when false: an agent's work always goes to a branch of its own.
        #[schemars(skip)]
        allow_push: Flag,
    }
    unused {
        key visibility backlog_depth_multiplier target_backlog_depth product_inspection quality_harness
        dependency_watcher deploy_watchdog external_signals semantic_dedup review_value
    }
}

block! {
    /// An agent.
    RawAgent {
        /// Program and arguments, run in the worktree.
        command: CommandLine,
        /// stdin or file. Default stdin.
        prompt: PromptMode,
        /// plain, claude, codex or gemini. Default plain.
        transcript: Transcript,
        /// Names of variables that it gets.
        env: Words,
        /// Longest run; beats `agent_timeout_minutes`.
        timeout_minutes: f64,
        /// Names of models, by purpose; `default` for everything else.
        models: BTreeMap<String, String>,
        /// What a run counts for in budgets whose use its program does not tell, in US dollars. Default 5, DeepSeek 1.
        worst_case_usd: f64,
    }
}

block! {
    /// Limits on money, in US dollars.
    #[expect(clippy::struct_field_names, reason = "the keys of the file")]
    RawBudgets {
        /// For one run of an agent.
        per_attempt_usd: f64,
        /// For a task over all its runs.
        per_task_usd: f64,
        /// For a day.
        per_day_usd: f64,
        /// For an agent and month.
        per_agent: BTreeMap<String, RawAgentBudget>,
    }
}

block! {
    /// Limits for an agent and month, in US dollars.
    RawAgentBudget {
        /// From here on it is told.
        soft_warn_usd: f64,
        /// From here on the agent is not used.
        hard_stop_usd: f64,
    }
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn covered<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ToString::to_string).serialize(serializer)
}

impl RawConfig {
    /// What holds where nothing is set, of the keys that stand only here and do not depend on others.
    pub(super) fn defaults() -> Self {
        Self {
            github_api_url: Some("https://api.github.com".to_owned()),
            default_agent: Some("auto".to_owned()),
            planner_agents: Some(Words(vec!["claude".to_owned(), "codex".to_owned()])),
            max_parallel_workers: Some(1),
            worker_memory_mb: Some(768),
            github_write_interval_ms: Some(1000),
            retention_days: Some(30),
            disk_budget_gb: Some(10.0),
            sandbox: Some(SandboxMode::Auto),
            git_author_name: Some("agentos".to_owned()),
            git_author_email: Some("agentos@users.noreply.github.com".to_owned()),
            alert_after_hours: Some(24.0),
            telegram_api_url: Some("https://api.telegram.org".to_owned()),
            ..Self::default()
        }
    }

    /// Every repository with the way to it in the file and the group it is in.
    pub(super) fn every_repo<'a>(&'a self, projects_key: &'a str) -> Vec<RepoEntry<'a>> {
        let grouped = self.github_projects.iter().flatten().flat_map(move |(name, project)| {
            project.repos.iter().flatten().enumerate().map(move |(position, repo)| RepoEntry {
                path: [projects_key, name.as_str(), "repos", &position.to_string()]
                    .map(str::to_owned)
                    .to_vec(),
                project: Some((name.as_str(), project)),
                repo,
            })
        });
        let single = self.repos.iter().flatten().enumerate().map(|(position, repo)| RepoEntry {
            path: vec!["repos".to_owned(), position.to_string()],
            project: None,
            repo,
        });
        grouped.chain(single).collect()
    }
}

/// A repository where it stands in the file.
#[derive(Debug, Clone)]
pub(super) struct RepoEntry<'a> {
    /// The way to it: keys, and positions in lists.
    pub(super) path: Vec<String>,
    /// Its group, with the group's name.
    pub(super) project: Option<(&'a str, &'a RawProject)>,
    /// Its own keys.
    pub(super) repo: &'a RawRepo,
}

/// A file's folder, or the current one.
pub(super) fn folder_of(file: &std::path::Path) -> PathBuf {
    file.parent().map(std::path::Path::to_path_buf).unwrap_or_default()
}
