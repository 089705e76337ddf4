//! The default world, and the changes that tests and routes make to it; every visible one leaves a line in the story.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::git;
use super::state::{
    Account, AccountKind, CheckRun, Comment, Event, EventKind, Gone, Issue, Label, Permission,
    Protection, Repo, State, Token,
};

/// The secret of the account that the program writes as; it looks like a real one and opens nothing.
pub(crate) const TOKEN: &str = "ghp_Hub0Hub1Hub2Hub3Hub4Hub5Hub6Hub7Hub8";

impl State {
    /// Makes the default world below a folder.
    pub(crate) fn new(folder: &Path, url: &str) -> Self {
        let clock: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        let mut state = Self {
            clock,
            folder: folder.to_owned(),
            url: url.to_owned(),
            blobs: url.to_owned(),
            endings: VecDeque::new(),
            accounts: BTreeMap::new(),
            tokens: Vec::new(),
            repos: Vec::new(),
            boards: Vec::new(),
            actions: None,
            rest_limit: 5000,
            rest_used: 0,
            graphql_limit: 5000,
            graphql_used: 0,
            budget_reset: clock + jiff::SignedDuration::from_hours(1),
            story: Vec::new(),
            last_id: 0,
        };
        for login in ["ann", "ben", "rob", "eve", "agentos-bot"] {
            state.add_account(login, AccountKind::User, &[]);
        }
        state.add_account("acme", AccountKind::Organisation, &["ann"]);
        state.add_account("github-actions[bot]", AccountKind::Bot, &[]);
        state.add_token(TOKEN, "agentos-bot", &["repo", "project", "read:org", "workflow"]);
        state.add_repo("acme/shop");
        state.protect("acme/shop", "main", &["ci"]);
        state.clock = clock;
        state.story.clear();
        state
    }

    /// Adds an account; the first member of an organisation owns it.
    pub(crate) fn add_account(&mut self, login: &str, kind: AccountKind, members: &[&str]) {
        let id = self.id();
        let members = members.iter().map(|&member| member.to_owned()).collect();
        let account = Account { id, login: login.to_owned(), kind, members };
        self.accounts.insert(login.to_owned(), account);
    }

    /// Adds a classic token with its scopes.
    pub(crate) fn add_token(&mut self, secret: &str, login: &str, scopes: &[&str]) {
        self.tokens.push(Token {
            secret: secret.to_owned(),
            login: login.to_owned(),
            scopes: Some(scopes.iter().map(|&scope| scope.to_owned()).collect()),
            sso_missing: None,
        });
    }

    /// Adds a repository with the usual collaborators, labels and a first commit on `main`.
    pub(crate) fn add_repo(&mut self, full_name: &str) {
        let (owner, name) = full_name.split_once('/').unwrap();
        let (id, created_at) = (self.id(), self.clock);
        let people = [
            ("ann", Permission::Admin),
            ("ben", Permission::Write),
            ("rob", Permission::Read),
            ("agentos-bot", Permission::Write),
        ];
        let folder = self.path_of(id);
        git::init(&folder);
        let files = [("README.md", "# Shop\n"), ("test.sh", "test ! -e broken\n")];
        let sha = git::commit(&folder, ("main", "main"), &files, "Begin\n", created_at);
        self.repos.push(Repo {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            old_names: Vec::new(),
            private: false,
            archived: false,
            has_issues: true,
            default_branch: "main".to_owned(),
            fork_of: None,
            created_at,
            collaborators: people.map(|(login, may)| (login.to_owned(), may)).into(),
            labels: Vec::new(),
            issues: BTreeMap::new(),
            protection: BTreeMap::new(),
            rules: BTreeMap::new(),
            other_rules: BTreeMap::new(),
            checks: Vec::new(),
            statuses: Vec::new(),
            runs: Vec::new(),
            branches: [("main".to_owned(), sha)].into(),
            delete_branch_on_merge: false,
        });
        self.add_label(full_name, "bug", "d73a4a");
        self.add_label(full_name, "enhancement", "a2eeef");
    }

