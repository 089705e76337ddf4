//! Commits and the checks on them.

use super::super::render::app_id;
use super::super::state::{CheckRun, Repo, State, Status, node};
use super::accounts::actor;
use super::connections::{Entry, page};
use super::things::{Answer, Ask, Out, Thing, World};

/// Answers a field of a commit.
pub(super) fn commit(world: &World, repo_id: u64, sha: &str, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(repo) = state.repo_of(repo_id) else { return Ok(None) };
    let path = format!("/{}/commit/{sha}", repo.full_name());
    Ok(Some(match ask.name {
        "oid" => Out::leaf(sha),
        "abbreviatedOid" => Out::leaf(sha.chars().take(7).collect::<String>()),
        "id" => Out::leaf(format!("C_{sha}")),
        "url" => Out::leaf(format!("{}{path}", state.url)),
        "resourcePath" => Out::leaf(path),
        "repository" => Out::One(Thing::Repo(repo_id)),
        "statusCheckRollup" => rollup(&state, repo_id, sha),
        "checkSuites" => page("CheckSuiteConnection", ask, suites(&state, repo, sha))?,
        _ => return Ok(None),
    }))
}

/// The suites of a commit, each once, with the state of its newest run.
fn suites(state: &State, repo: &Repo, sha: &str) -> Vec<Entry> {
    let mut suites: Vec<(u64, Thing)> = Vec::new();
    for run in repo.checks.iter().filter(|run| run.sha == sha) {
        suites.retain(|(id, _)| *id != run.suite);
        suites.push((run.suite, suite(state, repo, run)));
    }
    suites.into_iter().map(|(id, thing)| Entry { id: node("CS", id), thing }).collect()
}

/// The suite of a check run.
fn suite(state: &State, repo: &Repo, check: &CheckRun) -> Thing {
    let run = repo.runs.iter().find(|run| run.suite == check.suite);
    let workflow = || Thing::Made("Workflow", vec![("name", Out::leaf("ci"))]);
    let run = run.map(|run| {
        let fields = vec![
            ("databaseId", Out::leaf(run.id)),
            ("workflow", Out::One(workflow())),
            ("event", Out::leaf("pull_request")),
        ];
        Thing::Made("WorkflowRun", fields)
    });
    let name = if check.app == "github-actions" { "GitHub Actions" } else { &check.app };
    let app = Thing::Made(
        "App",
        vec![
            ("databaseId", Out::leaf(app_id(&check.app))),
            ("slug", Out::leaf(check.app.as_str())),
            ("name", Out::leaf(name)),
            ("url", Out::leaf(format!("{}/apps/{}", state.url, check.app))),
        ],
    );
    let fields = vec![
        ("id", Out::leaf(node("CS", check.suite))),
        ("databaseId", Out::leaf(check.suite)),
        ("status", Out::leaf(check.status.to_uppercase())),
        ("conclusion", Out::leaf(check.conclusion.as_ref().map(|word| word.to_uppercase()))),
        ("app", Out::One(app)),
        ("workflowRun", Out::maybe(run)),
    ];
    Thing::Made("CheckSuite", fields)
}

/// Everything that was said about a commit; null when nothing was.
pub(super) fn rollup(state: &State, repo: u64, sha: &str) -> Out {
    let (checks, statuses) = of(state, repo, sha);
    let words: Vec<&str> = checks
        .iter()
        .map(|check| outcome(check))
        .chain(statuses.iter().map(|status| status_word(status)))
        .collect();
    if words.is_empty() {
        return Out::null();
    }
    let worst = ["ERROR", "FAILURE", "PENDING"].into_iter().find(|word| words.contains(word));
    let things = checks
        .iter()
        .map(|check| Thing::Check(repo, check.id))
        .chain(statuses.iter().map(|status| Thing::Status(repo, status.id)));
    Out::One(Thing::Made(
        "StatusCheckRollup",
        vec![
            ("state", Out::leaf(worst.unwrap_or("SUCCESS"))),
            ("id", Out::leaf(format!("SCR_{sha}"))),
            ("contexts", Out::Many(things.collect())),
        ],
    ))
}

