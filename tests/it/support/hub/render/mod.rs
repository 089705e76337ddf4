//! Objects as GitHub's REST description wants them: people, repositories, labels. Addresses point to the hub itself.

mod checks;
mod commits;
mod issues;
mod pulls;

use serde_json::{Map, Value, json};

use super::state::{Account, AccountKind, Label, Permission, Repo, State, node};

pub(crate) use checks::{
    annotation, app_id, check_run, combined_status, job, status, suite, workflow_run,
};
pub(crate) use commits::{branch, changed, commit, content, protection, reference};
pub(crate) use issues::{association, comment, issue, search_item, timeline};
pub(crate) use pulls::{mergeable_state, pull, pull_minimal, review};

/// Addresses of a repository's parts that follow from its own: the key without `_url`, and what is appended.
const PARTS: [(&str, &str); 34] = [
    ("archive", "/{archive_format}{/ref}"),
    ("assignees", "/assignees{/user}"),
    ("blobs", "/git/blobs{/sha}"),
    ("branches", "/branches{/branch}"),
    ("collaborators", "/collaborators{/collaborator}"),
    ("comments", "/comments{/number}"),
    ("commits", "/commits{/sha}"),
    ("compare", "/compare/{base}...{head}"),
    ("contents", "/contents/{+path}"),
    ("contributors", "/contributors"),
    ("deployments", "/deployments"),
    ("downloads", "/downloads"),
    ("events", "/events"),
    ("forks", "/forks"),
    ("git_commits", "/git/commits{/sha}"),
    ("git_refs", "/git/refs{/sha}"),
    ("git_tags", "/git/tags{/sha}"),
    ("hooks", "/hooks"),
    ("issue_comment", "/issues/comments{/number}"),
    ("issue_events", "/issues/events{/number}"),
    ("issues", "/issues{/number}"),
    ("keys", "/keys{/key_id}"),
    ("labels", "/labels{/name}"),
    ("languages", "/languages"),
    ("merges", "/merges"),
    ("milestones", "/milestones{/number}"),
    ("notifications", "/notifications{?since,all,participating}"),
    ("pulls", "/pulls{/number}"),
    ("releases", "/releases{/id}"),
    ("stargazers", "/stargazers"),
    ("statuses", "/statuses/{sha}"),
    ("subscribers", "/subscribers"),
    ("subscription", "/subscription"),
    ("tags", "/tags"),
];

impl State {
    /// Returns the address of a repository's API.
    pub(crate) fn api(&self, repo: &Repo) -> String {
        format!("{}/repos/{}", self.url, repo.full_name())
    }

    /// Returns the address of a repository's page for people.
    pub(crate) fn html(&self, repo: &Repo) -> String {
        format!("{}/{}", self.url, repo.full_name())
    }

    /// Returns the start of the links between pages: repositories go by their number there.
    pub(crate) fn numbered(&self, repo: &Repo, rest: &str) -> String {
        format!("{}/repositories/{}{rest}", self.url, repo.id)
    }
}

/// Adds the keys of one object to another.
pub(crate) fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Renders an account; an unknown one is null, as that of somebody who left.
pub(crate) fn user(state: &State, login: &str) -> Value {
    let Some(account) = state.account(login) else { return Value::Null };
    let url = format!("{}/users/{}", state.url, account.login);
    let mut user = json!({
        "login": account.login, "id": account.id, "node_id": node("U", account.id),
        "avatar_url": format!("{}/avatars/{}", state.url, account.id), "gravatar_id": "",
        "url": url, "html_url": format!("{}/{}", state.url, account.login),
        "type": kind(account), "user_view_type": "public", "site_admin": false,
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "events_url": format!("{url}/events{{/privacy}}"),
    });
    for part in ["followers", "subscriptions", "repos", "received_events"] {
        user[format!("{part}_url")] = format!("{url}/{part}").into();
    }
    user["organizations_url"] = format!("{url}/orgs").into();
    user
}

fn kind(account: &Account) -> &'static str {
    match account.kind {
        AccountKind::User => "User",
        AccountKind::Organisation => "Organization",
        AccountKind::Bot => "Bot",
    }
}

/// Renders the account that asks, as it sees itself.
pub(crate) fn viewer(state: &State, login: &str) -> Value {
    let mut user = user(state, login);
    extend(
        &mut user,
        json!({
            "name": login, "company": null, "blog": "", "location": null, "email": null,
            "hireable": null, "bio": null, "public_repos": 0, "public_gists": 0, "followers": 0,
            "following": 0, "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z", "private_gists": 0, "total_private_repos": 0,
            "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0,
            "two_factor_authentication": true,
        }),
    );
    user
}

