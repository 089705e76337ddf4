//! Building the [`App`] from configuration and environment.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::confine::{Confiner, mode_of};
use super::forge::LocalForge;
use super::github::Github;
use super::notifier::notifier;
use super::repository::{MirrorSource, Remote, Repository};
use super::runner::{ProcessRunner, Runner};
use super::{App, State};
use crate::agent::providers::Secrets;
use crate::agent::{AgentTable, builtin};
use crate::config::{self, AgentSettings, ConfigError, HostKind, LoadRequest, Loaded, Settings};
use crate::domain::ids::{AgentName, RepoKey};
use crate::evidence::fetch::{Pages, Web};
use crate::git::{Git, GitOptions};
use crate::host::Host;
use crate::host::local::{LocalHost, LocalHostOptions};
use crate::journal::Journal;
use crate::mailbox::Mailbox;
use crate::prompt::{PromptError, Prompts};
use crate::sys::clock::Clock;
use crate::sys::files::{self, FileError};
use crate::sys::sandbox;
use crate::sys::signals::Stop;
use crate::sys::supervise::Helper;
use crate::text::hash::sha256_hex;
use crate::text::redact::Redactor;

/// A git command that takes longer than this has hung.
const GIT_DEADLINE: Duration = Duration::from_secs(600);

/// The account under which the local host shows what we write.
const LOCAL_ACCOUNT: &str = "agentos";

/// From what an [`App`] is built.
pub struct Options {
    /// Where the configuration comes from.
    pub load: LoadRequest,
    /// The operator's environment.
    pub environment: BTreeMap<String, String>,
    /// The time that rules see.
    pub clock: Rc<dyn Clock>,
    /// Set when this process is asked to end.
    pub stop: Stop,
    /// How our own helper is started.
    pub helper: Helper,
    /// Runs agents and commands in another way than through the helper, where a test wants that.
    pub runner: Option<Rc<dyn Runner>>,
    /// Reads pages in another way than from the public network, where a test wants that.
    pub pages: Option<Rc<dyn Pages>>,
}

/// Why no [`App`] could be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The configuration is missing or wrong: exit code 2.
    #[error("{0}")]
    Config(Box<ConfigError>),
    /// A prompt template of the operator's is broken: exit code 2.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The configuration asks for what this version does not have: exit code 2.
    #[error("{message}")]
    Unsupported {
        /// What.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A folder or a state file is out of reach.
    #[error(transparent)]
    File(#[from] FileError),
}

impl App {
    /// Builds everything that jobs use. Opens no mirror, starts no process, reaches no network.
    ///
    /// # Errors
    ///
    /// When the configuration is wrong, or the runtime folder cannot be used.
    pub fn build(options: Options) -> Result<Self, BuildError> {
        let loaded = load(&options)?;
        refuse_unenforced(&loaded.settings, &options.environment)?;
        Self::of(loaded, options)
    }

    /// Builds the same for looking alone, though a confinement that is asked for cannot be enforced: nothing may be started with it.
    ///
    /// # Errors
    ///
    /// When the configuration is wrong, or the runtime folder cannot be used.
    pub fn build_to_look(options: Options) -> Result<Self, BuildError> {
        Self::of(load(&options)?, options)
    }

    fn of(loaded: Loaded, options: Options) -> Result<Self, BuildError> {
        let settings = loaded.settings;
        let confiner = Rc::new(Confiner::new(&settings, &options.environment));
        let prompts = Prompts::load(&settings.root.join("prompts"))?;
        let runtime = settings.root.join("runtime");
        let locks = runtime.join("locks");
        if !locks.is_dir() {
            files::make_dir(&locks)?;
        }
        let journal = Journal::new(runtime.join("journal"), runtime.join("metrics"));
        let mailbox =
            Mailbox::new(settings.mailbox_dir.clone(), locks.clone(), runtime.join("archive"));
        let state = State::new(runtime.join("state"));
        let installation = installation(&settings.root);
        let runner: Rc<dyn Runner> = match options.runner {
            Some(runner) => runner,
            None => Rc::new(ProcessRunner { helper: options.helper, stop: options.stop.clone() }),
        };
        let uses_github = settings.repos.iter().any(|repo| repo.host == HostKind::Github);
        let github =
            uses_github.then(|| Github::new(&settings, &options.environment, &options.clock));
        let shared = Shared {
            github: github.as_ref(),
            settings: &settings,
            environment: &options.environment,
            clock: &options.clock,
            runner: &runner,
            confiner: &confiner,
            journal: &journal,
            state: &state,
            installation: &installation,
        };
        let mut repositories = Vec::new();
        for repo in &settings.repos {
            repositories.push(shared.repository(repo)?);
        }
        Ok(Self {
            agents: agents(&settings),
            redactor: redactor(&options.environment, &settings),
            prompts,
            notifier: notifier(&settings, &options.environment, &locks),
            questions: RefCell::default(),
            github: github.map(|github| github.client()),
            pages: options.pages.unwrap_or_else(|| Rc::new(Web::default())),
            repositories,
            warnings: loaded.warnings,
            clock: options.clock,
            mailbox,
            journal,
            state,
            confiner,
            runner,
            stop: options.stop,
            environment: options.environment,
            installation,
            settings,
        })
    }
}

fn load(options: &Options) -> Result<Loaded, BuildError> {
    config::load(&options.load).map_err(|error| BuildError::Config(Box::new(error)))
}

/// A confinement that is asked for by name and cannot be enforced is refused, never pretended.
fn refuse_unenforced(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
) -> Result<(), BuildError> {
    let path = environment.get("PATH").map(String::as_str).unwrap_or_default();
    sandbox::enforceable(mode_of(settings.sandbox), path).map_err(|reason| {
        BuildError::Unsupported {
            message: format!(
                "`sandbox: {}` cannot be enforced here: {reason}",
                settings.sandbox.as_str()
            ),
            hint: "say `sandbox: auto`, and run agentos as a user of its own or in a container"
                .to_owned(),
        }
    })
}

/// What every repository is built from.
struct Shared<'a> {
    github: Option<&'a Github>,
    settings: &'a Settings,
    environment: &'a BTreeMap<String, String>,
    clock: &'a Rc<dyn Clock>,
    runner: &'a Rc<dyn Runner>,
    confiner: &'a Rc<Confiner>,
    journal: &'a Journal,
    state: &'a State,
    installation: &'a str,
}

