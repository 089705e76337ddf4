//! Nothing of an agent is alive after its run, whatever it did to get away and whoever was killed.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use agentos::sys::process::descendants_of;

use crate::support::{Script, World, processes_with};

/// Long enough for a loaded machine; nothing that works waits for it.
const LONG: Duration = Duration::from_secs(60);

/// Forks twice into a session of its own without environment, ignores what asks it to end, and stays.
fn escapes(mark: &str) -> Script {
    let stay = format!("trap \\\"\\\" TERM HUP INT; : > away; while :; do sleep 1; done # {mark}");
    Script::new()
        .line(&format!("(env -i setsid sh -c \"(trap '' TERM HUP INT; setsid sh -c \\\"{stay}\\\" </dev/null >/dev/null 2>&1 &)\" &)"))
        .line("until test -e away; do sleep 0.01; done")
        .line("echo x > work.txt")
}

fn mark(name: &str) -> String {
    format!("escapee-{name}-{}", std::process::id())
}

fn modes() -> Vec<&'static str> {
    let mut modes = super::modes();
    modes.extend(["auto", "off"]);
    modes
}

fn dispatched(agent: Script, mode: &str, further: &str) -> World {
    let world =
        World::with_agents(&[("worker", agent)]).setting(&format!("sandbox: {mode}{further}"));
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

#[track_caller]
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn after_an_end_by_itself() {
    for mode in modes() {
        let mark = mark(&format!("end-{mode}"));
        let agent = escapes(&mark).reports("complete", "none", "Did it.");
        let world = dispatched(agent, mode, "");
        world.run("queue").ok();
        assert_eq!(processes_with(&mark), Vec::<String>::new(), "{mode}");
        assert_eq!(world.folder_of("shop-1"), "done", "{mode}");
    }
}

#[test]
fn after_its_deadline() {
    for mode in modes() {
        let mark = mark(&format!("deadline-{mode}"));
        let world =
            dispatched(escapes(&mark).line("sleep 300"), mode, "\nmax_runtime_minutes: 0.02");
        world.run("queue --once").ok();
        assert_eq!(processes_with(&mark), Vec::<String>::new(), "{mode}");
        assert_eq!(world.stats()[0]["blocker_code"], "timeout", "{mode}");
    }
}

#[test]
fn after_worker_and_helper_were_killed() {
    for mode in modes() {
        let mark = mark(&format!("killed-{mode}"));
        let world = dispatched(escapes(&mark).line("sleep 300"), mode, "");
        let mut worker = world.command(&["queue"]).stdout(Stdio::null()).spawn().unwrap();
        eventually("the escape", || world.path("runtime/worktrees/shop/shop-1/work.txt").exists());
        let children = descendants_of(worker.id());
        let helper = children.iter().find(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.starts_with(b"agentos-run:")
        });
        let pids = [worker.id().to_string(), helper.unwrap().to_string()];
        assert!(Command::new("kill").arg("-KILL").args(pids).status().unwrap().success());
        worker.wait().unwrap();
        if processes_with(&mark).is_empty() || receipt_will_say_namespace() {
            eventually("all of them gone", || processes_with(&mark).is_empty());
        }
        // Whoever takes the task over goes on only when nothing is left.
        let world = world.agent("worker", Script::works());
        world.run("queue").ok();
        assert_eq!(processes_with(&mark), Vec::<String>::new(), "{mode}");
        assert_eq!(world.folder_of("shop-1"), "done", "{mode}");
    }
}

/// Whether this machine gives namespaces of processes, which end with the helper and need nobody to take over.
fn receipt_will_say_namespace() -> bool {
    use agentos::sys::sandbox::{Control, Mode, Tier, tiers};
    let reached = tiers(Mode::Auto, "", None);
    reached.iter().any(|it| it.control == Control::Processes && it.tier == Tier::Enforced)
}
