//! What dispatch looks at: issues, dependencies, the mailbox.

use crate::app::{App, Repository};
use crate::domain::admission::{Known, View};
use crate::domain::brief;
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::issue::{Issue, IssueState, Trust};
use crate::domain::task::{Folder, Outcome};
use crate::host::{Host, HostError};
use crate::mailbox::Head;

use super::super::report::{Report, Severity};
use super::super::side_by_side::side_by_side;
use super::{Failure, Room};

/// How bad a host's failure is.
pub(in crate::jobs) fn severity(error: &HostError) -> Severity {
    match error {
        HostError::Unavailable { .. } | HostError::RateLimited { .. } => Severity::Temporary,
        _ => Severity::Failure,
    }
}

/// The Ready issues of several repositories, asked for side by side and returned in their order.
pub(super) async fn ready_issues(
    repositories: &[&Repository],
) -> Vec<Result<Vec<Issue>, HostError>> {
    let reads = repositories.iter().map(|repository| repository.glance.ready_issues()).collect();
    side_by_side(reads).await
}

/// Files of a local board that cannot be read become errors of the report and hide no other.
pub(super) fn name_bad_files(repository: &Repository, report: &mut Report) {
    let Some(local) = &repository.local else { return };
    for problem in local.problems() {
        let hint = Some("mend the file by hand, or remove it");
        let file = problem.file.display().to_string();
        report.error(file, problem.message, Severity::Failure, hint);
    }
}

/// Everything that admission rests on besides the issue itself.
pub(super) async fn view(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
    issue: &Issue,
    room: Room<'_>,
) -> Result<View, Failure> {
    let settings = &repository.settings;
    let is_named = settings.trusted_authors.iter().any(|a| a.eq_ignore_ascii_case(&issue.author));
    let made_ready = match issue.author_trust {
        Trust::Trusted => None,
        Trust::Untrusted | Trust::Unknown if is_named => None,
        Trust::Untrusted | Trust::Unknown => host.made_ready(issue.number).await?,
    };
    Ok(View {
        known: known(app, repository, issue.number)?,
        open_dependencies: open_dependencies(host, issue).await,
        required_labels: settings.required_labels.clone(),
        excluded_labels: settings.excluded_labels.clone(),
        trusted_authors: settings.trusted_authors.clone(),
        made_ready,
        fence: room.fence.reason(issue.number),
        open_prs: room.open_prs,
        max_open_prs: settings.max_open_prs,
        left_in_run: room.left,
    })
}

fn known(app: &App, repository: &Repository, issue: IssueNumber) -> Result<Option<Known>, Failure> {
    let newest = app.mailbox.newest_generation(&repository.key, issue)?;
    let Some((generation, folder)) = newest else { return Ok(None) };
    let Some(folder) = folder else {
        // An archived task has ended, whatever way.
        return Ok(Some(Known {
            folder: Folder::Done,
            outcome: Some(Outcome::Merged),
            generation,
        }));
    };
    let id = TaskId::of(&repository.key, issue, generation);
    let outcome = match app.mailbox.find(&id)? {
        Some((_, task)) => task.outcome,
        None => None,
    };
    Ok(Some(Known { folder, outcome, generation }))
}

/// The dependencies that are open. One that cannot be read counts as open: unknown means wait.
async fn open_dependencies(host: &dyn Host, issue: &Issue) -> Vec<IssueNumber> {
    let mut open = Vec::new();
    for number in brief::dependencies(&issue.body) {
        let number = IssueNumber(number);
        match host.issue(number).await {
            Ok(dependency) if dependency.state == IssueState::Closed => {}
            Ok(_) | Err(_) => open.push(number),
        }
    }
    open
}

/// How many pull requests of ours wait for a merge.
pub(super) fn open_pull_requests(app: &App, repository: &Repository) -> Result<usize, Failure> {
    let mut open = 0;
    for folder in [Folder::Done, Folder::Inbox, Folder::Processing] {
        let heads = app.mailbox.heads_of(folder, &repository.key)?.tasks;
        open += heads
            .iter()
            .map(Head::keys)
            .filter(|task| {
                task.repo == *repository.slug() && task.pr.is_some() && task.outcome.is_none()
            })
            .count();
    }
    Ok(open)
}

impl From<crate::mailbox::MailboxError> for Failure {
    fn from(error: crate::mailbox::MailboxError) -> Self {
        Self { message: error.to_string(), severity: Severity::Failure, hint: None }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let hint = error.mend().map(ToOwned::to_owned);
        Self { message: error.to_string(), severity: severity(&error), hint }
    }
}

impl From<crate::git::GitError> for Failure {
    fn from(error: crate::git::GitError) -> Self {
        let severity = match error {
            crate::git::GitError::Unavailable { .. } | crate::git::GitError::NoSpace => {
                Severity::Temporary
            }
            _ => Severity::Failure,
        };
        let hint = match error {
            crate::git::GitError::NotFound { .. } | crate::git::GitError::NoCommits { .. } => Some(
                "the work needs a repository with a commit: `git clone --bare <your clone> <that path>`, or name another `remote` or `base_branch`".to_owned(),
            ),
            _ => None,
        };
        Self { message: error.to_string(), severity, hint }
    }
}

impl From<crate::effects::EffectError> for Failure {
    fn from(error: crate::effects::EffectError) -> Self {
        let severity = Severity::of(error.is_temporary());
        Self { message: error.to_string(), severity, hint: None }
    }
}

impl From<super::super::reconcile::TellError> for Failure {
    fn from(error: super::super::reconcile::TellError) -> Self {
        let severity = Severity::of(error.is_temporary());
        Self { message: error.to_string(), severity, hint: None }
    }
}

impl From<crate::sys::files::FileError> for Failure {
    fn from(error: crate::sys::files::FileError) -> Self {
        let severity = Severity::of(error.is_temporary());
        Self { message: error.to_string(), severity, hint: None }
    }
}