impl Shared<'_> {
    fn repository(&self, repo: &config::Repo) -> Result<Repository, FileError> {
        let key = self.state.prefix(&repo.slug, &repo.key)?;
        let runtime = self.settings.root.join("runtime");
        let github = self.github.filter(|_| repo.host == HostKind::Github);
        let remote = match (github, &repo.remote) {
            (Some(github), None) => remote_of(github.remote(repo)),
            _ => self.remote(repo, &key),
        };
        let mirror_lock = runtime.join("locks").join(format!("repo-{key}.lock"));
        let source = Rc::new(MirrorSource {
            git: self.git(github),
            dir: runtime.join("repos").join(format!("{key}.git")),
            remote,
            borrow: repo.path.clone(),
            opened: OnceCell::new(),
        });
        let (host, glance, local): (Rc<dyn Host>, Rc<dyn Host>, _) = if let Some(github) = github {
            let (host, glance) = github.hosts(repo);
            (host, glance, None)
        } else {
            let local = self.local(repo, &key, &source, &mirror_lock);
            (local.clone(), local.clone(), Some(local))
        };
        Ok(Repository {
            key,
            settings: repo.clone(),
            host,
            glance,
            local,
            source,
            worktrees: self.settings.worktrees_dir.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            mirror_lock,
        })
    }

    fn local(
        &self,
        repo: &config::Repo,
        key: &RepoKey,
        source: &Rc<MirrorSource>,
        mirror_lock: &Path,
    ) -> Rc<LocalHost> {
        let forge = LocalForge {
            key: key.clone(),
            source: source.clone(),
            mirror_lock: mirror_lock.to_owned(),
            runner: self.runner.clone(),
            confiner: self.confiner.clone(),
            clock: self.clock.clone(),
            ci_command: repo.ci_command.clone(),
            ci_deadline: repo.test_timeout,
            environment: self.environment.clone(),
            command_env: self.settings.command_env.clone(),
            checkouts: self.settings.worktrees_dir.join(".ci"),
            installation: self.installation.to_owned(),
        };
        let locks = self.settings.root.join("runtime").join("locks");
        Rc::new(LocalHost::new(LocalHostOptions {
            key: key.clone(),
            board_dir: self.settings.root.join("board").join(key.as_str()),
            lock_file: locks.join(format!("board-{key}.lock")),
            clock: self.clock.clone(),
            forge: Rc::new(forge),
            account: LOCAL_ACCOUNT.to_owned(),
        }))
    }

    /// The remote of a local repository: as configured, else `origin` of its clone, else the bare repository under `<root>/remotes/`.
    fn remote(&self, repo: &config::Repo, key: &RepoKey) -> Remote {
        if let Some(remote) = &repo.remote {
            return remote_of(remote.clone());
        }
        let clone = repo.path.clone();
        let bare = self.settings.root.join("remotes").join(format!("{key}.git"));
        Remote::new(Box::new(move || {
            let origin = clone.as_deref().and_then(Git::origin_of);
            origin.unwrap_or_else(|| bare.display().to_string())
        }))
    }

    fn git(&self, github: Option<&Github>) -> Git {
        let pass =
            |name: &str| self.environment.get(name).map(|value| (name.to_owned(), value.clone()));
        let env =
            ["PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR"].into_iter().filter_map(pass).collect();
        Git::new(GitOptions {
            program: PathBuf::from("git"),
            env,
            credential: github.map(Github::credential),
            author_name: self.settings.git_author_name.clone(),
            author_email: self.settings.git_author_email.clone(),
            deadline: GIT_DEADLINE,
        })
    }
}

