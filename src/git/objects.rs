//! Between git2 and our types: opening a repository of ours, commits by id, commits made.

use std::path::Path;

use git2::{Commit, ObjectType, Oid, Repository, Signature, Tree};

use super::error::{GitError, library};
use crate::domain::ids::CommitSha;

/// The file inside a mirror with settings for git2 alone: they outrank what the operator has in a global configuration.
pub(super) const LIBRARY_SETTINGS: &str = "agentos.config";

/// git2 knows neither environment nor `-c`, and syncs only when this old key says so, about which newer git programs grumble.
pub(super) const LIBRARY_SETTINGS_TEXT: &str = "[core]\n\tfsyncObjectFiles = true\n\tautocrlf = false\n\tfilemode = true\n\
     \tsymlinks = true\n\tignorecase = false\n\texcludesFile = /dev/null\n\tattributesFile = /dev/null\n\
     [diff]\n\trenames = true\n";

/// Opens a repository of ours; cheap, as nothing is read before it is needed.
pub(super) fn open(dir: &Path) -> Result<Repository, GitError> {
    let doing = || format!("opening the repository `{}`", dir.display());
    let repository = match Repository::open(dir) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            return Err(GitError::NotFound { what: format!("the repository `{}`", dir.display()) });
        }
        other => other.map_err(library(doing()))?,
    };
    let settings = repository.commondir().join(LIBRARY_SETTINGS);
    if settings.is_file() {
        let mut config = repository.config().map_err(library(doing()))?;
        config.add_file(&settings, git2::ConfigLevel::App, true).map_err(library(doing()))?;
    }
    Ok(repository)
}

pub(super) fn oid(sha: &CommitSha) -> Result<Oid, GitError> {
    Oid::from_str(sha.as_str()).map_err(library(format!("reading the commit id {sha}")))
}

pub(super) fn sha(oid: Oid) -> Result<CommitSha, GitError> {
    oid.to_string().parse().map_err(|_| GitError::Unsupported {
        what: format!("the object {oid}"),
        why: "its id is not SHA-1".to_owned(),
    })
}

pub(super) fn commit<'r>(
    repository: &'r Repository,
    id: &CommitSha,
) -> Result<Commit<'r>, GitError> {
    match repository.find_commit(oid(id)?) {
        Ok(commit) => Ok(commit),
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            Err(GitError::NotFound { what: format!("commit {id}") })
        }
        Err(error) => Err(library(format!("reading commit {id}"))(error)),
    }
}

pub(super) fn tree<'r>(repository: &'r Repository, id: &CommitSha) -> Result<Tree<'r>, GitError> {
    commit(repository, id)?.tree().map_err(library(format!("reading the files of {id}")))
}

/// The commit that a reference leads to, or nothing when there is no such reference.
pub(super) fn tip(repository: &Repository, name: &str) -> Result<Option<CommitSha>, GitError> {
    match repository.find_reference(name) {
        Ok(reference) => {
            let commit =
                reference.peel_to_commit().map_err(library(format!("reading `{name}`")))?;
            sha(commit.id()).map(Some)
        }
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(library(format!("reading `{name}`"))(error)),
    }
}

/// A new commit and who stands in it.
pub(super) struct NewCommit<'a> {
    pub(super) tree: Oid,
    pub(super) parent: &'a Commit<'a>,
    pub(super) message: &'a str,
    pub(super) author: &'a Signature<'a>,
    pub(super) committer: &'a Signature<'a>,
}

/// Writes a commit object; no reference moves.
pub(super) fn make_commit(
    repository: &Repository,
    new: &NewCommit<'_>,
) -> Result<CommitSha, GitError> {
    let doing = || "making a commit";
    let message =
        git2::message_prettify(new.message.replace('\0', ""), None).map_err(library(doing()))?;
    let tree = repository.find_tree(new.tree).map_err(library(doing()))?;
    let id = repository
        .commit(None, new.author, new.committer, &message, &tree, &[new.parent])
        .map_err(library(doing()))?;
    // On a full disk the library was seen to report a commit that it had not kept. Its own cache would say that it is there.
    let afresh = Repository::open(repository.path()).map_err(library(doing()))?;
    if afresh.find_commit(id).and_then(|commit| commit.tree()).is_err() {
        return Err(GitError::NoSpace);
    }
    sha(id)
}

/// A file in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Oid,
    /// As git has it: 0o100644, 0o100755, 0o120000 for a link, 0o160000 for another repository's commit.
    pub(super) mode: i32,
}

/// The mode of an entry that is a commit of another repository.
pub(super) const GITLINK: i32 = 0o160_000;

/// Every file below a tree. (The walk of git2 gives up at names that are not UTF-8.)
pub(super) fn files_of(
    repository: &Repository,
    tree: &Tree<'_>,
) -> Result<Vec<(Vec<u8>, Entry)>, GitError> {
    let mut files = Vec::new();
    let mut waiting = vec![(Vec::new(), tree.id())];
    while let Some((prefix, id)) = waiting.pop() {
        let tree = repository.find_tree(id).map_err(library("listing the files of a commit"))?;
        for entry in &tree {
            let mut path: Vec<u8> = prefix.clone();
            path.extend_from_slice(entry.name_bytes());
            if entry.kind() == Some(ObjectType::Tree) {
                path.push(b'/');
                waiting.push((path, entry.id()));
            } else {
                files.push((path, Entry { id: entry.id(), mode: entry.filemode() }));
            }
        }
    }
    Ok(files)
}
