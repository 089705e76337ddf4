//! Where a task goes after an attempt: its file first, then the host, then the metrics.

use super::attempt::{Attempt, Trouble};
use super::receipt::{self, Receipt};
use crate::crash_point;
use crate::domain::blocker::BlockerCode;
use crate::domain::body;
use crate::domain::escalation::Cause;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::IssueState;
use crate::domain::retry::{Cost, Decision, Evidence, RunFailure};
use crate::domain::routing::Route;
use crate::domain::task::{Folder, Outcome, Stage, Task};
use crate::domain::waiting;
use crate::effects::texts;
use crate::git::Worktree;
use crate::journal::Event;
use crate::text::clean;

use super::super::memory;
use super::super::notices;
use super::super::outcomes;
use super::super::reconcile::{Extra, tell};
use super::super::report::Severity;
use super::escalate;
use super::history;
use super::metrics;
use super::pick;

/// Carries out what was decided after a run, unless that is to publish.
pub(super) async fn after_attempt(
    mut attempt: Attempt<'_>,
    worktree: Option<&Worktree>,
    receipt: &Receipt,
    evidence: &Evidence,
    decision: Decision,
) -> Result<(), Trouble> {
    if let Some(worktree) = worktree {
        worktree.save_work(&attempt.task().id, &receipt.start, attempt.shift.app.now())?;
    }
    let cost = cost_of(&decision);
    // What an agent says may hold what it was never to know: nothing of that gets into our files.
    let reason = attempt.shift.app.redactor.redact(&reason_of(&decision));
    record(&mut attempt, receipt, evidence, cost, &reason)?;
    let task = &mut attempt.claim.task;
    task.reason = Some(clean::one_line(&reason, 300));
    task.blocker = evidence.code();
    match decision {
        Decision::Publish => Ok(()),
        Decision::NoChange { .. } => {
            task.outcome = Some(Outcome::NoChange);
            move_to(attempt, Folder::Done, "no_change").await
        }
        Decision::Again { same_agent, cost, not_before, .. } => {
            begin_next(&mut attempt, receipt, same_agent, cost, not_before);
            move_to(attempt, Folder::Inbox, "retried").await
        }
        Decision::Ask { .. } => {
            attempt.claim.task.waits_for = in_the_way(&attempt, evidence).await;
            move_to(attempt, Folder::Blocked, "blocked").await
        }
        Decision::Escalate { cost, .. } => {
            if cost == Cost::Free {
                receipt::rename_free_run(attempt.shift.app, attempt.task())?;
            }
            let cause = Cause::after_run(evidence, &receipt.agent, &reason);
            give_up(&mut attempt, &cause, &reason);
            move_to(attempt, Folder::Escalated, "escalated").await
        }
    }
}

/// The issues that this result names and that are open: whatever else it names (a pull request, what is closed or does not exist) cannot be
/// waited for, and a person is asked all the same.
async fn in_the_way(attempt: &Attempt<'_>, evidence: &Evidence) -> Vec<IssueNumber> {
    let Evidence::Result { result, .. } = evidence else { return Vec::new() };
    if attempt.task().blocker != Some(BlockerCode::DependencyBlocked) {
        return Vec::new();
    }
    let mut open = Vec::new();
    for number in waiting::named(&result.blockers, attempt.task().issue) {
        let found = attempt.repository.host.issue(number).await;
        if found.is_ok_and(|issue| issue.state == IssueState::Open) {
            open.push(number);
        }
    }
    open
}

fn cost_of(decision: &Decision) -> Cost {
    match decision {
        Decision::Again { cost, .. } | Decision::Escalate { cost, .. } => *cost,
        Decision::Publish | Decision::NoChange { .. } | Decision::Ask { .. } => Cost::Spent,
    }
}

fn reason_of(decision: &Decision) -> String {
    match decision {
        Decision::Publish => String::new(),
        Decision::NoChange { why } => why.clone(),
        Decision::Again { reason, .. }
        | Decision::Ask { reason, .. }
        | Decision::Escalate { reason, .. } => reason.clone(),
    }
}

