//! People, organisations and programs.

use super::super::state::{AccountKind, State, node};
use super::connections::{Entry, page};
use super::roots;
use super::things::{Answer, Ask, Failure, Out, Thing, World};

/// Answers a field of an account.
pub(super) fn account(world: &World, login: &str, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(account) = state.account(login) else { return Ok(Some(Out::null())) };
    let name = account.login.trim_end_matches("[bot]");
    let out = match ask.name {
        "name" if account.kind == AccountKind::User => Out::null(),
        "login" | "name" => Out::leaf(name),
        "id" => Out::leaf(node("U", account.id)),
        "databaseId" => Out::leaf(account.id),
        "url" => Out::leaf(format!("{}/{name}", state.url)),
        "resourcePath" => Out::leaf(format!("/{name}")),
        "avatarUrl" => Out::leaf(format!("{}/avatars/{}", state.url, account.id)),
        "isViewer" => Out::leaf(account.login == world.viewer()),
        "projectV2" => Out::One(board(world, &state, &account.login, ask.number("number"))?),
        "projectsV2" => page("ProjectV2Connection", ask, boards(world, &state, &account.login)?)?,
        "repository" => {
            Out::One(roots::repository(world, &state, &account.login, ask.text("name"))?)
        }
        _ => return Ok(None),
    };
    Ok(Some(out))
}

/// Finds somebody by login, as who did or wrote something; nobody when the account is gone.
pub(super) fn actor(state: &State, login: Option<&str>) -> Out {
    let found = login.and_then(|login| state.account(login));
    Out::maybe(found.map(|account| Thing::Account(account.login.clone())))
}

/// Makes a connection of accounts by login.
pub(super) fn users(state: &State, ask: &Ask, logins: &[String]) -> Result<Out, Failure> {
    let found = logins.iter().filter_map(|login| state.account(login));
    let entries = found.map(|account| Entry {
        id: node("U", account.id),
        thing: Thing::Account(account.login.clone()),
    });
    page("UserConnection", ask, entries.collect())
}

fn board(world: &World, state: &State, owner: &str, number: u64) -> Result<Thing, Failure> {
    needs_scope(world, "projectV2", "read:project")?;
    let found = state.boards.iter().find(|board| board.owner == owner && board.number == number);
    let seen = found.filter(|board| roots::sees_boards(state, &board.owner, world.viewer()));
    seen.map(|board| Thing::Board(board.id)).ok_or_else(|| {
        Failure::not_found(format!("Could not resolve to a ProjectV2 with the number {number}."))
    })
}

fn boards(world: &World, state: &State, owner: &str) -> Result<Vec<Entry>, Failure> {
    needs_scope(world, "projectsV2", "read:project")?;
    let seen = roots::sees_boards(state, owner, world.viewer());
    let all = state.boards.iter().filter(|board| seen && board.owner == owner);
    Ok(all.map(|board| Entry { id: board.node.clone(), thing: Thing::Board(board.id) }).collect())
}

/// Refuses a field to a classic token without a scope, in GitHub's words.
pub(super) fn needs_scope(world: &World, field: &str, scope: &str) -> Result<(), Failure> {
    if world.token.may(scope) {
        return Ok(());
    }
    let granted = world.token.scopes.as_deref().unwrap_or_default();
    let quoted: Vec<String> = granted.iter().map(|scope| format!("'{scope}'")).collect();
    Err(Failure::new(
        "INSUFFICIENT_SCOPES",
        format!(
            "Your token has not been granted the required scopes to execute this query. The '{field}' field requires one of the \
             following scopes: ['{scope}'], but your token has only been granted the: [{}] scopes. Please modify your token's scopes \
             at: https://github.com/settings/tokens.",
            quoted.join(", ")
        ),
    ))
}
