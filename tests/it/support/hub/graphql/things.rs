//! The objects that a document can reach, each known by its place in the state, and how the executor asks them for fields.

use std::cell::RefCell;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use serde_json::Value;

use super::super::board::Content;
use super::super::state::{AccountKind, EventKind, Issue, Permission, Repo, State, Token};
use super::{accounts, boards, checks, issues, mutations, pulls, repositories, roots, timeline};

/// What a document is executed over.
pub(super) struct World<'w> {
    pub(super) state: RefCell<&'w mut State>,
    pub(super) token: &'w Token,
}

impl World<'_> {
    /// Returns the login of the one who asks.
    pub(super) fn viewer(&self) -> &str {
        &self.token.login
    }
}

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thing {
    Query,
    Mutation,
    /// By login.
    Account(String),
    /// By id.
    Repo(u64),
    /// Repository and number; a pull request too.
    Issue(u64, u64),
    /// Repository and name.
    Label(u64, String),
    /// Repository, number and id.
    Comment(u64, u64, u64),
    /// Repository, number and id.
    Event(u64, u64, u64),
    /// By id.
    Board(u64),
    /// Board and node id.
    Field(u64, String),
    /// Board and item.
    Item(u64, u64),
    /// The draft that an item shows.
    Draft(u64, u64),
    /// Board, item and the field's node id.
    FieldValue(u64, u64, String),
    /// Repository and branch.
    Branch(u64, String),
    /// Repository and name.
    Commit(u64, String),
    /// Repository and id of a check run.
    Check(u64, u64),
    /// Repository and id of a commit status.
    Status(u64, u64),
    /// An object that is nothing but its fields: type and fields.
    Made(&'static str, Vec<(&'static str, Out)>),
}

/// What a field is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Out {
    /// A scalar, an enumeration's word, a list of these, or null.
    Leaf(Value),
    One(Thing),
    Many(Vec<Thing>),
}

impl Out {
    pub(super) fn null() -> Self {
        Self::Leaf(Value::Null)
    }

    /// A scalar.
    pub(super) fn leaf(value: impl Into<Value>) -> Self {
        Self::Leaf(value.into())
    }

    /// An object that may be missing.
    pub(super) fn maybe(thing: Option<Thing>) -> Self {
        thing.map_or_else(Self::null, Self::One)
    }
}

/// Why a field cannot be answered.
#[derive(Debug)]
pub(super) struct Failure {
    kind: &'static str,
    message: String,
}

/// Stands between an error's type and its message on the way through the executor, which has room for a message only.
const BETWEEN: char = '\u{1f}';

impl Failure {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("NOT_FOUND", message)
    }

    /// Something with a node id that does not exist, or may not be seen.
    pub(super) fn no_node(id: &str) -> Self {
        Self::not_found(format!("Could not resolve to a node with the global id of '{id}'"))
    }

    fn text(&self) -> String {
        format!("{}{BETWEEN}{}", self.kind, self.message)
    }

    /// The type and the message of an executor's error.
    pub(super) fn read(text: &str) -> Option<(String, String)> {
        let (kind, message) = text.split_once(BETWEEN)?;
        // The executor puts words of its own before what a resolver says.
        Some((kind.rsplit(' ').next()?.to_owned(), message.to_owned()))
    }
}

/// A field that is asked for.
pub(super) struct Ask<'a> {
    pub(super) name: &'a str,
    arguments: Value,
}

impl Ask<'_> {
    pub(super) fn argument(&self, name: &str) -> &Value {
        &self.arguments[name]
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.arguments[name].as_str().unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> u64 {
        self.arguments[name].as_u64().unwrap_or_default()
    }

    /// Returns the words of a list, none when it was not given.
    pub(super) fn words(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.arguments[name].as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }
}

/// What the field of an object gives.
pub(super) type Answer = Result<Option<Out>, Failure>;

/// An object within its world.
pub(super) struct Bound<'w> {
    world: &'w World<'w>,
    thing: Thing,
    kind: &'static str,
}

impl<'w> Bound<'w> {
    pub(super) fn new(world: &'w World<'w>, thing: Thing) -> Self {
        let kind = kind(&world.state.borrow(), &thing);
        Self { world, thing, kind }
    }

    fn answer(&self, ask: &Ask) -> Answer {
        let world = self.world;
        match &self.thing {
            Thing::Query => roots::query(world, ask),
            Thing::Mutation => mutations::mutation(world, ask),
            Thing::Account(login) => accounts::account(world, login, ask),
            Thing::Repo(id) => repositories::repository(world, *id, ask),
            Thing::Issue(repo, number) => match issues::issue(world, *repo, *number, ask)? {
                Some(out) => Ok(Some(out)),
                None => pulls::pull(world, *repo, *number, ask),
            },
            Thing::Label(repo, name) => repositories::label(world, *repo, name, ask),
            Thing::Comment(repo, number, id) => issues::comment(world, *repo, *number, *id, ask),
            Thing::Event(repo, number, id) => timeline::event(world, *repo, *number, *id, ask),
            Thing::Board(id) => boards::board(world, *id, ask),
            Thing::Field(board, node) => boards::field(world, *board, node, ask),
            Thing::Item(board, id) => boards::item(world, *board, *id, ask),
            Thing::Draft(board, id) => boards::draft(world, *board, *id, ask),
            Thing::FieldValue(board, item, field) => {
                boards::field_value(world, (*board, *item), field, ask)
            }
            Thing::Branch(repo, name) => repositories::branch(world, *repo, name, ask),
            Thing::Commit(repo, sha) => checks::commit(world, *repo, sha, ask),
            Thing::Check(repo, id) => checks::check(world, *repo, *id, ask),
            Thing::Status(repo, id) => checks::status(world, *repo, *id, ask),
            Thing::Made(_, fields) => match fields.iter().find(|(name, _)| *name == ask.name) {
                Some((_, Out::Many(all))) if ask.name == "contexts" => checks::contexts(ask, all),
                found => Ok(found.map(|(_, out)| out.clone())),
            },
        }
    }

