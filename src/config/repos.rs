//! Which repositories there are: names, hosts, paths, and the short keys that name them everywhere.

use std::path::{Path, PathBuf};

use super::merge::Fault;
use super::paths::{Expander, is_path, normal};
use super::raw::RawRepo;
use super::values::HostKind;
use crate::domain::ids::{RepoKey, RepoSlug};
use crate::text::slug::file_safe;

/// What a repository is called and where it is.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) key: RepoKey,
    pub(super) slug: RepoSlug,
    pub(super) project: Option<String>,
    pub(super) host: HostKind,
    pub(super) path: Option<PathBuf>,
    pub(super) remote: Option<String>,
}

/// A repository before its key is known, which depends on the others.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) slug: RepoSlug,
    pub(super) host: HostKind,
    pub(super) path: Option<PathBuf>,
    pub(super) remote: Option<String>,
    pub(super) prefix: Option<RepoKey>,
}

/// Finds out what an entry names.
pub(super) fn named(
    raw: &RawRepo,
    owner: Option<&str>,
    root: &Path,
    expander: &Expander<'_>,
) -> Result<Named, Fault> {
    let path = only_path(raw, root, expander)?;
    let name = only_name(raw)?;
    let (slug, host) = match (name, raw.host, &path) {
        (Some((key, name)), host, _) => {
            let host = host.unwrap_or(HostKind::Github);
            (slug_of(name, owner, host).map_err(|message| Fault::at(&[key], message))?, host)
        }
        (None, None | Some(HostKind::Local), Some(path)) => {
            (slug_of_folder(path)?, HostKind::Local)
        }
        (None, Some(HostKind::Github), _) => {
            let message = "a repository on GitHub needs `github_repo: owner/name`";
            return Err(Fault::at(&["host"], message.to_owned()));
        }
        (None, _, None) => {
            let fault = Fault::at(&[], "the entry names no repository".to_owned());
            return Err(fault.with_hint("give it `github_repo: owner/name` or `path: /some/clone`"));
        }
    };
    let remote = raw.remote.as_deref().map(|text| remote(text, root, expander)).transpose()?;
    let prefix = raw.task_prefix.as_deref().map(str::parse::<RepoKey>).transpose();
    let prefix = prefix.map_err(|error| Fault::at(&["task_prefix"], error.to_string()))?;
    Ok(Named { slug, host, path, remote, prefix })
}

/// Gives every repository its key: the prefix, else its name if no other has it, else owner and name.
pub(super) fn keys(repos: &[Named]) -> Result<Vec<RepoKey>, (usize, Fault)> {
    let mut keys: Vec<RepoKey> = Vec::new();
    for (position, repo) in repos.iter().enumerate() {
        let name = repo.slug.name();
        let is_taken = repos.iter().enumerate().any(|(other, named)| {
            let has_it = named.prefix.as_ref().map_or(named.slug.name(), RepoKey::as_str);
            other != position && has_it.eq_ignore_ascii_case(name)
        });
        let wanted =
            if is_taken { format!("{}-{name}", repo.slug.owner()) } else { name.to_owned() };
        let key = match &repo.prefix {
            Some(prefix) => prefix.clone(),
            None => key_of(&wanted).map_err(|fault| (position, fault))?,
        };
        for (other, taken) in repos.iter().zip(&keys) {
            conflict(repo, &key, other, taken).map_err(|fault| (position, fault))?;
        }
        keys.push(key);
    }
    Ok(keys)
}

fn conflict(repo: &Named, key: &RepoKey, other: &Named, taken: &RepoKey) -> Result<(), Fault> {
    let slug = &repo.slug;
    if slug.as_str().eq_ignore_ascii_case(other.slug.as_str()) {
        return Err(Fault::at(&[], format!("the repository `{slug}` is given twice")));
    }
    let (key, taken) = (key.as_str().to_lowercase(), taken.as_str().to_lowercase());
    let at: &[&str] = if repo.prefix.is_some() { &["task_prefix"] } else { &[] };
    let hint = "give one of the two repositories another `task_prefix`";
    if key == taken {
        let message = format!("`{slug}` and `{}` both have the prefix `{key}`", other.slug);
        return Err(Fault::at(at, message).with_hint(hint));
    }
    if is_numbered(&key, &taken) || is_numbered(&taken, &key) {
        let message = format!("the prefixes `{key}` and `{taken}` give the same task ids");
        return Err(Fault::at(at, message).with_hint(hint));
    }
    Ok(())
}

