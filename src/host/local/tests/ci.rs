//! The check `ci`: run once for a pair of head and base, kept with its log.

use std::fs;

use super::fake::{Ci, Scene, merge_of, new_pull, wait};
use crate::domain::pull::{Check, CheckOutcome, Checks as Known, PullRequest};
use crate::host::{Checks, HostError, PullRequests};

fn scene() -> (Scene, PullRequest) {
    let scene = Scene::new();
    scene.forge.push("main");
    scene.forge.push("agent/web-1");
    let pull = wait(scene.host.create_pull(&new_pull("agent/web-1", 1))).unwrap();
    (scene, pull)
}

fn only(checks: Known) -> Check {
    match checks {
        Known::Known(mut checks) if checks.len() == 1 => checks.remove(0),
        other => panic!("{other:?}"),
    }
}

fn looked_up(scene: &Scene, pull: &PullRequest) -> Check {
    only(wait(scene.host.checks(pull)).unwrap())
}

fn run(scene: &Scene, pull: &PullRequest) -> Check {
    only(wait(scene.host.run_missing(pull)).unwrap())
}

#[test]
fn without_a_command_checks_are_missing() {
    let (scene, pull) = scene();
    scene.forge.ci.set(Ci::None);
    assert_eq!(wait(scene.host.checks(&pull)).unwrap(), Known::Missing);
    assert_eq!(wait(scene.host.run_missing(&pull)).unwrap(), Known::Missing);
    assert_eq!(scene.forge.ci_runs.get(), 0);
}

#[test]
fn a_pair_of_head_and_base_is_run_once() {
    let (scene, pull) = scene();
    let check = looked_up(&scene, &pull);
    assert_eq!((check.outcome, check.log), (CheckOutcome::Pending, None));
    assert_eq!(scene.forge.ci_runs.get(), 0, "looking runs nothing");
    let ran = run(&scene, &pull);
    assert_eq!((ran.name.as_str(), ran.outcome), ("ci", CheckOutcome::Passed));
    assert_eq!(ran.summary, "passed after 0.1 s");
    assert_eq!(run(&scene, &pull), ran);
    assert_eq!(looked_up(&scene, &pull), ran);
    assert_eq!(scene.forge.ci_runs.get(), 1);
    assert_eq!(ran.log_excerpt.as_deref(), Some("ran"));
    assert!(fs::read_to_string(ran.log.unwrap()).is_ok());
}

#[test]
fn a_base_that_moved_needs_a_run_and_our_memory_does_not() {
    let (scene, pull) = scene();
    let judged = scene.forge.branches.borrow()[&"main".parse().unwrap()].clone();
    run(&scene, &pull);
    let memory = scene.forge.push("main");
    scene.forge.same_as.borrow_mut().insert(memory, judged);
    assert_eq!(looked_up(&scene, &pull).outcome, CheckOutcome::Passed);
    scene.forge.push("main");
    assert_eq!(looked_up(&scene, &pull).outcome, CheckOutcome::Pending);
    run(&scene, &pull);
    assert_eq!(scene.forge.ci_runs.get(), 2);
    scene.forge.push("agent/web-1");
    let pushed = wait(scene.host.pull(pull.number)).unwrap();
    assert_eq!(looked_up(&scene, &pushed).outcome, CheckOutcome::Pending);
}

#[test]
fn a_conflict_is_not_run() {
    let (scene, pull) = scene();
    scene.forge.conflicts.borrow_mut().insert(pull.head_sha.clone());
    let check = run(&scene, &pull);
    assert_eq!(check.outcome, CheckOutcome::Pending);
    assert_eq!(check.summary, "waits for the conflict to be solved");
    assert_eq!(scene.forge.ci_runs.get(), 0);
}

#[test]
fn a_run_that_could_not_be_made_is_no_red_check() {
    let (scene, pull) = scene();
    scene.forge.ci.set(Ci::CannotBeRun);
    assert!(matches!(wait(scene.host.run_missing(&pull)), Err(HostError::Unavailable { .. })));
    assert_eq!(looked_up(&scene, &pull).outcome, CheckOutcome::Pending);
    scene.forge.ci.set(Ci::Fails);
    assert_eq!(run(&scene, &pull).outcome, CheckOutcome::Failed);
    scene.forge.ci.set(Ci::Passes);
    assert_eq!(run(&scene, &pull).outcome, CheckOutcome::Failed, "red stays red for this pair");
}

#[test]
fn the_excerpt_is_the_bounded_end_of_the_log() {
    let (scene, pull) = scene();
    let mut log = "x".repeat(100_000).into_bytes();
    for line in 0..100 {
        log.extend_from_slice(format!("\nline {line} \u{1b}[31m").as_bytes());
        log.push(0xff);
    }
    scene.forge.log.replace(log);
    let excerpt = run(&scene, &pull).log_excerpt.unwrap();
    assert_eq!(excerpt.lines().count(), 60);
    assert!(
        excerpt.starts_with("line 40 ") && excerpt.lines().last().unwrap().starts_with("line 99 ")
    );

    scene.forge.push("main");
    scene.forge.log.replace(vec![0xff; 20_000]);
    let excerpt = run(&scene, &pull).log_excerpt.unwrap();
    assert!(excerpt.len() <= 8 * 1024 && excerpt.len() > 8 * 1024 - 4);
}

#[test]
fn a_result_that_a_person_spoiled_is_never_green() {
    let (scene, pull) = scene();
    run(&scene, &pull);
    let file = fs::read_dir(scene.board.join("checks"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .unwrap();
    let green = fs::read_to_string(&file).unwrap();
    fs::write(&file, "outcome: [").unwrap();
    assert!(matches!(wait(scene.host.checks(&pull)), Err(HostError::Malformed { .. })));
    fs::write(&file, green.replace("passed", "pending")).unwrap();
    assert_eq!(run(&scene, &pull).outcome, CheckOutcome::Passed);
    assert_eq!(scene.forge.ci_runs.get(), 2, "`pending` asks for another run");
    let head = pull.head_sha.as_str();
    let other = scene.forge.push("agent/web-1");
    let copy = file.to_str().unwrap().replace(head, other.as_str());
    fs::copy(&file, copy).unwrap();
    let pushed = wait(scene.host.pull(pull.number)).unwrap();
    assert_eq!(looked_up(&scene, &pushed).outcome, CheckOutcome::Pending, "a copy says nothing");
}

#[test]
fn a_base_that_is_gone_is_unknown_and_a_merged_one_keeps_its_result() {
    let (scene, pull) = scene();
    run(&scene, &pull);
    wait(scene.host.merge(&merge_of(&pull))).unwrap();
    let merged = wait(scene.host.pull(pull.number)).unwrap();
    assert_eq!(looked_up(&scene, &merged).outcome, CheckOutcome::Passed);
    assert_eq!(run(&scene, &merged).outcome, CheckOutcome::Passed);
    assert_eq!(scene.forge.ci_runs.get(), 1);
    scene.forge.delete("main");
    assert!(matches!(wait(scene.host.checks(&pull)).unwrap(), Known::Unknown { .. }));
}