    /// Makes a copy of a repository that belongs to somebody else.
    pub(crate) fn fork(&mut self, full_name: &str, owner: &str) -> String {
        let original = self.repo(full_name).unwrap().clone();
        let id = self.id();
        git::copy(&self.path_of(original.id), &self.path_of(id));
        let fork = Repo {
            id,
            owner: owner.to_owned(),
            fork_of: Some(original.id),
            collaborators: [(owner.to_owned(), Permission::Admin)].into(),
            issues: BTreeMap::new(),
            protection: BTreeMap::new(),
            ..original
        };
        let name = fork.full_name();
        self.repos.push(fork);
        name
    }

    /// Gives a repository another name; the old one leads to it.
    pub(crate) fn rename(&mut self, full_name: &str, to: &str) {
        let repo = self.repo_mut(full_name).unwrap();
        let (owner, name) = to.split_once('/').unwrap();
        repo.old_names.push(repo.full_name());
        (repo.owner, repo.name) = (owner.to_owned(), name.to_owned());
    }

    /// Protects a branch: nothing is merged or pushed there before these checks are green.
    pub(crate) fn protect(&mut self, full_name: &str, branch: &str, checks: &[&str]) {
        let checks = checks.iter().map(|&check| check.to_owned()).collect();
        let protection = Protection { checks, ..Protection::default() };
        self.repo_mut(full_name).unwrap().protection.insert(branch.to_owned(), protection);
    }

