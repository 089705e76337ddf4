//! The questions, at a terminal: `script` of util-linux makes one. Where it is not installed there is nothing to see.

use std::io::Write;
use std::process::{Command, Stdio};

use super::machine;
use crate::support::World;

/// Types these lines at a terminal and returns what was on the screen, and the exit code.
fn typed(world: &World, arguments: &str, keys: &str) -> Option<(String, Option<i32>)> {
    let program = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("script"))
        .find(|file| file.is_file())?;
    let line =
        format!("{} --root {} {arguments}", env!("CARGO_BIN_EXE_agentos"), world.root().display());
    let mut child = Command::new(program)
        .args(["--quiet", "--return", "--echo", "never", "--command", &line, "/dev/null"])
        .current_dir(world.root())
        .env_clear()
        .envs(world.environment())
        .env("AGENTOS_NOW", world.now().to_string())
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    Some((String::from_utf8_lossy(&output.stdout).replace('\r', ""), output.status.code()))
}

#[test]
fn yes_is_the_answer_of_an_empty_line() {
    let world = machine();
    let Some((screen, code)) = typed(&world, "init --local shop", "\n") else { return };
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Do that? [Y/n]"), "{screen}");
    assert!(world.path("config.yaml").is_file());
    assert!(!screen.contains('\u{1b}'), "no colours are used");
}

#[test]
fn no_leaves_everything_as_it_is() {
    let world = machine();
    let before = world.everything();
    let Some((screen, code)) = typed(&world, "init --local shop", "n\n") else { return };
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("nothing was changed"), "{screen}");
    assert!(before == world.everything());
}

#[test]
fn only_what_is_not_clear_is_asked() {
    let world = machine();
    world.git(&["-C", "shop", "rm", "--quiet", "test.sh"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "without tests"]);
    let Some((screen, code)) = typed(&world, "init --local shop", "sh other.sh\ny\n") else {
        return;
    };
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Which command tests the repository? [none]"), "{screen}");
    assert!(world.read("config.yaml").contains("ci_command: sh other.sh"));
}
