//! What planning looks at: the board, the mailbox, the objective, the evidence, the documents of the base branch.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::{App, Repository};
use crate::domain::admission::Known;
use crate::domain::brief;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::memory;
use crate::domain::objective;
use crate::domain::outcome::{Kind, Record};
use crate::domain::sprint::{self, Aim, Aims, Backlog, Past, Rules, Skip, Sprint, Status};
use crate::domain::task::{Folder, Task};
use crate::git::GitError;
use crate::host::Host;
use crate::jobs::artefacts::{self, Reading};
use crate::jobs::dispatch::Failure;
use crate::jobs::outcomes;
use crate::jobs::report::Severity;

use super::store::Store;

/// Most bytes of a document that are read.
const MAX_DOCUMENT: usize = 256 * 1024;

/// The open issues and what they are to the planner.
pub(super) struct Scene {
    pub(super) issues: Vec<Issue>,
    pub(super) backlog: Backlog,
}

impl Scene {
    /// The numbers of the open issues.
    pub(super) fn open(&self) -> BTreeSet<IssueNumber> {
        self.issues.iter().map(|issue| issue.number).collect()
    }
}

/// Looks at the board, in the host's way of reading.
pub(super) async fn scene(
    app: &App,
    repository: &Repository,
    host: &dyn Host,
) -> Result<Scene, Failure> {
    let issues = host.open_issues().await?;
    let tasks = tasks(app, repository)?;
    let past: BTreeMap<IssueNumber, Past> = tasks.iter().map(|(n, all)| (*n, past(all))).collect();
    let unmet = unmet(host, &issues).await;
    let settings = &repository.settings;
    let rules = Rules {
        required: &settings.required_labels,
        excluded: &settings.excluded_labels,
        hold: &settings.hold_labels,
        trusted: &settings.trusted_authors,
    };
    let backlog = sprint::backlog(&issues, &past, &unmet, &rules);
    Ok(Scene { issues, backlog })
}

/// A task as it lies in the mailbox, without its body.
pub(super) type Lying = (Folder, Task);

/// The tasks of a repository by issue, the oldest generation first. Their bodies are not read.
pub(super) fn tasks(
    app: &App,
    repository: &Repository,
) -> Result<BTreeMap<IssueNumber, Vec<Lying>>, Failure> {
    let mut tasks: BTreeMap<IssueNumber, Vec<Lying>> = BTreeMap::new();
    for folder in Folder::ALL {
        for head in &app.mailbox.heads_of(folder, &repository.key)?.tasks {
            let task = head.keys();
            if task.repo == *repository.slug() {
                tasks.entry(task.issue).or_default().push((folder, task.clone()));
            }
        }
    }
    for all in tasks.values_mut() {
        all.sort_by_key(|(_, task)| task.generation);
    }
    Ok(tasks)
}

/// How the newest of an issue's tasks stands.
pub(super) fn past(tasks: &[Lying]) -> Past {
    let Some((folder, task)) = tasks.last() else { return Past::Ended };
    let known = Known { folder: *folder, outcome: task.outcome, generation: task.generation };
    match (*folder, known.is_live()) {
        (Folder::Blocked, _) => Past::Waiting,
        (_, true) => Past::Live,
        (_, false) => Past::Ended,
    }
}

/// The dependencies of each issue that are not closed. One that cannot be read counts as open: unknown means wait.
async fn unmet(host: &dyn Host, issues: &[Issue]) -> BTreeMap<IssueNumber, Vec<IssueNumber>> {
    let open: BTreeSet<IssueNumber> = issues.iter().map(|issue| issue.number).collect();
    let mut seen: BTreeMap<IssueNumber, bool> = BTreeMap::new();
    let mut unmet = BTreeMap::new();
    for issue in issues {
        let mut waits_for = Vec::new();
        for number in brief::dependencies(&issue.body).into_iter().map(IssueNumber) {
            let is_open = match seen.get(&number) {
                Some(known) => *known,
                None if open.contains(&number) => true,
                None => {
                    !matches!(host.issue(number).await, Ok(one) if one.state == IssueState::Closed)
                }
            };
            seen.insert(number, is_open);
            if is_open && number != issue.number {
                waits_for.push(number);
            }
        }
        if !waits_for.is_empty() {
            unmet.insert(issue.number, waits_for);
        }
    }
    unmet
}

