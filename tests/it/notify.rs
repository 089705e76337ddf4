//! What the operator's chat is told, by the real binary and a fake Telegram: each transition once, whatever fails in between.

mod alarms;
#[cfg(feature = "failpoints")]
mod deaths;

use std::os::unix::fs::PermissionsExt;

use jiff::SignedDuration;

use crate::support::telegram::{Mood, TOKEN, Telegram, settings_for};
use crate::support::{Run, Script, World};

/// An agent that does what its task's number says: 1 works, 2 asks, 3 breaks the build at first.
fn versatile() -> Script {
    Script::new()
        .line("if [ \"$AGENTOS_TASK_ID\" = shop-2 ]; then")
        .reports("blocked", "missing_context", "Which <colour> & size?")
        .line("exit 0; fi")
        .line("if [ \"$AGENTOS_TASK_ID\" = shop-3 ] && [ ! -e broken ]; then touch broken; else rm -f broken; fi")
        .line("echo \"$AGENTOS_TASK_ID $AGENTOS_ATTEMPT\" > \"work-$AGENTOS_TASK_ID.txt\"")
        .reports("complete", "none", "Did it.")
}

/// A world with one task before it is told of, and its Telegram.
fn told(settings: &str) -> (World, Telegram) {
    let telegram = Telegram::start();
    let world = World::new().telling(&telegram).setting(settings);
    world.ready_issue("Add a cart", "");
    (world, telegram)
}

fn round(world: &World) {
    for job in ["dispatch", "queue", "pr-monitor"] {
        world.run(job).ok();
    }
}

