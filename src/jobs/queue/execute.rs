//! One agent's run: prompt, process, result file; recorded in the receipt whatever happens.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::attempt::{Attempt, Trouble};
use super::judge::Class;
use super::limit::{self, Meter};
use super::prepare::prepare;
use super::receipt::{self, Control, Receipt};
use super::{judge, outside, pause};
use crate::agent::providers::Choice;
use crate::agent::{self, AgentTable, FailureClass, TranscriptFacts, prices};
use crate::app::{ended, price, spend};
use crate::crash_point;
use crate::domain::ids::AgentName;
use crate::domain::money;
use crate::domain::retry::{RunFailure, TestVerdict};
use crate::domain::task::Stage;
use crate::git::Worktree;
use crate::sys::files;
use crate::sys::supervise::{RunEnd, RunOutcome, RunSpec};

/// Most bytes of a transcript that are read for its facts.
const MAX_TRANSCRIPT_BYTES: u64 = 32 * 1024 * 1024;

/// Runs the assigned agent in the worktree and records what it left.
pub(super) async fn agent(attempt: &mut Attempt<'_>, worktree: &Worktree) -> Result<(), Trouble> {
    let app = attempt.shift.app;
    let dir = receipt::run_dir(app, attempt.task());
    let Some(name) = attempt.task().assigned.clone() else {
        return Err(Trouble::Run("no agent is assigned".to_owned()));
    };
    let Some(table) = app.agents.get(&name) else {
        return Err(Trouble::Run(format!("the agent `{name}` is not configured any more")));
    };
    let start = worktree.head()?;
    let (started_at, clock) = (app.now(), Instant::now());
    let mut plan = plan(attempt, table, &dir);
    let mut ran = run(attempt, worktree, &plan).await?;
    if plan.session.is_some() && ran.class.without_result == Some(FailureClass::SessionGone) {
        tracing::info!(task = %attempt.task().id, agent = %name, "the earlier conversation has gone; a fresh one is begun");
        plan.session = None;
        ran = run(attempt, worktree, &plan).await?;
    }
    let (failure, bad_result) =
        judge::judge_end(&worktree.path, &dir, &ran.outcome, ran.class, &ran.how)?;
    let usage = ran.facts.usage;
    let task_type = attempt.task().task_type.as_str();
    let (cost, charged) = price::of_run(table, task_type, &ran.facts, failure.as_ref());
    let record = Receipt {
        task_id: attempt.task().id.clone(),
        attempt: attempt.task().run_label(),
        agent: name,
        model: ran.facts.model,
        started_at,
        ended_at: app.now(),
        duration_seconds: clock.elapsed().as_secs_f64(),
        end: ran.how,
        killed_survivors: ran.outcome.killed_survivors,
        survivors: ran.outcome.survivors,
        output_truncated: ran.outcome.truncated,
        git_was: ran.git_was,
        outside_writes: ran.outside_writes,
        confinement: Control::of_run(&ran.outcome.reached),
        input_tokens: usage.as_ref().map(|usage| usage.input_tokens),
        output_tokens: usage.as_ref().map(|usage| usage.output_tokens),
        cost_usd_micros: cost,
        charged_usd_micros: charged,
        provider: plan.provider.map(|choice| choice.provider.name.to_owned()),
        session: ran.facts.session,
        start,
        failure,
        bad_result,
        changed: false,
        tests: TestVerdict::NotRun,
        markers: Vec::new(),
        red: Vec::new(),
        leak: None,
    };
    record.write(&dir)?;
    drop(files::remove_tree(&dir.join("tmp")));
    attempt.finish(Stage::AgentDone)
}

/// How an agent is to be run.
pub(super) struct Plan<'a> {
    pub(super) table: &'a AgentTable,
    pub(super) dir: &'a Path,
    pub(super) session: Option<String>,
    pub(super) provider: Option<Choice>,
    pub(super) limit_usd_micros: Option<u64>,
}

fn plan<'a>(attempt: &Attempt<'_>, table: &'a AgentTable, dir: &'a Path) -> Plan<'a> {
    let app = attempt.shift.app;
    let task = attempt.task();
    let goes_on = task.second_chance.as_ref() == Some(&table.name) || task.is_repair();
    let session = goes_on && agent::recipe::can_continue(table);
    let limit = spend::limit(app, &task.id, &table.name);
    Plan {
        table,
        dir,
        session: session.then(|| receipt::last_session(app, task, &table.name)).flatten(),
        provider: app.provider(table),
        limit_usd_micros: limit.map(|limit| limit.max(spend::LEAST_LIMIT)),
    }
}

/// What was seen of a run.
struct Ran {
    outcome: RunOutcome,
    facts: TranscriptFacts,
    class: Class,
    /// How it ended, in one line.
    how: String,
    git_was: String,
    outside_writes: Vec<String>,
}

