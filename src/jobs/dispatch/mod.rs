//! `agentos dispatch`: ready issues become task files, answers bring blocked tasks back.

mod answers;
mod gather;
mod intake;
mod proposal;
mod unreadable;

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::admission::{self, Admission};
use crate::domain::fence::Fence;
use crate::domain::issue::Issue;
use crate::domain::routing::{Served, Waiting, rank};
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::{brief, ids::TaskId};
use crate::host::Host;

use super::report::{Job, Report, Severity};
use super::{commands, rival};

pub(in crate::jobs) use gather::severity;

/// What is left undone beside an older installation.
const UNDONE: &str = "dispatches nothing";

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
    let mut wanted = Vec::new();
    for repository in &app.repositories {
        if options.repo.as_deref().is_some_and(|name| !is_named(repository, name)) {
            continue;
        }
        if app.may(Job::Dispatch, repository).is_granted() {
            wanted.push(repository);
        }
    }
    let all_ready = gather::ready_issues(&wanted).await;
    for (repository, ready) in wanted.into_iter().zip(all_ready) {
        gather::name_bad_files(repository, &mut report);
        match ready {
            Ok(ready) => dispatch(app, repository, ready, options, &mut report).await,
            Err(error) => report.failure(repository.slug().to_string(), error.into()),
        }
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

async fn dispatch(
    app: &App,
    repository: &Repository,
    ready: Vec<Issue>,
    options: &Options,
    report: &mut Report,
) {
    if !options.dry_run {
        commands::collect(app, repository, report).await;
        answers::collect(app, repository, report).await;
    }
    let fence = match fence(app, repository, &ready) {
        Ok(fence) => fence,
        Err(failure) => return report.failure(repository.slug().to_string(), failure),
    };
    if !options.dry_run
        && let Err(error) = app.state.set_fence(&repository.key, &fence)
    {
        return report.failure(repository.slug().to_string(), error.into());
    }
    if ready.is_empty() {
        return;
    }
    let open_prs = match gather::open_pull_requests(app, repository) {
        Ok(open) => open,
        Err(failure) => return report.failure(repository.slug().to_string(), failure),
    };
    let mut left = repository.settings.max_dispatch_per_run;
    for issue in in_order(app, repository, ready) {
        let room = Room { left, open_prs, fence: &fence };
        match consider(app, repository, &issue, room, options, report).await {
            Ok(true) => left = left.saturating_sub(1),
            Ok(false) => {}
            Err(failure) => {
                let is_over = failure.severity == Severity::Temporary;
                report.failure(format!("{}{}", repository.slug(), issue.number), failure);
                if is_over {
                    // The network or the limit: the other issues would fare no better.
                    return;
                }
            }
        }
    }
}

/// The day-one fence of a repository on a shared host, after this look: put up by the first dispatch, kept true by every other.
fn fence(app: &App, repository: &Repository, ready: &[Issue]) -> Result<Fence, Failure> {
    let fence = app.state.fence(&repository.key)?;
    if repository.local.is_some() {
        return Ok(fence);
    }
    let numbers = ready.iter().map(|issue| issue.number).collect();
    Ok(fence.after_look(&numbers, repository.settings.max_dispatch_per_run))
}

/// High priority first, then older first.
fn in_order(app: &App, repository: &Repository, issues: Vec<Issue>) -> Vec<Issue> {
    let waiting: Vec<Waiting> = issues
        .iter()
        .map(|issue| Waiting {
            id: TaskId::of(&repository.key, issue.number, 1),
            repo: repository.slug().clone(),
            priority: brief::priority(&issue.labels),
            created_at: issue.created_at,
            not_before: None,
        })
        .collect();
    let order = rank(&waiting, &Served::new(), app.now());
    let mut issues = issues;
    issues.sort_by_key(|issue| {
        let id = TaskId::of(&repository.key, issue.number, 1);
        order.iter().position(|other| *other == id)
    });
    issues
}

/// Why one issue could not be dispatched.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) severity: Severity,
    pub(super) hint: Option<String>,
}

/// What the limits leave for one issue.
#[derive(Debug, Clone, Copy)]
struct Room<'a> {
    left: usize,
    open_prs: usize,
    /// The day-one fence.
    fence: &'a Fence,
}

/// Whether an issue becomes a task, by what this host says of it.
async fn admission(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
    issue: &Issue,
    room: Room<'_>,
) -> Result<Admission, Failure> {
    let view = gather::view(app, repository, host, issue, room).await?;
    let admission = admission::admit(issue, &view);
    // Last, since it asks the remote.
    if matches!(admission, Admission::Dispatch { .. })
        && let Some(reason) = intake::missing_base(repository, issue)?
    {
        return Ok(Admission::Wait(Halt::new(Standstill::BaseBranch, reason)));
    }
    Ok(admission)
}

