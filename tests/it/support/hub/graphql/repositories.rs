//! Repositories, their labels and branches.

use super::super::state::{AccountKind, Gone, Issue, Permission, Repo, State, node};
use super::accounts::users;
use super::connections::{Entry, empty, page};
use super::things::{Answer, Ask, Failure, Out, Thing, World};

/// Answers a field of a repository.
pub(super) fn repository(world: &World, id: u64, ask: &Ask) -> Answer {
    if let Some(out) = content(world, id, ask)? {
        return Ok(Some(out));
    }
    let state = world.state.borrow();
    let Some(repo) = state.repo_of(id) else { return Ok(None) };
    let full = repo.full_name();
    let owner = state.account(&repo.owner).map(|account| account.kind);
    Ok(Some(match ask.name {
        "id" => Out::leaf(node("R", repo.id)),
        "databaseId" => Out::leaf(repo.id),
        "name" => Out::leaf(repo.name.as_str()),
        "nameWithOwner" => Out::leaf(full),
        "owner" => Out::One(Thing::Account(repo.owner.clone())),
        "url" => Out::leaf(format!("{}/{full}", state.url)),
        "resourcePath" => Out::leaf(format!("/{full}")),
        "createdAt" => Out::leaf(repo.created_at.to_string()),
        "description" => Out::null(),
        "visibility" => Out::leaf(if repo.private { "PRIVATE" } else { "PUBLIC" }),
        "isPrivate" => Out::leaf(repo.private),
        "isArchived" => Out::leaf(repo.archived),
        "isFork" => Out::leaf(repo.fork_of.is_some()),
        "parent" => {
            Out::maybe(repo.fork_of.and_then(|id| state.repo_of(id)).map(|r| Thing::Repo(r.id)))
        }
        "isInOrganization" => Out::leaf(owner == Some(AccountKind::Organisation)),
        "isEmpty" => Out::leaf(repo.branches.is_empty()),
        "hasIssuesEnabled" => Out::leaf(repo.has_issues),
        "hasProjectsEnabled" | "squashMergeAllowed" | "mergeCommitAllowed"
        | "rebaseMergeAllowed" => Out::leaf(true),
        "hasWikiEnabled"
        | "isDisabled"
        | "isLocked"
        | "isMirror"
        | "isTemplate"
        | "autoMergeAllowed"
        | "hasDiscussionsEnabled" => Out::leaf(false),
        "deleteBranchOnMerge" => Out::leaf(repo.delete_branch_on_merge),
        "viewerPermission" => Out::leaf(permission(&state, repo, world.viewer())),
        "viewerCanAdminister" => {
            Out::leaf(state.permission(repo, world.viewer()) >= Permission::Admin)
        }
        "defaultBranchRef" => branch_named(repo, &repo.default_branch),
        "object" => {
            let oid = ask.text("oid");
            let there = super::super::git::read_commit(&state.path_of(id), oid).is_some();
            Out::maybe(there.then(|| Thing::Commit(id, oid.to_owned())))
        }
        "ref" => {
            let name = ask.text("qualifiedName");
            branch_named(repo, name.strip_prefix("refs/heads/").unwrap_or(name))
        }
        _ => return Ok(None),
    }))
}

/// Answers what is in a repository.
fn content(world: &World, id: u64, ask: &Ask) -> Answer {
    let number = ask.number("number");
    Ok(Some(match ask.name {
        "issue" => one(world, id, number, Some(false), "an Issue")?,
        "pullRequest" => one(world, id, number, Some(true), "a PullRequest")?,
        "issueOrPullRequest" => one(world, id, number, None, "an issue or pull request")?,
        "issues" => page("IssueConnection", ask, listed(world, id, ask, false))?,
        "pullRequests" => page("PullRequestConnection", ask, listed(world, id, ask, true))?,
        "labels" => labels(world, id, ask)?,
        "label" => {
            let state = world.state.borrow();
            let wanted = ask.text("name");
            let labels = state.repo_of(id).into_iter().flat_map(|repo| &repo.labels);
            let mut found = labels.filter(|label| label.name.eq_ignore_ascii_case(wanted));
            Out::maybe(found.next().map(|label| Thing::Label(id, label.name.clone())))
        }
        "assignableUsers" => {
            let state = world.state.borrow();
            let repo = state.repo_of(id).into_iter();
            let people = state.accounts.values().filter(|a| a.kind == AccountKind::User);
            let repo: Vec<&Repo> = repo.collect();
            let may = |login: &str| {
                repo.iter().any(|repo| state.permission(repo, login) >= Permission::Triage)
            };
            let logins: Vec<String> =
                people.map(|account| account.login.clone()).filter(|login| may(login)).collect();
            users(&state, ask, &logins)?
        }
        "milestones" => empty("MilestoneConnection", ask)?,
        "projects" => empty("ProjectConnection", ask)?,
        "projectsV2" => empty("ProjectV2Connection", ask)?,
        "issueTemplates" | "pullRequestTemplates" => Out::Many(Vec::new()),
        _ => return Ok(None),
    }))
}

/// Reads one issue or pull request; a new one may not be seen for some reads.
fn one(
    world: &World,
    id: u64,
    number: u64,
    pull: Option<bool>,
    what: &str,
) -> Result<Out, Failure> {
    let mut state = world.state.borrow_mut();
    let repo = state.repos.iter_mut().find(|repo| repo.id == id);
    let issue = repo.and_then(|repo| repo.issues.get_mut(&number));
    let found = issue.filter(|issue| {
        issue.gone == Gone::No && pull.is_none_or(|wanted| issue.pull.is_some() == wanted)
    });
    if found.is_some_and(|issue| seen(&mut issue.hidden_for)) {
        return Ok(Out::One(Thing::Issue(id, number)));
    }
    Err(Failure::not_found(format!("Could not resolve to {what} with the number of {number}.")))
}

