//! The remote itself: what may be one, its default branch and its tips. A remote on this machine is read without a process.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::error::{GitError, io, library, presentable};
use super::mirror::Mirror;
use super::objects;
use crate::domain::ids::{BranchName, CommitSha};

/// Refuses what could be taken for an option or would run a command; makes a relative path absolute.
pub(super) fn checked(remote: &str) -> Result<String, GitError> {
    let refuse = |why: &str| {
        Err(GitError::Unsupported {
            what: format!("the remote `{}`", presentable(remote)),
            why: why.to_owned(),
        })
    };
    if remote.is_empty() || remote.starts_with('-') || remote.chars().any(char::is_control) {
        return refuse("it is no URL and no path");
    }
    let helper = remote.split_once("::").map(|(name, _)| name);
    if helper
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '+'))
    {
        return refuse("remote helpers (`name::…`) may run any command; use https, ssh or a path");
    }
    if Path::new(remote).is_relative() && Path::new(remote).is_dir() {
        let path = std::path::absolute(remote).map_err(io(format!("looking at `{remote}`")))?;
        return Ok(path.to_string_lossy().into_owned());
    }
    Ok(remote.to_owned())
}

/// A remote as this process sees it.
enum Reached {
    /// Opened on this machine.
    Here(Repository),
    /// Only a git program can ask it.
    ByProgram,
}

impl Mirror {
    /// The branch that the remote itself calls its default; the only branch where its `HEAD` names one that does not exist.
    ///
    /// # Errors
    ///
    /// [`GitError::NoCommits`] when it is empty, [`GitError::NotFound`] when it cannot be told.
    pub fn default_branch(&self) -> Result<BranchName, GitError> {
        let (head, branches) = match self.reach()? {
            Reached::Here(repository) => heads_here(&repository)?,
            Reached::ByProgram => self.heads_by_program()?,
        };
        if branches.is_empty() {
            return Err(GitError::NoCommits { remote: presentable(&self.remote) });
        }
        let name = match (head, branches.as_slice()) {
            (Some(head), _) if branches.contains(&head) => head,
            (_, [only]) => only.clone(),
            _ => {
                return Err(GitError::NotFound {
                    what: format!(
                        "a default branch of `{}` (set `base_branch` for it)",
                        presentable(&self.remote)
                    ),
                });
            }
        };
        name.parse().map_err(|error: crate::domain::ids::BadId| GitError::Unsupported {
            what: "the default branch".to_owned(),
            why: error.to_string(),
        })
    }

    /// Asks the remote for the tip of a branch; nothing when it has no such branch.
    ///
    /// # Errors
    ///
    /// When the remote cannot be asked: an absent branch and an unreachable remote are never confused.
    pub fn remote_tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, GitError> {
        let name = format!("refs/heads/{branch}");
        match self.reach()? {
            Reached::Here(repository) => objects::tip(&repository, &name),
            Reached::ByProgram => {
                let answer = self.ls_remote(&[&name])?;
                let found = answer.lines().filter_map(|line| line.split_once('\t'));
                match found.into_iter().find(|(_, reference)| *reference == name) {
                    Some((id, _)) => self.sha_of(id).map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    fn reach(&self) -> Result<Reached, GitError> {
        let Some(path) = local_path(&self.remote) else { return Ok(Reached::ByProgram) };
        let mut with_suffix = path.clone().into_os_string();
        with_suffix.push(".git");
        for candidate in [path.as_path(), Path::new(&with_suffix)] {
            match Repository::open(candidate) {
                Ok(repository) => return Ok(Reached::Here(repository)),
                Err(error) if error.code() == git2::ErrorCode::NotFound => {}
                // A format that git2 cannot read: git itself may.
                Err(_) => return Ok(Reached::ByProgram),
            }
        }
        if path.exists() {
            return Ok(Reached::ByProgram);
        }
        Err(GitError::NotFound { what: format!("the remote `{}`", presentable(&self.remote)) })
    }

    fn heads_by_program(&self) -> Result<(Option<String>, Vec<String>), GitError> {
        let answer = self.ls_remote(&["HEAD", "refs/heads/*"])?;
        let mut head = None;
        let mut branches = Vec::new();
        for (value, name) in answer.lines().filter_map(|line| line.split_once('\t')) {
            if let (Some(target), "HEAD") = (value.strip_prefix("ref: refs/heads/"), name) {
                head = Some(target.to_owned());
            } else if let Some(branch) = name.strip_prefix("refs/heads/") {
                self.sha_of(value)?;
                branches.push(branch.to_owned());
            }
        }
        Ok((head, branches))
    }

    fn ls_remote(&self, patterns: &[&str]) -> Result<String, GitError> {
        let shown = presentable(&self.remote);
        self.git
            .call(format!("asking `{shown}` for its branches"))
            .remote()
            .about(format!("the remote `{shown}`"))
            .git_dir(&self.dir)
            .args(["ls-remote", "--quiet", "--symref", "--", "origin"])
            .args(patterns)
            .text()
    }

    fn sha_of(&self, id: &str) -> Result<CommitSha, GitError> {
        id.parse().map_err(|_| GitError::Unsupported {
            what: format!("the remote `{}`", presentable(&self.remote)),
            why: format!(
                "`{}` is no SHA-1 id; repositories in another object format are not worked with",
                presentable(id)
            ),
        })
    }
}

fn heads_here(repository: &Repository) -> Result<(Option<String>, Vec<String>), GitError> {
    let doing = || "reading the branches of the remote";
    let head = repository.find_reference("HEAD").map_err(library(doing()))?;
    let target = head.symbolic_target_bytes().map(String::from_utf8_lossy);
    let head = target.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
    let mut branches = Vec::new();
    for reference in repository.references_glob("refs/heads/*").map_err(library(doing()))? {
        let reference = reference.map_err(library(doing()))?;
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        branches.extend(name.strip_prefix("refs/heads/").map(str::to_owned));
    }
    Ok((head, branches))
}

/// Whether a remote is a folder of this machine.
pub(super) fn is_on_this_machine(remote: &str) -> bool {
    local_path(remote).is_some()
}

/// The folder that a remote is, when it is one on this machine. A URL with an escaped character is left to git.
fn local_path(remote: &str) -> Option<PathBuf> {
    let path = match remote.strip_prefix("file://") {
        Some(path) if path.contains('%') => return None,
        Some(path) => path,
        None => remote,
    };
    path.starts_with('/').then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_on_this_machine_is_known_by_its_form() {
        assert_eq!(local_path("/srv/a"), Some("/srv/a".into()));
        assert_eq!(local_path("file:///srv/a"), Some("/srv/a".into()));
        for other in ["file:///srv/a%20b", "file://host/a", "git@h:/srv/a", "https://h/a"] {
            assert_eq!(local_path(other), None, "{other}");
        }
    }

    #[test]
    fn what_could_be_an_option_or_run_a_command_is_no_remote() {
        for bad in [
            "",
            "-x",
            "--upload-pack=touch x",
            "ext::sh -c touch% x",
            "fd::3",
            "a\nb",
            "my-helper::x",
        ] {
            assert!(matches!(checked(bad), Err(GitError::Unsupported { .. })), "{bad:?}");
        }
        for good in
            ["https://h/a/b.git", "git@h:a/b.git", "/srv/a.git", "ssh://git@[2001:db8::1]/a"]
        {
            assert_eq!(checked(good).unwrap(), good);
        }
    }
}
