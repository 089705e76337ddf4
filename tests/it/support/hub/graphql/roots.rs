//! Where a query begins.

use super::super::state::{AccountKind, Permission, State, node};
use super::things::{Answer, Ask, Failure, Out, Thing, World, sees};

/// Answers a field of the root of queries.
pub(super) fn query(world: &World, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let login = ask.text("login");
    let out = match ask.name {
        "viewer" => Out::One(Thing::Account(world.viewer().to_owned())),
        "user" => Out::One(account(&state, login, false, "User")?),
        "organization" => Out::One(account(&state, login, true, "Organization")?),
        "repositoryOwner" => {
            Out::maybe(state.account(login).map(|a| Thing::Account(a.login.clone())))
        }
        "repository" => Out::One(repository(world, &state, ask.text("owner"), ask.text("name"))?),
        "node" => {
            let id = ask.text("id");
            Out::One(find(&state, id, world.viewer()).ok_or_else(|| Failure::no_node(id))?)
        }
        "rateLimit" => Out::One(rate_limit(&state)),
        _ => return Ok(None),
    };
    Ok(Some(out))
}

fn account(state: &State, login: &str, group: bool, word: &str) -> Result<Thing, Failure> {
    let found = state.account(login);
    let right = found.filter(|account| (account.kind == AccountKind::Organisation) == group);
    right.map(|account| Thing::Account(account.login.clone())).ok_or_else(|| {
        let article = if group { "an" } else { "a" };
        Failure::not_found(format!(
            "Could not resolve to {article} {word} with the login of '{login}'."
        ))
    })
}

/// Finds a repository by its name or one that it had before; one that may not be seen is not there.
pub(super) fn repository(
    world: &World,
    state: &State,
    owner: &str,
    name: &str,
) -> Result<Thing, Failure> {
    let full = format!("{owner}/{name}");
    let had = |old: &String| old.eq_ignore_ascii_case(&full);
    let found =
        state.repo(&full).or_else(|| state.repos.iter().find(|r| r.old_names.iter().any(had)));
    found
        .filter(|repo| sees(state, repo, world.viewer()))
        .map(|repo| Thing::Repo(repo.id))
        .ok_or_else(|| {
            Failure::not_found(format!("Could not resolve to a Repository with the name '{full}'."))
        })
}

fn rate_limit(state: &State) -> Thing {
    let left = state.graphql_limit.saturating_sub(state.graphql_used);
    Thing::Made(
        "RateLimit",
        vec![
            ("cost", Out::leaf(1)),
            ("limit", Out::leaf(state.graphql_limit)),
            ("nodeCount", Out::leaf(0)),
            ("remaining", Out::leaf(left)),
            ("resetAt", Out::leaf(state.budget_reset.to_string())),
            ("used", Out::leaf(state.graphql_used)),
        ],
    )
}

/// Finds what has a node id, if the viewer may see it.
pub(super) fn find(state: &State, id: &str, viewer: &str) -> Option<Thing> {
    let accounts = state.accounts.values();
    let account =
        accounts.filter(|a| node("U", a.id) == id).map(|a| Thing::Account(a.login.clone()));
    let mut found =
        account.chain(in_repositories(state, id, viewer)).chain(in_boards(state, id, viewer));
    found.next()
}

fn in_repositories(state: &State, id: &str, viewer: &str) -> Option<Thing> {
    state.repos.iter().filter(|repo| sees(state, repo, viewer)).find_map(|repo| {
        if node("R", repo.id) == id {
            return Some(Thing::Repo(repo.id));
        }
        let label = repo.labels.iter().find(|label| node("LA", label.id) == id);
        if let Some(label) = label {
            return Some(Thing::Label(repo.id, label.name.clone()));
        }
        repo.issues.values().find_map(|issue| {
            let prefix = if issue.pull.is_some() { "PR" } else { "I" };
            if node(prefix, issue.id) == id {
                return Some(Thing::Issue(repo.id, issue.number));
            }
            let comment = issue.comments.iter().find(|comment| node("IC", comment.id) == id)?;
            Some(Thing::Comment(repo.id, issue.number, comment.id))
        })
    })
}

fn in_boards(state: &State, id: &str, viewer: &str) -> Option<Thing> {
    let mut boards = state.boards.iter().filter(|board| sees_boards(state, &board.owner, viewer));
    boards.find_map(|board| {
        if board.node == id {
            return Some(Thing::Board(board.id));
        }
        if board.fields.iter().any(|field| field.node == id) {
            return Some(Thing::Field(board.id, id.to_owned()));
        }
        let item = board.items.iter().find(|item| item.node == id)?;
        Some(Thing::Item(board.id, item.id))
    })
}

/// Returns whether somebody sees the boards of an owner: who owns them, is a member, or may write to one of the owner's repositories.
pub(super) fn sees_boards(state: &State, owner: &str, viewer: &str) -> bool {
    let belongs = owner.eq_ignore_ascii_case(viewer)
        || state.account(owner).is_some_and(|a| a.members.iter().any(|member| member == viewer));
    let writes = |permission| permission >= Permission::Write;
    belongs
        || state
            .repos
            .iter()
            .filter(|repo| repo.owner.eq_ignore_ascii_case(owner))
            .any(|repo| writes(state.permission(repo, viewer)))
}
