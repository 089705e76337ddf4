//! The ground of one drill: a small project with its bare repository, a configuration with a scripted agent, and the real program run on it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Setting;
use crate::jobs::demo;
use crate::sys::files;
use crate::sys::program::Program;

/// No command of a drill takes as long.
const DEADLINE: Duration = Duration::from_secs(60);

/// Between two looks at something that another process does.
const PAUSE: Duration = Duration::from_millis(20);

/// The task of a drill's issue: it is the first one of its board.
pub(super) const TASK: &str = "yard-1";
/// Its pull request: the second number of the board.
pub(super) const PULL: &str = "board/yard/pulls/2.md";

/// A root of its own.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    dir: PathBuf,
    program: PathBuf,
    path: String,
}

impl Ground {
    /// Makes the project, its repository and the configuration.
    pub(super) fn make(setting: &Setting, dir: PathBuf) -> Result<Self, String> {
        let ground = Self { dir, program: setting.program.clone(), path: setting.path.clone() };
        let clone = ground.dir.join("yard");
        ground.write("yard/README.md", "# A yard for drills\n")?;
        ground.write("yard/test.sh", "test ! -e broken\n")?;
        ground.write("agents/trainee.sh", include_str!("trainee.sh"))?;
        ground.write("home/.keep", "")?;
        demo::make_repository(&ground.dir, &clone, "A yard for drills", &ground.path)
            .map_err(|error| error.to_string())?;
        let script = ground.dir.join("agents/trainee.sh");
        // A JSON string is a YAML string: the folder's name may hold anything.
        let script = serde_json::json!(script);
        let text = format!(
            "# Made by `agentos drill`.\nmerge_policy: auto\ndefault_max_attempts: 1\nprotected_paths: ['guarded-*']\n\
             agent_fallbacks: {{implementation: [trainee]}}\nagents:\n  trainee: {{command: [sh, {script}]}}\n\
             repos:\n- repo: drill/yard\n  host: local\n  path: yard\n  ci_command: sh test.sh\n"
        );
        ground.write("config.yaml", &text)?;
        Ok(ground)
    }

    /// Writes a file, as a person does.
    pub(super) fn write(&self, relative: &str, text: &str) -> Result<(), String> {
        let path = self.dir.join(relative);
        let parent = path.parent().unwrap_or(&self.dir);
        files::make_dir(parent).map_err(|error| error.to_string())?;
        files::replace(&path, text.as_bytes()).map_err(|error| error.to_string())
    }

    /// Changes a file by hand.
    pub(super) fn edit(&self, relative: &str, from: &str, to: &str) -> Result<(), String> {
        let path = self.dir.join(relative);
        let text = files::read_text(&path, 1024 * 1024).map_err(|error| error.to_string())?;
        if !text.contains(from) {
            return Err(format!("{relative} does not say `{from}`"));
        }
        self.write(relative, &text.replace(from, to))
    }

    /// Moves the task's file between two folders by hand.
    pub(super) fn mv(&self, from: &str, to: &str) -> Result<(), String> {
        let path = |folder: &str| self.dir.join(format!("runtime/mailbox/{folder}/{TASK}.md"));
        files::rename(&path(from), &path(to)).map_err(|error| error.to_string())
    }

    /// Whether something lies below the root.
    pub(super) fn has(&self, relative: &str) -> bool {
        self.dir.join(relative).symlink_metadata().is_ok()
    }

    fn command(&self, words: &[&str]) -> Program {
        let mut argv: Vec<OsString> =
            vec![self.program.clone().into(), "--root".into(), self.dir.clone().into()];
        argv.extend(words.iter().map(OsString::from));
        let home = self.dir.join("home");
        let variable = |name: &str, value: &Path| (name.into(), value.into());
        Program {
            argv,
            dir: Some(self.dir.clone()),
            env: vec![
                variable("PATH", Path::new(&self.path)),
                variable("HOME", &home),
                variable("USER", Path::new("operator")),
                variable("LANG", Path::new("C.UTF-8")),
            ],
            stdin: Vec::new(),
            deadline: DEADLINE,
        }
    }

