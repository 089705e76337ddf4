//! What a person does with their hands, and where they look: moving and editing files, reading issues, receipts and metrics.

use std::fs;

use serde_json::Value;

use super::World;

impl World {
    /// Moves a task's file between two folders, as `mv` does.
    #[track_caller]
    pub(crate) fn mv(&self, task: &str, from: &str, to: &str) {
        let path = |folder: &str| self.path(&format!("runtime/mailbox/{folder}/{task}.md"));
        fs::rename(path(from), path(to)).unwrap_or_else(|error| panic!("mv {task}: {error}"));
    }

    /// Edits a file below the root, as an editor does.
    #[track_caller]
    pub(crate) fn edit(&self, relative: &str, change: impl FnOnce(String) -> String) {
        let (before, path) = (self.read(relative), self.path(relative));
        let after = change(before.clone());
        assert_ne!(before, after, "the edit of {relative} changes nothing");
        fs::write(path, after).unwrap();
    }

    /// Replaces a text in a file that holds it.
    #[track_caller]
    pub(crate) fn replace(&self, relative: &str, from: &str, to: &str) {
        self.edit(relative, |text| text.replace(from, to));
    }

    /// Labels, column and state of an issue in one line: what `CONTRACT.md` section 3a is about.
    #[track_caller]
    pub(crate) fn shown(&self, number: u64) -> String {
        let issue = self.issue(number);
        let mut labels = strings(&issue["labels"]);
        labels.sort();
        format!(
            "{}; {}; {}",
            labels.join(","),
            issue["status"].as_str().unwrap_or("-"),
            issue["state"].as_str().unwrap()
        )
    }

    /// The comments of an issue.
    #[track_caller]
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        let issue = self.issue(number);
        let comments = issue["comments"].as_array().unwrap();
        comments.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
    }

    /// How many comments of an issue hold a text.
    #[track_caller]
    pub(crate) fn comments_with(&self, number: u64, text: &str) -> usize {
        self.comments(number).iter().filter(|comment| comment.contains(text)).count()
    }

    /// The agents of a lineage, in the order they ran.
    #[track_caller]
    pub(crate) fn tried(&self, task: &str) -> String {
        let text = self.task_text(task);
        let yaml = text.split("\n---\n").next().unwrap();
        let list = yaml.split_once("\ntried:").map_or("", |(_, rest)| rest);
        let list = list.lines().enumerate().map_while(|(n, line)| {
            match line.trim_start().strip_prefix("- ") {
                Some(agent) => Some(agent.to_owned()),
                None if n == 0 => Some(line.trim().trim_matches(['[', ']']).to_owned()),
                None => None,
            }
        });
        list.filter(|agent| !agent.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// The receipt of a run.
    #[track_caller]
    pub(crate) fn receipt(&self, task: &str, attempt: &str) -> Value {
        serde_json::from_str(&self.read(&format!("runtime/runs/{task}/{attempt}/receipt.json")))
            .unwrap()
    }

    /// The prompt of a run.
    #[track_caller]
    pub(crate) fn prompt(&self, task: &str, attempt: &str) -> String {
        self.read(&format!("runtime/runs/{task}/{attempt}/prompt.md"))
    }

    /// The lines of `agent_stats.jsonl`.
    pub(crate) fn stats(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("runtime/metrics/agent_stats.jsonl"));
        let text = text.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// An agent in `status --json`.
    #[track_caller]
    pub(crate) fn agent_row(&self, name: &str) -> Value {
        let status = self.run("--json status").ok().json();
        let agents = status["agents"].as_array().unwrap();
        agents.iter().find(|agent| agent["name"] == name).unwrap().clone()
    }

    /// The answer of `why --json`.
    #[track_caller]
    pub(crate) fn why(&self, subject: &str) -> Value {
        self.run_words(&["--json", "why", subject]).ok().json()
    }

    /// The reason that `why` gives.
    #[track_caller]
    pub(crate) fn reason(&self, subject: &str) -> String {
        self.why(subject)["reason"].as_str().unwrap().to_owned()
    }

    /// Branches of the remote whose name begins with `agent/`.
    #[track_caller]
    pub(crate) fn agent_branches(&self) -> Vec<String> {
        let out = self.git(&[
            "-C",
            "remotes/shop.git",
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/agent",
        ]);
        out.lines().map(ToOwned::to_owned).collect()
    }

    /// Names of the files at the tip of `main` of the remote.
    #[track_caller]
    pub(crate) fn files_on_main(&self) -> Vec<String> {
        let out = self.git(&["-C", "remotes/shop.git", "ls-tree", "-r", "--name-only", "main"]);
        out.lines().map(ToOwned::to_owned).collect()
    }

    /// Commits a file to a branch of the remote, as another person does from the operator's clone.
    #[track_caller]
    pub(crate) fn push_by_hand(&self, branch: &str, path: &str, text: &str) {
        self.git(&["-C", "shop", "fetch", "--quiet", "origin"]);
        let (local, remote) = (format!("hand/{branch}"), format!("origin/{branch}"));
        let exists = self.git(&["-C", "shop", "branch", "--remotes", "--list", &remote]);
        let start = if exists.is_empty() { "origin/main" } else { remote.as_str() };
        self.git(&["-C", "shop", "checkout", "--quiet", "-B", &local, start]);
        self.write(&format!("shop/{path}"), text);
        self.git(&["-C", "shop", "add", "--all"]);
        self.git(&["-C", "shop", "commit", "--quiet", "-m", &format!("By hand: {path}")]);
        self.git(&["-C", "shop", "push", "--quiet", "origin", &format!("{local}:{branch}")]);
        self.git(&["-C", "shop", "checkout", "--quiet", "main"]);
    }
}

/// The strings of a JSON array.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let Some(items) = value.as_array() else { return Vec::new() };
    items.iter().filter_map(|item| item.as_str().map(ToOwned::to_owned)).collect()
}

/// The command lines of living processes, of this test's machine as a whole, that hold a word.
pub(crate) fn processes_with(word: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(word)).collect()
}
