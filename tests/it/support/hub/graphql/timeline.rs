//! What happened to an issue: events and comments in their order.

use jiff::Timestamp;

use super::super::state::{Event, EventKind, Issue, State, node};
use super::accounts::actor;
use super::connections::{Entry, page};
use super::things::{Answer, Ask, Failure, Out, Thing, World, event_kind, issue_of};

/// Finds an event.
pub(super) fn event_of(state: &State, repo: u64, number: u64, id: u64) -> Option<&Event> {
    issue_of(state, repo, number)?.1.events.iter().find(|event| event.id == id)
}

/// Makes the page of a timeline that is asked for.
pub(super) fn items(repo: u64, issue: &Issue, ask: &Ask) -> Result<Out, Failure> {
    let kinds = ask.words("itemTypes");
    let wanted = |kind: &str| kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let since: Option<Timestamp> = ask.argument("since").as_str().and_then(|at| at.parse().ok());
    let mut all: Vec<(Timestamp, u64, Entry)> = Vec::new();
    let known = |event: &&Event| event_kind(&event.what).is_some_and(|(_, word)| wanted(word));
    for event in issue.events.iter().filter(known) {
        let thing = Thing::Event(repo, issue.number, event.id);
        all.push((event.at, event.id, Entry { id: node("E", event.id), thing }));
    }
    for comment in issue.comments.iter().filter(|_| wanted("ISSUE_COMMENT")) {
        let thing = Thing::Comment(repo, issue.number, comment.id);
        all.push((comment.created_at, comment.id, Entry { id: node("IC", comment.id), thing }));
    }
    all.retain(|(at, _, _)| since.is_none_or(|since| *at >= since));
    all.sort_by_key(|(at, id, _)| (*at, *id));
    let skipped = usize::try_from(ask.number("skip")).unwrap_or(usize::MAX);
    let kind = match issue.pull {
        Some(_) => "PullRequestTimelineItemsConnection",
        None => "IssueTimelineItemsConnection",
    };
    page(kind, ask, all.into_iter().skip(skipped).map(|(_, _, entry)| entry).collect())
}

/// Answers a field of an event.
pub(super) fn event(world: &World, repo: u64, number: u64, id: u64, ask: &Ask) -> Answer {
    let state = world.state.borrow();
    let Some(event) = event_of(&state, repo, number, id) else { return Ok(None) };
    Ok(Some(match (ask.name, &event.what) {
        ("id", _) => Out::leaf(node("E", id)),
        ("actor", _) => actor(&state, event.actor.as_deref()),
        ("createdAt", _) => Out::leaf(event.at.to_string()),
        ("label", EventKind::Labeled(name) | EventKind::Unlabeled(name)) => {
            Out::One(Thing::Label(repo, name.clone()))
        }
        ("labelable", EventKind::Labeled(_) | EventKind::Unlabeled(_))
        | ("closable", EventKind::Closed(_) | EventKind::Reopened)
        | ("subject", EventKind::Renamed(..))
        | ("pullRequest", EventKind::Merged(_)) => Out::One(Thing::Issue(repo, number)),
        ("closer", EventKind::Closed(sha)) => {
            Out::maybe(sha.clone().map(|sha| Thing::Commit(repo, sha)))
        }
        ("previousTitle", EventKind::Renamed(from, _)) => Out::leaf(from.as_str()),
        ("currentTitle", EventKind::Renamed(_, to)) => Out::leaf(to.as_str()),
        ("commit", EventKind::Merged(sha)) => Out::One(Thing::Commit(repo, sha.clone())),
        _ => return Ok(None),
    }))
}
