//! The same on GitHub: labels, who is heard, what idleness costs.

use super::told;
use crate::support::World;
use crate::support::github::{GithubWorld, SHOP, faults};
use crate::support::hub::faults::{Fault, Op};

fn town(more: &str) -> GithubWorld {
    let town = GithubWorld::of(World::new().setting(&format!("plan_size: 2\n{more}")));
    let town = town.map(World::with_sprints);
    for n in 1..=3 {
        town.hub.with(|state| state.open_issue(SHOP, "ann", &format!("Idea {n}"), ""));
    }
    town
}

fn plan(town: &GithubWorld) -> String {
    told(&town.world.run("--json plan").ok().json())
}

#[test]
fn issues_of_people_with_access_become_ready_by_label() {
    let town = town("");
    town.hub.with(|state| state.open_issue(SHOP, "eve", "Buy my things", "prio: high"));
    let said = plan(&town);
    assert!(said.contains("promoted #1") && said.contains("promoted #2"), "{said}");
    assert_eq!(
        (town.shown(1), town.shown(3)),
        ("prio:normal,ready; open".to_owned(), "; open".to_owned())
    );
    assert_eq!(town.shown(4), "; open");
    plan(&town);
    let warm = town.hub.log().len();
    plan(&town);
    let log = town.hub.log().split_off(warm);
    assert!(log.iter().all(|request| !request.charged), "{log:#?}");
    assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new());
}

#[test]
fn a_stranger_is_not_heard_and_a_member_is() {
    let town = town("plan_approval: required\n");
    plan(&town);
    assert_eq!(town.issue(4, |issue| issue.title.clone()), "Sprint 2026-01-05");
    for who in ["eve", "rob"] {
        town.hub.with(|state| state.comment(SHOP, 4, who, "/agent approve"));
    }
    assert!(plan(&town).starts_with("waiting #4"), "{}", town.story());
    assert_eq!(town.comments(4).len(), 2, "no answer either");
    let warm = town.hub.log().len();
    for _ in 0..3 {
        plan(&town);
    }
    let log = town.hub.log().split_off(warm);
    assert!(log.iter().all(|request| !request.charged && request.method == "GET"), "{log:#?}");
    town.hub.with(|state| state.comment(SHOP, 4, "ben", "/agent approve"));
    let said = plan(&town);
    assert!(said.contains("promoted #1") && said.contains("promoted #2"), "{said}");
    assert_eq!(town.shown(4), "bot-generated; closed");
    assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new());
}

#[test]
fn a_sprint_whose_writes_are_lost_is_asked_about_and_done_once() {
    let mut happened = 0;
    for (fault, after) in [
        (Fault::LostAfterItHappened, 0),
        (Fault::NeverArrives, 0),
        (Fault::LostAfterItHappened, 1),
        (Fault::LostAfterItHappened, 3),
        (Fault::NeverArrives, 4),
    ] {
        let town = town("plan_approval: required\n");
        town.hub.faults(Op::Write, fault.clone(), after, 1);
        for _ in 0..2 {
            drop(town.world.run("plan"));
        }
        let asks = town.hub.with(|state| {
            let repo = state.repo(SHOP).unwrap();
            repo.issues.values().filter(|issue| issue.title.starts_with("Sprint")).count()
        });
        assert_eq!(asks, 1, "{fault:?} {after}: {}", town.story());
        town.hub.with(|state| state.comment(SHOP, 4, "ann", "/agent approve"));
        for _ in 0..3 {
            drop(town.world.run("plan"));
        }
        happened += usize::from(town.hub.heal() == 0);
        let words = format!("{fault:?} {after}: {}", town.story());
        for number in [1, 2] {
            assert_eq!(town.shown(number), "prio:normal,ready; open", "{words}");
        }
        assert_eq!(town.shown(4), "bot-generated; closed", "{words}");
        assert_eq!(town.hub.with(|state| faults(state)), Vec::<String>::new(), "{words}");
    }
    assert!(happened >= 3, "{happened} faults");
}

#[test]
fn with_a_board_the_column_makes_them_ready() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        assert_eq!(state.add_board("acme", "Shop"), 1);
        for n in 1..=2 {
            let number = state.open_issue(SHOP, "ann", &format!("Idea {n}"), "");
            state.put_on_board("acme", 1, SHOP, number, "Backlog");
        }
        state.open_issue(SHOP, "ann", "Idea 3, on no board yet", "");
    });
    let town = town.map(|world| world.with_sprints().on_board(1));
    let said = plan(&town);
    assert!(said.contains("promoted #3"), "{said}");
    for number in [1, 2, 3] {
        let column = town.hub.with(|state| state.column_of("acme", 1, SHOP, number));
        assert_eq!(column.as_deref(), Some("Ready"), "#{number}");
        assert_eq!(town.shown(number), "prio:normal; open");
    }
    drop(town.world.run("dispatch").ok());
    assert_eq!(town.shown(1), "in-progress,prio:normal; open");
}
