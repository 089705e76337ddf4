//! `agentos config`: check, explain, schema.

use serde_json::json;

use super::args::{Config, Global};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::config;
use crate::prompt::Prompts;

pub(super) fn run(
    wiring: &Wiring,
    global: &Global,
    command: &Config,
    output: &Output,
) -> Result<u8, Fault> {
    match command {
        Config::Schema => {
            output.json(&config::schema());
            Ok(0)
        }
        Config::Check => {
            let loaded = config::load(&wiring.load_request(global)?)?;
            Prompts::load(&loaded.settings.root.join("prompts"))?;
            let repositories = loaded.settings.repos.len();
            if output.is_json() {
                let warnings: Vec<_> = loaded
                    .warnings
                    .iter()
                    .map(|w| json!({"message": w.message, "line": w.line, "hint": w.hint}))
                    .collect();
                output.json(&json!({
                    "file": loaded.settings.config_file,
                    "root": loaded.settings.root,
                    "repositories": repositories,
                    "warnings": warnings,
                }));
                return Ok(0);
            }
            for warning in &loaded.warnings {
                let line = warning.line.map(|line| format!(":{line}")).unwrap_or_default();
                output.say(&format!(
                    "warning: {}{line}: {}",
                    loaded.settings.config_file.display(),
                    warning.message
                ));
                if let Some(hint) = &warning.hint {
                    output.say(&format!("hint: {hint}"));
                }
            }
            let noun = if repositories == 1 { "repository" } else { "repositories" };
            output.line(&format!(
                "{} is fine: {repositories} {noun}, {} warnings",
                loaded.settings.config_file.display(),
                loaded.warnings.len()
            ));
            Ok(0)
        }
        Config::Explain { key } => {
            let loaded = config::load(&wiring.load_request(global)?)?;
            let explanation = loaded.explain(key)?;
            if output.is_json() {
                output.json(&explanation);
                return Ok(0);
            }
            let place = match (&explanation.file, explanation.line) {
                (Some(file), Some(line)) => format!(" ({}:{line})", file.display()),
                (Some(file), None) => format!(" ({})", file.display()),
                _ => String::new(),
            };
            output.line(&format!("{} = {}", explanation.key, explanation.value));
            output.line(&format!("set by: {}{place}", explanation.layer));
            Ok(0)
        }
    }
}
