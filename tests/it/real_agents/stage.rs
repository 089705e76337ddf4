//! A root in which one real program works on one issue.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::endpoint::{Endpoint, Scenario};
use crate::support::World;

/// One program at a time: each takes up to half a gigabyte.
static ONE: Mutex<()> = Mutex::new(());

/// A built-in agent with its program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cli {
    pub(super) agent: &'static str,
    folder: &'static str,
    program: &'static str,
}

pub(super) const CLAUDE: Cli = Cli { agent: "claude", folder: "claude", program: "claude" };
pub(super) const CODEX: Cli = Cli { agent: "codex", folder: "codex", program: "codex" };
pub(super) const GEMINI: Cli = Cli { agent: "gemini", folder: "gemini", program: "gemini" };
pub(super) const DEEPSEEK: Cli = Cli { agent: "deepseek", folder: "opencode", program: "opencode" };

impl Cli {
    /// The folder with its program, or nothing where these tests are not asked for: they take minutes.
    fn bin(self) -> Option<PathBuf> {
        if std::env::var_os("AGENTOS_AGENTS").is_none() {
            println!("skipped: `bin/check agents` runs it, with the programs that it installs");
            return None;
        }
        let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map(|dir| manifest.join(dir));
        let agents = std::env::var_os("AGENTOS_AGENTS_DIR").map(PathBuf::from);
        let agents = agents
            .unwrap_or_else(|| target.unwrap_or_else(|| manifest.join("target")).join("agents"));
        let bin = agents.join(self.folder).join("node_modules/.bin");
        assert!(
            bin.join(self.program).exists(),
            "{} is not in {}: `bin/check agents` installs it",
            self.program,
            bin.display()
        );
        Some(bin)
    }
}

/// A root in which one real program works on one issue.
pub(super) struct Stage {
    pub(super) world: World,
    endpoint: Endpoint,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Makes it, with further lines of configuration, in which `URL` is the model's address; `None` where the program is not installed.
    pub(super) fn new(cli: Cli, scenario: Scenario, settings: &str) -> Option<Self> {
        let bin = cli.bin()?;
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = Endpoint::start(scenario);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut world = World::with_agents(&[])
            .env("PATH", &path)
            // Nothing but the endpoint can be reached, also where the test has no network of its own.
            .env("https_proxy", "http://127.0.0.1:9")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("no_proxy", "127.0.0.1,localhost");
        for (name, value) in keys(cli, &endpoint.url()) {
            world = world.env(name, &value);
        }
        let nobody = "planner_agents: []";
        let planners = if settings.contains("planner_agents") { "" } else { nobody };
        world.write(
            "config.yaml",
            &format!(
                "merge_policy: manual\nmax_runtime_minutes: 4\nagent_fallbacks: {{implementation: [{}]}}\n{planners}\n{settings}\n{}\nrepos:\n- repo: acme/shop\n  host: local\n  path: shop\n  ci_command: sh test.sh\n",
                cli.agent,
                if settings.contains("agents:") { "" } else { model_of(cli) },
                settings = settings.replace("URL", &endpoint.url()),
            ),
        );
        // The programs tell times of the real clock.
        let now: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        world.advance(SignedDuration::from_secs(Timestamp::now().as_second() - now.as_second()));
        world.ready_issue("Greet", "Write hello.txt with a greeting.");
        world.run("dispatch").ok();
        Some(Self { world, endpoint, _turn: turn })
    }

    /// The paths that the program asked the model for.
    pub(super) fn paths(&self) -> Vec<String> {
        self.endpoint.paths()
    }

    /// Sets a variable of the operator's.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.world = self.world.env(name, value);
        self
    }

    pub(super) fn queue(&self) -> String {
        let run = self.world.run("queue --once");
        format!("{}\n{}", run.stdout, run.stderr)
    }

    /// The receipt of a run, with what the program said in a panic.
    #[track_caller]
    pub(super) fn receipt(&self, label: &str) -> Value {
        let path = format!("runtime/runs/shop-1/{label}/receipt.json");
        assert!(
            self.world.path(&path).exists(),
            "no {path}\n{}\n{:?}",
            self.world.task_text("shop-1"),
            self.endpoint.paths()
        );
        serde_json::from_str(&self.world.read(&path)).unwrap()
    }

    /// Whether the last run left a file that is no result.
    pub(super) fn has_no_result(&self) -> bool {
        self.world.task_text("shop-1").contains("the result file is not valid: there is no STATUS")
    }

    /// What the program of a run wrote.
    pub(super) fn logs(&self, label: &str) -> String {
        let log = |name: &str| {
            let path = self.world.path(&format!("runtime/runs/shop-1/{label}/agent.{name}.log"));
            std::fs::read_to_string(path).unwrap_or_default()
        };
        format!("{}\n{}", log("stdout"), log("stderr"))
    }

    /// Runs the queue once and gives the class of the failure that was seen.
    #[track_caller]
    pub(super) fn failure(&self, label: &str) -> Value {
        let said = self.queue();
        let receipt = self.receipt(label);
        println!("{said}\n{receipt:#}\n{}", self.logs(label));
        receipt["failure"].clone()
    }
}

/// What a test says besides: Codex does not offer the same tools to every model.
fn model_of(cli: Cli) -> &'static str {
    if cli.agent == "codex" { "agents: {codex: {models: {default: gpt-mock}}}" } else { "" }
}

/// Key and address, by the environment of the operator.
fn keys(cli: Cli, url: &str) -> Vec<(&'static str, String)> {
    let key = "sk-mock-0123456789".to_owned();
    match cli.agent {
        "claude" => vec![
            ("ANTHROPIC_BASE_URL", url.to_owned()),
            ("ANTHROPIC_API_KEY", key),
            ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()),
        ],
        "codex" => vec![("OPENAI_BASE_URL", format!("{url}/v1")), ("OPENAI_API_KEY", key)],
        "gemini" => vec![("GOOGLE_GEMINI_BASE_URL", url.to_owned()), ("GEMINI_API_KEY", key)],
        _ => vec![("OPENROUTER_BASE_URL", format!("{url}/v1")), ("OPENROUTER_API_KEY", key)],
    }
}