    /// Gives a command, which must end with 0; says what it printed.
    pub(super) fn run(&self, words: &[&str]) -> Result<String, String> {
        run(&self.command(words), words)
    }

    /// The same, meanwhile: join the thread for its end.
    pub(super) fn begin(&self, words: &[&str]) -> JoinHandle<Result<String, String>> {
        let (program, words) = (self.command(words), words.join(" "));
        std::thread::spawn(move || run(&program, &[&words]))
    }

    /// What a command prints as JSON.
    pub(super) fn json(&self, words: &[&str]) -> Result<Value, String> {
        let mut all = vec!["--json"];
        all.extend(words);
        let text = self.run(&all)?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", words.join(" ")))
    }

    /// Gives several commands without arguments, one after the other.
    pub(super) fn jobs(&self, jobs: &[&str]) -> Result<(), String> {
        jobs.iter().try_for_each(|job| self.run(&[job]).map(drop))
    }

    /// Files the issue of the drill, Ready, with what its agent is to play.
    pub(super) fn issue(&self, play: &str) -> Result<(), String> {
        let goal = format!("## Goal\n\ndrill: {play}\n");
        self.run(&["issue", "create", "A drill", "--body", &goal, "--ready"]).map(drop)
    }

    /// Comments on the issue, and lets dispatch look.
    pub(super) fn say(&self, text: &str) -> Result<(), String> {
        self.run(&["issue", "comment", "1", text])?;
        self.jobs(&["dispatch"])
    }

    /// Our answers to commands, oldest first.
    pub(super) fn answers(&self) -> Result<Vec<String>, String> {
        let issue = self.json(&["issue", "show", "1"])?;
        let comments = issue.get("comments").and_then(Value::as_array).cloned().unwrap_or_default();
        let bodies = comments.iter().filter_map(|comment| comment.get("body")?.as_str());
        let answers = bodies.filter(|body| body.starts_with("<!-- agentos:command "));
        Ok(answers.map(ToOwned::to_owned).collect())
    }

    /// A key of the task as `task show --json` prints it; an absent one is empty.
    pub(super) fn key(&self, key: &str) -> Result<String, String> {
        let task = self.json(&["task", "show", TASK])?;
        Ok(match task.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        })
    }

    /// Demands that a key of the task has a value.
    pub(super) fn expect(&self, key: &str, expected: &str) -> Result<(), String> {
        let found = self.key(key)?;
        if found == expected {
            return Ok(());
        }
        Err(format!("`{key}` of the task is `{found}`, and not `{expected}`: {}", self.why()))
    }

    /// Demands that `why` gives a reason with these words.
    pub(super) fn expect_why(&self, words: &str) -> Result<(), String> {
        let why = self.why();
        if why.contains(words) {
            Ok(())
        } else {
            Err(format!("`why` does not say `{words}`: {why}"))
        }
    }

    fn why(&self) -> String {
        self.run(&["why", TASK]).unwrap_or_else(|problem| problem).replace('\n', " ")
    }

    /// Whether the branch of the task is on the remote.
    pub(super) fn has_branch(&self) -> bool {
        self.has(&format!("remotes/yard.git/refs/heads/agent/{TASK}"))
    }
}

fn run(program: &Program, words: &[&str]) -> Result<String, String> {
    let line = words.join(" ");
    let output = program.run().map_err(|error| error.to_string())?;
    if output.code == Some(0) {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
    Err(format!("`agentos {line}` ended with {:?}: {said}", output.code))
}

/// Demands that something is so.
pub(super) fn demand(is_so: bool, otherwise: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// Waits until something is so.
pub(super) fn wait_for(what: &str, is_so: impl Fn() -> bool) -> Result<(), String> {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > DEADLINE {
            return Err(format!("{what}: not within {} s", DEADLINE.as_secs()));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
