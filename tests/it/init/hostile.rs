//! Repositories that would like to be more than data: odd names, odd files, addresses with passwords.

use std::fs;

use super::{machine, presentable};

#[test]
fn odd_words_in_files_become_no_command_and_no_key() {
    let world = machine();
    world.write(
        "shop/package.json",
        "{\"scripts\": {\"test\": \"x\\u001b[31m\\n- repo: evil/repo\\n$(touch pwned)\"}, \"packageManager\": \"pnpm;touch pwned@1\"}",
    );
    world.write("shop/.github/workflows/ci\u{1b}[2J\n- repo: evil.yml", "on: pull_request\n");
    world.git(&["-C", "shop", "rm", "--quiet", "test.sh"]);
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "odd"]);
    let run = world.run("init --local shop --yes").ok();
    let text = world.read("config.yaml");
    assert!(!text.contains('\u{1b}') && !run.stdout.contains('\u{1b}'));
    assert!(!text.contains("pwned"), "{text}");
    assert!(text.contains("`npm` is not on PATH"), "{text}");
    assert!(world.run("config check").ok().stdout.contains("1 repository"));
    assert!(!world.path("pwned").exists());
}

#[test]
fn any_path_comes_through_as_it_is() {
    for name in
        ["my shop", "it's \"quoted\"", "new\nline: [x", "$HOME and # no comment", "- dash", "läden"]
    {
        let world = machine();
        fs::rename(world.path("shop"), world.path(name)).unwrap();
        let folder = format!("./{name}");
        let made = world.run_words(&["--json", "init", "--local", &folder, "--yes"]).ok().json();
        let key = format!("repos.{}.path", made["key"].as_str().unwrap());
        let told = world.run_words(&["--json", "config", "explain", &key]).ok().json();
        assert_eq!(told["value"].as_str(), world.path(name).to_str(), "{name:?}");
        let again = world.run_words(&["init", "--local", &folder, "--yes"]).ok();
        assert!(
            again.stdout.contains("configured already"),
            "{name:?}: {}\n{}",
            again.stdout,
            world.read("config.yaml")
        );
    }
}

#[test]
fn a_password_in_an_address_is_written_and_shown_nowhere() {
    let world = machine();
    let origin = "https://ann:hunter2secret@git.example.invalid/acme/shop.git";
    world.git(&["-C", "shop", "remote", "add", "origin", origin]);
    let run = world.run("init --local shop --yes").ok();
    let json = world.run("--json init --local shop --dry-run").ok();
    let text = world.read("config.yaml");
    for place in [&run.stdout, &run.stderr, &json.stdout, &text] {
        assert!(!place.contains("hunter2secret"), "{place}");
    }
    assert!(
        text.contains("https://git.example.invalid/acme/shop.git"),
        "{}",
        presentable(&world, &text)
    );
}

#[test]
fn what_is_in_the_way_is_left_alone() {
    let world = machine();
    world.write("remotes/shop.git", "a file");
    drop(world.run("init --local shop --yes").ok());
    assert_eq!(world.read("remotes/shop.git"), "a file");
    let world = machine();
    fs::create_dir(world.path("config.yaml")).unwrap();
    let run = world.run("init --local shop --yes");
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    assert_ne!(run.code, Some(70), "{}", run.stderr);
}
