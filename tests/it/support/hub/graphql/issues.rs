//! Issues, what pull requests have in common with them, and comments.

use serde_json::{Value, json};

use super::super::board::Content;
use super::super::state::{Issue, Repo, State, node};
use super::accounts::{actor, needs_scope, users};
use super::connections::{Entry, empty, page};
use super::repositories::seen;
use super::things::{Answer, Ask, Failure, Out, Thing, World, issue_of};
use super::{roots, timeline};

/// Answers a field that issues and pull requests have both, or issues alone.
pub(super) fn issue(world: &World, repo_id: u64, number: u64, ask: &Ask) -> Answer {
    if ask.name == "comments" {
        return comments(world, repo_id, number, ask).map(Some);
    }
    let state = world.state.borrow();
    let Some((repo, issue)) = issue_of(&state, repo_id, number) else { return Ok(None) };
    if let Some(out) = plain(&state, repo, issue, ask) {
        return Ok(Some(out));
    }
    Ok(Some(match ask.name {
        "author" => actor(&state, Some(&issue.author)),
        "repository" => Out::One(Thing::Repo(repo_id)),
        "labels" => labels(repo, issue, ask)?,
        "assignees" => users(&state, ask, &issue.assignees)?,
        "participants" => users(&state, ask, &participants(issue))?,
        "milestone" | "parent" | "editor" | "lastEditedAt" => Out::null(),
        "reactionGroups" => Out::Many(reactions()),
        "projectItems" => items(world, &state, repo_id, issue, ask)?,
        "projectCards" => empty("ProjectCardConnection", ask)?,
        "timelineItems" => timeline::items(repo_id, issue, ask)?,
        "viewerDidAuthor" => Out::leaf(issue.author == world.viewer()),
        "stateReason" if issue.pull.is_none() => {
            Out::leaf(issue.reason.as_ref().map(|reason| reason.to_uppercase()))
        }
        "isPinned" if issue.pull.is_none() => Out::leaf(false),
        _ => return Ok(None),
    }))
}

/// Fields that need nothing but the issue.
fn plain(state: &State, repo: &Repo, issue: &Issue, ask: &Ask) -> Option<Out> {
    let (prefix, word) = if issue.pull.is_some() { ("PR", "pull") } else { ("I", "issues") };
    let path = format!("/{}/{word}/{}", repo.full_name(), issue.number);
    Some(match ask.name {
        "id" => Out::leaf(node(prefix, issue.id)),
        "databaseId" => Out::leaf(issue.id),
        "fullDatabaseId" => Out::leaf(issue.id.to_string()),
        "number" => Out::leaf(issue.number),
        "title" => Out::leaf(issue.title.as_str()),
        "body" | "bodyText" => Out::leaf(issue.body.clone().unwrap_or_default()),
        "state" => Out::leaf(state_word(issue)),
        "closed" => Out::leaf(!issue.open),
        "closedAt" => Out::leaf(issue.closed_at.map(|at| at.to_string())),
        "createdAt" | "publishedAt" => Out::leaf(issue.created_at.to_string()),
        "updatedAt" => Out::leaf(issue.updated_at.to_string()),
        "locked" => Out::leaf(issue.locked),
        "url" => Out::leaf(format!("{}{path}", state.url)),
        "resourcePath" => Out::leaf(path),
        "authorAssociation" => Out::leaf(association(state, repo, &issue.author)),
        _ => return None,
    })
}

/// Returns the state as GraphQL words it.
pub(super) fn state_word(issue: &Issue) -> &'static str {
    match &issue.pull {
        Some(pull) if pull.merged.is_some() => "MERGED",
        _ if issue.open => "OPEN",
        _ => "CLOSED",
    }
}

/// Returns what somebody is to a repository.
fn association(state: &State, repo: &Repo, login: &str) -> &'static str {
    let member = |owner: &super::super::state::Account| owner.members.iter().any(|m| m == login);
    let merged = |issue: &Issue| {
        issue.author == login && issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some())
    };
    if repo.owner == login {
        "OWNER"
    } else if state.account(&repo.owner).is_some_and(member) {
        "MEMBER"
    } else if repo.collaborators.contains_key(login) {
        "COLLABORATOR"
    } else if repo.issues.values().any(merged) {
        "CONTRIBUTOR"
    } else {
        "NONE"
    }
}

