//! A mirror: the bare repository that we own for a remote, made once and fetched into. Everything else in this folder hangs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::Repository;

use super::command::Git;
use super::create::{self, free_name_beside, looks_whole};
use super::error::{GitError, io, library, presentable};
use super::{borrow, objects, plain_files, remote, writers};
use crate::domain::ids::{BranchName, CommitSha, TaskId};
use crate::sys::files;
use crate::sys::lock::Lock;

/// Where the branches of the remote are kept.
pub(super) const TRACKED: &str = "refs/remotes/origin/";
/// Where work that is not pushed yet is kept.
const SAVED: &str = "refs/agentos/";
/// How long to wait for who is just making a mirror, which takes milliseconds.
const MAKING: Duration = Duration::from_secs(60);

/// Our bare repository for one remote.
///
/// Two processes that change one mirror at once are kept apart by the caller, with a lock per repository.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub(super) git: Git,
    pub(super) dir: PathBuf,
    pub(super) remote: String,
}

impl Mirror {
    /// Opens the mirror in `dir`, or makes it; does nothing when all is as asked. Nothing is fetched.
    ///
    /// Lock files that dead processes left in it are removed, where nobody else is at work in it, and worktrees that cannot be read are
    /// forgotten.
    ///
    /// `borrow` is a clone of the operator's whose objects need not be fetched again; it is only read, and left alone when it is
    /// shallow or partial. What was borrowed and is no longer to be is copied first.
    ///
    /// # Errors
    ///
    /// [`GitError::Unsupported`] for a remote that could be an option or runs a command, and for formats that git2 cannot read.
    /// An interrupted creation leaves a folder `<dir>.new` that the next one removes. A folder that is no repository (any more) is renamed to
    /// `<dir>.broken-1`, the next free number.
    pub fn open_or_create(
        git: &Git,
        dir: &Path,
        remote: &str,
        borrow: Option<&Path>,
    ) -> Result<Self, GitError> {
        let remote = remote::checked(remote)?;
        let lender = borrow.map(borrow::objects_of).transpose()?.flatten();
        let mirror = Self { git: git.clone(), dir: dir.to_owned(), remote };
        if !looks_whole(dir)? || !mirror.is_as_asked(lender.as_deref())? {
            mirror.make_alone(lender.as_deref())?;
        }
        let dir = fs::canonicalize(dir).map_err(io(format!("looking at `{}`", dir.display())))?;
        writers::remove_left_locks(&dir)?;
        writers::forget_broken_worktrees(&dir)?;
        Ok(Self { dir, ..mirror })
    }

    /// Makes the mirror, or makes it what is asked, while nobody else does. What is in its place and is no repository is kept beside it:
    /// whoever damaged it may want to look, and objects may be in it.
    fn make_alone(&self, lender: Option<&Path>) -> Result<(), GitError> {
        let dir = self.dir.as_path();
        let doing = || format!("making the mirror `{}`", dir.display());
        let unavailable = |reason: String| GitError::Unavailable { doing: doing(), reason };
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        files::make_dir(above).map_err(|error| unavailable(error.to_string()))?;
        let _making = Lock::of_folder(above, MAKING)
            .map_err(|error| unavailable(error.to_string()))?
            .ok_or_else(|| unavailable("another process has been at it for a minute".to_owned()))?;
        if !looks_whole(dir)? {
            if plain_files::is_folder(dir).map_err(io(doing()))? {
                let aside = free_name_beside(dir);
                tracing::warn!(dir = %dir.display(), aside = %aside.display(), "the mirror is no repository any more; it is set aside and made anew");
                plain_files::rename(dir, &aside).map_err(io(doing()))?;
            }
            create::create(dir, &self.remote, lender)?;
        }
        writers::remove_left_locks(dir)?;
        self.follow_remote()?;
        borrow::follow(self, lender)
    }

    /// The folder of the mirror.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The remote as git is given it.
    pub fn remote(&self) -> &str {
        &self.remote
    }

