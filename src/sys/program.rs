//! Running a short trusted program (git, mostly) to its end: explicit environment, null standard input or given bytes, captured
//! output, a deadline. Agents and CI commands run under [`super::supervise`] instead.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::lock::Shared;
use super::process;

/// How long to wait for output after the program itself has ended: some leave children that hold it open.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// Between two looks at a program that was announced to have ended.
const PAUSE: Duration = Duration::from_millis(1);

/// Size of one read, in bytes: what a pipe holds.
const BLOCK: usize = 65_536;

/// Looks for a program along a `PATH`: as the kernel would, but in absolute folders alone.
pub fn find(name: &str, path: &str) -> Option<PathBuf> {
    let is_executable = |file: &PathBuf| {
        file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
    };
    let mut folders = path.split(':').map(PathBuf::from).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(name)).filter(is_executable))
}

/// A program to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// Program and arguments; nothing passes through a shell.
    pub argv: Vec<OsString>,
    /// Where it runs.
    pub dir: Option<PathBuf>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// What it reads from standard input; nothing when empty.
    pub stdin: Vec<u8>,
    /// After this it is killed.
    pub deadline: Duration,
}

/// How it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

/// Why it gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started.
    #[error("`{program}` cannot be started: {reason}")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        reason: io::Error,
    },
    /// It was killed after its deadline.
    #[error("`{program}` did not end within {seconds} s and was killed")]
    Deadline {
        /// Its name.
        program: String,
        /// The deadline.
        seconds: u64,
    },
    /// Its pipes failed.
    #[error("`{program}` cannot be read: {reason}")]
    Pipe {
        /// Its name.
        program: String,
        /// What the system said.
        reason: io::Error,
    },
}

impl Program {
    /// Runs it to its end. What it wrote is complete unless a child of its own still holds its output open a second after it ended.
    ///
    /// # Errors
    ///
    /// When it cannot be started, read, or does not end in time; it and its process group are dead then.
    pub fn run(&self) -> Result<Output, ProgramError> {
        self.run_holding(None)
    }

    /// As [`Program::run`]; where it is given nothing to read it shares a lock for as long as it lives, even beyond this process.
    ///
    /// # Errors
    ///
    /// As [`Program::run`].
    pub fn run_holding(&self, lock: Option<&Shared>) -> Result<Output, ProgramError> {
        let name = self.argv.first().map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
        let start = || -> io::Result<_> {
            let mut command = self.command();
            if let Some(lock) = lock.filter(|_| self.stdin.is_empty()) {
                command.stdin(lock.as_input()?);
            }
            process::spawn(&mut command)
        };
        let (mut child, _known) =
            start().map_err(|reason| ProgramError::Start { program: name.clone(), reason })?;
        if let Some(mut input) = child.stdin.take() {
            let bytes = self.stdin.clone();
            // A program that does not read its input to the end is no error of ours: EPIPE is ignored.
            thread::spawn(move || drop(input.write_all(&bytes)));
        }
        let stdout = child.stdout.take().map(Capture::of);
        let stderr = child.stderr.take().map(Capture::of);
        let status = match self.wait(&mut child) {
            Ok(Some(status)) => status,
            Ok(None) => {
                end_group(&mut child);
                let seconds = self.deadline.as_secs();
                return Err(ProgramError::Deadline { program: name, seconds });
            }
            Err(reason) => {
                end_group(&mut child);
                return Err(ProgramError::Pipe { program: name, reason });
            }
        };
        let collect = |capture: Option<Capture>| match capture {
            Some(capture) => capture
                .finish()
                .map_err(|reason| ProgramError::Pipe { program: name.clone(), reason }),
            None => Ok(Vec::new()),
        };
        Ok(Output { code: status.code(), stdout: collect(stdout)?, stderr: collect(stderr)? })
    }

