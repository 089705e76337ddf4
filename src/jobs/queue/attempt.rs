//! One claimed task through the stages of one attempt (`DESIGN.md` section 4). Each stage is recorded when it is finished and skipped when
//! the task is resumed, so that a worker may die between any two of them.

use crate::app::{Repository, spend};
use crate::crash_point;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::permission::Act;
use crate::domain::pull::PullState;
use crate::domain::retry::{self, Chain, Decision, Limits};
use crate::domain::routing::{self, Route};
use crate::domain::task::{Folder, Stage, Task};
use crate::effects::{EffectError, is_withdrawn};
use crate::git::{GitError, Worktree};
use crate::host::HostError;
use crate::mailbox::{Claim, Gone, MailboxError};
use crate::sys::files::FileError;
use crate::text::clean;

use super::super::dispatch::severity;
use super::super::reconcile::TellError;
use super::super::report::Severity;
use super::receipt::{self, Receipt};
use super::{Shift, drafts, execute, pick, place, publish, settle, verify};

/// Why an attempt could not be carried on. The task stays in `processing/` with its last finished stage, and the next run goes on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Effect(#[from] EffectError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error("the task file was moved by hand; its worker stops")]
    Moved,
    #[error("this process was asked to end")]
    Stopped,
    #[error("the task is paused; its worker stops")]
    Paused,
    #[error("{0}")]
    Run(String),
}

impl From<Gone> for Trouble {
    fn from(error: Gone) -> Self {
        match error {
            Gone::Moved(_) => Self::Moved,
            Gone::Mailbox(error) => Self::Mailbox(error),
        }
    }
}

impl From<TellError> for Trouble {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Effect(error) => Self::Effect(error),
            TellError::Gone(gone) => gone.into(),
        }
    }
}

impl Trouble {
    pub(super) fn severity(&self) -> Severity {
        let is_temporary = match self {
            Self::Git(error) => {
                matches!(error, GitError::Unavailable { .. } | GitError::NoSpace)
            }
            Self::Host(error) => return severity(error),
            Self::Effect(error) => error.is_temporary(),
            Self::File(error) | Self::Mailbox(MailboxError::File(error)) => error.is_temporary(),
            Self::Mailbox(error) if error.is_newer() => return Severity::TooOld,
            Self::Stopped => true,
            Self::Mailbox(_) | Self::Moved | Self::Paused | Self::Run(_) => false,
        };
        Severity::of(is_temporary)
    }
}

/// Why the work on a task is withdrawn, if it is.
pub(super) async fn withdrawn(
    repository: &Repository,
    task: &Task,
) -> Result<Option<String>, Trouble> {
    match repository.host.issue(task.issue).await {
        Ok(issue) => Ok(is_withdrawn(task.host_state, &issue)),
        Err(HostError::NotFound { what }) => Ok(Some(format!("{what} does not exist any more"))),
        Err(error) => Err(error.into()),
    }
}

/// What the stages of an attempt share.
pub(super) struct Attempt<'a> {
    pub(super) shift: &'a Shift<'a>,
    pub(super) repository: &'a Repository,
    pub(super) claim: Claim,
}

/// Works on a claimed task until it lies in its next folder, or leaves it to the next run.
pub(super) async fn work(shift: &Shift<'_>, claim: Claim) {
    let Some(repository) = pick::repository_of(shift, &claim.task) else {
        shift.pass_over(&claim.task.id);
        return;
    };
    let (id, issue) = (claim.task.id.clone(), claim.task.issue);
    let attempt = Attempt { shift, repository, claim };
    match Box::pin(attempt.carry_on()).await {
        Ok(()) => {}
        Err(Trouble::Moved) => {
            shift.pass_over(&id);
            let mut report = shift.report.borrow_mut();
            let issue = crate::domain::ids::IssueNumber(0);
            let reason = Some("its file was moved by hand; its worker stopped".to_owned());
            report.task(repository.slug(), issue, &id, "moved", reason);
        }
        Err(Trouble::Paused) => {
            shift.pass_over(&id);
            let reason = shift.app.state.task_pause(&id);
            shift.report.borrow_mut().task(repository.slug(), issue, &id, "paused", reason);
        }
        Err(Trouble::Stopped) => {
            shift.pass_over(&id);
            shift.fail(id.as_str(), &Trouble::Stopped.to_string(), Trouble::Stopped.severity());
        }
        Err(trouble) => {
            shift.pass_over(&id);
            shift.fail(id.as_str(), &trouble.to_string(), trouble.severity());
            note(shift, &id, &trouble);
        }
    }
}

