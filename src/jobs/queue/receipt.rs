//! What one run left on record: `runtime/runs/<task-id>/<attempt>/receipt.json`. A resumed attempt decides from it alone.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::ids::{AgentName, CommitSha, TaskId};
use crate::domain::result;
use crate::domain::retry::{Evidence, RunFailure, TestVerdict};
use crate::domain::task::Task;
use crate::sys::files::{self, FileError};
use crate::sys::sandbox::{self, Reached, Tier};

/// Receipts are small.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// One control of confinement and how far it reaches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::jobs) struct Control {
    #[serde(rename = "control")]
    pub name: String,
    /// `enforced`, `partial` or `unsupported`.
    pub tier: String,
    /// By what, or what is missing.
    #[serde(default)]
    pub detail: String,
}

impl Control {
    /// What held a run: its environment and its git, which are ours to make, and what the stage before the program reached.
    pub(in crate::jobs) fn of_run(reached: &[Reached]) -> Vec<Self> {
        let ours = [
            Reached::new(sandbox::Control::Environment, Tier::Enforced, "made from an allow-list"),
            Reached::new(
                sandbox::Control::PrivateGit,
                Tier::Enforced,
                "a repository of its own that the host never reads",
            ),
            Reached::new(
                sandbox::Control::Memory,
                Tier::Unsupported,
                "the size of files is limited, memory is not",
            ),
        ];
        let mut all = reached.to_vec();
        for control in ours {
            if all.iter().all(|known| known.control != control.control) {
                all.push(control);
            }
        }
        all.sort_by_key(|reached| reached.control);
        let said = |reached: Reached| Self {
            name: reached.control.as_str().to_owned(),
            tier: reached.tier.as_str().to_owned(),
            detail: reached.detail,
        };
        all.into_iter().map(said).collect()
    }
}

/// The record of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::jobs) struct Receipt {
    pub task_id: TaskId,
    pub attempt: String,
    pub agent: AgentName,
    pub model: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub duration_seconds: f64,
    /// How the program ended, in one line.
    pub end: String,
    /// Processes that outlived the agent and were ended.
    pub killed_survivors: u32,
    /// Processes that could not be ended.
    pub survivors: Vec<u32>,
    pub output_truncated: bool,
    /// What was found in place of the worktree's `.git`.
    pub git_was: String,
    /// Files outside the worktree that changed while it ran: reported, not prevented.
    pub outside_writes: Vec<String>,
    pub confinement: Vec<Control>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// What it cost: as its program says, else by the table of prices.
    pub cost_usd_micros: Option<u64>,
    /// What it counts for in budgets; the stated worst case where nobody counted.
    #[serde(default)]
    pub charged_usd_micros: u64,
    /// The provider that was asked, where the agent has several.
    #[serde(default)]
    pub provider: Option<String>,
    /// The agent's own name for the conversation.
    pub session: Option<String>,
    /// The commit that the attempt started from.
    pub start: CommitSha,
    /// Why there is no usable result, as seen by us.
    pub failure: Option<RunFailure>,
    /// What is wrong with the result file.
    pub bad_result: Option<String>,
    /// Filled by verification.
    pub changed: bool,
    pub tests: TestVerdict,
    pub markers: Vec<String>,
    /// Checks of its pull request that were red when it began; filled by verification.
    #[serde(default)]
    pub red: Vec<String>,
    /// Where it would publish a secret, in one line; filled before it is committed.
    #[serde(default)]
    pub leak: Option<String>,
}

/// The last conversation of an agent in this task that can go on: of its last run that has one.
pub(in crate::jobs) fn last_session(app: &App, task: &Task, agent: &AgentName) -> Option<String> {
    let entries = std::fs::read_dir(app.runs(&task.id)).ok()?;
    let receipts = entries.flatten().filter_map(|entry| Receipt::read(&entry.path()));
    let own = receipts.filter(|receipt| receipt.agent == *agent && receipt.session.is_some());
    own.max_by_key(|receipt| receipt.ended_at)?.session
}

/// The folder of the present run.
pub(in crate::jobs) fn run_dir(app: &App, task: &Task) -> PathBuf {
    app.runs(&task.id).join(task.run_label())
}

impl Receipt {
    /// Writes it.
    pub(in crate::jobs) fn write(&self, dir: &Path) -> Result<(), FileError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        files::replace(&dir.join("receipt.json"), format!("{text}\n").as_bytes())
    }

    /// Reads the receipt of a run; `None` when there is none that can be read.
    pub(in crate::jobs) fn read(dir: &Path) -> Option<Self> {
        let text = files::read_text(&dir.join("receipt.json"), MAX_BYTES).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// What the run proves.
    pub(in crate::jobs) fn evidence(&self, dir: &Path) -> Evidence {
        if let Some(failure) = &self.failure {
            return Evidence::Failed(failure.clone());
        }
        if let Some(reason) = &self.bad_result {
            return Evidence::BadResult { reason: reason.clone() };
        }
        let bytes = files::read_bytes(&dir.join("result.md"), MAX_BYTES).unwrap_or_default();
        match result::parse(&bytes) {
            Err(violation) => Evidence::BadResult { reason: violation.reason },
            Ok(result) => Evidence::Result {
                result: Box::new(result),
                changed: self.changed,
                tests: self.tests.clone(),
                markers: self.markers.clone(),
                red: self.red.clone(),
                leak: self.leak.clone(),
            },
        }
    }
}

/// Gives the folder of a run that cost no attempt its lasting name, `<attempt>.<k>`; any other keeps its own.
pub(in crate::jobs) fn rename_free_run(app: &App, task: &Task) -> Result<(), FileError> {
    let dir = run_dir(app, task);
    let is_free = |receipt: Receipt| receipt.failure.is_some_and(|failure| failure.is_free());
    if !dir.is_dir() || !Receipt::read(&dir).is_some_and(is_free) {
        return Ok(());
    }
    files::rename(&dir, &app.runs(&task.id).join(free_label(app, task)))
}

/// Sees to it that the name of the next run is free: behind a run that counted, the task gets the next number, as when a person brings it
/// back; a run that cost nothing or was never finished makes room.
pub(in crate::jobs) fn make_room(app: &App, task: &mut Task) -> Result<(), FileError> {
    rename_free_run(app, task)?;
    loop {
        let dir = run_dir(app, task);
        if !dir.is_dir() {
            return Ok(());
        }
        if Receipt::read(&dir).is_some() {
            task.attempt += 1;
        } else {
            files::rename(&dir, &app.runs(&task.id).join(free_label(app, task)))?;
        }
    }
}

/// Free runs are bounded far below this.
const MAX_FREE_LABELS: u32 = 9999;

/// The first label of a run that cost no attempt which no earlier one has, `<attempt>.<k>`.
pub(in crate::jobs) fn free_label(app: &App, task: &Task) -> String {
    let runs = app.runs(&task.id);
    let label = |k: u32| format!("{}.{k}", task.attempt);
    let is_free = |k: &u32| runs.join(label(*k)).symlink_metadata().is_err();
    label((1..=MAX_FREE_LABELS).find(is_free).unwrap_or(MAX_FREE_LABELS))
}
