//! Which agents can be used on this machine, and what of the usual chains is left of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::agent::preflight::Question;
use crate::agent::{BUILTIN, builtin, preflight};
use crate::config::{self, LoadRequest};
use crate::domain::ids::AgentName;
use crate::domain::kinds::{Priority, TaskType};

/// What was found out about a built-in agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentFact {
    /// Its name.
    pub name: String,
    /// Why it cannot be used, if it cannot.
    pub problem: Option<String>,
    /// What mends that.
    pub mend: Option<String>,
}

impl AgentFact {
    /// Whether it looks as if it could be used.
    pub fn is_usable(&self) -> bool {
        self.problem.is_none()
    }
}

/// Looks for the programs and logins of the built-in agents; starts no program.
pub(super) fn found(
    environment: &BTreeMap<String, String>,
    root: &Path,
    now: Timestamp,
) -> Vec<AgentFact> {
    let runtime = root.join("runtime");
    let operator = environment.get("HOME").map(PathBuf::from);
    let look = |name: &str| {
        let table = builtin(name)?;
        let own = runtime.join("agents").join(name);
        let homes: Vec<PathBuf> = std::iter::once(own).chain(operator.clone()).collect();
        let found = preflight(&Question {
            table: &table,
            environment,
            root,
            homes: &homes,
            secrets: &root.join("secrets.json"),
            cache: &runtime.join("cache").join("agents"),
            now,
            may_run: false,
        });
        let problem = found.problems.into_iter().find(|problem| problem.blocks);
        let (problem, mend) = problem.map(|problem| (problem.what, problem.mend)).unzip();
        Some(AgentFact { name: name.to_owned(), problem, mend })
    };
    BUILTIN.into_iter().filter_map(look).collect()
}

/// The chains that hold where nothing is configured.
#[derive(Debug, Clone, Default)]
pub struct Chains {
    /// By type of task.
    pub tasks: Vec<(TaskType, Vec<String>)>,
    /// Of questions of planning.
    pub planners: Vec<String>,
}

impl Chains {
    /// Reads them from the smallest configuration there is.
    pub(super) fn usual() -> Self {
        let request = LoadRequest { cwd: PathBuf::from("/"), ..LoadRequest::default() };
        let Ok(loaded) = config::load_text(&request, "repos: [{repo: a/b, host: local}]\n") else {
            return Self::default();
        };
        let names = |names: &[AgentName]| names.iter().map(ToString::to_string).collect();
        let of_repo = loaded.settings.repos.first();
        let tasks = of_repo.iter().flat_map(|repo| &repo.agent_fallbacks);
        Self {
            tasks: tasks.map(|(kind, all)| (*kind, names(all.chain(Priority::Normal)))).collect(),
            planners: names(&loaded.settings.planner_agents),
        }
    }

    /// What is left of them with these agents, where that is another chain: agents that cannot be used are left out, and where nobody
    /// would be left everybody who can be used is asked. Pure. Nothing differs when nobody can be used.
    pub(super) fn changed(&self, agents: &[AgentFact]) -> Self {
        let usable: Vec<String> =
            agents.iter().filter(|agent| agent.is_usable()).map(|a| a.name.clone()).collect();
        if usable.is_empty() {
            return Self::default();
        }
        let left = |chain: &[String]| {
            let kept: Vec<String> =
                chain.iter().filter(|name| usable.contains(name)).cloned().collect();
            let kept = if kept.is_empty() { usable.clone() } else { kept };
            (kept != chain).then_some(kept)
        };
        Self {
            tasks: self.tasks.iter().filter_map(|(k, chain)| Some((*k, left(chain)?))).collect(),
            planners: left(&self.planners).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents(usable: &[&str]) -> Vec<AgentFact> {
        let fact = |name: &str| AgentFact {
            name: name.to_owned(),
            problem: (!usable.contains(&name)).then(|| "missing".to_owned()),
            mend: None,
        };
        BUILTIN.into_iter().map(fact).collect()
    }

    fn told(chains: &Chains) -> Vec<String> {
        let line = |(kind, names): &(TaskType, Vec<String>)| {
            format!("{}: {}", kind.as_str(), names.join(" "))
        };
        chains
            .tasks
            .iter()
            .map(line)
            .chain([format!("planners: {}", chains.planners.join(" "))])
            .collect()
    }

    #[test]
    fn chains_are_written_only_where_they_differ_from_the_usual() {
        let usual = Chains::usual();
        assert_eq!(usual.tasks.len(), TaskType::ALL.len());
        for none in [&[][..], &["codex", "claude", "gemini", "deepseek"]] {
            assert_eq!(told(&usual.changed(&agents(none))), ["planners: "], "{none:?}");
        }
        let two = usual.changed(&agents(&["codex", "claude"]));
        assert_eq!(
            told(&two),
            [
                "implementation: codex claude",
                "debugging: claude codex",
                "browser_automation: claude codex",
                "planners: "
            ]
        );
    }

    #[test]
    fn where_nobody_of_a_chain_is_left_everybody_usable_is_asked() {
        let only = Chains::usual().changed(&agents(&["gemini"]));
        assert_eq!(only.tasks.len(), TaskType::ALL.len());
        assert!(only.tasks.iter().all(|(_, names)| names == &["gemini"]), "{only:?}");
        assert_eq!(only.planners, ["gemini"]);
    }
}
