//! The worktrees of a mirror: made, found again after any crash, and removed. No work is ever deleted to make room.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{GitError, io, library};
use super::mirror::Mirror;
use super::worktree::Worktree;
use super::{objects, plain_files};
use crate::domain::ids::{CommitSha, TaskId};
use crate::sys::boot;

/// Lies in the git directory of a worktree when `git worktree add` has ended: without it the files may be half there. It names the start
/// of the machine since which every file is as it was written.
const READY: &str = "agentos-ready";
/// The longest `gitdir` file that is read, in bytes.
const GITDIR_LIMIT: u64 = 8192;
/// The longest name of a start of the machine that is read, in bytes.
const BOOT_LIMIT: u64 = 128;

/// A worktree as the mirror has it in its books.
struct Registration {
    git_dir: PathBuf,
    path: PathBuf,
}

impl Mirror {
    /// Makes the worktree of a task in `path`, or takes the one that is there with everything in it.
    ///
    /// A new one begins with the saved work of the task (as changes on top of the commit that it was saved on), else at the
    /// task's branch, else at `start`. What a creation that was cut off left is removed, any other folder in `path` that is none of
    /// ours is moved aside to `<path>.lost-<n>`. Lock files in our git directory are removed: the caller holds the task.
    ///
    /// # Errors
    ///
    /// [`GitError::NotFound`] when the mirror does not have `start`; an interrupted creation is begun anew by the next call.
    pub fn worktree(
        &self,
        id: &TaskId,
        path: &Path,
        start: &CommitSha,
    ) -> Result<Worktree, GitError> {
        let path = absolute(path)?;
        if let Some(found) = self.ready_at(&path)? {
            found.remove_locks()?;
            forget_making(&path)?;
            return Ok(found);
        }
        if let Some(stale) = self.registered(|r| r.path == path)? {
            deregister(&stale)?;
        }
        self.deregister_elsewhere(id, &path)?;
        if is_half_made(&path)? {
            plain_files::remove(&path).map_err(io(format!("making the worktree of {id} anew")))?;
        } else {
            move_aside(&path)?;
        }
        self.add(id, &path, start)
    }

    /// The worktree of a task in `path`, if it is there and complete. Nothing is changed.
    pub fn worktree_at(&self, id: &TaskId, path: &Path) -> Result<Option<Worktree>, GitError> {
        let found = self.ready_at(&absolute_without_making(path)?)?;
        if let Some(worktree) = &found {
            tracing::trace!(task = %id, path = %worktree.path.display(), "worktree found");
        }
        Ok(found)
    }

    /// Removes the worktree of a task: folder first, then the mirror's books. Nothing there is fine.
    ///
    /// # Errors
    ///
    /// When the folder cannot be removed; calling again goes on. What was not saved before is gone.
    pub fn remove_worktree(&self, id: &TaskId, path: &Path) -> Result<(), GitError> {
        let path = absolute_without_making(path)?;
        plain_files::remove(&path).map_err(io(format!("removing the worktree of {id}")))?;
        forget_making(&path)?;
        match self.registered(|r| r.path == path)? {
            Some(registration) => deregister(&registration),
            None => Ok(()),
        }
    }

    fn add(&self, id: &TaskId, path: &Path, start: &CommitSha) -> Result<Worktree, GitError> {
        let saved = self.saved_work(id)?;
        let first = match &saved {
            Some(saved) => saved.clone(),
            None => self.branch_tip(id)?.unwrap_or_else(|| start.clone()),
        };
        objects::commit(&self.repository()?, &first)?;
        // Not synced: where the mark is lost, what was half made is moved aside and not removed.
        plain_files::write(&making(path), b"")
            .map_err(io(format!("making the worktree of {id}")))?;
        // Locked, so that no `git worktree prune` takes it for gone while an agent has its `.git` removed.
        self.git
            .call(format!("making the worktree of {id}"))
            .writing_in(&self.dir)
            .args(["worktree", "add", "--quiet", "--detach", "--lock", "--reason", "agentos", "--"])
            .args([path.as_os_str(), first.as_str().as_ref()])
            .check()?;
        let made = self.registered(|r| r.path == path)?.ok_or_else(|| GitError::Failed {
            doing: format!("making the worktree of {id}"),
            reason: format!("git made none in `{}`", path.display()),
        })?;
        let worktree = Worktree::new(self, made.path, made.git_dir);
        self.step_back_from_saved(id, &worktree)?;
        worktree.mark_ready(id)?;
        forget_making(&worktree.path)?;
        Ok(worktree)
    }

