//! The real command lines of the built-in agents, at the versions of `tests/agents`, through `agentos queue` against a scripted model on
//! loopback. They run where the programs are installed (`bin/check agents` does that), else say that they are skipped.
#![expect(clippy::print_stdout, reason = "what is not tried is said")]

mod archived;
mod endpoint;
mod proof;
mod stage;

use agentos::sys::sandbox;
use serde_json::Value;

use endpoint::{Endpoint, Scenario};
use stage::{CLAUDE, CODEX, Cli, DEEPSEEK, GEMINI, Stage};

/// An issue becomes a pull request with the file that the model wrote.
fn completes(cli: Cli) {
    let Some(stage) = Stage::new(cli, Scenario::Works, "") else { return };
    let said = stage.queue();
    let world = &stage.world;
    let receipt = stage.receipt("1");
    let text = world.task_text("shop-1");
    let logs = stage.logs("1");
    assert_eq!(world.folder_of("shop-1"), "done", "{said}\n{text}\n{receipt:#}\n{logs}");
    let pull = world.run("--json pr show 2").ok().json();
    assert_eq!(pull["state"], "open", "{pull}");
    assert_eq!(world.agent_branches(), ["agent/shop-1"]);
    let hello = world.git(&["-C", "remotes/shop.git", "show", "agent/shop-1:hello.txt"]);
    assert_eq!(hello, "hello from the scripted model");
    let files =
        world.git(&["-C", "remotes/shop.git", "ls-tree", "-r", "--name-only", "agent/shop-1"]);
    assert_eq!(files.lines().collect::<Vec<_>>(), ["README.md", "hello.txt", "test.sh"]);
    assert_eq!(receipt["failure"], Value::Null, "{receipt:#}");
    assert!(receipt["session"].is_string(), "{receipt:#}");
    is_confined(&receipt);
    let stats = world.stats();
    assert!(stats[0]["input_tokens"].as_u64().unwrap() > 0, "{stats:?}");
    assert!(stats[0]["cost_usd"].as_f64().unwrap() > 0.0, "{stats:?}");
    assert_eq!(stats[0]["cost_usd"], stats[0]["charged_usd"], "{stats:?}");
    let row = world.agent_row(cli.agent);
    assert!(row["version"].is_string() && row["available"] == true, "{row}");
}

/// The program worked under Landlock, where the kernel has it.
#[track_caller]
fn is_confined(receipt: &Value) {
    let path = std::env::var("PATH").unwrap();
    if let Err(reason) = sandbox::enforceable(sandbox::Mode::Landlock, &path) {
        println!("not confined here: {reason}");
        return;
    }
    let controls = receipt["confinement"].as_array().unwrap();
    let files = controls.iter().find(|control| control["control"] == "files").unwrap();
    assert_ne!(files["tier"], "unsupported", "{files}");
}

#[test]
fn claude_completes_a_task() {
    completes(CLAUDE);
}

#[test]
fn codex_completes_a_task() {
    completes(CODEX);
}

#[test]
fn gemini_completes_a_task() {
    completes(GEMINI);
}

#[test]
fn deepseek_completes_a_task() {
    completes(DEEPSEEK);
}

/// A question is answered without a tool, in an empty folder, and is in the books.
fn answers(cli: Cli) {
    let settings = format!("planner_agents: [{}]", cli.agent);
    let Some(stage) = Stage::new(cli, Scenario::Answers, &settings) else { return };
    let world = &stage.world;
    let text = world.task_text("shop-1");
    assert!(text.contains("# Goal\n\nThere is a greeting.\n"), "{text}\n{:?}", stage.paths());
    let books = world.read("runtime/metrics/questions.jsonl");
    let line: Value = serde_json::from_str(books.lines().next().unwrap()).unwrap();
    assert!(books.lines().count() == 1 && line["cost_usd"].as_f64().unwrap() > 0.0, "{books}");
}

#[test]
fn claude_answers_a_question() {
    answers(CLAUDE);
}

#[test]
fn codex_answers_a_question() {
    answers(CODEX);
}

#[test]
fn gemini_answers_a_question() {
    answers(GEMINI);
}

#[test]
fn deepseek_answers_a_question() {
    answers(DEEPSEEK);
}

/// A result that is none is corrected in the same conversation.
fn goes_on(cli: Cli) {
    let Some(stage) = Stage::new(cli, Scenario::WorksWhenToldAgain, "") else { return };
    stage.queue();
    assert_eq!(stage.world.folder_of("shop-1"), "inbox");
    assert!(stage.has_no_result(), "{}", stage.logs("1"));
    let said = stage.queue();
    let receipt = stage.receipt("2");
    let logs = stage.logs("2");
    assert_eq!(stage.world.folder_of("shop-1"), "done", "{said}\n{receipt:#}\n{logs}");
}

