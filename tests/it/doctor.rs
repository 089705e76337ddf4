//! `agentos doctor`: what is said of a healthy installation and of each thing that is broken; that nothing is written and no secret told.

mod cron;
mod github;
mod live;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use serde_json::Value;

use crate::support::{Run, Script, World};

/// A world whose `PATH` has git, a shell and a crontab that starts this root's jobs, and nothing else.
pub(super) fn healthy() -> World {
    prepared(World::new())
}

pub(super) fn prepared(world: World) -> World {
    let world =
        world.setting("planner_agents: [worker]\ndisk_budget_gb: 0.001\nworker_memory_mb: 1");
    let programs = world.path("programs");
    fs::create_dir_all(&programs).unwrap();
    for name in ["git", "sh", "cat"] {
        symlink(real(name), programs.join(name)).unwrap();
    }
    let line = format!(
        "* * * * * {} --root {} tick\n",
        env!("CARGO_BIN_EXE_agentos"),
        world.root().display()
    );
    world.write("crontab.txt", &line);
    let list = format!(
        "while read -r line; do printf '%s\\n' \"$line\"; done < '{}'",
        world.path("crontab.txt").display()
    );
    program(&world, "crontab", &list);
    let path = programs.display().to_string();
    let world = world.env("PATH", &path);
    drop(world.run("tick").ok());
    close(&world, "config.yaml");
    world
}

/// Where this machine has a program.
fn real(name: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap()
}

/// Puts a script on the world's `PATH`. Another process writes it: a file that this one has open, and that another test's child inherits for
/// a moment, cannot be executed.
pub(super) fn program(world: &World, name: &str, text: &str) {
    let file = world.path("programs").join(name);
    world.write("program.txt", &format!("#!/bin/sh\n{text}\n"));
    let copied = Command::new("/bin/sh")
        .args(["-c", "cat \"$1\" > \"$2\" && chmod 700 \"$2\"", "sh"])
        .args([world.path("program.txt"), file])
        .status();
    assert!(copied.unwrap().success());
}

fn close(world: &World, file: &str) {
    fs::set_permissions(world.path(file), fs::Permissions::from_mode(0o600)).unwrap();
}

/// Changes the text of the configuration.
pub(super) fn edit(world: &World, from: &str, to: &str) {
    let text = world.read("config.yaml");
    assert!(text.contains(from), "{text}");
    world.write("config.yaml", &text.replace(from, to));
}

pub(super) fn doctor(world: &World, arguments: &[&str]) -> Run {
    let words = [&["doctor"], arguments].concat();
    let output = world.command(&words).env_remove("AGENTOS_NOW").output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The checks that are not ok, as `status check: detail | mend`.
pub(super) fn complaints(run: &Run) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = run.json();
    let bad = checks.as_array().unwrap().iter().filter(|check| check["status"] != "ok");
    bad.map(|check| {
        let [status, name, detail, mend] =
            ["status", "check", "detail", "mend"].map(|key| text(&check[key]));
        format!("{status} {name}: {detail} | {mend}")
    })
    .collect()
}

/// Some complaint begins so and has all of these words.
#[track_caller]
pub(super) fn assert_complains(run: &Run, begin: &str, words: &[&str]) {
    let all = complaints(run);
    let is_meant =
        |line: &&String| line.starts_with(begin) && words.iter().all(|word| line.contains(word));
    assert!(
        all.iter().any(|line| is_meant(&line)),
        "no `{begin}` with {words:?} in\n{}",
        all.join("\n")
    );
}

/// The output without what every machine says otherwise.
fn presentable(world: &World, text: &str) -> String {
    let column = text.lines().find_map(|line| line.find("everything is on")).unwrap();
    let varies = ["program", "git", "clock", "memory", "disk", "last run"];
    let mut lines = Vec::new();
    let mut in_confinement = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            in_confinement = line == "confinement";
        }
        let name = line.get(8..column).unwrap_or_default().trim();
        if varies.contains(&name) {
            lines.push(format!("{}…", &line[..column]));
        } else if !(in_confinement && line.starts_with(' ')) {
            lines.push(line.replace(&world.root().display().to_string(), "[root]"));
        }
    }
    lines.join("\n")
}

