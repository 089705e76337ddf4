//! The files of a commit in a folder of their own, for code that is tested there and may call git.

use std::fs;
use std::path::Path;

use super::borrow;
use super::error::{GitError, io};
use super::mirror::Mirror;
use super::private::{Head, Layout};
use super::{objects, plain_files};
use crate::domain::ids::CommitSha;

impl Mirror {
    /// Puts the files of a commit into a new folder, with a private repository whose head is that commit. The folder is the
    /// caller's to remove; the mirror does not know of it.
    ///
    /// # Errors
    ///
    /// [`GitError::Failed`] when the folder exists and has something in it. After any other error the folder is incomplete.
    pub fn checkout_clean(&self, commit: &CommitSha, into: &Path) -> Result<(), GitError> {
        let doing = || format!("checking out {} in `{}`", commit.short(), into.display());
        objects::commit(&self.repository()?, commit)?;
        if plain_files::look(into).map_err(io(doing()))?.is_some() && fs::remove_dir(into).is_err()
        {
            return Err(GitError::Failed {
                doing: doing(),
                reason: "the folder is not empty: remove it first".to_owned(),
            });
        }
        fs::create_dir_all(into).map_err(io(doing()))?;
        let into = fs::canonicalize(into).map_err(io(doing()))?;
        let place = into.join(".git");
        let dirs = borrow::object_dirs(&self.dir)?;
        let layout =
            Layout { head: Head::Detached(commit), objects: &dirs, tracked: &[], git: &self.git };
        layout.write_to(&place).map_err(io(doing()))?;
        self.git
            .call(doing())
            .git_dir(&place)
            .work_tree(&into)
            .args(["read-tree", "--reset", "-u", commit.as_str()])
            .check()
            .map(drop)
    }
}
