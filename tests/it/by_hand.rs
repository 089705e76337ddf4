//! `ls`, `cat`, `mv` and an editor are a supported interface: what people do to files by hand is honoured at the next run.

mod broken;
mod orders;

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Script, World};

fn dispatched(world: World) -> World {
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

fn inbox_file() -> String {
    "runtime/mailbox/inbox/shop-1.md".to_owned()
}

/// Partial at every run, and one file more each time.
fn never_done() -> Script {
    Script::new()
        .line("echo \"$AGENTOS_ATTEMPT\" >> tries.txt")
        .reports("partial", "none", "Not yet.")
}

/// Waits until something is so, without a fixed time.
#[track_caller]
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within 20 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn moving_an_escalated_task_to_the_inbox_gives_it_one_more_attempt_whatever_its_counters() {
    let world = World::with_agents(&[("worker", never_done())]).setting("default_max_attempts: 1");
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    for attempt in 2..=3 {
        world.mv("shop-1", "escalated", "inbox");
        world.run("queue").ok();
        assert_eq!(world.folder_of("shop-1"), "escalated");
        assert_eq!(world.stats().len(), attempt);
        assert!(world.path(&format!("runtime/runs/shop-1/{attempt}/result.md")).exists());
        assert!(world.task_text("shop-1").contains(&format!("# Attempt {attempt} (worker)")));
    }
}

#[test]
fn moving_a_blocked_task_to_the_inbox_retries_it() {
    let agent = Script::new().line(
        "if test $AGENTOS_ATTEMPT = 1; then printf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nBLOCKERS:\\n- What?\\n' > .agent_result.md; else echo x > x.txt; printf 'STATUS: complete\\nSUMMARY: ok\\n' > .agent_result.md; fi",
    );
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    world.mv("shop-1", "blocked", "inbox");
    world.run("dispatch").ok();
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("2"));
}

#[test]
fn task_retry_does_what_moving_does() {
    let world = World::with_agents(&[("worker", never_done())]).setting("default_max_attempts: 1");
    let world = dispatched(world);
    world.run("queue").ok();
    world.run("task retry shop-1").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.task_key("shop-1", "attempt").as_deref(), Some("2"));
    assert_eq!(world.shown(1), "in-progress; In Progress; open");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.stats().len(), 2);
}

#[test]
fn a_file_that_is_moved_out_of_processing_stops_its_worker_at_the_next_checkpoint() {
    let agent = Script::new()
        .line("mv \"$OPERATOR/../runtime/mailbox/processing/shop-1.md\" \"$OPERATOR/../runtime/mailbox/blocked/\"")
        .writes("work.txt", "work")
        .reports("complete", "none", "Did it.");
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    let run = world.run("queue").ok();
    assert!(run.stdout.contains("1 moved"), "{}", run.stdout);
    assert_eq!(world.folder_of("shop-1"), "blocked");
    assert!(world.agent_branches().is_empty());
    assert!(world.path("runtime/worktrees/shop/shop-1/work.txt").exists(), "nothing is lost");
}

#[test]
fn a_task_that_is_moved_back_while_it_runs_is_run_anew() {
    let agent = Script::new()
        .line("test -e \"$OPERATOR/once\" || { touch \"$OPERATOR/once\"; mv \"$OPERATOR/../runtime/mailbox/processing/shop-1.md\" \"$OPERATOR/../runtime/mailbox/inbox/\"; }")
        .writes("work.txt", "work")
        .reports("complete", "none", "Did it.");
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.stats().len(), 1);
}

#[test]
fn moving_a_task_to_done_by_hand_or_cancelling_it_ends_it() {
    let world = dispatched(World::new());
    world.run("task cancel shop-1").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(world.shown(1), "; Backlog; open");
    world.run("task cancel shop-1").code(1);
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert!(world.stats().is_empty());
}

