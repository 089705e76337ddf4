//! A root on a disk that loses its power whenever a process dies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use agentos_power::{Disk, Keep, Layout, Mounted, Rule, Tree};

use crate::people::People;
use crate::support::crash_root::{CrashRoot, Ended};
use crate::support::invariants::{self, always, at_rest, secrets, survivors};
use crate::support::world_hash;
use crate::walk::Stage;

const BEGIN: &str = "2026-01-05T09:00:00Z";

/// Where git writes and counts on a journal, since it never syncs a folder; the operator's own files besides.
const OF_GIT: [&str; 6] =
    ["shop", "remotes", "home", "agents", "runtime/repos", "runtime/worktrees"];

/// What a command that has ended well has done for good. An intent that is over may be open again: it is read back and closed once more.
const PROMISED: [&str; 3] = ["board", "runtime/mailbox", "remotes/shop.git/refs"];

/// A number in a variable of the environment.
pub(crate) fn number_in<N: std::str::FromStr>(variable: &str) -> Option<N> {
    std::env::var(variable).ok()?.parse().ok()
}

/// How many worlds are played in side by side.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |count| count.get().min(8))
}

/// What a death takes with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All that was not synced.
    All,
    /// What chance says of it.
    Some,
    /// Nothing yet: the process dies alone, and the power might go as soon as another has ended well.
    Later,
}

/// A root on such a disk.
pub(crate) struct Powered {
    // Unmounted before the folder below it is removed.
    mounted: RefCell<Mounted>,
    root: CrashRoot,
    kept: Vec<(Disk, jiff::Timestamp)>,
    /// How often the power went.
    boot: Cell<u64>,
    loss: Loss,
    /// Where chance begins, if something of what was not synced is kept.
    seed: Option<u64>,
    /// What git says of its repositories since the power went.
    damage: Cell<u64>,
    /// What was done for good and was lost nevertheless.
    broken: RefCell<Vec<String>>,
    operator: BTreeMap<PathBuf, Vec<u8>>,
}

impl Powered {
    /// A root in which nothing has happened.
    pub(crate) fn found(agents: &[(&str, &str)], settings: &str, rule: Rule, loss: Loss) -> Self {
        let root = CrashRoot::new(agents, settings);
        let operator = invariants::snapshot(&root.root().join("shop"));
        let layout = Layout { rule, journaled: OF_GIT.map(PathBuf::from).into() };
        let disk = Disk::new(Tree::read(&root.root()).unwrap(), layout);
        let mounted = RefCell::new(Mounted::new(&root.root(), disk).unwrap());
        Self {
            mounted,
            root,
            kept: Vec::new(),
            boot: Cell::new(0),
            loss,
            seed: (loss == Loss::Some).then(|| number_in("AGENTOS_POWER_SEED").unwrap_or(1)),
            damage: Cell::new(0),
            broken: RefCell::default(),
            operator,
        }
    }

    /// Takes the power away.
    fn lose_power(&self, job: &str, point: usize) {
        let keep = self.seed.map_or(Keep::Nothing, |seed| {
            let mut hasher = DefaultHasher::new();
            (seed, job, point, self.minutes()).hash(&mut hasher);
            Keep::Some(hasher.finish())
        });
        self.mounted.borrow_mut().lose_power(keep).unwrap();
        self.boot.set(self.boot.get() + 1);
        let found = self.damages();
        let mut hasher = DefaultHasher::new();
        found.hash(&mut hasher);
        self.damage.set(if found.is_empty() { 0 } else { hasher.finish() });
    }

    fn start_of_the_machine(&self) -> String {
        format!("<start {} of the machine>", self.boot.get())
    }

    /// What git says of its repositories; nothing where all is well.
    fn damages(&self) -> Vec<String> {
        let mirrors = fs::read_dir(self.path().join("runtime/repos")).into_iter().flatten();
        let mirrors = mirrors.flatten().map(|entry| entry.path());
        let mut repositories: Vec<PathBuf> =
            mirrors.filter(|path| path.join("HEAD").is_file()).collect();
        repositories.push(self.remote());
        repositories.sort();
        repositories.iter().filter_map(|repository| damage(repository)).collect()
    }

    /// What the last command has done, as far as it would be gone if the power went now.
    fn note_broken_promises(&self, line: &str) {
        let mounted = self.mounted.borrow();
        let disk = mounted.disk();
        let after = disk.after_power_loss(Keep::Nothing);
        for part in PROMISED {
            let (seen, kept) = (
                disk.seen().files_below(Path::new(part)),
                after.seen().files_below(Path::new(part)),
            );
            let lost = seen.iter().filter(|(path, bytes)| kept.get(*path) != Some(*bytes));
            let back = kept.keys().filter(|path| !seen.contains_key(*path));
            let mut broken = self.broken.borrow_mut();
            broken.extend(
                lost.map(|(path, _)| format!("`{line}` was done, but not {}", path.display())),
            );
            broken.extend(
                back.map(|path| format!("`{line}` was done, but {} is back", path.display())),
            );
        }
    }
}

