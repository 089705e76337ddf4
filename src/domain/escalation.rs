//! Handing a lineage to a person: why, who tried what, what is known, and the smallest step that a person can take. Pure; the words of the
//! note are in `effects`.

use super::blocker::BlockerCode;
use super::ids::AgentName;
use super::retry::{Evidence, RunFailure, TestVerdict};
use super::task::Task;

/// What stands in the way, as far as it decides what a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An agent has no login that works.
    Login {
        /// Which.
        agent: String,
    },
    /// Providers did not answer for too long: used up, overloaded, not reached.
    Provider,
    /// The money is used up.
    Money {
        /// The key of the configuration.
        key: String,
    },
    /// Tests that we run fail.
    Tests,
    /// Checks of the pull request stay red.
    Checks {
        /// Their names.
        names: Vec<String>,
    },
    /// Its conflict with the base is left.
    Conflict,
    /// A secret would be published.
    Leak,
    /// The machine does not allow the work.
    Environment,
    /// The task's text is too long for every agent.
    TooLong,
    /// Nobody is configured for this kind of task.
    NoAgent,
    /// Somebody else's commit is on its branch.
    Foreign,
    /// The remote does not take its branch: a rule, a hook, or a right that the token lacks.
    PushDeclined,
    /// The host does not take its pull request.
    PullRefused,
    /// All attempts, or all agents, had their turn.
    UsedUp,
}

/// What the configuration tells for the step of a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// What our tests or checks run.
    pub tests: Option<&'a str>,
    /// Where the branches lie, when the person's clone has no `origin` that would lead there.
    pub remote: Option<&'a str>,
}

impl Known<'_> {
    fn checkout(self, task: &Task) -> String {
        let branch = &task.branch;
        match self.remote.map(shell_word) {
            None => format!("`git fetch origin {branch} && git checkout {branch}`"),
            Some(remote) => {
                format!("`git fetch {remote} {branch}:{branch} && git checkout {branch}`")
            }
        }
    }

    fn push(self, task: &Task) -> String {
        let branch = &task.branch;
        let remote = self.remote.map(shell_word);
        remote.map_or_else(|| "push".to_owned(), |remote| format!("`git push {remote} {branch}`"))
    }

    fn merge_of_base(self, task: &Task) -> String {
        let base = &task.base_branch;
        match self.remote.map(shell_word) {
            None => format!("`git merge origin/{base}`"),
            Some(remote) => format!("`git pull --no-rebase {remote} {base}`"),
        }
    }
}

