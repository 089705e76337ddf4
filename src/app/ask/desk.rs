//! One question to one agent: a supervised and confined run of its program in an empty folder. What that costs goes into the books, and a
//! provider that turns a question away is left out as for a task.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::Serialize;

use super::super::{App, Repository, ended, price, spend};
use super::Asking;
use crate::agent::question::{PLANNING, QuestionRun};
use crate::agent::{self, AgentTable, Home, TranscriptFacts};
use crate::crash_point;
use crate::domain::ids::{AgentName, RepoSlug, TaskId};
use crate::domain::money::micros;
use crate::domain::retry::RunFailure;
use crate::domain::task_file::dollars;
use crate::llm::{AskFailure, Asker, RawAnswer, Used};
use crate::sys::files::{self, FileError};
use crate::sys::supervise::{self, RunEnd, RunOutcome, RunSpec};
use crate::text::hash::sha256_hex;

/// A model that only writes needs no longer.
const DEADLINE: Duration = Duration::from_secs(180);

/// What a question is charged at most that nobody counted, and what a program that knows limits may spend: without tools it is one prompt and
/// one answer.
const MOST_USD: f64 = 1.0;

/// Most bytes of an agent's output that are read for its answer.
const MAX_TRANSCRIPT_BYTES: u64 = 32 * 1024 * 1024;

/// How long the helper of a question gets whose process died, before it is ended.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(2);

/// A folder of a question that is older than this was left by a process that died.
const LEFT: Duration = Duration::from_secs(60 * 60);

/// Asks on behalf of one question.
pub(super) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) asking: &'a Asking<'a>,
}

#[async_trait(?Send)]
impl Asker for Desk<'_> {
    async fn ask(&self, agent: &AgentName, prompt: &str) -> Result<RawAnswer, AskFailure> {
        let unavailable = |reason: String| AskFailure::Unavailable(reason);
        if let Some(reason) = self.app.cannot_ask(agent, true) {
            return Err(unavailable(reason));
        }
        if let Some(reason) = spend::refusal(self.app, self.asking.task, agent) {
            return Err(unavailable(reason));
        }
        let table = self.app.agents.get(agent).ok_or_else(|| unavailable(String::new()))?;
        let failed = |error: FileError| AskFailure::Failed(error.to_string());
        let place = self.place(agent, prompt).map_err(failed)?;
        let asked = self.run(table, prompt, &place).await;
        drop(files::remove_tree(&place.dir));
        asked
    }
}

/// Where one question is asked.
struct Place {
    dir: PathBuf,
    marker: String,
}

/// What a run came to.
struct Ran {
    facts: TranscriptFacts,
    failure: Option<RunFailure>,
    is_stopped: bool,
    took: Duration,
}

