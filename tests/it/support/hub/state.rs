//! What the fake GitHub knows: plain structs that tests may read and change, with ids that count from one.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::actions::Actions;
use super::board::Board;

/// The whole of the fake GitHub.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// The time of the hub; every write moves it by a second.
    pub(crate) clock: Timestamp,
    /// The folder in which the bare repositories are.
    pub(crate) folder: PathBuf,
    /// Where the hub is served, without a slash at the end.
    pub(crate) url: String,
    /// Where logs lie: another server, as far as anybody can tell.
    pub(crate) blobs: String,
    /// The people, organisations and programs, by login.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// Who may ask, and what.
    pub(crate) tokens: Vec<Token>,
    /// The repositories, in the order in which they were made.
    pub(crate) repos: Vec<Repo>,
    /// The project boards.
    pub(crate) boards: Vec<Board>,
    /// Runs workflows after a push, when there is one.
    pub(crate) actions: Option<Actions>,
    /// How the next jobs of Actions end, first ones first, whatever they would do: a conclusion and a log.
    pub(crate) endings: VecDeque<(String, String)>,
    /// The budget of REST requests in an hour.
    pub(crate) rest_limit: u64,
    /// How much of it was used.
    pub(crate) rest_used: u64,
    /// The budget of GraphQL points in an hour.
    pub(crate) graphql_limit: u64,
    /// How much of it was used.
    pub(crate) graphql_used: u64,
    /// When the running hour ends.
    pub(crate) budget_reset: Timestamp,
    /// Visible effects, one line each.
    pub(crate) story: Vec<String>,
    /// The last id that was given.
    pub(crate) last_id: u64,
}

/// A person, an organisation or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its number, unique in the hub.
    pub(crate) id: u64,
    /// The name in addresses.
    pub(crate) login: String,
    /// The kind of it.
    pub(crate) kind: AccountKind,
    /// Members of an organisation, by login; the first ones are owners.
    pub(crate) members: Vec<String>,
}

/// The kinds of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountKind {
    /// A person, or a machine that uses a person's account.
    User,
    /// Several people.
    Organisation,
    /// A GitHub App, whose login ends in `[bot]`.
    Bot,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The secret.
    pub(crate) secret: String,
    /// Whose it is.
    pub(crate) login: String,
    /// Classic scopes; none for a fine-grained token.
    pub(crate) scopes: Option<Vec<String>>,
    /// An organisation whose single sign-on has not authorised it.
    pub(crate) sso_missing: Option<String>,
}

impl Token {
    /// Returns whether a classic scope, or one that contains it, was granted; fine-grained tokens may do everything.
    pub(crate) fn may(&self, scope: &str) -> bool {
        let Some(scopes) = &self.scopes else { return true };
        let wider = match scope {
            "read:project" => "project",
            "public_repo" => "repo",
            "read:org" => "admin:org",
            _ => scope,
        };
        scopes.iter().any(|granted| granted == scope || granted == wider)
    }
}

/// What somebody may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    /// Nothing; a private repository is not even seen.
    None,
    /// See it, open issues, comment.
    Read,
    /// Label and close, but not push.
    Triage,
    /// Push and merge.
    Write,
    /// Settings except dangerous ones.
    Maintain,
    /// Everything.
    Admin,
}

/// A repository.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches that GitHub has as well")]
pub(crate) struct Repo {
    /// Its number, which stays when the name changes.
    pub(crate) id: u64,
    /// The login of its owner.
    pub(crate) owner: String,
    /// Its name without the owner.
    pub(crate) name: String,
    /// Names it had before, as `owner/name`.
    pub(crate) old_names: Vec<String>,
    /// Whether only those with a permission see it.
    pub(crate) private: bool,
    /// Whether it is read-only.
    pub(crate) archived: bool,
    /// Whether issues are switched on.
    pub(crate) has_issues: bool,
    /// The branch that pull requests go to.
    pub(crate) default_branch: String,
    /// The repository it was forked from, by id.
    pub(crate) fork_of: Option<u64>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Permissions of collaborators by login; others have none, or read when it is public.
    pub(crate) collaborators: BTreeMap<String, Permission>,
    /// The labels that exist.
    pub(crate) labels: Vec<Label>,
    /// Issues and pull requests by number.
    pub(crate) issues: BTreeMap<u64, Issue>,
    /// Protection of branches by branch.
    pub(crate) protection: BTreeMap<String, Protection>,
    /// Required checks of rulesets by branch.
    pub(crate) rules: BTreeMap<String, Vec<String>>,
    /// Other rules of rulesets by branch: type and parameters.
    pub(crate) other_rules: BTreeMap<String, Vec<(String, serde_json::Value)>>,
    /// Check runs, oldest first.
    pub(crate) checks: Vec<CheckRun>,
    /// Commit statuses, oldest first.
    pub(crate) statuses: Vec<Status>,
    /// Workflow runs, oldest first; each is also the check suite of its id plus nothing else.
    pub(crate) runs: Vec<WorkflowRun>,
    /// Branches as they were when the hub last looked, with their commits.
    pub(crate) branches: BTreeMap<String, String>,
    /// Whether a merge deletes the branch of the pull request.
    pub(crate) delete_branch_on_merge: bool,
}

