//! What pull requests have and issues have not.

use super::super::render::{association, mergeable_state};
use super::super::state::{Issue, Mergeable, Pull, Repo, State, node};
use super::accounts::actor;
use super::checks::rollup;
use super::connections::{Entry, empty, page};
use super::things::{Answer, Ask, Out, Thing, World, issue_of};

/// Answers a field of a pull request.
pub(super) fn pull(world: &World, repo_id: u64, number: u64, ask: &Ask) -> Answer {
    if ask.name == "mergeable" {
        return Ok(mergeable(world, repo_id, number).map(Out::leaf));
    }
    let state = world.state.borrow();
    let Some((repo, issue)) = issue_of(&state, repo_id, number) else { return Ok(None) };
    let Some(pull) = &issue.pull else { return Ok(None) };
    let merged = pull.merged.as_ref();
    Ok(Some(match ask.name {
        "isDraft" => Out::leaf(pull.draft),
        "headRefName" => Out::leaf(pull.head.as_str()),
        "headRefOid" => Out::leaf(pull.head_sha.as_str()),
        "baseRefName" => Out::leaf(pull.base.as_str()),
        "baseRefOid" => Out::leaf(pull.base_sha.as_str()),
        "headRepository" => Out::maybe(pull.head_repo.map(Thing::Repo)),
        "headRepositoryOwner" => actor(&state, Some(&pull.head_owner)),
        "baseRepository" => Out::One(Thing::Repo(repo.id)),
        "baseRef" => reference(&state, repo.id, &pull.base),
        "headRef" => pull.head_repo.map_or_else(Out::null, |id| reference(&state, id, &pull.head)),
        "isCrossRepository" | "maintainerCanModify" => Out::leaf(pull.head_repo != Some(repo.id)),
        "mergeStateStatus" => Out::leaf(merge_state(&state, repo, issue, pull)),
        "merged" => Out::leaf(merged.is_some()),
        "mergedAt" => Out::leaf(merged.map(|merged| merged.at.to_string())),
        "mergedBy" => actor(&state, merged.map(|merged| merged.by.as_str())),
        "mergeCommit" => {
            Out::maybe(merged.map(|merged| Thing::Commit(repo.id, merged.sha.clone())))
        }
        "isInMergeQueue" | "isMergeQueueEnabled" => Out::leaf(false),
        "autoMergeRequest" | "reviewDecision" | "mergeQueueEntry" => Out::null(),
        "reviews" => page("PullRequestReviewConnection", ask, reviews(&state, repo, pull))?,
        "latestReviews" | "latestOpinionatedReviews" if pull.reviews.is_empty() => {
            empty("PullRequestReviewConnection", ask)?
        }
        "reviewRequests" => empty("ReviewRequestConnection", ask)?,
        "reviewThreads" => empty("PullRequestReviewThreadConnection", ask)?,
        "statusCheckRollup" => rollup(&state, repo.id, &pull.head_sha),
        "commits" => {
            let commit = Thing::Commit(repo.id, pull.head_sha.clone());
            let made = Thing::Made("PullRequestCommit", vec![("commit", Out::One(commit))]);
            page(
                "PullRequestCommitConnection",
                ask,
                vec![Entry { id: pull.head_sha.clone(), thing: made }],
            )?
        }
        _ => return Ok(None),
    }))
}

fn reference(state: &State, repo: u64, branch: &str) -> Out {
    let there = state.repo_of(repo).is_some_and(|repo| repo.branches.contains_key(branch));
    Out::maybe(there.then(|| Thing::Branch(repo, branch.to_owned())))
}

/// The reviews, oldest first. An author who has gone is null.
fn reviews(state: &State, repo: &Repo, pull: &Pull) -> Vec<Entry> {
    let entry = |review: &super::super::state::Review| {
        let fields = vec![
            ("id", Out::leaf(node("PRR", review.id))),
            ("state", Out::leaf(review.state.as_str())),
            ("author", actor(state, Some(&review.author))),
            ("authorAssociation", Out::leaf(association(state, repo, &review.author))),
            ("submittedAt", Out::leaf(review.at.to_string())),
            ("commit", Out::One(Thing::Commit(repo.id, review.sha.clone()))),
        ];
        Entry { id: node("PRR", review.id), thing: Thing::Made("PullRequestReview", fields) }
    };
    pull.reviews.iter().map(entry).collect()
}

/// Whether it can be merged, as far as it is known: asking makes GitHub compute it, and the answer to that is that it does not know yet.
fn mergeable(world: &World, repo_id: u64, number: u64) -> Option<&'static str> {
    let mut state = world.state.borrow_mut();
    let full_name = state.repo_of(repo_id)?.full_name();
    issue_of(&state, repo_id, number)?.1.pull.as_ref()?;
    Some(match state.read_mergeable(&full_name, number) {
        None => "UNKNOWN",
        Some(true) => "MERGEABLE",
        Some(false) => "CONFLICTING",
    })
}

/// The same word as that of the REST interface.
fn merge_state(state: &State, repo: &Repo, issue: &Issue, pull: &Pull) -> String {
    let known = match pull.mergeable {
        _ if !issue.open => None,
        Mergeable::Unknown => None,
        Mergeable::Clean => Some(true),
        Mergeable::Conflict => Some(false),
    };
    mergeable_state(state, repo, pull, known).to_uppercase()
}
