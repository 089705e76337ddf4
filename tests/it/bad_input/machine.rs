//! What the machine may refuse: space, permission, a folder where one is needed.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{dispatched, said};
use crate::support::World;

/// A small file system that holds one folder of a world while it lives; only root can mount one.
struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Puts a folder of the world, as it is, on a disk of four mebibytes.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn under(world: &World, folder: &str) -> Option<Self> {
        let place = world.path(folder);
        let away = world.path(&format!("{folder}.away"));
        fs::create_dir_all(&place).unwrap();
        fs::rename(&place, &away).unwrap();
        fs::create_dir(&place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&place).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: no small file system can be mounted here");
            return None;
        }
        let disk = Self { place };
        let copied = Command::new("cp").arg("-a").arg(away.join(".")).arg(&disk.place).status();
        assert!(copied.unwrap().success());
        Some(disk)
    }

    fn ballast(&self) -> PathBuf {
        self.place.join("ballast")
    }

    /// Fills it but for so many kibibytes.
    fn fill_but(&self, spare: u64) {
        let mut fill = Command::new("dd");
        fill.args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", self.ballast().display()));
        fill.stderr(Stdio::null()).status().unwrap();
        let ballast = fs::OpenOptions::new().write(true).open(self.ballast()).unwrap();
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(spare * 1024)).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.place).status());
    }
}

#[test]
fn a_full_disk_is_temporary_and_the_next_run_goes_on() {
    let world = dispatched(World::new());
    let Some(disk) = SmallDisk::under(&world, "runtime") else { return };
    disk.fill_but(0);
    for _ in 0..2 {
        let run = world.run("queue").code(75);
        assert!(run.stderr.to_lowercase().contains("space"), "{}", run.stderr);
        assert!(world.task_text("shop-1").contains("task_id: shop-1"));
    }
    disk.free();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

/// Every job meets a disk that fills up somewhere on its way.
fn fills_up(folder: &str, stage: &[&str], spare: u64) {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    for job in stage {
        world.run(job).ok();
    }
    let Some(disk) = SmallDisk::under(&world, folder) else { return };
    disk.fill_but(spare);
    let when = format!("{folder} with {spare} KiB after {stage:?}");
    for _ in 0..2 {
        let run = world.run("tick");
        assert!(matches!(run.code, Some(0 | 75)), "{when}: {run:?}");
    }
    disk.free();
    for _ in 0..2 {
        drop(world.run("tick"));
    }
    world.run("tick").ok();
    let outcome = world.task_key("shop-1", "outcome");
    assert_eq!(outcome.as_deref(), Some("merged"), "{when}: {}", world.why("shop-1"));
    assert_eq!(world.merged(), ["Add a cart", "Begin"], "{when}");
    assert_eq!(world.comments_with(1, "agentos:status"), 1, "{when}");
    assert_eq!(world.shown(1), "done; Done; closed", "{when}");
}

#[test]
fn a_disk_that_fills_up_at_any_place_loses_and_doubles_nothing() {
    for folder in ["runtime", "board", "remotes"] {
        for stage in [&[][..], &["dispatch"], &["dispatch", "queue"]] {
            for spare in [0, 12, 60] {
                fills_up(folder, stage, spare);
            }
        }
    }
}

/// Hands a folder with all it holds to a user who may not do everything.
fn give_to_nobody(world: &World) {
    let given = Command::new("chown").args(["-R", "65534:65534"]).arg(world.root()).status();
    assert!(given.unwrap().success());
}

#[test]
fn a_runtime_folder_that_cannot_be_written_is_said() {
    let world = dispatched(World::new());
    let is_root = world.root().metadata().unwrap().uid() == 0;
    if is_root {
        give_to_nobody(&world);
    }
    let run = |line: &str| {
        let mut command = world.command(&line.split(' ').collect::<Vec<_>>());
        if is_root {
            command.uid(65534).gid(65534);
        }
        command.output()
    };
    if run("--version").is_err() {
        eprintln!("skipped: the program cannot be started by another user here");
        return;
    }
    let set = |paths: &[&str], mode| {
        for path in paths {
            fs::set_permissions(world.path(path), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let inner = ["runtime/mailbox/inbox", "runtime/mailbox/processing", "runtime/locks"];
    set(&inner, 0o500);
    set(&["runtime"], 0o500);
    for job in ["dispatch", "queue", "pr-monitor", "tick"] {
        let output = run(job).unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{job}: {text}");
        if output.status.code() == Some(1) {
            assert!(text.to_lowercase().contains("permission denied"), "{job}: {text}");
        }
    }
    assert_eq!(run("queue").unwrap().status.code(), Some(1));
    assert!(run("status").unwrap().status.success());
    assert_eq!(world.folder_of("shop-1"), "inbox");
    set(&inner, 0o700);
    set(&["runtime"], 0o700);
    assert!(run("queue").unwrap().status.success());
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_configuration_that_may_not_be_read_is_said() {
    let world = World::new();
    let path: &Path = &world.path("config.yaml");
    if world.root().metadata().unwrap().uid() != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        said(&world.run("status").code(2), &["config.yaml"]);
        return;
    }
    give_to_nobody(&world);
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let Ok(output) = world.command(&["status"]).uid(65534).gid(65534).output() else { return };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("config.yaml"), "{text}");
}

#[test]
fn a_file_where_the_runtime_folder_should_be_is_said() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    if world.path("runtime").is_dir() {
        fs::remove_dir_all(world.path("runtime")).unwrap();
    }
    world.write("runtime", "not a folder");
    for command in ["dispatch", "queue", "pr-monitor", "tick", "status"] {
        let run = world.run(command);
        assert!(matches!(run.code, Some(0 | 1 | 2 | 75)), "{command}: {run:?}");
    }
    said(&world.run("dispatch").code(1), &["runtime"]);
    assert_eq!(world.read("runtime"), "not a folder");
}