#[test]
fn claude_goes_on_with_its_conversation() {
    goes_on(CLAUDE);
}

#[test]
fn codex_goes_on_with_its_conversation() {
    goes_on(CODEX);
}

#[test]
fn gemini_goes_on_with_its_conversation() {
    goes_on(GEMINI);
}

#[test]
fn deepseek_goes_on_with_its_conversation() {
    goes_on(DEEPSEEK);
}

/// A conversation that is not there any more is begun anew, in the same attempt.
fn begins_anew(cli: Cli) {
    let Some(stage) = Stage::new(cli, Scenario::WorksWhenToldAgain, "") else { return };
    stage.queue();
    let receipt = stage.receipt("1");
    let session = receipt["session"].as_str().unwrap();
    let gone = if session.starts_with("ses_") {
        "ses_e0606d420ffe1KWSloQvQssi3E"
    } else {
        "01a1f9d1-80c0-73e0-8d9b-8f57c4e11273"
    };
    stage.world.replace("runtime/runs/shop-1/1/receipt.json", session, gone);
    let said = stage.queue();
    let receipt = stage.receipt("2");
    // A fresh conversation gets the first answer again, which is no result: the run itself went well.
    assert_eq!(receipt["failure"], Value::Null, "{said}\n{receipt:#}");
    assert!(stage.has_no_result(), "{said}\n{}", stage.logs("2"));
    assert_ne!(receipt["session"], gone, "{receipt:#}");
}

#[test]
fn claude_begins_anew_when_its_conversation_has_gone() {
    begins_anew(CLAUDE);
}

#[test]
fn codex_begins_anew_when_its_conversation_has_gone() {
    begins_anew(CODEX);
}

#[test]
fn gemini_begins_anew_when_its_conversation_has_gone() {
    begins_anew(GEMINI);
}

#[test]
fn deepseek_begins_anew_when_its_conversation_has_gone() {
    begins_anew(DEEPSEEK);
}

/// Nothing is spent on a provider that turns the run away, and its agent is left out for a while.
#[track_caller]
fn is_free_and_parked(stage: &Stage, cli: Cli) {
    let world = &stage.world;
    assert_eq!(world.folder_of("shop-1"), "inbox");
    assert_eq!(world.task_key("shop-1", "spent").unwrap_or_default(), "0");
    let row = world.agent_row(cli.agent);
    assert_eq!(row["available"], false, "{row}");
    assert!(row["until"].is_string(), "{row}");
    assert_eq!(world.stats()[0]["charged_usd"], 0.0);
}

#[test]
fn the_limit_of_a_plan_is_seen_with_the_time_when_it_ends() {
    if let Some(stage) = Stage::new(CLAUDE, Scenario::PlanLimit, "") {
        let stage =
            stage.env("ANTHROPIC_API_KEY", "").env("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-mock");
        let failure = stage.failure("1.1");
        assert!(failure["quota"]["until"].is_string(), "{failure}");
        is_free_and_parked(&stage, CLAUDE);
    }
    if let Some(stage) = Stage::new(CODEX, Scenario::PlanLimit, "") {
        let failure = stage.failure("1.1");
        assert!(failure["quota"]["until"].is_string(), "{failure}");
        is_free_and_parked(&stage, CODEX);
    }
    if let Some(stage) = Stage::new(GEMINI, Scenario::PlanLimit, "") {
        let failure = stage.failure("1.1");
        assert!(failure.get("quota").is_some(), "{failure}");
        is_free_and_parked(&stage, GEMINI);
    }
    if let Some(stage) = Stage::new(DEEPSEEK, Scenario::NoCredit, "") {
        let failure = stage.failure("1.1");
        assert!(failure.get("quota").is_some(), "{failure}");
        is_free_and_parked(&stage, DEEPSEEK);
    }
}

#[test]
fn a_key_that_is_refused_is_seen() {
    for cli in [CLAUDE, CODEX, GEMINI, DEEPSEEK] {
        if let Some(stage) = Stage::new(cli, Scenario::BadKey, "") {
            let failure = stage.failure("1.1");
            assert_eq!(failure, "credentials", "{}", cli.agent);
            is_free_and_parked(&stage, cli);
        }
    }
}

#[test]
fn a_provider_that_is_overloaded_is_seen() {
    for cli in [CLAUDE, CODEX, GEMINI, DEEPSEEK] {
        if let Some(stage) = Stage::new(cli, Scenario::Overloaded, "") {
            let failure = stage.failure("1.1");
            assert_eq!(failure, "overloaded", "{}", cli.agent);
            is_free_and_parked(&stage, cli);
        }
    }
}