fn problems(world: &World) -> Vec<String> {
    let status = world.run("--json status").ok().json();
    let problems = status["notifications"]["problems"].as_array().unwrap().clone();
    problems.iter().map(|problem| problem["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_whole_story_is_told_once_and_in_order() {
    let telegram = Telegram::start();
    let world = World::with_agents(&[("worker", versatile())]).telling(&telegram);
    for title in ["Add a cart", "Paint it </code>&amp;<b>", "Break it @everyone"] {
        world.ready_issue(title, "");
    }
    for _ in 0..4 {
        round(&world);
    }
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>dispatched</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    ---
    <b>dispatched</b>: <code>acme/shop#2</code>
    <code>Paint it &lt;/code&gt;&amp;amp;&lt;b&gt;</code>
    ---
    <b>dispatched</b>: <code>acme/shop#3</code>
    <code>Break it @everyone</code>
    ---
    <b>completed, pull request 4 is open</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    ---
    <b>needs an answer before it can go on</b>: <code>acme/shop#2</code>
    <code>Paint it &lt;/code&gt;&amp;amp;&lt;b&gt;</code>
    <code>Which &lt;colour&gt; &amp; size?</code>
    Answer in a comment on the issue, or mark it Ready.
    ---
    <b>completed, pull request 5 is open</b>: <code>acme/shop#3</code>
    <code>Break it @everyone</code>
    ---
    <b>checks red, repair 1 is queued</b>: <code>acme/shop#3</code>
    <code>Break it @everyone</code>
    <code>red: ci</code>
    ---
    <b>merged</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    ---
    <b>repaired, pull request 5 has a new commit</b>: <code>acme/shop#3</code>
    <code>Break it @everyone</code>
    ---
    <b>merged</b>: <code>acme/shop#3</code>
    <code>Break it @everyone</code>
    "#);
    let before = world.everything();
    round(&world);
    assert!(telegram.take().is_empty());
    let after = world.everything();
    let is_ours = |path: &std::path::Path| path.to_string_lossy().contains("/notify/");
    let ours = |all: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        all.iter()
            .filter(|(path, _)| is_ours(path))
            .map(|(p, b)| (p.clone(), b.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ours(&before), ours(&after));
}

#[test]
fn without_a_token_or_a_chat_nothing_is_written_and_nobody_is_asked() {
    let telegram = Telegram::start();
    let world = World::new().setting(&telegram.settings());
    world.ready_issue("Add a cart", "");
    round(&world);
    let world = World::new().env("TELEGRAM_BOT_TOKEN", TOKEN);
    world.ready_issue("Add a cart", "");
    round(&world);
    assert!(!world.path("runtime/notify").exists());
    assert_eq!(telegram.requests(), 0);
    let status = world.run("--json status").ok().json();
    assert_eq!(status["notifications"]["configured"], false);
}

#[test]
fn a_held_pull_request_is_told_once_for_each_head_and_reason() {
    let (world, telegram) = told("");
    let world = world.repo_settings("  ci_command: sh test.sh\n  merge_policy: manual\n");
    round(&world);
    let held = |messages: Vec<String>| {
        messages.into_iter().filter(|text| text.contains("waits for you")).collect::<Vec<_>>()
    };
    let messages = held(telegram.take());
    assert_eq!(messages.len(), 1);
    insta::assert_snapshot!(messages[0], @r#"
    <b>pull request 2 waits for you</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    <code>`merge_policy` is `manual`: a person merges it with `agentos pr merge 2`</code>
    <code>agentos why shop-1</code> tells what it waits for.
    "#);
    round(&world);
    round(&world);
    assert!(telegram.take().is_empty());
    world.replace("board/shop/pulls/2.md", "draft: false", "draft: true");
    round(&world);
    round(&world);
    assert_eq!(held(telegram.take()).len(), 1);
}

#[test]
fn what_is_given_up_is_told_with_the_next_step() {
    let telegram = Telegram::start();
    let agent = Script::new().reports("partial", "none", "Only half of it.");
    let world = World::with_agents(&[("worker", agent)])
        .telling(&telegram)
        .setting("default_max_attempts: 1");
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    telegram.take();
    for _ in 0..3 {
        world.run("queue").ok();
    }
    assert_eq!(world.folder_of("shop-1"), "escalated");
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>given up, needs a person</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    <code>the one attempt is used up; the last: partial: Only half of it.</code>
    <code>agentos task show shop-1</code> tells what was tried, <code>agentos task retry shop-1</code> gives it one more attempt.
    "#);
}

#[test]
fn what_an_agent_leaves_for_a_person_is_told_with_its_pull_request() {
    let telegram = Telegram::start();
    let agent = Script::works()
        .line("printf 'MANUAL_STEPS:\\n- Set the key <LIVE>\\n' >> .agent_result.md");
    let world = World::with_agents(&[("worker", agent)]).telling(&telegram);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    telegram.take();
    world.run("queue").ok();
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>completed, pull request 2 is open</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    ---
    <b>left a step for you to do by hand</b>: <code>acme/shop#1</code>
    <code>Add a cart</code>
    <code>Set the key &lt;LIVE&gt;</code>
    The pull request lists what is left.
    "#);
}

#[test]
fn a_telegram_that_is_out_of_reach_is_told_later_and_once() {
    let port = Telegram::free_port();
    let world =
        World::new().setting(&settings_for(port)).env("TELEGRAM_BOT_TOKEN", TOKEN).env("TZ", "UTC");
    world.ready_issue("Add a cart", "");
    let run = world.run("dispatch").ok();
    assert!(run.stderr.contains("Telegram cannot be reached"), "{}", run.stderr);
    let status = world.run("--json status").ok().json();
    assert_eq!(status["notifications"]["waiting"], 1);
    assert!(status["notifications"]["down_since"].is_string());
    let telegram = Telegram::start_at(port);
    world.run("dispatch").ok();
    world.run("dispatch").ok();
    assert_eq!(telegram.take().len(), 1);
    let status = world.run("--json status").ok().json();
    assert_eq!(status["notifications"]["waiting"], 0);
    assert!(status["notifications"]["down_since"].is_null());
}

#[test]
fn what_cannot_be_sent_for_a_day_is_given_up_and_named() {
    let mut world =
        World::new().setting(&settings_for(Telegram::free_port())).env("TELEGRAM_BOT_TOKEN", TOKEN);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.advance(SignedDuration::from_hours(23));
    world.run("dispatch").ok();
    assert!(problems(&world).is_empty());
    world.advance(SignedDuration::from_hours(1));
    world.run("dispatch").ok();
    let problems = problems(&world);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("given up after 24 hours"), "{problems:?}");
    world.run("dispatch").ok();
    assert_eq!(world.run("--json status").ok().json()["notifications"]["waiting"], 0);
}

#[test]
fn a_message_whose_fate_is_unknown_is_never_sent_again() {
    for mood in [Mood::HangsUpAfterTaking, Mood::IsBehindABrokenGateway] {
        let (world, telegram) = told("");
        telegram.next(mood);
        world.run("dispatch").ok();
        for _ in 0..3 {
            world.run("dispatch").ok();
        }
        let taken = usize::from(mood == Mood::HangsUpAfterTaking);
        assert_eq!((telegram.take().len(), telegram.requests()), (taken, 1), "{mood:?}");
        let problems = problems(&world);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("not known whether it arrived"), "{problems:?}");
        let status = world.run("status").ok().stdout;
        assert!(status.contains("not known whether it arrived"), "{status}");
    }
}

#[test]
fn a_refusal_is_named_and_not_asked_for_again() {
    let (world, telegram) = told("");
    telegram.next(Mood::Refuses("Bad Request: chat not found"));
    world.run("dispatch").ok();
    world.run("dispatch").ok();
    assert_eq!(telegram.requests(), 1);
    assert_eq!(problems(&world), ["refused, not sent again: 400: Bad Request: chat not found"]);
    world.run("queue").ok();
    assert_eq!(telegram.take().len(), 1, "the next message goes its own way");
}

#[test]
fn a_busy_telegram_is_left_alone_for_as_long_as_it_wants() {
    let (mut world, telegram) = told("");
    telegram.next(Mood::IsBusy(90));
    world.run("dispatch").ok();
    world.advance(SignedDuration::from_secs(89));
    world.run("dispatch").ok();
    assert_eq!(telegram.requests(), 1);
    world.advance(SignedDuration::from_secs(1));
    world.run("dispatch").ok();
    assert_eq!(telegram.take().len(), 1);
}

#[test]
fn quiet_hours_hold_everything_back_until_the_morning() {
    let (mut world, telegram) = told("quiet_hours: 08:30-10:00");
    round(&world);
    assert_eq!(telegram.requests(), 0);
    world.advance(SignedDuration::from_hours(1));
    world.run("dispatch").ok();
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>3 messages</b>
    • <b>dispatched</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    • <b>completed, pull request 2 is open</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    • <b>merged</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    "#);
}

#[test]
fn a_digest_comes_once_a_day_and_alerts_come_at_once() {
    let telegram = Telegram::start();
    let mut world = World::with_agents(&[("worker", versatile())])
        .telling(&telegram)
        .setting("digest_hour: 18");
    world.ready_issue("Add a cart", "");
    world.ready_issue("Paint it", "");
    round(&world);
    let alerts = telegram.take();
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].contains("needs an answer"), "{alerts:?}");
    world.advance(SignedDuration::from_hours(9));
    world.run("dispatch").ok();
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r#"
    <b>4 messages</b>
    • <b>dispatched</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    • <b>dispatched</b>: <code>acme/shop#2</code> <code>Paint it</code>
    • <b>completed, pull request 3 is open</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    • <b>merged</b>: <code>acme/shop#1</code> <code>Add a cart</code>
    "#);
    world.run("dispatch").ok();
    assert!(telegram.take().is_empty());
}

