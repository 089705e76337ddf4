//! People who command by comments, close an issue and push to a branch of ours, while our processes die: each command has its effect and its
//! answer once, nothing of theirs is lost, and nothing is merged but what they let pass.

use super::people::People;
use super::stages::{Github, Local};
use super::walk::{ALL_JOBS, Chapter, Story, walk};

/// Half done at first for the first task, whole for the others; a file of its own for each task, which may not be merged without a word.
const AGENT: &str = r#"#!/bin/sh
cat > /dev/null
report() { printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md; }
if [ "$AGENTOS_TASK_ID" = shop-1 ] && [ "${AGENTOS_ATTEMPT%%.*}" = 1 ]; then
  echo half > half.txt
  report partial test_failure 'Half is done.'
else
  echo it > "work-$AGENTOS_TASK_ID.txt"
  report complete none 'Did it.'
fi
"#;

const SETTINGS: &str = "max_parallel_workers: 1\ndefault_max_attempts: 1\nprotected_paths: ['work-*']\nmax_dispatch_per_run: 4\n";

fn is_paused<S: People>(stage: &S) -> bool {
    stage.path().join("runtime/state/task_disabled/shop-2").exists()
}

fn chapters<S: People>() -> Vec<Chapter<S>> {
    vec![
        Chapter {
            act: |stage| {
                for title in ["Add a cart", "Add a till", "Add a door", "Add a lamp"] {
                    stage.issue(title);
                }
            },
            until: |stage| {
                stage.stands(1).0 == "escalated" && (2..=4).all(|number| stage.is_held(number))
            },
        },
        Chapter {
            act: |stage| {
                stage.say(1, "Go on.\n/agent retry");
                stage.say(2, "/agent pause");
            },
            until: |stage| stage.is_held(1) && is_paused(stage) && stage.answers(2) == 1,
        },
        Chapter {
            act: |stage| {
                stage.say(2, "/agent resume");
                stage.stranger_pushes("agent/shop-4");
            },
            until: |stage| {
                stage.answers(2) == 2
                    && !is_paused(stage)
                    && stage.comments(4).contains("hands off")
            },
        },
        Chapter {
            act: |stage| {
                stage.say(2, "/agent cancel");
                stage.close(3);
                stage.stranger_pushes("main");
                stage.say(1, "/agent approve");
            },
            until: |stage| {
                stage.ended_as(1, "merged")
                    && stage.ended_as(2, "cancelled")
                    && stage.ended_as(3, "cancelled")
                    && stage.is_remembered(&[1])
            },
        },
    ]
}

/// What is wrong at the end besides what must hold everywhere.
fn end<S: People>(stage: &S) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |what: &str, found: usize, wanted: usize| {
        if found != wanted {
            faults.push(format!("{what}: {found} instead of {wanted}"));
        }
    };
    let stats = std::fs::read_to_string(stage.path().join("runtime/metrics/agent_stats.jsonl"));
    let spent = stats.unwrap_or_default();
    let spent = spent
        .lines()
        .filter(|line| line.contains(r#""task_id":"shop-1""#) && line.contains(r#""spent":true"#));
    expect("attempts of shop-1", spent.count(), 2);
    expect("answers on 1", stage.answers(1), 2);
    expect("answers on 2", stage.answers(2), 3);
    for task in 2..=4 {
        let branch = format!("agent/shop-{task}");
        expect(&branch, stage.branches().iter().filter(|name| **name == branch).count(), 1);
        expect(&format!("memory of {task}"), stage.entries(&format!("shop-{task}")), 0);
        expect(
            &format!("open pull requests of {task}"),
            usize::from(stage.has_open_pull(task)),
            usize::from(task == 4),
        );
    }
    faults
}

#[test]
fn commands_survive_a_crash_at_every_point_of_every_process() {
    let story = Story {
        name: "commands",
        found: || Local::found(&[("first", AGENT)], SETTINGS),
        chapters: chapters(),
        dying: ALL_JOBS,
        end,
    };
    walk(&story, super::stride());
}

#[test]
fn commands_on_github_survive_a_crash_at_every_point_of_every_process() {
    let story = Story {
        name: "commands on github",
        found: || Github::found(&[("first", AGENT)], SETTINGS),
        chapters: chapters(),
        dying: ALL_JOBS,
        end,
    };
    walk(&story, super::stride_on_github());
}
