//! `agentos why`: the first condition that does not hold, its evidence and the next look. It evaluates the very predicates of the jobs, so
//! that the two cannot disagree.

use jiff::Timestamp;
use serde::Serialize;

use super::report::Job;
use super::{dispatch, plan, pr_monitor, queue};
use crate::app::{App, Repository};
use crate::domain::admission::{self, Admission};
use crate::domain::ids::{IssueNumber, PrNumber, RepoSlug, TaskId};
use crate::domain::merge::{self, Verdict};
use crate::domain::origin;
use crate::domain::routing::Route;
use crate::domain::task::{Folder, Outcome, Task};
use crate::effects::texts;
use crate::sys::lock;

/// What a person asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A task.
    Task(TaskId),
    /// An issue, of a repository or of the only one.
    Issue(Option<String>, IssueNumber),
    /// A pull request.
    Pull(Option<String>, PrNumber),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What was asked about.
    pub subject: String,
    /// Whether it is moving.
    pub moving: bool,
    /// The first condition that does not hold, or what is happening.
    pub reason: String,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What looks at it next, and when.
    pub next_look: String,
}

impl Why {
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
}

impl std::str::FromStr for Subject {
    type Err = LookError;

    /// Reads `web-42`, `acme/web#42`, `#42`, `42`, `pr:7` or `acme/web!7`.
    fn from_str(text: &str) -> Result<Self, LookError> {
        let bad = || {
            let shown = crate::text::clean::one_line(text, 80);
            LookError::Unknown(format!(
                "`{shown}` is neither a task (`web-42`), an issue (`42`, `acme/web#42`) nor a pull request (`pr:7`)"
            ))
        };
        let number = |digits: &str| digits.parse::<u64>().map_err(|_| bad());
        if let Some(digits) = text.strip_prefix("pr:") {
            return Ok(Self::Pull(None, PrNumber(number(digits)?)));
        }
        if let Some((repo, digits)) = text.split_once('#') {
            let repo = (!repo.is_empty()).then(|| repo.to_owned());
            return Ok(Self::Issue(repo, IssueNumber(number(digits)?)));
        }
        if let Some((repo, digits)) = text.split_once('!') {
            return Ok(Self::Pull(Some(repo.to_owned()), PrNumber(number(digits)?)));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return Ok(Self::Issue(None, IssueNumber(number(text)?)));
        }
        text.parse().map(Self::Task).map_err(|_| bad())
    }
}

