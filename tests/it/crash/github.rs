//! The crash loop on GitHub: a process of the real binary dies at a point, and the next runs bring the story to the same end.

use std::sync::Mutex;

use super::stride;
use crate::support::crash_root::{CrashRoot, SECRETS};
use crate::support::github::{SHOP, faults, merged_faults};
use crate::support::hub::actions::Actions;
use crate::support::hub::{Hub, Snapshot};
use crate::support::invariants::{always, survivors};

/// Breaks the test on purpose, and mends it when it is its repair.
const STUMBLES: &str = "cat > /dev/null\nif [ -e broken ]; then rm broken; else touch broken; fi\necho it > work.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

/// How many processes a story may take.
const PATIENCE: usize = 24;

/// One worker's copy of the story: root and hub, and both as they were before each job.
struct Prepared {
    root: CrashRoot,
    hub: Hub,
    _folder: tempfile::TempDir,
    jobs: Vec<(&'static str, Snapshot)>,
}

/// The jobs in turn; CI runs before each look at pull requests.
fn job(step: usize) -> &'static str {
    ["dispatch", "queue", "pr-monitor"][step % 3]
}

fn run(
    root: &CrashRoot,
    hub: &Hub,
    job: &str,
    crash: Option<&str>,
) -> crate::support::crash_root::Ended {
    if job == "pr-monitor" {
        hub.run_actions();
    }
    root.run(job, crash)
}

fn is_merged(hub: &Hub) -> bool {
    hub.with(|state| !state.issue(SHOP, 1).open)
}

fn prepare() -> Prepared {
    let folder = crate::support::crash_root::fast_dir("agentos-hub-");
    let hub = Hub::start(folder.path());
    hub.with(|state| {
        state.actions = Some(Actions { script: "sh test.sh".to_owned() });
        state.add_token(SECRETS[0].1, "agentos-bot", &["repo", "project"]);
        assert_eq!(state.add_board("acme", "Sprint"), 1);
        let number = state.open_issue(SHOP, "ann", "Add a cart", "");
        state.label(SHOP, number, "ann", "ready");
    });
    let settings = format!("github_api_url: {}\ngithub_write_interval_ms: 0\n", hub.url());
    let repos = "github_projects:\n  shop:\n    project_number: 1\n    repos: [{github_repo: acme/shop, host: github}]\n";
    let mut root = CrashRoot::with_repos(&[("first", STUMBLES)], &settings, repos);
    let mut jobs = Vec::new();
    while jobs.len() < PATIENCE && !is_merged(&hub) {
        let job = job(jobs.len());
        root.save(&jobs.len().to_string());
        jobs.push((job, hub.snapshot()));
        let ended = run(&root, &hub, job, None);
        assert_eq!(ended.code, Some(0), "{job}: {}\n{}", ended.stdout, ended.stderr);
    }
    assert_eq!(merged_faults(&hub, &[1]), Vec::<String>::new(), "{:#?}", hub.story());
    root.now = "2026-01-05T09:00:00Z".parse().unwrap();
    Prepared { root, hub, _folder: folder, jobs }
}

/// Runs the story from before a job, which dies at a point, to its end; says whether it died.
fn die_and_go_on(prepared: &mut Prepared, step: usize, point: usize) -> Result<bool, String> {
    let Prepared { root, hub, jobs, .. } = prepared;
    root.now = "2026-01-05T09:00:00Z".parse().unwrap();
    root.restore(&step.to_string());
    let (name, snapshot) = &jobs[step];
    hub.restore(snapshot);
    let crash = run(root, hub, name, Some(&point.to_string()));
    let words = crash.stderr.lines().last().unwrap_or_default().to_owned();
    let mut wrong = always(&root.root());
    wrong.extend(hub.with(|state| faults(state)));
    let mut said = Vec::new();
    for step in 0..PATIENCE {
        root.advance(2);
        let ended = run(root, hub, job(step), None);
        if !matches!(ended.code, Some(0 | 1 | 75)) {
            wrong.push(format!("{ended:#?}"));
        }
        said.push(ended.stderr);
        if is_merged(hub) && step % 3 == 2 {
            break;
        }
    }
    // Once more: a glance may come at any time after the end.
    for step in 0..3 {
        root.advance(2);
        said.push(run(root, hub, job(step), None).stderr);
    }
    wrong.extend(merged_faults(hub, &[1]));
    wrong.extend(always(&root.root()));
    wrong.extend(survivors(&root.root()));
    if hub.with(|state| state.column_of("acme", 1, SHOP, 1)).as_deref() != Some("Done") {
        wrong.push("the card is not in Done".to_owned());
    }
    if wrong.is_empty() {
        return Ok(crash.signal.is_some());
    }
    let story = hub.story().join("\n");
    Err(format!("{name} (process {}, {words}): {wrong:#?}\nsaid: {said:#?}\n{story}", step + 1))
}

#[test]
fn a_story_on_github_survives_crashes() {
    let stride = stride();
    let jobs = prepare().jobs.len();
    let todo = Mutex::new((0..jobs).map(|step| (step, 1 + step % stride)).collect::<Vec<_>>());
    let failures = Mutex::new(Vec::new());
    let crashes = Mutex::new(0);
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
                            Ok(true) => *crashes.lock().unwrap() += 1,
                            Err(failure) => failures.lock().unwrap().push(failure),
                        }
                        point += stride;
                        if failures.lock().unwrap().len() > 5 {
                            return;
                        }
                    }
                }
            });
        }
    });
    println!("{} crashes in {jobs} processes on github", crashes.into_inner().unwrap());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} did harm:\n{}", failures.len(), failures.join("\n\n"));
}
