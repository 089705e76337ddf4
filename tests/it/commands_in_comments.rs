//! `/agent <verb>` in a comment: carried out and answered once, on the local host and on GitHub.

mod github;

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Script, World};

/// Says something on issue 1 and lets dispatch look.
#[track_caller]
fn say(world: &World, text: &str) {
    world.run_words(&["issue", "comment", "1", text]).ok();
    world.run("dispatch").ok();
}

/// Our answers to commands, oldest first, without their marker.
#[track_caller]
fn answers(world: &World) -> Vec<String> {
    let comments = world.comments(1).into_iter();
    let answers = comments.filter(|text| text.starts_with("<!-- agentos:command "));
    answers.filter_map(|text| Some(text.split_once(" -->\n")?.1.trim().to_owned())).collect()
}

/// A world whose pull request is open and green, and waits for a person because it changes too much.
#[track_caller]
fn held() -> World {
    let world = World::new().setting("protected_paths: ['work-*']");
    world.ready_issue("Add a cart", "");
    for job in ["dispatch", "queue", "pr-monitor"] {
        world.run(job).ok();
    }
    assert!(world.reason("shop-1").contains("protected_paths"), "{}", world.reason("shop-1"));
    world
}

fn dispatched() -> World {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

#[test]
fn a_paused_task_is_left_alone_until_it_is_resumed() {
    let world = dispatched();
    say(&world, "/agent pause");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    let status = world.run("--json status").ok().json();
    assert!(status["pauses"][0].as_str().unwrap().contains("resume --task shop-1"), "{status}");
    assert!(world.reason("shop-1").contains("paused"), "{}", world.reason("shop-1"));
    say(&world, "/agent resume");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    insta::assert_snapshot!(answers(&world).join("\n"), @r"
    **agentos** · `shop-1`, to `/agent pause` of ann: it is paused; `/agent resume` lets it go on
    **agentos** · `shop-1`, to `/agent resume` of ann: it goes on
    ");
}

#[test]
fn what_was_said_at_one_moment_is_carried_out_in_the_order_of_the_thread() {
    let world = dispatched();
    let thread = world.path("board/shop/issues/1.comments.md");
    let mut text = fs::read_to_string(&thread).unwrap();
    let wanted = ["pause", "resume"].repeat(4);
    for (number, verb) in wanted.iter().enumerate() {
        let minute = number / 2;
        write!(text, "\n## ann · 2030-01-01T09:0{minute}:00Z\n\n/agent {verb}\n").unwrap();
    }
    fs::write(&thread, text).unwrap();
    world.run("dispatch").ok();
    let answers = answers(&world);
    let verbs = answers.iter().filter_map(|text| text.split('`').nth(3)?.strip_prefix("/agent "));
    assert_eq!(verbs.collect::<Vec<_>>(), wanted);
    assert!(answers.iter().all(|text| !text.contains("is not paused")), "{answers:#?}");
}

#[test]
fn a_paused_pull_request_is_neither_judged_nor_merged() {
    let world = dispatched();
    world.run("queue").ok();
    world.run("pause --task shop-1").ok();
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome"), None);
    assert!(world.reason("pr:2").contains("resume --task shop-1"), "{}", world.reason("pr:2"));
    world.run("resume --task shop-1").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    world.run("pause --task shop-7").code(2);
}

#[test]
fn retry_gives_a_task_that_was_given_up_one_more_attempt() {
    let agent = Script::new().reports("partial", "test_failure", "Half of it.");
    let world = World::with_agents(&[("worker", agent)]).setting("default_max_attempts: 1");
    world.ready_issue("Add a cart", "");
    for _ in 0..3 {
        world.run("tick").ok();
    }
    assert_eq!(world.folder_of("shop-1"), "escalated");
    say(&world, "Once more, please.\n\n/agent retry");
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(
        answers(&world),
        ["**agentos** · `shop-1`, to `/agent retry` of ann: it has one more attempt"]
    );
    let runs = world.stats().len();
    for _ in 0..3 {
        world.run("tick").ok();
    }
    assert_eq!(
        world.folder_of("shop-1"),
        "escalated",
        "an answered command is not carried out again"
    );
    assert_eq!(world.stats().len(), runs + 1);
    assert_eq!(answers(&world).len(), 1);
}

#[test]
fn a_command_answers_no_question_but_the_words_beside_a_retry_do() {
    let agent = Script::new().reports("blocked", "missing_context", "Which colour?");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Paint it", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "blocked");
    say(&world, "/agent status\nthanks");
    assert_eq!(world.folder_of("shop-1"), "blocked", "a look is no answer");
    assert!(answers(&world)[0].contains("waits for a person"), "{:?}", answers(&world));
    assert!(!answers(&world)[0].contains(&world.root().display().to_string()));
    say(&world, "Blue.\n/agent retry");
    assert_eq!(world.folder_of("shop-1"), "inbox");
    let text = world.task_text("shop-1");
    assert!(text.contains("# Answer") && text.contains("Blue."), "{text}");
}

#[test]
fn cancel_ends_a_task_and_keeps_its_branch() {
    let world = held();
    say(&world, "/agent cancel");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(world.task_key("shop-1", "reason").as_deref(), Some("cancelled by ann"));
    assert_eq!(world.run("--json pr show 2").ok().json()["state"], "closed");
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
    assert_eq!(world.shown(1), "; Backlog; open");
    say(&world, "/agent cancel");
    say(&world, "/agent retry");
    assert_eq!(world.folder_of("shop-1"), "inbox", "what was cancelled can be called back");
    assert!(answers(&world)[1].contains("ended already"), "{:?}", answers(&world));
}

#[test]
fn approve_lets_exactly_this_head_pass_and_nothing_else() {
    let world = held();
    world.replace("board/shop/pulls/2.md", "draft: false", "draft: true");
    say(&world, "/agent approve");
    world.run("pr-monitor").ok();
    assert!(world.reason("shop-1").contains("draft"), "{}", world.reason("shop-1"));
    world.replace("board/shop/pulls/2.md", "draft: true", "draft: false");
    world.run("disarm").ok();
    world.run("pr-monitor").ok();
    assert!(world.reason("shop-1").contains("disarmed"), "{}", world.reason("shop-1"));
    let head = world.task_key("shop-1", "head_sha");
    assert_eq!(world.task_key("shop-1", "approved_head"), head);
    assert_eq!(world.task_key("shop-1", "approved_by").as_deref(), Some("ann"));
    // Another head is another question.
    world.edit("runtime/mailbox/done/shop-1.md", |text| {
        let other = |line: &str| {
            if line.starts_with("approved_head: ") {
                format!("approved_head: \"{}\"\n", "0".repeat(40))
            } else {
                format!("{line}\n")
            }
        };
        text.lines().map(other).collect()
    });
    world.run("arm").ok();
    world.run("pr-monitor").ok();
    assert!(world.reason("shop-1").contains("protected_paths"), "{}", world.reason("shop-1"));
    say(&world, "/agent approve 0123abcd");
    assert!(answers(&world)[1].contains("nothing is approved"), "{:?}", answers(&world));
    world.run("pr approve 2 --head 0123abcd").code(1);
    world.run("pr approve 2").ok();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn an_approval_that_is_older_than_the_head_approves_nothing() {
    let agent = Script::new()
        .line("echo work > work.txt; if [ -e broken ]; then rm broken; else touch broken; fi")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    let mut world = world.setting("protected_paths: ['work.txt']");
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    world.run_words(&["issue", "comment", "1", "/agent approve"]).ok();
    world.advance(jiff::SignedDuration::from_hours(1));
    for job in ["pr-monitor", "queue", "dispatch"] {
        world.run(job).ok();
    }
    assert_eq!(world.folder_of("shop-1"), "done");
    assert!(answers(&world)[0].contains("came after this comment"), "{:?}", answers(&world));
    assert_eq!(world.task_key("shop-1", "approved_head"), None);
    let head = world.task_key("shop-1", "head_sha").unwrap();
    say(&world, &format!("/agent approve {}", &head[..10]));
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn what_only_looks_like_a_command_is_left_alone() {
    let world = dispatched();
    for text in [
        "> /agent cancel",
        "```\n/agent cancel\n```",
        "    /agent cancel",
        "<!-- /agent cancel -->",
        "Please /agent cancel",
        "/agents cancel",
    ] {
        say(&world, text);
    }
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(answers(&world).is_empty(), "{:?}", answers(&world));
}

#[test]
fn unknown_verbs_are_answered_with_the_known_ones() {
    let world = dispatched();
    say(&world, "/agent dance");
    say(&world, "/agent");
    say(&world, "/agent developer");
    say(&world, "/AGENT Resume, please");
    insta::assert_snapshot!(answers(&world).join("\n"), @r"
    **agentos** · `shop-1`, to `/agent dance` of ann: `dance` is not a verb: use one of `pause`, `resume`, `retry`, `cancel`, `status`, `approve`
    **agentos** · `shop-1`, to `/agent` of ann: a verb is missing: use one of `pause`, `resume`, `retry`, `cancel`, `status`, `approve`
    **agentos** · `shop-1`, to `/agent developer` of ann: there is no command that starts the work: mark the issue Ready (label `ready`, or its column)
    **agentos** · `shop-1`, to `/agent resume` of ann: it is not paused
    ");
}

#[test]
fn a_command_that_comes_too_late_is_answered_too() {
    let world = dispatched();
    world.run_words(&["issue", "comment", "1", "/agent cancel"]).ok();
    for job in ["queue", "pr-monitor", "dispatch", "dispatch"] {
        world.run(job).ok();
    }
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(answers(&world).len(), 1);
    assert!(answers(&world)[0].contains("ended already: merged"), "{:?}", answers(&world));
}

#[test]
fn an_edit_of_an_answered_command_does_nothing() {
    let world = dispatched();
    say(&world, "/agent pause");
    let comments = "board/shop/issues/1.comments.md";
    world.replace(comments, "\n/agent pause\n", "\n/agent cancel\n");
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(answers(&world).len(), 1);
    // One that a person wrote into the file by hand keeps its name as well.
    world
        .edit(comments, |text| format!("{text}\n## ann · 2026-01-05T09:00:00Z\n\n/agent resume\n"));
    world.run("dispatch").ok();
    world.replace(comments, "\n/agent resume\n", "\n/agent cancel\n");
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(answers(&world).len(), 2);
}

#[test]
fn what_was_said_before_the_dispatch_is_not_carried_out() {
    let world = World::new();
    world.run_words(&["issue", "create", "Add a cart"]).ok();
    world.run_words(&["issue", "comment", "1", "/agent cancel"]).ok();
    world.run("issue ready 1").ok();
    world.run("dispatch").ok();
    world.run("dispatch").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert!(answers(&world).is_empty());
}

/// An agent that waits until somebody lets it go on.
fn patient() -> World {
    let agent = Script::new()
        .line("echo half > half.txt; touch \"$OPERATOR/started\"")
        .line("until [ -e \"$OPERATOR/go\" ]; do sleep 0.05; done")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

fn begun(world: &World) -> Child {
    let mut queue = world.command(&["queue"]);
    let queue = queue.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = queue.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !world.path("home/started").exists() {
        assert!(Instant::now() < deadline, "the agent does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_running_worker_stops_when_its_task_is_paused_and_no_attempt_is_spent() {
    let world = patient();
    let mut queue = begun(&world);
    say(&world, "/agent pause");
    assert!(queue.wait().unwrap().success());
    assert_eq!(world.folder_of("shop-1"), "processing");
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("0"));
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "processing");
    assert!(world.path("runtime/worktrees/shop/shop-1/half.txt").exists(), "its work is kept");
    world.write("home/go", "");
    say(&world, "/agent resume");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert_eq!(world.task_key("shop-1", "spent").as_deref(), Some("1"));
    assert_eq!(world.task_key("shop-1", "free_runs").as_deref(), Some("0"));
}

#[test]
fn a_running_worker_is_stopped_before_its_task_is_cancelled() {
    let world = patient();
    let mut queue = begun(&world);
    say(&world, "/agent cancel");
    assert!(answers(&world).is_empty(), "it is answered when it is done");
    assert!(queue.wait().unwrap().success());
    world.run("dispatch").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
    assert_eq!(answers(&world).len(), 1);
    let status = world.run("--json status").ok().json();
    assert_eq!(status["pauses"], serde_json::json!([]));
}
