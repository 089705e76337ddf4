//! The stages between a helper and a confined program: our own binary again, which restricts itself and then becomes the program, or stays
//! as the first process of a namespace with the program as its child. Standard input of a stage is a socket to the helper.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{WaitOptions, wait};
use serde::{Deserialize, Serialize};

use super::family::end_of;
use super::spec::{MARKER, RunEnd, RunSpec};
use crate::sys::process::{become_subreaper, end_all_descendants, end_with_parent};
use crate::sys::sandbox::{self, Control, Entered, Furnished, Mode, Reached, Tier};
use crate::sys::signals::Stop;

/// The word after `supervise` that names the stage which restricts itself and becomes the program.
pub(super) const CONFINE: &str = "confine";

/// The word for the stage that makes a namespace first.
pub(super) const ISOLATE: &str = "isolate";

/// The word for the first process of a namespace.
pub(super) const INIT: &str = "init";

/// What the first stage waits for, before the order.
pub(super) const GO: &[u8] = b"\n";

/// Largest order that is read, in bytes.
const MAX_ORDER: u64 = 16 << 20;

/// How long a guardian whose helper was killed goes on to end what is left.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a stage tells the helper, a JSON line each.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// The program runs or is about to: how far it is confined, and its id in a namespace of its own.
    Applied { reached: Vec<Reached>, inner: Option<u32> },
    /// It could not be started.
    NotStarted { missing: bool, reason: String },
    /// The program in a namespace has ended.
    Ended(RunEnd),
}

/// What came of an attempt to start the program.
type Started<T> = Result<T, (bool, String)>;

/// Is what `agentos supervise <stage>` does; returns the exit code of the process.
pub(super) fn stage_main(stage: &str) -> i32 {
    let done = match stage {
        ISOLATE => wait_for_go().and_then(|()| isolate()),
        INIT => with_order(first_process),
        _ => wait_for_go().and_then(|()| with_order(become_program)),
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            // Nobody may be there to read it.
            drop(writeln!(io::stderr(), "agentos supervise {stage}: {error}"));
            2
        }
    }
}

/// Our own binary, on Linux also when its file was replaced meanwhile.
pub(super) fn ourselves() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}

/// Makes a namespace and waits for its first process; without one it stays as the guardian of the program.
fn isolate() -> io::Result<()> {
    // SIGTERM is for the program, which may need time to end.
    let _stop = Stop::install()?;
    if let Entered::Refused(error) = sandbox::enter()? {
        return with_order(|spec, socket| guard(spec, socket, &error));
    }
    let mut child = first_of_namespace()?.spawn()?;
    let status = child.wait()?;
    if let Some(signal) = status.signal() {
        tell(&mut socket()?, &Message::Ended(RunEnd::Signalled(signal)));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "starts our own binary as a stage")]
fn first_of_namespace() -> io::Result<Command> {
    let mut command = Command::new(ourselves()?);
    command.args(["supervise", INIT]);
    Ok(command)
}

fn with_order(then: impl FnOnce(&RunSpec, UnixStream)) -> io::Result<()> {
    end_with_parent(true)?;
    let socket = socket()?;
    let mut order = String::new();
    BufReader::new(socket.try_clone()?).take(MAX_ORDER).read_line(&mut order)?;
    let spec: RunSpec = serde_json::from_str(&order)?;
    // The helper may have gone before the signal was set up.
    let mut fds = [hang_up_of(&socket)];
    poll(&mut fds, Some(&Timespec::default()))?;
    if fds.iter().any(|fd| fd.revents().contains(PollFlags::HUP)) {
        return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the helper is gone"));
    }
    then(&spec, socket);
    Ok(())
}

/// Waits until the helper has put this process where it belongs: what is started before that would be outside.
fn wait_for_go() -> io::Result<()> {
    end_with_parent(true)?;
    let mut go = [0; GO.len()];
    socket()?.read_exact(&mut go)
}

/// The socket to the helper, which no program inherits.
fn socket() -> io::Result<UnixStream> {
    let fd: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(UnixStream::from(fd))
}

fn tell(socket: &mut UnixStream, message: &Message) {
    if let Ok(mut line) = serde_json::to_string(message) {
        line.push('\n');
        // A helper that is gone is told nothing, and takes us along.
        drop(socket.write_all(line.as_bytes()));
    }
}

/// Restricts this process and becomes the program.
fn become_program(spec: &RunSpec, mut socket: UnixStream) {
    let (missing, reason) = match ready(spec, Furnished::default(), false, None) {
        Ok((mut command, reached)) => {
            tell(&mut socket, &Message::Applied { reached, inner: None });
            refusal(spec, &command.exec())
        }
        Err(refusal) => refusal,
    };
    tell(&mut socket, &Message::NotStarted { missing, reason });
}

/// Is the first process of the namespace: starts the program, reaps, tells how the program ended, and stays until nobody is left.
fn first_process(spec: &RunSpec, mut socket: UnixStream) {
    let furnished = sandbox::furnish(&spec.confinement);
    serve_program(spec, &mut socket, ready(spec, furnished, true, None));
}

/// Does without a namespace: the orphans of the program fall to this process, which ends them when the helper is killed.
fn guard(spec: &RunSpec, mut socket: UnixStream, no_namespace: &io::Error) {
    let watched =
        become_subreaper().and_then(|()| end_with_parent(false)).and_then(|()| socket.try_clone());
    if let Ok(watched) = watched {
        thread::spawn(move || {
            if wait_for_hang_up(&watched).is_ok() {
                end_all_descendants(std::process::id(), PATIENCE);
            }
        });
    }
    let ready = ready(spec, Furnished::default(), false, Some(no_namespace));
    serve_program(spec, &mut socket, ready);
}

