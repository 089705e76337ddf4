//! What an answer of GitHub's says, read from its bytes alone: the same readers as those of the client, without a server. What is read here
//! is nobody's word for a write; it is for whoever wants to know how an answer is understood.

use serde::de::DeserializeOwned;

use super::pull_wire::Pull;
use super::sight_checks::CommitSeen;
use super::sight_wire::SightData;
use super::wire::{self, malformed};
use crate::domain::ids::RepoSlug;
use crate::domain::issue::Issue;
use crate::domain::pull::Standing;
use crate::host::{HostError, Sight};

/// An issue of the REST interface; `None` where it is a pull request, which has an issue of the same number.
///
/// # Errors
///
/// [`HostError::Malformed`] when it is no JSON, lacks a field or is in no state that we know.
pub fn issue(json: &[u8]) -> Result<Option<Issue>, HostError> {
    let issue: wire::Issue = read("an issue", json)?;
    if issue.is_pull_request() { Ok(None) } else { issue.into_domain(None).map(Some) }
}

/// A pull request of the REST interface, asked for alone.
///
/// # Errors
///
/// As [`issue()`], and when names of branches and commits cannot be such.
pub fn pull_request(json: &[u8], slug: &RepoSlug) -> Result<Standing, HostError> {
    let pull: Pull = read("a pull request", json)?;
    let (mergeable, word) = (pull.mergeable(), pull.word());
    Ok(Standing { pull: pull.into_domain(slug)?, mergeable, word })
}

/// The `data` of an answer to the document `PullSight`: what it shows of the pull request and its issue, without the comments and the column
/// of the board, which take more than this answer.
///
/// # Errors
///
/// As [`pull_request()`].
pub fn sight(json: &[u8], slug: &RepoSlug) -> Result<Sight, HostError> {
    let mut seen = read::<SightData>("a sight", json)?.repository;
    let reviews = seen.pull_request.take_reviews();
    let checks = seen.pull_request.take_head().and_then(CommitSeen::checks_of_head);
    Ok(Sight {
        of: None,
        checks,
        reviews,
        base_tip: seen.pull_request.base_tip(),
        base_checks: None,
        standing: Some(seen.pull_request.into_standing(slug)?),
        issue: Some(seen.issue.into_domain()?),
        knows_column: false,
        comments: None,
    })
}

fn read<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, HostError> {
    serde_json::from_slice(json).map_err(|error| malformed(what, error.to_string()))
}
