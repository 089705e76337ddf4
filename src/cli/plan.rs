//! `agentos plan`: the next sprint, and the operator's word about one that waits.

use clap::{Args, Subcommand};
use serde_json::json;

use super::args::Global;
use super::fault::Fault;
use super::jobs::{begin, finish, listen};
use super::output::Output;
use super::wire::Wiring;
use super::{board, entry};
use crate::app::App;
use crate::jobs::plan::{self, DecideError};
use crate::jobs::turn;

/// What `agentos plan` is asked for.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Plan {
    #[command(subcommand)]
    word: Option<Word>,
    /// Only this repository
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// Plan now, whatever the pace says
    #[arg(long)]
    force: bool,
    /// Say what would be done and change nothing anywhere; no model is asked
    #[arg(long)]
    dry_run: bool,
}

/// A word about a sprint that waits.
#[derive(Debug, Clone, Subcommand)]
enum Word {
    /// Let a waiting sprint begin
    Approve {
        /// The sprint, as `agentos status` shows it
        id: String,
    },
    /// Drop a waiting sprint
    Reject {
        /// The sprint, as `agentos status` shows it
        id: String,
    },
}

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    plan: &Plan,
    output: &Output,
) -> Result<u8, Fault> {
    let app = begin(wiring, global, plan.repo.as_deref(), output)?;
    let mut options = plan::Options {
        repo: plan.repo.clone(),
        force: plan.force,
        dry_run: plan.dry_run,
        ..plan::Options::default()
    };
    match &plan.word {
        None => {}
        Some(Word::Approve { id }) => options = decided(&app, id, true, output)?,
        Some(Word::Reject { id }) => options = decided(&app, id, false, output)?,
    }
    let log = listen(&app, global, "plan");
    entry::adopt_orphans();
    Ok(finish(&app, &log, &turn::plan(&app, &options).await, output))
}

/// Writes the word down; what follows from it is done by a run of the job for that repository.
fn decided(
    app: &App,
    id: &str,
    is_approved: bool,
    output: &Output,
) -> Result<plan::Options, Fault> {
    let by = board::you(app, None);
    let (key, sprint) = plan::decide(app, id, is_approved, &by).map_err(|error| match error {
        DecideError::Unknown(message) => {
            Fault::usage(message).hint("`agentos status` shows the sprints that wait")
        }
        DecideError::NotNow(message) | DecideError::Failed(message) => Fault::failed(message),
    })?;
    let line = json!({"sprint": sprint.id, "status": sprint.status});
    tracing::info!(%line, "the operator has decided about a sprint");
    output.say(&format!("sprint {} is {}", sprint.id, sprint.status.as_str()));
    Ok(plan::Options {
        repo: Some(key.to_string()),
        only_decided: true,
        ..plan::Options::default()
    })
}
