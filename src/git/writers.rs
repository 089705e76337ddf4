//! Who writes in a git directory of ours, and the lock files that dead writers left there.
//!
//! Git locks with files, which outlive a process that is killed: the next one finds `refs/….lock` and gives up, again and again. So every
//! writer of ours, the git programs that it starts included, shares a lock of the kernel's for as long as it lives. Whoever gets that
//! lock alone knows that no lock file has an owner any more.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::error::{GitError, io};
use super::plain_files;
use crate::sys::lock::{Lock, Shared};

/// The file in a git directory whose lock writers share.
const WRITERS: &str = "agentos-writers";

/// Lock files beside the references of a repository.
const OF_REPOSITORY: [&str; 4] = ["packed-refs.lock", "config.lock", "HEAD.lock", "shallow.lock"];

/// Files in the books of a worktree without which git cannot read them.
const BOOKS: [&str; 3] = ["HEAD", "commondir", "gitdir"];

/// Lock files of one worktree.
const OF_WORKTREE: [&str; 3] = ["index.lock", "HEAD.lock", "ORIG_HEAD.lock"];

/// Says for as long as it is kept that this process writes in a git directory; `None` where there is no such directory, so that
/// nothing can be written either. A program is given it by [`Program::run_holding`](crate::sys::program::Program::run_holding).
pub(super) fn share(git_dir: &Path) -> Result<Option<Shared>, GitError> {
    Shared::acquire(&git_dir.join(WRITERS)).map_err(failed(git_dir))
}

/// As [`share`], for the repository that a worktree's belongs to.
pub(super) fn share_repository(repository: &Repository) -> Result<Option<Shared>, GitError> {
    share(repository.commondir())
}

/// Removes the lock files that dead writers left on references and settings of a mirror. Nothing happens while anybody of ours
/// writes there: the next one looks again.
pub(super) fn remove_left_locks(mirror: &Path) -> Result<(), GitError> {
    // Looking costs a few folders; the lock is for those who have found something.
    if locks_of_repository(mirror).map_err(io(doing(mirror)))?.is_empty() {
        return Ok(());
    }
    let Some(_alone) = alone(mirror)? else { return Ok(()) };
    for path in locks_of_repository(mirror).map_err(io(doing(mirror)))? {
        tracing::warn!(path = %path.display(), "a dead process left this lock file; it is removed");
        plain_files::remove(&path).map_err(io(doing(mirror)))?;
    }
    Ok(())
}

/// Forgets the worktrees whose books have lost their content with the power of the machine: git reads them all at every fetch, and
/// gives up at the first that it cannot read. Their folders stay where they are. Nothing happens while anybody of ours writes there.
pub(super) fn forget_broken_worktrees(mirror: &Path) -> Result<(), GitError> {
    if broken_worktrees(mirror).map_err(io(doing(mirror)))?.is_empty() {
        return Ok(());
    }
    let Some(_alone) = alone(mirror)? else { return Ok(()) };
    for path in broken_worktrees(mirror).map_err(io(doing(mirror)))? {
        tracing::warn!(path = %path.display(), "the books of a worktree are empty; it is forgotten");
        plain_files::remove(&path).map_err(io(doing(mirror)))?;
    }
    Ok(())
}

fn broken_worktrees(mirror: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(mirror.join("worktrees")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut broken = Vec::new();
    for entry in entries {
        let path = entry?.path();
        for name in BOOKS {
            if plain_files::look(&path.join(name))?.is_none_or(|found| found.len() == 0) {
                broken.push(path);
                break;
            }
        }
    }
    Ok(broken)
}

/// As [`remove_left_locks`], for the git directory of one worktree.
pub(super) fn remove_left_locks_of_worktree(git_dir: &Path) -> Result<(), GitError> {
    let left =
        || OF_WORKTREE.map(|name| git_dir.join(name)).into_iter().filter(|path| path.exists());
    if left().next().is_none() {
        return Ok(());
    }
    let Some(_alone) = alone(git_dir)? else { return Ok(()) };
    for path in left() {
        plain_files::remove(&path).map_err(io(doing(git_dir)))?;
    }
    Ok(())
}

fn alone(git_dir: &Path) -> Result<Option<Lock>, GitError> {
    Lock::try_acquire(&git_dir.join(WRITERS)).map_err(failed(git_dir))
}

fn locks_of_repository(mirror: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = OF_REPOSITORY
        .map(|name| mirror.join(name))
        .into_iter()
        .filter(|path| path.exists())
        .collect();
    let mut waiting = vec![mirror.join("refs")];
    while let Some(folder) = waiting.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Git removes folders of references that have become empty.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "lock") {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn doing(git_dir: &Path) -> String {
    format!("looking who writes in `{}`", git_dir.display())
}

fn failed(git_dir: &Path) -> impl FnOnce(crate::sys::files::FileError) -> GitError {
    let doing = doing(git_dir);
    move |error| GitError::Failed { doing, reason: error.to_string() }
}
