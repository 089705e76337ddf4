//! What is added to the command line and the environment of a program that we know, for one run: model, session, limit
//! of money, and a configuration of its own, which lies in the run's temporary folder or the agent's own home and holds no key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::providers::Choice;
use super::table::{AgentTable, Recipe};

/// What a run asks of its agent's program.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The type of the task, by which the model is chosen.
    pub task_type: &'a str,
    /// The session that is to go on.
    pub session: Option<&'a str>,
    /// The provider that is to be asked, where the agent has several.
    pub provider: Option<&'a Choice>,
    /// The most that the run may cost, in millionths of a dollar.
    pub limit_usd_micros: Option<u64>,
    /// The run's temporary folder.
    pub temporary: &'a Path,
    /// The agent's own home.
    pub home: &'a Path,
    /// The operator's whole environment.
    pub environment: &'a BTreeMap<String, String>,
    /// Words alone are wanted: the program gets no tools, as far as it can do without.
    pub is_question: bool,
}

/// How the program is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Further variables; a key of a provider may be among them.
    pub env: Vec<(&'static str, String)>,
    /// Files that are to be written before the start.
    pub files: Vec<(PathBuf, String)>,
}

/// The call of an agent for one run.
pub fn call(table: &AgentTable, wish: &Wish<'_>) -> Call {
    let argv = table.command(wish.task_type);
    let call = Call { argv, env: Vec::new(), files: Vec::new() };
    match table.recipe {
        None => call,
        Some(Recipe::Claude) => claude(call, wish),
        Some(Recipe::Codex) => codex(call, wish),
        Some(Recipe::Gemini) => gemini(call, wish),
        Some(Recipe::Deepseek) => deepseek(call, table, wish),
    }
}

/// Whether an agent can go on with an earlier session.
pub fn can_continue(table: &AgentTable) -> bool {
    table.recipe.is_some()
}

fn option(call: &mut Call, words: &[&str]) {
    call.argv.extend(words.iter().map(|word| (*word).to_owned()));
}

/// Takes a word off the command line.
fn without(call: &mut Call, word: &str) {
    call.argv.retain(|other| other != word);
}

fn claude(mut call: Call, wish: &Wish<'_>) -> Call {
    if wish.is_question {
        without(&mut call, "--dangerously-skip-permissions");
        option(&mut call, &["--tools", "", "--strict-mcp-config"]);
    }
    if let Some(session) = wish.session {
        option(&mut call, &["--resume", session]);
    }
    if let Some(limit) = wish.limit_usd_micros {
        let dollars = format!("{}.{:06}", limit / 1_000_000, limit % 1_000_000);
        option(&mut call, &["--max-budget-usd", &dollars]);
    }
    call
}

fn codex(mut call: Call, wish: &Wish<'_>) -> Call {
    let dash = call.argv.pop_if(|last| last == "-");
    if wish.is_question {
        without(&mut call, "--dangerously-bypass-approvals-and-sandbox");
        // The empty folder is no repository. Its tools for commands go; what else it has reads only.
        option(&mut call, &["--skip-git-repo-check", "-s", "read-only"]);
        option(
            &mut call,
            &["-c", "features.shell_tool=false", "-c", "features.unified_exec=false"],
        );
    }
    // Its built-in provider tries another protocol first and knows no other address.
    if let Some(url) = wish.environment.get("OPENAI_BASE_URL").filter(|url| !url.trim().is_empty())
    {
        for setting in [
            "model_provider=\"agentos\"".to_owned(),
            "model_providers.agentos.name=\"agentos\"".to_owned(),
            format!("model_providers.agentos.base_url={}", json!(url.trim())),
            "model_providers.agentos.env_key=\"OPENAI_API_KEY\"".to_owned(),
            "model_providers.agentos.wire_api=\"responses\"".to_owned(),
            "model_providers.agentos.request_max_retries=2".to_owned(),
            "model_providers.agentos.stream_max_retries=2".to_owned(),
        ] {
            option(&mut call, &["-c", &setting]);
        }
    }
    // What it logs is its own business, not that of the commands that it runs.
    option(&mut call, &["-c", "shell_environment_policy.exclude=[\"RUST_LOG\"]"]);
    if let Some(session) = wish.session {
        option(&mut call, &["resume", session]);
    }
    call.argv.extend(dash);
    call
}

