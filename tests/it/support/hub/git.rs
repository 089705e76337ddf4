//! The bare repositories behind the hub: made, read, merged. Merges are those of the git program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git2::{Oid, Repository, RepositoryInitOptions, Signature, Time};
use jiff::Timestamp;

/// Refuses pushes to protected branches; who pushes and what is green is told by the environment of the push.
const UPDATE_HOOK: &str = r#"#!/bin/sh
case " $HUB_PROTECTED " in *" $1 "*) ;; *) exit 0 ;; esac
case $3 in *[!0]*) ;; *)
    echo "error: GH006: Protected branch update failed for $1." >&2
    echo "error: Cannot delete a protected branch" >&2
    exit 1 ;;
esac
if ! git merge-base --is-ancestor "$2" "$3"; then
    echo "error: GH006: Protected branch update failed for $1." >&2
    echo "error: Cannot force-push to this branch" >&2
    exit 1
fi
case " $HUB_GREEN " in *" $3 "*) exit 0 ;; esac
echo "error: GH006: Protected branch update failed for $1." >&2
echo "error: Required status check is expected." >&2
exit 1
"#;

/// Makes a bare repository whose pushes are looked at by the hook.
pub(crate) fn init(folder: &Path) {
    let mut options = RepositoryInitOptions::new();
    options.bare(true).initial_head("main").external_template(false);
    let repository = Repository::init_opts(folder, &options).unwrap();
    repository.config().unwrap().set_bool("http.receivepack", true).unwrap();
    let hooks = folder.join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    fs::write(hooks.join("update"), UPDATE_HOOK).unwrap();
    executable(&hooks.join("update"));
}

fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Returns the branches with their commits.
pub(crate) fn branches(folder: &Path) -> Vec<(String, String)> {
    let repository = Repository::open_bare(folder).unwrap();
    let references = repository.references_glob("refs/heads/*").unwrap();
    let found = references.flatten().filter_map(|reference| {
        let name = reference.name().ok()?.strip_prefix("refs/heads/")?.to_owned();
        Some((name, reference.target()?.to_string()))
    });
    found.collect()
}

/// Commits files on top of a branch, which is begun at another branch when it does not exist, and returns the commit.
pub(crate) fn commit(
    folder: &Path,
    (branch, from): (&str, &str),
    files: &[(&str, &str)],
    message: &str,
    at: Timestamp,
) -> String {
    let repository = Repository::open_bare(folder).unwrap();
    let parent = [branch, from].iter().find_map(|name| {
        repository.find_reference(&format!("refs/heads/{name}")).ok()?.peel_to_commit().ok()
    });
    let mut index = git2::Index::new().unwrap();
    if let Some(parent) = &parent {
        index.read_tree(&parent.tree().unwrap()).unwrap();
    }
    for (path, text) in files {
        index.add(&entry(path, repository.blob(text.as_bytes()).unwrap())).unwrap();
    }
    let tree = repository.find_tree(index.write_tree_to(&repository).unwrap()).unwrap();
    let ann = signature("ann", at);
    let parents: Vec<_> = parent.iter().collect();
    let id = repository.commit(None, &ann, &ann, message, &tree, &parents).unwrap();
    repository.reference(&format!("refs/heads/{branch}"), id, true, message).unwrap();
    id.to_string()
}

fn entry(path: &str, id: Oid) -> git2::IndexEntry {
    let zero = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: zero,
        mtime: zero,
        dev: 0,
        ino: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

fn signature(login: &str, at: Timestamp) -> Signature<'static> {
    let mail = format!("{login}@users.noreply.github.com");
    Signature::new(login, &mail, &Time::new(at.as_second(), 0)).unwrap()
}

/// Returns the tree of a merge as the git program makes it, or nothing when there is a conflict.
pub(crate) fn merge_tree(folder: &Path, ours: &str, theirs: &str) -> Option<String> {
    let output =
        quiet("git", folder).args(["merge-tree", "--write-tree", ours, theirs]).output().unwrap();
    let first = String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned);
    output.status.success().then_some(first).flatten()
}

/// Puts a commit of a tree on a branch that is still where it was, and returns the commit.
pub(crate) fn commit_tree(
    folder: &Path,
    (branch, parents): (&str, &[&str]),
    tree: &str,
    message: &str,
    (author, at): (&str, Timestamp),
) -> Option<String> {
    let repository = Repository::open_bare(folder).ok()?;
    let tree = repository.find_tree(Oid::from_str(tree).ok()?).ok()?;
    let parents: Vec<_> = parents
        .iter()
        .filter_map(|sha| repository.find_commit(Oid::from_str(sha).ok()?).ok())
        .collect();
    let (author, committer) = (signature(author, at), signature("web-flow", at));
    let parents: Vec<_> = parents.iter().collect();
    let id = repository.commit(None, &author, &committer, message, &tree, &parents).ok()?;
    let name = format!("refs/heads/{branch}");
    let old = parents.first()?.id();
    repository.reference_matching(&name, id, true, old, "merge").ok()?;
    Some(id.to_string())
}

/// Points a branch at a commit; without one, deletes it. Returns whether that could be done.
pub(crate) fn set_branch(folder: &Path, branch: &str, sha: Option<&str>) -> bool {
    let Ok(repository) = Repository::open_bare(folder) else { return false };
    let name = format!("refs/heads/{branch}");
    let Some(sha) = sha else {
        return repository.find_reference(&name).and_then(|mut found| found.delete()).is_ok();
    };
    let id = Oid::from_str(sha).ok().filter(|id| repository.find_commit(*id).is_ok());
    id.is_some_and(|id| repository.reference(&name, id, true, "api").is_ok())
}

