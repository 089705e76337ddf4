//! Questions to models: the agents of `planner_agents` are asked as [`crate::llm`] says, and nobody is started who cannot be used.

mod desk;

use std::collections::BTreeSet;
use std::time::Duration;

use super::{App, Repository};
use crate::crash_point;
use crate::domain::ids::{AgentName, TaskId};
use crate::llm::{self, Answer, Cache, Form, Question, Unanswered};

use desk::Desk;

/// What all questions of one process may take: a job that holds up the next ones would do more harm than a brief by rule.
const MOST_TIME: Duration = Duration::from_secs(15 * 60);

/// What the questions of one process have come to.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    /// Agents on which one was wasted: they are not asked again.
    unanswering: BTreeSet<AgentName>,
    /// How long they took together.
    took: Duration,
}

/// A question of a job.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// What the answer is for, one word.
    pub purpose: &'static str,
    /// Raised when the caller understands the same form in another way.
    pub version: u32,
    /// What the model is told.
    pub prompt: &'a str,
    /// The form that the answer must have.
    pub form: &'a Form,
    /// The repository that it is about, whose deadlines hold.
    pub repository: Option<&'a Repository>,
    /// The task that it is about, whose money counts.
    pub task: Option<&'a TaskId>,
}

impl App {
    /// Asks the agents of `planner_agents` in their order. Starts no process where the answer is remembered or nobody can be used.
    ///
    /// # Errors
    ///
    /// When nobody answered, with why.
    pub async fn ask(&self, asking: &Asking<'_>) -> Result<Answer, Unanswered> {
        let Asking { purpose, version, prompt, form, .. } = *asking;
        let question = Question { purpose, version, prompt, form };
        let cache = Cache::new(self.runtime().join("cache").join("llm"), self.now());
        let desk = Desk { app: self, asking };
        let chain = &self.settings.planner_agents;
        let asked = llm::ask(&question, chain, &desk, &cache, &self.redactor).await;
        crash_point!("ask.answered");
        match &asked {
            Ok(answer) => {
                tracing::info!(purpose, by = %answer.by, remembered = answer.is_remembered, "a question was answered");
            }
            Err(why) => tracing::info!(purpose, reason = why.reason, "nobody answered a question"),
        }
        asked
    }

    /// Whether there is an agent that could be asked, as far as can be told without starting anything.
    pub fn can_ask(&self) -> bool {
        self.settings.planner_agents.iter().any(|agent| self.cannot_ask(agent, false).is_none())
    }

    /// Why an agent cannot be asked now.
    fn cannot_ask(&self, agent: &AgentName, may_run: bool) -> Option<String> {
        let Some(table) = self.agents.get(agent) else {
            return Some("is not configured".to_owned());
        };
        if table.recipe.is_none() && !self.settings.planner_agents_named {
            return Some("is a command of your own, which `planner_agents` has to name".to_owned());
        }
        let so_far = self.questions.borrow();
        if so_far.unanswering.contains(agent) {
            return Some("did not answer an earlier question of this run".to_owned());
        }
        if so_far.took >= MOST_TIME {
            return Some("the time for questions of this run is used up".to_owned());
        }
        if let Some(out) = self.availability().remove(agent) {
            return Some(out.reason);
        }
        // What files tell comes first: to ask a program for its version takes time.
        let obstacle = self.obstacle(agent, false);
        let obstacle = obstacle.or_else(|| may_run.then(|| self.obstacle(agent, true)).flatten());
        obstacle.map(|out| out.reason)
    }
}
