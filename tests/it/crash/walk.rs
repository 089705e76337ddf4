//! Plays a story, lets each of its processes die at each of its points, and goes on from every death to the end of the story.
//!
//! The clock stands still while something moves. So a world that was mended is the very world of a run that never died, byte for byte, and
//! a death whose world was seen before needs not be followed to the end once more ([`world_hash`](crate::support::world_hash)). That makes
//! the difference between minutes and an hour; other orders and other times are the business of the random schedules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use crate::support::crash_root::Ended;

/// Rounds of all jobs that a chapter may take.
const PATIENCE: usize = 16;

/// After so many failures the walk stops: one cause may show at many points.
const MOST_FAILURES: usize = 12;

/// How long is waited where nothing moves, and the chapter is not over.
const NAP: i64 = 20;

/// The jobs of a round.
pub(crate) const ALL_JOBS: &[&str] = &["dispatch", "queue", "pr-monitor"];

/// A world on which a story is played: root, host and clock.
pub(crate) trait Stage {
    /// Runs one job, which dies at a point where one is given.
    fn run(&self, job: &str, crash: Option<usize>) -> Ended;
    /// Runs every job of a round, each to its end.
    fn round(&self) -> Vec<Ended>;
    /// Keeps what there is under a number.
    fn save(&mut self, number: usize);
    /// Goes back to that, and to the time of that.
    fn restore(&mut self, number: usize);
    /// Lets minutes pass.
    fn wait(&mut self, minutes: i64);
    /// How many minutes have passed.
    fn minutes(&self) -> i64;
    /// The whole world but for its clock, as one number.
    fn world(&self) -> u64;
    /// What is wrong with it at this moment; at the end of the story more may be.
    fn faults(&self, is_end: bool) -> Vec<String>;
    /// What happened, for a failure.
    fn told(&self) -> String;
}

/// A story.
pub(crate) struct Story<S> {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Makes the world in which it begins.
    pub(crate) found: fn() -> S,
    /// Its parts, in their order.
    pub(crate) chapters: Vec<Chapter<S>>,
    /// The jobs that die.
    pub(crate) dying: &'static [&'static str],
    /// What else is wrong at its end.
    pub(crate) end: fn(&S) -> Vec<String>,
}

/// A part of a story: people do something, and our jobs run until something is so.
pub(crate) struct Chapter<S> {
    /// What people do.
    pub(crate) act: fn(&S),
    /// What must become so.
    pub(crate) until: fn(&S) -> bool,
}

/// A process that does something, and where it stands in the story.
#[derive(Clone, Copy)]
struct Step {
    chapter: usize,
    job: &'static str,
}

/// A stage with all that a worker knows of the story.
struct Prepared<S> {
    stage: S,
    steps: Vec<Step>,
}

fn prepare<S: Stage>(story: &Story<S>, known: &Mutex<Known>) -> Prepared<S> {
    let mut stage = (story.found)();
    let mut steps = Vec::new();
    let mut way = Vec::new();
    for (chapter, part) in story.chapters.iter().enumerate() {
        (part.act)(&stage);
        let mut rounds = 0;
        loop {
            let before = stage.world();
            for job in ALL_JOBS.iter().copied() {
                let world = stage.world();
                stage.save(steps.len());
                let ended = stage.run(job, None);
                assert_eq!(ended.code, Some(0), "{job}: {}\n{}", ended.stdout, ended.stderr);
                if stage.world() != world && story.dying.contains(&job) {
                    steps.push(Step { chapter, job });
                }
            }
            rounds += 1;
            let world = stage.world();
            way.push((chapter, stage.minutes(), world, false));
            let is_quiet = world == before;
            if is_quiet && (part.until)(&stage) {
                break;
            }
            assert!(rounds < PATIENCE, "chapter {chapter} does not end:\n{}", stage.told());
            if is_quiet {
                stage.wait(NAP);
            }
        }
    }
    let mut faults = stage.faults(true);
    faults.extend((story.end)(&stage));
    assert!(faults.is_empty(), "{faults:#?}\n{}", stage.told());
    known.lock().unwrap().good.extend(way);
    Prepared { stage, steps }
}

/// A world in its story: chapter, minutes, number, and whether a process has just died in it.
type Place = (usize, i64, u64, bool);

/// What all workers know.
#[derive(Default)]
struct Known {
    /// Worlds, each with its chapter and minutes, from which the story was seen to end well.
    good: BTreeSet<Place>,
    /// The next point of each process; `None` when one of them let it live.
    next: BTreeMap<usize, Option<usize>>,
    deaths: usize,
    /// How many of them were followed to the end of the story.
    followed: usize,
    failures: Vec<String>,
}