    /// The folders with objects that the mirror needs: its own and the borrowed ones. Whoever reads a worktree with git reads these.
    pub fn object_dirs(&self) -> Result<Vec<PathBuf>, GitError> {
        borrow::object_dirs(&self.dir)
    }

    /// Brings every branch of the remote; those that are gone there go here too.
    ///
    /// # Errors
    ///
    /// [`GitError::NoCommits`] when the remote is empty, else what git says; what was fetched before stays.
    pub fn fetch(&self) -> Result<(), GitError> {
        if !borrow::has_lender(&self.dir)? {
            // The operator's clone is gone: what it lent is missing here, and git fetches what is missing.
            borrow::stop(self)?;
        }
        self.fetch_call(&[])?;
        self.check_not_empty()
    }

    /// Brings everything again as if the mirror had nothing, which heals one that has lost objects: a damaged disk, or a clone
    /// of the operator's that no longer has what was borrowed from it. Nothing is borrowed afterwards.
    ///
    /// # Errors
    ///
    /// As for [`Mirror::fetch`]; calling again goes on.
    pub fn fetch_anew(&self) -> Result<(), GitError> {
        self.fetch_call(&["--refetch"])?;
        borrow::stop(self)?;
        self.check_not_empty()
    }

    fn check_not_empty(&self) -> Result<(), GitError> {
        let repository = self.repository()?;
        let mut branches = repository
            .references_glob(&format!("{TRACKED}*"))
            .map_err(library("listing the branches of the remote"))?;
        if branches.next().is_none() {
            return Err(GitError::NoCommits { remote: presentable(&self.remote) });
        }
        Ok(())
    }

    fn fetch_call(&self, more: &[&str]) -> Result<(), GitError> {
        let shown = presentable(&self.remote);
        self.git
            .call(format!("fetching from `{shown}`"))
            .remote()
            .about(format!("the remote `{shown}`"))
            .writing_in(&self.dir)
            .args([
                "fetch",
                "--prune",
                "--no-tags",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
            ])
            .args(["--no-auto-maintenance", "--quiet"])
            .args(more)
            .args(["--", "origin"])
            .check()
            .map(drop)
    }

    /// The tip of a branch of the remote as it was when it was last fetched or pushed.
    pub fn tracked_tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, GitError> {
        objects::tip(&self.repository()?, &format!("{TRACKED}{branch}"))
    }

    /// Whether the mirror has a commit; an unreadable mirror has none.
    pub fn has_commit(&self, sha: &CommitSha) -> bool {
        self.repository().is_ok_and(|repository| objects::commit(&repository, sha).is_ok())
    }

    /// The commit with the unpushed work of a task.
    pub fn saved_work(&self, id: &TaskId) -> Result<Option<CommitSha>, GitError> {
        objects::tip(&self.repository()?, &saved_name(id))
    }

    /// Forgets the unpushed work of a task; nothing saved is fine.
    pub fn drop_saved_work(&self, id: &TaskId) -> Result<(), GitError> {
        delete_reference(&self.repository()?, &saved_name(id))
    }

    /// Moves the branch of a task in the mirror, whatever it was before.
    ///
    /// # Errors
    ///
    /// [`GitError::NotFound`] when the mirror does not have the commit.
    pub fn set_branch(&self, id: &TaskId, to: &CommitSha) -> Result<(), GitError> {
        set_reference(&self.repository()?, &branch_name(id), to)
    }

    /// The tip of the branch of a task in the mirror.
    pub fn branch_tip(&self, id: &TaskId) -> Result<Option<CommitSha>, GitError> {
        objects::tip(&self.repository()?, &branch_name(id))
    }

    /// Forgets the branch of a task in the mirror; no branch is fine. The remote is not asked.
    pub fn drop_branch(&self, id: &TaskId) -> Result<(), GitError> {
        delete_reference(&self.repository()?, &branch_name(id))
    }

