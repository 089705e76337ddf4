//! Pull requests, by the trait and for the command line; their merge stands in a file of its own.

use async_trait::async_trait;

use super::card::MAX_FILE_BYTES;
use super::failure::{refused, stale};
use super::folder;
use super::local_host::{FileKind, LocalHost};
use super::pull_file::{self, MergedBy, StoredPull};
use super::yaml_lines::Change;
use crate::domain::ids::{BranchName, CommitSha, PrNumber};
use crate::domain::pull::{HostWord, Mergeable, PullRequest, PullState, Review, Standing};
use crate::host::{HostError, MergeRequest, NewPullRequest, PullRequests};
use crate::sys::files::{self, FileError};
use crate::text::yaml::Value;

impl LocalHost {
    /// Lists the pull requests, merged and closed ones only if `all`; files that cannot be read are [`LocalHost::problems`].
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or git does not say where the branches stand.
    pub fn list_pulls(&self, all: bool) -> Result<Vec<PullRequest>, HostError> {
        let mut pulls = Vec::new();
        for stored in self.stored_pulls()? {
            if !all && stored.state != PullState::Open {
                continue;
            }
            let file = self.file(FileKind::Pulls, stored.number.0);
            match self.observed(stored) {
                Ok(pull) if all || pull.state == PullState::Open => pulls.push(pull),
                Ok(_) => {}
                Err(error @ HostError::Malformed { .. }) => self.note(file, &error),
                Err(error) => return Err(error),
            }
        }
        Ok(pulls)
    }

    /// Makes an open pull request a draft, or no draft any more; nothing is written when it is so already.
    ///
    /// # Errors
    ///
    /// When there is no such pull request, it is not open, or its file cannot be read or written.
    pub fn set_draft(&self, number: PrNumber, draft: bool) -> Result<(), HostError> {
        self.change(FileKind::Pulls, number.0, |card| {
            if pull_file::draft(card)? == draft {
                return Ok(Vec::new());
            }
            if pull_file::read(card, number)?.state != PullState::Open {
                return Err(refused(format!("change {}", card.what()), "it is not open any more"));
            }
            Ok(vec![Change::Set("draft", Value::Bool(draft))])
        })
    }

    pub(super) fn stored_pull(&self, number: PrNumber) -> Result<StoredPull, HostError> {
        pull_file::read(&self.read(FileKind::Pulls, number.0)?, number)
    }

    fn stored_pulls(&self) -> Result<Vec<StoredPull>, HostError> {
        self.read_all(FileKind::Pulls, |card, number| pull_file::read(card, PrNumber(number)))
    }

    /// What a pull request is at this moment: its branch's present tip, and merged where a merge of ours was cut short behind its push.
    fn observed(&self, mut stored: StoredPull) -> Result<PullRequest, HostError> {
        if stored.state == PullState::Open
            && let Some((head, commit)) = self.cut_short(&stored)?
        {
            stored.state = PullState::Merged { commit: Some(commit) };
            stored.head_sha = Some(head);
        }
        let looks = stored.state == PullState::Open || stored.head_sha.is_none();
        let tip = if looks { self.forge().tip(&stored.head)? } else { None };
        let Some(head) = tip.or_else(|| stored.head_sha.clone()) else {
            let what = self.name(FileKind::Pulls, stored.number.0);
            let reason = format!("branch `{}` is gone and `head_sha` is missing", stored.head);
            return Err(HostError::Malformed { what, reason });
        };
        Ok(stored.with_head(head))
    }

    /// All pull requests of a branch. A file that cannot be read and names the branch is an error: it may be the one that is looked for.
    fn stored_pulls_of(&self, head: &BranchName) -> Result<Vec<StoredPull>, HostError> {
        let pulls = self.stored_pulls()?;
        for number in folder::list(&self.folder(FileKind::Pulls))?.numbers {
            let file = self.file(FileKind::Pulls, number);
            let Some(problem) = self.problems().into_iter().find(|problem| problem.file == file)
            else {
                continue;
            };
            let may_be_it = match files::read_text(&file, MAX_FILE_BYTES) {
                Ok(text) => text.contains(head.as_str()),
                Err(FileError::NotFound { .. } | FileError::NotRegular { .. }) => false,
                Err(_) => true,
            };
            if may_be_it {
                let what = format!("a pull request that may be the one of `{head}`");
                return Err(HostError::Malformed { what, reason: problem.message });
            }
        }
        Ok(pulls.into_iter().filter(|pull| pull.head == *head).collect())
    }

