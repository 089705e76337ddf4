//! Every write of a whole story is lost once after it happened, and once before: the story ends as if nothing had been.

use crate::support::Script;
use crate::support::github::{GithubWorld, SHOP, faults, merged_faults};
use crate::support::hub::faults::{Fault, Op};

/// Breaks the test first and mends it when it is its repair, so that red checks are in the story too.
fn stumbles() -> Script {
    Script::new()
        .line("if [ -e broken ]; then rm broken; else touch broken; fi; date > it.txt; echo it >> it.txt")
        .reports("complete", "none", "Did it.")
}

/// How many writes of a story are tried: every n-th. `AGENTOS_CRASH_STRIDE=1` tries all.
fn stride() -> u32 {
    let stride = std::env::var("AGENTOS_CRASH_STRIDE").ok().and_then(|text| text.parse().ok());
    stride.unwrap_or(11)
}

/// Plays the story with one fault; says whether it happened.
fn play(op: Op, fault: &Fault, after: u32) -> bool {
    let town = GithubWorld::with_agents(&[("worker", stumbles())]);
    let board = town.hub.with(|state| state.add_board("acme", "Sprint"));
    assert_eq!(board, 1);
    let town = town.map(|world| world.on_board(1));
    let issue = town.ready_issue("Add a cart", "");
    town.hub.faults(op, fault.clone(), after, 1);
    let words = format!("{op:?} {after} {fault:?}");
    for _ in 0..14 {
        for job in ["dispatch", "queue"] {
            let run = town.world.run(job);
            assert!(matches!(run.code, Some(0 | 1 | 75)), "{words}: {run:?}");
        }
        town.hub.run_actions();
        let run = town.world.run("pr-monitor");
        assert!(matches!(run.code, Some(0 | 1 | 75)), "{words}: {run:?}");
        let wrong = town.hub.with(|state| faults(state));
        assert_eq!(wrong, Vec::<String>::new(), "{words}\n{}", town.story());
        if !town.issue(issue, |issue| issue.open) {
            break;
        }
    }
    // Once more: what the last run could not end, the next one does.
    for job in ["dispatch", "queue", "pr-monitor", "dispatch"] {
        drop(town.world.run(job));
    }
    let happened = town.hub.heal() == 0;
    let wrong = merged_faults(&town.hub, &[issue]);
    assert_eq!(wrong, Vec::<String>::new(), "{words}\n{}", town.story());
    assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{words}");
    let column = town.hub.with(|state| state.column_of("acme", 1, SHOP, issue));
    assert_eq!(column.as_deref(), Some("Done"), "{words}");
    let open = town.world.path("runtime/journal/open");
    let left = std::fs::read_dir(open).map_or(0, Iterator::count);
    assert_eq!(left, 0, "{words}: intents are open");
    happened
}

/// Tries a fault at every n-th request of a kind; says at how many it happened.
fn at_every(op: Op, fault: &Fault) -> usize {
    let stride = stride();
    let mut times = 0;
    let mut after = 0;
    while play(op, fault, after) {
        times += 1;
        after += stride;
    }
    times
}

#[test]
fn a_story_survives_the_loss_of_any_answer_after_it_happened() {
    let mut all = 0;
    for op in [Op::Write, Op::Push, Op::BoardChange] {
        all += at_every(op, &Fault::LostAfterItHappened);
    }
    println!("{all} answers lost after it happened");
    assert!(all >= 3);
}

#[test]
fn a_story_survives_requests_that_never_arrive() {
    let mut all = 0;
    for op in [Op::Write, Op::Push, Op::BoardChange] {
        all += at_every(op, &Fault::NeverArrives);
    }
    println!("{all} requests that never arrived");
    assert!(all >= 3);
}
