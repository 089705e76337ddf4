//! `agentos pr merge`: a person's merge, through the same effects as the monitor's.

use crate::app::{App, Repository};
use crate::domain::ids::{CommitSha, PrNumber};
use crate::domain::pull::{Mergeable, PullRequest, PullState};
use crate::domain::task::Task;
use crate::effects::{Effect, texts};
use crate::host::{HostError, MergeRequest};

use super::pr_monitor;

/// What came of it.
pub struct Merged {
    /// The commit on the base branch.
    pub commit: CommitSha,
    /// Whether its checks had passed.
    pub green: bool,
}

/// Why it was not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// It is not to be merged.
    #[error("{0}")]
    Refused(String),
    /// The host or git could not be asked.
    #[error("{0}")]
    Trouble(String),
}

impl From<HostError> for MergeError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::NotFound { .. } | HostError::Refused { .. } | HostError::Stale { .. } => {
                Self::Refused(error.to_string())
            }
            other => Self::Trouble(other.to_string()),
        }
    }
}

/// Merges a pull request as a person; red, pending or missing checks only with `force`.
///
/// # Errors
///
/// When it is not open, conflicts, is not green and not forced, or is in other hands; nothing is merged then.
pub async fn run(
    app: &App,
    repository: &Repository,
    number: PrNumber,
    force: bool,
) -> Result<Merged, MergeError> {
    let trouble = |error: &dyn std::fmt::Display| MergeError::Trouble(error.to_string());
    let host = &repository.host;
    let pull = host.pull(number).await?;
    if pull.state != PullState::Open {
        return Err(MergeError::Refused(format!(
            "pull request {} is {}",
            number.0,
            pull.state.as_str()
        )));
    }
    if let Some(reason) = unmergeable(&pull, host.mergeable(number).await?) {
        return Err(MergeError::Refused(format!("pull request {} {reason}", number.0)));
    }
    let checks = host.run_missing(&pull).await?.word();
    let green = checks == "passed";
    if !green && !force {
        return Err(MergeError::Refused(format!(
            "the checks of pull request {} are {checks}; `--force` merges all the same",
            number.0
        )));
    }
    let tasks = app.mailbox.tasks().map_err(|error| trouble(&error))?;
    let task = tasks
        .into_iter()
        .map(|(_, task)| task)
        .find(|task| task.repo == *repository.slug() && task.pr == Some(number));
    let Some(task) = task else {
        let memory = pr_monitor::merge_memory(app, repository, &pull).await;
        if let Some(commit) = memory.map_err(|error| trouble(&error))? {
            return Ok(Merged { commit, green });
        }
        return Err(MergeError::Refused(format!(
            "no task of ours has the pull request {}",
            number.0
        )));
    };
    let Some(lease) = app.mailbox.lease(&task.id).map_err(|error| trouble(&error))? else {
        return Err(MergeError::Refused(format!(
            "the task {} is in other hands just now: try again",
            task.id
        )));
    };
    let request = request(app, &task, number, pull.head_sha.clone());
    let effects = repository.effects().map_err(|error| trouble(&error))?;
    let carried = effects.carry_out(&Effect::Merge { request }, &lease).await;
    let commit = carried.map_err(|error| trouble(&error))?.commit;
    drop(lease);
    // The rest of the story follows at once; what fails here is done by the next `pr-monitor`.
    if let Err(error) = pr_monitor::follow_up(app, repository, &task).await {
        tracing::warn!(task = %task.id, %error, "merged; the next pr-monitor finishes the task");
    }
    Ok(Merged { commit: commit.unwrap_or(pull.head_sha), green })
}

/// Why git cannot merge it, if it cannot.
fn unmergeable(pull: &PullRequest, mergeable: Mergeable) -> Option<String> {
    match mergeable {
        Mergeable::Clean => None,
        Mergeable::Conflict => Some(format!("conflicts with `{}`", pull.base)),
        Mergeable::HeadGone => Some(format!("has no branch any more: `{}` is gone", pull.head)),
        Mergeable::BaseGone => Some(format!("has no base any more: `{}` is gone", pull.base)),
        Mergeable::Unknown => Some("is still being looked at by its host: try again".to_owned()),
    }
}

fn request(app: &App, task: &Task, number: PrNumber, head: CommitSha) -> MergeRequest {
    MergeRequest {
        pr: number,
        expected_head: head,
        expected_base: None,
        title: app.redactor.redact(&texts::pull_title(task)),
        message: texts::merge_message(task),
    }
}
