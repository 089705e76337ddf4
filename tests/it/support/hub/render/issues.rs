//! Issues, comments and timelines.

use serde_json::{Value, json};

use super::super::state::{Comment, Event, EventKind, Issue, Repo, State, node};
use super::{extend, labels, user};

/// Returns what somebody is to a repository.
pub(crate) fn association(state: &State, repo: &Repo, login: &str) -> &'static str {
    let member = state
        .account(&repo.owner)
        .is_some_and(|owner| owner.members.iter().any(|member| member == login));
    let merged = |issue: &Issue| {
        issue.author == login && issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some())
    };
    if repo.owner == login {
        "OWNER"
    } else if member {
        "MEMBER"
    } else if repo.collaborators.contains_key(login) {
        "COLLABORATOR"
    } else if repo.issues.values().any(merged) {
        "CONTRIBUTOR"
    } else {
        "NONE"
    }
}

/// Renders an issue, or the issue that a pull request is.
pub(crate) fn issue(state: &State, repo: &Repo, issue: &Issue) -> Value {
    let url = format!("{}/issues/{}", state.api(repo), issue.number);
    let word = if issue.pull.is_some() { "pull" } else { "issues" };
    let html = format!("{}/{word}/{}", state.html(repo), issue.number);
    let people: Vec<Value> = issue.assignees.iter().map(|login| user(state, login)).collect();
    let mut object = json!({
        "url": url, "repository_url": state.api(repo), "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
        "html_url": html, "id": issue.id,
        "node_id": node(if issue.pull.is_some() { "PR" } else { "I" }, issue.id),
        "number": issue.number, "title": issue.title, "user": user(state, &issue.author),
        "labels": labels(state, repo, &issue.labels),
        "state": if issue.open { "open" } else { "closed" }, "state_reason": issue.reason,
        "locked": issue.locked, "active_lock_reason": issue.locked.then_some("resolved"),
        "assignee": people.first(), "assignees": people, "milestone": null,
        "comments": issue.comments.len(), "created_at": issue.created_at.to_string(),
        "updated_at": issue.updated_at.to_string(),
        "closed_at": issue.closed_at.map(|at| at.to_string()),
        "author_association": association(state, repo, &issue.author), "body": issue.body,
        "timeline_url": format!("{url}/timeline"), "performed_via_github_app": null,
        "reactions": reactions(&url),
    });
    if let Some(pull) = &issue.pull {
        let at = format!("{}/pulls/{}", state.api(repo), issue.number);
        object["draft"] = pull.draft.into();
        object["pull_request"] = json!({
            "url": at, "html_url": html, "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "merged_at": pull.merged.as_ref().map(|merged| merged.at.to_string()),
        });
    }
    object
}

/// Renders an issue with who closed it, as a read of one issue has it.
pub(crate) fn search_item(state: &State, repo: &Repo, found: &Issue) -> Value {
    let mut object = issue(state, repo, found);
    object["score"] = json!(1.0);
    object
}

fn reactions(url: &str) -> Value {
    json!({
        "url": format!("{url}/reactions"), "total_count": 0, "+1": 0, "-1": 0, "laugh": 0,
        "hooray": 0, "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
    })
}

/// Renders a comment.
pub(crate) fn comment(state: &State, repo: &Repo, issue: &Issue, comment: &Comment) -> Value {
    let url = format!("{}/issues/comments/{}", state.api(repo), comment.id);
    let word = if issue.pull.is_some() { "pull" } else { "issues" };
    let page = format!("{}/{word}/{}", state.html(repo), issue.number);
    json!({
        "url": url, "html_url": format!("{page}#issuecomment-{}", comment.id),
        "issue_url": format!("{}/issues/{}", state.api(repo), issue.number),
        "id": comment.id, "node_id": node("IC", comment.id), "user": user(state, &comment.author),
        "created_at": comment.created_at.to_string(), "updated_at": comment.updated_at.to_string(),
        "author_association": association(state, repo, &comment.author), "body": comment.body,
        "reactions": reactions(&url), "performed_via_github_app": null,
    })
}

/// Renders the timeline of an issue: what happened and what was said, in the order of time.
pub(crate) fn timeline(state: &State, repo: &Repo, issue: &Issue) -> Vec<Value> {
    let mut lines: Vec<_> = issue
        .events
        .iter()
        .filter_map(|event| Some((event.at, event.id, line(state, repo, event)?)))
        .collect();
    for said in &issue.comments {
        let mut object = comment(state, repo, issue, said);
        object["event"] = "commented".into();
        object["actor"] = user(state, &said.author);
        lines.push((said.created_at, said.id, object));
    }
    lines.sort_by_key(|(at, id, _)| (*at, *id));
    lines.into_iter().map(|(_, _, object)| object).collect()
}

fn line(state: &State, repo: &Repo, event: &Event) -> Option<Value> {
    let color = |name: &str| {
        let found = repo.labels.iter().find(|label| label.name == name);
        found.map_or_else(|| "ededed".to_owned(), |label| label.color.clone())
    };
    let (word, commit, more) = match &event.what {
        EventKind::Labeled(name) => {
            ("labeled", None, json!({ "label": { "name": name, "color": color(name) } }))
        }
        EventKind::Unlabeled(name) => {
            ("unlabeled", None, json!({ "label": { "name": name, "color": color(name) } }))
        }
        EventKind::Closed(commit) => ("closed", commit.clone(), json!({ "state_reason": null })),
        EventKind::Reopened => ("reopened", None, json!({ "state_reason": null })),
        EventKind::Merged(sha) => ("merged", Some(sha.clone()), json!({})),
        EventKind::Renamed(from, to) => {
            ("renamed", None, json!({ "rename": { "from": from, "to": to } }))
        }
        EventKind::AddedToBoard(_) | EventKind::BoardStatus(..) => return None,
    };
    let actor = event.actor.as_ref().map(|login| user(state, login));
    let commit_url = commit.as_ref().map(|sha| format!("{}/commits/{sha}", state.api(repo)));
    let mut object = json!({
        "id": event.id, "node_id": node("E", event.id),
        "url": format!("{}/issues/events/{}", state.api(repo), event.id), "actor": actor,
        "event": word, "commit_id": commit, "commit_url": commit_url,
        "created_at": event.at.to_string(), "performed_via_github_app": null,
    });
    extend(&mut object, more);
    Some(object)
}
