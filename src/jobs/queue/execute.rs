//! One agent's run: prompt, process, result file; recorded in the receipt whatever happens.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::attempt::{Attempt, Trouble};
use super::outside;
use super::place::run_marker;
use super::receipt::{self, Control, Receipt};
use crate::agent::{self, AgentRun, AgentTable, FailureClass, ResultFile, TranscriptFacts};
use crate::app::App;
use crate::crash_point;
use crate::domain::ids::AgentName;
use crate::domain::memory;
use crate::domain::result::{self, ResultStatus};
use crate::domain::retry::{RunFailure, TestVerdict};
use crate::domain::task::{Folder, Stage};
use crate::git::Worktree;
use crate::prompt;
use crate::sys::files;
use crate::sys::supervise::{RunEnd, RunOutcome, RunSpec};
use crate::text::clean;

/// Most bytes of the memory and of the README that are read for a prompt.
const MAX_CONTEXT_BYTES: usize = 1024 * 1024;

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
    let spec = prepare(attempt, worktree, table, &dir)?;
    crash_point!("execute.start");
    let (started_at, clock) = (app.now(), Instant::now());
    let watch = outside::Watch::begin(app, attempt.repository, &worktree.path);
    let outcome = app.runner.run(&spec).await.map_err(|error| Trouble::Run(error.to_string()))?;
    crash_point!("execute.ended");
    let taken_back = worktree.take_back()?;
    let outside_writes = watch.end();
    if outcome.end == RunEnd::Stopped {
        save_work(attempt, worktree)?;
        return Err(stopped(attempt, &dir));
    }
    let facts = facts(table, &spec, app.now());
    let how = describe(&outcome.end, &last_words(app, &spec));
    let (failure, bad_result) = judge_end(&worktree.path, &dir, &outcome, &facts, &how)?;
    let usage = facts.usage;
    let record = Receipt {
        task_id: attempt.task().id.clone(),
        attempt: attempt.task().run_label(),
        agent: name,
        model: facts.model.clone(),
        started_at,
        ended_at: app.now(),
        duration_seconds: clock.elapsed().as_secs_f64(),
        end: how,
        killed_survivors: outcome.killed_survivors,
        survivors: outcome.survivors.clone(),
        output_truncated: outcome.truncated,
        git_was: format!("{:?}", taken_back.git_was).to_lowercase(),
        outside_writes,
        confinement: confinement(),
        input_tokens: usage.as_ref().map(|usage| usage.input_tokens),
        output_tokens: usage.as_ref().map(|usage| usage.output_tokens),
        cost_usd_micros: usage.as_ref().and_then(|usage| usage.cost_usd_micros),
        session: facts.session.clone(),
        start,
        failure,
        bad_result,
        changed: false,
        tests: TestVerdict::NotRun,
        markers: Vec::new(),
    };
    record.write(&dir)?;
    drop(files::remove_tree(&dir.join("tmp")));
    attempt.finish(Stage::AgentDone)
}

/// Prompt, run folder and worktree, ready for the agent.
fn prepare(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    table: &AgentTable,
    dir: &Path,
) -> Result<RunSpec, Trouble> {
    let app = attempt.shift.app;
    files::make_dir(&dir.join("tmp"))?;
    worktree.hand_to_agent(&attempt.task().branch)?;
    clear_result(&worktree.path)?;
    let text = app.redactor.redact(&prompt_text(attempt)?);
    files::replace(&dir.join("prompt.md"), text.as_bytes())?;
    let settings = &attempt.repository.settings;
    let name = &table.name;
    let deadline = table
        .timeout
        .or_else(|| settings.agent_timeouts.get(name).copied())
        .unwrap_or(settings.max_runtime);
    let task_file = app.mailbox.path(Folder::Processing, &attempt.task().id);
    let table = &located(app, table);
    let mut spec = agent::prepare(&AgentRun {
        table,
        task_id: &attempt.task().id,
        task_file: &task_file,
        attempt_label: &attempt.task().run_label(),
        stage: Stage::Worktree.as_str(),
        worktree: &worktree.path,
        run_dir: dir,
        prompt: &text,
        deadline,
        stall: settings.stall,
        operator_env: &app.environment,
        installation: &app.installation,
    });
    spec.marker = run_marker(attempt);
    Ok(spec)
}

/// A relative program is the operator's where the root has it (`./scripts/house-bot.sh` beside the configuration), else the repository's own.
fn located(app: &App, table: &AgentTable) -> AgentTable {
    let mut table = table.clone();
    if let Some(program) = table.argv.first_mut()
        && program.contains('/')
        && app.settings.root.join(&*program).is_file()
    {
        *program = app.settings.root.join(&*program).display().to_string();
    }
    table
}

