//! Pages of lists: `first`, `after`, `last`, `before`, with GitHub's limits.

use serde_json::Value;

use super::things::{Ask, Failure, Out, Thing};

/// The most that a page can have.
const LARGEST: usize = 100;

/// An entry of a list and the node id that its cursor is made of.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) thing: Thing,
}

/// Makes the connection that a field asks for out of the whole list.
pub(super) fn page(kind: &'static str, ask: &Ask, all: Vec<Entry>) -> Result<Out, Failure> {
    let total = all.len();
    let (first, last) = (limit(ask, "first")?, limit(ask, "last")?);
    if first.is_none() && last.is_none() {
        return Err(Failure::new(
            "MISSING_PAGINATION_BOUNDARIES",
            format!(
                "You must provide a `first` or `last` value to properly paginate the `{}` connection.",
                ask.name
            ),
        ));
    }
    let begin = bound(ask, "after", &all)?.map_or(0, |at| at + 1);
    let end = bound(ask, "before", &all)?.unwrap_or(total).max(begin);
    let end_cut = first.map_or(end, |size| end.min(begin + size));
    let begin_cut = last.map_or(begin, |size| begin.max(end_cut.saturating_sub(size)));
    let shown: Vec<Entry> = all.into_iter().take(end_cut).skip(begin_cut).collect();
    let cursors = (shown.first().map(|e| cursor(&e.id)), shown.last().map(|e| cursor(&e.id)));
    let info = Thing::Made(
        "PageInfo",
        vec![
            ("hasNextPage", Out::leaf(end_cut < total)),
            ("hasPreviousPage", Out::leaf(begin_cut > 0)),
            ("startCursor", Out::leaf(cursors.0)),
            ("endCursor", Out::leaf(cursors.1)),
        ],
    );
    let edges = shown.iter().map(|entry| edge(kind, entry)).collect();
    let nodes = shown.into_iter().map(|entry| entry.thing).collect();
    Ok(Out::One(Thing::Made(
        kind,
        vec![
            ("totalCount", Out::leaf(total)),
            ("pageInfo", Out::One(info)),
            ("edges", Out::Many(edges)),
            ("nodes", Out::Many(nodes)),
            // Only timelines have these two.
            ("filteredCount", Out::leaf(total)),
            ("pageCount", Out::leaf(end_cut - begin_cut)),
        ],
    )))
}

/// Makes a connection that is empty in this fake.
pub(super) fn empty(kind: &'static str, ask: &Ask) -> Result<Out, Failure> {
    page(kind, ask, Vec::new())
}

fn edge(kind: &'static str, entry: &Entry) -> Thing {
    let edge = EDGES.iter().find(|(connection, _)| *connection == kind).map_or(kind, |(_, e)| e);
    let fields =
        vec![("cursor", Out::leaf(cursor(&entry.id))), ("node", Out::One(entry.thing.clone()))];
    Thing::Made(edge, fields)
}

/// The edges of the connections that are not empty here.
const EDGES: [(&str, &str); 15] = [
    ("IssueConnection", "IssueEdge"),
    ("PullRequestConnection", "PullRequestEdge"),
    ("LabelConnection", "LabelEdge"),
    ("UserConnection", "UserEdge"),
    ("IssueCommentConnection", "IssueCommentEdge"),
    ("ProjectV2Connection", "ProjectV2Edge"),
    ("ProjectV2ItemConnection", "ProjectV2ItemEdge"),
    ("ProjectV2FieldConfigurationConnection", "ProjectV2FieldConfigurationEdge"),
    ("ProjectV2ItemFieldValueConnection", "ProjectV2ItemFieldValueEdge"),
    ("IssueTimelineItemsConnection", "IssueTimelineItemsEdge"),
    ("PullRequestTimelineItemsConnection", "PullRequestTimelineItemsEdge"),
    ("PullRequestCommitConnection", "PullRequestCommitEdge"),
    ("PullRequestReviewConnection", "PullRequestReviewEdge"),
    ("CheckSuiteConnection", "CheckSuiteEdge"),
    ("StatusCheckRollupContextConnection", "StatusCheckRollupContextEdge"),
];

fn cursor(id: &str) -> String {
    format!("cursor:v2:{id}")
}

fn bound(ask: &Ask, name: &str, all: &[Entry]) -> Result<Option<usize>, Failure> {
    let Some(wanted) = ask.argument(name).as_str() else { return Ok(None) };
    let found = all.iter().position(|entry| cursor(&entry.id) == wanted);
    let refused = || {
        let what = format!("`{wanted}` does not appear to be a valid cursor.");
        Failure::new("INVALID_CURSOR_ARGUMENTS", what)
    };
    found.map(Some).ok_or_else(refused)
}

fn limit(ask: &Ask, name: &str) -> Result<Option<usize>, Failure> {
    let Value::Number(number) = ask.argument(name) else { return Ok(None) };
    let size = number.as_i64().unwrap_or_default();
    match usize::try_from(size) {
        Ok(size) if size <= LARGEST => Ok(Some(size)),
        Ok(size) => Err(Failure::new(
            "EXCESSIVE_PAGINATION",
            format!(
                "Requesting {size} records on the `{}` connection exceeds the `{name}` limit of {LARGEST} records.",
                ask.name
            ),
        )),
        Err(_) => Err(Failure::new(
            "UNPROCESSABLE",
            format!("`{name}` on the `{}` connection cannot be less than zero.", ask.name),
        )),
    }
}
