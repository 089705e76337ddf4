//! The operator's switches: `on`, `off`, `pause`, `resume`, `arm`, `disarm`, and the mailbox by command.

use std::time::{Duration, Instant};

use crate::app::{App, Repository};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::job::Job;
use crate::domain::pull::PullState;
use crate::domain::task::{Folder, Outcome, Task};
use crate::host::HostError;
use crate::mailbox::{Lease, MailboxError};

use super::queue;
use super::reconcile::{self, TellError};
use super::thread;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be done now.
    #[error("{0}")]
    NotNow(String),
    /// It cannot be done any more.
    #[error("{0}")]
    Over(String),
    /// A file could not be read or written.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// A state file could not be written.
    #[error(transparent)]
    File(#[from] crate::sys::files::FileError),
    /// The host could not be told; the task itself is as wanted.
    #[error("the task is {0}, but the host could not be told yet: {1}")]
    Untold(&'static str, Box<TellError>),
}

/// Switches everything off (or on again).
///
/// # Errors
///
/// When the flag file cannot be written.
pub fn switch(app: &App, on: bool) -> Result<(), ControlError> {
    let flag = app.state.flag_all();
    Ok(if on { app.state.lower(&flag) } else { app.state.raise(&flag, app.now()) }?)
}

/// What is paused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// A repository.
    pub repo: Option<&'a str>,
    /// A job.
    pub job: Option<&'a str>,
    /// A task.
    pub task: Option<&'a TaskId>,
}

/// Pauses a repository, a job or a task, or lets it go on. A worker that has the task stops at its next step.
///
/// # Errors
///
/// When there is no such repository, job or task, or the flag file cannot be written.
pub fn pause(app: &App, scope: Scope<'_>, pause: bool) -> Result<(), ControlError> {
    let Scope { repo, job, task } = scope;
    let mut flags = Vec::new();
    if let Some(id) = task {
        if pause && app.mailbox.whereabouts(id).is_none() {
            return Err(ControlError::Unknown(format!("there is no task {id}")));
        }
        flags.push(app.state.flag_task(id));
    }
    if let Some(name) = repo {
        flags.push(app.state.flag_repo(&named(app, name)?.key));
    }
    if let Some(job) = job {
        let known = Job::ALL.map(Job::as_str);
        if !known.contains(&job) {
            return Err(ControlError::Unknown(format!(
                "`{job}` is not a job: use one of {}",
                known.join(", ")
            )));
        }
        flags.push(app.state.flag_job(job));
    }
    for flag in flags {
        if pause {
            app.state.raise(&flag, app.now())?;
        } else {
            app.state.lower(&flag)?;
        }
    }
    Ok(())
}

/// Lets an issue (or all of them) pass the day-one fence; says how many still wait.
///
/// # Errors
///
/// When the record cannot be read or written.
pub fn adopt(
    app: &App,
    repository: &Repository,
    issue: Option<IssueNumber>,
) -> Result<usize, ControlError> {
    let fence = app.state.fence(&repository.key)?.after_adoption(issue);
    app.state.set_fence(&repository.key, &fence)?;
    Ok(fence.waiting.len())
}

/// Allows or forbids automatic merges of a repository.
///
/// # Errors
///
/// When there is no such repository, or the record cannot be written.
pub fn arm(app: &App, repo: &str, armed: bool) -> Result<(), ControlError> {
    let repository = named(app, repo)?;
    Ok(app.state.set_arming(&repository.key, armed, app.now())?)
}

/// The repository that a person means.
///
/// # Errors
///
/// When there is none, naming the ones that there are.
pub fn named<'a>(app: &'a App, name: &str) -> Result<&'a Repository, ControlError> {
    app.repository_named(name).ok_or_else(|| {
        let known: Vec<&str> =
            app.repositories.iter().map(|repository| repository.slug().as_str()).collect();
        ControlError::Unknown(format!(
            "there is no repository `{}` in the configuration: use one of {}",
            crate::text::clean::one_line(name, 80),
            known.join(", ")
        ))
    })
}

