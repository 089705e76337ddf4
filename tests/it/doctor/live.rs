//! `--live`: each usable agent is asked a small question, confined and in an empty folder, and then plays an issue to its merge; Telegram is
//! asked about the chat.

use agentos::sys::sandbox;
use serde_json::Value;

use super::{assert_complains, doctor, prepared};
use crate::support::telegram::{TOKEN, Telegram};
use crate::support::{Run, Script, World};

/// An agent that answers the question, and works like this on the issue.
fn answers_and(works: Script) -> Script {
    Script::new()
        .line("case $prompt in *'single word OK'*) echo OK; exit 0;; esac")
        .line("case $prompt in *'Greet in German'*) ;; *) exit 9;; esac")
        .lines_of(works)
}

/// A world with the programs that the play's tests need, and one agent.
fn with(worker: Script) -> World {
    let world = prepared(World::with_agents(&[("worker", worker)]));
    for name in ["mkdir", "dirname", "basename", "sed", "grep", "printf", "rm", "mktemp", "cat"] {
        let path = world.path("programs").join(name);
        if !path.exists() {
            std::os::unix::fs::symlink(super::real(name), path).unwrap();
        }
    }
    world
}

#[track_caller]
fn detail(run: &Run, check: &str) -> String {
    let checks = run.json();
    let found = checks.as_array().unwrap().iter().find(|one| one["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no `{check}` in {checks:#}"));
    found["detail"].as_str().unwrap().to_owned()
}

fn left_behind(world: &World) -> usize {
    std::fs::read_dir(world.path("runtime/cache/doctor")).unwrap().count()
}

#[test]
fn an_agent_answers_and_plays_an_issue_to_its_merge_and_leaves_nothing_behind() {
    let worker = answers_and(
        Script::new().writes("NOTE.md", "Willkommen").reports("complete", "none", "Did it."),
    );
    let world = with(worker);
    let before = world.snapshot("runtime/mailbox");
    let run = doctor(&world, &["--json", "--live"]).ok();
    assert!(detail(&run, "question worker").starts_with("answered in"));
    assert!(detail(&run, "work worker").starts_with("from Ready to merged in"));
    assert_eq!(left_behind(&world), 0);
    assert_eq!(world.snapshot("runtime/mailbox"), before, "the installation is left alone");
    assert_eq!(world.merged(), ["Begin"]);
    let silent = doctor(&world, &["--json"]).ok();
    let asks = |check: &Value| {
        let name = check["check"].as_str().unwrap();
        ["question", "work", "chat"].iter().any(|word| name.starts_with(word))
    };
    assert!(
        !silent.json().as_array().unwrap().iter().any(asks),
        "nobody is asked without `--live`"
    );
}

#[test]
fn an_agent_that_plays_cannot_read_the_installation() {
    if let Err(reason) = sandbox::enforceable(sandbox::Mode::Landlock, "/usr/bin:/bin") {
        println!("not confined here: {reason}");
        return;
    }
    // The path is put together, so that the world does not take the agent for one that may see it.
    let world = with(Script::new());
    let config = world.path("config.yaml").display().to_string();
    let (head, tail) = config.split_at(6);
    let peeps = answers_and(
        Script::new()
            .line(&format!("cat '{head}''{tail}' > stolen.txt 2> refused.txt && exit 9"))
            .reports("complete", "none", "Did it."),
    );
    let world = world.agent("worker", peeps);
    let run = doctor(&world, &["--json", "--live"]);
    assert!(detail(&run, "work worker").starts_with("from Ready to merged in"));
}

#[test]
fn an_agent_that_answers_but_does_not_work_is_a_failure_with_the_reason_of_why() {
    let world = with(answers_and(Script::new().line("echo 'I would rather not'")));
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert!(detail(&run, "question worker").starts_with("answered in"));
    assert_complains(
        &run,
        "fail work worker",
        &["not merged after", "agentos demo --agent worker"],
    );
    assert_eq!(left_behind(&world), 0);
}

#[test]
fn an_agent_that_is_refused_is_a_failure_with_what_it_said_and_plays_nothing() {
    let world = with(Script::new().line("echo 'Error: invalid API key' >&2; exit 1"));
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert_complains(&run, "fail question worker", &["invalid API key"]);
    assert!(!run.stdout.contains("\"work worker\""), "{}", run.stdout);
}

#[test]
fn the_bot_and_its_chat_are_asked_for_and_nothing_is_sent() {
    let telegram = Telegram::start();
    let refuses = Script::new().line("exit 1");
    let world = with(refuses).telling(&telegram);
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert_eq!(detail(&run, "chat"), "@shop_bot sees `The shop`");
    let world = world.setting("telegram_chat_id: \"-1\"");
    super::edit(&world, "telegram_chat_id: \"-100123\"\n", "");
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert_complains(&run, "fail chat", &["chat not found", "telegram_chat_id"]);
    let world = world.env("TELEGRAM_BOT_TOKEN", "1234:wrongwrongwrongwrongwrongwrongwrong");
    let run = doctor(&world, &["--json", "--live"]).code(1);
    assert_complains(&run, "fail chat", &["Unauthorized", "@BotFather"]);
    assert!(!run.stdout.contains(TOKEN) && !run.stdout.contains("wrongwrong"));
    assert!(telegram.take().is_empty(), "no message was sent");
}