/// What `git fsck` says of a repository that it does not find whole.
fn damage(repository: &Path) -> Option<String> {
    let output = Command::new("git")
        .args(["fsck", "--full", "--no-dangling", "--no-progress"])
        .current_dir(repository)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let name = repository.file_name().unwrap_or_default().display();
    (!output.status.success()).then(|| format!("{name}: {}", String::from_utf8_lossy(&said)))
}

impl Stage for Powered {
    fn run(&self, job: &str, crash: Option<usize>) -> Ended {
        let mut command = self.root.command(job, crash.map(|point| point.to_string()).as_deref());
        command.env("AGENTOS_BOOT", self.start_of_the_machine());
        let ended = self.root.wait(command.spawn().unwrap());
        match (ended.signal, ended.code) {
            (Some(_), _) if self.loss == Loss::Later => {}
            (Some(_), _) => self.lose_power(job, crash.unwrap_or_default()),
            (None, Some(0)) => self.note_broken_promises(job),
            _ => {}
        }
        ended
    }

    fn round(&self) -> Vec<Ended> {
        vec![self.run("tick", None)]
    }

    fn save(&mut self, number: usize) {
        let disk = self.mounted.borrow().disk().clone();
        self.kept.truncate(number);
        self.kept.push((disk, self.root.now));
    }

    fn restore(&mut self, number: usize) {
        let (disk, now) = self.kept[number].clone();
        self.mounted.borrow_mut().put(disk).unwrap();
        self.root.now = now;
        // The disks that are kept have never lost their power.
        self.boot.set(0);
        self.damage.set(0);
        self.broken.borrow_mut().clear();
    }

    fn wait(&mut self, minutes: i64) {
        self.root.advance(minutes);
    }

    fn minutes(&self) -> i64 {
        let begin: jiff::Timestamp = BEGIN.parse().unwrap();
        self.root.now.duration_since(begin).as_mins()
    }

    fn world(&self) -> u64 {
        // A worktree from before the loss is another than one that was made or put back since.
        let shown = world_hash::of_root(&self.path(), &[self.start_of_the_machine()]);
        // Nor is one in which a promise was broken the one in which it was kept.
        let mut hasher = DefaultHasher::new();
        (shown, self.damage.get(), &*self.broken.borrow()).hash(&mut hasher);
        hasher.finish()
    }

    fn faults(&self, is_end: bool) -> Vec<String> {
        let root = self.path();
        if self.damage.get() != 0
            && let Some(damage) = damage(&self.remote())
        {
            // What else is looked at rests on it.
            return vec![damage];
        }
        let mut faults = if is_end { at_rest(&root) } else { always(&root) };
        // A line that was cut off goes with the next one that is written, and a file on its way that is in both folders leaves the first
        // when somebody takes the task.
        faults.retain(|fault| {
            let is_healed = fault.starts_with("agent_stats.jsonl has a torn line")
                || fault.contains(" lies in ");
            is_end || self.seed.is_none() || !is_healed
        });
        faults.append(&mut self.broken.borrow_mut());
        faults.extend(self.losses());
        if is_end {
            faults.extend(survivors(&root));
            faults.extend(self.damages());
            let changed =
                invariants::changes(&self.operator, &invariants::snapshot(&root.join("shop")));
            let changed = changed.iter().map(|path| path.display());
            faults.extend(changed.map(|path| format!("the operator's {path} changed")));
        } else {
            secrets(&root, &mut faults);
        }
        faults
    }

    fn told(&self) -> String {
        invariants::story(&self.path())
    }
}

impl People for Powered {
    fn path(&self) -> PathBuf {
        self.root.root()
    }

    fn remote(&self) -> PathBuf {
        self.path().join("remotes/shop.git")
    }

    fn issue(&self, title: &str) {
        self.root.issue(title);
        self.note_broken_promises("issue create");
    }

    fn say(&self, issue: u64, text: &str) {
        let mut command = self.root.command(&format!("issue comment {issue}"), None);
        assert!(command.arg(text).output().unwrap().status.success());
        self.note_broken_promises("issue comment");
    }

    fn close(&self, issue: u64) {
        let path = self.path().join(format!("board/shop/issues/{issue}.md"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("state: open", "state: closed")).unwrap();
    }

    fn push(&self, _: &str) -> String {
        unreachable!("nobody else pushes in these stories")
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
