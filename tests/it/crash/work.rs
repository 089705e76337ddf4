//! Two tasks from their issues to their merges: a question to a model, a partial attempt, a red check, a re-run where the host has such a
//! thing, a repair, a conflict that an agent solves, memory by a push (local) and by a pull request of its own (GitHub).

use super::people::People as _;
use super::stages::{Github, Local};
use super::two_tasks::{AGENTS, SETTINGS, chapters, content_faults};
use super::walk::{ALL_JOBS, Story, walk};
use crate::support::github::merged_faults;
use crate::support::invariants::all_merged;

#[test]
fn work_survives_a_crash_at_every_point_of_every_process() {
    let story = Story {
        name: "work",
        found: || Local::found(&AGENTS, SETTINGS),
        chapters: chapters(),
        dying: ALL_JOBS,
        end: |stage| {
            let mut faults = all_merged(&stage.path(), 2);
            faults.extend(content_faults(&stage.path()));
            faults
        },
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