    /// Packs what lies loose and drops what nothing has needed for two weeks; worktrees and private repositories stay healthy.
    pub fn gc(&self) -> Result<(), GitError> {
        self.git
            .call(format!("tidying the mirror `{}`", self.dir.display()))
            .writing_in(&self.dir)
            .args(["-c", "gc.worktreePruneExpire=never", "gc", "--quiet", "--prune=2.weeks.ago"])
            .check()
            .map(drop)
    }

    /// As [`Mirror::gc`], only where enough lies loose to be worth it, by git's own measure; else no process is started.
    pub fn tidy(&self) -> Result<(), GitError> {
        let count = |folder: &str| fs::read_dir(self.dir.join(folder)).map_or(0, Iterator::count);
        // Of 6700 loose objects, 27 lie in each of the 256 folders; a pack is two or three files.
        if count("objects/17") < 27 && count("objects/pack") < 100 {
            return Ok(());
        }
        self.git
            .call(format!("tidying the mirror `{}`", self.dir.display()))
            .writing_in(&self.dir)
            .args(["-c", "gc.worktreePruneExpire=never", "-c", "gc.autoDetach=false"])
            .args(["gc", "--auto", "--quiet", "--prune=2.weeks.ago"])
            .check()
            .map(drop)
    }

    pub(super) fn repository(&self) -> Result<Repository, GitError> {
        objects::open(&self.dir)
    }

    /// Whether settings, remote and lender are what they should be, so that nothing is to be written.
    fn is_as_asked(&self, lender: Option<&Path>) -> Result<bool, GitError> {
        let url = self.local_settings()?.get_string("remote.origin.url");
        Ok(has_our_settings(&self.dir)
            && url.ok().as_deref() == Some(self.remote.as_str())
            && borrow::is_from(&self.dir, lender)?)
    }

    fn local_settings(&self) -> Result<git2::Config, GitError> {
        let doing = || format!("reading the settings of the mirror `{}`", self.dir.display());
        let config = self.repository()?.config().map_err(library(doing()))?;
        config.open_level(git2::ConfigLevel::Local).map_err(library(doing()))
    }

    fn follow_remote(&self) -> Result<(), GitError> {
        let doing = || format!("setting the remote of the mirror `{}`", self.dir.display());
        if !has_our_settings(&self.dir) {
            let settings = self.dir.join(objects::LIBRARY_SETTINGS);
            plain_files::replace(&settings, objects::LIBRARY_SETTINGS_TEXT.as_bytes())
                .map_err(io(doing()))?;
        }
        let local = self.local_settings()?;
        if local.get_string("remote.origin.url").ok().as_deref() != Some(self.remote.as_str()) {
            let _writing = writers::share(&self.dir)?;
            // As a whole: the library would not wait for the disk.
            let whole = create::settings(&self.remote);
            plain_files::replace(&self.dir.join("config"), whole.as_bytes())
                .map_err(io(doing()))?;
        }
        Ok(())
    }
}

fn has_our_settings(mirror: &Path) -> bool {
    let settings = fs::read(mirror.join(objects::LIBRARY_SETTINGS));
    settings.ok().as_deref() == Some(objects::LIBRARY_SETTINGS_TEXT.as_bytes())
}

pub(super) fn saved_name(id: &TaskId) -> String {
    format!("{SAVED}{id}")
}

fn branch_name(id: &TaskId) -> String {
    format!("refs/heads/{}", id.branch())
}

pub(super) fn set_reference(
    repository: &Repository,
    name: &str,
    to: &CommitSha,
) -> Result<(), GitError> {
    let commit = objects::commit(repository, to)?;
    let _writing = writers::share_repository(repository)?;
    repository
        .reference(name, commit.id(), true, "agentos")
        .map(drop)
        .map_err(library(format!("setting `{name}`")))
}

pub(super) fn delete_reference(repository: &Repository, name: &str) -> Result<(), GitError> {
    let _writing = writers::share_repository(repository)?;
    match repository.find_reference(name) {
        Ok(mut reference) => reference.delete().map_err(library(format!("deleting `{name}`"))),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(()),
        Err(error) => Err(library(format!("deleting `{name}`"))(error)),
    }
}
