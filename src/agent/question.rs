//! One question to an agent as a specification for the supervisor: a run without tools as far as the program can do without, in an empty
//! folder, whose words at its end are the answer. Making the folders, writing the prompt and starting it is the caller's part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::child_environment;
use super::providers::Choice;
use super::recipe::{self, Call, Wish};
use super::run::{GRACE, MAX_LOG_BYTES};
use super::table::{AgentTable, PromptMode};
use crate::sys::sandbox::Confinement;
use crate::sys::supervise::RunSpec;

/// The name under which `models` has the model for questions, and what `AGENTOS_STAGE` says to the program that is asked.
pub const PLANNING: &str = "planning";

/// One question to one agent.
#[derive(Debug, Clone)]
pub struct QuestionRun<'a> {
    /// The agent.
    pub table: &'a AgentTable,
    /// The folder of this run alone.
    pub dir: &'a Path,
    /// The agent's own home.
    pub home: &'a Path,
    /// The provider that is to be asked, where the agent has several.
    pub provider: Option<&'a Choice>,
    /// The most that it may cost, in millionths of a dollar.
    pub limit_usd_micros: u64,
    /// When it is ended.
    pub deadline: Duration,
    /// The operator's whole environment, of which the agent sees a part.
    pub operator_env: &'a BTreeMap<String, String>,
    /// Names the run machine-wide.
    pub marker: String,
}

impl QuestionRun<'_> {
    /// The folder in which the program finds itself; nothing is in it.
    pub fn empty_dir(&self) -> PathBuf {
        self.dir.join("empty")
    }

    /// The folder for temporary files.
    pub fn temporary_dir(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    /// The file that holds the prompt; to be written before the start.
    pub fn prompt_file(&self) -> PathBuf {
        self.dir.join("prompt.md")
    }

    /// How the program is called, and the files that are to be written before.
    pub fn call(&self) -> Call {
        let wish = Wish {
            task_type: PLANNING,
            session: None,
            provider: self.provider,
            limit_usd_micros: Some(self.limit_usd_micros),
            temporary: &self.temporary_dir(),
            home: self.home,
            environment: self.operator_env,
            is_question: true,
        };
        recipe::call(self.table, &wish)
    }

    /// Puts together what the supervisor needs, without confinement; touches nothing on disk.
    pub fn spec(&self) -> RunSpec {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let Call { argv, env: further, .. } = self.call();
        let mut extra = vec![
            ("TMPDIR", path(&self.temporary_dir())),
            ("AGENTOS_PROMPT_FILE", path(&self.prompt_file())),
            ("AGENTOS_STAGE", PLANNING.to_owned()),
        ];
        extra.extend(further);
        RunSpec {
            argv,
            dir: self.empty_dir(),
            env: child_environment(self.operator_env, self.table, &extra),
            stdin: match self.table.prompt {
                PromptMode::Stdin => Some(self.prompt_file()),
                PromptMode::File => None,
            },
            stdout: self.dir.join("stdout.log"),
            stderr: self.dir.join("stderr.log"),
            max_log_bytes: MAX_LOG_BYTES,
            deadline: self.deadline,
            stall: None,
            watch_dir: None,
            grace: GRACE,
            marker: self.marker.clone(),
            confinement: Confinement::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin::{BUILTIN, builtin};
    use super::super::providers::{Secrets, choices};
    use super::*;

    fn spec_of(table: &AgentTable) -> (RunSpec, Call) {
        let keys = BTreeMap::from([
            ("OPENROUTER_API_KEY".to_owned(), "sk-or-0123456789".to_owned()),
            ("GITHUB_TOKEN".to_owned(), "ghp".to_owned()),
        ]);
        let choices = choices(&keys, &Secrets::default());
        let run = QuestionRun {
            table,
            dir: Path::new("/c/q1"),
            home: Path::new("/r/agents/own"),
            provider: choices.first(),
            limit_usd_micros: 500_000,
            deadline: Duration::from_secs(60),
            operator_env: &keys,
            marker: "i1/question/q1".to_owned(),
        };
        (run.spec(), run.call())
    }

    #[test]
    fn a_question_leaves_every_program_that_we_know_without_tools() {
        let lines: Vec<String> = BUILTIN
            .iter()
            .map(|name| {
                let words = spec_of(&builtin(name).unwrap()).0.argv;
                words
                    .iter()
                    .map(|word| if word.is_empty() { "''" } else { word })
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        codex exec --json -c analytics.enabled=false --skip-git-repo-check -s read-only -c features.shell_tool=false -c features.unified_exec=false -c shell_environment_policy.exclude=["RUST_LOG"] -
        claude -p --output-format stream-json --verbose --tools '' --strict-mcp-config --max-budget-usd 0.500000
        gemini --skip-trust --output-format stream-json --approval-mode default
        opencode run --format json --print-logs --log-level ERROR --title agentos -m openrouter/deepseek/deepseek-chat
        "#);
        let (_, deepseek) = spec_of(&builtin("deepseek").unwrap());
        assert!(deepseek.files[0].1.contains(r#""tools":{"*":false}"#), "{:?}", deepseek.files);
        assert!(!deepseek.files[0].1.contains("allow"));
        let (_, gemini) = spec_of(&builtin("gemini").unwrap());
        assert_eq!(gemini.files[1].0, Path::new("/c/q1/tmp/settings.json"));
    }

    #[test]
    fn a_question_is_asked_in_an_empty_folder_with_its_own_model_and_no_task() {
        let mut bot = AgentTable::plain("bot".parse().unwrap());
        bot.argv = vec!["/opt/bot".to_owned()];
        bot.model_flag = Some("-m".to_owned());
        bot.models = BTreeMap::from([(PLANNING.to_owned(), "small".to_owned())]);
        let (spec, _) = spec_of(&bot);
        assert_eq!(spec.argv, ["/opt/bot", "-m", "small"]);
        assert_eq!(spec.dir, Path::new("/c/q1/empty"));
        assert_eq!(spec.stdin.as_deref(), Some(Path::new("/c/q1/prompt.md")));
        assert_eq!(spec.env["AGENTOS_STAGE"], "planning");
        assert!(
            !spec.env.contains_key("AGENTOS_TASK_ID") && !spec.env.contains_key("GITHUB_TOKEN")
        );
        bot.prompt = PromptMode::File;
        assert_eq!(spec_of(&bot).0.stdin, None);
    }
}
