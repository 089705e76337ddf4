//! The REST routes: who may do what is decided here, and each group of routes has its file.

mod checks;
mod issues;
mod labels;
mod pulls;
mod repos;

use serde_json::{Value, json};

use super::render;
use super::state::{Permission, Repo, State};
use super::wire::{Answer, Reply, Request, decode};

/// What a route is given: the repository by its place in the state, and the request.
pub(crate) struct Ask<'a> {
    /// The request.
    pub(crate) request: &'a Request,
    /// The place of the repository.
    pub(crate) at: usize,
    /// The full name of the repository.
    pub(crate) full_name: String,
    /// The login of whoever asks; empty for nobody.
    pub(crate) who: String,
    /// What they may do here.
    pub(crate) may: Permission,
}

impl Ask<'_> {
    /// Returns the repository.
    pub(crate) fn repo<'s>(&self, state: &'s State) -> &'s Repo {
        &state.repos[self.at]
    }

    /// Refuses those who may not do enough.
    pub(crate) fn needs(&self, least: Permission) -> Result<(), Answer> {
        if self.may >= least {
            return Ok(());
        }
        let message = match least {
            Permission::Admin | Permission::Maintain => "Must have admin rights to Repository.",
            _ => "Resource not accessible by personal access token",
        };
        Err(Answer::error(403, message))
    }

    /// Returns a text of the body; null counts as none.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Answer> {
        Ok(self.request.json()?.get(name).and_then(Value::as_str).map(str::to_owned))
    }

    /// Returns a list of texts of the body.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Answer> {
        let body = self.request.json()?;
        let Some(list) = body.get(name).and_then(Value::as_array) else { return Ok(None) };
        let name_of = |value: &Value| {
            let name = value.as_str().or_else(|| value.get("name")?.as_str())?;
            Some(name.to_owned())
        };
        Ok(Some(list.iter().filter_map(name_of).collect()))
    }
}

/// Answers a REST request; nothing when there is no such route.
pub(crate) fn respond(state: &mut State, request: &Request) -> Option<Answer> {
    let path = request.path.trim_matches('/');
    let parts: Vec<String> = path.split('/').map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let reply = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => viewer(state, request),
        ("GET", ["rate_limit"]) => Ok(Answer::json(200, rate_limit(state))),
        ("GET", ["search", "issues"]) => issues::search(state, request),
        (_, ["repositories", id, rest @ ..]) => {
            let id: Option<u64> = id.parse().ok();
            let name = state.repos.iter().find(|repo| Some(repo.id) == id).map(Repo::full_name);
            return in_repo(state, request, &name.unwrap_or_default(), rest);
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let full_name = format!("{owner}/{name}");
            if let Some(answer) = renamed(state, request, &full_name, rest) {
                return Some(answer);
            }
            return in_repo(state, request, &full_name, rest);
        }
        _ => return None,
    };
    Some(reply.unwrap_or_else(|answer| answer))
}

fn in_repo(state: &mut State, request: &Request, full_name: &str, rest: &[&str]) -> Option<Answer> {
    let ask = match enter(state, request, full_name) {
        Ok(ask) => ask,
        Err(answer) => return Some(answer),
    };
    let reply = repos::route(state, &ask, rest)
        .or_else(|| issues::route(state, &ask, rest))
        .or_else(|| labels::route(state, &ask, rest))
        .or_else(|| pulls::route(state, &ask, rest))
        .or_else(|| checks::route(state, &ask, rest))?;
    Some(reply.unwrap_or_else(|answer| answer))
}

/// Lets somebody into a repository, or answers as if there were none.
fn enter<'a>(state: &mut State, request: &'a Request, full_name: &str) -> Result<Ask<'a>, Answer> {
    state.look_at_branches();
    let find = |repo: &Repo| repo.full_name().eq_ignore_ascii_case(full_name);
    let at = state.repos.iter().position(find).ok_or_else(Answer::missing)?;
    let repo = &state.repos[at];
    let who = request.who().unwrap_or_default().to_owned();
    let may = state.permission(repo, &who);
    if may == Permission::None || (repo.private && who.is_empty()) {
        return Err(Answer::missing());
    }
    if let Some(token) = &request.token {
        if token.sso_missing.as_ref() == Some(&repo.owner) {
            let text = "Resource protected by organization SAML enforcement. You must grant your \
                        Personal Access token access to this organization.";
            let url = format!("{}/orgs/{}/sso", state.url, repo.owner);
            let header = format!("required; url={url}");
            return Err(Answer::error(403, text).with("x-github-sso", header));
        }
        let scope = if repo.private { "repo" } else { "public_repo" };
        if !token.may(scope) && (repo.private || request.writes()) {
            let accepted = if repo.private { "repo" } else { "public_repo, repo" };
            return Err(Answer::missing().with("x-accepted-oauth-scopes", accepted));
        }
    }
    if request.writes() && who.is_empty() {
        return Err(Answer::error(401, "Requires authentication"));
    }
    if request.writes() && repo.archived {
        return Err(Answer::error(403, "Repository was archived so is read-only."));
    }
    Ok(Ask { request, at, full_name: repo.full_name(), who, may })
}

/// Leads from an old name of a repository to its number: reads permanently, writes with the same method.
fn renamed(state: &State, request: &Request, old: &str, rest: &[&str]) -> Option<Answer> {
    if state.repo(old).is_some() {
        return None;
    }
    let has = |repo: &&Repo| repo.old_names.iter().any(|name| name.eq_ignore_ascii_case(old));
    let repo = state.repos.iter().find(has)?;
    let tail: String = rest.iter().flat_map(|part| ["/", *part]).collect();
    let query = if request.query.is_empty() { "" } else { "?" };
    let to = format!("{}{query}{}", state.numbered(repo, &tail), request.query);
    Some(Answer::moved(if request.writes() { 307 } else { 301 }, &to))
}

fn viewer(state: &State, request: &Request) -> Reply {
    let who = request.who().ok_or_else(|| Answer::error(401, "Requires authentication"))?;
    Ok(Answer::json(200, render::viewer(state, who)))
}

/// Renders the budgets.
fn rate_limit(state: &State) -> Value {
    let one = |limit: u64, used: u64| {
        json!({
            "limit": limit, "used": used, "remaining": limit.saturating_sub(used),
            "reset": state.budget_reset.as_second(),
        })
    };
    let core = one(state.rest_limit, state.rest_used);
    json!({
        "resources": {
            "core": core, "graphql": one(state.graphql_limit, state.graphql_used),
            "search": one(30, 0),
        },
        "rate": core,
    })
}
