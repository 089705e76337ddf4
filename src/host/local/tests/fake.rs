//! A board in a temporary folder, and a forge with branches, squashes and CI runs that are only remembered.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use async_trait::async_trait;
use tempfile::TempDir;

use crate::domain::ids::{BranchName, CommitSha, IssueNumber};
use crate::domain::pull::{CheckOutcome, Mergeable};
use crate::host::local::{CiRequest, CiRun, Forge, LocalHost, LocalHostOptions, SquashRequest};
use crate::host::{HostError, MergeRequest, NewIssue, NewPullRequest};
use crate::sys::clock::ManualClock;

/// What becomes of the next squash-merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextSquash {
    Works,
    IsLostAfterItHappened,
    IsRefused,
}

/// How CI ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ci {
    None,
    Passes,
    Fails,
    CannotBeRun,
}

pub(super) struct FakeForge {
    pub(super) branches: RefCell<BTreeMap<BranchName, CommitSha>>,
    pub(super) squashes: RefCell<Vec<(BranchName, CommitSha, String)>>,
    /// Tips that count as an older commit, because only our memory changed since.
    pub(super) same_as: RefCell<BTreeMap<CommitSha, CommitSha>>,
    pub(super) conflicts: RefCell<BTreeSet<CommitSha>>,
    pub(super) next_squash: Cell<NextSquash>,
    pub(super) ci: Cell<Ci>,
    pub(super) ci_runs: Cell<u32>,
    pub(super) looks_for_squash: Cell<u32>,
    pub(super) log: RefCell<Vec<u8>>,
    commits: Cell<u32>,
}

impl FakeForge {
    fn new() -> Self {
        Self {
            branches: RefCell::default(),
            squashes: RefCell::default(),
            same_as: RefCell::default(),
            conflicts: RefCell::default(),
            next_squash: Cell::new(NextSquash::Works),
            ci: Cell::new(Ci::Passes),
            ci_runs: Cell::new(0),
            looks_for_squash: Cell::new(0),
            log: RefCell::new(b"ran\n".to_vec()),
            commits: Cell::new(0),
        }
    }

    fn commit(&self) -> CommitSha {
        self.commits.set(self.commits.get() + 1);
        format!("{:040x}", self.commits.get()).parse().unwrap()
    }

    /// Puts a new commit on a branch.
    pub(super) fn push(&self, branch: &str) -> CommitSha {
        let commit = self.commit();
        self.branches.borrow_mut().insert(branch.parse().unwrap(), commit.clone());
        commit
    }

    pub(super) fn delete(&self, branch: &str) {
        self.branches.borrow_mut().remove(&branch.parse().unwrap());
    }
}

#[async_trait(?Send)]
impl Forge for FakeForge {
    fn has_ci(&self) -> bool {
        self.ci.get() != Ci::None
    }

    fn tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError> {
        Ok(self.branches.borrow().get(branch).cloned())
    }

    fn base_key(&self, tip: &CommitSha) -> Result<CommitSha, HostError> {
        Ok(self.same_as.borrow().get(tip).unwrap_or(tip).clone())
    }

    fn mergeable(&self, head: &CommitSha, _base: &CommitSha) -> Result<Mergeable, HostError> {
        let conflict = self.conflicts.borrow().contains(head);
        Ok(if conflict { Mergeable::Conflict } else { Mergeable::Clean })
    }

    fn squash_merge(&self, request: &SquashRequest) -> Result<CommitSha, HostError> {
        if self.tip(&request.base_branch)?.as_ref() != Some(&request.base_tip) {
            return Err(HostError::Stale { what: "the base".into(), reason: "it moved".into() });
        }
        let next = self.next_squash.replace(NextSquash::Works);
        if next == NextSquash::IsRefused {
            return Err(HostError::Refused { what: "push".into(), reason: "protected".into() });
        }
        let commit = self.push(request.base_branch.as_str());
        let message = format!("{}\n\n{}", request.title, request.message);
        self.squashes.borrow_mut().push((request.base_branch.clone(), commit.clone(), message));
        if next == NextSquash::IsLostAfterItHappened {
            return Err(HostError::Unavailable { what: "push".into(), reason: "lost".into() });
        }
        Ok(commit)
    }

