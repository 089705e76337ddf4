//! A repository on GitHub as a code host: what it is made of, and what it remembers of this process's own reads. What it can do stands
//! in the files beside.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::board::ProjectBoard;
use super::client::{Call, Client, Reads};
use super::endpoints::{self, Endpoint};
use super::preflight::{Repository, Verdict};
use super::wire::User;
use crate::domain::ids::{IssueNumber, RepoSlug};
use crate::domain::issue::Trust;
use crate::host::HostError;

/// Everything that a repository on GitHub needs.
pub struct GithubOptions {
    /// The client that all repositories of this GitHub share.
    pub client: Rc<Client>,
    /// The repository.
    pub slug: RepoSlug,
    /// The Projects v2 board that its issues are on, if there is one.
    pub board: Option<Rc<ProjectBoard>>,
    /// Whether reads may be answered from memory. Only what leads to no write may rest on such a read.
    pub reads: Reads,
}

/// A repository on GitHub; carries out all traits of this module's parent. Cheap to clone: clones share what they remember.
#[derive(Clone)]
pub struct GithubHost {
    shared: Rc<Shared>,
    pub(super) reads: Reads,
}

impl fmt::Debug for GithubHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GithubHost")
            .field("slug", &self.shared.slug)
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

/// What both ways of reading have in common.
struct Shared {
    client: Rc<Client>,
    slug: RepoSlug,
    board: Option<Rc<ProjectBoard>>,
    memory: RefCell<Memory>,
}

/// What does not change within one run, or is asked for once in it.
#[derive(Default)]
struct Memory {
    account: Option<Account>,
    /// A fresh read is worth more than a remembered one, so both have their own.
    repositories: Vec<(Reads, Repository)>,
    trust: Vec<(Reads, BTreeMap<String, Trust>)>,
    labels: Option<BTreeSet<String>>,
    issues: BTreeSet<IssueNumber>,
    own_comments: BTreeSet<(IssueNumber, u64)>,
    verdict: Option<Verdict>,
}

/// As whom we write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The account of a token that belongs to somebody.
    User(String),
    /// The account that an installation of a GitHub App writes as.
    App(String),
}

impl GithubHost {
    /// Describes a host; nothing is asked yet.
    pub fn new(options: GithubOptions) -> Self {
        let GithubOptions { client, slug, board, reads } = options;
        let memory = RefCell::default();
        Self { shared: Rc::new(Shared { client, slug, board, memory }), reads }
    }

