//! Whether the program of an agent has a login, told from files and variables alone; nobody is asked.

use super::{Problem, Question};
use crate::sys::files;

/// Settings of programs are small.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where a program finds its login.
struct Login {
    program: &'static str,
    /// Any of these variables will do.
    variables: &'static [&'static str],
    /// Any of these files will do: without a word in the agent's own home or the operator's, from where it is copied; with a word
    /// in its own home alone, when it holds that word.
    files: &'static [(&'static str, Option<&'static str>)],
    mend: &'static str,
}

const LOGINS: [Login; 3] = [
    Login {
        program: "claude",
        variables: &[
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_VERTEX",
        ],
        files: &[
            (".claude/.credentials.json", None),
            (".claude.json", Some("primaryApiKey")),
            (".claude/settings.json", Some("apiKeyHelper")),
            (".claude/settings.json", Some("ANTHROPIC_")),
        ],
        mend: "run `claude` once and log in, or set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN",
    },
    Login {
        program: "codex",
        variables: &["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"],
        files: &[(".codex/auth.json", None), (".codex/config.toml", Some("model_provider"))],
        mend: "run `codex login`, or set OPENAI_API_KEY",
    },
    Login {
        program: "gemini",
        variables: &[
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_GENAI_USE_VERTEXAI",
            "GOOGLE_GENAI_USE_GCA",
        ],
        files: &[(".gemini/oauth_creds.json", None), (".gemini/.env", Some("API_KEY"))],
        mend: "run `gemini` once and log in, or set GEMINI_API_KEY",
    },
];

/// What is wrong with the login of a program that we know; a command of the configuration knows itself where its login is.
pub(super) fn problems(question: &Question<'_>) -> Option<Problem> {
    question.table.recipe?;
    let login = LOGINS.iter().find(|login| login.program == question.table.program())?;
    let table = question.table;
    let is_set = |name: &&str| {
        let passed = table.env.iter().any(|passed| passed == *name);
        let own = table.set.get(*name);
        let value = own.or_else(|| question.environment.get(*name).filter(|_| passed));
        value.is_some_and(|value| !value.trim().is_empty())
    };
    let has_variable = login.variables.iter().any(is_set);
    let has_file = || {
        login.files.iter().any(|(file, word)| match word {
            None => question.homes.iter().any(|home| home.join(file).is_file()),
            Some(word) => question.homes.first().is_some_and(|own| {
                files::read_text(&own.join(file), MAX_BYTES).is_ok_and(|text| text.contains(word))
            }),
        })
    };
    let is_logged_in = has_variable || has_file();
    (!is_logged_in)
        .then(|| Problem::blocking(format!("`{}` is not logged in", login.program), login.mend))
}
