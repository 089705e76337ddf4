//! The prompt of one attempt: which template, what it is filled with, and how much of each part.

use minijinja::{Value, context};

use super::budget::{self, Keep, Layer, Manifest};
use super::library::{PromptError, Prompts};
use crate::domain::body;
use crate::domain::kinds::TaskType;
use crate::domain::memory;
use crate::domain::result;
use crate::domain::task::Task;
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

/// Entries of the memory that are shown.
const MEMORY_ENTRIES: usize = 15;
/// Bytes of the memory that are shown.
const MEMORY_BYTES: usize = 24 * 1024;
/// Bytes of all parts together.
const MOST_BYTES: usize = 192 * 1024;

/// The files from which a prompt gets its context; those that do not exist are empty.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `README.md` of the base branch: the product's goal.
    pub readme: String,
    /// `STRATEGY.md` of the base branch: what was decided from sprint to sprint.
    pub strategy: String,
    /// `PLANNING_PRINCIPLES.md` of the base branch: what stays the aim over time.
    pub principles: String,
    /// `CODEBASE.md` of the base branch: what earlier tasks left.
    pub memory: String,
    /// `PRODUCTION_FEEDBACK.md` of the repository's artefacts, for strategic work.
    pub feedback: String,
    /// `PLANNING_RESEARCH.md` of the repository's artefacts, for strategic work.
    pub research: String,
}

/// What the prompt of an attempt is made from.
pub struct Execution<'a> {
    /// The task, with the history of all attempts in its body.
    pub task: &'a Task,
    /// The context.
    pub sources: &'a Sources,
    /// What we shall run to check the work.
    pub test_command: Option<&'a str>,
}

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    First,
    FollowUp,
    SecondChance,
    Repair,
    Conflict,
}

impl Purpose {
    const ALL: [Self; 5] =
        [Self::First, Self::FollowUp, Self::SecondChance, Self::Repair, Self::Conflict];

    fn of(task: &Task) -> Self {
        if !task.conflicts.is_empty() {
            return Self::Conflict;
        }
        if !task.failed_checks.is_empty() {
            return Self::Repair;
        }
        let tried = task.tried_this_round();
        let is_own = task.assigned.is_some() && tried.last() == task.assigned.as_ref();
        match (tried.is_empty(), is_own && task.reason.is_some()) {
            (true, _) => Self::First,
            (false, true) => Self::SecondChance,
            (false, false) => Self::FollowUp,
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::First => "first_attempt.md",
            Self::FollowUp => "follow_up.md",
            Self::SecondChance => "second_chance.md",
            Self::Repair => "repair.md",
            Self::Conflict => "conflict.md",
        }
    }
}

/// Whether a task needs the evidence on which plans are made: work on direction, structure and what is said to people, or work whose outcome
/// is measured.
pub fn is_strategic(task: &Task) -> bool {
    matches!(task.task_type, TaskType::Architecture | TaskType::Research | TaskType::Content)
        || !task.outcome_checks.is_empty()
}

impl Prompts {
    /// Renders the prompt of an attempt, with the record of what it was made of. Every text is redacted before it is cut and fenced.
    ///
    /// # Errors
    ///
    /// When a template of the operator's fails on this task.
    pub fn execution(
        &self,
        context: &Execution<'_>,
        redactor: &Redactor,
    ) -> Result<(String, Manifest), PromptError> {
        let purpose = Purpose::of(context.task);
        let mut layers = layers(context, redactor);
        let parts = budget::fit(&mut layers, MOST_BYTES);
        let text = self.render(purpose.template(), values(context, &layers, redactor))?;
        let manifest = Manifest {
            template: purpose.template().to_owned(),
            overridden: self.overridden().to_vec(),
            bytes: text.len(),
            parts,
        };
        Ok((text, manifest))
    }
}

