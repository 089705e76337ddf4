//! The backlog as a file, and its first items as issues.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::duplicate::{self, Known};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::Issue;
use crate::domain::origin;
use crate::domain::remediation::{self, Item};
use crate::effects::Effect;
use crate::host::{HostError, NewIssue};
use crate::jobs::dispatch::Failure;
use crate::jobs::report::{self, Job, Report, Severity};
use crate::jobs::{rival, score};
use crate::sys::files;

use super::Options;

/// The file in `runtime/analysis/`.
const FILE: &str = "remediation_backlog.json";

/// Larger than any backlog of ours.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Fate {
    /// It is to be filed in this run.
    ToFile,
    /// An issue answers it.
    Filed {
        /// Which.
        issue: IssueNumber,
    },
    /// An issue says the same.
    Duplicate {
        /// Which.
        issue: IssueNumber,
        /// How alike they are, in hundredths.
        alike: u8,
    },
    /// It is left to a later run or to a person, with why.
    Waits {
        /// Why.
        reason: String,
    },
}

/// An item and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Planned {
    #[serde(flatten)]
    item: Item,
    fate: Fate,
    /// Whether this run made the issue.
    #[serde(skip)]
    is_new: bool,
}

/// `remediation_backlog.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Backlog {
    generated_at: Timestamp,
    items: Vec<Planned>,
}

/// What a repository has already.
struct Present {
    open: Vec<Issue>,
    known: Vec<Known<IssueNumber>>,
    issues: Vec<Issue>,
}

/// Decides what becomes of each item: at most three are filed, none that an issue answers or says already, none where we have many open
/// issues, and none that work of our own bred.
pub(super) async fn plan(app: &App, items: Vec<Item>, report: &mut Report) -> Vec<Planned> {
    let mut present: BTreeMap<String, Option<Present>> = BTreeMap::new();
    let mut planned: Vec<Planned> = Vec::new();
    for mut item in items {
        let repository = app.repository_named(&item.repo);
        if let Some(repository) = repository
            && !present.contains_key(&item.repo)
        {
            let read = read(app, repository).await;
            let read = read.map_err(|error| {
                let severity = crate::jobs::dispatch::severity(&error);
                report.error(item.repo.clone(), error.to_string(), severity, error.mend());
            });
            present.insert(item.repo.clone(), read.ok());
        }
        let fate = match (repository, present.get(&item.repo).and_then(Option::as_ref)) {
            (Some(repository), Some(present)) => {
                item.generation = generation(app, &item, present);
                fate(app, repository, &item, present, &planned)
            }
            _ => Fate::Waits { reason: "its repository cannot be read now".to_owned() },
        };
        planned.push(Planned { item, fate, is_new: false });
    }
    planned
}

async fn read(app: &App, repository: &Repository) -> Result<Present, HostError> {
    let open = repository.host.open_issues().await?;
    let closed = repository.host.closed_since(origin::remembered_since(app.now())).await?;
    let issues: Vec<Issue> = open.iter().chain(&closed).cloned().collect();
    let known = issues.iter().map(|issue| Known::new(issue.number, &issue.title, &issue.body));
    Ok(Present { known: known.collect(), open, issues })
}

/// One more than that of the work which gave the evidence, where all of it was our own.
fn generation(app: &App, item: &Item, present: &Present) -> u32 {
    let tasks = item.tasks();
    let of = |task: &str| -> Option<u32> {
        let (_, task) = app.mailbox.find(&task.parse().ok()?).ok()??;
        let issue = present.issues.iter().find(|issue| issue.number == task.issue)?;
        Some(origin::of(issue)?.generation)
    };
    let generations: Option<Vec<u32>> = tasks.iter().map(|task| of(task)).collect();
    let bred = generations.and_then(|generations| generations.into_iter().max());
    bred.map_or(1, |generation| generation + 1)
}

