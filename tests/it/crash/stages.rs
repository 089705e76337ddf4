//! The worlds of the crash loop: the local host, and the fake GitHub.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::people::People;
use super::walk::Stage;
use crate::support::crash_root::{CrashRoot, Ended, FILES, SECRETS, fast_dir, git};
use crate::support::github::{SHOP, faults};
use crate::support::hub::actions::Actions;
use crate::support::hub::{Hub, Snapshot};
use crate::support::invariants::{self, always, at_rest, secrets, survivors};
use crate::support::world_hash;

const BEGIN: &str = "2026-01-05T09:00:00Z";

/// What both hosts have: processes, time, and faults of the root.
fn root_faults(root: &Path, is_end: bool) -> Vec<String> {
    let mut faults = if is_end { at_rest(root) } else { always(root) };
    if is_end {
        faults.extend(survivors(root));
    } else {
        secrets(root, &mut faults);
    }
    faults
}

/// A world on the local host.
pub(crate) struct Local {
    root: CrashRoot,
    times: Vec<jiff::Timestamp>,
    operator: std::collections::BTreeMap<PathBuf, Vec<u8>>,
}

impl Local {
    pub(crate) fn found(agents: &[(&str, &str)], settings: &str) -> Self {
        let root = CrashRoot::new(agents, settings);
        let operator = invariants::snapshot(&root.root().join("shop"));
        Self { root, times: Vec::new(), operator }
    }

    /// The same with a hook of the remote that may decline a push.
    pub(crate) fn with_hook(self, script: &str) -> Self {
        let hook = self.remote().join("hooks/pre-receive");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, script).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }
}

impl Stage for Local {
    fn run(&self, job: &str, crash: Option<usize>) -> Ended {
        self.root.run(job, crash.map(|point| point.to_string()).as_deref())
    }

    fn round(&self) -> Vec<Ended> {
        vec![self.root.run("tick", None)]
    }

    fn save(&mut self, number: usize) {
        keep(&mut self.times, number, self.root.now);
        self.root.save(&number.to_string());
    }

    fn restore(&mut self, number: usize) {
        self.root.now = self.times[number];
        self.root.restore(&number.to_string());
    }

    fn wait(&mut self, minutes: i64) {
        self.root.advance(minutes);
    }

    fn minutes(&self) -> i64 {
        minutes(&self.root)
    }

    fn world(&self) -> u64 {
        world_hash::of_root(&self.root.root(), &[])
    }

    fn faults(&self, is_end: bool) -> Vec<String> {
        let root = self.path();
        let mut faults = root_faults(&root, is_end);
        faults.extend(self.losses());
        if is_end {
            let changed =
                invariants::changes(&self.operator, &invariants::snapshot(&root.join("shop")));
            let changed = changed.iter().map(|path| path.display());
            faults.extend(changed.map(|path| format!("the operator's {path} changed")));
        }
        faults
    }

    fn told(&self) -> String {
        invariants::story(&self.path())
    }
}

impl People for Local {
    fn path(&self) -> PathBuf {
        self.root.root()
    }

    fn remote(&self) -> PathBuf {
        self.path().join("remotes/shop.git")
    }

    fn issue(&self, title: &str) {
        self.root.issue(title);
    }

    fn say(&self, issue: u64, text: &str) {
        let mut command = self.root.command(&format!("issue comment {issue}"), None);
        assert!(command.arg(text).output().unwrap().status.success());
    }

    fn close(&self, issue: u64) {
        let path = self.path().join(format!("board/shop/issues/{issue}.md"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("state: open", "state: closed")).unwrap();
    }

    fn push(&self, branch: &str) -> String {
        push_by_hand(&self.remote(), branch)
    }

    fn comments(&self, issue: u64) -> String {
        let path = self.path().join(format!("board/shop/issues/{issue}.comments.md"));
        fs::read_to_string(path).unwrap_or_default()
    }

    fn unmerged(&self) -> Vec<(String, bool)> {
        let pulls = fs::read_dir(self.path().join("board/shop/pulls")).into_iter().flatten();
        let texts = pulls.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
        texts
            .filter_map(|text| {
                let key = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
                let (head, state) = (key("head: ")?, key("state: ")?);
                (state != "merged").then(|| (head.to_owned(), state == "open"))
            })
            .collect()
    }
}

/// A world on the fake GitHub.
pub(crate) struct Github {
    root: CrashRoot,
    pub(crate) hub: Hub,
    times: Vec<jiff::Timestamp>,
    hubs: Vec<Snapshot>,
    _folder: tempfile::TempDir,
}

impl Github {
    pub(crate) fn found(agents: &[(&str, &str)], settings: &str) -> Self {
        let folder = fast_dir("agentos-hub-");
        let hub = Hub::start(folder.path());
        hub.with(|state| {
            state.actions = Some(Actions { script: "sh test.sh".to_owned() });
            state.add_token(SECRETS[0].1, "agentos-bot", &["repo", "project"]);
            assert_eq!(state.add_board("acme", "Sprint"), 1);
            state.commit(SHOP, "main", &FILES, "By a person");
        });
        let settings =
            format!("{settings}github_api_url: {}\ngithub_write_interval_ms: 0\n", hub.url());
        let repos = "github_projects:\n  shop:\n    project_number: 1\n    repos: [{github_repo: acme/shop, host: github}]\n";
        let root = CrashRoot::with_repos(agents, &settings, repos);
        Self { root, hub, times: Vec::new(), hubs: Vec::new(), _folder: folder }
    }