#[test]
fn a_flood_becomes_one_message() {
    let (world, telegram) = told("max_dispatch_per_run: 9");
    for n in 2..=7 {
        world.ready_issue(&format!("Issue {n}"), "");
    }
    world.run("dispatch").ok();
    let messages = telegram.take();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].starts_with("<b>7 messages</b>\n"), "{messages:?}");
}

#[test]
fn secrets_and_the_token_are_found_nowhere() {
    let (world, telegram) = told("");
    let secret = "ghp_Zq7planted0secret1of2the3operator4x";
    world.ready_issue(&format!("Use {secret} here"), "");
    telegram.next(Mood::HangsUpAfterTaking);
    telegram.next(Mood::Refuses("Bad Request: no"));
    let mut seen = String::new();
    for job in ["-vv dispatch", "-vv queue", "-vv pr-monitor", "--json status", "status"] {
        let Run { stdout, stderr, .. } = world.run(job).ok();
        seen.push_str(&stdout);
        seen.push_str(&stderr);
    }
    let messages = telegram.take();
    assert!(messages.iter().any(|text| text.contains("[redacted]")), "{messages:?}");
    assert!(messages.iter().all(|text| !text.contains(secret)));
    let token = TOKEN.split_once(':').unwrap().1;
    assert!(!seen.contains(token), "{seen}");
    for (path, bytes) in world.everything() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(token), "{}", path.display());
        let is_notice = path.to_string_lossy().contains("/notify/");
        assert!(!(is_notice && text.contains(secret)), "{}", path.display());
    }
}

