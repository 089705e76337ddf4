//! A repository on the real GitHub that tests may litter: `AGENTOS_SANDBOX_REPO` (`owner/name`, not protected), `AGENTOS_SANDBOX_TOKEN` and
//! `AGENTOS_SANDBOX_BOARD` (the number of a project with the five columns). Without them the contract of that host is not tested.

use std::cell::Cell;
use std::process::Command;

use agentos::domain::ids::CommitSha;

use super::suite::Remote;
use crate::support::World;
use crate::support::github::base64;

/// The sandbox, and a clone of it to push from.
pub(super) struct Sandbox {
    pub(super) world: World,
    token: String,
    pushes: Cell<usize>,
}

impl Sandbox {
    /// The sandbox that the environment names, if it names one.
    pub(super) fn of_environment() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let repo = variable("AGENTOS_SANDBOX_REPO")?;
        let token = variable("AGENTOS_SANDBOX_TOKEN")?;
        let board = variable("AGENTOS_SANDBOX_BOARD")?;
        let project = format!(
            "github_projects:\n  sandbox:\n    project_number: {board}\n    repos: [{{github_repo: {repo}, host: github}}]"
        );
        let world = World::new().env("GITHUB_TOKEN", &token).setting(&project).without_repos();
        let sandbox = Self { world, token, pushes: Cell::new(0) };
        sandbox.git(&["clone", "--quiet", &format!("https://github.com/{repo}.git"), "sandbox"]);
        for branch in ["agent/shop-1", "agent/shop-2"] {
            sandbox.try_git(&["-C", "sandbox", "push", "--quiet", "origin", "--delete", branch]);
        }
        Some(sandbox)
    }

    /// git with the token in its environment, as the program itself does it.
    fn try_git(&self, arguments: &[&str]) -> Option<String> {
        let basic = base64(&format!("x-access-token:{}", self.token));
        let padding = "=".repeat((4 - basic.len() % 4) % 4);
        let output = Command::new("git")
            .args(["-c", "user.name=ann", "-c", "user.email=ann@localhost"])
            .args(arguments)
            .current_dir(self.world.root())
            .env_clear()
            .envs(self.world.environment())
            .env_remove("GITHUB_TOKEN")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "http.https://github.com/.extraHeader")
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}{padding}"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(said)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments).unwrap_or_else(|| panic!("git {arguments:?} failed"))
    }
}

impl Remote for Sandbox {
    fn push(&self, branch: &str) -> CommitSha {
        self.pushes.set(self.pushes.get() + 1);
        self.git(&["-C", "sandbox", "fetch", "--quiet", "origin"]);
        let remote = format!("origin/{branch}");
        let exists = self.git(&["-C", "sandbox", "branch", "--remotes", "--list", &remote]);
        let start = if exists.is_empty() { "origin/main" } else { remote.as_str() };
        self.git(&["-C", "sandbox", "checkout", "--quiet", "-B", "work", start]);
        let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let text = format!("{} {}\n", moment.as_nanos(), self.pushes.get());
        self.world.write("sandbox/work.txt", &text);
        self.git(&["-C", "sandbox", "add", "--all"]);
        self.git(&["-C", "sandbox", "commit", "--quiet", "-m", "By hand"]);
        self.git(&["-C", "sandbox", "push", "--quiet", "origin", &format!("work:{branch}")]);
        self.git(&["-C", "sandbox", "rev-parse", "work"]).parse().unwrap()
    }

    fn delete(&self, branch: &str) {
        self.git(&["-C", "sandbox", "push", "--quiet", "origin", "--delete", branch]);
    }

    /// Nothing is required there.
    fn pass(&self, _commit: &CommitSha) {}
}
