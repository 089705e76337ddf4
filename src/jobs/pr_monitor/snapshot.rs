//! A pull request and everything its verdict rests on, read in one run. What costs more is read only where what costs less lets it pass.

use std::rc::Rc;

use jiff::SignedDuration;

use crate::app::{App, Arming, Repository};
use crate::config::MergePolicy;
use crate::domain::ids::{BranchName, CommitSha, PrNumber};
use crate::domain::issue::{Issue, IssueState};
use crate::domain::memory::MEMORY_FILES;
use crate::domain::merge::{self, Boundary, Diff, DiffLimits, RequiredCheck, Snapshot, Verdict};
use crate::domain::permission::Act;
use crate::domain::pull::{Checks, PullRequest, PullState, Standing};
use crate::domain::task::Task;
use crate::domain::tests_weakened::weakened;
use crate::git::{ChangeKind, GitError, Mirror};
use crate::host::{Host, HostError, Sight, SightOf};

use super::Trouble;

/// Updates onto a moved base without a conflict, before a person is called.
const MAX_UPDATES: u32 = 20;

/// A snapshot, and the base tip that it was taken at.
pub(in crate::jobs) struct Taken {
    /// What is judged.
    pub(in crate::jobs) snapshot: Snapshot,
    /// The tip of the base branch at that moment, where it was asked for.
    pub(in crate::jobs) base_tip: Option<CommitSha>,
    /// The checks that a repair is about.
    pub(in crate::jobs) repaired: Vec<String>,
    /// What was seen of it, for whoever acts on the verdict at once.
    pub(super) sight: Sight,
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
    ahead: Option<PrNumber>,
) -> Result<Taken, Trouble> {
    take_seeing(app, repository, host, task, (ahead, Sight::default())).await
}

/// The number of a task's pull request.
pub(super) fn number_of(task: &Task) -> Result<PrNumber, HostError> {
    task.pr.ok_or_else(|| HostError::NotFound { what: "its pull request".to_owned() })
}

/// The same for whoever has seen a part of it already: that is not read again.
pub(super) async fn take_seeing(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
    task: &Task,
    (ahead, sight): (Option<PrNumber>, Sight),
) -> Result<Taken, Trouble> {
    let number = number_of(task)?;
    let standing = match sight.standing.clone() {
        Some(seen) => seen,
        None => host.standing(number).await?,
    };
    let (issue, issue_gone) = match sight.issue.clone() {
        Some(seen) => (Some(seen), None),
        None => issue_of(host, task).await,
    };
    let is_open = standing.pull.state == PullState::Open;
    let checks = match (&sight.checks, is_open) {
        (_, false) => Checks::Missing,
        (Some(seen), true) => seen.clone(),
        (None, true) => host.checks(&standing.pull).await?,
    };
    let mut labels = standing.pull.labels.clone();
    labels.extend(issue.iter().flat_map(|issue| issue.labels.clone()));
    let mut snapshot = unread(app, repository, task, standing);
    snapshot.issue = issue.map(|issue| issue.state);
    snapshot.issue_gone = issue_gone;
    (snapshot.labels, snapshot.checks, snapshot.ahead) = (labels, checks, ahead);
    let repaired = task.failed_checks.clone();
    let mut taken = Taken { snapshot, base_tip: None, repaired, sight };
    complete(repository, host, &mut taken).await?;
    Ok(taken)
}

/// The issue, or that the host says itself that there is none any more: deleted, or moved to another repository. What cannot be read for any
/// other reason is unknown.
async fn issue_of(host: &dyn Host, task: &Task) -> (Option<Issue>, Option<String>) {
    match host.issue(task.issue).await {
        Err(HostError::NotFound { what }) => {
            (None, Some(format!("{what} does not exist any more")))
        }
        read => (known("its issue", read), None),
    }
}

/// Takes the snapshot of the pull request that carries memory: it belongs to no task and no issue, has limits of its own, and is built anew
/// where another would be rebased or repaired. Reads only.
///
/// # Errors
///
/// When the pull request itself cannot be read; what else cannot be read is unknown in the snapshot.
pub(super) async fn take_memory(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
    number: PrNumber,
    (our_head, expected_base): (&CommitSha, &BranchName),
) -> Result<Taken, Trouble> {
    let Standing { pull, mergeable, word } = host.standing(number).await?;
    let is_open = pull.state == PullState::Open;
    let checks = if is_open { host.checks(&pull).await? } else { Checks::Missing };
    let snapshot = Snapshot {
        // No issue is behind it that could be closed.
        issue: Some(IssueState::Open),
        issue_gone: None,
        hold_labels: repository.settings.hold_labels.clone(),
        labels: pull.labels.clone(),
        our_head: Some(our_head.clone()),
        expected_base: expected_base.clone(),
        mergeable,
        word,
        checks,
        boundary: None,
        diff: None,
        limits: DiffLimits::of_memory(),
        arming: arming(app, repository, &pull),
        reviews: None,
        behind: None,
        tested_result: false,
        ahead: None,
        updates: (0, 1),
        rebases: (0, 1),
        repairs: (0, 1),
        repairs_allowed: true,
        base_checks: None,
        has_rerun: true,
        approved_head: None,
        objection: None,
        now: app.now(),
        head_since: None,
        patience: patience(app),
        pull,
    };
    let sight = Sight::default();
    let mut taken = Taken { snapshot, base_tip: None, repaired: Vec::new(), sight };
    complete(repository, host, &mut taken).await?;
    Ok(taken)
}

