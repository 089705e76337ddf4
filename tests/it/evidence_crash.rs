//! `score` and `analyze` die at each of their crash points: after the next run every merge is judged once by each check, every finding has
//! one issue, and the files are those of a run that nobody disturbed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::crash_root::CrashRoot;

const REPOS: &str = "\
repos:
- repo: acme/shop
  host: local
  path: shop
  ci_command: sh test.sh
  outcome_attribution: {enabled: true}
";

const OBJECTIVE: &str = "\
repo: shop
primary_outcome: Grow
metrics:
- {id: traffic, weight: 1, outcome_check: {path: traffic.yaml, measurement_window_days: 7}}
- {id: arpu, weight: 1, outcome_check: {path: arpu.yaml, measurement_window_days: 7}}
";

/// More points than any of these jobs has.
const MOST_POINTS: usize = 200;

/// Two merges of the week before, and a week of runs with two failures that come back, in five tasks.
fn prepared() -> CrashRoot {
    let root = CrashRoot::with_repos(&[("first", "true")], "evidence_dir: evidence\n", REPOS);
    let write = |path: &str, text: &str| {
        let path = root.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("objectives/shop.yaml", OBJECTIVE);
    let mut outcomes = String::new();
    for (task, kind) in [(1, "pr_opened"), (1, "merged"), (2, "merged")] {
        writeln!(
            outcomes,
            r#"{{"timestamp":"2025-12-25T09:00:00Z","kind":"{kind}","repo":"acme/shop","task_id":"shop-{task}","issue":{task},"pr":7}}"#
        )
        .unwrap();
    }
    write("runtime/metrics/outcome_attribution.jsonl", &outcomes);
    for metric in ["traffic", "arpu"] {
        let text = format!(
            "metric_id: {metric}\nobserved_at: 2026-01-04T00:00:00Z\nvalue: 80\nbaseline: 100\n"
        );
        write(&format!("evidence/shop/{metric}.yaml"), &text);
    }
    let mut runs = String::new();
    for n in 1..=6 {
        writeln!(
            runs,
            r#"{{"timestamp":"2026-01-03T09:0{n}:00Z","task_id":"shop-{n}","repo":"acme/shop","issue":{n},"agent":"first","task_type":"debugging","attempt":"1","status":"partial","blocker_code":"test_failure","duration_seconds":60}}"#
        )
        .unwrap();
        let what = ["no such table: orders", "connection refused"][n % 2];
        write(&format!("runtime/runs/shop-{n}/1/agent.stderr.log"), &format!("error: {what}\n"));
    }
    write("runtime/metrics/agent_stats.jsonl", &runs);
    root
}

/// What people and jobs find there: issues, outcomes, artefacts, and no open intent.
fn state(root: &CrashRoot) -> BTreeMap<PathBuf, String> {
    let mut state = BTreeMap::new();
    for folder in ["board", "runtime/metrics", "runtime/analysis", "runtime/journal/open"] {
        let Ok(entries) = walk(&root.root().join(folder)) else { continue };
        for path in entries {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.lines().filter(|line| !line.contains("generated_at"));
            let text = text.collect::<Vec<_>>().join("\n");
            state.insert(path.strip_prefix(root.root()).unwrap().to_owned(), text);
        }
    }
    state
}

fn walk(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)?.flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(walk(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// Complaints about what must hold after each run, disturbed or not: nothing is there twice.
fn doubled(root: &CrashRoot) -> Vec<String> {
    let mut complaints = Vec::new();
    let text = fs::read_to_string(root.root().join("runtime/metrics/outcome_attribution.jsonl"));
    let mut judged = BTreeSet::new();
    for line in text.unwrap().lines().filter(|line| line.contains("\"snapshot\"")) {
        let line: Value = serde_json::from_str(line).unwrap();
        if !judged.insert((line["task_id"].to_string(), line["check_id"].to_string())) {
            complaints.push(format!("judged twice: {line}"));
        }
    }
    let mut signatures = BTreeSet::new();
    for path in walk(&root.root().join("board/shop/issues")).unwrap_or_default() {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| line.contains("agentos:signature")) {
            if !signatures.insert(line.to_owned()) {
                complaints.push(format!("filed twice: {line}"));
            }
        }
    }
    complaints
}

/// Lets a job die at its first point, at its second and so on; returns at how many it died.
fn loop_over(root: &mut CrashRoot, job: &str, before: &[&str]) -> usize {
    root.save("before");
    for job in before.iter().chain([&job]) {
        assert_eq!(root.run(job, None).code, Some(0), "{job}");
    }
    let undisturbed = state(root);
    assert!(undisturbed.len() >= 3, "{undisturbed:#?}");
    let mut failures = Vec::new();
    for point in 1..MOST_POINTS {
        root.restore("before");
        for job in before {
            assert_eq!(root.run(job, None).code, Some(0), "{job}");
        }
        let died = root.run(job, Some(&point.to_string()));
        if died.signal.is_none() {
            assert!(failures.is_empty(), "{failures:#?}");
            return point - 1;
        }
        let words = died.stderr.lines().last().unwrap_or_default().to_owned();
        for complaint in doubled(root) {
            failures.push(format!("{words}: {complaint}"));
        }
        assert_eq!(root.run(job, None).code, Some(0), "{job} after {words}");
        let after = state(root);
        for path in undisturbed.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            if undisturbed.get(path) != after.get(path) {
                failures.push(format!(
                    "{words}: {} is {:#?}, undisturbed {:#?}",
                    path.display(),
                    after.get(path),
                    undisturbed.get(path)
                ));
            }
        }
    }
    panic!("{job} has more than {MOST_POINTS} points");
}

#[test]
fn a_score_that_dies_at_any_point_is_the_same_after_the_next_run() {
    let died = loop_over(&mut prepared(), "score", &[]);
    assert!(died >= 4, "each judgement has a point: {died}");
    println!("score died at {died} points");
}

#[test]
fn an_analysis_that_dies_at_any_point_files_each_finding_once() {
    // Its first run makes the score, as on a Monday; and once more with a score that is there already.
    let died = [
        loop_over(&mut prepared(), "analyze", &[]),
        loop_over(&mut prepared(), "analyze", &["score"]),
    ];
    assert!(died[0] > died[1] && died[1] >= 6, "{died:?}");
    println!("analyze died at {died:?} points");
}
