//! Who works in a schedule besides us: agents that fail in every way, and a CI that looks at the files.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use agentos::app::{RunFailed, Runner};
use agentos::sys::crash::Crash;
use agentos::sys::signals::Stop;
use agentos::sys::supervise::{RunEnd, RunOutcome, RunSpec};
use async_trait::async_trait;

use super::dice::Dice;

/// Runs agents and CI inside the test.
pub(crate) struct Actors {
    pub(crate) dice: Rc<RefCell<Dice>>,
    /// Of a hundred runs so many go wrong.
    pub(crate) trouble: u64,
    pub(crate) story: Rc<RefCell<Vec<String>>>,
}

#[async_trait(?Send)]
impl Runner for Actors {
    async fn run(&self, spec: &RunSpec) -> Result<RunOutcome, RunFailed> {
        // Another process of the schedule goes on meanwhile.
        let pauses = self.dice.borrow_mut().below(4);
        for _ in 0..pauses {
            tokio::task::yield_now().await;
        }
        fs::write(&spec.stdout, "").unwrap();
        fs::write(&spec.stderr, "").unwrap();
        match spec.env.get("AGENTOS_TASK_ID") {
            Some(task) => Ok(outcome(self.agent(spec, task))),
            None => Ok(outcome(ci(spec))),
        }
    }

    /// Nobody is stopped for its money here.
    async fn run_until(&self, spec: &RunSpec, _stop: &Stop) -> Result<RunOutcome, RunFailed> {
        self.run(spec).await
    }
}

fn outcome(end: RunEnd) -> RunOutcome {
    RunOutcome {
        end,
        duration: Duration::from_millis(1),
        stdout_bytes: 0,
        stderr_bytes: 0,
        truncated: false,
        killed_survivors: 0,
        survivors: Vec::new(),
        reached: Vec::new(),
    }
}

/// The check of the repository: no broken file, no conflict markers.
fn ci(spec: &RunSpec) -> RunEnd {
    let list = fs::read_to_string(spec.dir.join("list.txt")).unwrap_or_default();
    let is_red = spec.dir.join("broken").exists() || list.contains("<<<<<<<");
    fs::write(&spec.stdout, if is_red { "not ok\n" } else { "ok\n" }).unwrap();
    RunEnd::Exited(i32::from(is_red))
}

/// What an agent does this time.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Works,
    Breaks,
    Partial,
    Blocked,
    Asks,
    Malformed,
    Silent,
    Crashes,
    Quota,
    Missing,
    Late,
    Claims,
    NoChange,
    Escapes,
    WorkerDies,
    /// While it works, a person moves its file back to the inbox.
    MovedBack,
    /// While it works, a person sets its file aside.
    SetAside,
    /// While it works, a person closes its issue.
    Withdrawn,
}

const TROUBLES: [Mood; 17] = [
    Mood::Breaks,
    Mood::Partial,
    Mood::Blocked,
    Mood::Asks,
    Mood::Malformed,
    Mood::Silent,
    Mood::Crashes,
    Mood::Quota,
    Mood::Missing,
    Mood::Late,
    Mood::Claims,
    Mood::NoChange,
    Mood::Escapes,
    Mood::WorkerDies,
    Mood::MovedBack,
    Mood::SetAside,
    Mood::Withdrawn,
];

impl Actors {
    fn agent(&self, spec: &RunSpec, task: &str) -> RunEnd {
        let (mood, conflicts) = {
            let mut dice = self.dice.borrow_mut();
            let goes_wrong = dice.percent(self.trouble);
            let mood = if goes_wrong { *dice.pick(&TROUBLES) } else { Mood::Works };
            (mood, dice.percent(50))
        };
        self.story.borrow_mut().push(format!("    agent for {task}: {mood:?}"));
        let dir = spec.dir.as_path();
        match mood {
            Mood::Works => work(dir, task, conflicts),
            Mood::MovedBack | Mood::SetAside | Mood::Withdrawn => {
                work(dir, task, conflicts);
                person(mood, spec);
            }
            Mood::Breaks => {
                work(dir, task, conflicts);
                fs::write(dir.join("broken"), "").unwrap();
            }
            Mood::Escapes => {
                work(dir, task, conflicts);
                // An agent that tidies up too much.
                drop(fs::remove_dir_all(dir.join(".git")));
                drop(fs::remove_file(dir.join(".git")));
            }
            _ => {}
        }
        leave(mood, spec)
    }
}

