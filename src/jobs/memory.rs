//! Memory that waits for its commit: one file per change under `runtime/memory/<key>/`, so that nothing is lost while a base branch cannot be
//! written; and where the pull request stands that carries it to a protected one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::{App, Repository};
use crate::domain::ids::{BranchName, CommitSha, PrNumber, RepoKey, RepoSlug};
use crate::domain::memory::{Change, KnownIssue};
use crate::domain::task::{Folder, Task};
use crate::sys::files::{self, FileError};
use crate::text::count::counted;

/// A change is small; more is no file of ours.
const MAX_BYTES: u64 = 1024 * 1024;

/// How many heads of ours the branch is recognised by: a push may arrive after the worker that began it was killed.
const MAX_HEADS: usize = 20;

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// The branch that is to have it.
    pub(super) base: BranchName,
    /// Since when it waits.
    pub(super) since: Timestamp,
    /// The change.
    pub(super) change: Change,
}

/// A base branch or a branch of ours that is not tried again before a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refused {
    /// Until when.
    pub(super) until: Timestamp,
    /// What was said.
    pub(super) reason: String,
}

/// The pull request that carries memory, or is about to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proposal {
    /// Its number, when it is open.
    pub(super) pr: Option<PrNumber>,
    /// The commit of ours that its branch has.
    pub(super) head: CommitSha,
    /// The branch that it is for.
    pub(super) base: BranchName,
    /// The tip of that branch on which the commit was made.
    pub(super) base_tip: CommitSha,
    /// The keys of the changes in it.
    pub(super) keys: Vec<String>,
    /// When its commit was made.
    pub(super) at: Timestamp,
}

/// Where the memory of a repository stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Standing {
    /// Base branches that declined a push: they get a pull request until then.
    pub(super) declined: BTreeMap<BranchName, Refused>,
    /// What went wrong otherwise, and until when it is not tried again.
    pub(super) trouble: Option<Refused>,
    /// The pull request.
    pub(super) proposal: Option<Proposal>,
    /// What the branch is about to get; written before the push.
    pub(super) announced: Option<Proposal>,
    /// Heads that we gave to the branch.
    pub(super) heads: Vec<CommitSha>,
    /// Why the pull request waits, for people.
    pub(super) note: Option<String>,
}

impl Standing {
    /// Remembers a head as ours.
    pub(super) fn own(&mut self, head: &CommitSha) {
        if !self.heads.contains(head) {
            self.heads.push(head.clone());
        }
        let surplus = self.heads.len().saturating_sub(MAX_HEADS);
        self.heads.drain(..surplus);
    }
}

fn dir(app: &App, key: &RepoKey) -> PathBuf {
    app.runtime().join("memory").join(key.as_str())
}

fn declined_dir(app: &App, key: &RepoKey) -> PathBuf {
    dir(app, key).join("declined")
}

/// The name of a change's file. The name of a section is chosen by us.
fn file_name(change: &Change) -> String {
    format!("{}.json", change.key().replace(|c: char| c.is_whitespace() || c == '/', "-"))
}

/// Keeps a change until it is on its base branch. Nothing is written when it is kept already, or when a person has declined it.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn keep(
    app: &App,
    key: &RepoKey,
    base: &BranchName,
    change: Change,
) -> Result<(), FileError> {
    let name = file_name(&change);
    let (dir, declined) = (dir(app, key), declined_dir(app, key).join(&name));
    let path = dir.join(name);
    if declined.exists() {
        return Ok(());
    }
    let mut pending = Pending { base: base.clone(), since: app.now(), change };
    if let Some(present) = read::<Pending>(&path)? {
        pending.since = present.since;
        if present == pending {
            return Ok(());
        }
    }
    files::make_dir(&dir)?;
    write(&path, &pending)
}

/// The changes that wait for a repository, oldest first, and the names of files that cannot be read as one.
///
/// # Errors
///
/// When the folder cannot be read.
pub(super) fn pending(app: &App, key: &RepoKey) -> Result<(Vec<Pending>, Vec<String>), FileError> {
    let dir = dir(app, key);
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => return Err(FileError::of("read the folder", &dir, error)),
    };
    let (mut pending, mut bad) = (Vec::new(), Vec::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match read::<Pending>(&path) {
            Ok(found) => pending.extend(found),
            Err(error) => bad.push(error.to_string()),
        }
    }
    pending.sort_by_key(|found| (found.since, found.change.key()));
    Ok((pending, bad))
}

/// Forgets a change that is on its base branch.
///
/// # Errors
///
/// When its file cannot be removed.
pub(super) fn forget(app: &App, key: &RepoKey, change: &Change) -> Result<(), FileError> {
    files::remove(&dir(app, key).join(file_name(change)))
}