#[test]
fn unknown_keys_survive_every_rewrite() {
    let world = dispatched(World::new());
    world.replace(
        &inbox_file(),
        "schema: 1\n",
        "schema: 1\nmy_note: \"keep: me\"\nmy_list:\n  - one\n  - 2\n",
    );
    world.run("queue").ok();
    world.run("pr-monitor").ok();
    let text = world.task_text("shop-1");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert!(text.contains("my_note: ") && text.contains("keep: me"), "{text}");
    assert!(text.contains("my_list:\n  - one\n  - 2\n"), "{text}");
}

#[test]
fn edits_of_agent_and_priority_in_the_inbox_are_honoured() {
    let world = World::with_agents(&[("first", Script::works()), ("second", Script::works())]);
    world.ready_issue("One", "");
    world.ready_issue("Two", "");
    world.run("dispatch").ok();
    world.replace("runtime/mailbox/inbox/shop-2.md", "priority: normal", "priority: high");
    world.replace("runtime/mailbox/inbox/shop-2.md", "agent: auto", "agent: second");
    world.run("queue").ok();
    let stats = world.stats();
    assert_eq!(stats[0]["task_id"], "shop-2");
    assert_eq!(stats[0]["agent"], "second");
    assert_eq!(stats[1]["agent"], "first");
}

