//! The crash loop with the real binary: a story dies at its first crash point and goes on, then at its second, and so on until nothing
//! dies any more. After each death the next ticks must bring the story to the same end.

mod commands;
mod github;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::support::crash_root::CrashRoot;
use crate::support::invariants::{all_merged, always, changes, snapshot, story, survivors};

/// Answers questions; partial at first; then breaks the test on purpose, mends it when it is its repair, and solves its conflicts. It decides from the files
/// alone, so that an attempt that is run again goes on where the last one was cut off.
const FIRST: &str = r#"#!/bin/sh
cat > /dev/null
env
if [ "$AGENTOS_STAGE" = planning ]; then
  echo '{"goal": "The list has one more item.", "success_criteria": ["It is there."]}'
  exit
fi
report() { printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md; }
line="item $AGENTOS_TASK_ID"
if grep -q '^<<<<<<<' list.txt; then
  sed -i '/^[<=>|]\{7\}/d' list.txt
  report complete none 'Solved the conflict.'
elif [ "$AGENTOS_TASK_ID" = shop-2 ]; then
  grep -q "$line" list.txt || sed -i "1a $line" list.txt
  report complete none 'Added an item.'
elif [ ! -e half.txt ]; then
  echo half > half.txt
  report partial test_failure 'Half is done.'
elif ! grep -q "$line" list.txt; then
  sed -i "1a $line" list.txt
  touch broken
  report complete none 'Added an item.'
else
  rm -f broken
  report complete none 'Mended the test.'
fi
"#;

/// How many processes a story may take until everything is merged.
const PATIENCE: usize = 20;

/// After so many failures the loop stops: one cause may show at many points.
const MOST_FAILURES: usize = 20;

/// One worker's copy of the story: the root, and the jobs in their order, each with the root saved before it.
struct Prepared {
    root: CrashRoot,
    jobs: Vec<&'static str>,
    operator: BTreeMap<PathBuf, Vec<u8>>,
}

fn prepare() -> Prepared {
    let agents = [("first", FIRST), ("second", FIRST)];
    let mut root = CrashRoot::new(&agents, "max_parallel_workers: 1\nplanner_agents: [first]\n");
    let operator = snapshot(&root.root().join("shop"));
    root.issue("Add the first item");
    root.issue("Add the second item");
    let mut jobs = Vec::new();
    while jobs.len() < PATIENCE && (jobs.is_empty() || !all_merged_quietly(&root)) {
        let job = match jobs.len() {
            0 => "dispatch",
            n if n % 2 == 1 => "queue",
            _ => "pr-monitor",
        };
        root.save(&jobs.len().to_string());
        jobs.push(job);
        let ended = root.run(job, None);
        assert_eq!(ended.code, Some(0), "{job}: {}\n{}", ended.stdout, ended.stderr);
    }
    let faults = all_merged(&root.root(), 2);
    assert!(faults.is_empty(), "{faults:#?}\n{}", story(&root.root()));
    root.now = "2026-01-05T09:00:00Z".parse().unwrap();
    Prepared { root, jobs, operator }
}

fn all_merged_quietly(root: &CrashRoot) -> bool {
    let tasks = crate::support::invariants::tasks(&root.root(), &mut Vec::new());
    tasks.len() == 2 && tasks.values().all(|task| task.key("outcome") == Some("merged"))
}

/// Runs the story from before a job, which dies at a point, to its end; says whether it died.
fn die_and_go_on(prepared: &mut Prepared, step: usize, point: usize) -> Result<bool, String> {
    let root = &mut prepared.root;
    root.now = "2026-01-05T09:00:00Z".parse().unwrap();
    root.restore(&step.to_string());
    let job = prepared.jobs[step];
    let crash = root.run(job, Some(&point.to_string()));
    let died = crash.signal.is_some();
    let words = crash.stderr.lines().last().unwrap_or_default();
    let mut faults = always(&root.root());
    let mut runs = Vec::new();
    while runs.len() < PATIENCE && (runs.is_empty() || !all_merged_quietly(root)) {
        root.advance(2);
        runs.push(root.run("tick", None));
    }
    // Once more: a person's glance may come at any time after the end.
    root.advance(2);
    runs.push(root.run("tick", None));
    for run in runs.iter().filter(|run| !matches!(run.code, Some(0 | 1 | 75))) {
        faults.push(format!("{run:#?}"));
    }
    faults.extend(all_merged(&root.root(), 2));
    faults.extend(survivors(&root.root()));
    let changed = changes(&prepared.operator, &snapshot(&root.root().join("shop")));
    faults.extend(changed.iter().map(|path| format!("the operator's {} changed", path.display())));
    if !faults.is_empty() {
        let errors: Vec<&str> = runs.iter().flat_map(|run| run.stderr.lines()).collect();
        let story = story(&root.root());
        return Err(format!(
            "{job} (process {}, {words}): {faults:#?}\nsaid: {errors:#?}\n{story}",
            step + 1
        ));
    }
    Ok(died)
}

