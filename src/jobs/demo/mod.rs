//! `agentos demo`: from nothing to merged changes on the embedded host, offline. Real git, real worktrees, real processes and real merges;
//! only the agents are scripted stand-ins, and named as what they are.

mod stage;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::report::{Item, Report};
use super::{dispatch, pr_monitor, queue, turn};
use crate::app::App;
use crate::domain::admission::READY;
use crate::domain::ids::{AgentName, CommitSha, IssueNumber, RepoSlug};
use crate::domain::issue::{BoardStatus, IssueState};
use crate::host::{HostError, NewIssue};

pub(super) use stage::make_repository;
pub use stage::{Stage, StageError, set};

/// More rounds than the longest story needs; a real agent may need several.
const MAX_ROUNDS: usize = 12;

/// On GitHub checks run elsewhere and take their time: so long is waited for anything to happen.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Between two looks at checks that run elsewhere; a server on this machine is asked more often.
const PAUSE: Duration = Duration::from_secs(10);
const SHORT_PAUSE: Duration = Duration::from_millis(300);

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
pub async fn file_issues(
    app: &App,
    watch: &mut dyn FnMut(Scene),
) -> Result<Vec<IssueNumber>, HostError> {
    let Some(repository) = app.repositories.first() else { return Ok(Vec::new()) };
    let mut numbers = Vec::new();
    for (title, body, label) in ISSUES {
        let mut labels = if label.is_empty() { Vec::new() } else { vec![label.to_owned()] };
        if repository.local.is_none() {
            labels.push(READY.to_owned());
        }
        let issue = NewIssue {
            title: title.to_owned(),
            body: body.to_owned(),
            labels,
            status: Some(BoardStatus::Ready),
            author: "you".to_owned(),
        };
        let made = repository.host.create_issue(&issue).await?;
        watch(Scene::Line(format!("{} {title}", made.number)));
        numbers.push(made.number);
    }
    Ok(numbers)
}

/// Refuses a repository that is not the demo's own project: nothing else is ever touched by the demo.
///
/// # Errors
///
/// When it cannot be read, or is another project.
pub fn check_project(app: &App) -> Result<(), HostError> {
    let Some(repository) = app.repositories.first() else { return Ok(()) };
    let (path, words) = stage::SIGN;
    let read = || -> Result<bool, crate::git::GitError> {
        let mirror = repository.mirror()?;
        mirror.fetch()?;
        let Some(tip) = mirror.tracked_tip(&repository.base_branch()?)? else { return Ok(false) };
        let log = mirror.log(&tip, 1000)?;
        let has_file = mirror.read_file(&tip, path, 1024 * 1024)?.is_some();
        Ok(has_file && log.iter().any(|(_, subject)| subject == words))
    };
    match read() {
        Ok(true) => Ok(()),
        Ok(false) => Err(HostError::Denied {
            what: format!("play the demo in {}", repository.slug()),
            reason: "it does not hold the demo's project, and the demo touches nothing else".to_owned(),
            mend: "make an empty repository, run `agentos demo --dir my-demo`, push `my-demo/shop` to it, and require the check `ci` on `main`".to_owned(),
        }),
        Err(error) => Err(HostError::Unavailable {
            what: format!("read {}", repository.remote()),
            reason: error.to_string(),
        }),
    }
}

/// Plays rounds of dispatch, queue and pr-monitor until every issue is closed or nothing more can happen.
pub async fn play(app: &App, numbers: &[IssueNumber], watch: &mut dyn FnMut(Scene)) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut waiting_since = None;
    let mut rounds = 0;
    while rounds < MAX_ROUNDS {
        let before = happened(&reports);
        let mut told = Told { app, reports: &mut reports, watch, job: None };
        told.round().await;
        let has_happened = happened(&reports) > before;
        if app.stop.requested() || is_finished(app, numbers).await {
            break;
        }
        if has_happened {
            waiting_since = None;
            rounds += 1;
            continue;
        }
        let since = *waiting_since.get_or_insert_with(Instant::now);
        if !waits_for_others(app) || since.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(pause(app)).await;
    }
    reports
}

/// How much came of something so far; what waits is nothing.
fn happened(reports: &[Report]) -> usize {
    reports.iter().flat_map(|report| &report.items).filter(|item| item.action != "waiting").count()
}

/// Whether a pull request waits for checks that run elsewhere.
fn waits_for_others(app: &App) -> bool {
    app.repositories.first().is_some_and(|repository| repository.local.is_none())
}

fn pause(app: &App) -> Duration {
    let is_near = app.settings.github_api_url.starts_with("http://127.");
    if is_near { SHORT_PAUSE } else { PAUSE }
}

/// One round, told: the name of a job is only said where something came of it.
struct Told<'a> {
    app: &'a App,
    reports: &'a mut Vec<Report>,
    watch: &'a mut dyn FnMut(Scene),
    job: Option<&'static str>,
}

impl Told<'_> {
    async fn round(&mut self) {
        let app = self.app;
        self.job = Some("dispatch");
        self.show(turn::dispatch(app, &dispatch::Options::default()).await);
        self.job = Some("queue");
        loop {
            let options = queue::Options { once: true, ..queue::Options::default() };
            let report = turn::queue(app, &options).await;
            let is_over = report.items.is_empty();
            self.show(report);
            if is_over || app.stop.requested() {
                break;
            }
        }
        self.job = Some("pr-monitor");
        self.show(turn::pr_monitor(app, &pr_monitor::Options::default()).await);
    }

    fn show(&mut self, report: Report) {
        let lines = report.items.iter().filter(|item| item.action != "waiting").map(line_of);
        let lines: Vec<Scene> = lines
            .map(Scene::Line)
            .chain(report.errors.iter().map(|e| Scene::Error(format!("{}: {}", e.item, e.message))))
            .collect();
        if !lines.is_empty()
            && let Some(job) = self.job.take()
        {
            (self.watch)(Scene::Job(job));
        }
        for line in lines {
            (self.watch)(line);
        }
        self.reports.push(report);
    }
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
        "memory_written" => {
            return format!(
                "what was learnt is written down: {}",
                item.reason.as_deref().unwrap_or("")
            );
        }
        other => format!("{other}: {}", item.reason.as_deref().unwrap_or("")),
    };
    format!("{issue} {told}")
}

async fn is_finished(app: &App, numbers: &[IssueNumber]) -> bool {
    let Some(repository) = app.repositories.first() else { return true };
    let Ok(open) = repository.glance.open_issues().await else { return false };
    open.iter().all(|issue| !numbers.contains(&issue.number))
}

/// What was merged, what was not, and the log of the base branch.
///
/// # Errors
///
/// When the board or the repository cannot be read.
pub async fn ending(app: &App, numbers: &[IssueNumber]) -> Result<Ending, HostError> {
    let mut ending = Ending { merged: Vec::new(), open: Vec::new(), log: Vec::new() };
    let Some(repository) = app.repositories.first() else { return Ok(ending) };
    for number in numbers.iter().copied() {
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
    /// A GitHub to play on, instead of the local host.
    pub github: Option<OnGithub>,
}

/// A repository on a GitHub that holds the demo's project.
#[derive(Debug, Clone)]
pub struct OnGithub {
    /// The address of its interface.
    pub url: String,
    /// The repository.
    pub repo: RepoSlug,
}

impl OnGithub {
    /// Whether it is served on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.split_once("://").map_or("", |(_, rest)| rest);
        ["127.", "localhost", "[::1]"].iter().any(|name| host.starts_with(name))
    }
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
