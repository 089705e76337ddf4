//! The machine: our own program, git, clock, memory.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Check, Kind, Place};
use crate::app::App;
use crate::git::{Git, GitError, GitOptions, MINIMUM_VERSION};
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::{memory, program};

/// git answers for its version at once.
const DEADLINE: Duration = Duration::from_secs(10);

/// A clock may be behind the file of this program by so much: file systems and time zones round.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(48);

pub(super) fn checks(place: &Place, app: Option<&App>) -> Vec<Check> {
    let mut checks = vec![binary(place), git(place), clock(place)];
    checks.extend(app.and_then(memory));
    checks
}

fn binary(place: &Place) -> Check {
    let version = env!("CARGO_PKG_VERSION");
    Check::ok(Kind::Binary, format!("agentos {version}, {}", place.program.display()))
}

fn git(place: &Place) -> Check {
    let path = place.variable("PATH");
    let install = format!("install git {MINIMUM_VERSION} or newer, or add its folder to `PATH`");
    let Some(found) = program::find("git", path) else {
        return Check::fail(Kind::Git, "`git` is not on `PATH`", install);
    };
    let pass = |name: &str| Some((name.to_owned(), place.environment.get(name)?.clone()));
    let git = Git::new(GitOptions {
        program: PathBuf::from("git"),
        env: ["PATH", "HOME"].into_iter().filter_map(pass).collect(),
        credential: None,
        author_name: String::new(),
        author_email: String::new(),
        deadline: DEADLINE,
    });
    match git.version() {
        Ok(version) => Check::ok(Kind::Git, format!("{version}, {}", found.display())),
        Err(error @ GitError::Unsupported { .. }) => {
            Check::fail(Kind::Git, error.to_string(), install)
        }
        Err(error) => Check::fail(Kind::Git, error.to_string(), "run `git version` by hand"),
    }
}

fn clock(place: &Place) -> Check {
    if let Some(turned) = place.environment.get("AGENTOS_NOW").filter(|value| !value.is_empty()) {
        return Check::warn(
            Kind::Clock,
            format!("`AGENTOS_NOW` is set: rules take {turned} for the present"),
            "take AGENTOS_NOW out of the environment; it is for tests",
        );
    }
    let now = SystemClock.now();
    let made = place.program.metadata().and_then(|data| data.modified()).ok();
    judge_clock(now, made.and_then(|made| Timestamp::try_from(made).ok()))
}

/// Our own file cannot be from the future.
fn judge_clock(now: Timestamp, made: Option<Timestamp>) -> Check {
    let shown = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    match made {
        Some(made) if now.duration_until(made) > TOLERANCE => Check::fail(
            Kind::Clock,
            format!("it is {shown}, but this program was made on {}", made.strftime("%Y-%m-%d")),
            "set the clock, for example `timedatectl set-ntp true`",
        ),
        _ => Check::ok(Kind::Clock, shown),
    }
}

fn memory(app: &App) -> Option<Check> {
    let free = memory::free()?;
    let workers = app.settings.max_parallel_workers;
    let each = app.settings.worker_memory_mb.saturating_mul(1024 * 1024);
    Some(judge_memory(free, workers, each))
}

fn judge_memory(free: u64, workers: usize, each: u64) -> Check {
    let mebibytes = free / (1024 * 1024);
    let noun = if workers == 1 { "1 worker".to_owned() } else { format!("{workers} workers") };
    let wanted = each.saturating_mul(u64::try_from(workers).unwrap_or(u64::MAX));
    if free < wanted {
        let room = free.checked_div(each).unwrap_or(1).max(1);
        return Check::warn(
            Kind::Memory,
            format!("{mebibytes} MiB are free, less than {noun} may need"),
            format!("set `max_parallel_workers: {room}`, or give the machine more memory"),
        );
    }
    Check::ok(Kind::Memory, format!("{mebibytes} MiB are free for {noun}"))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn a_clock_that_is_behind_the_program_is_wrong() {
        let made: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        for (now, status) in [
            ("2026-11-20T12:00:00Z", Status::Ok),
            ("2026-11-19T09:00:00Z", Status::Fail),
            ("1970-01-01T00:00:00Z", Status::Fail),
            ("2036-01-01T00:00:00Z", Status::Ok),
        ] {
            assert_eq!(judge_clock(now.parse().unwrap(), Some(made)).status, status, "{now}");
        }
        assert_eq!(judge_clock(made, None).status, Status::Ok);
    }

    #[test]
    fn more_workers_than_find_room_deserve_a_word_with_the_number_that_does() {
        const GIB: u64 = 1024 * 1024 * 1024;
        assert_eq!(judge_memory(4 * GIB, 4, GIB).status, Status::Ok);
        let tight = judge_memory(2 * GIB, 4, GIB);
        assert_eq!(tight.status, Status::Warn);
        assert!(tight.mend.unwrap().contains("max_parallel_workers: 2"));
        assert_eq!(judge_memory(0, 1, 0).status, Status::Ok);
        assert_eq!(
            judge_memory(0, 2, GIB).mend.unwrap().split(',').next(),
            Some("set `max_parallel_workers: 1`")
        );
    }
}
