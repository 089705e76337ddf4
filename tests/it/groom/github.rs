//! The same on the fake GitHub: labels, what cannot be read, what costs nothing.

use jiff::SignedDuration;

use super::{UMLAUTS, told};
use crate::support::World;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::faults::{Fault, Op};

fn town() -> GithubWorld {
    let town = GithubWorld::of(World::new().with_sprints());
    let memory = format!("# Shop\n\n## Known Issues\n\n- {UMLAUTS}\n- Slow, see #3\n");
    town.hub.with(|state| {
        state.commit(SHOP, "main", &[("CODEBASE.md", &memory)], "Memory");
        state.open_issue(SHOP, "ann", "Sell shoes", "");
    });
    town
}

fn groomed(world: &World) -> Vec<String> {
    told(&world.run("--json groom --force").ok().json())
}

#[test]
fn a_known_issue_is_filed_with_its_labels_and_a_second_run_writes_nothing() {
    let town = town();
    town.world.run("groom").ok();
    assert_eq!(town.shown(2), "bot-generated,prio:low,task:debugging; open");
    assert!(town.issue(2, |issue| issue.body.as_ref().unwrap().contains(UMLAUTS)));
    let writes = town.writes();
    assert_eq!(groomed(&town.world), ["groomed: backlog 2 of 10, nothing to say"]);
    assert_eq!(town.writes(), writes);
    town.hub.assert_honest();
}

#[test]
fn what_cannot_be_read_leads_to_no_write_and_no_time_is_noted() {
    let server_error = || Fault::AnswersWith(500, "{\"message\":\"Server Error\"}".to_owned());
    let faults = [
        (Op::ReadIssues, server_error(), 75),
        (Op::ReadIssues, Fault::HalfAPage, 75),
        (Op::ReadIssues, Fault::Html, 1),
        (Op::ReadIssues, Fault::RateLimitedUntil(60), 75),
        (Op::Fetch, server_error(), 75),
    ];
    for (op, fault, code) in faults {
        let words = format!("{op:?} {fault:?}");
        let mut town = town();
        town.hub.faults(op, fault, 0, 1_000);
        let run = town.world.run("groom");
        assert_eq!(run.code, Some(code), "{words}: {run:?}");
        assert_eq!(town.writes(), 0, "{words}");
        assert!(!town.world.path("runtime/state/cadence.json").exists(), "{words}");
        town.hub.heal();
        town.advance(SignedDuration::from_mins(2));
        town.world.run("groom").ok();
        assert!(town.shown(2).contains("bot-generated"), "{words}");
    }
}

#[test]
fn the_second_list_of_issues_counts_as_much_as_the_first() {
    let town = town();
    // Work in progress and open issues are read; those that were closed are not.
    town.hub.faults(Op::ReadIssues, Fault::HalfAPage, 2, 1_000);
    town.world.run("groom").code(75);
    assert_eq!(town.writes(), 0);
}

#[test]
fn a_lost_answer_files_nothing_twice() {
    let mut town = town();
    town.hub.fault(Op::OpenIssue, Fault::LostAfterItHappened);
    drop(town.world.run("groom"));
    town.advance(SignedDuration::from_mins(2));
    town.world.run("groom --force").ok();
    let same = town.hub.with(|state| {
        state
            .repo(SHOP)
            .unwrap()
            .issues
            .values()
            .filter(|i| i.body.as_ref().is_some_and(|body| body.contains(UMLAUTS)))
            .count()
    });
    assert_eq!(same, 1);
}

#[test]
fn one_of_ours_is_closed_unless_somebody_is_assigned() {
    for assigned in [false, true] {
        let mut town = town();
        town.world.run("groom").ok();
        if assigned {
            town.hub.with(|state| state.issue_mut(SHOP, 2).assignees = vec!["ann".to_owned()]);
        }
        town.advance(SignedDuration::from_hours(31 * 24));
        let said = groomed(&town.world);
        let (first, comments) = if assigned {
            ("kept #2: quiet, but somebody is assigned", 0)
        } else {
            ("closed #2: made by us, and nobody took it up in 30 days", 1)
        };
        assert_eq!(said[0], first);
        assert_eq!(
            said[1],
            "quiet: nobody has touched #1 for 30 days: close, or mark Ready, what is (not) wanted"
        );
        assert_eq!((town.issue(2, |i| i.open), town.comments(2).len()), (assigned, comments));
        assert_eq!(town.comments(1).len(), 0);
    }
}

#[test]
fn a_dormant_repository_and_one_that_is_not_due_cost_no_request() {
    let dormant = town().map(|world| world.setting("groomer_cadence_days: 0"));
    dormant.world.run("groom --force").ok();
    assert_eq!(dormant.hub.log().len(), 0);
    let groomed = town();
    groomed.world.run("groom").ok();
    let before = groomed.hub.log().len();
    groomed.world.run("groom").ok();
    assert_eq!(groomed.hub.log().len(), before);
}

#[test]
fn a_stranger_cannot_pass_an_issue_off_as_ours_and_have_it_closed() {
    let mut town = town();
    town.hub.with(|state| {
        state.add_account("eve", crate::support::hub::state::AccountKind::User, &[]);
        let body = "<!-- agentos:origin groom/1 -->";
        let number = state.open_issue(SHOP, "eve", "Looks like ours", body);
        state.label(SHOP, number, "ann", "bot-generated");
    });
    town.advance(SignedDuration::from_hours(40 * 24));
    let said = groomed(&town.world);
    assert!(
        said.iter().any(|line| line.starts_with("quiet: nobody has touched #1, #2")),
        "{said:?}"
    );
    assert!(town.issue(2, |issue| issue.open));
}
