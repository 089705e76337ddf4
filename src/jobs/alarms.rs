//! Alarms: what a job has just seen is held against what was seen before. An alarm is remembered first and told then, once per episode.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::report::{Item, Job, Report};
use super::{notices, outcomes};
use crate::app::App;
use crate::crash_point;
use crate::domain::alarm::{self, Alarms, Trouble, View, Wait, Work};
use crate::domain::ids::RepoSlug;
use crate::domain::task::{Folder, Task};
use crate::mailbox::{Head, MailboxError};
use crate::sys::files::FileError;

/// Why the alarms could not be looked at.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

/// Looks at the alarms behind a job; one that did not see every repository proves nothing. No job fails for them.
pub(super) fn look(app: &App, report: &Report, saw_all: bool) {
    if !saw_all || app.stop.requested() {
        return;
    }
    let looked = match report.job {
        Job::Dispatch => after_dispatch(app, report),
        Job::PrMonitor => after_pr_monitor(app, report),
        _ => return,
    };
    if let Err(error) = looked.and_then(|alarms| Ok(tell(app, &alarms)?)) {
        tracing::warn!(%error, "the alarms cannot be looked at");
    }
}

fn after_dispatch(app: &App, report: &Report) -> Result<Alarms, Fault> {
    let now = app.now();
    let waits = report.errors.is_empty().then(|| waits_of(app, &report.items));
    let troubles: Vec<Trouble> = report
        .errors
        .iter()
        .filter(|error| error.item.parse::<RepoSlug>().is_ok())
        .map(|error| trouble(app, error.item.clone(), None, &error.message))
        .collect();
    let job = report.job.as_str();
    Ok(app.state.change_alarms(|before| Alarms {
        ready: alarm::ready(before.ready.as_ref(), waits.clone(), now),
        gates: alarm::gates(&before.gates, job, &troubles, now),
        no_merge: before.no_merge.clone(),
    })?)
}

fn waits_of(app: &App, items: &[Item]) -> Vec<Wait> {
    let waiting = items.iter().filter(|item| item.action == "waiting");
    waiting
        .filter_map(|item| {
            Some(Wait {
                subject: format!("{}{}", item.repo.as_ref()?, item.issue?),
                reason: app.redactor.redact(item.reason.as_deref()?),
            })
        })
        .collect()
}

fn after_pr_monitor(app: &App, report: &Report) -> Result<Alarms, Fault> {
    let now = app.now();
    let tasks = tasks(app)?;
    let work: Vec<Work> =
        tasks.iter().map(|(folder, head)| work_of(app, report, *folder, head.keys())).collect();
    let troubles = troubles_of(app, report, &tasks);
    // Without work there is nothing to be alarmed about, and nothing to look up.
    let is_any_live = work.iter().any(|work| work.is_live);
    let last_merge = if is_any_live { outcomes::last_merge(app)? } else { None };
    let after = SignedDuration::try_from(app.settings.alert_after).unwrap_or(SignedDuration::ZERO);
    let job = report.job.as_str();
    Ok(app.state.change_alarms(|before| {
        let ready = before.ready.as_ref();
        let view = View { now, after, last_merge, work: &work, ready };
        Alarms {
            ready: before.ready.clone(),
            no_merge: alarm::no_merge(before.no_merge.as_ref(), &view),
            gates: alarm::gates(&before.gates, job, &troubles, now),
        }
    })?)
}

/// The tasks that have not ended, of repositories that are worked on.
fn tasks(app: &App) -> Result<Vec<(Folder, Head)>, MailboxError> {
    let mut tasks = Vec::new();
    for folder in Folder::ALL {
        for head in app.mailbox.heads(folder)?.tasks {
            let task = head.keys();
            let is_worked_on = app
                .repository(&task.repo)
                .is_some_and(|repository| app.may(Job::PrMonitor, repository).is_granted());
            if task.outcome.is_none() && is_worked_on {
                tasks.push((folder, head));
            }
        }
    }
    Ok(tasks)
}

