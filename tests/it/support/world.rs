//! The world itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Script;

/// A temporary root: `config.yaml`, `board/`, `remotes/shop.git` (bare, branch `main`), `shop/` (the operator's clone), `agents/`.
pub(crate) struct World {
    dir: tempfile::TempDir,
    now: Timestamp,
    env: BTreeMap<String, String>,
    agents: Vec<String>,
    /// An agent or a command plays a person too: it looks and writes where nothing confined could.
    unconfined: bool,
    /// Whether sprints are planned where no setting tells of a pace: else only what a test makes Ready is worked on.
    sprints: bool,
    settings: String,
    repo_settings: String,
    /// Where the repository is: the lines before its settings.
    host: String,
}

/// A finished command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// It ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.code(0)
    }

    /// Its standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }
}

impl World {
    /// One repository `acme/shop` with a test that passes, the CI command `sh test.sh`, automatic merges, and one agent `worker` that works.
    pub(crate) fn new() -> Self {
        Self::with_agents(&[("worker", Script::works())])
    }

    /// The same with these agents, in the order of the chain.
    pub(crate) fn with_agents(agents: &[(&str, Script)]) -> Self {
        // In memory where there is such a place: the binary syncs every change, and that is what these tests would wait for.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("agentos-test-").tempdir_in(place).unwrap();
        let mut env = BTreeMap::new();
        let path = std::env::var("PATH").unwrap();
        for (name, value) in [("PATH", path.as_str()), ("LANG", "C.UTF-8"), ("USER", "ann")] {
            env.insert(name.to_owned(), value.to_owned());
        }
        let mut world = Self {
            dir,
            now: "2026-01-05T09:00:00Z".parse().unwrap(),
            env,
            agents: Vec::new(),
            unconfined: false,
            sprints: false,
            settings: "merge_policy: auto\n".to_owned(),
            repo_settings: "  ci_command: sh test.sh\n".to_owned(),
            host: "- repo: acme/shop\n  host: local\n  path: shop\n".to_owned(),
        };
        let home = world.path("home");
        fs::create_dir_all(&home).unwrap();
        world.env.insert("HOME".to_owned(), home.display().to_string());
        world.env.insert("TMPDIR".to_owned(), home.display().to_string());
        for (name, script) in agents {
            world = world.agent(name, script.clone());
        }
        world.seed_repository();
        world
    }

    /// Adds or replaces an agent; new ones come at the end of the chain.
    pub(crate) fn agent(mut self, name: &str, script: Script) -> Self {
        fs::create_dir_all(self.path("agents")).unwrap();
        // An agent's `$HOME` is its own; some tests let it meet the operator's.
        let operator = format!("#!/bin/sh\nexport OPERATOR='{}'\n", self.path("home").display());
        let text = script.render();
        self.unconfined |=
            text.contains("$OPERATOR") || text.contains(&self.root().display().to_string());
        let text = text.replacen("#!/bin/sh\n", &operator, 1);
        fs::write(self.path(&format!("agents/{name}.sh")), text).unwrap();
        if !self.agents.iter().any(|known| known == name) {
            self.agents.push(name.to_owned());
        }
        self.configure();
        self
    }

    /// Adds lines to the global configuration.
    pub(crate) fn setting(mut self, yaml: &str) -> Self {
        self.settings.push_str(yaml);
        self.settings.push('\n');
        self.configure();
        self
    }

    /// Sprints are planned, by the default pace.
    pub(crate) fn with_sprints(mut self) -> Self {
        self.sprints = true;
        self.configure();
        self
    }

    /// Replaces the settings of the repository (indented lines below `repos[0]`, two blanks deep).
    pub(crate) fn repo_settings(mut self, yaml: &str) -> Self {
        // A command that notes what it does in the world.
        self.unconfined |= yaml.contains(&self.root().display().to_string());
        yaml.clone_into(&mut self.repo_settings);
        self.configure();
        self
    }

    /// The repository lies on this GitHub, and the operator has a token for it.
    pub(crate) fn on_github(mut self, url: &str, token: &str) -> Self {
        "- github_repo: acme/shop\n  host: github\n".clone_into(&mut self.host);
        self.repo_settings = String::new();
        self.env("GITHUB_TOKEN", token)
            .setting(&format!("github_api_url: {url}\ngithub_write_interval_ms: 0"))
    }

    /// The repository on GitHub has its cards on this board.
    pub(crate) fn on_board(self, number: u64) -> Self {
        let repos = "[{github_repo: acme/shop, host: github}]";
        let project = format!("  shop:\n    project_number: {number}\n    repos: {repos}");
        self.setting(&format!("github_projects:\n{project}")).without_repos()
    }

    /// The repositories are named in the settings.
    pub(crate) fn without_repos(mut self) -> Self {
        self.host = String::new();
        self.repo_settings = String::new();
        self.configure();
        self
    }

