//! Starting the program: directly, or through a stage of ours that confines it first.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use super::helper::Event;
use super::spec::{MARKER, RunSpec};
use super::stage::{CONFINE, GO, ISOLATE, ourselves, refusal};
use crate::sys::sandbox::Cgroup;

/// Longest that a stage may tell, in bytes.
const MAX_TOLD: u64 = 1 << 20;

/// Why nothing was started: whether the program is missing, and the reason for people.
pub(super) type NotStarted = (bool, String);

/// Starts the program or the stage that becomes it; what a stage tells is sent as events.
pub(super) fn launch(
    spec: &RunSpec,
    group: &mut Cgroup,
    events: &Sender<Event>,
) -> Result<Child, NotStarted> {
    let Some(program) = spec.argv.first() else {
        return Err((true, "the command is empty; name a program".to_owned()));
    };
    if !spec.dir.is_dir() {
        let folder = spec.dir.display();
        let reason = format!("cannot start `{program}`: its folder `{folder}` is not there");
        return Err((false, reason));
    }
    if spec.is_staged() { staged(spec, group, events) } else { direct(spec) }
}

#[expect(clippy::disallowed_methods, reason = "one of the places that start programs")]
fn direct(spec: &RunSpec) -> Result<Child, NotStarted> {
    let program = spec.argv.first().map(String::as_str).unwrap_or_default();
    let stdin = spec.stdin.as_deref().map(File::open).transpose().map_err(|error| {
        (false, format!("cannot start `{program}`: its input cannot be opened: {error}"))
    })?;
    Command::new(program)
        .args(spec.argv.iter().skip(1))
        .current_dir(&spec.dir)
        .env_clear()
        .envs(&spec.env)
        .env(MARKER, &spec.marker)
        .process_group(0)
        .stdin(stdin.map_or_else(Stdio::null, Stdio::from))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refusal(spec, &error))
}

#[expect(clippy::disallowed_methods, reason = "starts our own binary as a stage")]
fn staged(spec: &RunSpec, group: &mut Cgroup, events: &Sender<Event>) -> Result<Child, NotStarted> {
    let failed = |error: std::io::Error| (false, format!("cannot prepare the program: {error}"));
    let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
    let mut order = serde_json::to_string(spec).map_err(|error| failed(error.into()))?;
    order.push('\n');
    let child = Command::new(ourselves().map_err(failed)?)
        .args(["supervise", if spec.confinement.isolate { ISOLATE } else { CONFINE }])
        .env_clear()
        // Whoever sweeps by the marker finds a stage too.
        .env(MARKER, &spec.marker)
        .process_group(0)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // It starts nothing before it is told to go.
    group.take_in(child.id());
    let events = events.clone();
    // A thread of its own: an order is longer than what a socket takes at once, and our end stays open as long as we live.
    thread::spawn(move || {
        // A stage that is dead already is found by its end.
        drop(ours.write_all(GO).and_then(|()| ours.write_all(order.as_bytes())));
        let mut lines = BufReader::new(ours.take(MAX_TOLD));
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
            let told = serde_json::from_str(&line).map(Event::Stage);
            if told.is_ok_and(|event| events.send(event).is_err()) {
                return;
            }
            line.clear();
        }
        drop(events.send(Event::StageClosed));
    });
    Ok(child)
}
