//! Pull requests: found, opened, merged and closed.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::comments::check_length;
use super::endpoints;
use super::host::GithubHost;
use super::issues::MAX_TITLE_CHARS;
use super::pull_wire::{Pull, sha};
use super::review_wire::{ReviewWire, understood};
use super::wire::malformed;
use crate::domain::ids::{BranchName, CommitSha, PrNumber};
use crate::domain::pull::{Mergeable, PullRequest, PullState, Review, Standing};
use crate::host::{HostError, MergeRequest, NewPullRequest, PullRequests, Sight, SightOf};
use crate::text::clean;

/// The answer to a merge.
#[derive(Debug, Deserialize)]
struct MergeAnswer {
    merged: bool,
    sha: String,
    message: String,
}

impl GithubHost {
    async fn read_pull(&self, number: PrNumber) -> Result<Pull, HostError> {
        let call = self.call(&endpoints::PULL).with("pull_number", number.0);
        let answer = self.get::<Pull>(call).await;
        let pull = self.of_thing(answer, format!("pull request {}", number.0)).await?;
        if pull.number == number.0 {
            return Ok(pull);
        }
        let reason = format!("the answer is about #{}", pull.number);
        Err(malformed(self.name(format_args!("pull request {}", number.0)), reason))
    }

    /// Makes of a list what it is to us, oldest first. A foreign one whose branches nobody here could name stops nothing.
    fn all_understood(&self, listed: Vec<Pull>) -> Result<Vec<PullRequest>, HostError> {
        let mut pulls = Vec::with_capacity(listed.len());
        for pull in listed {
            if pull.has_usable_branches() {
                pulls.push(pull.into_domain(self.slug())?);
            } else {
                tracing::warn!(repo = %self.slug(), pr = pull.number, "its branch has a name that is not supported; left alone");
            }
        }
        pulls.sort_by_key(|pull| pull.number);
        pulls.dedup_by_key(|pull| pull.number);
        Ok(pulls)
    }

    /// Checks what a merge expects against a fresh read. The commit, where it has been merged already as it was wanted.
    async fn merged_already(
        &self,
        what: &str,
        request: &MergeRequest,
    ) -> Result<Option<CommitSha>, HostError> {
        let pull = self.fresh().pull(request.pr).await?;
        let refused = |reason: &str| {
            Err(HostError::Refused { what: format!("merge {what}"), reason: reason.to_owned() })
        };
        let stale = |reason| Err(HostError::Stale { what: what.to_owned(), reason });
        let is_expected = pull.head_sha == request.expected_head;
        match pull.state {
            PullState::Closed => refused("it is closed"),
            PullState::Merged { commit: Some(commit) } if is_expected => Ok(Some(commit)),
            PullState::Merged { commit: None } if is_expected => {
                stale("it was merged, and GitHub does not say as which commit".to_owned())
            }
            PullState::Merged { .. } => {
                stale(format!("it was merged with the head {}", pull.head_sha.short()))
            }
            PullState::Open if pull.draft => refused("it is a draft"),
            PullState::Open if !is_expected => {
                stale(format!("its head is now {}", pull.head_sha.short()))
            }
            PullState::Open => self.pin_base(what, &pull.base, request).await.map(|()| None),
        }
    }

    /// GitHub pins the head of a merge but not its base, so the base is read as late as can be.
    async fn pin_base(
        &self,
        what: &str,
        base: &BranchName,
        request: &MergeRequest,
    ) -> Result<(), HostError> {
        let Some(expected) = &request.expected_base else { return Ok(()) };
        let tip = self.fresh().tip_of(base).await?;
        if tip == *expected {
            return Ok(());
        }
        let reason = format!("its base `{base}` is now at {}", tip.short());
        Err(HostError::Stale { what: what.to_owned(), reason })
    }

    /// Sends the merge of exactly the expected head.
    async fn send_merge(&self, what: &str, request: &MergeRequest) -> Result<CommitSha, HostError> {
        let call = self.call(&endpoints::MERGE_PULL).with("pull_number", request.pr.0);
        let wanted = json!({
            "commit_title": clean::one_line(&request.title, MAX_TITLE_CHARS),
            "commit_message": request.message,
            "sha": request.expected_head.as_str(),
            "merge_method": "squash",
        });
        let answer: MergeAnswer = self.client().change(call, &wanted).await?;
        if answer.merged {
            return sha(what, &answer.sha);
        }
        let reason = clean::one_line(&answer.message, 300);
        Err(HostError::Refused { what: format!("merge {what}"), reason })
    }
}

