//! An agent as a table: how it is called, how it gets its prompt, how its output is read. Four are built in
//! ([`mod@super::builtin`]); any other command can be described in the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::domain::ids::AgentName;

/// How an agent gets its prompt; never as an argument, which others on the machine could read and which has a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptMode {
    /// On standard input.
    Stdin,
    /// As a file named by `AGENTOS_PROMPT_FILE`; standard input is empty.
    File,
}

/// The dialect of an agent's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptKind {
    /// Text for people.
    Plain,
    /// Claude Code's `json` and `stream-json`, which Qwen Code speaks too.
    Claude,
    /// Codex's JSON lines.
    Codex,
    /// Gemini CLI's `json` and `stream-json`.
    Gemini,
    /// opencode's JSON lines.
    Opencode,
}

/// A word that names no choice of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct UnknownChoice {
    value: String,
    expected: &'static str,
}

impl FromStr for PromptMode {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "stdin" => Ok(Self::Stdin),
            "file" => Ok(Self::File),
            _ => Err(UnknownChoice {
                value: text.to_owned(),
                expected: "a way to give the prompt: use `stdin` or `file`",
            }),
        }
    }
}

impl FromStr for TranscriptKind {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "plain" => Ok(Self::Plain),
            "claude" => Ok(Self::Claude),
            "codex" => Ok(Self::Codex),
            "gemini" => Ok(Self::Gemini),
            "opencode" => Ok(Self::Opencode),
            _ => Err(UnknownChoice {
                value: text.to_owned(),
                expected: "a transcript dialect: use `plain`, `claude`, `codex`, `gemini` or `opencode`",
            }),
        }
    }
}

/// How one agent is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentTable {
    /// Its name in the configuration.
    pub name: AgentName,
    /// Program and arguments, without model and prompt.
    pub argv: Vec<String>,
    /// How it gets its prompt.
    pub prompt: PromptMode,
    /// How its output is read.
    pub transcript: TranscriptKind,
    /// Names of variables of the operator's environment that are passed on besides the base list.
    pub env: Vec<String>,
    /// Variables that it always gets, with their values.
    pub set: BTreeMap<String, String>,
    /// Its own deadline, if it has one.
    pub timeout: Option<Duration>,
    /// Model names by task type; `default` for every other.
    pub models: BTreeMap<String, String>,
    /// The option that takes a model name; without it `models` has no effect.
    pub model_flag: Option<String>,
    /// What we add to the command line of a program that we know; `None` for a command of the configuration, which is run as it is.
    pub recipe: Option<Recipe>,
    /// What a run is charged whose use nobody counted, where the configuration states it.
    pub worst_case_usd_micros: Option<u64>,
}

/// A program that we know how to drive: what is added to its command line for a run is in [`super::recipe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// opencode, which carries DeepSeek to one of its providers.
    Deepseek,
}

/// Where an agent's program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// An executable file.
    Found(PathBuf),
    /// Nowhere.
    Missing {
        /// The folders or the file that were looked at, in this order.
        looked_in: Vec<PathBuf>,
    },
}

impl AgentTable {
    /// A table for a command of the configuration: prompt by standard input, plain output.
    pub fn plain(name: AgentName) -> Self {
        Self {
            name,
            argv: Vec::new(),
            prompt: PromptMode::Stdin,
            transcript: TranscriptKind::Plain,
            env: Vec::new(),
            set: BTreeMap::new(),
            timeout: None,
            models: BTreeMap::new(),
            model_flag: None,
            recipe: None,
            worst_case_usd_micros: None,
        }
    }

    /// The model for a task type: its own, else the default one; `None` leaves the choice to the agent.
    pub fn model_for(&self, task_type: &str) -> Option<&str> {
        self.models.get(task_type).or_else(|| self.models.get("default")).map(String::as_str)
    }

    /// Program and arguments for a task type, the model among them; a last `-` (read standard input) stays last.
    pub fn command(&self, task_type: &str) -> Vec<String> {
        let mut argv = self.argv.clone();
        if let (Some(flag), Some(model)) = (&self.model_flag, self.model_for(task_type)) {
            let dash = if argv.last().is_some_and(|last| last == "-") { argv.pop() } else { None };
            argv.extend([flag.clone(), model.to_owned()]);
            argv.extend(dash);
        }
        argv
    }