    /// The same host for looks that cost nothing where nothing has changed. No write may rest on what it says.
    #[must_use]
    pub fn glance(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), reads: Reads::Remembered }
    }

    /// The same host for reads on which a write may rest.
    #[must_use]
    pub(super) fn fresh(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), reads: Reads::Fresh }
    }

    pub(super) fn client(&self) -> &Client {
        &self.shared.client
    }

    pub(super) fn slug(&self) -> &RepoSlug {
        &self.shared.slug
    }

    pub(super) fn board(&self) -> Option<&ProjectBoard> {
        self.shared.board.as_deref()
    }

    /// Begins a call about this repository.
    pub(super) fn call(&self, endpoint: &'static Endpoint) -> Call {
        let slug = &self.shared.slug;
        Call::of(endpoint).with("owner", slug.owner()).with("repo", slug.name())
    }

    /// Reads one thing in this host's way of reading.
    pub(super) async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T, HostError> {
        self.shared.client.get(call, self.reads).await
    }

    /// Reads a list to its end in this host's way of reading.
    pub(super) async fn list<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, HostError> {
        self.shared.client.list(call.query("per_page", 100), self.reads).await
    }

    /// Names something of this repository for messages.
    pub(super) fn name(&self, thing: impl fmt::Display) -> String {
        format!("{thing} of {}", self.shared.slug)
    }

    /// As whom we write. Asked once per process.
    ///
    /// # Errors
    ///
    /// As those of the client.
    pub(super) async fn account(&self) -> Result<Account, HostError> {
        if let Some(account) = self.shared.memory.borrow().account.clone() {
            return Ok(account);
        }
        let call = Call::of(&endpoints::USER);
        let answer = self.shared.client.get::<User>(call, Reads::Remembered).await;
        let account = match answer {
            Ok(user) => Account::User(user.login),
            Err(HostError::Denied { reason, .. }) if is_for_people_only(&reason) => {
                let data: ViewerData =
                    self.shared.client.graphql(&endpoints::VIEWER, serde_json::json!({})).await?;
                Account::App(data.viewer.login)
            }
            Err(error) => return Err(error),
        };
        self.shared.memory.borrow_mut().account = Some(account.clone());
        Ok(account)
    }

    /// The repository itself. Asked once per process and way of reading.
    ///
    /// # Errors
    ///
    /// As those of the client; [`HostError::Denied`] when this token does not see it.
    pub(super) async fn repository(&self) -> Result<Repository, HostError> {
        let known = |(reads, repository): &(Reads, Repository)| {
            (*reads == self.reads || *reads == Reads::Fresh).then(|| repository.clone())
        };
        if let Some(known) = self.shared.memory.borrow().repositories.iter().find_map(known) {
            return Ok(known);
        }
        let repository: Repository = match self.get(self.call(&endpoints::REPOSITORY)).await {
            Err(HostError::NotFound { .. }) => return Err(not_visible(&self.shared.slug)),
            answer => answer?,
        };
        self.shared.memory.borrow_mut().repositories.push((self.reads, repository.clone()));
        Ok(repository)
    }

    /// Keeps what another read has told of the repository, so that it is not asked for again in this process.
    pub(super) fn remember_repository(&self, repository: Repository) {
        self.shared.memory.borrow_mut().repositories.push((Reads::Fresh, repository));
    }

    /// Says of a failed call what is missing: the issue, or the whole repository for this token.
    pub(super) async fn of_issue<T>(
        &self,
        answer: Result<T, HostError>,
        number: IssueNumber,
    ) -> Result<T, HostError> {
        self.of_thing(answer, format!("issue {number}")).await
    }

    /// Says of a failed call what is missing: `thing`, or the whole repository for this token.
    pub(super) async fn of_thing<T>(
        &self,
        answer: Result<T, HostError>,
        thing: String,
    ) -> Result<T, HostError> {
        match answer {
            Err(HostError::NotFound { what }) => {
                self.fresh().repository().await?;
                let what = with_reason(self.name(thing), &what);
                Err(HostError::NotFound { what })
            }
            // The repository is where it was: it is the thing that somebody moved to another one.
            Err(HostError::Moved { to, .. }) if self.fresh().repository().await.is_ok() => {
                let what = with_reason(self.name(thing), &format!("it was moved to `{to}`"));
                Err(HostError::NotFound { what })
            }
            answer => answer,
        }
    }

    pub(super) fn remembered_trust(&self, login: &str) -> Option<Trust> {
        let memory = self.shared.memory.borrow();
        let mut usable =
            memory.trust.iter().filter(|(reads, _)| *reads == self.reads || *reads == Reads::Fresh);
        usable.find_map(|(_, known)| known.get(login).copied())
    }

    pub(super) fn remember_trust(&self, login: String, trust: Trust) {
        let mut memory = self.shared.memory.borrow_mut();
        match memory.trust.iter_mut().find(|(reads, _)| *reads == self.reads) {
            Some((_, known)) => {
                known.insert(login, trust);
            }
            None => memory.trust.push((self.reads, BTreeMap::from([(login, trust)]))),
        }
    }

    /// Whether a label is known to exist, whatever its letter case; `None` as long as nobody has looked.
    pub(super) fn has_label(&self, label: &str) -> Option<bool> {
        let memory = self.shared.memory.borrow();
        memory.labels.as_ref().map(|labels| labels.contains(&label.to_lowercase()))
    }

    pub(super) fn remember_labels(&self, names: impl IntoIterator<Item = String>) {
        let mut memory = self.shared.memory.borrow_mut();
        let labels = memory.labels.get_or_insert_default();
        labels.extend(names.into_iter().map(|name| name.to_lowercase()));
    }

    /// Notes that a number is an issue's and no pull request's, which never changes.
    pub(super) fn remember_issue(&self, number: IssueNumber) {
        self.shared.memory.borrow_mut().issues.insert(number);
    }

    pub(super) fn is_known_issue(&self, number: IssueNumber) -> bool {
        self.shared.memory.borrow().issues.contains(&number)
    }

    pub(super) fn remember_own_comment(&self, number: IssueNumber, id: u64) {
        self.shared.memory.borrow_mut().own_comments.insert((number, id));
    }

    pub(super) fn is_own_comment(&self, number: IssueNumber, id: u64) -> bool {
        self.shared.memory.borrow().own_comments.contains(&(number, id))
    }

    pub(super) fn remembered_verdict(&self) -> Option<Verdict> {
        self.shared.memory.borrow().verdict.clone()
    }

    pub(super) fn remember_verdict(&self, verdict: Verdict) {
        self.shared.memory.borrow_mut().verdict = Some(verdict);
    }
}

/// The answer of the document `Viewer`.
#[derive(Debug, Deserialize)]
struct ViewerData {
    viewer: User,
}

/// The token of an App's installation may not ask by REST who it is.
fn is_for_people_only(reason: &str) -> bool {
    reason.contains("not accessible by integration")
}

/// GitHub answers 404 for a private repository that a token may not see.
fn not_visible(slug: &RepoSlug) -> HostError {
    HostError::Denied {
        what: format!("read {slug}"),
        reason: "there is no such repository, or this token does not see it".to_owned(),
        mend: format!(
            "look whether `{slug}` is written right in the configuration; for a private repository `gh auth refresh -s repo,project`, or give the token access to it"
        ),
    }
}

/// Keeps what the client knows beyond a plain "not found": that an issue moved to another repository.
fn with_reason(name: String, what: &str) -> String {
    if what.contains("transferred") { what.to_owned() } else { name }
}
