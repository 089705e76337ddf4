//! The agent's own repository: handed out in place of the `.git` of a worktree, and taken away again without a look inside.
//!
//! It borrows the objects of the mirror and has its own for everything new, so all of git works in it and nothing of it reaches us.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::create::quoted;
use super::error::{GitError, io as failed, library};
use super::mirror::TRACKED;
use super::objects;
use super::plain_files::{self, write};
use super::worktree::Worktree;
use crate::domain::ids::{BranchName, CommitSha};

/// In our git directory of a worktree: which folder we handed out as its `.git`.
const HANDED_OUT: &str = "agentos-private";
/// The longest file of our own that is read back, in bytes.
const SMALL: u64 = 8192;

/// What the `.git` of a worktree was when it was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitState {
    /// The repository that was handed out, or our own `.git` file.
    Intact,
    /// Nothing.
    Missing,
    /// Something else.
    Replaced,
}

/// What was found when a worktree was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBack {
    /// What the `.git` was.
    pub git_was: GitState,
    /// How many commits the agent made; 0 as long as nobody has counted them, for which its repository would have to be read.
    pub agent_commits: u32,
}

/// Where the head of a private repository stands.
pub(super) enum Head<'a> {
    Branch(&'a BranchName, &'a CommitSha),
    Detached(&'a CommitSha),
}

/// A private repository to be laid out.
pub(super) struct Layout<'a> {
    pub(super) head: Head<'a>,
    /// Folders with the objects it reads.
    pub(super) objects: &'a [PathBuf],
    /// Branches of the remote, with their full reference names.
    pub(super) tracked: &'a [(String, CommitSha)],
    pub(super) git: &'a Git,
}

impl Worktree {
    /// Gives the folder to an agent: in place of whatever its `.git` is comes a fresh repository on `branch` at our head, with
    /// our index and the branches of the remote. No process is run.
    ///
    /// # Errors
    ///
    /// When it cannot be written; calling again begins anew. Files and our own git directory are not touched.
    pub fn hand_to_agent(&self, branch: &BranchName) -> Result<(), GitError> {
        let doing = || self.doing("preparing");
        let head = self.head()?;
        let tracked = self.tracked()?;
        let objects = self.object_dirs()?;
        let place = self.path.join(".git");
        self.check_folder()?;
        plain_files::remove(&place).map_err(failed(doing()))?;
        let layout = Layout {
            head: Head::Branch(branch, &head),
            objects: &objects,
            tracked: &tracked,
            git: &self.git,
        };
        layout.write_to(&place).map_err(failed(doing()))?;
        let index = self.git_dir.join("index");
        if let Some(content) = plain_files::read_plain(&index, u64::MAX).map_err(failed(doing()))? {
            write(&place.join("index"), &content).map_err(failed(doing()))?;
        }
        let mark = plain_files::fingerprint(&place).map_err(failed(doing()))?;
        write(&self.git_dir.join(HANDED_OUT), mark.as_bytes()).map_err(failed(doing()))
    }

    /// Takes the folder back: removes whatever its `.git` is now, following no link and reading nothing of it, and restores ours.
    ///
    /// # Errors
    ///
    /// [`GitError::NotFound`] when the folder is gone; calling again goes on where it stopped.
    pub fn take_back(&self) -> Result<TakenBack, GitError> {
        let doing = || self.doing("taking back");
        self.check_folder()?;
        let place = self.path.join(".git");
        let ours = self.pointer();
        let git_was = self.state_of(&place, &ours).map_err(failed(doing()))?;
        plain_files::remove(&place).map_err(failed(doing()))?;
        write(&place, &ours).map_err(failed(doing()))?;
        plain_files::remove(&self.git_dir.join(HANDED_OUT)).map_err(failed(doing()))?;
        Ok(TakenBack { git_was, agent_commits: 0 })
    }

    fn pointer(&self) -> Vec<u8> {
        let mut text = b"gitdir: ".to_vec();
        text.extend_from_slice(self.git_dir.as_os_str().as_bytes());
        text.push(b'\n');
        text
    }

    fn state_of(&self, place: &Path, ours: &[u8]) -> io::Result<GitState> {
        let Some(found) = plain_files::look(place)? else { return Ok(GitState::Missing) };
        let handed_out = plain_files::read_plain(&self.git_dir.join(HANDED_OUT), SMALL)?;
        let is_ours = match handed_out {
            Some(mark) => found.is_dir() && plain_files::fingerprint(place)?.as_bytes() == mark,
            None => plain_files::read_plain(place, SMALL)?.as_deref() == Some(ours),
        };
        Ok(if is_ours { GitState::Intact } else { GitState::Replaced })
    }

    /// The branches of the remote; those of other tasks are nobody's business here.
    fn tracked(&self) -> Result<Vec<(String, CommitSha)>, GitError> {
        let doing = || self.doing("listing the branches for");
        let repository = objects::open(&self.mirror_dir)?;
        let references =
            repository.references_glob(&format!("{TRACKED}*")).map_err(library(doing()))?;
        let mut tracked = Vec::new();
        for reference in references {
            let reference = reference.map_err(library(doing()))?;
            let (Some(target), Ok(name)) = (reference.target(), reference.name()) else { continue };
            if !name.starts_with(&format!("{TRACKED}agent/")) {
                tracked.push((name.to_owned(), objects::sha(target)?));
            }
        }
        tracked.sort();
        Ok(tracked)
    }
}

impl Layout<'_> {
    /// Writes the repository; `HEAD` last, as git takes a folder without one for no repository.
    pub(super) fn write_to(&self, place: &Path) -> io::Result<()> {
        for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            fs::create_dir_all(place.join(folder))?;
        }
        write(&place.join("objects/info/alternates"), &self.alternates()?)?;
        write(&place.join("config"), self.config().as_bytes())?;
        write(&place.join("packed-refs"), self.packed_references().as_bytes())?;
        let head = match self.head {
            Head::Detached(commit) => format!("{commit}\n"),
            Head::Branch(branch, commit) => {
                let file = place.join("refs/heads").join(branch.as_str());
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                write(&file, format!("{commit}\n").as_bytes())?;
                format!("ref: refs/heads/{branch}\n")
            }
        };
        write(&place.join("HEAD"), head.as_bytes())
    }

    fn alternates(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for dir in self.objects {
            let bytes = dir.as_os_str().as_bytes();
            if bytes.contains(&b'\n') {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "a folder with a line break in its name",
                ));
            }
            text.extend_from_slice(bytes);
            text.push(b'\n');
        }
        Ok(text)
    }

    fn config(&self) -> String {
        let (name, email) = self.git.author();
        format!(
            "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n\
             [user]\n\tname = {}\n\temail = {}\n[commit]\n\tgpgsign = false\n[gc]\n\tauto = 0\n",
            quoted(name),
            quoted(email)
        )
    }

    fn packed_references(&self) -> String {
        let mut text = String::from("# pack-refs with: peeled fully-peeled sorted \n");
        for (name, commit) in self.tracked {
            text.extend([commit.as_str(), " ", name, "\n"]);
        }
        text
    }
}