fn work_of(app: &App, report: &Report, folder: Folder, task: &Task) -> Work {
    let item = report.items.iter().find(|item| item.task.as_ref() == Some(&task.id));
    let error = report.errors.iter().find(|error| error.item == task.id.as_str());
    let seen = error.map(|error| error.message.as_str());
    let seen = seen.or_else(|| item.and_then(|item| item.reason.as_deref()));
    let of_folder = match folder {
        Folder::Inbox => "waits for a worker",
        Folder::Processing => "is being worked on",
        Folder::Done => "its pull request is open",
        Folder::Blocked => "waits for an answer",
        Folder::Escalated => "was given up to a person",
        Folder::Failed => "the system could not go on",
    };
    let reason = match (folder, task.reason.as_deref().or(seen)) {
        (_, None) => of_folder.to_owned(),
        (Folder::Inbox | Folder::Processing | Folder::Done, Some(reason)) => reason.to_owned(),
        (_, Some(reason)) => format!("{of_folder}: {reason}"),
    };
    Work {
        subject: task.id.to_string(),
        since: task.created_at,
        is_live: !matches!(folder, Folder::Escalated | Folder::Failed),
        reason: app.redactor.redact(&reason),
    }
}

/// The pull requests that this run could not look at.
fn troubles_of(app: &App, report: &Report, tasks: &[(Folder, Head)]) -> Vec<Trouble> {
    let repos: BTreeMap<&str, &RepoSlug> =
        tasks.iter().map(|(_, head)| (head.keys().id.as_str(), &head.keys().repo)).collect();
    let of_errors = report.errors.iter().filter_map(|error| {
        let repo = repos.get(error.item.as_str())?;
        Some(trouble(app, repo.to_string(), Some(error.item.clone()), &error.message))
    });
    let of_items = report.items.iter().filter_map(|item| {
        let reason = item.reason.as_deref().filter(|reason| alarm::could_not_look(reason))?;
        let (repo, task) = (item.repo.as_ref()?, item.task.as_ref()?);
        Some(trouble(app, repo.to_string(), Some(task.to_string()), reason))
    });
    of_errors.chain(of_items).collect()
}

fn trouble(app: &App, repo: String, subject: Option<String>, reason: &str) -> Trouble {
    Trouble { repo, subject, reason: app.redactor.redact(reason) }
}

/// Puts the notices of new alarms into the outbox, then remembers that they are there.
fn tell(app: &App, alarms: &Alarms) -> Result<(), FileError> {
    let untold = alarms.untold();
    if untold.is_empty() {
        return Ok(());
    }
    crash_point!("alarms.raised");
    for notice in untold {
        tracing::warn!(alarm = %notice.id, "{}", notice.headline);
        if !notices::put(app, &notice) {
            return Ok(());
        }
    }
    app.state.change_alarms(|alarms| alarms.clone().told()).map(drop)
}

/// An alarm that goes on, in `status --json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AlarmRow {
    /// `no_merge` or `gate`.
    pub kind: &'static str,
    /// Since when it is so.
    pub since: Timestamp,
    /// When that was too long.
    pub raised_at: Timestamp,
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
    /// What a person can do.
    pub next: String,
}

/// The alarms that go on. Reads only.
pub(super) fn rows(app: &App) -> Vec<AlarmRow> {
    let alarms = match app.state.alarms() {
        Ok(alarms) => alarms,
        Err(error) => {
            tracing::warn!(%error, "the alarms cannot be read");
            Alarms::default()
        }
    };
    let row = |(kind, _, raised): (&'static str, &str, &alarm::Raised)| AlarmRow {
        kind,
        since: raised.since,
        raised_at: raised.raised_at,
        what: raised.what.clone(),
        reason: raised.reason.clone(),
        next: raised.next.clone(),
    };
    alarms.raised().map(row).collect()
}
