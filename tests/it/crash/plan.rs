//! A planning run dies at each of its points: the sprint is made once, asked about once, done once and remembered once.

use crate::support::crash_root::{CrashRoot, git};
use crate::support::invariants::always;

const WORKS: &str = "cat > /dev/null\n";

/// Two issues in the backlog of a repository that is planned for.
fn backlog(more: &str) -> CrashRoot {
    let root = CrashRoot::new(&[("first", WORKS)], &format!("plan_size: 2\n{more}"));
    for title in ["Add an item", "Add another"] {
        let mut command = root.command("issue create --title", None);
        assert!(command.arg(title).output().unwrap().status.success());
    }
    root
}

fn read(root: &CrashRoot, path: &str) -> String {
    std::fs::read_to_string(root.root().join(path)).unwrap_or_default()
}

/// What must hold when everything was said and done.
fn faults(root: &CrashRoot) -> Vec<String> {
    let mut faults = always(&root.root());
    for number in [1, 2] {
        let issue = read(root, &format!("board/shop/issues/{number}.md"));
        if !issue.contains("status: Ready") || issue.matches("prio:normal").count() != 1 {
            faults.push(format!("#{number}: {issue}"));
        }
    }
    let sprint = read(root, "runtime/state/approvals/shop-2026-01-05.yaml");
    if !sprint.contains("ended_at: ") || !sprint.contains("promoted:\n  - 1\n  - 2\n") {
        faults.push(sprint);
    }
    let sprints = std::fs::read_dir(root.root().join("runtime/state/approvals")).unwrap().count();
    let strategy = git(&root.root().join("remotes/shop.git"), &["show", "main:STRATEGY.md"]);
    if sprints != 1 || strategy.matches("### Sprint ").count() != 1 {
        faults.push(format!("{sprints} sprints, and {strategy}"));
    }
    faults
}

/// Dies at every point of a planning run and goes on.
#[track_caller]
fn at_every_point(
    root: &CrashRoot,
    rest: impl Fn(&CrashRoot),
    is_right: impl Fn(&CrashRoot) -> Vec<String>,
) {
    root.save("before");
    let step = if super::stride() == 1 { 1 } else { 3 };
    for (died, point) in (1..).step_by(step).enumerate() {
        root.restore("before");
        let crash = root.run("plan", Some(&point.to_string()));
        if crash.signal.is_none() {
            assert!(died > 3, "{crash:?}");
            return;
        }
        rest(root);
        for job in ["plan", "pr-monitor", "plan", "pr-monitor"] {
            let ended = root.run(job, None);
            assert!(matches!(ended.code, Some(0 | 75)), "{point}: {job}: {ended:?}");
        }
        let faults = is_right(root);
        assert!(faults.is_empty(), "{point} {}: {faults:#?}", crash.stderr);
    }
}

#[test]
fn a_sprint_is_done_once_whenever_its_run_dies() {
    at_every_point(&backlog(""), |_| {}, faults);
}

#[test]
fn a_sprint_is_asked_about_once_whenever_its_run_dies() {
    let root = backlog("plan_approval: required\n");
    let approve = |root: &CrashRoot| {
        assert_eq!(root.run("plan", None).code, Some(0));
        let mut command = root.command("issue comment 3", None);
        assert!(command.arg("/agent approve").output().unwrap().status.success());
    };
    at_every_point(&root, approve, |root| [faults(root), asked(root)].concat());
}

#[test]
fn an_approved_sprint_is_done_once_whenever_its_run_dies() {
    let root = backlog("plan_approval: required\n");
    assert_eq!(root.run("plan", None).code, Some(0));
    let mut command = root.command("issue comment 3", None);
    assert!(command.arg("/agent approve").output().unwrap().status.success());
    at_every_point(&root, |_| {}, |root| [faults(root), asked(root)].concat());
}

/// One issue asks, it has one answer and one end, and is closed.
fn asked(root: &CrashRoot) -> Vec<String> {
    let issue = read(root, "board/shop/issues/3.md");
    let thread = read(root, "board/shop/issues/3.comments.md");
    let is_right = issue.contains("state: closed")
        && !root.root().join("board/shop/issues/4.md").exists()
        && thread.matches("<!-- agentos:command ").count() == 1
        && thread.matches("/end -->").count() == 1;
    if is_right { Vec::new() } else { vec![issue, thread] }
}