/// Whether `longer` is `shorter` and `-<digits>`: then `web-2-1` could be a task of either.
fn is_numbered(longer: &str, shorter: &str) -> bool {
    let number = longer.strip_prefix(shorter).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn key_of(name: &str) -> Result<RepoKey, Fault> {
    let safe = file_safe(name);
    let parsed = safe.parse::<RepoKey>().or_else(|_| file_safe(&name.replace('.', "/")).parse());
    parsed.map_err(|error| {
        Fault::at(&[], error.to_string()).with_hint("give the repository a `task_prefix`")
    })
}

/// The one path that an entry gives, under whichever key.
fn only_path(
    raw: &RawRepo,
    root: &Path,
    expander: &Expander<'_>,
) -> Result<Option<PathBuf>, Fault> {
    let repo = raw.repo.as_deref().filter(|text| is_path(text));
    let mut found: Option<PathBuf> = None;
    for (key, text) in
        [("path", raw.path.as_deref()), ("local_repo", raw.local_repo.as_deref()), ("repo", repo)]
    {
        let Some(text) = text else { continue };
        let path = expander
            .path(text, root)
            .map_err(|problem| Fault::at(&[key], format!("`{key}` {problem}")))?;
        match &found {
            Some(other) if *other != path => {
                return Err(Fault::at(
                    &[key],
                    format!("`{key}` is another path than `{}`", other.display()),
                ));
            }
            _ => found = Some(path),
        }
    }
    Ok(found)
}

/// The one name that an entry gives, with the key under which it stands.
fn only_name(raw: &RawRepo) -> Result<Option<(&'static str, &str)>, Fault> {
    let repo = raw.repo.as_deref().filter(|text| !is_path(text));
    match (raw.github_repo.as_deref(), repo) {
        (Some(one), Some(other)) if one != other => {
            Err(Fault::at(&["repo"], format!("`repo` is another repository than `{one}`")))
        }
        (Some(name), _) => Ok(Some(("github_repo", name))),
        (None, Some(name)) => Ok(Some(("repo", name))),
        (None, None) => Ok(None),
    }
}

/// Reads `owner/name`, `name` with the owner from above, or the address of a repository on the web.
fn slug_of(text: &str, owner: Option<&str>, host: HostKind) -> Result<RepoSlug, String> {
    let text = text.trim().trim_end_matches('/');
    let text = text.strip_suffix(".git").unwrap_or(text);
    let text = text
        .strip_prefix("https://")
        .and_then(|url| url.split_once('/'))
        .map_or(text, |(_, rest)| rest);
    let full = match (text.contains('/'), owner, host) {
        (false, Some(owner), HostKind::Github) => format!("{owner}/{text}"),
        // Without an owner it is refused below.
        (true, _, _) | (false, None, HostKind::Github) => text.to_owned(),
        (false, _, HostKind::Local) => format!("local/{text}"),
    };
    full.parse::<RepoSlug>().map_err(|error| error.to_string())
}

fn slug_of_folder(path: &Path) -> Result<RepoSlug, Fault> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| Fault::at(&["path"], "the path names no folder".to_owned()))?;
    let name = name.strip_suffix(".git").filter(|name| !name.is_empty()).unwrap_or(&name);
    let slug = format!("local/{}", file_safe(name));
    slug.parse().map_err(|error: crate::domain::ids::BadId| Fault::at(&["path"], error.to_string()))
}

/// A URL stays as it is; a path is made absolute.
fn remote(text: &str, root: &Path, expander: &Expander<'_>) -> Result<String, Fault> {
    let fault = |problem: String| Fault::at(&["remote"], format!("`remote` {problem}"));
    if text.starts_with('-') {
        return Err(fault("begins with a dash".to_owned()));
    }
    let before_slash = text.split('/').next().unwrap_or_default();
    let is_url = text.contains("://") || before_slash.contains(':');
    if is_url {
        let has_password = text
            .split_once("://")
            .and_then(|(_, rest)| rest.split('/').next())
            .is_some_and(|host| host.split_once('@').is_some_and(|(user, _)| user.contains(':')));
        if has_password {
            let hint = "take it out; agentos gives git the token by itself";
            return Err(fault("has a password in it".to_owned()).with_hint(hint));
        }
        return expander.text(text).map_err(fault);
    }
    expander
        .path(text, root)
        .map(|path| normal(&path).to_string_lossy().into_owned())
        .map_err(fault)
}
