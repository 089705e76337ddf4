//! `agentos status`: what is queued, running, parked, waiting and merged. Reads only; shows `task list` too.

use jiff::Timestamp;
use serde::Serialize;

use crate::agent::AgentTable;
use crate::app::{App, Repository};
use crate::domain::cadence::Due;
use crate::domain::ids::{AgentName, BranchName, IssueNumber, PrNumber, RepoSlug, TaskId};
use crate::domain::kinds::Priority;
use crate::domain::permission::Denial;
use crate::domain::task::{Folder, Outcome, Stage, Task};
use crate::notify::Overview;
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::lock;

use super::alarms::{self, AlarmRow};
use super::groom;
pub use super::memory::MemoryRow;
pub use super::plan::SprintRow;
use super::report::Job;

/// A task in `task list --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskRow {
    /// Its id.
    pub task_id: TaskId,
    /// Its repository.
    pub repo: RepoSlug,
    /// Its issue.
    pub issue: IssueNumber,
    /// Its folder.
    pub state: Folder,
    /// The number of its present attempt.
    pub attempt: u32,
    /// The agent at work, else the last one.
    pub agent: Option<AgentName>,
    /// The last finished stage of the present attempt.
    pub stage: Option<Stage>,
    /// Its priority.
    pub priority: Priority,
    /// Its branch.
    pub branch: BranchName,
    /// Parked until then.
    pub not_before: Option<Timestamp>,
    /// Its pull request.
    pub pr: Option<PrNumber>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Its title.
    pub title: String,
    /// Whether a living worker holds it.
    pub running: bool,
    /// While it runs: how long the present attempt has taken.
    pub elapsed_seconds: Option<u64>,
    /// While it runs: the last line of what its agent has written.
    pub last_output: Option<String>,
    /// Why it waits.
    pub reason: Option<String>,
    /// When it was dispatched.
    pub created_at: Timestamp,
}

impl TaskRow {
    /// Whether it is over. Its folder says so first: one that a person has moved out of `done/` goes on, whatever its file still says.
    pub fn has_ended(&self) -> bool {
        self.state == Folder::Done && self.outcome.is_some()
    }
}

/// What cannot be read as a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreadable {
    /// Its folder.
    pub state: Folder,
    /// Its file.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

/// An agent in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentRow {
    /// Its name.
    pub name: AgentName,
    /// Whether it may run now.
    pub available: bool,
    /// When it may run again.
    pub until: Option<Timestamp>,
    /// Why it may not.
    pub reason: Option<String>,
    /// The version of its program, when that was asked for lately.
    pub version: Option<String>,
    /// What a person could mend, with how; warnings too.
    pub problems: Vec<String>,
    /// Whether some chain names it, so that it matters.
    pub used: bool,
}

/// A job in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRow {
    /// Its name.
    pub job: &'static str,
    /// Why it does nothing.
    pub paused: Option<String>,
    /// Whether it is running.
    pub running: bool,
    /// When the first repository is due for it, where it has a pace of its own.
    pub next: Option<Timestamp>,
}

/// A pull request of ours in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PullRow {
    /// Its number.
    pub number: PrNumber,
    /// Its repository.
    pub repo: RepoSlug,
    /// Its task.
    pub task: TaskId,
    /// Its issue.
    pub issue: IssueNumber,
    /// `open` or `merged`.
    pub state: &'static str,
    /// Why it waits for a person, as `pr-monitor` saw it last.
    pub held: Option<String>,
}

/// A pull request that looks like ours and is not, in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForeignRow {
    /// Its number.
    pub number: PrNumber,
    /// Its repository.
    pub repo: RepoSlug,
    /// Its branch.
    pub head: BranchName,
}

