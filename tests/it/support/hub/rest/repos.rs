//! The repository itself: collaborators, branches, references, files, rules.

use serde_json::{Value, json};

use super::super::state::{Permission, State};
use super::super::wire::{Answer, Reply, page};
use super::super::{git, render};
use super::Ask;

/// Answers what belongs to the repository itself.
pub(super) fn route(state: &mut State, ask: &Ask, rest: &[&str]) -> Option<Reply> {
    Some(match (ask.request.method.as_str(), rest) {
        ("GET", []) => {
            let who = Some(ask.who.as_str()).filter(|who| !who.is_empty());
            Ok(Answer::json(200, render::full(state, ask.repo(state), who)))
        }
        ("GET", ["collaborators", login, "permission"]) => collaborator(state, ask, login),
        ("GET", ["branches", branch @ .., "protection"]) if !branch.is_empty() => {
            protection(state, ask, &branch.join("/"))
        }
        ("GET", ["branches", branch @ ..]) if !branch.is_empty() => {
            self::branch(state, ask, &branch.join("/"))
        }
        ("GET", ["rules", "branches", branch @ ..]) => Ok(rules(state, ask, &branch.join("/"))),
        ("GET", ["git", "ref", "heads", branch @ ..]) => reference(state, ask, &branch.join("/")),
        ("DELETE", ["git", "refs", "heads", branch @ ..]) => delete(state, ask, &branch.join("/")),
        ("PATCH", ["git", "refs", "heads", branch @ ..]) => update(state, ask, &branch.join("/")),
        ("POST", ["git", "refs"]) => create(state, ask),
        ("GET", ["contents", path @ ..]) => contents(state, ask, &path.join("/")),
        ("GET", ["commits", sha]) => commit(state, ask, sha),
        _ => return None,
    })
}

fn collaborator(state: &State, ask: &Ask, login: &str) -> Reply {
    ask.needs(Permission::Write)?;
    let account = state
        .account(login)
        .ok_or_else(|| Answer::error(404, &format!("{login} is not a user")))?;
    Ok(Answer::json(200, render::collaborator(state, ask.repo(state), &account.login)))
}

fn branch(state: &State, ask: &Ask, name: &str) -> Reply {
    let repo = ask.repo(state);
    let sha = repo.branches.get(name).ok_or_else(|| Answer::error(404, "Branch not found"))?;
    let info = git::read_commit(&state.path_of(repo.id), sha).ok_or_else(Answer::missing)?;
    Ok(Answer::json(200, render::branch(state, repo, name, &info)))
}

fn protection(state: &State, ask: &Ask, name: &str) -> Reply {
    ask.needs(Permission::Admin).map_err(|_| Answer::missing())?;
    let repo = ask.repo(state);
    if !repo.branches.contains_key(name) {
        return Err(Answer::error(404, "Branch not found"));
    }
    let rule = repo.protection.get(name);
    let rule = rule.ok_or_else(|| Answer::error(404, "Branch not protected"))?;
    Ok(Answer::json(200, render::protection(state, repo, name, rule)))
}

fn rules(state: &State, ask: &Ask, name: &str) -> Answer {
    let repo = ask.repo(state);
    let checks = repo.rules.get(name).cloned().unwrap_or_default();
    let checks: Vec<Value> = checks.iter().map(|name| json!({ "context": name })).collect();
    let rule = json!({
        "type": "required_status_checks", "ruleset_source_type": "Repository",
        "ruleset_source": repo.full_name(), "ruleset_id": repo.id,
        "parameters": {
            "required_status_checks": checks, "strict_required_status_checks_policy": false,
        },
    });
    let mut all = if checks.is_empty() { Vec::new() } else { vec![rule] };
    for (kind, parameters) in repo.other_rules.get(name).into_iter().flatten() {
        let mut rule = json!({
            "type": kind, "ruleset_source_type": "Repository",
            "ruleset_source": repo.full_name(), "ruleset_id": repo.id,
        });
        if !parameters.is_null() {
            rule["parameters"] = parameters.clone();
        }
        all.push(rule);
    }
    page(ask.request, &state.numbered(repo, &format!("/rules/branches/{name}")), all)
}

fn reference(state: &State, ask: &Ask, name: &str) -> Reply {
    let repo = ask.repo(state);
    let sha = repo.branches.get(name).ok_or_else(Answer::missing)?;
    Ok(Answer::json(200, render::reference(state, repo, name, sha)))
}

fn delete(state: &mut State, ask: &Ask, name: &str) -> Reply {
    ask.needs(Permission::Write)?;
    let repo = ask.repo(state);
    if repo.protection.contains_key(name) || repo.default_branch == name {
        return Err(Answer::error(422, "Cannot delete a protected branch"));
    }
    if !git::set_branch(&state.path_of(repo.id), name, None) {
        return Err(Answer::error(422, "Reference does not exist"));
    }
    state.write();
    state.look_at_branches();
    Ok(Answer::empty(204))
}

fn update(state: &mut State, ask: &Ask, name: &str) -> Reply {
    ask.needs(Permission::Write)?;
    let repo = ask.repo(state);
    let old = repo.branches.get(name);
    let old = old.ok_or_else(|| Answer::error(422, "Reference does not exist"))?;
    let folder = state.path_of(repo.id);
    let sha = ask.text("sha")?.unwrap_or_default();
    let force = ask.request.json()?["force"] == true;
    if !force && !git::contains(&folder, &sha, old) {
        return Err(Answer::error(422, "Update is not a fast forward"));
    }
    if !state.missing_checks(&ask.full_name, name, &sha).is_empty() {
        return Err(Answer::error(422, "Required status check is expected."));
    }
    point(state, ask, name, &sha, 200)
}

fn create(state: &mut State, ask: &Ask) -> Reply {
    ask.needs(Permission::Write)?;
    let name = ask.text("ref")?.unwrap_or_default();
    let sha = ask.text("sha")?.unwrap_or_default();
    let name = name.strip_prefix("refs/heads/").unwrap_or_default().to_owned();
    if name.is_empty() || ask.repo(state).branches.contains_key(&name) {
        return Err(Answer::error(422, "Reference already exists"));
    }
    point(state, ask, &name, &sha, 201)
}

fn point(state: &mut State, ask: &Ask, name: &str, sha: &str, status: u16) -> Reply {
    if !git::set_branch(&state.path(&ask.full_name), name, Some(sha)) {
        return Err(Answer::error(422, "Object does not exist"));
    }
    state.write();
    state.look_at_branches();
    Ok(Answer::json(status, render::reference(state, ask.repo(state), name, sha)))
}

fn contents(state: &State, ask: &Ask, path: &str) -> Reply {
    let repo = ask.repo(state);
    let name = ask.request.param("ref").unwrap_or_else(|| repo.default_branch.clone());
    let found = git::file(&state.path_of(repo.id), &name, path).ok_or_else(Answer::missing)?;
    let (blob, bytes) = found;
    Ok(Answer::json(200, render::content(state, repo, path, (&blob, &bytes))))
}

fn commit(state: &State, ask: &Ask, sha: &str) -> Reply {
    let repo = ask.repo(state);
    let missing = || Answer::error(422, &format!("No commit found for SHA: {sha}"));
    let info = git::read_commit(&state.path_of(repo.id), sha).ok_or_else(missing)?;
    Ok(Answer::json(200, render::commit(state, repo, &info)))
}
