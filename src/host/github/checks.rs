//! Checks of an exact commit: check runs and commit statuses together, and workflows that have not begun.

use async_trait::async_trait;
use serde::Deserialize;

use super::check_wire::{self, CheckRun, CheckSuite, CommitStatus};
use super::client::Call;
use super::endpoints;
use super::host::GithubHost;
use super::wire::malformed;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::pull::{self, Check, PullRequest};
use crate::host::{BaseBranch, Checks, HostError, WorkflowRun};

impl GithubHost {
    async fn about_commit<T>(
        &self,
        call: Call,
        key: &'static str,
        commit: &CommitSha,
    ) -> Result<Vec<T>, HostError>
    where
        T: for<'de> Deserialize<'de>,
    {
        let call = call.with("ref", commit).query("per_page", 100);
        let answer = self.client().list_in::<T>(call, key, self.reads).await;
        self.of_thing(answer, format!("commit {}", commit.short())).await
    }

    async fn runs_of(&self, commit: &CommitSha) -> Result<Vec<CheckRun>, HostError> {
        let runs = self.call(&endpoints::CHECK_RUNS).query("filter", "latest");
        let runs: Vec<CheckRun> = self.about_commit(runs, "check_runs", commit).await?;
        if let Some(other) = runs.iter().find(|run| run.head_sha != commit.as_str()) {
            let reason = format!("the check `{}` is about another commit", other.name);
            return Err(malformed(self.name(format_args!("checks of {}", commit.short())), reason));
        }
        Ok(runs)
    }

    async fn statuses_of(&self, commit: &CommitSha) -> Result<Vec<CommitStatus>, HostError> {
        self.about_commit(self.call(&endpoints::STATUS), "statuses", commit).await
    }

    async fn read_checks(&self, commit: &CommitSha) -> Result<pull::Checks, HostError> {
        let runs = self.runs_of(commit).await?;
        let statuses = self.statuses_of(commit).await?;
        let suites: Vec<CheckSuite> =
            self.about_commit(self.call(&endpoints::CHECK_SUITES), "check_suites", commit).await?;
        Ok(check_wire::combined(runs, statuses, &suites))
    }
}

#[async_trait(?Send)]
impl Checks for GithubHost {
    async fn checks(&self, pull: &PullRequest) -> Result<pull::Checks, HostError> {
        self.read_checks(&pull.head_sha).await
    }

    async fn base(&self, base: &BranchName) -> Result<BaseBranch, HostError> {
        self.base_branch(base).await
    }

    async fn required(&self, base: &BranchName) -> Result<Vec<String>, HostError> {
        let mut names: Vec<String> =
            self.demanded(base).await?.required.into_iter().map(|check| check.name).collect();
        names.dedup();
        Ok(names)
    }

    async fn checks_of(&self, commit: &CommitSha) -> Result<pull::Checks, HostError> {
        let runs = self.runs_of(commit).await?;
        let statuses = self.statuses_of(commit).await?;
        Ok(check_wire::combined(runs, statuses, &[]))
    }

    async fn run_missing(&self, pull: &PullRequest) -> Result<pull::Checks, HostError> {
        self.read_checks(&pull.head_sha).await
    }

    async fn log_of(&self, check: &Check) -> Result<Option<String>, HostError> {
        self.log_of_job(check).await
    }

    async fn workflow_runs(&self, checks: &[Check]) -> Result<Vec<WorkflowRun>, HostError> {
        self.runs_behind(checks).await
    }

    async fn attempt_of(&self, run: u64) -> Result<u64, HostError> {
        self.newest_attempt(run).await
    }

    async fn rerun(&self, run: u64) -> Result<(), HostError> {
        self.rerun_failed_jobs(run).await
    }
}