impl Repo {
    /// Returns `owner/name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// A label of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    /// Its number.
    pub(crate) id: u64,
    /// Its name, unique without regard to case.
    pub(crate) name: String,
    /// Six hexadecimal digits.
    pub(crate) color: String,
    /// What it means.
    pub(crate) description: Option<String>,
}

/// An issue, or a pull request, which is an issue too.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    /// Its number in the hub.
    pub(crate) id: u64,
    /// Its number in the repository.
    pub(crate) number: u64,
    /// The title.
    pub(crate) title: String,
    /// The text.
    pub(crate) body: Option<String>,
    /// Who wrote it, by login.
    pub(crate) author: String,
    /// Whether it is open.
    pub(crate) open: bool,
    /// Why it was closed: `completed`, `not_planned`, `reopened`, `duplicate`.
    pub(crate) reason: Option<String>,
    /// Names of its labels.
    pub(crate) labels: Vec<String>,
    /// Logins of those it is assigned to.
    pub(crate) assignees: Vec<String>,
    /// Whether only people with write access may comment.
    pub(crate) locked: bool,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When something last happened to it.
    pub(crate) updated_at: Timestamp,
    /// When it was closed.
    pub(crate) closed_at: Option<Timestamp>,
    /// Who closed it.
    pub(crate) closed_by: Option<String>,
    /// Its comments, oldest first.
    pub(crate) comments: Vec<Comment>,
    /// What else happened to it, oldest first.
    pub(crate) events: Vec<Event>,
    /// What makes it a pull request.
    pub(crate) pull: Option<Pull>,
    /// Whether it is still here.
    pub(crate) gone: Gone,
    /// How many reads will not yet show it.
    pub(crate) hidden_for: u32,
}

/// Where an issue went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It is here.
    No,
    /// Somebody deleted it.
    Deleted,
    /// It is now in another repository, by id and number.
    Transferred(u64, u64),
}

/// A comment of an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Its number.
    pub(crate) id: u64,
    /// Who wrote it, by login.
    pub(crate) author: String,
    /// The text.
    pub(crate) body: String,
    /// When it was written.
    pub(crate) created_at: Timestamp,
    /// When it was last edited.
    pub(crate) updated_at: Timestamp,
    /// How many reads will not yet show it.
    pub(crate) hidden_for: u32,
}

/// A line of an issue's timeline that is no comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number.
    pub(crate) id: u64,
    /// Who did it, by login; nobody when the account is gone.
    pub(crate) actor: Option<String>,
    /// When.
    pub(crate) at: Timestamp,
    /// What happened.
    pub(crate) what: EventKind,
}

/// What can happen to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A label was put on it.
    Labeled(String),
    /// A label was taken off.
    Unlabeled(String),
    /// It was closed, with the commit that did it.
    Closed(Option<String>),
    /// It was opened again.
    Reopened,
    /// The title changed.
    Renamed(String, String),
    /// The pull request was merged as this commit.
    Merged(String),
    /// It was put on a board, by the board's node id.
    AddedToBoard(String),
    /// Its status on a board changed: node id of the board, old name, new name.
    BoardStatus(String, String, String),
}

