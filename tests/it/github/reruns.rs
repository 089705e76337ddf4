//! Failed jobs that are run once more before anybody repairs anything.

use super::ci::{checks_comment, mends_it_the, repairs, round, town};
use crate::support::Script;
use crate::support::github::{GithubWorld, SHOP, faults};
use crate::support::hub::faults::{Fault, Op};

fn reruns(town: &GithubWorld) -> usize {
    town.story().lines().filter(|line| line.contains("check ci runs again")).count()
}

#[test]
fn jobs_that_failed_by_infrastructure_are_run_once_more_and_nothing_is_repaired() {
    for conclusion in ["cancelled", "timed_out"] {
        let town = town(Script::works());
        let log = "The operation was canceled.\n".to_owned();
        town.hub.with(|state| state.endings.push_back((conclusion.to_owned(), log)));
        round(&town);
        assert_eq!(
            (reruns(&town), town.world.folder_of("shop-1").as_str()),
            (1, "done"),
            "{conclusion}"
        );
        // Before it has ended, looking again changes nothing.
        let before = town.writes();
        drop(town.world.run("pr-monitor").ok());
        assert_eq!(town.writes(), before);
        town.play(&[1]);
        assert_eq!((reruns(&town), repairs(&town).as_str()), (1, "0"), "{conclusion}");
        assert!(town.comments(1).iter().all(|text| !text.contains("agentos:checks")));
    }
}

#[test]
fn what_is_red_again_behind_the_second_run_is_repaired() {
    let town = town(mends_it_the(2));
    let log = |text: &str| ("cancelled".to_owned(), format!("error: {text}\n"));
    town.hub.with(|state| state.endings.extend([log("first run"), log("second run")]));
    round(&town);
    assert_eq!(reruns(&town), 1);
    round(&town);
    assert_eq!((reruns(&town), repairs(&town).as_str()), (1, "1"));
    let comment = checks_comment(&town);
    assert!(comment.contains("error: second run") && !comment.contains("first run"), "{comment}");
    town.play(&[1]);
}

#[test]
fn a_lost_answer_runs_no_job_twice() {
    for (fault, times) in [(Fault::LostAfterItHappened, 1), (Fault::NeverArrives, 0)] {
        let town = town(mends_it_the(2));
        let endings = ("cancelled".to_owned(), "error: cut off\n".to_owned());
        town.hub.with(|state| state.endings.push_back(endings));
        for job in ["dispatch", "queue"] {
            drop(town.world.run(job).ok());
        }
        town.hub.run_actions();
        drop(town.world.run("pr-monitor").ok());
        town.hub.fault(Op::Rerun, fault.clone());
        let run = town.world.run("pr-monitor");
        assert!(matches!(run.code, Some(0 | 75)), "{run:?}");
        assert_eq!(town.hub.heal(), 0, "it happened");
        town.play(&[1]);
        assert_eq!(reruns(&town), times, "{fault:?}\n{}", town.story());
        let wrong = town.hub.with(|state| faults(state));
        assert_eq!(wrong, Vec::<String>::new());
        let posts = town.hub.log().into_iter().filter(|r| r.path.contains("rerun-failed-jobs"));
        assert_eq!(posts.count(), 1, "{fault:?}");
        assert_eq!(
            town.hub.with(|state| state.repo(SHOP).unwrap().runs[0].attempt),
            1 + times as u64
        );
    }
}

#[test]
fn jobs_that_may_not_be_run_again_are_repaired() {
    let town = town(mends_it_the(2));
    let forbidden = Fault::Forbidden("Resource not accessible by personal access token".to_owned());
    town.hub.faults(Op::Rerun, forbidden, 0, 100);
    let ending = ("timed_out".to_owned(), "error: too slow\n".to_owned());
    town.hub.with(|state| state.endings.push_back(ending));
    town.play(&[1]);
    assert_eq!((reruns(&town), repairs(&town).as_str()), (0, "1"));
}
