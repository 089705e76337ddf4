//! `agentos config`: check, explain, schema.

mod sources;

use serde_json::json;

use super::args::{Config, Global};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::config::Explanation;
use crate::prompt::Prompts;
use crate::{config, evidence};

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
        Config::Check => check(wiring, global, output),
        Config::Explain { key } => {
            let loaded = config::load(&wiring.load_request(global)?)?;
            let mut explanation = loaded.explain(key)?;
            if explanation.key == "root_dir"
                && let Some(layer) = wiring.root_layer(global)
            {
                explanation = Explanation { layer, file: None, line: None, ..explanation };
            }
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

/// The configuration, the prompts, every objective and every evidence file.
fn check(wiring: &Wiring, global: &Global, output: &Output) -> Result<u8, Fault> {
    let loaded = config::load(&wiring.load_request(global)?)?;
    let settings = &loaded.settings;
    Prompts::load(&settings.root.join("prompts"))?;
    let variables = wiring.variables();
    let expand = |text: &str| config::expand(text, &variables);
    let checked = evidence::check(&settings.objectives_dir, &settings.evidence_dir, &expand);
    if let Some(fault) = checked.faults.first() {
        let hint = "objectives/example.yaml shows every key of an objective";
        return Err(Fault::usage(fault.to_string()).hint(hint));
    }
    let of_sources = sources::warnings(settings);
    let repositories = settings.repos.len();
    let file = settings.config_file.display();
    if output.is_json() {
        let of_config = loaded
            .warnings
            .iter()
            .map(|w| json!({"message": w.message, "line": w.line, "hint": w.hint}));
        let of_evidence = checked.warnings.iter().chain(&of_sources);
        let of_evidence = of_evidence.map(|message| json!({"message": message}));
        output.json(&json!({
            "file": settings.config_file,
            "root": settings.root,
            "repositories": repositories,
            "objectives": checked.objectives,
            "evidence": checked.evidence,
            "warnings": of_config.chain(of_evidence).collect::<Vec<_>>(),
        }));
        return Ok(0);
    }
    for warning in &loaded.warnings {
        let line = warning.line.map(|line| format!(":{line}")).unwrap_or_default();
        output.say(&format!("warning: {file}{line}: {}", warning.message));
        if let Some(hint) = &warning.hint {
            output.say(&format!("hint: {hint}"));
        }
    }
    for warning in checked.warnings.iter().chain(&of_sources) {
        output.say(&format!("warning: {warning}"));
    }
    output.line(&format!(
        "{file} is fine: {}, {}, {}, {}",
        counted(repositories, "repository", "repositories"),
        counted(checked.objectives, "objective", "objectives"),
        counted(checked.evidence, "evidence file", "evidence files"),
        counted(
            loaded.warnings.len() + checked.warnings.len() + of_sources.len(),
            "warning",
            "warnings"
        ),
    ));
    Ok(0)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
