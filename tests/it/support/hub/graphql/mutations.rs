//! What documents can change: items of boards, comments, new issues.

use serde_json::Value;

use super::super::board::{Board, Content, Item};
use super::super::state::{EventKind, Permission, Repo, State, node};
use super::accounts::needs_scope;
use super::boards::target;
use super::roots::{find, sees_boards};
use super::things::{Answer, Ask, Failure, Out, Thing, World};

/// Carries out a mutation.
pub(super) fn mutation(world: &World, ask: &Ask) -> Answer {
    let input = ask.argument("input");
    let viewer = world.viewer();
    let on_board = ask.name.contains("ProjectV2");
    if on_board {
        needs_scope(world, ask.name, "project")?;
    }
    let mut state = world.state.borrow_mut();
    let (kind, mut fields) = match ask.name {
        "updateProjectV2ItemFieldValue" => {
            let item = set_value(&mut state, viewer, input)?;
            ("UpdateProjectV2ItemFieldValuePayload", vec![("projectV2Item", item)])
        }
        "addProjectV2ItemById" => {
            let item = add_item(&mut state, viewer, input)?;
            ("AddProjectV2ItemByIdPayload", vec![("item", item)])
        }
        "updateProjectV2Field" => {
            let field = set_field(&mut state, viewer, input)?;
            ("UpdateProjectV2FieldPayload", vec![("projectV2Field", field)])
        }
        "archiveProjectV2Item" => {
            let item = archive(&mut state, viewer, input, true)?;
            ("ArchiveProjectV2ItemPayload", vec![("item", item)])
        }
        "unarchiveProjectV2Item" => {
            let item = archive(&mut state, viewer, input, false)?;
            ("UnarchiveProjectV2ItemPayload", vec![("item", item)])
        }
        "addComment" => ("AddCommentPayload", add_comment(&mut state, viewer, input)?),
        "createIssue" => {
            ("CreateIssuePayload", vec![("issue", create_issue(&mut state, viewer, input)?)])
        }
        _ => return Ok(None),
    };
    fields.push(("clientMutationId", Out::leaf(input["clientMutationId"].clone())));
    Ok(Some(Out::One(Thing::Made(kind, fields))))
}

fn refused(message: &str) -> Failure {
    Failure::new("UNPROCESSABLE", message)
}

fn text<'v>(input: &'v Value, name: &str) -> &'v str {
    input[name].as_str().unwrap_or_default()
}

/// Sets a field of an item to one of its options.
fn set_value(state: &mut State, viewer: &str, input: &Value) -> Result<Out, Failure> {
    let (at, item) = target(state, viewer, input)?;
    let item = item.ok_or_else(|| Failure::no_node(""))?;
    let board = &state.boards[at];
    let id = text(input, "fieldId");
    let field = board.fields.iter().find(|field| field.node == id);
    let field = field.ok_or_else(|| Failure::no_node(id))?.clone();
    if board.items[item].archived {
        return Err(refused("The item is archived and cannot be updated"));
    }
    let option = text(&input["value"], "singleSelectOptionId");
    let chosen = field.options.iter().find(|(id, _)| id == option);
    let (_, name) = chosen
        .ok_or_else(|| refused("The single select option Id does not belong to the field"))?;
    let now = state.write();
    let board = &mut state.boards[at];
    let found = &mut board.items[item];
    let before = found.values.insert(field.node.clone(), option.to_owned());
    found.updated_at = now;
    let known = |id: &str| field.options.iter().find(|(known, _)| known == id);
    let before = before.and_then(|id| known(&id)).map_or_else(String::new, |(_, n)| n.clone());
    let (content, out) = (found.content.clone(), Thing::Item(board.id, found.id));
    let board_node = board.node.clone();
    if before != *name {
        let what = EventKind::BoardStatus(board_node, before.clone(), name.clone());
        tell(state, at, &content, &format!("{before} -> {name}"));
        if field.name == "Status" {
            happened(state, &content, viewer, what);
        }
    }
    Ok(Out::One(out))
}

