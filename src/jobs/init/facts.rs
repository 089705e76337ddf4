//! What can be found out without asking anybody: which repository is meant, what it is like, where the configuration is, who could work.
//! Nothing is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::agents::{self, AgentFact, Chains};
use super::github::{self, OnHub};
use super::origin::{self, OnGithub};
use super::test_command::{self, Candidate};
use super::{InitError, Place, Wishes, workflows};
use crate::config::{self, ConfigError, LoadRequest, Loaded};
use crate::git::{Git, GitError, GitOptions, HeadState, Heads, Shape, Survey, Wanted, survey};
use crate::sys::files::{self, FileError};
use crate::sys::program;
use crate::text::yaml;

/// Files of a repository that are looked into are not larger.
const MAX_TEXT: usize = 256 * 1024;
/// The configuration has the same limit.
const MAX_CONFIG: u64 = 4 * 1024 * 1024;
/// A person waits.
const DEADLINE: Duration = Duration::from_secs(20);

/// Which repository is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One on a GitHub: its name and the address of the interface.
    Github {
        /// `owner/name`.
        slug: crate::domain::ids::RepoSlug,
        /// The interface.
        api_url: String,
    },
    /// One on this machine, with a board of files.
    Local,
}

/// A configuration that is there already.
#[derive(Debug, Clone)]
pub struct Existing {
    /// Its text.
    pub text: String,
    /// What it says, or why it cannot be used.
    pub loaded: Result<Box<Loaded>, Box<ConfigError>>,
}

/// Everything that was found out.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What leads to the configuration from now on.
    pub load: LoadRequest,
    /// The file of the configuration.
    pub config_file: PathBuf,
    /// The folder of everything.
    pub root: PathBuf,
    /// Whether that folder was chosen here, so that later commands have to be told.
    pub root_is_chosen: bool,
    /// The configuration that is there already.
    pub existing: Option<Existing>,
    /// Which repository is meant.
    pub target: Target,
    /// The repository on this machine, where there is one.
    pub survey: Option<Survey>,
    /// The branches of its origin, where it is asked.
    pub remote: Option<Result<Heads, String>>,
    /// The commands that may test it, each with the program that is not installed, if there is one.
    pub tests: Vec<(Candidate, Option<String>)>,
    /// Its workflows that run for a pull request.
    pub workflows: Vec<String>,
    /// The built-in agents.
    pub agents: Vec<AgentFact>,
    /// The usual chains.
    pub chains: Chains,
    /// What GitHub says.
    pub hub: Option<OnHub>,
    /// Paths of our own folders that somebody else has taken, and other words for people.
    pub notes: Vec<String>,
}

/// Finds out everything.
///
/// # Errors
///
/// When no repository is meant, or the one that is cannot be worked with.
pub async fn gather(place: &Place<'_>, wishes: &Wishes) -> Result<Facts, InitError> {
    let survey = repository(place, wishes)?;
    let (load, root_is_chosen) = load_request(place, survey.as_ref())?;
    let (config_file, root) = config::places(&load)?;
    let existing = existing(&load, &config_file)?;
    let root = root_of(root, existing.as_ref(), &config_file);
    let target = target(wishes, survey.as_ref(), existing.as_ref())?;
    // A folder that has nothing to do with the repository on GitHub says nothing about it.
    let survey = survey.filter(|survey| belongs(survey, &target));
    let mut notes = Vec::new();
    if let Some(survey) = &survey {
        usable(survey, &target, &mut notes)?;
    }
    let remote = asked_remote(place, survey.as_ref(), &target);
    let committed = survey.iter().map(|survey| (&survey.top, &survey.texts));
    let path = place.environment.get("PATH").map(String::as_str).unwrap_or_default();
    let tests = committed
        .flat_map(|(top, texts)| test_command::candidates(top, texts))
        .map(|found| {
            let lacks = lacking_program(&found.command, path);
            (found, lacks)
        })
        .collect();
    let hub = match &target {
        Target::Github { slug, api_url } => {
            let on_github = OnGithub { slug: slug.clone(), api_url: api_url.clone() };
            let text = existing.as_ref().map(|existing| existing.text.as_str());
            Some(github::look(place, &on_github, wishes, text).await)
        }
        Target::Local => None,
    };
    Ok(Facts {
        tests,
        workflows: survey
            .as_ref()
            .map(|s| workflows::on_pull_requests(&s.texts))
            .unwrap_or_default(),
        agents: agents::found(&place.environment, &root, place.now),
        chains: Chains::usual(),
        load,
        config_file,
        root,
        root_is_chosen,
        existing,
        target,
        survey,
        remote,
        hub,
        notes,
    })
}