    /// Makes the files of a worktree those that are in git, where the machine was started since they were written: after a loss of power
    /// any of them may be empty or torn. Saved work comes back as changes, what was not saved is gone.
    ///
    /// # Errors
    ///
    /// As [`Worktree::reset_to`]; calling again begins anew.
    pub fn heal(&self, id: &TaskId, worktree: &Worktree) -> Result<(), GitError> {
        if !worktree.is_doubtful() {
            return Ok(());
        }
        // By its sizes and times git would take a file for unchanged; and it may be torn itself.
        plain_files::remove(&worktree.git_dir.join("index"))
            .map_err(io(worktree.doing("healing")))?;
        let first = match self.saved_work(id)? {
            Some(saved) => saved,
            None => worktree.head()?,
        };
        worktree.reset_to(&first)?;
        self.step_back_from_saved(id, worktree)?;
        tracing::warn!(task = %id, "the machine was started anew; the worktree is put back to the work that was saved");
        worktree.mark_ready(id)
    }

    /// Saved work is shown as changes on top of its parent, which is what it was.
    fn step_back_from_saved(&self, id: &TaskId, worktree: &Worktree) -> Result<(), GitError> {
        let head = worktree.head()?;
        if self.saved_work(id)?.as_ref() != Some(&head) {
            return Ok(());
        }
        let repository = self.repository()?;
        let parent = objects::commit(&repository, &head)?
            .parent_id(0)
            .map_err(library(format!("reading the saved work of {id}")))?;
        worktree.set_head(&objects::sha(parent)?)
    }

    fn ready_at(&self, path: &Path) -> Result<Option<Worktree>, GitError> {
        let doing = || format!("looking at the worktree `{}`", path.display());
        let Some(found) = self.registered(|r| r.path == path)? else { return Ok(None) };
        let is_here = plain_files::is_folder(path).map_err(io(doing()))?;
        let is_ready =
            plain_files::look(&found.git_dir.join(READY)).map_err(io(doing()))?.is_some();
        Ok((is_here && is_ready).then(|| Worktree::new(self, found.path, found.git_dir)))
    }

    /// A name that an earlier `worktrees_dir` has taken: its folder stays where it is, the books forget it.
    fn deregister_elsewhere(&self, id: &TaskId, path: &Path) -> Result<(), GitError> {
        let is_named = |r: &Registration| {
            r.path != path && r.path.file_name().is_some_and(|name| name == id.as_str())
        };
        match self.registered(is_named)? {
            Some(other) => deregister(&other),
            None => Ok(()),
        }
    }

