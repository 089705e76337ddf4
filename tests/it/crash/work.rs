//! Two tasks from their issues to their merges: a question to a model, a partial attempt, a red check, a re-run where the host has such a
//! thing, a repair, a conflict that an agent solves, memory by a push (local) and by a pull request of its own (GitHub).

use super::people::People;
use super::stages::{Github, Local};
use super::walk::{ALL_JOBS, Chapter, Story, walk};
use crate::support::github::merged_faults;
use crate::support::invariants::all_merged;

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

const AGENTS: [(&str, &str); 2] = [("first", FIRST), ("second", FIRST)];

const SETTINGS: &str = "max_parallel_workers: 1\nplanner_agents: [first]\n";

fn chapters<S: People>() -> Vec<Chapter<S>> {
    vec![Chapter {
        act: |stage| {
            stage.issue("Add the first item");
            stage.issue("Add the second item");
        },
        until: |stage| {
            let is_merged = |number: u64| stage.ended_as(number, "merged");
            is_merged(1) && is_merged(2) && stage.is_remembered(&[1, 2])
        },
    }]
}

#[test]
fn work_survives_a_crash_at_every_point_of_every_process() {
    let story = Story {
        name: "work",
        found: || Local::found(&AGENTS, SETTINGS),
        chapters: chapters(),
        dying: ALL_JOBS,
        end: |stage| all_merged(&stage.path(), 2),
    };
    walk(&story, super::stride());
}

#[test]
fn work_on_github_survives_a_crash_at_every_point_of_every_process() {
    let story = Story {
        name: "work on github",
        found: || {
            let stage = Github::found(&AGENTS, SETTINGS);
            let lost = "The runner has received a shutdown signal".to_owned();
            stage.hub.with(|state| state.endings.push_back(("cancelled".to_owned(), lost)));
            stage
        },
        chapters: chapters(),
        dying: ALL_JOBS,
        end: |stage: &Github| {
            let mut faults = merged_faults(&stage.hub, &[1, 2]);
            faults.extend(
                [1, 2]
                    .into_iter()
                    .filter(|number| !stage.is_in("Done", *number))
                    .map(|number| format!("the card of {number} is not in Done")),
            );
            let runs_again = |line: &&String| line.ends_with(" runs again");
            let reruns = stage.hub.story().iter().filter(runs_again).count();
            // One that was announced counts as made, so that a death behind the announcement leaves none, and the work is repaired.
            if reruns > 1 {
                faults.push(format!("jobs were run again {reruns} times"));
            }
            faults
        },
    };
    walk(&story, super::stride_on_github());
}
