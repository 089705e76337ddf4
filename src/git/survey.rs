//! A look at a repository of the operator's before anything of ours is made of it: what kind it is, where its head and its origin are, and
//! what is committed at its top. Only read. And the bare copy that becomes a remote where there is none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{BranchType, ObjectType, Repository, Tree};

use super::command::Git;
use super::error::{GitError, io, library};
use crate::sys::files;

/// What kind of repository it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A clone with its files.
    Clone,
    /// Without files: made to be pushed to.
    Bare,
    /// A further worktree of another clone.
    Worktree,
    /// A part of another repository.
    Submodule,
}

/// Where the head of a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadState {
    /// On a branch.
    Branch(String),
    /// On a commit.
    Detached,
    /// On a branch that has no commit yet.
    Unborn,
}

/// What was seen of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The top of its files, or the bare repository itself.
    pub folder: PathBuf,
    /// What kind it is.
    pub shape: Shape,
    /// Where its head is.
    pub head: HeadState,
    /// Whether a part of its history is missing.
    pub is_shallow: bool,
    /// Its local branches.
    pub branches: Vec<String>,
    /// Where `origin` is; a path is absolute.
    pub origin: Option<String>,
    /// The default branch of `origin`, as the clone remembers it.
    pub origin_head: Option<String>,
    /// The names of files and folders at the top of the committed tree.
    pub top: Vec<String>,
    /// The files that were asked for, with their text.
    pub texts: BTreeMap<String, String>,
}

/// What is to be read of a committed tree.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Files, by their path.
    pub files: &'a [&'a str],
    /// Folders of which every file is read.
    pub folders: &'a [&'a str],
    /// A larger file is left out.
    pub max_bytes: usize,
}

/// Looks at the repository that a folder is, or lies in. Reads its committed files, as an agent would see them.
///
/// # Errors
///
/// [`GitError::NotFound`] where there is none, [`GitError::Unsupported`] where it belongs to somebody else.
pub fn survey(start: &Path, wanted: &Wanted<'_>) -> Result<Survey, GitError> {
    let what = format!("a git repository at `{}`", start.display());
    let repository = match Repository::discover(start) {
        Ok(repository) => repository,
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            return Err(GitError::NotFound { what });
        }
        Err(error) => return Err(library(what)(error)),
    };
    let folder = repository.workdir().unwrap_or_else(|| repository.path());
    let folder = fs::canonicalize(folder).map_err(io(what))?;
    let mut survey = Survey {
        shape: shape(&repository),
        head: head(&repository)?,
        is_shallow: repository.is_shallow(),
        branches: branches(&repository)?,
        origin: Git::origin_of(&folder),
        origin_head: origin_head(&repository),
        folder,
        top: Vec::new(),
        texts: BTreeMap::new(),
    };
    if let Ok(tree) = repository.head().and_then(|head| head.peel_to_tree()) {
        read(&repository, &tree, wanted, &mut survey);
    }
    Ok(survey)
}

fn shape(repository: &Repository) -> Shape {
    let is_module = repository.path().components().any(|part| part.as_os_str() == "modules");
    if repository.is_bare() {
        Shape::Bare
    } else if repository.is_worktree() {
        Shape::Worktree
    } else if is_module && !repository.workdir().is_some_and(|top| top.join(".git").is_dir()) {
        Shape::Submodule
    } else {
        Shape::Clone
    }
}

fn head(repository: &Repository) -> Result<HeadState, GitError> {
    match repository.head() {
        Ok(head) if head.is_branch() => {
            Ok(HeadState::Branch(String::from_utf8_lossy(head.shorthand_bytes()).into_owned()))
        }
        Ok(_) => Ok(HeadState::Detached),
        Err(error)
            if matches!(
                error.code(),
                git2::ErrorCode::UnbornBranch | git2::ErrorCode::NotFound
            ) =>
        {
            Ok(HeadState::Unborn)
        }
        Err(error) => Err(library("reading the head of the repository")(error)),
    }
}

fn branches(repository: &Repository) -> Result<Vec<String>, GitError> {
    let listed = repository
        .branches(Some(BranchType::Local))
        .map_err(library("listing the branches of the repository"))?;
    let mut names: Vec<String> = listed
        .flatten()
        .filter_map(|(branch, _)| branch.name().ok().flatten().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn origin_head(repository: &Repository) -> Option<String> {
    let reference = repository.find_reference("refs/remotes/origin/HEAD").ok()?;
    let target = String::from_utf8_lossy(reference.symbolic_target_bytes()?).into_owned();
    target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
}

/// Reads what is wanted; what is no text, too large or a link is left out.
fn read(repository: &Repository, tree: &Tree<'_>, wanted: &Wanted<'_>, survey: &mut Survey) {
    let name_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    survey.top = tree.iter().map(|entry| name_of(entry.name_bytes())).collect();
    let text = |id: git2::Oid| {
        let blob = repository.find_blob(id).ok()?;
        let fits = blob.size() <= wanted.max_bytes;
        fits.then(|| String::from_utf8(blob.content().to_vec()).ok()).flatten()
    };
    let is_file = |entry: &git2::TreeEntry<'_>| {
        entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000
    };
    for name in wanted.files {
        let entry = tree.get_path(Path::new(name)).ok().filter(&is_file);
        if let Some(text) = entry.and_then(|entry| text(entry.id())) {
            survey.texts.insert((*name).to_owned(), text);
        }
    }
    for folder in wanted.folders {
        let below = tree.get_path(Path::new(folder)).ok();
        let below = below.and_then(|entry| repository.find_tree(entry.id()).ok());
        for entry in below.iter().flat_map(Tree::iter).filter(is_file) {
            if let Some(text) = text(entry.id()) {
                let name = name_of(entry.name_bytes());
                survey.texts.insert(format!("{folder}/{name}"), text);
            }
        }
    }
}

impl Git {
    /// Makes a bare copy of a repository with this branch as its default; the copy is there whole or not at all.
    ///
    /// # Errors
    ///
    /// When there is something in its place, or git or the disk refuse.
    pub fn copy_bare(&self, from: &Path, to: &Path, default: &str) -> Result<(), GitError> {
        let doing = || format!("making the bare repository `{}`", to.display());
        let refused = |error: files::FileError| GitError::Failed {
            doing: doing(),
            reason: error.to_string(),
        };
        let mut draft = to.as_os_str().to_owned();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        files::remove_tree(&draft).map_err(refused)?;
        self.call(doing())
            .args(["clone", "--quiet", "--bare", "--no-hardlinks", "--"])
            .args([from, draft.as_path()])
            .check()?;
        let copy = Repository::open_bare(&draft).map_err(library(doing()))?;
        copy.set_head(&format!("refs/heads/{default}")).map_err(library(doing()))?;
        // What it was copied from is no remote of its: nothing is ever fetched from the operator's clone by its name.
        copy.remote_delete("origin").map_err(library(doing()))?;
        crate::crash_point!("init.bare");
        files::rename(&draft, to).map_err(refused)
    }
}
