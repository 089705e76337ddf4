//! The crash loop with the real binary: a story dies at its first crash point and goes on, then at its second, and so on until nothing
//! dies any more. After each death the next runs must bring the story to the same end. Merge, rebase, repair, re-run, memory, commands in
//! comments and housekeeping are crossed, on the local host and on GitHub.

mod commands;
pub(crate) mod people;
mod plan;
pub(crate) mod stages;
pub(crate) mod two_tasks;
pub(crate) mod walk;
mod work;

use crate::support::crash_root::CrashRoot;

/// Which points of each process are tried, besides its first: every n-th. `AGENTOS_CRASH_STRIDE=1` tries all.
pub(crate) fn stride() -> usize {
    number_in("AGENTOS_CRASH_STRIDE").unwrap_or(41)
}

/// The same on GitHub, where a death costs three times as much to follow: `AGENTOS_GITHUB_CRASH_STRIDE` where that is set.
fn stride_on_github() -> usize {
    number_in("AGENTOS_GITHUB_CRASH_STRIDE").unwrap_or_else(stride)
}

fn number_in(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// How many worlds are played in side by side: one more than there are processors, since each waits for its processes now and then.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |count| count.get().min(8) + 1)
}

/// An agent that needs one run.
const PLAIN: &str = "cat > /dev/null\necho done > work.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

#[test]
fn a_pull_request_that_only_the_host_knows_of_is_closed_with_withdrawn_work() {
    let root = CrashRoot::new(&[("first", PLAIN)], "");
    root.issue("Add an item");
    assert_eq!(root.run("dispatch", None).code, Some(0));
    let crash = root.run("queue", Some("open_pull:2"));
    assert!(crash.signal.is_some(), "{crash:?}");
    let issue = root.root().join("board/shop/issues/1.md");
    let text = std::fs::read_to_string(&issue).unwrap();
    std::fs::write(&issue, text.replace("status: In Progress", "status: Backlog")).unwrap();
    assert_eq!(root.run("tick", None).code, Some(0));
    let pull = std::fs::read_to_string(root.root().join("board/shop/pulls/2.md")).unwrap();
    assert!(pull.contains("state: closed"), "{pull}");
}

#[test]
fn a_question_that_a_crash_kept_back_is_asked_by_the_next_run() {
    let asks = "cat > /dev/null\nprintf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nSUMMARY: Which?\\nBLOCKERS:\\n- Which colour?\\n' > .agent_result.md\n";
    let root = CrashRoot::new(&[("first", asks)], "");
    root.issue("Paint it");
    assert_eq!(root.run("dispatch", None).code, Some(0));
    let crash = root.run("queue", Some("settle.moved:1"));
    assert!(crash.signal.is_some(), "{crash:?}");
    assert_eq!(root.run("tick", None).code, Some(0));
    let comments = root.root().join("board/shop/issues/1.comments.md");
    let comments = std::fs::read_to_string(comments).unwrap();
    assert_eq!(comments.matches("<!-- agentos:question shop-1/1 -->").count(), 1, "{comments}");
}
