//! One installation in one thread: its root, its clock, its processes (each an [`App`] of its own that may die), its people.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::rc::Rc;

use agentos::app::{App, Options};
use agentos::config::LoadRequest;
use agentos::jobs::{dispatch, pr_monitor, queue, turn};
use agentos::sys::clock::{Clock, ManualClock};
use agentos::sys::crash::{self, Crash};
use agentos::sys::signals::Stop;
use agentos::sys::supervise::Helper;
use jiff::{SignedDuration, Timestamp};

use super::actors::Actors;
use super::dice::Dice;
use crate::support::crash_root::{CrashRoot, SECRETS, environment};
use crate::support::invariants::{self, Faults};

/// The most points after which a process dies: a long queue run has about three hundred.
const MOST_POINTS: u64 = 260;

/// Points that also a run with little to do comes to; half of the deaths are among them.
const FEW_POINTS: u64 = 25;

/// The most writes after which the disk is full: a queue run has about two hundred.
const MOST_WRITES: u64 = 120;

/// A job of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Dispatch,
    Queue,
    PrMonitor,
}

/// What a task uses up, in its file.
const USED: [&str; 4] = ["spent", "free_runs", "repairs", "attempt"];

/// Where among them the repairs of a pull request are.
const REPAIRS: usize = 2;

const WORKS: [Work; 3] = [Work::Dispatch, Work::Queue, Work::PrMonitor];

/// One installation.
pub(super) struct Town {
    root: CrashRoot,
    clock: Rc<ManualClock>,
    pub(super) dice: Rc<RefCell<Dice>>,
    pub(super) story: Rc<RefCell<Vec<String>>>,
    seed: u64,
    trouble: u64,
    pub(super) runtime: tokio::runtime::Runtime,
    /// The latest moment that there ever was.
    latest: Cell<Timestamp>,
    /// What each task had used up when it was last looked at.
    used: BTreeMap<String, [u64; 4]>,
    /// How often people gave a task a further attempt.
    pub(super) favours: BTreeMap<String, u64>,
    pub(super) faults: Faults,
}

impl Town {
    /// A new installation with three Ready issues; later ones of the same thread reuse its root.
    pub(super) fn found() -> Self {
        let agents = [("ann", ""), ("bob", ""), ("cat", "")];
        let settings = "max_parallel_workers: 2\nmax_dispatch_per_run: 5\n";
        let root = CrashRoot::new(&agents, settings);
        for title in ["Add a cart", "Add a till", "Add a door"] {
            root.issue(title);
        }
        root.save("new");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self {
            clock: Rc::new(ManualClock::new(root.now)),
            root,
            dice: Rc::new(RefCell::new(Dice::new(0))),
            story: Rc::default(),
            seed: 0,
            trouble: 0,
            runtime,
            latest: Cell::new(Timestamp::UNIX_EPOCH),
            used: BTreeMap::new(),
            favours: BTreeMap::new(),
            faults: Faults::new(),
        }
    }

    /// Begins anew for a seed.
    pub(super) fn begin(&mut self, seed: u64) {
        self.root.restore("new");
        self.clock.set(self.root.now);
        self.latest.set(self.root.now);
        self.dice = Rc::new(RefCell::new(Dice::new(seed)));
        self.story = Rc::default();
        self.seed = seed;
        self.trouble = [0, 30, 60, 90][usize::try_from(seed % 4).unwrap()];
        self.used.clear();
        self.favours.clear();
        self.faults.clear();
    }

    pub(super) fn path(&self) -> PathBuf {
        self.root.root()
    }

