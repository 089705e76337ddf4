//! The configuration as the rest of the program sees it: checked, merged, without options where there is a default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::sources::{Feedback, OutcomeAttribution, PlanningResearch};
use super::values::{
    AutomationMode, CommandLine, HostKind, MergePolicy, PlanApproval, PromptMode, SandboxMode,
    Transcript,
};
use crate::domain::ids::{AgentName, BranchName, RepoKey, RepoSlug};
use crate::domain::kinds::{Priority, TaskType};
use crate::domain::quiet::QuietHours;
use crate::text::secret::Secret;

/// The agents that need no entry under `agents`.
pub const BUILT_IN_AGENTS: [&str; 4] = ["codex", "claude", "gemini", "deepseek"];

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file that was read.
    pub config_file: PathBuf,
    /// Folder of everything that is not set otherwise; absolute, like every path here.
    pub root: PathBuf,
    /// Folder of the task files.
    pub mailbox_dir: PathBuf,
    /// Folder of the logs.
    pub logs_dir: PathBuf,
    /// Folder of the worktrees.
    pub worktrees_dir: PathBuf,
    /// Folder of the objectives.
    pub objectives_dir: PathBuf,
    /// Folder of the evidence, only read by us.
    pub evidence_dir: PathBuf,
    /// Owner of repositories that are named without one.
    pub github_owner: Option<String>,
    /// Address of GitHub's REST interface, without a slash at its end.
    pub github_api_url: String,
    /// Every repository; at least one.
    pub repos: Vec<Repo>,
    /// What is set for agents, by name; built-in ones only where something is set.
    pub agents: BTreeMap<AgentName, AgentSettings>,
    /// Agent of tasks that name none; `None` = the chain of the task type.
    pub default_agent: Option<AgentName>,
    /// Agents that answer questions of planning, in order.
    pub planner_agents: Vec<AgentName>,
    /// Whether the operator named them; else they are those of the defaults.
    pub planner_agents_named: bool,
    /// Agents that run at the same time.
    pub max_parallel_workers: usize,
    /// Memory in MiB that must be free before a further worker begins beside others.
    pub worker_memory_mb: u64,
    /// Shortest time between two writes to GitHub.
    pub github_write_interval: Duration,
    /// Old tasks and runs are archived after so long.
    pub retention_days: u32,
    /// Disk space for worktrees, logs and mirrors, in units of 10⁹ bytes.
    pub disk_budget_gb: f64,
    /// Limits on money.
    pub budgets: Budgets,
    /// How agents are confined.
    pub sandbox: SandboxMode,
    /// Further paths that agents may read.
    pub sandbox_read: Vec<PathBuf>,
    /// Further paths that agents may write.
    pub sandbox_write: Vec<PathBuf>,
    /// The TCP ports that agents and commands may connect to; all when `None`.
    pub sandbox_tcp: Option<Vec<u16>>,
    /// Names of variables that `ci_command` and `test_command` get.
    pub command_env: Vec<String>,
    /// File with keys of model providers.
    pub secrets_file: PathBuf,
    /// Author of our commits.
    pub git_author_name: String,
    /// Address of that author.
    pub git_author_email: String,
    /// So long without a merge, although there is work, is an alarm; zero is never.
    pub alert_after: Duration,
    /// No messages in these hours of the day, local time.
    pub quiet_hours: Option<QuietHours>,
    /// Hour (0 to 23, local) of the daily message.
    pub digest_hour: Option<u8>,
    /// File that gets metrics.
    pub metrics_textfile: Option<PathBuf>,
    /// Where messages go.
    pub telegram: Telegram,
}

impl Settings {
    /// Finds a repository by its key, `owner/name` or plain name; letter case does not matter.
    pub fn repo(&self, name: &str) -> Option<&Repo> {
        let is = |text: &str| text.eq_ignore_ascii_case(name);
        let by_key = self.repos.iter().find(|repo| is(repo.key.as_str()));
        let by_slug = || self.repos.iter().find(|repo| is(repo.slug.as_str()));
        let by_name = || {
            let mut named = self.repos.iter().filter(|repo| is(repo.slug.name()));
            // A name that two have names none.
            named.next().filter(|_| named.next().is_none())
        };
        by_key.or_else(by_slug).or_else(by_name)
    }

    /// The longest run of an agent in a repository: the agent's own, else the repository's for it, else the repository's.
    pub fn deadline(&self, repo: &Repo, agent: &AgentName) -> Duration {
        let own = self.agents.get(agent).and_then(|agent| agent.timeout);
        own.or_else(|| repo.agent_timeouts.get(agent).copied()).unwrap_or(repo.max_runtime)
    }
}

