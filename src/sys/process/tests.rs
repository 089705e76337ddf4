//! Behaviour of readings and sweeps.
#![expect(clippy::disallowed_methods, reason = "tests start programs that are to be ended")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

/// Starts a script in a shell and waits until it has written a line.
fn script(text: &str, variables: &[(&str, &str)]) -> (Child, String) {
    let mut child = Command::new("sh")
        .args(["-c", text])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}

#[test]
fn a_name_may_hold_spaces_and_parentheses() {
    let text = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 1234 0 0\n";
    let stat = proc_files::parse(text).unwrap();
    assert_eq!((stat.pid, stat.name.as_str(), stat.state), (7, "a) b (c)", 'S'));
    assert_eq!((stat.parent, stat.threads, stat.started), (1, 3, 1234));
    assert!(proc_files::parse("").is_none());
    assert!(proc_files::parse("7 (x) S").is_none());
}

#[test]
fn a_first_thread_that_ended_does_not_make_a_process_dead() {
    let zombie = "7 (x) Z 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 1234 0 0";
    assert!(proc_files::parse(zombie).unwrap().is_dead());
    assert!(!proc_files::parse(&zombie.replace(" 20 0 1 0", " 20 0 2 0")).unwrap().is_dead());
}

#[test]
fn descendants_are_found_over_generations() {
    let (mut child, _) = script("sleep 60 & (sleep 60 & echo ready; wait) & wait", &[]);
    assert!(descendants_of(child.id()).len() >= 3);
    assert!(end_all_descendants(child.id(), Duration::from_secs(20)).is_empty());
    child.wait().unwrap();
    assert!(descendants_of(child.id()).is_empty());
}

#[test]
fn a_marked_run_is_ended_and_others_are_not() {
    let value = format!("process-test-{}", std::process::id());
    let longer = format!("{value}-2");
    let text = "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 60' & wait";
    let (mut marked, escaped) = script(text, &[("AGENTOS_TEST_RUN", &value)]);
    let (mut other, _) = script("echo ready; exec sleep 60", &[("AGENTOS_TEST_RUN", &longer)]);
    assert!(end_marked("AGENTOS_TEST_RUN", &value) >= 2);
    assert!(Stat::of(escaped.parse().unwrap()).is_none_or(|stat| stat.is_dead()));
    assert!(!marked.wait().unwrap().success());
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(end_marked("AGENTOS_TEST_RUN", &value), 0);
}

#[test]
fn a_reused_id_is_not_signalled() {
    let (mut child, _) = script("echo ready; exec sleep 60", &[]);
    let mut stat = Stat::of(child.id()).unwrap();
    stat.started += 1;
    assert!(!signal(&stat, rustix::process::Signal::KILL));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn disk_and_memory_are_measured() {
    assert!(free_bytes(&std::env::temp_dir()).unwrap() > 0);
    assert!(free_bytes(std::path::Path::new("/nowhere/at/all")).is_err());
    assert!(peak_memory_bytes().unwrap() > 100_000);
}