/// Sets a change aside that a person has declined: it is not proposed again.
///
/// # Errors
///
/// When its file cannot be moved.
pub(super) fn decline(app: &App, key: &RepoKey, change: &Change) -> Result<(), FileError> {
    let (from, to) = (dir(app, key), declined_dir(app, key));
    files::make_dir(&to)?;
    let name = file_name(change);
    match files::rename(&from.join(&name), &to.join(&name)) {
        Err(FileError::AlreadyExists { .. }) => files::remove(&from.join(&name)),
        Err(FileError::NotFound { .. }) => Ok(()),
        other => other,
    }
}

/// Keeps what a task that is given up leaves to its successors: what broke and why. Doing it twice is doing it once.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn given_up(
    app: &App,
    repository: &Repository,
    folder: Folder,
    task: &Task,
) -> Result<(), FileError> {
    if folder != Folder::Escalated {
        return Ok(());
    }
    let redact = |text: &str| app.redactor.redact(text);
    let change = Change::KnownIssue(KnownIssue {
        task: task.id.clone(),
        issue: task.issue,
        title: redact(&task.title),
        date: day(app.now()),
        why: redact(task.reason.as_deref().unwrap_or("nobody knows why")),
    });
    keep(app, &repository.key, &task.base_branch, change)
}

/// Forgets what waits to be known of the issue of a task that was merged after all: its own line, and those of the tasks before it. What
/// is written down already leaves with the entry of the merge.
///
/// # Errors
///
/// When the folder cannot be read or a file not be removed.
pub(super) fn no_longer_given_up(app: &App, key: &RepoKey, task: &Task) -> Result<(), FileError> {
    for found in pending(app, key)?.0 {
        if let Change::KnownIssue(known) = &found.change
            && task.id.is_same_or_later(known.task.as_str(), task.issue)
        {
            forget(app, key, &found.change)?;
        }
    }
    Ok(())
}

/// The day of a moment, `YYYY-MM-DD`.
pub(super) fn day(at: Timestamp) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

/// The memory of a repository in `status --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemoryRow {
    /// Its repository.
    pub repo: RepoSlug,
    /// How many changes wait for their branch.
    pub waiting: usize,
    /// The pull request that carries them.
    pub pr: Option<PrNumber>,
    /// Why they wait.
    pub reason: Option<String>,
}

impl MemoryRow {
    /// What waits, in words.
    pub fn changes(&self) -> String {
        let wait = if self.waiting == 1 { "waits" } else { "wait" };
        format!("{} {wait}", counted(self.waiting, "change"))
    }
}

/// What waits in the memory of each repository; nothing of those where nothing does. Reads only.
pub(super) fn rows(app: &App) -> Vec<MemoryRow> {
    app.repositories.iter().filter_map(|repository| row(app, repository)).collect()
}

/// What waits in the memory of one repository. What cannot be read is the reason.
pub(super) fn row(app: &App, repository: &Repository) -> Option<MemoryRow> {
    let now = app.now();
    let (waiting, bad) = pending(app, &repository.key).map_or_else(
        |error| (0, Some(error.to_string())),
        |(pending, bad)| (pending.len(), bad.into_iter().next()),
    );
    let (pr, reason) = match standing(app, &repository.key) {
        Err(error) => (None, Some(error.to_string())),
        Ok(standing) => {
            let trouble = standing.trouble.filter(|trouble| trouble.until > now);
            let reason = trouble.map(|trouble| trouble.reason).or(standing.note);
            (standing.proposal.and_then(|proposal| proposal.pr), reason)
        }
    };
    let reason = bad.or(reason);
    let is_quiet = waiting == 0 && pr.is_none() && reason.is_none();
    (!is_quiet).then(|| MemoryRow { repo: repository.slug().clone(), waiting, pr, reason })
}

fn standing_file(app: &App, key: &RepoKey) -> PathBuf {
    app.runtime().join("state").join("memory").join(format!("{key}.json"))
}

/// Where the memory of a repository stands.
///
/// # Errors
///
/// When its file cannot be read.
pub(super) fn standing(app: &App, key: &RepoKey) -> Result<Standing, FileError> {
    Ok(read(&standing_file(app, key))?.unwrap_or_default())
}

/// Writes where the memory of a repository stands; nothing happens when the file reads so already.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn set_standing(app: &App, key: &RepoKey, standing: &Standing) -> Result<(), FileError> {
    let path = standing_file(app, key);
    if read::<Standing>(&path)?.unwrap_or_default() == *standing {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        files::make_dir(parent)?;
    }
    write(&path, standing)
}

fn read<T: for<'de> Deserialize<'de>>(path: &std::path::Path) -> Result<Option<T>, FileError> {
    match files::read_text(path, MAX_BYTES) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| FileError::Io {
            doing: "read the memory that waits",
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        }),
        Err(FileError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn write<T: Serialize>(path: &std::path::Path, value: &T) -> Result<(), FileError> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    files::replace(path, format!("{text}\n").as_bytes())
}
