//! Merging and rebasing in memory: new commits in the mirror, no worktree, no reference moved.

use std::collections::BTreeSet;

use git2::{Commit, Index, MergeOptions, Oid, Repository, Sort};
use jiff::Timestamp;

use super::error::{GitError, library};
use super::mirror::Mirror;
use super::objects::{self, NewCommit, commit, make_commit};
use crate::domain::ids::CommitSha;

/// How a head stands to its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeState {
    /// The base has it already.
    UpToDate,
    /// It merges without help.
    Clean,
    /// These files do not merge by themselves.
    Conflict(Vec<String>),
}

impl Mirror {
    /// Finds out whether `head` merges into `base`.
    pub fn merge_state(&self, head: &CommitSha, base: &CommitSha) -> Result<MergeState, GitError> {
        let repository = self.repository()?;
        let (head, base) = (commit(&repository, head)?, commit(&repository, base)?);
        if is_ancestor(&repository, head.id(), base.id())? {
            return Ok(MergeState::UpToDate);
        }
        let merged = merged(&repository, &head, &base)?;
        Ok(if merged.has_conflicts() {
            MergeState::Conflict(conflicted(&merged)?)
        } else {
            MergeState::Clean
        })
    }

    /// Whether `head` brings anything to `base` that it has not: not by its commits, by its files.
    pub fn adds_to(&self, head: &CommitSha, base: &CommitSha) -> Result<bool, GitError> {
        let repository = self.repository()?;
        let (head, base) = (commit(&repository, head)?, commit(&repository, base)?);
        if is_ancestor(&repository, head.id(), base.id())? {
            return Ok(false);
        }
        let merged = merged(&repository, &head, &base)?;
        Ok(merged.has_conflicts() || written(&repository, merged)? != base.tree_id())
    }

    /// Makes one commit on top of `base` that holds everything `head` adds to it.
    ///
    /// # Errors
    ///
    /// [`GitError::Conflict`] when it does not merge; nothing was made then.
    pub fn squash(
        &self,
        head: &CommitSha,
        base: &CommitSha,
        message: &str,
        when: Timestamp,
    ) -> Result<CommitSha, GitError> {
        let repository = self.repository()?;
        let (head, base) = (commit(&repository, head)?, commit(&repository, base)?);
        let tree = written(&repository, merged(&repository, &head, &base)?)?;
        let ours = self.git.signature(when)?;
        make_commit(
            &repository,
            &NewCommit { tree, parent: &base, message, author: &ours, committer: &ours },
        )
    }

    /// Puts the commits of `head` that `onto` does not have on top of it, oldest first: merges are left out, commits that add
    /// nothing are dropped, authors are kept.
    ///
    /// # Errors
    ///
    /// [`GitError::Conflict`] at the first commit that does not apply; no reference has moved then.
    pub fn rebase(
        &self,
        head: &CommitSha,
        onto: &CommitSha,
        when: Timestamp,
    ) -> Result<CommitSha, GitError> {
        let repository = self.repository()?;
        let committer = self.git.signature(when)?;
        let mut tip = commit(&repository, onto)?;
        for id in missing(&repository, head, onto)? {
            let picked = repository.find_commit(id).map_err(library("rebasing"))?;
            if picked.parent_count() > 1 {
                continue;
            }
            if picked.parent_id(0).ok() == Some(tip.id()) {
                tip = picked;
                continue;
            }
            let applied = repository
                .cherrypick_commit(&picked, &tip, 0, Some(&options()))
                .map_err(library(format!("applying {id} on {}", tip.id())))?;
            let tree = written(&repository, applied)?;
            if tree == tip.tree_id() {
                continue;
            }
            let message = String::from_utf8_lossy(picked.message_bytes()).into_owned();
            let author = picked.author();
            let new = NewCommit {
                tree,
                parent: &tip,
                message: &message,
                author: &author,
                committer: &committer,
            };
            let made = make_commit(&repository, &new)?;
            tip = commit(&repository, &made)?;
        }
        objects::sha(tip.id())
    }

    /// Whether `a` is `b` or comes before it.
    pub fn is_ancestor(&self, a: &CommitSha, b: &CommitSha) -> Result<bool, GitError> {
        let repository = self.repository()?;
        let (a, b) = (commit(&repository, a)?.id(), commit(&repository, b)?.id());
        is_ancestor(&repository, a, b)
    }

    /// The youngest commit that both come from; nothing when their histories have nothing in common.
    pub fn merge_base(&self, a: &CommitSha, b: &CommitSha) -> Result<Option<CommitSha>, GitError> {
        let repository = self.repository()?;
        let (a, b) = (commit(&repository, a)?.id(), commit(&repository, b)?.id());
        match repository.merge_base(a, b) {
            Ok(base) => objects::sha(base).map(Some),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(library("looking for the common ancestor")(error)),
        }
    }
}

/// The commits that `head` has and `base` has not, oldest first.
pub(super) fn missing(
    repository: &Repository,
    head: &CommitSha,
    base: &CommitSha,
) -> Result<Vec<Oid>, GitError> {
    let doing = || format!("listing the commits from {} to {}", base.short(), head.short());
    let mut walk = repository.revwalk().map_err(library(doing()))?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).map_err(library(doing()))?;
    walk.push(commit(repository, head)?.id()).map_err(library(doing()))?;
    walk.hide(commit(repository, base)?.id()).map_err(library(doing()))?;
    walk.collect::<Result<_, _>>().map_err(library(doing()))
}

fn is_ancestor(repository: &Repository, a: Oid, b: Oid) -> Result<bool, GitError> {
    Ok(a == b || repository.graph_descendant_of(b, a).map_err(library("comparing two commits"))?)
}

fn options() -> MergeOptions {
    let mut options = MergeOptions::new();
    options.find_renames(true);
    options
}

fn merged(
    repository: &Repository,
    head: &Commit<'_>,
    base: &Commit<'_>,
) -> Result<Index, GitError> {
    repository.merge_commits(base, head, Some(&options())).map_err(library(format!(
        "merging {} into {}",
        head.id(),
        base.id()
    )))
}

fn written(repository: &Repository, mut index: Index) -> Result<Oid, GitError> {
    if index.has_conflicts() {
        return Err(GitError::Conflict { files: conflicted(&index)? });
    }
    index.write_tree_to(repository).map_err(library("writing a merged tree"))
}

/// The names of the files in conflict, sorted.
pub(super) fn conflicted(index: &Index) -> Result<Vec<String>, GitError> {
    let mut files = BTreeSet::new();
    for conflict in index.conflicts().map_err(library("reading conflicts"))? {
        let conflict = conflict.map_err(library("reading conflicts"))?;
        let sides = [conflict.our, conflict.their, conflict.ancestor];
        files.extend(
            sides.into_iter().flatten().map(|e| String::from_utf8_lossy(&e.path).into_owned()),
        );
    }
    Ok(files.into_iter().collect())
}
