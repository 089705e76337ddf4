//! The configuration: found, read, its warnings; templates, objectives, and secrets where they should not be.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Check, Kind, Place};
use crate::agent::providers::Secrets;
use crate::app::{App, BuildError};
use crate::config::ConfigError;
use crate::evidence::{find_objective, load_objective};
use crate::sys::files;
use crate::text::clean;

/// Configurations are small.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// More lines with secrets need not be named.
const MOST_LINES: usize = 5;

/// What keeps everything else from being looked at.
pub(super) fn broken(error: &BuildError) -> Check {
    match error {
        BuildError::Config(error) => misconfigured(error),
        BuildError::Prompt(error) => Check::fail(
            Kind::Prompts,
            error.to_string(),
            "mend the file, or remove it to use the built-in one; see docs/prompts.md",
        ),
        BuildError::Unsupported { message, hint } => {
            Check::fail(Kind::Confinement, message.clone(), hint.clone())
        }
        BuildError::File(error) => Check::fail(
            Kind::Folder,
            error.to_string(),
            format!("make `{}` writable for this user", error.path().display()),
        ),
    }
}

fn misconfigured(error: &ConfigError) -> Check {
    let hint = error.hint.clone().unwrap_or_else(|| {
        "correct the line; `agentos config schema` has every key, config.example.yaml too"
            .to_owned()
    });
    // The excerpt is for the terminal that shows it alone; a table has one line for each check.
    let said = ConfigError { excerpt: None, ..error.clone() }.to_string();
    Check::fail(Kind::Configuration, said, hint)
}

pub(super) fn checks(place: &Place, app: &App) -> Vec<Check> {
    let mut checks = vec![found(place, app)];
    checks.extend(app.warnings.iter().map(|warning| {
        let line = warning.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let mend = warning.hint.as_deref().unwrap_or("correct it, or take it out");
        Check::warn(Kind::Configuration, format!("{line}{}", warning.message), mend)
    }));
    checks.push(prompts(app));
    checks.extend(objectives(app));
    checks.extend(secrets(app));
    checks
}

fn found(place: &Place, app: &App) -> Check {
    let count = app.repositories.len();
    let noun = if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") };
    let file = app.settings.config_file.display();
    Check::ok(Kind::Configuration, format!("{file} (by {}), {noun}", place.found_by))
}

fn prompts(app: &App) -> Check {
    let detail = match app.prompts.overridden() {
        [] => "all built in".to_owned(),
        names => format!("of the operator: {}", names.join(", ")),
    };
    Check::ok(Kind::Prompts, detail)
}

fn objectives(app: &App) -> Vec<Check> {
    let mut checks = Vec::new();
    let as_written = |text: &str| Ok(text.to_owned());
    for repository in &app.repositories {
        let names = vec![repository.key.to_string(), repository.slug().name().to_owned()];
        let Some(path) = find_objective(&app.settings.objectives_dir, &names) else { continue };
        let check = match load_objective(&path, &as_written) {
            Ok(loaded) => match loaded.warnings.first() {
                Some(warning) => Check::warn(Kind::Objectives, warning.clone(), "correct the file"),
                None => Check::ok(Kind::Objectives, path.display().to_string()),
            },
            Err(error) => Check::fail(
                Kind::Objectives,
                clean::one_line(&error.to_string(), 400),
                "correct the file; without it nothing is scored for this repository",
            ),
        };
        checks.push(check.of(repository.slug()));
    }
    checks
}

fn secrets(app: &App) -> Vec<Check> {
    let mut checks = Vec::new();
    let (config, keys) = (&app.settings.config_file, &app.settings.secrets_file);
    let lines = lines_with_secrets(app, config);
    if !lines.is_empty() {
        checks.push(Check::warn(
            Kind::Secrets,
            format!("{} holds what looks like a secret, {}", config.display(), lines.join(", ")),
            "give tokens by the environment (GITHUB_TOKEN, TELEGRAM_BOT_TOKEN), keys of providers by `secrets_file`",
        ));
    }
    if is_open(config) {
        let detail = format!("{} can be read by other users", config.display());
        checks.push(Check::warn(Kind::Secrets, detail, format!("chmod 600 {}", config.display())));
    }
    if is_open(keys) {
        let detail = format!("{} can be read by other users", keys.display());
        checks.push(Check::fail(Kind::Secrets, detail, format!("chmod 600 {}", keys.display())));
    }
    if let Err(error) = Secrets::read(keys)
        && keys.exists()
    {
        let mend = "write it as {\"openRouterApiKey\": \"…\"}";
        checks.push(Check::fail(Kind::Secrets, error.to_string(), mend));
    }
    if checks.is_empty() {
        checks.push(Check::ok(
            Kind::Secrets,
            "none in the configuration; files are closed to others",
        ));
    }
    checks
}

fn lines_with_secrets(app: &App, config: &Path) -> Vec<String> {
    let text = files::read_text(config, MAX_BYTES).unwrap_or_default();
    let has_secret = |line: &str| app.redactor.redact(line) != line;
    let numbered = (1..).zip(text.lines());
    let found: Vec<usize> =
        numbered.filter(|(_, line)| has_secret(line)).map(|(number, _)| number).collect();
    found.iter().take(MOST_LINES).map(|number| format!("line {number}")).collect()
}

fn is_open(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}