fn gemini(mut call: Call, wish: &Wish<'_>) -> Call {
    if let Some(session) = wish.session {
        option(&mut call, &["--resume", session]);
    }
    let mut settings = json!({
        "privacy": {"usageStatisticsEnabled": false},
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 3},
    });
    let has = |name: &str| wish.environment.get(name).is_some_and(|key| !key.trim().is_empty());
    if has("GEMINI_API_KEY") {
        // It must be told to use the key, and where these settings are. With a login they are in its home.
        if let Some(settings) = settings.as_object_mut() {
            let auth = json!({"auth": {"selectedType": "gemini-api-key"}});
            settings.insert("security".to_owned(), auth);
        }
        call.env.push(("GEMINI_CLI_HOME", wish.home.display().to_string()));
    } else if !has("GOOGLE_API_KEY") && !has("GOOGLE_GENAI_USE_VERTEXAI") {
        call.env.push(("GOOGLE_GENAI_USE_GCA", "true".to_owned()));
    }
    call.files.push((wish.home.join(".gemini/settings.json"), settings.to_string()));
    if wish.is_question {
        // Not in its home: a task may use that at the same time.
        without(&mut call, "--yolo");
        option(&mut call, &["--approval-mode", "default"]);
        let path = wish.temporary.join("settings.json");
        call.env.push(("GEMINI_CLI_SYSTEM_SETTINGS_PATH", path.display().to_string()));
        let none = json!({"tools": {"core": ["none"]}, "mcp": {"allowed": []}});
        call.files.push((path, none.to_string()));
    }
    call
}

/// The model for a provider: one that is set for it by name, else for the type of the task, else the provider's own.
fn model_of(table: &AgentTable, task_type: &str, choice: &Choice) -> String {
    let named = table.models.get(choice.provider.name).map(String::as_str);
    named.or_else(|| table.model_for(task_type)).unwrap_or(choice.provider.model).to_owned()
}

fn deepseek(mut call: Call, table: &AgentTable, wish: &Wish<'_>) -> Call {
    let Some(choice) = wish.provider else { return call };
    let model = model_of(table, wish.task_type, choice);
    let provider = choice.provider;
    call.argv.clone_from(&table.argv);
    if let Some(flag) = &table.model_flag {
        option(&mut call, &[flag, &format!("{}/{model}", provider.name)]);
    }
    if let Some(session) = wish.session {
        option(&mut call, &["--session", session]);
    }
    let cost = super::prices::of_model(&model).map(
        |price| json!({"input": price.input, "output": price.output, "cache_read": price.cached}),
    );
    let mut details = json!({
        "name": "DeepSeek",
        "tool_call": true,
        "limit": {"context": 128_000, "output": 8000},
    });
    if let (Some(details), Some(cost)) = (details.as_object_mut(), cost) {
        details.insert("cost".to_owned(), cost);
    }
    // The key is named, never written.
    let key = format!("{{env:{}}}", provider.key_variable);
    let may = if wish.is_question { "deny" } else { "allow" };
    let mut configuration = json!({
        "autoupdate": false,
        "share": "disabled",
        "permission": {"edit": may, "bash": may, "webfetch": may, "external_directory": may},
        "model": format!("{}/{model}", provider.name),
        "small_model": format!("{}/{model}", provider.name),
        "provider": {provider.name: {
            "npm": "@ai-sdk/openai-compatible",
            "name": provider.name,
            "options": {"baseURL": choice.base_url, "apiKey": key},
            "models": {model.clone(): details},
        }},
    });
    if let Some(configuration) = configuration.as_object_mut().filter(|_| wish.is_question) {
        configuration.insert("tools".to_owned(), json!({"*": false}));
    }
    let path = wish.temporary.join("opencode.json");
    call.env.push(("OPENCODE_CONFIG", path.display().to_string()));
    call.env.push((provider.key_variable, choice.key.expose().to_owned()));
    call.files.push((path, configuration.to_string()));
    call
}

#[cfg(test)]
mod tests {
    use super::super::builtin::builtin;
    use super::super::providers::{Secrets, choices};
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn wish<'a>(environment: &'a BTreeMap<String, String>, session: Option<&'a str>) -> Wish<'a> {
        Wish {
            task_type: "docs",
            session,
            provider: None,
            limit_usd_micros: None,
            temporary: Path::new("/run/tmp"),
            home: Path::new("/agents/own"),
            environment,
            is_question: false,
        }
    }

    fn line(name: &str, wish: &Wish<'_>) -> String {
        call(&builtin(name).unwrap(), wish).argv.join(" ")
    }