impl Desk<'_> {
    /// A folder of its own, named by agent and prompt. One that is there was left by a process that died: what still runs there is ended.
    fn place(&self, agent: &AgentName, prompt: &str) -> Result<Place, FileError> {
        let digest = sha256_hex(format!("{}\n{prompt}", self.asking.purpose).as_bytes());
        let name = format!("{agent}-{}", digest.get(..16).unwrap_or(&digest));
        let all = self.app.runtime().join("cache").join("questions");
        for left in left_in(&all) {
            self.clear(&all.join(left))?;
        }
        let dir = all.join(&name);
        self.clear(&dir)?;
        Ok(Place { marker: self.marker(&dir), dir })
    }

    /// Names the run in a folder machine-wide.
    fn marker(&self, dir: &Path) -> String {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        format!("{}/question/{name}", self.app.installation)
    }

    fn clear(&self, dir: &Path) -> Result<(), FileError> {
        if dir.symlink_metadata().is_err() {
            return Ok(());
        }
        supervise::end_run(&self.marker(dir), LEFTOVER_PATIENCE);
        files::remove_tree(dir)
    }

    async fn run(
        &self,
        table: &AgentTable,
        prompt: &str,
        place: &Place,
    ) -> Result<RawAnswer, AskFailure> {
        let provider = self.app.provider(table);
        let failed = |error: FileError| AskFailure::Failed(error.to_string());
        let (spec, home) = self.prepare(table, prompt, place).map_err(failed)?;
        crash_point!("ask.start");
        let began = Instant::now();
        let outcome = self.app.runner.run(&spec).await;
        let outcome = outcome.map_err(|error| AskFailure::Failed(error.to_string()))?;
        crash_point!("ask.ended");
        if let Err(error) = home.give_back() {
            tracing::warn!(%error, agent = %table.name, "its refreshed login could not be given back");
        }
        let ran = self.ran(table, &spec, &outcome, began.elapsed());
        self.app.questions.borrow_mut().took += ran.took;
        let used = self.record(table, &ran);
        if ran.is_stopped {
            return Err(AskFailure::Stopped);
        }
        let provider = provider.as_ref().map(|choice| choice.provider.name);
        if let Some(failure) = &ran.failure {
            return Err(self.refused(&table.name, provider, failure));
        }
        let text = ran.facts.last_message.unwrap_or_default();
        Ok(RawAnswer { text, used })
    }

    fn prepare(
        &self,
        table: &AgentTable,
        prompt: &str,
        place: &Place,
    ) -> Result<(RunSpec, Home), FileError> {
        let app = self.app;
        let most = micros(MOST_USD);
        let provider = app.provider(table);
        let run = QuestionRun {
            table: &app.located(table),
            dir: &place.dir,
            home: &app.confiner.agent_home(&table.name),
            provider: provider.as_ref(),
            limit_usd_micros: spend::question_limit(app, self.asking.task, &table.name, most),
            deadline: self.deadline(table),
            operator_env: &app.environment,
            marker: place.marker.clone(),
        };
        for folder in [run.empty_dir(), run.temporary_dir()] {
            files::make_dir(&folder)?;
        }
        let mut spec = run.spec();
        let has_key = spec.env.contains_key("GEMINI_API_KEY");
        let home = app.prepare_home(run.table, &run.call().files, has_key)?;
        files::replace(&run.prompt_file(), app.redactor.redact(prompt).as_bytes())?;
        let read = vec![run.prompt_file()];
        app.confiner.question(&mut spec, home.dir(), &run.temporary_dir(), read);
        Ok((spec, home))
    }

    /// Three minutes, or what the configuration gives the agent if that is less.
    fn deadline(&self, table: &AgentTable) -> Duration {
        let settings = self.asking.repository.map(|repository| &repository.settings);
        let own = settings.map(|settings| {
            settings.agent_timeouts.get(&table.name).copied().unwrap_or(settings.max_runtime)
        });
        table.timeout.or(own).unwrap_or(DEADLINE).min(DEADLINE)
    }

    fn ran(&self, table: &AgentTable, spec: &RunSpec, outcome: &RunOutcome, took: Duration) -> Ran {
        let read =
            |path: &PathBuf| files::read_bytes(path, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
        let (stdout, stderr) = (read(&spec.stdout), read(&spec.stderr));
        let facts = agent::transcript::read(table.transcript, &stdout, &stderr, self.app.now());
        // Words that may hold an answer are looked at before what they sound like.
        let says_json = facts.last_message.as_ref().is_some_and(|said| said.contains(['{', '[']));
        let class = if says_json {
            agent::classify(outcome, &facts)
        } else {
            agent::classify_without_result(outcome, &facts)
        };
        let how = ended::describe(&outcome.end, &ended::last_words(self.app, spec));
        Ran {
            failure: class.and_then(|class| ended::failure(class, &how)),
            facts,
            is_stopped: outcome.end == RunEnd::Stopped,
            took,
        }
    }

    /// Leaves out who was turned away, as after a run of a task; whom a question was wasted on is not asked again by this process.
    fn refused(
        &self,
        agent: &AgentName,
        provider: Option<&str>,
        failure: &RunFailure,
    ) -> AskFailure {
        if let Err(error) = self.app.park_after(agent, provider, failure) {
            tracing::warn!(%error, %agent, "it cannot be left out");
        }
        self.app.questions.borrow_mut().unanswering.insert(agent.clone());
        AskFailure::Failed(failure.sentence())
    }

    /// Enters what it cost into the books.
    fn record(&self, table: &AgentTable, ran: &Ran) -> Used {
        let (cost, charged) = price::of_run(table, PLANNING, &ran.facts, ran.failure.as_ref());
        let charged = if cost.is_some() { charged } else { charged.min(micros(MOST_USD)) };
        let usage = ran.facts.usage;
        let line = Line {
            timestamp: self.app.now(),
            purpose: self.asking.purpose,
            task_id: self.asking.task,
            repo: self.asking.repository.map(Repository::slug),
            agent: &table.name,
            model: ran.facts.model.as_deref(),
            failure: ran.failure.as_ref().map(RunFailure::sentence),
            duration_seconds: (ran.took.as_secs_f64() * 1000.0).round() / 1000.0,
            input_tokens: usage.map(|usage| usage.input_tokens),
            output_tokens: usage.map(|usage| usage.output_tokens),
            cost_usd: cost.map(dollars),
            charged_usd: dollars(charged),
        };
        if let Err(error) = self.app.journal.measure(spend::QUESTIONS, &line) {
            tracing::warn!(%error, "what a question cost cannot be recorded");
        }
        Used {
            input_tokens: usage.map(|usage| usage.input_tokens).unwrap_or_default(),
            output_tokens: usage.map(|usage| usage.output_tokens).unwrap_or_default(),
            cost_usd_micros: charged,
        }
    }
}

/// The folders of questions that nobody waits for any more.
fn left_in(all: &Path) -> Vec<std::ffi::OsString> {
    let Ok(entries) = std::fs::read_dir(all) else { return Vec::new() };
    let is_left = |entry: &std::fs::DirEntry| {
        let changed = entry.metadata().and_then(|data| data.modified()).ok();
        changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > LEFT)
    };
    entries.flatten().filter(is_left).map(|entry| entry.file_name()).collect()
}

/// A line of `questions.jsonl`.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: jiff::Timestamp,
    purpose: &'a str,
    task_id: Option<&'a TaskId>,
    repo: Option<&'a RepoSlug>,
    agent: &'a AgentName,
    model: Option<&'a str>,
    /// Why the run gave no words, in one line; whether the words hold is not said here.
    failure: Option<String>,
    duration_seconds: f64,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost_usd: Option<f64>,
    /// What it counts for in budgets.
    charged_usd: f64,
}
