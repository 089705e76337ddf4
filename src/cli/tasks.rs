//! Status, why, the mailbox by command, and the operator's switches.

use serde_json::json;

use super::args::{Adopt, Global, RepoArg, Scope, Task};
use super::fault::Fault;
use super::output::{Output, table};
use super::show;
use super::wire::Wiring;
use crate::config::MergePolicy;
use crate::domain::ids::{BadId, IssueNumber, TaskId};
use crate::domain::notice::NoticeId;
use crate::domain::task::Folder;
use crate::jobs::control::Order;
use crate::jobs::status::{self, JobRow, MemoryRow, SprintRow, TaskRow};
use crate::jobs::{control, why};
use crate::notify::Overview;
use crate::text::count::counted;

pub(super) fn status(wiring: &Wiring, global: &Global, output: &Output) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let status = status::gather(&app)?;
    if output.is_json() {
        output.json(&status);
        return Ok(0);
    }
    for pause in &status.pauses {
        output.line(&format!("PAUSED  {pause}"));
    }
    for alarm in &status.alarms {
        output.line(&format!("ALARM   {}: {}. {}", alarm.what, alarm.reason, alarm.next));
    }
    for job in &status.jobs {
        output.line(&job_line(job));
    }
    output.line("");
    let live: Vec<TaskRow> =
        status.tasks.iter().filter(|task| !task.has_ended()).cloned().collect();
    let ended = status.tasks.len() - live.len();
    if live.is_empty() {
        output.line("No task is under way.");
    } else {
        print_rows(&live, output);
    }
    let counts = Folder::ALL.map(|folder| {
        format!("{} {folder}", status.tasks.iter().filter(|task| task.state == folder).count())
    });
    output.line("");
    output.line(&format!("{}; {ended} ended", counts.join(", ")));
    for memory in &status.memory {
        output.line(&memory_line(memory));
    }
    for sprint in &status.sprints {
        output.line(&sprint_line(sprint));
    }
    for pull in &status.foreign {
        let (number, repo, head) = (pull.number.0, &pull.repo, &pull.head);
        output.line(&format!("foreign: pull request {number} of {repo}, `{head}`: left alone"));
    }
    for file in &status.unreadable {
        output.line(&format!("unreadable: {}: {}", file.file, first_line(&file.reason)));
    }
    for agent in status
        .agents
        .iter()
        .filter(|agent| !agent.available && (agent.used || agent.until.is_some()))
    {
        let until = agent
            .until
            .map_or_else(|| "until it is mended".to_owned(), |at| format!("until {at:.0}"));
        output.line(&format!(
            "agent {} is out {until}: {}",
            agent.name,
            agent.reason.as_deref().unwrap_or("")
        ));
    }
    print_notifications(&status.notifications, output);
    Ok(0)
}

fn job_line(job: &JobRow) -> String {
    let word = match (&job.paused, job.running) {
        (Some(reason), _) => format!("off: {reason}"),
        (None, true) => "running".to_owned(),
        (None, false) => match job.next {
            Some(next) => format!("idle, next {next:.0}"),
            None => "idle".to_owned(),
        },
    };
    format!("{:<11} {word}", job.job)
}

fn sprint_line(sprint: &SprintRow) -> String {
    let (id, repo) = (&sprint.id, &sprint.repo);
    let count = crate::domain::sprint::issues(sprint.tasks.len());
    let until = sprint.until.map(|at| format!(" until {at:.0}")).unwrap_or_default();
    format!("sprint {id} of {repo} ({count}) waits for your yes{until}: `{}`", sprint.next)
}

fn memory_line(memory: &MemoryRow) -> String {
    let by = memory.pr.map(|pr| format!(", pull request {}", pr.0)).unwrap_or_default();
    let why = memory.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("memory of {}: {}{by}{why}", memory.repo, memory.changes())
}

