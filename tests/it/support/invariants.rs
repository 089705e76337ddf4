//! What must hold in a root whatever crashed in it, read from its files alone: a binary, a person or a library may have written them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::crash_root::{SECRETS, git};

/// The folders of the mailbox.
pub(crate) const FOLDERS: [&str; 6] =
    ["inbox", "processing", "done", "failed", "blocked", "escalated"];

/// What was found wrong, one line each.
pub(crate) type Faults = Vec<String>;

/// A task file as a person reads it.
#[derive(Debug, Clone)]
pub(crate) struct TaskFile {
    pub(crate) folder: &'static str,
    pub(crate) text: String,
}

impl TaskFile {
    /// A key of its front matter.
    pub(crate) fn key(&self, key: &str) -> Option<&str> {
        let yaml = self.text.split("\n---\n").next()?;
        let line = yaml.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))?;
        Some(line.trim_matches(['"', '\'']))
    }

    /// A counter of its front matter; absent means none.
    pub(crate) fn count(&self, key: &str) -> u64 {
        self.key(key).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// Every task file, by task; a task in two folders is a fault.
pub(crate) fn tasks(root: &Path, faults: &mut Faults) -> BTreeMap<String, TaskFile> {
    let mut tasks: BTreeMap<String, TaskFile> = BTreeMap::new();
    for folder in FOLDERS {
        for path in files_in(&root.join("runtime/mailbox").join(folder)) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".md").filter(|stem| !stem.starts_with('.')) else {
                continue;
            };
            let text = fs::read_to_string(&path).unwrap_or_default();
            if let Some(other) = tasks.insert(stem.to_owned(), TaskFile { folder, text }) {
                faults.push(format!("{stem} lies in {folder} and in {}", other.folder));
            }
        }
    }
    tasks
}

/// What holds at every moment, between any two processes.
pub(crate) fn always(root: &Path) -> Faults {
    always_in(root, &["shop"])
}

/// The same of a root with these repositories.
pub(crate) fn always_in(root: &Path, repositories: &[&str]) -> Faults {
    let mut faults = Faults::new();
    let tasks = tasks(root, &mut faults);
    for (task, file) in &tasks {
        if file.key("task_id") != Some(task) || !file.text.contains("\n---\n") {
            faults.push(format!("{task} in {} is torn: {:?}", file.folder, file.text));
        }
    }
    for repository in repositories {
        pulls(root, repository, &mut faults);
        merges(root, repository, &mut faults);
        comments(root, repository, &mut faults);
    }
    stats(root, &mut faults);
    faults
}

/// What holds besides when nothing moves any more.
pub(crate) fn at_rest(root: &Path) -> Faults {
    at_rest_in(root, &["shop"])
}

/// The same of a root with these repositories.
pub(crate) fn at_rest_in(root: &Path, repositories: &[&str]) -> Faults {
    let mut faults = always_in(root, repositories);
    for (task, file) in &tasks(root, &mut Faults::new()) {
        if file.folder == "processing" {
            faults.push(format!("{task} is still in processing"));
        }
    }
    for intent in files_in(&root.join("runtime/journal/open")) {
        faults.push(format!("an intent is open: {}", fs::read_to_string(&intent).unwrap()));
    }
    for path in every_file(root) {
        let name = path.file_name().unwrap().to_string_lossy();
        // What is remembered may be removed at any time, and so may half of it.
        let is_cache = path.starts_with(root.join("runtime/cache"));
        if name.starts_with('.') && name.ends_with(".tmp") && !is_cache {
            faults.push(format!("a draft is left: {}", path.display()));
        }
    }
    secrets(root, &mut faults);
    faults
}

