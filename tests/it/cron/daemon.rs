//! A real cron daemon, where one is installed and may be started: it ticks until an issue is merged. Elsewhere `bin/check cron` says why not.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Script, World};

/// Three minutes' ticks, and some more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(480);

/// The daemon, and the crontab of this user as it was; both are as before when it is dropped.
struct Daemon {
    child: Child,
    before: Option<Vec<u8>>,
}

impl Daemon {
    fn start() -> Self {
        let list = Command::new("crontab").arg("-l").output().unwrap();
        let before = list.status.success().then_some(list.stdout);
        let child = Command::new("cron")
            .args(["-f", "-L", "15"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, before }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        match &self.before {
            None => drop(Command::new("crontab").arg("-r").status()),
            Some(table) => {
                let file = std::env::temp_dir().join(format!("crontab-{}", std::process::id()));
                drop(fs::write(&file, table));
                drop(Command::new("crontab").arg(&file).status());
                drop(fs::remove_file(&file));
            }
        }
    }
}

/// A link to the program and the wrappers, in a folder whose name is hard to quote.
fn installation(world: &World) -> PathBuf {
    let folder = world.path("our 100% tools/bin");
    fs::create_dir_all(&folder).unwrap();
    let script = r#"cp "$1"/bin/*.sh "$2" && cp "$3" "$2/agentos""#;
    let copied = Command::new("/bin/sh")
        .args(["-c", script, "sh", env!("CARGO_MANIFEST_DIR")])
        .arg(&folder)
        .arg(env!("CARGO_BIN_EXE_agentos"))
        .status();
    assert!(copied.unwrap().success());
    folder.join("agentos")
}

#[test]
fn a_real_daemon_ticks_until_an_issue_is_merged() {
    if std::env::var_os("AGENTOS_CRON").is_none() {
        // It takes minutes and the crontab of this user.
        return;
    }
    let world = World::with_agents(&[("worker", Script::works())]);
    let number = world.ready_issue("Add a cart", "");
    let program = installation(&world);
    let daemon = Daemon::start();
    let installed = Command::new(&program)
        .args(["cron", "install", "--root"])
        .arg(world.root())
        .env("HOME", world.path("home"))
        .output()
        .unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let begun = Instant::now();
    while world.issue(number)["state"] != "closed" {
        let log = fs::read_to_string(world.path("runtime/logs/cron.log")).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "no merge within {PATIENCE:?}; cron's log:\n{log}");
        std::thread::sleep(Duration::from_secs(1));
    }
    println!("merged after {} s of a real cron", begun.elapsed().as_secs());
    let removed =
        Command::new(&program).args(["cron", "remove", "--root"]).arg(world.root()).status();
    assert!(removed.unwrap().success());
    drop(daemon);
}