    pub(super) fn roll(&self) -> std::cell::RefMut<'_, Dice> {
        self.dice.borrow_mut()
    }

    pub(super) fn say(&self, words: String) {
        self.story.borrow_mut().push(words);
    }

    /// Troubles are over.
    pub(super) fn calm(&mut self) {
        self.trouble = 0;
        self.resumes_all();
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn advance(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
        self.latest.set(self.latest.get().max(self.now()));
        self.say(format!("{} minutes pass: {}", minutes, self.clock.now()));
    }

    /// A new process.
    pub(super) fn process(&self) -> App {
        let mut environment: BTreeMap<String, String> =
            environment(&self.path()).into_iter().collect();
        environment.extend(SECRETS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let actors =
            Actors { dice: self.dice.clone(), trouble: self.trouble, story: self.story.clone() };
        App::build(Options {
            load: LoadRequest {
                config: None,
                root: Some(self.path()),
                home: None,
                cwd: self.path(),
                variables: environment.clone(),
            },
            environment,
            clock: self.clock.clone(),
            stop: Stop::never(),
            helper: Helper { program: "/nonexistent".into(), args: Vec::new() },
            runner: Some(Rc::new(actors)),
            pages: None,
        })
        .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lets processes do this work side by side; they die together at the n-th crash point if so wished, and the disk is full after so
    /// many writes of theirs.
    pub(super) fn run(&mut self, works: &[Work], die_at: Option<u64>, full_after: Option<u64>) {
        if let Some(writes) = full_after {
            self.say(format!("the disk is full after {writes} writes"));
        }
        crash::fill(full_after);
        crash::arm(die_at);
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let processes: Vec<(Work, App)> =
                works.iter().map(|work| (*work, self.process())).collect();
            self.runtime.block_on(side_by_side(&processes))
        }));
        let points = crash::disarm();
        crash::fill(None);
        match ended {
            Ok(reports) => self.say(format!("{works:?}: {}", reports.join("; "))),
            Err(payload) => match payload.downcast_ref::<Crash>() {
                Some(crash) => {
                    self.say(format!("{works:?}: died at point {points}, {}", crash.point));
                }
                None => std::panic::resume_unwind(payload),
            },
        }
        self.look();
    }

    /// One step that chance chooses, by dice of its own: it does the same whatever came before.
    pub(super) fn step(&mut self, number: u64) {
        *self.roll() = Dice::new(self.seed.wrapping_mul(1000).wrapping_add(number));
        let chance = self.roll().below(100);
        match chance {
            0..=69 => {
                let (work, double, die_at, full_after) = {
                    let mut dice = self.roll();
                    let work = *dice.pick(&WORKS);
                    let double = dice.percent(20).then(|| *dice.pick(&WORKS));
                    let dies = dice.percent(35);
                    let most = if dice.percent(50) { FEW_POINTS } else { MOST_POINTS };
                    let die_at = dies.then(|| 1 + dice.below(most));
                    let fills = dice.percent(10);
                    (work, double, die_at, fills.then(|| dice.below(MOST_WRITES)))
                };
                let works: Vec<Work> = std::iter::once(work).chain(double).collect();
                self.run(&works, die_at, full_after);
            }
            70..=76 => {
                let minutes = *self.roll().pick(&[1, 5, 20, 180]);
                self.advance(minutes);
            }
            77..=79 => {
                let minutes = *self.roll().pick(&[-600, -61, -1, 3 * 24 * 60]);
                self.advance(minutes);
            }
            80..=91 => self.operator(),
            92..=94 => self.stranger_pushes(),
            _ => self.base_moves(),
        }
        self.look();
    }

    /// A tick of cron, all of whose jobs live.
    pub(super) fn tick(&mut self) {
        for work in WORKS {
            self.run(&[work], None, None);
        }
    }

    /// Whether the clock was put back and has not come to where it was: what is put off until a moment waits that much longer.
    pub(super) fn lives_in_the_past(&self) -> bool {
        self.now() < self.latest.get()
    }

    /// What holds between any two processes: each task in one place, and nothing that was used up comes back, but for the repairs of a
    /// task that a person wants again: those of another pull request.
    fn look(&mut self) {
        let mut faults = Faults::new();
        for (task, file) in invariants::tasks(&self.path(), &mut faults) {
            let now = USED.map(|key| file.count(key));
            let before = self.used.insert(task.clone(), now).unwrap_or_default();
            let is_anew = self.favours.contains_key(&task);
            let fell = |part: usize| before[part] > now[part] && !(part == REPAIRS && is_anew);
            if (0..now.len()).any(fell) {
                faults.push(format!("{task} used {before:?} and now {now:?}"));
            }
        }
        for fault in &faults {
            self.say(format!("FAULT: {fault}"));
        }
        self.faults.extend(faults);
    }
}

/// The number in `shop-7` and `shop-7-2`.
pub(super) fn number_of(task: &str) -> Option<u64> {
    task.split('-').nth(1)?.parse().ok()
}

/// Polls several processes in turn, each as far as it goes.
async fn side_by_side(processes: &[(Work, App)]) -> Vec<String> {
    let mut running: Vec<_> = processes
        .iter()
        .map(|(work, app)| Box::pin(async move { (*work, job(*work, app).await) }))
        .collect();
    let mut reports = Vec::new();
    std::future::poll_fn(|context| {
        running.retain_mut(|job| match job.as_mut().poll(context) {
            std::task::Poll::Ready((_, report)) => {
                reports.push(report);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    reports
}

async fn job(work: Work, app: &App) -> String {
    let report = match work {
        Work::Dispatch => turn::dispatch(app, &dispatch::Options::default()).await,
        Work::Queue => turn::queue(app, &queue::Options::default()).await,
        Work::PrMonitor => turn::pr_monitor(app, &pr_monitor::Options::default()).await,
    };
    let items = report.items.iter().map(|item| {
        let task = item.task.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{task} {} ({})", item.action, item.reason.clone().unwrap_or_default())
    });
    let errors =
        report.errors.iter().map(|error| format!("ERROR {}: {}", error.item, error.message));
    items.chain(errors).chain(report.idle.clone()).collect::<Vec<_>>().join(", ")
}
