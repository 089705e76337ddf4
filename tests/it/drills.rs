//! `agentos drill`: every drill with the real binary, and that a drill can fail.

use agentos::jobs::drill::{self, Setting};

use crate::support::World;

#[test]
fn every_drill_is_passed_and_leaves_nothing_behind() {
    let world = World::new();
    let before = world.everything();
    let run = world.run("drill");
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout.lines().count(), drill::DRILLS.len() + 1, "{}", run.stdout);
    assert!(world.everything() == before, "the operator's root is not touched");
}

#[test]
fn drills_are_listed_named_and_told_as_json() {
    let world = World::new();
    let list = world.run("drill --list").ok();
    assert_eq!(list.stdout.lines().count(), drill::DRILLS.len());
    let told = world.run("--json drill off move").ok().json();
    let names: Vec<&str> =
        told.as_array().unwrap().iter().map(|ending| ending["drill"].as_str().unwrap()).collect();
    assert_eq!(names, ["off", "move"]);
    let unknown = world.run("drill tea").code(2);
    assert!(unknown.stderr.contains("`tea`") && unknown.stderr.contains("--list"), "{unknown:?}");
}

#[test]
fn a_program_that_does_nothing_passes_no_drill() {
    let world = World::new();
    let setting = Setting {
        dir: world.path("drills"),
        program: "/bin/true".into(),
        path: std::env::var("PATH").unwrap(),
        stop: agentos::sys::signals::Stop::never(),
    };
    let endings = drill::run(&setting, &drill::DRILLS, &mut |_| {});
    let passed: Vec<&str> =
        endings.iter().filter(|ending| ending.ok).map(|ending| ending.drill).collect();
    assert_eq!(passed, Vec::<&str>::new());
    assert_eq!(endings.len(), drill::DRILLS.len());
}
