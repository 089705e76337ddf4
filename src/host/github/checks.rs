//! Checks of an exact commit: check runs and commit statuses together, and workflows that have not begun.

use async_trait::async_trait;
use serde::Deserialize;

use super::check_wire::{self, CheckRun, CheckSuite, CommitStatus};
use super::client::Call;
use super::endpoints;
use super::host::GithubHost;
use super::wire::malformed;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::pull::{self, PullRequest};
use crate::host::{Checks, HostError};

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

    async fn read_checks(&self, commit: &CommitSha) -> Result<pull::Checks, HostError> {
        let runs = self.call(&endpoints::CHECK_RUNS).query("filter", "latest");
        let runs: Vec<CheckRun> = self.about_commit(runs, "check_runs", commit).await?;
        if let Some(other) = runs.iter().find(|run| run.head_sha != commit.as_str()) {
            let reason = format!("the check `{}` is about another commit", other.name);
            return Err(malformed(self.name(format_args!("checks of {}", commit.short())), reason));
        }
        let statuses: Vec<CommitStatus> =
            self.about_commit(self.call(&endpoints::STATUS), "statuses", commit).await?;
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

    async fn required(&self, base: &BranchName) -> Result<Vec<String>, HostError> {
        self.demanded(base).await
    }

    async fn run_missing(&self, pull: &PullRequest) -> Result<pull::Checks, HostError> {
        self.read_checks(&pull.head_sha).await
    }
}