/// Answers why something is not moving, or what moves it.
///
/// # Errors
///
/// When there is no such thing, or it cannot be read.
pub async fn ask(app: &App, subject: &Subject) -> Result<Why, LookError> {
    match subject {
        Subject::Task(id) => match app.mailbox.find(id).map_err(unreadable)? {
            Some((folder, task)) => of_task(app, folder, &task).await,
            None => Err(LookError::Unknown(format!("there is no task {id}"))),
        },
        Subject::Issue(repo, number) => of_issue(app, repo.as_deref(), *number).await,
        Subject::Pull(repo, number) => of_pull(app, repo.as_deref(), *number).await,
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

async fn of_issue(app: &App, repo: Option<&str>, number: IssueNumber) -> Result<Why, LookError> {
    let repository = repository(app, repo)?;
    let newest = app.mailbox.newest_generation(&repository.key, number).map_err(unreadable)?;
    let issue = repository.glance.issue(number).await.map_err(unreadable)?;
    if let Some((generation, Some(folder))) = newest {
        let id = TaskId::of(&repository.key, number, generation);
        let found = app.mailbox.find(&id).map_err(unreadable)?;
        if let Some((_, task)) = found
            && (!admission::is_ready(&issue) || is_live(folder, &task))
        {
            return of_task(app, folder, &task).await;
        }
    }
    let subject = format!("{}{number}", repository.slug());
    let mut evidence = vec![format!("labels: {}", join_or_none(&issue.labels))];
    evidence.extend(issue.status.map(|status| format!("column: {status}")));
    evidence.extend(origin::of(&issue).map(|origin| {
        format!(
            "made by `{}`, generation {}: a person or a sprint makes it Ready",
            origin.job, origin.generation
        )
    }));
    if let Some(reason) = denied(app, repository, Job::Dispatch) {
        return Ok(Why {
            subject,
            moving: false,
            reason,
            evidence,
            next_look: "when it is resumed".to_owned(),
        });
    }
    let view = dispatch::view(app, repository, &issue).await.map_err(LookError::Unreadable)?;
    let (moving, reason) = match admission::admit(&issue, &view) {
        Admission::Dispatch { .. } => (true, "it is Ready and will be dispatched".to_owned()),
        Admission::Answer => (true, "Ready again is the answer to its question".to_owned()),
        Admission::Live { folder } => (true, format!("its task is in `{folder}/`")),
        Admission::Wait { reason } => (false, reason),
        Admission::NotReady if issue.state == crate::domain::issue::IssueState::Closed => {
            (false, "it is closed".to_owned())
        }
        Admission::NotReady => {
            let more = plan::of_issue(app, repository, &issue).await;
            let more = more.map(|more| format!("; {more}")).unwrap_or_default();
            (false, format!("nobody has made it Ready, by label or by column{more}"))
        }
    };
    Ok(Why { subject, moving, reason, evidence, next_look: "the next `dispatch`".to_owned() })
}

fn is_live(folder: Folder, task: &Task) -> bool {
    let known = admission::Known { folder, outcome: task.outcome, generation: task.generation };
    known.is_live()
}

async fn of_pull(app: &App, repo: Option<&str>, number: PrNumber) -> Result<Why, LookError> {
    let tasks = app.mailbox.tasks().map_err(unreadable)?;
    let wanted = match repo {
        Some(name) => Some(repository(app, Some(name))?.slug().clone()),
        None => None,
    };
    let found = tasks.into_iter().find(|(_, task)| {
        task.pr == Some(number) && wanted.as_ref().is_none_or(|slug| task.repo == *slug)
    });
    match found {
        Some((folder, task)) => of_task(app, folder, &task).await,
        None => of_memory(app, wanted.as_ref(), number).ok_or_else(|| {
            LookError::Unknown(format!("no task of ours has the pull request {}", number.0))
        }),
    }
}

/// The pull request that carries memory belongs to no task.
fn of_memory(app: &App, wanted: Option<&RepoSlug>, number: PrNumber) -> Option<Why> {
    let of = |slug: &RepoSlug| wanted.is_none_or(|wanted| wanted == slug);
    let repositories = app.repositories.iter().filter(|repository| of(repository.slug()));
    let row = repositories
        .filter_map(|repository| super::memory::row(app, repository))
        .find(|row| row.pr == Some(number))?;
    let waits = "it carries memory to a protected branch and waits for its checks".to_owned();
    Some(Why {
        subject: format!("{}!{}", row.repo, number.0),
        moving: row.reason.is_none(),
        reason: row.reason.unwrap_or(waits),
        evidence: vec![format!("{} changes wait", row.waiting)],
        next_look: "the next pr-monitor".to_owned(),
    })
}

async fn of_task(app: &App, folder: Folder, task: &Task) -> Result<Why, LookError> {
    match app.state.task_pause(&task.id).filter(|_| task.outcome.is_none()) {
        Some(pause) => Ok(Why {
            subject: task.id.to_string(),
            moving: false,
            reason: format!("it is {pause}; it lies in `{folder}/`"),
            evidence: vec![app.mailbox.path(folder, &task.id).display().to_string()],
            next_look: "when it is resumed".to_owned(),
        }),
        None => in_folder(app, folder, task).await,
    }
}

async fn in_folder(app: &App, folder: Folder, task: &Task) -> Result<Why, LookError> {
    let answer = |moving: bool, reason: String, evidence: Vec<String>, next_look: &str| Why {
        subject: task.id.to_string(),
        moving,
        reason,
        evidence,
        next_look: next_look.to_owned(),
    };
    let file = app.mailbox.path(folder, &task.id).display().to_string();
    let Some(repository) = app.repository(&task.repo) else {
        let reason = format!("its repository {} is not in the configuration any more", task.repo);
        return Ok(answer(false, reason, vec![file], "when the configuration names it again"));
    };
    let because = task.reason.clone().unwrap_or_else(|| "no reason is recorded".to_owned());
    Ok(match folder {
        Folder::Inbox => {
            let (moving, reason, next_look) = in_inbox(app, repository, task);
            answer(moving, reason, vec![file], &next_look)
        }
        Folder::Processing if lock::is_held(&app.mailbox.lock_path(&task.id)) => {
            let stage = task.stage.map_or("none", crate::domain::task::Stage::as_str);
            let agent = task.assigned.as_ref().map_or("nobody", |agent| agent.as_str());
            let reason = format!("a worker has it: agent {agent}, last finished stage `{stage}`");
            answer(true, reason, vec![file], "its worker, all the time")
        }
        Folder::Processing => {
            let reason =
                "its worker has died; the next `queue` goes on from the last finished stage";
            answer(true, reason.to_owned(), vec![file], "the next `queue`")
        }
        Folder::Blocked => {
            let next = "`dispatch`, when a person answers on the issue, marks it Ready again, or its dependency closes";
            answer(false, format!("it waits for a person: {because}"), vec![file], next)
        }
        Folder::Escalated => {
            let next = format!("never by itself: {}", texts::next_step(task));
            answer(false, format!("it was given up to a person: {because}"), vec![file], &next)
        }
        Folder::Failed => {
            let next =
                format!("never by itself: mend the cause, then `agentos task retry {}`", task.id);
            answer(false, format!("the system could not go on: {because}"), vec![file], &next)
        }
        Folder::Done => match task.outcome {
            Some(Outcome::Merged) => {
                answer(false, "it is merged".to_owned(), vec![file], "never: it is finished")
            }
            Some(outcome) => answer(
                false,
                format!("it ended as {}: {because}", outcome.as_str()),
                vec![file],
                "never: it is finished",
            ),
            None => return of_open_pull(app, repository, task, file).await,
        },
    })
}

fn in_inbox(app: &App, repository: &Repository, task: &Task) -> (bool, String, String) {
    if let Some(reason) = denied(app, repository, Job::Queue) {
        return (false, reason, "when it is resumed".to_owned());
    }
    if let Some(until) = task.not_before.filter(|until| *until > app.now()) {
        let because = task.reason.clone().unwrap_or_else(|| "parked".to_owned());
        return (false, format!("parked: {because}"), format!("the first `queue` after {until}"));
    }
    match queue::route(app, repository, task) {
        Route::Later { until, reason } => {
            let when = until.map_or_else(
                || "when a person has mended that".to_owned(),
                |at: Timestamp| format!("the first `queue` after {at}"),
            );
            (false, format!("no agent is available: {reason}"), when)
        }
        Route::Run(agent) => {
            let worker = match queue::no_room(app, 0) {
                Some(reason) => format!("it waits for another task to end: {reason}"),
                None => "it waits for a free worker".to_owned(),
            };
            (true, format!("{worker}; the agent is {agent}"), "the next `queue`".to_owned())
        }
        Route::UsedUp if queue::chain(app, repository, task).is_empty() => {
            let kind = task.task_type.as_str();
            (
                false,
                format!("no agent is configured for `{kind}`: see `agent_fallbacks`"),
                "the next `queue`".to_owned(),
            )
        }
        Route::UsedUp => {
            (true, "it waits for a free worker".to_owned(), "the next `queue`".to_owned())
        }
    }
}

async fn of_open_pull(
    app: &App,
    repository: &Repository,
    task: &Task,
    file: String,
) -> Result<Why, LookError> {
    let subject = task.id.to_string();
    let mut evidence = vec![file];
    let next_look = "the next `pr-monitor`".to_owned();
    if let Some(reason) = denied(app, repository, Job::PrMonitor) {
        return Ok(Why {
            subject,
            moving: false,
            reason,
            evidence,
            next_look: "when it is resumed".to_owned(),
        });
    }
    let taken = pr_monitor::take(app, repository, repository.glance.as_ref(), task, None)
        .await
        .map_err(unreadable)?;
    let pull = &taken.snapshot.pull;
    evidence.push(format!(
        "pull request {}: {}, head {}",
        pull.number.0,
        pull.state.as_str(),
        pull.head_sha.short()
    ));
    evidence.push(format!("checks: {}", taken.snapshot.checks.word()));
    if task.approved_head.as_ref() == Some(&pull.head_sha) {
        let by = task.approved_by.as_deref().unwrap_or("a person");
        evidence.push(format!("its head is approved by {by}"));
    }
    let verdict = merge::judge(&taken.snapshot);
    let moving = !matches!(verdict, Verdict::Hold(_) | Verdict::HandsOff(_));
    let reason = pr_monitor::reason_of(&verdict)
        .unwrap_or_else(|| format!("its verdict is `{}`", verdict.word()));
    Ok(Why { subject, moving, reason, evidence, next_look })
}

fn denied(app: &App, repository: &Repository, job: Job) -> Option<String> {
    let denial = app.may(job, repository).denial()?;
    Some(denial.told(repository.slug().as_str()))
}

fn join_or_none(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
