//! Everything that a program has started, as its helper sees it: the helper is the parent that orphans fall to, so whatever the
//! program leaves behind is the helper's child in the end. Where no process can be that, what is left is looked for in the list of all.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, wait};

use super::spec::{MARKER, RunEnd};
use crate::sys::process::{
    ADOPTS_ORPHANS, Identity, Quarry, Stat, Survivor, inner_id, members, signal, snapshot, sweep,
};

/// How long the last sweep goes on: the kernel needs milliseconds, unless a process hangs inside it.
const PATIENCE: Duration = Duration::from_secs(10);

/// First and longest pause between two looks at a family that was asked to end.
const PAUSES: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(10));

/// The processes of a run.
#[derive(Debug)]
pub(super) struct Family {
    leader: u32,
    /// The value of [`MARKER`].
    marker: String,
    leader_end: Option<RunEnd>,
    /// No child is left, dead or alive.
    childless: bool,
    /// Processes that are ours or the program itself: they are not what a program left.
    uncounted: BTreeSet<u32>,
}

/// What ending a family did.
#[derive(Debug)]
pub(super) struct Ended {
    /// How many processes, the leader left out, had to be ended.
    pub(super) survivors_ended: u32,
    /// Who could not be ended.
    pub(super) left: Vec<Survivor>,
}

impl Family {
    /// Watches over the family of the program that was just started.
    pub(super) fn of(leader: u32, marker: &str) -> Self {
        let uncounted = BTreeSet::from([leader]);
        Self { leader, marker: marker.to_owned(), leader_end: None, childless: false, uncounted }
    }

    /// Learns that the leader is a stage of ours, and that below it the first process of a namespace has started the program, which is
    /// `inner` there: these three are nothing that the program left behind.
    pub(super) fn is_led_by_stages(&mut self, inner: u32) {
        if !ADOPTS_ORPHANS {
            // There are no namespaces either: its id is its id.
            self.uncounted.insert(inner);
            return;
        }
        let processes = snapshot();
        let children =
            |parent: u32| processes.iter().filter(move |process| process.parent == parent);
        let is = |process: &&Stat, id: u32| inner_id(process.pid) == Some(id);
        let first = children(self.leader).find(|process| is(process, 1));
        // Without a namespace the leader is the parent of the program itself.
        let parent = first.map_or(self.leader, |first| first.pid);
        let program = children(parent).find(|process| is(process, inner));
        self.uncounted.extend(first.into_iter().chain(program).map(|process| process.pid));
    }

    /// Reaps whoever is dead and says how the leader ended, if it has.
    pub(super) fn leader_end(&mut self) -> Option<RunEnd> {
        self.reap();
        self.leader_end.clone()
    }

    /// Asks what is left to end, gives it `grace` for that, then kills until nothing is left.
    pub(super) fn end(&mut self, grace: Duration) -> Ended {
        let mut asked = BTreeSet::new();
        if !self.is_gone() && !grace.is_zero() {
            // bubblewrap would end at once, and everything inside with it, without the time to tidy up.
            for process in self.find().into_iter().filter(|process| process.name != "bwrap") {
                signal(&process, Signal::TERM);
                // What is stopped cannot end.
                signal(&process, Signal::CONT);
                asked.insert((process.pid, process.started));
            }
            self.wait(grace);
        }
        let swept = sweep(self, PATIENCE);
        let is_left = |pid: u32| swept.left.iter().any(|survivor| survivor.pid == pid);
        let others: BTreeSet<Identity> = asked
            .union(&swept.ended)
            .filter(|(pid, _)| !self.uncounted.contains(pid) && !is_left(*pid))
            .copied()
            .collect();
        Ended { survivors_ended: u32::try_from(others.len()).unwrap_or(u32::MAX), left: swept.left }
    }

    fn wait(&mut self, grace: Duration) {
        let asked = Instant::now();
        let (mut pause, longest) = PAUSES;
        while !self.is_gone() && asked.elapsed() < grace {
            thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
    }

    fn reap(&mut self) {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if u32::try_from(pid.as_raw_nonzero().get()) == Ok(self.leader) {
                        self.leader_end = Some(end_of(status));
                    }
                }
                Ok(None) => break,
                Err(Errno::INTR) => {}
                Err(_) => {
                    self.childless = true;
                    break;
                }
            }
        }
    }
}

impl Quarry for Family {
    fn find(&mut self) -> Vec<Stat> {
        if ADOPTS_ORPHANS && self.is_gone() {
            return Vec::new();
        }
        members(&self.uncounted, MARKER, &self.marker)
    }

    fn is_gone(&mut self) -> bool {
        if !self.childless {
            self.reap();
        }
        self.childless && (ADOPTS_ORPHANS || self.find().is_empty())
    }
}

/// The leader's id as the kernel's calls want it.
pub(super) fn pid_of(leader: u32) -> Option<Pid> {
    i32::try_from(leader).ok().and_then(Pid::from_raw)
}

pub(super) fn end_of(status: WaitStatus) -> RunEnd {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => RunEnd::Exited(code),
        (None, Some(signal)) => RunEnd::Signalled(signal),
        // Not possible: only ends are waited for.
        (None, None) => RunEnd::Exited(-1),
    }
}
