//! Pull requests.

use serde_json::{Value, json};

use super::super::state::{Issue, Permission, Pull, State};
use super::super::wire::{Answer, Reply, page};
use super::super::{git, render};
use super::Ask;
use super::issues::{change, find, short, sort};

/// Answers what belongs to pull requests.
pub(super) fn route(state: &mut State, ask: &Ask, rest: &[&str]) -> Option<Reply> {
    Some(match (ask.request.method.as_str(), rest) {
        ("GET", ["pulls"]) => Ok(list(state, ask)),
        ("POST", ["pulls"]) => create(state, ask),
        ("GET", ["pulls", number]) => one(state, ask, number),
        ("PATCH", ["pulls", number]) => update(state, ask, number),
        ("GET", ["pulls", number, "merge"]) => is_merged(state, ask, number),
        ("PUT", ["pulls", number, "merge"]) => merge(state, ask, number),
        ("PUT", ["pulls", number, "update-branch"]) => update_branch(state, ask, number),
        ("GET", ["pulls", number, "files"]) => files(state, ask, number),
        ("GET", ["pulls", number, "commits"]) => commits(state, ask, number),
        ("GET", ["pulls", number, "reviews"]) => reviews(state, ask, number),
        _ => return None,
    })
}

/// Finds a pull request.
fn pull_of(state: &State, ask: &Ask, number: &str) -> Result<(u64, Pull), Answer> {
    let number = find(state, ask, number)?;
    let pull = state.issue(&ask.full_name, number).pull.clone();
    Ok((number, pull.ok_or_else(Answer::missing)?))
}

fn list(state: &mut State, ask: &Ask) -> Answer {
    let mut seen = Vec::new();
    let request = ask.request;
    let (head, base) = (request.param("head"), request.param("base"));
    for issue in state.repos[ask.at].issues.values_mut() {
        let Some(pull) = &issue.pull else { continue };
        let open = match request.param("state").as_deref() {
            Some("all") => true,
            Some("closed") => !issue.open,
            _ => issue.open,
        };
        let full = format!("{}:{}", pull.head_owner, pull.head);
        // Without the owner GitHub ignores the filter.
        let head = head.as_ref().is_none_or(|head| !head.contains(':') || *head == full);
        if !open || !head || base.as_ref().is_some_and(|base| *base != pull.base) {
            continue;
        }
        if issue.hidden_for > 0 {
            issue.hidden_for -= 1;
        } else {
            seen.push(issue.number);
        }
    }
    let repo = ask.repo(state);
    sort(request, repo, &mut seen);
    let all = seen.iter().map(|n| render::pull(state, repo, &repo.issues[n], None)).collect();
    page(request, &state.numbered(repo, "/pulls"), all)
}

fn one(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let (number, _) = pull_of(state, ask, number)?;
    let issue = state.issue_mut(&ask.full_name, number);
    if issue.hidden_for > 0 {
        issue.hidden_for -= 1;
        return Err(Answer::missing());
    }
    let mergeable = state.read_mergeable(&ask.full_name, number);
    Ok(Answer::json(200, whole(state, ask, number, mergeable)))
}

fn whole(state: &State, ask: &Ask, number: u64, mergeable: Option<bool>) -> Value {
    let repo = ask.repo(state);
    let issue: &Issue = &repo.issues[&number];
    render::pull(state, repo, issue, Some(mergeable))
}

fn create(state: &mut State, ask: &Ask) -> Reply {
    let [title, head, base] = ["title", "head", "base"].map(|name| ask.text(name));
    let (title, head, base) = (title?, head?, base?);
    for (name, value) in [("title", &title), ("head", &head), ("base", &base)] {
        if value.as_ref().is_none_or(String::is_empty) {
            return Err(Answer::invalid("PullRequest", "missing_field", name, None));
        }
    }
    let body = ask.text("body")?;
    short("PullRequest", body.as_deref())?;
    let (title, head) = (title.unwrap_or_default(), head.unwrap_or_default());
    let base = base.unwrap_or_default();
    if !head.contains(':') {
        ask.needs(Permission::Write)?;
    }
    let texts = (title.as_str(), body.as_deref().unwrap_or_default());
    let opened = state.open_pull(&ask.full_name, &ask.who, (&head, &base), texts);
    let number = opened.map_err(|why| match why.as_str() {
        "head" | "base" => Answer::invalid("PullRequest", "invalid", &why, None),
        _ => refused(&why),
    })?;
    if let Some(pull) = &mut state.issue_mut(&ask.full_name, number).pull {
        pull.draft = ask.request.json()?["draft"] == true;
    }
    Ok(Answer::json(201, whole(state, ask, number, None)))
}

