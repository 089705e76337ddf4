//! What happens after an attempt: the table of `DESIGN.md` section 4 as a pure function.
//!
//! `STATUS` decides first: partial means the next agent whatever the code; blocked means the row of its code; a code without a row means
//! the next agent with the attempt spent. Only a failure that we saw ourselves is free of charge, never one that an agent writes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blocker::BlockerCode;
use super::claim::Refutation;
use super::ids::AgentName;
use super::result::{AgentResult, ResultStatus};
use super::task::Task;

/// Free runs are bounded by this many times `max_attempts` (`DESIGN.md` section 4).
const FREE_RUNS_PER_ATTEMPT: u32 = 2;

/// Minutes that a task may be parked in all: seven days.
pub const MAX_PARKED_MINUTES: u64 = 7 * 24 * 60;

/// Why a run ended without a usable result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunFailure {
    /// The provider's quota is used up; free.
    Quota {
        /// When the provider answers again, where it said so.
        until: Option<Timestamp>,
    },
    /// The provider is overloaded or the network is down; free.
    Overloaded,
    /// Nobody is logged in, or the key is wrong; free.
    Credentials,
    /// The program is not there or cannot be started; free.
    Environment {
        /// What the system said.
        reason: String,
    },
    /// Our prompt is longer than it can take; free, but it had its turn.
    PromptTooLarge,
    /// It reached the limit of money for the run.
    Budget {
        /// Which limit, in one line.
        reason: String,
    },
    /// It ran into its deadline.
    Timeout,
    /// It neither wrote nor changed anything for too long.
    Stall,
    /// It ended with an error or a signal and left no result.
    Crash {
        /// How it ended, in one line.
        how: String,
    },
    /// The worker died beneath it; free, the same agent goes on.
    WorkerDied,
}

impl RunFailure {
    /// Whether it costs no attempt.
    pub fn is_free(&self) -> bool {
        match self {
            Self::Quota { .. }
            | Self::Overloaded
            | Self::Credentials
            | Self::Environment { .. }
            | Self::PromptTooLarge
            | Self::WorkerDied => true,
            Self::Budget { .. } | Self::Timeout | Self::Stall | Self::Crash { .. } => false,
        }
    }

    /// The blocker code under which it is recorded.
    pub fn code(&self) -> BlockerCode {
        match self {
            Self::Quota { .. } | Self::Overloaded | Self::Budget { .. } => {
                BlockerCode::QuotaLimited
            }
            Self::Credentials => BlockerCode::MissingCredentials,
            Self::Environment { .. } => BlockerCode::EnvironmentFailure,
            Self::Timeout | Self::Stall => BlockerCode::Timeout,
            Self::Crash { .. } | Self::PromptTooLarge | Self::WorkerDied => {
                BlockerCode::RunnerFailure
            }
        }
    }

    /// One line for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::Quota { until: Some(until) } => format!("quota used up until {until:.0}"),
            Self::Quota { until: None } => "quota used up".to_owned(),
            Self::Overloaded => "the provider is overloaded or cannot be reached".to_owned(),
            Self::Credentials => "not logged in, or the key is refused".to_owned(),
            Self::Environment { reason } => format!("could not work here: {reason}"),
            Self::PromptTooLarge => "the task's text is longer than it can take".to_owned(),
            Self::Budget { reason } => format!("was stopped at a limit of money: {reason}"),
            Self::Timeout => "ran into its deadline and was stopped".to_owned(),
            Self::Stall => {
                "wrote nothing and changed nothing for too long and was stopped".to_owned()
            }
            Self::Crash { how } => format!("left no result: {how}"),
            Self::WorkerDied => "its worker died".to_owned(),
        }
    }
}

/// What the test command said after the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestVerdict {
    /// None is configured, or it was not due.
    NotRun,
    /// Passed.
    Passed,
    /// Failed; with how, and the end of its output.
    Failed {
        /// For example `exit 1`.
        how: String,
        /// The end of its output, bounded.
        tail: String,
    },
}

