//! A pull request and everything its verdict rests on, read in one run.

use crate::app::{App, Arming, Repository};
use crate::config::{AutomationMode, MergePolicy};
use crate::domain::ids::CommitSha;
use crate::domain::merge::{self, Diff, DiffLimits, Snapshot};
use crate::domain::pull::{Mergeable, PullRequest, PullState};
use crate::domain::task::Task;
use crate::git::{ChangeKind, GitError};
use crate::host::{Host, HostError};

use super::Trouble;

/// A snapshot, and the base tip that it was taken at.
pub(in crate::jobs) struct Taken {
    /// What is judged.
    pub(in crate::jobs) snapshot: Snapshot,
    /// The tip of the base branch at that moment.
    pub(in crate::jobs) base_tip: Option<CommitSha>,
}

/// Takes the snapshot of a task's pull request. Reads only.
///
/// # Errors
///
/// When the pull request itself cannot be read; what else cannot be read is unknown in the snapshot.
pub(in crate::jobs) async fn take(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
    task: &Task,
) -> Result<Taken, Trouble> {
    let number =
        task.pr.ok_or_else(|| HostError::NotFound { what: "its pull request".to_owned() })?;
    let pull = host.pull(number).await?;
    let is_open = pull.state == PullState::Open;
    let issue = host.issue(task.issue).await.ok();
    let mut labels = pull.labels.clone();
    labels.extend(issue.iter().flat_map(|issue| issue.labels.clone()));
    let mergeable = if is_open { host.mergeable(number).await? } else { Mergeable::Unknown };
    let checks =
        if is_open { host.checks(&pull).await? } else { crate::domain::pull::Checks::Missing };
    let (base_tip, diff) =
        if is_open { diff(repository, host, &pull).await? } else { (None, None) };
    let settings = &repository.settings;
    let snapshot = Snapshot {
        issue: issue.map(|issue| issue.state),
        hold_labels: settings.hold_labels.clone(),
        labels,
        our_head: task.head_sha.clone(),
        expected_base: task.base_branch.clone(),
        mergeable,
        checks,
        required: host.required(&pull.base).await.ok(),
        diff,
        limits: DiffLimits {
            allowed_paths: settings.allowed_paths.clone(),
            protected_paths: settings.protected_paths.clone(),
            max_lines: settings.max_diff_lines,
        },
        arming: arming(app, repository, &pull),
        rebases: (task.counters.rebases, settings.max_rebases),
        repairs: (task.counters.repairs, settings.ci_max_retries),
        repairs_allowed: settings.automation_mode == AutomationMode::Full,
        pull,
    };
    Ok(Taken { snapshot, base_tip })
}

/// What the head changes against the point where it left its base.
async fn diff(
    repository: &Repository,
    host: &dyn Host,
    pull: &PullRequest,
) -> Result<(Option<CommitSha>, Option<Diff>), Trouble> {
    let Some(tip) = host.branch_tip(&pull.base).await? else { return Ok((None, None)) };
    let mirror = repository.mirror()?;
    if !mirror.has_commit(&tip) || !mirror.has_commit(&pull.head_sha) {
        let _lock = repository.effects()?.lock_mirror()?;
        mirror.fetch()?;
    }
    let computed = (|| -> Result<Option<Diff>, GitError> {
        let Some(from) = mirror.merge_base(&tip, &pull.head_sha)? else { return Ok(None) };
        let stat = mirror.diff_stat(&from, &pull.head_sha)?;
        let mut diff = Diff::default();
        for file in stat.files {
            diff.lines += file.added + file.removed;
            if let ChangeKind::Renamed { from } = file.kind {
                diff.paths.push(from);
            }
            diff.paths.push(file.path);
        }
        Ok(Some(diff))
    })();
    Ok((Some(tip), computed.ok().flatten()))
}

/// Whether a merge is allowed without a person (`merge_policy`, `arm`, `disarm`).
fn arming(app: &App, repository: &Repository, pull: &PullRequest) -> merge::Arming {
    let by_hand = format!("`agentos pr merge {}`", pull.number.0);
    let manual =
        |why: &str| merge::Arming::Manual(format!("{why}: a person merges it with {by_hand}"));
    if repository.settings.automation_mode == AutomationMode::DispatcherOnly {
        return manual("`automation_mode` is `dispatcher_only`");
    }
    match (app.state.arming(&repository.key), repository.settings.merge_policy) {
        (Arming::Disarmed, _) => manual("automatic merges are disarmed"),
        (Arming::Armed, _) | (Arming::Unset, MergePolicy::Auto) => merge::Arming::Armed,
        (Arming::Unset, MergePolicy::Manual) => manual("`merge_policy` is `manual`"),
        (Arming::Unset, MergePolicy::SupervisedFirst) => manual(
            "the first green pull request of a repository is a person's to merge (`merge_policy: supervised_first`)",
        ),
    }
}
