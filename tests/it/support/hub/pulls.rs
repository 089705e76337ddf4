//! Pull requests as the hub changes them: opened, followed by pushes, merged, closed with their branch.

use super::git;
use super::state::{EventKind, Mergeable, Merged, Pull, Review, State};

/// Why a pull request was not merged: status and message.
pub(crate) type Refused = (u16, String);

impl State {
    /// Opens a pull request of a branch (`owner:branch` from a fork) and returns its number, or why it may not be.
    pub(crate) fn open_pull(
        &mut self,
        full_name: &str,
        author: &str,
        (head, base): (&str, &str),
        (title, body): (&str, &str),
    ) -> Result<u64, String> {
        self.look_at_branches();
        let repo = self.repo(full_name).ok_or("no repository")?;
        let (owner, branch) = head.split_once(':').unwrap_or((&repo.owner, head));
        let source = self.repos.iter().find(|other| {
            other.owner.eq_ignore_ascii_case(owner)
                && (other.id == repo.id || other.fork_of == Some(repo.id))
        });
        let source = source.ok_or("head")?;
        let head_sha = source.branches.get(branch).ok_or("head")?.clone();
        let base_sha = repo.branches.get(base).ok_or("base")?.clone();
        if repo
            .issues
            .values()
            .any(|issue| issue.open && is_of(issue.pull.as_ref(), source.id, branch, base))
        {
            return Err(format!("A pull request already exists for {}:{branch}.", source.owner));
        }
        let (source_id, id, owner) = (source.id, repo.id, source.owner.clone());
        let keep = format!("refs/hub/{head_sha}");
        if source_id != id {
            git::fetch(&self.path_of(id), &self.path_of(source_id), &head_sha, &keep);
        }
        if git::between(&self.path_of(id), &base_sha, &head_sha).is_empty() {
            return Err(format!("No commits between {base} and {head}"));
        }
        let (branch, base) = (branch.to_owned(), base.to_owned());
        let number = self.open_issue(full_name, author, title, body);
        let pull_id = self.id();
        self.story.push(format!("{full_name}#{number} pull opened {head} -> {base}: {title}"));
        self.issue_mut(full_name, number).pull = Some(Pull {
            id: pull_id,
            base,
            base_sha,
            head_repo: Some(source_id),
            head_owner: owner,
            head: branch,
            head_sha,
            draft: false,
            mergeable: Mergeable::Unknown,
            reviews: Vec::new(),
            word: None,
            merged: None,
        });
        self.queue_workflow(full_name, number);
        Ok(number)
    }

    /// Looks at all branches and lets pull requests follow what was pushed, whoever pushed it and however.
    pub(crate) fn look_at_branches(&mut self) {
        for place in 0..self.repos.len() {
            let repo = &self.repos[place];
            let (id, full_name) = (repo.id, repo.full_name());
            let now: std::collections::BTreeMap<_, _> =
                git::branches(&self.path_of(id)).into_iter().collect();
            let before = std::mem::replace(&mut self.repos[place].branches, now.clone());
            for (branch, sha) in &now {
                if before.get(branch) != Some(sha) {
                    self.story.push(format!("{full_name} branch {branch} pushed"));
                    self.head_moved(id, branch, Some(sha));
                    self.base_moved(id, branch, sha);
                }
            }
            for branch in before.keys().filter(|branch| !now.contains_key(*branch)) {
                self.story.push(format!("{full_name} branch {branch} deleted"));
                self.head_moved(id, branch, None);
            }
        }
    }

    /// Lets open pull requests follow their head; without a commit the branch is gone and they are closed.
    fn head_moved(&mut self, source: u64, branch: &str, sha: Option<&str>) {
        let of_it = |pull: Option<&Pull>| {
            pull.is_some_and(|pull| pull.head_repo == Some(source) && pull.head == branch)
        };
        for (full_name, number) in self.open_pulls(of_it) {
            let Some(sha) = sha else {
                self.close(&full_name, number, "ann", "completed");
                continue;
            };
            let into = self.path(&full_name);
            if into != self.path_of(source) {
                git::fetch(&into, &self.path_of(source), sha, &format!("refs/hub/{sha}"));
            }
            let at = self.write();
            let issue = self.issue_mut(&full_name, number);
            issue.updated_at = at;
            if let Some(pull) = &mut issue.pull {
                sha.clone_into(&mut pull.head_sha);
                pull.mergeable = Mergeable::Unknown;
            }
            self.queue_workflow(&full_name, number);
        }
    }

