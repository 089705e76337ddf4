//! The helper process: starts one program, watches it, ends its whole family, and answers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, setsid, waitid};

use super::family::{Family, pid_of};
use super::outlet::Outlet;
use super::spec::{MARKER, RunEnd, RunOutcome, RunSpec};
use super::watch::StallWatch;
use crate::sys::process::{become_subreaper, harden_this_process};
use crate::sys::signals::Stop;

/// Largest order that is read, in bytes: an environment and a command line are smaller (the kernel's own bound is 2 MiB).
const MAX_ORDER: u64 = 16 << 20;

/// Longest pause between two looks at signals, deadline and orphans to reap. The program's own end wakes the helper at once.
const TICK: Duration = Duration::from_millis(100);

/// How long to wait for output that is still in a pipe after all its writers are gone: somebody outside holds the pipe then.
const LAST_OUTPUT: Duration = Duration::from_secs(2);

/// What wakes the helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The program itself has ended.
    LeaderEnded,
    /// The worker asked to stop.
    StopAsked,
    /// The worker is gone.
    WorkerGone,
    /// A pipe has no writer any more.
    OutletClosed,
}

/// Is what `agentos supervise` does: reads a [`RunSpec`] as one line from standard input, runs it and writes its [`RunOutcome`] as
/// one line to standard output. `stop` on standard input, its end, SIGTERM and SIGINT end the run. Returns the exit code of the
/// process: 0 with an answer, 2 without one. Must not be called where other children are.
pub fn helper_main() -> i32 {
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
        let _ = events.send(Event::WorkerGone);
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
    let mut child = match start(spec) {
        Ok(child) => child,
        Err(outcome) => return outcome,
    };
    let outlets = [out, err];
    let [out, err] = &outlets;
    child.stdout.take().into_iter().for_each(|pipe| out.drain(pipe, sender.clone()));
    child.stderr.take().into_iter().for_each(|pipe| err.drain(pipe, sender.clone()));
    announce_end(child.id(), sender.clone());
    let mut run = Run { spec, stop, events, started, outlets, family: Family::of(child.id()) };
    run.finish()
}

struct Run<'a> {
    spec: &'a RunSpec,
    stop: &'a Stop,
    events: &'a Receiver<Event>,
    started: Instant,
    outlets: [Outlet; 2],
    family: Family,
}

impl Run<'_> {
    fn finish(&mut self) -> RunOutcome {
        let (end, grace) = self.watch();
        let ended = self.family.end(grace);
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
        }
    }

    /// Waits until the run is over, and says why and how long what is left may take to end.
    fn watch(&mut self) -> (RunEnd, Duration) {
        let grace = self.spec.grace;
        let folder = self.spec.watch_dir.clone();
        let mut stall = self.spec.stall.map(|stall| StallWatch::new(stall, folder));
        loop {
            if let Some(end) = self.family.leader_end() {
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
                Ok(Event::LeaderEnded | Event::OutletClosed) | Err(RecvTimeoutError::Timeout) => {}
                // Whoever takes over the task must not wait for us.
                Ok(Event::WorkerGone) | Err(RecvTimeoutError::Disconnected) => {
                    return (RunEnd::Stopped, Duration::ZERO);
                }
            }
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
        let _ = events.send(Event::LeaderEnded);
    });
}

#[expect(clippy::disallowed_methods, reason = "one of the two places that start programs")]
fn start(spec: &RunSpec) -> Result<Child, RunOutcome> {
    let Some((program, arguments)) = spec.argv.split_first() else {
        return Err(RunOutcome::not_started(
            true,
            "the command is empty; name a program".to_owned(),
        ));
    };
    if !spec.dir.is_dir() {
        let reason =
            format!("cannot start `{program}`: its folder `{}` is not there", spec.dir.display());
        return Err(RunOutcome::not_started(false, reason));
    }
    let stdin = match spec.stdin.as_deref().map(File::open).transpose() {
        Ok(file) => file.map_or_else(Stdio::null, Stdio::from),
        Err(error) => {
            let reason = format!("cannot start `{program}`: its input cannot be opened: {error}");
            return Err(RunOutcome::not_started(false, reason));
        }
    };
    Command::new(program)
        .args(arguments)
        .current_dir(&spec.dir)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, &spec.marker)
        .process_group(0)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            let missing = error.kind() == io::ErrorKind::NotFound && !is_there(program, spec);
            let advice = match (missing, error.kind()) {
                (true, _) => "; install it or correct its name or `PATH`",
                (false, io::ErrorKind::NotFound) => "; the interpreter that it names is missing",
                (false, io::ErrorKind::PermissionDenied) => "; make it executable",
                _ => "",
            };
            RunOutcome::not_started(missing, format!("cannot start `{program}`: {error}{advice}"))
        })
}

/// Says whether a file of that name is where it would be looked for.
fn is_there(program: &str, spec: &RunSpec) -> bool {
    if program.contains('/') {
        return spec.dir.join(program).exists();
    }
    let path = spec.env.get("PATH").map(String::as_str).unwrap_or_default();
    path.split(':').any(|folder| spec.dir.join(Path::new(folder)).join(program).is_file())
}
