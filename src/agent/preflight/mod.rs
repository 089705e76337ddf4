//! Whether an agent can be used at all, found out without asking its provider: program, version, login, keys.

mod login;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::providers::{self, Secrets};
use super::table::{AgentTable, Located, Recipe};

/// What was found out about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// Whether it can be used.
    pub ok: bool,
    /// The version of its program, where we know how to ask and did.
    pub version: Option<String>,
    /// What is wrong, or may be.
    pub problems: Vec<Problem>,
}

/// Something that is wrong with an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What, in one line.
    pub what: String,
    /// What a person can do.
    pub mend: String,
    /// Whether the agent cannot be used for it; else it is a warning.
    pub blocks: bool,
}

impl Problem {
    fn blocking(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into(), blocks: true }
    }

    fn warning(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into(), blocks: false }
    }
}

/// What is asked about an agent.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The agent.
    pub table: &'a AgentTable,
    /// The operator's whole environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The folder that a relative program may lie in.
    pub root: &'a Path,
    /// Where a login may lie: the agent's own home, then the operator's.
    pub homes: &'a [PathBuf],
    /// The file with the keys of providers.
    pub secrets: &'a Path,
    /// A folder for what was found out about versions; it is also the home of the program while it is asked.
    pub cache: &'a Path,
    /// Now.
    pub now: Timestamp,
    /// Whether a program may be started; else only a version that is remembered is told.
    pub may_run: bool,
}

/// Finds out whether an agent can be used.
pub fn preflight(question: &Question<'_>) -> Preflight {
    let mut problems = Vec::new();
    let mut version = None;
    match program(question) {
        Place::Found(path) => {
            if let Some(range) = version::range_of(question.table.program()) {
                let asked = version::of(question, &path);
                problems.extend(version::judge(question.table.program(), range, &asked));
                version = asked.version();
            }
        }
        Place::OfTheRepository => {}
        Place::Missing(problem) => problems.push(problem),
    }
    problems.extend(login::problems(question));
    problems.extend(keys(question));
    let ok = problems.iter().all(|problem| !problem.blocks);
    Preflight { ok, version, problems }
}

enum Place {
    Found(PathBuf),
    /// It may come with the repository that the agent works on: only the run can tell.
    OfTheRepository,
    Missing(Problem),
}

fn program(question: &Question<'_>) -> Place {
    let table = question.table;
    let name = table.argv.first().map(String::as_str).unwrap_or_default();
    let path = question.environment.get("PATH").map(String::as_str).unwrap_or_default();
    match table.locate(path, question.root) {
        Located::Found(path) => Place::Found(path),
        Located::Missing { .. } if name.contains('/') && !name.starts_with('/') => {
            Place::OfTheRepository
        }
        Located::Missing { .. } => {
            let install = match table.program() {
                "claude" => "install Claude Code (npm package @anthropic-ai/claude-code)",
                "codex" => "install the Codex CLI (npm package @openai/codex)",
                "gemini" => "install the Gemini CLI (npm package @google/gemini-cli)",
                "opencode" => "install opencode (npm package opencode-ai)",
                _ => "install it",
            };
            let mend = format!("{install}, correct its name, or add its folder to `PATH`");
            Place::Missing(Problem::blocking(format!("`{name}` is not installed"), mend))
        }
    }
}

/// The keys of the providers that an agent can choose between.
fn keys(question: &Question<'_>) -> Vec<Problem> {
    if question.table.recipe != Some(Recipe::Deepseek) {
        return Vec::new();
    }
    let file = question.secrets.display();
    let mut problems = Vec::new();
    let secrets = match Secrets::read(question.secrets) {
        Ok(secrets) => secrets,
        Err(error) => {
            problems.push(Problem::warning(
                error.to_string(),
                "write it as {\"openRouterApiKey\": \"…\"}, for its owner alone",
            ));
            Secrets::default()
        }
    };
    if is_open_to_others(question.secrets) {
        problems.push(Problem::warning(
            format!("{file} can be read by other users"),
            format!("chmod 600 {file}"),
        ));
    }
    if providers::choices(question.environment, &secrets).is_empty() {
        let names: Vec<&str> = providers::DEEPSEEK.iter().map(|provider| provider.name).collect();
        problems.push(Problem::blocking(
            format!("there is no key for {}", names.join(", ")),
            format!(
                "set OPENROUTER_API_KEY, NANOGPT_API_KEY or CHUTES_API_KEY, or put `openRouterApiKey` into {file}"
            ),
        ));
    }
    problems
}

fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests;