/// Counts the attempt, appends its history to the task and its line to the metrics.
fn record(
    attempt: &mut Attempt<'_>,
    receipt: &Receipt,
    evidence: &Evidence,
    cost: Cost,
    reason: &str,
) -> Result<(), Trouble> {
    let is_repair =
        !attempt.task().failed_checks.is_empty() || !attempt.task().conflicts.is_empty();
    metrics::measure(attempt, receipt, evidence, cost)?;
    let redactor = &attempt.shift.app.redactor;
    let task = &mut attempt.claim.task;
    match cost {
        Cost::Spent => {
            task.counters.spent += 1;
            task.tried.push(receipt.agent.clone());
        }
        Cost::Free => {
            task.counters.free_runs += 1;
            if receipt.failure == Some(RunFailure::PromptTooLarge) {
                task.tried.push(receipt.agent.clone());
            }
        }
    }
    task.cost_usd_micros += receipt.cost_usd_micros.unwrap_or(0);
    let section = history::section(task, receipt, evidence, reason, is_repair, redactor);
    let section = redactor.redact(&section);
    task.body = format!("{}\n\n{section}", task.body.trim_end());
    Ok(())
}

/// Prepares the task for its next run.
fn begin_next(
    attempt: &mut Attempt<'_>,
    receipt: &Receipt,
    same_agent: bool,
    cost: Cost,
    not_before: Option<jiff::Timestamp>,
) {
    let now = attempt.shift.app.now();
    let ci_repairs = attempt.task().is_repair() && cost == Cost::Spent;
    let task = &mut attempt.claim.task;
    task.second_chance = same_agent.then(|| receipt.agent.clone());
    if cost == Cost::Spent {
        task.attempt += 1;
    }
    if ci_repairs {
        task.counters.repairs += 1;
    }
    task.end_attempt();
    task.not_before = not_before;
    if let Some(until) = not_before {
        let minutes = until.duration_since(now).as_mins();
        task.parked_minutes += u64::try_from(minutes).unwrap_or(0);
    }
}

/// The attempt is published: the pull request is open, the agent's part is over.
pub(super) async fn published(mut attempt: Attempt<'_>) -> Result<(), Trouble> {
    if attempt.task().stage < Some(Stage::Reported) {
        let dir = receipt::run_dir(attempt.shift.app, attempt.task());
        let Some(receipt) = Receipt::read(&dir) else {
            return Err(Trouble::Run(format!(
                "the receipt of the run is missing in {}",
                dir.display()
            )));
        };
        let evidence = receipt.evidence(&dir);
        if let Evidence::Result { result, .. } = &evidence {
            notices::put_manual_steps(attempt.shift.app, attempt.task(), &result.manual_steps);
        }
        record(&mut attempt, &receipt, &evidence, Cost::Spent, "published")?;
        let task = &mut attempt.claim.task;
        task.reason = None;
        task.blocker = None;
        task.second_chance = None;
        task.conflicts.clear();
        task.conflict_base = None;
        task.stage = Some(Stage::Reported);
    }
    let kind = crate::domain::outcome::Kind::PrOpened;
    outcomes::record(attempt.shift.app, attempt.task(), kind, attempt.task().head_sha.as_ref())?;
    let mirror = attempt.repository.mirror()?;
    mirror.drop_saved_work(&attempt.task().id)?;
    move_to(attempt, Folder::Done, "done").await
}

/// A person merged or closed the pull request meanwhile: the monitor finishes the task.
pub(super) async fn hand_over(mut attempt: Attempt<'_>) -> Result<(), Trouble> {
    attempt.claim.task.end_attempt();
    attempt.claim.task.reason = Some("a person ended its pull request".to_owned());
    move_to(attempt, Folder::Done, "handed_over").await
}

/// A person took the work back: what there is of it is saved, and nothing becomes public.
pub(super) async fn cancel(mut attempt: Attempt<'_>, reason: &str) -> Result<(), Trouble> {
    let path = attempt.repository.worktree_path(&attempt.task().id);
    if path.is_dir() {
        let mirror = attempt.repository.mirror()?;
        // Of files that may be torn nothing is saved: what there was is in git.
        let found = mirror.worktree_at(&attempt.task().id, &path)?;
        if let Some(worktree) = found.filter(|worktree| !worktree.is_doubtful()) {
            worktree.take_back()?;
            let head = worktree.head()?;
            worktree.save_work(&attempt.task().id, &head, attempt.shift.app.now())?;
        }
    }
    let task = &mut attempt.claim.task;
    task.outcome = Some(Outcome::Cancelled);
    task.reason = Some(reason.to_owned());
    move_to(attempt, Folder::Done, "cancelled").await
}

/// Nobody is available now: back to the inbox until somebody is.
pub(super) async fn park(mut attempt: Attempt<'_>) -> Result<(), Trouble> {
    let app = attempt.shift.app;
    let route = pick::route(app, attempt.repository, attempt.task());
    let id = attempt.task().id.clone();
    let task = &mut attempt.claim.task;
    task.end_attempt();
    match route {
        Route::Later { until, reason } => {
            task.not_before = until;
            task.reason = Some(clean::one_line(&format!("no agent is available: {reason}"), 300));
        }
        Route::UsedUp | Route::Run(_) => {
            let reason = "no agent is configured for this kind of task: see `agent_fallbacks`";
            return escalate_unrun(attempt, reason).await;
        }
    }
    attempt.shift.pass_over(&id);
    move_to(attempt, Folder::Inbox, "parked").await
}

