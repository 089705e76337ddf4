//! The stage of the demo: a small real project with real tests, its bare repository, a clone, a configuration and two scripted agents.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{OnGithub, Setting};
use crate::sys::files::{self, FileError};
use crate::sys::program::Program;

/// The files of the project.
const PROJECT: [(&str, &str); 5] = [
    (".github/workflows/ci.yml", include_str!("project/ci.yml")),
    ("README.md", include_str!("project/README.md")),
    ("lib/till.sh", include_str!("project/lib/till.sh")),
    ("tests/run.sh", include_str!("project/tests/run.sh")),
    ("tests/till.test.sh", include_str!("project/tests/till.test.sh")),
];

/// A file that only the demo's project has: what tells a repository that the demo may be played in from any other.
pub(super) const SIGN: (&str, &str) = ("lib/till.sh", "A till in a few lines of shell");

/// The scripted stand-ins.
const STAND_INS: [(&str, &str); 2] = [
    ("stand-in-a", include_str!("agents/stand-in-a.sh")),
    ("stand-in-b", include_str!("agents/stand-in-b.sh")),
];

/// Why the stage could not be set.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The folder holds something.
    #[error("the folder `{0}` is not empty: the demo needs a new or an empty one")]
    NotEmpty(PathBuf),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// git did not do what it was asked.
    #[error("git could not set up the demo: {0}")]
    Git(String),
}

/// The stage, set.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The folder.
    pub dir: PathBuf,
    /// Its configuration.
    pub config: PathBuf,
}

/// Sets the stage in a new or empty folder.
///
/// # Errors
///
/// When the folder holds something, or cannot be written; what was written so far is left there.
pub fn set(setting: &Setting) -> Result<Stage, StageError> {
    let dir = &setting.dir;
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(StageError::NotEmpty(dir.clone()));
    }
    files::make_dir(dir)?;
    if setting.github.is_none() {
        let clone = dir.join("shop");
        for (path, text) in PROJECT {
            write(&clone.join(path), text)?;
        }
        make_repository(dir, &clone, SIGN.1, &setting.path)?;
    }
    let agents = match &setting.agent {
        Some((name, table)) => format!("agent_fallbacks: {{implementation: [{name}]}}\n{table}"),
        None => stand_ins(dir)?,
    };
    let config = dir.join("config.yaml");
    let repos = match &setting.github {
        None => "repos:\n- repo: demo/shop\n  host: local\n  path: shop\n  ci_command: sh tests/run.sh\n".to_owned(),
        Some(github) => on_github(github),
    };
    files::replace(&config, configuration(&agents, &repos).as_bytes())?;
    Ok(Stage { dir: dir.clone(), config })
}

fn stand_ins(dir: &Path) -> Result<String, StageError> {
    for (name, text) in STAND_INS {
        write(&dir.join("agents").join(format!("{name}.sh")), text)?;
    }
    let table = STAND_INS.map(|(name, _)| {
        let script = dir.join("agents").join(format!("{name}.sh"));
        // A JSON string is a YAML string: the folder's name may hold anything.
        format!("  {name}: {{command: [sh, {}]}}\n", serde_json::json!(script))
    });
    Ok(format!(
        "# Scripted stand-ins: they know the demo's issues and nothing else.\nagent_fallbacks: {{implementation: [stand-in-a, stand-in-b]}}\nagents:\n{}",
        table.concat()
    ))
}

fn on_github(github: &OnGithub) -> String {
    // JSON strings are YAML strings. Between writes nobody has to wait but on a server that others use.
    let interval = if github.is_loopback() { "github_write_interval_ms: 0\n" } else { "" };
    format!(
        "github_api_url: {}\n{interval}repos:\n- github_repo: {}\n  host: github\n",
        serde_json::json!(github.url),
        serde_json::json!(github.repo.as_str())
    )
}

fn configuration(agents: &str, repos: &str) -> String {
    format!(
        "# Made by `agentos demo`.\nmerge_policy: auto\nmax_dispatch_per_run: 5\nmax_open_prs: 10\n# No model is asked for briefs: the demo needs nobody but its agents.\nplanner_agents: []\n{agents}{repos}"
    )
}

fn write(path: &Path, text: &str) -> Result<(), StageError> {
    if let Some(parent) = path.parent() {
        files::make_dir(parent)?;
    }
    Ok(files::replace(path, text.as_bytes())?)
}

/// A folder with files becomes a repository with one commit, and a bare one in `remotes/` becomes its origin.
pub(in crate::jobs) fn make_repository(
    dir: &Path,
    clone: &Path,
    subject: &str,
    path: &str,
) -> Result<(), StageError> {
    let mut name = clone.file_name().unwrap_or_default().to_owned();
    name.push(".git");
    let bare = dir.join("remotes").join(name);
    files::make_dir(&dir.join("remotes"))?;
    let text = |path: &Path| path.display().to_string();
    let bare_text = text(&bare);
    let clone_text = text(clone);
    let identity = ["-c", "user.name=you", "-c", "user.email=you@localhost"];
    git(&["init", "--quiet", "--initial-branch=main", "--", &clone_text], path)?;
    git(&["-C", &clone_text, "add", "--all"], path)?;
    let mut commit = vec!["-C", &clone_text];
    commit.extend(identity);
    commit.extend(["-c", "commit.gpgSign=false", "commit", "--quiet", "-m", subject]);
    git(&commit, path)?;
    git(&["clone", "--quiet", "--bare", "--", &clone_text, &bare_text], path)?;
    git(&["-C", &clone_text, "remote", "add", "origin", &bare_text], path)?;
    git(&["-C", &clone_text, "fetch", "--quiet", "origin"], path)?;
    git(&["-C", &clone_text, "branch", "--quiet", "--set-upstream-to=origin/main", "main"], path)
}

fn git(arguments: &[&str], path: &str) -> Result<(), StageError> {
    let mut argv: Vec<OsString> =
        vec!["git".into(), "-c".into(), "core.hooksPath=/dev/null".into()];
    argv.extend(arguments.iter().map(OsString::from));
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let program = Program {
        argv,
        dir: None,
        env: vec![
            variable("PATH", path),
            variable("LC_ALL", "C"),
            variable("GIT_CONFIG_NOSYSTEM", "1"),
            variable("GIT_CONFIG_GLOBAL", "/dev/null"),
        ],
        stdin: Vec::new(),
        deadline: Duration::from_secs(60),
    };
    let output = program.run().map_err(|error| StageError::Git(error.to_string()))?;
    if output.code == Some(0) {
        return Ok(());
    }
    Err(StageError::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