    /// The number of the open pull request of a branch.
    pub(crate) fn number_of(&self, branch: &str) -> u64 {
        self.hub.with(|state| {
            let mut issues = state.repo(SHOP).unwrap().issues.values();
            let is_it = |issue: &&crate::support::hub::state::Issue| {
                issue.open && issue.pull.as_ref().is_some_and(|pull| pull.head == branch)
            };
            issues.find(is_it).map_or(0, |issue| issue.number)
        })
    }

    /// The number that this installation gave itself by chance.
    fn installation(&self) -> Option<String> {
        let file = self.path().join("runtime/state/installation.json");
        let card: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        Some(card["id"].as_str()?.to_owned())
    }

    /// Whether the card of an issue is in a column.
    pub(crate) fn is_in(&self, column: &str, issue: u64) -> bool {
        self.hub.with(|state| state.column_of("acme", 1, SHOP, issue)).as_deref() == Some(column)
    }
}

impl Stage for Github {
    fn run(&self, job: &str, crash: Option<usize>) -> Ended {
        if job == "pr-monitor" {
            self.hub.run_actions();
        }
        self.root.run(job, crash.map(|point| point.to_string()).as_deref())
    }

    fn round(&self) -> Vec<Ended> {
        ["dispatch", "queue", "pr-monitor"].map(|job| self.run(job, None)).into()
    }

    fn save(&mut self, number: usize) {
        keep(&mut self.times, number, self.root.now);
        keep(&mut self.hubs, number, self.hub.snapshot());
        self.root.save(&number.to_string());
    }

    fn restore(&mut self, number: usize) {
        self.root.now = self.times[number];
        self.hub.restore(&self.hubs[number]);
        self.root.restore(&number.to_string());
    }

    fn wait(&mut self, minutes: i64) {
        self.root.advance(minutes);
        let by = jiff::SignedDuration::from_mins(minutes);
        self.hub.with(|state| state.clock = state.clock.checked_add(by).unwrap());
    }

    fn minutes(&self) -> i64 {
        minutes(&self.root)
    }

    fn world(&self) -> u64 {
        let mut state = self.hub.with(|state| state.clone());
        (state.rest_used, state.graphql_used) = (0, 0);
        state.story.clear();
        // Every write moves the hub's clock, so that times of the day tell of order only.
        let mut names =
            vec![state.folder.display().to_string(), state.url.clone(), state.blobs.clone()];
        names.extend(self.installation());
        world_hash::of_root(&self.root.root(), &names)
            ^ world_hash::of_text(&format!("{state:?}"), &names)
    }

    fn faults(&self, is_end: bool) -> Vec<String> {
        let mut wrong = root_faults(&self.path(), is_end);
        wrong.extend(self.hub.with(|state| faults(state)));
        wrong.extend(self.losses());
        wrong
    }

    fn told(&self) -> String {
        format!("{}\n{}", invariants::story(&self.path()), self.hub.story().join("\n"))
    }
}

impl People for Github {
    fn path(&self) -> PathBuf {
        self.root.root()
    }

    fn remote(&self) -> PathBuf {
        self.hub.with(|state| state.path(SHOP))
    }

    fn issue(&self, title: &str) {
        self.hub.with(|state| {
            let number = state.open_issue(SHOP, "ann", title, "");
            state.label(SHOP, number, "ann", "ready");
        });
    }

    fn say(&self, issue: u64, text: &str) {
        self.hub.with(|state| state.comment(SHOP, issue, "ann", text));
    }

    fn close(&self, issue: u64) {
        self.hub.with(|state| state.close(SHOP, issue, "ann", "not_planned"));
    }

    fn push(&self, branch: &str) -> String {
        self.hub
            .with(|state| state.commit(SHOP, branch, &[("stranger.txt", "hello\n")], "By a person"))
    }

    fn comments(&self, issue: u64) -> String {
        let texts = |state: &mut crate::support::hub::state::State| -> Vec<String> {
            let issues = &state.repo(SHOP).unwrap().issues;
            let comments = issues.get(&issue).into_iter().flat_map(|issue| &issue.comments);
            comments.map(|comment| comment.body.clone()).collect()
        };
        self.hub.with(texts).join("\n")
    }

    fn unmerged(&self) -> Vec<(String, bool)> {
        self.hub.with(|state| {
            let issues = state.repo(SHOP).unwrap().issues.values();
            let pulls = issues.filter_map(|issue| Some((issue.open, issue.pull.as_ref()?)));
            let unmerged = pulls.filter(|(_, pull)| pull.merged.is_none());
            unmerged.map(|(is_open, pull)| (pull.head.clone(), is_open)).collect()
        })
    }
}

fn keep<T>(kept: &mut Vec<T>, number: usize, value: T) {
    kept.truncate(number);
    kept.push(value);
}

fn minutes(root: &CrashRoot) -> i64 {
    let begin: jiff::Timestamp = BEGIN.parse().unwrap();
    root.now.duration_since(begin).as_mins()
}

/// Commits on a branch of a bare repository as somebody else.
fn push_by_hand(remote: &Path, branch: &str) -> String {
    let clone = tempfile::tempdir().unwrap();
    let at = clone.path();
    git(at, &["clone", "--quiet", "--branch", branch, remote.to_str().unwrap(), "c"]);
    let at = at.join("c");
    fs::write(at.join("stranger.txt"), "hello\n").unwrap();
    git(&at, &["add", "--all"]);
    git(&at, &["commit", "--quiet", "-m", "By a person\n\nBy hand: a hook may ask for that."]);
    git(&at, &["push", "--quiet", "origin", branch]);
    git(&at, &["rev-parse", "HEAD"])
}
