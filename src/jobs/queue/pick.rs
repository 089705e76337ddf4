//! Which task a worker takes next: first what a dead worker left, then the most urgent of the inbox.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::app::{App, Repository, spend};
use crate::config::Fallbacks;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::routing::{self, Route, Served, Waiting, rank};
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::task::{Folder, Task};
use crate::mailbox::{Claim, Head};
use crate::sys::{lock, memory};

use super::super::dispatch::is_named;
use super::super::report::{Job, Severity};
use super::attempt::Trouble;
use super::{Given, Shift, again, sweep};

/// So long a run is young: what it will need is not yet taken from what is free.
const GROWTH: Duration = Duration::from_secs(30);

/// Whether there is anything that a worker could look at; costs two folder listings. A folder that cannot be read is named.
pub(super) fn has_work(shift: &Shift<'_>) -> bool {
    let any = |folder: Folder| match shift.app.mailbox.stems(folder) {
        Ok(stems) => !stems.is_empty(),
        Err(error) => {
            shift.fail(folder.as_str(), &error.to_string(), Severity::Failure);
            false
        }
    };
    // Both are looked at, so that both are named.
    let (left, waiting) = (any(Folder::Processing), any(Folder::Inbox));
    left || waiting
}

/// Claims the next task, or nothing when there is none for this run.
pub(super) fn next(shift: &Shift<'_>) -> Option<Claim> {
    let young = shift.given.borrow().iter().filter(|given| given.at.elapsed() < GROWTH).count();
    if let Some(reason) = no_room(shift.app, young) {
        tracing::info!(%reason, "no further worker begins");
        shift.held_back.replace(Some(reason));
        return None;
    }
    let claim = take_over(shift).or_else(|| from_inbox(shift))?;
    let given =
        Given { id: claim.task.id.clone(), repo: claim.task.repo.clone(), at: Instant::now() };
    shift.given.borrow_mut().push(given);
    Some(claim)
}

/// Why the memory of this machine does not do for one more worker beside the others, whoever started them; `young` of them still grow.
pub(in crate::jobs) fn no_room(app: &App, young: usize) -> Option<String> {
    let at_work = at_work(app).len();
    if at_work == 0 {
        return None;
    }
    let each = app.settings.worker_memory_mb.saturating_mul(1024 * 1024);
    routing::no_room(memory::free(), at_work, young.min(at_work), each)
}

/// The tasks that somebody works on at this moment.
fn at_work(app: &App) -> Vec<TaskId> {
    let stems = app.mailbox.stems(Folder::Processing).unwrap_or_default();
    let ids = stems.iter().filter_map(|stem| stem.parse::<TaskId>().ok());
    ids.filter(|id| lock::is_held(&app.mailbox.lock_path(id))).collect()
}

/// How many workers each repository has, and has had in this run.
fn served(shift: &Shift<'_>) -> Served {
    let mut served = Served::new();
    let given = shift.given.borrow();
    for given in given.iter() {
        *served.entry(given.repo.clone()).or_default() += 1;
    }
    let processing = shift.app.mailbox.heads(Folder::Processing).unwrap_or_default();
    for task in processing.tasks.iter().map(Head::keys) {
        if !given.iter().any(|given| given.id == task.id) {
            *served.entry(task.repo.clone()).or_default() += 1;
        }
    }
    served
}

/// A task in `processing/` whose lease is free: its worker has died.
fn take_over(shift: &Shift<'_>) -> Option<Claim> {
    let stems = shift.app.mailbox.stems(Folder::Processing).ok()?;
    for stem in stems {
        let Ok(id) = stem.parse::<TaskId>() else { continue };
        if !is_wanted(shift, &id) || shift.app.state.task_pause(&id).is_some() {
            continue;
        }
        match shift.app.mailbox.take_over(&id) {
            Ok(Some(claim)) if repository_of(shift, &claim.task).is_some() => {
                match shift.app.sync_after_a_death() {
                    Ok(()) => return Some(claim),
                    Err(error) => cannot_take(shift, Folder::Processing, &id, &error.into()),
                }
            }
            Ok(_) => {}
            Err(error) => cannot_take(shift, Folder::Processing, &id, &error.into()),
        }
    }
    None
}

fn from_inbox(shift: &Shift<'_>) -> Option<Claim> {
    let heads = match shift.app.mailbox.heads(Folder::Inbox) {
        Ok(heads) => heads,
        Err(error) => {
            shift.fail("inbox", &error.to_string(), Severity::Failure);
            return None;
        }
    };
    for poison in &heads.poison {
        sweep::poison(shift, poison);
    }
    let waiting: Vec<Waiting> = heads.tasks.iter().map(|head| waiting(head.keys())).collect();
    let heads: BTreeMap<&TaskId, &Task> =
        heads.tasks.iter().map(|head| (&head.keys().id, head.keys())).collect();
    name_parked(shift, &heads);
    for id in rank(&waiting, &served(shift), shift.app.now()) {
        let is_ready = |task: &&Task| is_ready(shift, task);
        if !is_wanted(shift, &id) || !heads.get(&id).is_some_and(is_ready) {
            continue;
        }
        match clear_and_claim(shift, &id) {
            Ok(Some(claim)) => return Some(claim),
            Ok(None) => {}
            Err(trouble) => cannot_take(shift, Folder::Inbox, &id, &trouble),
        }
    }
    None
}

/// Says which tasks are parked, to whoever wants to know each detail.
fn name_parked(shift: &Shift<'_>, heads: &BTreeMap<&TaskId, &Task>) {
    let now = shift.app.now();
    for task in heads.values().filter(|task| task.not_before.is_some_and(|until| until > now)) {
        if let Err(halt) = may_begin(shift.app, task) {
            tracing::debug!(task = %task.id, reason = halt.reason, "is not begun");
        }
    }
}

