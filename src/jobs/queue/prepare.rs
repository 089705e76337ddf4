//! What an agent finds when it starts: prompt, run folder, its own home with the files of its recipe, and its confinement.

use super::super::artefacts;
use super::attempt::{Attempt, Trouble};
use super::execute::Plan;
use super::judge;
use super::place::run_marker;
use crate::agent::{self, AgentRun, Home};
use crate::domain::memory;
use crate::domain::task::{Folder, Stage};
use crate::git::Worktree;
use crate::prompt::{self, Execution, Manifest, Sources};
use crate::sys::files;
use crate::sys::supervise::RunSpec;

/// Most bytes of the memory and of the README that are read for a prompt.
const MAX_CONTEXT_BYTES: usize = 1024 * 1024;

/// Makes run folder, worktree and home ready for the agent.
pub(super) fn prepare(
    attempt: &Attempt<'_>,
    worktree: &Worktree,
    plan: &Plan<'_>,
) -> Result<(RunSpec, Home), Trouble> {
    let app = attempt.shift.app;
    let dir = plan.dir;
    files::make_dir(&dir.join("tmp"))?;
    worktree.hand_to_agent(&attempt.task().branch)?;
    judge::clear_result(&worktree.path)?;
    let (text, manifest) = prompt(attempt)?;
    let text = app.redactor.redact(&text);
    let manifest = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    files::replace(&dir.join("prompt.manifest.json"), format!("{manifest}\n").as_bytes())?;
    let settings = &attempt.repository.settings;
    let name = &plan.table.name;
    let deadline = plan
        .table
        .timeout
        .or_else(|| settings.agent_timeouts.get(name).copied())
        .unwrap_or(settings.max_runtime);
    let task_file = app.mailbox.path(Folder::Processing, &attempt.task().id);
    let run = AgentRun {
        table: &app.located(plan.table),
        task_id: &attempt.task().id,
        task_file: &task_file,
        attempt_label: &attempt.task().run_label(),
        stage: Stage::Worktree.as_str(),
        worktree: &worktree.path,
        run_dir: dir,
        prompt: &text,
        task_type: attempt.task().task_type.as_str(),
        session: plan.session.as_deref(),
        provider: plan.provider.as_ref(),
        home: &app.confiner.agent_home(name),
        limit_usd_micros: plan.limit_usd_micros,
        deadline,
        stall: settings.stall,
        operator_env: &app.environment,
        installation: &app.installation,
    };
    let mut spec = agent::prepare(&run);
    spec.marker = run_marker(attempt);
    let has_key = spec.env.contains_key("GEMINI_API_KEY");
    let home = app.prepare_home(run.table, &run.call().files, has_key)?;
    // Last: a prompt that is there says that the agent was started.
    files::replace(&dir.join("prompt.md"), text.as_bytes())?;
    let mut read = worktree.object_dirs()?;
    read.extend([dir.join("prompt.md"), task_file.clone()]);
    app.confiner.agent(&mut spec, home.dir(), &dir.join("tmp"), read);
    Ok((spec, home))
}

fn prompt(attempt: &Attempt<'_>) -> Result<(String, Manifest), Trouble> {
    let app = attempt.shift.app;
    let test_command = attempt.repository.settings.test_command.as_ref().map(ToString::to_string);
    let execution = Execution {
        task: attempt.task(),
        sources: &sources(attempt)?,
        test_command: test_command.as_deref(),
    };
    let made = app.prompts.execution(&execution, &app.redactor);
    made.map_err(|error| Trouble::Run(error.to_string()))
}

/// The context of a prompt: files of the base branch, and for strategic work what was gathered for plans.
fn sources(attempt: &Attempt<'_>) -> Result<Sources, Trouble> {
    let task = attempt.task();
    let mirror = attempt.repository.mirror()?;
    let tip = mirror.tracked_tip(&task.base_branch)?;
    let tracked = |path: &str| -> Result<String, Trouble> {
        let Some(tip) = &tip else { return Ok(String::new()) };
        let bytes = mirror.read_file(tip, path, MAX_CONTEXT_BYTES)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let gathered = if prompt::is_strategic(task) {
        artefacts::existing(attempt.shift.app, attempt.repository)
    } else {
        artefacts::Reading::default()
    };
    Ok(Sources {
        readme: tracked("README.md")?,
        strategy: tracked("STRATEGY.md")?,
        principles: tracked("PLANNING_PRINCIPLES.md")?,
        memory: tracked(memory::FILE)?,
        feedback: gathered.feedback,
        research: gathered.research,
    })
}
