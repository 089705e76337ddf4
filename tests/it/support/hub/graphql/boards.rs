//! Project boards, their fields and items.

use jiff::Timestamp;
use serde_json::Value;

use super::super::board::{Board, Content, Field, Item};
use super::super::state::{Event, EventKind, State, node};
use super::accounts::actor;
use super::connections::{Entry, page};
use super::roots::sees_boards;
use super::things::{Answer, Ask, Failure, Out, Thing, World, issue_of, shows};

/// Fields that every board has, without options: name and kind of data.
const PLAIN: [(&str, &str); 3] =
    [("Title", "TITLE"), ("Assignees", "ASSIGNEES"), ("Labels", "LABELS")];

/// Finds a board.
pub(super) fn board_of(state: &State, id: u64) -> Option<&Board> {
    state.boards.iter().find(|board| board.id == id)
}

fn item_of(state: &State, board: u64, id: u64) -> Option<(&Board, &Item)> {
    let board = board_of(state, board)?;
    Some((board, board.items.iter().find(|item| item.id == id)?))
}

/// Answers a field of a board.
pub(super) fn board(world: &World, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(board) = board_of(&state, id) else { return Ok(None) };
    let organisation =
        state.account(&board.owner).is_some_and(|account| !account.members.is_empty());
    let place = if organisation { "orgs" } else { "users" };
    let path = format!("/{place}/{}/projects/{}", board.owner, board.number);
    let changed = board.items.iter().map(|item| item.updated_at).max().unwrap_or(board.created_at);
    Ok(Some(match ask.name {
        "id" => Out::leaf(board.node.as_str()),
        "databaseId" => Out::leaf(board.id),
        "fullDatabaseId" => Out::leaf(board.id.to_string()),
        "number" => Out::leaf(board.number),
        "title" => Out::leaf(board.title.as_str()),
        "closed" => Out::leaf(board.closed),
        "createdAt" => Out::leaf(board.created_at.to_string()),
        "updatedAt" => Out::leaf(changed.to_string()),
        "url" => Out::leaf(format!("{}{path}", state.url)),
        "resourcePath" => Out::leaf(path),
        "public" | "template" => Out::leaf(false),
        "readme" | "shortDescription" => Out::null(),
        "owner" => Out::One(Thing::Account(board.owner.clone())),
        "viewerCanUpdate" => Out::leaf(sees_boards(&state, &board.owner, world.viewer())),
        "field" => Out::maybe(field_named(board, ask.text("name"))),
        "fields" => page("ProjectV2FieldConfigurationConnection", ask, fields(board))?,
        "items" => page("ProjectV2ItemConnection", ask, items(board))?,
        _ => return Ok(None),
    }))
}

fn items(board: &Board) -> Vec<Entry> {
    let entry =
        |item: &Item| Entry { id: item.node.clone(), thing: Thing::Item(board.id, item.id) };
    board.items.iter().map(entry).collect()
}

/// The node id of a field without options.
fn plain_node(board: &Board, name: &str) -> String {
    format!("PVTF_{}_{name}", board.node)
}

fn fields(board: &Board) -> Vec<Entry> {
    let plain = PLAIN.iter().map(|(name, _)| plain_node(board, name));
    let choices = board.fields.iter().map(|field| field.node.clone());
    plain
        .chain(choices)
        .map(|node| Entry { id: node.clone(), thing: Thing::Field(board.id, node) })
        .collect()
}

fn field_named(board: &Board, name: &str) -> Option<Thing> {
    let plain = PLAIN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let node = plain.map(|(known, _)| plain_node(board, known)).or_else(|| {
        let field = board.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        field.map(|field| field.node.clone())
    });
    node.map(|node| Thing::Field(board.id, node))
}

fn choice<'s>(state: &'s State, board: u64, node: &str) -> Option<&'s Field> {
    board_of(state, board)?.fields.iter().find(|field| field.node == node)
}

/// Returns the type of a field.
pub(super) fn field_kind(state: &State, board: u64, node: &str) -> &'static str {
    choice(state, board, node).map_or("ProjectV2Field", |_| "ProjectV2SingleSelectField")
}

/// Answers a field of a board's field.
pub(super) fn field(world: &World, board: u64, node: &str, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(owner) = board_of(&state, board) else { return Ok(None) };
    let plain = PLAIN.iter().find(|(name, _)| plain_node(owner, name) == node);
    let choice = choice(&state, board, node);
    Ok(Some(match (ask.name, plain, choice) {
        ("id", _, _) => Out::leaf(node),
        ("project", _, _) => Out::One(Thing::Board(board)),
        ("createdAt" | "updatedAt", _, _) => Out::leaf(owner.created_at.to_string()),
        ("name", Some((name, _)), _) => Out::leaf(*name),
        ("dataType", Some((_, kind)), _) => Out::leaf(*kind),
        ("name", _, Some(field)) => Out::leaf(field.name.as_str()),
        ("dataType", _, Some(_)) => Out::leaf("SINGLE_SELECT"),
        ("options", _, Some(field)) => Out::Many(options(field, ask)),
        _ => return Ok(None),
    }))
}

fn options(field: &Field, ask: &Ask) -> Vec<Thing> {
    let names = ask.words("names");
    let wanted = |name: &str| names.as_ref().is_none_or(|names| names.contains(&name));
    let made = |(id, name): &(String, String)| {
        Thing::Made(
            "ProjectV2SingleSelectFieldOption",
            vec![
                ("id", Out::leaf(id.as_str())),
                ("name", Out::leaf(name.as_str())),
                ("nameHTML", Out::leaf(name.as_str())),
                ("description", Out::leaf("")),
                ("descriptionHTML", Out::leaf("")),
                ("color", Out::leaf("GRAY")),
            ],
        )
    };
    field.options.iter().filter(|(_, name)| wanted(name)).map(made).collect()
}

