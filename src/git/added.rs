//! The lines that a change adds, for whoever has to look at them before they become public.

use git2::{Diff, DiffLineType, DiffOptions};

use super::error::{GitError, library};
use super::mirror::Mirror;
use super::objects::tree;
use crate::domain::ids::CommitSha;
use crate::domain::leak::AddedLines;

impl Mirror {
    /// Every line that `to` has and `from` has not, by file; those of binary files too, with bytes that are not UTF-8 replaced.
    pub fn added_lines(
        &self,
        from: &CommitSha,
        to: &CommitSha,
    ) -> Result<Vec<AddedLines>, GitError> {
        let doing = || format!("reading what {} adds to {}", to.short(), from.short());
        let repository = self.repository()?;
        let (old, new) = (tree(&repository, from)?, tree(&repository, to)?);
        let mut options = DiffOptions::new();
        options.context_lines(0).force_text(true).include_typechange(true);
        let diff = repository
            .diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))
            .map_err(library(doing()))?;
        collect(&diff).map_err(library(doing()))
    }
}

fn collect(diff: &Diff<'_>) -> Result<Vec<AddedLines>, git2::Error> {
    let mut files: Vec<AddedLines> = Vec::new();
    diff.print(git2::DiffFormat::Patch, |delta, _, line| {
        let path = delta.new_file().path_bytes().unwrap_or_default();
        let path = String::from_utf8_lossy(path).into_owned();
        if delta.status() != git2::Delta::Deleted
            && files.last().is_none_or(|file| file.path != path)
        {
            files.push(AddedLines { path, lines: Vec::new() });
        }
        let is_added =
            matches!(line.origin_value(), DiffLineType::Addition | DiffLineType::AddEOFNL);
        if let (true, Some(number), Some(file)) = (is_added, line.new_lineno(), files.last_mut()) {
            let text = String::from_utf8_lossy(line.content());
            file.lines.push((number, text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        true
    })?;
    Ok(files)
}