    /// Every file below the root with its content, git's among them.
    pub(crate) fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.root(), &[], &mut files);
        files
    }

    fn configure(&self) {
        use std::fmt::Write as _;
        let mut text = self.settings.clone();
        if self.unconfined && !text.contains("sandbox:") {
            text.push_str("sandbox: off\n");
        }
        let tells_of = |key: &str| {
            [&self.settings, &self.repo_settings, &self.host].iter().any(|part| part.contains(key))
        };
        if !self.sprints && !tells_of("sprint_cadence_days") {
            text.push_str("sprint_cadence_days: 0\n");
        }
        writeln!(
            text,
            "agent_fallbacks: {{implementation: [{}]}}\nagents:",
            self.agents.join(", ")
        )
        .unwrap();
        for name in &self.agents {
            let script = self.path(&format!("agents/{name}.sh"));
            writeln!(text, "  {name}: {{command: [sh, {}]}}", script.display()).unwrap();
        }
        if !self.host.is_empty() {
            writeln!(text, "repos:\n{}{}", self.host, self.repo_settings).unwrap();
        }
        fs::write(self.path("config.yaml"), text).unwrap();
    }

    fn seed_repository(&self) {
        let clone = self.path("shop");
        fs::create_dir_all(&clone).unwrap();
        fs::write(clone.join("README.md"), "# Shop\n").unwrap();
        fs::write(clone.join("test.sh"), "test ! -e broken\n").unwrap();
        self.git(&["init", "--quiet", "--initial-branch=main", "shop"]);
        self.git(&["-C", "shop", "add", "--all"]);
        self.git(&["-C", "shop", "commit", "--quiet", "-m", "Begin"]);
        self.git(&["clone", "--quiet", "--bare", "shop", "remotes/shop.git"]);
        let origin = self.path("remotes/shop.git").display().to_string();
        self.git(&["-C", "shop", "remote", "add", "origin", &origin]);
        self.git(&["-C", "shop", "fetch", "--quiet", "origin"]);
    }

    /// The root.
    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// The text of a file below the root.
    #[track_caller]
    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative))
            .unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Writes a file below the root, folders included.
    pub(crate) fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Sets a variable for every later command.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The environment of every command.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        self.env.clone()
    }

    /// The time that the binary sees.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.now = self.now.checked_add(by).unwrap();
    }

    /// git, isolated, in the root.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=ann",
                "-c",
                "user.email=ann@localhost",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .envs(&self.env)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The binary, ready to be run in the root with these arguments: for tests that start it themselves.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agentos"));
        command.arg("--root").arg(self.root()).args(arguments).current_dir(self.root());
        command.env_clear().envs(&self.env).env("AGENTOS_NOW", self.now.to_string());
        command
    }

    /// Runs the binary with the words of a command line.
    #[must_use = "assert the exit code or read the output"]
    pub(crate) fn run(&self, line: &str) -> Run {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.run_words(&words)
    }

    /// Runs the binary with these arguments.
    #[must_use = "assert the exit code or read the output"]
    pub(crate) fn run_words(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Files an issue, Ready, and returns its number.
    #[track_caller]
    pub(crate) fn ready_issue(&self, title: &str, body: &str) -> u64 {
        let run = self
            .run_words(&["--json", "issue", "create", "--title", title, "--body", body, "--ready"])
            .ok();
        run.json()["number"].as_u64().unwrap()
    }

    /// An issue as `issue show --json` prints it.
    #[track_caller]
    pub(crate) fn issue(&self, number: u64) -> Value {
        self.run_words(&["--json", "issue", "show", &number.to_string()]).ok().json()
    }

    /// The folder of the mailbox in which a task's file lies.
    #[track_caller]
    pub(crate) fn folder_of(&self, task: &str) -> String {
        let folders = ["inbox", "processing", "done", "failed", "blocked", "escalated"];
        let found: Vec<&str> = folders
            .into_iter()
            .filter(|folder| self.path(&format!("runtime/mailbox/{folder}/{task}.md")).exists())
            .collect();
        assert_eq!(found.len(), 1, "{task} lies in {found:?}");
        found[0].to_owned()
    }

    /// The text of a task's file.
    #[track_caller]
    pub(crate) fn task_text(&self, task: &str) -> String {
        self.read(&format!("runtime/mailbox/{}/{task}.md", self.folder_of(task)))
    }

    /// A key of a task's front matter, as text.
    #[track_caller]
    pub(crate) fn task_key(&self, task: &str, key: &str) -> Option<String> {
        let text = self.task_text(task);
        let yaml = text.split("\n---\n").next().unwrap();
        let line = yaml.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")))?;
        Some(line.trim_matches(['"', '\'']).to_owned())
    }

    /// First lines of the commits on `main` of the remote, newest first, without memory commits.
    pub(crate) fn merged(&self) -> Vec<String> {
        let log = self.git(&["-C", "remotes/shop.git", "log", "--format=%s", "main"]);
        log.lines().filter(|line| !line.starts_with("memory: ")).map(ToOwned::to_owned).collect()
    }

    /// Every file below a folder with its content, for comparing two moments; what logs, locks and caches hold is left out.
    pub(crate) fn snapshot(&self, relative: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let skip = ["runtime/logs", "runtime/locks", "runtime/cache"].map(|path| self.path(path));
        collect(&self.path(relative), &skip, &mut files);
        files
    }
}

fn collect(dir: &Path, skip: &[PathBuf], files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if skip.contains(&path) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            collect(&path, skip, files);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            files.insert(path, bytes);
        }
    }
}
