//! Random schedules on the fake GitHub with the real binary: crash points, commands in comments, pushes to branches of ours and to the base,
//! pull requests and issues that people close, labels that hold; answers that are lost, late, half, or not what was asked for.
//!
//! `AGENTOS_GITHUB_SCHEDULES=100` runs so many, `AGENTOS_GITHUB_SEED=7` repeats one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::dice::Dice;
use super::number_in;
use crate::crash::people::People;
use crate::crash::stages::Github;
use crate::crash::walk::Stage;
use crate::support::github::SHOP;
use crate::support::hub::faults::{Fault, Op};
use crate::support::invariants;

/// Half done at first, a file of its own for each task; solves nothing else.
const AGENT: &str = r#"#!/bin/sh
cat > /dev/null
report() { printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md; }
if [ "$AGENTOS_TASK_ID" = shop-1 ] && [ ! -e half.txt ]; then
  echo half > half.txt
  report partial test_failure 'Half is done.'
else
  if [ "$AGENTOS_TASK_ID" = shop-2 ] && [ ! -e once ]; then touch once broken; else rm -f broken; fi
  echo it > "work-$AGENTOS_TASK_ID.txt"
  report complete none 'Did it.'
fi
"#;

/// The most points after which a process dies.
const MOST_POINTS: u64 = 160;

/// Rounds after which everything must have come to rest.
const PATIENCE: usize = 40;

const ISSUES: [u64; 3] = [1, 2, 3];

fn found() -> Github {
    let mut stage = Github::found(&[("ann", AGENT), ("bob", AGENT)], "max_parallel_workers: 1\n");
    for title in ["Add a cart", "Add a till", "Add a door"] {
        stage.issue(title);
    }
    stage.save(0);
    stage
}

/// Runs one schedule; says how many requests went wrong in it, or what was wrong with what came of it.
fn schedule(stage: &mut Github, seed: u64) -> Result<usize, String> {
    let mut dice = Dice::new(seed);
    let mut told = Vec::new();
    stage.restore(0);
    stage.hub.heal();
    let mut faults = Vec::new();
    let mut planned = 0;
    for _ in 0..10 + dice.below(10) {
        told.push(if dice.percent(65) {
            let trouble = trouble(stage, &mut dice);
            planned += usize::from(trouble.is_some());
            format!("{}{}", trouble.unwrap_or_default(), job(stage, &mut dice))
        } else {
            people(stage, &mut dice)
        });
        stage.wait(*dice.pick(&[0, 2, 2, 45]));
        faults.extend(stage.faults(false).into_iter().map(|fault| {
            let last = told.last().cloned().unwrap_or_default();
            format!("after {last}: {fault}")
        }));
    }
    let struck = planned - stage.hub.heal();
    told.push("-- calm --".to_owned());
    for issue in ISSUES {
        stage.say(issue, "/agent resume");
    }
    let mut quiet = 0;
    for _ in 0..PATIENCE {
        let before = stage.world();
        stage.wait(200);
        for ended in stage.round() {
            told.push(format!("{:?} {} {}", ended.code, ended.stdout.trim(), ended.stderr.trim()));
            if !matches!(ended.code, Some(0 | 1 | 75)) {
                faults.push(format!("{ended:#?}"));
            }
        }
        quiet = if stage.world() == before { quiet + 1 } else { 0 };
        if quiet == 2 {
            break;
        }
    }
    if quiet < 2 {
        faults.push(format!("it does not come to rest within {PATIENCE} rounds"));
    }
    faults.extend(stage.faults(true));
    faults.extend(ends(stage));
    if faults.is_empty() {
        return Ok(struck);
    }
    Err(format!("seed {seed}: {faults:#?}\n{}\n{}", told.join("\n"), stage.told()))
}

/// What befalls one of the next requests.
fn trouble(stage: &Github, dice: &mut Dice) -> Option<String> {
    if !dice.percent(35) {
        return None;
    }
    let op = *dice.pick(&[Op::Write, Op::Push, Op::Any, Op::Board, Op::Merge, Op::OpenPull]);
    let faults = [
        Fault::LostAfterItHappened,
        Fault::LostAfterItHappened,
        Fault::NeverArrives,
        Fault::AnswersWith(502, "bad gateway".to_owned()),
        Fault::Slow(Duration::from_millis(200)),
        Fault::NotVisibleFor(2),
        Fault::HalfAPage,
        Fault::Html,
        Fault::EmptyBody,
    ];
    let fault = dice.pick(&faults).clone();
    let after = u32::try_from(dice.below(12)).unwrap();
    let told = format!("{fault:?} at {op:?} after {after}; ");
    stage.hub.faults(op, fault, after, 1);
    Some(told)
}

