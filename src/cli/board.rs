//! The issues and the pull requests of a repository, by command: the board of a local one, and those of a GitHub one through its host.

use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Global, Issue, NewIssue, Numbered, Pr, RepoArg};
use super::fault::Fault;
use super::output::{Output, table};
use super::wire::Wiring;
use crate::app::{App, Arming, Repository};
use crate::config::MergePolicy;
use crate::domain::admission::READY;
use crate::domain::ids::{IssueNumber, PrNumber};
use crate::domain::issue::{self, BoardStatus, Comment, IssueState};
use crate::domain::pull::{PullRequest, PullState};
use crate::host::local::LocalHost;
use crate::host::{self, Host, LabelChange};
use crate::jobs::control;
use crate::sys::files;

/// An issue's text from a file or standard input is at most this large.
const MAX_TEXT_BYTES: u64 = 2 * 1024 * 1024;

/// The repository that is meant: named, or the only one.
pub(super) fn repository<'a>(app: &'a App, wanted: &RepoArg) -> Result<&'a Repository, Fault> {
    match (&wanted.repo, app.repositories.as_slice()) {
        (Some(name), _) => Ok(control::named(app, name)?),
        (None, [only]) => Ok(only),
        (None, all) => {
            let names: Vec<&str> =
                all.iter().map(|repository| repository.slug().as_str()).collect();
            Err(Fault::usage("there are several repositories: say which one with `--repo`")
                .hint(format!("one of {}", names.join(", "))))
        }
    }
}

/// What only a local board can answer: everything it ever held.
fn local<'a>(repository: &'a Repository, what: &str) -> Result<&'a LocalHost, Fault> {
    repository.local.as_deref().ok_or_else(|| {
        Fault::usage(format!("{} is not a local board: {what}", repository.slug()))
            .hint("leave `--all` out, or ask the host itself, for example with `gh`")
    })
}

pub(super) fn number(text: &str) -> Result<u64, Fault> {
    let digits = text.trim_start_matches("pr:").trim_start_matches('#');
    digits.parse().map_err(|_| {
        let shown = crate::text::clean::one_line(text, 40);
        Fault::usage(format!("`{shown}` is not a number"))
    })
}

pub(super) fn you(app: &App, author: Option<&String>) -> String {
    let from_environment =
        || app.environment.get("USER").or_else(|| app.environment.get("LOGNAME"));
    author.or_else(from_environment).cloned().unwrap_or_else(|| "operator".to_owned())
}

pub(super) async fn issue(
    wiring: &Wiring,
    global: &Global,
    command: &Issue,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    match command {
        Issue::Create(new) => create(&app, new, output).await,
        Issue::List { repo, all } => list(repository(&app, repo)?, *all, output).await,
        Issue::Show(on) => {
            let (host, number) = named(&app, on)?;
            show(host, IssueNumber(number), output).await
        }
        Issue::Ready(on) => {
            let (host, number) = named(&app, on)?;
            let number = IssueNumber(number);
            make_ready(host, number).await?;
            shown(host, number, output, &format!("{number} is Ready")).await
        }
        Issue::Comment { on, text, body, author } => {
            let (host, number) = named(&app, on)?;
            let number = IssueNumber(number);
            let text = given(text.as_deref().or(body.as_deref()).unwrap_or_default())?;
            match &repository(&app, &on.repo)?.local {
                Some(local) => {
                    local.add_comment_as(number, &you(&app, author.as_ref()), &text)?;
                }
                None => {
                    host.add_comment(number, &text).await?;
                }
            }
            shown(host, number, output, &format!("commented on {number}")).await
        }
        Issue::Close(on) => {
            let (host, number) = named(&app, on)?;
            let number = IssueNumber(number);
            host.close_issue(number).await?;
            shown(host, number, output, &format!("{number} is closed")).await
        }
    }
}

/// The host of the repository that is meant, and the number.
fn named<'a>(app: &'a App, on: &Numbered) -> Result<(&'a dyn Host, u64), Fault> {
    Ok((repository(app, &on.repo)?.host.as_ref(), number(&on.number)?))
}

/// Ready by column where the issue has or gets one, else by label.
async fn make_ready(host: &dyn Host, number: IssueNumber) -> Result<(), Fault> {
    let issue = host.issue(number).await?;
    if issue.status.is_some() || host.adds_cards() {
        host.set_status(number, BoardStatus::Ready).await?;
        return Ok(());
    }
    let change = LabelChange { add: vec![READY.to_owned()], remove: Vec::new() };
    host.change_labels(number, &change).await?;
    Ok(())
}

