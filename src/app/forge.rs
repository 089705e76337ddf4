//! What the local host needs of git and of running commands: squash-merges pushed to the remote, and CI in a clean checkout of a head
//! merged with its base (`CONTRACT.md` section 7a).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::confine::Confiner;
use super::repository::MirrorSource;
use super::runner::Runner;
use crate::agent::environment::command_environment;
use crate::config::CommandLine;
use crate::domain::ids::{BranchName, CommitSha, RepoKey};
use crate::domain::memory::MEMORY_FILES;
use crate::domain::pull::{CheckOutcome, Mergeable};
use crate::git::{GitError, MergeState, Push};
use crate::host::HostError;
use crate::host::local::{CiRequest, CiRun, Forge, SquashRequest};
use crate::sys::clock::Clock;
use crate::sys::files;
use crate::sys::lock::Lock;
use crate::sys::sandbox::Confinement;
use crate::sys::supervise::{self, RunEnd, RunSpec};
use crate::text::clean;

/// A CI log keeps at most so much.
const MAX_LOG_BYTES: u64 = 8 * 1024 * 1024;

/// git, CI and merging for one local repository.
pub(super) struct LocalForge {
    pub(super) key: RepoKey,
    pub(super) source: Rc<MirrorSource>,
    pub(super) mirror_lock: PathBuf,
    pub(super) runner: Rc<dyn Runner>,
    pub(super) confiner: Rc<Confiner>,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) ci_command: Option<CommandLine>,
    pub(super) ci_deadline: Duration,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) command_env: Vec<String>,
    /// Clean checkouts are made here.
    pub(super) checkouts: PathBuf,
    pub(super) installation: String,
}

impl LocalForge {
    fn lock(&self) -> Result<Lock, HostError> {
        let unavailable = |reason: String| HostError::Unavailable {
            what: format!("lock the mirror of {}", self.key),
            reason,
        };
        Lock::acquire(&self.mirror_lock, Duration::from_secs(120))
            .map_err(|error| unavailable(error.to_string()))?
            .ok_or_else(|| {
                unavailable("another process keeps it for more than two minutes".to_owned())
            })
    }

    /// Sees to it that the mirror has commits of the remote.
    fn have(&self, commits: &[&CommitSha]) -> Result<Rc<crate::git::Mirror>, HostError> {
        let mirror = self.source.get().map_err(host_error)?;
        if !commits.iter().all(|sha| mirror.has_commit(sha)) {
            let _lock = self.lock()?;
            mirror.fetch().map_err(host_error)?;
        }
        Ok(mirror)
    }

    /// Names a CI run machine-wide.
    fn marker(&self, request: &CiRequest) -> String {
        format!("{}/ci/{}/{}", self.installation, self.key, request.head)
    }

    fn spec(&self, command: &CommandLine, dir: PathBuf, request: &CiRequest) -> RunSpec {
        RunSpec {
            argv: command.argv(),
            dir,
            env: command_environment(&self.environment, &self.command_env),
            stdin: None,
            stdout: request.log.clone(),
            stderr: request.log.with_extension("stderr.log"),
            max_log_bytes: MAX_LOG_BYTES,
            deadline: self.ci_deadline,
            stall: None,
            watch_dir: None,
            grace: Duration::from_secs(2),
            marker: self.marker(request),
            confinement: Confinement::default(),
        }
    }

    async fn run_in(
        &self,
        command: &CommandLine,
        dir: PathBuf,
        request: &CiRequest,
    ) -> Result<CiRun, HostError> {
        let unavailable =
            |reason: String| HostError::Unavailable { what: "run `ci_command`".to_owned(), reason };
        let tmp = self.checkouts.join(format!("tmp-{}-{}", self.key, request.head.short()));
        let mut spec = self.spec(command, dir, request);
        let objects = self.source.get().and_then(|mirror| mirror.object_dirs());
        self.confiner
            .command(&mut spec, &self.key, &tmp, objects.map_err(host_error)?)
            .map_err(|error| unavailable(error.to_string()))?;
        let outcome =
            self.runner.run(&spec).await.map_err(|error| unavailable(error.to_string()))?;
        drop(files::remove_tree(&tmp));
        // Everything went to one stream; see `CommandLine::argv`.
        drop(files::remove(&spec.stderr));
        let seconds = outcome.duration.as_secs_f64();
        let (result, how) = match outcome.end {
            RunEnd::Exited(0) => (CheckOutcome::Passed, "passed".to_owned()),
            RunEnd::Exited(code) => (CheckOutcome::Failed, exit(command, code, &request.log)),
            RunEnd::Signalled(signal) => {
                (CheckOutcome::Failed, format!("ended by signal {signal}"))
            }
            RunEnd::Deadline | RunEnd::Stalled => (
                CheckOutcome::Failed,
                "not ended at its deadline (`test_timeout_minutes`)".to_owned(),
            ),
            RunEnd::Stopped => return Err(unavailable("it was interrupted".to_owned())),
            RunEnd::NotStarted { reason, .. } => return Err(unavailable(reason)),
        };
        Ok(CiRun { outcome: result, summary: format!("{how} after {seconds:.1} s") })
    }
}

/// How a run ended that did not pass. A command that is not there says nothing about the work: that is told apart, in words that the
/// verdict reads.
fn exit(command: &CommandLine, code: i32, log: &Path) -> String {
    let said = files::read_end(log, 4096).unwrap_or_default();
    match not_started(&command.to_string(), code, &String::from_utf8_lossy(&said)) {
        Some(program) => format!("the command `{program}` could not be started (exit {code})"),
        None => format!("exit {code}"),
    }
}

