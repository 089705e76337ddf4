//! `agentos demo`: from nothing to merged changes on the embedded host, offline. Real git, real worktrees, real processes and real merges;
//! only the agents are scripted stand-ins, and named as what they are.

mod stage;

use std::path::{Path, PathBuf};

use super::report::{Item, Report};
use super::{dispatch, pr_monitor, queue, turn};
use crate::app::App;
use crate::domain::ids::{AgentName, CommitSha, IssueNumber};
use crate::domain::issue::{BoardStatus, IssueState};
use crate::host::{HostError, NewIssue};

pub use stage::{Stage, StageError, set};

/// More rounds than the longest story needs; a real agent may need several.
const MAX_ROUNDS: usize = 12;

/// The issues of the demo: title, text, label.
const ISSUES: [(&str, &str, &str); 5] = [
    (
        "Give a discount",
        "Customers ask for ten per cent off. Add a function `discount CENTS PERCENT` with tests.",
        "prio:high",
    ),
    (
        "Show thousands",
        "`price` should print 1,000.00 for a thousand, and so on for larger prices. With tests.",
        "",
    ),
    (
        "Refuse negative quantities",
        "`total -2 150` prints a negative total; a negative quantity should cost nothing.",
        "",
    ),
    ("Greet in German", "`greeting de` should print Willkommen.", ""),
    ("Greet in French", "`greeting fr` should print Bienvenue.", "prio:low"),
];

/// Something that a person who watches would want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// A job begins.
    Job(&'static str),
    /// Something came of an issue.
    Line(String),
    /// Something did not work.
    Error(String),
}

/// How the demo ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Merged issues with their titles, in the order of their numbers.
    pub merged: Vec<(IssueNumber, String)>,
    /// Issues that are not merged, with why.
    pub open: Vec<(IssueNumber, String)>,
    /// The first lines of the commits on the base branch, newest first.
    pub log: Vec<(CommitSha, String)>,
}

/// Files the demo's issues and marks them Ready.
///
/// # Errors
///
/// When the board cannot be written.
pub async fn file_issues(app: &App, watch: &mut dyn FnMut(Scene)) -> Result<(), HostError> {
    let Some(repository) = app.repositories.first() else { return Ok(()) };
    for (title, body, label) in ISSUES {
        let labels = if label.is_empty() { Vec::new() } else { vec![label.to_owned()] };
        let issue = NewIssue {
            title: title.to_owned(),
            body: body.to_owned(),
            labels,
            status: Some(BoardStatus::Ready),
            author: "you".to_owned(),
        };
        let made = repository.host.create_issue(&issue).await?;
        watch(Scene::Line(format!("{} {title}", made.number)));
    }
    Ok(())
}

/// Plays rounds of dispatch, queue and pr-monitor until every issue is closed or nothing more can happen.
pub async fn play(app: &App, watch: &mut dyn FnMut(Scene)) -> Vec<Report> {
    let mut reports = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let before = reports.iter().map(|report: &Report| report.items.len()).sum::<usize>();
        watch(Scene::Job("dispatch"));
        show(&mut reports, turn::dispatch(app, &dispatch::Options::default()).await, watch);
        watch(Scene::Job("queue"));
        loop {
            let options = queue::Options { once: true, ..queue::Options::default() };
            let report = turn::queue(app, &options).await;
            let is_over = report.items.is_empty();
            show(&mut reports, report, watch);
            if is_over || app.stop.requested() {
                break;
            }
        }
        watch(Scene::Job("pr-monitor"));
        show(&mut reports, turn::pr_monitor(app, &pr_monitor::Options::default()).await, watch);
        let after = reports.iter().map(|report| report.items.len()).sum::<usize>();
        if after == before || app.stop.requested() || is_finished(app).await {
            break;
        }
    }
    reports
}

fn show(reports: &mut Vec<Report>, report: Report, watch: &mut dyn FnMut(Scene)) {
    for item in report.items.iter().filter(|item| item.action != "waiting") {
        watch(Scene::Line(line_of(item)));
    }
    for error in &report.errors {
        watch(Scene::Error(format!("{}: {}", error.item, error.message)));
    }
    reports.push(report);
}

fn line_of(item: &Item) -> String {
    let issue = item.issue.map(|issue| issue.to_string()).unwrap_or_default();
    let told = match item.action.as_str() {
        "dispatched" => "becomes a task".to_owned(),
        "done" => "is done: branch pushed, pull request opened".to_owned(),
        "retried" => format!("goes to the next run: {}", item.reason.as_deref().unwrap_or("")),
        "repair_queued" => {
            format!("is red and goes back for a repair ({})", item.reason.as_deref().unwrap_or(""))
        }
        "conflict_queued" => {
            "conflicts with what was merged meanwhile and goes back to be rebased".to_owned()
        }
        "merged" => "is green and merged; the issue is closed".to_owned(),
        other => format!("{other}: {}", item.reason.as_deref().unwrap_or("")),
    };
    format!("{issue} {told}")
}

async fn is_finished(app: &App) -> bool {
    let Some(repository) = app.repositories.first() else { return true };
    repository.host.open_issues().await.is_ok_and(|issues| issues.is_empty())
}

/// What was merged, what was not, and the log of the base branch.
///
/// # Errors
///
/// When the board or the repository cannot be read.
pub async fn ending(app: &App) -> Result<Ending, HostError> {
    let mut ending = Ending { merged: Vec::new(), open: Vec::new(), log: Vec::new() };
    let Some(repository) = app.repositories.first() else { return Ok(ending) };
    for number in 1..=ISSUES.len() as u64 {
        let number = IssueNumber(number);
        let issue = repository.host.issue(number).await?;
        let merged = issue.state == IssueState::Closed && issue.has_label("done");
        let list = if merged { &mut ending.merged } else { &mut ending.open };
        list.push((number, issue.title));
    }
    let unavailable = |error: crate::git::GitError| HostError::Unavailable {
        what: "the log".to_owned(),
        reason: error.to_string(),
    };
    let mirror = repository.mirror().map_err(unavailable)?;
    mirror.fetch().map_err(unavailable)?;
    let base = repository.base_branch().map_err(unavailable)?;
    if let Some(tip) = mirror.tracked_tip(&base).map_err(unavailable)? {
        ending.log = mirror.log(&tip, 30).map_err(unavailable)?;
    }
    Ok(ending)
}

/// What the demo is played with.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The folder, new or empty.
    pub dir: PathBuf,
    /// A real agent instead of the stand-ins, with the table of the configuration that names it.
    pub agent: Option<(AgentName, String)>,
    /// `PATH` for git.
    pub path: String,
}

/// Where everything lies, for the end of the demo.
pub fn map_of(dir: &Path) -> Vec<(String, &'static str)> {
    [
        ("config.yaml", "the configuration"),
        ("board/shop/issues", "the issues, with their comments"),
        ("board/shop/pulls", "the pull requests"),
        ("runtime/mailbox/done", "the finished tasks, with the history of every attempt"),
        ("runtime/runs", "prompt, output, result and receipt of every attempt"),
        ("remotes/shop.git", "the repository that was merged into"),
        ("shop", "your clone of it, which nobody touched: try `git pull` there"),
    ]
    .into_iter()
    .map(|(path, what)| (dir.join(path).display().to_string(), what))
    .collect()
}