fn fate(
    app: &App,
    repository: &Repository,
    item: &Item,
    present: &Present,
    planned: &[Planned],
) -> Fate {
    let waits = |reason: &str| Fate::Waits { reason: reason.to_owned() };
    let since = app.now().checked_sub(score::window()).unwrap_or(Timestamp::MIN);
    let answers = |issue: &&Issue| {
        origin::answers(issue, &item.signature)
            || remediation::still_answers(issue, &item.signature, since)
    };
    if let Some(issue) = present.issues.iter().find(answers) {
        return Fate::Filed { issue: issue.number };
    }
    let own = Known::new((), &item.title, "");
    let threshold = repository.settings.dedup_threshold;
    let comparable = present.known.iter().zip(&present.issues).filter_map(|(known, issue)| {
        (!remediation::is_about_another_failure(issue, &item.signature)).then_some(known)
    });
    if let Some((issue, alike)) = duplicate::nearest(&own, comparable, threshold) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1")]
        let alike = (alike * 100.0) as u8;
        return Fate::Duplicate { issue: *issue, alike };
    }
    if let Some(denial) = app.may(Job::Analyze, repository).denial() {
        return waits(&denial.told(repository.slug().as_str()));
    }
    if item.generation > 1 {
        return waits(
            "its evidence comes from work of our own: a person decides whether it is followed up",
        );
    }
    let to_file = |planned: &&Planned| planned.fate == Fate::ToFile;
    let here = planned.iter().filter(to_file).filter(|other| other.item.repo == item.repo).count();
    if origin::room(&present.open) <= here {
        return waits("there are many open issues of ours already");
    }
    if planned.iter().filter(to_file).count() >= remediation::MOST {
        return waits("a run files three issues at most");
    }
    Fate::ToFile
}

/// Makes the issue of an item, under the lease of its repository's backlog.
pub(super) async fn file(app: &App, planned: &mut Planned, report: &mut Report) {
    let Some(repository) = app.repository_named(&planned.item.repo) else { return };
    match make(app, repository, &planned.item).await {
        Ok(Some((issue, is_new))) => {
            planned.fate = Fate::Filed { issue };
            planned.is_new = is_new;
        }
        Ok(None) => {
            planned.fate = Fate::Waits { reason: "another run is at its backlog".to_owned() };
        }
        Err(failure) => {
            planned.fate = Fate::Waits { reason: failure.message.clone() };
            report.failure(planned.item.signature.clone(), failure);
        }
    }
}

async fn make(
    app: &App,
    repository: &Repository,
    item: &Item,
) -> Result<Option<(IssueNumber, bool)>, Failure> {
    let lease = app.mailbox.backlog_lease(&repository.key)?;
    let Some(lease) = lease else { return Ok(None) };
    repository.host.preflight().await?;
    rival::give_way(app, repository, "files nothing", false).await?;
    let issue = NewIssue {
        title: app.redactor.redact(&item.title),
        body: app.redactor.redact(&item.body()),
        labels: item.labels(),
        status: None,
        author: String::new(),
    };
    let effect = Effect::CreateIssue { signature: item.signature.clone(), issue };
    let carried = repository.effects()?.carry_out(&effect, &lease).await?;
    crash_point!("analyze.filed");
    Ok(carried.issue.map(|number| (number, carried.changed)))
}

/// Replaces the file, unless it says the same but for its date.
pub(super) fn write(app: &App, items: &[Planned], options: Options, report: &mut Report) {
    if options.dry_run {
        return;
    }
    let path = path(app);
    let old: Option<Backlog> = files::read_bytes(&path, MAX_BYTES)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if old.is_some_and(|old| old.items == items) || (items.is_empty() && !path.exists()) {
        return;
    }
    let backlog = Backlog { generated_at: app.now(), items: items.to_vec() };
    let mut text = serde_json::to_string_pretty(&backlog).unwrap_or_default();
    text.push('\n');
    let written = path
        .parent()
        .map_or(Ok(()), files::make_dir)
        .and_then(|()| files::replace(&path, app.redactor.redact(&text).as_bytes()));
    if let Err(error) = written {
        report.error(FILE, error.to_string(), Severity::of(error.is_temporary()), None);
    }
}

fn path(app: &App) -> PathBuf {
    app.runtime().join("analysis").join(FILE)
}

impl Planned {
    pub(super) fn is_to_be_filed(&self) -> bool {
        self.fate == Fate::ToFile
    }

    /// The line of the report.
    pub(super) fn told(&self, app: &App) -> report::Item {
        let title = &self.item.title;
        let (action, issue, reason) = match &self.fate {
            Fate::ToFile => ("would_file", None, title.clone()),
            Fate::Filed { issue } if self.is_new => ("filed", Some(*issue), title.clone()),
            Fate::Filed { issue } => ("known", Some(*issue), title.clone()),
            Fate::Duplicate { issue, alike } => {
                ("duplicate", Some(*issue), format!("{title} ({alike} % alike)"))
            }
            Fate::Waits { reason } => ("left", None, format!("{title}: {reason}")),
        };
        report::Item {
            repo: app.repository_named(&self.item.repo).map(|repo| repo.slug().clone()),
            issue,
            task: None,
            pr: None,
            action: action.to_owned(),
            reason: Some(reason),
        }
    }
}