    #[test]
    fn a_session_is_continued_in_the_way_of_each_program() {
        let none = environment(&[]);
        let again = wish(&none, Some("abc"));
        assert!(line("claude", &again).ends_with("--dangerously-skip-permissions --resume abc"));
        assert!(line("codex", &again).contains("-c analytics.enabled=false -c "));
        assert!(line("codex", &again).ends_with(" resume abc -"));
        assert!(line("gemini", &again).ends_with("--output-format stream-json --resume abc"));
        let keys = environment(&[("OPENROUTER_API_KEY", "sk-or-0123456789")]);
        let choices = choices(&keys, &Secrets::default());
        let again = Wish { provider: choices.first(), ..again };
        assert!(line("deepseek", &again).ends_with("--session abc"));
        let mut own = builtin("claude").unwrap();
        own.recipe = None;
        assert_eq!(call(&own, &again).argv, own.argv);
    }

    #[test]
    fn a_limit_of_money_is_told_to_the_program_that_knows_one() {
        let none = environment(&[]);
        let capped = Wish { limit_usd_micros: Some(1_250_000), ..wish(&none, None) };
        assert!(line("claude", &capped).ends_with("--max-budget-usd 1.250000"));
        assert!(!line("codex", &capped).contains("budget"));
    }

    #[test]
    fn another_address_makes_a_provider_of_its_own_for_codex() {
        let own = environment(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")]);
        let words = line("codex", &wish(&own, None));
        assert!(words.contains("model_providers.agentos.base_url=\"http://127.0.0.1:9/v1\""));
        assert!(words.ends_with(" -"));
        assert!(!line("codex", &wish(&environment(&[]), None)).contains("model_provider"));
    }

    #[test]
    fn gemini_is_told_to_use_the_key_or_the_login_that_there_is() {
        let table = builtin("gemini").unwrap();
        let of = |pairs: &[(&str, &str)]| {
            let environment = environment(pairs);
            call(&table, &wish(&environment, None))
        };
        let (keyed, login) = (of(&[("GEMINI_API_KEY", "k")]), of(&[]));
        assert_eq!(keyed.files[0].0, Path::new("/agents/own/.gemini/settings.json"));
        assert!(keyed.files[0].1.contains("gemini-api-key"));
        assert_eq!(keyed.env, [("GEMINI_CLI_HOME", "/agents/own".to_owned())]);
        assert!(!login.files[0].1.contains("gemini-api-key"));
        assert_eq!(login.env, [("GOOGLE_GENAI_USE_GCA", "true".to_owned())]);
        assert!(of(&[("GOOGLE_GENAI_USE_VERTEXAI", "true")]).env.is_empty());
    }

    #[test]
    fn the_carrier_gets_a_configuration_without_the_key_and_the_key_by_its_environment() {
        let mut table = builtin("deepseek").unwrap();
        for (at, (variable, model)) in [
            ("OPENROUTER_API_KEY", "openrouter/deepseek/deepseek-chat"),
            ("NANOGPT_API_KEY", "nanogpt/deepseek/deepseek-v3.2"),
            ("CHUTES_API_KEY", "chutes/deepseek-ai/DeepSeek-V3.2"),
        ]
        .into_iter()
        .enumerate()
        {
            let keys = environment(&[(variable, "key-0123456789")]);
            let choices = choices(&keys, &Secrets::default());
            let wish = Wish { provider: choices.first(), ..wish(&keys, None) };
            let call = call(&table, &wish);
            assert!(call.argv.join(" ").ends_with(&format!("--title agentos -m {model}")));
            let (path, text) = &call.files[0];
            assert_eq!(path, Path::new("/run/tmp/opencode.json"));
            assert!(text.contains(super::super::providers::DEEPSEEK[at].base_url));
            assert!(text.contains(&format!("{{env:{variable}}}")) && !text.contains("0123456789"));
            assert!(call.env.contains(&(variable, "key-0123456789".to_owned())));
        }
        table.models.insert("docs".to_owned(), "deepseek/other".to_owned());
        let keys = environment(&[("CHUTES_API_KEY", "key-0123456789")]);
        let choices = choices(&keys, &Secrets::default());
        let wish = Wish { provider: choices.first(), ..wish(&keys, None) };
        assert!(call(&table, &wish).argv.join(" ").ends_with("-m chutes/deepseek/other"));
    }
}
