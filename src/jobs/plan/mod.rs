//! `agentos plan`: the next sprint, chosen from the backlog and from nothing else. Works without a model; where a sprint needs a person's yes
//! it waits for it in a file and an issue, and is looked at anew before anything becomes Ready.

mod begin;
mod carry;
mod decide;
mod gather;
mod hear;
mod promote;
mod propose;
mod remember;
mod retrospect;
mod store;
mod view;

pub use decide::{DecideError, decide};
pub use view::SprintRow;
pub(super) use view::{of_issue, rows};

use crate::app::{App, Repository};
use crate::domain::cadence::Due;
use crate::domain::ids::IssueNumber;
use crate::domain::permission::Denial;
use crate::domain::sprint::Sprint;
use crate::domain::standstill::{Halt, Standstill};
use crate::domain::task::Folder;

use super::dispatch::{Failure, is_named};
use super::report::{Item, Job, Report, Severity};
use store::Store;

/// What is left undone beside an older installation.
const UNDONE: &str = "plans nothing";

/// What a caller may ask of a plan.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, by itself or with any other"
)]
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this repository: slug, key or name.
    pub repo: Option<String>,
    /// Plan now, whatever the pace says.
    pub force: bool,
    /// Say what would be done, and change nothing anywhere.
    pub dry_run: bool,
    /// Begin nothing: carry on what a person has decided about.
    pub only_decided: bool,
    /// Say nothing of repositories where there is nothing to do: the tick asks every minute.
    pub is_quiet: bool,
}

/// Plans for every repository that may be planned for. One bad repository spoils no other.
pub async fn run(app: &App, options: &Options) -> Report {
    let mut report = Report::new(Job::Plan, app.now());
    for repository in &app.repositories {
        if options.repo.as_deref().is_some_and(|name| !is_named(repository, name)) {
            continue;
        }
        if let Err(failure) = plan(app, repository, options, &mut report).await {
            report.failure(repository.slug().to_string(), failure);
        }
        if app.stop.requested() {
            break;
        }
    }
    report
}

async fn plan(
    app: &App,
    repository: &Repository,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let denial = app.may(Job::Plan, repository).denial();
    // Where nothing is planned any more, what still waits is ended; everything else is left alone.
    if denial.as_ref().is_some_and(|denial| !matches!(denial, Denial::Dormant(_))) {
        return Ok(());
    }
    let store = Store::new(app, repository);
    let last = store.newest()?;
    if let Some(sprint) = last.as_ref().filter(|sprint| sprint.ended_at.is_none()) {
        return carry::on(app, repository, sprint.clone(), options, report).await;
    }
    if options.only_decided || denial.is_some() {
        return Ok(());
    }
    let begins = match turn(app, repository, last.as_ref(), options)? {
        Turn::Now => begin::Why::Due,
        Turn::WhenIdle(later) => begin::Why::Early { later },
        Turn::Later(reason) => {
            say(repository, options, report, "left", reason);
            return Ok(());
        }
    };
    begin::begin(app, repository, last, begins, options, report).await
}

/// Whether it is time.
enum Turn {
    Now,
    /// The pace says no, in these words, but the last sprint may be done.
    WhenIdle(String),
    Later(String),
}

fn turn(
    app: &App,
    repository: &Repository,
    last: Option<&Sprint>,
    options: &Options,
) -> Result<Turn, Failure> {
    if options.force {
        return Ok(Turn::Now);
    }
    let settings = &repository.settings;
    Ok(match app.due_for(Job::Plan.as_str(), &repository.key, settings.sprint_cadence_days)? {
        Due::Now => Turn::Now,
        Due::Dormant => Turn::Later("`sprint_cadence_days` is 0".to_owned()),
        Due::At(at) => {
            let none_open = std::collections::BTreeSet::<IssueNumber>::new();
            let may = crate::domain::sprint::early(
                settings.planner_allow_early_refresh,
                last,
                usize::from(is_working(app, repository)?),
                &none_open,
            );
            let later = format!("the next sprint is due at {at}; `--force` plans now");
            if may { Turn::WhenIdle(later) } else { Turn::Later(later) }
        }
    })
}

/// Why no sprint begins for a repository now that may be planned for, if its pace says so.
pub(super) fn not_due(app: &App, repository: &Repository) -> Result<Option<Halt>, Failure> {
    let last = Store::new(app, repository).newest()?;
    if last.as_ref().is_some_and(|sprint| sprint.ended_at.is_none()) {
        return Ok(None);
    }
    let reason = match turn(app, repository, last.as_ref(), &Options::default())? {
        Turn::Later(reason) => reason,
        Turn::Now | Turn::WhenIdle(_) => return Ok(None),
    };
    let days = repository.settings.sprint_cadence_days;
    let until = match app.due_for(Job::Plan.as_str(), &repository.key, days)? {
        Due::At(at) => Some(at),
        Due::Now | Due::Dormant => None,
    };
    Ok(Some(Halt { until, ..Halt::new(Standstill::NotDue, reason) }))
}

/// Whether the mailbox has a task of the repository under way. What lies there costs nothing to look at.
fn is_working(app: &App, repository: &Repository) -> Result<bool, Failure> {
    for folder in [Folder::Inbox, Folder::Processing, Folder::Done] {
        let heads = app.mailbox.heads_of(folder, &repository.key)?;
        let is_live = |task: &crate::domain::task::Task| {
            task.repo == *repository.slug() && task.outcome.is_none()
        };
        if heads.tasks.iter().any(|head| is_live(head.keys())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says something about a repository for which nothing is done, where somebody has asked.
fn say(
    repository: &Repository,
    options: &Options,
    report: &mut Report,
    action: &str,
    reason: String,
) {
    if !options.is_quiet {
        item(repository, report, None, action, reason);
    }
}

fn item(
    repository: &Repository,
    report: &mut Report,
    issue: Option<IssueNumber>,
    action: &str,
    reason: String,
) {
    report.items.push(Item {
        repo: Some(repository.slug().clone()),
        issue,
        task: None,
        pr: None,
        action: action.to_owned(),
        reason: Some(reason),
    });
}

/// A failure that the next run may mend by itself.
fn busy(message: &str) -> Failure {
    Failure { message: message.to_owned(), severity: Severity::Temporary, hint: None }
}
