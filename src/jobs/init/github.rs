//! What a GitHub says of a repository before it is configured: asked by an application of a draft that lies in a folder of its own, so
//! that nothing of it is left. Only reads; labels are made by [`super::carry_out()`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::origin::OnGithub;
use super::{Place, Wishes};
use crate::app::{App, Repository};
use crate::config;
use crate::host::github::find_token;
use crate::host::{HostError, MissingColumns};
use crate::sys::env::Environment;
use crate::sys::files;
use crate::text::clean;
use crate::text::hash::sha256_hex;

/// A person waits.
const DEADLINE: Duration = Duration::from_secs(30);

/// The labels that jobs look for and put on, and those by which people say what is urgent.
pub(super) const LABELS: [&str; 10] = [
    "ready",
    "in-progress",
    "blocked",
    "done",
    "human-required",
    "bot-generated",
    "hold",
    "prio:high",
    "prio:normal",
    "prio:low",
];

/// What was found out on GitHub; what is `None` could not be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OnHub {
    /// Where the token comes from.
    pub token_from: Option<String>,
    /// What a classic token may do.
    pub scopes: Option<Vec<String>>,
    /// What keeps work from being ended there.
    pub trouble: Option<String>,
    /// What mends that.
    pub mend: Option<String>,
    /// The branch that pull requests are merged into.
    pub default_branch: Option<String>,
    /// The checks that it requires.
    pub required_checks: Option<Vec<String>>,
    /// The columns that the board lacks, where there is a board.
    pub missing_columns: Option<MissingColumns>,
    /// The labels that do not exist yet.
    pub missing_labels: Option<Vec<String>>,
}

/// The configuration as it is with the repository in it, or one for the repository alone.
fn draft(place: &Place<'_>, target: &OnGithub, wishes: &Wishes, existing: Option<&str>) -> String {
    let slug = target.slug.as_str();
    let project = wishes.project.map(|number| format!("  project_number: {number}\n"));
    let entry =
        format!("- github_repo: {}\n{}", serde_json::json!(slug), project.unwrap_or_default());
    let alone =
        || format!("github_api_url: {}\nrepos:\n{entry}", serde_json::json!(target.api_url));
    let names_it = |text: &String| {
        config::load_text(&place.load, text).is_ok_and(|loaded| {
            loaded.settings.github_api_url == target.api_url
                && loaded.settings.repos.iter().any(|repo| repo.slug == target.slug)
        })
    };
    let kept = existing.map(str::to_owned);
    let with = existing.and_then(|text| config::with_repository(text, &entry).ok());
    kept.into_iter().chain(with).find(names_it).unwrap_or_else(alone)
}

/// Asks a GitHub about a repository.
pub(super) async fn look(
    place: &Place<'_>,
    target: &OnGithub,
    wishes: &Wishes,
    existing: Option<&str>,
) -> OnHub {
    let text = draft(place, target, wishes, existing);
    let folder = draft_folder(place);
    let found = in_folder(place, target, &text, &folder).await;
    // It holds nothing that anybody needs; what cannot be removed there is the system's to clean.
    drop(files::remove_tree(&folder));
    found.unwrap_or_else(|trouble| OnHub { trouble: Some(trouble), ..OnHub::default() })
}

fn draft_folder(place: &Place<'_>) -> PathBuf {
    let base = place.environment.get("TMPDIR").filter(|dir| !dir.is_empty());
    let seed = format!("{} {}", std::process::id(), place.now);
    let name = format!("agentos-init-{}", sha256_hex(seed.as_bytes()).get(..8).unwrap_or("x"));
    base.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from).join(name)
}

async fn in_folder(
    place: &Place<'_>,
    target: &OnGithub,
    text: &str,
    folder: &Path,
) -> Result<OnHub, String> {
    let config = folder.join("config.yaml");
    files::make_dir(folder)
        .and_then(|()| files::create_new(&config, text.as_bytes()))
        .map_err(|error| error.to_string())?;
    let mut load = place.load.clone();
    load.config = Some(config);
    load.root = Some(folder.to_owned());
    let app = App::build_to_look((place.options)(load)).map_err(|error| error.to_string())?;
    let is_it = |repository: &&Repository| *repository.slug() == target.slug;
    let Some(repository) = app.repositories.iter().find(is_it) else { return Ok(OnHub::default()) };
    let token_from = token_source(place, &target.api_url);
    match tokio::time::timeout(DEADLINE, ask(&app, repository)).await {
        Ok(found) => Ok(OnHub { token_from, ..found }),
        Err(_) => Err(format!("GitHub did not answer within {} s", DEADLINE.as_secs())),
    }
}

/// The name of where the token comes from; never the token.
fn token_source(place: &Place<'_>, api_url: &str) -> Option<String> {
    let environment = Environment::from_pairs(place.environment.clone());
    find_token(&environment, api_url).ok()?;
    let is_set = |name: &&str| environment.get(name).is_some_and(|value| !value.trim().is_empty());
    Some(
        ["GITHUB_TOKEN", "GH_TOKEN"].into_iter().find(is_set).unwrap_or("gh auth token").to_owned(),
    )
}

async fn ask(app: &App, repository: &Repository) -> OnHub {
    let mut found = OnHub::default();
    let host = &repository.glance;
    if let Err(error) = host.preflight().await {
        (found.trouble, found.mend) = told(&error);
        // A board that is not as it should be keeps nothing else from being looked at.
        if !matches!(&error, HostError::Denied { reason, .. } if reason.contains("board")) {
            return found;
        }
    }
    found.missing_columns = host.missing_columns().await.ok().flatten();
    if found.missing_columns.as_ref().is_some_and(|m| m.can_be_made && !m.names.is_empty()) {
        // That is what will be mended.
        (found.trouble, found.mend) = (None, None);
    }
    found.scopes = app.scopes();
    if let Ok(heads) = repository.look_at_remote(DEADLINE) {
        found.default_branch = heads.default;
    }
    if let Some(branch) = found.default_branch.as_ref().and_then(|name| name.parse().ok()) {
        found.required_checks = host.required(&branch).await.ok();
    }
    found.missing_labels = host.missing_labels(&LABELS).await.ok();
    found
}

fn told(error: &HostError) -> (Option<String>, Option<String>) {
    let mend = error.mend().map(|mend| clean::one_line(mend, 400));
    (Some(clean::one_line(&error.to_string(), 400)), mend)
}