    /// Returns the folder of a bare repository.
    pub(crate) fn path_of(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id}.git"))
    }

    /// Returns the folder of the bare repository of a name.
    pub(crate) fn path(&self, full_name: &str) -> PathBuf {
        self.path_of(self.repo(full_name).unwrap().id)
    }

    /// Adds a label to a repository.
    pub(crate) fn add_label(&mut self, full_name: &str, name: &str, color: &str) {
        let id = self.id();
        let label = Label { id, name: name.to_owned(), color: color.to_owned(), description: None };
        self.repo_mut(full_name).unwrap().labels.push(label);
    }

    /// Returns an issue or a pull request.
    pub(crate) fn issue(&self, full_name: &str, number: u64) -> &Issue {
        &self.repo(full_name).unwrap().issues[&number]
    }

    /// Returns an issue or a pull request to be changed.
    pub(crate) fn issue_mut(&mut self, full_name: &str, number: u64) -> &mut Issue {
        self.repo_mut(full_name).unwrap().issues.get_mut(&number).unwrap()
    }

    /// Opens an issue and returns its number.
    pub(crate) fn open_issue(
        &mut self,
        full_name: &str,
        author: &str,
        title: &str,
        body: &str,
    ) -> u64 {
        let (at, id) = (self.write(), self.id());
        let repo = self.repo_mut(full_name).unwrap();
        let number = repo.issues.keys().next_back().copied().unwrap_or(0) + 1;
        let issue = Issue {
            id,
            number,
            title: title.to_owned(),
            body: Some(body.to_owned()),
            author: author.to_owned(),
            open: true,
            reason: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            locked: false,
            created_at: at,
            updated_at: at,
            closed_at: None,
            closed_by: None,
            comments: Vec::new(),
            events: Vec::new(),
            pull: None,
            gone: Gone::No,
            hidden_for: 0,
        };
        repo.issues.insert(number, issue);
        number
    }

    /// Writes a comment and returns its number.
    pub(crate) fn comment(
        &mut self,
        full_name: &str,
        number: u64,
        author: &str,
        body: &str,
    ) -> u64 {
        let (at, id) = (self.write(), self.id());
        let issue = self.issue_mut(full_name, number);
        issue.updated_at = at;
        issue.comments.push(Comment {
            id,
            author: author.to_owned(),
            body: body.to_owned(),
            created_at: at,
            updated_at: at,
            hidden_for: 0,
        });
        self.story.push(format!("{full_name}#{number} comment by {author}: {}", first(body)));
        id
    }

    /// Notes that something happened to an issue.
    pub(crate) fn happened(&mut self, full_name: &str, number: u64, actor: &str, what: EventKind) {
        let (at, id) = (self.write(), self.id());
        let issue = self.issue_mut(full_name, number);
        issue.updated_at = at;
        issue.events.push(Event { id, actor: Some(actor.to_owned()), at, what });
    }

    /// Puts a label on an issue, and makes it in grey when the repository has none of that name.
    pub(crate) fn label(&mut self, full_name: &str, number: u64, actor: &str, name: &str) {
        let labels = &self.repo(full_name).unwrap().labels;
        let known = labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
        let name = known.map_or_else(|| name.to_owned(), |label| label.name.clone());
        if known.is_none() {
            self.add_label(full_name, &name, "ededed");
        }
        let issue = self.issue_mut(full_name, number);
        if !issue.labels.contains(&name) {
            issue.labels.push(name.clone());
            self.happened(full_name, number, actor, EventKind::Labeled(name.clone()));
            self.story.push(format!("{full_name}#{number} label +{name}"));
        }
    }

    /// Takes a label off an issue; returns whether it was there.
    pub(crate) fn unlabel(
        &mut self,
        full_name: &str,
        number: u64,
        actor: &str,
        name: &str,
    ) -> bool {
        let issue = self.issue_mut(full_name, number);
        let Some(place) = issue.labels.iter().position(|l| l.eq_ignore_ascii_case(name)) else {
            return false;
        };
        let name = issue.labels.remove(place);
        self.happened(full_name, number, actor, EventKind::Unlabeled(name.clone()));
        self.story.push(format!("{full_name}#{number} label -{name}"));
        true
    }

    /// Closes an issue or a pull request.
    pub(crate) fn close(&mut self, full_name: &str, number: u64, actor: &str, reason: &str) {
        if !self.issue(full_name, number).open {
            return;
        }
        self.happened(full_name, number, actor, EventKind::Closed(None));
        let at = self.clock;
        let issue = self.issue_mut(full_name, number);
        issue.open = false;
        issue.closed_at = Some(at);
        issue.closed_by = Some(actor.to_owned());
        issue.reason = issue.pull.is_none().then(|| reason.to_owned());
        self.story.push(format!("{full_name}#{number} closed"));
    }

    /// Opens a closed issue or pull request again.
    pub(crate) fn reopen(&mut self, full_name: &str, number: u64, actor: &str) {
        if self.issue(full_name, number).open {
            return;
        }
        self.happened(full_name, number, actor, EventKind::Reopened);
        let issue = self.issue_mut(full_name, number);
        issue.open = true;
        (issue.closed_at, issue.closed_by) = (None, None);
        issue.reason = issue.pull.is_none().then(|| "reopened".to_owned());
        self.story.push(format!("{full_name}#{number} reopened"));
    }

    /// Sets the check run of another app than Actions for a commit: `success`, `failure` …, or `queued`, `in_progress`.
    pub(crate) fn check(&mut self, full_name: &str, sha: &str, name: &str, outcome: &str) -> u64 {
        let at = self.write();
        let (id, suite) = (self.id(), self.id());
        let ended = !matches!(outcome, "queued" | "in_progress");
        let run = CheckRun {
            id,
            suite,
            app: "ci-app".to_owned(),
            name: name.to_owned(),
            sha: sha.to_owned(),
            status: if ended { "completed" } else { outcome }.to_owned(),
            conclusion: ended.then(|| outcome.to_owned()),
            output: None,
            annotations: Vec::new(),
            started_at: at,
            completed_at: ended.then_some(at),
        };
        let checks = &mut self.repo_mut(full_name).unwrap().checks;
        checks.retain(|old| !(old.sha == sha && old.name == name && old.app == run.app));
        checks.push(run);
        id
    }

    /// Commits files to a branch, which begins at the default branch when it is new, as a person with the repository would.
    pub(crate) fn commit(
        &mut self,
        full_name: &str,
        branch: &str,
        files: &[(&str, &str)],
        message: &str,
    ) -> String {
        let at = self.write();
        let from = self.repo(full_name).unwrap().default_branch.clone();
        let sha = git::commit(&self.path(full_name), (branch, &from), files, message, at);
        self.look_at_branches();
        sha
    }

    /// Removes what is on the disk of a repository that a test has taken out of the state.
    pub(crate) fn forget(&mut self, full_name: &str) {
        let id = self.repo(full_name).unwrap().id;
        self.repos.retain(|repo| repo.id != id);
        for issue in self.repos.iter_mut().flat_map(|repo| repo.issues.values_mut()) {
            if let Some(pull) = issue.pull.as_mut().filter(|pull| pull.head_repo == Some(id)) {
                pull.head_repo = None;
            }
        }
        fs::remove_dir_all(self.path_of(id)).unwrap();
    }
}

/// Returns the first words of a text on one line.
pub(crate) fn first(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().take(60).collect()
}