/// The parts that come from outside, the most important first: when there is too much, the last ones give way.
fn layers(context: &Execution<'_>, redactor: &Redactor) -> Vec<Layer> {
    let (task, sources) = (context.task, context.sources);
    let history = body::history(&task.body);
    let brief = task.body.trim_end().strip_suffix(history).unwrap_or(&task.body);
    let memory = memory::excerpt(&sources.memory, MEMORY_ENTRIES, MEMORY_BYTES);
    let rows: [(&str, &str, &str, usize, Keep); 8] = [
        ("task", "", brief, 80 * 1024, Keep::BothEnds),
        ("history", "", history, 64 * 1024, Keep::BothEnds),
        (
            "CODEBASE.md",
            "CODEBASE.md (what earlier tasks left)",
            &memory,
            MEMORY_BYTES + 1024,
            Keep::Beginning,
        ),
        ("README.md", "README.md (beginning)", &sources.readme, 3000, Keep::Beginning),
        (
            "PLANNING_PRINCIPLES.md",
            "PLANNING_PRINCIPLES.md (what stays the aim)",
            &sources.principles,
            8 * 1024,
            Keep::Beginning,
        ),
        (
            "STRATEGY.md",
            "STRATEGY.md (what was decided from sprint to sprint)",
            &sources.strategy,
            8 * 1024,
            Keep::Beginning,
        ),
        (
            "PRODUCTION_FEEDBACK.md",
            "PRODUCTION_FEEDBACK.md (what was measured)",
            &sources.feedback,
            16 * 1024,
            Keep::Beginning,
        ),
        (
            "PLANNING_RESEARCH.md",
            "PLANNING_RESEARCH.md (what was read)",
            &sources.research,
            16 * 1024,
            Keep::Beginning,
        ),
    ];
    let layer =
        |(name, title, text, most, keep): (&'static str, &'static str, &str, usize, Keep)| {
            let original = if name == "CODEBASE.md" { &sources.memory } else { text };
            let bytes = original.trim().len();
            Layer { name, title, text: redactor.redact(text.trim()), bytes, most, keep }
        };
    rows.into_iter().map(layer).collect()
}

fn values(context: &Execution<'_>, layers: &[Layer], redactor: &Redactor) -> Value {
    let task = context.task;
    let fenced = |name: &str| -> String {
        let text = layers.iter().find(|layer| layer.name == name).map_or("", |layer| &layer.text);
        if text.is_empty() { String::new() } else { sections::fence(text, "markdown") }
    };
    let shown = layers.iter().filter(|layer| !layer.title.is_empty() && !layer.text.is_empty());
    let shown: Value = shown
        .map(|layer| {
            context! { title => layer.title, text => sections::fence(&layer.text, "markdown") }
        })
        .collect();
    // Names of checks and files are somebody else's text as well: one line, and nothing that ends a code span.
    let names = |names: &[String]| -> Value {
        names.iter().map(|name| Value::from(plain(&redactor.redact(name), 200))).collect()
    };
    let finding = redactor.redact(task.reason.as_deref().unwrap_or_default());
    context! {
        repo => task.repo.to_string(),
        branch => task.branch.to_string(),
        base_branch => task.base_branch.to_string(),
        task_id => task.id.to_string(),
        task_type => task.task_type.as_str(),
        attempt => task.attempt,
        max_attempts => task.max_attempts.max(task.attempt),
        agent => task.assigned.as_ref().map_or_else(String::new, ToString::to_string),
        brief => fenced("task"),
        history => fenced("history"),
        layers => shown,
        conflicts => names(&task.conflicts),
        failed_checks => names(&task.failed_checks),
        finding => sections::fence(&plain(&finding, 400), "text"),
        test_command => context.test_command.unwrap_or_default(),
        contract => sections::fence(&result::template(), "text"),
    }
}

fn plain(text: &str, most: usize) -> String {
    clean::one_line(&clean::untrusted(text).text.replace('`', "'"), most)
}

/// Fills every template in with nothing and with everything, so that a name that does not exist is found before an agent waits for it.
pub(super) fn try_out(prompts: &Prompts) -> Result<(), PromptError> {
    for purpose in Purpose::ALL {
        for is_full in [false, true] {
            prompts.render(purpose.template(), sample(is_full))?;
        }
    }
    Ok(())
}

fn sample(is_full: bool) -> Value {
    let text = if is_full { "text" } else { "" };
    let list = || -> Value { is_full.then_some("item").into_iter().map(Value::from).collect() };
    let layers: Value =
        is_full.then(|| context! { title => "title", text => "text" }).into_iter().collect();
    context! {
        repo => "acme/web", branch => "agent/web-1", base_branch => "main", task_id => "web-1", task_type => "implementation",
        attempt => 1, max_attempts => 4, agent => text, brief => text, history => text, layers, conflicts => list(),
        failed_checks => list(), finding => text, test_command => text, contract => "text",
    }
}
