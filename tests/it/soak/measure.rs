//! What is to be found in a root while none of its jobs runs: room that is taken, and whatever was left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::town::Town;
use crate::support::crash_root::git;
use crate::support::invariants::{FOLDERS, TaskFile, tasks};

/// A folder and everything below it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Room {
    pub(super) bytes: u64,
    pub(super) files: u64,
}

/// What lies below a folder.
pub(super) fn room(folder: &Path) -> Room {
    let mut room = Room::default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(data) = entry.metadata() else { continue };
        if data.is_dir() {
            let below = self::room(&entry.path());
            room = Room { bytes: room.bytes + below.bytes, files: room.files + below.files };
        } else {
            room = Room { bytes: room.bytes + data.len(), files: room.files + 1 };
        }
    }
    room
}

/// The entries of a folder, hidden ones too.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

impl Town {
    /// Checkouts below `runtime/worktrees`, and what the mirrors take for one; those for checks are not counted.
    pub(super) fn worktrees(&self) -> (usize, usize) {
        let folders = entries(&self.path("runtime/worktrees"));
        let named =
            |path: &PathBuf| !path.file_name().unwrap().as_encoded_bytes().starts_with(b".");
        let checkouts = folders.iter().flat_map(|folder| entries(folder)).filter(named).count();
        let mirrors = entries(&self.path("runtime/repos"));
        let known = mirrors.iter().flat_map(|mirror| entries(&mirror.join("worktrees"))).count();
        (checkouts, known)
    }

    /// Lock files, and those of them that somebody holds.
    pub(super) fn locks(&self) -> (usize, Vec<PathBuf>) {
        let mut files = entries(&self.path("runtime/locks"));
        files.extend(entries(&self.path("runtime/state")));
        files.retain(|path| path.extension().is_some_and(|extension| extension == "lock"));
        let is_held = |path: &&PathBuf| {
            let file = fs::File::open(path).unwrap();
            matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
        };
        let held = files.iter().filter(is_held).cloned().collect();
        (files.len(), held)
    }

    /// Processes whose environment names the root, or that are at home below it.
    pub(super) fn processes(&self) -> Vec<String> {
        let root = self.root().as_os_str().as_encoded_bytes();
        let mut alive = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
            let speaks = environ.windows(root.len()).any(|window| window == root);
            let lives = fs::read_link(entry.path().join("cwd"))
                .is_ok_and(|folder| folder.starts_with(self.root()));
            if speaks || lives {
                let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                alive.push(String::from_utf8_lossy(&command).replace('\0', " "));
            }
        }
        alive
    }

    /// Branches of agents in the remotes.
    pub(super) fn branches(&self) -> usize {
        let count = |name: &String| {
            let remote = self.path(&format!("remotes/{name}.git"));
            git(&remote, &["for-each-ref", "refs/heads/agent"]).lines().count()
        };
        self.repositories.iter().map(count).sum()
    }

    /// Every task: those of the mailbox with their folder, and those of the archive.
    pub(super) fn tasks(&self) -> Vec<(String, TaskFile)> {
        let mut all: Vec<(String, TaskFile)> =
            tasks(self.root(), &mut Vec::new()).into_iter().collect();
        for path in entries(&self.path("runtime/archive")).iter().flat_map(|month| entries(month)) {
            let Some(id) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".md") else {
                continue;
            };
            let text = fs::read_to_string(&path).unwrap();
            all.push((id.to_owned(), TaskFile { folder: "archive", text }));
        }
        all
    }

    /// How many task files lie in each folder of the mailbox.
    pub(super) fn folders(&self) -> [usize; 6] {
        FOLDERS.map(|folder| {
            let files = entries(&self.path(&format!("runtime/mailbox/{folder}")));
            files.iter().filter(|path| path.extension().is_some_and(|end| end == "md")).count()
        })
    }

    /// What was left behind, one line each: nothing at all may be, between any two slots.
    pub(super) fn leaks(&self) -> Vec<String> {
        let mut leaks: Vec<String> = Vec::new();
        leaks.extend(self.processes().into_iter().map(|line| format!("a process: {line}")));
        let (_, held) = self.locks();
        leaks.extend(held.into_iter().map(|path| format!("a lock: {}", path.display())));
        leaks
    }

    /// Intents that are open: at most those of a worker that was killed, until the next run.
    pub(super) fn intents(&self) -> usize {
        entries(&self.path("runtime/journal/open")).len()
    }

    /// Agents that inherited files which are none of theirs, by the first line of what they printed; and how many lines were read.
    pub(super) fn inherited(&self) -> (usize, Vec<String>) {
        let (mut read, mut wrong) = (0, Vec::new());
        for task in entries(&self.path("runtime/runs")) {
            for attempt in entries(&task) {
                let first = first_line(&attempt.join("agent.stdout.log"));
                if first.starts_with("inherited:") {
                    read += 1;
                    if first != self.inherited {
                        wrong.push(format!("{}: {first}", attempt.display()));
                    }
                }
            }
        }
        (read, wrong)
    }
}

fn first_line(path: &Path) -> String {
    let mut line = String::new();
    let Ok(file) = fs::File::open(path) else { return line };
    drop(BufReader::new(file).read_line(&mut line));
    line.trim_end().to_owned()
}
