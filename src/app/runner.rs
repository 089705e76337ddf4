//! What starts agents, test commands and CI commands: this machine now, other places later.

use async_trait::async_trait;

use crate::sys::signals::Stop;
use crate::sys::supervise::{self, Helper, RunOutcome, RunSpec};

/// Why a program was not run to an end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RunFailed(pub String);

/// Runs programs under a deadline, without survivors.
#[async_trait(?Send)]
pub trait Runner {
    /// Runs one program to its end.
    async fn run(&self, spec: &RunSpec) -> Result<RunOutcome, RunFailed>;

    /// The same, ended early when `stop` is asked for.
    async fn run_until(&self, spec: &RunSpec, stop: &Stop) -> Result<RunOutcome, RunFailed>;
}

/// Runs them on this machine, through our own helper process.
pub struct ProcessRunner {
    /// How the helper is started.
    pub helper: Helper,
    /// Ends the run when this process is asked to end.
    pub stop: Stop,
}

#[async_trait(?Send)]
impl Runner for ProcessRunner {
    async fn run(&self, spec: &RunSpec) -> Result<RunOutcome, RunFailed> {
        self.run_until(spec, &self.stop).await
    }

    async fn run_until(&self, spec: &RunSpec, stop: &Stop) -> Result<RunOutcome, RunFailed> {
        let began = std::time::Instant::now();
        let name = spec.argv.first().cloned().unwrap_or_default();
        let (helper, spec, stop) = (self.helper.clone(), spec.clone(), stop.clone());
        // The helper is waited for on a thread of its own, so that several workers of one process run side by side.
        let waited =
            tokio::task::spawn_blocking(move || supervise::run(&helper, &spec, &stop)).await;
        tracing::debug!(
            took_us = began.elapsed().as_micros(),
            program = name,
            "run under a helper"
        );
        match waited {
            Ok(outcome) => outcome.map_err(|error| RunFailed(error.to_string())),
            Err(error) => Err(RunFailed(format!("the thread that waited for it ended: {error}"))),
        }
    }
}
