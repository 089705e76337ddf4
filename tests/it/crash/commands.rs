//! A dispatch that carries out a command dies at each of its points: the command has its effect once, and one answer.

use crate::support::crash_root::CrashRoot;
use crate::support::invariants::always;

/// Never done, so that each attempt can be counted; a file of its own for each task, and it may not be merged.
const HALF: &str = "cat > /dev/null\necho half >> half.txt\nprintf 'STATUS: partial\\nBLOCKER_CODE: test_failure\\nSUMMARY: Half.\\nNEXT_STEP: on\\n' > .agent_result.md\n";
const WHOLE: &str = "cat > /dev/null\necho it > work.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

/// Plays these jobs, then lets somebody command something.
fn commanded(agent: &str, jobs: &[&str], text: &str) -> CrashRoot {
    let settings = "default_max_attempts: 1\nprotected_paths: ['work.txt']\n";
    let root = CrashRoot::new(&[("first", agent)], settings);
    root.issue("Add an item");
    for job in jobs {
        assert_eq!(root.run(job, None).code, Some(0), "{job}");
    }
    let mut command = root.command("issue comment 1", None);
    assert!(command.arg(text).output().unwrap().status.success());
    root.save("commanded");
    root
}

fn read(root: &CrashRoot, path: &str) -> String {
    std::fs::read_to_string(root.root().join(path)).unwrap_or_default()
}

fn answers(root: &CrashRoot) -> usize {
    read(root, "board/shop/issues/1.comments.md").matches("<!-- agentos:command ").count()
}

fn attempts(root: &CrashRoot) -> usize {
    read(root, "runtime/metrics/agent_stats.jsonl").lines().count()
}

/// Dies at every point of the dispatch; after the next runs, in two orders, `is_right` must hold.
#[track_caller]
fn at_every_point(root: &CrashRoot, is_right: impl Fn(&CrashRoot) -> bool) {
    let mut died = 0;
    // Every third point, and each one where all are asked for.
    let step = if super::stride() == 1 { 1 } else { 3 };
    for point in (1..).step_by(step) {
        for jobs in [["dispatch", "queue", "dispatch"], ["queue", "dispatch", "queue"]] {
            root.restore("commanded");
            let crash = root.run("dispatch", Some(&point.to_string()));
            if crash.signal.is_none() {
                assert!(died > 1, "{crash:?}");
                return;
            }
            died += 1;
            for job in jobs.into_iter().chain(["dispatch", "queue"]) {
                let ended = root.run(job, None);
                assert!(matches!(ended.code, Some(0 | 75)), "{point}: {job}: {ended:?}");
            }
            let story = crate::support::invariants::story(&root.root());
            assert_eq!(answers(root), 1, "{point} {}: {story}", crash.stderr);
            assert!(is_right(root), "{point} {} {jobs:?}: {story}", crash.stderr);
            assert_eq!(always(&root.root()), Vec::<String>::new());
        }
    }
}

#[test]
fn a_retry_is_one_attempt_whenever_its_dispatch_dies() {
    let root = commanded(HALF, &["dispatch", "queue"], "Go on.\n/agent retry");
    at_every_point(&root, |root| {
        attempts(root) == 2 && root.root().join("runtime/mailbox/escalated/shop-1.md").exists()
    });
}

#[test]
fn a_cancellation_is_final_whenever_its_dispatch_dies() {
    let root = commanded(WHOLE, &["dispatch", "queue"], "/agent cancel");
    at_every_point(&root, |root| {
        read(root, "runtime/mailbox/done/shop-1.md").contains("outcome: cancelled")
            && read(root, "board/shop/pulls/2.md").contains("state: closed")
    });
    let root = commanded(WHOLE, &["dispatch"], "/agent cancel");
    at_every_point(&root, |root| {
        read(root, "runtime/mailbox/done/shop-1.md").contains("outcome: cancelled")
    });
}

#[test]
fn a_pause_and_an_approval_are_kept_whenever_their_dispatch_dies() {
    let root = commanded(WHOLE, &["dispatch"], "/agent pause");
    at_every_point(&root, |root| root.root().join("runtime/state/task_disabled/shop-1").exists());
    let root = commanded(WHOLE, &["dispatch", "queue"], "/agent approve");
    at_every_point(&root, |root| {
        read(root, "runtime/mailbox/done/shop-1.md").contains("approved_head: ")
    });
}
