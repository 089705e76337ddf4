//! `--live`: each usable agent is asked a small question, confined and in an empty folder.

use super::{assert_complains, doctor, prepared};
use crate::support::{Script, World};

#[test]
fn an_agent_that_answers_is_ok_and_leaves_nothing_behind() {
    let world = prepared(World::with_agents(&[(
        "worker",
        Script::new().line("case $prompt in *OK*) echo OK;; *) exit 9;; esac"),
    )]));
    let run = doctor(&world, &["--json", "--live"]).ok();
    let checks = run.json();
    let asked = checks.as_array().unwrap().iter().find(|check| check["check"] == "question worker");
    assert!(asked.unwrap()["detail"].as_str().unwrap().starts_with("answered in"), "{checks}");
    let left = std::fs::read_dir(world.path("runtime/cache/doctor")).unwrap().count();
    assert_eq!(left, 0);
    let silent = doctor(&world, &["--json"]).ok();
    assert!(!silent.stdout.contains("question"), "nobody is asked without `--live`");
}

#[test]
fn an_agent_that_is_refused_is_a_failure_with_what_it_said() {
    let world = prepared(World::with_agents(&[(
        "worker",
        Script::new().line("echo 'Error: invalid API key' >&2; exit 1"),
    )]));
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert_complains(&run, "fail question worker", &["invalid API key"]);
}
