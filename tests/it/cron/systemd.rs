//! Services and timers of systemd: accepted by `systemd-analyze` where it is, written once, taken away whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{program, with_crontab};
use crate::support::World;

const UNITS: &str = "home/.config/systemd/user";

fn names(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.path(UNITS)).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A `systemctl` that notes what it is asked, and knows which timers are on.
fn with_systemctl(world: &World) {
    program(
        world,
        "systemctl",
        &format!(
            r#"log='{root}/systemctl.log'; on='{root}/timers-on'; mkdir -p "$on"
shift 2
case $1 in
is-system-running) echo running; exit 0 ;;
is-enabled | is-active) [ -e "$on/$2" ]; exit ;;
esac
echo "$*" | sed 's/agentos-[^ ]*-\([0-9a-f]\{{6\}}\)-/…-/g' >> "$log"
verb=$1; shift
case $verb in
enable) shift; for timer; do : > "$on/$timer"; done ;;
disable) shift; for timer; do rm -f "$on/$timer"; done ;;
esac"#,
            root = world.root().display()
        ),
    );
}

/// Runs `systemd-analyze`, where it is: elsewhere these tests look at the texts alone.
fn analyze(world: &World, words: &[&str], files: &[PathBuf]) -> Option<Output> {
    let program = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"];
    let program = program.into_iter().find(|path| Path::new(path).exists())?;
    let mut command = Command::new(program);
    command.args(words).args(files).env("XDG_RUNTIME_DIR", world.path("home"));
    Some(command.output().unwrap())
}

/// The units as files of a folder.
fn written(world: &World, scope: &str) -> Vec<PathBuf> {
    let units = world.run_words(&["--json", "cron", "print", "--systemd", scope]).ok().json();
    let folder = world.path(&format!("units{scope}"));
    fs::create_dir_all(&folder).unwrap();
    let mut files = Vec::new();
    for unit in units["units"].as_array().unwrap() {
        let path = folder.join(unit["name"].as_str().unwrap());
        fs::write(&path, unit["text"].as_str().unwrap()).unwrap();
        files.push(path);
    }
    files
}

#[test]
fn systemd_accepts_the_units_without_a_word() {
    let world = with_crontab().setting("max_parallel_workers: 2");
    for (scope, words) in [
        ("--user", ["verify", "--man=no", "--user"].as_slice()),
        ("--system", ["verify", "--man=no"].as_slice()),
    ] {
        let files = written(&world, scope);
        assert_eq!(files.len(), 16, "{files:?}");
        let Some(output) = analyze(&world, words, &files) else { return };
        let said = String::from_utf8_lossy(&output.stderr);
        // What it says of units of the machine is none of ours.
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("agentos")).collect();
        assert!(output.status.success() && ours.is_empty(), "{said}");
    }
}

#[test]
fn a_service_of_the_system_is_well_confined() {
    let world = with_crontab();
    let files = written(&world, "--system");
    let service: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| file.to_string_lossy().ends_with("-dispatch.service"))
        .collect();
    let words = ["security", "--offline=true", "--threshold=55", "--no-pager"];
    let Some(output) = analyze(&world, &words, &service) else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn systemd_understands_every_time() {
    let world = with_crontab();
    for file in written(&world, "--user") {
        let text = fs::read_to_string(&file).unwrap();
        let Some(time) = text.lines().find_map(|line| line.strip_prefix("OnCalendar=")) else {
            continue;
        };
        let Some(output) = analyze(&world, &["calendar", time], &[]) else { return };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("Next elapse: "), "{time}: {said}");
    }
}

#[test]
fn timers_are_written_switched_on_and_taken_away() {
    let world = with_crontab();
    with_systemctl(&world);
    let foreign = format!("{UNITS}/agentos-other-000000-queue-1.timer");
    world.write(&foreign, "# agentos /somewhere/else\n[Timer]\n");
    let first = world.run("--json cron install --systemd").ok().json();
    assert_eq!(first["changed"], true);
    assert_eq!(first["enabled"].as_array().unwrap().len(), 7);
    assert_eq!(names(&world).len(), 15);
    let before = world.snapshot(".");
    let again = world.run("cron install --systemd").ok();
    assert!(again.stdout.contains("the timers are as they should be"), "{}", again.stdout);
    assert_eq!(world.snapshot("."), before, "a second install changes nothing");

    let world = world.setting("max_parallel_workers: 2");
    drop(world.run("cron install --systemd").ok());
    assert!(names(&world).iter().any(|name| name.ends_with("-queue-2.timer")));
    let config = world.read("config.yaml").replacen("max_parallel_workers: 2\n", "", 1);
    world.write("config.yaml", &config);
    drop(world.run("cron install --systemd").ok());
    assert!(!names(&world).iter().any(|name| name.contains("-queue-2")), "{:?}", names(&world));

    drop(world.run("cron remove --systemd").ok());
    assert_eq!(names(&world), ["agentos-other-000000-queue-1.timer"]);
    let off = world.run("cron remove --systemd").ok();
    assert!(off.stdout.contains("there is no unit of this root"), "{}", off.stdout);
    insta::assert_snapshot!(world.read("systemctl.log"), @"
    daemon-reload
    enable --now …-dispatch.timer …-queue-1.timer …-pr-monitor.timer …-plan.timer …-groom.timer …-score.timer …-analyze.timer
    daemon-reload
    enable --now …-queue-2.timer
    disable --now …-queue-2.timer
    daemon-reload
    disable --now …-analyze.timer …-dispatch.timer …-groom.timer …-plan.timer …-pr-monitor.timer …-queue-1.timer …-score.timer
    daemon-reload
    ");
}

#[test]
fn an_install_that_died_before_the_timers_were_on_is_ended_by_the_next() {
    let world = with_crontab();
    with_systemctl(&world);
    drop(world.run("cron install --systemd").ok());
    fs::remove_dir_all(world.path("timers-on")).unwrap();
    let again = world.run("--json cron install --systemd").ok().json();
    assert_eq!(again["written"].as_array().unwrap().len(), 0);
    assert_eq!(again["enabled"].as_array().unwrap().len(), 7);
}

#[test]
fn where_systemd_does_not_run_the_files_are_written_and_that_is_said() {
    let world = with_crontab();
    program(&world, "systemctl", "echo offline; exit 1");
    let run = world.run("cron install --systemd").ok();
    assert_eq!(names(&world).len(), 14);
    assert!(
        run.stderr.contains("systemd does not run here")
            && run.stderr.contains("systemctl --user enable --now")
            || run.stderr.contains("systemctl --user daemon-reload"),
        "{}",
        run.stderr
    );
}

#[test]
fn doctor_counts_timers_of_this_root_and_no_others() {
    let world = with_crontab();
    program(&world, "systemctl", "echo offline; exit 1");
    let crontab = |world: &World| {
        let checks = world.run_words(&["--json", "doctor"]).json();
        let checks = checks.as_array().unwrap().clone();
        checks.into_iter().find(|check| check["check"] == "crontab").unwrap()
    };
    world.write(&format!("{UNITS}/agentos-x-000000-queue-1.timer"), "# agentos /somewhere/else\n");
    assert_eq!(crontab(&world)["status"], "warn");
    drop(world.run("cron install --systemd").ok());
    let found = crontab(&world);
    assert!(found["detail"].as_str().unwrap().starts_with("systemd: "), "{found}");
}

#[test]
fn the_scope_of_units_is_a_choice_of_units() {
    let world = with_crontab();
    for line in ["cron print --user", "cron print --systemd --user --system", "cron remove --jobs"]
    {
        drop(world.run(line).code(2));
    }
}