/// The system itself cannot go on, and trying again will not help.
pub(super) async fn fail(mut attempt: Attempt<'_>, reason: &str) -> Result<(), Trouble> {
    attempt.claim.task.reason = Some(clean::one_line(reason, 300));
    attempt.shift.fail(attempt.task().id.clone().as_str(), reason, Severity::Failure);
    move_to(attempt, Folder::Failed, "failed").await
}

/// Something that only a person can decide came up outside of any run.
pub(super) async fn escalate_unrun(mut attempt: Attempt<'_>, reason: &str) -> Result<(), Trouble> {
    attempt.claim.task.reason = Some(clean::one_line(reason, 300));
    give_up(&mut attempt, &Cause::of_reason(reason), reason);
    move_to(attempt, Folder::Escalated, "escalated").await
}

/// Writes the note for a person into the task.
fn give_up(attempt: &mut Attempt<'_>, cause: &Cause, reason: &str) {
    let (app, repository) = (attempt.shift.app, attempt.repository);
    escalate::note(app, repository, &mut attempt.claim.task, (cause, reason), Vec::new());
}

/// Finishes a move that a crash had cut off.
pub(super) async fn finish_move(attempt: Attempt<'_>, to: Folder) -> Result<(), Trouble> {
    move_to(attempt, to, "resumed").await
}

/// Moves the file, then tells the host. A host that cannot be told is told by a later dispatch: the task itself is settled.
async fn move_to(attempt: Attempt<'_>, folder: Folder, action: &str) -> Result<(), Trouble> {
    let Attempt { shift, repository, claim } = attempt;
    let app = shift.app;
    let is_parked_again = action == "parked";
    memory::given_up(app, repository, folder, &claim.task)?;
    let (mut task, lease) = app.mailbox.settle(claim, folder)?;
    crash_point!("settle.moved");
    // Behind the move: a run is judged by its records, and whoever resumes an unsettled one looks for them under the old name.
    receipt::rename_free_run(app, &task)?;
    let reason = task.reason.clone();
    if !is_parked_again {
        let event = Event::moved(
            app.now(),
            task.id.as_str(),
            folder.as_str(),
            reason.as_deref().unwrap_or(action),
        );
        app.journal.append(&event)?;
    }
    shift.report.borrow_mut().task(repository.slug(), task.issue, &task.id, action, reason);
    let extras = extras(&task, folder);
    if let Err(error) = tell(app, repository, &lease, folder, &mut task, &extras).await {
        let severity = Severity::of(error.is_temporary());
        let message = format!("the host could not be told; a later dispatch does it: {error}");
        shift.fail(task.id.as_str(), &message, severity);
    }
    Ok(())
}

/// The comments that go with a state: a question, an escalation note, the one about red checks.
pub(in crate::jobs) fn extras(task: &Task, folder: Folder) -> Vec<Extra> {
    let mut extras = of_folder(task, folder);
    if let Some(body) = texts::checks(folder, task) {
        extras.push(Extra { kind: texts::CHECKS, key: task.id.to_string(), body, sticky: true });
    }
    extras
}

fn of_folder(task: &Task, folder: Folder) -> Vec<Extra> {
    match folder {
        Folder::Blocked => {
            let code = task.blocker.unwrap_or(BlockerCode::MissingContext);
            let details = body::last_attempt(&task.body);
            vec![Extra {
                kind: texts::QUESTION,
                key: texts::question_key(task),
                body: texts::question(task, code.as_str(), code.headline(), details),
                sticky: false,
            }]
        }
        Folder::Escalated => vec![Extra {
            kind: texts::ESCALATION,
            key: texts::escalation_key(task),
            body: texts::escalation(task),
            sticky: false,
        }],
        _ => Vec::new(),
    }
}

/// A failure of a provider concerns every task: its agent is left out until it is expected back.
pub(super) fn park_provider(
    attempt: &Attempt<'_>,
    receipt: &Receipt,
    evidence: &Evidence,
) -> Result<(), Trouble> {
    let Evidence::Failed(failure) = evidence else { return Ok(()) };
    let agent = &receipt.agent;
    Ok(attempt.shift.app.park_after(agent, receipt.provider.as_deref(), failure)?)
}
