//! Why an issue is no task yet; one that is a task is told of as such.

use super::{LookError, WHEN_RESUMED, Why, denied, repository, task, unanswered, unreadable};
use crate::app::{App, Repository};
use crate::domain::admission::{self, Admission};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::issue::{Issue, IssueState};
use crate::domain::origin;
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::task::{Folder, Task};
use crate::host::HostError;
use crate::jobs::report::Job;
use crate::jobs::{dispatch, plan};

pub(super) async fn of(
    app: &App,
    repo: Option<&str>,
    number: IssueNumber,
) -> Result<Why, LookError> {
    let repository = repository(app, repo)?;
    let newest = app.mailbox.newest_generation(&repository.key, number).map_err(unreadable)?;
    let issue = match repository.glance.issue(number).await {
        Ok(issue) => issue,
        Err(error) => return without_its_issue(app, repository, number, newest, &error).await,
    };
    if let Some((generation, Some(folder))) = newest {
        let id = TaskId::of(&repository.key, number, generation);
        let found = match app.mailbox.find(&id) {
            Ok(found) => found,
            Err(error) => return task::unusable(app, &id, &error),
        };
        if let Some((_, task)) = found
            && (!admission::is_ready(&issue) || is_live(folder, &task))
        {
            return task::of(app, folder, &task).await;
        }
    }
    let why = match denied(app, repository, Job::Dispatch) {
        Some(halt) => Why::halted(subject(repository, number), halt, WHEN_RESUMED),
        None => foreseen(app, repository, &issue).await?,
    };
    Ok(why.seen(evidence(&issue)))
}

/// What is known of an issue that the host cannot tell about: its task, if that is alive.
async fn without_its_issue(
    app: &App,
    repository: &Repository,
    number: IssueNumber,
    newest: Option<(u32, Option<Folder>)>,
    error: &HostError,
) -> Result<Why, LookError> {
    let alive = newest.and_then(|(generation, folder)| {
        let id = TaskId::of(&repository.key, number, generation);
        let (_, task) = app.mailbox.find(&id).ok()??;
        folder.filter(|folder| is_live(*folder, &task)).map(|folder| (folder, task))
    });
    let Some((folder, task)) = alive else { return Err(unanswered(error)) };
    let why = task::of(app, folder, &task).await?;
    let evidence: Vec<String> = why.evidence.iter().cloned().chain([error.to_string()]).collect();
    Ok(why.seen(evidence))
}

fn subject(repository: &Repository, number: IssueNumber) -> String {
    format!("{}{number}", repository.slug())
}

fn evidence(issue: &Issue) -> Vec<String> {
    let labels = if issue.labels.is_empty() { "none".to_owned() } else { issue.labels.join(", ") };
    let mut evidence = vec![format!("labels: {labels}")];
    evidence.extend(issue.status.map(|status| format!("column: {status}")));
    evidence.extend(origin::of(issue).map(|origin| {
        format!(
            "made by `{}`, generation {}: a person or a sprint makes it Ready",
            origin.job, origin.generation
        )
    }));
    evidence
}

async fn foreseen(app: &App, repository: &Repository, issue: &Issue) -> Result<Why, LookError> {
    let subject = subject(repository, issue.number);
    let next_look = "the next `dispatch`";
    let moving = |reason: String| Why::moving(subject.clone(), reason, next_look);
    let halted = |halt: Halt| Why::halted(subject.clone(), halt, next_look);
    let foreseen = dispatch::foresee(app, repository, issue).await;
    Ok(match foreseen.map_err(|failure| LookError::Unreadable(failure.message))? {
        Admission::Dispatch { .. } => moving("it is Ready and will be dispatched".to_owned()),
        Admission::Answer => moving("Ready again is the answer to its question".to_owned()),
        Admission::Live { folder } => moving(format!("its task is in `{folder}/`")),
        Admission::Wait(halt) => halted(halt),
        Admission::NotReady if issue.state == IssueState::Closed => {
            halted(Halt::new(Standstill::Closed, "it is closed"))
        }
        Admission::NotReady => {
            let more = plan::of_issue(app, repository, issue).await;
            let more = more.map(|more| format!("; {more}")).unwrap_or_default();
            let reason = format!("nobody has made it Ready, by label or by column{more}");
            halted(Halt::new(Standstill::NotReady, reason))
        }
    })
}

fn is_live(folder: Folder, task: &Task) -> bool {
    let known = admission::Known { folder, outcome: task.outcome, generation: task.generation };
    known.is_live()
}
