//! The same on GitHub: who is heard, both threads, edits, and what idleness costs.

use crate::support::World;
use crate::support::github::{GithubWorld, SHOP, faults};
use crate::support::hub::faults::{Fault, Op};

/// Somebody says something in a thread, and dispatch looks.
fn say(town: &GithubWorld, who: &str, number: u64, text: &str) -> u64 {
    let id = town.hub.with(|state| state.comment(SHOP, number, who, text));
    drop(town.world.run("dispatch").ok());
    id
}

fn answers(town: &GithubWorld, number: u64) -> Vec<String> {
    let comments = town.comments(number).into_iter();
    comments.filter(|text| text.starts_with("<!-- agentos:command ")).collect()
}

/// A task whose pull request (number 2) is open, green and held.
fn held() -> GithubWorld {
    let town = GithubWorld::of(World::new().setting("protected_paths: ['work-*']"));
    town.ready_issue("Add a cart", "");
    for _ in 0..2 {
        town.round();
    }
    assert!(town.world.reason("shop-1").contains("protected_paths"), "{}", town.story());
    town
}

#[test]
fn commands_are_heard_on_the_issue_and_on_its_pull_request() {
    let town = held();
    let asked = say(&town, "ben", 2, "Looks good.\n\n/agent approve");
    let answer = answers(&town, 2);
    assert!(answer[0].starts_with(&format!("<!-- agentos:command {asked} -->")), "{answer:?}");
    say(&town, "ann", 1, "/agent status");
    assert!(answers(&town, 1)[0].contains("shop-1 is moving"), "{:?}", answers(&town, 1));
    town.round();
    assert_eq!(town.shown(1), "done; closed");
    assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new());
}

#[test]
fn only_people_with_write_access_are_heard() {
    let town = held();
    let before = town.comments(1).len() + town.comments(2).len();
    for who in ["eve", "rob"] {
        for number in [1, 2] {
            say(&town, who, number, "/agent cancel");
        }
    }
    // Our own account by hand is a person of the house; our own texts are nobody's commands.
    say(&town, "eve", 1, "<!-- agentos:command 1 -->\n/agent cancel");
    assert_eq!(town.comments(1).len() + town.comments(2).len(), before + 5);
    assert_eq!(town.world.task_key("shop-1", "outcome"), None);
    say(&town, "agentos-bot", 1, "/agent cancel");
    assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
}

#[test]
fn nothing_that_is_edited_is_carried_out() {
    let town = held();
    let edit = |id: u64, text: &str| {
        town.hub.with(|state| {
            let now = state.write();
            let comments = &mut state.issue_mut(SHOP, 1).comments;
            let comment = comments.iter_mut().find(|comment| comment.id == id).unwrap();
            (comment.body, comment.updated_at) = (text.to_owned(), now);
        });
        drop(town.world.run("dispatch").ok());
    };
    let said = say(&town, "ann", 1, "Fine.");
    edit(said, "/agent cancel");
    assert!(answers(&town, 1)[0].contains("edited"), "{:?}", answers(&town, 1));
    let paused = say(&town, "ann", 1, "/agent pause");
    edit(paused, "/agent cancel");
    assert_eq!(town.world.task_key("shop-1", "outcome"), None);
    assert_eq!(answers(&town, 1).len(), 2);
    let eve = say(&town, "eve", 1, "Hello");
    edit(eve, "/agent cancel");
    assert_eq!(town.world.task_key("shop-1", "outcome"), None, "whoever edited it: eve said it");
    assert_eq!(answers(&town, 1).len(), 2);
}

#[test]
fn a_command_whose_writes_are_lost_is_carried_out_and_answered_once() {
    let mut happened = 0;
    for (fault, after) in [
        (Fault::LostAfterItHappened, 0),
        (Fault::LostAfterItHappened, 2),
        (Fault::LostAfterItHappened, 4),
        (Fault::NeverArrives, 1),
        (Fault::NeverArrives, 4),
    ] {
        let town = held();
        town.hub.with(|state| state.comment(SHOP, 1, "ann", "/agent cancel"));
        town.hub.faults(Op::Write, fault.clone(), after, 1);
        for _ in 0..4 {
            let run = town.world.run("dispatch");
            assert!(matches!(run.code, Some(0 | 1 | 75)), "{fault:?} {after}: {run:?}");
        }
        let words = format!("{fault:?} {after}: {}", town.story());
        happened += usize::from(town.hub.heal() == 0);
        assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("cancelled"));
        assert!(!town.issue(2, |pull| pull.open), "{words}");
        assert_eq!(answers(&town, 1).len(), 1, "{words}");
        assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new(), "{words}");
        let open = town.world.path("runtime/journal/open");
        assert_eq!(std::fs::read_dir(open).map_or(0, Iterator::count), 0, "{words}");
    }
    assert!(happened >= 3, "{happened} faults");
}

#[test]
fn work_that_is_withdrawn_says_so_on_its_pull_request() {
    let town = held();
    town.hub.with(|state| state.close(SHOP, 1, "ann", "not_planned"));
    drop(town.world.run("pr-monitor").ok());
    assert!(!town.issue(2, |pull| pull.open));
    let words = town.comments(2).join("\n");
    assert!(words.contains("closed because its issue was closed"), "{words}");
    for _ in 0..2 {
        town.round();
    }
    assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new());
    assert!(town.hub.with(|state| state.repo(SHOP).unwrap().branches.contains_key("agent/shop-1")));
}

#[test]
fn five_tasks_with_twenty_comments_each_cost_nothing_while_nothing_happens() {
    let town =
        GithubWorld::of(World::new().setting("protected_paths: ['**']\nmax_dispatch_per_run: 9"));
    for n in 0..5 {
        let number = town.ready_issue(&format!("Add thing {n}"), "");
        drop(town.world.run("dispatch").ok());
        for m in 0..20 {
            let who = ["ann", "ben", "eve", "rob"][m % 4];
            let text = ["Hm.", "> /agent cancel", "/agent cancel", "/agent retry"][m % 4];
            town.hub.with(|state| state.comment(SHOP, number, who, text));
        }
    }
    for _ in 0..3 {
        town.round();
    }
    let warm = town.hub.log().len();
    let files = town.world.snapshot("runtime");
    for _ in 0..3 {
        for job in ["dispatch", "queue", "pr-monitor"] {
            drop(town.world.run(job).ok());
        }
    }
    let log = town.hub.log().split_off(warm);
    let charged: Vec<_> = log.iter().filter(|request| request.charged).collect();
    assert!(charged.is_empty(), "{charged:#?}");
    assert_eq!(town.world.snapshot("runtime"), files, "nothing is written");
    println!("{} conditional requests a round for five tasks", log.len() / 3);
}