/// What a person does meanwhile, with the file manager and an editor.
fn person(mood: Mood, spec: &RunSpec) {
    let file = Path::new(&spec.env["AGENTOS_TASK_FILE"]);
    let name = file.file_name().unwrap();
    let mailbox = file.parent().unwrap().parent().unwrap();
    match mood {
        Mood::MovedBack => drop(fs::rename(file, mailbox.join("inbox").join(name))),
        Mood::SetAside => drop(fs::rename(file, mailbox.join("blocked").join(name))),
        _ => {
            let root = mailbox.parent().unwrap().parent().unwrap();
            let number = name.to_str().unwrap().split(['-', '.']).nth(1).unwrap();
            let issue = root.join(format!("board/shop/issues/{number}.md"));
            let text = fs::read_to_string(&issue).unwrap();
            fs::write(&issue, text.replace("state: open", "state: closed")).unwrap();
        }
    }
}

/// What the agent leaves behind besides its work, and how it ends.
fn leave(mood: Mood, spec: &RunSpec) -> RunEnd {
    let dir = spec.dir.as_path();
    match mood {
        Mood::Works
        | Mood::Breaks
        | Mood::Escapes
        | Mood::Claims
        | Mood::MovedBack
        | Mood::SetAside
        | Mood::Withdrawn => {
            report(dir, "complete", "none", "- it");
        }
        Mood::Partial => {
            fs::write(dir.join("half.txt"), "half\n").unwrap();
            report(dir, "partial", "test_failure", "- half of it");
        }
        Mood::Blocked => report(dir, "blocked", "environment_failure", "- nothing"),
        Mood::Asks => report(dir, "blocked", "missing_context", "- nothing"),
        Mood::Malformed => fs::write(dir.join(".agent_result.md"), "STATUS: fine\n").unwrap(),
        Mood::NoChange => report(dir, "complete", "none", "- no-change: it is so already"),
        Mood::Quota => fs::write(&spec.stderr, "error: 429 usage limit reached\n").unwrap(),
        Mood::WorkerDies => {
            fs::write(dir.join("half.txt"), "half\n").unwrap();
            std::panic::resume_unwind(Box::new(Crash { point: "killed".to_owned() }));
        }
        Mood::Silent | Mood::Crashes | Mood::Missing | Mood::Late => {}
    }
    match mood {
        Mood::Crashes => RunEnd::Signalled(11),
        Mood::Quota => RunEnd::Exited(1),
        Mood::Missing => RunEnd::NotStarted { missing: true, reason: "no such program".to_owned() },
        Mood::Late => RunEnd::Deadline,
        _ => RunEnd::Exited(0),
    }
}

/// Adds a line or a file for the task, mends what is broken, solves what conflicts.
fn work(dir: &Path, task: &str, conflicts: bool) {
    let list = dir.join("list.txt");
    let text = fs::read_to_string(&list).unwrap_or_default();
    let is_marker = |line: &&str| {
        !["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|m| line.starts_with(m))
    };
    let mut lines: Vec<&str> = text.lines().filter(is_marker).collect();
    let item = format!("item {task}");
    if conflicts && !lines.contains(&item.as_str()) && !lines.is_empty() {
        lines.insert(1, &item);
    }
    fs::write(&list, format!("{}\n", lines.join("\n"))).unwrap();
    drop(fs::remove_file(dir.join("broken")));
    fs::write(dir.join(format!("work-{task}.txt")), "done\n").unwrap();
}

fn report(dir: &Path, status: &str, code: &str, done: &str) {
    let text = format!(
        "STATUS: {status}\nBLOCKER_CODE: {code}\nSUMMARY: What was done.\nDONE:\n{done}\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh: passed\n"
    );
    fs::write(dir.join(".agent_result.md"), text).unwrap();
}
