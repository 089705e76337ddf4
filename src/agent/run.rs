//! One run of an agent as a specification for the supervisor. Making the folders, writing the prompt and starting it
//! is the job's part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::child_environment;
use super::providers::Choice;
use super::recipe::{self, Call, Wish};
use super::table::{AgentTable, PromptMode};
use crate::domain::ids::TaskId;
use crate::domain::result::FILE_NAME;
use crate::sys::sandbox::Confinement;
use crate::sys::supervise::RunSpec;

/// Eight mebibytes of each stream are kept; a run that writes more is cut, not stopped.
pub(super) const MAX_LOG_BYTES: u64 = 8 * 1024 * 1024;

/// Time to end by itself after SIGTERM; two of the built-in agents ignore it anyway.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// One run of one agent on one task.
#[derive(Debug, Clone)]
pub struct AgentRun<'a> {
    /// The agent.
    pub table: &'a AgentTable,
    /// The task.
    pub task_id: &'a TaskId,
    /// The task's file in the mailbox.
    pub task_file: &'a Path,
    /// The attempt, `2`, or `2.1` after a run that cost nothing.
    pub attempt_label: &'a str,
    /// The stage that the attempt is in.
    pub stage: &'a str,
    /// Where the agent works.
    pub worktree: &'a Path,
    /// Where prompt and logs lie, `runtime/runs/<id>/<attempt>/`.
    pub run_dir: &'a Path,
    /// What the agent is told.
    pub prompt: &'a str,
    /// The type of the task, by which the model is chosen.
    pub task_type: &'a str,
    /// The agent's session that is to go on.
    pub session: Option<&'a str>,
    /// The provider that is to be asked, where the agent has several.
    pub provider: Option<&'a Choice>,
    /// The agent's own home, `runtime/agents/<name>/`.
    pub home: &'a Path,
    /// The most that the run may cost, in millionths of a dollar.
    pub limit_usd_micros: Option<u64>,
    /// When it is ended.
    pub deadline: Duration,
    /// How long it may neither write nor change a file; zero = for ever.
    pub stall: Duration,
    /// The operator's whole environment, of which the agent sees a part.
    pub operator_env: &'a BTreeMap<String, String>,
    /// The name of this installation, different from every other on the machine.
    pub installation: &'a str,
}

impl AgentRun<'_> {
    /// The file that holds the prompt; to be written before the start.
    pub fn prompt_file(&self) -> PathBuf {
        self.run_dir.join("prompt.md")
    }

    /// The folder for temporary files of this run alone; to be made before the start and removed after it.
    pub fn temporary_dir(&self) -> PathBuf {
        self.run_dir.join("tmp")
    }

    /// How the program is called, and the files that are to be written before.
    pub fn call(&self) -> Call {
        let wish = Wish {
            task_type: self.task_type,
            session: self.session,
            provider: self.provider,
            limit_usd_micros: self.limit_usd_micros,
            temporary: &self.temporary_dir(),
            home: self.home,
            environment: self.operator_env,
            is_question: false,
        };
        recipe::call(self.table, &wish)
    }
}

