//! What grooming looks at: issues, the memory of the base branch, results of merged work, threads of quiet issues. All of it is read anew, since
//! writes rest on it, and whatever cannot be read ends the run for the repository.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::app::{App, Repository};
use crate::domain::grooming::{self, Close, Past, Rules, SPRINTS_AHEAD, Snapshot, Verdict};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::issue::Issue;
use crate::domain::memory;
use crate::domain::origin;
use crate::domain::result::AgentResult;
use crate::domain::retry::Evidence;
use crate::domain::task::{Folder, Outcome, Task};
use crate::git::GitError;
use crate::jobs::artefacts::{self, Reading};
use crate::jobs::dispatch::Failure;
use crate::jobs::queue::Receipt;
use crate::jobs::rival;
use crate::prompt::Sources;

use super::View;

/// Results of so many days are recent.
const RECENT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Most bytes of a file that are read.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads everything; for a dry run without fetching, which would write.
pub(super) async fn snapshot(
    app: &App,
    repository: &Repository,
    is_dry_run: bool,
) -> Result<Snapshot, Failure> {
    repository.host.preflight().await?;
    // Before what counts against the budget, and before a model is asked.
    rival::give_way(app, repository, "grooms nothing", is_dry_run).await?;
    let open = repository.host.open_issues().await?;
    let closed = repository.host.closed_since(origin::remembered_since(app.now())).await?;
    let settings = &repository.settings;
    let (begun, results) = tasks(app, repository)?;
    let excluded = settings.excluded_labels.iter().chain(&settings.hold_labels);
    Ok(Snapshot {
        repo: repository.slug().to_string(),
        now: app.now(),
        open,
        closed,
        memory: Base::of(repository, is_dry_run)?.text(memory::FILE)?,
        results,
        begun,
        rules: Rules {
            depth: settings.plan_size * SPRINTS_AHEAD,
            threshold: settings.dedup_threshold,
            quiet_days: settings.stale_issue_days,
            excluded_labels: excluded.cloned().collect(),
        },
    })
}

/// The issues that have a task, and what the results of the merged ones said.
fn tasks(
    app: &App,
    repository: &Repository,
) -> Result<(BTreeSet<IssueNumber>, Vec<Past>), Failure> {
    let (mut begun, mut results) = (BTreeSet::new(), Vec::new());
    for folder in Folder::ALL {
        for head in app.mailbox.heads_of(folder, &repository.key)?.tasks {
            let task = head.keys();
            if task.repo != *repository.slug() {
                continue;
            }
            begun.insert(task.issue);
            if folder == Folder::Done && task.outcome == Some(Outcome::Merged) {
                results.extend(last_result(app, task));
            }
        }
    }
    Ok((begun, results))
}

/// What the last run of a task said, if that was of late.
fn last_result(app: &App, task: &Task) -> Option<Past> {
    let dir = app.runs(&task.id);
    let entries = std::fs::read_dir(&dir).ok()?;
    let runs = entries.flatten().filter_map(|entry| {
        let receipt = Receipt::read(&entry.path())?;
        Some((receipt.ended_at, entry.file_name().into_string().ok()?, receipt))
    });
    let (ended_at, label, receipt) = runs.max_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)))?;
    if !is_recent(app, ended_at) {
        return None;
    }
    let result = said(&receipt, &dir.join(&label))?;
    Some(Past {
        task: task.id.clone(),
        issue: task.issue,
        place: place(&task.id, &label),
        ended_at,
        risks: result.risks.clone(),
        next_step: result.next_step,
    })
}

fn is_recent(app: &App, ended_at: Timestamp) -> bool {
    app.now().duration_since(ended_at) <= RECENT
}

fn said(receipt: &Receipt, dir: &Path) -> Option<AgentResult> {
    match receipt.evidence(dir) {
        Evidence::Result { result, .. } => Some(*result),
        Evidence::Failed(_) | Evidence::BadResult { .. } => None,
    }
}

