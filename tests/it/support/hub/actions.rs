//! The fake's "Actions": a workflow of one job that is queued after a push and really run.

use std::path::{Path, PathBuf};

use super::git;
use super::state::{CheckRun, State, WorkflowRun};

/// A workflow: what its only job runs in a checkout of the head merged with its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    /// The shell command.
    pub(crate) script: String,
}

/// A job to be run outside the hub's lock.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    full_name: String,
    id: u64,
    script: String,
    folder: PathBuf,
    base: String,
    head: String,
}

impl Job {
    /// Runs the job in an own folder; returns whether it passed, and what it printed.
    pub(crate) fn run(&self, scratch: &Path) -> (bool, String) {
        let Some(tree) = git::merge_tree(&self.folder, &self.base, &self.head) else {
            return (false, "the merge with the base has conflicts\n".to_owned());
        };
        let place = scratch.join(format!("job-{}", self.id));
        std::fs::create_dir_all(&place).unwrap();
        git::checkout(&self.folder, &tree, &place);
        let output = git::quiet("sh", &place).args(["-c", &self.script]).output().unwrap();
        std::fs::remove_dir_all(&place).unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let log = format!("Run {}\n{printed}exit: {:?}\n", self.script, output.status.code());
        (output.status.success(), log)
    }
}

impl State {
    /// Queues the workflow for the head of a pull request, when there is a workflow.
    pub(crate) fn queue_workflow(&mut self, full_name: &str, number: u64) {
        let pull = self.issue(full_name, number).pull.clone();
        let (Some(_), Some(pull)) = (&self.actions, pull) else { return };
        let at = self.write();
        let (id, suite, job) = (self.id(), self.id(), self.id());
        let Some(repo) = self.repo_mut(full_name) else { return };
        repo.runs.push(WorkflowRun {
            id,
            suite,
            job,
            branch: pull.head,
            sha: pull.head_sha.clone(),
            pull: number,
            attempt: 1,
            created_at: at,
            log: String::new(),
        });
        repo.checks.push(CheckRun {
            id: job,
            suite,
            app: "github-actions".to_owned(),
            name: "ci".to_owned(),
            sha: pull.head_sha,
            status: "queued".to_owned(),
            conclusion: None,
            output: None,
            annotations: Vec::new(),
            started_at: at,
            completed_at: None,
        });
    }

    /// Takes the queued jobs, which are in progress from now on.
    pub(crate) fn take_jobs(&mut self) -> Vec<Job> {
        let Some(actions) = self.actions.clone() else { return Vec::new() };
        let mut jobs = Vec::new();
        let folder = self.folder.clone();
        for repo in &mut self.repos {
            let full_name = repo.full_name();
            for check in repo.checks.iter_mut().filter(|check| check.status == "queued") {
                let Some(run) = repo.runs.iter().find(|run| run.job == check.id) else { continue };
                let Some(pull) = repo.issues.get(&run.pull).and_then(|i| i.pull.as_ref()) else {
                    continue;
                };
                "in_progress".clone_into(&mut check.status);
                jobs.push(Job {
                    full_name: full_name.clone(),
                    id: check.id,
                    script: actions.script.clone(),
                    folder: folder.join(format!("{}.git", repo.id)),
                    base: pull.base_sha.clone(),
                    head: run.sha.clone(),
                });
            }
        }
        jobs
    }

    /// Writes down how a job ended.
    pub(crate) fn end_job(&mut self, job: &Job, (passed, log): (bool, String)) {
        let at = self.write();
        let (conclusion, log) = self.endings.pop_front().unwrap_or_else(|| {
            let conclusion = if passed { "success" } else { "failure" };
            (conclusion.to_owned(), log)
        });
        let passed = conclusion == "success";
        let Some(repo) = self.repo_mut(&job.full_name) else { return };
        if let Some(check) = repo.checks.iter_mut().find(|check| check.id == job.id) {
            "completed".clone_into(&mut check.status);
            check.conclusion = Some(conclusion.clone());
            check.completed_at = Some(at);
            check.annotations = Vec::new();
            if !passed {
                let message = "Process completed with exit code 1.".to_owned();
                check.annotations.push((".github".to_owned(), 1, message));
            }
        }
        if let Some(run) = repo.runs.iter_mut().find(|run| run.job == job.id) {
            run.log = log;
        }
        self.story.push(format!("{} check ci {conclusion}", job.full_name));
    }

    /// Runs the job of a run again, as a new check of the same name; returns whether that can be, and nothing when there is no such run.
    pub(crate) fn rerun(&mut self, full_name: &str, id: u64) -> Option<bool> {
        let (job, at) = (self.id(), self.write());
        let repo = self.repo_mut(full_name)?;
        let run = repo.runs.iter_mut().find(|run| run.id == id)?;
        let old = repo.checks.iter().find(|check| check.id == run.job)?.clone();
        if old.status != "completed" {
            return Some(false);
        }
        run.attempt += 1;
        run.job = job;
        run.log = String::new();
        repo.checks.push(CheckRun {
            id: job,
            status: "queued".to_owned(),
            conclusion: None,
            output: None,
            annotations: Vec::new(),
            started_at: at,
            completed_at: None,
            ..old
        });
        self.story.push(format!("{full_name} check ci runs again"));
        Some(true)
    }
}
