//! Putting back the files that an agent must not choose for itself, such as those that agents obey.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::error::{GitError, io};
use super::objects::{self, GITLINK, files_of};
use super::worktree::Worktree;
use super::{plain_files, staging};
use crate::domain::ids::CommitSha;

impl Worktree {
    /// Makes every file that matches a pattern what it is in `from`: put back, or removed where `from` has none. Returns the
    /// paths that were touched or rewritten, sorted. `*` stays within a folder, `**` does not; a link in place of the folder
    /// that `folder/**` means is a match.
    ///
    /// # Errors
    ///
    /// [`GitError::Unsupported`] for a bad pattern; after another error it has to be called again.
    pub fn restore_paths(
        &self,
        from: &CommitSha,
        globs: &[String],
    ) -> Result<Vec<String>, GitError> {
        let patterns = patterns(globs)?;
        let repository = self.repository()?;
        let files = files_of(&repository, &objects::tree(&repository, from)?)?;
        let wanted: BTreeSet<Vec<u8>> = files
            .into_iter()
            .filter(|(path, file)| file.mode != GITLINK && is_match(&patterns, path))
            .map(|(path, _)| path)
            .collect();
        let foreign: Vec<Vec<u8>> =
            self.matching(&patterns)?.into_iter().filter(|path| !wanted.contains(path)).collect();
        for path in &foreign {
            let path = self.path.join(staging::to_path(path.clone()));
            plain_files::remove(&path).map_err(io(format!("removing `{}`", path.display())))?;
        }
        self.put_back(from, &wanted)?;
        let touched: BTreeSet<Vec<u8>> = wanted.into_iter().chain(foreign).collect();
        Ok(touched.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect())
    }

    fn put_back(&self, from: &CommitSha, wanted: &BTreeSet<Vec<u8>>) -> Result<(), GitError> {
        if wanted.is_empty() {
            return Ok(());
        }
        self.remove_locks()?;
        let mut list = Vec::new();
        for path in wanted {
            list.extend_from_slice(path);
            list.push(0);
        }
        self.call(self.doing("restoring files in"))
            .args([
                "--literal-pathspecs",
                "checkout",
                "--force",
                "--quiet",
                "--no-overlay",
                from.as_str(),
            ])
            .args(["--pathspec-from-file=-", "--pathspec-file-nul"])
            .stdin(list)
            .check()
            .map(drop)
    }

    /// Everything but folders that matches, as paths from the root; no link is followed.
    fn matching(&self, patterns: &GlobSet) -> Result<Vec<Vec<u8>>, GitError> {
        let mut found = Vec::new();
        let mut waiting = vec![self.path.clone()];
        while let Some(folder) = waiting.pop() {
            let doing = || format!("reading the folder `{}`", folder.display());
            for entry in fs::read_dir(&folder).map_err(io(doing()))? {
                let entry = entry.map_err(io(doing()))?;
                let kind = entry.file_type().map_err(io(doing()))?;
                if entry.file_name().eq_ignore_ascii_case(".git") {
                    continue;
                }
                let path = entry.path();
                let relative =
                    path.strip_prefix(&self.path).unwrap_or(&path).as_os_str().as_bytes();
                if kind.is_dir() {
                    waiting.push(path);
                } else if is_match(patterns, relative)
                    || (kind.is_symlink() && is_folder_match(patterns, relative))
                {
                    found.push(relative.to_vec());
                }
            }
        }
        Ok(found)
    }
}

fn patterns(globs: &[String]) -> Result<GlobSet, GitError> {
    let refuse = |glob: &str, error: &globset::Error| GitError::Unsupported {
        what: format!("the pattern `{glob}`"),
        why: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let pattern = GlobBuilder::new(glob).literal_separator(true).build();
        set.add(pattern.map_err(|error| refuse(glob, &error))?);
    }
    set.build().map_err(|error| refuse("all together", &error))
}

fn is_match(patterns: &GlobSet, path: &[u8]) -> bool {
    patterns.is_match(Path::new(std::ffi::OsStr::from_bytes(path)))
}

/// Whether a path is the folder of a pattern such as `folder/**`: a link there would lead to files that nobody restores.
fn is_folder_match(patterns: &GlobSet, path: &[u8]) -> bool {
    let mut inside = path.to_vec();
    inside.extend_from_slice(b"/x");
    is_match(patterns, &inside)
}
