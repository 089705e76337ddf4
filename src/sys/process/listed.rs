//! The list of processes where there is no `/proc`, as on macOS: what the system's own `ps` prints. Nobody adopts orphans there, and
//! nothing ends as one: what belongs to a run is found by its parents, by its group, and by the variable that it was started with.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::stat::{Stat, descendants_in};

/// By its whole name, so that `PATH` has no say.
const PS: &str = "/bin/ps";

/// What is asked of each process, without headings; the name comes last, since it may hold anything.
const COLUMNS: [&str; 7] = ["pid=", "ppid=", "pgid=", "uid=", "stat=", "lstart=", "comm="];

/// The same for ids and command lines.
const COMMANDS: [&str; 2] = ["pid=", "command="];

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    stat: Stat,
    group: u32,
    user: u32,
}

/// Looks a process up; `None` when it is gone.
pub(super) fn of(pid: u32) -> Option<Stat> {
    rows(&["-p", &pid.to_string()]).into_iter().map(|row| row.stat).find(|stat| stat.pid == pid)
}

/// Lists all processes.
pub(in crate::sys) fn snapshot() -> Vec<Stat> {
    rows(&["-A"]).into_iter().map(|row| row.stat).collect()
}

/// Picks those living processes of this user that were started with this variable and value. The system hides the environment of its
/// own programs, such as its shells.
pub(super) fn carriers(processes: &[Stat], variable: &str, value: &str) -> Vec<Stat> {
    let user = geteuid().as_raw().to_string();
    let wanted = format!("{variable}={value}");
    let text = ask(&["-x", "-U", &user, "-E"], &COMMANDS);
    let found: BTreeSet<u32> = text.lines().filter_map(|line| carrier(line, &wanted)).collect();
    let living = processes.iter().filter(|process| !process.is_dead());
    living.filter(|process| found.contains(&process.pid)).cloned().collect()
}

/// Finds what belongs to a run, as its helper, which calls this, sees it: what descends from the helper, is in the group of one of the leaders
/// or carries the run's variable, and what descends from any of these.
pub(in crate::sys) fn members(leaders: &BTreeSet<u32>, variable: &str, value: &str) -> Vec<Stat> {
    let rows = rows(&["-A"]);
    let own = std::process::id();
    let user = geteuid().as_raw();
    let in_group: Vec<u32> = rows
        .iter()
        .filter(|row| leaders.contains(&row.group) && row.user == user)
        .map(|row| row.stat.pid)
        .collect();
    let processes: Vec<Stat> = rows.into_iter().map(|row| row.stat).collect();
    let mut roots: BTreeSet<u32> = in_group.into_iter().collect();
    roots.extend(carriers(&processes, variable, value).iter().map(|process| process.pid));
    roots.remove(&own);
    let mut found: Vec<Stat> = processes
        .iter()
        .filter(|process| roots.contains(&process.pid) && !process.is_dead())
        .cloned()
        .collect();
    roots.insert(own);
    let roots: Vec<u32> = roots.into_iter().collect();
    found.extend(descendants_in(&processes, &roots));
    found
}

/// Finds the living processes of this user that were started under this name (the first of their arguments).
pub(in crate::sys) fn started_as(name: &str) -> Vec<Stat> {
    let user = geteuid().as_raw().to_string();
    let text = ask(&["-x", "-U", &user], &COMMANDS);
    let found: BTreeSet<u32> = text.lines().filter_map(|line| named(line, name)).collect();
    let is_it = |process: &Stat| found.contains(&process.pid) && !process.is_dead();
    snapshot().into_iter().filter(is_it).collect()
}

/// The id of a process in the innermost namespace that it belongs to: there is only one.
#[expect(clippy::unnecessary_wraps, reason = "on Linux it may be gone")]
pub(in crate::sys) fn inner_id(pid: u32) -> Option<u32> {
    Some(pid)
}

fn rows(which: &[&str]) -> Vec<Row> {
    ask(which, &COLUMNS).lines().filter_map(parse).collect()
}