/// A repository with everything that holds for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Repo {
    /// Its short name in ids, folders and files; unique.
    pub key: RepoKey,
    /// Its name on the host.
    pub slug: RepoSlug,
    /// The group it is in.
    pub project: Option<String>,
    /// Where its issues and pull requests are.
    pub host: HostKind,
    /// A local clone to borrow objects from; never changed.
    pub path: Option<PathBuf>,
    /// Git URL, if it is not the host's.
    pub remote: Option<String>,
    /// Branch that pull requests are merged into; `None` = the remote's.
    pub base_branch: Option<BranchName>,
    /// Command that is the check `ci` of a local repository.
    pub ci_command: Option<CommandLine>,
    /// Command by which we test what an agent calls complete.
    pub test_command: Option<CommandLine>,
    /// How much is done without being asked.
    pub automation_mode: AutomationMode,
    /// Who merges.
    pub merge_policy: MergePolicy,
    /// The task type of an issue that names none.
    pub default_task_type: TaskType,
    /// Agents in the order in which they are tried; has every task type.
    pub agent_fallbacks: BTreeMap<TaskType, Fallbacks>,
    /// Runs that count, before a task is escalated.
    pub default_max_attempts: u32,
    /// Longest run of an agent.
    pub max_runtime: Duration,
    /// Without output and file change for so long, a run is ended.
    pub stall: Duration,
    /// Longest run of `ci_command` and `test_command`.
    pub test_timeout: Duration,
    /// Longest run by agent; see [`Settings::deadline`].
    pub agent_timeouts: BTreeMap<AgentName, Duration>,
    /// Most issues dispatched at one time.
    pub max_dispatch_per_run: usize,
    /// No dispatch while so many of our pull requests are open.
    pub max_open_prs: usize,
    /// Repairs after red checks, before a person is called.
    pub ci_max_retries: u32,
    /// Rebases of a pull request, before a person is called.
    pub max_rebases: u32,
    /// Patterns of the files that may change; empty = all.
    pub allowed_paths: Vec<String>,
    /// Patterns of the files whose change a person decides on.
    pub protected_paths: Vec<String>,
    /// More changed lines are for a person.
    pub max_diff_lines: u64,
    /// Labels that hold a merge.
    pub hold_labels: Vec<String>,
    /// Only issues with all of these labels are dispatched.
    pub required_labels: Vec<String>,
    /// Issues with one of these labels are not dispatched.
    pub excluded_labels: Vec<String>,
    /// People whose issues are trusted, besides owners, members and collaborators.
    pub trusted_authors: Vec<String>,
    /// Tasks of a sprint.
    pub plan_size: usize,
    /// Shortest time between two sprints in days, 0 = dormant.
    pub sprint_cadence_days: f64,
    /// Shortest time between two groomings in days, 0 = dormant.
    pub groomer_cadence_days: f64,
    /// Whether a sprint that has gone idle may be followed early.
    pub planner_allow_early_refresh: bool,
    /// Issues at least so alike (0 to 1) are the same.
    pub dedup_threshold: f64,
    /// Issues without a change for so long are stale.
    pub stale_issue_days: u32,
    /// Whether an issue is closed when its result is a proven "no change needed".
    pub close_no_change: bool,
    /// Whether exactly the merged result must have been tested before a merge on GitHub.
    pub merge_tested_result: bool,
    /// Whether a sprint waits for a person.
    pub plan_approval: PlanApproval,
    /// Names of the board's columns.
    pub statuses: StatusNames,
    /// Number of the GitHub project that is the board.
    pub project_number: Option<u64>,
    /// Bounded reading before a sprint is planned.
    pub planning_research: PlanningResearch,
    /// Evidence from production that planning may use.
    pub production_feedback: Feedback,
    /// Measuring what merged work changed.
    pub outcome_attribution: OutcomeAttribution,
}

/// The board's names for its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNames {
    /// Not chosen yet.
    pub backlog: String,
    /// May be dispatched.
    pub ready: String,
    /// Worked on.
    pub in_progress: String,
    /// Waits for a person.
    pub blocked: String,
    /// Finished.
    pub done: String,
}

/// The agents of a task type, in the order in which they are tried; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fallbacks {
    /// The same for every priority.
    List(Vec<AgentName>),
    /// By priority; has every one.
    ByPriority(BTreeMap<Priority, Vec<AgentName>>),
}

impl Fallbacks {
    /// The agents for a priority.
    pub fn chain(&self, priority: Priority) -> &[AgentName] {
        match self {
            Self::List(agents) => agents,
            Self::ByPriority(chains) => chains.get(&priority).map_or(&[], Vec::as_slice),
        }
    }
}

/// What is set for an agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentSettings {
    /// Program and arguments; always there for an agent that is not built in.
    pub command: Option<Vec<String>>,
    /// How it gets its prompt.
    pub prompt: Option<PromptMode>,
    /// The form of what it prints.
    pub transcript: Option<Transcript>,
    /// Names of variables that it gets.
    pub env: Vec<String>,
    /// Longest run.
    pub timeout: Option<Duration>,
    /// Names of models, by purpose.
    pub models: BTreeMap<String, String>,
    /// What a run counts for whose use its program does not tell, in US dollars.
    pub worst_case_usd: Option<f64>,
}

/// Limits on money in US dollars; `None` = unlimited.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budgets {
    /// For one run of an agent.
    pub per_attempt_usd: Option<f64>,
    /// For a task over all its runs.
    pub per_task_usd: Option<f64>,
    /// For a day.
    pub per_day_usd: Option<f64>,
    /// For an agent and month.
    pub per_agent: BTreeMap<AgentName, AgentBudget>,
}

/// Limits for an agent and month in US dollars; `None` = unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AgentBudget {
    /// From here on it is told.
    pub soft_warn_usd: Option<f64>,
    /// From here on the agent is not used.
    pub hard_stop_usd: Option<f64>,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telegram {
    /// Token of the bot, if it is in the file.
    pub bot_token: Option<Secret>,
    /// Chat that gets the messages.
    pub chat_id: Option<String>,
    /// Address of Telegram's interface, without a slash at its end.
    pub api_url: String,
}
