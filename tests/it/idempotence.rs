//! The same world twice: whatever stage a story has reached, a job that is run once more writes nothing, not even the same bytes again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::support::{Script, World};

/// What a file looks like from outside: content, and when and as what it was last changed.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    bytes: Vec<u8>,
    changed: (i64, i64),
    inode: u64,
}

/// Every file and folder below the root, except what the contract leaves out.
fn look(world: &World) -> BTreeMap<PathBuf, Look> {
    let mut seen = BTreeMap::new();
    for part in ["board", "remotes", "runtime", "shop", "agents", "config.yaml"] {
        descend(&world.path(part), world.root(), &mut seen);
    }
    seen
}

fn descend(path: &Path, root: &Path, seen: &mut BTreeMap<PathBuf, Look>) {
    let shown = path.strip_prefix(root).unwrap().to_owned();
    let left_out = ["runtime/logs", "runtime/locks", "runtime/cache"];
    if left_out.iter().any(|out| shown.starts_with(out)) {
        return;
    }
    let Ok(metadata) = path.symlink_metadata() else { return };
    // A folder changes its time with what is made and removed in it, which would show a file that was written and taken away again.
    let bytes = if metadata.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    let changed = (metadata.mtime(), metadata.mtime_nsec());
    seen.insert(shown, Look { bytes, changed, inode: metadata.ino() });
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            descend(&entry.unwrap().path(), root, seen);
        }
    }
}

/// Runs every job twice over; the second time nothing may be written.
#[track_caller]
fn settled(world: &World, stage: &str, jobs: &[&str]) {
    for job in jobs {
        let before = look(world);
        world.run(job).ok();
        let after = look(world);
        let touched: Vec<_> = before
            .iter()
            .filter(|(path, look)| after.get(*path) != Some(look))
            .map(|(path, _)| path)
            .chain(after.keys().filter(|path| !before.contains_key(*path)))
            .collect();
        assert!(touched.is_empty(), "`{job}` once more, {stage}: {touched:?}");
    }
}

const ALL: [&str; 4] = ["dispatch", "queue", "pr-monitor", "tick"];

#[test]
fn an_idle_world_stays_as_it_is() {
    let world = World::new();
    world.run("tick").ok();
    settled(&world, "idle", &ALL);
    world.run_words(&["issue", "create", "Not ready"]).ok();
    settled(&world, "with an issue that is not Ready", &ALL);
}

#[test]
fn every_stage_up_to_the_merge_is_reached_once() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    settled(&world, "dispatched", &["dispatch", "pr-monitor"]);
    world.run("queue").ok();
    settled(&world, "pull request open", &["dispatch", "queue"]);
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    world.run("tick").ok();
    settled(&world, "merged", &ALL);
}

#[test]
fn a_pull_request_that_waits_for_a_person_is_left_alone() {
    let world = World::new().repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    settled(&world, "held", &ALL);
    world.push_by_hand("agent/shop-1", "theirs.txt", "theirs\n");
    world.run("pr-monitor").ok();
    settled(&world, "hands off", &ALL);
}

#[test]
fn a_red_pull_request_is_sent_to_repair_once() {
    let agent = Script::new()
        .line("echo \"$AGENTOS_ATTEMPT\" > broken")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]).setting("ci_max_retries: 1");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    settled(&world, "repair queued", &["dispatch", "pr-monitor"]);
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    settled(&world, "escalated", &ALL);
}

#[test]
fn what_waits_is_asked_once() {
    let agent = Script::new().line(
        "printf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nBLOCKERS:\\n- What?\\n' > .agent_result.md",
    );
    let mut world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "blocked");
    settled(&world, "blocked", &ALL);
    world.advance(SignedDuration::from_hours(100));
    // So long without a merge is an alarm, which is remembered once.
    world.run("tick").ok();
    settled(&world, "blocked for days", &ALL);
}

#[test]
fn what_is_parked_is_left_alone_until_its_time() {
    let agent = Script::new().line("echo 'Error: usage limit reached' >&2; exit 1");
    let mut world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert!(world.task_key("shop-1", "not_before").is_some());
    settled(&world, "parked", &ALL);
    world.advance(SignedDuration::from_mins(30));
    settled(&world, "parked for half an hour", &ALL);
}

#[test]
fn whatever_ended_stays_ended() {
    for end in ["cancelled", "no_change", "closed"] {
        let agent = if end == "no_change" {
            Script::new().line(
                "printf 'STATUS: complete\\nDONE:\\n- no-change: there\\nTESTS_RUN:\\n- ok\\n' > .agent_result.md",
            )
        } else {
            Script::works()
        };
        let world = World::with_agents(&[("worker", agent)])
            .repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
        world.ready_issue("Add a cart", "");
        world.run("dispatch").ok();
        if end == "cancelled" {
            world.run("issue close 1").ok();
        }
        world.run("tick").ok();
        if end == "closed" {
            world.replace("board/shop/pulls/2.md", "state: open", "state: closed");
            world.run("pr-monitor").ok();
        }
        assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some(end));
        world.run("tick").ok();
        settled(&world, end, &ALL);
    }
}

#[test]
fn waiting_issues_are_waited_for_without_a_trace() {
    let world = World::new();
    world.run_words(&["issue", "create", "Base"]).ok();
    world.ready_issue("On top", "Depends on #1\n");
    world.run("tick").ok();
    settled(&world, "waiting for a dependency", &ALL);
}

#[test]
fn a_task_that_nobody_can_take_is_left_alone() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.replace("config.yaml", "repo: acme/shop", "repo: acme/other\n  task_prefix: other");
    world.run("tick").ok();
    settled(&world, "unconfigured", &ALL);
}

#[test]
fn a_switch_that_is_set_is_set_once() {
    let world = World::new();
    for command in ["off", "on", "pause --job queue", "resume --job queue", "disarm", "arm"] {
        world.run(command).ok();
        settled(&world, command, &[command]);
    }
}

#[test]
fn two_dispatches_at_once_make_one_task() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    let start =
        || world.command(&["dispatch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut all = [start(), start(), start()];
    for process in &mut all {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.comments_with(1, "agentos:status"), 1);
    assert!(!world.path("runtime/mailbox/inbox/shop-1-2.md").exists());
}
