//! From a request to the loaded configuration: finding the file, reading it, and one step after the other to the settings.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::check::{self, KnownAgents};
use super::error::{ConfigError, Warning};
use super::globals;
use super::layer::Layer;
use super::merge::{self, Fault};
use super::paths::{Expander, normal};
use super::raw::{RawConfig, RepoEntry, folder_of};
use super::repos::{self, Identity, Named};
use super::settings::{Repo, Settings};
use super::source::Source;
use super::unused;

/// The size above which a file is no configuration; the YAML reader has the same limit.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What is known before the configuration is read.
#[derive(Debug, Clone, Default)]
pub struct LoadRequest {
    /// The file, from `--config` or the environment.
    pub config: Option<PathBuf>,
    /// The root, from `--root` or the environment.
    pub root: Option<PathBuf>,
    /// The home folder, for `~`.
    pub home: Option<PathBuf>,
    /// The current folder, for relative paths in this request.
    pub cwd: PathBuf,
    /// Variables for `$VAR` in paths.
    pub variables: BTreeMap<String, String>,
}

/// A configuration that can be worked with.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says.
    pub settings: Settings,
    /// What deserves a word.
    pub warnings: Vec<Warning>,
    pub(super) source: Source,
    pub(super) raw: RawConfig,
    /// The way to each repository of the settings, and its group.
    pub(super) places: Vec<(Vec<String>, Option<String>)>,
}

/// Reads the configuration: the requested file, else `<root>/config.yaml`, else `config.yaml` in the current folder.
///
/// # Errors
///
/// No such file, one that cannot be read as YAML, or values that cannot be worked with; nothing was written.
pub fn load(request: &LoadRequest) -> Result<Loaded, ConfigError> {
    let file = places(request)?.0;
    load_text(request, &read(&file)?)
}

/// Takes a text for the configuration's, whatever its file holds: what would be if it were written there.
///
/// # Errors
///
/// As [`load`].
pub fn load_text(request: &LoadRequest, text: &str) -> Result<Loaded, ConfigError> {
    let (file, root) = places(request)?;
    let raw: RawConfig = Source::parse(&file, text)?;
    let source = Source::new(file, text.to_owned())?;
    build(source, raw, root, &expander_of(request))
}

/// Where the configuration is or would be, and the root where the request names one; nothing is read.
///
/// # Errors
///
/// A path that cannot be expanded.
pub fn places(request: &LoadRequest) -> Result<(PathBuf, Option<PathBuf>), ConfigError> {
    let expander = expander_of(request);
    let given = |path: &Path| {
        expander
            .path(&path.to_string_lossy(), &request.cwd)
            .map_err(|problem| ConfigError::new(format!("the path `{}` {problem}", path.display())))
    };
    let root = request.root.as_deref().map(given).transpose()?;
    let file = match (&request.config, &root) {
        (Some(config), _) => given(config)?,
        (None, Some(root)) => root.join("config.yaml"),
        (None, None) => normal(&request.cwd.join("config.yaml")),
    };
    Ok((file, root))
}

fn expander_of(request: &LoadRequest) -> Expander<'_> {
    Expander { home: request.home.as_deref(), variables: &request.variables }
}

fn build(
    source: Source,
    raw: RawConfig,
    root: Option<PathBuf>,
    expander: &Expander<'_>,
) -> Result<Loaded, ConfigError> {
    let folder = folder_of(&source.file);
    let root = match (root, &raw.root_dir) {
        (Some(root), _) => root,
        (None, Some(text)) => expander.path(text, &folder).map_err(|problem| {
            source.fault(&[], Fault::at(&["root_dir"], format!("`root_dir` {problem}")))
        })?,
        (None, None) => folder,
    };
    let levels = Levels::of(&source, &raw);
    levels.check(&source, &raw)?;
    let mut warnings = unused::warnings(&source, &raw);
    let named = levels.named(&source, &raw, &root, expander)?;
    let keys = repos::keys(&named).map_err(|(position, fault)| {
        source.fault(levels.entries.get(position).map_or(&[], |e| &e.path), fault)
    })?;
    let mut repos = Vec::new();
    let mut places = Vec::new();
    for ((entry, named), key) in levels.entries.iter().zip(named).zip(keys) {
        let project = entry.project.map(|(name, _)| name.to_owned());
        let Named { slug, host, path, remote, .. } = named;
        let identity = Identity { key, slug, project: project.clone(), host, path, remote };
        let layer = levels.merged(entry);
        let repo = merge::repo(identity, layer, expander)
            .map_err(|fault| levels.fault(&source, entry, fault))?;
        if globals::is_allowed(&repo, &raw, &root, expander) {
            repos.push(repo);
            places.push((entry.path.clone(), project));
        } else {
            warnings.push(source.warning(
                &["allowed_repos".to_owned()],
                format!("the repository `{}` is left out: it is not in `allowed_repos`", repo.slug),
                None,
            ));
        }
    }
    at_least_one(&repos, &source, &raw)?;
    let settings = globals::settings(&source.file, &raw, root, repos, expander);
    let settings = settings.map_err(|fault| source.fault(&[], fault))?;
    warnings.extend(globals::placeholders(&source, &raw));
    warnings.extend(globals::bot_without_chat(&source, &raw));
    Ok(Loaded { settings, warnings, source, raw, places })
}