/// Renders a repository as it is shown inside other objects.
pub(crate) fn minimal(state: &State, repo: &Repo) -> Value {
    let api = state.api(repo);
    let mut object = json!({
        "id": repo.id, "node_id": node("R", repo.id), "name": repo.name,
        "full_name": repo.full_name(), "owner": user(state, &repo.owner), "private": repo.private,
        "html_url": state.html(repo), "description": null, "fork": repo.fork_of.is_some(),
        "url": api,
    });
    for (part, rest) in PARTS {
        object[format!("{part}_url")] = format!("{api}{rest}").into();
    }
    object["teams_url"] = format!("{api}/teams").into();
    object["trees_url"] = format!("{api}/git/trees{{/sha}}").into();
    object
}

/// Renders a repository as it is shown in pull requests.
pub(crate) fn inner(state: &State, repo: &Repo) -> Value {
    let mut object = minimal(state, repo);
    let html = state.html(repo);
    let open = repo.issues.values().filter(|issue| issue.open).count();
    extend(
        &mut object,
        json!({
            "git_url": format!("git:{}.git", html.trim_start_matches("http:")),
            "ssh_url": format!("git@127.0.0.1:{}.git", repo.full_name()),
            "clone_url": format!("{html}.git"), "mirror_url": null, "svn_url": html,
            "homepage": null, "language": null, "forks_count": 0, "stargazers_count": 0,
            "watchers_count": 0, "size": 1, "default_branch": repo.default_branch,
            "open_issues_count": open, "has_issues": repo.has_issues, "has_projects": true,
            "has_wiki": false, "has_pages": false, "has_downloads": false,
            "has_discussions": false, "archived": repo.archived, "disabled": false,
            "visibility": if repo.private { "private" } else { "public" },
            "pushed_at": repo.created_at.to_string(), "created_at": repo.created_at.to_string(),
            "updated_at": repo.created_at.to_string(), "license": null, "forks": 0,
            "open_issues": open, "watchers": 0, "is_template": false, "topics": [],
            "allow_forking": true, "web_commit_signoff_required": false,
        }),
    );
    object
}

/// Renders a repository with what the viewer may do there.
pub(crate) fn full(state: &State, repo: &Repo, login: Option<&str>) -> Value {
    let mut object = inner(state, repo);
    let may = login.map_or(Permission::Read, |login| state.permission(repo, login));
    extend(
        &mut object,
        json!({
            "subscribers_count": 0, "network_count": 0, "temp_clone_token": null,
            "permissions": permissions(may), "allow_rebase_merge": true,
            "allow_squash_merge": true, "allow_auto_merge": false,
            "delete_branch_on_merge": repo.delete_branch_on_merge, "allow_merge_commit": true,
        }),
    );
    if let Some(parent) = repo.fork_of.and_then(|id| state.repo_of(id)) {
        object["parent"] = inner(state, parent);
        object["source"] = inner(state, parent);
    }
    if state.account(&repo.owner).is_some_and(|owner| owner.kind == AccountKind::Organisation) {
        object["organization"] = user(state, &repo.owner);
    }
    object
}

fn permissions(may: Permission) -> Value {
    json!({
        "admin": may >= Permission::Admin, "maintain": may >= Permission::Maintain,
        "push": may >= Permission::Write, "triage": may >= Permission::Triage,
        "pull": may >= Permission::Read,
    })
}

/// Renders what somebody may do in a repository.
pub(crate) fn collaborator(state: &State, repo: &Repo, login: &str) -> Value {
    let may = state.permission(repo, login);
    let (role, permission) = match may {
        Permission::None => ("none", "none"),
        Permission::Read => ("read", "read"),
        Permission::Triage => ("triage", "read"),
        Permission::Write => ("write", "write"),
        Permission::Maintain => ("maintain", "write"),
        Permission::Admin => ("admin", "admin"),
    };
    let mut person = user(state, login);
    person["permissions"] = permissions(may);
    person["role_name"] = role.into();
    json!({ "permission": permission, "role_name": role, "user": person })
}

/// Renders a label.
pub(crate) fn label(state: &State, repo: &Repo, label: &Label) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), label.id.into());
    object.insert("node_id".into(), node("LA", label.id).into());
    let name = label.name.replace('%', "%25").replace(' ', "%20");
    object.insert("url".into(), format!("{}/labels/{name}", state.api(repo)).into());
    object.insert("name".into(), label.name.clone().into());
    object.insert("color".into(), label.color.clone().into());
    object.insert("default".into(), ["bug", "enhancement"].contains(&&*label.name).into());
    object.insert("description".into(), label.description.clone().into());
    Value::Object(object)
}

/// Renders the labels of an issue.
pub(crate) fn labels(state: &State, repo: &Repo, names: &[String]) -> Vec<Value> {
    let found = names.iter().filter_map(|name| repo.labels.iter().find(|l| l.name == *name));
    found.map(|found| label(state, repo, found)).collect()
}
