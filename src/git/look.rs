//! Looks that change nothing: a remote without a mirror, and a mirror that is only asked whether it is whole; and an empty repository for
//! a program that is to be looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use git2::Repository;

use super::command::{Git, GitOptions};
use super::error::{GitError, library, presentable};
use super::mirror::TRACKED;
use super::{borrow, remote};

/// The branches of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// The branch that the remote calls its default, where it names one that exists.
    pub default: Option<String>,
    /// Every branch.
    pub branches: Vec<String>,
}

impl Git {
    /// The same git with another deadline: for a person who waits.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { options: Arc::new(GitOptions { deadline, ..GitOptions::clone(&self.options) }) }
    }

    /// Asks a remote for its branches; needs no mirror and writes nothing.
    ///
    /// # Errors
    ///
    /// When the remote cannot be asked, or may not be.
    pub fn heads_of(&self, url: &str) -> Result<Heads, GitError> {
        let url = remote::checked(url)?;
        let shown = presentable(&url);
        let answer = self
            .call(format!("asking `{shown}` for its branches"))
            .remote()
            .about(format!("the remote `{shown}`"))
            .args(["ls-remote", "--quiet", "--symref", "--", &url, "HEAD", "refs/heads/*"])
            .text()?;
        Ok(read_heads(&answer))
    }
}

fn read_heads(answer: &str) -> Heads {
    let (mut default, mut branches) = (None, Vec::new());
    for (value, name) in answer.lines().filter_map(|line| line.split_once('\t')) {
        if let (Some(target), "HEAD") = (value.strip_prefix("ref: refs/heads/"), name) {
            default = Some(target.to_owned());
        } else if let Some(branch) = name.strip_prefix("refs/heads/") {
            branches.push(branch.to_owned());
        }
    }
    Heads { default: default.filter(|name| branches.contains(name)), branches }
}

/// Looks at a mirror and says what it lacks: folders that it borrows from, commits of the remote's branches. Empty when it is whole.
///
/// # Errors
///
/// When it cannot be read as a repository.
pub fn lacks_of_mirror(dir: &Path) -> Result<Vec<String>, GitError> {
    let repository = Repository::open_bare(dir).map_err(library("opening the mirror"))?;
    let mut lacks: Vec<String> = borrow::object_dirs(dir)?
        .iter()
        .filter(|folder| !folder.is_dir())
        .map(|folder: &PathBuf| format!("the folder `{}` that it borrows from", folder.display()))
        .collect();
    let objects = repository.odb().map_err(library("opening the objects of the mirror"))?;
    let references = repository
        .references_glob(&format!("{TRACKED}*"))
        .map_err(library("listing the branches of the mirror"))?;
    for reference in references.flatten() {
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        if reference.target().is_some_and(|id| !objects.exists(id)) {
            lacks.push(format!("the commit of `{}`", presentable(&name)));
        }
    }
    Ok(lacks)
}

/// Makes an empty repository of a folder: some programs start nowhere else.
///
/// # Errors
///
/// When it cannot be written.
pub fn make_empty_repository(dir: &Path) -> Result<(), GitError> {
    Repository::init(dir).map(drop).map_err(library("making an empty repository"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_and_a_default_that_does_not_exist_is_none() {
        let answer = "ref: refs/heads/main\tHEAD\n1\tHEAD\n1\trefs/heads/main\n2\trefs/heads/x/y\n";
        let heads = read_heads(answer);
        assert_eq!(heads.default.as_deref(), Some("main"));
        assert_eq!(heads.branches, ["main", "x/y"]);
        assert_eq!(read_heads("ref: refs/heads/gone\tHEAD\n").default, None);
        assert_eq!(read_heads("").branches, Vec::<String>::new());
    }
}