/// What to watch of a socket: its other end closes. Some systems tell that only to who asks for it by name.
fn hang_up_of(socket: &UnixStream) -> PollFd<'_> {
    PollFd::new(socket, PollFlags::HUP)
}

fn wait_for_hang_up(socket: &UnixStream) -> io::Result<()> {
    loop {
        let mut fds = [hang_up_of(socket)];
        match poll(&mut fds, None) {
            Ok(_) if fds.iter().any(|fd| fd.revents().contains(PollFlags::HUP)) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn serve_program(spec: &RunSpec, socket: &mut UnixStream, ready: Started<(Command, Vec<Reached>)>) {
    let started = ready.and_then(|(mut command, reached)| {
        let child = command.spawn().map_err(|error| refusal(spec, &error))?;
        Ok((child.id(), reached))
    });
    let (program, reached) = match started {
        Ok(started) => started,
        Err((missing, reason)) => {
            tell(socket, &Message::NotStarted { missing, reason });
            return;
        }
    };
    tell(socket, &Message::Applied { reached, inner: Some(program) });
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if u32::try_from(pid.as_raw_nonzero().get()) == Ok(program) => {
                tell(socket, &Message::Ended(end_of(status)));
            }
            Ok(_) | Err(Errno::INTR) => {}
            // Nobody is left.
            Err(_) => return,
        }
    }
}

/// Restricts this process; returns the program, ready to be started, and how far it is confined.
fn ready(
    spec: &RunSpec,
    furnished: Furnished,
    is_isolated: bool,
    no_namespace: Option<&io::Error>,
) -> Started<(Command, Vec<Reached>)> {
    let failed = |reason: String| (false, format!("cannot confine the program: {reason}"));
    // Before the restriction: the prompt lies where the program need not read.
    let stdin = spec.stdin.as_deref().map(File::open).transpose();
    let stdin = stdin.map_err(|error| {
        let name = spec.argv.first().cloned().unwrap_or_default();
        (false, format!("cannot start `{name}`: its input cannot be opened: {error}"))
    })?;
    sandbox::bound_this_process().map_err(|error| failed(error.to_string()))?;
    let confinement = &spec.confinement;
    let mut argv = spec.argv.clone();
    let mut reached = match confinement.mode {
        Mode::Off => [Control::Files, Control::Network]
            .map(|control| Reached::new(control, Tier::Unsupported, "`sandbox: off`"))
            .to_vec(),
        Mode::Bwrap => {
            argv = sandbox::command_line(confinement, &argv, &spec.dir);
            sandbox::reached_by_bwrap(confinement.tcp.as_deref()).to_vec()
        }
        Mode::Auto | Mode::Landlock => {
            sandbox::drop_powers().map_err(|error| failed(error.to_string()))?;
            match sandbox::restrict(confinement, furnished) {
                Ok(reached) => reached,
                Err(reason) if confinement.mode == Mode::Landlock => return Err(failed(reason)),
                Err(reason) => [Control::Files, Control::Network]
                    .map(|control| Reached::new(control, Tier::Unsupported, reason.clone()))
                    .to_vec(),
            }
        }
    };
    reached.push(processes(confinement.mode, furnished, is_isolated, no_namespace));
    let stdin = stdin.map_or_else(Stdio::null, Stdio::from);
    Ok((program(spec, &argv, stdin), reached))
}

fn processes(
    mode: Mode,
    furnished: Furnished,
    is_isolated: bool,
    no_namespace: Option<&io::Error>,
) -> Reached {
    let mut reached = sandbox::processes(is_isolated || mode == Mode::Bwrap);
    if is_isolated && !furnished.processes {
        reached.detail.push_str("; `/proc` shows those of others");
    }
    if let Some(error) = no_namespace.filter(|_| mode != Mode::Bwrap) {
        reached.detail = format!("no namespace ({error}); {}", reached.detail);
    }
    reached
}

#[expect(clippy::disallowed_methods, reason = "one of the places that start programs")]
fn program(spec: &RunSpec, argv: &[String], stdin: Stdio) -> Command {
    let mut command = Command::new(argv.first().map(String::as_str).unwrap_or_default());
    command
        .args(argv.iter().skip(1))
        .current_dir(&spec.dir)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, &spec.marker)
        .process_group(0)
        .stdin(stdin);
    command
}

/// Why a program did not start, for people: whether it is missing, and what to do.
pub(super) fn refusal(spec: &RunSpec, error: &io::Error) -> (bool, String) {
    let program = spec.argv.first().cloned().unwrap_or_default();
    let missing = error.kind() == io::ErrorKind::NotFound && !is_there(&program, spec);
    let is_confined = !matches!(spec.confinement.mode, Mode::Off);
    let advice = match (missing, error.kind()) {
        (true, _) => "; install it or correct its name or `PATH`",
        (false, io::ErrorKind::NotFound) => "; the interpreter that it names is missing",
        (false, io::ErrorKind::PermissionDenied) if is_confined => {
            "; make it executable, or add its folder to `sandbox_read`"
        }
        (false, io::ErrorKind::PermissionDenied) => "; make it executable",
        _ => "",
    };
    (missing, format!("cannot start `{program}`: {error}{advice}"))
}

/// Says whether a file of that name is where it would be looked for.
fn is_there(program: &str, spec: &RunSpec) -> bool {
    if program.contains('/') {
        return spec.dir.join(program).exists();
    }
    let path = spec.env.get("PATH").map(String::as_str).unwrap_or_default();
    path.split(':').any(|folder| spec.dir.join(Path::new(folder)).join(program).is_file())
}