/// What would become of an issue now, with a look at other installations and at the remote. Reads only, as a glance.
async fn foreseen(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    room: Room<'_>,
) -> Result<Admission, Failure> {
    let admission = admission(app, repository, repository.glance.as_ref(), issue, room).await?;
    if matches!(admission, Admission::Dispatch { .. })
        && let Some(reason) = rival::older(app, repository, UNDONE, true).await?
    {
        return Ok(Admission::Wait(Halt::new(Standstill::Rival, reason)));
    }
    if matches!(admission, Admission::Dispatch { .. })
        && let Some(reason) = intake::lacking_base(repository, issue)
    {
        return Ok(Admission::Wait(Halt::new(Standstill::BaseBranch, reason)));
    }
    Ok(admission)
}

/// Looks at one ready issue; says whether it was dispatched.
async fn consider(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    room: Room<'_>,
    options: &Options,
    report: &mut Report,
) -> Result<bool, Failure> {
    let admission = if options.dry_run {
        foreseen(app, repository, issue, room).await?
    } else {
        admission(app, repository, repository.glance.as_ref(), issue, room).await?
    };
    match admission {
        Admission::Dispatch { generation } if options.dry_run => {
            let id = TaskId::of(&repository.key, issue.number, generation);
            let without = if proposal::would_ask(app, issue) { "; no model is asked" } else { "" };
            let reason = Some(format!("dry run{without}"));
            report.task(repository.slug(), issue.number, &id, "dispatched", reason);
            Ok(true)
        }
        Admission::Dispatch { .. } => admit_for_good(app, repository, issue, room, report).await,
        Admission::Answer if options.dry_run => Ok(false),
        Admission::Answer => {
            if admission::is_ready(&repository.host.issue(issue.number).await?) {
                answers::ready_again(app, repository, issue, report).await;
            }
            Ok(false)
        }
        Admission::Live { folder } => {
            tracing::debug!(issue = %issue.number, %folder, "already a task");
            Ok(false)
        }
        Admission::Wait(halt) => {
            report.issue(repository.slug(), issue.number, "waiting", Some(halt.reason));
            Ok(false)
        }
        Admission::NotReady => Ok(false),
    }
}

/// Looks once more, at what is read for this purpose, before anything is written: what was only remembered may be old.
async fn admit_for_good(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    room: Room<'_>,
    report: &mut Report,
) -> Result<bool, Failure> {
    repository.host.preflight().await?;
    rival::give_way(app, repository, UNDONE, false).await?;
    let Some((issue, generation)) = admitted(app, repository, issue, room, report).await? else {
        return Ok(false);
    };
    let id = TaskId::of(&repository.key, issue.number, generation);
    let asked = proposal::ask(app, repository, &issue, &id).await?;
    if asked.took_time && !is_as_asked(app, repository, &issue, generation, room, report).await? {
        return Ok(false);
    }
    crash_point!("dispatch.briefed");
    let id = intake::deliver(app, repository, &issue, generation, asked.proposal.as_ref()).await?;
    if let Some(id) = &id {
        report.task(repository.slug(), issue.number, id, "dispatched", asked.note);
    }
    Ok(id.is_some())
}

/// The issue as it is now, and the generation of its task, if it may be dispatched.
async fn admitted(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    room: Room<'_>,
    report: &mut Report,
) -> Result<Option<(Issue, u32)>, Failure> {
    let issue = repository.host.issue(issue.number).await?;
    match admission(app, repository, repository.host.as_ref(), &issue, room).await? {
        Admission::Dispatch { generation } => Ok(Some((issue, generation))),
        Admission::Wait(halt) => {
            report.issue(repository.slug(), issue.number, "waiting", Some(halt.reason));
            Ok(None)
        }
        Admission::Answer | Admission::Live { .. } | Admission::NotReady => Ok(None),
    }
}

/// Whether an issue is still what a model was asked about: that took minutes, in which people go on.
async fn is_as_asked(
    app: &App,
    repository: &Repository,
    asked: &Issue,
    generation: u32,
    room: Room<'_>,
    report: &mut Report,
) -> Result<bool, Failure> {
    let Some((now, next)) = admitted(app, repository, asked, room, report).await? else {
        return Ok(false);
    };
    let is_same = (&now.title, &now.body, &now.labels, next)
        == (&asked.title, &asked.body, &asked.labels, generation);
    if !is_same {
        let reason = "it was changed while a model was asked for its brief".to_owned();
        report.issue(repository.slug(), asked.number, "waiting", Some(reason));
    }
    Ok(is_same)
}

/// What dispatch would decide about one issue now, for `why`: behind the issues that it would take before, and with a look at other
/// installations. Reads only, as a glance.
pub(in crate::jobs) async fn foresee(
    app: &App,
    repository: &Repository,
    issue: &Issue,
) -> Result<Admission, Failure> {
    let open_prs = gather::open_pull_requests(app, repository)?;
    let host = repository.glance.as_ref();
    let ready = host.ready_issues().await?;
    let fence = fence(app, repository, &ready)?;
    let left = repository.settings.max_dispatch_per_run;
    let mut room = Room { left, open_prs, fence: &fence };
    for other in in_order(app, repository, ready) {
        if other.number == issue.number {
            break;
        }
        let admission = admission(app, repository, host, &other, room).await?;
        if matches!(admission, Admission::Dispatch { .. }) {
            room.left = room.left.saturating_sub(1);
        }
    }
    foreseen(app, repository, issue, room).await
}
