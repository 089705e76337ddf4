//! `agentos task show`: a task's file, and its attempts.

use serde_json::json;

use super::fault::Fault;
use super::output::{Output, table};
use crate::app::App;
use crate::domain::ids::TaskId;
use crate::jobs::attempts::{self, AttemptRow};
use crate::jobs::status;

pub(super) fn task(app: &App, id: &TaskId, output: &Output) -> Result<u8, Fault> {
    let Some((folder, task)) = app.mailbox.find(id)? else {
        return Err(Fault::usage(format!("there is no task {id}"))
            .hint("`agentos task list` shows all; old ones are in runtime/archive/"));
    };
    let path = app.mailbox.path(folder, id);
    let attempts = attempts::rows(app, id);
    if output.is_json() {
        let row = status::row(app, folder, &task);
        let mut value = serde_json::to_value(&row).unwrap_or_default();
        if let Some(map) = value.as_object_mut() {
            map.insert("file".to_owned(), json!(path));
            map.insert("body".to_owned(), json!(task.body));
            map.insert("runs".to_owned(), json!(app.runs(id)));
            map.insert("attempts".to_owned(), json!(attempts));
        }
        output.json(&value);
        return Ok(0);
    }
    output.line(&format!("{} in {folder}/  ({})", task.id, path.display()));
    output.line(&format!("runs: {}", app.runs(id).display()));
    if !attempts.is_empty() {
        output.line("");
        show(&attempts, output);
    }
    output.line("");
    output.line(&crate::domain::task_file::render(&task).unwrap_or_default());
    Ok(0)
}

fn show(attempts: &[AttemptRow], output: &Output) {
    let head = ["ATTEMPT", "AGENT", "MODEL", "OUTCOME", "BLOCKER", "TIME", "COST", "TOKENS"];
    let mut cells: Vec<Vec<String>> = vec![head.iter().map(ToString::to_string).collect()];
    let dash = || "-".to_owned();
    for row in attempts {
        let spent = if row.spent { "" } else { " (free)" };
        let tokens = match (row.input_tokens, row.output_tokens) {
            (None, None) => dash(),
            (read, written) => {
                format!("{} in, {} out", read.unwrap_or_default(), written.unwrap_or_default())
            }
        };
        cells.push(vec![
            format!("{}{spent}", row.attempt),
            row.agent.to_string(),
            row.model.clone().unwrap_or_else(dash),
            row.outcome.to_owned(),
            row.blocker.map_or_else(dash, |code| code.as_str().to_owned()),
            super::watch::clock_time(row.duration_seconds),
            row.cost_usd.map_or_else(dash, |cost| format!("${cost:.2}")),
            tokens,
        ]);
    }
    for line in table(&cells) {
        output.line(&line);
    }
    for row in attempts {
        let said = row.summary.as_ref().unwrap_or(&row.end);
        output.line(&format!("  {}: {said}", row.attempt));
    }
}