    #[expect(clippy::disallowed_methods, reason = "one of the two places that start programs")]
    fn command(&self) -> Command {
        let mut command = Command::new(self.argv.first().cloned().unwrap_or_default());
        command.args(self.argv.iter().skip(1)).env_clear().envs(self.env.iter().cloned());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        let stdin = if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() };
        // A group of its own: its deadline ends its children too, and Ctrl-C reaches only us, who decide.
        command.process_group(0).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Waits for the end; `None` at the deadline.
    fn wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        let started = Instant::now();
        let ended = announce_end(child.id());
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            let left = self.deadline.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            if ended.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
                // It was announced before, and whatever holds up its end takes time.
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Tells as soon as a child has ended, and leaves reaping it to the caller.
fn announce_end(child: u32) -> Receiver<()> {
    let (sender, ended) = channel();
    thread::spawn(move || {
        if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
        }
        // Nobody waits any more after the deadline.
        let _ = sender.send(());
    });
    ended
}

/// Kills a child and its process group, and reaps the child. A failure means that it is dead already.
fn end_group(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    drop(child.kill());
    drop(child.wait());
}

/// Output that is being read by a thread.
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    end: Receiver<io::Result<()>>,
}

impl Capture {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, end) = channel();
        let target = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut block = vec![0; BLOCK];
            let result = loop {
                match pipe.read(&mut block) {
                    Ok(0) => break Ok(()),
                    Ok(read) => target
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend_from_slice(block.get(..read).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            // The receiver may have given up.
            drop(sender.send(result));
        });
        Self { bytes, end }
    }

    /// Takes what was read, once the pipe is closed or [`LAST_OUTPUT`] is over.
    fn finish(self) -> io::Result<Vec<u8>> {
        if let Ok(result) = self.end.recv_timeout(LAST_OUTPUT) {
            result?;
        }
        Ok(std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Program {
        Program {
            argv: ["sh", "-c", text].map(OsString::from).to_vec(),
            dir: None,
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            stdin: Vec::new(),
            deadline: Duration::from_secs(60),
        }
    }

    #[test]
    fn input_goes_in_and_output_comes_out() {
        let input = "x".repeat(1 << 20).into_bytes();
        let output = Program { stdin: input.clone(), ..script("cat; echo talk >&2; exit 3") }.run();
        let output = output.unwrap();
        assert_eq!((output.code, output.stdout == input), (Some(3), true));
        assert_eq!(output.stderr, b"talk\n");
    }

    #[test]
    fn a_program_that_does_not_read_its_input_is_no_error() {
        let program = Program { stdin: vec![b'x'; 1 << 20], ..script("exit 0") };
        assert_eq!(program.run().unwrap().code, Some(0));
    }

    #[test]
    fn the_deadline_ends_its_children_too() {
        let dir = tempfile::tempdir().unwrap();
        let program = Program {
            dir: Some(dir.path().to_path_buf()),
            deadline: Duration::from_millis(300),
            ..script("trap '' TERM; sleep 600 & echo $! > pid; wait")
        };
        assert!(matches!(program.run(), Err(ProgramError::Deadline { .. })));
        let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
        let begun = Instant::now();
        while process::Stat::of(pid).is_some_and(|stat| !stat.is_dead()) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{pid} is still alive");
            thread::yield_now();
        }
    }

    #[test]
    fn a_child_that_holds_the_output_open_does_not_hold_up_the_result() {
        let output = script("sleep 600 & echo $!").run().unwrap();
        let pid: u32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        assert!(process::end(&process::Stat::of(pid).unwrap()));
    }

    #[test]
    fn a_program_is_looked_for_in_absolute_folders_alone() {
        assert!(find("sh", "relative:/usr/bin:/bin").is_some_and(|found| found.ends_with("sh")));
        assert_eq!(find("sh", "bin:"), None);
        assert_eq!(find("no-such-program", "/usr/bin:/bin"), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let program = Program { argv: vec!["no-such-program".into()], ..script("") };
        let error = program.run().unwrap_err().to_string();
        assert!(error.starts_with("`no-such-program` cannot be started"), "{error}");
    }
}
