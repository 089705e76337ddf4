//! From the files in a worktree to a tree. The folder is walked here, so that no link is followed, no inner repository is looked
//! into, and an index from an earlier attempt decides nothing; git only hashes the files that were found.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, IndexTime, Oid, Repository};

use super::error::{GitError, io, library};
use super::objects::{self, Entry, GITLINK, commit, files_of};
use super::plain_files;
use super::worktree::Worktree;
use crate::domain::ids::CommitSha;

/// Files that steer git while it reads a folder.
const RULES: [&str; 2] = [".gitignore", ".gitattributes"];

/// Brings our index of the worktree up to its files.
pub(super) fn stage(worktree: &Worktree, except: &[&str]) -> Result<(), GitError> {
    let repository = worktree.repository()?;
    repository.set_workdir(&worktree.path, false).map_err(library(worktree.doing("opening")))?;
    let index = index(worktree, &repository)?;
    let head = commit(&repository, &worktree.head()?)?;
    let head_tree = head.tree().map_err(library(worktree.doing("reading")))?;
    let tracked: BTreeMap<Vec<u8>, Entry> =
        files_of(&repository, &head_tree)?.into_iter().collect();
    let found =
        Walk { root: &worktree.path, repository: &repository, tracked: &tracked, except }.run()?;
    let gone: BTreeSet<Vec<u8>> = index
        .iter()
        .map(|entry| entry.path)
        .filter(|path| !found.contains(path) && !is_excepted(path, except))
        .filter(|path| !is_kept_gitlink(worktree, &tracked, path))
        .collect();
    drop(index);
    let doing = worktree.doing("staging the files of");
    if !gone.is_empty() {
        let call = worktree.call(&doing).args(["update-index", "--force-remove", "-z", "--stdin"]);
        call.stdin(lines(&gone)).check()?;
    }
    if !found.is_empty() {
        let call =
            worktree.call(&doing).args(["update-index", "--add", "--replace", "-z", "--stdin"]);
        call.stdin(lines(&found)).check()?;
    }
    Ok(())
}

/// Writes the tree of our index, with the paths in `except` as `parent` has them.
pub(super) fn tree(
    worktree: &Worktree,
    parent: &CommitSha,
    except: &[&str],
) -> Result<Oid, GitError> {
    let doing = || worktree.doing("writing the tree of");
    let repository = worktree.repository()?;
    let mut index = repository.index().map_err(library(doing()))?;
    let entries = index.iter().filter(|entry| is_excepted(&entry.path, except));
    let excepted: BTreeSet<Vec<u8>> = entries.map(|entry| entry.path).collect();
    for path in &excepted {
        for stage in 0..=3 {
            // Most stages do not exist; what is left over fails the writing below.
            index.remove(as_path(path), stage).ok();
        }
    }
    let parent_tree = objects::tree(&repository, parent)?;
    if !except.is_empty() {
        for (path, file) in files_of(&repository, &parent_tree)? {
            if is_excepted(&path, except) {
                index.add(&index_entry(path, file)).map_err(library(doing()))?;
            }
        }
    }
    index.write_tree().map_err(library(doing()))
}

/// Removes pipes, sockets and devices that stand where git looks for rules: reading one would never end.
pub(super) fn remove_special_rules(root: &Path) -> Result<(), GitError> {
    let doing = |path: &Path| format!("looking at `{}`", path.display());
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(io(doing(&folder)))? {
            let entry = entry.map_err(io(doing(&folder)))?;
            let kind = entry.file_type().map_err(io(doing(&entry.path())))?;
            let is_rules = RULES.iter().any(|name| entry.file_name() == *name);
            if kind.is_dir() {
                if !is_git(&entry.file_name()) {
                    waiting.push(entry.path());
                }
            } else if is_rules && !kind.is_file() && !kind.is_symlink() {
                plain_files::remove(&entry.path()).map_err(io(doing(&entry.path())))?;
            }
        }
    }
    Ok(())
}

/// Our index; made anew from the head when it is missing or damaged, as without it every ignored file would count as deleted.
fn index(worktree: &Worktree, repository: &Repository) -> Result<Index, GitError> {
    let path = worktree.git_dir.join("index");
    let is_there =
        plain_files::look(&path).map_err(io(worktree.doing("reading the index of")))?.is_some();
    if is_there {
        if let Ok(index) = repository.index() {
            return Ok(index);
        }
        plain_files::remove(&path).map_err(io(worktree.doing("renewing the index of")))?;
    }
    worktree.call(worktree.doing("renewing the index of")).args(["read-tree", "HEAD"]).check()?;
    repository.index().map_err(library(worktree.doing("reading the index of")))
}