/// Everything that `status` shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Whether anything is switched off or paused.
    pub paused: bool,
    /// What, and how it goes on.
    pub pauses: Vec<String>,
    /// The tasks.
    pub tasks: Vec<TaskRow>,
    /// Files that are no tasks.
    pub unreadable: Vec<Unreadable>,
    /// Pull requests of ours.
    pub pulls: Vec<PullRow>,
    /// Memory that waits for its branch.
    pub memory: Vec<MemoryRow>,
    /// Sprints that wait for a yes.
    pub sprints: Vec<SprintRow>,
    /// Open pull requests that look like ours and are not, as of the last `pr-monitor`.
    pub foreign: Vec<ForeignRow>,
    /// Agents.
    pub agents: Vec<AgentRow>,
    /// Jobs.
    pub jobs: Vec<JobRow>,
    /// What has been wrong for long.
    pub alarms: Vec<AlarmRow>,
    /// Messages to the operator's chat.
    pub notifications: Overview,
}

/// The row of one task.
pub fn row(app: &App, folder: Folder, task: &Task) -> TaskRow {
    let running = folder == Folder::Processing && lock::is_held(&app.mailbox.lock_path(&task.id));
    TaskRow {
        task_id: task.id.clone(),
        repo: task.repo.clone(),
        issue: task.issue,
        state: folder,
        attempt: task.attempt,
        agent: task.assigned.clone().or_else(|| task.tried.last().cloned()),
        stage: task.stage,
        priority: task.priority,
        branch: task.branch.clone(),
        not_before: task.not_before,
        pr: task.pr,
        outcome: task.outcome,
        title: task.title.clone(),
        running,
        elapsed_seconds: running.then(|| elapsed(app, task)).flatten(),
        last_output: running.then(|| super::tail::last_line(app, task)).flatten(),
        reason: task
            .trouble
            .clone()
            .filter(|_| !running)
            .or_else(|| task.reason.clone())
            .or_else(|| waits_for_a_person(app, folder, task)),
        created_at: task.created_at,
    }
}

/// That the open pull request of a task waits for a person, if it does.
fn waits_for_a_person(app: &App, folder: Folder, task: &Task) -> Option<String> {
    let pr = task.pr.filter(|_| folder == Folder::Done && task.outcome.is_none())?;
    let why = held(app, &task.id, pr)?;
    Some(format!("pull request {} waits for a person: {why}", pr.0))
}

/// Why a pull request waits for a person, as `pr-monitor` saw it last; what cannot be read says nothing.
fn held(app: &App, task: &TaskId, pr: PrNumber) -> Option<String> {
    let held = app.state.held().ok()?.remove(task)?;
    (held.pr == pr).then_some(held.reason)
}

/// How long ago the present attempt began: with its prompt.
fn elapsed(app: &App, task: &Task) -> Option<u64> {
    let prompt = app.runs(&task.id).join(task.run_label()).join("prompt.md");
    let began = Timestamp::try_from(prompt.metadata().ok()?.modified().ok()?).ok()?;
    // On the machine's clock, as the file's date: `AGENTOS_NOW` is for rules.
    u64::try_from(SystemClock.now().duration_since(began).as_secs()).ok()
}

/// Reads everything that `status` shows.
///
/// # Errors
///
/// When the mailbox cannot be read.
pub fn gather(app: &App) -> Result<Status, crate::mailbox::MailboxError> {
    let (mut tasks, mut unreadable) = (Vec::new(), Vec::new());
    for folder in Folder::ALL {
        for entry in app.mailbox.list(folder)? {
            match entry.task {
                Ok(task) => tasks.push(row(app, folder, &task)),
                Err(reason) => unreadable.push(Unreadable {
                    state: folder,
                    file: entry.path.display().to_string(),
                    reason,
                }),
            }
        }
    }
    let pulls = tasks.iter().filter_map(|task| pull_row(app, task)).collect();
    let mut pauses = pauses(app);
    pauses.extend(paused_tasks(app, &tasks));
    Ok(Status {
        paused: !pauses.is_empty(),
        pauses,
        tasks,
        unreadable,
        pulls,
        memory: super::memory::rows(app),
        sprints: super::plan::rows(app),
        foreign: foreign(app),
        agents: agents(app),
        jobs: jobs(app),
        alarms: alarms::rows(app),
        notifications: app.notifier.overview(app.now()),
    })
}

fn foreign(app: &App) -> Vec<ForeignRow> {
    let of = |repository: &Repository| {
        let known = app.state.foreign(&repository.key).unwrap_or_default();
        let repo = repository.slug().clone();
        known.into_iter().map(move |(number, head)| ForeignRow {
            number: PrNumber(number),
            repo: repo.clone(),
            head,
        })
    };
    app.repositories.iter().flat_map(of).collect()
}