/// Returns whether one commit is in the history of another.
pub(crate) fn contains(folder: &Path, whole: &str, part: &str) -> bool {
    let Ok(repository) = Repository::open_bare(folder) else { return false };
    match (Oid::from_str(whole), Oid::from_str(part)) {
        (Ok(whole), Ok(part)) => {
            whole == part || repository.graph_descendant_of(whole, part).unwrap_or(false)
        }
        _ => false,
    }
}

/// A commit as the API shows it.
#[derive(Debug, Clone)]
pub(crate) struct CommitInfo {
    /// Its id.
    pub(crate) sha: String,
    /// The id of its tree.
    pub(crate) tree: String,
    /// Its parents.
    pub(crate) parents: Vec<String>,
    /// Its message.
    pub(crate) message: String,
    /// Name and address of its author.
    pub(crate) author: (String, String),
    /// When it was made.
    pub(crate) at: Timestamp,
}

/// Reads a commit by its id, or by the name of a branch.
pub(crate) fn read_commit(folder: &Path, name: &str) -> Option<CommitInfo> {
    let repository = Repository::open_bare(folder).ok()?;
    let by_branch = repository.find_reference(&format!("refs/heads/{name}")).ok();
    let commit = match by_branch.and_then(|found| found.peel_to_commit().ok()) {
        Some(commit) => commit,
        None => repository.revparse_single(name).ok()?.peel_to_commit().ok()?,
    };
    let author = commit.author();
    Some(CommitInfo {
        sha: commit.id().to_string(),
        tree: commit.tree_id().to_string(),
        parents: commit.parent_ids().map(|id| id.to_string()).collect(),
        message: commit.message().unwrap_or_default().to_owned(),
        author: (
            String::from_utf8_lossy(author.name_bytes()).into_owned(),
            String::from_utf8_lossy(author.email_bytes()).into_owned(),
        ),
        at: Timestamp::from_second(commit.time().seconds()).ok()?,
    })
}

/// Returns the commits of a head that its base does not have, oldest first.
pub(crate) fn between(folder: &Path, base: &str, head: &str) -> Vec<String> {
    let walk = || {
        let repository = Repository::open_bare(folder).ok()?;
        let mut walk = repository.revwalk().ok()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE).ok()?;
        walk.push(Oid::from_str(head).ok()?).ok()?;
        walk.hide(Oid::from_str(base).ok()?).ok()?;
        Some(walk.flatten().map(|id| id.to_string()).collect())
    };
    walk().unwrap_or_default()
}

/// A file that a pull request changes.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    /// Its path.
    pub(crate) path: String,
    /// `added`, `removed` or `modified`.
    pub(crate) status: &'static str,
    /// Lines added.
    pub(crate) additions: usize,
    /// Lines removed.
    pub(crate) deletions: usize,
    /// The id of the file.
    pub(crate) blob: String,
}

/// Returns the files that differ between the common ancestor of two commits and the second.
pub(crate) fn changed(folder: &Path, base: &str, head: &str) -> Vec<Changed> {
    changed_files(folder, base, head).unwrap_or_default()
}

fn changed_files(folder: &Path, base: &str, head: &str) -> Option<Vec<Changed>> {
    let repository = Repository::open_bare(folder).ok()?;
    let (base, head) = (Oid::from_str(base).ok()?, Oid::from_str(head).ok()?);
    let fork = repository.merge_base(base, head).ok()?;
    let tree = |id| repository.find_commit(id).and_then(|commit| commit.tree()).ok();
    let diff = repository.diff_tree_to_tree(Some(&tree(fork)?), Some(&tree(head)?), None).ok()?;
    let mut files = Vec::new();
    for (place, delta) in diff.deltas().enumerate() {
        let lines = git2::Patch::from_diff(&diff, place).ok().flatten();
        let (_, additions, deletions) =
            lines.and_then(|patch| patch.line_stats().ok()).unwrap_or_default();
        let file = delta.new_file().path().or_else(|| delta.old_file().path())?;
        files.push(Changed {
            path: file.to_string_lossy().into_owned(),
            status: match delta.status() {
                git2::Delta::Added => "added",
                git2::Delta::Deleted => "removed",
                _ => "modified",
            },
            additions,
            deletions,
            blob: delta.new_file().id().to_string(),
        });
    }
    Some(files)
}

/// Returns a file of a commit with the id of its text.
pub(crate) fn file(folder: &Path, name: &str, path: &str) -> Option<(String, Vec<u8>)> {
    let commit = read_commit(folder, name)?;
    let repository = Repository::open_bare(folder).ok()?;
    let tree = repository.find_tree(Oid::from_str(&commit.tree).ok()?).ok()?;
    let object = tree.get_path(Path::new(path)).ok()?.to_object(&repository).ok()?;
    let blob = object.as_blob()?;
    Some((blob.id().to_string(), blob.content().to_vec()))
}

/// Fetches a commit of one repository into another, so that a pull request from a fork can be merged.
pub(crate) fn fetch(into: &Path, from: &Path, sha: &str, keep: &str) {
    let mut command = quiet("git", into);
    command.args(["fetch", "-q", "--no-tags"]).arg(from);
    let status = command.arg(format!("+{sha}:{keep}")).status().unwrap();
    assert!(status.success(), "the hub could not fetch {sha}");
}

/// Writes the files of a tree into a new folder.
pub(crate) fn checkout(folder: &Path, tree: &str, into: &Path) {
    let repository = Repository::open_bare(folder).unwrap();
    let tree = repository.find_tree(Oid::from_str(tree).unwrap()).unwrap();
    let mut builder = git2::build::CheckoutBuilder::new();
    builder.force().target_dir(into).update_index(false);
    repository.checkout_tree(tree.as_object(), Some(&mut builder)).unwrap();
}

/// Returns a program that sees nobody's configuration.
pub(crate) fn quiet(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
