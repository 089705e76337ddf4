//! The keys that may stand at every level, once for all: their types, their defaults, and how levels are put over each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blocks::{Over, RawAttribution, RawFeedback, RawResearch};
use super::values::{AutomationMode, Chain, CommandLine, Flag, MergePolicy, PlanApproval, Words};
use crate::domain::ids::BranchName;
use crate::domain::kinds::TaskType;

/// Hands the keys of every level to a macro: `strategy name: type = default`.
macro_rules! with_layer_keys {
    ($macro:ident $($arguments:tt)*) => {
        $macro! { { $($arguments)* } {
            /// full, or `dispatcher_only`: dispatch and pull requests only. Default full.
            whole automation_mode: AutomationMode = Some(AutomationMode::Full);
            /// Who merges: manual, `supervised_first` or auto. Default `supervised_first`.
            whole merge_policy: MergePolicy = Some(MergePolicy::SupervisedFirst);
            /// The task type of an issue that names none. Default implementation.
            whole default_task_type: TaskType = Some(TaskType::Implementation);
            /// Agents in the order in which they are tried, by task type.
            deep agent_fallbacks: BTreeMap<TaskType, Chain> = Some(default_chains());
            /// Runs that count, before a task is escalated. Default 4.
            whole default_max_attempts: u32 = Some(4);
            /// Longest run of an agent. Default 40.
            whole max_runtime_minutes: f64 = Some(40.0);
            /// Longest run by agent; beats `max_runtime_minutes`.
            deep agent_timeout_minutes: BTreeMap<String, f64> = Some(BTreeMap::new());
            /// Without output and file change for so long, a run is ended. Default 15.
            whole stall_minutes: f64 = Some(15.0);
            /// Longest run of `ci_command` and `test_command`. Default 5.
            whole test_timeout_minutes: f64 = Some(5.0);
            /// Most issues dispatched at one time. Default 3.
            whole max_dispatch_per_run: usize = Some(3);
            /// No dispatch while so many of our pull requests are open. Default 5.
            whole max_open_prs: usize = Some(5);
            /// Repairs after red checks, before a person is called. Default 3.
            whole ci_max_retries: u32 = Some(3);
            /// Rebases of a pull request, before a person is called. Default 5.
            whole max_rebases: u32 = Some(5);
            /// Branch that pull requests are merged into. Default: the remote's.
            whole base_branch: String = None;
            /// Command that is the check `ci` of a local repository: a text for the shell or a list.
            whole ci_command: CommandLine = None;
            /// Command by which we test what an agent calls complete: a text for the shell or a list.
            whole test_command: CommandLine = None;
            /// Patterns of the files that may change. Default all.
            whole allowed_paths: Words = Some(Words::default());
            /// Patterns of the files whose change a person decides on. Default: workflows, files that agents obey, the
            /// programs of `ci_command` and `test_command`.
            whole protected_paths: Words = None;
            /// More changed lines are for a person, and so are binary files. Default 2000.
            whole max_diff_lines: u64 = Some(2000);
            /// Labels that hold a merge. Default `[hold]`.
            whole hold_labels: Words = Some(Words(vec!["hold".to_owned()]));
            /// Only issues with all of these labels are dispatched. Default none.
            whole required_labels: Words = Some(Words::default());
            /// Issues with one of these labels are not dispatched. Default none.
            whole excluded_labels: Words = Some(Words::default());
            /// People whose issues are trusted, besides owners, members and collaborators. Default none.
            whole trusted_authors: Words = Some(Words::default());
            /// Tasks of a sprint. Default 5.
            whole plan_size: usize = Some(5);
            /// Shortest time between two sprints, fractions allowed, 0 = dormant. Default 7.
            whole sprint_cadence_days: f64 = Some(7.0);
            /// Shortest time between two groomings, fractions allowed, 0 = dormant. Default half of the sprint.
            whole groomer_cadence_days: f64 = None;
            /// Whether a sprint that has gone idle may be followed early. Default true.
            whole planner_allow_early_refresh: Flag = Some(Flag(true));
            /// Issues at least so alike (0 to 1) are the same. Default 0.75.
            whole dedup_threshold: f64 = Some(0.75);
            /// Issues without a change for so long are stale. Default 30.
            whole stale_issue_days: u32 = Some(30);
            /// Whether an issue is closed when its result is a proven "no change needed". Default false.
            whole close_no_change: Flag = Some(Flag(false));
            /// Whether a pull request on GitHub is brought up to date and tested again before its merge when its base has moved. Default false.
            whole merge_tested_result: Flag = Some(Flag(false));
            /// none, or required: a sprint waits for a person. Default none.
            whole plan_approval: PlanApproval = Some(PlanApproval::None);
            /// Number of the GitHub project that is the board.
            whole project_number: u64 = None;
            /// Its status for what is not chosen yet. Default Backlog.
            whole backlog_value: String = Some("Backlog".to_owned());
            /// Its status for what may be dispatched. Default Ready.
            whole ready_value: String = Some("Ready".to_owned());
            /// Its status for what is worked on. Default In Progress.
            whole in_progress_value: String = Some("In Progress".to_owned());
            /// Its status for what waits for a person. Default Blocked.
            whole blocked_value: String = Some("Blocked".to_owned());
            /// Its status for what is finished. Default Done.
            whole done_value: String = Some("Done".to_owned());
            /// Bounded reading before a sprint is planned.
            deep planning_research: RawResearch = Some(RawResearch::defaults());
            /// Evidence from production that planning may use.
            deep production_feedback: RawFeedback = Some(RawFeedback::defaults());
            /// Older name of `production_feedback`.
            deep planning_signals: RawFeedback = None;
            /// Measuring what merged work changed.
            deep outcome_attribution: RawAttribution = Some(RawAttribution::defaults());
        } }
    };
}
pub(super) use with_layer_keys;

