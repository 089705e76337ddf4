//! Files inside commits, read and written without a worktree.

use std::path::{Component, Path};

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Repository, Tree};
use jiff::Timestamp;

use super::error::{GitError, library, presentable};
use super::mirror::Mirror;
use super::objects::{NewCommit, commit, files_of, make_commit, tree};
use crate::domain::ids::CommitSha;

/// The longest `.gitattributes` that is looked into, in bytes.
const ATTRIBUTES_LIMIT: usize = 1 << 20;

/// Things in a repository that need more than git alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// There are submodules.
    pub submodules: bool,
    /// Some files are kept by git-lfs.
    pub lfs: bool,
}

impl Mirror {
    /// Finds out what a commit needs beyond plain git.
    pub fn features(&self, sha: &CommitSha) -> Result<Features, GitError> {
        let repository = self.repository()?;
        let tree = tree(&repository, sha)?;
        let submodules = tree.get_name(".gitmodules").is_some();
        let attributes =
            |path: &[u8]| path == b".gitattributes" || path.ends_with(b"/.gitattributes");
        let files = files_of(&repository, &tree)?;
        let lfs = files.iter().any(|(path, file)| attributes(path) && is_lfs(&repository, file.id));
        Ok(Features { submodules, lfs })
    }

    /// Reads a regular file of a commit; nothing when there is none, or a folder or a link in its place.
    ///
    /// # Errors
    ///
    /// [`GitError::Unsupported`] when it has more than `max_bytes`: half a file is never taken for a whole one.
    pub fn read_file(
        &self,
        commit: &CommitSha,
        path: &str,
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let doing = || format!("reading `{}` of {}", presentable(path), commit.short());
        if !is_plain_path(path) {
            return Ok(None);
        }
        let repository = self.repository()?;
        let tree = tree(&repository, commit)?;
        let Some(entry) = entry_at(&tree, Path::new(path)).map_err(library(doing()))? else {
            return Ok(None);
        };
        if entry.kind() != Some(ObjectType::Blob) || entry.filemode() == i32::from(FileMode::Link) {
            return Ok(None);
        }
        let store = repository.odb().map_err(library(doing()))?;
        let (size, _) = store.read_header(entry.id()).map_err(library(doing()))?;
        if size > max_bytes {
            return Err(GitError::Unsupported {
                what: format!("`{}` of {}", presentable(path), commit.short()),
                why: format!("it has {size} bytes, at most {max_bytes} are read"),
            });
        }
        let blob = repository.find_blob(entry.id()).map_err(library(doing()))?;
        Ok(Some(blob.content().to_vec()))
    }

    /// When a file got the content that it has in `tip`, by the date of the commit on the first-parent line that gave it; nothing where there
    /// is no such file, or where that lies further back than `limit` commits.
    pub fn changed_at(
        &self,
        tip: &CommitSha,
        path: &str,
        limit: usize,
    ) -> Result<Option<Timestamp>, GitError> {
        let doing = || format!("looking for the last change of `{}`", presentable(path));
        if !is_plain_path(path) {
            return Ok(None);
        }
        let repository = self.repository()?;
        let content = |at: &git2::Commit<'_>| -> Result<Option<git2::Oid>, GitError> {
            let tree = at.tree().map_err(library(doing()))?;
            let entry = entry_at(&tree, Path::new(path)).map_err(library(doing()))?;
            Ok(entry.map(|entry| entry.id()))
        };
        let mut at = commit(&repository, tip)?;
        let Some(is) = content(&at)? else { return Ok(None) };
        for _ in 0..limit {
            let parent = at.parent(0).ok();
            let was = parent.as_ref().map(content).transpose()?.flatten();
            match parent {
                Some(parent) if was == Some(is) => at = parent,
                _ => return Ok(Timestamp::from_second(at.time().seconds()).ok()),
            }
        }
        Ok(None)
    }

    /// Makes a commit on top of `parent` in which one file is new or replaced.
    ///
    /// # Errors
    ///
    /// As [`Mirror::commit_files`].
    pub fn commit_file(
        &self,
        parent: &CommitSha,
        path: &str,
        content: &[u8],
        message: &str,
        when: Timestamp,
    ) -> Result<CommitSha, GitError> {
        self.commit_files(parent, &[(path, content)], message, when)
    }

    /// Makes a commit on top of `parent` in which some files are new or replaced.
    ///
    /// # Errors
    ///
    /// [`GitError::Unsupported`] for a path that git would not keep; nothing was made then.
    pub fn commit_files(
        &self,
        parent: &CommitSha,
        files: &[(&str, &[u8])],
        message: &str,
        when: Timestamp,
    ) -> Result<CommitSha, GitError> {
        let repository = self.repository()?;
        let parent = commit(&repository, parent)?;
        let tree = parent.tree().map_err(library("reading the files of a commit"))?;
        let mut update = TreeUpdateBuilder::new();
        for (path, content) in files {
            let doing = || format!("committing `{}`", presentable(path));
            if !is_plain_path(path) {
                return Err(GitError::Unsupported {
                    what: format!("the path `{}`", presentable(path)),
                    why: "a relative path without `..` and `.git` is needed".to_owned(),
                });
            }
            let before = entry_at(&tree, Path::new(path)).map_err(library(doing()))?;
            let is_executable =
                before.is_some_and(|e| e.filemode() == i32::from(FileMode::BlobExecutable));
            let mode = if is_executable { FileMode::BlobExecutable } else { FileMode::Blob };
            let blob = repository.blob(content).map_err(library(doing()))?;
            update.upsert(*path, blob, mode);
        }
        let tree = update
            .create_updated(&repository, &tree)
            .map_err(library("making the files of a commit"))?;
        let ours = self.git.signature(when)?;
        make_commit(
            &repository,
            &NewCommit { tree, parent: &parent, message, author: &ours, committer: &ours },
        )
    }
}

fn is_lfs(repository: &Repository, id: git2::Oid) -> bool {
    let Ok(blob) = repository.find_blob(id) else { return false };
    let text =
        String::from_utf8_lossy(blob.content().get(..ATTRIBUTES_LIMIT).unwrap_or(blob.content()))
            .into_owned();
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    lines.any(|line| line.split_whitespace().skip(1).any(|attribute| attribute == "filter=lfs"))
}

fn entry_at(tree: &Tree<'_>, path: &Path) -> Result<Option<git2::TreeEntry<'static>>, git2::Error> {
    match tree.get_path(path) {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_plain_path(path: &str) -> bool {
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    };
    !path.is_empty()
        && !path.ends_with('/')
        && !path.contains('\0')
        && Path::new(path).components().all(is_plain)
}