#[test]
fn a_healthy_installation_is_described_in_one_screen() {
    let world = healthy();
    let run = doctor(&world, &[]).ok();
    let text = presentable(&world, &run.stdout);
    let (checks, summary) = text.rsplit_once('\n').unwrap();
    assert!(summary.starts_with("doctor: ") && summary.ends_with(", 0 failures"), "{summary}");
    insta::assert_snapshot!(checks, @r"
    machine
      ok    program                  …
      ok    git                      …
      ok    clock                    …
      ok    memory                   …
    configuration
      ok    configuration            [root]/config.yaml (by `--root`), 1 repository
      ok    prompts                  all built in
      ok    secrets                  none in the configuration; files are closed to others
    folders
      ok    folder runtime           there, and closed to others
      ok    file system              locks hold, files are replaced in one step and synced
      ok    disk                     …
    repositories
      ok    remote acme/shop         [root]/remotes/shop.git answers, base branch `main`
      ok    clone acme/shop          [root]/shop; only read
      ok    mirror acme/shop         made when it is first needed
      ok    ci command acme/shop     `sh test.sh`, [root]/programs/sh
      ok    merging acme/shop        automatic (`merge_policy: auto`)
    agents
      ok    agent worker             can be used (`sh`)
      warn  chain acme/shop          no usable agent for tasks of type debugging, architecture, research, docs, design, content, browser_automation
            mend: install or log in an agent of theirs, or name usable ones under `agent_fallbacks`
      ok    planners                 worker answers first
    confinement
    cron
      ok    crontab                  1 line starts jobs of this root
      ok    last run                 …
    state
      ok    switches                 everything is on
      ok    tasks                    0 under way, none waits for a person
      ok    intents                  none is open
    notifications
      ok    telegram                 not configured; what needs a person is told on the issue alone
    ");
    assert!(!run.stdout.contains('\u{1b}'), "a pipe gets no colours");
    assert!(doctor(&world, &["--color", "always"]).stdout.contains("\u{1b}[32m"));
}

#[test]
fn every_check_has_the_shape_that_scripts_rely_on() {
    let world = healthy();
    let checks = doctor(&world, &["--json"]).ok().json();
    for check in checks.as_array().unwrap() {
        let text = |key: &str| check[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(text("check") && text("detail") && text("group"), "{check}");
        assert!(["ok", "warn", "fail"].contains(&check["status"].as_str().unwrap()), "{check}");
        assert_eq!(check["mend"].is_null(), check["status"] == "ok", "{check}");
    }
}

#[test]
fn looking_writes_nothing() {
    let world = healthy();
    let before = world.everything();
    drop(doctor(&world, &["--as-cron"]));
    let cached = [world.path("runtime/cache"), world.path("runtime/locks")];
    let kept = |(path, _): &(std::path::PathBuf, Vec<u8>)| {
        !cached.iter().any(|folder| path.starts_with(folder))
    };
    let kept = |files: std::collections::BTreeMap<_, _>| {
        files.into_iter().filter(kept).collect::<Vec<_>>()
    };
    let (before, after) = (kept(before), kept(world.everything()));
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "a file has changed");
}

// The configuration

#[test]
fn without_a_configuration_that_is_the_first_check_and_the_others_follow() {
    let world = healthy();
    fs::remove_file(world.path("config.yaml")).unwrap();
    let run = doctor(&world, &["--json"]).code(2);
    let checks = run.json();
    assert_eq!(checks[0]["check"], "configuration");
    assert_eq!(checks[0]["status"], "fail");
    assert!(checks[0]["mend"].as_str().unwrap().contains("config.example.yaml"), "{checks}");
    assert!(checks.as_array().unwrap().iter().any(|check| check["check"] == "git"), "{checks}");
    assert!(doctor(&world, &[]).code(2).stdout.contains("mend: "));
}

#[test]
fn a_mistake_in_the_configuration_is_named_with_its_line() {
    let world = healthy();
    edit(&world, "merge_policy: auto", "merge_polcy: auto");
    assert_complains(
        &doctor(&world, &["--json"]).code(2),
        "fail configuration",
        &["config.yaml:1", "merge_polcy"],
    );
}

#[test]
fn what_the_configuration_is_warned_about_is_told() {
    let world = healthy().setting("github_repos: [acme/shop]");
    assert_complains(
        &doctor(&world, &["--json"]).ok(),
        "warn configuration",
        &["line 5", "github_repos"],
    );
}

#[test]
fn secrets_that_others_can_read_are_a_failure_and_are_not_told() {
    let key = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let bot = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
    let world = healthy().setting(&format!("telegram_bot_token: '{bot}'\ntelegram_chat_id: '42'"));
    world.write("secrets.json", &format!("{{\"openRouterApiKey\": \"{key}\"}}"));
    fs::set_permissions(world.path("secrets.json"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(world.path("config.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(&run, "fail secrets", &["secrets.json", "chmod 600"]);
    assert_complains(&run, "warn secrets", &["config.yaml holds", "line 5", "TELEGRAM_BOT_TOKEN"]);
    assert_complains(&run, "warn secrets", &["config.yaml can be read", "chmod 600"]);
    let told = format!("{}{}{}", run.stdout, run.stderr, doctor(&world, &["--as-cron"]).stdout);
    assert!(!told.contains(key) && !told.contains(bot), "{told}");
}

// The root

#[test]
fn a_runtime_folder_that_cannot_be_written_is_a_failure_with_its_name() {
    let world = healthy();
    fs::remove_dir_all(world.path("runtime")).unwrap();
    world.write("runtime", "");
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(
        &run,
        "fail folder",
        &[&world.path("runtime").display().to_string(), "writable"],
    );
}

#[test]
fn folders_that_others_can_look_into_are_told() {
    let world = healthy();
    fs::set_permissions(world.path("runtime"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_complains(&doctor(&world, &["--json"]).ok(), "warn folder", &["mode 755", "chmod 700"]);
}

// Repositories and agents

#[test]
fn a_missing_remote_is_a_failure_with_the_command_that_makes_it() {
    let world = healthy();
    fs::remove_dir_all(world.path("remotes")).unwrap();
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(&run, "fail remote acme/shop", &["git clone --bare", "remotes/shop.git"]);
}

#[test]
fn a_mirror_that_has_lost_what_it_borrowed_is_told() {
    let world = healthy();
    world.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue"] {
        drop(world.run(job).ok());
    }
    assert!(
        !complaints(&doctor(&world, &["--json"]).ok()).iter().any(|line| line.contains("mirror"))
    );
    fs::rename(world.path("shop"), world.path("elsewhere")).unwrap();
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(&run, "fail clone acme/shop", &["no git repository"]);
    assert_complains(&run, "warn mirror acme/shop", &["that it borrows from"]);
}

#[test]
fn a_base_branch_that_does_not_exist_is_a_failure() {
    let world = healthy().repo_settings("  ci_command: sh test.sh\n  base_branch: trunk\n");
    assert_complains(
        &doctor(&world, &["--json"]).code(1),
        "fail remote",
        &["no branch `trunk`", "base_branch"],
    );
}

#[test]
fn without_checks_nothing_is_merged_and_that_is_said() {
    let world = healthy().repo_settings("  merge_policy: auto\n");
    assert_complains(
        &doctor(&world, &["--json"]).ok(),
        "warn ci command",
        &["nothing will be merged automatically"],
    );
    let world = healthy().repo_settings("  ci_command: no-such-program all\n");
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(
        &run,
        "fail ci command acme/shop",
        &["`no-such-program` is not on `PATH`", "install"],
    );
}

#[test]
fn without_a_usable_agent_no_task_is_begun() {
    let world = healthy();
    edit(&world, "command: [sh, ", "command: [no-such-agent, ");
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(&run, "warn agent worker", &["`no-such-agent` is not installed"]);
    assert_complains(
        &run,
        "fail chain acme/shop",
        &["worker: `no-such-agent` is not installed", "add its folder"],
    );
    assert_complains(&run, "warn planners", &["planner_agents"]);
}

#[test]
fn one_agent_that_is_missing_is_no_failure_where_another_is_there() {
    let world =
        prepared(World::with_agents(&[("worker", Script::works()), ("spare", Script::works())]));
    edit(&world, "spare: {command: [sh, ", "spare: {command: [no-such-agent, ");
    assert_complains(&doctor(&world, &["--json"]).ok(), "warn agent spare", &["not installed"]);
}

#[test]
fn a_confinement_that_is_demanded_and_cannot_be_had_is_a_failure() {
    let world = healthy().setting("sandbox: bwrap");
    let run = doctor(&world, &["--json"]).code(1);
    assert_complains(&run, "fail confinement files", &["unsupported", "bwrap", "sandbox: auto"]);
    assert_complains(
        &doctor(&world, &["--json", "--live"]).code(1),
        "fail question",
        &["not asked"],
    );
}

// What stands still

#[test]
fn what_is_switched_off_or_waits_for_a_person_is_told() {
    let world = healthy();
    drop(world.run("off").ok());
    world.write("runtime/mailbox/inbox/shop-9.md", "no task");
    let run = doctor(&world, &["--json"]).ok();
    assert_complains(&run, "warn switches", &["agentos on"]);
    assert_complains(&run, "warn tasks", &["shop-9.md"]);
}
