//! Why a job does nothing: its switches, its lock, and its pace in each repository.

use super::{LookError, WHEN_RESUMED, Why, denied, unreadable};
use crate::app::{App, Repository};
use crate::domain::standstill::{Halt, Standstill};
use crate::jobs::report::Job;
use crate::jobs::{groom, plan, turn};
use crate::sys::lock;

pub(super) fn of(app: &App, job: Job) -> Result<Why, LookError> {
    let subject = job.as_str().to_owned();
    if let Some(denial) = app.may_run(job).denial() {
        let halt = Halt::new(denial.standstill(), denial.reason());
        return Ok(Why::halted(subject, halt, WHEN_RESUMED));
    }
    if lock::is_held(&turn::lock_path(app, job)) {
        let halt = Halt::new(Standstill::Locked, turn::LOCKED);
        return Ok(Why::halted(subject, halt, "when that run has ended"));
    }
    let mut evidence = Vec::new();
    let (mut first, mut is_moving) = (None, app.repositories.is_empty());
    for repository in &app.repositories {
        let halt = match denied(app, repository, job) {
            Some(halt) => Some(halt),
            None => not_due(app, repository, job)?,
        };
        if let Some(halt) = halt {
            evidence.push(of_whom(repository, &halt));
            first.get_or_insert(halt);
        } else {
            evidence.push(format!("{}: its turn", repository.slug()));
            is_moving = true;
        }
    }
    Ok(match first.filter(|_| !is_moving) {
        Some(halt) => {
            let next_look = match (halt.until, halt.standstill) {
                (Some(until), _) => format!("the first `tick` after {until:.0}"),
                (None, Standstill::Dormant | Standstill::ByHand) => {
                    "when the configuration says otherwise".to_owned()
                }
                (None, _) => WHEN_RESUMED.to_owned(),
            };
            Why::halted(subject, halt, next_look)
        }
        None => Why::moving(subject, "nothing keeps it from its turn", "its next run"),
    }
    .seen(evidence))
}

fn of_whom(repository: &Repository, halt: &Halt) -> String {
    let slug = repository.slug().as_str();
    if halt.reason.starts_with(slug) {
        halt.reason.clone()
    } else {
        format!("{slug}: {}", halt.reason)
    }
}

/// Why the pace of a job does not let it act for a repository now, in its own words.
fn not_due(app: &App, repository: &Repository, job: Job) -> Result<Option<Halt>, LookError> {
    match job {
        Job::Groom => groom::not_due(app, repository).map_err(unreadable),
        Job::Plan => {
            plan::not_due(app, repository).map_err(|failure| LookError::Unreadable(failure.message))
        }
        Job::Score | Job::Analyze => app.not_due_this_week(job).map_err(unreadable),
        Job::Dispatch | Job::Queue | Job::PrMonitor | Job::Tick => Ok(None),
    }
}