fn waiting(task: &Task) -> Waiting {
    Waiting {
        id: task.id.clone(),
        repo: task.repo.clone(),
        priority: task.priority,
        created_at: task.created_at,
        not_before: task.not_before,
    }
}

/// A file that is no task is set aside; one that cannot be moved or read just now is left to the next run.
fn cannot_take(shift: &Shift<'_>, folder: Folder, id: &TaskId, trouble: &Trouble) {
    shift.pass_over(id);
    match trouble {
        Trouble::Mailbox(error) if error.is_poison() => {
            let poison = shift.app.mailbox.poison(folder, id, error.to_string());
            sweep::poison(shift, &poison);
        }
        _ => shift.fail(id.as_str(), &trouble.to_string(), trouble.severity()),
    }
}

fn clear_and_claim(shift: &Shift<'_>, id: &TaskId) -> Result<Option<Claim>, Trouble> {
    if !again::clear_marks(shift.app, id)? {
        return Ok(None);
    }
    Ok(shift.app.mailbox.claim(id)?)
}

fn is_wanted(shift: &Shift<'_>, id: &TaskId) -> bool {
    shift.options.task.as_ref().is_none_or(|wanted| wanted == id) && !shift.is_passed_over(id)
}

/// Whether a task of the inbox can be worked on now by this run.
fn is_ready(shift: &Shift<'_>, task: &Task) -> bool {
    let is_elsewhere = |repository: &Repository| {
        shift.options.repo.as_deref().is_some_and(|name| !is_named(repository, name))
    };
    if shift.app.repository(&task.repo).is_some_and(is_elsewhere) {
        shift.pass_over(&task.id);
        return false;
    }
    match may_begin(shift.app, task) {
        Ok(_) => true,
        Err(halt) => {
            tracing::info!(task = %task.id, reason = halt.reason, "is not begun");
            shift.pass_over(&task.id);
            false
        }
    }
}

/// Who would work on a task of the inbox now, or why nobody does: what a worker and `why` go by.
pub(in crate::jobs) fn may_begin(app: &App, task: &Task) -> Result<Route, Halt> {
    let halt = |standstill, reason: String| Err(Halt::new(standstill, reason));
    if let Some(pause) = app.state.task_pause(&task.id) {
        return halt(Standstill::TaskPaused, format!("it is {pause}"));
    }
    let Some(repository) = app.repository(&task.repo) else {
        let reason = format!("its repository {} is not in the configuration any more", task.repo);
        return halt(Standstill::Unconfigured, reason);
    };
    if let Some(denial) = app.may(Job::Queue, repository).denial() {
        return halt(denial.standstill(), denial.told(repository.slug().as_str()));
    }
    if let Some(until) = task.not_before.filter(|until| *until > app.now()) {
        let because = task.reason.as_deref().map(|because| format!(": {because}"));
        let reason = format!("parked{}", because.unwrap_or_default());
        return Err(Halt { standstill: Standstill::Parked, reason, until: Some(until) });
    }
    // One that has no money left is claimed, and goes to a person.
    if spend::used_up(app, task).is_some() {
        return Ok(Route::UsedUp);
    }
    if let Some((until, reason)) = spend::wait(app) {
        let reason = format!("no agent is available: {reason}");
        return Err(Halt { standstill: Standstill::MoneyOfDay, reason, until: Some(until) });
    }
    match route(app, repository, task) {
        Route::Later { until, reason } => {
            let reason = format!("no agent is available: {reason}");
            Err(Halt { standstill: Standstill::AgentsOut, reason, until })
        }
        route => Ok(route),
    }
}

/// The repository of a task, where this run may work on it.
pub(super) fn repository_of<'a>(shift: &Shift<'a>, task: &Task) -> Option<&'a Repository> {
    let repository = shift.app.repository(&task.repo)?;
    if shift.options.repo.as_deref().is_some_and(|name| !is_named(repository, name)) {
        return None;
    }
    shift.app.may(Job::Queue, repository).is_granted().then_some(repository)
}

/// The chain of a task: its preferred agent, then the chain of its type and priority, as far as such agents exist.
pub(super) fn chain(app: &App, repository: &Repository, task: &Task) -> Vec<AgentName> {
    let configured: &[AgentName] = match repository.settings.agent_fallbacks.get(&task.task_type) {
        Some(Fallbacks::List(list)) => list,
        Some(Fallbacks::ByPriority(by)) => by.get(&task.priority).map_or(&[], Vec::as_slice),
        None => &[],
    };
    let mut chain = routing::chain_of(task.agent.as_ref(), configured);
    chain.retain(|agent| app.agents.contains_key(agent));
    chain
}

/// The agent of a task's next run.
pub(super) fn route(app: &App, repository: &Repository, task: &Task) -> Route {
    routed(app, task, &chain(app, repository, task))
}

/// The first agent of a chain that can be used now. What an agent needs is looked at when its turn comes, not before: asking for a version
/// takes time. One that cannot be used is passed over and costs no attempt.
pub(super) fn routed(app: &App, task: &Task, chain: &[AgentName]) -> Route {
    if let Some((until, reason)) = spend::wait(app) {
        return Route::Later { until: Some(until), reason };
    }
    let mut availability = app.availability();
    loop {
        let Route::Run(agent) = routing::route(task, chain, &availability, app.now()) else {
            return routing::route(task, chain, &availability, app.now());
        };
        let obstacle = app.obstacle(&agent, true).or_else(|| spend::stopped(app, &agent));
        let Some(out) = obstacle else { return Route::Run(agent) };
        tracing::debug!(%agent, reason = out.reason, "passed over");
        availability.insert(agent, out);
    }
}
