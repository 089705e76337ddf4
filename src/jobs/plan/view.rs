//! What `status` and `why` say of sprints. Reads only.

use jiff::Timestamp;
use serde::Serialize;

use crate::app::{App, Repository};
use crate::domain::ids::{IssueNumber, RepoSlug};
use crate::domain::issue::Issue;
use crate::domain::sprint::{SprintId, Status};

use super::carry;
use super::gather::scene;
use super::store::Store;
use crate::jobs::report::Job;

/// A sprint that waits for a person, in `status --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SprintRow {
    /// Its name.
    pub id: SprintId,
    /// Its repository.
    pub repo: RepoSlug,
    /// The issue that asks about it.
    pub issue: Option<IssueNumber>,
    /// Its issues.
    pub tasks: Vec<IssueNumber>,
    /// Until when an answer is waited for.
    pub until: Option<Timestamp>,
    /// The command that lets it begin.
    pub next: String,
}

/// The sprints that wait for a person.
pub(in crate::jobs) fn rows(app: &App) -> Vec<SprintRow> {
    let waiting = |repository: &Repository| {
        let newest = Store::new(app, repository).newest().ok()??;
        let waits = newest.ended_at.is_none() && newest.status == Status::Waiting;
        waits.then(|| SprintRow {
            next: format!("agentos plan approve {}", newest.id),
            id: newest.id,
            repo: newest.repo,
            issue: newest.issue,
            tasks: newest.tasks.iter().map(|task| task.issue).collect(),
            until: newest.expires_at,
        })
    };
    app.repositories.iter().filter_map(waiting).collect()
}

/// What an issue that nobody made Ready waits for.
pub(in crate::jobs) async fn of_issue(
    app: &App,
    repository: &Repository,
    issue: &Issue,
) -> Option<String> {
    if let Some(denial) = app.may(Job::Plan, repository).denial() {
        let reason = denial.told(repository.slug().as_str());
        return Some(format!("no sprint takes it: {reason}"));
    }
    let newest = Store::new(app, repository).newest().ok()?;
    if let Some(sprint) = newest.filter(|sprint| sprint.ended_at.is_none()) {
        if sprint.issue == Some(issue.number) {
            return Some(carry::words(&sprint));
        }
        if sprint.tasks.iter().any(|task| task.issue == issue.number) {
            return Some(format!("it is in a sprint: {}", carry::words(&sprint)));
        }
    }
    let scene = scene(app, repository, repository.glance.as_ref()).await.ok()?;
    if let Some(why) = scene.backlog.left.get(&issue.number) {
        return Some(format!("no sprint takes it: {why}"));
    }
    let pace = super::not_due(app, repository).ok()?.map(|halt| format!("; {}", halt.reason));
    Some(format!("the next sprint may take it{}", pace.unwrap_or_default()))
}
