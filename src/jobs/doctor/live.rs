//! `--live`: each agent that looks usable is asked a small question, as it is run for work: confined, with its own home, in an empty
//! repository. What the provider refuses is seen here and nowhere earlier.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Check, Kind, Place, Status, agents, confinement, play};
use crate::agent::{self, AgentRun, AgentTable, FailureClass, TranscriptFacts};
use crate::app::App;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::money;
use crate::git::make_empty_repository;
use crate::sys::files;
use crate::sys::supervise::RunOutcome;
use crate::text::clean;

/// What is asked.
const QUESTION: &str = "This is a test of the connection. Answer with the single word OK. Change no file and start no program.\n";

/// A small question needs no longer.
const DEADLINE: Duration = Duration::from_secs(60);

/// The most that an answer may cost, in millionths of a dollar, where the program takes a limit.
const MOST_USD_MICROS: u64 = 250_000;

/// Most bytes of a transcript that are read.
const MAX_TRANSCRIPT_BYTES: u64 = 8 * 1024 * 1024;

/// Asks each agent that looks usable, and lets one that answered play an issue to its merge; `step` is told what begins.
pub(super) async fn agents(place: &Place, app: &App, step: &mut dyn FnMut(&str)) -> Vec<Check> {
    if !confinement::is_possible(app) {
        let mend = "say `sandbox: auto`, and run agentos as a user of its own or in a container";
        return vec![Check::fail(
            Kind::Question,
            "not asked: agents cannot be confined as configured",
            mend,
        )];
    }
    let mut checks = Vec::new();
    for name in usable(app) {
        let Some(table) = app.agents.get(&name) else { continue };
        step(&format!("{name} is asked"));
        let asked = question(app, &name, table).await.of(&name);
        let has_answered = asked.status == Status::Ok;
        checks.push(asked);
        step(&format!("{name} plays an issue to its merge"));
        if has_answered && !app.stop.requested() {
            checks.push(play::with(place, app, table).of(&name));
        }
    }
    checks
}

/// The agents that look usable.
pub(super) fn usable(app: &App) -> Vec<AgentName> {
    agents::shown(app).into_iter().filter(|name| agents::is_usable(app, name)).collect()
}

async fn question(app: &App, name: &AgentName, table: &AgentTable) -> Check {
    let dir =
        app.runtime().join("cache").join("doctor").join(format!("{name}-{}", std::process::id()));
    let asked = ask(app, table, &dir).await;
    // What is left there is never read, and the next one makes a folder of its own.
    drop(files::remove_tree(&dir));
    match asked {
        Ok(answer) => judge(table, &answer),
        Err(said) => Check::fail(
            Kind::Question,
            clean::one_line(&said, 400),
            "look at the message; try again",
        ),
    }
}

async fn ask(app: &App, table: &AgentTable, dir: &Path) -> Result<Answer, String> {
    let folders = Folders::make(dir)?;
    let task: TaskId = "doctor-1".parse().map_err(|error| format!("{error}"))?;
    let table = app.located(table);
    let home = app.confiner.agent_home(&table.name);
    let provider = app.provider(&table);
    let run = AgentRun {
        table: &table,
        task_id: &task,
        task_file: &folders.run.join("prompt.md"),
        attempt_label: "1",
        stage: "doctor",
        worktree: &folders.work,
        run_dir: &folders.run,
        prompt: QUESTION,
        task_type: "implementation",
        session: None,
        provider: provider.as_ref(),
        home: &home,
        limit_usd_micros: Some(MOST_USD_MICROS),
        deadline: DEADLINE,
        stall: Duration::ZERO,
        operator_env: &app.environment,
        installation: &app.installation,
    };
    let mut spec = agent::prepare(&run);
    spec.marker = format!("{}/doctor/{}", app.installation, table.name);
    let told = |error: files::FileError| error.to_string();
    let has_key = spec.env.contains_key("GEMINI_API_KEY");
    let home = app.prepare_home(&table, &run.call().files, has_key).map_err(told)?;
    files::replace(&run.prompt_file(), QUESTION.as_bytes()).map_err(told)?;
    app.confiner.agent(&mut spec, home.dir(), &run.temporary_dir(), vec![run.prompt_file()]);
    let outcome = app.runner.run(&spec).await.map_err(|error| error.to_string())?;
    // A login that was renewed meanwhile would else be lost.
    home.give_back().map_err(told)?;
    let read = |path: &Path| files::read_bytes(path, MAX_TRANSCRIPT_BYTES).unwrap_or_default();
    let (stdout, stderr) = (read(&spec.stdout), read(&spec.stderr));
    let facts = agent::transcript::read(table.transcript, &stdout, &stderr, app.now());
    Ok(Answer { outcome, facts, last_words: last_words(&stderr) })
}

/// What came of a question.
struct Answer {
    outcome: RunOutcome,
    facts: TranscriptFacts,
    last_words: String,
}

fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    clean::one_line(last.unwrap_or_default(), 300)
}

/// Where the agent works, and where prompt and logs lie.
struct Folders {
    work: PathBuf,
    run: PathBuf,
}

impl Folders {
    fn make(dir: &Path) -> Result<Self, String> {
        let folders = Self { work: dir.join("work"), run: dir.join("run") };
        for folder in [&folders.work, &folders.run.join("tmp")] {
            files::make_dir(folder).map_err(|error| error.to_string())?;
        }
        // Some programs start in a repository alone.
        make_empty_repository(&folders.work).map_err(|error| error.to_string())?;
        Ok(folders)
    }
}

fn judge(table: &AgentTable, answer: &Answer) -> Check {
    let Answer { outcome, facts, last_words } = answer;
    let took = format!("{:.1} s", outcome.duration.as_secs_f64());
    let Some(class) = agent::classify(outcome, facts) else {
        let cost = facts.usage.and_then(|usage| usage.cost_usd_micros);
        let cost = cost.map(|micros| format!(", {}", money::usd(micros))).unwrap_or_default();
        return Check::ok(Kind::Question, format!("answered in {took}{cost}"));
    };
    let said = facts.refusal.as_ref().map_or(last_words, |refusal| &refusal.text);
    let detail = format!("{} after {took}: {}", class.as_str(), clean::one_line(said, 300));
    Check::fail(Kind::Question, detail.trim_end_matches([' ', ':']), mend(table, class))
}

fn mend(table: &AgentTable, class: FailureClass) -> String {
    let program = table.program();
    match class {
        FailureClass::Credentials => {
            format!("log in again: run `{program}` by hand, or renew its key")
        }
        FailureClass::Quota { .. } => {
            "wait until the limit is over, or raise it at the provider".to_owned()
        }
        FailureClass::Network | FailureClass::Overloaded => {
            "try again later; look whether the machine reaches the provider".to_owned()
        }
        FailureClass::Missing => format!("install `{program}`, or correct its name"),
        FailureClass::Timeout | FailureClass::Stall => {
            format!("run `{program}` by hand: it may be waiting for an answer of yours")
        }
        _ => format!(
            "run `{program}` by hand, and look at docs/sandbox.md for what it may not reach"
        ),
    }
}