#[test]
fn a_parked_task_whose_time_is_removed_goes_on_at_once() {
    let world = dispatched(World::new());
    world.replace(&inbox_file(), "base_branch:", "not_before: 2026-01-09T00:00:00Z\nbase_branch:");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(world.reason("shop-1").contains("parked"));
    world.replace(&inbox_file(), "not_before: 2026-01-09T00:00:00Z\n", "");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn an_edit_of_the_body_reaches_the_agent() {
    let world = dispatched(World::new());
    world.replace(&inbox_file(), "# Context\n", "# Context\n\nThe blue one, please.\n");
    world.run("queue").ok();
    assert!(world.prompt("shop-1", "1").contains("The blue one, please."));
}

#[test]
fn a_poison_file_is_set_aside_with_a_reason_and_stops_nothing() {
    let world = dispatched(World::new());
    for (name, text) in [
        ("shop-50.md", "---\ntask_id: [\n---\n"),
        ("shop-51.md", ""),
        ("shop-52.md", "no front matter"),
        ("notes about things.md", "hello"),
        ("shop-53.md", "---\ntask_id: shop-99\nrepo: acme/shop\nissue: 53\n---\n"),
    ] {
        world.write(&format!("runtime/mailbox/inbox/{name}"), text);
    }
    let run = world.run("queue").code(1);
    assert_eq!(world.folder_of("shop-1"), "done");
    for name in ["shop-50", "shop-51", "shop-52", "notes about things", "shop-53"] {
        assert!(world.path(&format!("runtime/mailbox/failed/{name}.md")).exists(), "{name}");
        let reason = world.read(&format!("runtime/mailbox/failed/{name}.md.reason.txt"));
        assert!(reason.trim().len() > 10, "{name}: {reason}");
        assert!(run.stderr.contains(name), "{name} in {}", run.stderr);
    }
    world.run("queue").ok();
    world.run("status").ok();
}

#[test]
fn a_mended_poison_file_is_worked_on() {
    let world = dispatched(World::new());
    world.replace(&inbox_file(), "task_type: implementation", "task_type: [");
    world.run("queue").code(1);
    assert_eq!(world.folder_of("shop-1"), "failed");
    world.replace("runtime/mailbox/failed/shop-1.md", "task_type: [", "task_type: implementation");
    world.mv("shop-1", "failed", "inbox");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_task_of_an_unconfigured_repository_stays_where_it_is() {
    let world = dispatched(World::new());
    world.replace("config.yaml", "repo: acme/shop", "repo: acme/other");
    let before = world.task_text("shop-1");
    world.run("queue").ok();
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.task_text("shop-1"), before);
    let why = world.why("shop-1");
    assert_eq!(why["moving"], false);
    assert!(why["reason"].as_str().unwrap().contains("acme/shop"), "{why}");
    assert!(why["reason"].as_str().unwrap().contains("configuration"), "{why}");
    world.replace("config.yaml", "repo: acme/other", "repo: acme/shop");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn an_issue_file_written_by_hand_is_enough() {
    let world = World::new();
    for (number, text) in [
        (1, "---\ntitle: By front matter\nstatus: Ready\n---\nPlease.\n"),
        (2, "---\ntitle: By label\nlabels: [ready]\n---\n"),
        (3, "# By heading\n\nNo front matter at all.\n"),
        (4, "---\r\ntitle: Windows\r\nstatus: ready\r\n---\r\nLines end otherwise.\r\n"),
    ] {
        world.write(&format!("board/shop/issues/{number}.md"), text);
    }
    world.run("dispatch").ok();
    for (number, folder) in [(1, true), (2, true), (3, false), (4, true)] {
        let path = world.path(&format!("runtime/mailbox/inbox/shop-{number}.md"));
        assert_eq!(path.exists(), folder, "{number}");
    }
    assert_eq!(world.issue(4)["title"], "Windows");
    assert!(world.read("board/shop/issues/1.md").ends_with("---\nPlease.\n"));
}

#[test]
fn a_board_file_that_is_broken_by_hand_hides_no_other() {
    let world = World::new();
    world.ready_issue("Good", "");
    world.write("board/shop/issues/7.md", "---\ntitle: [broken\nstatus: Ready\n---\nText\n");
    world.write("board/shop/issues/notes.txt", "not an issue");
    let run = world.run("dispatch").code(1);
    assert!(run.stderr.contains("issues/7.md"), "{}", run.stderr);
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(
        world.read("board/shop/issues/7.md"),
        "---\ntitle: [broken\nstatus: Ready\n---\nText\n"
    );
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn keys_and_comments_of_people_in_a_board_file_survive() {
    let world = World::new();
    world.write(
        "board/shop/issues/1.md",
        "---\ntitle: Mine   # a remark\nstatus: Ready\nestimate: 3\nlabels: [nice]\n---\nBody\n\n```\n---\n```\n",
    );
    world.run("tick").ok();
    let text = world.read("board/shop/issues/1.md");
    assert!(text.contains("estimate: 3") && text.contains("nice"), "{text}");
    assert!(text.ends_with("Body\n\n```\n---\n```\n"), "{text}");
    assert_eq!(world.shown(1), "done,nice; Done; closed");
}

#[test]
fn a_comment_written_into_the_file_by_hand_is_an_answer() {
    let agent = Script::new().line(
        "case \"$prompt\" in *francs*) echo x > x.txt; printf 'STATUS: complete\\nSUMMARY: ok\\n' > .agent_result.md;; *) printf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nBLOCKERS:\\n- Which currency?\\n' > .agent_result.md;; esac",
    );
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue").ok();
    world.edit("board/shop/issues/1.comments.md", |text| format!("{text}\nSwiss francs.\n"));
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn a_worktree_that_is_removed_between_attempts_is_made_again() {
    let agent = Script::new()
        .line("if test $AGENTOS_ATTEMPT = 1; then echo a > a.txt; printf 'STATUS: partial\\nBLOCKER_CODE: none\\nSUMMARY: half\\n' > .agent_result.md; else echo b > b.txt; printf 'STATUS: complete\\nSUMMARY: ok\\n' > .agent_result.md; fi");
    let world = dispatched(
        World::with_agents(&[("worker", agent)]).setting("agent_timeout_minutes: {worker: 1}"),
    );
    world.run("queue --once").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    fs::remove_dir_all(world.path("runtime/worktrees/shop/shop-1")).unwrap();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    world.run("pr-monitor").ok();
    let files = world.files_on_main();
    assert!(files.contains(&"b.txt".to_owned()), "{files:?}");
    assert!(
        files.contains(&"a.txt".to_owned()),
        "the saved work of attempt 1 came back: {files:?}"
    );
}
