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
    !why["subject"].as_str().unwrap().contains(|c: char| c.is_ascii_digit())
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

#[test]
fn a_job_is_named_as_it_was_asked_about() {
    assert_eq!(World::new().why("queue")["subject"], "queue");
}

#[test]
fn a_file_that_nobody_works_on_says_how_it_goes_on() {
    let world = worlds::dispatched(World::new());
    world.mv("shop-1", "inbox", "done");
    for subject in ["shop-1", "1"] {
        let why = world.why(subject);
        assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(false), &"unusable_file".into()));
        assert!(why["reason"].as_str().unwrap().contains("somebody moved it there"), "{why}");
        let next = why["next_look"].as_str().unwrap();
        assert!(next.contains("`agentos task retry shop-1`"), "{why}");
    }
    world.run("task retry shop-1").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox");
    world.mv("shop-1", "inbox", "done");
    world.run("task cancel shop-1").ok();
    assert_eq!(world.why("shop-1")["code"], "ended");
}

#[test]
fn a_file_that_is_no_task_is_told_of_with_its_reason_and_what_mends_it() {
    let world = worlds::dispatched(World::new());
    world.replace("runtime/mailbox/inbox/shop-1.md", "task_id: shop-1", "task_id: [");
    let why = world.why("shop-1");
    assert!(why["next_look"].as_str().unwrap().contains("the next `queue`"), "{why}");
    drop(world.run("queue"));
    for subject in ["shop-1", "1"] {
        let why = world.why(subject);
        assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(false), &"unusable_file".into()));
        let reason = why["reason"].as_str().unwrap();
        assert!(reason.contains("cannot be read as a task") && !reason.contains('\n'), "{why}");
        let evidence = why["evidence"].to_string();
        assert!(evidence.contains("failed/shop-1.md\""), "{why}");
        assert!(evidence.contains("failed/shop-1.md.reason.txt"), "{why}");
        assert!(why["next_look"].as_str().unwrap().contains("`inbox/`"), "{why}");
    }
}

#[test]
fn a_file_of_a_newer_version_asks_for_an_update() {
    let world = worlds::dispatched(World::new());
    world.replace("runtime/mailbox/inbox/shop-1.md", "schema: 1", "schema: 99");
    let why = world.why("shop-1");
    assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(false), &"unusable_file".into()));
    assert!(why["reason"].as_str().unwrap().contains("update agentos"), "{why}");
}

#[test]
fn a_task_that_its_last_run_could_not_go_on_with_says_what_kept_it() {
    let world = worlds::dispatched(World::new());
    world.mv("shop-1", "inbox", "processing");
    let why = world.why("shop-1");
    assert_eq!(why["moving"], true, "its worker has died: {why}");
    let file = "runtime/mailbox/processing/shop-1.md";
    world.replace(file, "task_id: shop-1", "task_id: shop-1\ntrouble: the remote is gone");
    let why = world.why("shop-1");
    assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(false), &"trouble".into()));
    assert_eq!(why["reason"], "its last run could not go on: the remote is gone");
    let status = world.run("status").ok().stdout;
    assert!(status.contains("shop-1: the remote is gone"), "{status}");
}

#[test]
fn an_issue_of_a_repository_without_a_commit_waits_for_the_first_one() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    std::fs::remove_dir_all(world.path("remotes/shop.git")).unwrap();
    world.git(&["init", "--quiet", "--bare", "--initial-branch=main", "remotes/shop.git"]);
    let why = world.why("1");
    assert_eq!((&why["moving"], &why["code"]), (&Value::Bool(false), &"base_branch".into()));
    assert!(why["reason"].as_str().unwrap().contains("push a first commit"), "{why}");
    let foreseen = world.run("--json dispatch --dry-run").ok().json();
    assert_eq!(foreseen["items"][0]["action"], "waiting", "{foreseen}");
    assert!(!world.path("runtime/repos").exists(), "who only looks makes no mirror");
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    assert_eq!(world.why("1")["moving"], true);
}

#[test]
fn a_pull_request_that_several_repositories_have_has_to_be_named_with_its_repository() {
    let world = World::new();
    world.edit("config.yaml", |text| {
        let end = "- repo: acme/other\n  host: local\n  path: shop\n  task_prefix: other\n";
        format!("{text}{end}")
    });
    for repo in ["shop", "other"] {
        world.run_words(&["issue", "create", "Here", "--repo", repo, "--ready"]).ok();
    }
    world.run("dispatch").ok();
    for repo in ["shop", "other"] {
        let file = format!("runtime/mailbox/inbox/{repo}-1.md");
        let key = format!("task_id: {repo}-1");
        world.replace(&file, &key, &format!("{key}\npr: 2"));
    }
    let run = world.run("why pr:2").code(2);
    assert!(run.stderr.contains("several repositories"), "{}", run.stderr);
    assert!(run.stderr.contains("acme/other!2"), "{}", run.stderr);
    let help = world.run("why --help").ok().stdout;
    assert!(help.contains("acme/web!7"), "{help}");
    assert_eq!(world.why("acme/shop!2")["subject"], "shop-1");
    assert_eq!(world.why("other!2")["subject"], "other-1");
}
