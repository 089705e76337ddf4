//! Real builds under the default confinement: toolchains are found and can be read, caches are the repository's own.

use std::path::Path;

use crate::support::{Script, World};

fn is_installed(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap();
    let found = path.split(':').any(|folder| Path::new(folder).join(program).is_file());
    if !found {
        println!("skipped: `{program}` is not on PATH");
    }
    found
}

/// An agent writes the files, and we run the command on them, as test and as check.
#[track_caller]
fn builds(command: &str, files: &[(&str, &str)]) -> World {
    let mut agent = Script::new();
    for (name, text) in files {
        agent = agent.writes(name, text);
    }
    let agent = agent.reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .repo_settings(&format!("  ci_command: {command}\n  test_command: {command}\n"));
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let log = world.path("runtime/runs/shop-1/1/test.log");
    let log = std::fs::read_to_string(log).unwrap_or_default();
    assert_eq!(world.folder_of("shop-1"), "done", "{log}\n{}", world.task_text("shop-1"));
    assert_eq!(world.receipt("shop-1", "1")["tests"], "passed", "{log}");
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{log}");
    world
}

#[test]
fn a_cargo_project() {
    if !is_installed("cargo") {
        return;
    }
    builds(
        "cargo test --offline --quiet --lib",
        &[
            ("Cargo.toml", "[package]\nname = \"cart\"\nversion = \"0.1.0\"\nedition = \"2021\""),
            (".gitignore", "target/"),
            ("src/lib.rs", "#[test]\nfn adds() { assert_eq!(1 + 1, 2); }"),
        ],
    );
}

#[test]
fn a_script_of_npm() {
    if !is_installed("npm") || !is_installed("node") {
        return;
    }
    let package = "{\"name\": \"cart\", \"version\": \"1.0.0\", \"scripts\": {\"test\": \"node --test test.js\"}}";
    let test = "require('node:test')('adds', () => { require('node:assert').equal(1 + 1, 2); });";
    builds("npm test --silent", &[("package.json", package), ("test.js", test)]);
}

#[test]
fn tests_of_python() {
    if !is_installed("python3") {
        return;
    }
    let test = "import multiprocessing, tempfile, unittest\n\nclass Cart(unittest.TestCase):\n    def test_adds(self):\n        with tempfile.NamedTemporaryFile() as file:\n            file.write(b'x')\n        self.assertEqual(1 + 1, 2)";
    builds(
        "python3 -m unittest -q test_cart",
        &[("test_cart.py", test), (".gitignore", "__pycache__/")],
    );
}

#[test]
fn what_a_command_caches_stays_with_its_repository_and_the_operators_home_is_shut() {
    let command = "sh -c 'echo run >> ~/runs; test \"$(wc -l < ~/runs)\" -ge 1; ! ls \"$(dirname \"$0\")/home\"'";
    let world = builds(command, &[("x.txt", "x")]);
    let runs = world.read("runtime/cache/commands/shop/runs");
    assert!(runs.lines().count() >= 2, "the test and the check share a home: {runs}");
    assert!(!world.path("home/runs").exists());
}