fn at_least_one(repos: &[Repo], source: &Source, raw: &RawConfig) -> Result<(), ConfigError> {
    if !repos.is_empty() {
        return Ok(());
    }
    if raw.allowed_repos.as_ref().is_some_and(|words| !words.0.is_empty())
        && !raw.every_repo("").is_empty()
    {
        let fault =
            Fault::at(&["allowed_repos"], "`allowed_repos` leaves no repository".to_owned());
        return Err(
            source.fault(&[], fault.with_hint("add the repository there, or take the key out"))
        );
    }
    let hint = "add `repos:` with `- github_repo: owner/name`; see `config.example.yaml`";
    Err(ConfigError::new("the configuration names no repository")
        .in_file(source.file.clone())
        .with_hint(hint))
}

/// The levels of a configuration, the top one first.
struct Levels<'a> {
    projects_key: &'static str,
    global: Layer,
    entries: Vec<RepoEntry<'a>>,
}

impl<'a> Levels<'a> {
    fn of(source: &Source, raw: &'a RawConfig) -> Self {
        let projects_key = source.projects_key();
        Self { projects_key, global: raw.layer_of_level(), entries: raw.every_repo(projects_key) }
    }

    fn check(&self, source: &Source, raw: &RawConfig) -> Result<(), ConfigError> {
        let known = KnownAgents::of(raw);
        refuse_no_push(raw).map_err(|fault| source.fault(&[], fault))?;
        check::global(raw, &known).map_err(|fault| source.fault(&[], fault))?;
        check::layer(&raw.layer(), &known).map_err(|fault| source.fault(&[], fault))?;
        for (name, project) in raw.github_projects.iter().flatten() {
            let path = [self.projects_key.to_owned(), name.clone()];
            check::layer(&project.layer(), &known).map_err(|fault| source.fault(&path, fault))?;
        }
        for entry in &self.entries {
            let fault = |fault| source.fault(&entry.path, fault);
            check::layer(&entry.repo.layer(), &known).map_err(fault)?;
            if entry.repo.allow_push.is_some_and(|flag| !flag.0) {
                return Err(fault(no_push("allow_push")));
            }
        }
        Ok(())
    }

    fn named(
        &self,
        source: &Source,
        raw: &RawConfig,
        root: &Path,
        expander: &Expander<'_>,
    ) -> Result<Vec<Named>, ConfigError> {
        let owner = raw.github_owner.as_deref();
        let name = |entry: &RepoEntry<'_>| {
            repos::named(entry.repo, owner, root, expander)
                .map_err(|fault| source.fault(&entry.path, fault))
        };
        self.entries.iter().map(name).collect()
    }

    /// Repository over project over global over defaults.
    fn merged(&self, entry: &RepoEntry<'_>) -> Layer {
        let project =
            entry.project.map(|(_, project)| project.layer_of_level()).unwrap_or_default();
        entry.repo.layer_of_level().over(project).over(self.global.clone()).over(Layer::defaults())
    }

    /// Places a fault of merged values at the level that set the value.
    fn fault(&self, source: &Source, entry: &RepoEntry<'_>, fault: Fault) -> ConfigError {
        let project =
            entry.project.map(|(name, _)| vec![self.projects_key.to_owned(), name.to_owned()]);
        let levels = [Some(entry.path.clone()), project, Some(Vec::new())];
        let key = fault.path.first().map(String::as_str);
        let sets = |level: &Vec<String>| {
            let older = key.filter(|key| *key == "production_feedback").map(|_| "planning_signals");
            key.into_iter()
                .chain(older)
                .any(|key| source.has(&[&level[..], &[key.to_owned()]].concat()))
        };
        let level = levels.into_iter().flatten().find(sets).unwrap_or_else(|| entry.path.clone());
        source.fault(&level, fault)
    }
}

fn refuse_no_push(raw: &RawConfig) -> Result<(), Fault> {
    match raw.default_allow_push {
        Some(flag) if !flag.0 => Err(no_push("default_allow_push")),
        _ => Ok(()),
    }
}

fn no_push(key: &str) -> Fault {
    Fault::at(&[key], format!("`{key}: false` cannot be kept: every task ends in a pull request from a branch of its own"))
        .with_hint("take the key out; `merge_policy: manual` leaves every merge to a person")
}

fn read(file: &Path) -> Result<String, ConfigError> {
    let failed = |message: String| ConfigError::new(message).in_file(file);
    let metadata = fs::metadata(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => failed("the configuration does not exist".to_owned())
            .with_hint("`agentos init` writes one, or copy `config.example.yaml` to `config.yaml`; `--config` names another file"),
        _ => failed(format!("cannot read the configuration: {error}")),
    })?;
    if metadata.is_dir() {
        let hint =
            format!("name the file, for example `--config {}`", file.join("config.yaml").display());
        return Err(failed("the configuration is a folder".to_owned()).with_hint(hint));
    }
    if !metadata.is_file() {
        return Err(failed("the configuration is not an ordinary file".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(format!("cannot read the configuration: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed(format!("the configuration is larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = valid.split(|byte| *byte == b'\n').count();
        ConfigError {
            line: Some(line),
            ..failed("the configuration is not UTF-8".to_owned())
                .with_hint("save the file as UTF-8")
        }
    })
}