/// A text as one word of a command line.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@~".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Cause {
    /// What stands in the way after a run.
    pub fn after_run(evidence: &Evidence, agent: &AgentName, reason: &str) -> Self {
        match evidence {
            Evidence::Failed(RunFailure::Credentials) => Self::Login { agent: agent.to_string() },
            Evidence::Failed(RunFailure::Quota { .. } | RunFailure::Overloaded) => Self::Provider,
            Evidence::Failed(RunFailure::Environment { .. }) => Self::Environment,
            Evidence::Failed(RunFailure::PromptTooLarge) => Self::TooLong,
            Evidence::Failed(RunFailure::Budget { reason }) => Self::of_reason(reason),
            Evidence::Result { tests: TestVerdict::Failed { .. }, .. } => Self::Tests,
            _ => Self::of_reason(reason),
        }
    }

    /// What stands in the way where there was no run, by the one line that says it.
    pub fn of_reason(reason: &str) -> Self {
        let key = reason.split('`').find(|word| word.starts_with("budgets."));
        if let Some(key) = key {
            return Self::Money { key: key.to_owned() };
        }
        let causes: [(&str, Self); 7] = [
            ("a secret would be published", Self::Leak),
            ("no agent is configured", Self::NoAgent),
            ("commit that is not ours", Self::Foreign),
            ("moved under us", Self::Foreign),
            ("declines the push", Self::PushDeclined),
            ("refuses the pull request", Self::PullRefused),
            ("conflicts with", Self::Conflict),
        ];
        causes.into_iter().find(|(words, _)| reason.contains(words)).map_or(Self::UsedUp, |c| c.1)
    }

    /// The smallest step that a person can take.
    pub fn next_step(&self, task: &Task, known: Known<'_>) -> String {
        let (id, branch) = (&task.id, &task.branch);
        let (checkout, push) = (known.checkout(task), known.push(task));
        let run = match known.tests {
            Some(command) => format!("run `{}`", command.replace('`', "'")),
            None => "run what they run".to_owned(),
        };
        let retry = format!("`agentos task retry {id}`");
        match self {
            Self::Login { agent } => format!(
                "log `{agent}` in as the user that runs agentos (`agentos doctor` shows who is logged in); then {retry}"
            ),
            Self::Provider => format!(
                "see with the provider when it answers again, or add another agent to `agent_fallbacks`; then {retry}"
            ),
            Self::Money { key } => format!("raise `{key}` in the configuration, then {retry}"),
            Self::Tests => {
                let place = match task.head_sha {
                    Some(_) => checkout,
                    None => "go to the task's worktree, which is kept".to_owned(),
                };
                format!(
                    "{place}, {run}, and say on the issue what is meant or missing; then {retry}"
                )
            }
            Self::Checks { names } => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!(
                    "{checkout}, {run} for {}, push the repair to the branch and merge it by hand; or say on the issue what is meant, then {retry}",
                    names.join(", ")
                )
            }
            Self::Conflict => format!(
                "{checkout}, {}, solve the conflict, {push}, and merge the pull request by hand",
                known.merge_of_base(task)
            ),
            Self::Leak => format!(
                "look at the place that is named above: if it is a secret, replace it where it is valid; if it is none, change the line; then {retry}"
            ),
            Self::Environment => format!("mend what the machine lacks (named above), then {retry}"),
            Self::TooLong => format!(
                "split the issue, or shorten its text and mark it Ready again; {retry} alone will not help"
            ),
            Self::NoAgent => format!(
                "name an agent for `{}` in `agent_fallbacks`, then {retry}",
                task.task_type.as_str()
            ),
            Self::Foreign => format!(
                "look who pushed to `{branch}`: merge that work by hand, or delete the branch and {retry}"
            ),
            Self::PushDeclined => format!(
                "give the token the right that is named above, or change the rule of the remote that forbids `{branch}`; then {retry}"
            ),
            Self::PullRefused => format!("do what the host asks for (named above), then {retry}"),
            Self::UsedUp => format!(
                "read the last attempt below and say on the issue what is missing; then {retry}, which gives it one more attempt"
            ),
        }
    }
}

/// One run of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// The name of the run's folder.
    pub attempt: String,
    /// Who.
    pub agent: String,
    /// The status that it gave, or how it ended.
    pub status: String,
    /// The code under which it did not finish.
    pub blocker: Option<BlockerCode>,
    /// What failed, in one line.
    pub failed: String,
    /// How long it took.
    pub seconds: f64,
    /// What it cost, where that is known.
    pub cost_usd_micros: Option<u64>,
}

/// A failure that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The check or the command.
    pub name: String,
    /// How it ended.
    pub summary: String,
    /// What its log says.
    pub excerpt: Option<String>,
}

/// Everything that a person is told when a lineage is given up. Without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// Why, in one line.
    pub why: String,
    /// The smallest step that a person can take.
    pub next_step: String,
    /// Who tried what, oldest first.
    pub tried: Vec<Try>,
    /// What fails.
    pub failing: Vec<Failing>,
    /// What the last agent said.
    pub last_words: Option<String>,
    /// Where the records of the runs are, relative to the root.
    pub runs: Option<String>,
}

impl Escalation {
    /// What can be told from the task alone, as where a person moved its file by hand.
    pub fn of_task(task: &Task) -> Self {
        let why = task.reason.clone().unwrap_or_else(|| "no reason is recorded".to_owned());
        let cause = if task.is_repair() && !task.failed_checks.is_empty() {
            Cause::Checks { names: task.failed_checks.clone() }
        } else {
            Cause::of_reason(&why)
        };
        Self {
            next_step: cause.next_step(task, Known::default()),
            why,
            tried: Vec::new(),
            failing: Vec::new(),
            last_words: None,
            runs: None,
        }
    }
}

#[cfg(test)]
#[path = "escalation_tests.rs"]
mod tests;
