//! A sprint on its way: asked about, decided, done, ended. Every step can be repeated; a run that dies leaves the rest to the next one.

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::command::{Begin, pending};
use crate::domain::issue::IssueState;
use crate::domain::notice;
use crate::domain::sprint::{Facts, Ruling, Sprint, Status, rule};
use crate::effects::{Effect, Effects, texts};
use crate::host::{Host, HostError, NewIssue};
use crate::jobs::dispatch::Failure;
use crate::jobs::notices;
use crate::jobs::report::{Job, Report};
use crate::jobs::rival;
use crate::mailbox::RepositoryLease;

use super::store::Store;
use super::{Options, UNDONE, busy, hear, item, promote, remember};
use crate::domain::origin;

/// The right to carry on with a sprint.
pub(super) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) repository: &'a Repository,
    pub(super) lease: &'a RepositoryLease,
    pub(super) effects: Effects,
    pub(super) store: Store,
}

/// Carries on with a sprint as far as that is possible now.
pub(super) async fn on(
    app: &App,
    repository: &Repository,
    sprint: Sprint,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    // A look that costs nothing while nobody has said anything.
    if let Some(waits) = still_waits(app, repository, &sprint).await? {
        item(repository, report, sprint.issue, "waiting", waits);
        return Ok(());
    }
    if options.dry_run {
        rival::give_way(app, repository, UNDONE, true).await?;
        let words =
            format!("sprint {} is {} and would be carried on", sprint.id, sprint.status.as_str());
        item(repository, report, sprint.issue, "would_carry_on", words);
        return Ok(());
    }
    repository.host.preflight().await?;
    rival::give_way(app, repository, UNDONE, false).await?;
    let Some(lease) = app.mailbox.backlog_lease(&repository.key)? else {
        return Err(busy("another run is at its backlog"));
    };
    let store = Store::new(app, repository);
    // What was read before the lease may be old: a person decides by command under it.
    let mut sprint = store.read(&sprint.id)?;
    let effects = repository.effects()?;
    let desk = Desk { app, repository, lease: &lease, effects, store };
    desk.ask(&mut sprint).await?;
    if !desk.decided(&mut sprint).await? {
        item(repository, report, sprint.issue, "waiting", words(&sprint));
        return Ok(());
    }
    if sprint.status == Status::Approved {
        promote::promote(&desk, &mut sprint, report).await?;
        remember::remember(&desk, &sprint)?;
        crash_point!("plan.remembered");
    } else {
        let reason = sprint.reason.clone().unwrap_or_default();
        item(repository, report, sprint.issue, sprint.status.as_str(), reason);
    }
    desk.end(&mut sprint).await
}

/// Why a sprint waits, when a glance shows that nobody has answered; `None` when there is something to do.
async fn still_waits(
    app: &App,
    repository: &Repository,
    sprint: &Sprint,
) -> Result<Option<String>, Failure> {
    let Some(number) = sprint.issue.filter(|_| sprint.status == Status::Waiting) else {
        return Ok(None);
    };
    let host = repository.glance.as_ref();
    let is_closed = is_closed(host, number).await?;
    let comments = host.comments(number).await?;
    let heard = pending(&comments, Begin::Thread);
    for author in &heard.unheard {
        tracing::info!(sprint = %sprint.id, %author, "an answer of somebody without write access is not heard");
    }
    let facts = facts(app, repository, is_closed);
    let is_quiet = heard.asked.is_empty() && rule(sprint, &facts) == Ruling::Wait;
    Ok(is_quiet.then(|| words(sprint)))
}

