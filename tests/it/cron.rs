//! `agentos cron`: a crontab that keeps everything of others, units that systemd accepts, and jobs that run with nothing in the
//! environment.

mod daemon;
mod systemd;

use std::fs;
use std::process::Command;

use crate::support::{Run, Script, World};

/// A world with a program `crontab` that keeps its table in a file, as the real one does, and refuses what it would refuse.
pub(super) fn with_crontab() -> World {
    with_crontab_of(World::new().setting("sprint_cadence_days: 7\ngroomer_cadence_days: 3.5"))
}

/// The same of a world of one's own.
pub(crate) fn with_crontab_of(world: World) -> World {
    let table = world.path("crontab.txt");
    program(
        &world,
        "crontab",
        &format!(
            r#"table='{table}'
case ${{1:-}} in
-l) [ -e "$table" ] || {{ echo "no crontab for $USER" >&2; exit 1; }}; cat "$table" ;;
-r) rm "$table" ;;
-) cat > "$table.new"; echo write >> "$table.writes"; mv "$table.new" "$table" ;;
*) exit 2 ;;
esac"#,
            table = table.display()
        ),
    );
    let path = format!("{}:/usr/bin:/bin", world.path("programs").display());
    world.env("PATH", &path)
}

/// Puts a script on the world's `PATH`, written by another process: a file that this one has open cannot be executed.
pub(super) fn program(world: &World, name: &str, text: &str) {
    fs::create_dir_all(world.path("programs")).unwrap();
    world.write("program.txt", &format!("#!/bin/sh\n{text}\n"));
    let copied = Command::new("/bin/sh")
        .args(["-c", "cat \"$1\" > \"$2\" && chmod 700 \"$2\"", "sh"])
        .args([world.path("program.txt"), world.path("programs").join(name)])
        .status();
    assert!(copied.unwrap().success());
}

fn writes(world: &World) -> usize {
    fs::read_to_string(world.path("crontab.txt.writes")).unwrap_or_default().lines().count()
}

/// What is said, without what differs from machine to machine.
fn presentable(world: &World, text: &str) -> String {
    let wrappers = concat!(env!("CARGO_MANIFEST_DIR"), "/bin");
    text.replace(&world.root().display().to_string(), "[root]")
        .replace(wrappers, "[bin]")
        .replace(env!("CARGO_BIN_EXE_agentos"), "[program]")
}

const FOREIGN: &str = "MAILTO=ann@example.com\nPATH=/opt/bin:/usr/bin\n\n# nightly\n0 3 * * *\tbackup --all > /dev/null\n";