/// The longest that somebody at a terminal waits for a worker to stop: it looks each half second while an agent runs, and between two steps.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(50);

/// Takes the lease of a task. A worker that has it is asked to stop by a pause, which is taken back whatever comes of it: with the lease in
/// hand nobody goes on, and without it nothing was changed.
async fn stopped(app: &App, id: &TaskId, order: &Order) -> Result<Lease, ControlError> {
    let flag = app.state.flag_task(id);
    let mut is_ours = false;
    let found = wait_for_lease(app, id, order, &mut is_ours).await;
    if is_ours {
        app.state.lower(&flag)?;
    }
    found
}

async fn wait_for_lease(
    app: &App,
    id: &TaskId,
    order: &Order,
    is_ours: &mut bool,
) -> Result<Lease, ControlError> {
    let deadline = Instant::now() + if order.waits { PATIENCE } else { Duration::ZERO };
    loop {
        if let Some(lease) = app.mailbox.lease(id)? {
            return Ok(lease);
        }
        if Instant::now() >= deadline {
            return Err(ControlError::NotNow(format!(
                "the task {id} is being worked on just now, and its worker did not stop in time: `agentos pause --task {id}` stops it at its next step; then try again"
            )));
        }
        let is_running = app.mailbox.whereabouts(id) == Some(Folder::Processing);
        if is_running && app.state.task_pause(id).is_none() {
            app.state.raise(&app.state.flag_task(id), app.now())?;
            *is_ours = true;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn leased(
    app: &App,
    id: &TaskId,
    order: &Order,
) -> Result<(Lease, Folder, Task), ControlError> {
    let lease = stopped(app, id, order).await?;
    match app.mailbox.find(id)? {
        Some((folder, task)) => Ok((lease, folder, task)),
        None => Err(ControlError::Unknown(format!("there is no task {id}"))),
    }
}

/// Who orders something, and with what words.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who, as it is written down.
    pub by: String,
    /// The comment that holds the order, where it is one.
    pub comment: Option<u64>,
    /// What is said to the next agent.
    pub words: Option<String>,
    /// Whether somebody waits for a worker to stop; a job has others to look at.
    pub waits: bool,
}

impl Order {
    /// An order on the command line.
    pub fn of_operator() -> Self {
        Self { by: "the operator".to_owned(), comment: None, words: None, waits: true }
    }

    fn note(&self, task: &mut Task) {
        // A crash may have come between these words and the move that they belong to.
        let is_noted = self.comment.is_some() && task.last_command == self.comment;
        task.last_command = self.comment.or(task.last_command);
        if let Some(words) = self.words.as_ref().filter(|_| !is_noted) {
            task.body = format!("{}\n\n# Answer\n\n{words}\n", task.body.trim_end());
        }
    }
}

/// Puts a task back into the inbox, as moving its file there does: it gets one further attempt whatever its counters say.
///
/// # Errors
///
/// When there is no such task, its worker does not stop, or it is merged: then its record is true and stays.
pub async fn retry(app: &App, id: &TaskId, order: &Order) -> Result<Folder, ControlError> {
    let (lease, folder, mut task) = leased(app, id, order).await?;
    if task.outcome == Some(Outcome::Merged) {
        return Err(ControlError::Over(format!(
            "the task {id} is merged: reopen its issue and mark it Ready, and it is done anew"
        )));
    }
    task.not_before = None;
    order.note(&mut task);
    if let Some(said) = said(app, &task).await?.filter(|said| !task.body.contains(said)) {
        task.body = format!("{}\n\n# Answer\n\n{said}\n", task.body.trim_end());
    }
    // Who says "again" means: ask its agent again, whatever it was left out for.
    let last = task.second_chance.as_ref().or(task.tried.last());
    for agent in task.agent.iter().chain(last) {
        app.unpark(agent)?;
    }
    if folder == Folder::Inbox {
        app.mailbox.update(&lease, folder, &task).map_err(moved)?;
        return Ok(folder);
    }
    queue::begin_again(app, &mut task)?;
    task.begin_round();
    task.forget_the_end();
    task.reason = None;
    app.mailbox.transfer(&lease, &mut task, folder, Folder::Inbox).map_err(moved)?;
    told(app, &lease, Folder::Inbox, &mut task, "in the inbox").await?;
    Ok(folder)
}

/// Ends a task without a pull request.
///
/// # Errors
///
/// When there is no such task, its worker does not stop, or it has ended already, if only by a merge that nobody has written down yet.
pub async fn cancel(app: &App, id: &TaskId, order: &Order) -> Result<(), ControlError> {
    let (lease, folder, mut task) = leased(app, id, order).await?;
    // A move that a crash has cut off is carried out now.
    let is_cut_off = task.settling.is_some_and(|step| step.from == folder);
    if let Some(outcome) = task.outcome.filter(|_| !is_cut_off) {
        return Err(ControlError::NotNow(format!(
            "the task {id} has ended already: {}",
            outcome.as_str()
        )));
    }
    not_merged(app, &task).await?;
    task.outcome = Some(Outcome::Cancelled);
    task.trouble = None;
    task.reason = Some(format!("cancelled by {}", order.by));
    task.not_before = None;
    order.note(&mut task);
    if folder == Folder::Done {
        app.mailbox.update(&lease, folder, &task).map_err(moved)?;
    } else {
        app.mailbox.transfer(&lease, &mut task, folder, Folder::Done).map_err(moved)?;
    }
    told(app, &lease, Folder::Done, &mut task, "cancelled").await
}

/// Refuses what would call work cancelled that is on the base branch already.
async fn not_merged(app: &App, task: &Task) -> Result<(), ControlError> {
    let (Some(pr), Some(repository)) = (task.pr, app.repository(&task.repo)) else { return Ok(()) };
    let told = |reason: &str| format!("the pull request {} of {} {reason}", pr.0, task.id);
    match repository.host.pull(pr).await {
        Ok(pull) if matches!(pull.state, PullState::Merged { .. }) => Err(ControlError::Over(
            told("is merged, nothing is cancelled; the next `pr-monitor` finishes the task"),
        )),
        Ok(_) | Err(HostError::NotFound { .. } | HostError::Malformed { .. }) => Ok(()),
        Err(error) => Err(ControlError::NotNow(told(&format!("cannot be looked at: {error}")))),
    }
}

/// What people have said since we called for one: who tries again means that it is heard.
async fn said(app: &App, task: &Task) -> Result<Option<String>, ControlError> {
    let Some(repository) = app.repository(&task.repo) else { return Ok(None) };
    match repository.host.comments(task.issue).await {
        Ok(comments) => Ok(thread::words(thread::behind_our_last(&comments, &task.id))),
        Err(HostError::NotFound { .. } | HostError::Malformed { .. }) => Ok(None),
        Err(error) => Err(ControlError::NotNow(format!(
            "what was said about {} cannot be read: {error}",
            task.id
        ))),
    }
}

async fn told(
    app: &App,
    lease: &Lease,
    folder: Folder,
    task: &mut Task,
    now: &'static str,
) -> Result<(), ControlError> {
    let Some(repository) = app.repository(&task.repo) else { return Ok(()) };
    let extras = queue::extras(task, folder);
    reconcile::tell(app, repository, lease, folder, task, &extras)
        .await
        .map_err(|error| ControlError::Untold(now, Box::new(error)))
}

fn moved(error: crate::mailbox::Gone) -> ControlError {
    match error {
        crate::mailbox::Gone::Moved(id) => {
            ControlError::NotNow(format!("the file of task {id} was moved meanwhile"))
        }
        crate::mailbox::Gone::Mailbox(error) => ControlError::Mailbox(error),
    }
}
