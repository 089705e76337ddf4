//! `agentos why`: the first condition that does not hold, its evidence and the next look. It evaluates the very predicates of the jobs, so
//! that the two cannot disagree.

mod issue;
mod job;
mod subject;
mod task;

use std::collections::BTreeSet;

use serde::Serialize;

pub use subject::Subject;

use super::dispatch::severity;
use super::memory::MemoryRow;
use super::report::{Job, Severity};
use crate::app::{App, Repository};
use crate::domain::ids::{PrNumber, RepoSlug};
use crate::domain::standstill::{Halt, Standstill};
use crate::host::HostError;

/// When something is looked at next that a switch stops.
const WHEN_RESUMED: &str = "when it is resumed";

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What was asked about.
    pub subject: String,
    /// Whether it is moving.
    pub moving: bool,
    /// Which condition does not hold, by its word; nothing where none is in the way.
    pub code: Option<Standstill>,
    /// The first condition that does not hold, or what is happening, in the words of the job.
    pub reason: String,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What looks at it next, and when.
    pub next_look: String,
}

impl Why {
    /// It is moving.
    fn moving(subject: String, reason: impl Into<String>, next_look: impl Into<String>) -> Self {
        Self {
            subject,
            moving: true,
            code: None,
            reason: reason.into(),
            evidence: Vec::new(),
            next_look: next_look.into(),
        }
    }

    /// Nothing is done about it, because of this; what comes by itself is on its way all the same.
    fn halted(subject: String, halt: Halt, next_look: impl Into<String>) -> Self {
        let (code, reason) = (Some(halt.standstill), halt.reason);
        let moving = halt.standstill == Standstill::Waits;
        Self { moving, code, ..Self::moving(subject, reason, next_look) }
    }

    /// The same with what shows it.
    fn seen(self, evidence: impl IntoIterator<Item = String>) -> Self {
        Self { evidence: evidence.into_iter().collect(), ..self }
    }

    /// The answer as people read it.
    pub fn lines(&self) -> Vec<String> {
        let word = if self.moving { "moving" } else { "not moving" };
        let mut lines = vec![format!("{} is {word}: {}", self.subject, self.reason)];
        lines.extend(self.evidence.iter().map(|evidence| format!("  seen: {evidence}")));
        lines.push(format!("  next look: {}", self.next_look));
        lines
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// It could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// The host cannot be asked now; later it can.
    #[error("{0}")]
    Away(String),
}

/// Answers why something is not moving, or what moves it.
///
/// # Errors
///
/// When there is no such thing, or it cannot be read.
pub async fn ask(app: &App, subject: &Subject) -> Result<Why, LookError> {
    match subject {
        Subject::Task(id) => match app.mailbox.find(id) {
            Ok(Some((folder, task))) => task::of(app, folder, &task).await,
            Ok(None) => Err(LookError::Unknown(format!("there is no task {id}"))),
            Err(error) => task::unusable(app, id, &error),
        },
        Subject::Issue(repo, number) => issue::of(app, repo.as_deref(), *number).await,
        Subject::Pull(repo, number) => of_pull(app, repo.as_deref(), *number).await,
        Subject::Job(job) => job::of(app, *job),
    }
}

/// A host that did not answer, for now or for good.
fn unanswered(error: &HostError) -> LookError {
    match severity(error) {
        Severity::Temporary => LookError::Away(error.to_string()),
        _ => LookError::Unreadable(error.to_string()),
    }
}

fn unreadable(error: impl std::fmt::Display) -> LookError {
    LookError::Unreadable(error.to_string())
}

fn repository<'a>(app: &'a App, name: Option<&str>) -> Result<&'a Repository, LookError> {
    match (name, app.repositories.as_slice()) {
        (Some(name), _) => {
            super::control::named(app, name).map_err(|error| LookError::Unknown(error.to_string()))
        }
        (None, [only]) => Ok(only),
        (None, _) => Err(LookError::Unknown(
            "there are several repositories: name one, for example `acme/web#42`".to_owned(),
        )),
    }
}

async fn of_pull(app: &App, repo: Option<&str>, number: PrNumber) -> Result<Why, LookError> {
    let wanted = match repo {
        Some(name) => Some(repository(app, Some(name))?.slug().clone()),
        None => None,
    };
    let is_wanted = |slug: &RepoSlug| wanted.as_ref().is_none_or(|wanted| wanted == slug);
    let mut tasks = app.mailbox.tasks().map_err(unreadable)?;
    tasks.retain(|(_, task)| task.pr == Some(number) && is_wanted(&task.repo));
    let repositories = app.repositories.iter().filter(|repository| is_wanted(repository.slug()));
    let mut memory: Vec<MemoryRow> =
        repositories.filter_map(|repository| super::memory::row(app, repository)).collect();
    memory.retain(|row| row.pr == Some(number));
    let theirs = tasks.iter().map(|(_, task)| &task.repo).chain(memory.iter().map(|row| &row.repo));
    let theirs: BTreeSet<RepoSlug> = theirs.cloned().collect();
    if let (Some(first), true) = (theirs.first(), theirs.len() > 1) {
        let number = number.0;
        return Err(LookError::Unknown(format!(
            "there are several repositories with a pull request {number}: name one, for example `{first}!{number}`"
        )));
    }
    if let Some((folder, task)) = tasks.into_iter().next() {
        return task::of(app, folder, &task).await;
    }
    memory.into_iter().next().map(of_memory).ok_or_else(|| {
        LookError::Unknown(format!("no task of ours has the pull request {}", number.0))
    })
}

/// The pull request that carries memory belongs to no task.
fn of_memory(row: MemoryRow) -> Why {
    let subject = format!("{}!{}", row.repo, row.pr.map_or(0, |pr| pr.0));
    let next_look = "the next pr-monitor";
    let waits = "it carries memory to a protected branch and waits for its checks";
    let changes = row.changes();
    let why = match row.reason {
        Some(reason) => Why::halted(subject, Halt::new(Standstill::Held, reason), next_look),
        None => Why::moving(subject, waits, next_look),
    };
    why.seen([changes])
}

/// Why a job may not act for a repository, if so.
fn denied(app: &App, repository: &Repository, job: Job) -> Option<Halt> {
    let denial = app.may(job, repository).denial()?;
    Some(Halt::new(denial.standstill(), denial.told(repository.slug().as_str())))
}
