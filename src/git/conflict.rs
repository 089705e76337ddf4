//! Conflicts that git cannot solve: laid out in a worktree for somebody to solve, and looked through afterwards.

use std::path::Path;

use super::error::{GitError, io, library};
use super::merge::conflicted;
use super::plain_files;
use super::worktree::Worktree;
use crate::domain::ids::CommitSha;

/// The longest file that is searched for conflict markers, in bytes; no text that people merge is longer.
const SEARCHED: u64 = 64 << 20;

impl Worktree {
    /// Makes the worktree `onto` with the change of `head` applied, conflict markers where it does not fit, and returns the files
    /// in conflict; none when it fits. The head is `onto` then, nothing is committed.
    ///
    /// # Errors
    ///
    /// When git cannot even begin, as with histories that have nothing in common. The files are undefined then: reset them.
    pub fn start_conflict(
        &self,
        onto: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<String>, GitError> {
        self.reset_to(onto)?;
        let doing = self.doing("merging in");
        let call =
            self.call(&doing).args(["merge", "--squash", "--no-stat", "--quiet", head.as_str()]);
        let output = call.run()?;
        let repository = self.repository()?;
        let index = repository.index().map_err(library(&doing))?;
        if !index.has_conflicts() {
            return if output.code == Some(0) {
                Ok(Vec::new())
            } else {
                Err(call.failure(&output))
            };
        }
        let files = conflicted(&index)?;
        if files.iter().any(|name| name.contains(char::REPLACEMENT_CHARACTER)) {
            return Err(GitError::Unsupported {
                what: "a conflict in a file whose name is not UTF-8".to_owned(),
                why: "it has to be solved by hand".to_owned(),
            });
        }
        Ok(files)
    }

    /// Which of these files still hold conflict markers. A file that is gone, a link or not a file at all holds none.
    pub fn leftover_markers(&self, files: &[String]) -> Result<Vec<String>, GitError> {
        let mut left = Vec::new();
        for name in files {
            let doing = || format!("looking for conflict markers in `{name}`");
            let relative = Path::new(name);
            if !plain_files::is_reached_without_links(&self.path, relative).map_err(io(doing()))? {
                continue;
            }
            let content = plain_files::read_plain(&self.path.join(relative), SEARCHED)
                .map_err(io(doing()))?;
            if content.is_some_and(|content| has_markers(&content)) {
                left.push(name.clone());
            }
        }
        Ok(left)
    }
}

/// Whether any line begins like the first or last line of a conflict. A lone row of `=` is a heading more often than a marker.
fn has_markers(content: &[u8]) -> bool {
    let is_marker = |line: &[u8]| {
        [b"<<<<<<<", b">>>>>>>", b"|||||||"].iter().any(|marker| {
            line.strip_prefix(*marker)
                .is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\r')))
        })
    };
    content.split(|byte| *byte == b'\n').any(is_marker)
}

#[cfg(test)]
mod tests {
    use super::has_markers;

    #[test]
    fn markers_are_told_from_what_looks_like_them() {
        for marked in ["a\n<<<<<<< HEAD\nb", ">>>>>>> x", "||||||| base\r\n", "<<<<<<<\r\n"] {
            assert!(has_markers(marked.as_bytes()), "{marked:?}");
        }
        for clean in ["Title\n=======\n", "<<<<<<<<<< ten", " <<<<<<< indented", "", ">>>>>>>x"] {
            assert!(!has_markers(clean.as_bytes()), "{clean:?}");
        }
    }
}