/// Counts a read of something that is not visible at once.
pub(super) fn seen(hidden_for: &mut u32) -> bool {
    let visible = *hidden_for == 0;
    *hidden_for = hidden_for.saturating_sub(1);
    visible
}

/// The issues or pull requests that a list asks for.
fn listed(world: &World, id: u64, ask: &Ask, pulls: bool) -> Vec<Entry> {
    let mut state = world.state.borrow_mut();
    let Some(repo) = state.repos.iter_mut().find(|repo| repo.id == id) else { return Vec::new() };
    let wanted = |issue: &Issue| {
        let kind = issue.gone == Gone::No && issue.pull.is_some() == pulls;
        kind && filtered(issue, ask)
    };
    let mut found: Vec<&Issue> = Vec::new();
    for issue in repo.issues.values_mut() {
        if wanted(issue) && seen(&mut issue.hidden_for) {
            found.push(issue);
        }
    }
    order(&mut found, ask);
    let entry = |issue: &&Issue| Entry {
        id: node(if pulls { "PR" } else { "I" }, issue.id),
        thing: Thing::Issue(id, issue.number),
    };
    found.iter().map(entry).collect()
}

fn filtered(issue: &Issue, ask: &Ask) -> bool {
    let state = super::issues::state_word(issue);
    let filter = ask.argument("filterBy");
    let given = |name: &str| filter[name].as_array();
    let labels = ask.words("labels").or_else(|| {
        given("labels").map(|list| list.iter().filter_map(serde_json::Value::as_str).collect())
    });
    let states = ask.words("states").or_else(|| {
        given("states").map(|list| list.iter().filter_map(serde_json::Value::as_str).collect())
    });
    let has = |wanted: &str| issue.labels.iter().any(|label| label.eq_ignore_ascii_case(wanted));
    let by = filter["createdBy"].as_str();
    let assignee = filter["assignee"].as_str();
    let pull = issue.pull.as_ref();
    let branch = |name: &str, is: fn(&super::super::state::Pull) -> &str| {
        ask.argument(name).as_str().is_none_or(|wanted| pull.is_some_and(|pull| is(pull) == wanted))
    };
    states.is_none_or(|states| states.contains(&state))
        && labels.is_none_or(|labels| labels.is_empty() || labels.iter().any(|label| has(label)))
        && by.is_none_or(|by| issue.author == by)
        && assignee.is_none_or(|who| who == "*" || issue.assignees.iter().any(|login| login == who))
        && branch("headRefName", |pull| &pull.head)
        && branch("baseRefName", |pull| &pull.base)
}

fn order(found: &mut [&Issue], ask: &Ask) {
    let order = ask.argument("orderBy");
    match order["field"].as_str() {
        Some("UPDATED_AT") => found.sort_by_key(|issue| (issue.updated_at, issue.number)),
        Some("COMMENTS") => found.sort_by_key(|issue| (issue.comments.len(), issue.number)),
        _ => found.sort_by_key(|issue| issue.number),
    }
    if order["direction"] == "DESC" {
        found.reverse();
    }
}

fn labels(world: &World, id: u64, ask: &Ask) -> Result<Out, Failure> {
    let state = world.state.borrow();
    let wanted = ask.text("query").to_lowercase();
    let labels = state.repo_of(id).into_iter().flat_map(|repo| &repo.labels);
    let entries = labels.filter(|label| label.name.to_lowercase().contains(&wanted)).map(|label| {
        Entry { id: node("LA", label.id), thing: Thing::Label(id, label.name.clone()) }
    });
    page("LabelConnection", ask, entries.collect())
}

fn permission(state: &State, repo: &Repo, login: &str) -> serde_json::Value {
    match state.permission(repo, login) {
        Permission::None => serde_json::Value::Null,
        Permission::Read => "READ".into(),
        Permission::Triage => "TRIAGE".into(),
        Permission::Write => "WRITE".into(),
        Permission::Maintain => "MAINTAIN".into(),
        Permission::Admin => "ADMIN".into(),
    }
}

fn branch_named(repo: &Repo, name: &str) -> Out {
    let there = repo.branches.contains_key(name);
    Out::maybe(there.then(|| Thing::Branch(repo.id, name.to_owned())))
}

/// Answers a field of a branch.
pub(super) fn branch(world: &World, repo: u64, name: &str, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let sha = state.repo_of(repo).and_then(|repo| repo.branches.get(name).cloned());
    Ok(Some(match ask.name {
        "id" => Out::leaf(format!("REF_kwDO{repo:08}_{name}")),
        "name" => Out::leaf(name),
        "prefix" => Out::leaf("refs/heads/"),
        "repository" => Out::One(Thing::Repo(repo)),
        "target" => Out::maybe(sha.map(|sha| Thing::Commit(repo, sha))),
        _ => return Ok(None),
    }))
}

/// Answers a field of a label. Events keep the names of labels that were deleted since; those have no colour left.
pub(super) fn label(world: &World, repo: u64, name: &str, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let found = state
        .repo_of(repo)
        .and_then(|repo| repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)));
    let defaults = ["bug", "documentation", "duplicate", "enhancement", "good first issue"];
    Ok(Some(match ask.name {
        "name" => Out::leaf(name),
        "id" => Out::leaf(node("LA", found.map_or(0, |label| label.id))),
        "color" => Out::leaf(found.map_or("ededed", |label| label.color.as_str())),
        "description" => Out::leaf(found.and_then(|label| label.description.clone())),
        "isDefault" => Out::leaf(defaults.contains(&name)),
        "repository" => Out::One(Thing::Repo(repo)),
        _ => return Ok(None),
    }))
}
