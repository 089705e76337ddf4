//! The helper process: starts one program, watches it, ends its whole family, and answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, setsid, waitid};

use super::family::{Family, pid_of};
use super::launch::launch;
use super::outlet::Outlet;
use super::spec::{RunEnd, RunOutcome, RunSpec};
use super::stage::{Message, stage_main};
use super::watch::StallWatch;
use crate::sys::process::{become_subreaper, harden_this_process};
use crate::sys::sandbox::{Cgroup, Control, Reached, Tier};
use crate::sys::signals::Stop;

/// Largest order that is read, in bytes: an environment and a command line are smaller (the kernel's own bound is 2 MiB).
const MAX_ORDER: u64 = 16 << 20;

/// Longest pause between two looks at signals, deadline and orphans to reap. The program's own end wakes the helper at once.
const TICK: Duration = Duration::from_millis(100);

/// How long to wait for output that is still in a pipe after all its writers are gone: somebody outside holds the pipe then.
const LAST_OUTPUT: Duration = Duration::from_secs(2);

/// What wakes the helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The program itself has ended.
    LeaderEnded,
    /// The worker asked to stop.
    StopAsked,
    /// The worker is gone.
    WorkerGone,
    /// A pipe has no writer any more.
    OutletClosed,
    /// The stage before the program tells something.
    Stage(Message),
    /// It will tell nothing more: it is gone, or has become the program.
    StageClosed,
}

/// Is what `agentos supervise` does: reads a [`RunSpec`] as one line from standard input, runs it and writes its [`RunOutcome`] as
/// one line to standard output. `stop` on standard input, its end, SIGTERM and SIGINT end the run. Returns the exit code of the
/// process: 0 with an answer, 2 without one. Must not be called where other children are.
pub fn helper_main() -> i32 {
    // A stage between a helper and its program is this binary too.
    if let Some(stage) = std::env::args().nth(2) {
        return stage_main(&stage);
    }
    match serve() {
        Ok(()) => 0,
        Err(error) => {
            // Nobody may be there to read it.
            drop(writeln!(io::stderr(), "agentos supervise: {error}"));
            2
        }
    }
}

fn serve() -> io::Result<()> {
    harden_this_process()?;
    // Fails where this process leads a group already; then it shares a terminal at worst.
    let _ = setsid();
    become_subreaper()?;
    let stop = Stop::install()?;
    let mut input = BufReader::new(io::stdin());
    let mut order = String::new();
    input.by_ref().take(MAX_ORDER).read_line(&mut order)?;
    let spec: RunSpec = serde_json::from_str(&order)?;
    let (sender, events) = channel();
    listen(input, sender.clone());
    let outcome = supervise(&spec, &stop, &sender, &events);
    let mut answer = serde_json::to_string(&outcome)?;
    answer.push('\n');
    // With the worker gone there is nobody to answer, and that is fine.
    drop(io::stdout().write_all(answer.as_bytes()));
    Ok(())
}

fn listen(mut input: impl BufRead + Send + 'static, events: Sender<Event>) {
    thread::spawn(move || {
        let mut line = String::new();
        let is_stop = input.read_line(&mut line).is_ok_and(|read| read > 0);
        if is_stop && events.send(Event::StopAsked).is_err() {
            return;
        }
        // After the wish to stop only the end of the worker is of interest.
        while is_stop && input.read_line(&mut line).is_ok_and(|read| read > 0) {
            line.clear();
        }
        drop(events.send(Event::WorkerGone));
    });
}

fn supervise(
    spec: &RunSpec,
    stop: &Stop,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
) -> RunOutcome {
    let started = Instant::now();
    let outlet = |path| Outlet::create(path, spec.max_log_bytes, started);
    let outlets = outlet(&spec.stdout).and_then(|out| Ok((out, outlet(&spec.stderr)?)));
    let (out, err) = match outlets {
        Ok(outlets) => outlets,
        Err(error) => {
            let reason = format!("cannot make the logs `{}`: {error}", spec.stdout.display());
            return RunOutcome::not_started(false, reason);
        }
    };
    let mut group = if spec.is_staged() { Cgroup::create(&spec.marker) } else { Cgroup::default() };
    let mut child = match launch(spec, &mut group, sender) {
        Ok(child) => child,
        Err((missing, reason)) => {
            group.end();
            return RunOutcome::not_started(missing, reason);
        }
    };
    let outlets = [out, err];
    let [out, err] = &outlets;
    child.stdout.take().into_iter().for_each(|pipe| out.drain(pipe, sender.clone()));
    child.stderr.take().into_iter().for_each(|pipe| err.drain(pipe, sender.clone()));
    announce_end(child.id(), sender.clone());
    let family = Family::of(child.id(), &spec.marker);
    let stage = Stage { is_open: spec.is_staged(), ..Stage::default() };
    let mut run = Run { spec, stop, events, started, outlets, family, stage, group };
    run.finish()
}