fn remote_of(known: String) -> Remote {
    Remote::new(Box::new(move || known))
}

/// Names this installation on this machine, so that what its runs leave behind can be told from others'.
fn installation(root: &Path) -> String {
    let digest = sha256_hex(root.display().to_string().as_bytes());
    digest.get(..12).unwrap_or(&digest).to_owned()
}

/// The built-in agents, amended and joined by the configured ones.
fn agents(settings: &Settings) -> BTreeMap<AgentName, AgentTable> {
    let mut all: BTreeMap<AgentName, AgentTable> = BTreeMap::new();
    for name in crate::agent::BUILTIN {
        if let (Ok(key), Some(table)) = (name.parse(), builtin(name)) {
            all.insert(key, table);
        }
    }
    for (name, configured) in &settings.agents {
        let table = all.remove(name).unwrap_or_else(|| AgentTable::plain(name.clone()));
        all.insert(name.clone(), amended(table, configured));
    }
    all
}

fn amended(mut table: AgentTable, configured: &AgentSettings) -> AgentTable {
    if let Some(command) = &configured.command {
        table.argv.clone_from(command);
        table.recipe = None;
    }
    if let Some(prompt) = configured.prompt {
        table.prompt = match prompt {
            config::PromptMode::Stdin => crate::agent::PromptMode::Stdin,
            config::PromptMode::File => crate::agent::PromptMode::File,
        };
    }
    if let Some(transcript) = configured.transcript {
        table.transcript = match transcript {
            config::Transcript::Plain => crate::agent::TranscriptKind::Plain,
            config::Transcript::Claude => crate::agent::TranscriptKind::Claude,
            config::Transcript::Codex => crate::agent::TranscriptKind::Codex,
            config::Transcript::Gemini => crate::agent::TranscriptKind::Gemini,
        };
    }
    table.env.extend(configured.env.iter().cloned());
    table.timeout = configured.timeout.or(table.timeout);
    table.models.extend(configured.models.clone());
    table.worst_case_usd_micros = configured.worst_case_usd.map(crate::domain::money::micros);
    table
}

/// The values that must not leave: tokens of the environment and of the configuration.
fn redactor(environment: &BTreeMap<String, String>, settings: &Settings) -> Redactor {
    let is_secret = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["TOKEN", "SECRET", "PASSWORD", "API_KEY", "APIKEY", "PRIVATE_KEY"]
            .iter()
            .any(|part| name.contains(part))
    };
    let values = environment
        .iter()
        .filter(|(name, value)| is_secret(name) && value.len() >= 8)
        .map(|(_, value)| value.clone());
    let telegram = settings.telegram.bot_token.iter().map(|secret| secret.expose().to_owned());
    // A file that cannot be read gives no key to anybody, hence none that could leak.
    let keys = Secrets::read(&settings.secrets_file).unwrap_or_default();
    let keys: Vec<String> = keys.values().map(|key| key.expose().to_owned()).collect();
    Redactor::new(values.chain(telegram).chain(keys))
}
