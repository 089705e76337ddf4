//! `agentos dispatch`: ready issues become task files, answers bring blocked tasks back.

mod answers;
mod gather;
mod intake;

use crate::app::{App, Repository};
use crate::domain::admission::{self, Admission};
use crate::domain::issue::Issue;
use crate::domain::routing::{Waiting, rank};
use crate::domain::{brief, ids::TaskId};

use super::report::{Job, Report, Severity};

pub(in crate::jobs) use gather::severity;

/// What a caller may ask of a dispatch.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this repository: slug, key or name.
    pub repo: Option<String>,
    /// Say what would be done, and change nothing anywhere.
    pub dry_run: bool,
}

/// Dispatches every repository that is not paused. One bad repository spoils no other.
pub async fn run(app: &App, options: &Options) -> Report {
    let mut report = Report::new(Job::Dispatch, app.now());
    for repository in &app.repositories {
        if options.repo.as_deref().is_some_and(|name| !is_named(repository, name)) {
            continue;
        }
        if let Some(reason) = app.state.repo_pause(&repository.key) {
            tracing::info!(repo = %repository.slug(), %reason, "skipped");
            continue;
        }
        dispatch(app, repository, options, &mut report).await;
        if app.stop.requested() {
            break;
        }
    }
    report
}

/// Whether a person means this repository.
pub(super) fn is_named(repository: &Repository, name: &str) -> bool {
    let slug = repository.slug();
    [slug.as_str(), slug.name(), repository.key.as_str()].contains(&name)
}

async fn dispatch(app: &App, repository: &Repository, options: &Options, report: &mut Report) {
    let ready = match gather::open_issues(repository, report).await {
        Ok(issues) => issues,
        Err(error) => {
            let severity = gather::severity(&error);
            report.error(repository.slug().to_string(), error.to_string(), severity, None);
            return;
        }
    };
    if !options.dry_run {
        answers::collect(app, repository, &ready, report).await;
    }
    let ready: Vec<Issue> = ready.into_iter().filter(admission::is_ready).collect();
    if ready.is_empty() {
        return;
    }
    let open_prs = match gather::open_pull_requests(app, repository) {
        Ok(open) => open,
        Err(failure) => {
            report.error(repository.slug().to_string(), failure.message, failure.severity, None);
            return;
        }
    };
    let mut left = repository.settings.max_dispatch_per_run;
    for issue in in_order(app, repository, ready) {
        let room = Room { left, open_prs };
        match consider(app, repository, &issue, room, options, report).await {
            Ok(true) => left = left.saturating_sub(1),
            Ok(false) => {}
            Err(failure) => {
                let item = format!("{}{}", repository.slug(), issue.number);
                report.error(item, failure.message, failure.severity, failure.hint);
            }
        }
    }
}

/// High priority first, then older first.
fn in_order(app: &App, repository: &Repository, issues: Vec<Issue>) -> Vec<Issue> {
    let waiting: Vec<Waiting> = issues
        .iter()
        .map(|issue| Waiting {
            id: TaskId::of(&repository.key, issue.number, 1),
            priority: brief::priority(&issue.labels),
            created_at: issue.created_at,
            not_before: None,
        })
        .collect();
    let order = rank(&waiting, app.now());
    let mut issues = issues;
    issues.sort_by_key(|issue| {
        let id = TaskId::of(&repository.key, issue.number, 1);
        order.iter().position(|other| *other == id)
    });
    issues
}

/// Why one issue could not be dispatched.
struct Failure {
    message: String,
    severity: Severity,
    hint: Option<&'static str>,
}

/// What the limits leave for one issue.
struct Room {
    left: usize,
    open_prs: usize,
}

/// Looks at one ready issue; says whether it was dispatched.
async fn consider(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    room: Room,
    options: &Options,
    report: &mut Report,
) -> Result<bool, Failure> {
    let view = gather::view(app, repository, issue, room.left, room.open_prs).await?;
    match admission::admit(issue, &view) {
        Admission::Dispatch { generation } if options.dry_run => {
            let id = TaskId::of(&repository.key, issue.number, generation);
            report.task(
                repository.slug(),
                issue.number,
                &id,
                "dispatched",
                Some("dry run".to_owned()),
            );
            Ok(true)
        }
        Admission::Dispatch { generation } => {
            let id = intake::deliver(app, repository, issue, generation).await?;
            if let Some(id) = &id {
                report.task(repository.slug(), issue.number, id, "dispatched", None);
            }
            Ok(id.is_some())
        }
        Admission::Answer if options.dry_run => Ok(false),
        Admission::Answer => {
            answers::ready_again(app, repository, issue, report).await;
            Ok(false)
        }
        Admission::Live { folder } => {
            tracing::debug!(issue = %issue.number, %folder, "already a task");
            Ok(false)
        }
        Admission::Wait { reason } => {
            report.issue(repository.slug(), issue.number, "waiting", Some(reason));
            Ok(false)
        }
        Admission::NotReady => Ok(false),
    }
}

/// What admission rests on for one issue, for `why`.
pub(in crate::jobs) async fn view(
    app: &App,
    repository: &Repository,
    issue: &Issue,
) -> Result<admission::View, String> {
    let left = repository.settings.max_dispatch_per_run;
    let open_prs =
        gather::open_pull_requests(app, repository).map_err(|failure| failure.message)?;
    gather::view(app, repository, issue, left, open_prs).await.map_err(|failure| failure.message)
}
