//! `agentos pr approve`: the operator lets a head pass, as `/agent approve` does in a comment.

use serde_json::json;

use super::args::Numbered;
use super::board;
use super::fault::Fault;
use super::output::Output;
use crate::app::App;
use crate::domain::ids::PrNumber;
use crate::jobs::commands::{self, Approval};

pub(super) async fn run(
    app: &App,
    on: &Numbered,
    head: Option<&String>,
    output: &Output,
) -> Result<u8, Fault> {
    let repository = board::repository(app, &on.repo)?;
    let number = PrNumber(board::number(&on.number)?);
    let is_meant = |task: &crate::domain::task::Task| {
        task.repo == *repository.slug() && task.pr == Some(number)
    };
    let tasks = app.mailbox.tasks()?;
    let Some(task) = tasks.into_iter().map(|(_, task)| task).find(is_meant) else {
        let message = format!("no task of ours has the pull request {}", number.0);
        return Err(Fault::usage(message).hint("`agentos pr list` shows all that are open"));
    };
    let approval = Approval {
        by: board::you(app, None),
        head: head.map(|head| head.to_ascii_lowercase()),
        comment: None,
    };
    let approved = commands::approve(app, repository, &task.id, &approval).await?;
    if output.is_json() {
        output.json(&json!({"task_id": task.id, "pr": number, "approved_head": approved}));
    } else {
        output.line(&format!(
            "pull request {}: the head {} may pass the limits of size, paths and tests",
            number.0,
            approved.short()
        ));
    }
    Ok(0)
}
