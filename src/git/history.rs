//! What happened between two commits: files, lines, messages.

use git2::{Delta, DiffFindOptions, DiffOptions, Oid, Patch, Repository, Tree};
use jiff::Timestamp;

use super::error::{GitError, library};
use super::merge::missing;
use super::mirror::Mirror;
use super::objects::{self, commit, tree};
use crate::domain::ids::CommitSha;

/// How far [`Mirror::effective_base`] goes back, in commits: beyond this, memory alone does not explain the distance.
const EFFECTIVE_BASE_LIMIT: usize = 500;

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content, mode or type changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It had another name.
    Renamed {
        /// The name before.
        from: String,
    },
}

/// One file of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path; for a deleted one, the path it had. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Lines that came; none for a binary file.
    pub added: u64,
    /// Lines that went; none for a binary file.
    pub removed: u64,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Whether content came that is no text, so that its lines are not counted. One that went, or only got another name or mode, is not meant.
    pub is_binary: bool,
}

/// The difference between two commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffStat {
    /// The files that differ, in the order of their paths.
    pub files: Vec<ChangedFile>,
}

impl DiffStat {
    /// Lines that came and went, over all files.
    pub fn lines(&self) -> u64 {
        self.files.iter().map(|file| file.added.saturating_add(file.removed)).sum()
    }
}

/// A commit as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub sha: CommitSha,
    /// The first line of its message.
    pub subject: String,
    /// The rest of its message.
    pub body: String,
    /// Name of its author.
    pub author_name: String,
    /// Address of its author.
    pub author_email: String,
    /// When it was committed.
    pub time: Timestamp,
}

impl Mirror {
    /// The files that differ between two commits, with renames found.
    pub fn diff_stat(&self, from: &CommitSha, to: &CommitSha) -> Result<DiffStat, GitError> {
        let doing = || format!("comparing {} with {}", from.short(), to.short());
        let repository = self.repository()?;
        let (old, new) = (tree(&repository, from)?, tree(&repository, to)?);
        let mut diff = repository
            .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut plain_diff()))
            .map_err(library(doing()))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true))).map_err(library(doing()))?;
        let mut files = Vec::new();
        for (position, delta) in diff.deltas().enumerate() {
            let text = Patch::from_diff(&diff, position).map_err(library(doing()))?;
            let counts =
                text.map(|text| text.line_stats()).transpose().map_err(library(doing()))?;
            let (_, added, removed) = counts.unwrap_or_default();
            let (path, kind) = change(&delta);
            let is_binary = has_binary_content(&delta);
            let (added, removed) = (added as u64, removed as u64);
            files.push(ChangedFile { path, added, removed, kind, is_binary });
        }
        Ok(DiffStat { files })
    }

    /// The commits that `head` has and `base` has not, oldest first.
    pub fn commits_between(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<CommitInfo>, GitError> {
        let repository = self.repository()?;
        let ids = missing(&repository, head, base)?;
        ids.into_iter().map(|id| info(&repository, id)).collect()
    }

    /// When a commit was made.
    pub fn committed_at(&self, sha: &CommitSha) -> Result<Timestamp, GitError> {
        let repository = self.repository()?;
        let id = commit(&repository, sha)?.id();
        info(&repository, id).map(|info| info.time)
    }

    /// The first lines of the last `limit` first-parent commits from `tip`, newest first.
    pub fn log(&self, tip: &CommitSha, limit: usize) -> Result<Vec<(CommitSha, String)>, GitError> {
        let repository = self.repository()?;
        let mut at = commit(&repository, tip)?;
        let mut lines = Vec::new();
        while lines.len() < limit {
            let message = String::from_utf8_lossy(at.message_bytes()).into_owned();
            let subject = message.lines().next().unwrap_or_default().to_owned();
            lines.push((objects::sha(at.id())?, subject));
            let Ok(parent) = at.parent(0) else { break };
            at = parent;
        }
        Ok(lines)
    }

    /// The newest of the last `limit` first-parent commits from `tip` whose message holds a line `trailer`.
    pub fn find_by_trailer(
        &self,
        tip: &CommitSha,
        trailer: &str,
        limit: usize,
    ) -> Result<Option<CommitSha>, GitError> {
        let repository = self.repository()?;
        let mut at = commit(&repository, tip)?;
        for _ in 0..limit {
            let message = String::from_utf8_lossy(at.message_bytes()).into_owned();
            if message.lines().any(|line| line.trim() == trailer) {
                return objects::sha(at.id()).map(Some);
            }
            let Ok(parent) = at.parent(0) else { break };
            at = parent;
        }
        Ok(None)
    }

    /// Goes back from `tip` over the commits that touch nothing but the files in `only` (a name that ends with `/` is a folder), and
    /// returns the first that touches something else (or where the walk gives up: at a first commit, or after 500).
    pub fn effective_base(&self, tip: &CommitSha, only: &[&str]) -> Result<CommitSha, GitError> {
        let doing = || format!("walking back from {}", tip.short());
        let repository = self.repository()?;
        let mut at = commit(&repository, tip)?;
        for _ in 0..EFFECTIVE_BASE_LIMIT {
            if at.parent_count() == 0 {
                break;
            }
            let parent = at.parent(0).map_err(library(doing()))?;
            let (old, new) =
                (parent.tree().map_err(library(doing()))?, at.tree().map_err(library(doing()))?);
            if !touches_only(&repository, &old, &new, only)? {
                break;
            }
            at = parent;
        }
        objects::sha(at.id())
    }
}

