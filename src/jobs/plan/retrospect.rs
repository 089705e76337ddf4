//! What came of the last sprint, from the mailbox, the board and the records of merges.

use crate::app::{App, Repository};
use crate::domain::ids::IssueNumber;
use crate::domain::sprint::{Before, End, Outcome, Past, Retrospective, Sprint, Status};
use crate::domain::task;
use crate::jobs::dispatch::Failure;

use super::gather::{Lying, Scene, Weighed, merged_at, past, tasks};

/// Labels of an issue that waits for a person.
const WAITS: [&str; 2] = ["blocked", "human-required"];

/// Tells what came of the last sprint, if there was one.
pub(super) fn look(
    app: &App,
    repository: &Repository,
    last: Option<&Sprint>,
    scene: &Scene,
    weighed: &Weighed,
) -> Result<Option<Before>, Failure> {
    let Some(last) = last else { return Ok(None) };
    let text = match last.status {
        Status::Approved => told(app, repository, last, scene, weighed)?,
        Status::Waiting | Status::Rejected | Status::Expired => {
            let why = last.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("**Came of it:** {}{why}.\n", last.status.as_str())
        }
    };
    Ok(Some(Before { sprint: last.id.clone(), text }))
}

fn told(
    app: &App,
    repository: &Repository,
    last: &Sprint,
    scene: &Scene,
    weighed: &Weighed,
) -> Result<String, Failure> {
    let tasks = tasks(app, repository)?;
    let outcome = |number: &IssueNumber| {
        let own = tasks.get(number).map(Vec::as_slice).unwrap_or_default();
        outcome(*number, own, last, scene, weighed)
    };
    let retrospective = Retrospective {
        outcomes: last.promoted.iter().map(outcome).collect(),
        score_before: last.score,
        score_now: weighed.score,
    };
    Ok(retrospective.render())
}

fn outcome(
    number: IssueNumber,
    tasks: &[Lying],
    last: &Sprint,
    scene: &Scene,
    weighed: &Weighed,
) -> Outcome {
    let merged = merged_at(&weighed.records, number, last.created_at);
    let issue = scene.issues.iter().find(|issue| issue.number == number);
    let newest = tasks.last().map(|(_, task)| task.outcome);
    let end = match (issue, newest) {
        (_, Some(Some(task::Outcome::Merged))) => End::Merged,
        _ if merged.is_some() => End::Merged,
        (None, _) => End::Closed,
        (Some(_), Some(_)) if past(tasks) == Past::Live => End::UnderWay,
        (Some(issue), _) if WAITS.iter().any(|label| issue.has_label(label)) => End::Waits,
        (Some(_), Some(_)) if past(tasks) == Past::Waiting => End::Waits,
        (Some(_), _) => End::Open,
    };
    Outcome {
        number,
        end,
        cost_usd_micros: tasks.iter().map(|(_, task)| task.cost_usd_micros).sum(),
        lead: merged.filter(|_| end == End::Merged).map(|at| at.duration_since(last.created_at)),
    }
}
