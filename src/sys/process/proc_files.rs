//! The list of processes on Linux: readings of `/proc/<pid>`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::stat::{Stat, descendants_in};

/// Reads the text of a `stat` file; `None` when it is not one.
pub(super) fn parse(text: &str) -> Option<Stat> {
    let (head, rest) = text.rsplit_once(')')?;
    let (pid, name) = head.split_once('(')?;
    // The first field after the name is the third of all.
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    Some(Stat {
        pid: pid.trim().parse().ok()?,
        name: name.to_owned(),
        state: field(3)?.chars().next()?,
        parent: field(4)?.parse().ok()?,
        threads: field(20)?.parse().ok()?,
        started: field(22)?.parse().ok()?,
    })
}

/// Looks a process up; `None` when it is gone.
pub(super) fn of(pid: u32) -> Option<Stat> {
    let bytes = fs::read(folder(pid).join("stat")).ok()?;
    parse(&String::from_utf8_lossy(&bytes))
}

/// Reads all processes. They are read one after the other: one that moves meanwhile may be missed, so look again.
pub(in crate::sys) fn snapshot() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(of)
        .collect()
}

/// Picks those living processes of this user whose environment, as it was when their program started, holds exactly this variable
/// with this value.
pub(super) fn carriers(processes: &[Stat], variable: &str, value: &str) -> Vec<Stat> {
    let user = geteuid().as_raw();
    let wanted = format!("{variable}={value}");
    let is_ours =
        |process: &Stat| fs::metadata(folder(process.pid)).is_ok_and(|owner| owner.uid() == user);
    let carries = |process: &Stat| {
        environment(process).is_some_and(|bytes| {
            bytes.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
        })
    };
    let living = processes.iter().filter(|process| !process.is_dead());
    living.filter(|process| is_ours(process) && carries(process)).cloned().collect()
}

/// Finds what belongs to a run, as its helper, which calls this, sees it: orphans fall to the helper, so all of it descends from there.
pub(in crate::sys) fn members(
    _leaders: &BTreeSet<u32>,
    _variable: &str,
    _value: &str,
) -> Vec<Stat> {
    descendants_in(&snapshot(), &[std::process::id()])
}

/// Finds the living processes that were started under this name (the first of their arguments).
pub(in crate::sys) fn started_as(name: &str) -> Vec<Stat> {
    let is_it = |process: &Stat| {
        fs::read(folder(process.pid).join("cmdline"))
            .is_ok_and(|bytes| bytes.split(|byte| *byte == 0).next() == Some(name.as_bytes()))
    };
    snapshot().into_iter().filter(|process| !process.is_dead() && is_it(process)).collect()
}

/// The id of a process in the innermost namespace that it belongs to.
pub(in crate::sys) fn inner_id(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(folder(pid).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    line.split_whitespace().next_back()?.parse().ok()
}

fn environment(process: &Stat) -> Option<Vec<u8>> {
    let own = fs::read(folder(process.pid).join("environ")).ok();
    if process.state != 'Z' || process.threads <= 1 {
        return own;
    }
    let tasks = fs::read_dir(folder(process.pid).join("task")).ok()?;
    tasks
        .filter_map(Result::ok)
        .filter_map(|task| fs::read(task.path().join("environ")).ok())
        .find(|bytes| !bytes.is_empty())
}

fn folder(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}
