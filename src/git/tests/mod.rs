//! Behaviour against real repositories in temporary folders.
#![expect(clippy::disallowed_methods, reason = "tests write files as people and agents do")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Git, GitOptions, Mirror, Worktree};
use crate::domain::ids::{BranchName, CommitSha, TaskId};
use crate::sys::program::{Output, Program};

mod agents;
mod content;
mod merges;
mod mirrors;
mod pushes;
mod staging;
mod upkeep;
mod worktrees;

/// A remote, a person's clone of it, and a mirror that is not made yet.
struct World {
    temp: TempDir,
    git: Git,
    remote: PathBuf,
    clone: PathBuf,
}

impl World {
    /// A remote whose default branch has one commit with `README.md`.
    fn new() -> Self {
        Self::with_branch("main")
    }

    fn with_branch(branch: &str) -> Self {
        let world = Self::empty(&["--initial-branch", branch]);
        world.write("README.md", "hello\n");
        world.commit("first");
        world.publish(branch);
        world
    }

    /// A remote without any commit, made with these options of `git init`.
    fn empty(options: &[&str]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(temp.path()).unwrap();
        let (remote, clone) = (root.join("remote.git"), root.join("clone"));
        for (dir, bare) in [(&remote, true), (&clone, false)] {
            fs::create_dir(dir).unwrap();
            let mut argv = vec!["init", "--quiet"];
            argv.extend(options);
            if bare {
                argv.push("--bare");
            }
            git(dir, &argv);
        }
        Self { temp, git: our_git(), remote, clone }
    }

    fn root(&self) -> PathBuf {
        fs::canonicalize(self.temp.path()).unwrap()
    }

    /// Writes a file in the person's clone.
    fn write(&self, path: &str, content: &str) {
        write(&self.clone.join(path), content);
    }

    /// Commits everything in the person's clone.
    #[track_caller]
    fn commit(&self, message: &str) -> CommitSha {
        git(&self.clone, &["add", "-A", "-f"]);
        git(&self.clone, &["commit", "--quiet", "--allow-empty", "-m", message]);
        self.tip()
    }

    /// Writes one file, commits it and pushes it to a branch of the remote.
    #[track_caller]
    fn change(&self, path: &str, content: &str, branch: &str) -> CommitSha {
        self.write(path, content);
        let made = self.commit(&format!("change {path}"));
        self.publish(branch);
        made
    }

    #[track_caller]
    fn tip(&self) -> CommitSha {
        sha(&git(&self.clone, &["rev-parse", "HEAD"]))
    }

    #[track_caller]
    fn publish(&self, branch: &str) {
        let remote = self.remote.to_str().unwrap();
        git(
            &self.clone,
            &["push", "--quiet", "--force", remote, &format!("HEAD:refs/heads/{branch}")],
        );
    }

    fn mirror_dir(&self) -> PathBuf {
        self.root().join("repos/web.git")
    }

    /// The mirror, opened or made, nothing fetched.
    fn mirror(&self) -> Mirror {
        Mirror::open_or_create(&self.git, &self.mirror_dir(), self.remote.to_str().unwrap(), None)
            .unwrap()
    }

    /// The mirror with what the remote has.
    fn fetched(&self) -> Mirror {
        let mirror = self.mirror();
        mirror.fetch().unwrap();
        mirror
    }

    fn worktree_path(&self) -> PathBuf {
        self.root().join("worktrees/web-1")
    }

    /// The worktree of task `web-1` at the tip of `main`.
    fn worktree(&self) -> (Mirror, Worktree) {
        let mirror = self.fetched();
        let start = mirror.tracked_tip(&branch("main")).unwrap().unwrap();
        let worktree = mirror.worktree(&task(), &self.worktree_path(), &start).unwrap();
        (mirror, worktree)
    }
}

fn our_git() -> Git {
    Git::new(GitOptions {
        credential: None,
        program: "git".into(),
        env: vec![("PATH".into(), path_variable())],
        author_name: "Agent \"OS\" bot".into(),
        author_email: "agentos@example.invalid".into(),
        deadline: Duration::from_secs(60),
    })
}

fn path_variable() -> String {
    std::env::var("PATH").unwrap()
}

fn task() -> TaskId {
    "web-1".parse().unwrap()
}

fn branch(name: &str) -> BranchName {
    name.parse().unwrap()
}

#[track_caller]
fn sha(text: &str) -> CommitSha {
    text.trim().parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Runs git as a person or an agent would.
#[track_caller]
fn git<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> String {
    let output = try_git(dir, args);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let shown: Vec<_> = args.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
    assert_eq!(output.code, Some(0), "git {shown:?} in {}: {complaint}", dir.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn try_git<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> Output {
    let mut words = vec!["git".into()];
    words.extend(args.iter().map(|a| a.as_ref().to_owned()));
    let variables = [
        ("PATH", path_variable().as_str()),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ann"),
        ("GIT_AUTHOR_EMAIL", "ann@example.invalid"),
        ("GIT_COMMITTER_NAME", "Ann"),
        ("GIT_COMMITTER_EMAIL", "ann@example.invalid"),
    ]
    .map(|(name, value)| (name.into(), value.into()));
    let program = Program {
        argv: words,
        dir: Some(dir.to_owned()),
        env: variables.to_vec(),
        stdin: Vec::new(),
        deadline: Duration::from_secs(60),
    };
    program.run().unwrap()
}

/// Every file of a commit in the mirror, as `mode path`.
#[track_caller]
fn files(mirror: &Mirror, commit: &CommitSha) -> Vec<String> {
    let listing = git(mirror.dir(), &["ls-tree", "-r", "-z", commit.as_str()]);
    let lines = listing.split_terminator('\0').filter_map(|line| line.split_once('\t'));
    lines.map(|(facts, path)| format!("{} {path}", facts.split(' ').next().unwrap())).collect()
}

/// Every path below a folder with what it holds and when it was changed.
fn census(root: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(path) = waiting.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let hash = git2::Oid::hash_object(git2::ObjectType::Blob, &content).unwrap();
        // git sets the time of an object that it would write and finds there already, also a borrowed one.
        let is_object =
            found.is_file() && path.components().any(|part| part.as_os_str() == "objects");
        let time = if is_object { 0 } else { found.mtime_nsec() };
        lines.push(format!("{} {:o} {time} {hash}", path.display(), found.mode()));
        if found.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    lines.sort();
    lines
}

/// Asserts that two censuses are the same and names what is not.
#[track_caller]
fn assert_same(before: &[String], after: &[String]) {
    let changed: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    let gone: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    assert!(changed.is_empty() && gone.is_empty(), "before: {gone:#?}\nafter: {changed:#?}");
}
