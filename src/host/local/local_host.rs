//! The local host itself: where its files lie, its lock, new numbers, and what it found wrong. What it can do stands in the files beside.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use super::card::{self, Card};
use super::forge::Forge;
use super::yaml_lines::Change;
use super::{failure, folder, values};
use crate::domain::ids::{IssueNumber, RepoKey};
use crate::host::HostError;
use crate::sys::clock::Clock;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// Nobody holds the board for longer than a few small writes.
const LOCK_WAIT: Duration = Duration::from_secs(20);

/// A person may take a number by hand while we do; more often than this in a row it is no accident.
const NUMBER_TRIES: usize = 100;

/// Everything a local host needs.
pub struct LocalHostOptions {
    /// The repository's key, for messages.
    pub key: RepoKey,
    /// The board of this repository, `<root>/board/<key>`; made at the first write.
    pub board_dir: PathBuf,
    /// The lock under which the board is written.
    pub lock_file: PathBuf,
    /// The time that is stamped on what we write.
    pub clock: Rc<dyn Clock>,
    /// git and the CI command.
    pub forge: Rc<dyn Forge>,
    /// The author of our comments.
    pub account: String,
}

/// A file of the board that cannot be taken for what its place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub file: PathBuf,
    /// What is wrong with it, where, and what to do.
    pub message: String,
}

/// A board of Markdown files in place of a code host; carries out all four traits of this module's parent.
pub struct LocalHost {
    pub(super) options: LocalHostOptions,
    problems: RefCell<BTreeMap<PathBuf, String>>,
}

impl fmt::Debug for LocalHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        f.debug_struct("LocalHost")
            .field("key", &options.key)
            .field("board_dir", &options.board_dir)
            .finish_non_exhaustive()
    }
}

/// What a numbered file is; both kinds share their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Issues,
    Pulls,
}

impl LocalHost {
    /// Takes a board; nothing is read or made yet.
    pub fn new(options: LocalHostOptions) -> Self {
        Self { options, problems: RefCell::default() }
    }

    /// The files that the last look at the open issues or pull requests could not read, in the order of their paths.
    pub fn problems(&self) -> Vec<Problem> {
        let problems = self.problems.borrow();
        problems
            .iter()
            .map(|(file, message)| Problem { file: file.clone(), message: message.clone() })
            .collect()
    }

    pub(super) fn forge(&self) -> &dyn Forge {
        self.options.forge.as_ref()
    }

    pub(super) fn now(&self) -> Timestamp {
        values::seconds(self.options.clock.now())
    }

    /// The present moment as it is written into files.
    pub(super) fn stamp(&self) -> String {
        self.now().to_string()
    }

    pub(super) fn folder(&self, kind: FileKind) -> PathBuf {
        self.options.board_dir.join(match kind {
            FileKind::Issues => "issues",
            FileKind::Pulls => "pulls",
        })
    }

    pub(super) fn file(&self, kind: FileKind, number: u64) -> PathBuf {
        self.folder(kind).join(format!("{number}.md"))
    }

    pub(super) fn comments_file(&self, number: IssueNumber) -> PathBuf {
        self.folder(FileKind::Issues).join(format!("{}.comments.md", number.0))
    }

    /// Names an issue or a pull request for messages.
    pub(super) fn name(&self, kind: FileKind, number: u64) -> String {
        let key = &self.options.key;
        match kind {
            FileKind::Issues => format!("issue {} of {key}", IssueNumber(number)),
            FileKind::Pulls => format!("pull request {number} of {key}"),
        }
    }

    pub(super) fn read(&self, kind: FileKind, number: u64) -> Result<Card, HostError> {
        Card::read(&self.file(kind, number), self.name(kind, number))
    }

