//! A process as the system lists it, and the tree that processes form.

use std::collections::BTreeMap;

use super::table;

/// What the system says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its id.
    pub pid: u32,
    /// Its name, at most 15 bytes on Linux; may hold anything, spaces and parentheses too.
    pub name: String,
    /// Its state as the kernel's letter: `R` runs, `S` sleeps, `T` is stopped, `Z` waits to be reaped.
    pub state: char,
    /// The id of its parent.
    pub parent: u32,
    /// How many threads it has; 1 where the system does not say.
    pub threads: u32,
    /// When it started, as the system counts; with its id it names a process for good.
    pub started: u64,
}

impl Stat {
    /// Looks a process up; `None` when it is gone.
    pub fn of(pid: u32) -> Option<Self> {
        table::of(pid)
    }

    /// Says whether nothing of it runs any more. One whose first thread has ended looks like a zombie while other threads go on.
    pub fn is_dead(&self) -> bool {
        self.state == 'X' || (self.state == 'Z' && self.threads <= 1)
    }
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
    descendants_in(&table::snapshot(), &[pid]).into_iter().map(|process| process.pid).collect()
}
