//! The issues of an approved sprint become Ready: those that may still be chosen, looked at anew.

use crate::crash_point;
use crate::domain::admission::READY;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Issue};
use crate::domain::sprint::{Planned, Sprint};
use crate::effects::Effect;
use crate::host::LabelChange;
use crate::jobs::dispatch::Failure;
use crate::jobs::report::Report;

use super::carry::Desk;
use super::gather::{Scene, scene};
use super::item;

/// Makes the issues Ready and notes which.
pub(super) async fn promote(
    desk: &Desk<'_>,
    sprint: &mut Sprint,
    report: &mut Report,
) -> Result<(), Failure> {
    let repository = desk.repository;
    let seen = scene(desk.app, repository, repository.host.as_ref()).await?;
    let tasks = sprint.tasks.clone();
    for task in &tasks {
        let number = task.issue;
        match standing(&seen, sprint, number) {
            Standing::Free(issue) => {
                make_ready(desk, issue, task).await?;
                crash_point!("plan.promoted");
                let reasons = task.reasons.join("; ");
                item(repository, report, Some(number), "promoted", reasons);
            }
            // By a run that died here, or by a person meanwhile.
            Standing::ReadyAlready => {}
            Standing::Left(why) => {
                let note = format!("{number}: {why}");
                item(repository, report, Some(number), "left", why);
                if !sprint.notes.contains(&note) {
                    sprint.notes.push(note);
                }
                continue;
            }
        }
        if !sprint.promoted.contains(&number) {
            sprint.promoted.push(number);
        }
    }
    Ok(())
}

enum Standing<'a> {
    Free(&'a Issue),
    ReadyAlready,
    Left(String),
}

/// How an issue of the sprint stands now.
fn standing<'a>(seen: &'a Scene, sprint: &Sprint, number: IssueNumber) -> Standing<'a> {
    if seen.backlog.active.contains(&number) || sprint.promoted.contains(&number) {
        return Standing::ReadyAlready;
    }
    let issue = seen.issues.iter().find(|issue| issue.number == number);
    let candidate = seen.backlog.candidate(number);
    let (Some(issue), Some(candidate)) = (issue, candidate) else {
        let why = seen.backlog.left.get(&number).cloned();
        return Standing::Left(why.unwrap_or_else(|| "it is not open any more".to_owned()));
    };
    match candidate.after.iter().find(|after| !sprint.promoted.contains(after)) {
        Some(after) => Standing::Left(format!("it depends on {after}, which is not closed")),
        None => Standing::Free(issue),
    }
}

/// Ready by column where the issue has or gets one, else by label, as a person does it. A priority only where nobody has given one.
async fn make_ready(desk: &Desk<'_>, issue: &Issue, task: &Planned) -> Result<(), Failure> {
    let number = issue.number;
    let by_column = issue.status.is_some() || desk.repository.host.adds_cards();
    let has_priority =
        issue.labels.iter().any(|label| label.to_ascii_lowercase().starts_with("prio:"));
    let priority = task.priority.filter(|_| !has_priority);
    let mut add: Vec<String> =
        priority.iter().map(|one| format!("prio:{}", one.as_str())).collect();
    if !by_column {
        add.push(READY.to_owned());
    }
    if !add.is_empty() {
        let change = LabelChange { add, remove: Vec::new() };
        desk.effects.carry_out(&Effect::Labels { issue: number, change }, desk.lease).await?;
        crash_point!("plan.labelled");
    }
    if by_column {
        let effect = Effect::Status { issue: number, status: BoardStatus::Ready };
        desk.effects.carry_out(&effect, desk.lease).await?;
    }
    Ok(())
}
