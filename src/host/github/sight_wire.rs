//! What the document `PullSight` answers with, and what it is to us. A list that goes on, or that has a hole, is none.

mod issue;

use jiff::Timestamp;
use serde::Deserialize;

pub(super) use self::issue::IssueSeen;
use super::pull_wire::{closes, sha, word};
use super::review_wire::{ReviewWire, understood};
use super::sight_checks::CommitSeen;
use super::wire::{User, malformed, present};
use crate::domain::ids::{CommitSha, PrNumber, RepoSlug};
use crate::domain::pull::{Mergeable, PullRequest, PullState, Review, Standing};
use crate::host::HostError;

/// The answer.
#[derive(Debug, Deserialize)]
pub(super) struct SightData {
    pub(super) repository: RepositorySeen,
}

/// The repository and what is in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the fields are GitHub's")]
pub(super) struct RepositorySeen {
    pub(super) name_with_owner: String,
    pub(super) is_private: bool,
    pub(super) is_archived: bool,
    pub(super) is_disabled: bool,
    pub(super) has_issues_enabled: bool,
    pub(super) squash_merge_allowed: bool,
    #[serde(deserialize_with = "present")]
    pub(super) viewer_permission: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) labels: Option<Page<Named>>,
    pub(super) pull_request: PullSeen,
    pub(super) issue: IssueSeen,
    /// Only where a commit of the base was asked for.
    #[serde(default)]
    pub(super) base: Option<BaseSeen>,
}

/// A commit of the base. An object of another kind has no checks.
#[derive(Debug, Deserialize)]
pub(super) struct BaseSeen {
    #[serde(flatten)]
    pub(super) commit: Option<CommitSeen>,
}

/// A list, as far as one page shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    page_info: PageInfo,
    nodes: Option<Vec<Option<T>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

impl<T> Page<T> {
    /// All of the list, where this page is all of it.
    pub(super) fn whole(self) -> Option<Vec<T>> {
        if self.page_info.has_next_page {
            return None;
        }
        self.nodes?.into_iter().collect()
    }
}

/// A label.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// The names of labels, where they are all there.
pub(super) fn names(page: Option<Page<Named>>) -> Option<Vec<String>> {
    Some(page?.whole()?.into_iter().map(|label| label.name).collect())
}

/// Whoever wrote something.
#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

impl Actor {
    /// As the REST interface names it: a program's login says that it is one.
    fn into_user(self) -> User {
        match self.kind.as_str() {
            "Bot" => User::of_kind(format!("{}[bot]", self.login), "Bot"),
            kind => User::of_kind(self.login, kind),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Oid {
    oid: String,
}

#[derive(Debug, Deserialize)]
struct Reference {
    #[serde(deserialize_with = "present")]
    target: Option<Oid>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryName {
    name_with_owner: String,
}

/// The newest commit of a pull request, in a list of one.
#[derive(Debug, Deserialize)]
struct Commits {
    #[serde(deserialize_with = "present")]
    nodes: Option<Vec<Option<OfPull>>>,
}

#[derive(Debug, Deserialize)]
struct OfPull {
    commit: CommitSeen,
}

/// The pull request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullSeen {
    number: u64,
    title: String,
    body: String,
    state: String,
    is_draft: bool,
    url: String,
    created_at: Timestamp,
    head_ref_name: String,
    head_ref_oid: String,
    #[serde(deserialize_with = "present")]
    head_repository: Option<RepositoryName>,
    base_ref_name: String,
    #[serde(deserialize_with = "present")]
    base_ref: Option<Reference>,
    mergeable: String,
    merge_state_status: String,
    #[serde(deserialize_with = "present")]
    merge_commit: Option<Oid>,
    #[serde(deserialize_with = "present")]
    labels: Option<Page<Named>>,
    #[serde(deserialize_with = "present")]
    reviews: Option<Page<ReviewSeen>>,
    commits: Commits,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewSeen {
    state: String,
    author_association: String,
    #[serde(deserialize_with = "present")]
    author: Option<Actor>,
    #[serde(deserialize_with = "present")]
    commit: Option<Oid>,
}

impl PullSeen {
    /// The tip of its base branch; nothing where there is no such branch.
    pub(super) fn base_tip(&self) -> Option<CommitSha> {
        self.base_ref.as_ref()?.target.as_ref()?.oid.parse().ok()
    }

    /// What people said of it, where all of that is there.
    pub(super) fn take_reviews(&mut self) -> Option<Vec<Review>> {
        let listed = self.reviews.take()?.whole()?;
        let wire = listed.into_iter().map(|review| {
            let by = review.author.map(Actor::into_user);
            let head = review.commit.map(|commit| commit.oid);
            ReviewWire::of(by, review.state, review.author_association, head)
        });
        Some(understood(wire.collect()))
    }

    /// The commit at its head, where the list of its commits has got there.
    pub(super) fn take_head(&mut self) -> Option<CommitSeen> {
        let newest = self.commits.nodes.take()?.pop()??.commit;
        newest.is(&self.head_ref_oid).then_some(newest)
    }

    /// What it is to us.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when it is in no state that we know, or names cannot be such, or not all its labels are there.
    pub(super) fn into_standing(self, slug: &RepoSlug) -> Result<Standing, HostError> {
        let number = PrNumber(self.number);
        let what = format!("pull request {} of {slug}", number.0);
        let branch = |name: &str| {
            name.parse()
                .map_err(|error: crate::domain::ids::BadId| malformed(&what, error.to_string()))
        };
        let labels = names(self.labels)
            .ok_or_else(|| malformed(&what, "not all of its labels are shown"))?;
        let is_here =
            |repo: &RepositoryName| repo.name_with_owner.eq_ignore_ascii_case(slug.as_str());
        let pull = PullRequest {
            number,
            state: state(&what, &self.state, self.merge_commit.as_ref())?,
            draft: self.is_draft,
            head: branch(&self.head_ref_name)?,
            base: branch(&self.base_ref_name)?,
            head_sha: sha(&what, &self.head_ref_oid)?,
            same_repository: self.head_repository.as_ref().is_some_and(is_here),
            issue: closes(&self.body),
            title: self.title,
            body: self.body,
            labels,
            url: self.url,
            created_at: self.created_at,
        };
        let (mergeable, word) =
            (mergeable(&self.mergeable), word(&self.merge_state_status.to_lowercase()));
        Ok(Standing { pull, mergeable, word })
    }
}

fn state(what: &str, word: &str, merged_as: Option<&Oid>) -> Result<PullState, HostError> {
    match word {
        "OPEN" => Ok(PullState::Open),
        "CLOSED" => Ok(PullState::Closed),
        "MERGED" => {
            let commit = merged_as.map(|commit| sha(what, &commit.oid)).transpose()?;
            Ok(PullState::Merged { commit })
        }
        other => Err(malformed(what, format!("`state` is `{other}`, which is not known here"))),
    }
}

fn mergeable(word: &str) -> Mergeable {
    match word {
        "MERGEABLE" => Mergeable::Clean,
        "CONFLICTING" => Mergeable::Conflict,
        _ => Mergeable::Unknown,
    }
}

#[cfg(test)]
#[path = "sight_wire_tests.rs"]
mod tests;
