//! A worktree: the folder an agent works in, seen through our own git directory in the mirror, never through the folder's `.git`.

use std::path::{Path, PathBuf};

use git2::{Oid, Repository};
use jiff::Timestamp;

use super::command::{Call, Git};
use super::error::{GitError, io, library};
use super::mirror::{Mirror, saved_name, set_reference};
use super::objects::{self, NewCommit, commit, make_commit};
use super::{plain_files, staging, writers};
use crate::domain::ids::{CommitSha, TaskId};

/// The folder of a task's work.
#[derive(Debug, Clone)]
pub struct Worktree {
    /// The folder, with its parents resolved.
    pub path: PathBuf,
    pub(super) git: Git,
    pub(super) mirror_dir: PathBuf,
    pub(super) git_dir: PathBuf,
}

impl Worktree {
    pub(super) fn new(mirror: &Mirror, path: PathBuf, git_dir: PathBuf) -> Self {
        Self { path, git: mirror.git.clone(), mirror_dir: mirror.dir.clone(), git_dir }
    }

    /// The commit that the host has checked out here, whatever the agent did in its own repository.
    pub fn head(&self) -> Result<CommitSha, GitError> {
        let repository = self.repository()?;
        let head = repository.head().and_then(|head| head.peel_to_commit());
        objects::sha(head.map_err(library(self.doing("reading the head of")))?.id())
    }

    /// Whether any file differs from the head, leaving out the paths in `except` and what `.gitignore` names.
    pub fn has_changes(&self, except: &[&str]) -> Result<bool, GitError> {
        let head = self.head()?;
        let tree = self.tree(&head, except)?;
        let repository = self.repository()?;
        Ok(tree != commit(&repository, &head)?.tree_id())
    }

    /// Makes a commit on top of `parent` from all files, and makes it the head of the worktree; nothing when it would be empty.
    ///
    /// Ignored files are left out unless the head has them. The paths in `except` stay as `parent` has them, also below a
    /// folder of that name. Links are kept as links; another repository inside the folder is committed as the plain files it has.
    /// No branch moves.
    ///
    /// # Errors
    ///
    /// When a file cannot be read; head and files are as before then.
    pub fn commit_all(
        &self,
        parent: &CommitSha,
        except: &[&str],
        message: &str,
        when: Timestamp,
    ) -> Result<Option<CommitSha>, GitError> {
        let made = self.commit_files(parent, except, message, when)?;
        if let Some(made) = &made {
            self.set_head(made)?;
        }
        Ok(made)
    }

    /// Keeps all files as a commit on top of `parent` under `refs/agentos/<id>` of the mirror; nothing else moves. Nothing to save
    /// makes no commit and leaves what was saved before.
    pub fn save_work(
        &self,
        id: &TaskId,
        parent: &CommitSha,
        when: Timestamp,
    ) -> Result<Option<CommitSha>, GitError> {
        let made = self.commit_files(parent, &[], &format!("Unfinished work of {id}"), when)?;
        if let Some(made) = &made {
            set_reference(&self.repository()?, &saved_name(id), made)?;
        }
        Ok(made)
    }

    /// Makes the files those of a commit: changes are lost, new files that are not ignored are removed.
    ///
    /// # Errors
    ///
    /// [`GitError::NotFound`] when the mirror does not have the commit. After another error it has to be called again.
    pub fn reset_to(&self, commit: &CommitSha) -> Result<(), GitError> {
        objects::commit(&self.repository()?, commit)?;
        self.check_folder()?;
        self.remove_locks()?;
        staging::remove_special_rules(&self.path)?;
        let doing = self.doing("resetting");
        self.call(&doing).args(["reset", "--hard", "--quiet", commit.as_str()]).check()?;
        self.call(&doing).args(["clean", "-f", "-f", "-d", "--quiet"]).check().map(drop)
    }

    /// Makes the files those of one commit and the head another: what ran here is undone, and the difference is still to be committed.
    ///
    /// # Errors
    ///
    /// As [`Worktree::reset_to`]; it has to be called again then.
    pub fn restore(&self, files_of: &CommitSha, head: &CommitSha) -> Result<(), GitError> {
        self.reset_to(files_of)?;
        self.set_head(head)
    }

    /// Our git directory, opened; the folder itself may be gone.
    pub(super) fn repository(&self) -> Result<Repository, GitError> {
        objects::open(&self.git_dir)
    }

    pub(super) fn call(&self, doing: impl Into<String>) -> Call<'_> {
        self.git.call(doing).writing_in(&self.git_dir).work_tree(&self.path)
    }

    pub(super) fn doing(&self, what: &str) -> String {
        format!("{what} the worktree `{}`", self.path.display())
    }

    pub(super) fn set_head(&self, to: &CommitSha) -> Result<(), GitError> {
        self.remove_locks()?;
        let repository = self.repository()?;
        let _writing = writers::share(&self.git_dir)?;
        repository
            .set_head_detached(objects::oid(to)?)
            .map_err(library(self.doing("setting the head of")))
    }

    /// Removes what a dead process left locked in our own git directory; the caller holds the task.
    pub(super) fn remove_locks(&self) -> Result<(), GitError> {
        writers::remove_left_locks_of_worktree(&self.git_dir)
    }

    fn commit_files(
        &self,
        parent: &CommitSha,
        except: &[&str],
        message: &str,
        when: Timestamp,
    ) -> Result<Option<CommitSha>, GitError> {
        let tree = self.tree(parent, except)?;
        let repository = self.repository()?;
        let parent = commit(&repository, parent)?;
        if parent.tree_id() == tree {
            return Ok(None);
        }
        let ours = self.git.signature(when)?;
        let new = NewCommit { tree, parent: &parent, message, author: &ours, committer: &ours };
        make_commit(&repository, &new).map(Some)
    }

    /// The tree of all files, with the paths in `except` as `parent` has them.
    fn tree(&self, parent: &CommitSha, except: &[&str]) -> Result<Oid, GitError> {
        self.check_folder()?;
        self.remove_locks()?;
        staging::stage(self, except)?;
        staging::tree(self, parent, except)
    }

    pub(super) fn check_folder(&self) -> Result<(), GitError> {
        if plain_files::is_folder(&self.path).map_err(io(self.doing("looking at")))? {
            Ok(())
        } else {
            Err(GitError::NotFound { what: format!("the worktree `{}`", self.path.display()) })
        }
    }

    /// The folders with objects that a repository in this folder reads: the mirror's own and those that it borrows.
    pub fn object_dirs(&self) -> Result<Vec<PathBuf>, GitError> {
        super::borrow::object_dirs(&self.mirror_dir)
    }

    /// Our git directory of this worktree, inside the mirror.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }
}