fn refused(why: &str) -> Answer {
    Answer::json(
        422,
        json!({
            "message": "Validation Failed", "status": "422",
            "errors": [{ "resource": "PullRequest", "code": "custom", "message": why }],
            "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        }),
    )
}

fn update(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let (number, pull) = pull_of(state, ask, number)?;
    if state.issue(&ask.full_name, number).author != ask.who {
        ask.needs(Permission::Write)?;
    }
    let reopens = ask.text("state")?.as_deref() == Some("open");
    let gone = || {
        let source = pull.head_repo.and_then(|id| state.repo_of(id));
        source.is_none_or(|source| !source.branches.contains_key(&pull.head))
    };
    if reopens && (pull.merged.is_some() || gone()) {
        let why = "state cannot be changed. The branch is gone or the pull request was merged.";
        return Err(Answer::invalid("PullRequest", "invalid", "state", Some(why)));
    }
    if let Some(base) = ask.text("base")? {
        let sha = ask.repo(state).branches.get(&base).cloned();
        let invalid = || Answer::invalid("PullRequest", "invalid", "base", None);
        let sha = sha.ok_or_else(invalid)?;
        if let Some(pull) = &mut state.issue_mut(&ask.full_name, number).pull {
            (pull.base, pull.base_sha) = (base, sha);
        }
    }
    change(state, ask, number, "PullRequest")?;
    Ok(Answer::json(200, whole(state, ask, number, None)))
}

fn is_merged(state: &State, ask: &Ask, number: &str) -> Reply {
    let (_, pull) = pull_of(state, ask, number)?;
    if pull.merged.is_some() { Ok(Answer::empty(204)) } else { Err(Answer::missing()) }
}

fn merge(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let (number, _) = pull_of(state, ask, number)?;
    ask.needs(Permission::Write)?;
    let method = ask.text("merge_method")?.unwrap_or_else(|| "merge".to_owned());
    let sha = ask.text("sha")?;
    let message = match (ask.text("commit_title")?, ask.text("commit_message")?) {
        (None, None) => None,
        (title, text) => {
            let title = title.unwrap_or_else(|| {
                format!("{} (#{number})", state.issue(&ask.full_name, number).title)
            });
            Some(format!("{title}\n\n{}", text.unwrap_or_default()).trim_end().to_owned())
        }
    };
    let how = (method.as_str(), sha.as_deref());
    let merged = state.merge_pull(&ask.full_name, number, &ask.who, how, message.as_deref());
    let sha = merged.map_err(|(status, why)| Answer::error(status, &why))?;
    let text = "Pull Request successfully merged";
    Ok(Answer::json(200, json!({ "sha": sha, "merged": true, "message": text })))
}

fn update_branch(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let (number, pull) = pull_of(state, ask, number)?;
    ask.needs(Permission::Write)?;
    let expected = ask.text("expected_head_sha")?;
    if expected.is_some_and(|sha| sha != pull.head_sha) {
        return Err(Answer::error(422, "expected head sha didn’t match current head ref."));
    }
    let folder = state.path(&ask.full_name);
    let tree = git::merge_tree(&folder, &pull.head_sha, &pull.base_sha);
    let tree = tree.ok_or_else(|| Answer::error(422, "merge conflict between base and head"))?;
    let at = state.write();
    let message = format!("Merge branch '{}' into {}", pull.base, pull.head);
    let parents: [&str; 2] = [&pull.head_sha, &pull.base_sha];
    let made = git::commit_tree(&folder, (&pull.head, &parents), &tree, &message, (&ask.who, at));
    made.ok_or_else(|| Answer::error(422, "the head is in another repository"))?;
    state.look_at_branches();
    let url = format!("{}/repos/{}/pulls/{number}", state.url, ask.full_name);
    let body = json!({ "message": "Updating pull request branch.", "url": url });
    Ok(Answer::json(202, body))
}

fn files(state: &State, ask: &Ask, number: &str) -> Reply {
    let (number, pull) = pull_of(state, ask, number)?;
    let repo = ask.repo(state);
    let files = git::changed(&state.path_of(repo.id), &pull.base_sha, &pull.head_sha);
    let all = files.iter().map(|file| render::changed(state, repo, &pull.head_sha, file)).collect();
    Ok(page(ask.request, &state.numbered(repo, &format!("/pulls/{number}/files")), all))
}

fn commits(state: &State, ask: &Ask, number: &str) -> Reply {
    let (number, pull) = pull_of(state, ask, number)?;
    let repo = ask.repo(state);
    let folder = state.path_of(repo.id);
    let ids = git::between(&folder, &pull.base_sha, &pull.head_sha);
    let infos = ids.iter().filter_map(|sha| git::read_commit(&folder, sha));
    let all = infos.map(|info| render::commit(state, repo, &info)).collect();
    Ok(page(ask.request, &state.numbered(repo, &format!("/pulls/{number}/commits")), all))
}

fn reviews(state: &State, ask: &Ask, number: &str) -> Reply {
    let (number, pull) = pull_of(state, ask, number)?;
    let repo = ask.repo(state);
    let all = pull.reviews.iter().map(|review| render::review(state, repo, number, review));
    let base = state.numbered(repo, &format!("/pulls/{number}/reviews"));
    Ok(page(ask.request, &base, all.collect()))
}