    fn registered(
        &self,
        is_wanted: impl Fn(&Registration) -> bool,
    ) -> Result<Option<Registration>, GitError> {
        let books = self.dir.join("worktrees");
        let doing = || format!("listing the worktrees in `{}`", books.display());
        if !plain_files::is_folder(&books).map_err(io(doing()))? {
            return Ok(None);
        }
        for entry in fs::read_dir(&books).map_err(io(doing()))? {
            let git_dir = entry.map_err(io(doing()))?.path();
            let pointer = plain_files::read_plain(&git_dir.join("gitdir"), GITDIR_LIMIT)
                .map_err(io(doing()))?;
            let path = pointer.and_then(|text| folder_of(&text));
            if let Some(found) = path.map(|path| Registration { git_dir, path }).filter(&is_wanted)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Worktree {
    /// Whether the machine was started since the files were written, so that some of them may be empty or torn.
    pub fn is_doubtful(&self) -> bool {
        let noted = plain_files::read_plain(&self.git_dir.join(READY), BOOT_LIMIT).ok().flatten();
        match (noted, boot::id()) {
            (Some(noted), Some(present)) => !noted.is_empty() && noted != present.as_bytes(),
            _ => false,
        }
    }

    fn mark_ready(&self, id: &TaskId) -> Result<(), GitError> {
        let present = boot::id().unwrap_or_default();
        plain_files::replace(&self.git_dir.join(READY), present.as_bytes())
            .map_err(io(format!("making the worktree of {id}")))
    }
}

/// The folder in a `gitdir` file, which names the `.git` in it.
fn folder_of(text: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    let path = Path::new(std::ffi::OsStr::from_bytes(line));
    path.parent().filter(|folder| folder.is_absolute()).map(Path::to_owned)
}

fn deregister(registration: &Registration) -> Result<(), GitError> {
    let doing = format!("forgetting the worktree `{}`", registration.path.display());
    // First what makes it usable, so that half a removal is never taken for a worktree.
    plain_files::remove(&registration.git_dir.join(READY)).map_err(io(&doing))?;
    plain_files::remove(&registration.git_dir).map_err(io(doing))
}

/// Lies beside a worktree while git makes it: until it is gone nobody has worked there, so that what lies there is git's alone.
fn making(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".making");
    path.with_file_name(name)
}

fn forget_making(path: &Path) -> Result<(), GitError> {
    plain_files::remove(&making(path))
        .map_err(io(format!("making the worktree `{}`", path.display())))
}

/// Whether a folder is what a creation that was cut off left.
fn is_half_made(path: &Path) -> Result<bool, GitError> {
    let doing = || format!("making room for the worktree `{}`", path.display());
    let is_marked = plain_files::look(&making(path)).map_err(io(doing()))?.is_some();
    Ok(is_marked && plain_files::is_folder(path).map_err(io(doing()))?)
}

/// Frees a path without losing what is there.
fn move_aside(path: &Path) -> Result<(), GitError> {
    let doing = || format!("making room for the worktree `{}`", path.display());
    if plain_files::look(path).map_err(io(doing()))?.is_none() || fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    // A pointer to our git directory would make git commands there change the worktree that takes its place.
    let pointer = path.join(".git");
    let is_folder = plain_files::is_folder(path).map_err(io(doing()))?;
    if is_folder
        && plain_files::look(&pointer).map_err(io(doing()))?.is_some_and(|found| !found.is_dir())
    {
        plain_files::remove(&pointer).map_err(io(doing()))?;
    }
    for number in 1_u32..=u32::MAX {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".lost-{number}"));
        let aside = PathBuf::from(aside);
        if plain_files::look(&aside).map_err(io(doing()))?.is_none() {
            tracing::warn!(folder = %aside.display(), "a folder stood where a worktree belongs and was moved aside");
            return plain_files::rename(path, &aside).map_err(io(doing()));
        }
    }
    Ok(())
}

/// The path with its folder resolved, as git writes it in its books; the folder is made.
fn absolute(path: &Path) -> Result<PathBuf, GitError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .map_err(io(format!("making the folder `{}`", parent.display())))?;
    }
    absolute_without_making(path)
}

fn absolute_without_making(path: &Path) -> Result<PathBuf, GitError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(GitError::Unsupported {
            what: format!("the worktree path `{}`", path.display()),
            why: "it has no folder or no name".to_owned(),
        });
    };
    match fs::canonicalize(parent) {
        Ok(parent) => Ok(parent.join(name)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(io(format!("looking at `{}`", parent.display()))(error)),
    }
}