/// Answers a field of an item.
pub(super) fn item(world: &World, board: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some((owner, item)) = item_of(&state, board, id) else { return Ok(None) };
    let shown = shows(&state, &item.content, world.viewer());
    Ok(Some(match ask.name {
        "id" => Out::leaf(item.node.as_str()),
        "databaseId" => Out::leaf(item.id),
        "fullDatabaseId" => Out::leaf(item.id.to_string()),
        "isArchived" => Out::leaf(item.archived),
        "createdAt" => Out::leaf(item.created_at.to_string()),
        "updatedAt" => Out::leaf(item.updated_at.to_string()),
        "project" => Out::One(Thing::Board(board)),
        "type" => Out::leaf(if shown { kind(&state, &item.content) } else { "REDACTED" }),
        "content" => match &item.content {
            Content::Issue(repo, number) if shown => Out::One(Thing::Issue(*repo, *number)),
            Content::Draft(..) => Out::One(Thing::Draft(board, id)),
            _ => Out::null(),
        },
        "fieldValueByName" => Out::maybe(value_named(owner, item, ask.text("name"))),
        "fieldValues" => {
            let entry = |field: &String| Entry {
                id: format!("{}_{field}", item.node),
                thing: Thing::FieldValue(board, id, field.clone()),
            };
            page("ProjectV2ItemFieldValueConnection", ask, item.values.keys().map(entry).collect())?
        }
        _ => return Ok(None),
    }))
}

fn kind(state: &State, content: &Content) -> &'static str {
    match content {
        Content::Issue(repo, number) => match issue_of(state, *repo, *number) {
            Some((_, issue)) if issue.pull.is_some() => "PULL_REQUEST",
            _ => "ISSUE",
        },
        Content::Draft(..) => "DRAFT_ISSUE",
        Content::Redacted => "REDACTED",
    }
}

/// The value of a field of an item; a field that is not known, or was not set, has none.
fn value_named(board: &Board, item: &Item, name: &str) -> Option<Thing> {
    let field = board.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
    item.values
        .contains_key(&field.node)
        .then(|| Thing::FieldValue(board.id, item.id, field.node.clone()))
}

/// Answers a field of the value that an item has in a field. An option that was deleted since leaves an id without a name.
pub(super) fn field_value(
    world: &World,
    (board, item): (u64, u64),
    field: &str,
    ask: &Ask,
) -> Answer {
    let state = world.state.borrow();
    let Some((owner, found)) = item_of(&state, board, item) else { return Ok(None) };
    let Some(option) = found.values.get(field) else { return Ok(None) };
    let choice = choice(&state, board, field);
    let name = choice.and_then(|field| field.options.iter().find(|(id, _)| id == option));
    Ok(Some(match ask.name {
        "id" => Out::leaf(format!("PVTFSV_{}_{field}", found.node)),
        "databaseId" => Out::leaf(found.id),
        "optionId" => Out::leaf(option.as_str()),
        "name" | "nameHTML" => Out::leaf(name.map(|(_, name)| name.clone())),
        "description" | "descriptionHTML" => Out::null(),
        "creator" => actor(&state, moves(&state, owner, found).0),
        "color" => Out::leaf("GRAY"),
        "createdAt" => Out::leaf(found.created_at.to_string()),
        "updatedAt" => Out::leaf(moves(&state, owner, found).1.to_string()),
        "item" => Out::One(Thing::Item(board, item)),
        "field" => Out::One(Thing::Field(board, field.to_owned())),
        _ => return Ok(None),
    }))
}

/// Who gave an item its first status, and when it got the last one, as far as it was told.
fn moves<'s>(state: &'s State, board: &Board, item: &Item) -> (Option<&'s str>, Timestamp) {
    let Content::Issue(repo, number) = item.content else { return (None, item.updated_at) };
    let events = issue_of(state, repo, number).map_or(&[][..], |(_, issue)| &issue.events);
    let ours = |event: &&Event| matches!(&event.what, EventKind::BoardStatus(node, ..) if *node == board.node);
    let mut ours = events.iter().filter(ours);
    let first = ours.next();
    let last = ours.next_back().or(first);
    (first.and_then(|event| event.actor.as_deref()), last.map_or(item.updated_at, |event| event.at))
}

/// Answers a field of a draft.
pub(super) fn draft(world: &World, board: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some((_, item)) = item_of(&state, board, id) else { return Ok(None) };
    let Content::Draft(title, body) = &item.content else { return Ok(None) };
    Ok(Some(match ask.name {
        "id" => Out::leaf(node("DI", id)),
        "title" => Out::leaf(title.as_str()),
        "body" | "bodyText" => Out::leaf(body.as_str()),
        "createdAt" => Out::leaf(item.created_at.to_string()),
        "updatedAt" => Out::leaf(item.updated_at.to_string()),
        "creator" => Out::null(),
        _ => return Ok(None),
    }))
}

/// Finds the board and the item of a mutation's input, which the viewer must be able to change.
pub(super) fn target(
    state: &State,
    viewer: &str,
    input: &Value,
) -> Result<(usize, Option<usize>), Failure> {
    let project = input["projectId"].as_str().unwrap_or_default();
    let at = state.boards.iter().position(|board| board.node == project);
    let at = at.filter(|at| sees_boards(state, &state.boards[*at].owner, viewer));
    let at = at.ok_or_else(|| Failure::no_node(project))?;
    let Some(item) = input["itemId"].as_str() else { return Ok((at, None)) };
    let found = state.boards[at].items.iter().position(|known| known.node == item);
    found.map(|found| (at, Some(found))).ok_or_else(|| Failure::no_node(item))
}