fn participants(issue: &Issue) -> Vec<String> {
    let mut logins = vec![issue.author.clone()];
    for comment in &issue.comments {
        if !logins.contains(&comment.author) {
            logins.push(comment.author.clone());
        }
    }
    logins
}

fn labels(repo: &Repo, issue: &Issue, ask: &Ask) -> Result<Out, Failure> {
    let id = |name: &String| {
        let found = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
        node("LA", found.map_or(0, |label| label.id))
    };
    let entries = issue
        .labels
        .iter()
        .map(|name| Entry { id: id(name), thing: Thing::Label(repo.id, name.clone()) });
    page("LabelConnection", ask, entries.collect())
}

/// The groups of reactions, which nobody has given.
fn reactions() -> Vec<Thing> {
    let words =
        ["THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES"];
    let nobody = || Thing::Made("ReactingUserConnection", vec![("totalCount", Out::leaf(0))]);
    let group = |word: &str| {
        Thing::Made(
            "ReactionGroup",
            vec![("content", Out::leaf(word)), ("users", Out::One(nobody()))],
        )
    };
    words.into_iter().map(group).collect()
}

/// The items of boards that show an issue.
fn items(
    world: &World,
    state: &State,
    repo: u64,
    issue: &Issue,
    ask: &Ask,
) -> Result<Out, Failure> {
    needs_scope(world, "projectItems", "read:project")?;
    let archived = ask.argument("includeArchived") != &Value::Bool(false);
    let content = Content::Issue(repo, issue.number);
    let boards =
        state.boards.iter().filter(|board| roots::sees_boards(state, &board.owner, world.viewer()));
    let all = boards.flat_map(|board| board.items.iter().map(move |item| (board, item)));
    let ours = all.filter(|(_, item)| item.content == content && (archived || !item.archived));
    let entries = ours.map(|(board, item)| Entry {
        id: item.node.clone(),
        thing: Thing::Item(board.id, item.id),
    });
    page("ProjectV2ItemConnection", ask, entries.collect())
}

fn comments(world: &World, repo: u64, number: u64, ask: &Ask) -> Result<Out, Failure> {
    let mut state = world.state.borrow_mut();
    let found = state.repos.iter_mut().find(|known| known.id == repo);
    let issue = found.and_then(|repo| repo.issues.get_mut(&number));
    let all = issue.into_iter().flat_map(|issue| &mut issue.comments);
    let entries = all.filter_map(|comment| {
        seen(&mut comment.hidden_for).then(|| Entry {
            id: node("IC", comment.id),
            thing: Thing::Comment(repo, number, comment.id),
        })
    });
    page("IssueCommentConnection", ask, entries.collect())
}

/// Answers a field of a comment.
pub(super) fn comment(world: &World, repo: u64, number: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some((repo, issue)) = issue_of(&state, repo, number) else { return Ok(None) };
    let Some(comment) = issue.comments.iter().find(|comment| comment.id == id) else {
        return Ok(None);
    };
    let place = if issue.pull.is_some() { "pull" } else { "issues" };
    let path = format!("/{}/{place}/{number}#issuecomment-{id}", repo.full_name());
    let edited = comment.updated_at != comment.created_at;
    Ok(Some(match ask.name {
        "id" => Out::leaf(node("IC", id)),
        "databaseId" => Out::leaf(id),
        "fullDatabaseId" => Out::leaf(id.to_string()),
        "body" | "bodyText" => Out::leaf(comment.body.as_str()),
        "author" => actor(&state, Some(&comment.author)),
        "authorAssociation" => Out::leaf(association(&state, repo, &comment.author)),
        "createdAt" | "publishedAt" => Out::leaf(comment.created_at.to_string()),
        "updatedAt" => Out::leaf(comment.updated_at.to_string()),
        "lastEditedAt" => Out::leaf(edited.then(|| comment.updated_at.to_string())),
        "includesCreatedEdit" => Out::leaf(edited),
        "isMinimized" => Out::leaf(false),
        "minimizedReason" => Out::null(),
        "reactionGroups" => Out::Many(reactions()),
        "issue" => Out::One(Thing::Issue(repo.id, number)),
        "repository" => Out::One(Thing::Repo(repo.id)),
        "url" => Out::leaf(format!("{}{path}", state.url)),
        "resourcePath" => Out::leaf(path),
        "viewerDidAuthor" => Out::leaf(json!(comment.author == world.viewer())),
        _ => return Ok(None),
    }))
}