/// Where a result lies, below the root.
fn place(task: &TaskId, label: &str) -> String {
    format!("runtime/runs/{task}/{label}/result.md")
}

/// Files of the base branch as the remote has them now.
struct Base<'a> {
    repository: &'a Repository,
    tip: Option<crate::domain::ids::CommitSha>,
}

impl<'a> Base<'a> {
    /// Brings the mirror up to date, but for a dry run, which takes it as it is. A remote without a commit has no files.
    fn of(repository: &'a Repository, is_dry_run: bool) -> Result<Self, Failure> {
        if is_dry_run {
            let tip = match repository.lacks_of_mirror() {
                None => None,
                Some(_) => repository.mirror()?.tracked_tip(&repository.base_branch()?)?,
            };
            return Ok(Self { repository, tip });
        }
        let effects = repository.effects()?;
        let lock = effects.lock_mirror()?;
        let fetched = effects.mirror.fetch();
        drop(lock);
        match fetched {
            Ok(()) => {}
            Err(GitError::NoCommits { .. }) => return Ok(Self { repository, tip: None }),
            Err(error) => return Err(error.into()),
        }
        let tip = effects.mirror.tracked_tip(&repository.base_branch()?)?;
        Ok(Self { repository, tip })
    }

    /// The text of a file; empty where there is none.
    fn text(&self, path: &str) -> Result<String, Failure> {
        let Some(tip) = &self.tip else { return Ok(String::new()) };
        let bytes = self.repository.mirror()?.read_file(tip, path, MAX_BYTES)?;
        Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    }
}

/// The context of a question. It is a help, not a need: what cannot be read is left out.
pub(super) fn sources(app: &App, repository: &Repository) -> Sources {
    let tracked = |path: &str| -> String {
        let read = || {
            let mirror = repository.mirror().ok()?;
            let tip = mirror.tracked_tip(&repository.base_branch().ok()?).ok()??;
            mirror.read_file(&tip, path, MAX_BYTES).ok()?
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
    };
    let Reading { feedback, research, .. } = artefacts::existing(app, repository);
    Sources {
        readme: tracked("README.md"),
        strategy: tracked(memory::STRATEGY),
        principles: tracked("PLANNING_PRINCIPLES.md"),
        memory: String::new(),
        feedback,
        research,
    }
}

/// A quiet issue of ours and what is to become of it.
pub(super) struct Closing {
    pub(super) issue: IssueNumber,
    /// Why it is left open, where it is.
    pub(super) kept: Option<&'static str>,
}

/// Looks closely at the quiet issues of our own. Reads nothing where there is none.
pub(super) async fn closings(
    app: &App,
    repository: &Repository,
    view: &View,
) -> Result<Vec<Closing>, Failure> {
    let mut closings = Vec::new();
    let ours = |issue: &&Issue| view.quiet.ours.contains(&issue.number);
    let quiet: Vec<&Issue> = view.snapshot.open.iter().filter(ours).collect();
    if quiet.is_empty() {
        return Ok(closings);
    }
    let pulls = repository.host.open_pulls().await?;
    for issue in quiet {
        let comments = repository.host.comments(issue.number).await?;
        let assignees = repository.host.assignees(issue.number).await?;
        let names_it = |text: &str| grooming::names_issue(text, issue.number);
        let is_in_pull = pulls.iter().any(|pull| {
            pull.issue == Some(issue.number) || names_it(&pull.title) || names_it(&pull.body)
        });
        let close = Close { issue, comments: &comments, assignees: &assignees, is_in_pull };
        let kept = match grooming::verdict(&close, app.now(), view.snapshot.rules.quiet_days) {
            Verdict::Lively => continue,
            Verdict::Close => None,
            Verdict::Keep(reason) => Some(reason),
        };
        closings.push(Closing { issue: issue.number, kept });
    }
    Ok(closings)
}