/// Only what is worth a look: messages that wait, and those that went wrong.
fn print_notifications(notifications: &Overview, output: &Output) {
    if let Some(since) = notifications.down_since {
        let wait = if notifications.waiting == 1 { "waits" } else { "wait" };
        let notices = counted(notifications.waiting, "notice");
        output.line(&format!("Telegram is out of reach since {since:.0}; {notices} {wait}"));
    }
    for problem in &notifications.problems {
        let ids: Vec<&str> = problem.notices.iter().map(NoticeId::as_str).collect();
        output.line(&format!("notice {} of {:.0}: {}", ids.join(", "), problem.at, problem.what));
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn print_rows(rows: &[TaskRow], output: &Output) {
    let head = ["TASK", "STATE", "ATTEMPT", "AGENT", "STAGE", "PRIORITY", "PR", "TITLE"];
    let mut cells: Vec<Vec<String>> = vec![head.iter().map(ToString::to_string).collect()];
    for row in rows {
        let state = match (row.running, row.not_before) {
            (true, _) => "running".to_owned(),
            (false, Some(until)) => format!("{} until {until:.0}", row.state),
            (false, None) => row.state.to_string(),
        };
        cells.push(vec![
            row.task_id.to_string(),
            state,
            row.attempt.to_string(),
            row.agent.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            row.stage.map_or("-", crate::domain::task::Stage::as_str).to_owned(),
            row.priority.as_str().to_owned(),
            row.pr.map_or_else(|| "-".to_owned(), |pr| pr.0.to_string()),
            crate::text::clean::one_line(&row.title, 60),
        ]);
    }
    for line in table(&cells) {
        output.line(&line);
    }
    for row in rows {
        if let Some(reason) = &row.reason {
            output.line(&format!("  {}: {reason}", row.task_id));
        }
    }
}

pub(super) async fn why(
    wiring: &Wiring,
    global: &Global,
    subject: &str,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let subject = subject.parse::<why::Subject>()?;
    let answer = why::ask(&app, &subject).await?;
    if output.is_json() {
        output.json(&answer);
        return Ok(0);
    }
    for line in answer.lines() {
        output.line(&line);
    }
    Ok(0)
}

pub(super) fn task_id(text: &str) -> Result<TaskId, Fault> {
    text.parse().map_err(|error: BadId| Fault::usage(error.to_string()))
}

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    command: &Task,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    match command {
        Task::List => {
            let rows = status::gather(&app)?.tasks;
            if output.is_json() {
                output.json(&rows);
            } else {
                print_rows(&rows, output);
            }
            Ok(0)
        }
        Task::Show { id } => show::task(&app, &task_id(id)?, output),
        Task::Retry { id } => {
            let id = task_id(id)?;
            let from = control::retry(&app, &id, &Order::of_operator()).await?;
            changed(output, &id, &format!("moved from {from}/ to inbox/"));
            Ok(0)
        }
        Task::Cancel { id } => {
            let id = task_id(id)?;
            control::cancel(&app, &id, &Order::of_operator()).await?;
            changed(output, &id, "cancelled");
            Ok(0)
        }
    }
}

fn changed(output: &Output, id: &TaskId, what: &str) {
    if output.is_json() {
        output.json(&json!({"task_id": id, "done": what}));
    } else {
        output.line(&format!("{id}: {what}"));
    }
}

pub(super) fn switch(
    wiring: &Wiring,
    global: &Global,
    on: bool,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    control::switch(&app, on)?;
    said(
        output,
        if on {
            "on: jobs run again"
        } else {
            "off: every job exits at once; `agentos on` switches it on"
        },
    );
    Ok(0)
}

pub(super) fn pause(
    wiring: &Wiring,
    global: &Global,
    scope: &Scope,
    pause: bool,
    output: &Output,
) -> Result<u8, Fault> {
    let word = if pause { "pause" } else { "resume" };
    if scope.repo.is_none() && scope.job.is_none() && scope.task.is_none() {
        let all = if pause {
            "`agentos off` switches everything off"
        } else {
            "`agentos on` switches everything on"
        };
        return Err(Fault::usage(format!(
            "`agentos {word}` needs `--repo R`, `--job J` or `--task ID`"
        ))
        .hint(all));
    }
    let app = wiring.app(global)?;
    let task = scope.task.as_deref().map(task_id).transpose()?;
    let (repo, job) = (scope.repo.as_deref(), scope.job.as_deref());
    control::pause(&app, control::Scope { repo, job, task: task.as_ref() }, pause)?;
    let what = scope.repo.iter().chain(&scope.job).chain(&scope.task);
    let what: Vec<&str> = what.map(String::as_str).collect();
    let word = if pause { "paused" } else { "goes on" };
    said(output, &format!("{}: {word}", what.join(", ")));
    Ok(0)
}

pub(super) fn arm(
    wiring: &Wiring,
    global: &Global,
    repo: &RepoArg,
    armed: bool,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let name = super::board::repository(&app, repo)?.slug().to_string();
    control::arm(&app, &name, armed)?;
    let policy = app.repository_named(&name).map(|found| found.settings.merge_policy);
    let word = if armed && policy == Some(MergePolicy::Manual) {
        "armed, but `merge_policy` is `manual`: a person merges until that is changed"
    } else if armed {
        "armed: green pull requests are merged"
    } else {
        "disarmed: nothing is merged without a person"
    };
    said(output, &format!("{name}: {word}"));
    Ok(0)
}

pub(super) async fn adopt(
    wiring: &Wiring,
    global: &Global,
    adopt: &Adopt,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let issue = adopt.issue.as_deref().unwrap_or_default();
    let (repo, number) = match issue.split_once('#') {
        Some((repo, number)) if !repo.is_empty() => (Some(repo.to_owned()), number),
        Some((_, number)) => (adopt.repo.repo.clone(), number),
        None => (adopt.repo.repo.clone(), issue),
    };
    let repository = super::board::repository(&app, &RepoArg { repo })?;
    let number = if adopt.all { None } else { Some(super::board::number(number)?) };
    if let Some(number) = number {
        // An issue that there is not would be written down as adopted.
        repository.host.issue(IssueNumber(number)).await?;
    }
    let waiting = control::adopt(&app, repository, number.map(IssueNumber))?;
    let slug = repository.slug();
    let what = match number {
        Some(number) => format!("{slug}#{number} is adopted; {waiting} still wait"),
        None => format!("{slug}: the whole backlog is adopted"),
    };
    said(output, &what);
    Ok(0)
}

fn said(output: &Output, what: &str) {
    if output.is_json() {
        output.json(&json!({"done": what}));
    } else {
        output.line(what);
    }
}