/// What a run left, as far as we checked it ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// No usable run.
    Failed(RunFailure),
    /// A result file that is not one.
    BadResult {
        /// What is wrong with it.
        reason: String,
    },
    /// A result, and what the repository shows.
    Result {
        /// What the agent says.
        result: Box<AgentResult>,
        /// Whether the files differ from the commit that the attempt started from.
        changed: bool,
        /// What the tests say.
        tests: TestVerdict,
        /// Files in which conflict markers are left.
        markers: Vec<String>,
        /// Checks of its pull request that were red when it began.
        red: Vec<String>,
        /// Where it would publish a secret, in one line.
        leak: Option<String>,
    },
}

/// Who could go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The next agent of the chain that has not had its turn in this round, available or not.
    pub next: Option<AgentName>,
    /// Whether such an agent is available now.
    pub available_now: bool,
    /// When the first of them, or the present one, is available again; `None` when that is not known.
    pub available_at: Option<Timestamp>,
}

/// The bounds of a lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Repairs after the first pull request.
    pub ci_max_retries: u32,
    /// Whether anything but complete goes to `blocked/` at once (`automation_mode: dispatcher_only`).
    pub dispatcher_only: bool,
}

/// Whether an attempt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It counts.
    Spent,
    /// It does not.
    Free,
}

/// What is to happen with the task, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The repository bears the claim out: publish.
    Publish,
    /// Nothing had to be changed.
    NoChange {
        /// Why not.
        why: String,
    },
    /// Back to the inbox.
    Again {
        /// The same agent once more, with the finding.
        same_agent: bool,
        /// Whether the attempt counts.
        cost: Cost,
        /// Parked until then.
        not_before: Option<Timestamp>,
        /// One line.
        reason: String,
    },
    /// To `blocked/`, with a question.
    Ask {
        /// The agent's code.
        code: BlockerCode,
        /// One line.
        reason: String,
    },
    /// To `escalated/`.
    Escalate {
        /// Whether the attempt counts.
        cost: Cost,
        /// One line.
        reason: String,
    },
}

/// Decides after an attempt.
///
/// Pure: the same task and evidence give the same decision.
pub fn decide(
    task: &Task,
    evidence: &Evidence,
    chain: &Chain,
    limits: Limits,
    now: Timestamp,
) -> Decision {
    let decision = match evidence {
        Evidence::Failed(failure) if failure.is_free() => {
            after_free_failure(task, failure, chain, now)
        }
        Evidence::Failed(failure) => next_agent(task, chain, limits, &failure.sentence()),
        Evidence::BadResult { reason } => {
            correct(task, chain, limits, &format!("the result file is not valid: {reason}"))
        }
        Evidence::Result { result, changed, .. } => match result.status {
            ResultStatus::Complete => match evidence.refuted() {
                // Looked for anew before anything is committed: it may be no secret by now.
                Some(Refutation::Leak(_)) => Decision::Publish,
                Some(refutation) => correct(task, chain, limits, &refutation.sentence()),
                None if *changed => Decision::Publish,
                None => {
                    let why = result.no_change_reason().unwrap_or_default().to_owned();
                    Decision::NoChange { why }
                }
            },
            ResultStatus::Partial => next_agent(
                task,
                chain,
                limits,
                &format!("partial: {}", first_line(&result.summary)),
            ),
            ResultStatus::Blocked => after_blocked(task, result, chain, limits),
        },
    };
    match decision {
        Decision::Again { reason, .. } | Decision::Escalate { reason, .. }
            if limits.dispatcher_only =>
        {
            Decision::Ask { code: evidence.code().unwrap_or(BlockerCode::None), reason }
        }
        other => other,
    }
}