    /// Forgets what is known of pull requests to a branch that moved; one whose head is in it now counts as merged.
    fn base_moved(&mut self, id: u64, branch: &str, sha: &str) {
        let here = self.repo_of(id).map(super::state::Repo::full_name).unwrap_or_default();
        let folder = self.path_of(id);
        for (full_name, number) in
            self.open_pulls(|pull| pull.is_some_and(|pull| pull.base == branch))
        {
            if full_name != here {
                continue;
            }
            let Some(pull) = self.issue_mut(&full_name, number).pull.as_mut() else { continue };
            sha.clone_into(&mut pull.base_sha);
            pull.mergeable = Mergeable::Unknown;
            if git::contains(&folder, sha, &pull.head_sha) {
                self.mark_merged(&full_name, number, "ann", sha);
            }
        }
    }

    fn open_pulls(&self, wanted: impl Fn(Option<&Pull>) -> bool) -> Vec<(String, u64)> {
        let pulls = self.repos.iter().flat_map(|repo| {
            let wanted = &wanted;
            let mine = repo.issues.values().filter(move |i| i.open && wanted(i.pull.as_ref()));
            mine.map(|issue| (repo.full_name(), issue.number))
        });
        pulls.collect()
    }

    /// Answers whether a pull request can be merged, as a read does: the first one after a push only begins to compute it.
    pub(crate) fn read_mergeable(&mut self, full_name: &str, number: u64) -> Option<bool> {
        let folder = self.path(full_name);
        let pull = self.issue_mut(full_name, number).pull.as_mut()?;
        let known = match pull.mergeable {
            Mergeable::Unknown => None,
            Mergeable::Clean => Some(true),
            Mergeable::Conflict => Some(false),
        };
        if pull.merged.is_none() && known.is_none() {
            let clean = git::merge_tree(&folder, &pull.base_sha, &pull.head_sha).is_some();
            pull.mergeable = if clean { Mergeable::Clean } else { Mergeable::Conflict };
        }
        if pull.merged.is_some() { None } else { known }
    }

    /// Returns the required checks of a branch that are not green for a commit.
    pub(crate) fn missing_checks(&self, full_name: &str, branch: &str, sha: &str) -> Vec<String> {
        let Some(repo) = self.repo(full_name) else { return Vec::new() };
        let mut wanted: Vec<String> =
            repo.protection.get(branch).map(|rule| rule.checks.clone()).unwrap_or_default();
        wanted.extend(repo.rules.get(branch).cloned().unwrap_or_default());
        wanted.retain(|name| !is_green(repo, sha, name));
        wanted
    }

    /// Returns whether a protection demands that heads are up to date, and this one is not.
    pub(crate) fn is_behind(&self, full_name: &str, pull: &Pull) -> bool {
        let Some(repo) = self.repo(full_name) else { return false };
        let strict = repo.protection.get(&pull.base).is_some_and(|rule| rule.strict);
        strict && !git::contains(&self.path_of(repo.id), &pull.head_sha, &pull.base_sha)
    }

    /// Lets somebody review the present head of a pull request.
    pub(crate) fn review(&mut self, full_name: &str, number: u64, author: &str, word: &str) {
        let (at, id) = (self.write(), self.id());
        let Some(pull) = &mut self.issue_mut(full_name, number).pull else { return };
        let sha = pull.head_sha.clone();
        let (author, state) = (author.to_owned(), word.to_owned());
        pull.reviews.push(Review { id, author, state, sha, at });
    }

