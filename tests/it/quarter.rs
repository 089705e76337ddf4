//! A quarter of the organisation's life by the real binary, with a clock of its own: a planted weakness of an agent and a planted loss of
//! business are measured, found, filed once, mended by another agent and gone. `docs/quarter.md` is written from it;
//! `UPDATE_QUARTER=1 cargo test --test it quarter::` writes it anew.

mod agents;
mod business;
mod links;
mod report;
mod story;

use std::path::{Path, PathBuf};

use story::{Monday, Story};

/// The Mondays whose report has a finding of this kind.
fn weeks_with(story: &Story, kind: &str) -> Vec<i32> {
    let has = |monday: &&Monday| monday.findings.iter().any(|id| id.starts_with(kind));
    story.mondays.iter().filter(has).map(|monday| monday.week).collect()
}

#[test]
fn what_is_weak_is_found_filed_once_mended_and_gone() {
    let story = story::play();
    let text = report::render(&story);
    if std::env::var_os("UPDATE_QUARTER").is_some() {
        std::fs::write(document(), &text).unwrap();
    }

    // The failure of one agent: found as soon as a week of it is over, and gone from the next report, in which that agent's week still looks weak.
    assert_eq!(weeks_with(&story, "failure_pattern:"), [3]);
    assert_eq!(weeks_with(&story, "agent_remediation:builder:"), [3, 4]);
    // The score needs two weeks more: what was judged stays in its window for four.
    assert_eq!(weeks_with(&story, "business_objective_regressed:"), [9, 10]);

    // One issue for each, however often its finding came back, and nothing else.
    let filed: Vec<(i32, Vec<u64>)> = story
        .mondays
        .iter()
        .filter(|monday| !monday.filed.is_empty())
        .map(|monday| (monday.week, monday.filed.clone()))
        .collect();
    assert_eq!(
        filed.iter().map(|(week, issues)| (*week, issues.len())).collect::<Vec<_>>(),
        [(3, 1), (9, 1)]
    );

    mended(&story);
    by_hand(&story);
    // The backlog stays small, and what the system itself put into it smaller.
    assert!(story.most_open <= 3, "{}", story.most_open);
    assert!(story.mondays.iter().all(|monday| monday.open.1 <= 1));
    // Nobody asked a model: there was none.
    assert!(!story.world.path("runtime/metrics/questions.jsonl").exists());
    evidence_is_there(&story);
    let published = std::fs::read_to_string(document()).unwrap_or_default();
    assert!(
        published == text,
        "docs/quarter.md is not what came out; UPDATE_QUARTER=1 writes it:\n{text}"
    );
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/quarter.md")
}

#[track_caller]
fn mended(story: &Story) {
    // Both were done by the other agent, and their cause is gone from the base branch.
    for number in story.filed.keys() {
        assert_eq!(story.world.issue(*number)["state"], "closed");
        let runs = story.runs_for(*number);
        let runs: Vec<(&str, &str)> =
            runs.iter().map(|(_, agent, end)| (agent.as_str(), end.as_str())).collect();
        assert_eq!(runs, [("builder", "partial"), ("mender", "complete")]);
    }
    let files = story.world.files_on_main();
    assert!(files.iter().any(|file| file == agents::NEEDED), "{files:?}");
    assert!(!files.iter().any(|file| file == agents::BANNER), "{files:?}");
}

#[track_caller]
fn by_hand(story: &Story) {
    // The score is, week by week, the one that is computed by hand.
    for monday in &story.mondays {
        let by_hand = (!monday.sums.is_empty()).then(|| business::score(&monday.sums));
        match (monday.score, by_hand) {
            (Some(told), Some(by_hand)) => {
                assert!(
                    (told - by_hand).abs() < 1e-6,
                    "week {}: {told}, by hand {by_hand}",
                    monday.week
                );
            }
            (told, by_hand) => assert_eq!(told, by_hand, "week {}", monday.week),
        }
    }
}

#[track_caller]
fn evidence_is_there(story: &Story) {
    // What `groom` filed names files that are there; what was evidence then can still be looked at.
    let groomed = story.acts.iter().filter(|act| act[1] == "groom" && act[2] == "filed");
    let groomed: Vec<u64> = groomed.map(|act| act[3][1..].parse().unwrap()).collect();
    assert_eq!(groomed.len(), 1);
    let issue = story.world.issue(groomed[0]);
    assert_eq!(issue["state"], "closed");
    let missing = links::missing(&story.world, issue["body"].as_str().unwrap());
    assert_eq!(missing, Vec::<String>::new());
    for filed in story.filed.values() {
        let gone: Vec<String> = links::dangling(&story.world, &filed.body);
        let gone: Vec<&String> = gone.iter().filter(|line| !line.starts_with("- ")).collect();
        assert!(gone.is_empty(), "{gone:#?}");
    }
}