fn after_free_failure(
    task: &Task,
    failure: &RunFailure,
    chain: &Chain,
    now: Timestamp,
) -> Decision {
    let bound = task.max_attempts.saturating_mul(FREE_RUNS_PER_ATTEMPT);
    if task.counters.free_runs >= bound {
        let reason = format!(
            "{} runs in a row cost no attempt but brought nothing; the last: {}",
            task.counters.free_runs + 1,
            failure.sentence()
        );
        return Decision::Escalate { cost: Cost::Free, reason };
    }
    if *failure == RunFailure::PromptTooLarge && chain.next.is_none() {
        let reason = "the task's text is longer than any agent of the chain can take".to_owned();
        return Decision::Escalate { cost: Cost::Free, reason };
    }
    if task.parked_minutes >= MAX_PARKED_MINUTES {
        let reason = format!("parked for seven days in all; the last time: {}", failure.sentence());
        return Decision::Escalate { cost: Cost::Free, reason };
    }
    let same_agent = matches!(failure, RunFailure::WorkerDied);
    let not_before = if same_agent || chain.available_now {
        None
    } else {
        Some(chain.available_at.filter(|at| *at > now).unwrap_or_else(|| later(now)))
    };
    if let Some(until) = not_before
        && task.parked_minutes.saturating_add(minutes_until(until, now)) > MAX_PARKED_MINUTES
    {
        let reason = format!(
            "it would be parked for more than seven days in all, until {until:.0}: {}",
            failure.sentence()
        );
        return Decision::Escalate { cost: Cost::Free, reason };
    }
    Decision::Again { same_agent, cost: Cost::Free, not_before, reason: failure.sentence() }
}

/// When nothing says when an agent is available again, a quarter of an hour is a fair guess: long against a minute's tick, short
/// against a person's patience.
fn minutes_until(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.duration_since(now).as_mins()).unwrap_or(0)
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_mins(15)).unwrap_or(now)
}

fn after_blocked(task: &Task, result: &AgentResult, chain: &Chain, limits: Limits) -> Decision {
    let words = result.blockers.first().map_or(result.summary.as_str(), String::as_str);
    if result.blocker.waits_for_person() {
        return Decision::Ask { code: result.blocker, reason: first_line(words) };
    }
    let reason = format!("blocked ({}): {}", result.blocker.as_str(), first_line(words));
    next_agent(task, chain, limits, &reason)
}

/// The same agent once more with the finding, then the next.
fn correct(task: &Task, chain: &Chain, limits: Limits, reason: &str) -> Decision {
    let had_its_chance = task.second_chance.is_some() && task.second_chance == task.assigned;
    if had_its_chance || is_used_up(task, limits) {
        return next_agent(task, chain, limits, reason);
    }
    Decision::Again {
        same_agent: true,
        cost: Cost::Spent,
        not_before: None,
        reason: reason.to_owned(),
    }
}

fn next_agent(task: &Task, chain: &Chain, limits: Limits, reason: &str) -> Decision {
    if is_used_up(task, limits) {
        let bound = if task.is_repair() {
            all_used_up(limits.ci_max_retries, "repair")
        } else {
            all_used_up(task.max_attempts, "attempt")
        };
        return Decision::Escalate {
            cost: Cost::Spent,
            reason: format!("{bound}; the last: {reason}"),
        };
    }
    if chain.next.is_none() {
        let reason = format!("every agent of the chain had its turn; the last: {reason}");
        return Decision::Escalate { cost: Cost::Spent, reason };
    }
    let not_before = if chain.available_now { None } else { chain.available_at };
    Decision::Again { same_agent: false, cost: Cost::Spent, not_before, reason: reason.to_owned() }
}

fn all_used_up(most: u32, noun: &str) -> String {
    match most {
        1 => format!("the one {noun} is used up"),
        most => format!("all {most} {noun}s are used up"),
    }
}

/// Whether this attempt was the last one allowed. What a person moved into the inbox beyond the bound gets just that one.
fn is_used_up(task: &Task, limits: Limits) -> bool {
    if task.is_repair() {
        task.counters.repairs >= limits.ci_max_retries
    } else {
        task.counters.spent + 1 >= task.max_attempts
    }
}

fn first_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("no reason given")
        .to_owned()
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