    /// Squashes a pull request onto its base, or merges it, when everything allows it; returns the new commit.
    pub(crate) fn merge_pull(
        &mut self,
        full_name: &str,
        number: u64,
        by: &str,
        (method, expected): (&str, Option<&str>),
        message: Option<&str>,
    ) -> Result<String, Refused> {
        self.look_at_branches();
        let issue = self.issue(full_name, number).clone();
        let Some(pull) =
            issue.pull.filter(|pull| issue.open && pull.merged.is_none() && !pull.draft)
        else {
            return Err((405, "Pull Request is not mergeable".to_owned()));
        };
        if expected.is_some_and(|sha| sha != pull.head_sha) {
            let text = "Head branch was modified. Review and try the merge again.";
            return Err((409, text.to_owned()));
        }
        let missing = self.missing_checks(full_name, &pull.base, &pull.head_sha);
        if let Some(first) = missing.first() {
            let text = match missing.len() {
                1 => format!("Required status check \"{first}\" is expected."),
                many => format!("{many} of {many} required status checks are expected."),
            };
            return Err((405, text));
        }
        if self.is_behind(full_name, &pull) {
            return Err((405, "The head branch is not up to date with the base branch".to_owned()));
        }
        let folder = self.path(full_name);
        let conflict = || (405, "Pull Request is not mergeable".to_owned());
        let tree = git::merge_tree(&folder, &pull.base_sha, &pull.head_sha).ok_or_else(conflict)?;
        let at = self.write();
        let title = format!("{} (#{number})", issue.title);
        let message = message.map_or(title, str::to_owned);
        let parents: &[&str] = match method {
            "merge" => &[&pull.base_sha, &pull.head_sha],
            _ => &[&pull.base_sha],
        };
        let made =
            git::commit_tree(&folder, (&pull.base, parents), &tree, &message, (&issue.author, at));
        let moved = "Base branch was modified. Review and try the merge again.";
        let sha = made.ok_or((405, moved.to_owned()))?;
        if let Some(repo) = self.repo_mut(full_name) {
            repo.branches.insert(pull.base.clone(), sha.clone());
        }
        self.mark_merged(full_name, number, by, &sha);
        let id = self.repo(full_name).map_or(0, |repo| repo.id);
        self.base_moved(id, &pull.base, &sha);
        if self
            .repo(full_name)
            .is_some_and(|r| r.delete_branch_on_merge && Some(r.id) == pull.head_repo)
        {
            git::set_branch(&folder, &pull.head, None);
            self.look_at_branches();
        }
        Ok(sha)
    }

    /// Notes that a pull request is merged and closes the issues that its text promises to close.
    fn mark_merged(&mut self, full_name: &str, number: u64, by: &str, sha: &str) {
        self.happened(full_name, number, by, EventKind::Merged(sha.to_owned()));
        let at = self.clock;
        let default = self.repo(full_name).map(|repo| repo.default_branch.clone());
        let issue = self.issue_mut(full_name, number);
        issue.open = false;
        (issue.closed_at, issue.closed_by) = (Some(at), Some(by.to_owned()));
        let body = issue.body.clone().unwrap_or_default();
        let mut to_default = false;
        if let Some(pull) = &mut issue.pull {
            pull.merged = Some(Merged { at, by: by.to_owned(), sha: sha.to_owned() });
            to_default = Some(&pull.base) == default.as_ref();
        }
        self.story.push(format!("{full_name}#{number} merged"));
        for closed in closes(&body).into_iter().filter(|_| to_default) {
            let there = self.repo(full_name).is_some_and(|repo| repo.issues.contains_key(&closed));
            if there {
                self.close(full_name, closed, by, "completed");
            }
        }
    }
}

fn is_of(pull: Option<&Pull>, source: u64, branch: &str, base: &str) -> bool {
    pull.is_some_and(|pull| {
        pull.head_repo == Some(source) && pull.head == branch && pull.base == base
    })
}

/// Returns whether the newest check run or status of a name allows a merge.
fn is_green(repo: &super::state::Repo, sha: &str, name: &str) -> bool {
    let run = repo.checks.iter().rfind(|run| run.sha == sha && run.name == name);
    let status = repo.statuses.iter().rfind(|s| s.sha == sha && s.context == name);
    let run_green =
        run.map(|run| matches!(run.conclusion.as_deref(), Some("success" | "neutral" | "skipped")));
    let status_green = status.map(|status| status.state == "success");
    match (run_green, status_green) {
        (None, None) => false,
        (run, status) => run != Some(false) && status != Some(false),
    }
}

/// Returns the issues that a text promises to close.
fn closes(body: &str) -> Vec<u64> {
    let words: Vec<&str> = body.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| {
        let word = pair[0].trim_end_matches(':').to_lowercase();
        matches!(
            word.as_str(),
            "close"
                | "closes"
                | "closed"
                | "fix"
                | "fixes"
                | "fixed"
                | "resolve"
                | "resolves"
                | "resolved"
        )
    });
    let numbers = pairs.filter_map(|pair| {
        pair[1].strip_prefix('#')?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
    });
    numbers.collect()
}
