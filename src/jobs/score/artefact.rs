//! `runtime/analysis/agent_scorer_findings.json` (`CONTRACT.md` section 8).

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::business::Business;
use super::execution::Execution;
use super::{WINDOW_DAYS, window};
use crate::app::App;
use crate::domain::finding::Finding;
use crate::domain::weakness;
use crate::sys::files::{self, FileError};

/// The file in `runtime/analysis/`.
pub const FILE: &str = "agent_scorer_findings.json";

/// Larger than any artefact of ours.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What `score` found, for `analyze`, `plan` and people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artefact {
    /// When.
    pub generated_at: Timestamp,
    /// Runs of so many days were counted.
    pub window_days: u32,
    /// Below this rate an agent's work counts as weak.
    pub threshold: f64,
    /// The weaknesses, by id.
    pub findings: Vec<Finding>,
    /// The business scores.
    #[serde(default)]
    pub scores: Vec<Value>,
    /// The numbers of the runs.
    #[serde(default)]
    pub execution: Value,
}

impl Artefact {
    pub(super) fn new(
        app: &App,
        execution: &Execution,
        scores: &[Business],
        findings: Vec<Finding>,
    ) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few workers")]
        let available = window().as_secs_f64() * app.settings.max_parallel_workers as f64;
        let mut numbers = execution.report(available);
        if let Some(map) = numbers.as_object_mut() {
            map.insert("cost_per_merge".to_owned(), Value::Object(costs(execution, scores)));
        }
        Self {
            generated_at: app.now(),
            window_days: WINDOW_DAYS,
            threshold: weakness::SUCCESS,
            findings,
            scores: scores.iter().map(Business::line).collect(),
            execution: numbers,
        }
    }

    /// Replaces the file, unless it says the same but for its date.
    pub(super) fn write(&self, app: &App) -> Result<(), FileError> {
        let path = path(app);
        let is_same = Self::read(app).is_some_and(|old| {
            let age = self.generated_at.duration_since(old.generated_at);
            Self { generated_at: self.generated_at, ..old } == *self && age < window() / 7
        });
        if is_same {
            return Ok(());
        }
        if let Some(dir) = path.parent() {
            files::make_dir(dir)?;
        }
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        files::replace(&path, app.redactor.redact(&text).as_bytes())
    }

    /// The present artefact; `None` where there is none that can be read.
    pub fn read(app: &App) -> Option<Self> {
        serde_json::from_slice(&files::read_bytes(&path(app), MAX_BYTES).ok()?).ok()
    }
}

fn path(app: &App) -> PathBuf {
    app.runtime().join("analysis").join(FILE)
}

/// What a merge cost, by repository, where there were merges.
fn costs(execution: &Execution, scores: &[Business]) -> Map<String, Value> {
    let with_merges = scores.iter().filter(|business| business.merged > 0);
    with_merges
        .map(|business| {
            #[expect(clippy::cast_precision_loss, reason = "a count of merges")]
            let cost = execution.cost_of(&business.repo) / business.merged as f64;
            let cost = (cost * 1e4).round() / 1e4;
            (business.repo.clone(), json!({"usd": cost, "merges": business.merged}))
        })
        .collect()
}
