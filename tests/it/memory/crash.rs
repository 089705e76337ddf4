//! Memory on a protected branch, with a process that dies at every point on the way: proposed, updated, merged, nothing lost and nothing twice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::local::PROTECTED;
use crate::crash::stride;
use crate::support::crash_root::CrashRoot;
use crate::support::invariants::at_rest;

/// An agent that needs one run.
const PLAIN: &str = "cat > /dev/null\necho done > work-$AGENTOS_TASK_ID.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

/// More points than a run of `pr-monitor` has.
const MOST_POINTS: usize = 400;

/// The points on the way of memory, each tried where the run reaches it.
const POINTS: [&str; 16] = [
    "finish.remembered:1",
    "finish.remembered:2",
    "memory:1",
    "memory:2",
    "memory.commit:1",
    "memory.built:1",
    "memory.announced:1",
    "push:1",
    "push:2",
    "memory.proposed:1",
    "open_pull:1",
    "open_pull:2",
    "memory.opened:1",
    "memory.merged:1",
    "memory.forgotten:1",
    "memory.ended:1",
];

fn memory(root: &CrashRoot) -> String {
    let remote = root.root().join("remotes/shop.git");
    let mut git = Command::new("git");
    git.arg("-C").arg(remote).args(["show", "main:CODEBASE.md"]).stderr(Stdio::null());
    String::from_utf8_lossy(&git.output().unwrap().stdout).into_owned()
}

/// Two tasks with open pull requests on a protected branch.
fn prepared() -> CrashRoot {
    let root = CrashRoot::new(&[("first", PLAIN)], "");
    let hook = root.root().join("remotes/shop.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, PROTECTED).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    for title in ["Add a cart", "Add a till"] {
        root.issue(title);
    }
    for job in ["dispatch", "queue"] {
        assert_eq!(root.run(job, None).code, Some(0));
    }
    root
}

/// Goes on until nothing waits any more, and says what is wrong then.
fn end_of(root: &CrashRoot) -> Vec<String> {
    for _ in 0..6 {
        let ended = root.run("pr-monitor", None);
        if !matches!(ended.code, Some(0 | 1 | 75)) {
            return vec![format!("{ended:#?}")];
        }
    }
    let mut faults = at_rest(&root.root());
    let text = memory(root);
    for task in ["shop-1", "shop-2"] {
        let entries = text.matches(&format!("<!-- agentos:memory {task} -->")).count();
        if entries != 1 {
            faults.push(format!("{entries} entries of {task}"));
        }
    }
    let waiting = root.root().join("runtime/memory/shop");
    let left = fs::read_dir(waiting).into_iter().flatten().flatten();
    faults.extend(left.map(|entry| format!("left: {}", entry.path().display())));
    faults
}

#[test]
fn memory_survives_a_crash_at_every_point_of_its_way() {
    let root = prepared();
    let (mut crashes, mut failures) = (0, Vec::new());
    // In the first run the work is merged and its memory proposed, in the second it is merged itself.
    for step in 0..2 {
        root.save("before");
        let counted = (1 + step..MOST_POINTS).step_by(stride()).map(|point| point.to_string());
        let mut is_through = false;
        for point in POINTS.map(str::to_owned).into_iter().chain(counted) {
            let is_counted = !point.contains(':');
            if is_counted && is_through {
                continue;
            }
            root.restore("before");
            let crash = root.run("pr-monitor", Some(&point));
            if crash.signal.is_none() {
                is_through |= is_counted;
                continue;
            }
            crashes += 1;
            let words = crash.stderr.lines().last().unwrap_or_default().to_owned();
            for fault in end_of(&root) {
                failures.push(format!("run {step}, point {point} ({words}): {fault}"));
            }
        }
        root.restore("before");
        assert_eq!(root.run("pr-monitor", None).code, Some(0));
    }
    println!("{crashes} crashes");
    assert!(crashes >= POINTS.len(), "some point of the list is never reached");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
