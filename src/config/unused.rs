//! Keys of the system that this one follows: what is said of those that have no meaning here, and what two of them still do.

use super::error::Warning;
use super::layer::Layer;
use super::raw::{RawConfig, RawProject, RawRepo};
use super::source::Source;
use super::values::{MergePolicy, Unused};

/// What to use in place of a key, where there is something.
fn instead(key: &str) -> Option<&'static str> {
    Some(match key {
        "default_base_branch" => {
            "the remote's default branch is taken; set `base_branch` where another is wanted"
        }
        "max_processing_minutes" | "stall_watchdog_interval_minutes" => {
            "see `max_runtime_minutes` and `stall_minutes`"
        }
        "repo_configs" => "set `test_command` at the repository",
        "repo_objectives" => "put the file into `objectives_dir`, named after the repository",
        "semantic_dedup" => "see `dedup_threshold`",
        "cost_tracking" => "see `budgets`",
        "backlog_depth_multiplier" | "target_backlog_depth" => "see `plan_size`",
        "blocked_escalation_age_hours" => "see `alert_after_hours`",
        "planner_claude_model" | "formatter_model" | "decomposer_model" => {
            "see `agents.<name>.models`"
        }
        "product_inspection" | "external_signals" => "see `production_feedback`",
        "github_repos" => "name the repositories under `repos`",
        "github_project_number" => "set `project_number`",
        "github_project_backlog_value" => "set `backlog_value`",
        "github_project_ready_value" => "set `ready_value`",
        "github_project_in_progress_value" => "set `in_progress_value`",
        "github_project_blocked_value" => "set `blocked_value`",
        "github_project_done_value" => "set `done_value`",
        "key" => "set `task_prefix`",
        _ => return None,
    })
}

/// One warning for each key without a meaning, with its line.
pub(super) fn warnings(source: &Source, raw: &RawConfig) -> Vec<Warning> {
    let mut result = of_level(source, &[], &raw.unused(), &raw.layer());
    let projects_key = source.projects_key();
    for (name, project) in raw.github_projects.iter().flatten() {
        let path = [projects_key.to_owned(), name.clone()];
        result.extend(of_level(source, &path, &project.unused(), &project.layer()));
    }
    for entry in raw.every_repo(projects_key) {
        result.extend(of_level(source, &entry.path, &entry.repo.unused(), &entry.repo.layer()));
    }
    result
}

fn of_level(
    source: &Source,
    level: &[String],
    unused: &[(&'static str, &Unused)],
    layer: &Layer,
) -> Vec<Warning> {
    let gate = gate(unused).filter(|_| layer.merge_policy.is_none());
    let warning = |key: &'static str| {
        let path: Vec<String> = level.iter().cloned().chain([key.to_owned()]).collect();
        if gate == Some(key) {
            let message =
                format!("`{key}` asks for a person before a merge: read as `merge_policy: manual`");
            return source.warning(
                &path,
                message,
                Some("set `merge_policy` to say what is wanted"),
            );
        }
        source.warning(&path, format!("`{key}` is not used"), instead(key))
    };
    let mut result: Vec<Warning> = unused.iter().map(|(key, _)| warning(key)).collect();
    let search = layer.planning_research.as_ref().and_then(|block| block.dynamic_search.as_ref());
    if search.is_some() {
        let path = [level, &["planning_research".to_owned(), "dynamic_search".to_owned()]].concat();
        result.push(source.warning(
            &path,
            "`dynamic_search` is not used".to_owned(),
            Some("name the `sources`"),
        ));
    }
    result
}

/// The key that made a merge wait for more than checks. Leaving it out must not make merges easier.
fn gate(unused: &[(&'static str, &Unused)]) -> Option<&'static str> {
    unused.iter().find_map(|(key, value)| match *key {
        "review_value" => Some(*key),
        "quality_harness" if value.is_enabled() => Some(*key),
        _ => None,
    })
}

/// The keys of a level as they count: older names folded in, and gates that we do not have become a person.
fn level(layer: Layer, unused: &[(&'static str, &Unused)]) -> Layer {
    let mut layer = layer.with_older_names();
    if gate(unused).is_some() {
        layer.merge_policy.get_or_insert(MergePolicy::Manual);
    }
    layer
}

macro_rules! layer_of_level {
    ($($name:ident)*) => {
        $(impl $name {
            /// The keys of this level as they count.
            pub(super) fn layer_of_level(&self) -> Layer {
                level(self.layer(), &self.unused())
            }

            /// The key of this level that asks for a person before each merge, though it is not `merge_policy`.
            pub(super) fn gate(&self) -> Option<&'static str> {
                gate(&self.unused())
            }
        })*
    };
}
layer_of_level!(RawConfig RawProject RawRepo);
