//! Memory in commits: changes on the present tip of a branch, without a checkout, pushed only while the tip is still that one.

use super::carry_out::{Carried, EffectError, Effects};
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::memory::{Bounds, Change, Files};
use crate::git::{GitError, Push};

/// How often memory is built anew on a base branch that moves meanwhile.
const TRIES: usize = 5;

/// Most bytes of a memory file that are read: an archive holds the entries of a whole year.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Most lines that a commit's message lists.
const MAX_LINES: usize = 50;

impl Effects {
    /// Whether a branch has all these changes of the memory.
    pub(super) fn memory_has(
        &self,
        base: &BranchName,
        changes: &[Change],
    ) -> Result<Option<Carried>, EffectError> {
        let tip = self.present_tip(base)?;
        let missing = self.missing_at(&tip, changes)?;
        Ok(missing.is_empty().then(|| Carried { commit: Some(tip), ..Carried::default() }))
    }

    /// The changes that a branch does not have yet, and its tip.
    ///
    /// # Errors
    ///
    /// When the branch cannot be read, or there is none.
    pub fn missing_memory(
        &self,
        base: &BranchName,
        changes: &[Change],
    ) -> Result<(CommitSha, Vec<Change>), EffectError> {
        let tip = self.present_tip(base)?;
        let missing = self.missing_at(&tip, changes)?;
        Ok((tip, missing))
    }

    /// Puts changes into a commit on the present tip of the base branch and pushes it there, anew for each time that somebody is faster.
    pub(super) fn remember(
        &self,
        base: &BranchName,
        changes: &[Change],
    ) -> Result<CommitSha, EffectError> {
        let mut last = None;
        for _ in 0..TRIES {
            let tip = self.present_tip(base)?;
            // A push may arrive after the worker that began it was killed: git goes on by itself.
            let missing = self.missing_at(&tip, changes)?;
            // Nobody has to test what only we write.
            let Some(commit) = self.memory_commit(&tip, &missing, " [skip ci]")? else {
                return Ok(tip);
            };
            crash_point!("memory.commit");
            let push =
                Push { source: Some(commit.clone()), branch: base.clone(), expected: Some(tip) };
            let _lock = self.lock_mirror()?;
            match self.mirror.push(&push) {
                Ok(()) => return Ok(commit),
                Err(error @ GitError::Stale { .. }) => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.map_or_else(|| EffectError::Locked(self.key.clone()), EffectError::Git))
    }

    /// A commit with these changes on top of another one; `None` when they change nothing. No reference moves.
    ///
    /// # Errors
    ///
    /// When a memory file cannot be read as text, or the commit cannot be made.
    pub fn memory_commit(
        &self,
        parent: &CommitSha,
        changes: &[Change],
        suffix: &str,
    ) -> Result<Option<CommitSha>, EffectError> {
        let files = Files::new(|path: &str| self.memory_file(parent, path));
        let texts = files.apply(changes, &Bounds::default())?;
        if texts.is_empty() {
            return Ok(None);
        }
        let contents: Vec<(&str, &[u8])> =
            texts.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
        let message = message(changes, suffix);
        let _lock = self.lock_mirror()?;
        let now = self.clock.now();
        Ok(Some(self.mirror.commit_files(parent, &contents, &message, now)?))
    }

    fn present_tip(&self, branch: &BranchName) -> Result<CommitSha, EffectError> {
        let _lock = self.lock_mirror()?;
        let Some(tip) = self.mirror.remote_tip(branch)? else {
            return Err(GitError::NotFound { what: format!("the branch `{branch}`") }.into());
        };
        if !self.mirror.has_commit(&tip) {
            self.mirror.fetch()?;
        }
        Ok(tip)
    }

    fn missing_at(&self, tip: &CommitSha, changes: &[Change]) -> Result<Vec<Change>, EffectError> {
        let mut files = Files::new(|path: &str| self.memory_file(tip, path));
        let mut missing = Vec::new();
        for change in changes {
            if !files.has(change)? {
                missing.push(change.clone());
            }
        }
        Ok(missing)
    }

    fn memory_file(&self, tip: &CommitSha, path: &str) -> Result<Option<String>, GitError> {
        let Some(bytes) = self.mirror.read_file(tip, path, MAX_BYTES)? else { return Ok(None) };
        // Bytes that are no text would be replaced, and with them what a person wrote.
        String::from_utf8(bytes).map(Some).map_err(|_| GitError::Unsupported {
            what: format!("`{path}` of {}", tip.short()),
            why: "it is not UTF-8 text: mend it on the base branch".to_owned(),
        })
    }
}

/// The message of a commit of memory.
fn message(changes: &[Change], suffix: &str) -> String {
    let subject = match changes {
        [only] => only.key(),
        many => format!("{} changes", many.len()),
    };
    let lines: Vec<String> =
        changes.iter().take(MAX_LINES).map(|change| format!("- {}", change.subject())).collect();
    format!("memory: {subject}{suffix}\n\n{}\n", lines.join("\n"))
}