/// Replaces the options of a field: every one gets a new id, so that no item has a value in it any more.
fn set_field(state: &mut State, viewer: &str, input: &Value) -> Result<Out, Failure> {
    let id = text(input, "fieldId");
    let has_field = |board: &Board| board.fields.iter().any(|field| field.node == id);
    let at = state.boards.iter().position(has_field);
    let at = at.filter(|at| sees_boards(state, &state.boards[*at].owner, viewer));
    let at = at.ok_or_else(|| Failure::no_node(id))?;
    let names: Vec<&str> = input["singleSelectOptions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|option| text(option, "name"))
        .collect();
    let mut known = std::collections::BTreeSet::new();
    if names.iter().any(|name| name.trim().is_empty() || !known.insert(name.to_lowercase())) {
        return Err(refused("Option names must be given and unique"));
    }
    let (_, new) = (state.write(), state.id());
    let board = &mut state.boards[at];
    let made = (1_u64..)
        .zip(&names)
        .map(|(place, name)| (format!("{:08x}", new * 256 + place), (*name).to_owned()));
    if let Some(field) = board.fields.iter_mut().find(|field| field.node == id) {
        field.options = made.collect();
    }
    for item in &mut board.items {
        item.values.remove(id);
    }
    let line = format!("board {}: columns {}", board.title, names.join(", "));
    let out = Thing::Field(board.id, id.to_owned());
    state.story.push(line);
    Ok(Out::One(out))
}

/// Puts an issue or a pull request on a board; one that is there already stays where it is.
fn add_item(state: &mut State, viewer: &str, input: &Value) -> Result<Out, Failure> {
    let (at, _) = target(state, viewer, input)?;
    let id = text(input, "contentId");
    let Some(Thing::Issue(repo, number)) = find(state, id, viewer) else {
        return Err(Failure::no_node(id));
    };
    let content = Content::Issue(repo, number);
    let board = &state.boards[at];
    if let Some(item) = board.items.iter().find(|item| item.content == content) {
        return Ok(Out::One(Thing::Item(board.id, item.id)));
    }
    let (now, item) = (state.write(), state.id());
    let board = &mut state.boards[at];
    board.items.push(Item {
        id: item,
        node: node("PVTI", item),
        content: content.clone(),
        archived: false,
        values: std::collections::BTreeMap::new(),
        created_at: now,
        updated_at: now,
    });
    let (out, board_node) = (Thing::Item(board.id, item), board.node.clone());
    tell(state, at, &content, "added");
    happened(state, &content, viewer, EventKind::AddedToBoard(board_node));
    Ok(Out::One(out))
}

fn archive(state: &mut State, viewer: &str, input: &Value, to: bool) -> Result<Out, Failure> {
    let (at, item) = target(state, viewer, input)?;
    let item = item.ok_or_else(|| Failure::no_node(""))?;
    let now = state.write();
    let board = &mut state.boards[at];
    let found = &mut board.items[item];
    let changed = found.archived != to;
    found.archived = to;
    found.updated_at = now;
    let (content, out) = (found.content.clone(), Thing::Item(board.id, found.id));
    if changed {
        tell(state, at, &content, if to { "archived" } else { "back from the archive" });
    }
    Ok(Out::One(out))
}

/// Adds a line about an item to the story.
fn tell(state: &mut State, board: usize, content: &Content, what: &str) {
    let shown = match content {
        Content::Issue(repo, number) => {
            let name = state.repo_of(*repo).map_or_else(String::new, Repo::full_name);
            format!("{name}#{number}")
        }
        Content::Draft(title, _) => format!("draft `{title}`"),
        Content::Redacted => "something".to_owned(),
    };
    let line = format!("{shown} board {}: {what}", state.boards[board].title);
    state.story.push(line);
}

/// Adds an event to the timeline of what an item shows.
fn happened(state: &mut State, content: &Content, actor: &str, what: EventKind) {
    let Content::Issue(repo, number) = content else { return };
    let Some(name) = state.repo_of(*repo).map(Repo::full_name) else { return };
    state.happened(&name, *number, actor, what);
}

fn add_comment(
    state: &mut State,
    viewer: &str,
    input: &Value,
) -> Result<Vec<(&'static str, Out)>, Failure> {
    let id = text(input, "subjectId");
    let Some(Thing::Issue(repo_id, number)) = find(state, id, viewer) else {
        return Err(Failure::no_node(id));
    };
    let repo = state.repo_of(repo_id).ok_or_else(|| Failure::no_node(id))?;
    let may = state.permission(repo, viewer);
    let locked = repo.issues.get(&number).is_some_and(|issue| issue.locked);
    if repo.archived {
        return Err(Failure::new("FORBIDDEN", "Repository was archived so is read-only."));
    }
    if locked && may < Permission::Write {
        return Err(Failure::new("FORBIDDEN", "Unable to create comment because issue is locked."));
    }
    let body = text(input, "body");
    if body.trim().is_empty() {
        return Err(refused("Body can't be blank"));
    }
    if body.chars().count() > LONGEST {
        return Err(refused("Body is too long (maximum is 65536 characters)"));
    }
    let name = repo.full_name();
    let comment = state.comment(&name, number, viewer, body);
    let thing = Thing::Comment(repo_id, number, comment);
    let edge = vec![("cursor", Out::leaf(node("IC", comment))), ("node", Out::One(thing))];
    Ok(vec![
        ("commentEdge", Out::One(Thing::Made("IssueCommentEdge", edge))),
        ("subject", Out::One(Thing::Issue(repo_id, number))),
    ])
}

/// The longest text of an issue or a comment, in characters.
const LONGEST: usize = 65_536;

fn create_issue(state: &mut State, viewer: &str, input: &Value) -> Result<Out, Failure> {
    let id = text(input, "repositoryId");
    let Some(Thing::Repo(repo_id)) = find(state, id, viewer) else {
        return Err(Failure::no_node(id));
    };
    let repo = state.repo_of(repo_id).ok_or_else(|| Failure::no_node(id))?;
    if repo.archived {
        return Err(Failure::new("FORBIDDEN", "Repository was archived so is read-only."));
    }
    if !repo.has_issues {
        return Err(refused("Issues have been disabled in this repository."));
    }
    let (title, body) = (text(input, "title"), text(input, "body"));
    if title.trim().is_empty() {
        return Err(refused("Title can't be blank"));
    }
    if body.chars().count() > LONGEST {
        return Err(refused("Body is too long (maximum is 65536 characters)"));
    }
    let may_triage = state.permission(repo, viewer) >= Permission::Triage;
    let name = repo.full_name();
    let number = state.open_issue(&name, viewer, title, body);
    state.story.push(format!("{name}#{number} issue opened: {title}"));
    let labels = input["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for id in labels.filter(|_| may_triage) {
        if let Some(Thing::Label(_, label)) = find(state, id, viewer) {
            state.label(&name, number, viewer, &label);
        }
    }
    Ok(Out::One(Thing::Issue(repo_id, number)))
}
