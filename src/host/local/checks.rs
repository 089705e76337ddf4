//! The one check of a local repository, `ci`: run by ourselves, its result kept for a pair of head and base.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::MAX_FILE_BYTES;
use super::failure;
use super::forge::{CiRequest, CiRun};
use super::local_host::{LocalHost, shown};
use crate::crash_point;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::merge::{Boundary, RequiredCheck};
use crate::domain::pull::{
    Check, CheckOutcome, Checks as Known, Mergeable, PullRequest, PullState,
};
use crate::host::{BaseBranch, Checks, HostError, WorkflowRun};
use crate::sys::files::{self, FileError};
use crate::text::yaml::{self, Place};

/// The name of the check.
const CI: &str = "ci";

/// An excerpt of a log has at most so many lines and bytes.
const EXCERPT_LINES: usize = 60;
const EXCERPT_BYTES: usize = 8 * 1024;

/// So much of a log is read when what went wrong is looked for in it.
const LOG_BYTES: usize = 512 << 10;

/// A kept result.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    check: String,
    head: CommitSha,
    base: CommitSha,
    outcome: CheckOutcome,
    #[serde(default)]
    summary: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
}

/// Head and base that a result is about.
struct Pair {
    head: CommitSha,
    /// The base without commits that make nothing stale.
    base: CommitSha,
    base_tip: CommitSha,
}

impl LocalHost {
    fn checks_folder(&self) -> PathBuf {
        self.options.board_dir.join("checks")
    }

    fn result_file(&self, pair: &Pair) -> PathBuf {
        self.checks_folder().join(format!("{}-{}.yaml", pair.head, pair.base))
    }

    fn pair(&self, pull: &PullRequest) -> Result<Option<Pair>, HostError> {
        let Some(base_tip) = self.forge().tip(&pull.base)? else { return Ok(None) };
        let base = self.forge().base_key(&base_tip)?;
        Ok(Some(Pair { head: pull.head_sha.clone(), base, base_tip }))
    }

    /// The newest result for a head of a pull request that is not open any more: its base has moved on by its own merge.
    fn last_result(&self, head: &CommitSha) -> Result<Option<Check>, HostError> {
        let folder = self.checks_folder();
        let failed = |error: io::Error| failure::of_io("list the check results", &folder, &error);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut newest: Option<(Option<Timestamp>, Check)> = None;
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let is_result = path.extension().is_some_and(|extension| extension == "yaml");
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !is_result || !name.starts_with(head.as_str()) {
                continue;
            }
            if let Some((kept, check)) = read_result(&path)?
                && newest.as_ref().is_none_or(|(finished_at, _)| *finished_at < kept.finished_at)
            {
                newest = Some((kept.finished_at, check));
            }
        }
        Ok(newest.map(|(_, check)| check))
    }

    async fn run(&self, pair: Pair) -> Result<Known, HostError> {
        let path = self.result_file(&pair);
        let log = path.with_extension("log");
        files::make_dir(&self.checks_folder())
            .map_err(|error| failure::of_write("the check results", &error))?;
        let request = CiRequest { head: pair.head.clone(), base_tip: pair.base_tip, log };
        let CiRun { outcome, summary } = self.forge().run_ci(&request).await?;
        crash_point!("local.ci.ran");
        let kept = Kept {
            check: CI.to_owned(),
            head: pair.head,
            base: pair.base,
            outcome,
            summary,
            finished_at: Some(self.now()),
        };
        let what = "the result of `ci_command`";
        let text = yaml::render(&kept)
            .map_err(|error| failure::refused(format!("write {what}"), error.to_string()))?;
        // Behind the log, and as a whole: a result without its log would be believed.
        files::replace(&path, text.as_bytes()).map_err(|error| failure::of_write(what, &error))?;
        Ok(Known::Known(vec![kept.shown(&request.log)]))
    }
}

impl Kept {
    fn shown(&self, log: &Path) -> Check {
        let excerpt = excerpt(log);
        Check {
            name: CI.to_owned(),
            outcome: self.outcome,
            summary: self.summary.clone(),
            log: excerpt.is_some().then(|| shown(log)),
            log_excerpt: excerpt,
            job: None,
            apps: Vec::new(),
        }
    }
}

#[async_trait(?Send)]
impl Checks for LocalHost {
    async fn checks(&self, pull: &PullRequest) -> Result<Known, HostError> {
        if !self.forge().has_ci() {
            return Ok(Known::Missing);
        }
        let check = if pull.state == PullState::Open {
            let Some(pair) = self.pair(pull)? else { return Ok(no_base(pull)) };
            read_result(&self.result_file(&pair))?.map(|(_, check)| check)
        } else {
            self.last_result(&pull.head_sha)?
        };
        Ok(Known::Known(vec![
            check.unwrap_or_else(|| pending("has not run for this head and base")),
        ]))
    }

    async fn required(&self, _base: &BranchName) -> Result<Vec<String>, HostError> {
        Ok(if self.forge().has_ci() { vec![CI.to_owned()] } else { Vec::new() })
    }