/// Whether a person has closed the issue, or taken it away.
async fn is_closed(
    host: &dyn Host,
    number: crate::domain::ids::IssueNumber,
) -> Result<bool, Failure> {
    match host.issue(number).await {
        Ok(issue) => Ok(issue.state == IssueState::Closed),
        Err(HostError::NotFound { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn facts(app: &App, repository: &Repository, is_issue_closed: bool) -> Facts {
    Facts {
        is_issue_closed,
        is_dormant: repository.settings.sprint_cadence_days <= 0.0,
        now: app.now(),
    }
}

/// What a waiting sprint waits for.
pub(super) fn words(sprint: &Sprint) -> String {
    let until = sprint.expires_at.map(|at| format!(" until {at}")).unwrap_or_default();
    format!("sprint {id} waits for a yes{until}: `agentos plan approve {id}`", id = sprint.id)
}

impl Desk<'_> {
    /// Asks about a waiting sprint: its issue is there, and the operator's chat was told.
    async fn ask(&self, sprint: &mut Sprint) -> Result<(), Failure> {
        if sprint.status != Status::Waiting || sprint.issue.is_some() {
            return Ok(());
        }
        let redact = |text: &str| self.app.redactor.redact(text);
        let issue = NewIssue {
            title: sprint.title(&self.repository.key),
            body: texts::bounded(&redact(&texts::sprint_issue(sprint))),
            labels: vec![origin::LABEL.to_owned()],
            status: None,
            author: String::new(),
        };
        let effect = Effect::CreateIssue { signature: sprint.signature(), issue };
        let carried = self.effects.carry_out(&effect, self.lease).await?;
        crash_point!("plan.asked");
        let until = sprint.expires_at;
        let subject = carried.issue.map(|number| format!("{}{number}", self.repository.slug()));
        let told = notice::of_sprint(
            sprint.id.as_str(),
            sprint.tasks.len(),
            subject,
            until,
            self.app.now(),
        );
        notices::put(self.app, &told);
        sprint.issue = carried.issue;
        self.store.save(sprint)
    }

    /// Finds out whether somebody has decided, and writes it down; says whether the sprint goes on.
    async fn decided(&self, sprint: &mut Sprint) -> Result<bool, Failure> {
        let mut is_issue_closed = false;
        if let Some(number) = sprint.issue.filter(|_| sprint.status == Status::Waiting) {
            is_issue_closed = is_closed(self.repository.host.as_ref(), number).await?;
            if !is_issue_closed {
                hear::hear(self, sprint, number).await?;
            }
        }
        match rule(sprint, &facts(self.app, self.repository, is_issue_closed)) {
            Ruling::Wait => return Ok(false),
            Ruling::Approve { by } => {
                sprint.status = Status::Approved;
                sprint.decided_by = Some(by);
            }
            Ruling::Reject { by } => {
                sprint.status = Status::Rejected;
                sprint.decided_by = Some(by);
            }
            Ruling::Expire { reason } => {
                sprint.status = Status::Expired;
                sprint.reason = Some(reason);
            }
        }
        self.store.save(sprint)?;
        crash_point!("plan.decided");
        Ok(true)
    }

    /// Says in the sprint's issue how it ended, closes it, and writes down that nothing is left to do.
    async fn end(&self, sprint: &mut Sprint) -> Result<(), Failure> {
        if let Some(number) = sprint.issue {
            match self.close(sprint, number).await {
                // A person took the issue away: there is nobody left to be told.
                Err(_)
                    if matches!(
                        self.repository.host.issue(number).await,
                        Err(HostError::NotFound { .. })
                    ) => {}
                other => other?,
            }
        }
        let now = self.app.now();
        sprint.ended_at = Some(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now));
        let key = &self.repository.key;
        let days = self.repository.settings.sprint_cadence_days;
        // A crash behind the sprint's file may have lost the stamp of its pace.
        if self.app.due_for(Job::Plan.as_str(), key, days)? == crate::domain::cadence::Due::Now {
            self.app.state.set_ran_for(Job::Plan.as_str(), key, sprint.created_at)?;
        }
        crash_point!("plan.ending");
        self.store.save(sprint)
    }

    async fn close(
        &self,
        sprint: &Sprint,
        number: crate::domain::ids::IssueNumber,
    ) -> Result<(), Failure> {
        hear::answer_all(self, sprint, number).await?;
        let (key, text) = texts::sprint_end(sprint);
        let comment = Effect::Comment {
            issue: number,
            kind: texts::NOTICE.to_owned(),
            key,
            body: texts::bounded(&self.app.redactor.redact(&text)),
            sticky: false,
        };
        self.effects.carry_out(&comment, self.lease).await?;
        crash_point!("plan.told");
        self.effects.carry_out(&Effect::CloseIssue { issue: number }, self.lease).await?;
        crash_point!("plan.closed");
        Ok(())
    }
}
