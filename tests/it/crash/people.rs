//! What people do and see while our processes die, on whatever host: the same with other hands.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::walk::Stage;
use crate::support::crash_root::git;
use crate::support::invariants::{self, TaskFile};

/// What people do and see, on whatever host.
pub(crate) trait People: Stage {
    fn path(&self) -> PathBuf;
    /// The bare repository of the host.
    fn remote(&self) -> PathBuf;
    /// Files a Ready issue.
    fn issue(&self, title: &str);
    /// Comments on an issue.
    fn say(&self, issue: u64, text: &str);
    /// Closes an issue.
    fn close(&self, issue: u64);
    /// Commits on a branch as somebody else; returns the commit.
    fn push(&self, branch: &str) -> String;
    /// All comments on an issue.
    fn comments(&self, issue: u64) -> String;
    /// The open and closed pull requests that were never merged, each by its branch.
    fn unmerged(&self) -> Vec<(String, bool)>;

    /// Somebody pushes to a branch; that commit must never be lost.
    fn stranger_pushes(&self, branch: &str) {
        let commit = self.push(branch);
        let file = fs::OpenOptions::new().create(true).append(true).open(people(&self.path()));
        writeln!(file.unwrap(), "{commit}").unwrap();
    }

    fn task(&self, number: u64) -> Option<TaskFile> {
        invariants::tasks(&self.path(), &mut Vec::new()).remove(&format!("shop-{number}"))
    }

    /// The folder and the outcome of a task.
    fn stands(&self, number: u64) -> (String, String) {
        let task = self.task(number);
        let outcome = task.as_ref().and_then(|task| task.key("outcome")).unwrap_or_default();
        (task.as_ref().map(|task| task.folder).unwrap_or_default().to_owned(), outcome.to_owned())
    }

    fn ended_as(&self, number: u64, outcome: &str) -> bool {
        self.stands(number) == ("done".to_owned(), outcome.to_owned())
    }

    /// Whether its pull request is open and has its verdict: to wait for a person.
    fn is_held(&self, number: u64) -> bool {
        self.ended_as(number, "") && self.comments(number).contains("waits for a person")
    }

    fn has_open_pull(&self, number: u64) -> bool {
        let head = format!("agent/shop-{number}");
        self.unmerged().iter().any(|(branch, is_open)| *is_open && *branch == head)
    }

    /// How many commands on an issue were answered.
    fn answers(&self, issue: u64) -> usize {
        self.comments(issue).matches("<!-- agentos:command ").count()
    }

    fn branches(&self) -> Vec<String> {
        let names = git(&self.remote(), &["branch", "--list", "--format=%(refname:short)"]);
        names.lines().map(ToOwned::to_owned).collect()
    }

    /// Memory of a task on `main`.
    fn entries(&self, task: &str) -> usize {
        let has = !git(&self.remote(), &["ls-tree", "main", "CODEBASE.md"]).is_empty();
        let text =
            if has { git(&self.remote(), &["show", "main:CODEBASE.md"]) } else { String::new() };
        text.matches(&format!("<!-- agentos:memory {task} -->")).count()
    }

    /// How often a task is on `main`.
    fn merges(&self, task: &str) -> usize {
        let log = git(&self.remote(), &["log", "--format=%B", "main"]);
        let trailer = format!("Agent-Task: {task}");
        log.lines().filter(|line| **line == *trailer).count()
    }

    /// Whether all memory is where it belongs, and its branch gone.
    fn is_remembered(&self, tasks: &[u64]) -> bool {
        tasks.iter().all(|number| self.entries(&format!("shop-{number}")) == 1)
            && !self.branches().contains(&"agentos/memory".to_owned())
    }

    /// No commit of a person is lost, and no branch is gone whose work was not merged.
    fn losses(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for commit in fs::read_to_string(people(&self.path())).unwrap_or_default().lines() {
            if git(&self.remote(), &["branch", "--contains", commit]).is_empty() {
                faults.push(format!("the commit {commit} of a person is on no branch"));
            }
        }
        let branches = self.branches();
        for (branch, _) in self.unmerged() {
            let Some(task) = branch.strip_prefix("agent/") else { continue };
            // A host that died behind the merge itself has not written down yet that it was one.
            if !branches.contains(&branch) && self.merges(task) == 0 {
                faults.push(format!("{branch} is gone, and was never merged"));
            }
        }
        faults
    }
}

/// The commits of people, one a line.
fn people(root: &Path) -> PathBuf {
    root.join("home/people")
}