#[test]
fn a_wrong_token_is_named_without_being_shown() {
    let telegram = Telegram::start();
    let wrong = "7718293044:AAwrongToken_of_the_bot_1234567890x";
    let world = World::new().telling(&telegram).env("TELEGRAM_BOT_TOKEN", wrong);
    world.ready_issue("Add a cart", "");
    let run = world.run("-vv dispatch").ok();
    assert!(run.stderr.contains("401: Unauthorized"), "{}", run.stderr);
    assert!(!run.stderr.contains("AAwrong"), "{}", run.stderr);
    assert_eq!(problems(&world), ["refused, not sent again: 401: Unauthorized"]);
}

#[test]
fn a_dry_run_and_a_pause_tell_nothing() {
    let (world, telegram) = told("");
    world.run("dispatch --dry-run").ok();
    world.run("off").ok();
    world.run("dispatch").ok();
    assert_eq!(telegram.requests(), 0);
    assert!(!world.path("runtime/notify").exists());
}

#[test]
fn metrics_are_written_for_prometheus_where_that_is_wanted() {
    let world = World::new().setting("metrics_textfile: metrics/agentos.prom");
    world.ready_issue("Add a cart", "");
    world.run("dispatch --dry-run").ok();
    assert!(!world.path("metrics").exists());
    world.run("tick").ok();
    let text = world.read("metrics/agentos.prom");
    for line in [
        "agentos_tasks{repo=\"acme/shop\",state=\"done\",outcome=\"merged\"} 1",
        "agentos_last_merge_timestamp_seconds 1767603600",
        "agentos_job_last_success_timestamp_seconds{name=\"dispatch\"} 1767603600",
        "agentos_job_last_success_timestamp_seconds{name=\"pr-monitor\"} 1767603600",
        "agentos_job_errors{name=\"queue\"} 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    prometheus_accepts(&world, "metrics/agentos.prom");

    // Its collector is another user; a mode that a person has given is kept.
    let path = world.path("metrics/agentos.prom");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o644);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    world.ready_issue("Next", "");
    world.run("dispatch").ok();
    assert_eq!(mode(), 0o640);
    let world = World::new().setting("metrics_textfile: runtime/metrics/agentos.prom");
    world.run("dispatch").ok();
    let inside = std::fs::metadata(world.path("runtime/metrics/agentos.prom")).unwrap();
    assert_eq!(inside.permissions().mode() & 0o777, 0o600);
}

/// Asks Prometheus' own judge, where it is installed.
fn prometheus_accepts(world: &World, file: &str) {
    let asked = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::fs::File::open(world.path(file)).unwrap())
        .output();
    let Ok(judged) = asked else { return };
    let said = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success() && said.is_empty(), "{said}");
}
