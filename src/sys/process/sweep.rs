//! Ending whole families of processes that do not want to end. They are frozen first, until a look finds none that still runs and
//! could start another, and killed then; both again until nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
#[cfg(target_os = "linux")]
use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

use super::children::{reap, with_known};
use super::own::is_subreaper;
use super::stat::{Stat, descendants_in};
use super::table::{carriers, snapshot};

/// Most looks of one freezing wave: something that outruns this many is killed half frozen, and the next wave takes the rest.
const LOOKS: u32 = 32;

/// First and longest pause between two waves.
const PAUSES: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(20));

/// How long [`end_marked`] goes on: the kernel needs milliseconds, unless a process hangs inside it.
const MARKED_PATIENCE: Duration = Duration::from_secs(10);

/// A process that could not be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// Its id.
    pub pid: u32,
    /// Its name.
    pub name: String,
}

/// Names a process for good: its id and when it started.
pub(in crate::sys) type Identity = (u32, u64);

/// Whom to end.
pub(in crate::sys) trait Quarry {
    /// Finds those that are alive; may miss some that move meanwhile.
    fn find(&mut self) -> Vec<Stat>;
    /// Says for certain that none is left.
    fn is_gone(&mut self) -> bool;
}

/// What a sweep did.
#[derive(Debug, Default)]
pub(in crate::sys) struct Swept {
    /// Whom it sent to their end.
    pub(in crate::sys) ended: BTreeSet<Identity>,
    /// Who is still there.
    pub(in crate::sys) left: Vec<Survivor>,
}

/// Freezes and kills until nothing is left or `patience` is over.
pub(in crate::sys) fn sweep(quarry: &mut impl Quarry, patience: Duration) -> Swept {
    let started = Instant::now();
    let mut swept = Swept::default();
    let (mut pause, longest) = PAUSES;
    while !is_over(quarry, &swept.ended) {
        for target in freeze(quarry) {
            signal(&target, Signal::KILL);
            swept.ended.insert((target.pid, target.started));
        }
        if started.elapsed() >= patience {
            if !is_over(quarry, &swept.ended) {
                let mut left: BTreeMap<u32, Stat> =
                    swept.ended.iter().filter_map(alive).map(|stat| (stat.pid, stat)).collect();
                left.extend(quarry.find().into_iter().map(|stat| (stat.pid, stat)));
                let survivor = |left: Stat| Survivor { pid: left.pid, name: left.name };
                swept.left = left.into_values().map(survivor).collect();
            }
            break;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(longest);
    }
    for survivor in &swept.left {
        swept.ended.retain(|(pid, _)| *pid != survivor.pid);
    }
    swept
}

/// Whether nobody is left, and nobody who was killed still dies: what a dying process shows goes first, its open files and locks go last.
fn is_over(quarry: &mut impl Quarry, killed: &BTreeSet<Identity>) -> bool {
    quarry.is_gone() && killed.iter().all(|identity| alive(identity).is_none())
}

/// This very process, if it is not dead.
fn alive((pid, started): &Identity) -> Option<Stat> {
    Stat::of(*pid).filter(|now| now.started == *started && !now.is_dead())
}

fn freeze(quarry: &mut impl Quarry) -> Vec<Stat> {
    let mut frozen: BTreeMap<Identity, Stat> = BTreeMap::new();
    for _ in 0..LOOKS {
        let before = frozen.len();
        for target in quarry.find() {
            frozen.entry((target.pid, target.started)).or_insert_with(|| {
                signal(&target, Signal::STOP);
                target
            });
        }
        if frozen.len() == before {
            break;
        }
    }
    frozen.into_values().collect()
}

/// Sends a signal to exactly this process and not to a later one of the same id; says whether it was sent.
#[cfg(target_os = "linux")]
pub(in crate::sys) fn signal(target: &Stat, signal: Signal) -> bool {
    let Some(pid) = i32::try_from(target.pid).ok().and_then(Pid::from_raw) else { return false };
    let handle = pidfd_open(pid, PidfdFlags::empty());
    if Stat::of(target.pid).is_none_or(|now| now.started != target.started) {
        return false;
    }
    match handle {
        Ok(handle) => pidfd_send_signal(&handle, signal).is_ok(),
        Err(Errno::SRCH) => false,
        // An old kernel, or no file descriptor left.
        Err(_) => kill_process(pid, signal).is_ok(),
    }
}

/// Sends a signal to this process, if it still is the one of that id a moment before; says whether it was sent.
#[cfg(not(target_os = "linux"))]
pub(in crate::sys) fn signal(target: &Stat, signal: Signal) -> bool {
    let Some(pid) = i32::try_from(target.pid).ok().and_then(Pid::from_raw) else { return false };
    Stat::of(target.pid).is_some_and(|now| now.started == target.started)
        && kill_process(pid, signal).is_ok()
}

/// Kills one process at once.
pub(in crate::sys) fn end(target: &Stat) -> bool {
    signal(target, Signal::KILL)
}

struct Descendants {
    root: u32,
}

impl Quarry for Descendants {
    fn find(&mut self) -> Vec<Stat> {
        let processes = snapshot();
        if self.root == std::process::id() {
            reap_adopted(&processes);
        }
        descendants_in(&processes, &[self.root])
    }

    fn is_gone(&mut self) -> bool {
        // Twice: one that loses its parent during the first look is found by the second.
        self.find().is_empty() && self.find().is_empty()
    }
}

/// Ends everything that descends from a process, the process itself left out, and says who could not be ended within `patience`. Where
/// it is this process, dead orphans that it adopted are reaped.
pub fn end_all_descendants(pid: u32, patience: Duration) -> Vec<Survivor> {
    sweep(&mut Descendants { root: pid }, patience).left
}

struct Marked<'a> {
    variable: &'a str,
    value: &'a str,
}