/// The repository of `--local`, else the one that the current folder lies in.
fn repository(place: &Place<'_>, wishes: &Wishes) -> Result<Option<Survey>, InitError> {
    let start = match &wishes.local {
        Some(path) => place.load.cwd.join(path),
        None => place.load.cwd.clone(),
    };
    let wanted =
        Wanted { files: &test_command::FILES, folders: &[workflows::FOLDER], max_bytes: MAX_TEXT };
    match survey(&start, &wanted) {
        Ok(survey) => Ok(Some(survey)),
        Err(GitError::NotFound { .. }) if wishes.local.is_some() => Err(InitError::usage(
            format!("`{}` is no git repository", start.display()),
            "give `--local` a clone or a bare repository; `git init` makes one of a folder",
        )),
        Err(GitError::NotFound { .. }) => Ok(None),
        Err(error) if wishes.repo.is_some() => {
            tracing::warn!(%error, "the repository here is not looked at");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A root of its own where everything would else come to lie in the clone that is worked on, which is never changed.
fn load_request(
    place: &Place<'_>,
    survey: Option<&Survey>,
) -> Result<(LoadRequest, bool), InitError> {
    let mut load = place.load.clone();
    let is_inside = survey.is_some_and(|survey| load.cwd.starts_with(&survey.folder));
    if load.config.is_some() || load.root.is_some() || !is_inside || config::load(&load).is_ok() {
        return Ok((load, false));
    }
    let folder = survey.map(|survey| survey.folder.clone()).unwrap_or_default();
    let home = load.home.as_ref().map(|home| home.join("agentos"));
    let Some(root) = home.filter(|root| root.is_absolute() && !root.starts_with(&folder)) else {
        return Err(InitError::usage(
            format!("the configuration would lie in the repository `{}`", folder.display()),
            "name another folder for it: `agentos --root DIR init`",
        ));
    };
    load.root = Some(root);
    Ok((load, true))
}

fn existing(load: &LoadRequest, file: &Path) -> Result<Option<Existing>, InitError> {
    let text = match files::read_text(file, MAX_CONFIG) {
        Ok(text) => text,
        Err(FileError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let loaded = config::load_text(load, &text).map(Box::new).map_err(Box::new);
    Ok(Some(Existing { text, loaded }))
}

fn root_of(root: Option<PathBuf>, existing: Option<&Existing>, file: &Path) -> PathBuf {
    let said = existing.and_then(|existing| existing.loaded.as_ref().ok());
    let folder = || file.parent().map(Path::to_path_buf).unwrap_or_default();
    root.or_else(|| said.map(|loaded| loaded.settings.root.clone())).unwrap_or_else(folder)
}

/// The interface that was named, here or in the configuration that is there, also by one that names no repository yet.
fn named_api(wishes: &Wishes, existing: Option<&Existing>) -> Option<String> {
    let bare = |url: &str| url.trim_end_matches('/').to_owned();
    if let Some(url) = &wishes.github_url {
        return Some(bare(url));
    }
    let existing = existing?;
    if let Ok(loaded) = &existing.loaded {
        return Some(loaded.settings.github_api_url.clone());
    }
    let place = yaml::Place { file: "config.yaml", first_line: 1 };
    let value: yaml::Value = yaml::parse(&existing.text, &place).ok()?;
    value.get("github_api_url")?.as_str().map(bare)
}

fn target(
    wishes: &Wishes,
    survey: Option<&Survey>,
    existing: Option<&Existing>,
) -> Result<Target, InitError> {
    if wishes.local.is_some() {
        return Ok(Target::Local);
    }
    let api = named_api(wishes, existing);
    let from_origin = survey
        .and_then(|survey| survey.origin.as_deref())
        .and_then(|origin| origin::on_github(origin, api.as_deref()));
    match (&wishes.repo, from_origin, survey) {
        (Some(slug), Some(found), _) if is_same(slug.as_str(), found.slug.as_str()) => {
            Ok(Target::Github {
                slug: slug.clone(),
                api_url: api.filter(|_| wishes.github_url.is_some()).unwrap_or(found.api_url),
            })
        }
        (Some(slug), _, _) => Ok(Target::Github {
            slug: slug.clone(),
            api_url: api.unwrap_or_else(|| origin::GITHUB.to_owned()),
        }),
        (None, Some(found), _) => Ok(Target::Github { slug: found.slug, api_url: found.api_url }),
        (None, None, Some(survey)) => {
            match survey.origin.as_deref().and_then(origin::likely_enterprise) {
                Some(url) => Err(InitError::usage(
                    "the origin is on a server that is called like a GitHub, but may be another",
                    format!(
                        "give `--github-url {url}` if it is yours and may get your token, or `--local .` for a board of files"
                    ),
                )),
                None => Ok(Target::Local),
            }
        }
        (None, None, None) => Err(InitError::usage(
            "the current folder is no git repository, so it is not known which one is meant",
            "give `--repo owner/name` for one on GitHub, or `--local PATH` for one on this machine",
        )),
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn belongs(survey: &Survey, target: &Target) -> bool {
    match target {
        Target::Local => true,
        Target::Github { slug, api_url } => survey
            .origin
            .as_deref()
            .and_then(|origin| origin::on_github(origin, Some(api_url)))
            .is_some_and(|found| is_same(found.slug.as_str(), slug.as_str())),
    }
}

/// Says what is unusual about a repository, and refuses one that cannot be worked with.
fn usable(survey: &Survey, target: &Target, notes: &mut Vec<String>) -> Result<(), InitError> {
    let folder = survey.folder.display();
    if survey.folder.to_str().is_none() {
        let hint = "the configuration is UTF-8: give the folder another name";
        return Err(InitError::usage(format!("the path `{folder}` is not UTF-8"), hint));
    }
    let is_local = *target == Target::Local;
    if survey.head == HeadState::Unborn && survey.branches.is_empty() && is_local {
        let hint = "make a first commit, then run this again";
        return Err(InitError::usage(format!("`{folder}` has no commits yet"), hint));
    }
    match survey.shape {
        Shape::Clone => {}
        Shape::Bare => notes.push(format!("`{folder}` is a bare repository")),
        Shape::Worktree => {
            notes.push(format!("`{folder}` is a worktree of another clone; that is read too"));
        }
        Shape::Submodule => {
            notes.push(format!("`{folder}` is a submodule; only this part is worked on"));
        }
    }
    if survey.head == HeadState::Detached {
        notes.push(format!("the head of `{folder}` is on no branch"));
    }
    if survey.is_shallow && is_local && survey.origin.is_none() {
        let hint = "fetch the whole history first: `git fetch --unshallow`";
        return Err(InitError::usage(format!("`{folder}` has only a part of its history"), hint));
    }
    Ok(())
}

/// Asks the origin of a local repository for its branches; what lies on a GitHub is asked there.
fn asked_remote(
    place: &Place<'_>,
    survey: Option<&Survey>,
    target: &Target,
) -> Option<Result<Heads, String>> {
    let origin = survey?.origin.as_deref().filter(|_| *target == Target::Local)?;
    Some(git(place).with_deadline(DEADLINE).heads_of(origin).map_err(|error| error.to_string()))
}

/// A git of this process's operator; makes no commit.
pub(super) fn git(place: &Place<'_>) -> Git {
    let pass = |name: &str| Some((name.to_owned(), place.environment.get(name)?.clone()));
    Git::new(GitOptions {
        program: PathBuf::from("git"),
        env: ["PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR"].into_iter().filter_map(pass).collect(),
        credential: None,
        author_name: "agentos".to_owned(),
        author_email: "agentos@localhost".to_owned(),
        deadline: Duration::from_secs(600),
    })
}

/// The first program of a command that has to be on the `PATH` and is not.
pub(super) fn lacking_program(command: &str, path: &str) -> Option<String> {
    let firsts = command.split("&&").filter_map(|part| part.split_whitespace().next());
    let mut plain = firsts.filter(|program| !program.contains('/'));
    plain.find(|name| program::find(name, path).is_none()).map(str::to_owned)
}

/// A path with every link in it followed, as far as it is there.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