#[async_trait(?Send)]
impl PullRequests for GithubHost {
    async fn open_pulls(&self) -> Result<Vec<PullRequest>, HostError> {
        let call = self.call(&endpoints::PULLS).query("state", "open");
        let call = call.query("sort", "created").query("direction", "asc");
        self.all_understood(self.list(call).await?)
    }

    async fn pull(&self, number: PrNumber) -> Result<PullRequest, HostError> {
        self.read_pull(number).await?.into_domain(self.slug())
    }

    async fn pulls_of_branch(&self, head: &BranchName) -> Result<Vec<PullRequest>, HostError> {
        let qualified = format!("{}:{head}", self.slug().owner());
        let call = self.call(&endpoints::PULLS).query("state", "all").query("head", qualified);
        let call = call.query("sort", "created").query("direction", "asc");
        let mut listed: Vec<Pull> = self.list(call).await?;
        // The owner may have a fork of the same repository under another name.
        listed.retain(|pull| pull.is_from(self.slug(), head.as_str()));
        self.all_understood(listed)
    }

    async fn branch_tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError> {
        match self.tip_of(branch).await {
            Ok(tip) => Ok(Some(tip)),
            Err(HostError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_pull(&self, pull: &NewPullRequest) -> Result<PullRequest, HostError> {
        let what = format!("open a pull request of {}", self.slug());
        let title = clean::one_line(&pull.title, MAX_TITLE_CHARS);
        if title.is_empty() {
            return Err(HostError::Refused { what, reason: "it needs a title".to_owned() });
        }
        check_length(&what, &pull.body)?;
        let new = json!({
            "title": title,
            "body": pull.body,
            "head": pull.head.as_str(),
            "base": pull.base.as_str(),
        });
        let made: Pull = self.client().change(self.call(&endpoints::CREATE_PULL), &new).await?;
        made.into_domain(self.slug())
    }

    async fn mergeable(&self, number: PrNumber) -> Result<Mergeable, HostError> {
        Ok(self.read_pull(number).await?.mergeable())
    }

    async fn standing(&self, number: PrNumber) -> Result<Standing, HostError> {
        let pull = self.read_pull(number).await?;
        let (mergeable, word) = (pull.mergeable(), pull.word());
        Ok(Standing { pull: pull.into_domain(self.slug())?, mergeable, word })
    }

    async fn reviews(&self, number: PrNumber) -> Result<Vec<Review>, HostError> {
        let call = self.call(&endpoints::REVIEWS).with("pull_number", number.0);
        let listed: Vec<ReviewWire> = self.list(call).await?;
        Ok(understood(listed))
    }

    async fn merge(&self, request: &MergeRequest) -> Result<CommitSha, HostError> {
        let what = self.name(format_args!("pull request {}", request.pr.0));
        if let Some(commit) = self.merged_already(&what, request).await? {
            return Ok(commit);
        }
        self.send_merge(&what, request).await
    }

    async fn merge_as_seen(&self, request: &MergeRequest) -> Result<CommitSha, HostError> {
        self.send_merge(&self.name(format_args!("pull request {}", request.pr.0)), request).await
    }

    async fn sight(&self, of: &SightOf) -> Option<Sight> {
        self.take_sight(of).await
    }

    async fn edit_pull(&self, number: PrNumber, body: &str) -> Result<(), HostError> {
        let what = format!("edit {}", self.name(format_args!("pull request {}", number.0)));
        check_length(&what, body)?;
        let call = self.call(&endpoints::UPDATE_PULL).with("pull_number", number.0);
        self.client().change_quietly(call, &json!({"body": body})).await
    }

    async fn close_pull(&self, number: PrNumber) -> Result<(), HostError> {
        match self.fresh().pull(number).await?.state {
            PullState::Closed => return Ok(()),
            PullState::Merged { .. } => {
                let what =
                    format!("close {}", self.name(format_args!("pull request {}", number.0)));
                return Err(HostError::Refused { what, reason: "it is merged".to_owned() });
            }
            PullState::Open => {}
        }
        let call = self.call(&endpoints::UPDATE_PULL).with("pull_number", number.0);
        self.client().change_quietly(call, &json!({"state": "closed"})).await
    }
}