/// What is known without another question: the pull request, the task and the settings.
fn unread(app: &App, repository: &Repository, task: &Task, standing: Standing) -> Snapshot {
    let Standing { pull, mergeable, word } = standing;
    let settings = &repository.settings;
    Snapshot {
        issue: None,
        issue_gone: None,
        hold_labels: settings.hold_labels.clone(),
        labels: Vec::new(),
        our_head: task.head_sha.clone(),
        expected_base: task.base_branch.clone(),
        mergeable,
        word,
        checks: Checks::Missing,
        boundary: None,
        diff: None,
        limits: DiffLimits {
            allowed_paths: settings.allowed_paths.clone(),
            protected_paths: settings.protected_paths.clone(),
            max_lines: settings.max_diff_lines,
            memory_only: false,
        },
        arming: arming(app, repository, &pull),
        reviews: None,
        behind: None,
        // The local host tests every pair of head and base by itself.
        tested_result: settings.merge_tested_result && repository.local.is_none(),
        ahead: None,
        updates: (task.counters.updates, MAX_UPDATES),
        rebases: (task.counters.rebases, settings.max_rebases),
        repairs: (task.counters.repairs, settings.ci_max_retries),
        repairs_allowed: app.may(Act::Repair, repository).is_granted(),
        base_checks: None,
        has_rerun: task.rerun_head.is_some() && task.rerun_head == task.head_sha,
        approved_head: task.approved_head.clone(),
        objection: task.objection.clone(),
        now: app.now(),
        head_since: None,
        patience: patience(app),
        pull,
    }
}

/// How long a required check may keep silent: as long as everything else, until it is an alarm.
fn patience(app: &App) -> Option<SignedDuration> {
    let after = SignedDuration::try_from(app.settings.alert_after).ok()?;
    after.is_positive().then_some(after)
}

/// What the base demands, and what a repair is about: that has to be green again under its own name. A base that demands nothing still does.
fn demanded(mut boundary: Boundary, repaired: &[String]) -> Boundary {
    if !boundary.required.is_empty() {
        for name in repaired {
            if !boundary.required.iter().any(|required| required.name == *name) {
                boundary.required.push(RequiredCheck::by_anybody(name));
            }
        }
    }
    boundary
}

/// Reads what is missing for a verdict, as far as what is known already lets it pass.
///
/// # Errors
///
/// When the base branch cannot be read at all.
pub(super) async fn complete(
    repository: &Repository,
    host: &dyn Host,
    taken: &mut Taken,
) -> Result<(), Trouble> {
    let Taken { snapshot, base_tip, repaired, sight } = taken;
    match merge::by_checks(snapshot) {
        None => {}
        Some(Verdict::Rebase) => {
            *base_tip = host.branch_tip(&snapshot.pull.base).await?;
            return Ok(());
        }
        Some(Verdict::Repair(_) | Verdict::RepairsGivenUp(_) | Verdict::Rerun(_)) => {
            *base_tip = host.branch_tip(&snapshot.pull.base).await?;
            return look_at_base(repository, host, snapshot, (base_tip.as_ref(), sight)).await;
        }
        Some(_) => return Ok(()),
    }
    if let Some(tip) = &sight.base_tip {
        // What takes its time comes first: a merge is pinned to the tip that is read below.
        fetched(repository, &[tip, &snapshot.pull.head_sha])?;
    }
    let base = host.base(&snapshot.pull.base).await?;
    snapshot.boundary = base.boundary.map(|boundary| demanded(boundary, repaired));
    sight.base_tip.clone_from(&base.tip);
    *base_tip = base.tip;
    let Some(tip) = base_tip else { return Ok(()) };
    let mirror = fetched(repository, &[tip, &snapshot.pull.head_sha])?;
    snapshot.head_since =
        known("the age of its head", mirror.committed_at(&snapshot.pull.head_sha));
    snapshot.diff = known("what it changes", diff(&mirror, tip, snapshot)).flatten();
    if merge::by_change(snapshot).is_some() {
        return Ok(());
    }
    let number = snapshot.pull.number;
    snapshot.reviews = match sight.reviews.clone() {
        Some(seen) => Some(seen),
        None => known("its reviews", host.reviews(number).await),
    };
    snapshot.behind = known("the way to its base", is_behind(&mirror, tip, &snapshot.pull));
    look_at_base(repository, host, snapshot, (Some(tip), sight)).await
}

