//! What the programs that we start may read and write: agents, `test_command` and `ci_command`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::{SandboxMode, Settings};
use crate::domain::ids::{AgentName, RepoKey};
use crate::sys::files::{self, FileError};
use crate::sys::sandbox::{self, Confinement, Mode, Reached, Toolchains, toolchains};
use crate::sys::supervise::RunSpec;

/// The folders of an operator's home that hold keys, wherever else they are named.
const KEYS: [&str; 12] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gh",
    ".config/gcloud",
    ".docker",
    ".git-credentials",
    ".kube",
    ".netrc",
    ".npmrc",
    ".pypirc",
];

/// What is the same for every run.
#[derive(Debug, Clone)]
pub struct Confiner {
    mode: Mode,
    runtime: PathBuf,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    deny: Vec<PathBuf>,
    tcp: Option<Vec<u16>>,
    environment: BTreeMap<String, String>,
}

impl Confiner {
    /// Takes it from the configuration. Looks at no file.
    pub(super) fn new(settings: &Settings, environment: &BTreeMap<String, String>) -> Self {
        let mut deny = vec![
            settings.root.clone(),
            settings.config_file.clone(),
            settings.secrets_file.clone(),
            settings.mailbox_dir.clone(),
            settings.logs_dir.clone(),
            settings.worktrees_dir.clone(),
            settings.objectives_dir.clone(),
            settings.evidence_dir.clone(),
        ];
        if let Some(home) = environment.get("HOME").map(PathBuf::from) {
            deny.extend(KEYS.iter().map(|name| home.join(name)));
            deny.push(home);
        }
        // What the operator opens by its name is open, but for the configuration and the keys in it.
        let is_secret =
            |path: &PathBuf| *path == settings.config_file || *path == settings.secrets_file;
        let is_opened = |path: &PathBuf| {
            settings.sandbox_read.contains(path) || settings.sandbox_write.contains(path)
        };
        deny.retain(|path| is_secret(path) || !is_opened(path));
        Self {
            mode: mode_of(settings.sandbox),
            runtime: settings.root.join("runtime"),
            read: settings.sandbox_read.clone(),
            write: settings.sandbox_write.clone(),
            deny,
            tcp: settings.sandbox_tcp.clone(),
            environment: environment.clone(),
        }
    }

    /// By what programs are to be confined.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How far each control reaches on this machine, for people; a receipt says what a run really came to.
    pub fn tiers(&self) -> Vec<Reached> {
        let path = self.environment.get("PATH").map(String::as_str).unwrap_or_default();
        sandbox::tiers(self.mode, path, self.tcp.as_deref())
    }

    /// The home of an agent, which it shares with nobody.
    pub fn agent_home(&self, agent: &AgentName) -> PathBuf {
        self.runtime.join("agents").join(agent.as_str())
    }

    /// Confines an agent: it changes its worktree (the folder of `spec`), its home and its temporary folder, and reads beside those
    /// `read`, the files that its command line names, and the toolchains.
    pub fn agent(&self, spec: &mut RunSpec, home: &Path, tmp: &Path, read: Vec<PathBuf>) {
        self.confine(spec, home, tmp, read);
    }

    /// Confines an agent that is only asked something: it reads the folder of `spec`, which is empty, and changes nothing there.
    pub fn question(&self, spec: &mut RunSpec, home: &Path, tmp: &Path, read: Vec<PathBuf>) {
        self.confine(spec, home, tmp, read);
        let dir = spec.dir.clone();
        spec.confinement.write.retain(|path| *path != dir);
        spec.confinement.read.push(dir);
    }

    /// Confines `test_command` or `ci_command` of a repository: like an agent, with a home that keeps the caches of this repository's
    /// commands and that no agent can reach.
    ///
    /// # Errors
    ///
    /// When the home or the temporary folder cannot be made.
    pub fn command(
        &self,
        spec: &mut RunSpec,
        repository: &RepoKey,
        tmp: &Path,
        objects: Vec<PathBuf>,
    ) -> Result<(), FileError> {
        let home = self.runtime.join("cache").join("commands").join(repository.as_str());
        files::make_dir(&home)?;
        files::make_dir(tmp)?;
        self.confine(spec, &home, tmp, objects);
        Ok(())
    }

    fn confine(&self, spec: &mut RunSpec, home: &Path, tmp: &Path, read: Vec<PathBuf>) {
        let path = spec.env.get("PATH").cloned().unwrap_or_default();
        let tools: Toolchains = toolchains(&path, &self.environment);
        let mut write = vec![spec.dir.clone(), home.to_owned(), tmp.to_owned()];
        write.extend(self.write.iter().cloned());
        let mut readable = read;
        // Written by the operator, not by an agent: a script beside the configuration, say.
        let words = spec.argv.iter().map(PathBuf::from);
        readable.extend(words.filter(|word| word.is_absolute() && word.is_file()));
        readable.extend(spec.stdin.clone());
        readable.extend(tools.read);
        readable.extend(self.read.iter().cloned());
        for (name, value) in tools.env {
            spec.env.entry(name).or_insert(value);
        }
        spec.env.insert("HOME".to_owned(), home.display().to_string());
        spec.env.insert("TMPDIR".to_owned(), tmp.display().to_string());
        spec.confinement = Confinement {
            mode: self.mode,
            isolate: self.mode != Mode::Bwrap,
            write,
            read: readable,
            deny: self.deny.clone(),
            tcp: self.tcp.clone(),
            tmp: Some(tmp.to_owned()),
        };
    }
}

/// The mode that a configuration asks for.
pub(super) fn mode_of(sandbox: SandboxMode) -> Mode {
    match sandbox {
        SandboxMode::Auto => Mode::Auto,
        SandboxMode::Landlock => Mode::Landlock,
        SandboxMode::Bwrap => Mode::Bwrap,
        SandboxMode::Off => Mode::Off,
    }
}