/// What a pull request has beyond an issue.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    /// Its number as a pull request.
    pub(crate) id: u64,
    /// The branch that it goes to.
    pub(crate) base: String,
    /// The commit of that branch when it was last looked at.
    pub(crate) base_sha: String,
    /// The repository of the head by id; none when it was deleted.
    pub(crate) head_repo: Option<u64>,
    /// The owner of the head's repository.
    pub(crate) head_owner: String,
    /// The branch that it comes from.
    pub(crate) head: String,
    /// The commit of the head.
    pub(crate) head_sha: String,
    /// Whether it is a draft.
    pub(crate) draft: bool,
    /// Whether it can be merged, as far as it is known.
    pub(crate) mergeable: Mergeable,
    /// What is said of it, oldest first.
    pub(crate) reviews: Vec<Review>,
    /// GitHub's word on a merge where a rule decides that nobody but administrators can read.
    pub(crate) word: Option<String>,
    /// The merge.
    pub(crate) merged: Option<Merged>,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Review {
    /// Its number.
    pub(crate) id: u64,
    /// Who wrote it, by login.
    pub(crate) author: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`.
    pub(crate) state: String,
    /// The head that it is about.
    pub(crate) sha: String,
    /// When it was sent.
    pub(crate) at: Timestamp,
}

/// Whether a pull request can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mergeable {
    /// Not computed yet; the next read computes it and still answers that it is unknown.
    Unknown,
    /// Without conflict.
    Clean,
    /// With a conflict.
    Conflict,
}

/// A merge that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    /// When.
    pub(crate) at: Timestamp,
    /// By whom.
    pub(crate) by: String,
    /// The commit on the base branch.
    pub(crate) sha: String,
}

/// The protection of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Protection {
    /// Names of checks that must be green.
    pub(crate) checks: Vec<String>,
    /// Whether the branch must be up to date with its base.
    pub(crate) strict: bool,
    /// Whether administrators are held by it too.
    pub(crate) admins_too: bool,
}

/// A run of a check for a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckRun {
    /// Its number; that of the job when it belongs to a workflow run.
    pub(crate) id: u64,
    /// The number of its suite.
    pub(crate) suite: u64,
    /// Which app made it, by slug: `github-actions` or another.
    pub(crate) app: String,
    /// Its name.
    pub(crate) name: String,
    /// The commit.
    pub(crate) sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub(crate) status: String,
    /// How it ended.
    pub(crate) conclusion: Option<String>,
    /// The title and the summary of its output.
    pub(crate) output: Option<(String, String)>,
    /// Its annotations: path, line, message.
    pub(crate) annotations: Vec<(String, u64, String)>,
    /// When it began.
    pub(crate) started_at: Timestamp,
    /// When it ended.
    pub(crate) completed_at: Option<Timestamp>,
}

/// A commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its number.
    pub(crate) id: u64,
    /// The commit.
    pub(crate) sha: String,
    /// Its name.
    pub(crate) context: String,
    /// `pending`, `success`, `failure` or `error`.
    pub(crate) state: String,
    /// What it says.
    pub(crate) description: Option<String>,
    /// Who set it.
    pub(crate) author: String,
    /// When.
    pub(crate) at: Timestamp,
}

/// A run of a workflow, with one job; it is a check suite too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkflowRun {
    /// Its number.
    pub(crate) id: u64,
    /// The number of its suite.
    pub(crate) suite: u64,
    /// The check run that is its job.
    pub(crate) job: u64,
    /// The branch.
    pub(crate) branch: String,
    /// The commit.
    pub(crate) sha: String,
    /// The pull request.
    pub(crate) pull: u64,
    /// How often it was run.
    pub(crate) attempt: u64,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// What the job printed.
    pub(crate) log: String,
}

impl State {
    /// Returns a new id.
    pub(crate) fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Moves the clock by a second and returns the new time.
    pub(crate) fn write(&mut self) -> Timestamp {
        self.clock += SignedDuration::from_secs(1);
        self.clock
    }

    /// Returns the repository of `owner/name`; names of accounts and repositories have no case.
    pub(crate) fn repo(&self, full_name: &str) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.full_name().eq_ignore_ascii_case(full_name))
    }

    /// Returns the repository of `owner/name` to be changed.
    pub(crate) fn repo_mut(&mut self, full_name: &str) -> Option<&mut Repo> {
        self.repos.iter_mut().find(|repo| repo.full_name().eq_ignore_ascii_case(full_name))
    }

    /// Returns the repository of an id.
    pub(crate) fn repo_of(&self, id: u64) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.id == id)
    }

    /// Returns the account of a login.
    pub(crate) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.login.eq_ignore_ascii_case(login))
    }

    /// Returns what somebody may do in a repository.
    pub(crate) fn permission(&self, repo: &Repo, login: &str) -> Permission {
        let owns = self.account(&repo.owner).is_some_and(|owner| {
            owner.login == login || owner.members.first().is_some_and(|first| first == login)
        });
        let least = if repo.private { Permission::None } else { Permission::Read };
        if owns {
            return Permission::Admin;
        }
        repo.collaborators.get(login).copied().unwrap_or(least).max(least)
    }
}

/// Returns a node id of GitHub's kind: a prefix for the type and the number.
pub(crate) fn node(prefix: &str, id: u64) -> String {
    format!("{prefix}_kwDO{id:08}")
}