/// What holds when every issue up to `issues` was to be merged.
pub(crate) fn all_merged(root: &Path, issues: u64) -> Faults {
    let mut faults = at_rest(root);
    let tasks = tasks(root, &mut Faults::new());
    let memory = file_on_main(root, "CODEBASE.md");
    for number in 1..=issues {
        let task = format!("shop-{number}");
        let file = tasks.get(&task);
        let end = file.map(|file| (file.folder, file.key("outcome")));
        if end != Some(("done", Some("merged"))) {
            faults.push(format!("{task} ended as {end:?}"));
        }
        let entries = memory.matches(&format!("<!-- agentos:memory {task} -->")).count();
        if entries != 1 {
            faults.push(format!("CODEBASE.md has {entries} entries of {task}"));
        }
        let issue = read(&root.join(format!("board/shop/issues/{number}.md")));
        let head = issue.split("\n---\n").next().unwrap_or_default();
        for (line, wanted) in [
            ("state: closed", true),
            ("status: Done", true),
            ("done", true),
            ("in-progress", false),
            ("blocked", false),
            ("human-required", false),
            ("ready", false),
        ] {
            if head.contains(line) != wanted {
                faults.push(format!("issue {number}: `{line}` should be there: {wanted}\n{head}"));
            }
        }
        if merged(root).get(&task) != Some(&1) {
            faults.push(format!("{task} is not on main: {:?}", merged(root)));
        }
    }
    let branches = git(&root.join("remotes/shop.git"), &["branch", "--list", "agent/*"]);
    if !branches.is_empty() {
        faults.push(format!("branches are left: {branches}"));
    }
    faults
}

/// A file of the tip of `main`; nothing where there is none, which is for the caller to judge.
fn file_on_main(root: &Path, path: &str) -> String {
    let remote = root.join("remotes/shop.git");
    if git(&remote, &["ls-tree", "--name-only", "main", "--", path]).is_empty() {
        return String::new();
    }
    git(&remote, &["show", &format!("main:{path}")])
}

/// Squash commits on `main`, by task.
pub(crate) fn merged(root: &Path) -> BTreeMap<String, usize> {
    merged_in(root, "shop")
}

/// The same of one of several repositories.
pub(crate) fn merged_in(root: &Path, repository: &str) -> BTreeMap<String, usize> {
    let remote = root.join(format!("remotes/{repository}.git"));
    let log = git(&remote, &["log", "--format=%x01%s%x02%B", "main"]);
    let mut merged = BTreeMap::new();
    for commit in log.split('\u{1}').skip(1) {
        let (subject, body) = commit.split_once('\u{2}').unwrap();
        if subject.starts_with("memory: ") {
            continue;
        }
        for task in body.lines().filter_map(|line| line.strip_prefix("Agent-Task: ")) {
            *merged.entry(task.to_owned()).or_default() += 1;
        }
    }
    merged
}

fn merges(root: &Path, repository: &str, faults: &mut Faults) {
    for (task, times) in merged_in(root, repository) {
        if times > 1 {
            faults.push(format!("{task} was merged {times} times"));
        }
    }
    let remote = root.join(format!("remotes/{repository}.git"));
    let has_memory = !git(&remote, &["ls-tree", "main", "CODEBASE.md"]).is_empty();
    let memory =
        if has_memory { git(&remote, &["show", "main:CODEBASE.md"]) } else { String::new() };
    duplicates(&memory, "CODEBASE.md", faults);
}

fn pulls(root: &Path, repository: &str, faults: &mut Faults) {
    let mut heads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files_in(&root.join(format!("board/{repository}/pulls"))) {
        let text = read(&path);
        let head = text.lines().find_map(|line| line.strip_prefix("head: "));
        let state = text.lines().find_map(|line| line.strip_prefix("state: "));
        if let (Some(head), Some(state)) = (head, state) {
            heads.entry(head.to_owned()).or_default().push(state.to_owned());
        }
    }
    for (head, states) in heads {
        // Memory comes by one pull request after the other, never by two at once.
        let ended = if head == "agentos/memory" { "merged" } else { "closed" };
        let live = states.iter().filter(|state| *state != "closed" && **state != ended).count();
        if live > 1 {
            faults.push(format!("{head} of {repository} has several pull requests: {states:?}"));
        }
    }
}

