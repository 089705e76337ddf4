//! Preflight against programs and homes that a test makes.
#![expect(clippy::disallowed_methods, reason = "a test makes the files that are looked for")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::builtin::builtin;
use super::*;

struct Place {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["bin", "home", "cache"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
        Self { dir, environment: BTreeMap::from([("PATH".to_owned(), path)]) }
    }

    /// A program that counts how often it is run.
    fn program(&self, name: &str, script: &str) {
        let path = self.dir.path().join("bin").join(name);
        let count = self.dir.path().join("count");
        fs::write(&path, format!("#!/bin/sh\necho x >> {}\n{script}\n", count.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn home(&self, file: &str, text: &str) {
        let path = self.dir.path().join("home").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.dir.path().join("count")).unwrap_or_default().lines().count()
    }

    fn ask(&self, table: &AgentTable, now: &str, may_run: bool) -> Preflight {
        preflight(&Question {
            table,
            environment: &self.environment,
            root: self.dir.path(),
            homes: &[self.dir.path().join("home")],
            secrets: &self.dir.path().join("secrets.json"),
            cache: &self.dir.path().join("cache"),
            now: now.parse().unwrap(),
            may_run,
        })
    }

    fn of(&self, name: &str) -> Preflight {
        self.ask(&builtin(name).unwrap(), "2026-11-20T10:00:00Z", true)
    }
}

fn words(found: &Preflight) -> Vec<&str> {
    found.problems.iter().map(|problem| problem.what.as_str()).collect()
}

#[test]
fn a_program_that_is_not_there_and_a_login_that_is_missing_are_said_with_what_to_do() {
    let place = Place::new();
    let found = place.of("claude");
    assert!(!found.ok);
    assert_eq!(words(&found), ["`claude` is not installed", "`claude` is not logged in"]);
    assert!(found.problems[0].mend.contains("@anthropic-ai/claude-code"));
    assert!(found.problems[1].mend.contains("ANTHROPIC_API_KEY"));
}

#[test]
fn a_login_is_a_variable_or_a_file_of_the_program() {
    for (name, variable, file, text) in [
        ("claude", "ANTHROPIC_API_KEY", ".claude/.credentials.json", "{}"),
        ("claude", "CLAUDE_CODE_OAUTH_TOKEN", ".claude/settings.json", "{\"apiKeyHelper\": 1}"),
        ("codex", "OPENAI_API_KEY", ".codex/auth.json", "{}"),
        ("gemini", "GEMINI_API_KEY", ".gemini/oauth_creds.json", "{}"),
    ] {
        let version = match name {
            "claude" => "2.1.0",
            "codex" => "0.150.0",
            _ => "0.61.0",
        };
        let mut place = Place::new();
        place.program(name, &format!("echo {version}"));
        assert!(!place.of(name).ok, "{name}");
        place.home(file, text);
        let found = place.of(name);
        assert!(found.ok, "{name} {file}: {found:?}");
        assert_eq!(found.version.as_deref(), Some(version));
        fs::remove_file(place.dir.path().join("home").join(file)).unwrap();
        place.set(variable, "some-key");
        assert!(place.of(name).ok, "{name} {variable}");
    }
}

#[test]
fn settings_of_the_operator_that_no_run_can_see_are_no_login() {
    let place = Place::new();
    place.program("claude", "echo 2.1.0");
    place.home(".claude/settings.json", "{\"apiKeyHelper\": 1}");
    let own = place.dir.path().join("own");
    let operator = place.dir.path().join("home");
    let claude = builtin("claude").unwrap();
    let ask = |homes: &[PathBuf]| {
        let question = Question {
            table: &claude,
            environment: &place.environment,
            root: place.dir.path(),
            homes,
            secrets: &place.dir.path().join("secrets.json"),
            cache: &place.dir.path().join("cache"),
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
            may_run: true,
        };
        preflight(&question).ok
    };
    assert!(!ask(&[own.clone(), operator.clone()]));
    assert!(ask(&[operator.clone(), own.clone()]));
    fs::write(operator.join(".claude/.credentials.json"), "{}").unwrap();
    assert!(ask(&[own, operator]));
}

#[test]
fn a_version_is_asked_once_in_ten_minutes_and_again_when_the_program_has_changed() {
    let mut place = Place::new();
    place.set("OPENAI_API_KEY", "some-key");
    place.program("codex", "echo codex-cli 0.169.0; env | grep -q some-key && exit 3; exit 0");
    let codex = builtin("codex").unwrap();
    let at = |minute: &str, may_run| {
        place.ask(&codex, &format!("2026-11-20T10:{minute}:00Z"), may_run).version
    };
    assert_eq!(at("00", false), None);
    assert_eq!(at("00", true).as_deref(), Some("0.169.0"));
    assert_eq!(at("09", true).as_deref(), Some("0.169.0"));
    assert_eq!(place.runs(), 1);
    assert_eq!(at("30", false).as_deref(), Some("0.169.0"));
    assert_eq!(place.runs(), 1);
    assert_eq!(at("30", true).as_deref(), Some("0.169.0"));
    assert_eq!(place.runs(), 2);
    place.program("codex", "echo codex-cli 0.50.0; # another one");
    let found = place.ask(&codex, "2026-11-20T10:31:00Z", true);
    assert!(!found.ok);
    assert_eq!(words(&found), ["`codex` 0.50.0 is older than 0.100.0"]);
}

#[test]
fn a_program_that_cannot_be_run_is_not_used() {
    let mut place = Place::new();
    place.set("GEMINI_API_KEY", "some-key");
    place.program("gemini", "echo 'node: not found' >&2; exit 127");
    let found = place.of("gemini");
    assert!(!found.ok);
    assert_eq!(words(&found), ["`gemini` cannot be run: it ended with 127: node: not found"]);
}

#[test]
fn deepseek_needs_a_key_of_one_of_its_providers() {
    let mut place = Place::new();
    place.program("opencode", "echo 1.18.33");
    let found = place.of("deepseek");
    assert!(!found.ok);
    assert_eq!(words(&found), ["there is no key for openrouter, nanogpt, chutes"]);
    let secrets = place.dir.path().join("secrets.json");
    fs::write(&secrets, r#"{"openRouterApiKey": "YOUR_KEY_HERE"}"#).unwrap();
    assert!(!place.of("deepseek").ok);
    fs::write(&secrets, r#"{"openRouterApiKey": "sk-or-0123456789"}"#).unwrap();
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o644)).unwrap();
    let found = place.of("deepseek");
    assert!(found.ok, "{found:?}");
    assert!(words(&found)[0].contains("can be read by other users"));
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(place.of("deepseek").problems.is_empty());
    fs::remove_file(&secrets).unwrap();
    place.set("CHUTES_API_KEY", "cpk-0123456789");
    assert!(place.of("deepseek").ok);
}

#[test]
fn of_a_command_of_the_configuration_only_the_program_is_looked_for() {
    let place = Place::new();
    let mut bot = AgentTable::plain("bot".parse().unwrap());
    let ask = |bot: &AgentTable| place.ask(bot, "2026-11-20T10:00:00Z", true);
    bot.argv = vec!["no-such-program-of-ours".to_owned()];
    assert!(!ask(&bot).ok);
    bot.argv = vec!["./scripts/of-the-repository.sh".to_owned()];
    assert!(ask(&bot).ok);
    place.program("bot", "exit 9");
    bot.argv = vec!["bot".to_owned()];
    assert!(ask(&bot).ok);
    assert_eq!(place.runs(), 0);
}

#[test]
fn of_each_program_an_older_version_is_refused_a_newer_one_told_and_the_pinned_one_is_the_tried_one()
 {
    for (agent, program, oldest, newest) in [
        ("claude", "claude", "1.9.999", "3.0.0"),
        ("codex", "codex", "0.99.9", "1.0.0"),
        ("gemini", "gemini", "0.29.9", "1.0.0"),
        ("deepseek", "opencode", "0.9.9", "2.0.0"),
    ] {
        let mut place = Place::new();
        for key in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "CHUTES_API_KEY"] {
            place.set(key, "some-key-0123456789");
        }
        place.program(program, &format!("echo {oldest}"));
        let found = place.of(agent);
        assert!(!found.ok, "{found:?}");
        assert!(words(&found)[0].contains("is older than"), "{found:?}");
        // Of another length: the time of a file may be the same.
        place.program(program, &format!("echo {newest}; # newer"));
        let found = place.of(agent);
        assert!(found.ok, "{found:?}");
        assert!(words(&found)[0].contains("is newer than what was tried"), "{found:?}");
        place.program(program, &format!("echo {}; # the one that is pinned", pinned(program)));
        let found = place.of(agent);
        assert!(found.ok && found.problems.is_empty(), "{found:?}");
        assert!(version::is_tried(program, found.version.as_deref().unwrap()), "{found:?}");
    }
}

/// The version that `tests/agents` installs.
fn pinned(program: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents").join(program);
    let text = fs::read_to_string(folder.join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    let versions = package["dependencies"].as_object().unwrap();
    versions.values().next().unwrap().as_str().unwrap().to_owned()
}