fn plain_diff() -> DiffOptions {
    let mut options = DiffOptions::new();
    options.context_lines(0).ignore_submodules(false).include_typechange(true);
    options
}

fn change(delta: &git2::DiffDelta<'_>) -> (String, ChangeKind) {
    let name = |file: git2::DiffFile<'_>| {
        String::from_utf8_lossy(file.path_bytes().unwrap_or_default()).into_owned()
    };
    let (old, new) = (name(delta.old_file()), name(delta.new_file()));
    match delta.status() {
        Delta::Added | Delta::Copied => (new, ChangeKind::Added),
        Delta::Deleted => (old, ChangeKind::Deleted),
        Delta::Renamed => (new, ChangeKind::Renamed { from: old }),
        // What is left for two trees: content, mode, type. The others occur with worktrees only.
        _ => (new, ChangeKind::Modified),
    }
}

/// Whether content came that is no text. Known only when the patch of the file was made: that looks into it.
fn has_binary_content(delta: &git2::DiffDelta<'_>) -> bool {
    let is_another = delta.old_file().id() != delta.new_file().id();
    delta.flags().is_binary() && is_another && delta.status() != Delta::Deleted
}

fn touches_only(
    repository: &Repository,
    old: &Tree<'_>,
    new: &Tree<'_>,
    only: &[&str],
) -> Result<bool, GitError> {
    let diff = repository
        .diff_tree_to_tree(Some(old), Some(new), Some(&mut plain_diff()))
        .map_err(library("comparing a commit with its parent"))?;
    let is_allowed = |file: git2::DiffFile<'_>| {
        file.path_bytes().is_none_or(|path| {
            let is = |name: &[u8]| path == name || (name.ends_with(b"/") && path.starts_with(name));
            only.iter().any(|name| is(name.as_bytes()))
        })
    };
    Ok(diff.deltas().all(|delta| is_allowed(delta.old_file()) && is_allowed(delta.new_file())))
}

fn info(repository: &Repository, id: Oid) -> Result<CommitInfo, GitError> {
    let doing = || format!("reading commit {id}");
    let commit = repository.find_commit(id).map_err(library(doing()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let message = text(commit.message_bytes());
    let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
    let author = commit.author();
    Ok(CommitInfo {
        sha: objects::sha(id)?,
        subject: subject.trim().to_owned(),
        body: body.trim().to_owned(),
        author_name: text(author.name_bytes()),
        author_email: text(author.email_bytes()),
        time: Timestamp::from_second(commit.time().seconds())
            .map_err(|error| GitError::Failed { doing: doing(), reason: error.to_string() })?,
    })
}
