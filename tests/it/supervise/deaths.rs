//! Workers and helpers that die, hang or are none: what they leave is ended all the same.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use agentos::sys::signals::Stop;
use agentos::sys::supervise::{Helper, RunEnd, SuperviseError, end_run, run};

use super::{LONG, Stage, eventually, is_alive, script};

#[test]
fn nothing_survives_a_worker_that_is_killed() {
    let text = r#"trap "" TERM; note a $$; (setsid env -i sh -c 'trap "" TERM; echo $$ > n; mv n pid.b; while :; do sleep 1; done' &)
        while :; do sleep 1; done"#;
    let mut stage = Stage::new(&script(text));
    stage.spec.grace = LONG;
    let mut worker = stage.in_worker();
    eventually("the run is under way", || stage.pids().len() == 2);
    worker.kill().unwrap();
    worker.wait().unwrap();
    eventually("everything is gone", || stage.pids().into_iter().all(|pid| !is_alive(pid)));
    assert_eq!(end_run(&stage.spec.marker, LONG), 0);
}

#[test]
fn a_program_that_kills_its_helper_is_ended_by_the_worker() {
    let text = r#"note a $$; (setsid env -i sh -c 'trap "" TERM; echo $$ > n; mv n pid.b; while :; do sleep 1; done' &)
        until test -e pid.b; do sleep 0.01; done; kill -9 $PPID; sleep 600"#;
    let stage = Stage::new(&script(text));
    let mut worker = stage.in_worker();
    assert!(worker.wait().unwrap().success());
    let answer = fs::read_to_string(stage.dir.path().join("answer")).unwrap();
    assert!(answer.contains("died without an answer"), "{answer}");
    stage.assert_nothing_is_left(2);
}

#[test]
fn a_program_that_stops_its_helper_does_not_escape_its_deadline() {
    let mut stage = Stage::new(&script("note a $$; kill -STOP $PPID; sleep 600"));
    stage.spec.deadline = Duration::from_millis(500);
    assert_eq!(stage.run().end, RunEnd::Deadline);
    stage.assert_nothing_is_left(1);
}

#[test]
fn whoever_takes_over_ends_what_worker_and_helper_left() {
    let text = r#"trap "" TERM; note a $$; note h $PPID; setsid sleep 600 & note b $!; while :; do sleep 1; done"#;
    let stage = Stage::new(&script(text));
    let mut worker = stage.in_worker();
    eventually("the run is under way", || stage.pids().len() == 3);
    let helper = fs::read_to_string(stage.file("pid.h")).unwrap();
    // Stopped first: else it would notice that its worker is gone.
    let both = format!("kill -STOP {0}; kill -9 {1} {0}", helper.trim(), worker.id());
    assert!(Command::new("sh").args(["-c", &both]).status().unwrap().success());
    worker.wait().unwrap();
    assert!(end_run(&stage.spec.marker, LONG) >= 2);
    stage.assert_nothing_is_left(3);
}

#[test]
fn a_helper_that_hangs_is_ended_by_whoever_takes_over() {
    let stage = Stage::new(&script("note a $$; note h $PPID; sleep 600"));
    let mut worker = stage.in_worker();
    eventually("the run is under way", || stage.pids().len() == 2);
    let helper = fs::read_to_string(stage.file("pid.h")).unwrap();
    let both = format!("kill -9 {1}; kill -STOP {0}", helper.trim(), worker.id());
    // The helper may be faster and gone: then there is nothing to stop.
    let _stopped = Command::new("sh").args(["-c", &both]).stderr(Stdio::null()).status().unwrap();
    worker.wait().unwrap();
    end_run(&stage.spec.marker, Duration::from_millis(50));
    eventually("everything is gone", || stage.pids().into_iter().all(|pid| !is_alive(pid)));
}

#[test]
fn a_helper_that_is_none_is_an_error() {
    let stage = Stage::new("true");
    let with = |program: &str| {
        let helper = Helper { program: PathBuf::from(program), args: Vec::new() };
        run(&helper, &stage.spec, &Stop::never()).unwrap_err()
    };
    assert!(matches!(with("/bin/true"), SuperviseError::Died { ended: 0, .. }));
    assert!(matches!(with("/bin/echo"), SuperviseError::Died { ended: 0, .. }));
    assert!(matches!(with("/no/such/helper"), SuperviseError::Start { .. }));
}
