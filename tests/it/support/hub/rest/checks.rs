//! Check runs, suites, statuses, workflow runs and their logs.

use serde_json::Value;

use super::super::serve::LOG_SIGNATURE;
use super::super::state::{CheckRun, Permission, State, Status};
use super::super::wire::{Answer, Reply, counted, page};
use super::super::{git, render};
use super::Ask;

/// Answers what belongs to checks.
pub(super) fn route(state: &mut State, ask: &Ask, rest: &[&str]) -> Option<Reply> {
    Some(match (ask.request.method.as_str(), rest) {
        ("GET", ["commits", name @ .., "check-runs"]) => runs(state, ask, &name.join("/")),
        ("GET", ["commits", name @ .., "check-suites"]) => suites(state, ask, &name.join("/")),
        ("GET", ["commits", name @ .., "status"]) => combined(state, ask, &name.join("/")),
        ("GET", ["check-runs", id, "annotations"]) => annotations(state, ask, id),
        ("POST", ["check-runs"]) => create_run(state, ask),
        ("POST", ["statuses", sha]) => create_status(state, ask, sha),
        ("GET", ["actions", "runs"]) => Ok(workflow_runs(state, ask)),
        ("GET", ["actions", "runs", id]) => workflow_run(state, ask, id),
        ("GET", ["actions", "jobs", id]) => job(state, ask, id),
        ("GET", ["actions", "runs", id, "jobs"]) => jobs(state, ask, id),
        ("POST", ["actions", "runs", id, "rerun-failed-jobs"]) => rerun(state, ask, id),
        ("GET", ["actions", "jobs", id, "logs"]) => logs(state, ask, id),
        _ => return None,
    })
}

/// Returns the commit of a name.
fn sha_of(state: &State, ask: &Ask, name: &str) -> Result<String, Answer> {
    let folder = state.path_of(ask.repo(state).id);
    let name = name.strip_prefix("heads/").unwrap_or(name);
    let missing = || Answer::error(422, &format!("No commit found for SHA: {name}"));
    Ok(git::read_commit(&folder, name).ok_or_else(missing)?.sha)
}

/// Returns the check runs of a commit, newest first; of several with one name only the newest.
fn of_commit<'s>(state: &'s State, ask: &Ask, sha: &str) -> Vec<&'s CheckRun> {
    let mut seen: Vec<&CheckRun> = Vec::new();
    for run in ask.repo(state).checks.iter().rev().filter(|run| run.sha == sha) {
        if !seen.iter().any(|old| old.name == run.name && old.app == run.app) {
            seen.push(run);
        }
    }
    seen
}

fn runs(state: &State, ask: &Ask, name: &str) -> Reply {
    let sha = sha_of(state, ask, name)?;
    let request = ask.request;
    let wanted = |run: &&CheckRun| {
        request.param("check_name").is_none_or(|name| name == run.name)
            && request.param("status").is_none_or(|status| status == run.status)
    };
    let repo = ask.repo(state);
    let found = if request.param("filter").as_deref() == Some("all") {
        repo.checks.iter().rev().filter(|run| run.sha == sha).collect()
    } else {
        of_commit(state, ask, &sha)
    };
    let all = found.into_iter().filter(wanted).map(|run| render::check_run(state, repo, run));
    let base = state.numbered(repo, &format!("/commits/{sha}/check-runs"));
    Ok(counted(request, &base, "check_runs", all.collect()))
}

fn suites(state: &State, ask: &Ask, name: &str) -> Reply {
    let sha = sha_of(state, ask, name)?;
    let repo = ask.repo(state);
    let found = of_commit(state, ask, &sha);
    let all = found.into_iter().map(|run| render::suite(state, repo, run)).collect();
    let base = state.numbered(repo, &format!("/commits/{sha}/check-suites"));
    Ok(counted(ask.request, &base, "check_suites", all))
}

fn combined(state: &State, ask: &Ask, name: &str) -> Reply {
    let sha = sha_of(state, ask, name).map_err(|_| Answer::missing())?;
    Ok(Answer::json(200, render::combined_status(state, ask.repo(state), &sha)))
}

fn annotations(state: &State, ask: &Ask, id: &str) -> Reply {
    let repo = ask.repo(state);
    let run = repo.checks.iter().find(|run| run.id.to_string() == id);
    let run = run.ok_or_else(Answer::missing)?;
    let all = run.annotations.iter().map(|at| render::annotation(state, repo, run, at)).collect();
    let base = state.numbered(repo, &format!("/check-runs/{id}/annotations"));
    Ok(page(ask.request, &base, all))
}

