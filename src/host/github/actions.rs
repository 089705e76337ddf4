//! GitHub Actions behind red checks: the log of a job, the run of a workflow that it belongs to, and running failed jobs again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::endpoints;
use super::host::GithubHost;
use crate::domain::pull::Check;
use crate::host::{HostError, WorkflowRun};

/// A job, as far as we ask for it. Its number is that of its check run.
#[derive(Debug, Deserialize)]
struct Job {
    run_id: u64,
    #[serde(default = "first")]
    run_attempt: u64,
}

/// A run of a workflow, as far as we ask for it.
#[derive(Debug, Deserialize)]
struct Run {
    #[serde(default = "first", rename = "run_attempt")]
    attempt: u64,
    status: Option<String>,
    #[serde(default)]
    updated_at: Option<Timestamp>,
}

/// A person may have run one of several failed jobs again by hand: the others stay of the attempt before. What is shown late is shown
/// within this time.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl Run {
    /// Whether what belongs to an attempt is what counts now.
    fn counts(&self, attempt: u64, now: Timestamp) -> bool {
        let is_long_ago = |at: Timestamp| now.duration_since(at) > SHOWN_WITHIN;
        attempt >= self.attempt || self.updated_at.is_some_and(is_long_ago)
    }
}

/// An attempt that is not named is the first.
fn first() -> u64 {
    1
}

impl GithubHost {
    /// The end of a job's log. GitHub names another server for it, to which no token goes.
    pub(super) async fn log_of_job(&self, check: &Check) -> Result<Option<String>, HostError> {
        let Some(job) = check.job else { return Ok(None) };
        let call = self.call(&endpoints::JOB_LOG).with("job_id", job);
        let subject = call.subject();
        let Some(place) = self.client().place_of(call).await? else { return Ok(None) };
        let log = self.client().end_of(&subject, &place).await?;
        Ok(log.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The runs behind checks that are jobs of GitHub Actions.
    pub(super) async fn runs_behind(
        &self,
        checks: &[Check],
    ) -> Result<Vec<WorkflowRun>, HostError> {
        let mut attempts: BTreeMap<u64, u64> = BTreeMap::new();
        for number in checks.iter().filter_map(|check| check.job) {
            let job: Job = self.get(self.call(&endpoints::JOB).with("job_id", number)).await?;
            let attempt = attempts.entry(job.run_id).or_insert(job.run_attempt);
            *attempt = (*attempt).max(job.run_attempt);
        }
        let mut runs = Vec::with_capacity(attempts.len());
        for (id, attempt) in attempts {
            let run = self.workflow_run(id).await?;
            runs.push(WorkflowRun {
                id,
                attempt: run.attempt,
                ended: run.status.as_deref() == Some("completed"),
                current: run.counts(attempt, self.client().now()),
            });
        }
        Ok(runs)
    }

    /// The newest attempt of a run.
    pub(super) async fn newest_attempt(&self, run: u64) -> Result<u64, HostError> {
        Ok(self.workflow_run(run).await?.attempt)
    }

    async fn workflow_run(&self, run: u64) -> Result<Run, HostError> {
        self.get(self.call(&endpoints::WORKFLOW_RUN).with("run_id", run)).await
    }

    /// Runs the failed jobs of a run again.
    pub(super) async fn rerun_failed_jobs(&self, run: u64) -> Result<(), HostError> {
        let call = self.call(&endpoints::RERUN_FAILED).with("run_id", run);
        self.client().change_quietly(call, &serde_json::Value::Null).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_an_earlier_attempt_counts_when_nothing_newer_shows_up() {
        let now: Timestamp = "2026-11-20T09:30:00Z".parse().unwrap();
        let run = |updated_at: Option<&str>| Run {
            attempt: 2,
            status: Some("completed".to_owned()),
            updated_at: updated_at.map(|at| at.parse().unwrap()),
        };
        for (attempt, updated_at, counts) in [
            (2, Some("2026-11-20T09:29:00Z"), true),
            (1, Some("2026-11-20T09:29:00Z"), false),
            (1, Some("2026-11-20T09:10:00Z"), true),
            (1, None, false),
        ] {
            assert_eq!(run(updated_at).counts(attempt, now), counts, "{attempt} {updated_at:?}");
        }
    }
}
