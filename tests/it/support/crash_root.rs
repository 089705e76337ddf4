//! A root that is made to crash: on a file system in memory where there is one, saved and restored at the same path, and run by the real
//! binary with a crash point.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jiff::{SignedDuration, Timestamp};

/// Secrets of the operator that must not be found below the root.
pub(crate) const SECRETS: [(&str, &str); 2] = [
    ("GITHUB_TOKEN", "ghp_Zq7planted0secret1of2the3operator4x"),
    ("TELEGRAM_BOT_TOKEN", "7718293044:AAplantedSecretOfTheOperator_99xQ"),
];

/// A root with a repository `acme/shop`, its operator's clone `shop/` and scripted agents.
pub(crate) struct CrashRoot {
    base: tempfile::TempDir,
    pub(crate) now: Timestamp,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder in memory where the system has one: crashes are many, and a disk would wait for each write.
pub(crate) fn fast_dir(prefix: &str) -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix(prefix).tempdir_in(dir).unwrap()
}

/// What the repository of a test holds: a list that every task adds to, and a test that fails while there is a file `broken`.
pub(crate) const FILES: [(&str, &str); 3] = [
    ("README.md", "# Shop\n"),
    ("list.txt", "first\nlast\n"),
    ("test.sh", "test ! -e broken && ! grep -q '^<<<<<<<' list.txt\n"),
];

impl CrashRoot {
    /// A root with these agents (name and script), in the order of the chain, and these lines of configuration.
    pub(crate) fn new(agents: &[(&str, &str)], settings: &str) -> Self {
        let repos =
            "repos:\n- repo: acme/shop\n  host: local\n  path: shop\n  ci_command: sh test.sh\n";
        Self::with_repos(agents, settings, repos)
    }

    /// The same with other lines about repositories.
    pub(crate) fn with_repos(agents: &[(&str, &str)], settings: &str, repos: &str) -> Self {
        let base = fast_dir("agentos-crash-");
        let root = Self { base, now: "2026-01-05T09:00:00Z".parse().unwrap() };
        fs::create_dir_all(root.root().join("home")).unwrap();
        fs::create_dir_all(root.root().join("agents")).unwrap();
        for (name, script) in agents {
            fs::write(root.root().join(format!("agents/{name}.sh")), script).unwrap();
        }
        let names: Vec<&str> = agents.iter().map(|(name, _)| *name).collect();
        let mut tables = String::new();
        for name in &names {
            let script = root.root().join(format!("agents/{name}.sh"));
            writeln!(tables, "  {name}: {{command: [sh, {}]}}", script.display()).unwrap();
        }
        let text = format!(
            "{settings}merge_policy: auto\nagent_fallbacks: {{implementation: [{}]}}\nagents:\n{tables}{repos}",
            names.join(", ")
        );
        fs::write(root.root().join("config.yaml"), text).unwrap();
        seed(&root.root());
        root
    }

    /// The root.
    pub(crate) fn root(&self) -> PathBuf {
        self.base.path().join("root")
    }

    /// Keeps a copy of the root under a name.
    pub(crate) fn save(&self, name: &str) {
        copy(&self.root(), &self.base.path().join(name));
    }

    /// Puts the root back into a saved state, at the same path: git keeps absolute paths.
    pub(crate) fn restore(&self, name: &str) {
        fs::remove_dir_all(self.root()).unwrap();
        copy(&self.base.path().join(name), &self.root());
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, minutes: i64) {
        self.now = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    }

    /// The binary, ready to run with these words of a command line, dying at a crash point where one is given.
    pub(crate) fn command(&self, line: &str, crash_at: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agentos"));
        command.arg("--root").arg(self.root()).args(line.split_whitespace());
        command.current_dir(self.root()).env_clear().envs(environment(&self.root()));
        command.env("AGENTOS_NOW", self.now.to_string()).envs(SECRETS);
        if let Some(point) = crash_at {
            command.env("AGENTOS_CRASH_AT", point);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, line: &str, crash_at: Option<&str>) -> Ended {
        self.wait(self.command(line, crash_at).spawn().unwrap())
    }

    /// Waits for a binary that was started.
    #[expect(clippy::unused_self, reason = "reads as what it is: a run in this root")]
    pub(crate) fn wait(&self, child: Child) -> Ended {
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Files a Ready issue.
    pub(crate) fn issue(&self, title: &str) {
        let mut command = self.command("issue create --ready --title", None);
        let output = command.arg(title).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The environment of a command: the least that programs need.
pub(crate) fn environment(root: &Path) -> Vec<(String, String)> {
    let home = root.join("home").display().to_string();
    vec![
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("USER".to_owned(), "ann".to_owned()),
        ("HOME".to_owned(), home.clone()),
        ("TMPDIR".to_owned(), home),
    ]
}

/// git, isolated, in a folder.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=ann", "-c", "user.email=ann@localhost"])
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes the operator's clone and the bare repository that it came from.
pub(crate) fn seed(root: &Path) {
    let clone = root.join("shop");
    fs::create_dir_all(&clone).unwrap();
    for (path, text) in FILES {
        fs::write(clone.join(path), text).unwrap();
    }
    git(root, &["init", "--quiet", "--initial-branch=main", "shop"]);
    git(&clone, &["add", "--all"]);
    git(&clone, &["commit", "--quiet", "-m", "Begin"]);
    git(root, &["clone", "--quiet", "--bare", "shop", "remotes/shop.git"]);
    let origin = root.join("remotes/shop.git").display().to_string();
    git(&clone, &["remote", "add", "origin", &origin]);
    git(&clone, &["fetch", "--quiet", "origin"]);
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "cp -a {} {}", from.display(), to.display());
}