/// Puts together what the supervisor needs, without confinement; touches nothing on disk: the files of [`AgentRun::call`] are the
/// caller's to write.
///
/// A program with a slash is taken from the worktree unless it is absolute; callers that want another folder put
/// the located path into the table first.
pub fn prepare(run: &AgentRun<'_>) -> RunSpec {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let prompt_file = run.prompt_file();
    let Call { mut argv, env: further, .. } = run.call();
    let mut extra = vec![
        ("TMPDIR", path(&run.temporary_dir())),
        ("AGENTOS_TASK_ID", run.task_id.to_string()),
        ("AGENTOS_TASK_FILE", path(run.task_file)),
        ("AGENTOS_PROMPT_FILE", path(&prompt_file)),
        ("AGENTOS_ATTEMPT", run.attempt_label.to_owned()),
        ("AGENTOS_STAGE", run.stage.to_owned()),
        ("AGENTOS_RESULT_FILE", path(&run.worktree.join(FILE_NAME))),
    ];
    extra.extend(further);
    if let Some(program) = argv.first_mut().filter(|program| program.contains('/')) {
        *program = path(&run.worktree.join(&*program));
    }
    RunSpec {
        argv,
        dir: run.worktree.to_owned(),
        env: child_environment(run.operator_env, run.table, &extra),
        stdin: match run.table.prompt {
            PromptMode::Stdin => Some(prompt_file),
            PromptMode::File => None,
        },
        stdout: run.run_dir.join("agent.stdout.log"),
        stderr: run.run_dir.join("agent.stderr.log"),
        max_log_bytes: MAX_LOG_BYTES,
        deadline: run.deadline,
        stall: Some(run.stall).filter(|stall| !stall.is_zero()),
        watch_dir: Some(run.worktree.to_owned()),
        grace: GRACE,
        marker: format!("{}/{}/{}", run.installation, run.task_id, run.attempt_label),
        confinement: Confinement::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin::builtin;
    use super::*;

    fn spec_of(table: &AgentTable, stall: Duration) -> RunSpec {
        let operator_env = BTreeMap::from([("PATH".to_owned(), "/bin".to_owned())]);
        prepare(&AgentRun {
            table,
            task_id: &"web-42".parse().unwrap(),
            task_file: Path::new("/r/mailbox/processing/web-42.md"),
            attempt_label: "2.1",
            stage: "worktree",
            worktree: Path::new("/w/web/web-42"),
            run_dir: Path::new("/r/runs/web-42/2.1"),
            prompt: "Add a cart.",
            task_type: "docs",
            session: None,
            provider: None,
            home: Path::new("/r/agents/claude"),
            limit_usd_micros: None,
            deadline: Duration::from_secs(60),
            stall,
            operator_env: &operator_env,
            installation: "i1",
        })
    }

    #[test]
    fn a_run_gets_its_prompt_its_logs_and_its_variables() {
        let spec = spec_of(&builtin("claude").unwrap(), Duration::from_secs(9));
        assert_eq!(spec.stdin.as_deref(), Some(Path::new("/r/runs/web-42/2.1/prompt.md")));
        assert_eq!(spec.stdout, Path::new("/r/runs/web-42/2.1/agent.stdout.log"));
        assert_eq!(spec.dir, Path::new("/w/web/web-42"));
        assert_eq!(spec.stall, Some(Duration::from_secs(9)));
        assert_eq!(spec.marker, "i1/web-42/2.1");
        assert!(!spec.argv.iter().any(|word| word.contains("cart")));
        let ours: Vec<String> = spec
            .env
            .iter()
            .filter(|(name, _)| name.starts_with("AGENTOS_") || *name == "TMPDIR")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        insta::assert_snapshot!(ours.join("\n"), @r"
        AGENTOS_ATTEMPT=2.1
        AGENTOS_PROMPT_FILE=/r/runs/web-42/2.1/prompt.md
        AGENTOS_RESULT_FILE=/w/web/web-42/.agent_result.md
        AGENTOS_STAGE=worktree
        AGENTOS_TASK_FILE=/r/mailbox/processing/web-42.md
        AGENTOS_TASK_ID=web-42
        TMPDIR=/r/runs/web-42/2.1/tmp
        ");
    }

    #[test]
    fn a_script_of_the_repository_is_run_from_the_worktree_and_may_read_the_prompt_file() {
        let mut bot = builtin("codex").unwrap();
        bot.argv = vec!["./scripts/bot.sh".to_owned(), "a/b".to_owned()];
        bot.recipe = None;
        bot.prompt = PromptMode::File;
        let spec = spec_of(&bot, Duration::ZERO);
        assert_eq!(spec.argv, ["/w/web/web-42/./scripts/bot.sh", "a/b"]);
        assert_eq!((spec.stdin, spec.stall), (None, None));
        bot.argv = vec!["/opt/bot".to_owned()];
        assert_eq!(spec_of(&bot, Duration::ZERO).argv, ["/opt/bot"]);
    }
}
