//! What starts the jobs, and what they find in cron's environment.

use std::fs::File;
use std::time::Duration;

use super::{assert_complains, complaints, doctor, healthy, program};

#[test]
fn a_program_that_cron_does_not_find_is_a_failure_with_the_line_to_add() {
    let world = healthy().repo_settings("  ci_command: our-own-ci all\n");
    program(&world, "our-own-ci", "true");
    let here = doctor(&world, &["--json"]).ok();
    assert_eq!(complaints(&here).iter().filter(|line| line.contains("ci command")).count(), 0);
    let run = doctor(&world, &["--json", "--as-cron"]).code(1);
    let folder = world.path("programs").display().to_string();
    assert_complains(
        &run,
        "fail cron environment",
        &["our-own-ci", &format!("PATH={folder}:/usr/bin:/bin")],
    );
    assert_complains(
        &run,
        "fail under cron ci command acme/shop",
        &["`our-own-ci` is not on `PATH`"],
    );
}

#[test]
fn the_line_that_is_advised_is_what_mends_it() {
    let world = healthy().repo_settings("  ci_command: our-own-ci all\n");
    program(&world, "our-own-ci", "true");
    let line = world.read("crontab.txt");
    world.write(
        "crontab.txt",
        &format!("PATH={}:/usr/bin:/bin\n{line}", world.path("programs").display()),
    );
    let run = doctor(&world, &["--json", "--as-cron"]).ok();
    assert!(!complaints(&run).iter().any(|line| line.contains("cron")), "{:?}", complaints(&run));
}

#[test]
fn what_the_wrappers_find_cron_finds_too() {
    let world = healthy().repo_settings("  ci_command: our-own-ci all\n");
    program(&world, "our-own-ci", "true");
    let folder = world.path("home/.local/bin");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::rename(world.path("programs/our-own-ci"), folder.join("our-own-ci")).unwrap();
    let path = format!("{}:{}", world.path("programs").display(), folder.display());
    let wrapper = concat!(env!("CARGO_MANIFEST_DIR"), "/bin/run_tick.sh");
    world.write(
        "crontab.txt",
        &format!("* * * * * {wrapper} --root {} 2>> cron.log\n", world.root().display()),
    );
    let world = world.env("PATH", &path);
    let run = doctor(&world, &["--json", "--as-cron"]).ok();
    let checks = run.json();
    let found =
        checks.as_array().unwrap().iter().find(|check| check["check"] == "cron environment");
    let detail = found.unwrap()["detail"].as_str().unwrap();
    assert!(
        detail.contains("run_tick.sh") && detail.contains(&folder.display().to_string()),
        "{detail}"
    );
}

#[test]
fn a_token_that_only_the_shell_has_is_missed_under_cron() {
    let world = healthy()
        .setting("telegram_chat_id: '42'")
        .env("TELEGRAM_BOT_TOKEN", "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw");
    let run = doctor(&world, &["--json", "--as-cron"]);
    assert_complains(&run, "warn under cron telegram", &["no token", "TELEGRAM_BOT_TOKEN"]);
    assert!(!run.stdout.contains("AAHdqTcv"), "{}", run.stdout);
}

#[test]
fn a_crontab_without_our_line_is_told_with_the_line() {
    let world = healthy();
    world.write("crontab.txt", "* * * * * /usr/bin/backup\n");
    let root = format!("--root {}", world.root().display());
    assert_complains(&doctor(&world, &["--json"]).ok(), "warn crontab", &["* * * * *", &root]);
    std::fs::remove_file(world.path("programs/crontab")).unwrap();
    assert_complains(
        &doctor(&world, &["--json"]).ok(),
        "warn crontab",
        &["`crontab` is not here", &root],
    );
}

#[test]
fn jobs_that_should_run_and_do_not_are_told() {
    let world = healthy();
    let an_hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    for job in ["tick", "dispatch", "queue", "pr-monitor"] {
        if let Ok(file) =
            File::options().append(true).open(world.path(&format!("runtime/logs/{job}.log")))
        {
            file.set_modified(an_hour_ago).unwrap();
        }
    }
    assert_complains(
        &doctor(&world, &["--json"]).ok(),
        "warn last run",
        &["though something is to start it"],
    );
}
