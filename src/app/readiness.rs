//! Which agents can be used now: parked ones and what their preflight says, and the provider that a run is to ask.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::App;
use super::state::provider_key;
use crate::agent::preflight::Question;
use crate::agent::providers::{self, Choice, Secrets};
use crate::agent::{AgentTable, Preflight, Recipe};
use crate::domain::ids::AgentName;
use crate::domain::retry::RunFailure;
use crate::domain::routing::{Availability, Unavailable};
use crate::sys::files::FileError;

impl App {
    /// What can be found out about an agent without asking its provider. With `may_run` its program may be asked for its version, which
    /// is remembered for some minutes; else only what is remembered is told.
    pub fn preflight(&self, table: &AgentTable, may_run: bool) -> Preflight {
        let own = self.confiner.agent_home(&table.name);
        let operator = self.environment.get("HOME").map(PathBuf::from);
        let homes: Vec<PathBuf> = std::iter::once(own).chain(operator).collect();
        crate::agent::preflight(&Question {
            table,
            environment: &self.environment,
            root: &self.settings.root,
            homes: &homes,
            secrets: &self.settings.secrets_file,
            cache: &self.runtime().join("cache").join("agents"),
            now: self.now(),
            may_run,
        })
    }

    /// Why an agent cannot be used as this machine is set up, if it cannot.
    pub fn obstacle(&self, name: &AgentName, may_run: bool) -> Option<Unavailable> {
        let found = self.preflight(self.agents.get(name)?, may_run);
        let problem = found.problems.into_iter().find(|problem| problem.blocks)?;
        Some(Unavailable { until: None, reason: format!("{}: {}", problem.what, problem.mend) })
    }

    /// The agents that a provider or a person keeps out of reach: parked themselves, or with every provider parked that they have a key for.
    pub fn availability(&self) -> Availability {
        let parked = self.state.availability(self.now());
        let mut all = parked.clone();
        for (name, table) in &self.agents {
            let choices = self.choices(table);
            let outs: Vec<&Unavailable> = choices
                .iter()
                .filter_map(|choice| parked.get(&provider_key(name, choice.provider.name)?))
                .collect();
            if !choices.is_empty() && outs.len() == choices.len() {
                let reasons: Vec<String> = choices
                    .iter()
                    .zip(&outs)
                    .map(|(choice, out)| format!("{}: {}", choice.provider.name, out.reason))
                    .collect();
                let until = outs.iter().filter_map(|out| out.until).min();
                all.entry(name.clone())
                    .or_insert(Unavailable { until, reason: reasons.join("; ") });
            }
        }
        all.retain(|name, _| self.agents.contains_key(name));
        all
    }

    /// The provider that the next run of an agent asks: the first one that is not parked. `None` where an agent has but one.
    pub fn provider(&self, table: &AgentTable) -> Option<Choice> {
        let parked = self.state.availability(self.now());
        let is_out = |choice: &Choice| {
            provider_key(&table.name, choice.provider.name)
                .is_some_and(|key| parked.contains_key(&key))
        };
        let choices = self.choices(table);
        let free = choices.iter().find(|choice| !is_out(choice)).cloned();
        free.or_else(|| choices.into_iter().next())
    }

    fn choices(&self, table: &AgentTable) -> Vec<Choice> {
        if table.recipe != Some(Recipe::Deepseek) {
            return Vec::new();
        }
        let secrets = Secrets::read(&self.settings.secrets_file).unwrap_or_default();
        providers::choices(&self.environment, &secrets)
    }

    /// Leaves an agent out until a time, and with it every other agent that runs the same program, because they ask the same provider.
    /// Of an agent with several providers only the one that was asked is left out.
    ///
    /// # Errors
    ///
    /// When the record cannot be written.
    pub fn park(
        &self,
        agent: &AgentName,
        provider: Option<&str>,
        until: Timestamp,
        reason: &str,
    ) -> Result<(), FileError> {
        let now = self.now();
        if let Some(key) = provider.and_then(|provider| provider_key(agent, provider)) {
            return self.state.park_agent(&key, until, reason, now);
        }
        let program = self.agents.get(agent).and_then(service);
        let shares = |table: &AgentTable| program.is_some() && service(table) == program;
        for (name, table) in &self.agents {
            if name == agent || shares(table) {
                self.state.park_agent(name, until, reason, now)?;
            }
        }
        Ok(())
    }

    /// Leaves an agent out for as long as a failure of its provider or of this machine asks for; any other failure concerns one run alone.
    ///
    /// # Errors
    ///
    /// When the record cannot be written.
    pub fn park_after(
        &self,
        agent: &AgentName,
        provider: Option<&str>,
        failure: &RunFailure,
    ) -> Result<(), FileError> {
        let now = self.now();
        let after = |minutes| now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
        let until = match failure {
            // Two hours where the provider names no time: the usual cool-down.
            RunFailure::Quota { until } => until.unwrap_or_else(|| after(120)),
            RunFailure::Overloaded => after(5),
            RunFailure::Credentials => after(30),
            RunFailure::Environment { .. } => after(10),
            _ => return Ok(()),
        };
        let reason = failure.sentence();
        if matches!(failure, RunFailure::Environment { .. }) {
            return self.state.park_agent(agent, until, &reason, now);
        }
        self.park(agent, provider, until, &reason)
    }

    /// Lets an agent be tried again at once, with whoever was left out with it.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn unpark(&self, agent: &AgentName) -> Result<(), FileError> {
        let program = self.agents.get(agent).and_then(service);
        let shares = |name: &AgentName| {
            program.is_some() && self.agents.get(name).and_then(service) == program
        };
        let is_provider_of = |name: &AgentName| {
            name.as_str().strip_prefix(agent.as_str()).is_some_and(|rest| {
                providers::DEEPSEEK
                    .iter()
                    .any(|provider| rest.strip_prefix('.') == Some(provider.name))
            })
        };
        self.state.unpark(|name| name == agent || shares(name) || is_provider_of(name))
    }
}

/// The provider that a program asks, as far as the program's name tells.
fn service(table: &AgentTable) -> Option<&'static str> {
    match table.program() {
        "claude" => Some("anthropic"),
        "codex" => Some("openai"),
        "gemini" => Some("google"),
        _ => None,
    }
}
