//! The worker's side: starts a helper, hands it the order, keeps its pipe open, and takes its answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::spec::{MARKER, RunOutcome, RunSpec};
use crate::sys::process::{self, KnownChild, started_as};
use crate::sys::sandbox::end_left_groups;
use crate::sys::signals::Stop;

/// Pause between two looks at the wish to stop; an answer is taken at once.
const TICK: Duration = Duration::from_millis(50);

/// What a helper may need beyond deadline and grace: its last sweep and the last output, with a reserve for a loaded machine.
const RESERVE: Duration = Duration::from_secs(60);

/// How long a helper may take to end after its answer, and strays after its death.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// How to start a helper: our own binary with the hidden subcommand that calls [`super::helper_main`].
#[derive(Debug, Clone)]
pub struct Helper {
    /// The binary.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// Why a run has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The helper could not be started; nothing runs.
    #[error("cannot start the helper `{}`: {reason}", program.display())]
    Start {
        /// Its binary.
        program: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The helper ended without an answer, as when the program that it watched killed it. What was left of the run was ended.
    #[error(
        "the helper of the run `{marker}` died without an answer; {ended} processes that it left were ended"
    )]
    Died {
        /// Which run.
        marker: String,
        /// How many processes were ended then.
        ended: usize,
    },
    /// The helper did not end its run in time and was killed with all that belonged to it.
    #[error(
        "the helper of the run `{marker}` did not answer in time; it and {ended} other processes were ended"
    )]
    Silent {
        /// Which run.
        marker: String,
        /// How many processes were ended then.
        ended: usize,
    },
}

/// Runs a program to its end under a helper, and blocks until nothing of it is left. A wish to stop ends it early. The calling process
/// ought to be a subreaper ([`process::become_subreaper`]), so that it can end what a program leaves that kills its helper.
///
/// # Errors
///
/// When the helper could not be started, died or did not answer; what it left alive has been ended as far as it could be found.
pub fn run(helper: &Helper, spec: &RunSpec, stop: &Stop) -> Result<RunOutcome, SuperviseError> {
    let started = Instant::now();
    let failed = |reason| SuperviseError::Start { program: helper.program.clone(), reason };
    let mut order = serde_json::to_string(spec).map_err(|error| failed(error.into()))?;
    order.push('\n');
    let (mut child, known) = process::spawn(&mut command(helper, &spec.marker)).map_err(failed)?;
    let mut pipe = child.stdin.take();
    let answers = answer_of(&mut child);
    // A helper that is dead already closes its output, which is found below.
    let mut tell =
        |words: &str| pipe.as_mut().is_some_and(|pipe| pipe.write_all(words.as_bytes()).is_ok());
    let last_words = spec.grace.saturating_add(RESERVE);
    let mut limit = spec.deadline.saturating_add(last_words);
    let mut is_told = false;
    let mut answer = Err(RecvTimeoutError::Disconnected);
    if tell(&order) {
        loop {
            if stop.requested() && !is_told {
                is_told = true;
                tell("stop\n");
                limit = limit.min(started.elapsed().saturating_add(last_words));
            }
            wake(child.id());
            answer = answers.recv_timeout(TICK);
            if answer != Err(RecvTimeoutError::Timeout) || started.elapsed() >= limit {
                break;
            }
        }
    }
    let outcome = answer.map(|line| serde_json::from_str(&line));
    let is_answered = matches!(outcome, Ok(Ok(_)));
    dismiss(child, known, if is_answered { PATIENCE } else { Duration::ZERO });
    let marker = spec.marker.clone();
    match outcome {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
            Err(SuperviseError::Died { ended: end_leftovers(&marker), marker })
        }
        Err(RecvTimeoutError::Timeout) => {
            Err(SuperviseError::Silent { ended: end_leftovers(&marker), marker })
        }
    }
}

/// Ends what the run of a worker that is gone may have left alive: gives its helper `patience` to finish, then ends the helper and
/// everything that carries the run's marker. Says how many processes had to be ended here. The lease of the task must be held.
pub fn end_run(marker: &str, patience: Duration) -> usize {
    let started = Instant::now();
    let name = helper_name(marker);
    let helpers = || started_as(&name);
    // One that was stopped, as its program can do, would be waited for in vain.
    while helpers().iter().any(|helper| helper.state != 'T') && started.elapsed() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    let ended = helpers().iter().filter(|helper| process::end(helper)).count();
    ended + end_leftovers(marker)
}

/// Lets a helper go on that was stopped: the program that it watches can do that to it. One that runs does not notice. It is our child and
/// was not waited for, so that the id is nobody else's.
fn wake(helper: u32) {
    if let Some(helper) = i32::try_from(helper).ok().and_then(Pid::from_raw) {
        // It may be dead.
        let _ = kill_process(helper, Signal::CONT);
    }
}

fn end_leftovers(marker: &str) -> usize {
    end_left_groups(marker);
    process::end_marked(MARKER, marker) + process::end_strays(PATIENCE)
}

fn helper_name(marker: &str) -> String {
    format!("agentos-run:{marker}")
}

#[expect(clippy::disallowed_methods, reason = "one of the two places that start programs")]
fn command(helper: &Helper, marker: &str) -> Command {
    let mut command = Command::new(&helper.program);
    command
        // Names the run in the list of processes, which anybody may read: `end_run` finds the helper by it.
        .arg0(helper_name(marker))
        .args(&helper.args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn answer_of(child: &mut Child) -> Receiver<String> {
    let (sender, answers) = channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output.take(MAX_ANSWER)).read_line(&mut line);
            if read.is_ok_and(|size| size > 0) {
                // The receiver has given up: nobody waits for it.
                drop(sender.send(line));
            }
        });
    }
    answers
}

/// Waits for the end of the helper, whose pipe is still open, and kills it when that takes longer than `patience`.
fn dismiss(mut child: Child, known: KnownChild, patience: Duration) {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(100);
    while !matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
        if begun.elapsed() >= patience {
            // Dead already, or it dies now: it is our child and runs as our user.
            drop(child.kill());
            drop(child.wait());
            break;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
    drop(known);
}