fn comments(root: &Path, repository: &str, faults: &mut Faults) {
    for path in files_in(&root.join(format!("board/{repository}/issues"))) {
        if path.to_string_lossy().ends_with(".comments.md") {
            duplicates(&read(&path), &path.display().to_string(), faults);
        }
    }
}

/// Markers that stand in a text more than once.
fn duplicates(text: &str, what: &str, faults: &mut Faults) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for rest in text.split("<!-- agentos:").skip(1) {
        let marker = rest.split("-->").next().unwrap_or_default().trim();
        // Headers of the local host's comments are not markers of texts.
        if marker.split_whitespace().count() == 2 && !marker.starts_with("comment") {
            *seen.entry(marker).or_default() += 1;
        }
    }
    for (marker, times) in seen.into_iter().filter(|(_, times)| *times > 1) {
        faults.push(format!("{what} has `{marker}` {times} times"));
    }
}

/// One line per finished attempt: a run that costs nothing has a label of its own only after it was counted, so time tells those apart.
fn stats(root: &Path, faults: &mut Faults) {
    let text = read(&root.join("runtime/metrics/agent_stats.jsonl"));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in text.lines() {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else {
            faults.push(format!("agent_stats.jsonl has a torn line: {line}"));
            continue;
        };
        if value["spent"] == true {
            let key = format!("{} {}", value["task_id"], value["attempt"]);
            *seen.entry(key).or_default() += 1;
        }
    }
    for (key, times) in seen.into_iter().filter(|(_, times)| *times > 1) {
        faults.push(format!("agent_stats.jsonl counts {key} {times} times"));
    }
}

/// Secrets of the operator in files.
pub(crate) fn secrets(root: &Path, faults: &mut Faults) {
    for path in every_file(root) {
        let bytes = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for (name, secret) in SECRETS {
            if text.contains(secret) {
                faults.push(format!("{name} stands in {}", path.display()));
            }
        }
    }
}

/// Processes of a run below this root that are still alive.
pub(crate) fn survivors(root: &Path) -> Faults {
    let mut faults = Faults::new();
    let root = root.as_os_str().as_encoded_bytes();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(environ) = fs::read(entry.path().join("environ")) else { continue };
        let has = |needle: &[u8]| environ.windows(needle.len()).any(|window| window == needle);
        if has(b"AGENTOS_RUN=") && has(root) {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            faults.push(format!("alive: {}", String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    faults
}

/// Every file below a folder with its content, without logs, locks and caches.
pub(crate) fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    every_file(dir)
        .into_iter()
        .filter(|path| {
            let text = path.to_string_lossy();
            !["/runtime/logs/", "/runtime/locks/", "/runtime/cache/"]
                .iter()
                .any(|skipped| text.contains(skipped))
        })
        .map(|path| {
            let bytes = fs::read(&path).unwrap_or_default();
            (path, bytes)
        })
        .collect()
}

/// The names of what differs between two snapshots.
pub(crate) fn changes(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<PathBuf> {
    let changed = after.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    changed.map(|(path, _)| path).chain(gone).cloned().collect()
}

/// The story of a root, for a failure: tasks and the journal.
pub(crate) fn story(root: &Path) -> String {
    let mut text = String::new();
    for (task, file) in tasks(root, &mut Faults::new()) {
        let yaml = file.text.split("\n---\n").next().unwrap_or_default();
        writeln!(text, "== {task} in {}\n{yaml}", file.folder).unwrap();
    }
    for path in files_in(&root.join("runtime/journal")) {
        writeln!(text, "== {}\n{}", path.display(), read(&path)).unwrap();
    }
    text
}

fn every_file(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => all.push(entry.path()),
                _ => {}
            }
        }
    }
    all.sort();
    all
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let is_hidden = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && !is_hidden(path))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