/// The program of a command line, where a shell says that this very program is missing (127) or cannot be executed (126).
fn not_started(line: &str, code: i32, log: &str) -> Option<String> {
    let words = match code {
        127 => "not found",
        126 => "ermission denied",
        _ => return None,
    };
    // What stands before it sets variables.
    let program = line.split_whitespace().find(|word| !word.contains('='))?;
    let names = |line: &str| line.contains(words) && line.split([':', ' ']).any(|w| w == program);
    log.lines().any(names).then(|| clean::one_line(&program.replace('`', "'"), 100))
}

#[async_trait(?Send)]
impl Forge for LocalForge {
    fn has_ci(&self) -> bool {
        self.ci_command.is_some()
    }

    fn tip(&self, branch: &BranchName) -> Result<Option<CommitSha>, HostError> {
        self.source.get().map_err(host_error)?.remote_tip(branch).map_err(host_error)
    }

    fn base_key(&self, tip: &CommitSha) -> Result<CommitSha, HostError> {
        self.have(&[tip])?.effective_base(tip, &MEMORY_FILES).map_err(host_error)
    }

    fn mergeable(&self, head: &CommitSha, base: &CommitSha) -> Result<Mergeable, HostError> {
        match self.have(&[head, base])?.merge_state(head, base).map_err(host_error)? {
            MergeState::Clean | MergeState::UpToDate => Ok(Mergeable::Clean),
            MergeState::Conflict(_) => Ok(Mergeable::Conflict),
        }
    }

    fn squash_merge(&self, request: &SquashRequest) -> Result<CommitSha, HostError> {
        let mirror = self.have(&[&request.head, &request.base_tip])?;
        let _lock = self.lock()?;
        let message = format!("{}\n\n{}", request.title, request.message);
        let commit = mirror
            .squash(&request.head, &request.base_tip, &message, self.clock.now())
            .map_err(host_error)?;
        crate::crash_point!("forge.squash");
        let push = Push {
            source: Some(commit.clone()),
            branch: request.base_branch.clone(),
            expected: Some(request.base_tip.clone()),
        };
        mirror.push(&push).map_err(host_error)?;
        Ok(commit)
    }

    fn find_squash(
        &self,
        base: &BranchName,
        trailer: &str,
    ) -> Result<Option<CommitSha>, HostError> {
        let Some(tip) = self.tip(base)? else { return Ok(None) };
        self.have(&[&tip])?.find_by_trailer(&tip, trailer, 200).map_err(host_error)
    }

    async fn run_ci(&self, request: &CiRequest) -> Result<CiRun, HostError> {
        let Some(command) = &self.ci_command else {
            return Err(HostError::Refused {
                what: "run `ci_command`".to_owned(),
                reason: "none is configured".to_owned(),
            });
        };
        let unavailable = |reason: String| HostError::Unavailable {
            what: "make a clean checkout for CI".to_owned(),
            reason,
        };
        let mirror = self.have(&[&request.head, &request.base_tip])?;
        // A run whose worker and helper were both killed may have left something alive in the same folder.
        supervise::end_run(&self.marker(request), Duration::from_secs(30));
        let dir = self.checkouts.join(format!("ci-{}-{}", self.key, request.head.short()));
        files::remove_tree(&dir).map_err(|error| unavailable(error.to_string()))?;
        {
            let _lock = self.lock()?;
            let merged = mirror
                .squash(
                    &request.head,
                    &request.base_tip,
                    "ci: head merged with base",
                    self.clock.now(),
                )
                .map_err(host_error)?;
            mirror.checkout_clean(&merged, &dir).map_err(host_error)?;
        }
        crate::crash_point!("forge.ci");
        let result = self.run_in(command, dir.clone(), request).await;
        files::remove_tree(&dir).map_err(|error| unavailable(error.to_string()))?;
        result
    }
}

fn host_error(error: GitError) -> HostError {
    let text = error.to_string();
    match error {
        GitError::NotFound { what } => HostError::NotFound { what },
        GitError::Stale { what, reason } => HostError::Stale { what, reason },
        GitError::Unavailable { doing, reason } => HostError::Unavailable { what: doing, reason },
        GitError::NoSpace => HostError::Unavailable { what: "git".to_owned(), reason: text },
        _ => HostError::Refused { what: "git".to_owned(), reason: text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_not_there_is_told_from_one_that_fails() {
        for (line, code, log, program) in [
            (
                "missing-tool --all",
                127,
                "/bin/sh: 1: missing-tool: not found\n",
                Some("missing-tool"),
            ),
            (
                "A=1 missing-tool",
                127,
                "sh: line 1: missing-tool: command not found\n",
                Some("missing-tool"),
            ),
            ("./ci.sh", 126, "/bin/sh: 1: ./ci.sh: Permission denied\n", Some("./ci.sh")),
            ("sh test.sh", 127, "test.sh: 3: cargo: not found\n", None),
            ("sh test.sh", 1, "missing-tool: not found\n", None),
            ("missing-tool", 1, "/bin/sh: 1: missing-tool: not found\n", None),
            ("missing-tool", 127, "", None),
            ("", 127, "x: not found", None),
        ] {
            assert_eq!(not_started(line, code, log).as_deref(), program, "{line} {code} {log}");
        }
    }
}
