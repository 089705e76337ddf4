//! GitHub: the token and its kind, whether work can be ended there, required checks, labels. Reads only.

use std::time::Duration;

use super::{Check, Kind};
use crate::app::{App, Repository};
use crate::config::HostKind;
use crate::domain::ids::BranchName;
use crate::host::HostError;
use crate::host::github::find_token;
use crate::sys::env::Environment;
use crate::text::clean;

/// A person waits.
const DEADLINE: Duration = Duration::from_secs(30);

/// The labels without which nothing is taken up, or that are put on what is.
const LABELS: [&str; 6] = ["ready", "in-progress", "blocked", "done", "human-required", "hold"];

/// The beginnings of tokens and what they are.
const KINDS: [(&str, &str); 5] = [
    ("github_pat_", "fine-grained"),
    ("ghp_", "classic"),
    ("gho_", "of a login by `gh`"),
    ("ghs_", "of an App's installation"),
    ("ghu_", "of an App's user"),
];

/// The token; nothing where no repository is on GitHub.
pub(super) fn token(app: &App) -> Option<Check> {
    let is_on_github = |repository: &Repository| repository.settings.host == HostKind::Github;
    if !app.repositories.iter().any(is_on_github) {
        return None;
    }
    let environment = Environment::from_pairs(app.environment.clone());
    Some(match find_token(&environment, &app.settings.github_api_url) {
        Ok(token) => {
            let source = ["GITHUB_TOKEN", "GH_TOKEN"]
                .into_iter()
                .find(|name| environment.get(name).is_some_and(|value| !value.trim().is_empty()))
                .unwrap_or("gh auth token");
            let kind = KINDS.iter().find(|(begin, _)| token.expose().starts_with(begin));
            let kind = kind.map_or("of an unknown kind", |(_, kind)| kind);
            Check::ok(Kind::Token, format!("from `{source}`, {kind}"))
        }
        Err(error) => failed(Kind::Token, &error),
    })
}

/// The checks of one repository on GitHub. With `is_live` what may be remembered is asked anew.
pub(super) async fn checks(
    app: &App,
    repository: &Repository,
    base: Option<&str>,
    is_live: bool,
) -> Vec<Check> {
    if repository.settings.host != HostKind::Github {
        return Vec::new();
    }
    let asked = tokio::time::timeout(DEADLINE, ask(app, repository, base, is_live)).await;
    let late = |_| {
        let seconds = DEADLINE.as_secs();
        let mend = "look whether the machine is online, and at https://www.githubstatus.com";
        vec![Check::fail(Kind::Access, format!("GitHub did not answer within {seconds} s"), mend)]
    };
    let checks = asked.unwrap_or_else(late);
    checks.into_iter().map(|check| check.of(repository.slug())).collect()
}

async fn ask(app: &App, repository: &Repository, base: Option<&str>, is_live: bool) -> Vec<Check> {
    let host = if is_live { &repository.host } else { &repository.glance };
    if let Err(error) = host.preflight().await {
        return vec![failed(Kind::Access, &error)];
    }
    let scopes = match app.scopes() {
        Some(scopes) if !scopes.is_empty() => format!(", scopes {}", scopes.join(", ")),
        _ => String::new(),
    };
    let mut checks =
        vec![Check::ok(Kind::Access, format!("issues and pull requests can be written{scopes}"))];
    if let Some(base) = base.and_then(|base| base.parse::<BranchName>().ok()) {
        checks.push(match host.required(&base).await {
            Ok(names) => judge_required(&base, &names),
            Err(error) => failed(Kind::Required, &error),
        });
    }
    checks.push(match host.missing_labels(&LABELS).await {
        Ok(missing) => judge_labels(repository, &missing),
        Err(error) => failed(Kind::Labels, &error),
    });
    checks
}

fn judge_required(base: &BranchName, names: &[String]) -> Check {
    if names.is_empty() {
        return Check::warn(
            Kind::Required,
            format!("`{base}` requires no check"),
            "protect the branch and require at least one (Settings, Branches), so that nothing is merged unchecked",
        );
    }
    let names: Vec<String> = names.iter().map(|name| clean::one_line(name, 80)).collect();
    Check::ok(Kind::Required, format!("`{base}` requires {}", names.join(", ")))
}

fn judge_labels(repository: &Repository, missing: &[String]) -> Check {
    match missing.first() {
        None => Check::ok(Kind::Labels, "all there"),
        Some(first) => Check::warn(
            Kind::Labels,
            format!("missing: {}", missing.join(", ")),
            format!(
                "`gh label create {first} --repo {}`; those that we put on are made when they are first needed",
                repository.slug()
            ),
        ),
    }
}

fn failed(kind: Kind, error: &HostError) -> Check {
    let said = clean::one_line(&error.to_string(), 400);
    match error {
        HostError::RateLimited { .. } => {
            Check::warn(kind, said, "nothing: the jobs wait by themselves")
        }
        HostError::Unavailable { .. } => {
            let mend =
                "look whether the machine is online and resolves the name, and at `github_api_url`";
            Check::fail(kind, said, mend)
        }
        _ => Check::fail(kind, said, error.mend().unwrap_or("see docs/github.md")),
    }
}