/// Reads the checks of the base: of its last commit that is not only our memory, for which no CI is run.
async fn look_at_base(
    repository: &Repository,
    host: &dyn Host,
    snapshot: &mut Snapshot,
    (tip, sight): (Option<&CommitSha>, &Sight),
) -> Result<(), Trouble> {
    let Some(tip) = tip else { return Ok(()) };
    let mirror = fetched(repository, &[tip])?;
    let Some(commit) = known("the base", mirror.effective_base(tip, &MEMORY_FILES)) else {
        return Ok(());
    };
    let is_seen = sight.of.as_ref().is_some_and(|of| of.base_commit.as_ref() == Some(&commit));
    snapshot.base_checks = match sight.base_checks.clone().filter(|_| is_seen) {
        Some(seen) => Some(seen),
        None => known("the checks of the base", host.checks_of(&commit).await),
    };
    Ok(())
}

/// Sees a pull request, its checks and its issue by one request, where the host has such a one. The base is asked about as we know it.
pub(super) async fn sight(repository: &Repository, task: &Task) -> Result<Sight, Trouble> {
    let base_commit = || -> Result<Option<CommitSha>, GitError> {
        let mirror = repository.mirror()?;
        let tip = mirror.tracked_tip(&task.base_branch)?;
        tip.map(|tip| mirror.effective_base(&tip, &MEMORY_FILES)).transpose()
    };
    let of = SightOf {
        pull: number_of(task)?,
        issue: task.issue,
        base_commit: known("the base", base_commit()).flatten(),
    };
    Ok(repository.host.sight(&of).await.unwrap_or_default())
}

/// What cannot be read is unknown, and the log says why.
fn known<T, E: std::fmt::Display>(what: &str, read: Result<T, E>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, "{what} cannot be read")).ok()
}

/// The mirror, with these commits in it if the remote has them.
fn fetched(repository: &Repository, wanted: &[&CommitSha]) -> Result<Rc<Mirror>, Trouble> {
    let mirror = repository.mirror()?;
    if !wanted.iter().all(|commit| mirror.has_commit(commit)) {
        let _lock = repository.effects()?.lock_mirror()?;
        mirror.fetch()?;
    }
    Ok(mirror)
}

/// What the head changes against the point where it left its base.
fn diff(mirror: &Mirror, tip: &CommitSha, snapshot: &Snapshot) -> Result<Option<Diff>, GitError> {
    let head = &snapshot.pull.head_sha;
    let Some(from) = mirror.merge_base(tip, head)? else { return Ok(None) };
    let mut diff = Diff::default();
    for file in mirror.diff_stat(&from, head)?.files {
        diff.lines += file.added + file.removed;
        if file.is_binary && diff.binary.is_none() {
            diff.binary = Some(file.path.clone());
        }
        if let ChangeKind::Renamed { from } = file.kind {
            diff.paths.push(from);
        }
        diff.paths.push(file.path);
    }
    // One that is too large is a person's already, and is not read line by line.
    if diff.lines <= snapshot.limits.max_lines {
        diff.weakened = weakened(&mirror.changed_texts(&from, head)?);
    }
    Ok(Some(diff))
}

/// Whether the base has commits, other than our memory, that the head has not.
fn is_behind(mirror: &Mirror, tip: &CommitSha, pull: &PullRequest) -> Result<bool, GitError> {
    let base = mirror.effective_base(tip, &MEMORY_FILES)?;
    Ok(!mirror.is_ancestor(&base, &pull.head_sha)?)
}

/// Whether a merge is allowed without a person (`merge_policy`, `arm`, `disarm`).
pub(super) fn arming(app: &App, repository: &Repository, pull: &PullRequest) -> merge::Arming {
    let is_one_of_several = app.repositories.len() > 1;
    let of = is_one_of_several.then(|| format!(" --repo {}", repository.slug()));
    let by_hand = format!("`agentos pr merge {}{}`", pull.number.0, of.unwrap_or_default());
    let manual =
        |why: &str| merge::Arming::Manual(format!("{why}: a person merges it with {by_hand}"));
    if let Some(denial) = app.may(Act::Merge, repository).denial() {
        return manual(&denial.reason());
    }
    match (app.state.arming(&repository.key), repository.settings.merge_policy) {
        (Arming::Disarmed, _) => manual("automatic merges are disarmed"),
        (_, MergePolicy::Manual) => manual("`merge_policy` is `manual`"),
        (Arming::Armed, _) | (Arming::Unset, MergePolicy::Auto) => merge::Arming::Armed,
        (Arming::Unset, MergePolicy::SupervisedFirst) => manual(
            "the first green pull request of a repository is a person's to merge (`merge_policy: supervised_first`)",
        ),
    }
}
