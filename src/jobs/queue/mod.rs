//! `agentos queue`: tasks are worked on until the inbox has nothing to claim or every slot is taken.

mod again;
mod archive;
mod attempt;
mod drafts;
mod escalate;
mod execute;
mod history;
mod judge;
mod limit;
mod metrics;
mod outside;
mod pause;
mod pick;
mod place;
mod prepare;
mod publish;
mod receipt;
mod settle;
mod sweep;
mod verify;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use crate::app::App;
use crate::domain::ids::{RepoSlug, TaskId};
use crate::domain::standstill::{Halt, Standstill};
use crate::sys::lock::{self, Lock};

use super::report::{Job, Report, Severity};

pub(in crate::jobs) use again::begin as begin_again;
pub(in crate::jobs) use drafts::{remove as remove_drafts, remove_of as remove_drafts_of};
pub(in crate::jobs) use escalate::note as escalation_note;
pub(in crate::jobs) use pick::may_begin;
use pick::no_room;
pub(in crate::jobs) use receipt::Receipt;
pub(in crate::jobs) use settle::extras;
pub(in crate::jobs) use sweep::{intents as sweep_intents, set_aside};
pub(in crate::jobs) use verify::tail_of;

/// What a run says that finds no slot for a worker.
const SLOTS_TAKEN: &str = "every worker slot is taken";

/// What a caller may ask of a queue run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Work on one task, then leave.
    pub once: bool,
    /// Only this task.
    pub task: Option<TaskId>,
    /// Workers of this process, instead of `max_parallel_workers`.
    pub workers: Option<usize>,
    /// Only this repository: slug, key or name.
    pub repo: Option<String>,
}

/// What the workers of one process share.
struct Shift<'a> {
    app: &'a App,
    options: &'a Options,
    report: RefCell<Report>,
    /// Tasks that this run will not take (again).
    passed_over: RefCell<BTreeSet<TaskId>>,
    /// Whether `--once` has had its task.
    taken: RefCell<bool>,
    /// What this run has given its workers.
    given: RefCell<Vec<Given>>,
    /// Why a worker did not begin although there may be work.
    held_back: RefCell<Option<String>>,
}

/// A task that this run has given a worker.
struct Given {
    id: TaskId,
    repo: RepoSlug,
    at: Instant,
}

/// Works on tasks, with as many workers as there are free slots.
pub async fn run(app: &App, options: &Options) -> Report {
    let shift = Shift {
        app,
        options,
        report: RefCell::new(Report::new(Job::Queue, app.now())),
        passed_over: RefCell::new(BTreeSet::new()),
        taken: RefCell::new(false),
        given: RefCell::new(Vec::new()),
        held_back: RefCell::new(None),
    };
    sweep::run(&shift).await;
    if pick::has_work(&shift) {
        match slots(app, options) {
            Ok(slots) if slots.is_empty() => {
                shift.report.borrow_mut().idle = Some(SLOTS_TAKEN.to_owned());
            }
            Ok(slots) => work_in(&shift, slots).await,
            Err(error) => shift.fail("slots", &error.to_string(), Severity::Failure),
        }
    }
    let mut report = shift.report.into_inner();
    if !report.items.is_empty() {
        super::upkeep::run(app);
    }
    if report.items.is_empty() && report.errors.is_empty() {
        report.idle = report.idle.or(shift.held_back.into_inner());
    }
    report
}

/// Runs one worker per slot, side by side on this thread: an agent is waited for elsewhere.
async fn work_in(shift: &Shift<'_>, slots: Vec<Lock>) {
    let mut workers: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> =
        slots.into_iter().map(|slot| Box::pin(worker(shift, slot)) as _).collect();
    std::future::poll_fn(|context| {
        workers.retain_mut(|worker| worker.as_mut().poll(context).is_pending());
        if workers.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// Takes task after task until there is nothing left for it.
async fn worker(shift: &Shift<'_>, _slot: Lock) {
    while !shift.app.stop.requested() {
        if shift.options.once && shift.taken.replace(true) {
            return;
        }
        let Some(claim) = pick::next(shift) else { return };
        let id = claim.task.id.clone();
        Box::pin(attempt::work(shift, claim)).await;
        super::notices::send(shift.app).await;
        tracing::debug!(task = %id, "settled");
    }
}

/// The free slots, as many as this process may use. All processes share the slots of the installation: one that wants a single worker
/// takes whichever is free.
fn slots(app: &App, options: &Options) -> Result<Vec<Lock>, crate::sys::files::FileError> {
    let shared = app.settings.max_parallel_workers.max(1);
    let own = options.workers.unwrap_or(shared).max(1);
    let wanted = if options.once || options.task.is_some() { 1 } else { own };
    let locks = app.locks();
    let mut slots = Vec::new();
    for n in 1..=shared.max(own) {
        if slots.len() < wanted
            && let Some(lock) = Lock::try_acquire(&slot_path(&locks, n))?
        {
            slots.push(lock);
        }
    }
    Ok(slots)
}

/// Why no worker could begin now, whatever the task: every slot is taken, or there is no memory for one more.
pub(in crate::jobs) fn no_worker(app: &App) -> Option<Halt> {
    let locks = app.locks();
    let mut slots = 1..=app.settings.max_parallel_workers.max(1);
    if slots.all(|n| lock::is_held(&slot_path(&locks, n))) {
        return Some(Halt::new(Standstill::SlotsTaken, SLOTS_TAKEN));
    }
    no_room(app, 0).map(|reason| Halt::new(Standstill::Memory, reason))
}

fn slot_path(locks: &Path, n: usize) -> std::path::PathBuf {
    locks.join(format!("slot-{n}.lock"))
}

impl Shift<'_> {
    fn fail(&self, item: &str, message: &str, severity: Severity) {
        tracing::warn!(item, message, "failed");
        self.report.borrow_mut().error(item, message, severity, None);
    }

    fn pass_over(&self, id: &TaskId) {
        self.passed_over.borrow_mut().insert(id.clone());
    }

    fn is_passed_over(&self, id: &TaskId) -> bool {
        self.passed_over.borrow().contains(id)
    }
}