/// Runs `ps` and returns what it printed, nothing when it could not be run.
#[expect(clippy::disallowed_methods, reason = "asks the system, as a file of it is read elsewhere")]
fn ask(which: &[&str], columns: &[&str]) -> String {
    let mut command = Command::new(PS);
    // A heading goes on to the end of its argument: each column has its own.
    command.args(which).arg("-ww").args(columns.iter().flat_map(|column| ["-o", column]));
    // Dates in words that do not depend on who asks, nor on the season.
    command.env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC0")]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return String::new() };
    let own_line = child.id().to_string();
    let mut bytes = Vec::new();
    let is_read = child.stdout.take().is_some_and(|mut out| out.read_to_end(&mut bytes).is_ok());
    // Another thread that waits for any child may have reaped it.
    drop(child.wait());
    let text = if is_read { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() };
    let is_ps = |line: &&str| line.split_whitespace().next() == Some(own_line.as_str());
    text.lines().filter(|line| !is_ps(line)).flat_map(|line| [line, "\n"]).collect()
}

/// Reads `  501   1  501  0 Ss   Sat Nov 21 09:02:11 2026 /sbin/some name`.
fn parse(line: &str) -> Option<Row> {
    let mut rest = line;
    let mut words = [""; 10];
    for word in &mut words {
        let (first, left) = rest.trim_start().split_once(' ')?;
        (*word, rest) = (first, left);
    }
    let [pid, parent, group, user, state, weekday, month, day, time, year] = words;
    let started = jiff::civil::DateTime::strptime(
        "%a %b %d %H:%M:%S %Y",
        format!("{weekday} {month} {day} {time} {year}"),
    );
    let zoned = started.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let program = rest.trim();
    let stat = Stat {
        pid: pid.parse().ok()?,
        name: program.rsplit('/').next().unwrap_or(program).to_owned(),
        state: state.chars().next()?,
        parent: parent.parse().ok()?,
        threads: 1,
        started: u64::try_from(zoned.timestamp().as_second()).ok()?,
    };
    Some(Row { stat, group: group.parse().ok()?, user: user.parse().ok()? })
}

/// The id in a line of ids and command lines, where one of the words behind it is the one that is wanted.
fn carrier(line: &str, wanted: &str) -> Option<u32> {
    let mut words = line.split_whitespace();
    let pid = words.next()?.parse().ok()?;
    words.any(|word| word == wanted).then_some(pid)
}

/// The id in a line of ids and command lines, where the command line begins with a name.
fn named(line: &str, name: &str) -> Option<u32> {
    let (pid, command) = line.trim_start().split_once(' ')?;
    let rest = command.trim_start().strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(pid)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_macos_is_read_and_a_name_may_hold_spaces() {
        let line = "  612   588   612   501 S+   Sat Nov  7 09:02:11 2026     /Applications/My Tool.app/My Tool";
        let row = parse(line).unwrap();
        assert_eq!((row.stat.pid, row.stat.parent, row.group, row.user), (612, 588, 612, 501));
        assert_eq!((row.stat.name.as_str(), row.stat.state), ("My Tool", 'S'));
        assert_eq!(row.stat.started, 1_794_042_131);
        let zombie = "  613   588   612   501 Z    Sat Nov  7 09:02:12 2026     (sh)";
        assert!(parse(zombie).unwrap().stat.is_dead());
        for odd in ["", "  PID  PPID", "612 588 612 501 S+ yesterday at nine o clock x"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_variable_is_a_whole_word_and_a_name_is_the_first() {
        let line = " 612 node agent.js --fast HOME=/var/me AGENTOS_RUN=web-42 TERM=dumb";
        assert_eq!(carrier(line, "AGENTOS_RUN=web-42"), Some(612));
        assert_eq!(carrier(line, "AGENTOS_RUN=web-4"), None);
        assert_eq!(named(" 613 agentos-run:web-42 supervise", "agentos-run:web-42"), Some(613));
        assert_eq!(named(" 613 agentos-run:web-421 supervise", "agentos-run:web-42"), None);
        assert_eq!(named(" 613 sh -c agentos-run:web-42", "agentos-run:web-42"), None);
    }

    #[test]
    fn this_process_is_in_the_list_and_the_program_that_lists_is_not() {
        let here = std::process::id();
        // Some systems have no `ps`; those of people do.
        if !std::path::Path::new(PS).exists() {
            return;
        }
        assert_eq!(of(here).map(|stat| stat.pid), Some(here));
        assert!(snapshot().iter().any(|stat| stat.pid == here));
        assert!(!snapshot().iter().any(|stat| stat.parent == here && stat.name == "ps"));
        assert_eq!(of(u32::MAX), None);
    }
}