/// Makes the page of a rollup's contexts; a made object holds them all.
pub(super) fn contexts(ask: &Ask, all: &[Thing]) -> Answer {
    let entry = |thing: &Thing| match thing {
        Thing::Check(_, id) => Some(Entry { id: node("CR", *id), thing: thing.clone() }),
        Thing::Status(_, id) => Some(Entry { id: node("SC", *id), thing: thing.clone() }),
        _ => None,
    };
    page("StatusCheckRollupContextConnection", ask, all.iter().filter_map(entry).collect())
        .map(Some)
}

/// The newest check run of each name and app, and the newest status of each context.
fn of<'s>(state: &'s State, repo: u64, sha: &str) -> (Vec<&'s CheckRun>, Vec<&'s Status>) {
    let Some(repo) = state.repo_of(repo) else { return Default::default() };
    let mut checks: Vec<&CheckRun> = Vec::new();
    for check in repo.checks.iter().filter(|check| check.sha == sha) {
        checks.retain(|older| (&older.name, &older.app) != (&check.name, &check.app));
        checks.push(check);
    }
    let mut statuses: Vec<&Status> = Vec::new();
    for status in repo.statuses.iter().filter(|status| status.sha == sha) {
        statuses.retain(|older| older.context != status.context);
        statuses.push(status);
    }
    (checks, statuses)
}

fn outcome(check: &CheckRun) -> &'static str {
    match check.conclusion.as_deref() {
        None => "PENDING",
        Some("success" | "neutral" | "skipped") => "SUCCESS",
        Some(_) => "FAILURE",
    }
}

fn status_word(status: &Status) -> &'static str {
    match status.state.as_str() {
        "success" => "SUCCESS",
        "pending" => "PENDING",
        "error" => "ERROR",
        _ => "FAILURE",
    }
}

/// Answers a field of a check run.
pub(super) fn check(world: &World, repo_id: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(repo) = state.repo_of(repo_id) else { return Ok(None) };
    let Some(check) = repo.checks.iter().find(|check| check.id == id) else { return Ok(None) };
    let path = format!("/{}/runs/{id}", repo.full_name());
    Ok(Some(match ask.name {
        "id" => Out::leaf(node("CR", id)),
        "databaseId" => Out::leaf(id),
        "name" => Out::leaf(check.name.as_str()),
        "status" => Out::leaf(check.status.to_uppercase()),
        "conclusion" => Out::leaf(check.conclusion.as_ref().map(|word| word.to_uppercase())),
        "startedAt" => Out::leaf(check.started_at.to_string()),
        "completedAt" => Out::leaf(check.completed_at.map(|at| at.to_string())),
        "title" => Out::leaf(check.output.as_ref().map(|output| output.0.clone())),
        "summary" => Out::leaf(check.output.as_ref().map(|output| output.1.clone())),
        "text" => Out::null(),
        "url" | "detailsUrl" => Out::leaf(format!("{}{path}", state.url)),
        "resourcePath" => Out::leaf(path),
        "repository" => Out::One(Thing::Repo(repo_id)),
        "checkSuite" => Out::One(suite(&state, repo, check)),
        _ => return Ok(None),
    }))
}

/// Answers a field of a commit status.
pub(super) fn status(world: &World, repo_id: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(repo) = state.repo_of(repo_id) else { return Ok(None) };
    let Some(status) = repo.statuses.iter().find(|status| status.id == id) else { return Ok(None) };
    Ok(Some(match ask.name {
        "id" => Out::leaf(node("SC", id)),
        "context" => Out::leaf(status.context.as_str()),
        "state" => Out::leaf(status_word(status)),
        "description" => Out::leaf(status.description.clone()),
        "targetUrl" => Out::null(),
        "createdAt" => Out::leaf(status.at.to_string()),
        "creator" => actor(&state, Some(&status.author)),
        "commit" => Out::One(Thing::Commit(repo_id, status.sha.clone())),
        _ => return Ok(None),
    }))
}
