//! Check runs, suites, statuses, workflow runs and jobs.

use serde_json::{Value, json};

use super::super::git;
use super::super::state::{CheckRun, Repo, State, Status, WorkflowRun, node};
use super::{minimal, pull_minimal, user};

/// Returns the number of the app that made a check.
pub(crate) fn app_id(slug: &str) -> u64 {
    if slug == "github-actions" { 15368 } else { 900_001 }
}

/// Renders the app that made a check.
fn app(state: &State, slug: &str) -> Value {
    let actions = slug == "github-actions";
    json!({
        "id": app_id(slug), "client_id": format!("Iv1.{slug}"),
        "slug": slug, "node_id": node("A", u64::from(actions)), "owner": user(state, "acme"),
        "name": if actions { "GitHub Actions" } else { slug }, "description": "",
        "external_url": format!("{}/apps/{slug}", state.url),
        "html_url": format!("{}/apps/{slug}", state.url),
        "created_at": "2018-07-30T09:30:17Z", "updated_at": "2024-04-10T20:33:16Z",
        "permissions": { "checks": "write", "metadata": "read" }, "events": ["push"],
    })
}

/// Renders a check run.
pub(crate) fn check_run(state: &State, repo: &Repo, run: &CheckRun) -> Value {
    let url = format!("{}/check-runs/{}", state.api(repo), run.id);
    let html = format!("{}/runs/{}", state.html(repo), run.id);
    let (title, summary) = run.output.clone().unzip();
    json!({
        "id": run.id, "name": run.name, "node_id": node("CR", run.id), "head_sha": run.sha,
        "external_id": "", "url": url, "html_url": html, "details_url": html,
        "status": run.status, "conclusion": run.conclusion,
        "started_at": run.started_at.to_string(),
        "completed_at": run.completed_at.map(|at| at.to_string()),
        "output": {
            "title": title, "summary": summary, "text": null,
            "annotations_count": run.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": { "id": run.suite }, "app": app(state, &run.app),
        "pull_requests": pull_minimal(state, repo, &run.sha),
    })
}

/// Renders an annotation of a check run.
pub(crate) fn annotation(
    state: &State,
    repo: &Repo,
    run: &CheckRun,
    at: &(String, u64, String),
) -> Value {
    let (path, line, message) = at;
    json!({
        "path": path, "start_line": line, "end_line": line, "start_column": null,
        "end_column": null, "annotation_level": "failure", "title": "", "message": message,
        "raw_details": "", "blob_href": format!("{}/blob/{}/{path}", state.html(repo), run.sha),
    })
}

/// Renders the check suite of a check run.
pub(crate) fn suite(state: &State, repo: &Repo, run: &CheckRun) -> Value {
    let url = format!("{}/check-suites/{}", state.api(repo), run.suite);
    let head = simple_commit(state, repo, &run.sha);
    let branch = repo.branches.iter().find(|(_, sha)| **sha == run.sha).map(|(name, _)| name);
    json!({
        "id": run.suite, "node_id": node("CS", run.suite), "head_branch": branch,
        "head_sha": run.sha, "status": run.status, "conclusion": run.conclusion, "url": url,
        "before": null, "after": run.sha, "pull_requests": pull_minimal(state, repo, &run.sha),
        "app": app(state, &run.app), "repository": minimal(state, repo),
        "created_at": run.started_at.to_string(),
        "updated_at": run.completed_at.unwrap_or(run.started_at).to_string(),
        "head_commit": head, "latest_check_runs_count": 1,
        "check_runs_url": format!("{url}/check-runs"),
    })
}

fn simple_commit(state: &State, repo: &Repo, sha: &str) -> Value {
    let Some(info) = git::read_commit(&state.path_of(repo.id), sha) else { return Value::Null };
    let person = json!({ "name": info.author.0, "email": info.author.1 });
    json!({
        "id": info.sha, "tree_id": info.tree, "message": info.message.trim_end(),
        "timestamp": info.at.to_string(), "author": person, "committer": person,
    })
}

/// Renders a commit status.
pub(crate) fn status(state: &State, repo: &Repo, status: &Status, whole: bool) -> Value {
    let author = user(state, &status.author);
    let mut object = json!({
        "url": format!("{}/statuses/{}", state.api(repo), status.sha), "id": status.id,
        "node_id": node("SC", status.id), "state": status.state, "context": status.context,
        "description": status.description, "target_url": null,
        "avatar_url": author["avatar_url"], "created_at": status.at.to_string(),
        "updated_at": status.at.to_string(),
    });
    if whole {
        object["creator"] = author;
    }
    object
}

/// Returns the newest status of each context.
pub(crate) fn newest_statuses<'r>(repo: &'r Repo, sha: &str) -> Vec<&'r Status> {
    let mut newest: Vec<&Status> = Vec::new();
    for status in repo.statuses.iter().rev().filter(|status| status.sha == sha) {
        if !newest.iter().any(|seen| seen.context == status.context) {
            newest.push(status);
        }
    }
    newest
}

