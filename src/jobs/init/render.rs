//! The text of a configuration: the entry of a repository, and what stands above it in a new file. Foreign words get in as YAML values or
//! as one clean line of a comment. Pure.

use std::path::Path;

use serde_json::{Value, json};

use super::agents::{AgentFact, Chains};
use crate::text::clean;
use crate::text::yaml;

/// A comment shows no more of a foreign text.
const COMMENT: usize = 160;

/// The lines of an entry of `repos`.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    lines: Vec<String>,
}

impl Entry {
    /// A key with its value.
    pub(super) fn key(&mut self, name: &str, value: &Value) {
        let text = yaml::render(&json!({ name: value })).unwrap_or_default();
        self.lines.extend(text.lines().map(str::to_owned));
    }

    /// A line of a comment.
    pub(super) fn comment(&mut self, text: &str) {
        self.lines.push(format!("# {}", clean::one_line(text, COMMENT)));
    }

    /// A key that is shown and not set.
    pub(super) fn suggestion(&mut self, name: &str, value: &str, why: &str) {
        let value = yaml::render(&json!({ name: value })).unwrap_or_default();
        let value = clean::one_line(&value, COMMENT);
        self.lines.push(format!("# {value}    # {}", clean::one_line(why, COMMENT)));
    }

    /// The entry as an item of a list whose dash stands in the first column.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (row, line) in self.lines.iter().enumerate() {
            let lead = match (row, line.is_empty()) {
                (0, _) => "- ",
                (_, true) => "",
                (_, false) => "  ",
            };
            text.push_str(lead);
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// A path as the configuration takes it: there a `$` begins the name of a variable.
pub(super) fn path_value(path: &Path) -> Value {
    json!(path.display().to_string().replace('$', "$$"))
}

/// What stands above `repos` in a new file.
pub(super) fn header(agents: &[AgentFact], usual: &Chains, github: Option<(&str, bool)>) -> String {
    let mut text = "# Made by `agentos init`. Only what differs from the defaults stands here: `agentos config schema` lists every key,\n# `agentos config explain KEY` says which value holds and who set it.\n\n".to_owned();
    if let Some((url, is_here)) = github {
        text.push_str(&yaml::render(&json!({"github_api_url": url})).unwrap_or_default());
        if is_here {
            text.push_str("github_write_interval_ms: 0    # a server on this machine\n");
        }
        text.push('\n');
    }
    text.push_str(&agents_block(agents, usual));
    text
}

fn agents_block(agents: &[AgentFact], usual: &Chains) -> String {
    let usable: Vec<&str> =
        agents.iter().filter(|agent| agent.is_usable()).map(|agent| agent.name.as_str()).collect();
    let mut lines = vec![if usable.is_empty() {
        "# No agent can be used yet:".to_owned()
    } else {
        format!("# Agents that can be used here: {}.", usable.join(", "))
    }];
    let problem = |agent: &AgentFact| {
        let line = format!("{}: {}", agent.name, agent.problem.as_deref()?);
        Some(format!("# {}", clean::one_line(&line, COMMENT)))
    };
    lines.extend(agents.iter().filter_map(problem));
    let changed = usual.changed(agents);
    if !changed.tasks.is_empty() {
        lines.push(
            "# Those that are left out come back by taking these lines out once they can be used."
                .to_owned(),
        );
        lines.push("agent_fallbacks:".to_owned());
        let chain = |(kind, names): &(crate::domain::kinds::TaskType, Vec<String>)| {
            format!("  {}: [{}]", kind.as_str(), names.join(", "))
        };
        lines.extend(changed.tasks.iter().map(chain));
    }
    if !changed.planners.is_empty() {
        lines.push(format!("planner_agents: [{}]", changed.planners.join(", ")));
    }
    lines.join("\n") + "\n\n"
}