/// Longest trouble that is written down, in characters.
const MAX_TROUBLE: usize = 300;

/// Writes into the task's file what was in the way, for `why` and `status`.
fn note(shift: &Shift<'_>, id: &TaskId, trouble: &Trouble) {
    let app = shift.app;
    let line = clean::one_line(&app.redactor.redact(&trouble.to_string()), MAX_TROUBLE);
    if let Err(error) = app.mailbox.note_trouble(id, &line) {
        tracing::warn!(task = %id, %error, "what was in the way could not be written down");
    }
}

impl Attempt<'_> {
    /// The task.
    pub(super) fn task(&self) -> &Task {
        &self.claim.task
    }

    /// Records a finished stage, unless a person has moved the file; then is the moment to heed a pause. The file stays in `processing/`,
    /// so that the task goes on from here when it is resumed.
    pub(super) fn finish(&mut self, stage: Stage) -> Result<(), Trouble> {
        self.shift.app.mailbox.checkpoint(&mut self.claim, stage)?;
        if self.shift.app.state.task_pause(&self.task().id).is_some() {
            return Err(Trouble::Paused);
        }
        Ok(())
    }

    fn has_finished(&self, stage: Stage) -> bool {
        self.task().stage >= Some(stage)
    }

    async fn carry_on(mut self) -> Result<(), Trouble> {
        // Whether it is resumed or not: a person may have moved the file of a dead worker back to the inbox.
        drafts::remove_of(self.shift.app, &self.task().id);
        if let Some(step) = self.task().settling
            && step.from == Folder::Processing
        {
            return settle::finish_move(self, step.to).await;
        }
        self.repository.host.preflight().await?;
        if self.pull_has_ended().await? {
            return settle::hand_over(self).await;
        }
        if let Some(reason) = self.withdrawn().await? {
            return settle::cancel(self, &reason).await;
        }
        if self.claim.resumed {
            place::end_leftovers(&self)?;
        }
        self.forget_an_unknown_agent();
        if !self.has_finished(Stage::Claimed) {
            if let Some(reason) = spend::used_up(self.shift.app, self.task()) {
                return settle::escalate_unrun(self, &reason).await;
            }
            if !self.assign()? {
                return settle::park(self).await;
            }
        }
        let worktree = match place::worktree(&mut self) {
            Ok(worktree) => worktree,
            Err(place::NoPlace::Impossible(reason)) => return settle::fail(self, &reason).await,
            Err(place::NoPlace::Foreign(reason)) => {
                return settle::escalate_unrun(self, &reason).await;
            }
            Err(place::NoPlace::Trouble(trouble)) => return Err(trouble),
        };
        if !self.has_finished(Stage::AgentDone) {
            if self.died_while_running()? {
                return self.after(&worktree).await;
            }
            execute::agent(&mut self, &worktree).await?;
        }
        if !self.has_finished(Stage::Tested) {
            verify::claims(&mut self, &worktree).await?;
        }
        self.after(&worktree).await
    }

    /// An agent that was assigned before a crash and has left the configuration since: somebody else takes its turn.
    fn forget_an_unknown_agent(&mut self) {
        let is_known = |agent: &AgentName| self.shift.app.agents.contains_key(agent);
        if self.has_finished(Stage::AgentDone) || self.task().assigned.as_ref().is_none_or(is_known)
        {
            return;
        }
        self.claim.task.stage = None;
        self.claim.task.assigned = None;
    }

    /// Whether a person merged or closed the pull request that this run was to repair: there is nothing left to do for an agent.
    async fn pull_has_ended(&self) -> Result<bool, Trouble> {
        let task = self.task();
        match task.pr {
            Some(pr) if task.outcome.is_none() && !self.has_finished(Stage::Pushed) => {
                Ok(self.repository.host.pull(pr).await?.state != PullState::Open)
            }
            _ => Ok(false),
        }
    }

    /// Whether a person took the work back.
    async fn withdrawn(&self) -> Result<Option<String>, Trouble> {
        withdrawn(self.repository, self.task()).await
    }

    /// Chooses the agent of this attempt; says whether there is one now.
    fn assign(&mut self) -> Result<bool, Trouble> {
        let shift = self.shift;
        let task = &mut self.claim.task;
        task.forget_the_end();
        let mut route = pick::route(shift.app, self.repository, task);
        if route == Route::UsedUp {
            // We never leave such a task in the inbox: a person put it there, and it gets one further attempt.
            task.begin_round();
            route = pick::route(shift.app, self.repository, task);
        }
        let Route::Run(agent) = route else { return Ok(false) };
        receipt::make_room(shift.app, task)?;
        task.assigned = Some(agent);
        task.not_before = None;
        self.finish(Stage::Claimed)?;
        Ok(true)
    }

    /// A resumed run whose agent had been started: its worker died beneath it. The run is recorded and costs no attempt.
    fn died_while_running(&mut self) -> Result<bool, Trouble> {
        let dir = receipt::run_dir(self.shift.app, self.task());
        if !self.claim.resumed || !dir.join("prompt.md").exists() {
            return Ok(false);
        }
        execute::record_dead_worker(self, &dir)?;
        Ok(true)
    }

    /// Decides what comes of the attempt, and carries that out.
    async fn after(self, worktree: &Worktree) -> Result<(), Trouble> {
        let dir = receipt::run_dir(self.shift.app, self.task());
        if self.has_finished(Stage::Reported) {
            return settle::published(self).await;
        }
        let Some(receipt) = Receipt::read(&dir) else {
            return Err(Trouble::Run(format!(
                "the receipt of the run is missing in {}",
                dir.display()
            )));
        };
        let evidence = receipt.evidence(&dir);
        let decision = if self.has_finished(Stage::Committed) {
            Decision::Publish
        } else {
            settle::park_provider(&self, &receipt, &evidence)?;
            let chain = self.chain(&receipt.agent);
            let limits = Limits {
                ci_max_retries: self.repository.settings.ci_max_retries,
                dispatcher_only: !self.shift.app.may(Act::FollowUp, self.repository).is_granted(),
            };
            retry::decide(self.task(), &evidence, &chain, limits, self.shift.app.now())
        };
        crash_point!("attempt.decided");
        match decision {
            Decision::Publish => publish::work(self, worktree, &receipt).await,
            other => settle::after_attempt(self, Some(worktree), &receipt, &evidence, other).await,
        }
    }

    /// Who could go on after the present agent.
    fn chain(&self, agent: &AgentName) -> Chain {
        let app = self.shift.app;
        let mut after = self.task().clone();
        after.second_chance = None;
        after.tried.push(agent.clone());
        let chain = pick::chain(app, self.repository, self.task());
        let left = routing::left_in_round(&after, &chain);
        let route = pick::routed(app, &after, &chain);
        let present = app.availability().get(agent).and_then(|out| out.until);
        Chain {
            next: left.first().cloned(),
            available_now: matches!(route, Route::Run(_)),
            available_at: match route {
                Route::Later { until, .. } => until.into_iter().chain(present).min(),
                _ => present,
            },
        }
    }
}