    fn find_squash(
        &self,
        base: &BranchName,
        trailer: &str,
    ) -> Result<Option<CommitSha>, HostError> {
        self.looks_for_squash.set(self.looks_for_squash.get() + 1);
        let squashes = self.squashes.borrow();
        let found = squashes
            .iter()
            .find(|(branch, _, message)| branch == base && message.lines().any(|l| l == trailer));
        Ok(found.map(|(_, commit, _)| commit.clone()))
    }

    async fn run_ci(&self, request: &CiRequest) -> Result<CiRun, HostError> {
        self.ci_runs.set(self.ci_runs.get() + 1);
        fs::write(&request.log, &*self.log.borrow()).unwrap();
        let run = |outcome, summary: &str| Ok(CiRun { outcome, summary: summary.into() });
        match self.ci.get() {
            Ci::Passes => run(CheckOutcome::Passed, "passed after 0.1 s"),
            Ci::Fails => run(CheckOutcome::Failed, "exit 1 after 0.1 s"),
            Ci::None | Ci::CannotBeRun => {
                Err(HostError::Unavailable { what: "run CI".into(), reason: "disk full".into() })
            }
        }
    }
}

/// A host on a board of its own.
pub(super) struct Scene {
    pub(super) host: LocalHost,
    pub(super) forge: Rc<FakeForge>,
    pub(super) clock: Rc<ManualClock>,
    pub(super) board: PathBuf,
    dir: TempDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let forge = Rc::new(FakeForge::new());
        let clock = Rc::new(ManualClock::new("2026-11-20T09:00:00Z".parse().unwrap()));
        let board = dir.path().join("board/web");
        let host = host_on(dir.path(), forge.clone(), clock.clone());
        Self { host, forge, clock, board, dir }
    }

    /// A second process on the same board.
    pub(super) fn another_host(&self) -> LocalHost {
        host_on(self.dir.path(), self.forge.clone(), self.clock.clone())
    }

    pub(super) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file of the board as a person would.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.board.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[track_caller]
    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.board.join(name)).unwrap()
    }

    /// All files of the board with their text and their inode, which a rewrite changes.
    pub(super) fn everything(&self) -> Vec<(PathBuf, u64, Vec<u8>)> {
        use std::os::unix::fs::MetadataExt;
        let mut files = Vec::new();
        for folder in ["issues", "pulls", "checks"] {
            let Ok(entries) = fs::read_dir(self.board.join(folder)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                let inode = fs::symlink_metadata(&path).unwrap().ino();
                files.push((path.clone(), inode, fs::read(&path).unwrap_or_default()));
            }
        }
        files.sort();
        files
    }
}

pub(super) fn host_on(root: &Path, forge: Rc<FakeForge>, clock: Rc<ManualClock>) -> LocalHost {
    LocalHost::new(LocalHostOptions {
        key: "web".parse().unwrap(),
        board_dir: root.join("board/web"),
        lock_file: root.join("locks/board-web.lock"),
        clock,
        forge,
        account: "agentos".to_owned(),
    })
}

pub(super) fn fresh_forge() -> Rc<FakeForge> {
    Rc::new(FakeForge::new())
}

/// Runs a future to its end.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(super) fn new_issue(title: &str) -> NewIssue {
    NewIssue { title: title.to_owned(), body: "Text.\n".to_owned(), ..NewIssue::default() }
}

pub(super) fn new_pull(head: &str, issue: u64) -> NewPullRequest {
    NewPullRequest {
        title: "Add a cart".to_owned(),
        body: format!("Closes #{issue}\n"),
        head: head.parse().unwrap(),
        base: "main".parse().unwrap(),
        issue: Some(IssueNumber(issue)),
    }
}

pub(super) fn merge_of(pull: &crate::domain::pull::PullRequest) -> MergeRequest {
    MergeRequest {
        pr: pull.number,
        expected_head: pull.head_sha.clone(),
        expected_base: None,
        title: "Add a cart".to_owned(),
        message: "Adds it.\n\nAgent-Task: web-1".to_owned(),
    }
}