fn create_run(state: &mut State, ask: &Ask) -> Reply {
    ask.needs(Permission::Write)?;
    let name = ask.text("name")?.unwrap_or_default();
    let sha = sha_of(state, ask, &ask.text("head_sha")?.unwrap_or_default())?;
    let status = ask.text("status")?.unwrap_or_else(|| "queued".to_owned());
    let outcome = ask.text("conclusion")?.unwrap_or(status);
    let id = state.check(&ask.full_name, &sha, &name, &outcome);
    let output = &ask.request.json()?["output"];
    let text = |key: &str| output.get(key).and_then(Value::as_str).map(str::to_owned);
    let repo = &mut state.repos[ask.at];
    if let Some(run) = repo.checks.iter_mut().find(|run| run.id == id) {
        run.output = text("title").zip(text("summary"));
    }
    let repo = ask.repo(state);
    let run = repo.checks.iter().find(|run| run.id == id).ok_or_else(Answer::missing)?;
    Ok(Answer::json(201, render::check_run(state, repo, run)))
}

fn create_status(state: &mut State, ask: &Ask, sha: &str) -> Reply {
    ask.needs(Permission::Write)?;
    let sha = sha_of(state, ask, sha)?;
    let word = ask.text("state")?.unwrap_or_default();
    if !["error", "failure", "pending", "success"].contains(&word.as_str()) {
        return Err(Answer::invalid("Status", "invalid", "state", None));
    }
    let (at, id) = (state.write(), state.id());
    let status = Status {
        id,
        sha,
        context: ask.text("context")?.unwrap_or_else(|| "default".to_owned()),
        state: word,
        description: ask.text("description")?,
        author: ask.who.clone(),
        at,
    };
    let body = render::status(state, ask.repo(state), &status, true);
    state.repos[ask.at].statuses.push(status);
    Ok(Answer::json(201, body))
}

fn workflow_runs(state: &State, ask: &Ask) -> Answer {
    let repo = ask.repo(state);
    let request = ask.request;
    let wanted = repo.runs.iter().rev().filter(|run| {
        request.param("head_sha").is_none_or(|sha| sha == run.sha)
            && request.param("branch").is_none_or(|branch| branch == run.branch)
    });
    let all = wanted.map(|run| render::workflow_run(state, repo, run)).collect();
    counted(request, &state.numbered(repo, "/actions/runs"), "workflow_runs", all)
}

fn workflow_run(state: &State, ask: &Ask, id: &str) -> Reply {
    let repo = ask.repo(state);
    let run = repo.runs.iter().find(|run| run.id.to_string() == id);
    let run = run.ok_or_else(Answer::missing)?;
    Ok(Answer::json(200, render::workflow_run(state, repo, run)))
}

/// Only the newest job of a run is known here.
fn job(state: &State, ask: &Ask, id: &str) -> Reply {
    let repo = ask.repo(state);
    let run = repo.runs.iter().find(|run| run.job.to_string() == id);
    let run = run.ok_or_else(Answer::missing)?;
    let check = repo.checks.iter().find(|check| check.id == run.job);
    let check = check.ok_or_else(Answer::missing)?;
    Ok(Answer::json(200, render::job(state, repo, run, check)))
}

fn jobs(state: &State, ask: &Ask, id: &str) -> Reply {
    let repo = ask.repo(state);
    let run = repo.runs.iter().find(|run| run.id.to_string() == id);
    let run = run.ok_or_else(Answer::missing)?;
    let check = repo.checks.iter().find(|check| check.id == run.job);
    let all = check.map(|check| render::job(state, repo, run, check)).into_iter().collect();
    let base = state.numbered(repo, &format!("/actions/runs/{id}/jobs"));
    Ok(counted(ask.request, &base, "jobs", all))
}

fn rerun(state: &mut State, ask: &Ask, id: &str) -> Reply {
    ask.needs(Permission::Write)?;
    let id = id.parse().map_err(|_| Answer::missing())?;
    state.write();
    match state.rerun(&ask.full_name, id) {
        Some(true) => Ok(Answer::json(201, serde_json::json!({}))),
        Some(false) => Err(Answer::error(403, "This workflow is already running")),
        None => Err(Answer::missing()),
    }
}

fn logs(state: &State, ask: &Ask, id: &str) -> Reply {
    let run = ask.repo(state).runs.iter().find(|run| run.job.to_string() == id);
    let run = run.ok_or_else(Answer::missing)?;
    if run.log.is_empty() {
        return Err(Answer::error(
            410,
            "The logs for this run have expired and are no longer available.",
        ));
    }
    let to = format!("{}/logs/{}?sig={LOG_SIGNATURE}", state.blobs, run.job);
    Ok(Answer { headers: vec![("location", to)], ..Answer::empty(302) })
}
