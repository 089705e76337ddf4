//! The four agents that need no configuration, as tables.

use std::collections::BTreeMap;

use super::table::{AgentTable, PromptMode, Recipe, TranscriptKind};

/// The agents that need no configuration.
pub const BUILTIN: [&str; 4] = ["codex", "claude", "gemini", "deepseek"];

/// The table of a built-in agent.
pub fn builtin(name: &str) -> Option<AgentTable> {
    let table = match name {
        "codex" => Draft::new(name, TranscriptKind::Codex, Recipe::Codex)?
            .argv("codex exec --json --dangerously-bypass-approvals-and-sandbox")
            // Without this every run waits five seconds for its statistics to be sent.
            .argv("-c analytics.enabled=false -")
            .model("-m")
            .env("OPENAI_API_KEY OPENAI_BASE_URL CODEX_API_KEY CODEX_ACCESS_TOKEN")
            // That its own sandbox refused a tool is told in its log alone.
            .set("RUST_LOG", "error,codex_sandboxing=warn"),
        "claude" => Draft::new(name, TranscriptKind::Claude, Recipe::Claude)?
            // The streamed form shows life while it works; the plain one is silent to the end.
            .argv("claude -p --output-format stream-json --verbose")
            .argv("--dangerously-skip-permissions")
            .model("--model")
            .env("ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL ANTHROPIC_MODEL")
            .env("ANTHROPIC_SMALL_FAST_MODEL CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_MAX_RETRIES")
            .env("API_TIMEOUT_MS")
            // As root it refuses to skip its questions unless it is told that it is confined, which it is, by us.
            .set("IS_SANDBOX", "1")
            .set("DISABLE_AUTOUPDATER", "1")
            .set("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        "gemini" => Draft::new(name, TranscriptKind::Gemini, Recipe::Gemini)?
            // Not trusting the folder would silently switch `--yolo` off.
            .argv("gemini --yolo --skip-trust --output-format stream-json")
            .model("-m")
            .env("GEMINI_API_KEY GOOGLE_API_KEY GOOGLE_GEMINI_BASE_URL GOOGLE_CLOUD_PROJECT")
            .env("GOOGLE_CLOUD_LOCATION GOOGLE_APPLICATION_CREDENTIALS")
            .env("GOOGLE_GENAI_USE_VERTEXAI GOOGLE_GENAI_USE_GCA")
            // A second process of its own would survive the first.
            .set("GEMINI_CLI_NO_RELAUNCH", "true"),
        "deepseek" => Draft::new(name, TranscriptKind::Opencode, Recipe::Deepseek)?
            // While it waits for its provider its log alone says why.
            .argv("opencode run --format json --print-logs --log-level ERROR --title agentos")
            .model("-m")
            .set("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .set("OPENCODE_DISABLE_MODELS_FETCH", "1")
            .set("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1")
            .set("OPENCODE_DISABLE_LSP_DOWNLOAD", "1")
            // A configuration in the repository could send the key to another address.
            .set("OPENCODE_DISABLE_PROJECT_CONFIG", "1"),
        _ => return None,
    };
    Some(table.0)
}

struct Draft(AgentTable);

impl Draft {
    fn new(name: &str, transcript: TranscriptKind, recipe: Recipe) -> Option<Self> {
        Some(Self(AgentTable {
            name: name.parse().ok()?,
            argv: Vec::new(),
            prompt: PromptMode::Stdin,
            transcript,
            env: Vec::new(),
            set: BTreeMap::new(),
            timeout: None,
            models: BTreeMap::new(),
            model_flag: None,
            recipe: Some(recipe),
            worst_case_usd_micros: None,
        }))
    }

    fn argv(mut self, words: &str) -> Self {
        self.0.argv.extend(words.split(' ').map(str::to_owned));
        self
    }

    fn env(mut self, names: &str) -> Self {
        self.0.env.extend(names.split(' ').map(str::to_owned));
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.0.set.insert(name.to_owned(), value.to_owned());
        self
    }

    fn model(mut self, flag: &str) -> Self {
        self.0.model_flag = Some(flag.to_owned());
        self
    }
}