impl Quarry for Marked<'_> {
    fn find(&mut self) -> Vec<Stat> {
        let processes = snapshot();
        let spared = lineage(&processes, std::process::id());
        let mut found = carriers(&processes, self.variable, self.value);
        found.retain(|process| !spared.contains(&process.pid));
        // Their children too: some clear their environment.
        let roots: Vec<u32> = found.iter().map(|process| process.pid).collect();
        let below = descendants_in(&processes, &roots);
        found.extend(below.into_iter().filter(|process| !spared.contains(&process.pid)));
        found
    }

    fn is_gone(&mut self) -> bool {
        self.find().is_empty() && self.find().is_empty()
    }
}

/// Ends every process of this user that was started with `variable` set to `value`, and what descends from it, until a look finds
/// none; says how many there were, with those that could not be ended. Never ends this process or one that it descends from. Gives up
/// after ten seconds.
pub fn end_marked(variable: &str, value: &str) -> usize {
    let swept = sweep(&mut Marked { variable, value }, MARKED_PATIENCE);
    swept.ended.len() + swept.left.len()
}

/// A process and those that it descends from.
fn lineage(processes: &[Stat], pid: u32) -> BTreeSet<u32> {
    let parents: BTreeMap<u32, u32> = processes.iter().map(|p| (p.pid, p.parent)).collect();
    let mut line = BTreeSet::from([pid]);
    let mut at = pid;
    while let Some(parent) = parents.get(&at).copied().filter(|parent| line.insert(*parent)) {
        at = parent;
    }
    line
}

struct Strays;

impl Quarry for Strays {
    fn find(&mut self) -> Vec<Stat> {
        if !is_subreaper() {
            return Vec::new();
        }
        let own = std::process::id();
        with_known(|known| {
            let processes = snapshot();
            reap_unknown(&processes, known);
            let is_stray = |p: &&Stat| p.parent == own && !known.contains(&p.pid);
            let strays: Vec<Stat> = processes.iter().filter(is_stray).cloned().collect();
            let roots: Vec<u32> = strays.iter().map(|stray| stray.pid).collect();
            let mut found = descendants_in(&processes, &roots);
            found.extend(strays.into_iter().filter(|stray| !stray.is_dead()));
            found
        })
    }

    fn is_gone(&mut self) -> bool {
        self.find().is_empty() && self.find().is_empty()
    }
}

/// Ends the orphans that this process adopted (it must be a subreaper), with all below them, and reaps the dead ones; children that
/// were started through [`crate::sys::program`] and [`crate::sys::supervise`] are left alone. Says how many there were, with those that could
/// not be ended.
pub fn end_strays(patience: Duration) -> usize {
    let swept = sweep(&mut Strays, patience);
    swept.ended.len() + swept.left.len()
}

fn reap_adopted(processes: &[Stat]) {
    with_known(|known| reap_unknown(processes, known));
}

fn reap_unknown(processes: &[Stat], known: &BTreeSet<u32>) {
    let own = std::process::id();
    processes
        .iter()
        .filter(|process| {
            process.is_dead() && process.parent == own && !known.contains(&process.pid)
        })
        .for_each(|process| reap(process.pid));
}