/// Makes the struct of a level: its own keys, the keys of every level, and keys that have no meaning here.
macro_rules! level {
    (
        { $(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $own_type:ty,)* } unused { $($unused:ident)* } }
        { $($(#[$key_meta:meta])* $strategy:ident $key:ident: $type:ty = $default:expr;)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, expecting = "a map of keys")]
        pub(super) struct $name {
            $($(#[$own_meta])* pub(super) $own: Option<$own_type>,)*
            $($(#[$key_meta])* pub(super) $key: Option<$type>,)*
            $(#[schemars(skip)] pub(super) $unused: Option<Unused>,)*
        }

        impl $name {
            /// The keys that may stand at every level.
            pub(super) fn layer(&self) -> Layer {
                Layer { $($key: self.$key.clone(),)* }
            }

            /// Every key that means something at this level.
            pub(super) const KEYS: &'static [&'static str] = &[$(stringify!($own),)* $(stringify!($key),)*];

            /// The keys that were given and have no meaning here.
            pub(super) fn unused(&self) -> Vec<(&'static str, &Unused)> {
                [$((stringify!($unused), self.$unused.as_ref()),)*]
                    .into_iter()
                    .filter_map(|(key, value)| value.map(|value| (key, value)))
                    .collect()
            }
        }
    };
}
pub(super) use level;

macro_rules! layer {
    ({} { $($(#[$key_meta:meta])* $strategy:ident $key:ident: $type:ty = $default:expr;)* }) => {
        /// The keys that may stand at every level, as far as they are set.
        #[derive(Debug, Clone, Default, PartialEq, Serialize)]
        pub(super) struct Layer {
            $($(#[$key_meta])* pub(super) $key: Option<$type>,)*
        }

        impl Layer {
            /// What holds where nothing is set.
            pub(super) fn defaults() -> Self {
                Self { $($key: $default,)* }
            }

            /// Puts this level over another one: what it sets wins.
            pub(super) fn over(self, below: Self) -> Self {
                Self { $($key: $strategy(self.$key, below.$key),)* }
            }
        }
    };
}
with_layer_keys!(layer);

impl Layer {
    /// Lets the older `planning_signals` count where `production_feedback` of the same level says nothing; inputs of both are read.
    pub(super) fn with_older_names(mut self) -> Self {
        if let Some(mut older) = self.planning_signals.take() {
            let mut newer = self.production_feedback.take().unwrap_or_default();
            let inputs = [newer.inputs.take(), older.inputs.take()];
            let mut block = newer.over(older);
            if inputs.iter().any(Option::is_some) {
                block.inputs = Some(inputs.into_iter().flatten().flatten().collect());
            }
            self.production_feedback = Some(block);
        }
        self
    }
}

/// The upper value as a whole, if there is one.
fn whole<T>(above: Option<T>, below: Option<T>) -> Option<T> {
    above.or(below)
}

/// Both values, the upper one winning key by key.
fn deep<T: Over>(above: Option<T>, below: Option<T>) -> Option<T> {
    match (above, below) {
        (Some(above), Some(below)) => Some(above.over(below)),
        (above, below) => above.or(below),
    }
}

impl<K: Ord, V> Over for BTreeMap<K, V> {
    fn over(self, mut below: Self) -> Self {
        below.extend(self);
        below
    }
}

/// The chains of seed 000.
fn default_chains() -> BTreeMap<TaskType, Chain> {
    let chain =
        |agents: &[&str]| Chain::List(agents.iter().map(|&agent| agent.to_owned()).collect());
    TaskType::ALL
        .into_iter()
        .map(|kind| match kind {
            TaskType::Implementation => (kind, chain(&["codex", "claude", "gemini", "deepseek"])),
            TaskType::Debugging | TaskType::BrowserAutomation => {
                (kind, chain(&["claude", "codex", "gemini", "deepseek"]))
            }
            TaskType::Architecture
            | TaskType::Research
            | TaskType::Docs
            | TaskType::Design
            | TaskType::Content => (kind, chain(&["claude", "codex"])),
        })
        .collect()
}

/// Whether a text can be the name of a branch.
pub(super) fn branch(text: &str) -> Result<BranchName, String> {
    text.parse::<BranchName>().map_err(|error| error.to_string())
}