    /// Writes down the merges of a branch that were pushed and, by a crash, never written down: else they would stand in the way of the next
    /// pull request of a branch that is used again.
    fn write_down_cut_short(&self, head: &BranchName) -> Result<(), HostError> {
        for stored in self.stored_pulls_of(head)? {
            if stored.state == PullState::Open
                && let Some((merged, commit)) = self.cut_short(&stored)?
            {
                self.write_merged(stored.number, &merged, &commit, MergedBy::Agentos)?;
            }
        }
        Ok(())
    }

    /// The tips of head and base of a new pull request.
    fn tips(&self, pull: &NewPullRequest) -> Result<CommitSha, HostError> {
        let what = || format!("open a pull request for `{}`", pull.head);
        let tip = |branch: &BranchName| {
            let missing = || refused(what(), format!("there is no branch `{branch}`"));
            self.forge().tip(branch)?.ok_or_else(missing)
        };
        let head = tip(&pull.head)?;
        if head == tip(&pull.base)? {
            return Err(refused(what(), format!("it has no commits that `{}` has not", pull.base)));
        }
        Ok(head)
    }
}

#[async_trait(?Send)]
impl PullRequests for LocalHost {
    async fn open_pulls(&self) -> Result<Vec<PullRequest>, HostError> {
        self.list_pulls(false)
    }

    async fn pull(&self, number: PrNumber) -> Result<PullRequest, HostError> {
        self.observed(self.stored_pull(number)?)
    }

    async fn pulls_of_branch(&self, head: &BranchName) -> Result<Vec<PullRequest>, HostError> {
        self.stored_pulls_of(head)?.into_iter().map(|pull| self.observed(pull)).collect()
    }

    async fn branch_tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError> {
        self.forge().tip(branch)
    }

    async fn create_pull(&self, pull: &NewPullRequest) -> Result<PullRequest, HostError> {
        let head_sha = self.tips(pull)?;
        let keys = pull_file::fresh(pull, &head_sha, &self.stamp())?;
        self.write_down_cut_short(&pull.head)?;
        let number = {
            let lock = self.lock()?;
            let present = self.stored_pulls_of(&pull.head)?;
            if let Some(open) = present.iter().find(|other| other.state == PullState::Open) {
                let reason = format!("{} is open for it already", open.number);
                return Err(refused(format!("open a pull request for `{}`", pull.head), reason));
            }
            self.create(&lock, FileKind::Pulls, &keys, &pull.body)?
        };
        self.pull(PrNumber(number)).await
    }

    async fn mergeable(&self, number: PrNumber) -> Result<Mergeable, HostError> {
        let pull = self.stored_pull(number)?;
        if pull.state != PullState::Open {
            return Err(refused(format!("merge {number}"), "it is not open any more"));
        }
        match (self.forge().tip(&pull.head)?, self.forge().tip(&pull.base)?) {
            (Some(head), Some(base)) => self.forge().mergeable(&head, &base),
            (None, _) => Ok(Mergeable::HeadGone),
            (Some(_), None) => Ok(Mergeable::BaseGone),
        }
    }

    async fn standing(&self, number: PrNumber) -> Result<Standing, HostError> {
        let pull = self.pull(number).await?;
        let mergeable = match pull.state {
            PullState::Open => self.mergeable(number).await?,
            PullState::Merged { .. } | PullState::Closed => Mergeable::Unknown,
        };
        // Nobody but `ci_command` and this configuration rules over a merge here.
        Ok(Standing { pull, mergeable, word: HostWord::Clean })
    }

    async fn reviews(&self, _number: PrNumber) -> Result<Vec<Review>, HostError> {
        Ok(Vec::new())
    }

    async fn merge(&self, request: &MergeRequest) -> Result<CommitSha, HostError> {
        self.merge_by(request, MergedBy::Agentos)
    }

    async fn edit_pull(&self, number: PrNumber, body: &str) -> Result<(), HostError> {
        self.replace_text(FileKind::Pulls, number.0, body)
    }

    async fn close_pull(&self, number: PrNumber) -> Result<(), HostError> {
        let present = self.pull(number).await?;
        if matches!(present.state, PullState::Merged { .. }) {
            return Err(refused(format!("close {number}"), "it is merged"));
        }
        self.change(FileKind::Pulls, number.0, |card| match pull_file::read(card, number)?.state {
            PullState::Open => Ok(vec![
                Change::text("state", "closed"),
                Change::text("closed_at", self.stamp()),
                Change::text("head_sha", present.head_sha.as_str()),
            ]),
            PullState::Closed => Ok(Vec::new()),
            PullState::Merged { .. } => Err(stale(card.what(), "it was merged")),
        })
    }
}