fn job(stage: &Github, dice: &mut Dice) -> String {
    let job = *dice.pick(&["dispatch", "queue", "queue", "pr-monitor", "pr-monitor"]);
    let point = dice.percent(50).then(|| usize::try_from(1 + dice.below(MOST_POINTS)).unwrap());
    let ended = stage.run(job, point);
    let (out, error) = (ended.stdout.trim(), ended.stderr.trim());
    format!("{job}: {:?} {:?} {out} {error}", ended.code, ended.signal)
}

/// Something that a person does.
fn people(stage: &Github, dice: &mut Dice) -> String {
    let issue = *dice.pick(&ISSUES);
    let open: Vec<String> = stage
        .unmerged()
        .into_iter()
        .filter(|(_, is_open)| *is_open)
        .map(|(head, _)| head)
        .collect();
    match dice.below(10) {
        0..=4 => {
            let verbs = ["pause", "resume", "retry", "cancel", "approve"];
            let text = format!("/agent {}", dice.pick(&verbs));
            stage.say(issue, &text);
            format!("ann on {issue}: {text}")
        }
        5 => {
            stage.stranger_pushes("main");
            "somebody pushes to main".to_owned()
        }
        6 if !open.is_empty() => {
            let branch = dice.pick(&open).clone();
            stage.stranger_pushes(&branch);
            format!("somebody pushes to {branch}")
        }
        7 if !open.is_empty() => {
            let branch = dice.pick(&open).clone();
            let number = stage.number_of(&branch);
            stage.close(number);
            format!("ann closes pull request {number} of {branch}")
        }
        8 => {
            let label = |state: &mut crate::support::hub::state::State| {
                let has = state.issue(SHOP, issue).labels.iter().any(|label| label == "hold");
                if has {
                    state.unlabel(SHOP, issue, "ann", "hold");
                } else {
                    state.label(SHOP, issue, "ann", "hold");
                }
            };
            stage.hub.with(label);
            format!("ann changes the label `hold` of {issue}")
        }
        9 if dice.percent(40) => {
            stage.close(issue);
            format!("ann closes issue {issue}")
        }
        _ => "nothing".to_owned(),
    }
}

/// Nothing is lost: each task was merged, ended by a person, or handed to a person with words.
fn ends(stage: &Github) -> Vec<String> {
    let mut faults = Vec::new();
    for (task, file) in invariants::tasks(&stage.path(), &mut Vec::new()) {
        let number = task.split('-').nth(1).and_then(|number| number.parse().ok()).unwrap();
        let comments = stage.comments(number);
        let told = |kind: &str| comments.contains(&format!("<!-- agentos:{kind} {task}"));
        let is_well = match (file.folder, file.key("outcome")) {
            ("done", Some("merged")) => stage.merges(&task) == 1,
            ("done", Some("cancelled" | "closed" | "no_change")) => !stage.has_open_pull(number),
            ("done", None) => told("notice"),
            ("blocked", _) => told("question"),
            ("escalated", _) => told("escalation"),
            _ => false,
        };
        if !is_well {
            faults.push(format!("{task} rests in {} as {:?}", file.folder, file.key("outcome")));
        }
    }
    faults
}

#[test]
fn on_github_nothing_is_lost_and_nothing_is_done_twice_whatever_people_do() {
    let (first, wanted) = match number_in("AGENTOS_GITHUB_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number_in("AGENTOS_GITHUB_SCHEDULES").unwrap_or(3)),
    };
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let struck = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..crate::crash::workers() {
            scope.spawn(|| {
                let mut stage = found();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let failed = failures.lock().unwrap().len();
                    if seed >= first + wanted || failed >= super::MOST_FAILURES {
                        break;
                    }
                    match schedule(&mut stage, seed) {
                        Ok(few) => drop(struck.fetch_add(few, Ordering::Relaxed)),
                        Err(failure) => failures.lock().unwrap().push(failure),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let (took, struck) = (began.elapsed().as_secs_f64(), struck.into_inner());
    println!("{wanted} schedules in {took:.1} s on github, {struck} requests went wrong");
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
    assert!(wanted < 3 || struck > 0, "no request went wrong: these schedules try too little");
}