/// A death, and the rest of the story. Says whether the process died, and whether it was followed to the end.
fn die_and_go_on<S: Stage>(
    Prepared { stage, steps }: &mut Prepared<S>,
    story: &Story<S>,
    known: &Mutex<Known>,
    (step, point): (usize, usize),
) -> Result<(bool, bool), String> {
    let Step { chapter: first, job } = steps[step];
    stage.restore(step);
    let crash = stage.run(job, Some(point));
    if crash.signal.is_none() {
        return Ok((false, false));
    }
    let words = crash.stderr.lines().last().unwrap_or_default().to_owned();
    // What holds in a world that was seen before was seen then.
    let dead = (first, stage.minutes(), stage.world(), true);
    if known.lock().unwrap().good.contains(&dead) {
        return Ok((true, false));
    }
    let mut faults = stage.faults(false);
    let mut way = vec![dead];
    let mut said = Vec::new();
    for (chapter, part) in story.chapters.iter().enumerate().skip(first) {
        if chapter > first {
            (part.act)(stage);
        }
        for round in 0.. {
            let before = way.last().map(|(_, _, world, _)| *world);
            let ended = stage.round();
            let is_bad = |ended: &&Ended| !matches!(ended.code, Some(0 | 1 | 75));
            faults.extend(ended.iter().filter(is_bad).map(|ended| format!("{ended:#?}")));
            said.extend(ended.into_iter().flat_map(|ended| [ended.stdout, ended.stderr]));
            let here = (chapter, stage.minutes(), stage.world(), false);
            if faults.is_empty() && known.lock().unwrap().good.contains(&here) {
                known.lock().unwrap().good.extend(way);
                return Ok((true, false));
            }
            faults.extend(stage.faults(false));
            way.push(here);
            let is_quiet = before == Some(here.2);
            if is_quiet && (part.until)(stage) {
                break;
            }
            if round >= PATIENCE {
                faults.push(format!("chapter {chapter} does not end"));
                break;
            }
            if is_quiet {
                stage.wait(NAP);
            }
        }
    }
    faults.extend(stage.faults(true));
    faults.extend((story.end)(stage));
    if faults.is_empty() {
        known.lock().unwrap().good.extend(way);
        return Ok((true, true));
    }
    faults.dedup();
    let told = stage.told();
    Err(format!("{job} (process {}, {words}): {faults:#?}\nsaid: {said:#?}\n{told}", step + 1))
}

/// The next death to try: processes in their order, each with every `stride`-th of its points.
fn next(known: &Mutex<Known>, steps: usize, stride: usize) -> Option<(usize, usize)> {
    let mut known = known.lock().unwrap();
    if known.failures.len() >= MOST_FAILURES {
        return None;
    }
    for step in 0..steps {
        let next = known.next.entry(step).or_insert(Some(1 + step % stride));
        if let Some(point) = *next {
            *next = Some(point + stride);
            return Some((step, point));
        }
    }
    None
}

/// Walks a story; `stride` says which points of each process are tried besides its first.
pub(crate) fn walk<S: Stage>(story: &Story<S>, stride: usize) {
    let began = Instant::now();
    let known = Mutex::new(Known::default());
    let processes = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..super::workers() {
            scope.spawn(|| {
                let mut prepared = prepare(story, &known);
                *processes.lock().unwrap() = prepared.steps.len();
                while let Some(at) = next(&known, prepared.steps.len(), stride) {
                    let ended = die_and_go_on(&mut prepared, story, &known, at);
                    let mut known = known.lock().unwrap();
                    match ended {
                        Ok((false, _)) => drop(known.next.insert(at.0, None)),
                        Ok((true, followed)) => {
                            known.deaths += 1;
                            known.followed += usize::from(followed);
                        }
                        Err(failure) => known.failures.push(failure),
                    }
                }
            });
        }
    });
    let known = known.into_inner().unwrap();
    #[expect(clippy::print_stdout, reason = "`bin/check` shows how many there were")]
    {
        println!(
            "{} crashes in {} processes of {}, {} followed to the end, {} worlds, {:.0} s",
            known.deaths,
            processes.into_inner().unwrap(),
            story.name,
            known.followed,
            known.good.len(),
            began.elapsed().as_secs_f64()
        );
    }
    let failures = known.failures;
    assert!(failures.is_empty(), "{} crashes did harm:\n{}", failures.len(), failures.join("\n\n"));
    assert!(known.deaths > 0, "no process of {} died", story.name);
}