/// What speaks for and against issues, and the business score.
pub(super) struct Weighed {
    pub(super) aims: Aims,
    pub(super) reading: Reading,
    pub(super) records: Vec<Record>,
    pub(super) score: Option<f64>,
}

/// Reads the objective, its measurements, the evidence and the sprints that were not wanted. A dry run gathers nothing anew.
pub(super) async fn weigh(
    app: &App,
    repository: &Repository,
    is_dry_run: bool,
) -> Result<Weighed, Failure> {
    let loaded = app.objective(repository).map_err(|error| Failure {
        message: error.to_string(),
        severity: Severity::of(error.is_temporary()),
        hint: Some("mend the objective file; objectives/example.yaml shows every key".to_owned()),
    })?;
    let outcomes = if is_dry_run {
        outcomes::recorded(app, repository)?
    } else {
        outcomes::refresh(app, repository, loaded.as_ref()).await?
    };
    let snapshots = outcomes.snapshots();
    let score = loaded
        .as_ref()
        .map(|loaded| (loaded, objective::score(&loaded.objective, &snapshots, app.now())));
    let metrics = score.iter().flat_map(|(loaded, score)| {
        let parts = loaded.objective.metrics.iter().zip(&score.components);
        parts.map(|(metric, part)| Aim::new(&metric.id, &metric.name, metric.weight, part.mean))
    });
    let metrics = metrics.collect();
    let score = score.filter(|(_, score)| score.is_measured()).map(|(_, score)| score.score);
    let reading = if is_dry_run {
        artefacts::existing(app, repository)
    } else {
        artefacts::reading(app, repository).await
    };
    let skips = skips(&Store::new(app, repository).all()?);
    let aims = Aims { metrics, signals: reading.signals.clone(), skips };
    Ok(Weighed { aims, reading, records: outcomes.records, score })
}

/// When an issue's change was merged, if it was after a moment.
pub(super) fn merged_at(
    records: &[Record],
    number: IssueNumber,
    since: jiff::Timestamp,
) -> Option<jiff::Timestamp> {
    let merges =
        records.iter().filter(|record| record.kind == Kind::Merged && record.issue == number.0);
    merges.map(|record| record.timestamp).find(|at| *at >= since)
}

fn skips(sprints: &[Sprint]) -> Vec<Skip> {
    let skip = |sprint: &Sprint| {
        let is_refusal = match sprint.status {
            Status::Rejected => true,
            Status::Expired => false,
            Status::Waiting | Status::Approved => return None,
        };
        let issues = sprint.tasks.iter().map(|task| task.issue).collect();
        Some(Skip { issues, at: sprint.ended_at.unwrap_or(sprint.created_at), is_refusal })
    };
    sprints.iter().filter_map(skip).collect()
}

/// The documents that plans are made on, at the present tip of the base branch; empty where there is none of that name.
pub(super) struct Documents {
    pub(super) readme: String,
    pub(super) principles: String,
    pub(super) strategy: String,
}

/// Reads the documents; the mirror is fetched when the branch has moved.
pub(super) fn documents(repository: &Repository) -> Result<Documents, Failure> {
    let base = repository.base_branch()?;
    let effects = repository.effects()?;
    let tip = {
        let _lock = effects.lock_mirror()?;
        let tip = effects.mirror.remote_tip(&base)?;
        let tip = tip.ok_or_else(|| GitError::NotFound {
            what: format!("the base branch `{base}` of {}", repository.remote()),
        })?;
        if !effects.mirror.has_commit(&tip) {
            effects.mirror.fetch()?;
        }
        tip
    };
    // They help a model and decide nothing: one that is too large or no text is left out.
    let read = |path: &str| -> String {
        let bytes = effects.mirror.read_file(&tip, path, MAX_DOCUMENT).ok().flatten();
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    Ok(Documents {
        readme: read("README.md"),
        principles: read("PLANNING_PRINCIPLES.md"),
        strategy: read(memory::STRATEGY),
    })
}