/// When a job with a pace of its own has something to do next; what cannot be read says nothing.
fn next(app: &App, job: Job) -> Option<Timestamp> {
    if matches!(job, Job::Score | Job::Analyze) {
        let halt = app.may_anywhere(job).then(|| app.not_due_this_week(job))?.ok()?;
        return halt.map_or_else(|| Some(app.now()), |halt| halt.until);
    }
    let of = |repository: &Repository| match job {
        Job::Groom if app.may(job, repository).is_granted() => {
            match groom::due(app, repository).ok()? {
                Due::Now => Some(app.now()),
                Due::At(next) => Some(next),
                Due::Dormant => None,
            }
        }
        _ => None,
    };
    app.repositories.iter().filter_map(of).min()
}

fn pull_row(app: &App, task: &TaskRow) -> Option<PullRow> {
    let state = match task.outcome {
        None => "open",
        Some(Outcome::Merged) => "merged",
        Some(_) => return None,
    };
    let number = task.pr?;
    let may_wait = task.state == Folder::Done && task.outcome.is_none();
    Some(PullRow {
        number,
        repo: task.repo.clone(),
        task: task.task_id.clone(),
        issue: task.issue,
        state,
        held: may_wait.then(|| held(app, &task.task_id, number)).flatten(),
    })
}

fn paused_tasks(app: &App, tasks: &[TaskRow]) -> Vec<String> {
    let under_way = tasks.iter().filter(|task| !task.has_ended());
    let line = |task: &TaskRow| {
        let reason = app.state.task_pause(&task.task_id)?;
        Some(format!("{}: {reason}", task.task_id))
    };
    under_way.filter_map(line).collect()
}

pub(super) fn pauses(app: &App) -> Vec<String> {
    let mut paused = Vec::new();
    // What stops a tick stops everything.
    if let Some(denial) = app.may_run(Job::Tick).denial() {
        paused.push(denial.reason());
    }
    for repository in &app.repositories {
        if let Some(denial @ Denial::RepoPaused(_)) = app.may(Job::Tick, repository).denial() {
            paused.push(format!("{}: {}", repository.slug(), denial.reason()));
        }
    }
    paused
}

fn agents(app: &App) -> Vec<AgentRow> {
    let availability = app.availability();
    let row = |(name, table): (&AgentName, &AgentTable)| {
        // Reads only: no program is started for a look.
        let found = app.preflight(table, false);
        let problem = found.problems.iter().find(|problem| problem.blocks);
        let out = availability.get(name);
        let blocked = || problem.map(|problem| problem.what.clone());
        AgentRow {
            name: name.clone(),
            available: out.is_none() && found.ok,
            until: out.and_then(|out| out.until),
            reason: out.map(|out| out.reason.clone()).or_else(blocked),
            version: found.version,
            problems: found.problems.iter().map(|p| format!("{}: {}", p.what, p.mend)).collect(),
            used: is_used(app, name),
        }
    };
    app.agents.iter().map(row).collect()
}

/// Whether the chain of any kind of task that is under way names an agent, or its preference does.
fn is_used(app: &App, name: &AgentName) -> bool {
    app.repositories.iter().any(|repository| {
        let chain = repository.settings.agent_fallbacks.get(&repository.settings.default_task_type);
        chain.is_some_and(|chain| {
            Priority::ALL.into_iter().any(|priority| chain.chain(priority).contains(name))
        })
    })
}

fn jobs(app: &App) -> Vec<JobRow> {
    Job::ALL
        .into_iter()
        .map(|job| {
            let running = match job {
                Job::Queue => (1..=app.settings.max_parallel_workers)
                    .any(|n| lock::is_held(&app.locks().join(format!("slot-{n}.lock")))),
                _ => lock::is_held(&app.locks().join(format!("job-{}.lock", job.as_str()))),
            };
            let paused = app.may_run(job).denial().map(|denial| denial.reason());
            JobRow { job: job.as_str(), paused, running, next: next(app, job) }
        })
        .collect()
}
