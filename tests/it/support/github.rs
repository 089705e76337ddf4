//! A world whose repository lies on the fake GitHub.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::hub::Hub;
use super::hub::actions::Actions;
use super::hub::git::quiet;
use super::hub::state::{Issue, State};
use super::{Script, World};

/// The repository of the story.
pub(crate) const SHOP: &str = "acme/shop";

/// The branch that carries memory: one pull request after the other, never two at once.
const MEMORY: &str = "agentos/memory";

/// More rounds than any story needs.
const PATIENCE: usize = 12;

/// The world and the GitHub beside it.
pub(crate) struct GithubWorld {
    pub(crate) world: World,
    pub(crate) hub: Hub,
}

impl GithubWorld {
    /// One agent that works, checks that really run, automatic merges.
    pub(crate) fn new() -> Self {
        Self::with_agents(&[("worker", Script::works())])
    }

    /// The same with these agents.
    pub(crate) fn with_agents(agents: &[(&str, Script)]) -> Self {
        Self::of(World::with_agents(agents))
    }

    /// The same with a world of one's own.
    pub(crate) fn of(world: World) -> Self {
        let hub = Hub::start(&world.path("hub"));
        hub.with(|state| state.actions = Some(Actions { script: "sh test.sh".to_owned() }));
        let world = world.on_github(hub.url(), hub.token());
        Self { world, hub }
    }

    /// Lets time pass, here and on GitHub.
    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.world.advance(by);
        self.hub.with(|state| state.clock = state.clock.checked_add(by).unwrap());
    }

    /// Changes the world, for example its settings.
    pub(crate) fn map(self, change: impl FnOnce(World) -> World) -> Self {
        Self { world: change(self.world), hub: self.hub }
    }

    /// Opens an issue and labels it `ready`, both as the maintainer.
    pub(crate) fn ready_issue(&self, title: &str, body: &str) -> u64 {
        self.hub.with(|state| {
            let number = state.open_issue(SHOP, "ann", title, body);
            state.label(SHOP, number, "ann", "ready");
            number
        })
    }

    /// Every job once, and CI between them.
    #[track_caller]
    pub(crate) fn round(&self) {
        for job in ["dispatch", "queue"] {
            drop(self.world.run(job).ok());
        }
        self.hub.run_actions();
        drop(self.world.run("pr-monitor").ok());
    }

    /// Plays rounds until these issues are closed.
    #[track_caller]
    pub(crate) fn play(&self, issues: &[u64]) {
        for _ in 0..PATIENCE {
            self.round();
            if issues.iter().all(|number| !self.issue(*number, |issue| issue.open)) {
                return;
            }
        }
        panic!("not closed after {PATIENCE} rounds:\n{}", self.story());
    }

    /// What people see, one line each.
    pub(crate) fn story(&self) -> String {
        self.hub.story().join("\n")
    }

    /// Looks at an issue or pull request.
    pub(crate) fn issue<T>(&self, number: u64, look: impl FnOnce(&Issue) -> T) -> T {
        self.hub.with(|state| look(state.issue(SHOP, number)))
    }

    /// Labels and state of an issue in one line.
    pub(crate) fn shown(&self, number: u64) -> String {
        self.issue(number, |issue| {
            let mut labels = issue.labels.clone();
            labels.sort();
            format!("{}; {}", labels.join(","), if issue.open { "open" } else { "closed" })
        })
    }

    /// The texts of an issue's comments.
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        self.issue(number, |issue| issue.comments.iter().map(|c| c.body.clone()).collect())
    }

    /// Requests so far that are meant to change something, git's not counted.
    pub(crate) fn writes(&self) -> usize {
        let log = self.hub.log();
        log.iter().filter(|r| r.writes && !r.path.contains(".git/")).count()
    }
}

/// What git says of a bare repository of the hub.
fn output(bare: &Path, arguments: &[&str]) -> String {
    let output = quiet("git", bare).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What must hold on a GitHub at every moment, whatever was lost on the way: one live pull request per branch, one comment of a kind.
pub(crate) fn faults(state: &State) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(repo) = state.repo(SHOP) else { return vec![format!("{SHOP} is gone")] };
    let mut heads: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (number, issue) in &repo.issues {
        if let Some(pull) = &issue.pull
            && (issue.open || (pull.merged.is_some() && pull.head != MEMORY))
        {
            heads.entry(&pull.head).or_default().push(*number);
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for comment in &issue.comments {
            for rest in comment.body.split("<!-- agentos:").skip(1) {
                let marker = rest.split("-->").next().unwrap_or_default();
                *seen.entry(marker).or_default() += 1;
            }
        }
        for (marker, times) in seen.into_iter().filter(|(_, times)| *times > 1) {
            faults.push(format!("#{number} has `{marker}` {times} times"));
        }
    }
    for (head, numbers) in heads.into_iter().filter(|(_, numbers)| numbers.len() > 1) {
        faults.push(format!("{head} has several pull requests: {numbers:?}"));
    }
    faults
}

/// What must hold besides when these issues were merged.
pub(crate) fn merged_faults(hub: &Hub, issues: &[u64]) -> Vec<String> {
    let mut faults = hub.with(|state| faults(state));
    let (bare, repo) = hub.with(|state| (state.path(SHOP), state.repo(SHOP).unwrap().clone()));
    let git = |arguments: &[&str]| output(&bare, arguments);
    let log = git(&["log", "--format=%B", "main"]);
    for number in issues {
        let task = format!("shop-{number}");
        let trailer = format!("Agent-Task: {task}");
        let times = log.lines().filter(|line| **line == *trailer).count();
        if times != 1 {
            faults.push(format!("{task} is on main {times} times"));
        }
        let issue = &repo.issues[number];
        if issue.open || !issue.labels.contains(&"done".to_owned()) {
            faults.push(format!("#{number} is open: {}, labels {:?}", issue.open, issue.labels));
        }
        for label in ["ready", "in-progress", "blocked", "human-required"] {
            if issue.labels.iter().any(|l| l == label) {
                faults.push(format!("#{number} still has `{label}`"));
            }
        }
    }
    let left: Vec<&String> =
        repo.branches.keys().filter(|name| name.starts_with("agent/")).collect();
    if !left.is_empty() {
        faults.push(format!("branches are left: {left:?}"));
    }
    faults
}

/// Base64 in the standard alphabet; without padding: what stands before it is enough to find it or to be understood.
pub(crate) fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * at)) & 63;
            encoded.push(ALPHABET[usize::try_from(index).unwrap()] as char);
        }
    }
    encoded
}
