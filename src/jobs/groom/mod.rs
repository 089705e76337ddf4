//! `agentos groom`: keeps the backlog of each repository clean and filled up, at its own pace. What is known to be broken and what merged work
//! called a risk becomes issues where nobody has a ticket for it; issues that nobody touches are named, and those of our own closed. A model
//! may word and rank; it invents nothing, and without evidence nobody is asked. New issues land in the backlog, never in Ready.

mod act;
mod gather;
mod question;

use jiff::Timestamp;

use crate::app::{App, Repository};
use crate::domain::cadence::Due;
use crate::domain::grooming::{self, Look, Present, Quiet, Snapshot};
use crate::domain::standstill::{Halt, Standstill};
use crate::sys::files::FileError;

use super::dispatch::{Failure, is_named};
use super::report::{Item, Job, Report};

/// What a caller may ask of a groom run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this repository: slug, key or name.
    pub repo: Option<String>,
    /// Now, whenever it is due.
    pub force: bool,
    /// Say what would be done, and change nothing anywhere.
    pub dry_run: bool,
}

/// Whether any repository is due. Reads one small file.
pub fn is_due(app: &App) -> bool {
    let may = |repository: &&Repository| app.may(Job::Groom, repository).is_granted();
    let mut repositories = app.repositories.iter().filter(may);
    repositories.any(|repository| matches!(due(app, repository), Ok(Due::Now)))
}

/// When a repository is due.
pub(in crate::jobs) fn due(app: &App, repository: &Repository) -> Result<Due, FileError> {
    let days = repository.settings.groomer_cadence_days;
    app.due_for(Job::Groom.as_str(), &repository.key, days)
}

/// Grooms every repository that may be groomed and is due. One bad repository spoils no other.
pub async fn run(app: &App, options: &Options) -> Report {
    let mut report = Report::new(Job::Groom, app.now());
    for repository in &app.repositories {
        let is_wanted = options.repo.as_deref().is_none_or(|name| is_named(repository, name));
        if !is_wanted || !app.may(Job::Groom, repository).is_granted() {
            continue;
        }
        if app.stop.requested() {
            break;
        }
        if let Err(failure) = take_turn(app, repository, options, &mut report).await {
            report.failure(repository.slug().to_string(), failure);
        }
    }
    report
}

/// Grooms one repository if it is due, and records that.
async fn take_turn(
    app: &App,
    repository: &Repository,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let due = due(app, repository)?;
    if let Due::At(next) = due
        && !options.force
    {
        report.items.push(item(repository, "waiting", not_yet(repository, next)));
        return Ok(());
    }
    let counts = match groom(app, repository, options, report).await? {
        Groomed::Wrote => true,
        // A run that was forced and had nothing to do leaves everything as it was.
        Groomed::Silent => due == Due::Now,
        Groomed::NotNow => false,
    };
    if counts && !options.dry_run {
        app.state.set_ran_for(Job::Groom.as_str(), &repository.key, app.now())?;
    }
    Ok(())
}

/// What came of grooming a repository.
enum Groomed {
    /// Something was written.
    Wrote,
    /// There was nothing to write.
    Silent,
    /// A switch was thrown meanwhile.
    NotNow,
}

/// Everything that is known of a repository, and what follows.
struct View {
    snapshot: Snapshot,
    present: Present,
    look: Look,
    quiet: Quiet,
}

impl View {
    fn of(snapshot: Snapshot) -> Self {
        let present = Present::of(&snapshot);
        let look = grooming::look(&snapshot, &present);
        let quiet = grooming::quiet(&snapshot);
        Self { snapshot, present, look, quiet }
    }
}

/// Grooms one repository.
async fn groom(
    app: &App,
    repository: &Repository,
    options: &Options,
    report: &mut Report,
) -> Result<Groomed, Failure> {
    let mut view = View::of(gather::snapshot(app, repository, options.dry_run).await?);
    let asked = question::ask(app, repository, &view, options).await?;
    if asked.took_time {
        // Minutes in which people go on, and may have thrown a switch.
        if let Some(denial) = app.may(Job::Groom, repository).denial() {
            report.skipped(repository.slug(), &denial);
            return Ok(Groomed::NotNow);
        }
        view = View::of(gather::snapshot(app, repository, options.dry_run).await?);
    }
    let closings = gather::closings(app, repository, &view).await?;
    let filled = grooming::fill(&view.look, &asked.proposals, &view.present);
    let hand = act::Hand { app, repository, options };
    let told = report.items.len();
    let wrote = hand.carry_out(&closings, &filled, report).await?;
    name_rest(repository, &view, &filled.dropped, report);
    let summary = summary(&view, &asked, report.items.len() == told);
    report.items.push(item(repository, "groomed", summary));
    Ok(if wrote { Groomed::Wrote } else { Groomed::Silent })
}

/// What was seen and led to nothing.
fn name_rest(repository: &Repository, view: &View, dropped: &[String], report: &mut Report) {
    for left in &view.look.left {
        let action = if left.issue.is_some() { "duplicate" } else { "left" };
        let reason = format!("{}: {}", left.text, left.reason);
        report.items.push(Item { issue: left.issue, ..item(repository, action, reason) });
    }
    for reason in dropped {
        report.items.push(item(repository, "dropped", reason.clone()));
    }
    if !view.quiet.people.is_empty() {
        let days = view.snapshot.rules.quiet_days;
        let reason = format!(
            "nobody has touched {} for {days} days: close, or mark Ready, what is (not) wanted",
            some_of(&view.quiet.people)
        );
        report.items.push(item(repository, "quiet", reason));
    }
}

/// At most so many numbers are named.
const MOST_NAMED: usize = 10;

fn some_of(issues: &[crate::domain::ids::IssueNumber]) -> String {
    let named: Vec<String> = issues.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let rest = issues.len().saturating_sub(MOST_NAMED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

fn summary(view: &View, asked: &question::Asked, is_silent: bool) -> String {
    let Look { depth, evidence, full, .. } = &view.look;
    let mut text = format!("backlog {depth} of {}", view.snapshot.rules.depth);
    match full {
        Some(full) if !evidence.is_empty() => {
            text = format!("{} found, none filed: {full}", evidence.len());
        }
        _ if is_silent => text.push_str(", nothing to say"),
        _ => {}
    }
    if let Some(note) = &asked.note {
        text = format!("{text}; {note}");
    }
    text
}

fn item(repository: &Repository, action: &str, reason: String) -> Item {
    Item {
        repo: Some(repository.slug().clone()),
        issue: None,
        task: None,
        pr: None,
        action: action.to_owned(),
        reason: Some(reason),
    }
}

fn not_yet(repository: &Repository, next: Timestamp) -> String {
    let days = repository.settings.groomer_cadence_days;
    format!("not before {next:.0} (`groomer_cadence_days` is {days}); `--force` grooms now")
}

/// Why a repository that may be groomed is not groomed now, if its pace says so.
///
/// # Errors
///
/// When it cannot be told when it was groomed last.
pub(in crate::jobs) fn not_due(
    app: &App,
    repository: &Repository,
) -> Result<Option<Halt>, FileError> {
    Ok(match due(app, repository)? {
        Due::At(next) => Some(Halt {
            until: Some(next),
            ..Halt::new(Standstill::NotDue, not_yet(repository, next))
        }),
        Due::Now | Due::Dormant => None,
    })
}