    /// The file name of the program, which tells a known one wherever it is installed.
    pub fn program(&self) -> &str {
        let program = self.argv.first().map(String::as_str).unwrap_or_default();
        program.rsplit('/').next().unwrap_or_default()
    }

    /// Looks for the program: as it is when absolute, from `dir` when it has a slash, else along `path_variable`.
    /// Relative and empty entries of the path are left out, because they would lead into a worktree.
    pub fn locate(&self, path_variable: &str, dir: &Path) -> Located {
        let program = self.argv.first().map(String::as_str).unwrap_or_default();
        if program.contains('/') {
            let path = dir.join(program);
            return if is_executable(&path) {
                Located::Found(path)
            } else {
                Located::Missing { looked_in: vec![path] }
            };
        }
        let folders: Vec<PathBuf> = path_variable
            .split(':')
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute() && !program.is_empty())
            .collect();
        let found = folders.iter().map(|folder| folder.join(program)).find(|p| is_executable(p));
        found.map_or(Located::Missing { looked_in: folders }, Located::Found)
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file()) && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test makes the files that are looked for")]

    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::builtin::{BUILTIN, builtin};
    use super::*;

    fn program(path: &Path, mode: u32) {
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn every_built_in_agent_reads_its_prompt_from_standard_input_and_holds_no_secret() {
        for name in BUILTIN {
            let table = builtin(name).unwrap();
            assert_eq!(table.name.as_str(), name);
            assert_eq!(table.prompt, PromptMode::Stdin);
            assert!(table.set.keys().all(|key| !key.contains("KEY") && !key.contains("TOKEN")));
        }
        assert_eq!(builtin("house-bot"), None);
    }

    #[test]
    fn a_model_is_an_option_before_the_dash() {
        let mut codex = builtin("codex").unwrap();
        assert!(!codex.command("docs").contains(&"-m".to_owned()));
        codex.models.insert("default".to_owned(), "big".to_owned());
        codex.models.insert("docs".to_owned(), "small".to_owned());
        let end = |argv: Vec<String>| argv[argv.len() - 3..].join(" ");
        assert_eq!(end(codex.command("docs")), "-m small -");
        assert_eq!(end(codex.command("implementation")), "-m big -");
    }

    #[test]
    fn a_program_is_the_first_executable_file_along_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| dir.path().join(name));
        for folder in [&a, &b, &c] {
            fs::create_dir(folder).unwrap();
        }
        fs::create_dir(a.join("codex")).unwrap();
        program(&b.join("codex"), 0o644);
        program(&c.join("real"), 0o755);
        symlink("real", c.join("codex")).unwrap();
        let path = format!("{}::relative:{}:{}", a.display(), b.display(), c.display());
        let codex = builtin("codex").unwrap();
        assert_eq!(codex.locate(&path, dir.path()), Located::Found(c.join("codex")));
        let short = format!("{}:relative", a.display());
        assert_eq!(codex.locate(&short, dir.path()), Located::Missing { looked_in: vec![a] });
    }

    #[test]
    fn a_program_with_a_slash_is_looked_for_in_one_place() {
        let dir = tempfile::tempdir().unwrap();
        program(&dir.path().join("bot.sh"), 0o755);
        let mut bot = builtin("codex").unwrap();
        bot.argv = vec!["./bot.sh".to_owned()];
        let found = bot.locate("/bin", dir.path());
        assert_eq!(found, Located::Found(dir.path().join("./bot.sh")));
        bot.argv = vec![dir.path().join("none").to_string_lossy().into_owned()];
        let looked_in = vec![dir.path().join("none")];
        assert_eq!(bot.locate("/bin", Path::new("/")), Located::Missing { looked_in });
        bot.argv.clear();
        assert_eq!(bot.locate("/bin", Path::new("/")), Located::Missing { looked_in: vec![] });
    }

    #[test]
    fn a_word_that_is_no_choice_is_quoted_with_the_choices() {
        let error = "json".parse::<TranscriptKind>().unwrap_err().to_string();
        assert!(error.starts_with("`json` is not a transcript dialect: use `plain`"), "{error}");
        assert!("argv".parse::<PromptMode>().is_err());
        assert_eq!("file".parse(), Ok(PromptMode::File));
    }
}
