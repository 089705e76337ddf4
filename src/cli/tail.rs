//! `agentos tail`: an agent's output, line by line, as it comes.

use std::time::Duration;

use serde_json::json;

use super::args::{Global, Tail as Options};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::app::App;
use crate::domain::ids::TaskId;
use crate::jobs::status;
use crate::jobs::tail::{Tail, Told};

/// Between two looks at the output.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) fn run(
    wiring: &Wiring,
    global: &Global,
    options: &Options,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let id = super::tasks::task_id(&options.id)?;
    let Some((mut tail, told)) = Tail::begin(&app, &id, options.lines)? else {
        return Err(Fault::usage(format!("there is no task {id}"))
            .hint("`agentos task list` shows all; the runs of old ones are in runtime/archive/"));
    };
    if output.is_json() {
        return document(&app, &id, &told, output);
    }
    let mut is_read = print(&id, &told, output);
    while is_read && !options.no_follow && !tail.is_over() && !wiring.stop.requested() {
        std::thread::sleep(PAUSE);
        is_read = print(&id, &tail.look(&app)?, output);
    }
    Ok(0)
}

/// The present lines; one document cannot go on.
fn document(app: &App, id: &TaskId, told: &[Told], output: &Output) -> Result<u8, Fault> {
    let lines: Vec<&String> = told
        .iter()
        .filter_map(|one| match one {
            Told::Line(line) => Some(line),
            _ => None,
        })
        .collect();
    let Some((folder, task)) = app.mailbox.find(id)? else {
        return Err(Fault::failed(format!("the task {id} has just been put away")));
    };
    let row = status::row(app, folder, &task);
    output.json(&json!({
        "task_id": row.task_id,
        "state": row.state,
        "running": row.running,
        "attempt": row.attempt,
        "agent": row.agent,
        "stage": row.stage,
        "elapsed_seconds": row.elapsed_seconds,
        "lines": lines,
    }));
    Ok(0)
}

fn print(id: &TaskId, told: &[Told], output: &Output) -> bool {
    told.iter().all(|one| match one {
        Told::Line(line) => output.live(line),
        Told::Attempt { attempt, agent } => {
            let agent = agent.as_ref().map(|agent| format!(", {agent}")).unwrap_or_default();
            output.live(&format!("-- {id}: attempt {attempt}{agent}"))
        }
        Told::Stage(stage) => output.live(&format!("-- {id}: {}", stage.as_str())),
        Told::Over { folder, reason } => {
            let place = folder.map_or_else(
                || "it lies in no folder any more".to_owned(),
                |folder| format!("in {folder}/"),
            );
            let why = reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            output.live(&format!("-- {id}: {place}{why}"))
        }
    })
}