#[test]
fn a_model_that_never_answers_ends_as_a_stall_and_nothing_is_left() {
    for cli in [CLAUDE, CODEX, GEMINI, DEEPSEEK] {
        if let Some(stage) = Stage::new(cli, Scenario::Hangs, "stall_minutes: 0.25") {
            let failure = stage.failure("1");
            assert_eq!(failure, "stall", "{}", cli.agent);
            assert_eq!(stage.receipt("1")["survivors"], serde_json::json!([]));
            assert_eq!(stage.world.task_key("shop-1", "spent").unwrap(), "1");
        }
    }
}

/// The program says that it is done, and was not allowed to do anything.
#[track_caller]
fn is_denied(stage: &Stage) {
    let failure = stage.failure("1.1");
    assert!(failure["environment"]["reason"].as_str().unwrap().contains("denied"), "{failure}");
    assert!(stage.world.agent_branches().is_empty());
}

#[test]
fn tools_that_are_denied_to_claude_are_no_success_although_the_program_says_so() {
    let command =
        "agents: {claude: {command: [claude, -p, --output-format, stream-json, --verbose]}}";
    let Some(stage) = Stage::new(CLAUDE, Scenario::Works, command) else { return };
    is_denied(&stage);
}

#[test]
fn tools_that_are_denied_to_codex_are_no_success_although_the_program_says_so() {
    let command = "agents: {codex: {command: [codex, exec, --json, --sandbox, read-only, -m, gpt-mock, \
        -c, analytics.enabled=false, -c, 'model_provider=\"mock\"', -c, 'model_providers.mock.name=\"mock\"', \
        -c, 'model_providers.mock.base_url=\"URL/v1\"', -c, 'model_providers.mock.env_key=\"OPENAI_API_KEY\"', \
        -c, 'model_providers.mock.wire_api=\"responses\"', '-']}}";
    let Some(stage) = Stage::new(CODEX, Scenario::Works, command) else { return };
    is_denied(&stage);
}

#[test]
fn tools_that_are_denied_to_gemini_are_no_success_although_the_program_says_so() {
    let command =
        "agents: {gemini: {command: [gemini, --skip-trust, --output-format, stream-json]}}";
    let Some(stage) = Stage::new(GEMINI, Scenario::Insists, command) else { return };
    is_denied(&stage);
}

#[test]
fn tools_that_are_denied_to_deepseek_are_no_success_although_the_program_says_so() {
    let passed_on = "agents: {deepseek: {env: [OPENCODE_PERMISSION]}}";
    // Not offered, and asked about where nobody answers.
    for rule in ["deny", "ask"] {
        let Some(stage) = Stage::new(DEEPSEEK, Scenario::Insists, passed_on) else { return };
        let rules = format!(r#"{{"edit": "{rule}", "bash": "{rule}"}}"#);
        is_denied(&stage.env("OPENCODE_PERMISSION", &rules));
    }
}

#[test]
fn what_deepseek_silently_waits_for_is_seen_when_it_is_ended() {
    let Some(stage) = Stage::new(DEEPSEEK, Scenario::LongWait, "stall_minutes: 0.5") else {
        return;
    };
    let failure = stage.failure("1.1");
    assert!(failure["quota"]["until"].is_string(), "{failure}");
    is_free_and_parked(&stage, DEEPSEEK);
}

#[test]
fn a_run_that_tells_its_cost_is_stopped_at_the_cap() {
    for cli in [CLAUDE, DEEPSEEK] {
        let budget = "budgets: {per_attempt_usd: 0.3}";
        if let Some(stage) = Stage::new(cli, Scenario::NeverEnds, budget) {
            let failure = stage.failure("1");
            assert!(failure.get("budget").is_some(), "{}: {failure}", cli.agent);
            let cost = stage.world.stats()[0]["cost_usd"].as_f64().unwrap();
            assert!((0.3..3.0).contains(&cost), "{}: {cost}", cli.agent);
        }
    }
}

#[test]
fn the_next_provider_of_deepseek_is_asked_when_the_first_turns_it_away() {
    let Some(stage) = Stage::new(DEEPSEEK, Scenario::NoCredit, "") else { return };
    let second = Endpoint::start(Scenario::Works);
    stage.world.write("secrets.json", r#"{"chutesApiKey": "cpk-mock-0123456789"}"#);
    let stage = stage.env("CHUTES_BASE_URL", &format!("{}/v1", second.url()));
    assert!(stage.failure("1.1").get("quota").is_some());
    assert_eq!(stage.receipt("1.1")["provider"], "openrouter");
    // Another tick: the agent is not left out, because a provider is left.
    assert_eq!(stage.world.agent_row("deepseek")["available"], true);
    let said = stage.queue();
    assert_eq!(stage.receipt("1")["provider"], "chutes", "{said}");
    assert_eq!(stage.world.folder_of("shop-1"), "done", "{said}");
    let key = "cpk-mock-0123456789";
    let everything = stage.world.snapshot("runtime");
    for (path, bytes) in everything {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(key), "the key is in {}", path.display());
    }
}