async fn run(attempt: &Attempt<'_>, worktree: &Worktree, plan: &Plan<'_>) -> Result<Ran, Trouble> {
    let app = attempt.shift.app;
    let (spec, home) = prepare(attempt, worktree, plan)?;
    crash_point!("execute.start");
    let watch = outside::Watch::begin(app, attempt.repository, &worktree.path);
    let stop = app.stop.part();
    let cap = plan.limit_usd_micros.map(|limit| {
        let meter = Meter {
            kind: plan.table.transcript,
            stdout: spec.stdout.clone(),
            model: price::model_of(plan.table, attempt.task().task_type.as_str()),
        };
        limit::Watch::begin(meter, limit, stop.clone())
    });
    let pause = pause::Watch::begin(app.state.flag_task(&attempt.task().id), stop.clone());
    let outcome = app.runner.run_until(&spec, &stop).await;
    pause.end();
    let capped = cap.and_then(limit::Watch::end);
    let outcome = outcome.map_err(|error| Trouble::Run(error.to_string()))?;
    crash_point!("execute.ended");
    let taken_back = worktree.take_back()?;
    if let Err(error) = home.give_back() {
        tracing::warn!(%error, agent = %plan.table.name, "its refreshed login could not be given back");
    }
    let outside_writes = watch.end();
    let capped = capped.filter(|_| outcome.end == RunEnd::Stopped && !app.stop.requested());
    if outcome.end == RunEnd::Stopped && capped.is_none() {
        save_work(attempt, worktree)?;
        drop(files::remove_tree(plan.dir));
        return Err(stopped(attempt));
    }
    let facts = facts(plan.table, &spec, app.now());
    let (class, how) = if let Some(cost) = capped {
        let limit = plan.limit_usd_micros.unwrap_or_default();
        let how = format!("it cost {} of at most {}", money::usd(cost), money::usd(limit));
        (Class::known(FailureClass::Budget), how)
    } else {
        let last_words = ended::last_words(app, &spec);
        (Class::of(&outcome, &facts), ended::describe(&outcome.end, &last_words))
    };
    let git_was = format!("{:?}", taken_back.git_was).to_lowercase();
    Ok(Ran { outcome, facts, class, how, git_was, outside_writes })
}

/// What the transcript says.
fn facts(table: &AgentTable, spec: &RunSpec, now: Timestamp) -> TranscriptFacts {
    let read = |path: &Path| files::read_bytes(path, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    agent::transcript::read(table.transcript, &read(&spec.stdout), &read(&spec.stderr), now)
}

fn save_work(attempt: &Attempt<'_>, worktree: &Worktree) -> Result<(), Trouble> {
    let head = worktree.head()?;
    worktree.save_work(&attempt.task().id, &head, attempt.shift.app.now())?;
    Ok(())
}

/// This process was asked to end, or the task is paused: the run left no trace that could be taken for a dead worker's.
fn stopped(attempt: &Attempt<'_>) -> Trouble {
    if !attempt.shift.app.stop.requested() {
        return Trouble::Paused;
    }
    tracing::info!(task = %attempt.task().id, "stopped; the work is saved, the next run goes on");
    Trouble::Stopped
}

/// Records a run whose worker died beneath it.
pub(super) fn record_dead_worker(attempt: &mut Attempt<'_>, dir: &Path) -> Result<(), Trouble> {
    let app = attempt.shift.app;
    let path = attempt.repository.worktree_path(&attempt.task().id);
    let mirror = attempt.repository.mirror()?;
    let Some(worktree) = mirror.worktree_at(&attempt.task().id, &path)? else {
        return Err(Trouble::Run(format!("the worktree {} has gone", path.display())));
    };
    worktree.take_back()?;
    save_work(attempt, &worktree)?;
    let now = app.now();
    let agent = attempt.task().assigned.clone().map_or_else(|| "none".parse::<AgentName>(), Ok);
    let agent = agent.map_err(|error| Trouble::Run(error.to_string()))?;
    let known = Receipt::read(dir);
    let worst = || app.agents.get(&agent).map(prices::worst_case).unwrap_or_default();
    let record = Receipt {
        task_id: attempt.task().id.clone(),
        attempt: attempt.task().run_label(),
        agent: agent.clone(),
        model: None,
        started_at: now,
        ended_at: now,
        duration_seconds: Duration::ZERO.as_secs_f64(),
        end: "its worker died".to_owned(),
        killed_survivors: 0,
        survivors: Vec::new(),
        output_truncated: false,
        git_was: String::new(),
        outside_writes: Vec::new(),
        confinement: Vec::new(),
        input_tokens: known.as_ref().and_then(|known| known.input_tokens),
        output_tokens: known.as_ref().and_then(|known| known.output_tokens),
        cost_usd_micros: known.as_ref().and_then(|known| known.cost_usd_micros),
        // Nobody knows how far it came, unless it had come to its end.
        charged_usd_micros: known.map_or_else(worst, |known| known.charged_usd_micros),
        provider: None,
        session: None,
        start: worktree.head()?,
        failure: Some(RunFailure::WorkerDied),
        bad_result: None,
        changed: false,
        tests: TestVerdict::NotRun,
        markers: Vec::new(),
        red: Vec::new(),
        leak: None,
    };
    record.write(dir)?;
    attempt.finish(Stage::Tested)
}
