//! Looking whether an effect is so already. Reads only.

use super::carry_out::{Carried, EffectError, Effects};
use super::effect::Effect;
use super::seeing;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::origin;
use crate::domain::pull::PullState;
use crate::host::{Host, Sight, WorkflowRun};

impl Effects {
    /// Whether the world already is as the effect wants it. What is read of the host goes into the sight.
    pub(super) async fn look(
        &self,
        effect: &Effect,
        host: &dyn Host,
        sight: &mut Sight,
    ) -> Result<Option<Carried>, EffectError> {
        let so = |is_so: bool| is_so.then(Carried::default);
        Ok(match effect {
            Effect::Push { branch, head, .. } => {
                so(self.mirror.remote_tip(branch)?.as_ref() == Some(head))
            }
            Effect::OpenPull { pull } => {
                let pulls = host.pulls_of_branch(&pull.head).await?;
                let open = pulls.into_iter().find(|pull| pull.state == PullState::Open);
                open.map(|pull| Carried { pull: Some(pull), ..Carried::default() })
            }
            Effect::Comment { issue, kind, key, body, sticky } => {
                let ours = seeing::comments(host, sight, *issue).await?;
                let found = seeing::marked(ours, kind, key);
                so(found.is_some_and(|comment| !sticky || comment.body.trim() == body.trim()))
            }
            Effect::Labels { issue, change } => {
                so(seeing::is_labelled(seeing::issue(host, sight, *issue).await?, change))
            }
            Effect::Status { issue, status } => {
                let present = seeing::column(host, sight, *issue).await?;
                so(present.map_or(!host.adds_cards(), |present| present == *status))
            }
            Effect::Merge { request } => match seeing::pull_state(host, sight, request.pr).await? {
                PullState::Merged { commit } => Some(Carried { commit, ..Carried::default() }),
                PullState::Open | PullState::Closed => None,
            },
            Effect::CreateIssue { signature, .. } => {
                let number = self.answered(signature, host).await?;
                number.map(|number| Carried { issue: Some(number), ..Carried::default() })
            }
            Effect::CloseIssue { issue } => {
                so(seeing::issue(host, sight, *issue).await?.state == IssueState::Closed)
            }
            Effect::ClosePull { pr } => so(host.pull(*pr).await?.state != PullState::Open),
            Effect::DeleteBranch { branch, .. } => so(self.mirror.remote_tip(branch)?.is_none()),
            Effect::Rerun { runs, .. } => so(self.still_to_run(runs, host).await?.is_empty()),
            Effect::PullText { pr, body } => so(host.pull(*pr).await?.body.trim() == body.trim()),
            Effect::Memory { base, changes } => self.memory_has(base, changes)?,
        })
    }

    /// The issue that answers a signature: an open one, or one that was closed of late.
    async fn answered(
        &self,
        signature: &str,
        host: &dyn Host,
    ) -> Result<Option<IssueNumber>, EffectError> {
        let is_it = |issue: &&Issue| origin::answers(issue, signature);
        let open = host.open_issues().await?;
        if let Some(issue) = open.iter().find(is_it) {
            return Ok(Some(issue.number));
        }
        let since = origin::remembered_since(self.clock.now());
        let closed = host.closed_since(since).await?;
        Ok(closed.iter().find(is_it).map(|issue| issue.number))
    }

    /// The runs of workflows that have not gone on since they were looked at.
    pub(super) async fn still_to_run(
        &self,
        runs: &[WorkflowRun],
        host: &dyn Host,
    ) -> Result<Vec<u64>, EffectError> {
        let mut left = Vec::new();
        for run in runs {
            if host.attempt_of(run.id).await? <= run.attempt {
                left.push(run.id);
            }
        }
        Ok(left)
    }
}
