//! The root of a soak: many repositories with their clones and remotes, agents, a configuration as a user would write it, and the
//! binary that is tried.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};

use super::agents;
use crate::support::crash_root::{FILES, environment, fast_dir, git};

/// How large a soak is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) repositories: usize,
    pub(super) issues: usize,
    pub(super) hours: usize,
}

/// A root that is soaked.
pub(super) struct Town {
    dir: tempfile::TempDir,
    binary: PathBuf,
    pub(super) size: Size,
    /// Keys of the repositories.
    pub(super) repositories: Vec<String>,
    /// When it all begins: a Monday, so that each job of the week has its turn.
    pub(super) began: Timestamp,
    pub(super) now: Timestamp,
    /// What any program inherits here, as an agent tells it: an agent may inherit no more.
    pub(super) inherited: String,
}

/// What a user writes who has little room: four workers, and a day of records.
const SETTINGS: &str = "merge_policy: auto
max_parallel_workers: 4
worker_memory_mb: 0
max_dispatch_per_run: 3
retention_days: 1
disk_budget_gb: BUDGET
planner_agents: []
sprint_cadence_days: 0.25
groomer_cadence_days: 0.25
";

impl Town {
    /// Makes it.
    pub(super) fn new(size: Size) -> Self {
        let binary = std::env::var_os("AGENTOS_SOAK_BINARY")
            .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_agentos")), PathBuf::from);
        let mut dir = fast_dir("agentos-soak-");
        // To be looked at by hand afterwards.
        dir.disable_cleanup(std::env::var_os("AGENTOS_SOAK_KEEP").is_some());
        let began: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let repositories = (1..=size.repositories).map(|n| format!("r{n:02}")).collect();
        let look = Command::new("/bin/sh").args(["-c", agents::LOOK]).output().unwrap();
        let inherited = String::from_utf8(look.stdout).unwrap().trim_end().to_owned();
        let now = began;
        let town = Self { dir, binary, size, repositories, began, now, inherited };
        town.seed();
        town.configure();
        town
    }

    /// The root.
    pub(super) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A path below it.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// The bytes of `disk_budget_gb`: little enough to be used up in the course of a day.
    pub(super) fn budget(&self) -> u64 {
        4_000_000 + 400_000 * self.size.repositories as u64
    }

    /// The time of the rules becomes so many minutes after the beginning.
    pub(super) fn set_minute(&mut self, minute: usize) {
        let minutes = SignedDuration::from_mins(i64::try_from(minute).unwrap());
        self.now = self.began.checked_add(minutes).unwrap();
    }

    /// Makes one repository and copies it: git is slow to start.
    fn seed(&self) {
        for folder in ["home", "agents", "clones", "remotes"] {
            fs::create_dir_all(self.path(folder)).unwrap();
        }
        let seed = self.path("clones/seed");
        fs::create_dir_all(&seed).unwrap();
        for (path, text) in FILES {
            fs::write(seed.join(path), text).unwrap();
        }
        git(&seed, &["init", "--quiet", "--initial-branch=main"]);
        git(&seed, &["add", "--all"]);
        git(&seed, &["commit", "--quiet", "-m", "Begin"]);
        git(self.root(), &["clone", "--quiet", "--bare", "clones/seed", "remotes/seed.git"]);
        for name in &self.repositories {
            copy(&seed, &self.path(&format!("clones/{name}")));
            let remote = self.path(&format!("remotes/{name}.git"));
            copy(&self.path("remotes/seed.git"), &remote);
            let clone = self.path(&format!("clones/{name}"));
            git(&clone, &["remote", "add", "origin", &remote.display().to_string()]);
        }
        fs::remove_dir_all(seed).unwrap();
        fs::remove_dir_all(self.path("remotes/seed.git")).unwrap();
    }

    fn configure(&self) {
        let budget = format!("0.{:09}", self.budget());
        let mut text = SETTINGS.replace("BUDGET", &budget);
        writeln!(text, "agent_fallbacks: {{implementation: [{}]}}", agents::NAMES.join(", "))
            .unwrap();
        text.push_str("agents:\n");
        for name in agents::NAMES {
            let script = self.path(&format!("agents/{name}.sh"));
            fs::write(&script, agents::script(name)).unwrap();
            writeln!(text, "  {name}: {{command: [sh, {}]}}", script.display()).unwrap();
        }
        text.push_str("repos:\n");
        for name in &self.repositories {
            writeln!(
                text,
                "- {{repo: acme/{name}, host: local, path: clones/{name}, ci_command: sh test.sh}}"
            )
            .unwrap();
        }
        fs::write(self.path("config.yaml"), text).unwrap();
    }

    /// The binary, for a person at a terminal.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--root").arg(self.root());
        self.surround(&mut command);
        command
    }

    /// A line of the crontab, run as cron runs it: by the shell, in the home, with next to no environment.
    pub(super) fn line(&self, line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        // With `exec` the shell becomes the job, as it does where cron's shell is bash: its process can be looked at, and killed.
        command.arg("-c").arg(format!("exec {line}"));
        self.surround(&mut command);
        command
    }

    fn surround(&self, command: &mut Command) {
        command.current_dir(self.path("home")).env_clear().envs(environment(&self.path("")));
        command.env("AGENTOS_NOW", self.now.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Runs the binary with these words, which must go well, and returns what it says.
    #[track_caller]
    pub(super) fn run(&self, words: &[&str]) -> String {
        let output = self.command().args(words).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "cp -a {} {}", from.display(), to.display());
}
