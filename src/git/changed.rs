//! The lines of a change, file by file, for whoever has to judge what it does to them.

use git2::{Delta, DiffFindOptions, DiffLineType, DiffOptions, Patch};

use super::error::{GitError, library};
use super::mirror::Mirror;
use super::objects::tree;
use crate::domain::ids::CommitSha;
use crate::domain::tests_weakened::ChangedText;

impl Mirror {
    /// Every text file that differs between two commits, with the lines that came and went; renames are found, binary files left out.
    pub fn changed_texts(
        &self,
        from: &CommitSha,
        to: &CommitSha,
    ) -> Result<Vec<ChangedText>, GitError> {
        let doing = || format!("reading what {} changes in {}", to.short(), from.short());
        let repository = self.repository()?;
        let (old, new) = (tree(&repository, from)?, tree(&repository, to)?);
        let mut options = DiffOptions::new();
        options.context_lines(0).include_typechange(true);
        let mut diff = repository
            .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))
            .map_err(library(doing()))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true))).map_err(library(doing()))?;
        let mut files = Vec::new();
        for (position, delta) in diff.deltas().enumerate() {
            let name = |file: git2::DiffFile<'_>| {
                String::from_utf8_lossy(file.path_bytes().unwrap_or_default()).into_owned()
            };
            let (was, path) = (name(delta.old_file()), name(delta.new_file()));
            let is_deleted = delta.status() == Delta::Deleted;
            let mut file = ChangedText {
                was: (delta.status() == Delta::Renamed).then(|| was.clone()),
                path: if is_deleted { was } else { path },
                is_deleted,
                ..ChangedText::default()
            };
            // Nothing for a binary file, which is in the list all the same: it may be one that is gone.
            if let Some(patch) = Patch::from_diff(&diff, position).map_err(library(doing()))? {
                add_lines(&patch, &mut file).map_err(library(doing()))?;
            }
            files.push(file);
        }
        Ok(files)
    }
}

fn add_lines(patch: &Patch<'_>, file: &mut ChangedText) -> Result<(), git2::Error> {
    for hunk in 0..patch.num_hunks() {
        for line in 0..patch.num_lines_in_hunk(hunk)? {
            let line = patch.line_in_hunk(hunk, line)?;
            let lines = match line.origin_value() {
                DiffLineType::Addition => &mut file.added,
                DiffLineType::Deletion => &mut file.removed,
                _ => continue,
            };
            let text = String::from_utf8_lossy(line.content());
            lines.push(text.trim_end_matches(['\r', '\n']).to_owned());
        }
    }
    Ok(())
}