async fn shown(
    host: &dyn Host,
    number: IssueNumber,
    output: &Output,
    line: &str,
) -> Result<u8, Fault> {
    if output.is_json() {
        return show(host, number, output).await;
    }
    output.line(line);
    Ok(0)
}

/// A text as given, or standard input for `-`.
fn given(text: &str) -> Result<String, Fault> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::failed(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(Fault::usage("the text on standard input is larger than 2 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text of a file that was named: one that cannot be taken is a mistake of who named it.
fn from_file(path: &Path) -> Result<String, Fault> {
    files::read_text(path, MAX_TEXT_BYTES).map_err(|error| {
        let fault = Fault::from(error);
        Fault { code: if fault.code == 75 { 75 } else { 2 }, ..fault }
    })
}

async fn create(app: &App, new: &NewIssue, output: &Output) -> Result<u8, Fault> {
    let repository = repository(app, &new.repo)?;
    let host = repository.host.as_ref();
    let body = match (&new.body, &new.body_file) {
        (Some(text), _) => given(text)?,
        (None, Some(path)) if path.as_os_str() == "-" => given("-")?,
        (None, Some(path)) => from_file(path)?,
        (None, None) => String::new(),
    };
    let title = new.title.clone().or_else(|| new.title_option.clone()).unwrap_or_default();
    if title.trim().is_empty() {
        return Err(Fault::usage("an issue needs a title, and this one is empty"));
    }
    let issue = host::NewIssue {
        title,
        body,
        labels: new
            .labels
            .iter()
            .map(|label| label.trim().to_owned())
            .filter(|l| !l.is_empty())
            .collect(),
        status: Some(if new.ready { BoardStatus::Ready } else { BoardStatus::Backlog }),
        author: you(app, new.author.as_ref()),
    };
    let made = host.create_issue(&issue).await?;
    if output.is_json() {
        output.json(&issue_json(&made, &[]));
    } else {
        output.line(&format!("{}{} {}", repository.slug(), made.number, made.title));
        output.say(&format!("see: {}", made.url));
    }
    Ok(0)
}

/// Names the files of a local board that could not be read; 1 if there are any.
fn name_problems(repository: &Repository, output: &Output) -> u8 {
    let problems: Vec<_> = repository.local.iter().flat_map(|local| local.problems()).collect();
    for problem in &problems {
        output.fault(&Fault::failed(format!("{}: {}", problem.file.display(), problem.message)));
    }
    u8::from(!problems.is_empty())
}

async fn list(repository: &Repository, all: bool, output: &Output) -> Result<u8, Fault> {
    let host = repository.glance.as_ref();
    let issues = if all {
        local(repository, "its closed issues cannot be listed")?.list_issues(true)?
    } else {
        host.open_issues().await?
    };
    let code = name_problems(repository, output);
    if output.is_json() {
        let mut list = Vec::new();
        for issue in &issues {
            let comments = host.comments(issue.number).await?;
            list.push(issue_json(issue, &comments));
        }
        output.json(&list);
        return Ok(code);
    }
    let rows: Vec<Vec<String>> = issues
        .iter()
        .map(|issue| {
            vec![
                issue.number.to_string(),
                issue.status.map_or("-", BoardStatus::as_str).to_owned(),
                issue.labels.join(","),
                crate::text::clean::one_line(&issue.title, 80),
            ]
        })
        .collect();
    for line in table(&rows) {
        output.line(&line);
    }
    Ok(code)
}

async fn show(host: &dyn Host, number: IssueNumber, output: &Output) -> Result<u8, Fault> {
    let issue = host.issue(number).await?;
    let comments = host.comments(number).await?;
    if output.is_json() {
        output.json(&issue_json(&issue, &comments));
        return Ok(0);
    }
    output.line(&format!("{} {}", issue.number, issue.title));
    let state = state_word(issue.state);
    let status = issue.status.map_or("-", BoardStatus::as_str);
    output.line(&format!(
        "{state}, {status}, labels: {}, by {}",
        issue.labels.join(", "),
        issue.author
    ));
    output.line("");
    output.line(&issue.body);
    for comment in &comments {
        output.line("");
        output.line(&format!("--- {} at {}", comment.author, comment.created_at));
        output.line(&comment.body);
    }
    Ok(0)
}

fn state_word(state: IssueState) -> &'static str {
    match state {
        IssueState::Open => "open",
        IssueState::Closed => "closed",
    }
}

fn issue_json(issue: &issue::Issue, comments: &[Comment]) -> Value {
    let comments: Vec<Value> = comments
        .iter()
        .map(|c| json!({"author": c.author, "body": c.body, "created_at": c.created_at}))
        .collect();
    json!({
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": state_word(issue.state),
        "status": issue.status,
        "labels": issue.labels,
        "author": issue.author,
        "created_at": issue.created_at,
        "url": issue.url,
        "comments": comments,
    })
}

pub(super) async fn pr(
    wiring: &Wiring,
    global: &Global,
    command: &Pr,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    match command {
        Pr::List { repo, all } => {
            let repository = repository(&app, repo)?;
            let pulls = if *all {
                local(repository, "its ended pull requests cannot be listed")?.list_pulls(true)?
            } else {
                repository.glance.open_pulls().await?
            };
            list_pulls(repository.glance.as_ref(), &pulls, output).await;
            Ok(name_problems(repository, output))
        }
        Pr::Show(on) => {
            let (host, number) = named(&app, on)?;
            show_pull(host, PrNumber(number), output).await
        }
        Pr::Merge { on, force } => merge(&app, on, *force, output).await,
        Pr::Approve { on, head } => super::approve::run(&app, on, head.as_ref(), output).await,
    }
}

async fn checks_word(host: &dyn Host, pull: &PullRequest) -> String {
    if pull.state != PullState::Open {
        return "passed".to_owned();
    }
    host.checks(pull).await.map_or_else(|_| "pending".to_owned(), |checks| checks.word().to_owned())
}

async fn list_pulls(host: &dyn Host, pulls: &[PullRequest], output: &Output) {
    let mut rows = Vec::new();
    let mut list = Vec::new();
    for pull in pulls {
        let checks = checks_word(host, pull).await;
        rows.push(vec![
            pull.number.0.to_string(),
            pull.state.as_str().to_owned(),
            checks.clone(),
            pull.head.to_string(),
            crate::text::clean::one_line(&pull.title, 80),
        ]);
        list.push(pull_json(pull, &checks));
    }
    if output.is_json() {
        output.json(&list);
    } else {
        for line in table(&rows) {
            output.line(&line);
        }
    }
}

fn pull_json(pull: &PullRequest, checks: &str) -> Value {
    json!({
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state.as_str(),
        "draft": pull.draft,
        "head": pull.head,
        "base": pull.base,
        "head_sha": pull.head_sha,
        "issue": pull.issue,
        "labels": pull.labels,
        "checks": checks,
        "url": pull.url,
    })
}

async fn show_pull(host: &dyn Host, number: PrNumber, output: &Output) -> Result<u8, Fault> {
    let pull = host.pull(number).await?;
    let checks = checks_word(host, &pull).await;
    if output.is_json() {
        output.json(&pull_json(&pull, &checks));
        return Ok(0);
    }
    output.line(&format!("{} {}", pull.number.0, pull.title));
    output.line(&format!(
        "{}, checks {checks}, {} -> {}, head {}",
        pull.state.as_str(),
        pull.head,
        pull.base,
        pull.head_sha
    ));
    output.line("");
    output.line(&pull.body);
    Ok(0)
}

/// The person of `supervised_first` merges; red or unknown checks are refused unless forced.
async fn merge(app: &App, on: &Numbered, force: bool, output: &Output) -> Result<u8, Fault> {
    let repository = repository(app, &on.repo)?;
    let host = repository.host.as_ref();
    let number = PrNumber(number(&on.number)?);
    let merged = crate::jobs::merge_by_hand::run(app, repository, number, force).await?;
    let waits = repository.settings.merge_policy == MergePolicy::SupervisedFirst;
    if merged.green && waits && app.state.arming(&repository.key) == Arming::Unset {
        app.state.set_arming(&repository.key, true, app.now())?;
        output.say(&format!("{}: from now on green pull requests are merged automatically (`agentos disarm` forbids it)", repository.slug()));
    }
    if output.is_json() {
        return show_pull(host, number, output).await;
    }
    output.line(&format!("pull request {} is merged as {}", number.0, merged.commit));
    Ok(0)
}