    fn resolved<'a>(&self, out: Out) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        let world = self.world;
        match out {
            Out::Leaf(Value::Array(list)) => ResolvedValue::list(
                list.into_iter().map(|value| ResolvedValue::leaf(JsonValue::from(value))),
            ),
            Out::Leaf(value) => ResolvedValue::leaf(JsonValue::from(value)),
            Out::One(thing) => ResolvedValue::object(Bound::new(world, thing)),
            Out::Many(things) => ResolvedValue::list(
                things
                    .into_iter()
                    .map(move |thing| ResolvedValue::object(Bound::new(world, thing))),
            ),
        }
    }
}

impl ObjectValue for Bound<'_> {
    fn type_name(&self) -> &str {
        self.kind
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let arguments = serde_json::to_value(info.arguments()).unwrap_or_default();
        let ask = Ask { name: info.field_name(), arguments };
        let unknown = || {
            let what = format!("the fake GitHub does not answer `{}.{}`", self.kind, ask.name);
            Failure::new("NOT_FAKED", what)
        };
        let out = self.answer(&ask).and_then(|out| out.ok_or_else(unknown));
        out.map(|out| self.resolved(out)).map_err(|failure| FieldError { message: failure.text() })
    }
}

/// The type of an object in the schema.
fn kind(state: &State, thing: &Thing) -> &'static str {
    match thing {
        Thing::Query => "Query",
        Thing::Mutation => "Mutation",
        Thing::Account(login) => match state.account(login).map(|account| account.kind) {
            Some(AccountKind::Organisation) => "Organization",
            Some(AccountKind::Bot) => "Bot",
            _ => "User",
        },
        Thing::Repo(_) => "Repository",
        Thing::Issue(repo, number) => match issue_of(state, *repo, *number) {
            Some((_, issue)) if issue.pull.is_some() => "PullRequest",
            _ => "Issue",
        },
        Thing::Label(..) => "Label",
        Thing::Comment(..) => "IssueComment",
        Thing::Event(repo, number, id) => {
            let event = timeline::event_of(state, *repo, *number, *id);
            event.and_then(|event| event_kind(&event.what)).map_or("LabeledEvent", |(kind, _)| kind)
        }
        Thing::Board(_) => "ProjectV2",
        Thing::Field(board, node) => boards::field_kind(state, *board, node),
        Thing::Item(..) => "ProjectV2Item",
        Thing::Draft(..) => "DraftIssue",
        Thing::FieldValue(..) => "ProjectV2ItemFieldSingleSelectValue",
        Thing::Branch(..) => "Ref",
        Thing::Commit(..) => "Commit",
        Thing::Check(..) => "CheckRun",
        Thing::Status(..) => "StatusContext",
        Thing::Made(kind, _) => kind,
    }
}

/// The type of an event, and the word by which a timeline is filtered. What happens on boards is on no timeline: the published schema has
/// no type for it.
pub(super) fn event_kind(what: &EventKind) -> Option<(&'static str, &'static str)> {
    Some(match what {
        EventKind::Labeled(_) => ("LabeledEvent", "LABELED_EVENT"),
        EventKind::Unlabeled(_) => ("UnlabeledEvent", "UNLABELED_EVENT"),
        EventKind::Closed(_) => ("ClosedEvent", "CLOSED_EVENT"),
        EventKind::Reopened => ("ReopenedEvent", "REOPENED_EVENT"),
        EventKind::Renamed(..) => ("RenamedTitleEvent", "RENAMED_TITLE_EVENT"),
        EventKind::Merged(_) => ("MergedEvent", "MERGED_EVENT"),
        EventKind::AddedToBoard(_) | EventKind::BoardStatus(..) => return None,
    })
}

/// Finds a repository and an issue in it.
pub(super) fn issue_of(state: &State, repo: u64, number: u64) -> Option<(&Repo, &Issue)> {
    let repo = state.repo_of(repo)?;
    Some((repo, repo.issues.get(&number)?))
}

/// Returns whether somebody sees what an item of a board shows.
pub(super) fn shows(state: &State, content: &Content, viewer: &str) -> bool {
    match content {
        Content::Issue(repo, _) => {
            state.repo_of(*repo).is_some_and(|repo| sees(state, repo, viewer))
        }
        Content::Draft(..) => true,
        Content::Redacted => false,
    }
}

/// Returns whether somebody sees a repository.
pub(super) fn sees(state: &State, repo: &Repo, viewer: &str) -> bool {
    state.permission(repo, viewer) >= Permission::Read
}
