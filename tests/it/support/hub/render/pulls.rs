//! Pull requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::git;
use super::super::state::{Issue, Mergeable, Pull, Repo, Review, State, node};
use super::checks::newest_statuses;
use super::{association, extend, inner, labels, user};

/// Renders a pull request; `whole` adds what only the read of a single one has, with the answer to whether it can be merged.
#[expect(clippy::option_option, reason = "not asked for, not known yet, known")]
pub(crate) fn pull(
    state: &State,
    repo: &Repo,
    issue: &Issue,
    whole: Option<Option<bool>>,
) -> Value {
    let Some(pull) = &issue.pull else { return Value::Null };
    let api = state.api(repo);
    let url = format!("{api}/pulls/{}", issue.number);
    let html = format!("{}/pull/{}", state.html(repo), issue.number);
    let people: Vec<Value> = issue.assignees.iter().map(|login| user(state, login)).collect();
    let source = pull.head_repo.and_then(|id| state.repo_of(id));
    let mut object = json!({
        "url": url, "id": pull.id, "node_id": node("PR", issue.id), "html_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "issue_url": format!("{api}/issues/{}", issue.number),
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{api}/issues/{}/comments", issue.number),
        "statuses_url": format!("{api}/statuses/{}", pull.head_sha), "number": issue.number,
        "state": if issue.open { "open" } else { "closed" }, "locked": issue.locked,
        "title": issue.title, "user": user(state, &issue.author), "body": issue.body,
        "labels": labels(state, repo, &issue.labels), "milestone": null,
        "active_lock_reason": null, "created_at": issue.created_at.to_string(),
        "updated_at": issue.updated_at.to_string(),
        "closed_at": issue.closed_at.map(|at| at.to_string()),
        "merged_at": pull.merged.as_ref().map(|merged| merged.at.to_string()),
        "merge_commit_sha": pull.merged.as_ref().map(|merged| merged.sha.clone()),
        "assignee": people.first(), "assignees": people, "requested_reviewers": [],
        "requested_teams": [],
        "head": end(state, (&pull.head_owner, &pull.head, &pull.head_sha), source),
        "base": end(state, (&repo.owner, &pull.base, &pull.base_sha), Some(repo)),
        "_links": links(&url, &html, &api, issue.number, &pull.head_sha),
        "author_association": association(state, repo, &issue.author), "auto_merge": null,
        "draft": pull.draft,
    });
    if let Some(mergeable) = whole {
        extend(&mut object, rest(state, repo, issue, pull, mergeable));
    }
    object
}

fn end(state: &State, (owner, branch, sha): (&str, &str, &str), repo: Option<&Repo>) -> Value {
    json!({
        "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha,
        "user": user(state, owner), "repo": repo.map(|repo| inner(state, repo)),
    })
}

fn links(url: &str, html: &str, api: &str, number: u64, sha: &str) -> Value {
    let link = |href: String| json!({ "href": href });
    json!({
        "self": link(url.to_owned()), "html": link(html.to_owned()),
        "issue": link(format!("{api}/issues/{number}")),
        "comments": link(format!("{api}/issues/{number}/comments")),
        "review_comments": link(format!("{url}/comments")),
        "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
        "commits": link(format!("{url}/commits")),
        "statuses": link(format!("{api}/statuses/{sha}")),
    })
}

fn rest(state: &State, repo: &Repo, issue: &Issue, pull: &Pull, mergeable: Option<bool>) -> Value {
    let folder = state.path_of(repo.id);
    let commits = git::between(&folder, &pull.base_sha, &pull.head_sha);
    let files = git::changed(&folder, &pull.base_sha, &pull.head_sha);
    let word = mergeable_state(state, repo, pull, mergeable);
    json!({
        "merged": pull.merged.is_some(), "mergeable": mergeable, "rebaseable": mergeable,
        "mergeable_state": word,
        "merged_by": pull.merged.as_ref().map(|merged| user(state, &merged.by)),
        "comments": issue.comments.len(), "review_comments": 0, "maintainer_can_modify": false,
        "commits": commits.len(),
        "additions": files.iter().map(|file| file.additions).sum::<usize>(),
        "deletions": files.iter().map(|file| file.deletions).sum::<usize>(),
        "changed_files": files.len(),
    })
}

/// Returns GitHub's word on a merge, where this is known of conflicts.
pub(crate) fn mergeable_state<'p>(
    state: &State,
    repo: &Repo,
    pull: &'p Pull,
    mergeable: Option<bool>,
) -> &'p str {
    let missing = || state.missing_checks(&repo.full_name(), &pull.base, &pull.head_sha);
    match (pull.mergeable, mergeable) {
        _ if pull.draft => "draft",
        (Mergeable::Conflict, Some(_)) => "dirty",
        (_, None) => "unknown",
        _ if !missing().is_empty() => "blocked",
        _ if state.is_behind(&repo.full_name(), pull) => "behind",
        _ if !all_green(repo, &pull.head_sha) => "unstable",
        _ => pull.word.as_deref().unwrap_or("clean"),
    }
}

/// Returns whether nothing that reported for a commit is red or still runs; of several runs of a name the newest counts.
fn all_green(repo: &Repo, sha: &str) -> bool {
    let green = |word: Option<&str>| matches!(word, Some("success" | "neutral" | "skipped"));
    let newest: BTreeMap<_, _> = repo
        .checks
        .iter()
        .filter(|run| run.sha == sha)
        .map(|run| ((&run.app, &run.name), run.conclusion.as_deref()))
        .collect();
    newest.into_values().all(green)
        && newest_statuses(repo, sha).iter().all(|status| status.state == "success")
}

/// Renders a review.
pub(crate) fn review(state: &State, repo: &Repo, number: u64, review: &Review) -> Value {
    let pull = format!("{}/pulls/{number}", state.api(repo));
    let html = format!("{}/pull/{number}#pullrequestreview-{}", state.html(repo), review.id);
    json!({
        "id": review.id, "node_id": node("PRR", review.id), "user": user(state, &review.author),
        "body": "", "state": review.state, "html_url": html, "pull_request_url": pull,
        "_links": { "html": { "href": html }, "pull_request": { "href": pull } },
        "submitted_at": review.at.to_string(), "commit_id": review.sha,
        "author_association": association(state, repo, &review.author),
    })
}

/// Renders the pull requests of a commit as check runs name them.
pub(crate) fn pull_minimal(state: &State, repo: &Repo, sha: &str) -> Vec<Value> {
    let open = repo.issues.values().filter(|issue| issue.open);
    let mine = open.filter_map(|issue| Some((issue, issue.pull.as_ref()?)));
    let end = |branch: &str, sha: &str| {
        json!({
            "ref": branch, "sha": sha,
            "repo": { "id": repo.id, "url": state.api(repo), "name": repo.name },
        })
    };
    mine.filter(|(_, pull)| pull.head_sha == sha && pull.head_repo == Some(repo.id))
        .map(|(issue, pull)| {
            json!({
                "id": pull.id, "number": issue.number,
                "url": format!("{}/pulls/{}", state.api(repo), issue.number),
                "head": end(&pull.head, &pull.head_sha), "base": end(&pull.base, &pull.base_sha),
            })
        })
        .collect()
}