    async fn base(&self, base: &BranchName) -> Result<BaseBranch, HostError> {
        let required =
            if self.forge().has_ci() { vec![RequiredCheck::by_anybody(CI)] } else { Vec::new() };
        let boundary = Some(Boundary { required, ..Boundary::default() });
        Ok(BaseBranch { tip: self.forge().tip(base)?, boundary })
    }

    /// Here a check is about a head together with its base, never about the base alone.
    async fn checks_of(&self, _commit: &CommitSha) -> Result<Known, HostError> {
        Ok(Known::Missing)
    }

    async fn run_missing(&self, pull: &PullRequest) -> Result<Known, HostError> {
        if !self.forge().has_ci() {
            return Ok(Known::Missing);
        }
        if pull.state != PullState::Open {
            return self.checks(pull).await;
        }
        let Some(pair) = self.pair(pull)? else { return Ok(no_base(pull)) };
        if let Some((_, check)) = read_result(&self.result_file(&pair))? {
            return Ok(Known::Known(vec![check]));
        }
        match self.forge().mergeable(&pair.head, &pair.base_tip)? {
            Mergeable::Clean => self.run(pair).await,
            Mergeable::Conflict => {
                Ok(Known::Known(vec![pending("waits for the conflict to be solved")]))
            }
            Mergeable::Unknown | Mergeable::HeadGone | Mergeable::BaseGone => Ok(Known::Known(
                vec![pending("waits until it is known whether head and base merge")],
            )),
        }
    }

    async fn log_of(&self, check: &Check) -> Result<Option<String>, HostError> {
        let log = check.log.as_deref().map(Path::new);
        let log = log.filter(|path| path.starts_with(self.checks_folder()));
        Ok(log.and_then(|path| tail(path, LOG_BYTES)))
    }

    async fn workflow_runs(&self, _checks: &[Check]) -> Result<Vec<WorkflowRun>, HostError> {
        Ok(Vec::new())
    }

    async fn attempt_of(&self, run: u64) -> Result<u64, HostError> {
        Err(HostError::NotFound { what: format!("the run {run} of a workflow") })
    }

    async fn rerun(&self, run: u64) -> Result<(), HostError> {
        let what = format!("run the jobs of {run} again");
        Err(failure::refused(what, "a local repository has no workflows"))
    }
}

fn pending(summary: &str) -> Check {
    Check {
        name: CI.to_owned(),
        outcome: CheckOutcome::Pending,
        summary: summary.to_owned(),
        log: None,
        log_excerpt: None,
        job: None,
        apps: Vec::new(),
    }
}

fn no_base(pull: &PullRequest) -> Known {
    Known::Unknown { reason: format!("the base branch `{}` does not exist", pull.base) }
}

/// Reads a kept result; nothing when there is none, or when a person wrote `pending` into it to have it run again.
fn read_result(path: &Path) -> Result<Option<(Kept, Check)>, HostError> {
    let what = "a result of `ci_command`";
    let text = match files::read_text(path, MAX_FILE_BYTES) {
        Ok(text) => text,
        Err(FileError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(failure::of_file(what, &error)),
    };
    let file = shown(path);
    let kept: Kept =
        yaml::parse(&text, &Place { file: &file, first_line: 1 }).map_err(|error| {
            let message = error.to_string();
            let message = message.lines().next().unwrap_or_default();
            let reason = format!("{message}; remove the file, then it is run again");
            HostError::Malformed { what: what.to_owned(), reason }
        })?;
    // A result that was copied to another name says nothing about that pair.
    let named = format!("{}-{}.yaml", kept.head, kept.base);
    if kept.outcome == CheckOutcome::Pending || path.file_name().is_none_or(|name| *name != *named)
    {
        return Ok(None);
    }
    let check = kept.shown(&path.with_extension("log"));
    Ok(Some((kept, check)))
}

/// The end of a log, bounded; nothing when there is none.
fn excerpt(path: &Path) -> Option<String> {
    let text = tail(path, EXCERPT_BYTES)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut last = lines.get(lines.len().saturating_sub(EXCERPT_LINES)..)?.join("\n");
    // Invalid bytes have become longer ones.
    if let Some(surplus) = last.len().checked_sub(EXCERPT_BYTES) {
        let cut = (surplus..=last.len()).find(|at| last.is_char_boundary(*at));
        last.drain(..cut.unwrap_or(last.len()));
    }
    Some(last)
}

/// The last bytes of a log, from the beginning of a line; nothing when there is none.
fn tail(path: &Path, bytes: usize) -> Option<String> {
    // Looked at first: what is no file must not be opened, a pipe would never answer.
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut file = fs::File::open(path).ok()?;
    let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
    let skipped = metadata.len().saturating_sub(limit);
    file.seek(SeekFrom::Start(skipped)).ok()?;
    let mut read = Vec::new();
    file.take(limit).read_to_end(&mut read).ok()?;
    let text = String::from_utf8_lossy(&read);
    Some(match text.split_once('\n') {
        // The first line is a part of one.
        Some((_, lines)) if skipped > 0 && !lines.trim().is_empty() => lines.to_owned(),
        _ => text.into_owned(),
    })
}