/// The commit of another repository stays as it is while there is a folder in its place.
fn is_kept_gitlink(worktree: &Worktree, tracked: &BTreeMap<Vec<u8>, Entry>, path: &[u8]) -> bool {
    let path_is_gitlink = tracked.get(path).is_some_and(|entry| entry.mode == GITLINK);
    path_is_gitlink && plain_files::is_folder(&worktree.path.join(as_path(path))).unwrap_or(false)
}

/// One walk through a worktree.
struct Walk<'a> {
    root: &'a Path,
    repository: &'a Repository,
    tracked: &'a BTreeMap<Vec<u8>, Entry>,
    except: &'a [&'a str],
}

/// A folder that is still to be walked.
struct Folder {
    relative: Vec<u8>,
    is_ignored: bool,
}

impl Walk<'_> {
    /// The files and links that belong into the next commit, as paths from the root.
    fn run(&self) -> Result<BTreeSet<Vec<u8>>, GitError> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![Folder { relative: Vec::new(), is_ignored: false }];
        while let Some(folder) = waiting.pop() {
            let path = self.root.join(as_path(&folder.relative));
            let doing = || format!("reading the folder `{}`", path.display());
            check_rules(&path)?;
            for entry in fs::read_dir(&path).map_err(io(doing()))? {
                let entry = entry.map_err(io(doing()))?;
                let kind = entry.file_type().map_err(io(doing()))?;
                let name = entry.file_name();
                let relative = joined(&folder.relative, &name);
                if is_git(&name) || is_excepted(&relative, self.except) {
                    continue;
                }
                if kind.is_dir() {
                    waiting.extend(self.below(relative, folder.is_ignored)?);
                } else if kind.is_file() || kind.is_symlink() {
                    let is_wanted = self.tracked.contains_key(&relative)
                        || !(folder.is_ignored || self.is_ignored(&relative)?);
                    if is_wanted {
                        found.insert(relative);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The folder to walk next, unless nothing below it can matter.
    fn below(
        &self,
        relative: Vec<u8>,
        parent_is_ignored: bool,
    ) -> Result<Option<Folder>, GitError> {
        if self.tracked.get(&relative).is_some_and(|entry| entry.mode == GITLINK) {
            return Ok(None);
        }
        let is_ignored = parent_is_ignored || self.is_ignored(&relative)?;
        let mut prefix = relative.clone();
        prefix.push(b'/');
        let next = self.tracked.range(prefix.clone()..).next();
        let has_tracked = next.is_some_and(|(path, _)| path.starts_with(&prefix));
        Ok((!is_ignored || has_tracked).then_some(Folder { relative, is_ignored }))
    }

    fn is_ignored(&self, relative: &[u8]) -> Result<bool, GitError> {
        let path = as_path(relative);
        let doing = || format!("matching `{}` with `.gitignore`", path.display());
        self.repository.is_path_ignored(path).map_err(library(doing()))
    }
}

/// Makes sure that the rules of a folder can be read: git2 opens whatever has their name, and a pipe would hold it for ever.
fn check_rules(folder: &Path) -> Result<(), GitError> {
    for name in RULES {
        let path = folder.join(name);
        let doing = || format!("looking at `{}`", path.display());
        let Some(found) = plain_files::look(&path).map_err(io(doing()))? else { continue };
        if found.is_symlink() {
            if fs::metadata(&path).is_ok_and(|target| !target.is_file() && !target.is_dir()) {
                return Err(GitError::Unsupported {
                    what: format!("`{}`", path.display()),
                    why: "it is a link to something that is no file: remove it".to_owned(),
                });
            }
        } else if !found.is_file() && !found.is_dir() {
            plain_files::remove(&path).map_err(io(doing()))?;
        }
    }
    Ok(())
}

fn index_entry(path: Vec<u8>, file: Entry) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: file.mode.unsigned_abs(),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: file.id,
        flags: 0,
        flags_extended: 0,
        path,
    }
}

fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

fn is_excepted(path: &[u8], except: &[&str]) -> bool {
    except.iter().any(|name| {
        path.strip_prefix(name.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    })
}

fn joined(folder: &[u8], name: &OsStr) -> Vec<u8> {
    let mut path = folder.to_vec();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name.as_bytes());
    path
}

fn lines(paths: &BTreeSet<Vec<u8>>) -> Vec<u8> {
    let mut text = Vec::new();
    for path in paths {
        text.extend_from_slice(path);
        text.push(0);
    }
    text
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// A path that outlives the bytes that it is made from.
pub(super) fn to_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}
