//! The crash loop where the power goes with the process: a story dies at its first crash point, all that was not synced is lost, and the
//! next runs must bring it to the same end; then at its second, and so on. The stories, the loop and what must hold are those of
//! `tests/it/crash`, the program is the real one.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod cuts;
#[expect(dead_code, reason = "its other users use the rest")]
#[path = "../../../it/crash/people.rs"]
mod people;
mod support;
#[path = "../../../it/crash/two_tasks.rs"]
mod two_tasks;
#[path = "../../../it/crash/walk.rs"]
mod walk;

use agentos_power::Rule;

use crate::cuts::{Loss, Powered, number_in, workers};
use crate::people::People as _;
use crate::support::invariants::all_merged;
use crate::two_tasks::{AGENTS, SETTINGS, content_faults};
use crate::walk::{ALL_JOBS, Story};

/// Which points of each process are tried, besides its first: every n-th. `AGENTOS_POWER_STRIDE=1` tries all.
fn stride() -> usize {
    number_in("AGENTOS_POWER_STRIDE").unwrap_or(13)
}

fn play(name: &'static str, found: fn() -> Powered) {
    let story = Story {
        name,
        found,
        chapters: two_tasks::chapters(),
        dying: ALL_JOBS,
        end: |stage: &Powered| {
            let mut faults = all_merged(&stage.path(), 2);
            faults.extend(content_faults(&stage.path()));
            faults
        },
    };
    walk::walk(&story, stride());
}

#[test]
fn work_survives_the_loss_of_all_that_no_journal_has() {
    play("work on a journal", || Powered::found(&AGENTS, SETTINGS, Rule::Journal, Loss::All));
}

#[test]
fn work_survives_the_loss_of_all_that_was_not_synced_itself() {
    play("work by the letter", || Powered::found(&AGENTS, SETTINGS, Rule::Strict, Loss::All));
}

#[test]
fn work_survives_whatever_a_journal_keeps_of_what_was_not_synced() {
    play("work on a journal, some of it kept", || {
        Powered::found(&AGENTS, SETTINGS, Rule::Journal, Loss::Some)
    });
}

#[test]
fn work_survives_whatever_a_disk_keeps_of_what_was_not_synced() {
    play("work by the letter, some of it kept", || {
        Powered::found(&AGENTS, SETTINGS, Rule::Strict, Loss::Some)
    });
}

#[test]
fn what_a_killed_process_left_is_on_a_journal_when_the_next_has_ended() {
    play("work on a journal, killed first", || {
        Powered::found(&AGENTS, SETTINGS, Rule::Journal, Loss::Later)
    });
}

#[test]
fn what_a_killed_process_left_is_on_the_disk_when_the_next_has_ended() {
    play("work by the letter, killed first", || {
        Powered::found(&AGENTS, SETTINGS, Rule::Strict, Loss::Later)
    });
}
