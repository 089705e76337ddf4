//! For each reason that a job can have not to act: the job says it, and `why` says the same words, with its evidence and its next look. The
//! reasons are those of `Standstill`: a new one has no world here until somebody builds it, and this file does not compile without.

mod verdicts;
mod worlds;

use std::collections::BTreeSet;
use std::fs::File;

use agentos::domain::standstill::Standstill;
use serde_json::Value;

use crate::support::github::GithubWorld;
use crate::support::hub::Hub;
use crate::support::{Run, World};

/// What a job leaves alone, and what `why` is asked about it.
pub(super) struct Case {
    world: World,
    /// The GitHub beside it, alive as long as it is asked.
    _hub: Option<Hub>,
    /// The installation of somebody else, with its GitHub.
    _other: Option<GithubWorld>,
    /// Locks that somebody else holds meanwhile.
    held: Vec<File>,
    subject: &'static str,
    /// The job that leaves it alone, and how it is run; nothing where no job says a word about it.
    job: Option<&'static str>,
}

impl Case {
    /// A world in which a job leaves something alone.
    fn new(world: World, subject: &'static str, job: &'static str) -> Self {
        Self { world, _hub: None, _other: None, held: Vec::new(), subject, job: Some(job) }
    }

    /// The same with a GitHub that has to stay alive.
    fn beside(self, hub: Hub) -> Self {
        Self { _hub: Some(hub), ..self }
    }

    /// The same beside another installation on the same GitHub.
    fn of_two(self, other: GithubWorld) -> Self {
        Self { _other: Some(other), ..self }
    }

    /// No job says a word about it.
    fn silent(self) -> Self {
        Self { job: None, ..self }
    }

    /// Somebody else holds a lock of the installation.
    fn locked(mut self, name: &str) -> Self {
        let path = self.world.path("runtime/locks").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::options().create(true).append(true).open(path).unwrap();
        file.try_lock().unwrap();
        self.held.push(file);
        self
    }
}

/// Everything that a job says as a reason: of its items, of its errors, of itself, and in its log.
fn said(run: &Run) -> BTreeSet<String> {
    let report = run.json();
    let mut said = BTreeSet::new();
    let mut add = |value: &Value| said.extend(value.as_str().map(ToOwned::to_owned));
    add(&report["idle"]);
    for item in report["items"].as_array().unwrap() {
        add(&item["reason"]);
    }
    for error in report["errors"].as_array().unwrap() {
        add(&error["message"]);
    }
    for line in run.stderr.lines() {
        // `… is not begun task=shop-1 reason="…"`, or `reason=…` where it needs no quotes.
        if let Some((_, reason)) = line.split_once("reason=\"") {
            said.insert(reason.trim_end_matches('"').replace("\\\"", "\""));
        }
    }
    said
}

/// What `why` adds in front of the words of a job, to say whom they are about.
fn prefixes(standstill: Standstill) -> &'static [&'static str] {
    match standstill {
        Standstill::JobPaused => &["", "`queue` is "],
        Standstill::RepoPaused | Standstill::Dormant => &["", "acme/shop is "],
        Standstill::ByHand => &["", "acme/shop: "],
        Standstill::Blocked => &["it waits for a person: "],
        Standstill::Escalated => &["it was given up to a person: "],
        Standstill::Failed => &["the system could not go on: "],
        _ => &[""],
    }
}

/// Asks `why`, runs the job, and compares.
#[track_caller]
pub(super) fn agree(standstill: Standstill, case: &Case) -> String {
    let before = case.world.why(case.subject);
    let run = case.job.map(|job| case.world.run(&format!("--json -vv {job}")));
    let why = match standstill {
        // What rests in its folder has its reason from the job that laid it there.
        Standstill::Blocked | Standstill::Escalated | Standstill::Failed => {
            case.world.why(case.subject)
        }
        _ => before,
    };
    let reason = why["reason"].as_str().unwrap().to_owned();
    assert_eq!(why["code"], standstill.as_str(), "{why}");
    assert_eq!(why["moving"], standstill == Standstill::Waits, "{why}");
    assert!(!why["next_look"].as_str().unwrap().is_empty(), "{why}");
    assert!(is_a_job(&why) || !why["evidence"].as_array().unwrap().is_empty(), "{why}");
    if let Some(run) = run {
        assert!(matches!(run.code, Some(0 | 1 | 75)), "{run:?}");
        let said = said(&run);
        let of_job = said.iter().any(|said| {
            let of_job = |prefix: &&str| same(standstill, &reason, &format!("{prefix}{said}"));
            prefixes(standstill).iter().any(of_job)
        });
        assert!(of_job, "why: {reason}\nthe job: {said:#?}\n{}", run.stderr);
    }
    reason
}

/// The same words; how much memory is free is another number at each look.
fn same(standstill: Standstill, why: &str, job: &str) -> bool {
    match (standstill, why.split_once(" MiB"), job.split_once(" MiB")) {
        (Standstill::Memory, Some((_, why)), Some((_, job))) => why == job,
        _ => why == job,
    }
}

/// A switch of a whole job has no other evidence than itself.
fn is_a_job(why: &Value) -> bool {
    why["subject"].as_str().unwrap().starts_with('`')
}

/// The reasons, in parts, so that their worlds are built side by side.
fn every(part: usize) {
    for standstill in Standstill::ALL.iter().skip(part).step_by(PARTS) {
        let case = worlds::of(*standstill);
        agree(*standstill, &case);
    }
}

const PARTS: usize = 4;

#[test]
fn each_reason_of_a_job_is_the_reason_of_why_part_1() {
    every(0);
}

#[test]
fn each_reason_of_a_job_is_the_reason_of_why_part_2() {
    every(1);
}

#[test]
fn each_reason_of_a_job_is_the_reason_of_why_part_3() {
    every(2);
}

#[test]
fn each_reason_of_a_job_is_the_reason_of_why_part_4() {
    every(3);
}

#[test]
fn nothing_keeps_a_job_from_its_turn() {
    let world = World::new().with_sprints();
    for job in ["dispatch", "queue", "pr-monitor", "groom"] {
        let why = world.why(job);
        assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(true), &Value::Null), "{why}");
    }
    world.run("why sweep").code(2);
}