    /// Reads every file of a folder as `T`; what cannot be read is noted as a problem and hides no other.
    pub(super) fn read_all<T>(
        &self,
        kind: FileKind,
        read: impl Fn(&Card, u64) -> Result<T, HostError>,
    ) -> Result<Vec<T>, HostError> {
        let folder = self.folder(kind);
        let listing = folder::list(&folder)?;
        self.problems.borrow_mut().retain(|file, _| file.parent() != Some(&folder));
        let mut found = Vec::with_capacity(listing.numbers.len());
        for &number in &listing.numbers {
            match self.read(kind, number).and_then(|card| read(&card, number)) {
                Ok(value) => found.push(value),
                // Removed since the folder was listed.
                Err(_) if fs::symlink_metadata(self.file(kind, number)).is_err() => {}
                Err(error) => self.note(self.file(kind, number), &error),
            }
        }
        for file in listing.strange {
            let reason = "its name is not `<number>.md`, so nobody reads it; rename it";
            self.problems.borrow_mut().insert(file, reason.to_owned());
        }
        Ok(found)
    }

    /// Notes that a file is not what its place says.
    pub(super) fn note(&self, file: PathBuf, error: &HostError) {
        self.problems.borrow_mut().insert(file, error.to_string());
    }

    /// Takes the board's lock; never while it is held already.
    pub(super) fn lock(&self) -> Result<Lock, HostError> {
        let what = || format!("lock the board of {}", self.options.key);
        let unavailable = |reason: String| HostError::Unavailable { what: what(), reason };
        Lock::acquire(&self.options.lock_file, LOCK_WAIT)
            .map_err(|error| unavailable(error.to_string()))?
            .ok_or_else(|| {
                let seconds = LOCK_WAIT.as_secs();
                unavailable(format!("another process has held it for {seconds} s; try again later"))
            })
    }

    /// Changes a file as `decide` says, on what it finds under the lock; nothing is written or locked when there is nothing to change.
    pub(super) fn change(
        &self,
        kind: FileKind,
        number: u64,
        decide: impl Fn(&Card) -> Result<Vec<Change>, HostError>,
    ) -> Result<(), HostError> {
        if decide(&self.read(kind, number)?)?.is_empty() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let card = self.read(kind, number)?;
        let mut changes = decide(&card)?;
        if changes.is_empty() {
            return Ok(());
        }
        if card.number("number").is_some_and(|written| written != number) {
            changes.push(Change::Set("number", number.into()));
        }
        changes.push(Change::text("updated_at", self.stamp()));
        card.write(&changes)
    }

    /// Replaces the text of a file under the lock of the board; nothing is written when it reads so already.
    pub(super) fn replace_text(
        &self,
        kind: FileKind,
        number: u64,
        text: &str,
    ) -> Result<(), HostError> {
        let _lock = self.lock()?;
        let card = self.read(kind, number)?;
        if card.body().trim() == text.trim() {
            return Ok(());
        }
        card.write_with(text, &[Change::text("updated_at", self.stamp())])
    }

    /// Makes a file under the next number that no issue and no pull request has; the caller holds the lock.
    pub(super) fn create(
        &self,
        _lock: &Lock,
        kind: FileKind,
        keys: &[Change],
        text: &str,
    ) -> Result<u64, HostError> {
        let failed = |what: &str, error: &FileError| failure::of_write(what, error);
        let folder = self.folder(kind);
        files::make_dir(&folder).map_err(|error| failed("the board", &error))?;
        let issues = folder::list(&self.folder(FileKind::Issues))?.highest;
        let mut highest = folder::list(&self.folder(FileKind::Pulls))?.highest.max(issues);
        for _ in 0..NUMBER_TRIES {
            let number = folder::next_number(highest)?;
            let what = self.name(kind, number);
            let mut numbered = vec![Change::Set("number", number.into())];
            numbered.extend_from_slice(keys);
            let content = card::fresh(&what, &numbered, text)?;
            match files::create_new(&self.file(kind, number), content.as_bytes()) {
                Ok(()) => return Ok(number),
                Err(FileError::AlreadyExists { .. }) => highest = number,
                Err(error) => return Err(failed(&what, &error)),
            }
        }
        let reason = "somebody else takes every new number; try again later".to_owned();
        Err(HostError::Unavailable { what: format!("write to `{}`", folder.display()), reason })
    }
}

/// Where a person finds a file.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