fn prompt_text(attempt: &Attempt<'_>) -> Result<String, Trouble> {
    let task = attempt.task();
    let mirror = attempt.repository.mirror()?;
    let read = |path: &str| -> Result<String, Trouble> {
        let Some(tip) = mirror.tracked_tip(&task.base_branch)? else { return Ok(String::new()) };
        let bytes = mirror.read_file(&tip, path, MAX_CONTEXT_BYTES)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(prompt::execution(&prompt::Execution {
        task,
        agent: task.assigned.as_ref(),
        memory: &read(memory::FILE)?,
        readme: &read("README.md")?,
        test_command: attempt
            .repository
            .settings
            .test_command
            .as_ref()
            .map(ToString::to_string)
            .as_deref(),
    }))
}

/// What the transcript says.
fn facts(table: &AgentTable, spec: &RunSpec, now: Timestamp) -> TranscriptFacts {
    let read = |path: &Path| files::read_bytes(path, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    agent::transcript::read(table.transcript, &read(&spec.stdout), &read(&spec.stderr), now)
}

/// Removes whatever lies in the place of the result file: a stale one must never count.
fn clear_result(worktree: &Path) -> Result<(), Trouble> {
    agent::remove_stale_result(worktree)
        .map_err(|error| Trouble::Run(format!("`.agent_result.md` cannot be removed: {error}")))
}

/// Why there is no usable result, if there is none; a usable one is copied beside the receipt.
fn judge_end(
    worktree: &Path,
    dir: &Path,
    outcome: &RunOutcome,
    facts: &TranscriptFacts,
    how: &str,
) -> Result<(Option<RunFailure>, Option<String>), Trouble> {
    let class = agent::classify(outcome, facts);
    let bytes = match agent::read_result(worktree, None) {
        ResultFile::Bytes(bytes) => bytes,
        ResultFile::Missing | ResultFile::Stale => {
            return Ok(match class.and_then(|class| failure(class, how)) {
                Some(failure) => (Some(failure), None),
                None => (None, Some("it left no `.agent_result.md`".to_owned())),
            });
        }
        ResultFile::NotAFile { what } => {
            return Ok((None, Some(format!("`.agent_result.md` is {what}, not a file"))));
        }
        ResultFile::TooLarge => {
            return Ok((None, Some("`.agent_result.md` is larger than 1 MiB".to_owned())));
        }
    };
    files::replace(&dir.join("result.md"), &bytes)?;
    clear_result(worktree)?;
    // A deadline or a quota may have come while the result stood there from an earlier moment: only a complete one outranks them.
    let is_complete =
        result::parse(&bytes).is_ok_and(|result| result.status == ResultStatus::Complete);
    let outranked = class.filter(|class| !class.yields_to_result() && !is_complete);
    let cut_off = class.filter(|_| matches!(outcome.end, RunEnd::Deadline | RunEnd::Stalled));
    Ok((outranked.or(cut_off).and_then(|class| failure(class, how)), None))
}

/// Translates what was seen of the run into what the retry table knows.
fn failure(class: FailureClass, how: &str) -> Option<RunFailure> {
    let how = how.to_owned();
    Some(match class {
        FailureClass::Quota { reset } => RunFailure::Quota { until: reset },
        FailureClass::Credentials => RunFailure::Credentials,
        FailureClass::Overloaded | FailureClass::Network => RunFailure::Overloaded,
        FailureClass::Missing => RunFailure::Environment { reason: how },
        FailureClass::Timeout => RunFailure::Timeout,
        FailureClass::Stall => RunFailure::Stall,
        FailureClass::PromptTooLarge => {
            RunFailure::Crash { how: "the prompt is too large for it".to_owned() }
        }
        FailureClass::PermissionDenied => {
            RunFailure::Crash { how: "its tools were denied to it".to_owned() }
        }
        FailureClass::Crash | FailureClass::KilledByUs => RunFailure::Crash { how },
        // It ended well and left nothing: the contract is what it broke.
        FailureClass::Nothing => return None,
    })
}

/// The last line that an agent wrote to standard error: what a person would look at first.
fn last_words(app: &App, spec: &RunSpec) -> String {
    let bytes = files::read_bytes(&spec.stderr, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    let text = app.redactor.redact(&String::from_utf8_lossy(&bytes));
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    clean::one_line(line, 160)
}

fn describe(end: &RunEnd, last_words: &str) -> String {
    let because = if last_words.is_empty() { String::new() } else { format!(": {last_words}") };
    match end {
        RunEnd::Exited(0) => "exit 0".to_owned(),
        RunEnd::Exited(code) => format!("exit {code}{because}"),
        RunEnd::Signalled(signal) => format!("ended by signal {signal}{because}"),
        RunEnd::Deadline => "ran into its deadline".to_owned(),
        RunEnd::Stalled => "stalled".to_owned(),
        RunEnd::Stopped => "stopped".to_owned(),
        RunEnd::NotStarted { reason, .. } => reason.clone(),
    }
}

/// What holds an agent today, and how far. Said as it is: reads and writes outside the worktree are not prevented.
fn confinement() -> Vec<Control> {
    [
        ("environment allow-list", "enforced"),
        ("process tree ended", "enforced"),
        ("deadline and stall", "enforced"),
        ("output bounded", "enforced"),
        ("git of the host not reachable through .git", "enforced"),
        ("writes outside the worktree", "unsupported"),
        ("reads outside the worktree", "unsupported"),
        ("network", "unsupported"),
    ]
    .into_iter()
    .map(|(control, tier)| Control { control: control.to_owned(), tier: tier.to_owned() })
    .collect()
}

fn save_work(attempt: &Attempt<'_>, worktree: &Worktree) -> Result<(), Trouble> {
    let head = worktree.head()?;
    worktree.save_work(&attempt.task().id, &head, attempt.shift.app.now())?;
    Ok(())
}

/// This process was asked to end: the run leaves no trace that could be taken for a dead worker's.
fn stopped(attempt: &Attempt<'_>, dir: &Path) -> Trouble {
    drop(files::remove_tree(dir));
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
    let record = Receipt {
        task_id: attempt.task().id.clone(),
        attempt: attempt.task().run_label(),
        agent,
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
        confinement: confinement(),
        input_tokens: None,
        output_tokens: None,
        cost_usd_micros: None,
        session: None,
        start: worktree.head()?,
        failure: Some(RunFailure::WorkerDied),
        bad_result: None,
        changed: false,
        tests: TestVerdict::NotRun,
        markers: Vec::new(),
    };
    record.write(dir)?;
    attempt.finish(Stage::Tested)
}