struct Run<'a> {
    spec: &'a RunSpec,
    stop: &'a Stop,
    events: &'a Receiver<Event>,
    started: Instant,
    outlets: [Outlet; 2],
    family: Family,
    stage: Stage,
    group: Cgroup,
}

/// What the stage before the program has told.
#[derive(Debug, Default)]
struct Stage {
    is_open: bool,
    reached: Vec<Reached>,
    end: Option<RunEnd>,
}

impl Run<'_> {
    fn finish(&mut self) -> RunOutcome {
        let (end, grace) = self.watch();
        let ended = self.family.end(grace);
        self.group.end();
        self.collect_output();
        let [out, err] = &self.outlets;
        RunOutcome {
            end,
            duration: self.started.elapsed(),
            stdout_bytes: out.bytes(),
            stderr_bytes: err.bytes(),
            truncated: out.is_truncated() || err.is_truncated(),
            killed_survivors: ended.survivors_ended,
            survivors: ended.left.into_iter().map(|survivor| survivor.pid).collect(),
            reached: self.reached(),
        }
    }

    /// Waits until the run is over, and says why and how long what is left may take to end.
    fn watch(&mut self) -> (RunEnd, Duration) {
        let grace = self.spec.grace;
        let folder = self.spec.watch_dir.clone();
        let mut stall = self.spec.stall.map(|stall| StallWatch::new(stall, folder));
        loop {
            if let Some(end) = self.program_end() {
                return (end, grace);
            }
            let now = self.started.elapsed();
            if self.stop.requested() {
                return (RunEnd::Stopped, grace);
            }
            if now >= self.spec.deadline {
                return (RunEnd::Deadline, grace);
            }
            let last = self.outlets.iter().map(Outlet::last).max().unwrap_or_default();
            if stall.as_mut().is_some_and(|stall| stall.is_stalled(now, last)) {
                return (RunEnd::Stalled, grace);
            }
            let pause = TICK.min(self.spec.deadline.saturating_sub(now));
            match self.events.recv_timeout(pause) {
                Ok(Event::StopAsked) => return (RunEnd::Stopped, grace),
                Ok(Event::Stage(message)) => self.listen_to(message),
                Ok(Event::StageClosed) => self.stage.is_open = false,
                Ok(Event::LeaderEnded | Event::OutletClosed) | Err(RecvTimeoutError::Timeout) => {}
                // Whoever takes over the task must not wait for us.
                Ok(Event::WorkerGone) | Err(RecvTimeoutError::Disconnected) => {
                    return (RunEnd::Stopped, Duration::ZERO);
                }
            }
        }
    }

    /// How far the run was confined: what its stage told, and what the helper does itself.
    fn reached(&mut self) -> Vec<Reached> {
        let mut reached = std::mem::take(&mut self.stage.reached);
        if reached.is_empty() {
            return reached;
        }
        for known in reached.iter_mut().filter(|it| it.control == Control::Processes) {
            if known.tier == Tier::Partial && self.group.kills() {
                known.detail.insert_str(0, "a control group, which ends as one; ");
            }
        }
        reached.push(self.group.reached());
        reached
    }

    /// How the program ended, if it has. A stage that is gone has told before what it knew, and that is waited for.
    fn program_end(&mut self) -> Option<RunEnd> {
        let leader = self.family.leader_end();
        let begun = Instant::now();
        while leader.is_some() && self.stage.is_open && self.stage.end.is_none() {
            let left = LAST_OUTPUT.saturating_sub(begun.elapsed());
            match self.events.recv_timeout(left) {
                Ok(Event::Stage(message)) => self.listen_to(message),
                Ok(Event::StageClosed) | Err(_) => self.stage.is_open = false,
                Ok(_) => {}
            }
        }
        self.stage.end.clone().or(leader)
    }

    fn listen_to(&mut self, message: Message) {
        match message {
            Message::Applied { reached, inner } => {
                self.stage.reached = reached;
                if let Some(inner) = inner {
                    self.family.is_led_by_stages(inner);
                }
            }
            Message::NotStarted { missing, reason } => {
                self.stage.end = Some(RunEnd::NotStarted { missing, reason });
            }
            Message::Ended(end) => self.stage.end = Some(self.stage.end.take().unwrap_or(end)),
        }
    }

    fn collect_output(&self) {
        let begun = Instant::now();
        while !self.outlets.iter().all(Outlet::is_closed) {
            let left = LAST_OUTPUT.saturating_sub(begun.elapsed());
            if left.is_zero() || self.events.recv_timeout(left).is_err() {
                return;
            }
        }
    }
}

/// Sends an event as soon as the program has ended, and leaves reaping it to the family.
fn announce_end(leader: u32, events: Sender<Event>) {
    thread::spawn(move || {
        if let Some(pid) = pid_of(leader) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
        }
        drop(events.send(Event::LeaderEnded));
    });
}