/// Which points of each process are tried, besides its first: every n-th. `AGENTOS_CRASH_STRIDE=1` tries all.
pub(crate) fn stride() -> usize {
    std::env::var("AGENTOS_CRASH_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(41)
}

#[test]
fn a_story_survives_a_crash_at_every_point_of_every_process() {
    let stride = stride();
    let jobs = prepare().jobs.len();
    // Points still to try, by process; a process is through when one of them let it live.
    let todo = Mutex::new((0..jobs).map(|step| (step, 1 + step % stride)).collect::<Vec<_>>());
    let tried = Mutex::new(BTreeMap::<usize, Vec<usize>>::new());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut prepared = prepare();
                loop {
                    let next = todo.lock().unwrap().pop();
                    let Some((step, mut point)) = next else { break };
                    loop {
                        match die_and_go_on(&mut prepared, step, point) {
                            Ok(false) => break,
                            Ok(true) => {}
                            Err(failure) => failures.lock().unwrap().push(failure),
                        }
                        tried.lock().unwrap().entry(step).or_default().push(point);
                        point += stride;
                        if failures.lock().unwrap().len() > MOST_FAILURES {
                            return;
                        }
                    }
                }
            });
        }
    });
    let tried = tried.into_inner().unwrap();
    for (step, points) in &tried {
        println!(
            "process {}: died at {} points, the last {:?}",
            step + 1,
            points.len(),
            points.last()
        );
    }
    println!("{} crashes in {jobs} processes", tried.values().map(Vec::len).sum::<usize>());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} crashes did harm:\n{}", failures.len(), failures.join("\n\n"));
}

/// An agent that needs one run.
const PLAIN: &str = "cat > /dev/null\necho done > work.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

#[test]
fn a_pull_request_that_only_the_host_knows_of_is_closed_with_withdrawn_work() {
    let root = CrashRoot::new(&[("first", PLAIN)], "");
    root.issue("Add an item");
    assert_eq!(root.run("dispatch", None).code, Some(0));
    let crash = root.run("queue", Some("open_pull:2"));
    assert!(crash.signal.is_some(), "{crash:?}");
    let issue = root.root().join("board/shop/issues/1.md");
    let text = std::fs::read_to_string(&issue).unwrap();
    std::fs::write(&issue, text.replace("status: In Progress", "status: Backlog")).unwrap();
    assert_eq!(root.run("tick", None).code, Some(0));
    let pull = std::fs::read_to_string(root.root().join("board/shop/pulls/2.md")).unwrap();
    assert!(pull.contains("state: closed"), "{pull}");
}

#[test]
fn a_question_that_a_crash_kept_back_is_asked_by_the_next_run() {
    let asks = "cat > /dev/null\nprintf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nSUMMARY: Which?\\nBLOCKERS:\\n- Which colour?\\n' > .agent_result.md\n";
    let root = CrashRoot::new(&[("first", asks)], "");
    root.issue("Paint it");
    assert_eq!(root.run("dispatch", None).code, Some(0));
    let crash = root.run("queue", Some("settle.moved:1"));
    assert!(crash.signal.is_some(), "{crash:?}");
    assert_eq!(root.run("tick", None).code, Some(0));
    let comments = root.root().join("board/shop/issues/1.comments.md");
    let comments = std::fs::read_to_string(comments).unwrap();
    assert_eq!(comments.matches("<!-- agentos:question shop-1/1 -->").count(), 1, "{comments}");
}