/// Renders all statuses of a commit as one; the newest of each context counts.
pub(crate) fn combined_status(state: &State, repo: &Repo, sha: &str) -> Value {
    let newest = newest_statuses(repo, sha);
    let any = |word: &str| newest.iter().any(|status| status.state == word);
    let word = if any("failure") || any("error") {
        "failure"
    } else if newest.is_empty() || any("pending") {
        "pending"
    } else {
        "success"
    };
    let url = format!("{}/commits/{sha}", state.api(repo));
    let statuses: Vec<Value> =
        newest.iter().map(|one| self::status(state, repo, one, false)).collect();
    json!({
        "state": word, "statuses": statuses, "sha": sha, "total_count": newest.len(),
        "repository": minimal(state, repo), "commit_url": url, "url": format!("{url}/status"),
    })
}

/// Renders a workflow run.
pub(crate) fn workflow_run(state: &State, repo: &Repo, run: &WorkflowRun) -> Value {
    let api = state.api(repo);
    let url = format!("{api}/actions/runs/{}", run.id);
    let check = repo.checks.iter().find(|check| check.id == run.job);
    json!({
        "id": run.id, "name": "ci", "node_id": node("WFR", run.id), "check_suite_id": run.suite,
        "check_suite_node_id": node("CS", run.suite), "head_branch": run.branch,
        "head_sha": run.sha, "path": ".github/workflows/ci.yml", "run_number": run.id,
        "run_attempt": run.attempt, "event": "pull_request",
        "display_title": repo.issues.get(&run.pull).map_or("ci", |issue| &issue.title),
        "status": check.map(|check| check.status.clone()),
        "conclusion": check.and_then(|check| check.conclusion.clone()), "workflow_id": 1,
        "url": url, "html_url": format!("{}/actions/runs/{}", state.html(repo), run.id),
        "pull_requests": pull_minimal(state, repo, &run.sha),
        "created_at": run.created_at.to_string(), "updated_at": run.created_at.to_string(),
        "run_started_at": run.created_at.to_string(),
        "jobs_url": format!("{url}/jobs"), "logs_url": format!("{url}/logs"),
        "check_suite_url": format!("{api}/check-suites/{}", run.suite),
        "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"), "workflow_url": format!("{api}/actions/workflows/1"),
        "head_commit": simple_commit(state, repo, &run.sha), "repository": minimal(state, repo),
        "head_repository": minimal(state, repo),
    })
}

/// Renders the job of a workflow run.
pub(crate) fn job(state: &State, repo: &Repo, run: &WorkflowRun, check: &CheckRun) -> Value {
    let api = state.api(repo);
    let page = format!("{}/actions/runs/{}/job/{}", state.html(repo), run.id, run.job);
    json!({
        "id": run.job, "run_id": run.id, "run_url": format!("{api}/actions/runs/{}", run.id),
        "run_attempt": run.attempt, "node_id": node("CR", run.job), "head_sha": run.sha,
        "url": format!("{api}/actions/jobs/{}", run.job), "html_url": page,
        "status": check.status, "conclusion": check.conclusion,
        "created_at": run.created_at.to_string(), "started_at": check.started_at.to_string(),
        "completed_at": check.completed_at.map(|at| at.to_string()), "name": check.name,
        "check_run_url": format!("{api}/check-runs/{}", check.id), "labels": ["ubuntu-latest"],
        "runner_id": null, "runner_name": null, "runner_group_id": null,
        "runner_group_name": null, "workflow_name": "ci", "head_branch": run.branch,
    })
}