#[test]
fn the_block_is_printed_and_nothing_is_changed() {
    let world = with_crontab();
    let before = world.everything();
    let run = world.run("cron print").ok();
    insta::assert_snapshot!(presentable(&world, &run.stdout), @"
    # >>> agentos [root] >>>
    # Written by `agentos cron install`, taken out by `agentos cron remove`. What is changed between these marks is lost.
    * * * * * env AGENTOS_BIN=[program] [bin]/run_tick.sh --root [root] >> [root]/runtime/logs/cron.log 2>&1
    # <<< agentos [root] <<<
    ");
    let lines = world.run("cron print --jobs").ok().stdout;
    assert_eq!(lines.lines().filter(|line| line.contains("/bin/run_")).count(), 7, "{lines}");
    assert_eq!(world.everything(), before);
}

#[test]
fn what_others_have_written_stays_byte_for_byte_through_install_and_remove() {
    let world = with_crontab();
    world.write("crontab.txt", FOREIGN);
    assert!(world.run("cron install").ok().stdout.contains("starts the jobs"));
    let installed = world.read("crontab.txt");
    assert_eq!(installed.strip_prefix(FOREIGN).unwrap(), world.run("cron print").ok().stdout);
    assert!(world.path("runtime/logs").is_dir(), "the shell opens the log there");
    assert!(world.run("cron remove").ok().stdout.contains("not start the jobs"));
    assert_eq!(world.read("crontab.txt"), FOREIGN);
}

#[test]
fn a_second_install_writes_nothing_and_another_schedule_takes_its_place() {
    let world = with_crontab();
    world.write("crontab.txt", FOREIGN);
    drop(world.run("cron install").ok());
    let before = world.snapshot(".");
    assert!(world.run("cron install").ok().stdout.contains("already"));
    assert_eq!(writes(&world), 1);
    assert_eq!(world.snapshot("."), before);
    drop(world.run("cron install --jobs").ok());
    let now = world.read("crontab.txt");
    assert!(now.contains("run_pr_monitor.sh") && !now.contains("run_tick.sh"), "{now}");
    assert_eq!(now.matches(">>> agentos").count(), 1);
    assert!(world.run("cron remove").ok().stdout.contains("not start"));
    assert!(world.run("cron remove").ok().stdout.contains("has no block"));
    assert_eq!(writes(&world), 3);
}

#[test]
fn the_crontab_before_is_kept_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_crontab();
    world.write("crontab.txt", FOREIGN);
    let done = world.run("--json cron install").ok().json();
    assert_eq!(done["changed"], true);
    let backup = done["backup"].as_str().unwrap();
    assert_eq!(fs::read_to_string(backup).unwrap(), FOREIGN);
    assert_eq!(fs::metadata(backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(world.run("--json cron install").ok().json()["backup"], serde_json::Value::Null);
}

#[test]
fn without_a_crontab_one_is_made_and_the_last_line_takes_it_away_again() {
    let world = with_crontab();
    drop(world.run("cron install").ok());
    assert!(world.read("crontab.txt").starts_with("# >>> agentos"));
    drop(world.run("cron remove").ok());
    assert!(!world.path("crontab.txt").exists());
}

#[test]
fn a_crontab_that_cannot_be_read_is_left_alone() {
    let world = with_crontab();
    program(
        &world,
        "crontab",
        "[ \"$1\" = -l ] && { echo 'ann is not allowed to use this program' >&2; exit 1; }\ntouch wrote",
    );
    let run = world.run("cron install").code(1);
    assert!(
        run.stderr.contains("cannot be read, so nothing was changed")
            && run.stderr.contains("not allowed"),
        "{}",
        run.stderr
    );
    assert!(!world.path("wrote").exists());
    fs::remove_file(world.path("programs/crontab")).unwrap();
    let world = world.env("PATH", "/nowhere");
    let run = world.run("cron install").code(2);
    assert!(run.stderr.contains("not on the PATH") && run.stderr.contains("--systemd"), "{run:?}");
}

#[test]
fn a_block_that_was_cut_in_half_is_left_to_a_person() {
    let world = with_crontab();
    drop(world.run("cron install").ok());
    let half = world.read("crontab.txt").replace("# <<<", "#");
    world.write("crontab.txt", &half);
    for line in ["cron install --jobs", "cron remove"] {
        let run = world.run(line).code(1);
        assert!(run.stderr.contains("line 1 ") && run.stderr.contains("crontab -e"), "{run:?}");
    }
    assert_eq!(world.read("crontab.txt"), half);
}

#[test]
fn a_crontab_that_is_changed_at_the_same_time_is_noticed() {
    let world = with_crontab();
    let table = world.path("crontab.txt");
    program(
        &world,
        "crontab",
        &format!("case $1 in -l) cat '{0}' ;; *) echo '# mine' > '{0}' ;; esac", table.display()),
    );
    world.write("crontab.txt", FOREIGN);
    let run = world.run("cron install").code(1);
    assert!(run.stderr.contains("reads otherwise now"), "{}", run.stderr);
}

#[test]
fn a_refusal_of_the_program_is_told() {
    let world = with_crontab();
    program(
        &world,
        "crontab",
        "[ \"$1\" = -l ] && { echo no crontab for ann >&2; exit 1; }\necho 'bad minute' >&2; exit 1",
    );
    let run = world.run("cron install").code(1);
    assert!(run.stderr.contains("refused: bad minute (exit 1)"), "{}", run.stderr);
}

#[test]
fn doctor_knows_the_lines_that_were_installed() {
    let world = with_crontab();
    for line in ["cron install", "cron install --jobs"] {
        drop(world.run(line).ok());
        let checks = world.run_words(&["--json", "doctor"]).json();
        let found = checks.as_array().unwrap().iter().find(|check| check["check"] == "crontab");
        assert_eq!(found.unwrap()["status"], "ok", "{checks}");
    }
    drop(world.run("cron remove").ok());
    let checks = world.run_words(&["--json", "doctor"]).json();
    let found = checks.as_array().unwrap().iter().find(|check| check["check"] == "crontab");
    assert!(found.unwrap()["mend"].as_str().unwrap().contains("`agentos cron install`"));
}

#[test]
fn a_line_is_run_as_cron_runs_it_and_merges_an_issue() {
    let world = with_crontab();
    let number = world.ready_issue("Add a cart", "");
    drop(world.run("cron install").ok());
    let line = world.read("crontab.txt");
    let line = line.lines().find(|line| line.starts_with("* * * * * ")).unwrap();
    let command = line.trim_start_matches("* * * * * ");
    for _ in 0..3 {
        let run = as_cron(&world, command);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
    }
    assert_eq!(world.issue(number)["state"], "closed");
    let log = world.read("runtime/logs/cron.log");
    assert!(log.contains("] tick start") && log.contains("dispatch: 1 dispatched"), "{log}");
}

/// Runs a command as cron does: by the shell, in the home, with next to no environment.
fn as_cron(world: &World, command: &str) -> Run {
    let home = world.path("home");
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .current_dir(&home)
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("LOGNAME", "ann".as_ref())])
        .envs([("PATH", "/usr/bin:/bin"), ("SHELL", "/bin/sh")])
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn every_job_runs_with_nothing_but_a_home_and_a_path() {
    let world = World::with_agents(&[("worker", Script::works())]);
    world.ready_issue("Add a cart", "");
    let binary = env!("CARGO_BIN_EXE_agentos");
    for job in [
        "dispatch",
        "queue",
        "pr-monitor",
        "score",
        "analyze",
        "groom",
        "plan",
        "tick",
        "status",
        "task list",
        "doctor",
    ] {
        let output = Command::new("/usr/bin/env")
            .args(["-i", &format!("HOME={}", world.path("home").display())])
            .args(["PATH=/usr/bin:/bin", binary, "--root"])
            .arg(world.root())
            .args(job.split(' '))
            .current_dir("/")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_fine =
            output.status.success() || (job == "doctor" && output.status.code() == Some(1));
        assert!(is_fine, "{job}: {:?}\n{said}", output.status);
        assert!(!output.stdout.is_empty(), "{job} says nothing");
    }
    assert_eq!(world.merged()[0], "Add a cart");
}

/// A command with nothing in its environment but a home and a path, anywhere but in the root.
fn with_nothing(world: &World, words: &[&str]) -> Run {
    let output = Command::new("/usr/bin/env")
        .args(["-i", &format!("HOME={}", world.path("home").display())])
        .args(["PATH=/usr/bin:/bin", env!("CARGO_BIN_EXE_agentos"), "--root"])
        .arg(world.root())
        .args(words)
        .current_dir("/")
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn every_wrapper_runs_with_nothing_but_a_home_and_a_path() {
    let world = World::new();
    let number = world.ready_issue("Add a cart", "");
    let wrappers = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("bin");
    let mut names: Vec<_> = fs::read_dir(&wrappers)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("run_") && name.strip_suffix(".sh").is_some())
        // That one concerns the program itself.
        .filter(|name| name != "run_autopull.sh")
        .collect();
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let output = Command::new("/usr/bin/env")
            .args(["-i", &format!("HOME={}", world.path("home").display()), "PATH=/usr/bin:/bin"])
            .arg(format!("AGENTOS_BIN={}", env!("CARGO_BIN_EXE_agentos")))
            .arg(wrappers.join(&name))
            .arg("--root")
            .arg(world.root())
            .current_dir("/")
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    drop(with_nothing(&world, &["tick"]));
    assert_eq!(world.issue(number)["state"], "closed");
}

#[test]
fn what_is_missing_without_an_environment_is_named() {
    let town = crate::support::github::GithubWorld::new();
    town.ready_issue("Add a cart", "");
    for job in ["dispatch", "pr-monitor", "groom", "tick"] {
        let run = with_nothing(&town.world, &[job]);
        let said = format!("{}{}", run.stdout, run.stderr);
        let is_idle = run.code == Some(0);
        assert!(is_idle || said.contains("GITHUB_TOKEN"), "{job}: {said}");
    }
    let dispatch = with_nothing(&town.world, &["dispatch"]);
    assert_ne!(dispatch.code, Some(0), "{}", dispatch.stdout);
    let world = World::new();
    let script = world.path("agents/worker.sh").display().to_string();
    world.replace("config.yaml", &format!("[sh, {script}]"), "[only-on-the-path-of-a-shell]");
    world.ready_issue("Add a cart", "");
    drop(with_nothing(&world, &["tick"]).ok());
    let why = with_nothing(&world, &["why", "1"]).ok().stdout;
    assert!(why.contains("`only-on-the-path-of-a-shell` is not installed"), "{why}");
}

#[test]
fn the_log_of_cron_does_not_grow_for_ever() {
    let world = with_crontab();
    world.write("runtime/logs/cron.log", &"x".repeat(6 * 1024 * 1024));
    drop(world.run("tick").ok());
    assert!(!world.path("runtime/logs/cron.log").exists());
    assert!(world.path("runtime/logs/cron.log.1").exists());
}
