//! Readings of `/proc/<pid>`: `stat`, `environ` and `cmdline`, and the tree that they form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What `/proc/<pid>/stat` says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its id.
    pub pid: u32,
    /// Its name, at most 15 bytes; may hold anything, spaces and parentheses too.
    pub name: String,
    /// Its state as the kernel's letter: `R` runs, `S` sleeps, `T` is stopped, `Z` waits to be reaped.
    pub state: char,
    /// The id of its parent.
    pub parent: u32,
    /// How many threads it has.
    pub threads: u32,
    /// When it started, in ticks since the machine did; with its id it names a process for good.
    pub started: u64,
}

impl Stat {
    /// Reads the text of a `stat` file; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (pid, name) = head.split_once('(')?;
        // The first field after the name is the third of all.
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        Some(Self {
            pid: pid.trim().parse().ok()?,
            name: name.to_owned(),
            state: field(3)?.chars().next()?,
            parent: field(4)?.parse().ok()?,
            threads: field(20)?.parse().ok()?,
            started: field(22)?.parse().ok()?,
        })
    }

    /// Looks a process up; `None` when it is gone.
    pub fn of(pid: u32) -> Option<Self> {
        let bytes = fs::read(folder(pid).join("stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Says whether nothing of it runs any more. One whose first thread has ended looks like a zombie while other threads go on.
    pub fn is_dead(&self) -> bool {
        self.state == 'X' || (self.state == 'Z' && self.threads <= 1)
    }

    /// Says whether its environment, as it was when its program started, holds exactly this variable with this value. `false` where
    /// it cannot be read.
    pub fn has_variable(&self, variable: &str, value: &str) -> bool {
        let wanted = format!("{variable}={value}");
        self.environment().is_some_and(|bytes| {
            bytes.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
        })
    }

    fn environment(&self) -> Option<Vec<u8>> {
        let own = fs::read(folder(self.pid).join("environ")).ok();
        if self.state != 'Z' || self.threads <= 1 {
            return own;
        }
        let tasks = fs::read_dir(folder(self.pid).join("task")).ok()?;
        tasks
            .filter_map(Result::ok)
            .filter_map(|task| fs::read(task.path().join("environ")).ok())
            .find(|bytes| !bytes.is_empty())
    }
}

fn folder(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// The id of a process in the innermost namespace that it belongs to.
pub(in crate::sys) fn inner_id(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(folder(pid).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    line.split_whitespace().next_back()?.parse().ok()
}

/// Reads all processes. They are read one after the other: one that moves meanwhile may be missed, so look again.
pub(in crate::sys) fn snapshot() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Stat::of)
        .collect()
}

/// Picks those living processes of a snapshot that descend from one of the roots; the roots are not among them.
pub(in crate::sys) fn descendants_in(processes: &[Stat], roots: &[u32]) -> Vec<Stat> {
    let mut children: BTreeMap<u32, Vec<&Stat>> = BTreeMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut open = roots.to_vec();
    while let Some(parent) = open.pop() {
        // Taken out, so that no circle (ids reused while reading) goes on for ever.
        for child in children.remove(&parent).unwrap_or_default() {
            open.push(child.pid);
            if !child.is_dead() && !roots.contains(&child.pid) {
                found.push(child.clone());
            }
        }
    }
    found
}

/// Lists the living descendants of a process, itself left out.
pub fn descendants_of(pid: u32) -> Vec<u32> {
    descendants_in(&snapshot(), &[pid]).into_iter().map(|process| process.pid).collect()
}

/// Says whether a process was started under this name (the first of its arguments).
pub(in crate::sys) fn has_first_argument(pid: u32, name: &str) -> bool {
    fs::read(folder(pid).join("cmdline"))
        .is_ok_and(|bytes| bytes.split(|byte| *byte == 0).next() == Some(name.as_bytes()))
}
